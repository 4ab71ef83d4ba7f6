"""A college claims for a class: many learners at once, an outcome for each."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from creditbank.identifiers import new_id
from creditbank.recognition import claiming, refusals
from creditbank.recognition.opening import Opened
from tests.open_bank import machine, person
from tests.recognition.college import DEPARTMENT, College, procedure, room


def member(who: Any, records: Any, code: str = "M1") -> dict[str, Any]:
    named = {"learner_id": str(who)} if not isinstance(who, str) else {"student_no": who}
    return {**named, "lines": [{"record_ids": [str(one) for one in records], "course_code": code}]}


async def claims(college: College, *members: dict[str, Any], actor: Any = None, status: int = 201) -> dict[str, Any]:
    path = f"/v1/plans/{college.plan}/class-claims"
    return await college.ask("POST", path, actor or college.registrar, json={"learners": members}, status=status)


async def consents(college: College, learner: Any) -> None:
    body = {"purpose": "recognition", "institution_id": str(college.college), "given": True}
    path = f"/v1/learners/{learner.learner_id}/consents"
    await college.ask("POST", path, learner.actor, json=body, status=201)


async def test_a_registrar_claims_for_a_class_and_what_is_wrong_with_one_stops_no_other(college: College) -> None:
    first, second, third = [await college.enrol(certificates=2) for _ in range(3)]
    for one in (first, second):
        await consents(college, one)
    said = await claims(
        college,
        member(first.learner_id, first.records[:1]),
        member(f"2024{second.serial:04d}", second.records[:1]),
        member(third.learner_id, third.records[:1]),
        member(new_id(), first.records),
        member(first.learner_id, first.records[1:], "M2"),
        member(second.learner_id, second.records[1:], "M2"),
        {"lines": member(first.learner_id, first.records)["lines"]},
    )
    codes = [(one["outcome"], (one["problem"] or {}).get("code")) for one in said["outcomes"]]
    assert codes == [
        ("claimed", None),
        ("claimed", None),
        ("refused", "not_found"),  # its records are another's, and it did not consent
        ("refused", "not_found"),
        ("refused", "learner_claimed_twice"),
        ("refused", "learner_claimed_twice"),
        ("refused", "malformed"),
    ]
    assert [await college.converted(one) for one in (first, second, third)] == [300, 300, 0]
    assert (await college.inbox(first))[0] == "claim_made_for_you"
    await college.check()


async def test_a_college_claims_by_a_plan_of_its_own_only(college: College) -> None:
    learner = await college.enrol()
    other = person("registrar", institution_id=college.school)
    await claims(college, member(learner.learner_id, learner.records), actor=other, status=404)
    await claims(college, member(learner.learner_id, learner.records), actor=learner.actor, status=403)


async def test_a_machine_of_the_college_claims_too_and_the_learner_may_take_it_back(college: College) -> None:
    college.decide_by(hands=procedure(DEPARTMENT))
    learner = await college.enrol()
    await consents(college, learner)
    client = machine("claims:write", institution_id=college.college)
    said = await claims(college, member(learner.learner_id, learner.records), actor=client)
    path = f"/v1/claims/{said['outcomes'][0]['claim_id']}/withdrawal"
    now = await college.ask("POST", path, learner.actor, json={})
    assert now["state"] == "withdrawn"


async def test_a_class_of_forty_is_claimed_for_in_one_call(college: College) -> None:
    college.decide_by(room("3"))
    learners = [await college.enrol(certificates=1) for _ in range(40)]
    for one in learners:
        await consents(college, one)
    said = await claims(college, *(member(one.learner_id, one.records) for one in learners))
    assert {one["outcome"] for one in said["outcomes"]} == {"claimed"}
    assert await college.converted() == 40 * 300
    await college.check()


async def test_a_claim_that_is_refused_half_way_leaves_nothing_of_itself_in_what_the_class_writes(
    college: College, monkeypatch: pytest.MonkeyPatch
) -> None:
    learners = [await college.enrol() for _ in range(3)]
    for one in learners:
        await consents(college, one)
    served = [len(await college.inbox(one)) for one in learners]
    goes_on = claiming.go_on

    async def stops_at_the_second(session: Any, writing: Any, opened: Opened, **more: Any) -> None:
        if opened.person.root == learners[1].learner_id:
            raise refusals.RecordNotLive
        await goes_on(session, writing, opened, **more)

    monkeypatch.setattr(claiming, "go_on", stops_at_the_second)
    said = await claims(college, *(member(one.learner_id, one.records) for one in learners))
    assert [one["outcome"] for one in said["outcomes"]] == ["claimed", "refused", "claimed"]
    assert [await college.converted(one) for one in learners] == [300, 0, 300]
    for table in ("claim", "claim_line", "claim_act", "conversion", "record_use"):
        (count,) = await college.sql(f"SELECT count(*)::int FROM {table} WHERE learner_id = %s", learners[1].learner_id)
        assert count == (0,), table
    now = [len(await college.inbox(one)) for one in learners]
    assert now[1] == served[1], "nor is anything served"
    assert now[0] > served[0]
    await college.check()


async def test_consent_to_see_a_transcript_is_no_consent_to_claim_with_the_records_of_others(college: College) -> None:
    learner = await college.enrol()
    path = f"/v1/learners/{learner.learner_id}/consents"
    body = {"purpose": "transcript", "institution_id": str(college.college), "given": True}
    await college.ask("POST", path, learner.actor, json=body, status=201)
    (one,) = (await claims(college, member(learner.learner_id, learner.records)))["outcomes"]
    assert (one["outcome"], one["problem"]["code"]) == ("refused", "not_found")
    await consents(college, learner)
    (one,) = (await claims(college, member(learner.learner_id, learner.records)))["outcomes"]
    assert one["outcome"] == "claimed"
    await college.ask("POST", path, learner.actor, json={**body, "purpose": "recognition", "given": False}, status=201)
    (one,) = (await claims(college, member(learner.learner_id, learner.records, "M2")))["outcomes"]
    assert one["outcome"] == "refused", "taken back"


async def test_what_would_come_of_it_is_what_comes_of_it_and_nothing_of_the_look_is_kept(college: College) -> None:
    college.decide_by(room("3"))
    learner, stranger = [await college.enrol(certificates=2) for _ in range(2)]
    await consents(college, learner)
    found = await college.ask("GET", f"/v1/plans/{college.plan}/achievements", college.registrar)
    assert [(one["what"], one["learners"]) for one in found["items"]] == [("X0", 1), ("X1", 1)]
    asked = {"institution_id": str(college.body), "kind": "certificate", "what": "X0", "course_code": "M1"}
    path = f"/v1/plans/{college.plan}/class-candidates"
    (candidate,) = (await college.ask("GET", path, college.registrar, params=asked))["items"]
    assert (candidate["learner_id"], candidate["record_id"]) == (str(learner.learner_id), str(learner.records[0]))
    assert candidate["student_no"] == f"2024{learner.serial:04d}"
    members = [
        {"learner_id": str(learner.learner_id), "lines": [
            {"record_ids": [str(learner.records[0])], "course_code": "M1"},
            {"record_ids": [str(learner.records[1])], "course_code": "M2"},
        ]},
        member(stranger.learner_id, stranger.records[:1]),
    ]  # fmt: skip
    path = f"/v1/plans/{college.plan}/class-claims/preview"
    looked = await college.ask("POST", path, college.registrar, json={"learners": members})
    first, second = looked["outcomes"]
    assert [(one["state"], one["decision_id"]) for one in first["lines"]] == [("granted", None), ("refused", None)]
    assert first["lines"][1]["refusal"] == "room"
    assert (second["outcome"], second["problem"]["code"]) == ("refused", "not_found")
    for table in ("claim", "conversion", "claim_act"):
        query: Any = f"SELECT FROM {table} WHERE learner_id = %s"
        assert await college.sql(query, learner.learner_id) == [], table
    assert await college.converted() == 0
    assert "claim_made_for_you" not in await college.inbox(learner)
    logged = await college.sql("SELECT actor, learner_id FROM access_entry WHERE act = 'claim_foreseen'")
    assert logged == [(college.registrar.name, learner.learner_id)], "the learner finds that somebody looked"
    said = await claims(college, *members)
    made = await college.read(said["outcomes"][0])
    assert [one["state"] for one in made["lines"]] == ["granted", "refused"]
    await college.check()


async def test_consent_that_is_taken_back_or_over_takes_the_records_from_the_list(college: College) -> None:
    learner = await college.enrol()
    path = f"/v1/plans/{college.plan}/achievements"
    counts = []
    for given in (True, False):
        body = {"purpose": "recognition", "institution_id": str(college.college), "given": given}
        await college.ask("POST", f"/v1/learners/{learner.learner_id}/consents", learner.actor, json=body, status=201)
        counts.append(len((await college.ask("GET", path, college.registrar))["items"]))
        college.later(minutes=1)
    assert counts == [1, 0]
    other = person("registrar", institution_id=college.school)
    await college.ask("GET", path, other, status=404)
    half_a_character = urlsafe_b64encode(rb'[1,"%s","certificate","\ud800"]' % str(college.body).encode())
    cursor = {"cursor": half_a_character.rstrip(b"=").decode()}
    await college.ask("GET", path, college.registrar, params=cursor, status=422)
