"""Accounts that prove to be one person's, or not: only what the one brings to the other changes what stands."""

from __future__ import annotations

from typing import Any

from tests.recognition.college import DEPARTMENT, College, Learner, procedure, room
from tests.recognition.test_appeals import NEVER, confirms, override
from tests.recognition.test_cascade import NOT_PASSED, merges, passes
from tests.recognition.test_hands import claimed


async def states(college: College, *claims: dict[str, Any]) -> list[str]:
    """How the first line of each claim stands."""
    return [(await college.read(one))["lines"][0]["state"] for one in claims]


async def parts(college: College, merge: dict[str, Any]) -> None:
    """The merge proves wrong."""
    path = f"/v1/learner-merges/{merge['alias_id']}/end"
    await college.ask("POST", path, college.officer, json={"reason": "不是同一人"})


async def beyond_the_cap(college: College) -> tuple[Learner, list[dict[str, Any]]]:
    """Somebody whose three credits fill the cap, and whom two people granted three more."""
    college.decide_by(room("3"))
    learner, by_rules = await claimed(college, "M1")
    by_people = await college.claim(learner, ([await college.certificate(learner, 1)], "M2"))
    assert by_people["lines"][0]["refusal"] == "room"
    await confirms(college, await override(college, by_people, college.officer, credits="3"), college.second_officer)
    return learner, [by_rules, by_people]


async def test_an_account_that_brings_nothing_takes_nothing_and_parted_again_neither(college: College) -> None:
    learner, claims = await beyond_the_cap(college)
    college.later(days=1)
    merge = await merges(college, await college.enrol(), learner)
    assert await states(college, *claims) == ["granted", "granted"]
    college.later(days=1)
    await parts(college, merge)
    assert await states(college, *claims) == ["granted", "granted"]
    assert await college.converted(learner) == 600
    await college.check()


async def test_what_the_learner_passed_since_is_no_matter_of_a_merge_and_what_the_other_account_passed_is(
    college: College,
) -> None:
    college.decide_by(NOT_PASSED)
    learner, kept = await claimed(college, "M1")
    await passes(college, learner, "M1")
    await merges(college, await college.enrol(), learner)
    assert await states(college, kept) == ["granted"]
    another, gone = await claimed(college, "M1")
    passed = await college.enrol()
    await passes(college, passed, "M1")
    await merges(college, passed, another)
    now = (await college.read(gone))["lines"][0]
    assert (now["state"], now["refusal"]) == ("ended", "not-passed-yet")
    replayed = await college.ask("POST", f"/v1/decisions/{now['decision_id']}/replay", college.officer)
    assert replayed["same"] is True
    await college.check()


async def test_what_was_given_up_before_a_merge_leaves_its_room(college: College) -> None:
    college.decide_by(room("6"))
    learner, first = await claimed(college, "M1")
    second = await college.claim(learner, ([await college.certificate(learner, 1)], "M2"))
    path = f"/v1/claims/{first['claim_id']}/lines/1/giving-up"
    await college.ask("POST", path, learner.actor, json={})
    other, theirs = await claimed(college, "M3")
    await merges(college, other, learner)
    assert await states(college, second, theirs) == ["granted", "granted"]
    await college.check()


async def test_what_was_granted_stands_before_what_the_other_account_waits_for(college: College) -> None:
    learner, granted = await claimed(college, "M1")
    college.decide_by(hands=procedure(DEPARTMENT))
    other, waiting = await claimed(college, "M1")
    await merges(college, other, learner)
    assert await states(college, granted, waiting) == ["granted", "open"]
    now = await college.answer(waiting, "department", "approved", college.department)
    assert now["lines"][0]["refusal"] == "course_already_replaced"
    assert await college.converted() == 300
    await college.check()


async def test_a_course_that_people_granted_in_both_accounts_stands_once(college: College) -> None:
    college.decide_by(NEVER)
    people, made = [], []
    for _ in range(2):
        learner, claim = await claimed(college, "M1")
        await confirms(college, await override(college, claim, college.officer, credits="3"), college.second_officer)
        people.append(learner)
        made.append(claim)
        college.later(days=1)
    await merges(college, *people)
    assert await states(college, *made) == ["granted", "ended"]
    assert (await college.read(made[1]))["lines"][0]["refusal"] == "course_already_replaced"
    assert await college.converted() == 300
    await college.check()
