"""Layers of the casebook: a province's limit and the college's method that gives must both hold."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from creditbank.rules import Rulebook, read_path

CASEBOOK = Path(str(files("creditbank"))) / "rulebook" / "casebook"


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook.load([read_path(path) for path in sorted(CASEBOOK.glob("*.yaml"))])


def _facts(kind: str, credits_: int, *before: tuple[str, int]) -> dict[str, Any]:
    record = {"id": "r", "kind": kind, "occurred_on": "2020-06-01", "content": "c"}
    rows = [
        {"id": f"before-{place}", "conversion": {"credits": given}, "record": {"kind": was}}
        for place, (was, given) in enumerate(before)
    ]
    return {
        "plan": {
            "level": "higher_vocational",
            "institution": "guangdong-polytechnic",
            "total_credits": 14000,
            "education_rank": 5,
        },
        "claim": {"on": "2021-03-01", "sources": 1},
        "match": {"relevance": "80", "same_name": True},
        "course": {"credits": credits_},
        "record": record,
        "certificate": {"level_rank": 2, "kind": "skill_level"},
        "sources": [{"id": "r", "record": record}],
        "same": [{"id": "r", "this": True, "record": record, "certificate": {"level_rank": 2}}],
        "conversions": rows,
        "uses": [],
    }


def test_the_provinces_half_refuses_what_the_colleges_own_method_would_grant(rulebook: Rulebook) -> None:
    decided = rulebook.decide("conversion", _facts("training", 300, ("training", 6800)))
    assert (decided.verdict, decided.clause) == ("not_granted", "limit.guangdong-province/half-of-the-total")
    granted = rulebook.decide("conversion", _facts("training", 200, ("training", 6800)))
    assert (granted.verdict, granted.outputs["credits"]) == ("granted", 200)
    assert granted.document == "conversion.guangdong-polytechnic"


def test_the_colleges_quarter_refuses_online_courses_while_the_provinces_half_has_room(rulebook: Rulebook) -> None:
    decided = rulebook.decide("conversion", _facts("online_course", 100, ("online_course", 3500)))
    assert (decided.verdict, decided.clause) == ("not_granted", "online-quarter")
