"""Reading one cell as what its column holds: a code, a score, an amount, one of a few words. Days are read elsewhere.

A reader answers None for a cell that says nothing and raises `Unread` for one that cannot be what it should be. Numbers
and codes are read in half-width characters; titles and names keep the characters in which they were written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from math import isfinite
from typing import Any, TypeAlias
from uuid import UUID

from creditbank.submissions.cells import Cell, Unusable
from creditbank.submissions.sheets.wordings import CHOICES, CHOICES_SHOWN, NO, YES, fold

Reader: TypeAlias = Callable[[Cell], Any]

EXACT_DIGITS = 10**15
"""Excel keeps fifteen digits of a number: from here on the last ones are zeros that nobody wrote."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]|_x000D_")
_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]+")
_BLANKS = frozenset(("", "-", "--", "—", "——", "/", "\\", "N/A", "NULL", "null", "None"))
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]+", re.I)
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
_PEOPLE = re.compile("[、，,;；/\n]")
_HAN_WORD = re.compile("[\u3400-\u9fff]{2,}")
_LONG_DIGITS = re.compile("[0-9]{11,}[0-9Xx]?")


class Unread(Exception):
    """A cell that is not what its column asks for: what should be there and what to do, in both languages."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        self.code, self.zh, self.en = code, zh, en
        super().__init__(en)


def text_of(cell: Cell) -> str:
    """What a cell says, trimmed, on one line; "" if it says nothing. Raises Unread for an error or a formula."""
    if type(cell) is str:
        if not cell.isprintable():
            cell = _BREAKS.sub(" ", _INVISIBLE.sub("", cell))
        text = cell.strip()
        return "" if text in _BLANKS else text
    if cell is None:
        return ""
    if isinstance(cell, Unusable):
        raise unusable(cell)
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int | float):
        return number_text(cell)
    assert isinstance(cell, date)
    return cell.isoformat()


def plain_of(cell: Cell) -> str:
    """What a cell says in half-width characters, without the apostrophe that marks text in Excel."""
    text = text_of(cell)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).strip().lstrip("’‘")
    return text[1:].strip() if text[:1] == "'" else text


def number_text(number: float) -> str:
    """A number as somebody would have typed it: 86.0 is 86, and the dust of binary arithmetic is wiped off."""
    if isinstance(number, int):
        return str(number)
    if not isfinite(number):
        return str(number)
    if number.is_integer() and abs(number) < 1e21:
        return str(int(number))
    near = round(number, 6)
    return repr(near if abs(near - number) < 1e-9 else number)


def unusable(cell: Unusable) -> Unread:
    """What to say of an error or a formula."""
    if cell.kind == "formula":
        return Unread(
            "cell_formula",
            "是公式，银行不计算公式。请复制该列，用“选择性粘贴—数值”粘贴回原处后重新报送。",
            "is a formula, and the bank does not calculate. Copy the column, paste it back as values, and send again.",
        )
    return Unread(
        "cell_error",
        "是表格错误值。请改正该单元格后重新报送。",
        "is an error of the spreadsheet. Correct the cell and send again.",
    )


def masked(text: str) -> str:
    """All but the first four and the last two characters hidden; of a short text everything."""
    return "*" * len(text) if len(text) < 11 else text[:4] + "*" * (len(text) - 6) + text[-2:]


def shown(cell: Cell, *, hide: bool = False) -> str:
    """A cell as a sentence may quote it: short, and no identity number readable, in whichever column it stands."""
    if isinstance(cell, Unusable):
        return cell.text[:20]
    text = text_of(cell)
    if hide:
        return masked(text[:40])
    text = _LONG_DIGITS.sub(lambda found: masked(found[0]), unicodedata.normalize("NFKC", text))
    return text if len(text) <= 30 else text[:29] + "…"


def _not_a_day(cell: Cell) -> None:
    if isinstance(cell, date):
        raise Unread(
            "cell_turned_into_a_day",
            "被表格软件当成了日期。请把该列设为“文本”格式后重新填写。",
            "was turned into a day by the spreadsheet. Format the column as text and enter the value again.",
        )
    if isinstance(cell, bool):
        raise Unread(
            "cell_truth_value",
            "是逻辑值（TRUE/FALSE）。请填写文字或数字。",
            "is TRUE or FALSE. Write a text or a number.",
        )


def read_text(cell: Cell) -> str | None:
    """A title or another text of 200 characters at most."""
    text = text_of(cell)
    if len(text) > 200:
        raise Unread(
            "text_too_long", "不应多于 200 个字符。请缩短。", "should have 200 characters at most. Shorten it."
        )
    return text or None


def read_optional_text(cell: Cell) -> str | None:
    """A text that may say 无 for nothing."""
    text = read_text(cell)
    return None if text == "无" else text


def read_name(cell: Cell) -> str | None:
    """One person's name; several in one cell are refused, because each member has a row."""
    if type(cell) is str and cell.isprintable() and cell.isalpha():
        return cell
    _not_a_day(cell)
    if isinstance(cell, str) and len([part for part in _PEOPLE.split(cell) if part.strip()]) > 1:
        raise _several()
    text = text_of(cell)
    if text and not any(c.isalpha() for c in text):
        raise Unread("name_unreadable", "应为姓名。请填写姓名。", "should be a person's name. Write the name.")
    if len(text) > 120:
        raise Unread(
            "name_unreadable", "太长，应只有姓名。请只填写姓名。", "is too long for a name. Write the name only."
        )
    return text or None


def read_member(cell: Cell) -> str | None:
    """The name of one member of a team: two Chinese words side by side are two people."""
    name = read_name(cell)
    words = [] if name is None or name.isalpha() else name.split()
    if len(words) > 1 and all(_HAN_WORD.fullmatch(word) for word in words):
        raise _several()
    return name


def _several() -> Unread:
    return Unread(
        "several_people_in_a_cell",
        "一个单元格里有多个姓名。请一行只写一名成员（同一团队写同一个队名）；确为一人的，名字各部分用“·”分隔。",
        "has several names in one cell. One row a member, please, with the same team name; the parts of one person's "
        "name are joined by “·”.",
    )


def read_code(cell: Cell) -> str | None:
    """A code without spaces, of 64 characters at most; a number is taken as its digits."""
    if type(cell) is not str:
        _not_a_day(cell)
        _not_ruined(cell)
    text = plain_of(cell)
    if not text:
        return None
    if len(text) > 64 or any(c.isspace() for c in text):
        raise Unread(
            "code_unreadable",
            "应为不含空格、不超过 64 个字符的代码。请核对。",
            "should be a code without spaces, of 64 characters at most. Check it.",
        )
    return text


def read_student_no(cell: Cell) -> str | None:
    """A student number: letters, digits and a few signs."""
    if type(cell) is str and cell.isascii() and cell.isalnum():
        text = cell
    else:
        if type(cell) is not str:
            _not_a_day(cell)
            _not_ruined(cell)
        text = "".join(plain_of(cell).split())
    if not text:
        return None
    if len(text) > 64 or not any(c.isdigit() for c in text):
        raise Unread(
            "student_no_unreadable",
            "应为学号（数字、字母，不超过 64 个字符）。请核对该列。",
            "should be a student number (digits and letters, 64 at most). Check the column.",
        )
    if _SCIENTIFIC.fullmatch(text) and "+" in text:
        raise _ruined()
    return text


def _not_ruined(cell: Cell) -> None:
    if isinstance(cell, int | float) and not -EXACT_DIGITS < cell < EXACT_DIGITS:
        raise _ruined()


def _ruined() -> Unread:
    return Unread(
        "number_ruined_by_spreadsheet",
        "已被表格软件当作数字保存，末几位丢失，银行无法恢复。请先把该列设为“文本”格式，再从教务系统重新导出或重新填写，"
        "不要在原列上改格式。",
        "was kept as a number by the spreadsheet, which lost its last digits; the bank cannot restore them. Format the "
        "column as text first, then export or enter the numbers again; formatting afterwards does not bring them back.",
    )


def read_document_number(cell: Cell) -> str | None:
    """The number of an identity document, in capitals and without spaces. Whether it can exist is asked later."""
    if type(cell) is str and cell.isascii() and cell.isalnum():
        text = cell
    else:
        if type(cell) is not str:
            _not_a_day(cell)
            _not_ruined(cell)
        text = "".join(plain_of(cell).split())
    if not text:
        return None
    text = text.upper()
    if _SCIENTIFIC.fullmatch(text) or (len(text) == 18 and text.endswith("000") and not _check_holds(text)):
        raise _ruined()
    if len(text) > 40 or not re.fullmatch("[A-Z0-9()]+", text):
        raise Unread(
            "document_number_unreadable",
            "应为证件号码（数字、字母）。请核对该列。",
            "should be the number of an identity document (digits and letters). Check the column.",
        )
    return text


def _check_holds(number: str) -> bool:
    """ISO 7064 MOD 11-2, as GB 11643-1999 uses it: a number that lost its end hardly ever keeps it."""
    total: int = sum((1 << (17 - at)) * int(c) for at, c in enumerate(number[:17]) if c.isdigit())
    return (12 - total % 11) % 11 == int(number[17])


def looks_like_resident_id(text: str) -> bool:
    """Eighteen characters as on the card, or fifteen digits as on the old one."""
    return re.fullmatch("[0-9]{17}[0-9X]|[0-9]{15}", text) is not None


def read_certificate_number(cell: Cell) -> str | None:
    """A certificate's number, of 4 to 40 characters."""
    if type(cell) is not str:
        _not_a_day(cell)
        _not_ruined(cell)
    text = " ".join(plain_of(cell).split())
    if not text:
        return None
    if _SCIENTIFIC.fullmatch(text) and "+" in text:
        raise _ruined()
    if not 4 <= len(text) <= 40:
        raise Unread(
            "certificate_number_unreadable",
            "应为 4 至 40 个字符的证书编号。请核对。",
            "should be a certificate number of 4 to 40 characters. Check it.",
        )
    return text


def read_key(cell: Cell) -> str | None:
    """The institution's own key of a row."""
    if type(cell) is not str:
        _not_a_day(cell)
        _not_ruined(cell)
    text = plain_of(cell)
    if len(text) > 120:
        raise Unread("key_too_long", "不应多于 120 个字符。请核对。", "should have 120 characters at most. Check it.")
    return text or None


def read_record_id(cell: Cell) -> str | None:
    """The bank's number of a record, as its answers give it."""
    text = plain_of(cell)
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        raise Unread(
            "record_id_unreadable",
            "应为学分银行给出的学习成果编号（36 个字符）。请从报送结果中复制。",
            "should be the record number that the bank gave (36 characters). Copy it from the bank's answer.",
        ) from None


def read_score(cell: Cell) -> str | None:
    """A score as it is written on its scale: 86.0 is 86, 86分 is 86, 缺 考 is 缺考."""
    if type(cell) is not str:
        _not_a_day(cell)
    text = plain_of(cell)
    if not text:
        return None
    if not text.isascii():
        text = "".join(text.split()).removesuffix("分")
    if "." in text and _DECIMAL.fullmatch(text):
        text = text.rstrip("0").rstrip(".")
    if len(text) > 20 or text[:1] in "+-=":
        raise Unread(
            "score_unreadable",
            "应为成绩，如 86、89.5、优、及格、缺考。请核对。",
            "should be a score such as 86, 89.5, a grade, or a mark such as absent. Check it.",
        )
    return text or None


def _amount(cell: Cell, *, suffixes: str, highest: int, zh: str, en: str) -> str | None:
    if type(cell) is not str:
        _not_a_day(cell)
    text = plain_of(cell)
    if not text:
        return None
    text = text.rstrip(suffixes).strip()
    if not _DECIMAL.fullmatch(text) or len(text.partition(".")[2].rstrip("0")) > 2 or float(text) > highest:
        raise Unread("amount_unreadable", zh, en)
    whole, _, places = text.partition(".")
    places = places.rstrip("0")
    return (whole.lstrip("0") or "0") + ("." + places if places else "")


def read_credits(cell: Cell) -> str | None:
    """Credits with at most two places."""
    return _amount(
        cell,
        suffixes="学分",
        highest=9_999_999,
        zh="应为学分，不小于 0、至多两位小数，如 2.5。请核对。",
        en="should be 0 credits or more with at most two places, such as 2.5. Check it.",
    )


def read_measure(cell: Cell) -> str | None:
    """Hours or weeks with at most two places."""
    return _amount(
        cell,
        suffixes="学课时小周个hHours",
        highest=100_000,
        zh="应为 0 至 100000、至多两位小数的数，如 32。请核对。",
        en="should be a number from 0 to 100000 with at most two places, such as 32. Check it.",
    )


def read_count(cell: Cell) -> int | None:
    """A whole number from 1 on: a place, the size of a team, the number of an attempt."""
    if type(cell) is not str:
        _not_a_day(cell)
    text = plain_of(cell)
    if not text:
        return None
    match = re.fullmatch("第?([0-9]{1,4})(?:名|人|次|位)?", text)
    if match is None or int(match[1]) < 1:
        raise Unread("count_unreadable", "应为 1 以上的整数。请核对。", "should be a whole number from 1 on. Check it.")
    return int(match[1])


def read_yes_no(cell: Cell) -> bool | None:
    """Yes or no, 合格 or 不合格, √ or ×."""
    if isinstance(cell, bool):
        return cell
    text = fold(plain_of(cell))
    if not text:
        return None
    if text in YES:
        return True
    if text in NO:
        return False
    raise Unread("yes_or_no_unreadable", "应为“是”或“否”（合格、不合格）。请改正。", "should be yes or no. Correct it.")


def choice_of(what: str) -> Reader:
    """A reader of one of the words of a table."""
    table: Mapping[str, str] = CHOICES[what]

    def read(cell: Cell) -> str | None:
        if type(cell) is not str:
            _not_a_day(cell)
        text = fold(plain_of(cell))
        if not text:
            return None
        found = table.get(text)
        if found is None:
            found = _agreed(table, text)
        if found is None:
            raise not_among(what)
        return found

    return read


def _agreed(table: Mapping[str, str], text: str) -> str | None:
    """A cell that says one thing twice, such as 三级/高级工 or 三级（高级工）."""
    found = {table.get(part) for part in re.split(r"[/()、,|·]", text) if part}
    return found.pop() if len(found) == 1 else None


def not_among(what: str) -> Unread:
    """What to say of a word that is none of a table's."""
    zh, en = CHOICES_SHOWN[what]
    return Unread(
        "word_not_known", f"应为以下之一：{zh}。请改为其中之一。", f"should be one of: {en}. Write one of them."
    )
