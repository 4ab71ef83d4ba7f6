"""Which rows of a set count: who comes first, who only may, and what is not known of those beside."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.rules import Rulebook
from tests.rules.converting import also, book, decide, finding, line, wrong
from tests.rules.converting import clause as asked
from tests.rules.writing import SAYS, clause, facts, named, row, rulebook

PASSED = {"fact": "record.result", "is": "passed"}
BEST = [{"highest": {"fact": "record.score"}, "unstated": "unknown"}, {"lowest": {"fact": "record.id"}}]


def best(**words: Any) -> Rulebook:
    """A rule that asks whether this record is the best of the passed ones of the same content."""
    chosen = {"says": SAYS, "cites": ["source"], "of": "same", "where": PASSED, "best": BEST, **words}
    return rulebook({"sets": {"best": chosen}, "clauses": [clause({"this_is_in": "best"})]})


Said = tuple[str | None, str | None]


@pytest.mark.parametrize(
    ("mine", "theirs", "verdict"),
    [
        (("passed", "70"), ("passed", "60"), "granted"),
        (("passed", "60"), ("passed", "70"), "not_granted"),
        (("failed", "70"), ("passed", "60"), "not_granted"),
        (("passed", "60"), ("failed", "70"), "granted"),
        (("passed", "60"), (None, "70"), "unknown"),  # it may be passed, and then it is the better one
        (("passed", "70"), (None, "60"), "granted"),  # passed or not, it is not the better one
        ((None, "70"), ("passed", "60"), "unknown"),  # the better one, if it is passed
        ((None, "60"), ("passed", "70"), "not_granted"),  # passed or not
        ((None, "70"), ("failed", "60"), "unknown"),
        ((None, "60"), (None, "70"), "unknown"),
        (("passed", None), ("passed", "70"), "unknown"),
        (("passed", "70"), ("passed", None), "unknown"),
        (("passed", None), ("passed", None), "unknown"),  # that both are not known does not make them alike
        (("passed", None), ("failed", None), "granted"),
    ],
)
def test_which_of_two_records_counts(mine: Said, theirs: Said, verdict: str) -> None:
    case = facts(row("other", result=theirs[0], score=theirs[1]), result=mine[0], score=mine[1])
    decided = best().decide("deposit", case)
    assert decided.verdict == verdict
    expected = {"granted": "met", "not_granted": "not_met", "unknown": "unknown"}[verdict]
    found = finding(decided, "c")
    assert found["verdict"] == expected
    unknown = {"record.result"} if None in (mine[0], theirs[0]) else {"record.score"}
    assert set(found.get("missing", ())) == (unknown if verdict == "unknown" else set())


@pytest.mark.parametrize(
    ("mine", "theirs", "verdict"),
    [(None, None, "granted"), (None, "60", "not_granted"), ("60", None, "granted"), ("60", "60", "granted")],
)
def test_what_is_not_stated_comes_last_where_the_document_says_so_and_the_next_comparison_decides(
    mine: str | None, theirs: str | None, verdict: str
) -> None:
    last = [
        {"highest": {"fact": "record.score"}, "unstated": "last"},
        {"lowest": {"fact": "record.occurred_on"}},
        {"lowest": {"fact": "record.id"}},
    ]
    case = facts(row("a", score=theirs, result="passed", occurred_on="2024-06-21"), score=mine)
    assert best(best=last).decide("deposit", case).verdict == verdict


def test_only_the_best_are_measured_even_where_no_condition_keeps_a_row_out() -> None:
    chosen = {"says": SAYS, "cites": ["source"], "of": "records", "best": BEST, "per": [{"fact": "record.content"}]}
    rules = book(
        {
            "clauses": also(asked("m", require={"named": "m", "at_least": "2"})),
            "names": {"m": named("count", {"count": "best"})},
            "sets": {"best": chosen},
        }
    )
    records = [
        {"id": name, "record": {"content": content, "score": score}}
        for name, content, score in (("p", "a", "60"), ("q", "a", "70"), ("r", "b", "50"))
    ]
    decided = decide(rules, line(records=records))
    assert decided.verdict == "granted"
    assert [(one["id"], one["counts"]) for one in finding(decided, "m")["rows"]] == [
        ("p", "not_met"),
        ("q", "met"),
        ("r", "met"),
    ]
    assert decide(rules, line(records=records[:2])).verdict == "not_granted"


def test_that_a_row_of_a_set_is_there_is_said_without_reasons_against_it() -> None:
    online = {
        "says": SAYS,
        "cites": ["source"],
        "of": "records",
        "where": {"fact": "record.kind", "is": "online_course"},
    }
    rules = book({"clauses": also(asked("m", require={"exists": "online"})), "sets": {"online": online}})
    records = [{"id": "p", "record": {"kind": "online_course"}}, {"id": "q", "record": {"kind": "training"}}]
    found = finding(decide(rules, line(records=records)), "m")
    assert (found["says_zh"], found["says_en"]) == ("条文：符合的有 1 条", "the rule: 1 fit")
    assert [one["counts"] for one in found["rows"]] == ["met", "not_met"]
    found = finding(decide(rules, line(records=records[1:])), "m")
    assert found["says_en"] == "the rule: 0 fit; there must be at least one"


def test_a_set_is_not_asked_about_inside_a_set() -> None:
    inner = {"says": SAYS, "cites": ["source"], "of": "same", "where": PASSED}
    outer = {**inner, "where": {"this_is_in": "inner"}}
    version = {"clauses": also(asked("m", require={"this_is_in": "outer"})), "sets": {"inner": inner, "outer": outer}}
    assert any("cannot be asked about inside a set" in each for each in wrong(version))


def test_a_fact_that_stands_for_something_where_it_is_not_stated_puts_in_order_without_more() -> None:
    lasts = [{"highest": {"fact": "record.valid_until"}}, {"lowest": {"fact": "record.id"}}]
    case = facts(row("other", result="passed", valid_until="2030-01-01"), result="passed")
    assert best(best=lasts).decide("deposit", case).verdict == "granted", "it has no end"
    case = facts(row("other", result="passed"), result="passed", valid_until="2030-01-01")
    assert best(best=lasts).decide("deposit", case).verdict == "not_granted"
