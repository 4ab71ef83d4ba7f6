"""Which days are worked, and where a period of working days ends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.institutions.reference import departures
from creditbank.institutions.working_days import (
    WorkingDaysUnknown,
    add_working_days,
    is_working_day,
    working_days_between,
)

DAYS = departures()


@pytest.mark.parametrize(
    ("on", "worked"),
    [
        (date(2026, 11, 24), True),
        (date(2026, 11, 22), False),
        (date(2026, 10, 1), False),
        (date(2026, 10, 10), True),
        (date(2026, 2, 14), True),
        (date(2026, 2, 23), False),
        (date(2024, 2, 9), True),
        (date(2022, 12, 31), False),
        (date(2023, 1, 2), False),
        (date(2023, 1, 3), True),
    ],
)
def test_a_day_is_worked_as_the_notice_says_and_else_as_the_week_goes(on: date, worked: bool) -> None:
    assert is_working_day(on, DAYS) is worked


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        (date(2026, 11, 23), 5, date(2026, 11, 30)),
        (date(2025, 9, 26), 3, date(2025, 9, 30)),
        (date(2025, 9, 30), 1, date(2025, 10, 9)),
        (date(2025, 9, 30), 3, date(2025, 10, 11)),
        (date(2025, 12, 31), 1, date(2026, 1, 4)),
        (date(2022, 12, 30), 1, date(2023, 1, 3)),
    ],
)
def test_a_period_begins_on_the_day_after_and_passes_over_holidays(start: date, n: int, end: date) -> None:
    assert add_working_days(start, n, DAYS) == end
    assert working_days_between(start, end, DAYS) == n


@given(start=st.dates(date(2021, 1, 1), date(2026, 6, 30)), n=st.integers(1, 60))
def test_a_period_ends_on_a_working_day_and_holds_as_many_as_it_should(start: date, n: int) -> None:
    end = add_working_days(start, n, DAYS)
    assert is_working_day(end, DAYS)
    assert sum(is_working_day(start + timedelta(days=d), DAYS) for d in range(1, (end - start).days + 1)) == n


def test_outside_the_imported_years_nothing_is_guessed() -> None:
    last = max(on.year for on in DAYS)
    for on in (date(2020, 12, 31), date(last + 1, 1, 4)):
        with pytest.raises(WorkingDaysUnknown, match=str(on.year)):
            is_working_day(on, DAYS)
    with pytest.raises(WorkingDaysUnknown):
        add_working_days(date(last, 12, 31), 1, DAYS)


def test_a_december_day_of_next_years_notice_does_not_make_a_year_known() -> None:
    only_2023 = {on: worked for on, worked in DAYS.items() if on.year == 2023 or on == date(2022, 12, 31)}
    with pytest.raises(WorkingDaysUnknown):
        is_working_day(date(2022, 12, 31), only_2023)


def test_a_period_of_no_days_is_not_asked_for() -> None:
    with pytest.raises(ValueError, match="at least one"):
        add_working_days(date(2026, 1, 5), 0, DAYS)
