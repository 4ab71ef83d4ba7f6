"""Dates, instants and scores as people here write them, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from creditbank import clock
from creditbank.errors import Language

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day(value: date | str | None, language: Language) -> str:
    """2024年1月12日; 12 January 2024."""
    if value is None:
        return ""
    found = date.fromisoformat(value) if isinstance(value, str) else value
    if language == "zh":
        return f"{found.year}年{found.month}月{found.day}日"
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


def size(mebibytes: int) -> str:
    """How large a file may be, as people say it: 7 MB, 1 GB."""
    return f"{mebibytes // 1024} GB" if mebibytes >= 1024 and mebibytes % 1024 == 0 else f"{mebibytes} MB"


def cited(numbers: Iterable[int]) -> str:
    """The numbers of sources as papers write them, neighbours together: [1–3, 7]."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = [f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    return f"[{', '.join(said)}]" if said else ""


_WRITTEN = re.compile(r"(?<![\d-])\d{4}-\d{2}-\d{2}(?![\d-])")


def days_in(said: str, language: Language) -> str:
    """A sentence that writes its days as 2024-01-12, as rules do, with the days as people write them."""

    def told(found: re.Match[str]) -> str:
        try:
            return day(found.group(), language)
        except ValueError:
            return found.group()

    return _WRITTEN.sub(told, said)


def instant(value: datetime | str | None, language: Language) -> str:
    """The day and the minute in the city: 2024年1月12日 14:05."""
    if value is None:
        return ""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    here = found.astimezone(clock.CITY)
    return f"{day(here.date(), language)} {here:%H:%M}"
