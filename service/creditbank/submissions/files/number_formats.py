"""Which numbers of a workbook are days: the number formats that show a date, and the serial numbers behind them."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

Shown = Literal["number", "day", "elapsed"]

BUILT_IN: dict[int, Shown] = {
    # ECMA-376 part 1, 18.8.30. 27 to 36 and 50 to 58 are dates and times in Chinese, Japanese and Korean only, and
    # Chinese Excel writes them without saying what they are.
    **dict.fromkeys((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)), "day"),
    46: "elapsed",
}

_SAYS_NOTHING = re.compile(r'"[^"]*"|\\.|_.|\*.')
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.I)
_BRACKETS = re.compile(r"\[[^\]]*\]")
_DATE_LETTERS = re.compile(r"[ymdhs]", re.I)

DAY_SECONDS = 86_400
LAST_SERIAL = 2_958_465
"""9999-12-31."""
DAY_NOUGHT_1900 = date(1899, 12, 30).toordinal()
DAY_NOUGHT_1904 = date(1904, 1, 1).toordinal()
LEAP_DAY_THAT_NEVER_WAS = 60


def shown_as(code: str) -> Shown:
    """What a format code makes of a number; only its first section counts, the one for positive numbers."""
    plain = _SAYS_NOTHING.sub("", code).partition(";")[0]
    if _ELAPSED.search(plain):
        return "elapsed"
    plain = _BRACKETS.sub("", plain)
    if plain.strip().lower() == "general":
        return "number"
    return "day" if _DATE_LETTERS.search(plain) else "number"


def day_of(serial: float, *, since_1904: bool) -> date | str | float:
    """The day of a serial number; a time of day alone is text (08:30:00), a number that is no day stays a number."""
    if not 0 <= serial <= LAST_SERIAL + 1:
        return serial
    # Rounded to a second, which makes up for what a binary fraction lost of a midnight.
    days, seconds = divmod(round(serial * DAY_SECONDS), DAY_SECONDS)
    if days == 0:
        return _clock(seconds)
    if since_1904:
        ordinal = DAY_NOUGHT_1904 + days
    elif days == LEAP_DAY_THAT_NEVER_WAS:
        return serial
    else:
        # Until that leap day of 1900 the numbers run one day ahead.
        ordinal = DAY_NOUGHT_1900 + days + (days < LEAP_DAY_THAT_NEVER_WAS)
    return date.fromordinal(ordinal) if ordinal <= date.max.toordinal() else serial


def elapsed(serial: float) -> str:
    """Hours, minutes and seconds, as [h]:mm:ss shows them."""
    seconds = round(abs(serial) * DAY_SECONDS)
    return f"{'-' if serial < 0 else ''}{seconds // 3600}:{_clock(seconds % 3600)[3:]}"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
