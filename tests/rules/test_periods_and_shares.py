"""Periods by the calendar and shares that are exact: months have their own ends, a third stays a third."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.rules import Rulebook
from creditbank.rules.durations import Duration, moved
from creditbank.rules.units import NotOfType, literal, number
from tests.rules.converting import also, book, capped, clause, decide, finding, line, source, stood, told, wrong
from tests.rules.writing import SAYS, named


@pytest.mark.parametrize(
    ("day", "many", "unit", "later", "earlier"),
    [
        ("2024-02-29", 1, "years", "2025-02-28", "2023-02-28"),
        ("2024-02-29", 4, "years", "2028-02-29", "2020-02-29"),
        ("2023-02-28", 1, "years", "2024-02-28", "2022-02-28"),
        ("2024-05-31", 3, "months", "2024-08-31", "2024-02-29"),
        ("2023-05-31", 3, "months", "2023-08-31", "2023-02-28"),
        ("2024-01-31", 1, "months", "2024-02-29", "2023-12-31"),
        ("2024-12-15", 1, "months", "2025-01-15", "2024-11-15"),
        ("2024-11-30", 13, "months", "2025-12-30", "2023-10-30"),
        ("2024-03-01", 1, "days", "2024-03-02", "2024-02-29"),
        ("2024-03-04", 2, "weeks", "2024-03-18", "2024-02-19"),
        ("2024-03-04", 0, "months", "2024-03-04", "2024-03-04"),
        ("9999-12-31", 1, "days", "9999-12-31", "9999-12-30"),
        ("9999-06-01", 9_999, "years", "9999-12-31", "0001-01-01"),
        ("0001-01-01", 1, "months", "0001-02-01", "0001-01-01"),
    ],
)
def test_a_period_leads_to_the_day_that_the_calendar_has(
    day: str, many: int, unit: str, later: str, earlier: str
) -> None:
    assert moved(day, Duration(many, unit), forward=True) == later
    assert moved(day, Duration(many, unit), forward=False) == earlier


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 400), st.sampled_from(["months", "years"]))
def test_months_keep_the_day_or_end_the_month(day: date, many: int, unit: str) -> None:
    found = date.fromisoformat(moved(day.isoformat(), Duration(many, unit), forward=True))
    apart = (found.year - day.year) * 12 + found.month - day.month
    assert apart == many * (12 if unit == "years" else 1)
    assert found.day == day.day or (found.day < day.day and (found + timedelta(days=1)).day == 1)


def window(steps: list[dict[str, Any]], word: str = "at_least", **version: Any) -> Rulebook:
    """The record must not be older than the first day of a window that ends with the claim."""
    names = {"first": named("record.occurred_on", {"start": {"fact": "claim.on"}, "then": steps})}
    asked = clause("window", require={"fact": "record.occurred_on", word: {"named": "first"}})
    return book({"clauses": also(asked), "names": names, **version})


@pytest.mark.parametrize(
    ("day", "verdict"),
    [("2018-03-04", "granted"), ("2018-03-03", "not_granted"), (None, "unknown")],
)
def test_a_record_within_six_years_includes_the_day_itself(day: str | None, verdict: str) -> None:
    assert told(window([{"earlier_by": "6 years"}]), line(source(occurred_on=day)))[0] == verdict


def test_a_period_may_be_a_figure_with_its_own_source_and_depend_on_a_condition() -> None:
    values = {"term": {"is": "2", "unit": "years", "says": SAYS, "cites": ["source"]}}
    steps = [
        {"earlier_by": {"value": "term"}},
        {"earlier_by": "4 years", "when": {"fact": "record.team", "is": "yes"}},
        {"not_below": "2020-01-01"},
    ]
    rules = window(steps, values=values)
    assert told(rules, line(source(occurred_on="2022-03-04", team=False)))[0] == "granted"
    assert told(rules, line(source(occurred_on="2022-03-03", team=False)))[0] == "not_granted"
    assert told(rules, line(source(occurred_on="2020-01-01", team=True)))[0] == "granted"
    assert told(rules, line(source(occurred_on="2019-12-31", team=True)))[0] == "not_granted"
    assert told(rules, line(source(occurred_on="2022-03-04")))[0] == "unknown"
    found = finding(decide(rules, line(source(occurred_on="2019-12-31", team=True))), "window")
    assert "应不早于 2020-01-01" in found["says_zh"]


@pytest.mark.parametrize(("day", "verdict"), [("2024-02-29", "granted"), ("2024-03-01", "not_granted")])
def test_a_month_after_the_end_of_january_is_the_end_of_february(day: str, verdict: str) -> None:
    names = {
        "until": named(
            "record.occurred_on", {"start": {"fact": "record.occurred_on"}, "then": [{"later_by": "1 month"}]}
        )
    }
    asked = clause("window", require={"fact": "claim.on", "at_most": {"named": "until"}})
    rules = book({"clauses": also(asked), "names": names})
    assert told(rules, line(source(occurred_on="2024-01-31"), claim={"on": day, "sources": 1}))[0] == verdict


def third(share: Any, **version: Any) -> Rulebook:
    """A share of the plan's credits at the most."""
    cap = capped(
        "share",
        {"share": share, "of": {"fact": "plan.total_credits"}},
        sum={"fact": "conversion.credits"},
        over="conversions",
    )
    return book({"clauses": also(cap), **version})


@pytest.mark.parametrize(
    ("share", "total", "before", "verdict"),
    [
        ("1/3", 1_000, 33, "granted"),  # 33 + 300 = 333 of 333.33
        ("1/3", 1_000, 34, "not_granted"),
        ("1/3", 900, 0, "granted"),  # exactly a third
        ("35%", 2_000, 400, "granted"),
        ("35%", 2_000, 401, "not_granted"),
        ("12.5%", 2_400, 0, "granted"),
        ("12.5%", 2_399, 0, "not_granted"),
        ("100%", 300, 0, "granted"),
    ],
)
def test_a_share_is_exact_to_the_hundredth_and_beyond(share: str, total: int, before: int, verdict: str) -> None:
    facts = line(conversions=[stood("a", credits_=before)], plan={"level": "higher_vocational", "total_credits": total})
    assert told(third(share), facts)[0] == verdict


def test_a_share_may_be_a_figure_with_its_own_source() -> None:
    values = {"half": {"is": "50%", "unit": "share", "says": SAYS, "cites": ["source"]}}
    rules = third({"value": "half"}, values=values)
    plan = {"level": "higher_vocational", "total_credits": 600}
    assert told(rules, line(plan=plan)) == ("granted", "gives")
    assert told(rules, line(plan=plan, conversions=[stood("a", credits_=1)])) == ("not_granted", "share")
    assert "的 50%" in finding(decide(rules, line(plan=plan)), "share")["says_zh"]


@pytest.mark.parametrize("text", ["0%", "101%", "3/2", "1/0", "0.35", "35", "-5%", "1/3%", "", "%", "三分之一"])
def test_a_share_is_more_than_nothing_and_at_most_the_whole(text: str) -> None:
    with pytest.raises(NotOfType):
        literal(number("share"), text)


def _named(gives: str, amount: Any, values: Any = None, compare: Any = None) -> list[str]:
    asked = clause("m", require=compare or {"named": "m", "stated": "yes"})
    return wrong({"clauses": also(asked), "names": {"m": named(gives, amount)}, "values": values})


DAYS = {"start": {"fact": "claim.on"}}
VALUE = {"is": "3", "unit": "weeks", "says": SAYS, "cites": ["source"]}


@pytest.mark.parametrize(
    ("gives", "amount", "values", "said"),
    [
        ("claim.on", {**DAYS, "then": [{"later_by": "3 fortnights"}]}, None, "a period such as 3 months"),
        ("claim.on", {**DAYS, "then": [{"later_by": "three months"}]}, None, "a period such as 3 months"),
        ("claim.on", {**DAYS, "then": [{"later_by": "10000 years"}]}, None, "a period such as 3 months"),
        ("claim.on", {**DAYS, "then": [{"later_by": "1.5 years"}]}, None, "a period such as 3 months"),
        ("claim.on", {**DAYS, "then": [{"plus": "3"}]}, None, "a date takes later_by and earlier_by only"),
        ("claim.on", {**DAYS, "then": [{"times": "2"}]}, None, "a date takes later_by and earlier_by only"),
        ("claim.on", {**DAYS, "then": [{"round_down_to": "1"}]}, None, "a date takes later_by and earlier_by only"),
        ("credits", {"start": {"fact": "course.credits"}, "then": [{"later_by": "3 days"}]}, None, "a date takes"),
        ("claim.on", {**DAYS, "then": [{"later_by": {"value": "x"}}]}, None, "values has no 'x'"),
        (
            "claim.on",
            {**DAYS, "then": [{"later_by": {"value": "v"}}]},
            {"v": VALUE | {"unit": "hours"}},
            "a whole number of days",
        ),
        (
            "claim.on",
            {**DAYS, "then": [{"later_by": {"value": "v"}}]},
            {"v": VALUE | {"is": "1.5"}},
            "a whole number of days",
        ),
        ("claim.on", {**DAYS, "then": [{"not_below": "2023-02-29"}]}, None, "a date such as"),
        ("claim.on", {**DAYS, "then": [{"not_below": "3"}]}, None, "a date such as"),
        ("credits", {"share": "150%", "of": {"fact": "course.credits"}}, None, "at most 100%"),
        ("credits", {"share": "0%", "of": {"fact": "course.credits"}}, None, "more than 0"),
        ("credits", {"share": "half", "of": {"fact": "course.credits"}}, None, "35%"),
        (
            "credits",
            {"share": {"value": "v"}, "of": {"fact": "course.credits"}},
            {"v": VALUE},
            "its unit must be share",
        ),
        (
            "credits",
            {"share": {"value": "v"}, "of": {"fact": "course.credits"}},
            {"v": VALUE | {"is": "2", "unit": "share"}},
            "a share such as 35%",
        ),
        ("record.result", {"share": "50%", "of": {"fact": "record.result"}}, None, "only a number has a share"),
        ("hours", {"share": "50%", "of": {"fact": "course.credits"}}, None, "hours is needed here, not credits"),
        ("credits", {"share": "50%"}, None, "'of' is missing"),
    ],
)
def test_a_period_or_share_that_makes_no_sense_does_not_load(gives: str, amount: Any, values: Any, said: str) -> None:
    found = _named(gives, amount, values)
    assert any(said in each for each in found), found


def test_a_share_given_as_credits_needs_its_rounding_named() -> None:
    names = {"m": named("credits", {"share": "1/3", "of": {"fact": "course.credits"}})}
    found = wrong({"names": names, "gives": {"credits": {"named": "m"}}})
    assert any("rounding is not named" in each for each in found), found
    rounded = {"start": {"share": "1/3", "of": {"fact": "course.credits"}}, "then": [{"round_down_to": "0.5"}]}
    assert wrong({"names": {"m": named("credits", rounded)}, "gives": {"credits": {"named": "m"}}}) == []
