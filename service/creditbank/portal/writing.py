"""Dates, instants and scores as people here write them, in both languages."""

from __future__ import annotations

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


def instant(value: datetime | str | None, language: Language) -> str:
    """The day and the minute in the city: 2024年1月12日 14:05."""
    if value is None:
        return ""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    here = found.astimezone(clock.CITY)
    return f"{day(here.date(), language)} {here:%H:%M}"
