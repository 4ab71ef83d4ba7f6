"""Publishing from a day on: never two things at once, nothing before that day touched, the same again unchanged."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.institutions.timeline import OverlapsALaterPeriod, Period, after, publish

FIRST = date(2020, 1, 1)
A, B, C = {"credits": 200}, {"credits": 300}, {"credits": 400}


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def period(start: int, end: int | None, content: dict[str, int]) -> Period:
    return Period(day(start), None if end is None else day(end), content)


def held_on(periods: list[Period], on: date) -> dict[str, int] | None:
    held = [dict(one.content) for one in periods if one.holds_on(on)]
    assert len(held) <= 1, "two things hold on one day"
    return held[0] if held else None


wanted_periods = st.builds(
    lambda start, length, content: period(start, None if length is None else start + length, content),
    st.integers(0, 12),
    st.none() | st.integers(1, 8),
    st.sampled_from([A, B, C]),
)


@given(wanted=st.lists(wanted_periods, max_size=8))
def test_whatever_is_published_in_whatever_order_nothing_overlaps_and_only_its_own_days_change(
    wanted: list[Period],
) -> None:
    periods: list[Period] = []
    for one in wanted:
        before = {number: held_on(periods, day(number)) for number in range(25)}
        try:
            step = publish(periods, one)
        except OverlapsALaterPeriod:
            following = min(found.valid_from for found in periods if found.valid_from > one.valid_from)
            assert one.valid_until is not None
            assert one.valid_until > following
            continue
        changed = after(periods, step)
        assert held_on(changed, one.valid_from) == one.content
        assert all(earlier.valid_until is not None for earlier, _ in pairwise(changed))
        for number, held in before.items():
            now = held_on(changed, day(number))
            if day(number) < one.valid_from:
                assert now == held
            if held is not None and now != held:
                assert step.altered is not None, "a day that reads otherwise is said"
                assert step.altered[0] <= day(number)
                assert step.altered[1] is None or day(number) < step.altered[1]
        assert publish(changed, one).outcome == "unchanged"
        assert (step.outcome == "unchanged") == (changed == periods)
        periods = changed


def test_a_change_ends_what_held_and_lasts_as_long_as_it_would_have() -> None:
    step = publish([period(0, 10, A), period(10, None, C)], period(4, None, B))
    assert step.outcome == "changed"
    assert after([period(0, 10, A), period(10, None, C)], step) == [
        period(0, 4, A),
        period(4, 10, B),
        period(10, None, C),
    ]
    assert step.altered == (day(4), day(10))


def test_a_correction_keeps_the_end_that_a_later_change_gave() -> None:
    step = publish([period(0, 10, A), period(10, None, C)], period(0, None, B))
    assert (step.outcome, step.rewritten, step.added) == ("corrected", period(0, 10, B), None)


def test_the_same_again_is_unchanged_even_after_later_changes() -> None:
    assert publish([period(0, 10, A), period(10, None, B)], period(0, None, A)).outcome == "unchanged"
    assert publish([period(0, 10, A), period(10, None, B)], period(3, None, A)).outcome == "unchanged"


def test_an_end_can_be_said_later_and_what_ended_can_begin_again() -> None:
    ended = after([period(0, None, A)], publish([period(0, None, A)], period(0, 5, A)))
    assert ended == [period(0, 5, A)]
    begun = publish(ended, period(7, None, A))
    assert begun.outcome == "changed"
    assert begun.altered is None, "nothing held on those days"
    assert after(ended, begun) == [period(0, 5, A), period(7, None, A)]


def test_what_is_published_before_everything_else_ends_where_that_begins() -> None:
    step = publish([period(5, None, B)], period(0, None, A))
    assert step.added == period(0, 5, A)


def test_an_end_inside_a_later_period_is_refused() -> None:
    with pytest.raises(OverlapsALaterPeriod):
        publish([period(0, 5, A), period(5, None, B)], period(0, 6, A))
