"""Appeals, reviews by people and overrides, over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from tests.open_bank import person
from tests.recognition.college import DEPARTMENT, College, Learner, clause, procedure, room
from tests.recognition.test_hands import claimed

NEVER = clause("never", require={"fact": "record.kind", "is": "training"})


async def refused(college: College) -> tuple[Learner, dict[str, Any]]:
    """A claim whose one line the rules alone refused."""
    college.decide_by(NEVER)
    learner, made = await claimed(college, "M1")
    assert made["lines"][0]["refusal"] == "never"
    return learner, made


async def appeals(
    college: College, made: dict[str, Any], actor: Actor, *, kind: str = "appeal", line: int = 1, status: int = 201
) -> dict[str, Any]:
    path = f"/v1/claims/{made['claim_id']}/lines/{line}/appeals"
    return await college.ask("POST", path, actor, json={"kind": kind, "words": "内容相同"}, status=status)


async def decides(
    college: College, raised: dict[str, Any], actor: Actor, *, upheld: bool, status: int = 200, **more: Any
) -> dict[str, Any]:
    body = {"upheld": upheld, "words": "课程标准一致", **({"expires_on": "2030-07-31"} if upheld else {}), **more}
    return await college.ask("POST", f"/v1/appeals/{raised['appeal_id']}/decision", actor, json=body, status=status)


async def override(
    college: College, made: dict[str, Any], actor: Actor, *, credits: str, status: int = 201, **more: Any
) -> dict[str, Any]:
    body = {"credits": credits, "reason": "学校更名", "expires_on": "2027-07-31", **more}
    path = f"/v1/claims/{made['claim_id']}/lines/1/overrides"
    return await college.ask("POST", path, actor, json=body, status=status)


async def confirms(
    college: College, proposed: dict[str, Any], actor: Actor, *, agreed: bool = True, status: int = 200
) -> dict[str, Any]:
    path = f"/v1/overrides/{proposed['override_id']}/confirmation"
    return await college.ask("POST", path, actor, json={"agreed": agreed}, status=status)


# --- appeals ------------------------------------------------------------------------------------------------------


async def test_an_upheld_appeal_grants_by_an_override_that_shows_in_the_transcript(college: College) -> None:
    learner, made = await refused(college)
    raised = await appeals(college, made, learner.actor)
    waiting = await college.ask("GET", "/v1/appeals", college.reviewer)
    assert [one["appeal_id"] for one in waiting["items"]] == [raised["appeal_id"]]
    decided = await decides(college, raised, college.reviewer, upheld=True)
    assert decided["state"] == "upheld"
    now = await college.read(made)
    assert (now["lines"][0]["state"], now["lines"][0]["credits"]) == ("granted", "3")
    assert await college.converted(learner) == 300
    transcript = await college.ask("GET", f"/v1/learners/{learner.learner_id}/transcript", learner.actor)
    shown = transcript["conversions"][0]["override"]
    assert (shown["by"], shown["reason"], shown["expires_on"]) == (college.reviewer.name, "课程标准一致", "2030-07-31")
    assert "appeal_decided" in await college.inbox(learner)
    await college.check()


async def test_an_upheld_appeal_proposes_an_equivalence_that_counts_for_nothing_until_it_is_confirmed(
    college: College,
) -> None:
    learner, made = await refused(college)
    raised = await appeals(college, made, learner.actor)
    decided = await decides(college, raised, college.reviewer, upheld=True)
    listed = await college.ask("GET", f"/v1/institutions/{college.college}/equivalences", college.registrar)
    (proposed,) = listed["items"]
    assert (proposed["equivalence_id"], proposed["state"]) == (decided["equivalence_id"], "proposed")
    assert (proposed["targets"], proposed["sources"][0]["standard"]) == (["M1"], "X0")


async def test_the_second_reviewer_is_nobody_who_acted_on_the_claim(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    learner, made = await claimed(college, "M1")
    both = Actor(
        name=f"login:{new_id()}",
        roles=frozenset({"department_reviewer", "appeal_reviewer"}),
        institution_id=college.college,
    )
    await college.answer(made, "department", "refused", both, reason="不符")
    raised = await appeals(college, made, learner.actor)
    said = await decides(college, raised, both, upheld=False, status=409)
    assert said["code"] == "reviewer_acted_before"
    assert (await decides(college, raised, college.reviewer, upheld=False))["state"] == "dismissed"
    said = await decides(college, raised, college.reviewer, upheld=True, status=409)
    assert said["code"] == "appeal_already_decided"
    assert await college.converted() == 0
    await college.check()


async def test_what_the_rules_alone_refused_is_reviewed_by_a_person_whenever_it_is_asked(college: College) -> None:
    learner, made = await refused(college)
    college.later(days=200)
    said = await appeals(college, made, learner.actor, status=409)
    assert said["code"] == "appeal_time_is_over"
    raised = await appeals(college, made, learner.actor, kind="human_review")
    said = await appeals(college, made, learner.actor, kind="human_review", status=409)
    assert said["code"] == "appeal_pending"
    await decides(college, raised, college.reviewer, upheld=True)
    assert await college.converted(learner) == 300
    await college.check()


async def test_what_people_refused_is_appealed_against_and_not_reviewed_again(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    learner, made = await claimed(college, "M1")
    await college.answer(made, "department", "refused", college.department, reason="不符")
    said = await appeals(college, made, learner.actor, kind="human_review", status=409)
    assert said["code"] == "decided_by_people"


async def test_what_was_granted_in_full_is_nothing_to_appeal_against(college: College) -> None:
    learner, made = await claimed(college, "M1")
    assert (await appeals(college, made, learner.actor, status=409))["code"] == "nothing_to_appeal"
    assert (await appeals(college, made, learner.actor, line=7, status=409))["code"] == "line_unknown"
    await appeals(college, made, (await college.enrol()).actor, status=404)


async def test_the_last_day_to_appeal_is_counted_in_working_days_and_the_appeal_says_when_it_is_overdue(
    college: College,
) -> None:
    learner, made = await refused(college)
    assert (await college.read(made))["appeal_until_on"] == "2026-03-23"
    college.go_to(date(2026, 3, 23), hour=23)
    raised = await appeals(college, made, learner.actor)
    due = date.fromisoformat(raised["due_on"])
    assert (due, raised["overdue"]) == (date(2026, 5, 8), False)
    college.go_to(date(2026, 5, 9))
    (waiting,) = (await college.ask("GET", "/v1/appeals", college.reviewer))["items"]
    assert waiting["overdue"] is True


async def test_an_upheld_appeal_cannot_lift_what_no_document_can(college: College) -> None:
    college.decide_by(clause("one-only", require={"fact": "record.kind", "is": "training"}))
    learner, made = await claimed(college, "M1")
    raised = await appeals(college, made, learner.actor)
    said = await decides(college, raised, college.reviewer, upheld=True, credits="4", status=409)
    assert said["code"] == "more_than_the_course"
    college.decide_by()
    await college.claim(learner, ([await college.certificate(learner, 3)], "M1"))
    said = await decides(college, raised, college.reviewer, upheld=True, status=409)
    assert said["code"] == "course_already_replaced"
    await college.ask("POST", f"/v1/records/{learner.records[0]}/withdrawal", college.issuer, json={"reason": "发错了"})
    said = await decides(college, raised, college.reviewer, upheld=True, status=409)
    assert said["code"] == "record_not_live"
    assert await college.converted(learner) == 300
    await college.check()


# --- overrides ----------------------------------------------------------------------------------------------------


async def test_an_override_that_raises_credits_holds_once_a_second_person_has_agreed(college: College) -> None:
    learner, made = await refused(college)
    proposed = await override(college, made, college.officer, credits="2")
    assert proposed["state"] == "proposed"
    assert await college.converted() == 0
    assert (await override(college, made, college.officer, credits="2", status=409))["code"] == "override_pending"
    said = await confirms(college, proposed, college.officer, status=409)
    assert said["code"] == "second_person_needed"
    waiting = await college.ask("GET", "/v1/overrides", college.second_officer)
    assert [one["override_id"] for one in waiting["items"]] == [proposed["override_id"]]
    assert (await confirms(college, proposed, college.second_officer))["state"] == "in_force"
    assert await college.converted(learner) == 200
    said = await confirms(college, proposed, college.second_officer, status=409)
    assert said["code"] == "override_not_proposed"
    await college.check()


async def test_a_declined_override_changes_nothing(college: College) -> None:
    _, made = await refused(college)
    proposed = await override(college, made, college.officer, credits="3")
    assert (await confirms(college, proposed, college.second_officer, agreed=False))["state"] == "declined"
    assert await college.converted() == 0
    await college.check()


async def test_an_override_that_takes_credits_away_holds_at_once(college: College) -> None:
    learner, made = await claimed(college, "M1")
    assert (await override(college, made, college.officer, credits="1"))["state"] == "in_force"
    assert await college.converted(learner) == 100
    assert (await override(college, made, college.officer, credits="0"))["state"] == "in_force"
    now = await college.read(made)
    assert (now["lines"][0]["state"], now["overrides"][0]["state"]) == ("ended", "ended")
    assert await college.converted(learner) == 0
    await college.check()


async def test_an_override_is_of_a_decided_line_within_the_course_and_ends_on_a_day_to_come(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    _, made = await claimed(college, "M1")
    assert (await override(college, made, college.officer, credits="1", status=409))["code"] == "line_still_open"
    await college.answer(made, "department", "approved", college.department)
    said = await override(college, made, college.officer, credits="3.5", status=409)
    assert said["code"] == "more_than_the_course"
    said = await override(college, made, college.officer, credits="2", expires_on="2026-03-02", status=422)
    assert said["code"] == "expiry_not_ahead"
    path = f"/v1/claims/{made['claim_id']}/lines/1/overrides"
    body = {"credits": "2", "reason": "x", "expires_on": "2027-01-01"}
    await college.ask("POST", path, college.registrar, json=body, status=403)


async def test_an_expired_override_ends_and_the_learner_is_told(college: College) -> None:
    learner, made = await refused(college)
    proposed = await override(college, made, college.officer, credits="3", expires_on="2026-06-30")
    await confirms(college, proposed, college.second_officer)
    college.go_to(date(2026, 6, 30), hour=23)
    await college.work()
    assert await college.converted(learner) == 300, "the last day is whole"
    college.later(hours=2)
    await college.work()
    assert await college.converted(learner) == 0
    now = await college.read(made)
    assert (now["lines"][0]["state"], now["overrides"][0]["state"]) == ("ended", "ended")
    assert (await college.inbox(learner))[-1] == "conversion_ended"
    path = f"/v1/learners/{learner.learner_id}/transcript?as_of="
    stood = await college.ask("GET", f"{path}2026-06-30", learner.actor)
    assert [line["credits"] for line in stood["conversions"]] == ["3"], "until its last day it stood"
    assert (await college.ask("GET", f"{path}2026-07-01", learner.actor))["conversions"] == []
    await college.check()


async def test_what_the_rules_grant_by_then_stands_when_the_override_expires(college: College) -> None:
    learner, made = await refused(college)
    proposed = await override(college, made, college.officer, credits="3", expires_on="2026-06-30")
    await confirms(college, proposed, college.second_officer)
    college.decide_by()
    college.go_to(date(2026, 7, 1))
    await college.work()
    now = await college.read(made)
    assert (now["lines"][0]["state"], now["overrides"][0]["state"]) == ("granted", "ended")
    assert await college.converted(learner) == 300
    transcript = await college.ask("GET", f"/v1/learners/{learner.learner_id}/transcript", learner.actor)
    assert transcript["conversions"][0]["override"] is None
    await college.check()


async def test_room_under_a_cap_counts_what_an_override_granted(college: College) -> None:
    college.decide_by(room("3"))
    learner = await college.enrol(certificates=3)
    made = await college.claim(learner, (learner.records[:1], "P2"))
    assert made["lines"][0]["refusal"] == "room"
    proposed = await override(college, made, college.officer, credits="3")
    await confirms(college, proposed, college.second_officer)
    later = await college.claim(learner, (learner.records[1:2], "M1"))
    assert later["lines"][0]["refusal"] == "room"
    await college.check()


async def test_only_a_reviewer_of_appeals_decides_them(college: College) -> None:
    learner, made = await refused(college)
    raised = await appeals(college, made, learner.actor)
    for other in (college.officer, college.registrar, person("auditor"), learner.actor):
        await decides(college, raised, other, upheld=True, status=403)
    await decides(college, {"appeal_id": new_id()}, college.reviewer, upheld=True, status=404)


async def test_an_override_ends_once_with_the_line_that_it_held_up(college: College) -> None:
    learner, made = await refused(college)
    proposed = await override(college, made, college.officer, credits="2", expires_on="2026-06-30")
    await confirms(college, proposed, college.second_officer)
    path = f"/v1/records/{learner.records[0]}/withdrawal"
    await college.ask("POST", path, college.issuer, json={"reason": "发错人"})
    now = await college.read(made)
    assert (now["lines"][0]["state"], now["overrides"][0]["state"]) == ("ended", "ended")
    assert [one["act"] for one in now["history"]].count("override_ended") == 1
    college.go_to(date(2026, 7, 2))
    await college.work()
    now = await college.read(made)
    assert [one["act"] for one in now["history"]].count("override_ended") == 1, "its day changes nothing more"
    await college.check()


async def test_what_was_proposed_for_a_line_that_its_learner_gave_up_comes_to_nothing(college: College) -> None:
    learner, made = await claimed(college, "M1")
    proposed = await override(college, made, college.officer, credits="3", exemption="full")
    path = f"/v1/claims/{made['claim_id']}/lines/1/giving-up"
    await college.ask("POST", path, learner.actor, json={})
    said = await confirms(college, proposed, college.second_officer, status=409)
    assert said["code"] == "override_not_proposed"
    again = await college.claim(learner, (learner.records, "M2"))
    assert again["lines"][0]["state"] == "granted"
    assert await college.converted(learner) == 300
    await college.check()
