"""The official identifiers of institutions, and what can be checked of each.

统一社会信用代码: GB 32100-2015, 18 characters, the last one a check character modulo 31.
学校（机构）标识码: 教育部《学校（机构）代码管理办法》(2011), ten digits without a check: two for the type, two for the
province, six for the school; of higher education the six are a 0 and the 院校代码, five digits.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from creditbank.errors import BankError

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_LENGTH = 18

SCHOOL_TYPES: Mapping[str, tuple[str, str]] = {
    "11": ("幼儿园", "kindergarten"),
    "21": ("普通小学", "primary school"),
    "22": ("成人小学", "adult primary school"),
    "31": ("普通初中", "junior high school"),
    "32": ("职业初中", "vocational junior high school"),
    "33": ("成人初中", "adult junior high school"),
    "34": ("普通高中", "senior high school"),
    "35": ("成人高中", "adult senior high school"),
    "36": ("中等职业学校", "secondary vocational school"),
    "37": ("工读学校", "reform school"),
    "41": ("普通高等学校", "higher education institution"),
    "42": ("成人高等学校", "adult higher education institution"),
    "51": ("特殊教育学校", "special education school"),
    "91": ("培养研究生的科研机构", "research institute with postgraduates"),
    "92": ("民办的其他高等教育机构", "other private institution of higher education"),
    "93": ("中等职业培训机构", "secondary vocational training institution"),
}
_HIGHER = ("41", "42")
_PROVINCES = frozenset(
    {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82}
)


class CreditCodeImpossible(BankError):
    """No organisation can have been given this 统一社会信用代码."""

    status = 422
    code = "credit_code_impossible"
    zh = "统一社会信用代码不成立：{why_zh}"
    en = "The unified social credit code cannot exist: {why_en}"


class SchoolCodeImpossible(BankError):
    """No school can have been given this 学校标识码."""

    status = 422
    code = "school_code_impossible"
    zh = "学校标识码不成立：{why_zh}"
    en = "The school identifier cannot exist: {why_en}"


class CollegeCodeImpossible(BankError):
    """No college can have been given this 院校代码."""

    status = 422
    code = "college_code_impossible"
    zh = "院校代码不成立：{why_zh}"
    en = "The college code cannot exist: {why_en}"


def read_credit_code(written: str, *, at_field: str = "/uscc") -> str:
    """The 18 characters of a 统一社会信用代码. Raises CreditCodeImpossible."""
    code = _plain(written)
    if len(code) != _USCC_LENGTH:
        raise CreditCodeImpossible(
            field=at_field,
            why_zh=f"应为{_USCC_LENGTH}位，现为{len(code)}位。请对照登记证书核对。",
            why_en=f"it has {_USCC_LENGTH} characters, not {len(code)}. Compare it with the certificate.",
        )
    if any(c not in _USCC_ALPHABET for c in code) or not _digits(code[2:8]):
        raise CreditCodeImpossible(
            field=at_field,
            why_zh="由数字和大写字母组成，不使用 I、O、S、V、Z，第3至8位为数字。请对照登记证书核对。",
            why_en="it has digits and capital letters without I, O, S, V and Z, and digits in places 3 to 8. "
            "Compare it with the certificate.",
        )
    if credit_code_check(code[:-1]) != code[-1]:
        raise CreditCodeImpossible(
            field=at_field,
            why_zh="最后一位校验码与前17位不符，通常是有一位写错。请对照登记证书核对。",
            why_en="its last character does not fit the 17 before it; one is probably miscopied. Compare it with "
            "the certificate.",
        )
    return code


def credit_code_check(seventeen: str) -> str:
    """The check character of GB 32100-2015: weights are the powers of 3 modulo 31."""
    weighed = sum(_USCC_ALPHABET.index(c) * pow(3, place, 31) for place, c in enumerate(seventeen))
    return _USCC_ALPHABET[-weighed % 31]


def read_school_code(written: str, *, at_field: str = "/school_code") -> str:
    """The ten digits of a 学校标识码. Raises SchoolCodeImpossible for a type or province that there is not."""
    code = _plain(written)
    if len(code) != 10 or not _digits(code):
        raise SchoolCodeImpossible(
            field=at_field,
            why_zh="应为10位数字。请对照教育部公布的名单核对。",
            why_en="it is ten digits. Compare it with the ministry's list.",
        )
    if code[:2] not in SCHOOL_TYPES:
        raise SchoolCodeImpossible(
            field=at_field,
            why_zh="前两位不是教育部规定的学校类别。请核对。",
            why_en="its first two digits are no type of school. Check it.",
        )
    if int(code[2:4]) not in _PROVINCES:
        raise SchoolCodeImpossible(
            field=at_field,
            why_zh="第3、4位不是省级行政区划代码（河北为 13）。请核对。",
            why_en="digits 3 and 4 are no province (Hebei is 13). Check it.",
        )
    if code[:2] in _HIGHER and code[4] != "0":
        raise SchoolCodeImpossible(
            field=at_field,
            why_zh="高等学校的第5位为 0，其后是5位院校代码。请核对。",
            why_en="of higher education the fifth digit is 0, before the five of the college code. Check it.",
        )
    return code


def read_college_code(written: str, *, school_code: str | None = None, at_field: str = "/college_code") -> str:
    """The five digits of a 院校代码. Raises CollegeCodeImpossible, also where it is not that of the 学校标识码."""
    code = _plain(written)
    if len(code) != 5 or not _digits(code) or code[0] == "0":
        raise CollegeCodeImpossible(
            field=at_field,
            why_zh="应为5位数字，首位不为 0。请对照教育部公布的名单核对。",
            why_en="it is five digits, the first not 0. Compare it with the ministry's list.",
        )
    if school_code is not None and school_code[:2] in _HIGHER and school_code[5:] != code:
        raise CollegeCodeImpossible(
            field=at_field,
            why_zh="与学校标识码的后5位不一致。请核对两个代码。",
            why_en="it differs from the last five digits of the school identifier. Check both.",
        )
    return code


def _plain(written: str) -> str:
    wide = unicodedata.normalize("NFKC", written).upper()
    return "".join(c for c in wide if not c.isspace() and unicodedata.category(c) != "Cf")


def _digits(code: str) -> bool:
    return code.isascii() and code.isdecimal()
