"""What a finding about rows says: what fits, what leaves it open, what is missing; and nothing beside it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.converting import also, book, clause, decide, finding, line, source
from tests.rules.writing import SAYS

ENOUGH = {"fact": "record.score", "at_least": "60"}
FITS, OPEN = "(score: 70, as required (at least 60))", "(score is missing "


def records(*scores: int | None) -> list[dict[str, Any]]:
    """Records with these scores, or with none that is known."""
    return [
        {"id": f"r{place}", "record": {} if score is None else {"score": score}} for place, score in enumerate(scores)
    ]


@pytest.mark.parametrize(
    ("scores", "some", "none", "many", "shown"),
    [
        ((70, 50, None), "met", "not_met", 1, FITS),
        ((50, None), "unknown", "unknown", 0, OPEN),
        ((50,), "not_met", "met", 0, ""),
        ((), "not_met", "met", 0, ""),
    ],
)
def test_whether_a_row_is_there_is_told_with_what_fits_or_what_leaves_it_open(
    scores: tuple[int | None, ...], some: str, none: str, many: int, shown: str
) -> None:
    there = {"exists": "records", "where": ENOUGH}
    for require, verdict, zh, en in (
        (there, some, "，应至少有一条", "; there must be at least one"),
        ({"none": [there]}, none, "，应没有", "; there must be none"),
    ):
        rules = book({"clauses": also(clause("m", require=require))})
        told = finding(decide(rules, line(records=records(*scores))), "m")
        assert (told["verdict"], told["observed"]) == (verdict, str(many))
        rest = told["says_en"].partition(f"{many} fit")[2]
        assert rest.strip().startswith(shown) if shown else "(" not in rest
        assert [told["says_zh"].endswith(zh), rest.endswith(en)] == [verdict != "met"] * 2
        assert told.get("missing", []) == (["record.score"] if verdict == "unknown" else [])


def test_a_row_that_may_not_be_asked_at_all_says_what_would_have_to_be_known_for_that() -> None:
    good = {"good": {"says": SAYS, "cites": ["source"], "of": "sources", "where": ENOUGH}}
    rules = book(
        {"sets": good, "clauses": also(clause("m", each="good", require={"fact": "record.result", "is": "passed"}))}
    )
    told = finding(decide(rules, line(source(result="failed"))), "m")
    assert told["verdict"] == "unknown"
    assert told["missing"] == ["record.score"], "and not what the clause asks of the row, which is known"
