"""Periods of days, weeks, months and years, and the days they lead to."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from creditbank.errors import Language
from creditbank.rules.loading import Fields, Text
from creditbank.rules.terms import Context

UNITS = ("days", "weeks", "months", "years")
_SHOWN: dict[str, tuple[str, str]] = {
    "days": ("天", "days"),
    "weeks": ("周", "weeks"),
    "months": ("个月", "months"),
    "years": ("年", "years"),
}
_FIRST, _LAST = date.min, date.max


@dataclass(frozen=True, slots=True)
class Duration:
    """So many of one unit."""

    many: int
    unit: str

    def shown(self, language: Language) -> str:
        """As people read it."""
        return f"{self.many} {_SHOWN[self.unit][0 if language == 'zh' else 1]}"


def duration_of(ctx: Context, node: object) -> Duration | None:
    """A period as a document writes it, or the figure of `values` that it names; None after reporting a problem."""
    if isinstance(node, Fields):
        entry = ctx.entry("values", node["value"])
        if entry is None:
            return None
        if entry["unit"] not in UNITS or not str(entry["is"]).isdigit():
            zh = "期限须是整数，单位为 days、weeks、months 或 years"
            ctx.report.add(node["value"], str(node["value"]), zh, f"it must be a whole number of {', '.join(UNITS)}")
            return None
        return Duration(int(entry["is"]), str(entry["unit"]))
    assert isinstance(node, Text)
    many, unit = node.split(" ")
    return Duration(int(many), unit if unit.endswith("s") else f"{unit}s")


def moved(day: str, by: Duration, *, forward: bool) -> str:
    """The day that lies a period later or earlier. A month that has no such day gives its last one (民法典 第二百零二条
    counts by the calendar): 31 March less a month is 28 or 29 February. Beyond the calendar it stays at its end.
    """
    start, many = date.fromisoformat(day), by.many if forward else -by.many
    try:
        return _MOVES[by.unit](start, many).isoformat()
    except (OverflowError, ValueError):
        return (_LAST if forward else _FIRST).isoformat()


def _months(start: date, many: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + many, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))


_MOVES: dict[str, Callable[[date, int], date]] = {
    "days": lambda start, many: start + timedelta(days=many),
    "weeks": lambda start, many: start + timedelta(weeks=many),
    "months": _months,
    "years": lambda start, many: _months(start, many * 12),
}
