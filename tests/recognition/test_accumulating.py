"""Totals: measured for a whole plan at once, they are what each person would be told alone."""

from __future__ import annotations

import json
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest

from creditbank.learners.families import family_of
from creditbank.recognition.accumulating import Total, total_of, totals_of_plan
from creditbank.rules import Rulebook, read_document
from creditbank.rules.terms import READY
from tests.open_bank import machine
from tests.recognition.college import College, name_of
from tests.recognition.gathering_people import convert, furnish_more, settle
from tests.recognition.gathering_reference import everything
from tests.records.town import Town, resident
from tests.rules.writing import SAYS, SOURCE

ON = date(2024, 7, 30)


def total(**of: Any) -> dict[str, Any]:
    return {"sum": {"fact": "earned.credits"}, "over": "earned", **of}


def book(*, one_by_one: bool = False) -> Rulebook:
    """Graduation: so many credits, of which some compulsory, some of practice, not all by conversion."""
    named: dict[str, tuple[str, Any]] = {
        "all": ("credits", total()),
        "compulsory": ("credits", total(where={"fact": "course.compulsory", "is": "yes"})),
        "practised": (
            "credits",
            total(
                where={
                    "any": [
                        {"fact": "record.kind", "in": ["practice", "award"]},
                        {"fact": "course.learning_form", "is": "practice"},
                    ]
                }
            ),
        ),
        "converted": ("credits", total(where={"fact": "earned.converted", "is": "yes"})),
        "kinds": ("count", {"count": "earned", "once_per": {"fact": "course.category"}}),
        "last": ("record.occurred_on", {"highest": {"fact": "record.occurred_on"}, "over": "earned"}),
    }
    if one_by_one:
        named["marks"] = ("percent", {"highest": {"fact": "earned.grade"}, "over": "earned", "if_none": "0"})
    at_least = {"all": "3", "compulsory": "2", "practised": "0.5", "converted": "0", "kinds": "1", "last": "2024-01-12"}
    version = {
        "version": "1",
        "from": "2000-01-01",
        "citations": {"source": SOURCE},
        "names": {
            name: {"says": SAYS, "cites": ["source"], "gives": gives, "amount": amount}
            for name, (gives, amount) in named.items()
        },
        "clauses": [
            {
                "id": name,
                "says": SAYS,
                "cites": ["source"],
                "require": {"named": name, "at_least": at_least.get(name, "60")},
                "otherwise": "warn" if name in ("kinds", "last", "practised") else "refuse",
            }
            for name in named
        ],
        "gives": {"credits": {"named": "all"}},
        "cases": [{"name": "one", "expect": {"verdict": "unknown", "clause": "all"}}],
    }
    text = {
        "document": "accumulation.test",
        "question": "accumulation",
        "title": SAYS,
        "issuer": SAYS,
        "applies": {"purpose.kind": ["graduation"], "plan.level": ["higher_vocational"]},
        "version_by": {"fact": "decision.on", "because": SAYS},
        "versions": [version],
    }
    return Rulebook.load([read_document(json.dumps(text, ensure_ascii=False))])


async def at_once(town: Town, plan_id: UUID, rulebook: Rulebook) -> list[Total]:
    async with town.database.session() as session:
        return await totals_of_plan(
            session,
            plan_id=plan_id,
            purpose="graduation",
            rulebook=rulebook,
            keyring=town.keyring,
            at=town.at,
            on=ON,
        )


def said(decided: Any) -> tuple[Any, ...]:
    return decided.verdict, decided.clause, decided.outputs, decided.warned


@pytest.mark.parametrize("seed", range(2))
async def test_a_whole_plan_measured_at_once_comes_to_what_each_person_is_told_alone(town: Town, seed: int) -> None:
    random = Random(seed)
    plan_id = await furnish_more(town, random)
    learners = await settle(town, 8, random)
    known = await everything(town)
    for learner in learners:
        await convert(town, plan_id, learner, known.family(learner), random)
    rulebook = book()
    found = await at_once(town, plan_id, rulebook)
    assert found
    assert len({each.learner_id for each in found}) == len(found)
    for each in found:
        async with town.database.session() as session:
            alone = await total_of(
                session,
                family=await family_of(session, each.learner_id),
                plan_id=plan_id,
                purpose="graduation",
                rulebook=rulebook,
                keyring=town.keyring,
                at=town.at,
                on=ON,
            )
        assert said(each.decided) == said(alone)
        assert READY in each.decided.given
    assert len({said(each.decided)[0] for each in found}) > 1 or seed > 0


async def test_what_asks_about_a_sealed_grade_is_asked_one_by_one(town: Town) -> None:
    random = Random(3)
    plan_id = await furnish_more(town, random)
    await settle(town, 4, random)
    found = await at_once(town, plan_id, book(one_by_one=True))
    assert found
    assert not any(READY in each.decided.given for each in found)


async def test_a_course_that_was_converted_and_passed_as_well_counts_once(college: College) -> None:
    learner = await college.enrol()
    await college.claim(learner, (learner.records, "M1"))
    row = {
        "kind": "course_result",
        "learner": {
            "name": name_of(learner.serial),
            "document": {"kind": "resident_id", "number": resident(learner.serial)},
        },
        "course_code": "M1", "academic_year": "2025-2026", "term": 1, "occurred_on": "2026-01-20", "score": "88",
    }  # fmt: skip
    reports = machine("records:write", institution_id=college.college)
    posted = await college.ask("POST", "/v1/records", reports, json=row, status=None)
    assert posted["credits"] == "3", "passed as well, it is deposited as well"
    rulebook = book()
    async with college.bank.database.session() as session:
        alone = await total_of(
            session, family=await family_of(session, learner.learner_id), plan_id=college.plan, purpose="graduation",
            rulebook=rulebook, keyring=college.bank.keyring, at=college.at, on=ON,
        )  # fmt: skip
        found = await totals_of_plan(
            session, plan_id=college.plan, purpose="graduation", rulebook=rulebook, keyring=college.bank.keyring,
            at=college.at, on=ON,
        )  # fmt: skip
    assert alone.outputs == {"credits": 300}
    assert [said(each.decided) for each in found if each.learner_id == learner.learner_id] == [said(alone)]
