"""The hands of a procedure, over HTTP: in their order, each with its clock, and what silence means."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from creditbank.identity.actor import Actor
from creditbank.institutions.tables import WorkingDay
from creditbank.recognition import housekeeping
from creditbank.records.acts import Tools
from tests.open_bank import machine, person
from tests.recognition.college import (
    DEPARTMENT,
    ISSUER,
    NOTICE,
    REGISTRAR,
    RELEVANT,
    College,
    Learner,
    clause,
    hand,
    procedure,
    room,
)


async def claimed(college: College, *codes: str) -> tuple[Learner, dict[str, Any]]:
    """Somebody with as many certificates as courses that they claim."""
    learner = await college.enrol(certificates=len(codes))
    return learner, await college.claim(
        learner, *(([record], code) for record, code in zip(learner.records, codes, strict=True))
    )


async def test_hands_act_in_the_order_that_the_document_says_and_then_the_credits_are_posted(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT, REGISTRAR))
    learner, made = await claimed(college, "M1")
    assert (made["state"], made["step"], made["hand"], made["due_on"]) == (
        "open",
        "department",
        "department",
        "2026-03-09",
    )
    assert made["lines"][0]["decision_id"] is None
    await college.answer(made, "registrar", "approved", college.registrar, status=409)
    now = await college.answer(made, "department", "approved", college.department)
    assert (now["step"], now["hand"]) == ("registrar", "registrar")
    assert await college.converted() == 0
    now = await college.answer(made, "registrar", "approved", college.registrar)
    assert (now["state"], now["lines"][0]["state"], now["step"]) == ("decided", "granted", None)
    assert await college.converted(learner) == 300
    assert [one["act"] for one in now["history"]] == ["made", "served", "approved", "served", "approved", "decided"]
    await college.check()


async def test_a_hand_that_is_not_asked_finds_that_it_is_not_its_turn_and_a_stranger_finds_nothing(
    college: College,
) -> None:
    college.decide_by(hands=procedure(DEPARTMENT, REGISTRAR))
    _, made = await claimed(college, "M1")
    said = await college.answer(made, "department", "approved", college.registrar, status=409)
    assert said["code"] == "not_this_hands_turn"
    for stranger in (person("department_reviewer", institution_id=college.school), college.issuer):
        await college.answer(made, "department", "approved", stranger, status=404)
    machine_of_theirs = machine("claims:write", institution_id=college.college)
    said = await college.answer(made, "department", "approved", machine_of_theirs, status=409)
    assert said["code"] == "not_this_hands_turn", "a department is a person"


async def test_who_refuses_says_why_and_what_the_line_held_is_free(college: College) -> None:
    college.decide_by(room("3"), hands=procedure(DEPARTMENT))
    learner, made = await claimed(college, "M1")
    said = await college.answer(made, "department", "refused", college.department, status=422)
    assert said["code"] == "refusal_needs_reason"
    now = await college.answer(made, "department", "refused", college.department, reason="内容不符")
    (line,) = now["lines"]
    assert (now["state"], line["state"], line["refused_by"]) == ("decided", "refused", "department")
    decision = await college.ask("GET", f"/v1/decisions/{line['decision_id']}", learner.actor)
    assert line["reason"] == "内容不符"
    assert "内容不符" not in str(decision), "words are sealed, and joined when the claim is read"
    another = await college.certificate(learner, 5)
    again = await college.claim(learner, ([another], "M2"))
    assert again["lines"][0]["state"] == "open"
    await college.check()


async def test_a_line_refused_for_certain_is_refused_at_once_and_the_others_go_on(college: College) -> None:
    college.decide_by(room("3"), hands=procedure(DEPARTMENT))
    _, made = await claimed(college, "M1", "M2")
    assert [line["state"] for line in made["lines"]] == ["open", "refused"]
    now = await college.answer(made, "department", "approved", college.department)
    assert [line["state"] for line in now["lines"]] == ["granted", "refused"]
    await college.check()


async def test_lines_may_be_answered_one_by_one(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    _, made = await claimed(college, "M1", "M2")
    now = await college.answer(made, "department", "approved", college.department, lines=[1])
    assert now["state"] == "open"
    now = await college.answer(made, "department", "refused", college.department, lines=[2], reason="不符")
    assert [line["state"] for line in now["lines"]] == ["granted", "refused"]
    assert now["state"] == "decided"
    await college.check()


async def test_the_inbox_of_a_hand_holds_what_waits_for_it_page_by_page(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    made = [(await claimed(college, "M1"))[1]["claim_id"] for _ in range(3)]
    first = await college.ask("GET", "/v1/claims?waiting_for=department&limit=2", college.department)
    rest = await college.ask(
        "GET", f"/v1/claims?waiting_for=department&limit=2&cursor={first['next_cursor']}", college.department
    )
    assert [one["claim_id"] for one in (*first["items"], *rest["items"])] == made
    assert rest["next_cursor"] is None
    for nobodys in (
        ("/v1/claims?waiting_for=registrar", college.registrar),
        ("/v1/claims?waiting_for=department", person("department_reviewer", institution_id=college.school)),
        ("/v1/claims?waiting_for=department", college.issuer),
    ):
        assert (await college.ask("GET", *nobodys))["items"] == []


# --- facts --------------------------------------------------------------------------------------------------------


async def test_a_hand_supplies_what_is_unknown_and_its_own_to_know_with_who_and_when(college: College) -> None:
    college.decide_by(RELEVANT, hands=procedure(DEPARTMENT, REGISTRAR))
    learner, made = await claimed(college, "M1")
    said = await college.answer(made, "department", "approved", college.department, status=409)
    assert said["code"] == "facts_still_missing"
    said = await college.supply(made, "department", "record.result", "passed", college.department, status=409)
    assert said["code"] == "fact_not_of_this_hand"
    said = await college.supply(made, "department", "match.relevance", "much", college.department, status=422)
    assert said["code"] == "fact_unreadable"
    now = await college.supply(made, "department", "match.relevance", "85", college.department)
    assert (now["lines"][0]["verdict"], now["lines"][0]["missing"]) == ("granted", [])
    (supplied,) = [one for one in now["history"] if one["act"] == "supplied"]
    assert (supplied["by"], supplied["words"]) == (college.department.name, {"value": "85"})
    await college.answer(made, "department", "approved", college.department)
    now = await college.answer(made, "registrar", "approved", college.registrar)
    assert now["lines"][0]["state"] == "granted"
    decision = await college.ask("GET", f"/v1/decisions/{now['lines'][0]['decision_id']}", learner.actor)
    assert decision["facts"]["match"]["relevance"] == "85"
    await college.check()


async def test_a_fact_that_makes_a_line_fail_for_certain_refuses_it_at_once(college: College) -> None:
    college.decide_by(RELEVANT, hands=procedure(DEPARTMENT, REGISTRAR))
    learner, made = await claimed(college, "M1")
    now = await college.supply(made, "department", "match.relevance", "79", college.department)
    (line,) = now["lines"]
    assert (now["state"], line["state"], line["refused_by"], line["refusal"]) == (
        "decided", "refused", "rules", "relevant",
    )  # fmt: skip
    assert "claim_line_refused" in await college.inbox(learner)
    await college.check()


async def test_what_is_known_is_not_for_a_hand_to_say_otherwise(college: College) -> None:
    college.decide_by(
        clause("in-plan", require={"fact": "course.in_plan", "is": "yes"}), RELEVANT,
        hands=procedure(hand("registrar", "registrar", "review")),
    )  # fmt: skip
    _, made = await claimed(college, "M1")
    said = await college.supply(made, "registrar", "course.in_plan", True, college.registrar, status=409)
    assert said["code"] == "fact_not_missing"


async def test_what_no_hand_could_say_is_laid_before_the_bank_and_is_no_refusal(college: College) -> None:
    college.decide_by(RELEVANT, hands=procedure(REGISTRAR))
    _, made = await claimed(college, "M1")
    now = await college.answer(made, "registrar", "approved", college.registrar)
    assert (now["state"], now["hand"], now["lines"][0]["state"]) == ("open", "bank", "open")
    said = await college.answer(made, now["step"], "approved", college.officer, status=409)
    assert said["code"] == "facts_still_missing"
    now = await college.answer(made, now["step"], "refused", college.officer, reason="无从查证")
    assert now["lines"][0]["refused_by"] == "bank"
    await college.check()


# --- clocks -------------------------------------------------------------------------------------------------------


async def test_a_clock_that_would_end_in_a_holiday_ends_on_the_next_working_day(college: College) -> None:
    # 1 to 3 May 2026 and the days around are a holiday: five working days after Wednesday 29 April.
    college.go_to(date(2026, 4, 29))
    college.decide_by(hands=procedure(hand("department", "department", "review", within=1, silence="approve")))
    learner, made = await claimed(college, "M1")
    due = date.fromisoformat(made["due_on"])
    assert due == date(2026, 4, 30)
    second, held = await claimed(college, "M2")
    college.go_to(date(2026, 4, 30), hour=23)
    await college.work()
    assert (await college.read(held))["state"] == "open", "the whole last day is the department's"
    assert (second, learner) != (None, None)


async def test_the_last_day_of_a_clock_is_a_working_day_also_over_a_golden_week(college: College) -> None:
    college.go_to(date(2026, 4, 30))
    college.decide_by(hands=procedure(hand("department", "department", "review", within=1, silence="approve")))
    learner, made = await claimed(college, "M1")
    due = date.fromisoformat(made["due_on"])
    assert due > date(2026, 5, 3), "Labour Day lies between"
    college.go_to(date(2026, 5, 2))
    await college.work()
    assert (await college.read(made))["state"] == "open"
    college.go_to(due, hour=23)
    await college.work()
    assert (await college.read(made))["state"] == "open"
    college.later(hours=2)
    await college.work()
    now = await college.read(made)
    assert (now["state"], now["lines"][0]["state"]) == ("decided", "granted")
    assert "silence" in [one["act"] for one in now["history"]]
    assert await college.converted(learner) == 300
    await college.check()


async def test_a_day_that_became_a_holiday_after_it_was_counted_moves_the_end(college: College) -> None:
    college.decide_by(hands=procedure(hand("department", "department", "review", silence="refuse")))
    _, made = await claimed(college, "M1")
    assert made["due_on"] == "2026-03-09"
    async with college.bank.database.session() as session:
        session.add(WorkingDay(on=date(2026, 3, 9), working=False, name="临时放假", source="国务院办公厅"))
    college.go_to(date(2026, 3, 10))
    await college.work()
    now = await college.read(made)
    assert (now["state"], now["due_on"]) == ("open", "2026-03-10")
    college.go_to(date(2026, 3, 11))
    await college.work()
    assert (await college.read(made))["lines"][0]["refused_by"] == "department"


async def test_holidays_that_are_not_known_yet_make_the_step_wait_and_say_why(college: College) -> None:
    college.decide_by(hands=procedure(hand("department", "department", "review", within=5)))
    await college.sql_do("DELETE FROM working_day WHERE \"on\" >= '2026-01-02'")
    _, made = await claimed(college, "M1")
    assert (made["due_on"], made["waits_for"], made["hand"]) == (None, "working_days_unknown", "department")
    college.later(days=1)
    await college.work()
    assert (await college.read(made))["due_on"] is None
    await college.import_holidays()
    college.later(days=1)
    await college.work()
    now = await college.read(made)
    assert (now["due_on"], now["waits_for"]) == ("2026-03-11", None)
    now = await college.answer(made, "department", "approved", college.department)
    assert now["state"] == "decided"


async def test_silence_means_what_the_document_says(college: College) -> None:
    for meaning, state in (("approve", "granted"), ("refuse", "refused")):
        college.decide_by(hands=procedure(hand("department", "department", "review", silence=meaning)))
        _, made = await claimed(college, "M1")
        college.later(days=8)
        said = await college.answer(made, "department", "approved", college.department, status=409)
        assert said["code"] == "step_time_is_over"
        await college.work()
        assert (await college.read(made))["lines"][0]["state"] == state
    college.decide_by(hands=procedure(DEPARTMENT, REGISTRAR))
    _, made = await claimed(college, "M1")
    college.later(days=8)
    await college.work()
    now = await college.read(made)
    assert (now["hand"], now["step"]) == ("bank", "department-bank")
    now = await college.answer(made, now["step"], "approved", college.officer)
    assert now["step"] == "registrar", "after the bank the steps go on"
    await college.check()


async def test_a_worker_that_dies_in_the_middle_of_a_claim_leaves_it_whole_and_the_next_one_goes_on(
    college: College, monkeypatch: pytest.MonkeyPatch
) -> None:
    college.decide_by(hands=procedure(hand("department", "department", "review", silence="approve")))
    made = [(await claimed(college, "M1"))[1] for _ in range(3)]
    college.later(days=8)
    done, seen = housekeeping.look_at_claim, list[UUID]()

    async def dies(session: Any, claim_id: UUID, *, tools: Tools) -> None:
        await done(session, claim_id, tools=tools)
        seen.append(claim_id)
        if len(seen) == 2:
            raise RuntimeError("killed before the commit")

    monkeypatch.setattr(housekeeping, "look_at_claim", dies)
    await college.work()
    assert [(await college.read(one))["state"] for one in made] == ["decided", "open", "decided"]
    assert await college.converted() == 600
    await college.check()
    college.later(hours=2)
    await college.work()
    assert [(await college.read(one))["state"] for one in made] == ["decided"] * 3
    assert await college.converted() == 900
    await college.check()


async def test_a_claim_that_is_not_decided_in_time_lapses_by_being_read_and_frees_what_it_held(
    college: College,
) -> None:
    college.decide_by(
        room("3"), hands=procedure(hand("department", "department", "review", within=90), reserves_for=10)
    )
    learner, made = await claimed(college, "M1")
    another = await college.certificate(learner, 5)
    assert (await college.claim(learner, ([another], "M2")))["lines"][0]["state"] == "refused"
    college.later(days=20)
    assert (await college.read(made))["state"] == "lapsed", "nobody wrote that down"
    said = await college.answer(made, "department", "approved", college.department, status=409)
    assert said["code"] == "claim_lapsed"
    again = await college.claim(learner, ([another], "M2"))
    assert again["lines"][0]["state"] == "open"
    await college.work()
    now = await college.read(made)
    assert (now["state"], now["lines"][0]["state"]) == ("lapsed", "lapsed")
    assert "claim_lapsed" in await college.inbox(learner)
    await college.check()


# --- the issuer ---------------------------------------------------------------------------------------------------


async def test_the_body_that_issued_the_certificate_verifies_it_over_the_api(college: College) -> None:
    college.decide_by(hands=procedure(ISSUER, REGISTRAR))
    learner, made = await claimed(college, "M1")
    step = made["step"]
    assert (made["hand"], step) == ("issuer", f"issuer-{college.body}")
    await college.work()
    inbox = await college.ask("GET", "/v1/claims?waiting_for=issuer", college.issuer)
    assert [one["claim_id"] for one in inbox["items"]] == [made["claim_id"]]
    seen = await college.ask("GET", f"/v1/claims/{made['claim_id']}", college.issuer)
    assert [line["line_no"] for line in seen["lines"]] == [1]
    assert seen["history"] == []
    said = await college.answer(made, step, "approved", college.issuer, status=409)
    assert said["code"] == "not_for_this_step"
    client = machine("claims:write", institution_id=college.body)
    path = f"/v1/claims/{made['claim_id']}/steps/{step}/outcome"
    await college.ask("POST", path, client, json={"outcome": "verified"})
    now = await college.answer(made, "registrar", "approved", college.registrar)
    assert now["lines"][0]["state"] == "granted"
    assert await college.converted(learner) == 300
    await college.check()


async def test_a_failed_verification_may_be_contested_with_evidence_and_the_bank_decides(college: College) -> None:
    college.decide_by(hands=procedure(ISSUER))
    learner, made = await claimed(college, "M1")
    step = made["step"]
    await college.answer(made, step, "verification_failed", college.issuer, reason="查无此证")
    now = await college.read(made)
    assert (now["state"], now["hand"], now["waits_for"]) == ("open", "bank", "evidence")
    assert "verification_failed" in await college.inbox(learner)
    said = await college.answer(made, now["step"], "approved", college.officer, status=409)
    assert said["code"] == "step_is_stopped"
    now = await evidence(college, made, learner.actor)
    assert (now["waits_for"], now["hand"]) == (None, "bank")
    now = await college.answer(made, now["step"], "approved", college.officer)
    assert now["lines"][0]["state"] == "granted"
    await college.check()


async def test_what_is_taken_back_is_not_waited_for_once_the_rest_is_contested(college: College) -> None:
    college.decide_by(hands=procedure(ISSUER))
    learner, made = await claimed(college, "M1", "M2")
    await college.answer(made, made["step"], "verification_failed", college.issuer, reason="查无此证")
    now = await evidence(college, made, learner.actor)
    assert now["waits_for"] == "evidence", "the other line may be contested still"
    path = f"/v1/claims/{made['claim_id']}/withdrawal"
    now = await college.ask("POST", path, learner.actor, json={"lines": [2]})
    assert (now["waits_for"], now["hand"]) == (None, "bank")
    now = await college.answer(made, now["step"], "approved", college.officer)
    assert [line["state"] for line in now["lines"]] == ["granted", "withdrawn"]
    await college.check()


async def test_a_failed_verification_that_nobody_contests_is_a_refusal_when_the_time_for_it_is_over(
    college: College,
) -> None:
    college.decide_by(hands=procedure(ISSUER))
    learner, made = await claimed(college, "M1")
    await college.answer(made, made["step"], "verification_failed", college.issuer, reason="查无此证")
    college.later(days=20)
    said = await evidence(college, made, learner.actor, status=409)
    assert said["code"] == "nothing_to_contest"
    await college.work()
    now = await college.read(made)
    assert (now["state"], now["lines"][0]["refused_by"]) == ("decided", "issuer")
    await college.check()


@pytest.mark.parametrize("meaning", ["refuse", "refer"])
async def test_silence_about_other_lines_does_not_take_back_that_the_verification_of_one_failed(
    college: College, meaning: str
) -> None:
    college.decide_by(hands=procedure(hand("issuer", "issuer", "verify", within=10, silence=meaning), REGISTRAR))
    learner, made = await claimed(college, "M1", "M2", "M3")
    step = made["step"]
    await college.answer(made, step, "verified", college.issuer, lines=[3])
    await college.answer(made, step, "verification_failed", college.issuer, lines=[1], reason="查无此证")
    college.go_to(date.fromisoformat(made["due_on"]))
    college.later(days=1)
    await college.work()
    now = await college.read(made)
    assert (now["step"], now["waits_for"]) == (f"{step}-contest", "evidence")
    assert [line["state"] for line in now["lines"]] == ["open", "refused" if meaning == "refuse" else "open", "open"]
    assert "verification_failed" in await college.inbox(learner)
    college.go_to(date.fromisoformat(now["due_on"]))
    college.later(days=1)
    await college.work()
    now = await college.read(made)
    assert now["lines"][0]["refused_by"] == "issuer", "nobody contested it"
    if meaning == "refer":
        assert now["step"] == f"{step}-bank", "what nobody answered lies with the bank"
        now = await college.answer(made, now["step"], "approved", college.officer)
    assert now["step"] == "registrar"
    now = await college.answer(made, "registrar", "approved", college.registrar)
    last = "granted" if meaning == "refer" else "refused"
    assert [line["state"] for line in now["lines"]] == ["refused", last, "granted"]
    await college.check()


async def evidence(college: College, made: dict[str, Any], actor: Actor, *, status: int = 200) -> dict[str, Any]:
    path = f"/v1/claims/{made['claim_id']}/lines/1/evidence"
    return await college.ask("POST", path, actor, json={"evidence": "证书原件"}, status=status)


# --- public notice ------------------------------------------------------------------------------------------------


async def test_a_public_notice_runs_by_itself_and_names_nobody(college: College) -> None:
    college.decide_by(hands=procedure(NOTICE))
    learner, made = await claimed(college, "M1")
    notices = await college.ask("GET", "/v1/public-notices", person("learner", learner_id=learner.learner_id))
    (notice,) = notices["items"]
    assert (notice["until_on"], notice["lines"][0]["course_code"]) == ("2026-03-09", "M1")
    assert str(learner.learner_id) not in str(notice)
    said = await college.answer(made, "notice", "approved", college.registrar, status=409)
    assert said["code"] == "not_for_this_step"
    college.later(days=8)
    await college.work()
    assert (await college.read(made))["lines"][0]["state"] == "granted"
    await college.check()


async def test_an_objection_stops_the_clock_until_it_is_decided(college: College) -> None:
    college.decide_by(hands=procedure(NOTICE))
    learner, made = await claimed(college, "M1")
    college.later(days=1)
    somebody = (await college.enrol()).actor
    raised = await objects(college, made, somebody)
    assert (await objects(college, made, somebody, status=409))["code"] == "objected_already"
    college.later(days=20)
    await college.work()
    now = await college.read(made)
    assert (now["state"], now["waits_for"], now["due_on"]) == ("open", "objection", None)
    assert now["objections"][0]["words"] == "并非本人取得"
    assert somebody.name not in str((await college.read(made, learner.actor))["objections"])
    path = f"/v1/claims/{made['claim_id']}/objections/{raised['objection_id']}/decision"
    dismissed = {"upheld": False, "words": "已核实"}
    now = await college.ask("POST", path, college.registrar, json=dismissed)
    assert now["due_on"] == "2026-03-27", "four of five days were left, from Monday the 23rd"
    said = await college.ask("POST", path, college.registrar, json=dismissed, status=409)
    assert said["code"] == "objection_already_decided"
    college.later(days=8)
    await college.work()
    assert (await college.read(made))["lines"][0]["state"] == "granted"
    await college.check()


async def test_an_upheld_objection_refuses_the_line_and_nobody_decides_their_own(college: College) -> None:
    college.decide_by(hands=procedure(NOTICE))
    _, made = await claimed(college, "M1", "M2")
    raised = await objects(college, made, college.registrar, line_no=1)
    path = f"/v1/claims/{made['claim_id']}/objections/{raised['objection_id']}/decision"
    upheld = {"upheld": True, "words": "证书系他人所有"}
    said = await college.ask("POST", path, college.registrar, json=upheld, status=409)
    assert said["code"] == "own_objection"
    now = await college.ask("POST", path, college.officer, json=upheld)
    assert [line["state"] for line in now["lines"]] == ["refused", "open"]
    assert [line["reason"] for line in now["lines"]] == ["证书系他人所有", None]
    assert await college.sql("SELECT count(*)::int FROM decision WHERE basis::text LIKE '%%他人%%'") == [(0,)]
    college.later(days=8)
    await college.work()
    assert [line["state"] for line in (await college.read(made))["lines"]] == ["refused", "granted"]
    await college.check()


async def test_what_is_not_on_notice_cannot_be_objected_to_and_looks_like_nothing(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    _, made = await claimed(college, "M1")
    somebody = (await college.enrol()).actor
    await objects(college, made, somebody, status=404)


async def objects(
    college: College, made: dict[str, Any], actor: Actor, *, status: int = 201, **more: Any
) -> dict[str, Any]:
    path = f"/v1/claims/{made['claim_id']}/objections"
    return await college.ask("POST", path, actor, json={"words": "并非本人取得", **more}, status=status)


# --- taking back --------------------------------------------------------------------------------------------------


async def test_a_learner_takes_back_lines_that_are_open_and_what_they_held_is_free(college: College) -> None:
    college.decide_by(room("6"), hands=procedure(DEPARTMENT))
    learner, made = await claimed(college, "M1", "M2")
    path = f"/v1/claims/{made['claim_id']}/withdrawal"
    now = await college.ask("POST", path, learner.actor, json={"lines": [1]})
    assert [line["state"] for line in now["lines"]] == ["withdrawn", "open"]
    again = await college.claim(learner, (learner.records[:1], "M3"))
    assert again["lines"][0]["state"] == "open"
    await college.ask("POST", path, (await college.enrol()).actor, json={}, status=404)
    now = await college.ask("POST", path, learner.actor, json={})
    assert now["state"] == "withdrawn"
    said = await college.ask("POST", path, learner.actor, json={}, status=409)
    assert said["code"] == "claim_already_decided"
    await college.check()
