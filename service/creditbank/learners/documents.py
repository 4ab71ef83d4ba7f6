"""Identity documents: which numbers can exist, what they say of birth and sex, and how they are shown.

Sources: GB 11643-1999 公民身份号码 (structure, check by ISO 7064 MOD 11-2); 国办发〔2018〕81号 港澳台居民居住证申领发放
办法 (region codes 810000, 820000, 830000); 公安部 2010-03-10 港澳居民来往内地通行证号码规则; 国家移民管理局
新版外国人永久居留身份证 (from 2023-12-01: 18 characters, the first is 9, same check character).
Whether a number was ever issued, nobody can tell from the number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NoReturn

from creditbank.errors import BankError, Malformed

Sex = Literal["male", "female"]

NUMBER_FIELD = "/learner/document/number"
REGION_UNASSIGNED = "identity_region_unassigned"
OLDEST_YEARS = 130
CHILD_YEARS = 14
"""Below this age personal data are sensitive and a guardian acts (个人信息保护法 第三十一条)."""

_PROVINCES: Mapping[int, range] = {
    1: range(1, 6),
    2: range(1, 4),
    3: range(1, 8),
    4: range(1, 7),
    5: range(5),
    6: range(1, 6),
    7: range(1, 2),
}
"""By the first digit (the part of the country) the second ones that GB/T 2260 gives to a province."""
_HMT_REGIONS = ("81", "82", "83")
_SHOWN: Mapping[str, tuple[int, int]] = {
    "resident_id": (4, 4),
    "hmt_residence": (4, 4),
    "foreign_permanent_residence": (4, 4),
    "hk_macao_permit": (3, 2),
    "taiwan_permit": (2, 2),
    "passport": (2, 2),
}


@dataclass(frozen=True, slots=True)
class IdentityDocument:
    """A document as far as its number tells. `number` is the form by which the person is found again."""

    kind: str
    number: str = field(repr=False)
    birth_on: date | None = field(repr=False)
    sex: Sex | None
    warnings: tuple[str, ...] = ()


class IdentityNumberImpossible(BankError):
    """No such number can have been issued. The sentence never repeats it."""

    status = 422
    code = "identity_number_impossible"
    zh = "证件号码不成立：{why_zh}"
    en = "The identity number cannot exist: {why_en}"


def read_document(kind: str, number: str, *, on: date, at_field: str = NUMBER_FIELD) -> IdentityDocument:
    """The document of a number as somebody wrote it; `on` is the day on which its holder must have been born already.

    Full-width characters, spaces and invisible characters are forgiven, nothing else. A region that is assigned to
    nobody is a warning, because regions come and go.

    Raises IdentityNumberImpossible, with `at_field` as its field; Malformed for a kind that is none.
    """
    reader = _READERS.get(kind)
    if reader is None:
        raise Malformed(
            field=at_field, why_zh=f"没有“{kind}”这种证件类型。", why_en=f"there is no document kind {kind}."
        )
    try:
        return reader(_plain(number), on)
    except _Impossible as impossible:
        raise IdentityNumberImpossible(field=at_field, why_zh=impossible.zh, why_en=impossible.en) from None


def mask(kind: str, number: str) -> str:
    """A number as it may be shown: `1303**********1233`; fewer characters of shorter ones, none of very short ones."""
    first, last = _SHOWN.get(kind, (1, 1))
    hidden = len(number) - first - last
    if hidden < 3:
        return "*" * len(number)
    return number[:first] + "*" * hidden + number[-last:]


def age_on(birth_on: date, on: date) -> int:
    """Full years (周岁) on a day; who was born on 29 February turns older on 1 March of a common year."""
    return on.year - birth_on.year - ((on.month, on.day) < (birth_on.month, birth_on.day))


def under_fourteen(birth_on: date, on: date) -> bool:
    """Whether a guardian must act for the person on that day."""
    return age_on(birth_on, on) < CHILD_YEARS


class _Impossible(Exception):
    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


def _refuse(zh: str, en: str) -> NoReturn:
    raise _Impossible(zh, en)


def _plain(number: str) -> str:
    wide = unicodedata.normalize("NFKC", number).upper()
    return "".join(c for c in wide if not c.isspace() and unicodedata.category(c) != "Cf")


def _resident(number: str, on: date) -> IdentityDocument:
    if re.fullmatch("[0-9]{15}", number):
        _refuse(
            "这是15位的旧号码，已于2013年停用。请填写现行居民身份证上的18位号码。",
            "it is an old number of 15 digits, out of use since 2013. Give the 18 characters of the present card.",
        )
    if number[:2] in _HMT_REGIONS:
        _refuse(
            "这是港澳台居民居住证的号码。请将证件类型改为 hmt_residence。",
            "it is the number of a residence permit of Hong Kong, Macao or Taiwan residents. Use kind hmt_residence.",
        )
    if number[:1] == "9":
        _refuse(
            "这是外国人永久居留身份证的号码。请将证件类型改为 foreign_permanent_residence。",
            "it is the number of a foreigner's permanent residence card. Use kind foreign_permanent_residence.",
        )
    birth_on, sex = _eighteen(number, on)
    warnings = () if _region_can_be(number) else (REGION_UNASSIGNED,)
    return IdentityDocument("resident_id", number, birth_on, sex, warnings)


def _hmt_residence(number: str, on: date) -> IdentityDocument:
    birth_on, sex = _eighteen(number, on)
    if number[:2] not in _HMT_REGIONS:
        _refuse(
            "港澳台居民居住证的号码以 81、82 或 83 开头。请核对号码与证件类型。",
            "a residence permit of Hong Kong, Macao or Taiwan residents begins with 81, 82 or 83. "
            "Check the number and the kind.",
        )
    warnings = () if number[2:6] == "0000" else (REGION_UNASSIGNED,)
    return IdentityDocument("hmt_residence", number, birth_on, sex, warnings)


def _foreign_permanent_residence(number: str, on: date) -> IdentityDocument:
    if re.fullmatch("[A-Z]{3}[0-9]{12}", number):
        return IdentityDocument("foreign_permanent_residence", number, None, None)
    if number[:1].isalpha():
        _refuse(
            "2023年12月以前签发的号码为3个字母加12位数字。请核对号码。",
            "a number issued before December 2023 is three letters and twelve digits. Check the number.",
        )
    birth_on, sex = _eighteen(number, on)
    if number[0] != "9":
        _refuse(
            "2023年12月起签发的外国人永久居留身份证号码以 9 开头。请核对号码与证件类型。",
            "a foreigner's permanent residence card issued since December 2023 begins with 9. "
            "Check the number and the kind.",
        )
    return IdentityDocument("foreign_permanent_residence", number, birth_on, sex)


def _hk_macao_permit(number: str, on: date) -> IdentityDocument:
    """The two last of eleven characters count the renewals; the nine before them are the person's for life."""
    if not re.fullmatch("[HM][0-9]{8}([0-9]{2})?", number):
        _refuse(
            "港澳居民来往内地通行证号码为 H 或 M 加8位数字（旧证为10位数字）。请核对号码。",
            "a mainland travel permit of Hong Kong and Macao residents is H or M and eight digits (ten on older "
            "cards). Check the number.",
        )
    return IdentityDocument("hk_macao_permit", number[:9], None, None)


def _taiwan_permit(number: str, on: date) -> IdentityDocument:
    if re.fullmatch("[0-9]{10}[(]?[A-Z]?[)]?", number):
        _refuse(
            "这是旧版本式证件的号码，已停用。请填写卡式台湾居民来往大陆通行证上的8位号码。",
            "it is the number of an old booklet, out of use. Give the eight digits of the card.",
        )
    if not re.fullmatch("[0-9]{8}", number):
        _refuse(
            "台湾居民来往大陆通行证号码为8位数字。请核对号码。",
            "a mainland travel permit of Taiwan residents is eight digits. Check the number.",
        )
    return IdentityDocument("taiwan_permit", number, None, None)


def _passport(number: str, on: date) -> IdentityDocument:
    if not re.fullmatch("(?=.*[0-9])[A-Z0-9]{5,15}", number):
        _refuse(
            "护照号码为5至15位字母和数字，至少含一位数字。请按资料页右上角的号码填写。",
            "a passport number is 5 to 15 letters and digits, one digit at least. Copy it from the data page.",
        )
    return IdentityDocument("passport", number, None, None)


def _eighteen(number: str, on: date) -> tuple[date, Sex]:
    """Birth and sex from the 18 characters that three kinds of card share."""
    if len(number) != 18:
        _refuse(
            f"应为18位，现为{len(number)}位。请核对是否漏写或多写。",
            f"it should have 18 characters and has {len(number)}. Check for a missing or an extra one.",
        )
    if not re.fullmatch("[0-9]{17}[0-9X]", number):
        _refuse(
            "只能是17位数字，最后一位为数字或 X。若来自电子表格，请将该列设为文本格式后重新导出。",
            "it is 17 digits, then a digit or X. If it comes from a spreadsheet, format the column as text and "
            "export it again.",
        )
    birth_on = _birth(number[6:14], on)
    if number[17] != check_character(number[:17]):
        _refuse(
            "最后一位校验码与前17位不符，通常是有一位写错。请对照证件核对" + _ROUNDED_ZH.get(number[-3:], "。"),
            "the last character does not fit the 17 before it, usually because one is miscopied. Compare it with "
            "the card" + _ROUNDED_EN.get(number[-3:], "."),
        )
    return birth_on, "male" if int(number[16]) % 2 else "female"


_ROUNDED_ZH = {"000": "；末三位为 000 时，多因电子表格把号码存成了数字，请将该列设为文本格式后重新录入。"}
_ROUNDED_EN = {
    "000": "; three zeros at the end mostly mean that a spreadsheet kept it as a number: format the column as text "
    "and enter it again."
}


def check_character(seventeen: str) -> str:
    """ISO 7064 MOD 11-2: one wrong character, or two neighbours exchanged, never fit."""
    rest = 0
    for digit in seventeen:
        rest = (rest + int(digit)) * 2 % 11
    return "10X98765432"[rest]


def _birth(eight: str, on: date) -> date:
    try:
        birth_on = date(int(eight[:4]), int(eight[4:6]), int(eight[6:]))
    except ValueError:
        _refuse(
            "第7至14位的出生日期在日历上不存在。请对照证件核对。",
            "characters 7 to 14 are a date of birth that is not in the calendar. Compare it with the card.",
        )
    if birth_on > on:
        _refuse(
            f"第7至14位的出生日期晚于{on.isoformat()}。请对照证件核对。",
            f"characters 7 to 14 are a date of birth after {on.isoformat()}. Compare it with the card.",
        )
    if age_on(birth_on, on) > OLDEST_YEARS:
        _refuse(
            f"第7至14位的出生日期距今超过{OLDEST_YEARS}年。请对照证件核对。",
            f"characters 7 to 14 are a date of birth more than {OLDEST_YEARS} years ago. Compare it with the card.",
        )
    return birth_on


def _region_can_be(number: str) -> bool:
    """By the ranges of GB/T 2260: prefectures 01–70, counties directly under the province 90, counties from 01."""
    prefecture, county = int(number[2:4]), int(number[4:6])
    known = int(number[1]) in _PROVINCES.get(int(number[0]), ())
    return known and (1 <= prefecture <= 70 or prefecture == 90) and county >= 1


_READERS: Mapping[str, Callable[[str, date], IdentityDocument]] = {
    "resident_id": _resident,
    "hk_macao_permit": _hk_macao_permit,
    "taiwan_permit": _taiwan_permit,
    "hmt_residence": _hmt_residence,
    "foreign_permanent_residence": _foreign_permanent_residence,
    "passport": _passport,
}
