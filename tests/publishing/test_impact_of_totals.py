"""Impact of a rule about totals: everybody who follows a plan, asked by the rules in force and by others."""

from __future__ import annotations

import json
from typing import Any

from creditbank import clock
from creditbank.publishing.impact import measure
from creditbank.publishing.standing import Against
from creditbank.rules import Rulebook, read_document
from tests.publishing.place import Place
from tests.rules.writing import SAYS, SOURCE


def graduation(credits: str, *, of: Any = None) -> Rulebook:
    """So many credits are enough."""
    narrowed = {} if of is None else {"plan.institution": [str(of)]}
    version = {
        "version": "1",
        "from": "2000-01-01",
        "citations": {"source": SOURCE},
        "names": {
            "all": {
                "says": SAYS,
                "cites": ["source"],
                "gives": "credits",
                "amount": {"sum": {"fact": "earned.credits"}, "over": "earned"},
            }
        },
        "clauses": [
            {"id": "enough", "says": SAYS, "cites": ["source"], "require": {"named": "all", "at_least": credits}}
        ],
        "gives": {"credits": {"named": "all"}},
        "cases": [{"name": "one", "expect": {"verdict": "unknown", "clause": "enough"}}],
    }
    text = {
        "document": "accumulation.test",
        "question": "accumulation",
        "title": SAYS,
        "issuer": SAYS,
        "applies": {"purpose.kind": ["graduation"], "plan.level": ["higher_vocational"], **narrowed},
        "version_by": {"fact": "decision.on", "because": SAYS},
        "versions": [version],
    }
    return Rulebook.load([read_document(json.dumps(text, ensure_ascii=False))])


async def by(place: Place, rules: Rulebook, present: Rulebook, **applies: frozenset[str]) -> Any:
    about = {"purpose.kind": frozenset({"graduation"}), **applies}
    against = Against("accumulation", rules, present, clock.today(), applies=about)
    return await measure(place.open.database, against, keyring=place.open.keyring)


async def test_a_higher_total_takes_it_from_those_who_had_just_enough(place: Place) -> None:
    for number, score in ((1, 90), (2, 75), (3, 40)):
        await place.result(number, score)
    told = await by(place, graduation("4"), graduation("3"))
    assert told["learners"] == {"gain": 0, "lose": 2, "gain_and_lose": 0, "unknown": 0, "stay": 1}
    assert told["credits"] == []
    assert told["verdicts"] == [{"stands": "granted", "would_be": "not_granted", "decisions": 2}]
    (programme,) = told["by_programme"]
    assert (programme["code"], programme["learners"]["lose"]) == ("460101", 2)
    back = await by(place, graduation("3"), graduation("4"))
    assert back["learners"] == {"gain": 2, "lose": 0, "gain_and_lose": 0, "unknown": 0, "stay": 1}


async def test_the_same_total_changes_nobody(place: Place) -> None:
    await place.result(1, 90)
    told = await by(place, graduation("3"), graduation("3"))
    assert told["learners"] == {"gain": 0, "lose": 0, "gain_and_lose": 0, "unknown": 0, "stay": 1}


async def test_only_plans_of_the_documents_institutions_are_asked(place: Place) -> None:
    await place.result(1, 90)
    narrowed = {"plan.institution": frozenset({str(place.school.institution_id)})}
    told = await by(place, graduation("4"), graduation("3"), **narrowed)
    assert sum(told["learners"].values()) == 0
