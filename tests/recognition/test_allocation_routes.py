"""Asking for the best allocation over HTTP: what it promises is granted, who may ask, and what it says of the rest."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from creditbank.identity.actor import Actor
from creditbank.recognition import allocation_asked, allocation_solving
from tests.open_bank import machine, person
from tests.recognition.college import RELEVANT, College, Learner, clause, problem_of, room


async def equals(college: College, source: str, *courses: str, level: str | None = None) -> None:
    """The college decides that a certificate counts for courses."""
    said = {"kind": "certificate", "standard": source} | ({} if level is None else {"from_level": level})
    body = {"sources": [said], "targets": list(courses), "valid_from": "2024-09-01", "ground": "试"}
    await college.ask(
        "POST", f"/v1/institutions/{college.college}/equivalences", college.registrar, json=body, status=201
    )


async def best(
    college: College, learner: Learner, actor: Actor | None = None, *, status: int = 200, **more: Any
) -> dict[str, Any]:
    """The best allocation, as somebody asks for it."""
    body = {"plan_id": str(college.plan), **more}
    path = f"/v1/learners/{learner.learner_id}/allocations"
    return await college.ask("POST", path, actor or learner.actor, json=body, status=status)


def pairs(found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(line["course_code"], line["record_ids"]) for line in found["lines"]]


LISTED = clause("listed", require={"fact": "match.listed", "is": "yes"})


async def test_what_it_promises_is_granted_when_it_is_claimed_and_more_than_in_the_order_of_records(
    college: College,
) -> None:
    college.decide_by(LISTED, room("7"))
    await equals(college, "X0", "P2", "M1")
    await equals(college, "X1", "P1", "M2")
    await equals(college, "X2", "M3")
    learner = await college.enrol(certificates=3)
    found = await best(college, learner)
    assert (found["proved"], found["settled"], found["credits"], found["enrolled"]) == (True, True, "7", True)
    assert [line["course_code"] for line in found["lines"]] == ["M2", "P2"]
    assert await college.converted(learner) == 0, "nothing of it is stored"
    made = await college.ask(
        "POST",
        f"/v1/learners/{learner.learner_id}/claims",
        learner.actor,
        json={"plan_id": str(college.plan), "lines": found["claim"]},
        status=201,
    )
    assert [line["state"] for line in made["lines"]] == ["granted", "granted"]
    assert await college.converted(learner) == 700
    again = await best(college, learner)
    assert (again["credits"], again["lines"]) == ("0", [])
    (cap,) = [each for each in again["caps"] if each["clause"] == "room"]
    assert (cap["before"], cap["left"], cap["binds"]) == ("7", "0", True)


async def test_it_names_the_caps_that_bind_with_their_sources_and_what_they_waste(college: College) -> None:
    college.decide_by(LISTED, room("5"))
    await equals(college, "X0", "M1")
    await equals(college, "X1", "M2")
    learner = await college.enrol(certificates=2)
    found = await best(college, learner)
    assert pairs(found) == [("M1", [str(learner.records[0])])]
    (cap,) = [each for each in found["caps"] if each["clause"] == "room"]
    assert (cap["limit"], cap["before"], cap["taken"], cap["left"], cap["unit"]) == ("5", "0", "3", "2", "credits")
    assert (cap["binds"], cap["wastes"]) == (True, "3")
    assert cap["citations"][0]["id"] == "source"
    assert cap["keeps_out"] == [{"record_ids": [str(learner.records[1])], "course_code": "M2"}]
    (unused,) = found["unused"]
    assert (unused["record_id"], unused["why"], unused["clauses"]) == (str(learner.records[1]), "cap_binds", ["room"])
    assert found["courses_left"] == ["M2", "M3", "M4", "P1", "P2"]


async def test_a_record_that_nothing_takes_says_the_smallest_change(college: College) -> None:
    college.decide_by(clause("level", require={"fact": "certificate.level", "at_least": "intermediate"}))
    learner = await college.enrol(certificates=0)
    await college.certificate(learner, 0, level="elementary")
    (unused,) = (await best(college, learner))["unused"]
    assert (unused["why"], unused["clauses"]) == ("refused", ["level"])
    assert [change["then"] for (change,) in unused["changes"]] == ["intermediate"]


async def test_what_is_not_known_is_listed_apart(college: College) -> None:
    college.decide_by(RELEVANT)
    learner = await college.enrol()
    found = await best(college, learner)
    assert found["lines"] == []
    (possible,) = found["possible_if"]
    assert possible["missing"] == ["match.relevance"]
    assert possible["course_codes"] == ["M1", "M2", "M3", "M4", "P1", "P2"]
    (unused,) = [each for each in found["unused"] if each["record_id"] == str(learner.records[0])]
    assert (unused["why"], unused["missing"]) == ("open", ["match.relevance"])


async def test_a_certificate_that_one_thinks_of_is_allocated_and_not_claimed(college: College) -> None:
    college.decide_by(LISTED)
    await equals(college, "X1", "P2", level="intermediate")
    learner = await college.enrol()
    assert (await best(college, learner))["credits"] == "0"
    thought = {"kind": "certificate", "standard": "X1", "level": "intermediate"}
    found = await best(college, learner, hypothetical=[thought])
    assert pairs(found) == [("P2", ["hypothetical-1"])]
    assert (found["lines"][0]["hypothetical"], found["claim"], found["credits"]) == (True, [], "4")
    too_low = await best(college, learner, hypothetical=[{**thought, "level": "elementary"}])
    assert too_low["lines"] == []
    unknown = await best(college, learner, hypothetical=[{**thought, "level": "advanced"}], status=422)
    assert (problem_of(unknown), unknown["field"]) == ("certificate_level_unknown", "/hypothetical/0/level")
    unknown = await best(college, learner, hypothetical=[{**thought, "standard": "X99"}], status=422)
    assert problem_of(unknown) == "certificate_standard_unknown"
    assert (await best(college, learner, hypothetical=[{"kind": "certificate"}], status=422))["code"] == "malformed"


async def test_it_says_until_when_a_record_can_be_used(college: College) -> None:
    window = clause("fresh", require={"fact": "claim.on", "at_most": {"named": "last-day"}})
    names = {
        "last-day": {
            "says": {"zh": "最后一日", "en": "the last day"},
            "cites": ["source"],
            "gives": "claim.on",
            "amount": {"start": {"fact": "record.occurred_on"}, "then": [{"later_by": "1 years"}]},
        }
    }
    college.decide_by(LISTED, window, names=names)
    await equals(college, "X0", "M1")
    learner = await college.enrol()
    (line,) = (await best(college, learner))["lines"]
    assert (line["lapses"]["last_day"], line["lapses"]["clause"]) == ("2026-06-01", "fresh")


async def test_only_some_records_can_be_asked_about_and_only_ones_own(college: College) -> None:
    college.decide_by()
    learner, other = await college.enrol(certificates=2), await college.enrol()
    found = await best(college, learner, record_ids=[str(learner.records[1])])
    assert pairs(found) == [("P2", [str(learner.records[1])])]
    refused = await best(college, learner, record_ids=[str(other.records[0])], status=404)
    assert refused["field"] == "/record_ids/0"


async def test_strangers_learn_nothing_and_a_college_asks_for_its_own_plan_and_people(college: College) -> None:
    college.decide_by()
    learner, other = await college.enrol(), await college.enrol()
    assert (await best(college, learner, other.actor, status=404))["code"] == "not_found"
    assert (await best(college, learner, person("registrar", institution_id=college.school), status=404))["code"]
    assert (await best(college, learner, college.officer, status=403))["code"] == "not_allowed"
    mine = await best(college, learner, college.registrar)
    assert mine["lines"] == [], "the body reported it, and the learner has consented to nothing"
    assert str(learner.records[0]) not in str(mine)
    consent = {"purpose": "recognition", "institution_id": str(college.college), "given": True}
    await college.ask("POST", f"/v1/learners/{learner.learner_id}/consents", learner.actor, json=consent, status=201)
    assert pairs(await best(college, learner, college.registrar)) == [("P2", [str(learner.records[0])])]
    client = machine("transcripts:read", institution_id=college.college)
    assert (await best(college, learner, client))["credits"] == "4"
    body = {"plan_id": str(college.other_plan)}
    path = f"/v1/learners/{learner.learner_id}/allocations"
    await college.ask("POST", path, college.registrar, json=body, status=404)
    elsewhere = await college.ask("POST", path, learner.actor, json=body)
    assert elsewhere["enrolled"] is False
    await college.ask("POST", path, learner.actor, json={"plan_id": str(uuid4())}, status=404)


async def test_more_pairs_than_are_looked_at_are_refused_with_the_way_out(
    college: College, monkeypatch: pytest.MonkeyPatch
) -> None:
    college.decide_by()
    learner = await college.enrol(certificates=2)
    monkeypatch.setattr(allocation_asked, "MOST_PAIRS", 12)
    refused = await best(college, learner, status=409)
    assert (problem_of(refused), refused["field"]) == ("too_much_to_allocate", "/record_ids")
    assert len((await best(college, learner, record_ids=[str(learner.records[0])]))["lines"]) == 1


async def test_when_too_many_wait_one_is_told_to_come_back(college: College, monkeypatch: pytest.MonkeyPatch) -> None:
    college.decide_by()
    learner = await college.enrol()
    monkeypatch.setattr(allocation_solving, "_waiting", allocation_solving.MOST_WAITING)
    assert (await best(college, learner, status=503))["code"] == "temporarily_unavailable"


async def test_for_courses_it_counts_courses(college: College) -> None:
    college.decide_by(LISTED, room("5"))
    await equals(college, "X0", "P2", "P1")
    await equals(college, "X1", "M1")
    learner = await college.enrol(certificates=2)
    assert [line["course_code"] for line in (await best(college, learner))["lines"]] == ["M1", "P1"]
    found = await best(college, learner, objective="courses")
    assert (found["courses"], found["bound"], found["credits"]) == (2, "2", "5")
    assert isinstance(UUID(found["claim"][0]["record_ids"][0]), UUID)


async def test_every_clause_and_fact_that_it_names_is_said_in_both_languages(college: College) -> None:
    college.decide_by(RELEVANT, clause("never", require={"fact": "record.kind", "in": ["course_result"]}))
    learner = await college.enrol()
    found = await best(college, learner)
    named = {name for each in found["unused"] for name in each["clauses"]}
    assert named <= {each["clause"] for each in found["clauses"]}
    assert "never" in named
    assert all(each["zh"] and each["en"] for each in found["clauses"])
    college.decide_by(RELEVANT)
    found = await best(college, learner)
    (fact,) = found["facts"]
    assert (fact["fact"], fact["hand"], bool(fact["zh"])) == ("match.relevance", "department", True)
