"""Amounts are exact: nothing is rounded but by a rounding that the rule names, and each says how it came about."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.rules import Rulebook, RulesRefused, units
from creditbank.rules.units import NotOfType, literal, number, plain, reader
from tests.rules.writing import SAYS, clause, facts, named, rulebook

ALWAYS = [clause({"fact": "record.kind", "is": "course_result"})]


def gives(amount: Any, **version: Any) -> Rulebook:
    """A rulebook that gives an amount of credits."""
    version["names"] = {**version.get("names", {}), "worth": named("credits", amount)}
    return rulebook({**version, "clauses": ALWAYS, "gives": {"credits": {"named": "worth"}, "scheme": "training"}})


def value(is_: str, unit: str) -> dict[str, Any]:
    """A figure."""
    return {"is": is_, "unit": unit, "says": SAYS, "cites": ["source"]}


def worth(book: Rulebook, **record: Any) -> Any:
    """The credits given, in hundredths, or the verdict."""
    decided = book.decide("deposit", facts(**record))
    return decided.outputs["credits"] if decided.verdict == "granted" else decided.verdict


@given(
    hours=st.decimals(0, 5000, places=2),
    rate=st.sampled_from(["16", "18", "24", "7", "2.5"]),
    word=st.sampled_from(["round_down_to", "round_up_to", "round_half_up_to"]),
    to=st.sampled_from(["0.5", "0.1", "1", "0.01", "0.25"]),
)
def test_a_norm_rounds_once_and_exactly_as_it_says(hours: Decimal, rate: str, word: str, to: str) -> None:
    steps = [{"divided_by": {"value": "rate"}}, {word: to}]
    book = gives({"start": {"fact": "record.hours"}, "then": steps}, values={"rate": value(rate, "hours per credit")})
    multiple = Fraction(hours) / Fraction(rate) / Fraction(to)
    floor = multiple.numerator // multiple.denominator
    rest = multiple - floor
    up = {"round_down_to": 0, "round_up_to": int(rest > 0), "round_half_up_to": int(rest >= Fraction(1, 2))}[word]
    assert worth(book, hours=format(hours, "f")) == (floor + up) * Fraction(to) * 100


@given(st.decimals(0, 999_999, places=4))
def test_a_number_is_shown_as_it_was_written_without_idle_zeros(amount: Decimal) -> None:
    text = format(amount, "f")
    shown = plain(literal(number("hours"), text))
    assert Decimal(shown) == amount
    assert shown == (text.rstrip("0").rstrip(".") if "." in text else text)


def test_a_third_stays_a_third() -> None:
    assert plain(Fraction(1, 3)) == "1/3"
    assert plain(Fraction(-1, 4)) == "-0.25"
    assert units.shown(number("credits"), Fraction(1000, 3), "en") == "10/3 credits"
    thirds = [{"divided_by": "3"}, {"times": "3"}, {"round_down_to": "0.01"}]
    assert worth(gives({"start": {"fact": "course.credits"}, "then": thirds})) == 300


@pytest.mark.parametrize(
    ("steps", "credits_"),
    [
        ([{"plus": "0.5"}], 350),
        ([{"minus": "0.5"}], 250),
        ([{"not_above": "2"}], 200),
        ([{"not_above": "4"}], 300),
        ([{"not_below": "4"}], 400),
        ([{"not_below": "2"}], 300),
        ([{"times": "0.4"}, {"round_down_to": "0.5"}], 100),
        ([{"times": "0.4"}, {"round_up_to": "0.5"}], 150),
        ([{"times": "0.25"}, {"round_half_up_to": "0.5"}], 100),
        ([{"times": "0.4"}, {"round_half_up_to": "0.5"}], 100),
        ([{"minus": "1"}, {"times": "0.5"}, {"round_down_to": "0.01"}], 100),
        ([{"times": "0.5"}, {"minus": "1"}, {"round_down_to": "0.01"}], 50),
        ([{"minus": "1", "when": {"fact": "record.team", "is": "yes"}}], 300),
        ([{"minus": "1", "when": {"fact": "record.team", "is": "no"}}], 200),
        ([{"minus": "1", "when": {"fact": "record.place", "at_most": "3"}}], "unknown"),
        ([{"plus": {"fact": "record.credits_reported"}}], "unknown"),
    ],
)
def test_steps_are_taken_in_their_order_and_only_when_they_apply(steps: list[Any], credits_: Any) -> None:
    assert worth(gives({"start": {"fact": "course.credits"}, "then": steps}), team=False) == credits_


@pytest.mark.parametrize(
    ("team", "place", "credits_"),
    [(True, None, 100), (False, 1, 200), (False, 2, 300), (False, None, "unknown"), (None, 1, "unknown")],
)
def test_the_first_choice_that_holds_is_taken_and_an_unknown_one_is_not_passed_over(
    team: Any, place: Any, credits_: Any
) -> None:
    ways = [
        {"when": {"fact": "record.team", "is": "yes"}, "take": "1"},
        {"when": {"fact": "record.place", "is": "1"}, "take": "2"},
        {"otherwise": "3"},
    ]
    assert worth(gives({"choose": ways}), team=team, place=place) == credits_


def _tabled(**more: Any) -> Rulebook:
    table = {
        "says": SAYS,
        "cites": ["source"],
        "by": [{"fact": "record.award_level"}, {"fact": "record.place"}],
        "gives": {"credits": "credits", "prize": "record.award_rank"},
        "rows": [
            [["national", "international"], {"to": "3"}, "6", "first"],
            [["national", "international"], {"from": "4"}, "2", "third"],
            ["provincial", "any", "1.5", "second"],
        ],
        "otherwise": ["0", "none"],
    }
    return gives({"table": "t", "column": "credits"}, tables={"t": {**table, **more}})


@pytest.mark.parametrize(
    ("level", "place", "credits_"),
    [
        ("national", 3, 600),
        ("international", 4, 200),
        ("provincial", 9, 150),
        ("municipal", 1, 0),
        ("national", None, "unknown"),
        (None, 1, "unknown"),
    ],
)
def test_a_table_answers_by_its_one_row_and_is_unknown_where_a_fact_is(level: Any, place: Any, credits_: Any) -> None:
    assert worth(_tabled(), award_level=level, place=place) == credits_


def test_a_table_of_several_columns_is_told_which() -> None:
    with pytest.raises(RulesRefused, match="say which column"):
        gives({"table": "t"}, tables=_table_of_two())


def _table_of_two() -> dict[str, Any]:
    return {
        "t": {
            "says": SAYS,
            "cites": ["source"],
            "by": [{"fact": "record.team"}],
            "gives": {"one": "credits", "other": "credits"},
            "rows": [["yes", "1", "2"], ["no", "3", "4"]],
        }
    }


def test_an_output_says_how_it_came_about() -> None:
    steps = [{"divided_by": {"value": "rate"}}, {"round_down_to": "0.5"}]
    book = gives({"start": {"fact": "record.hours"}, "then": steps}, values={"rate": value("16", "hours per credit")})
    finding = next(
        each for each in book.decide("deposit", facts(hours="25")).findings() if each["clause"] == "gives.credits"
    )
    assert (
        finding["says_zh"]
        == "认定学分：1.5 学分（条文（学时 25 学时，除以 条文 16 学时/学分，向下取到 0.5 学分的倍数））"
    )
    assert finding["says_en"].startswith(
        "credits granted: 1.5 credits (the rule (hours 25 hours, divided by the rule 16 hours per credit"
    )
    assert [cited["id"] for cited in finding["citation"]] == ["source"]
    missing = next(each for each in book.decide("deposit", facts()).findings() if each["clause"] == "gives.credits")
    assert (missing["verdict"], missing["fact"]) == ("unknown", "record.hours")
    assert "缺少学时" in missing["says_zh"]


@pytest.mark.parametrize("text", ["", " 1", "1.", ".5", "01", "1e3", "-1", "1,5", "１", "1.0000001", "1" * 10, "NaN"])
def test_a_number_is_written_in_one_way(text: str) -> None:
    with pytest.raises(NotOfType):
        literal(number("hours"), text)


@pytest.mark.parametrize("text", ["2024-2-1", "2024-02-30", "20240201", "2024-02-01T00:00", "今天"])
def test_a_date_is_written_in_one_way(text: str) -> None:
    with pytest.raises(NotOfType):
        reader(units.DATE)(text)


def test_where_no_unit_is_wanted_the_first_way_says_that_of_the_others() -> None:
    ways: list[Any] = [{"when": {"fact": "record.team", "is": "yes"}, "take": {"fact": "course.credits"}}]
    plus = [{"plus": "1"}]
    book = gives({"start": {"choose": [*ways, {"otherwise": "2"}]}, "then": plus})
    assert (worth(book, team=True), worth(book, team=False)) == (400, 300)
    with pytest.raises(RulesRefused, match="credits is needed here, not hours"):
        gives({"start": {"choose": [*ways, {"otherwise": {"fact": "record.hours"}}]}, "then": plus})


WHOLE, SEVENTH = {"fact": "course.credits"}, {"named": "seventh"}
SEVENTHS = {"seventh": named("credits", {"start": WHOLE, "then": [{"divided_by": "7"}]})}
TEAM = {"fact": "record.team", "is": "yes"}


@pytest.mark.parametrize(
    ("start", "steps", "rounded"),
    [
        (WHOLE, [{"plus": SEVENTH}], False),
        (SEVENTH, [{"plus": "1"}], False),
        (WHOLE, [{"plus": SEVENTH}, {"round_down_to": "0.5", "when": TEAM}], False),
        (WHOLE, [{"plus": SEVENTH}, {"round_down_to": "0.5"}], True),
        (WHOLE, [{"plus": SEVENTH}, {"round_down_to": "0.5"}, {"plus": "1"}], True),
        (SEVENTH, [{"round_down_to": "0.5"}, {"plus": WHOLE}, {"round_up_to": "1", "when": TEAM}], True),
    ],
)
def test_what_is_not_whole_stays_so_until_it_is_rounded_in_every_case(
    start: Any, steps: list[Any], *, rounded: bool
) -> None:
    amount = {"start": start, "then": steps}
    if rounded:
        assert isinstance(worth(gives(amount, names=SEVENTHS), team=True), int)
    else:
        with pytest.raises(RulesRefused, match="the rounding is not named"):
            gives(amount, names=SEVENTHS)


def _by_day(*days: dict[str, str] | str) -> Rulebook:
    table = {"says": SAYS, "cites": ["source"], "by": [{"fact": "record.occurred_on"}], "gives": {"credits": "credits"}}
    rows = [[day, str(place)] for place, day in enumerate(days, start=1)]
    return gives({"table": "t"}, tables={"t": {**table, "rows": rows}})


def test_ranges_of_days_meet_without_a_day_between_or_twice() -> None:
    book = _by_day({"to": "2020-06-30"}, {"from": "2020-07-01"})
    assert [worth(book, occurred_on=day) for day in ("2020-06-30", "2020-07-01")] == [100, 200]
    with pytest.raises(RulesRefused, match="matches both lines"):
        _by_day({"to": "2020-07-01"}, {"from": "2020-07-01"})
    for last, first in (("2020-06-29", "2020-07-01"), ("2020-06-30", "2020-07-02")):
        with pytest.raises(RulesRefused, match="has no row"):
            _by_day({"to": last}, {"from": first})
    assert worth(_by_day("any"), occurred_on="2020-07-01") == 100


def test_a_number_of_which_nothing_is_asked_leaves_no_gap() -> None:
    table = {"says": SAYS, "cites": ["source"], "by": [{"fact": "record.place"}], "gives": {"credits": "credits"}}
    assert worth(gives({"table": "t"}, tables={"t": {**table, "rows": [["any", "1"]]}}), place=7) == 100
