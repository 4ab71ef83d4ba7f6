"""Reading a cell as a day, a stretch of days, an academic year, a term, or a year of entry."""

from __future__ import annotations

import re
from datetime import date, timedelta
from math import isfinite
from typing import Any

from creditbank.submissions.cells import Cell
from creditbank.submissions.sheets.values import Unread, plain_of
from creditbank.submissions.sheets.wordings import NEVER_ENDS, TERMS, fold

_SERIAL_ZERO = date(1899, 12, 30)
"""Day 0 of Excel's calendar as its days are counted from 1 March 1900 on."""
_SERIALS = range(18_264, 73_051)
"""Serial numbers of 1950 to 2099: smaller ones are years or places, larger ones are written days."""
_EIGHT = re.compile(r"((?:19|20)[0-9]{2})([01][0-9])([0-3][0-9])")
_PARTED = re.compile(
    r"((?:19|20|21)[0-9]{2})\s*(?:[-/.\u2010-\u2015]|年)\s*([0-9]{1,2})\s*(?:[-/.\u2010-\u2015]|月)\s*([0-9]{1,2})\s*[日号]?"
    r"(?:[T\s]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
)
_MONTH_ONLY = re.compile(r"(?:19|20)[0-9]{2}\s*(?:[-/.]|年)\s*[0-9]{1,2}\s*月?")
_DAY_OR_MONTH_FIRST = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{2}|[0-9]{4})")
_BETWEEN = re.compile(r"\s*(?:至|到|~|——|—|--|–|\bto\b)\s*")
_CHINESE_DAY = re.compile(
    "([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日?"
)
_DIGITS = {c: at % 10 for at, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0}
_YEARS = re.compile(r"((?:19|20)?[0-9]{2})\s*[-/~至到\u2010-\u2015]+\s*((?:19|20)?[0-9]{2})\s*(?:学年度?)?")
_ONE_YEAR = re.compile(r"((?:19|20)[0-9]{2})学年度?")
_YEARS_AND_TERM = re.compile(
    r"((?:19|20)[0-9]{2})\s*[-/~至到\u2010-\u2015]*\s*((?:19|20)[0-9]{2})\s*(?:学年度?)?[\s\-/.,_(\u2010-\u2015]*(.+?)[)]?"
)
_SEASON = re.compile("((?:19|20)[0-9]{2})年?(春|秋)(?:季)?(?:学期)?")


def read_day(cell: Cell) -> str | None:
    """A day in any of the shapes that files have, as YYYY-MM-DD.

    Raises Unread, and never guesses, where the year is short, the day is missing, or day and month could be either.
    """
    if isinstance(cell, date):
        return date(cell.year, cell.month, cell.day).isoformat()
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _from_number(cell)
    text = plain_of(cell)
    return _from_text(text) if text else None


def read_last_day(cell: Cell) -> str | None:
    """The last day of validity; 长期有效 and its like are none."""
    if isinstance(cell, str) and fold(plain_of(cell)) in NEVER_ENDS:
        return None
    return read_day(cell)


def _from_number(number: float) -> str:
    if not isfinite(number):
        raise _no_day()
    whole = int(number)
    if whole in _SERIALS:
        return (_SERIAL_ZERO + timedelta(days=whole)).isoformat()
    match = _EIGHT.fullmatch(str(whole)) if whole == number else None
    if match is None:
        raise _no_day()
    return _day(*match.groups())


def _from_text(text: str) -> str:
    match = _PARTED.fullmatch(text) or _EIGHT.fullmatch(text)
    if match is not None:
        return _day(*match.groups())
    if re.fullmatch(r"[1-7][0-9]{4}(\.[0-9]+)?", text):
        return _from_number(float(text))
    chinese = _CHINESE_DAY.fullmatch(text)
    if chinese is not None:
        year, month, day = chinese.groups()
        return _day("".join(str(_DIGITS[c]) for c in year), str(_counted(month)), str(_counted(day)))
    if _MONTH_ONLY.fullmatch(text):
        raise Unread(
            "day_without_its_day",
            "只有年和月，应为完整日期，如 2024-01-12。请补上日。",
            "has a year and a month only; it should be a whole day such as 2024-01-12. Add the day.",
        )
    if _DAY_OR_MONTH_FIRST.fullmatch(text):
        raise Unread(
            "day_ambiguous",
            "无法确定哪是月、哪是日或哪一年。请写成 2024-01-12 的形式。",
            "does not say which is the day, the month or the year. Write it as 2024-01-12.",
        )
    raise _no_day()


def _counted(words: str) -> int:
    """十二 is 12, 二十 is 20, 三十一 is 31."""
    tens, ten, ones = words.rpartition("十")
    if not ten:
        return _DIGITS[ones[-1]]
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def _day(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        raise Unread(
            "day_not_in_calendar",
            "日历上没有这一天。请核对日期。",
            "is no day of the calendar. Check it.",
        ) from None


def _no_day() -> Unread:
    return Unread(
        "day_unreadable",
        "应为日期，如 2024-01-12、2024/1/12、2024年1月12日或 20240112。请改正。",
        "should be a day such as 2024-01-12, 2024/1/12 or 20240112. Correct it.",
    )


def read_period(cell: Cell) -> dict[str, str] | None:
    """A first and a last day in one cell, such as 2024.3.1-2024.3.5; a single day is both."""
    if not isinstance(cell, str):
        day = read_day(cell)
        return None if day is None else {"started_on": day, "occurred_on": day}
    text = plain_of(cell)
    if not text:
        return None
    days = [_from_text(part) for part in _halves(text)]
    return {"started_on": days[0], "occurred_on": days[-1]}


def _halves(text: str) -> list[str]:
    """The two days of a stretch: divided by a word or a long dash, or by the hyphen after a whole day."""
    if _PARTED.fullmatch(text) or _EIGHT.fullmatch(text):
        return [text]
    parts = [part for part in _BETWEEN.split(text) if part]
    if len(parts) != 2:
        match = re.fullmatch(r"([0-9年月./\-]+[0-9日])\s*-\s*((?:19|20)[0-9年月日./\-]+)", text)
        if match is None:
            raise Unread(
                "period_unreadable",
                "应为起止日期，如 2024-03-01至2024-03-05。请改正。",
                "should be a first and a last day, such as 2024-03-01 to 2024-03-05. Correct it.",
            )
        parts = list(match.groups())
    return parts


def read_academic_year(cell: Cell) -> str | None:
    """Two years in a row: 2023-2024, 2023/2024学年, 23-24, 2023学年."""
    text = plain_of(cell)
    if not text:
        return None
    match = _YEARS.fullmatch(text)
    if match is not None:
        first, second = (int(year) if len(year) == 4 else 2000 + int(year) for year in match.groups())
        if second == first + 1:
            return f"{first}-{second}"
    alone = _ONE_YEAR.fullmatch(text)
    if alone is not None:
        return f"{alone[1]}-{int(alone[1]) + 1}"
    raise Unread(
        "academic_year_unreadable",
        "应为相邻两年的学年，如 2023-2024。请改正。",
        "should be an academic year of two years in a row, such as 2023-2024. Correct it.",
    )


def read_term(cell: Cell) -> int | None:
    """A term of an academic year, from 1: 第一学期, 秋, 上, 1, 一."""
    text = fold(plain_of(cell))
    if not text:
        return None
    term = TERMS.get(text)
    if term is None:
        raise Unread(
            "term_unreadable",
            "应为学期，如 1、第一学期、秋或 2、第二学期、春。请改正。",
            "should be a term such as 1 or 2, autumn or spring. Correct it.",
        )
    return term


def read_academic_term(cell: Cell) -> dict[str, Any] | None:
    """Academic year and term in one cell: 2023-2024-1, 2023-2024学年第一学期, 2024春."""
    text = plain_of(cell)
    if not text:
        return None
    match = _YEARS_AND_TERM.fullmatch(text)
    if match is not None and int(match[2]) == int(match[1]) + 1:
        term = TERMS.get(fold(match[3]))
        if term is not None:
            return {"academic_year": f"{match[1]}-{match[2]}", "term": term}
    season = _SEASON.fullmatch(text)
    if season is not None:
        first = int(season[1]) - (season[2] == "春")
        return {"academic_year": f"{first}-{first + 1}", "term": 2 if season[2] == "春" else 1}
    raise Unread(
        "academic_term_unreadable",
        "应为学年学期，如 2023-2024-1 或 2023-2024学年第一学期。请改正。",
        "should be an academic year with its term, such as 2023-2024-1. Correct it.",
    )


def read_year_of_entry(cell: Cell) -> int | None:
    """2023, 2023级, 2023年."""
    text = plain_of(cell)
    if not text:
        return None
    match = re.fullmatch("((?:19|20)[0-9]{2})(?:级|年)?", text)
    if match is None or int(match[1]) < 1950:
        raise Unread(
            "year_of_entry_unreadable",
            "应为入学年份，如 2023 或 2023级。请改正。",
            "should be a year of entry such as 2023. Correct it.",
        )
    return int(match[1])
