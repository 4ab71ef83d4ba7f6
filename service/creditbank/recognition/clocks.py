"""Pure: clocks in working days: when a step ends, how much of it is left when it is stopped, how long a claim holds."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from creditbank.clock import CITY
from creditbank.institutions.working_days import (
    Departures,
    WorkingDaysUnknown,
    add_working_days,
    is_working_day,
    working_days_between,
)

ASK_AGAIN = timedelta(hours=12)
"""How soon a clock that cannot be counted is looked at again: a notice may have been imported meanwhile."""

AHEAD = timedelta(days=1)
"""How long before it would lapse a claim is looked at that an objection stops."""


def ends_on(served_on: date, within: int, days: Departures) -> date | None:
    """The last day of a step: so many working days after the day of service, which is not counted.

    None where the holidays on the way are not known yet. (民法典 第二百零一条, 第二百零三条)
    """
    try:
        return add_working_days(served_on, within, days)
    except WorkingDaysUnknown:
        return None


def really_ends_on(due_on: date, days: Departures) -> date | None:
    """The day itself, or if it has become a holiday since it was counted, the next working day."""
    on = due_on
    try:
        while not is_working_day(on, days):
            on += timedelta(days=1)
    except WorkingDaysUnknown:
        return None
    return on


def left(today: date, due_on: date, days: Departures) -> int:
    """How many working days of a step are left on the day it is stopped, at least one."""
    try:
        return max(1, working_days_between(today, due_on, days))
    except WorkingDaysUnknown:
        return 1


def end_of(day: date) -> datetime:
    """The instant at which a day is over in the city."""
    return datetime.combine(day + timedelta(days=1), time(), CITY)


def holds_until(made_on: date, working_days: int, days: Departures) -> datetime:
    """Until when an open claim holds uses and room. Where holidays are not known, two days stand for a working day."""
    last = ends_on(made_on, working_days, days)
    return end_of(last or made_on + timedelta(days=2 * working_days))
