"""People's names: which can be one, which are the same, and how they are shown to others.

The separator of a name in several parts is `·` (GB 18030 A1A4); systems write many look-alikes of it. Simplified and
traditional characters, and names with and without accents, are different names: a person decides about those.
"""

from __future__ import annotations

import re
import unicodedata

from creditbank.errors import BankError

NAME_FIELD = "/learner/name"
LONGEST = 60
SEPARATOR = "·"

_SEPARATORS = re.compile("[·•・‧∙⋅●᛫⸱]")
_HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\ufa0e-\ufa29\U00020000-\U0003fffd]")
_PUNCTUATION = frozenset("-'’‘.,` ·")


class NameImpossible(BankError):
    """What stands where a name should stand is none. The sentence does not repeat it."""

    status = 422
    code = "name_impossible"
    zh = "姓名不成立：{why_zh}"
    en = "The name cannot be one: {why_en}"


def read_name(written: str, *, at_field: str = NAME_FIELD) -> str:
    """A name in the form in which it is kept: NFKC, one kind of separator, no spaces in Chinese names.

    Raises NameImpossible for none or more than 60 characters, digits, control or private characters, other signs.
    """
    name = _tidy(written)
    if not any(_is_letter(c) for c in name):
        raise NameImpossible(field=at_field, why_zh="没有填写姓名。请填写。", why_en="there is none. Fill it in.")
    if len(name) > LONGEST:
        raise NameImpossible(
            field=at_field,
            why_zh=f"超过{LONGEST}个字符。请只填写姓名。",
            why_en=f"it is longer than {LONGEST} characters. Give the name only.",
        )
    if any(unicodedata.category(c) in ("Co", "Cn", "Cs", "So") and not _is_letter(c) for c in name):
        raise NameImpossible(
            field=at_field,
            why_zh="含有自造字、乱码或图形符号。生僻字请按国家标准编码（GB 18030—2022）录入。",
            why_en="it has a private or broken character or a picture. Enter rare characters by the national code "
            "GB 18030-2022.",
        )
    if not all(_may_stand(c) for c in name):
        raise NameImpossible(
            field=at_field,
            why_zh="只能有文字、间隔号“·”、空格、连字符和撇号，不能有数字、括号或其他符号。",
            why_en="it may have letters, the separator ·, spaces, hyphens and apostrophes, but no digit, bracket or "
            "other sign.",
        )
    return name


def normalise_name(written: str) -> str:
    """The form by which names are compared and found: as it is kept, in one case, apostrophes alike."""
    folded = unicodedata.normalize("NFKC", _tidy(written).casefold())
    return re.sub("[’‘`]", "'", folded)


def names_agree(one: str, other: str) -> bool:
    """Whether two writings are one name. Order of parts and abbreviations are not guessed at."""
    return normalise_name(one) == normalise_name(other)


def mask_name(name: str) -> str:
    """A name as others may see it: 张*丰, 张*, 欧**月; of a name in Latin letters the initials, `J*** S****`."""
    tidy = _tidy(name)
    if not _HAN.search(tidy):
        return re.sub(r"[^\s·'-]+", lambda word: word[0][0] + "*" * (len(word[0]) - 1), tidy)
    letters = [at for at, c in enumerate(tidy) if c != SEPARATOR]
    shown = {letters[0], letters[-1]} if len(letters) > 2 else set(letters[: len(letters) - 1])
    return "".join(c if c == SEPARATOR or at in shown else "*" for at, c in enumerate(tidy))


def _tidy(written: str) -> str:
    wide = unicodedata.normalize("NFKC", written)
    visible = "".join(c for c in wide if unicodedata.category(c) != "Cf")
    name = _SEPARATORS.sub(SEPARATOR, visible)
    if _HAN.search(name):
        return re.sub(r"[ \u3000\xa0]+", "", name).replace(".", SEPARATOR).strip(SEPARATOR)
    return re.sub(" +", " ", re.sub(" *· *", SEPARATOR, name)).strip()


def _is_letter(character: str) -> bool:
    """〇 is a numeral to Unicode, and the rarest characters are newer than Python's tables: both stand in names."""
    return unicodedata.category(character)[0] in "LM" or bool(_HAN.match(character))


def _may_stand(character: str) -> bool:
    return _is_letter(character) or character in _PUNCTUATION
