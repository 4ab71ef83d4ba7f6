"""Claiming over HTTP: what is granted, what is refused and why, and what stays as it was."""

from __future__ import annotations

from tests.recognition.college import College


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
