"""What time it is: the one place that reads the wall clock, so that tests can say what it shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

CITY = ZoneInfo("Asia/Shanghai")
"""The bank's days begin and end here: a date without a zone in a payload is a date in this zone."""


_behind = timedelta()


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC) - _behind


def set_to(at: datetime | None) -> None:
    """Let the clock of this process go on from a past instant, or from the present again: for the demo, whose city has
    lived through some weeks when it opens. Nothing else may, and nobody gets ahead of the present.
    """
    global _behind  # noqa: PLW0603 - one clock in a process
    _behind = timedelta() if at is None else max(timedelta(), datetime.now(UTC) - at)


def today(at: datetime | None = None) -> date:
    """The city's calendar day at an instant."""
    return (at or now()).astimezone(CITY).date()
