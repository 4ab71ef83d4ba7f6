"""What was tried against claims: to learn of others, to decide what is not yours, to count twice. None of it works."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from typing import Any
from uuid import UUID

from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from tests.open_bank import machine, person
from tests.recognition.college import (
    DEPARTMENT,
    ISSUER,
    NOTICE,
    REGISTRAR,
    College,
    Learner,
    clause,
    name_of,
    procedure,
)
from tests.records.town import resident
from tests.rules.writing import SAYS

HTML = "<script>alert('演示')</script>"
NEVER = clause("never", require={"fact": "course.code", "is": "M9"})
ONE_CERTIFICATE = {
    "how-many": {
        "says": SAYS,
        "cites": ["source"],
        "gives": "count",
        "amount": {"count": "records", "where": {"fact": "record.kind", "is": "certificate"}},
    }
}
"""How many certificates somebody has, whoever issued them."""


def who(learner: Learner) -> dict[str, Any]:
    number = resident(learner.serial)
    return {"name": name_of(learner.serial), "document": {"kind": "resident_id", "number": number}}


async def result(college: College, learner: Learner) -> UUID:
    """A course result of the college itself."""
    row = {
        "kind": "course_result", "learner": {**who(learner), "student_no": f"2024{learner.serial:04d}"},
        "course_code": "P1", "academic_year": "2024-2025", "term": 1, "attempt": "normal", "score": "90",
        "occurred_on": "2025-01-10",
    }  # fmt: skip
    sender = machine("records:write", institution_id=college.college)
    return UUID((await college.ask("POST", "/v1/records", sender, json=row, status=201))["record_id"])


async def class_claim(college: College, *members: dict[str, Any], actor: Actor | None = None) -> list[dict[str, Any]]:
    path = f"/v1/plans/{college.plan}/class-claims"
    said = await college.ask("POST", path, actor or college.registrar, json={"learners": members}, status=201)
    outcomes: list[dict[str, Any]] = said["outcomes"]
    return outcomes


def member(learner_id: UUID, record: UUID, code: str = "M1") -> dict[str, Any]:
    return {"learner_id": str(learner_id), "lines": [{"record_ids": [str(record)], "course_code": code}]}


async def claimed(college: College, *codes: str) -> tuple[Learner, dict[str, Any]]:
    learner = await college.enrol(certificates=len(codes))
    return learner, await college.claim(
        learner, *(([record], code) for record, code in zip(learner.records, codes, strict=True))
    )


async def override(college: College, made: dict[str, Any], credits: str, until: str, **more: Any) -> dict[str, Any]:
    path = f"/v1/claims/{made['claim_id']}/lines/1/overrides"
    body = {"credits": credits, "reason": "学校更名", "expires_on": until, **more}
    return await college.ask("POST", path, college.officer, json=body, status=201)


async def objects(college: College, made: dict[str, Any], actor: Actor, **more: Any) -> Any:
    body = {"words": "并非本人取得", **more}
    return await college.bank.call("POST", f"/v1/claims/{made['claim_id']}/objections", actor, json=body)


# --- learning of others -------------------------------------------------------------------------------------------


async def test_reasons_tell_a_college_without_consent_nothing_of_what_others_reported(college: College) -> None:
    college.decide_by(
        clause("no-more", require={"named": "how-many", "at_most": 1}),
        clause("own-courses", require={"every": "records", "has": {"fact": "record.kind", "is": "course_result"}}),
        names=ONE_CERTIFICATE,
    )
    learner = await college.enrol(certificates=3)
    (made,) = await class_claim(college, member(learner.learner_id, await result(college, learner)))
    decision = (await college.read(made))["lines"][0]["decision_id"]
    seen = await college.ask("GET", f"/v1/decisions/{decision}", college.registrar)
    again = await college.ask("POST", f"/v1/decisions/{decision}/replay", college.registrar)
    for said in (seen, again, await college.read(made, college.registrar)):
        text = json.dumps(said, ensure_ascii=False)
        assert not any(str(record) in text for record in learner.records)
        assert "成果类型为 证书" not in text
    assert again["same"] is True
    (found,) = [each for each in seen["findings"] if each["clause"] == "no-more"]
    assert (found["verdict"], found["observed"]) == ("not_met", None)
    whole = await college.ask("GET", f"/v1/decisions/{decision}", learner.actor)
    assert all(str(record) in json.dumps(whole) for record in learner.records)


async def test_while_a_claim_is_open_its_reasons_are_as_silent_and_consent_opens_them(college: College) -> None:
    college.decide_by(
        clause("many", require={"named": "how-many", "at_least": 1}), names=ONE_CERTIFICATE, hands=procedure(DEPARTMENT)
    )
    learner = await college.enrol(certificates=2)
    (made,) = await class_claim(college, member(learner.learner_id, await result(college, learner)))
    for actor in (college.registrar, college.department):
        text = json.dumps(await college.read(made, actor))
        assert not any(str(record) in text for record in learner.records)
    body = {"purpose": "recognition", "institution_id": str(college.college), "given": True}
    await college.ask("POST", f"/v1/learners/{learner.learner_id}/consents", learner.actor, json=body, status=201)
    assert str(learner.records[0]) in json.dumps(await college.read(made, college.department))


async def test_a_college_learns_of_an_account_that_is_none_of_its_own_what_it_learns_of_nobody(
    college: College,
) -> None:
    mine, closed, erased = await college.enrol(), await college.enrol(), await college.enrol()
    for one, statement in (
        (closed, "UPDATE learner SET closed_at = now() WHERE learner_id = %s"),
        (erased, "DELETE FROM learner_key WHERE learner_id = %s"),
    ):
        await college.sql_do("DELETE FROM enrolment WHERE learner_id = %s", one.learner_id)
        await college.sql_do(statement, one.learner_id)
    own = await result(college, mine)
    outcomes = await class_claim(
        college,
        member(closed.learner_id, closed.records[0]),
        member(erased.learner_id, erased.records[0]),
        member(new_id(), closed.records[0]),
        member(mine.learner_id, own),
    )
    assert [one["outcome"] for one in outcomes] == ["refused", "refused", "refused", "claimed"]
    first, second, third = (one["problem"] for one in outcomes[:3])
    assert first == second == third


async def test_a_college_that_reports_something_of_a_stranger_learns_no_totals_and_no_claims_of_theirs(
    college: College,
) -> None:
    learner, made = await claimed(college, "M1")
    training = {
        "kind": "training", "learner": who(learner), "title": "短训", "started_on": "2025-01-01",
        "occurred_on": "2025-01-05", "hours": "40",
    }  # fmt: skip
    school = machine(
        "records:write",
        "transcripts:read",
        "claims:read",
        "claims:write",
        "records:read",
        institution_id=college.school,
    )
    await college.ask("POST", "/v1/records", school, json=training, status=201)
    await college.sql_do("UPDATE plan SET institution_id = %s WHERE plan_id = %s", college.school, college.other_plan)
    own, about = college.other_plan, f"/v1/learners/{learner.learner_id}"
    for method, path, body in (
        ("GET", f"{about}/totals?plan_id={own}", None),
        ("GET", f"{about}/totals?plan_id={college.plan}", None),
        ("POST", f"{about}/allocations", {"plan_id": str(own)}),
        ("POST", f"{about}/allocations", {"plan_id": str(college.plan)}),
        ("GET", f"{about}/claims", None),
        ("GET", f"/v1/claims/{made['claim_id']}", None),
        ("GET", f"/v1/plans/{college.plan}/totals", None),
        ("POST", f"/v1/claims/{made['claim_id']}/withdrawal", {}),
    ):
        answer = await college.bank.call(method, path, school, **({} if body is None else {"json": body}))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (path, answer.text)
    assert (await class_claim_of(college, own, school, learner, made))["problem"]["code"] == "not_found"


async def class_claim_of(
    college: College, plan: UUID, actor: Actor, learner: Learner, made: dict[str, Any]
) -> dict[str, Any]:
    body = {"learners": [member(learner.learner_id, learner.records[0])]}
    said = await college.ask("POST", f"/v1/plans/{plan}/class-claims", actor, json=body, status=201)
    outcome: dict[str, Any] = said["outcomes"][0]
    return outcome


# --- notices and objections ---------------------------------------------------------------------------------------


async def test_nobody_is_told_who_objected_and_what_was_written_lies_nowhere_in_clear(college: College) -> None:
    college.decide_by(hands=procedure(NOTICE))
    learner, made = await claimed(college, "M1")
    objector = person("registrar", institution_id=college.school)
    assert (await objects(college, made, objector, words=HTML)).status_code == 201
    for actor in (learner.actor, college.registrar, college.department, college.officer, college.reviewer):
        assert objector.name not in json.dumps(await college.read(made, actor))
    assert (await objects(college, made, objector)).json()["code"] == "objected_already"
    for table in ("claim", "claim_line", "claim_act", "objection", "conversion", "outbox", "inbox_message", "job"):
        rows = await college.sql(f"SELECT to_jsonb(x)::text FROM {table} x")
        assert not any("script" in text for (text,) in rows), table


async def test_a_reviewer_of_appeals_who_objected_decides_no_appeal_about_it(college: College) -> None:
    college.decide_by(hands=procedure(NOTICE))
    learner, made = await claimed(college, "M1")
    objection = (await objects(college, made, college.reviewer)).json()
    path = f"/v1/claims/{made['claim_id']}/objections/{objection['objection_id']}/decision"
    await college.ask("POST", path, college.registrar, json={"upheld": True, "words": "属实"})
    raised = await college.ask(
        "POST", f"/v1/claims/{made['claim_id']}/lines/1/appeals", learner.actor, json={"words": "不服"}, status=201
    )
    body = {"upheld": False, "words": "维持"}
    path = f"/v1/appeals/{raised['appeal_id']}/decision"
    said = await college.ask("POST", path, college.reviewer, json=body, status=409)
    assert said["code"] == "reviewer_acted_before"


async def test_one_decision_is_not_laid_before_reviewer_after_reviewer(college: College) -> None:
    college.decide_by(NEVER)
    learner, made = await claimed(college, "M1")
    path = f"/v1/claims/{made['claim_id']}/lines/1/appeals"
    for kind in ("appeal", "human_review"):
        body = {"words": "不服", "kind": kind}
        raised = await college.ask("POST", path, learner.actor, json=body, status=201)
        decision = f"/v1/appeals/{raised['appeal_id']}/decision"
        await college.ask("POST", decision, person("appeal_reviewer"), json={"upheld": False, "words": "维持"})
        said = await college.ask("POST", path, learner.actor, json=body, status=409)
        assert said["code"] == "reviewed_already"


# --- acting for others --------------------------------------------------------------------------------------------


async def test_no_hand_answers_for_another_institution_whatever_their_role(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT, REGISTRAR, ISSUER))
    _, made = await claimed(college, "M1")
    path = f"/v1/claims/{made['claim_id']}/steps"
    for actor in (
        person("registrar", institution_id=college.school),
        person("department_reviewer", institution_id=college.school),
        person("certificate_body", institution_id=college.school),
        person("certificate_body", institution_id=college.body),
        machine("claims:write", institution_id=college.school),
    ):
        for step in ("department", "registrar", "issuer", "nothing"):
            for what, body in (
                ("outcome", {"outcome": "approved"}),
                ("facts", {"facts": [{"line_no": 1, "fact": "match.relevance", "value": "90"}]}),
            ):
                answer = await college.bank.call("POST", f"{path}/{step}/{what}", actor, json=body)
                assert answer.status_code in (404, 409), answer.text
    now = await college.read(made)
    assert (now["state"], now["step"], len(now["history"])) == ("open", "department", 2)


async def test_roles_that_are_no_hand_use_no_step_and_override_nothing(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    learner, made = await claimed(college, "M1")
    for actor in (
        learner.actor, person("guardian"), person("auditor"), person("administrator"), college.reviewer,
        person("provider", institution_id=college.college), machine("claims:read", institution_id=college.college),
    ):  # fmt: skip
        await college.answer(made, "department", "approved", actor, status=403)
        for path in (f"/v1/claims/{made['claim_id']}/lines/1/overrides", f"/v1/overrides/{new_id()}/confirmation"):
            answer = await college.bank.call("POST", path, actor, json={})
            assert answer.status_code == 403


async def test_two_sign_ins_at_one_step_are_answered_one_after_the_other(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    for _ in range(3):
        learner, made = await claimed(college, "M1")
        path = f"/v1/claims/{made['claim_id']}/steps/department/outcome"
        second = person("department_reviewer", institution_id=college.college)
        said = await asyncio.gather(
            college.bank.call("POST", path, college.department, json={"outcome": "approved"}),
            college.bank.call("POST", path, second, json={"outcome": "refused", "reason": "不符"}),
        )
        assert sorted(one.status_code for one in said) == [200, 409]
        now = await college.read(made)
        assert [one["act"] for one in now["history"]].count("decided") == 1
        assert await college.converted(learner) == (300 if now["lines"][0]["state"] == "granted" else 0)
    await college.check()


async def test_a_guardian_claims_and_appeals_until_the_fourteenth_birthday_and_the_child_from_then_on(
    college: College,
) -> None:
    college.decide_by(NEVER)
    child = await a_child(college, born="20120303")
    guardian = await guardian_of(college, child)
    body = {"plan_id": str(college.plan), "lines": [{"record_ids": [str(child.records[0])], "course_code": "M1"}]}
    path = f"/v1/learners/{child.learner_id}/claims"
    said = await college.ask("POST", path, child.actor, json=body, status=403)
    assert said["code"] == "guardian_acts"
    made = await college.ask("POST", path, guardian, json=body, status=201)
    college.go_to(date(2026, 3, 3))
    appeals = f"/v1/claims/{made['claim_id']}/lines/1/appeals"
    for method, at, more in (
        ("POST", path, {"json": body}),
        ("POST", appeals, {"json": {"words": "不服"}}),
        ("POST", f"/v1/claims/{made['claim_id']}/withdrawal", {"json": {}}),
        ("POST", f"/v1/claims/{made['claim_id']}/lines/1/giving-up", {}),
        ("POST", f"/v1/learners/{child.learner_id}/allocations", {"json": {"plan_id": str(college.plan)}}),
        ("GET", f"/v1/claims/{made['claim_id']}", {}),
        ("GET", path, {}),
        ("GET", f"/v1/learners/{child.learner_id}/totals?plan_id={college.plan}", {}),
    ):
        answer = await college.bank.call(method, at, guardian, **more)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), at
    await college.ask("POST", appeals, child.actor, json={"words": "不服"}, status=201)


async def a_child(college: College, *, born: str) -> Learner:
    named = {"name": "演示童", "document": {"kind": "resident_id", "number": resident(900, born)}}
    row = {
        "kind": "enrolment_event", "learner": {**named, "student_no": "2024-900"}, "event": "entered",
        "occurred_on": "2024-09-01", "level": "higher_vocational", "programme_code": "460101", "year_of_entry": 2024,
    }  # fmt: skip
    sender = machine("records:write", "records:read", institution_id=college.college)
    posted = await college.ask("POST", "/v1/records", sender, json=row, status=201)
    found = await college.ask("GET", f"/v1/records/{posted['record_id']}", sender)
    certificate = {
        "kind": "certificate", "learner": named, "standard": "X0", "level": "intermediate", "number": "DEMO0900000",
        "occurred_on": "2025-06-01",
    }  # fmt: skip
    body = machine("records:write", institution_id=college.body)
    held = await college.ask("POST", "/v1/records", body, json=certificate, status=201)
    return Learner(UUID(found["learner_id"]), 900, [UUID(held["record_id"])])


async def guardian_of(college: College, child: Learner) -> Actor:
    said = {
        "name": "演示母", "document": {"kind": "resident_id", "number": resident(901, "19800101")},
        "relation": "mother", "evidence": "户口簿",
    }  # fmt: skip
    await college.ask("POST", f"/v1/learners/{child.learner_id}/guardians", college.registrar, json=said, status=201)
    ((login,),) = await college.sql("SELECT login_id FROM guardianship WHERE learner_id = %s", child.learner_id)
    return Actor(name=f"login:{login}", roles=frozenset({"guardian"}))


# --- overrides ----------------------------------------------------------------------------------------------------


async def test_what_only_lasts_longer_or_keeps_what_stands_needs_a_second_person(college: College) -> None:
    _, made = await claimed(college, "M1")
    same = await override(college, made, "3", "2035-07-31")
    assert same["state"] == "proposed", "it would hold whatever becomes of the certificate"
    path = f"/v1/overrides/{same['override_id']}/confirmation"
    await college.ask("POST", path, college.officer, json={"agreed": True}, status=409)
    await college.ask("POST", path, college.second_officer, json={"agreed": False})
    assert (await override(college, made, "2", "2026-07-31"))["state"] == "in_force"
    assert (await override(college, made, "2", "2035-07-31"))["state"] == "proposed"
    await college.check()


async def test_what_one_person_took_away_alone_keeps_nothing_that_the_rules_take(college: College) -> None:
    _, made = await claimed(college, "M1")
    assert (await override(college, made, "2.99", "2035-07-31"))["state"] == "in_force"
    college.decide_by(clause("higher", require={"fact": "certificate.level", "is": "intermediate"}))
    learner = Learner(UUID(made["learner_id"]), college.serials)
    await college.certificate(learner, 0, level="elementary")
    assert (await college.read(made))["lines"][0]["state"] == "ended"
    assert await college.converted() == 0
    await college.check()


async def test_an_override_is_confirmed_once_however_many_agree_at_once(college: College) -> None:
    college.decide_by(NEVER)
    learner, made = await claimed(college, "M1")
    proposed = await override(college, made, "3", "2030-07-31")
    path = f"/v1/overrides/{proposed['override_id']}/confirmation"
    said = await asyncio.gather(
        *(college.bank.call("POST", path, person("officer"), json={"agreed": True}) for _ in range(3))
    )
    assert sorted(one.status_code for one in said) == [200, 409, 409]
    assert await college.converted(learner) == 300
    await college.check()


# --- the same key, the same person --------------------------------------------------------------------------------


async def test_a_key_that_comes_again_with_another_payload_does_nothing(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    _, made = await claimed(college, "M1", "M2")
    path = f"/v1/claims/{made['claim_id']}/steps/department/outcome"
    key = {"Idempotency-Key": "answer-1"}
    body = {"outcome": "approved", "lines": [1]}
    await college.ask("POST", path, college.department, json=body, headers=key)
    for other in ({**body, "lines": [2]}, {"outcome": "refused", "lines": [2], "reason": "不符"}):
        said = await college.ask("POST", path, college.department, json=other, headers=key, status=409)
        assert said["code"] == "idempotency_key_reused"
    now = await college.read(made)
    assert [line["state"] for line in now["lines"]] == ["open", "open"]


async def test_one_person_with_two_accounts_uses_a_record_once_however_they_claim(college: College) -> None:
    first, second = await college.enrol(), await college.enrol(certificates=0)
    body = {"learner_id": str(second.learner_id), "into_learner_id": str(first.learner_id), "reason": "同一人"}
    await college.ask("POST", "/v1/learner-merges", college.officer, json=body, status=None)
    lines = [{"record_ids": [str(first.records[0])], "course_code": "M1"}]
    asked = {"plan_id": str(college.plan), "lines": lines}
    said = await asyncio.gather(
        *(
            college.bank.call("POST", f"/v1/learners/{one.learner_id}/claims", one.actor, json=asked)
            for one in (first, second, first, second)
        )
    )
    assert all(one.status_code in (201, 503) for one in said), [one.text for one in said]
    assert await college.converted() == 300
    await college.check()


# --- erased -------------------------------------------------------------------------------------------------------


async def erases(college: College, learner: Learner) -> None:
    for act in ("closing", "erasure"):
        path = f"/v1/learners/{learner.learner_id}/{act}"
        await college.ask("POST", path, college.officer, json={"reason": "本人依法申请"})


async def test_whoever_is_erased_leaves_no_words_no_notice_and_nothing_that_waits(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT, NOTICE))
    learner, made = await claimed(college, "M1", "M2")
    body = {"outcome": "refused", "lines": [1], "reason": f"{HTML}家庭情况"}
    await college.ask("POST", f"/v1/claims/{made['claim_id']}/steps/department/outcome", college.department, json=body)
    await college.answer(made, "department", "approved", college.department)
    await objects(college, made, person("auditor"), words="家庭情况")
    await erases(college, learner)
    read = json.dumps(await college.read(made), ensure_ascii=False)
    assert "家庭情况" not in read
    college.go_to(date(2026, 9, 1))
    await college.work()
    assert (await college.read(made))["state"] == "lapsed"
    assert (await college.ask("GET", "/v1/public-notices", person("auditor")))["items"] == []
    decision = (await college.read(made))["lines"][0]["decision_id"]
    told = json.dumps(await college.ask("GET", f"/v1/decisions/{decision}", college.officer), ensure_ascii=False)
    assert "家庭情况" not in told


async def test_that_somebody_was_erased_is_told_to_nobody_whom_the_claim_does_not_concern(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    learner, made = await claimed(college, "M1")
    await erases(college, learner)
    for role, step, body in (
        ("department_reviewer", "steps/department/outcome", {"outcome": "approved"}),
        ("registrar", "withdrawal", {}),
        ("registrar", "objections", {"words": "并非本人取得"}),
        ("registrar", f"objections/{new_id()}/decision", {"upheld": True, "words": "属实"}),
    ):
        stranger = person(role, institution_id=college.school)
        answer = await college.bank.call("POST", f"/v1/claims/{made['claim_id']}/{step}", stranger, json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (step, answer.text)
    said = await college.answer(made, "department", "approved", college.department, status=409)
    assert said["code"] == "already_erased"
