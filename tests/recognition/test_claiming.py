"""Claiming over HTTP: what is granted, what is refused and why, and what stays as it was."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import orjson
import pytest
from psycopg.errors import UniqueViolation

from creditbank.identifiers import new_id
from creditbank.learners.keys import key_of
from creditbank.recognition.opening import open_claim
from creditbank.recognition.writing import new_writing
from creditbank.sealing import field_of, open_sealed
from tests.open_bank import person
from tests.recognition.college import RELEVANT, College, clause, hand, procedure, room
from tests.rules.writing import SAYS


async def test_a_certificate_replaces_a_course_and_the_credits_of_the_course_are_posted(college: College) -> None:
    learner = await college.enrol()
    made = await college.claim(learner, (learner.records, "M1"))
    assert made["state"] == "decided"
    (line,) = made["lines"]
    assert (line["state"], line["credits"], line["verdict"]) == ("granted", "3", "granted")
    assert await college.converted(learner) == 300
    decision = await college.ask("GET", f"/v1/decisions/{line['decision_id']}", learner.actor)
    assert (decision["kind"], decision["credits"], decision["live"]) == ("conversion", "3", True)
    replayed = await college.ask("POST", f"/v1/decisions/{line['decision_id']}/replay", learner.actor)
    assert replayed["same"] is True
    assert await college.inbox(learner) == ["claim_decided"]
    await college.check()


async def test_the_facts_of_a_decision_are_kept_once_beside_what_was_told(college: College) -> None:
    learner = await college.enrol()
    made = await college.claim(learner, (learner.records, "M1"))
    decision_id = made["lines"][0]["decision_id"]
    ((sealed, learner_id),) = await college.sql(
        "SELECT facts_sealed, learner_id FROM decision WHERE decision_id = %s", decision_id
    )
    async with college.bank.database.session() as session:
        key = await key_of(session, learner_id, keyring=college.bank.keyring)
    assert key is not None
    kept = orjson.loads(open_sealed(key, bytes(sealed), field_of(learner_id, "facts")))
    told = kept.pop("decided")
    assert "facts" not in told
    served = await college.ask("GET", f"/v1/decisions/{decision_id}", learner.actor)
    assert (served["facts"], served["findings"]) == (kept, told["findings"])
    again = await college.ask("POST", f"/v1/decisions/{decision_id}/replay", learner.actor)
    assert (again["same"], again["differences"]) == (True, [])


async def test_the_transcript_shows_the_course_that_was_converted(college: College) -> None:
    learner = await college.enrol()
    await college.claim(learner, (learner.records, "M1"))
    transcript = await college.ask("GET", f"/v1/learners/{learner.learner_id}/transcript", learner.actor)
    (shown,) = transcript["conversions"]
    assert (shown["course"]["code"], shown["credits"], shown["override"]) == ("M1", "3", None)


async def test_lines_are_decided_in_the_learners_order_and_a_claim_may_be_granted_in_part(college: College) -> None:
    college.decide_by(room("6"))
    learner = await college.enrol(certificates=3)
    lines = [([record], code) for record, code in zip(learner.records, ("M1", "P2", "M2"), strict=True)]
    made = await college.claim(learner, *lines)
    assert [(line["state"], line["refusal"]) for line in made["lines"]] == [
        ("granted", None),
        ("refused", "room"),
        ("granted", None),
    ]
    refused = made["lines"][1]
    assert any(found["clause"] == "room" and found["verdict"] == "not_met" for found in refused["findings"])
    assert await college.converted(learner) == 600
    await college.check()


async def test_a_record_used_once_is_used_up(college: College) -> None:
    learner = await college.enrol()
    await college.claim(learner, (learner.records, "M1"))
    again = await college.claim(learner, (learner.records, "M2"))
    assert (again["lines"][0]["state"], again["lines"][0]["refusal"]) == ("refused", "once")
    assert await college.converted(learner) == 300
    await college.check()


async def test_a_course_is_replaced_once_whatever_the_document_says(college: College) -> None:
    learner = await college.enrol(certificates=2)
    await college.claim(learner, (learner.records[:1], "M1"))
    again = await college.claim(learner, (learner.records[1:], "M1"))
    (line,) = again["lines"]
    assert (line["state"], line["refused_by"], line["refusal"]) == ("refused", "kernel", "course_already_replaced")
    assert await college.converted(learner) == 300
    await college.check()


async def test_what_no_document_can_lift_is_a_finding_of_the_decision_beside_what_the_rules_said(
    college: College,
) -> None:
    learner = await college.enrol(certificates=2)
    first = await college.claim(learner, (learner.records[:1], "M1"))
    again = await college.claim(learner, (learner.records[1:], "M1"))
    path = f"/v1/decisions/{again['lines'][0]['decision_id']}"
    decision = await college.ask("GET", path, learner.actor)
    kernel, *rules = decision["findings"]
    assert (kernel["clause"], kernel["verdict"], kernel["citation"]) == ("course_already_replaced", "not_met", [])
    assert kernel["observed"] in kernel["says_zh"]
    assert kernel["observed"] in kernel["says_en"]
    assert (decision["clause"], decision["basis"]["kernel"]) == ("course_already_replaced",) * 2
    assert "once" in {one["clause"] for one in rules}, "and what the rules would have granted"
    assert "grade" not in decision["basis"]["conversion"]
    replayed = await college.ask("POST", f"{path}/replay", learner.actor)
    assert (replayed["same"], replayed["differences"]) == (True, [])
    assert again["lines"][0]["findings"][0] == kernel
    await college.ask("POST", f"/v1/records/{learner.records[0]}/withdrawal", college.issuer, json={"reason": "发错人"})
    now = await college.read(first)
    ended = await college.ask("GET", f"/v1/decisions/{now['lines'][0]['decision_id']}", learner.actor)
    (gone,) = ended["findings"]
    assert (gone["clause"], gone["observed"]) == ("record_not_live", str(learner.records[0]))
    await college.check()


async def test_a_document_that_gives_more_than_the_course_has_makes_no_more_than_the_course(college: College) -> None:
    ten = {"says": SAYS, "is": "10", "unit": "credits", "cites": ["source"]}
    college.decide_by(gives={"credits": {"value": "ten"}}, values={"ten": ten})
    learner = await college.enrol()
    made = await college.claim(learner, (learner.records, "M1"))
    assert made["lines"][0]["credits"] == "3"
    assert await college.converted(learner) == 300
    await college.check()


async def test_an_exemption_may_give_no_credits_and_still_take_the_course(college: College) -> None:
    college.decide_by(gives={"credits": "0", "exemption": "full"})
    learner = await college.enrol(certificates=2)
    wanted = {"record_ids": [str(learner.records[0])], "course_code": "P2", "wants": "exemption"}
    made = await college.claim(learner, wanted)
    (line,) = made["lines"]
    assert (line["state"], line["credits"], line["exemption"]) == ("granted", "0", "full")
    assert await college.converted(learner) == 0
    again = await college.claim(learner, (learner.records[1:], "P2"))
    assert again["lines"][0]["refusal"] == "course_already_replaced"
    await college.check()


# --- bad input ----------------------------------------------------------------------------------------------------


async def test_anothers_certificate_looks_like_one_that_is_not_there(college: College) -> None:
    mine, other = await college.enrol(), await college.enrol()
    theirs = await college.claim(mine, (other.records, "M1"), status=404)
    nobodys = await college.claim(mine, ([new_id()], "M1"), status=404)
    assert {name: said for name, said in theirs.items() if name != "instance"} == {
        name: said for name, said in nobodys.items() if name != "instance"
    }
    assert await college.sql("SELECT 1 FROM claim") == []
    assert await college.converted() == 0


async def test_nobody_claims_for_somebody_else(college: College) -> None:
    mine, other = await college.enrol(), await college.enrol()
    body = {"plan_id": str(college.plan), "lines": [{"record_ids": [str(mine.records[0])], "course_code": "M1"}]}
    path = f"/v1/learners/{mine.learner_id}/claims"
    await college.ask("POST", path, other.actor, json=body, status=404)
    await college.ask("POST", path, college.officer, json=body, status=403)
    await college.ask("POST", path, college.registrar, json=body, status=403)


async def test_a_plan_without_an_enrolment_of_the_learner_converts_nothing(college: College) -> None:
    learner = await college.enrol()
    wrong = {
        "plan_id": str(college.other_plan),
        "lines": [{"record_ids": [str(learner.records[0])], "course_code": "M1"}],
    }
    path = f"/v1/learners/{learner.learner_id}/claims"
    said = await college.ask("POST", path, learner.actor, json=wrong, status=409)
    assert said["code"] == "plan_not_of_the_learner"
    nowhere = {**wrong, "plan_id": str(new_id())}
    await college.ask("POST", path, learner.actor, json=nowhere, status=404)


async def test_a_course_outside_the_plan_and_one_named_twice_are_refused_with_the_whole_claim(college: College) -> None:
    learner = await college.enrol(certificates=2)
    said = await college.claim(learner, (learner.records[:1], "M1"), (learner.records[1:], "X9"), status=409)
    assert (said["code"], said["field"]) == ("course_not_in_plan", "/lines/1/course_code")
    said = await college.claim(learner, (learner.records[:1], "M1"), (learner.records[1:], "M1"), status=409)
    assert said["code"] == "course_claimed_twice"
    assert await college.converted() == 0


async def test_outside_a_window_the_rules_refuse_and_say_so(college: College) -> None:
    college.decide_by(clause("window", require={"fact": "claim.week_of_term", "at_most": 2}))
    learner = await college.enrol(certificates=2)
    in_time = await college.claim(learner, (learner.records[:1], "M1"))
    assert in_time["lines"][0]["state"] == "granted"
    college.later(days=21)
    late = await college.claim(learner, (learner.records[1:], "M2"))
    assert (late["lines"][0]["state"], late["lines"][0]["refusal"]) == ("refused", "window")
    await college.check()


async def test_what_is_unknown_is_held_for_and_lies_with_the_bank_where_no_hand_is_named(college: College) -> None:
    college.decide_by(RELEVANT, room("3"))
    learner = await college.enrol(certificates=2)
    made = await college.claim(learner, (learner.records[:1], "M1"))
    assert (made["state"], made["hand"], made["lines"][0]["verdict"]) == ("open", "bank", "unknown")
    assert [one["fact"] for one in made["lines"][0]["missing"]] == ["match.relevance"]
    again = await college.claim(learner, (learner.records[1:], "M2"))
    assert again["lines"][0]["refusal"] == "room", "what is open holds the room that it may need"
    assert await college.converted() == 0
    await college.check()


async def test_a_withdrawn_record_is_not_there_to_be_claimed(college: College) -> None:
    learner = await college.enrol()
    await withdraw(college, learner.records[0])
    await college.claim(learner, (learner.records, "M1"), status=404)


async def withdraw(college: College, record: Any) -> None:
    await college.ask("POST", f"/v1/records/{record}/withdrawal", college.issuer, json={"reason": "发错了"})


async def test_a_closed_account_claims_nothing(college: College) -> None:
    learner = await college.enrol()
    await college.ask(
        "POST", f"/v1/learners/{learner.learner_id}/closing", college.officer, json={"reason": "本人申请"}
    )
    said = await college.claim(learner, (learner.records, "M1"), status=409)
    assert said["code"] == "learner_account_closed"


# --- at once ------------------------------------------------------------------------------------------------------


async def test_a_hundred_claims_at_once_on_the_last_free_credits_are_granted_exactly_as_many_as_fit(
    college: College,
) -> None:
    college.decide_by(room("6"))
    learner = await college.enrol(certificates=6)
    codes = ("M1", "M2", "M3", "M4")
    made = await asyncio.gather(
        *(
            college.claim(
                learner, ([learner.records[n % 6]], codes[n % 4]), headers={"Idempotency-Key": f"last-credits-{n}"}
            )
            for n in range(100)
        )
    )
    granted = [line for one in made for line in one["lines"] if line["state"] == "granted"]
    assert len(granted) == 2, "three credits each, six in all"
    assert {one["lines"][0]["state"] for one in made} == {"granted", "refused"}
    assert await college.converted(learner) == 600
    await college.check()


async def test_the_same_key_twice_is_one_claim_and_one_answer(college: College) -> None:
    learner = await college.enrol()
    said = {"headers": {"Idempotency-Key": "claim-1"}}
    first, second = await asyncio.gather(
        college.claim(learner, (learner.records, "M1"), **said),
        college.claim(learner, (learner.records, "M1"), **said),
    )
    assert first == second
    assert await college.sql("SELECT count(*) FROM claim") == [(1,)]
    again = await college.ask(
        "POST",
        f"/v1/learners/{learner.learner_id}/claims",
        learner.actor,
        json={"plan_id": str(college.plan), "lines": [{"record_ids": [str(learner.records[0])], "course_code": "M2"}]},
        status=409,
        **said,
    )
    assert again["code"] == "idempotency_key_reused"
    await college.check()


async def test_a_stranger_reads_no_claim(college: College) -> None:
    learner, other = await college.enrol(), await college.enrol()
    made = await college.claim(learner, (learner.records, "M1"))
    path = f"/v1/claims/{made['claim_id']}"
    elsewhere = person("registrar", institution_id=college.school)
    for stranger in (other.actor, elsewhere, college.issuer):
        there = await college.ask("GET", path, stranger, status=404)
        nowhere = await college.ask("GET", f"/v1/claims/{new_id()}", stranger, status=404)
        assert {**there, "instance": 0} == {**nowhere, "instance": 0}
    for seen_by in (learner.actor, college.registrar, college.officer, college.reviewer):
        assert (await college.ask("GET", path, seen_by))["claim_id"] == made["claim_id"]
    listed = await college.ask("GET", f"/v1/learners/{learner.learner_id}/claims", learner.actor)
    assert [one["claim_id"] for one in listed["items"]] == [made["claim_id"]]
    await college.ask("GET", f"/v1/learners/{learner.learner_id}/claims", elsewhere, status=404)


async def test_what_is_only_ever_appended_is_never_written_twice_without_a_word(college: College) -> None:
    learner = await college.enrol()
    made = await college.claim(learner, (learner.records, "M1"))
    async with college.bank.database.session() as session:
        opened = await open_claim(session, UUID(made["claim_id"]), tools=college.tools())
        writing = new_writing(college.tools(), [opened.person], by="rules")
        opened.claim.acts -= 1
        writing.note(opened.claim, "flagged")
        with pytest.raises(UniqueViolation, match="pk_claim_act"):
            await writing.write(session)
        await session.rollback()
    now = await college.read(made, learner.actor)
    assert [act["act"] for act in now["history"]] == [act["act"] for act in made["history"]]


async def test_a_waiting_claim_whose_line_gives_way_to_another_goes_on_without_it(college: College) -> None:
    one_of_a_kind = clause("highest", replaces={"over": "conversions", "per": [{"fact": "certificate.standard"}]})
    lower = hand("department", "department", "review", when={"fact": "certificate.level", "is": "elementary"})
    college.decide_by(one_of_a_kind, hands=procedure(lower))
    learner = await college.enrol(certificates=0)
    low, other = await college.certificate(learner, level="elementary"), await college.certificate(learner, 1)
    waiting = await college.claim(learner, ([low], "M1"))
    both = await college.claim(
        learner, ([other], "M3"), ([await college.certificate(learner, 2, level="elementary")], "M4")
    )
    assert (waiting["state"], both["state"]) == ("open", "open")
    high = await college.certificate(learner, 7, standard="X0")
    granted = await college.claim(learner, ([high], "M2"))
    assert granted["lines"][0]["state"] == "granted"
    await college.work()
    now = await college.read(waiting)
    assert (now["state"], now["hand"], now["lines"][0]["refusal"]) == ("decided", None, "gave_way")
    assert now["appeal_until_on"] is not None
    assert (await college.read(both))["hand"] == "department", "nothing of it gave way"
    await college.check()
