"""Codes and PINs of shares: how they are made, read as somebody typed them, and known again.

A code has eleven random signs of 23 and a check sign: 9.5 × 10^14 codes, 49.8 bits. From all the world together the
bank bears 3,000 wrong ones, then nobody tries for five minutes: 315 million in a year at most. With a hundred thousand
shares open at once, a year of that finds one of them with a chance of about one in thirty; it shows what its learner
chose and nothing else, stands in that learner's list at once, and still asks for its PIN where there is one. A PIN has
six digits and bears ten wrong tries in the whole life of its share: one in a hundred thousand.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from itertools import pairwise

from creditbank.learners.account_numbers import CODE_CHARACTERS, code_written
from creditbank.sealing import Keyring, blind_index
from creditbank.transcripts.share_refusals import ShareCodeImpossible, SharePinTooPlain

PIN_DIGITS = 6
MOST_WRONG_PINS = 10


def read_share_code(written: str, *, at_field: str | None = None) -> str:
    """The twelve signs of a code as somebody typed it, or as a link carries it. Raises ShareCodeImpossible."""
    code, fault = code_written(written)
    if fault == "form":
        raise ShareCodeImpossible(
            field=at_field,
            why_zh=f"应为{CODE_CHARACTERS}位字母和数字。请与出示人核对。",
            why_en=f"it is {CODE_CHARACTERS} letters and digits. Compare it with what you were given.",
        )
    if fault == "check":
        raise ShareCodeImpossible(
            field=at_field,
            why_zh="有一位写错或两位颠倒。请与出示人核对。",
            why_en="one sign is wrong or two are exchanged. Compare it with what you were given.",
        )
    return code


def code_index(keyring: Keyring, code: str) -> bytes:
    """What a code is known again by: the code itself is stored for its learner alone."""
    return blind_index(keyring, "share-code", code)


def read_pin(written: str) -> str:
    """The digits of a PIN as somebody typed it, full-width ones too; whatever else it was, it fits no share."""
    return "".join(unicodedata.normalize("NFKC", written).split())


def must_not_be_plain(pin: str, *, born: date | None) -> None:
    """Raises SharePinTooPlain for a PIN among the first that somebody would try."""
    digits = [int(digit) for digit in pin]
    steps = {(after - before) % 10 for before, after in pairwise(digits)}
    dates = set() if born is None else {born.strftime(form) for form in ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m")}
    if len(steps) == 1 or re.fullmatch(r"(\d{1,3})\1+", pin) or len(set(pin)) < 3 or pin in dates:
        raise SharePinTooPlain(field="/pin")
