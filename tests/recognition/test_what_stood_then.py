"""What ends on a day stood until then; what should never have been did not stand at all, as is known today."""

from __future__ import annotations

from datetime import date

from tests.recognition.college import College, Learner, room
from tests.recognition.test_cascade import withdraws


async def granted_on(college: College, learner: Learner, day: str) -> list[str]:
    """The courses converted in the transcript of a day, as known today."""
    path = f"/v1/learners/{learner.learner_id}/transcript?as_of={day}"
    found = await college.ask("GET", path, learner.actor)
    return [line["course"]["code"] for line in found["conversions"]]


async def give_up(college: College, learner: Learner, claim_id: str, *, status: int = 200) -> dict[str, object]:
    return await college.ask("POST", f"/v1/claims/{claim_id}/lines/1/giving-up", learner.actor, json={}, status=status)


async def test_what_the_learner_gives_up_frees_its_room_and_stood_until_then(college: College) -> None:
    college.decide_by(room("3"))
    learner = await college.enrol(certificates=2)
    made = await college.claim(learner, ([learner.records[0]], "M1"))
    college.go_to(date(2026, 4, 1))
    second = await college.claim(learner, ([learner.records[1]], "M2"))
    assert second["lines"][0]["state"] == "refused"
    after = await give_up(college, learner, made["claim_id"])
    assert after["lines"][0]["state"] == "ended"  # type: ignore[index]
    assert await college.converted(learner) == 0
    third = await college.claim(learner, ([learner.records[0]], "M2"))
    assert third["lines"][0]["state"] == "granted", "the record and the room are free again"
    assert await granted_on(college, learner, "2026-03-31") == ["M1"]
    assert await granted_on(college, learner, "2026-04-01") == ["M2"]
    await college.check()


async def test_only_what_stands_is_given_up_and_only_by_the_learner(college: College) -> None:
    college.decide_by(room("2"))
    learner = await college.enrol()
    refused = await college.claim(learner, (learner.records, "M1"))
    said = await give_up(college, learner, refused["claim_id"], status=409)
    assert said["code"] == "conversion_does_not_stand"
    college.decide_by()
    made = await college.claim(learner, (learner.records, "M1"))
    path = f"/v1/claims/{made['claim_id']}/lines/1/giving-up"
    stranger = await college.enrol()
    await college.ask("POST", path, stranger.actor, json={}, status=404)
    await college.ask("POST", path, college.registrar, json={}, status=403)
    assert await college.converted(learner) == 300
    await college.check()


async def test_a_withdrawn_certificate_never_stood_for_a_course(college: College) -> None:
    learner = await college.enrol()
    await college.claim(learner, (learner.records, "M1"))
    college.go_to(date(2026, 4, 1))
    assert await granted_on(college, learner, "2026-03-15") == ["M1"]
    await withdraws(college, learner.records[0])
    assert await granted_on(college, learner, "2026-03-15") == []
    assert await college.converted(learner) == 0
    await college.check()
