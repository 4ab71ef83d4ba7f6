"""Working days as the State Council arranges them: the week, less holidays, plus the weekends that are worked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from creditbank.errors import BankError

Departures = Mapping[date, bool]
"""The days on which a notice departs from the week: False is a day off, True a weekend that is worked."""

_SATURDAY = 5
_NATIONAL_DAY = (10, 1)


class WorkingDaysUnknown(BankError):
    """A period reaches into a year whose notice has not been imported."""

    status = 409
    code = "working_days_unknown"
    zh = "{year}年的节假日安排尚未导入，无法计算工作日。请在国务院办公厅通知发布后导入。"
    en = "The holidays of {year} are not imported, so its working days are unknown. Import the State Council's notice."


def is_working_day(on: date, days: Departures) -> bool:
    """Whether people work on a day. Raises WorkingDaysUnknown for a year that has not been imported.

    A year is imported when its 1 October stands in `days`, which every notice makes a day off: a December day alone may
    come from the notice of the year after. The last days of the last year imported are as far as is known.
    """
    if date(on.year, *_NATIONAL_DAY) not in days:
        raise WorkingDaysUnknown(year=on.year)
    return days.get(on, on.weekday() < _SATURDAY)


def add_working_days(start: date, n: int, days: Departures) -> date:
    """The nth working day after a day that itself is not counted (民法典 第二百零一条). `n` is 1 or more.

    Raises WorkingDaysUnknown where the way there leaves the imported years.
    """
    if n < 1:
        raise ValueError("a period has at least one working day")
    on = start
    while n:
        on += timedelta(days=1)
        n -= is_working_day(on, days)
    return on


def working_days_between(start: date, end: date, days: Departures) -> int:
    """How many working days lie after `start`, up to and with `end`; none where `end` is not after it."""
    return sum(is_working_day(start + timedelta(days=ahead), days) for ahead in range(1, (end - start).days + 1))
