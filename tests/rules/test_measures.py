"""Measures over rows: what they come to, what they leave open, and what they say of every row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditbank.rules import Rulebook
from tests.rules.converting import also, book, clause, decide, finding, line, source, told, wrong
from tests.rules.writing import SAYS, named

PASSED = {"fact": "record.result", "is": "passed"}


def asks(gives: str, amount: Any, **compared: Any) -> Rulebook:
    """A method that asks how a measure compares."""
    return book(
        {"clauses": also(clause("m", require={"named": "m", **compared})), "names": {"m": named(gives, amount)}}
    )


def records(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of all records of the learner."""
    return [
        {"id": f"q{place}", "record": {key: value for key, value in row.items() if value is not None}}
        for place, row in enumerate(rows)
    ]


AMOUNTS: dict[str, tuple[str, Any, Any]] = {
    "count": ("count", {"count": "records", "where": PASSED}, len),
    "kinds": (
        "count",
        {"count": "records", "where": PASSED, "once_per": {"fact": "record.content"}},
        lambda rows: len({row["content"] for row in rows}),
    ),
    "sum": (
        "credits",
        {"sum": {"fact": "record.credits"}, "over": "records", "where": PASSED},
        lambda rows: sum(row["credits"] for row in rows),
    ),
    "highest": (
        "credits",
        {"highest": {"fact": "record.credits"}, "over": "records", "where": PASSED, "if_none": "0"},
        lambda rows: max([row["credits"] for row in rows], default=0),
    ),
    "lowest": (
        "credits",
        {"lowest": {"fact": "record.credits"}, "over": "records", "where": PASSED, "if_none": "0"},
        lambda rows: min([row["credits"] for row in rows], default=0),
    ),
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "result": st.sampled_from(["passed", "failed", None]),
            "content": st.sampled_from(["a", "b", None]),
            "credits": st.sampled_from([0, 100, 250, None]),
        }
    ),
    max_size=5,
)
READ = {"count": None, "kinds": "content", "sum": "credits", "highest": "credits", "lowest": "credits"}
BOOKS = {name: asks(gives, amount, at_least="3") for name, (gives, amount, _) in AMOUNTS.items()}


@pytest.mark.parametrize("name", AMOUNTS)
@settings(max_examples=60)
@given(rows=ROWS)
def test_a_measure_is_what_counting_by_hand_says_and_open_where_a_row_that_may_count_is(
    name: str, rows: list[dict[str, Any]]
) -> None:
    unit = 100 if AMOUNTS[name][0] == "credits" else 1
    counted = [row for row in rows if row["result"] == "passed"]
    open_ = any(row["result"] is None for row in rows)
    read = READ[name]
    open_ = open_ or (read is not None and any(row[read] is None for row in counted))
    expected = "unknown" if open_ else "granted" if AMOUNTS[name][2](counted) >= 3 * unit else "not_granted"
    decided = decide(BOOKS[name], line(records=records(*rows)))
    assert decided.verdict == expected
    told_ = finding(decided, "m")
    assert [row["id"] for row in told_["rows"]] == [f"q{place}" for place in range(len(rows))]
    by_result = {"passed": "met", "failed": "not_met", None: "unknown"}
    assert [row["counts"] for row in told_["rows"]] == [by_result[row["result"]] for row in rows]


def test_a_measure_of_rows_that_are_not_known_is_unknown_and_says_which_rows() -> None:
    rules = asks("count", {"count": "records"}, at_least="1")
    decided = decide(rules, line(records=...))
    assert (decided.verdict, decided.clause) == ("unknown", "m")
    assert "不知道有哪些学习者的全部成果" in finding(decided, "m")["says_zh"]
    assert "all records of the learner" in finding(decided, "m")["says_en"]
    assert told(rules, line(records=[])) == ("not_granted", "m")


def test_the_highest_of_no_rows_is_unknown_unless_the_document_says_what_it_is() -> None:
    amount = {"highest": {"fact": "record.credits"}, "over": "records"}
    decided = decide(asks("credits", amount, at_least="1"), line())
    assert (decided.verdict, decided.clause) == ("unknown", "m")
    assert "没有学习者的全部成果可计" in finding(decided, "m")["says_zh"]
    assert told(asks("credits", amount | {"if_none": "0"}, at_least="1"), line()) == ("not_granted", "m")
    assert told(asks("credits", amount | {"if_none": "1"}, at_least="1"), line()) == ("granted", "gives")


def test_the_highest_of_levels_is_by_their_order_and_not_guessed_across_two_orders() -> None:
    amount = {"highest": {"fact": "certificate.level"}, "over": "records"}
    rules = asks("certificate.level", amount, at_least="intermediate")

    def rows(*levels: str) -> list[dict[str, Any]]:
        return [{"id": level, "certificate": {"level": level}} for level in levels]

    assert told(rules, line(records=rows("elementary", "advanced"))) == ("granted", "gives")
    assert told(rules, line(records=rows("elementary"))) == ("not_granted", "m")
    assert told(rules, line(records=rows("advanced", "grade_1"))) == ("unknown", "m")
    assert told(rules, line(records=rows("grade_1"))) == ("unknown", "m")
    low = {"lowest": amount["highest"], "over": "records"}
    lowest = asks("certificate.level", low, at_least="intermediate")
    assert told(lowest, line(records=rows("elementary", "advanced"))) == ("not_granted", "m")
    days = asks(
        "record.occurred_on", {"highest": {"fact": "record.occurred_on"}, "over": "records"}, at_most="2024-01-01"
    )
    assert told(days, line(records=records({"occurred_on": "2023-12-31"}, {"occurred_on": "2024-01-01"}))) == (
        "granted",
        "gives",
    )
    assert told(days, line(records=records({"occurred_on": "2024-01-02"}))) == ("not_granted", "m")


BEST = {
    "says": SAYS,
    "cites": ["source"],
    "of": "records",
    "where": PASSED,
    "best": [{"highest": {"fact": "record.score"}, "unstated": "last"}, {"lowest": {"fact": "record.id"}}],
    "per": [{"fact": "record.content"}],
}


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([("a", "60", 100), ("a", "70", 200), ("b", "60", 100)], "granted"),  # 200 + 100
        ([("a", "60", 300), ("a", "70", 200)], "not_granted"),  # only the better of the two
        ([("a", "60", 300), ("a", "60", 300)], "granted"),  # one of two that are alike: the one with the lower id
        ([("a", None, 300), ("a", "60", 200)], "not_granted"),  # without a score comes last
        ([("a", "60", 300), (None, "70", 100)], "unknown"),  # it may be the better one of a
        ([(None, "70", 300)], "granted"),  # alone it is the best of its own, whichever that is
        ([("a", "70", 300), (None, "60", 0)], "unknown"),  # it may count or not
    ],
)
def test_the_best_of_each_group_counts_once(rows: list[tuple[Any, Any, Any]], verdict: str) -> None:
    names = {"m": named("credits", {"sum": {"fact": "record.credits"}, "over": "best"})}
    rules = book(
        {"clauses": also(clause("m", require={"named": "m", "at_least": "3"})), "names": names, "sets": {"best": BEST}}
    )
    facts = [
        {"content": content, "score": score, "credits": credits_, "result": "passed"}
        for content, score, credits_ in rows
    ]
    assert told(rules, line(records=records(*facts)))[0] == verdict


def test_a_row_that_is_beaten_says_so() -> None:
    names = {"m": named("count", {"count": "best"})}
    rules = book(
        {"clauses": also(clause("m", require={"named": "m", "at_least": "1"})), "names": names, "sets": {"best": BEST}}
    )
    rows = records(
        {"content": "a", "score": "60", "result": "passed"}, {"content": "a", "score": "70", "result": "passed"}
    )
    beaten, best = finding(decide(rules, line(records=rows)), "m")["rows"]
    assert (beaten["counts"], best["counts"]) == ("not_met", "met")
    assert beaten["because_zh"] == ["条文：另一条在前"]
    assert beaten["because_en"] == ["the rule: another one comes first"]


@pytest.mark.parametrize(
    ("rows", "exists", "every"),
    [
        ([], "not_granted", "granted"),
        (["60"], "granted", "granted"),
        (["59"], "not_granted", "not_granted"),
        (["59", None], "unknown", "not_granted"),
        (["60", None], "granted", "unknown"),
        ([None], "unknown", "unknown"),
        (["59", "60"], "granted", "not_granted"),
        (None, "unknown", "unknown"),
    ],
)
def test_of_an_empty_set_nothing_exists_and_everything_holds(rows: Any, exists: str, every: str) -> None:
    enough = {"fact": "record.score", "at_least": "60"}
    facts = line(records=... if rows is None else records(*({"score": score} for score in rows)))
    opposite = {"granted": "not_granted", "not_granted": "granted", "unknown": "unknown"}
    for condition, verdict in (
        ({"exists": "records", "where": enough}, exists),
        ({"every": "records", "has": enough}, every),
        ({"none": [{"exists": "records", "where": enough}]}, opposite[exists]),
        ({"none": [{"every": "records", "has": enough}]}, opposite[every]),
        ({"none": [{"none": [{"every": "records", "has": enough}]}]}, every),
    ):
        decided = decide(book({"clauses": also(clause("m", require=condition))}), facts)
        assert decided.verdict == verdict, condition
        found = finding(decided, "m")
        assert found["verdict"] == {"granted": "met", "not_granted": "not_met", "unknown": "unknown"}[verdict]
        assert found["says_zh"]
        assert found["says_en"]


def test_a_set_without_a_condition_only_asks_whether_there_is_a_row() -> None:
    rules = book({"clauses": also(clause("m", require={"exists": "interruptions"}))})
    assert told(rules, line()) == ("not_granted", "m")
    assert told(rules, line(interruptions=[{"id": "i", "interruption": {"days": 3}}])) == ("granted", "gives")


def test_what_is_asked_of_rows_is_never_taken_over_from_the_case() -> None:
    enough = {"fact": "record.score", "at_least": "60"}
    rules = book({"clauses": also(clause("m", require={"exists": "records", "where": enough}))})
    assert told(rules, line(source("r1", score="90"), records=[{"id": "bare"}])) == ("unknown", "m")
    beside = {"all": [enough, {"fact": "course.code", "is": "c1"}]}
    rules = book({"clauses": also(clause("m", require={"exists": "records", "where": beside}))})
    assert told(rules, line(records=records({"score": "60"}))) == ("granted", "gives")


@pytest.mark.parametrize(
    ("kind", "result", "verdict", "because"),
    [
        ("online_course", "passed", "granted", None),
        ("online_course", "failed", "not_granted", "result: failed"),
        ("training", "passed", "not_granted", "kind of record: training"),
        ("training", None, "not_granted", "kind of record: training"),  # whatever its result is
        (None, "failed", "not_granted", "result: failed"),  # whatever kind it is
        (None, "passed", "unknown", "kind of record is missing"),
        ("online_course", None, "unknown", "result is missing"),
    ],
)
def test_a_row_counts_only_where_both_the_set_and_the_measure_say_so_and_says_which_does_not(
    kind: Any, result: Any, verdict: str, because: str | None
) -> None:
    online = {
        "says": SAYS,
        "cites": ["source"],
        "of": "records",
        "where": {"fact": "record.kind", "is": "online_course"},
    }
    for amount, gives, one in (
        ({"count": "online", "where": PASSED}, "count", "1"),
        ({"sum": {"fact": "record.credits"}, "over": "online", "where": PASSED}, "credits", "1"),
    ):
        rules = book(
            {
                "clauses": also(clause("m", require={"named": "m", "at_least": one})),
                "names": {"m": named(gives, amount)},
                "sets": {"online": online},
            }
        )
        decided = decide(rules, line(records=records({"kind": kind, "result": result, "credits": 100})))
        assert decided.verdict == verdict
        (row,) = finding(decided, "m")["rows"]
        assert row["counts"] == {"granted": "met", "not_granted": "not_met", "unknown": "unknown"}[verdict]
        assert [said.partition(";")[0].partition(" (")[0] for said in row.get("because_en", [])] == (
            [] if because is None else [because]
        )


@pytest.mark.parametrize(
    ("kind", "result", "exists", "every"),
    [
        ("online_course", "passed", "met", "met"),
        ("online_course", "failed", "not_met", "not_met"),
        ("training", "passed", "not_met", "met"),  # it is none of those of which it is asked
        ("training", "failed", "not_met", "met"),
        ("training", None, "not_met", "met"),
        (None, "failed", "not_met", "unknown"),
        (None, "passed", "unknown", "met"),  # whatever kind it is, it is as it has to be
        (None, None, "unknown", "unknown"),
        ("online_course", None, "unknown", "unknown"),
    ],
)
def test_of_part_of_a_set_only_its_own_rows_are_asked(kind: Any, result: Any, exists: str, every: str) -> None:
    online = {
        "says": SAYS,
        "cites": ["source"],
        "of": "records",
        "where": {"fact": "record.kind", "is": "online_course"},
    }
    opposite = {"met": "not_met", "not_met": "met", "unknown": "unknown"}
    verdicts = {"met": "granted", "not_met": "not_granted", "unknown": "unknown"}
    for condition, verdict, looked_for in (
        ({"exists": "online", "where": PASSED}, exists, "some"),
        ({"none": [{"exists": "online", "where": PASSED}]}, opposite[exists], "none"),
        ({"every": "online", "has": PASSED}, every, "none"),
        ({"none": [{"every": "online", "has": PASSED}]}, opposite[every], "some"),
    ):
        rules = book({"clauses": also(clause("m", require=condition)), "sets": {"online": online}})
        decided = decide(rules, line(records=records({"kind": kind, "result": result})))
        found = finding(decided, "m")
        assert (decided.verdict, found["verdict"]) == (verdicts[verdict], verdict)
        assert found["required"] == {looked_for: "online"}
        (row,) = found["rows"]
        assert (row["counts"] == "met") is (found["observed"] == "1")
        if kind == "training":
            assert row["because_en"] == ["kind of record: training; it must be online course"]


WHOLE = {"fact": "record.credits"}
THIRD = {"start": WHOLE, "then": [{"divided_by": "3"}]}
THIRD_OF_COURSE = {"start": {"fact": "course.credits"}, "then": [{"divided_by": "3"}]}


@pytest.mark.parametrize(
    ("measure", "rounds", "given_"),
    [
        ({"sum": WHOLE}, False, 100),
        ({"sum": THIRD}, True, 33),
        ({"highest": WHOLE, "if_none": {"fact": "course.credits"}}, False, 100),
        ({"highest": THIRD, "if_none": {"fact": "course.credits"}}, True, 33),
        ({"lowest": THIRD}, True, 33),
        ({"highest": WHOLE, "if_none": THIRD_OF_COURSE}, True, 100),
    ],
)
def test_what_is_given_by_a_measure_of_thirds_says_how_it_is_rounded(
    measure: dict[str, Any], *, rounds: bool, given_: int
) -> None:
    said: dict[str, Any] = {
        "names": {"n": named("credits", {**measure, "over": "sources"})},
        "gives": {"credits": {"named": "n"}},
    }
    if rounds:
        assert any("the rounding is not named" in each for each in wrong(said))
        said["names"]["whole"] = named("credits", {"start": {"named": "n"}, "then": [{"round_down_to": "0.01"}]})
        said["gives"] = {"credits": {"named": "whole"}}
    assert decide(book(said), line(source("a", credits=100))).outputs["credits"] == given_
