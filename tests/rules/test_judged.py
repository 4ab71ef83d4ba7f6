"""What people judged: it settles what a rule refers to them, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.rules.terms import JUDGED
from tests.rules.writing import clause, facts, rulebook

SCORE = {"fact": "record.score", "at_least": "60"}


def decided(otherwise: str, *judged: str, score: str | None = "50") -> Any:
    book = rulebook({"clauses": [clause(SCORE, otherwise=otherwise)]})
    said = facts(score=score)
    return book, book.decide("deposit", {**said, JUDGED: list(judged)} if judged else said)


@pytest.mark.parametrize(
    ("otherwise", "judged", "score", "verdict"),
    [
        ("refer", (), "50", "unknown"),
        ("refer", ("c",), "50", "granted"),
        ("refer", ("d",), "50", "unknown"),
        ("refer", ("c",), None, "unknown"),
        ("refuse", ("c",), "50", "not_granted"),
        ("refuse", (), "50", "not_granted"),
        ("refuse", ("c",), "60", "granted"),
    ],
)
def test_people_settle_what_a_rule_refers_to_them_and_lift_no_refusal_and_no_doubt(
    otherwise: str, judged: tuple[str, ...], score: str | None, verdict: str
) -> None:
    assert decided(otherwise, *judged, score=score)[1].verdict == verdict


def test_a_warning_stays_a_warning_whatever_was_judged() -> None:
    _, found = decided("warn", "c")
    assert (found.verdict, found.warned) == ("granted", ("c",))


def test_what_was_judged_is_a_fact_of_the_decision_and_replays_to_the_same_bytes() -> None:
    book, found = decided("refer", "c")
    assert found.facts_used()[JUDGED] == ["c"]
    assert book.decide("deposit", found.facts_used()).canonical() == found.canonical()
    assert JUDGED not in decided("refer")[1].facts_used()
    (finding,) = [each for each in found.findings() if each["clause"] == "c"]
    assert finding["judged"], finding
