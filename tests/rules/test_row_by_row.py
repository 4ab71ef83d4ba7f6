"""Clauses that are asked row by row: which rows they ask, what they say of each, and what leaves one open."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.rules import Rulebook
from tests.rules.converting import ONCE, PASSED, book, clause, decide, line
from tests.rules.writing import SAYS

ENOUGH = {"fact": "record.score", "at_least": "60"}
ALWAYS = clause("always", require={"fact": "plan.level", "stated": "yes"})
ONLINE = {"says": SAYS, "cites": ["source"], "of": "records", "where": {"fact": "record.kind", "is": "online_course"}}


def each(rows_of: str = "records", /, **words: Any) -> Rulebook:
    """A method with a clause about each row of a set, or of the online courses in it."""
    asked = clause("each", each=rows_of, require=ENOUGH, **words)
    sets = {"online": ONLINE} if rows_of == "online" else None
    return book({"clauses": [ALWAYS, ONCE, asked], "sets": sets})


def rows(*scores: str | None, kind: str | None = "online_course") -> list[dict[str, Any]]:
    """Records with these scores."""
    return [{"id": f"q{place}", "record": {"kind": kind, "score": score}} for place, score in enumerate(scores)]


def found(rules: Rulebook, **facts: Any) -> list[dict[str, Any]]:
    """What the clause found."""
    return [each for each in decide(rules, line(**facts)).findings() if each["clause"] == "each"]


def test_rows_that_are_not_known_leave_it_open_and_are_named() -> None:
    decided = decide(each(), line(records=...))
    assert (decided.verdict, decided.clause) == ("unknown", "each")
    ((said),) = found(each(), records=...)
    assert (said["fact"], said["verdict"], said["observed"]) == ("records", "unknown", None)
    assert said["says_zh"] == "不知道有哪些学习者的全部成果"
    assert said["says_en"] == "the rows are not known: all records of the learner"


def test_of_one_row_it_is_said_plainly_and_of_several_which_one_it_is() -> None:
    (alone,) = found(each(), records=rows("59"))
    assert "row" not in alone
    assert alone["says_en"] == "score: 59; it must be at least 60"
    first, third = found(each(), records=rows("59", "60", "58"))
    assert (first["row"], third["row"]) == ("q0", "q2")
    assert (first["says_zh"], third["says_en"]) == (
        "第 1 条：成绩 59，应不低于 60",
        "no. 3: score: 58; it must be at least 60",
    )


@pytest.mark.parametrize(
    ("scores", "verdict", "told"),
    [
        ([], "granted", []),
        (["60", "61"], "granted", ["met", "met"]),
        (["60", None], "unknown", ["unknown"]),
        (["59", None, "60"], "not_granted", ["not_met"]),
    ],
)
def test_the_gravest_row_decides_and_only_rows_like_it_are_told(
    scores: list[str | None], verdict: str, told: list[str]
) -> None:
    assert decide(each(), line(records=rows(*scores))).verdict == verdict
    assert [said["verdict"] for said in found(each(), records=rows(*scores))] == told


@pytest.mark.parametrize(
    ("kind", "score", "verdict", "missing"),
    [
        ("online_course", "59", "not_granted", None),
        ("training", "59", "granted", None),
        (None, "60", "granted", None),  # whatever kind it is, it is good enough
        (None, "59", "unknown", ["record.kind"]),
        (None, None, "unknown", ["record.kind"]),
        ("online_course", None, "unknown", ["record.score"]),
    ],
)
def test_a_row_that_may_not_be_one_of_them_is_open_only_where_it_would_matter(
    kind: str | None, score: str | None, verdict: str, missing: list[str] | None
) -> None:
    rules = each("online")
    decided = decide(rules, line(records=rows(score, kind=kind)))
    assert decided.verdict == verdict
    said = found(rules, records=rows(score, kind=kind))
    assert [one.get("missing") for one in said] == ([] if kind == "training" else [missing])
    asked = next(one for one in decided.versions[0].clauses if one.id == "each").rows(decided.scope)
    known = kind is not None or score == "60"
    assert (asked is None) is not known
    if asked is not None:
        assert [row["id"] for row in asked] == ([] if kind == "training" else ["q0"])


def test_the_rows_that_a_clause_asks_are_not_known_where_their_set_is_not() -> None:
    decided = decide(each(), line(records=...))
    assert next(one for one in decided.versions[0].clauses if one.id == "each").rows(decided.scope) is None


def test_what_leaves_it_open_is_told_whether_it_is_when_unless_or_what_is_required() -> None:
    listed, similar = {"fact": "match.listed", "is": "yes"}, {"fact": "match.similar", "is": "yes"}
    asked = clause("each", require=ENOUGH, when=listed, unless=similar)
    rules = book({"clauses": [PASSED, ONCE, asked]})

    def told(**facts: Any) -> list[tuple[str, str]]:
        return [(said["fact"], said["verdict"]) for said in found(rules, **facts)]

    low = {"kind": "certificate", "result": "passed", "score": "59"}
    open_, yes, no = {"listed": True}, {"listed": True, "similar": True}, {"listed": True, "similar": False}
    assert told(record=low, match=no) == [("record.score", "not_met")]
    assert told(record=low, match=yes) == [("match.similar", "exempt")]
    assert told(record=low, match=open_) == [("match.similar", "unknown")]
    assert told(record=low, match={}) == [("match.listed", "unknown"), ("match.similar", "unknown")]
    assert told(record=low, match={"similar": False}) == [("match.listed", "unknown")]
    bare = {"kind": "certificate", "result": "passed"}
    assert told(record=bare, match=no) == [("record.score", "unknown")]
    assert told(record=bare, match={}) == [
        ("match.listed", "unknown"),
        ("match.similar", "unknown"),
        ("record.score", "unknown"),
    ]
    assert told(record=low, match={"listed": False}) == []
