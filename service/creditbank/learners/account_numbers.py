"""Account numbers that people read aloud, and the one-time codes by which they activate an account.

An account number is twelve digits, eleven of them random: it says nothing of its holder, and knowing it opens nothing.
Its last digit is by Damm's algorithm, which, like Verhoeff's, catches every wrong digit and every exchange of
neighbours with one decimal digit, but needs one table; MOD 97-10 needs two digits, MOD 11-2 an X. The first digit is
never 0, for Damm's algorithm does not see leading zeros and spreadsheets drop them.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Literal

from creditbank.errors import BankError

ACCOUNT_DIGITS = 12
CODE_CHARACTERS = 12
CODE_ALPHABET = "23456789CDFHJKMNPRTVWXY"
"""23 signs (a prime), without those that look like another, and without vowels, so that no code is a word."""

_LOOK_ALIKES = str.maketrans("ZSBGQU", "25869V")
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


class AccountNumberImpossible(BankError):
    """Not an account number: the wrong length, something else than digits, or a digit that was misread."""

    status = 422
    code = "account_number_impossible"
    zh = "账户号码不成立：{why_zh}"
    en = "The account number cannot exist: {why_en}"


class ActivationCodeImpossible(BankError):
    """Not an activation code: the bank never gives out such a one."""

    status = 422
    code = "activation_code_impossible"
    zh = "激活码不成立：{why_zh}"
    en = "The activation code cannot exist: {why_en}"


def new_account_no() -> str:
    """Twelve digits; the caller claims it by the unique index and takes another in the rare case that it is taken."""
    eleven = str(secrets.choice(range(10 ** (ACCOUNT_DIGITS - 2), 10 ** (ACCOUNT_DIGITS - 1))))
    return eleven + check_digit(eleven)


def read_account_no(written: str, *, at_field: str | None = None) -> str:
    """The twelve digits of a number as somebody wrote it; spaces, hyphens and full-width digits are forgiven.

    Raises AccountNumberImpossible.
    """
    digits = _closed_up(written)
    if not re.fullmatch("[1-9][0-9]{11}", digits):
        raise AccountNumberImpossible(
            field=at_field,
            why_zh=f"应为{ACCOUNT_DIGITS}位数字，首位不为 0。请对照开户通知核对。",
            why_en=f"it is {ACCOUNT_DIGITS} digits, the first not 0. Compare it with the notice of the account.",
        )
    if check_digit(digits[:-1]) != digits[-1]:
        raise AccountNumberImpossible(
            field=at_field,
            why_zh="末位校验不符，有一位写错或相邻两位颠倒。请对照开户通知核对。",
            why_en="its last digit does not fit: a digit is wrong or two neighbours are exchanged. Compare it with "
            "the notice of the account.",
        )
    return digits


def new_code() -> str:
    """Twelve signs, eleven of them random: 23 to the 11th codes, 49.8 bits, enough for one that is throttled."""
    eleven = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARACTERS - 1))
    return eleven + _check_sign(eleven)


def read_activation_code(written: str, *, at_field: str | None = None) -> str:
    """The twelve signs of a code as somebody typed it: any case, with spaces or hyphens, 2 for Z, 5 for S and the like.

    Raises ActivationCodeImpossible, which tells a slip of the hand from a wrong guess that is to be counted.
    """
    code, fault = code_written(written)
    if fault == "form":
        raise ActivationCodeImpossible(
            field=at_field,
            why_zh=f"应为{CODE_CHARACTERS}位字母和数字。请对照学校发放的激活码核对。",
            why_en=f"it is {CODE_CHARACTERS} letters and digits. Compare it with the code that your school gave you.",
        )
    if fault == "check":
        raise ActivationCodeImpossible(
            field=at_field,
            why_zh="有一位写错或两位颠倒。请对照学校发放的激活码核对。",
            why_en="one sign is wrong or two are exchanged. Compare it with the code that your school gave you.",
        )
    return code


def code_written(written: str) -> tuple[str, Literal["form", "check"] | None]:
    """A code as somebody typed it, any case, spaced, 2 for Z and the like; and what is impossible about it, if so."""
    code = _closed_up(written).upper().translate(_LOOK_ALIKES)
    if len(code) != CODE_CHARACTERS or any(c not in CODE_ALPHABET for c in code):
        return code, "form"
    return code, None if _check_sign(code[:-1]) == code[-1] else "check"


def grouped(number_or_code: str) -> str:
    """In fours, as it is printed and read aloud: `4096 1538 2274`."""
    return " ".join(re.findall(".{1,4}", number_or_code))


def check_digit(digits: str) -> str:
    """Damm's check digit (H. M. Damm, Total anti-symmetrische Quasigruppen, 2004)."""
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)


def _check_sign(eleven: str) -> str:
    """Weights 1 to 12 modulo a prime: one wrong sign, or any two exchanged, never fit."""
    weighed = sum(weight * CODE_ALPHABET.index(sign) for weight, sign in enumerate(eleven, start=1))
    modulus = len(CODE_ALPHABET)
    return CODE_ALPHABET[-weighed * pow(CODE_CHARACTERS, -1, modulus) % modulus]


def _closed_up(written: str) -> str:
    wide = unicodedata.normalize("NFKC", written)
    return "".join(c for c in wide if not c.isspace() and unicodedata.category(c) not in ("Cf", "Pd") and c != "−")
