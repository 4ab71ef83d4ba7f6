"""A set of which only some rows are known: what they settle is settled, and the rest is unknown, with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.rules.questions import OTHERS
from tests.rules.converting import also, book, clause, decide, finding, line
from tests.rules.writing import SAYS, named

ENOUGH = {"fact": "record.score", "at_least": "60"}
GOOD = {"good": {"says": SAYS, "cites": ["source"], "of": "records", "where": ENOUGH}}
BEST = {"best": {"says": SAYS, "cites": ["source"], "of": "records", "where": ENOUGH,
                 "best": [{"highest": {"fact": "record.score"}, "unstated": "last"},
                          {"lowest": {"fact": "record.id"}}]}}  # fmt: skip
REST_ZH, REST_EN = "没有人说过除已报送的以外没有别的", "nobody has said that there are no others"


def records(*scores: int) -> list[dict[str, Any]]:
    """Records with these scores, and nobody has said that they are all."""
    return [*({"id": f"r{place}", "record": {"score": score}} for place, score in enumerate(scores)), dict(OTHERS)]


THERE = {"exists": "records", "where": ENOUGH}
ALL = {"every": "records", "has": ENOUGH}


@pytest.mark.parametrize(
    ("require", "scores", "verdict"),
    [
        (THERE, (70,), "met"),
        (THERE, (50,), "unknown"),
        (THERE, (), "unknown"),
        ({"none": [THERE]}, (70,), "not_met"),
        ({"none": [THERE]}, (50,), "unknown"),
        (ALL, (50,), "not_met"),
        (ALL, (70,), "unknown"),
        ({"none": [ALL]}, (50,), "met"),
        ({"exists": "records"}, (50,), "met"),
        ({"exists": "records"}, (), "unknown"),
        ({"none": [{"exists": "records"}]}, (), "unknown"),
        ({"none": [{"exists": "records"}]}, (50,), "not_met"),
        ({"exists": "good"}, (70,), "met"),
        ({"exists": "good"}, (50,), "unknown"),
        ({"exists": "best"}, (70,), "unknown"),
    ],
)
def test_known_rows_settle_what_no_other_could_change(require: Any, scores: tuple[int, ...], verdict: str) -> None:
    sets = {name: one for name, one in (GOOD | BEST).items() if name == require.get("exists")}
    rules = book({"sets": sets, "clauses": also(clause("m", require=require))})
    told = finding(decide(rules, line(records=records(*scores))), "m")
    assert told["verdict"] == verdict
    assert [row["id"] for row in told["rows"]] == [f"r{place}" for place in range(len(scores))], "and no other"
    assert (REST_ZH in told["says_zh"], REST_EN in told["says_en"]) == ((verdict == "unknown"),) * 2
    assert not told.get("missing")


@pytest.mark.parametrize("word", ["count", "sum", "highest"])
def test_what_is_taken_of_all_rows_is_unknown_while_there_may_be_others(word: str) -> None:
    of = {"count": "records"} if word == "count" else {word: {"fact": "record.score"}, "over": "records"}
    what = named("count" if word == "count" else "record.score", of | {"where": ENOUGH})
    rules = book({"names": {"m": what}, "clauses": also(clause("m", require={"named": "m", "at_least": "1"}))})
    told = finding(decide(rules, line(records=records(70, 50))), "m")
    assert told["verdict"] == "unknown"
    assert [(row["id"], row["counts"]) for row in told["rows"]] == [("r0", "met"), ("r1", "not_met")]
    assert REST_ZH in told["says_zh"]
    assert REST_EN in told["says_en"]


def test_a_clause_about_each_row_is_not_met_by_one_and_else_unknown() -> None:
    rules = book({"clauses": also(clause("m", each="records", require=ENOUGH))})
    for score, verdict in ((50, "not_met"), (70, "unknown")):
        told = finding(decide(rules, line(records=records(score))), "m")
        assert told["verdict"] == verdict
        assert (REST_EN in told["says_en"]) is (verdict == "unknown")
