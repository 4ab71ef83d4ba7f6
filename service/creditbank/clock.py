"""What time it is: the one place that reads the wall clock, so that tests can say what it shows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CITY = ZoneInfo("Asia/Shanghai")
"""The bank's days begin and end here: a date without a zone in a payload is a date in this zone."""


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


def today(at: datetime | None = None) -> date:
    """The city's calendar day at an instant."""
    return (at or now()).astimezone(CITY).date()
