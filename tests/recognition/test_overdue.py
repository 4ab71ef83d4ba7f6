"""What becomes of a claim that nobody answers: objections have a time, the bank's own is overdue, and what lapses is
decided, so that it can be appealed against."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from creditbank.clock import CITY
from tests.recognition.college import DEPARTMENT, ISSUER, NOTICE, RELEVANT, College, hand, procedure
from tests.recognition.test_appeals import NEVER, appeals, confirms, decides, override
from tests.recognition.test_hands import claimed, objects

DISMISSED = {"upheld": False, "words": "已核实"}


async def answers_objection(college: College, made: dict[str, Any], raised: dict[str, Any], actor: Any) -> Any:
    path = f"/v1/claims/{made['claim_id']}/objections/{raised['objection_id']}/decision"
    return await college.ask("POST", path, actor, json=DISMISSED)


async def test_an_objection_that_nobody_decides_is_overdue_at_the_bank_and_the_claim_never_lapses_of_it(
    college: College,
) -> None:
    college.decide_by(hands=procedure(NOTICE, reserves_for=10))
    learner, made = await claimed(college, "M1")
    held = datetime.fromisoformat(made["expires_at"])
    college.later(days=1)
    stopped_at = college.at
    raised = await objects(college, made, (await college.enrol()).actor)
    now = await college.read(made)
    assert (now["due_on"], now["objection_due_on"], now["overdue"]) == (None, "2026-04-15", False)
    assert (await college.ask("GET", "/v1/claims?waiting_for=bank", college.officer))["items"] == []
    college.go_to(date(2026, 4, 16))
    await college.work()
    (waiting,) = (await college.ask("GET", "/v1/claims?waiting_for=bank", college.officer))["items"]
    assert (waiting["claim_id"], waiting["overdue"], waiting["due_on"]) == (made["claim_id"], True, None)
    assert [one["act"] for one in (await college.read(made))["history"]].count("referred") == 1
    notices = await college.ask("GET", "/v1/public-notices", learner.actor)
    assert [one["until_on"] for one in notices["items"]] == [None], "it is on notice still"
    for _ in range(4):
        college.later(days=21)
        await college.work()
        now = await college.read(made)
        assert (now["state"], now["waits_for"]) == ("open", "objection")
    assert [one["act"] for one in now["history"]].count("referred") == 1
    now = await answers_objection(college, made, raised, college.officer)
    assert (now["waits_for"], now["overdue"], now["objection_due_on"]) == (None, False, None)
    assert datetime.fromisoformat(now["expires_at"]) == held + (college.at - stopped_at), "and not a moment longer"
    assert await college.sql("SELECT DISTINCT expires_at FROM conversion WHERE state = 'reserved'") == [
        (held + (college.at - stopped_at),)
    ]
    college.go_to(date.fromisoformat(now["due_on"]))
    college.later(days=1)
    await college.work()
    assert (await college.read(made))["lines"][0]["state"] == "granted"
    await college.check()


async def test_what_the_bank_does_not_answer_in_time_is_first_in_its_inbox_and_may_still_be_answered(
    college: College,
) -> None:
    slow, quick = hand("bank", "bank", "decide", within=20), hand("bank", "bank", "decide", within=3)
    college.decide_by(hands=procedure(slow))
    _, early = await claimed(college, "M1")
    _, middle = await claimed(college, "M1")
    college.later(hours=1)
    college.decide_by(hands=procedure(quick))
    _, late = await claimed(college, "M1")
    college.later(days=7)
    await college.work()
    first = await college.ask("GET", "/v1/claims?waiting_for=bank&limit=1", college.officer)
    rest = await college.ask("GET", f"/v1/claims?waiting_for=bank&cursor={first['next_cursor']}", college.officer)
    listed = [(one["claim_id"], one["overdue"]) for one in (*first["items"], *rest["items"])]
    assert listed == [(late["claim_id"], True), (early["claim_id"], False), (middle["claim_id"], False)]
    now = await college.answer(late, "bank", "approved", college.officer)
    assert now["lines"][0]["state"] == "granted"
    await college.check()


async def test_what_lapses_is_decided_with_what_it_waited_for_and_can_be_appealed_against(college: College) -> None:
    college.decide_by(RELEVANT, hands=procedure(hand("bank", "bank", "decide", within=5), reserves_for=10))
    learner, made = await claimed(college, "M1", "M2")
    college.go_to(datetime.fromisoformat(made["expires_at"]).astimezone(CITY).date())
    await college.work()
    now = await college.read(made)
    line = now["lines"][0]
    assert (now["state"], line["state"], line["refused_by"], line["refusal"]) == ("lapsed", "lapsed", "clock", "lapsed")
    assert now["appeal_until_on"] is not None
    decision = await college.ask("GET", f"/v1/decisions/{line['decision_id']}", learner.actor)
    assert (decision["verdict"], decision["clause"], decision["basis"]["by"]) == ("not_granted", "lapsed", "clock")
    assert decision["basis"]["waited_for"] == {"step": "bank", "hand": "bank", "due_on": "2026-03-09"}
    assert "claim_lapsed" in await college.inbox(learner)
    raised = await appeals(college, made, learner.actor)
    await decides(college, raised, college.reviewer, upheld=True)
    now = await college.read(made)
    assert [line["state"] for line in now["lines"]] == ["granted", "lapsed"]
    assert await college.converted(learner) == 300
    second = await appeals(college, made, learner.actor, kind="human_review", line=2)
    assert second["kind"] == "human_review", "nobody but the clock refused it"
    await college.check()


async def test_a_line_that_lapsed_before_any_hand_saw_it_holds_nothing(college: College) -> None:
    college.decide_by(hands=procedure(hand("department", "department", "review", within=90), DEPARTMENT | {"id": "two"},
                                      reserves_for=5))  # fmt: skip
    learner, made = await claimed(college, "M1")
    college.later(days=20)
    await college.work()
    assert (await college.read(made))["lines"][0]["decision_id"] is not None
    again = await college.claim(learner, (learner.records, "M1"))
    assert again["lines"][0]["state"] == "open"
    await college.check()


NO_YEAR_YET = "DELETE FROM working_day WHERE \"on\" >= '2026-01-02'"


async def test_the_time_of_an_objection_is_counted_once_it_can_be_also_in_the_year_after(college: College) -> None:
    college.go_to(date(2025, 12, 22))
    college.decide_by(hands=procedure(NOTICE))
    _, made = await claimed(college, "M1")
    await college.sql_do(NO_YEAR_YET)
    await objects(college, made, (await college.enrol()).actor)
    assert (await college.read(made))["objection_due_on"] is None, "thirty working days reach into a year not known"
    college.go_to(date(2026, 1, 5))
    await college.work()
    await college.import_holidays()
    college.later(days=1)
    await college.work()
    assert (await college.read(made))["objection_due_on"] == "2026-02-03"


async def test_the_time_to_bring_evidence_begins_once_it_can_be_counted(college: College) -> None:
    college.decide_by(hands=procedure(ISSUER))
    _, made = await claimed(college, "M1")
    await college.sql_do(NO_YEAR_YET)
    step = made["step"]
    now = await college.answer(made, step, "verification_failed", college.issuer, reason="查无此证")
    assert (now["due_on"], now["waits_for"]) == (None, "evidence")
    for _ in range(3):
        college.later(days=1)
        await college.work()
    assert [one["act"] for one in (await college.read(made))["history"]].count("waits") == 1, "it is said once"
    await college.import_holidays()
    college.later(days=1)
    await college.work()
    now = await college.read(made)
    assert (now["due_on"], now["waits_for"]) == ("2026-03-20", "evidence")
    college.go_to(date(2026, 3, 21))
    await college.work()
    now = await college.read(made)
    assert (now["state"], now["lines"][0]["refusal"]) == ("decided", "verification_failed")
    await college.check()


async def test_the_override_of_somebody_who_was_erased_ends_without_a_word_and_keeps_no_other(college: College) -> None:
    college.decide_by(NEVER)
    learner, made = await claimed(college, "M1")
    await confirms(
        college,
        await override(college, made, college.officer, credits="3", expires_on="2026-07-31"),
        college.second_officer,
    )
    of_another, other = await claimed(college, "M1")
    await confirms(
        college,
        await override(college, other, college.officer, credits="3", expires_on="2026-07-31"),
        college.second_officer,
    )
    path = f"/v1/learners/{learner.learner_id}"
    for act in ("closing", "erasure"):
        await college.ask("POST", f"{path}/{act}", college.officer, json={"reason": "本人要求"})
    college.go_to(date(2026, 8, 1))
    await college.work()
    assert await college.sql("SELECT state, count(*) FROM override GROUP BY 1") == [("ended", 2)]
    failed = await college.sql("SELECT count(*) FROM job WHERE kind = 'look after claims' AND last_error IS NOT NULL")
    assert failed == [(0,)]
    assert (await college.read(other))["lines"][0]["state"] == "ended"
    assert await college.converted(of_another) == 0
    await college.check()
