"""Who sees a learner: the learner, a guardian, the bank with a reason, a school as far as it may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from creditbank import clock
from creditbank.identity.actor import Actor, Reach
from creditbank.learners.sight import ALL, Sight, sight_of
from tests.learners.people import City, later, someone
from tests.open_bank import person


async def sight(city: City, actor: Actor, learner_id: UUID, *reach: Reach) -> Sight | None:
    async with city.bank.database.session() as session:
        return await sight_of(
            session,
            replace(actor, reach=frozenset(reach)),
            learner_id,
            at=city.at,
            keyring=city.bank.keyring,
            purpose="窗口咨询",
        )


async def consent(city: City, learner_id: UUID, *, given: bool = True, **more: Any) -> dict[str, Any]:
    said = {"purpose": "transcript", "institution_id": str(city.other.institution_id), "given": given, **more}
    answer = await city.post(f"/v1/learners/{learner_id}/consents", city.learner(learner_id), said)
    assert answer.status_code == 201, answer.text
    later(city, seconds=1)
    found: dict[str, Any] = answer.json()
    return found


async def test_learners_see_themselves_without_asking_the_database(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)

    class Nothing:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    me = replace(city.learner(learner_id), reach=frozenset({Reach.OWN}))
    assert await sight_of(Nothing(), me, learner_id, at=city.at, keyring=city.bank.keyring) == ALL  # type: ignore[arg-type]


async def test_a_learner_sees_merged_accounts_until_they_are_parted(city: City) -> None:
    mine, other = await city.pupil("王小明", 1), await city.pupil("王小明", 2)
    me = city.learner(mine)
    assert await sight(city, me, other, Reach.OWN) is None
    await city.merge(mine, into=other)
    assert await sight(city, me, other, Reach.OWN) == ALL
    assert await sight(city, city.learner(other), mine, Reach.OWN) == ALL
    await city.sql("UPDATE learner_alias SET ended_at = now(), ended_by = 'test'")
    assert await sight(city, me, other, Reach.OWN) is None


async def test_a_school_sees_what_it_reported_and_another_sees_nothing(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    here = city.school.institution_id
    for reach in (Reach.INSTITUTION, Reach.CONSENTED):
        assert await sight(city, city.school, learner_id, reach) == Sight("reported_by", here)
        assert await sight(city, city.other, learner_id, reach) is None


async def test_an_institution_that_only_opened_the_account_sees_nothing(city: City) -> None:
    learner_id = await city.open(someone("王小明", 1))
    assert await sight(city, city.school, learner_id, Reach.CONSENTED) is None


async def test_consent_shows_everything_from_the_word_given_to_the_word_taken_back(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    before = city.at
    await consent(city, learner_id)
    assert await sight(city, city.other, learner_id, Reach.CONSENTED) == ALL
    assert await sight(city, city.school, learner_id, Reach.CONSENTED) == Sight(
        "reported_by", city.school.institution_id
    )
    assert await sight(city, city.other, learner_id, Reach.INSTITUTION) is None
    now, city.at = city.at, before
    later(city, seconds=-1)
    assert await sight(city, city.other, learner_id, Reach.CONSENTED) is None
    city.at = now
    await consent(city, learner_id, given=False)
    assert await sight(city, city.other, learner_id, Reach.CONSENTED) is None
    await consent(city, learner_id)
    assert await sight(city, city.other, learner_id, Reach.CONSENTED) == ALL


async def test_consent_to_something_else_shows_no_transcript(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    await consent(city, learner_id, purpose="recognition")
    assert await sight(city, city.other, learner_id, Reach.CONSENTED) is None


async def test_consent_holds_through_its_last_day_in_the_city(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    last = clock.today(city.at)
    await consent(city, learner_id, until_on=last.isoformat())
    while clock.today(city.at) == last:
        assert await sight(city, city.other, learner_id, Reach.CONSENTED) == ALL
        later(city, hours=1)
    assert await sight(city, city.other, learner_id, Reach.CONSENTED) is None


async def test_consent_given_on_one_account_holds_for_the_person(city: City) -> None:
    mine, other = await city.pupil("王小明", 1), await city.pupil("王小明", 2)
    await consent(city, mine)
    assert await sight(city, city.other, other, Reach.CONSENTED) is None
    await city.merge(mine, into=other)
    assert await sight(city, city.other, other, Reach.CONSENTED) == ALL


async def test_an_officers_look_is_logged_with_its_purpose(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    assert await sight(city, city.officer, learner_id, Reach.ANY) == ALL
    rows = await city.sql("SELECT actor, act, purpose, learner_id FROM access_entry WHERE act = 'learner_seen'")
    assert [tuple(row) for row in rows] == [(city.officer.name, "learner_seen", "窗口咨询", learner_id)]


async def test_nobody_sees_an_account_that_is_not_there(city: City) -> None:
    for actor, reach in ((city.officer, Reach.ANY), (city.school, Reach.CONSENTED), (person("guardian"), Reach.CHILD)):
        assert await sight(city, actor, UUID(int=7), reach) is None


async def test_officers_say_what_they_look_for(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    path = f"/v1/learners/{learner_id}"
    refused = await city.get(path, city.officer)
    assert (refused.status_code, refused.json()["code"]) == (400, "purpose_missing")
    whole = (await city.get(path, city.officer, purpose="窗口咨询")).json()
    assert (whole["name"], whole["seen_by"]) == ("王小明", "officer")
    assert [document["number"].count("*") for document in whole["documents"]] == [10]


async def test_an_institution_sees_its_own_enrolments_and_neither_names_nor_documents(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    await city.enrol(someone("王小明", 1), "T777", by=city.other)
    seen = (await city.get(f"/v1/learners/{learner_id}", city.registrar)).json()
    assert (seen["name"], seen["names"], seen["documents"], seen["erased"]) == (None, [], [], False)
    assert [enrolment["student_no"] for enrolment in seen["enrolments"]] == ["S001"]
    mine = (await city.get(f"/v1/learners/{learner_id}", city.learner(learner_id))).json()
    assert {enrolment["student_no"] for enrolment in mine["enrolments"]} == {"S001", "T777"}


async def test_a_stranger_and_an_unknown_account_look_the_same(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    stranger = city.learner(await city.pupil("钱二", 2))
    for actor in (stranger, city.other, person("guardian")):
        there = await city.get(f"/v1/learners/{learner_id}", actor)
        nowhere = await city.get(f"/v1/learners/{UUID(int=7)}", actor)
        assert there.status_code == nowhere.status_code == 404
        assert {**there.json(), "instance": ""} == {**nowhere.json(), "instance": ""}


@pytest.mark.parametrize("purpose", ["transcript", "recognition"])
async def test_consent_to_show_something_names_to_whom(city: City, purpose: str) -> None:
    learner_id = await city.pupil("王小明", 1)
    path, me = f"/v1/learners/{learner_id}/consents", city.learner(learner_id)
    assert (await city.post(path, me, {"purpose": purpose, "given": True})).status_code == 422
    unknown = {"purpose": purpose, "given": True, "institution_id": str(UUID(int=7))}
    assert (await city.post(path, me, unknown)).json()["code"] == "institution_unknown"
    over = {"purpose": "notices", "given": True, "until_on": "2020-01-01"}
    assert (await city.post(path, me, over)).status_code == 422


async def test_every_word_about_consent_stays_readable(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    await consent(city, learner_id)
    await consent(city, learner_id, given=False)
    await consent(city, learner_id, purpose="notices", institution_id=None)
    found = (await city.get(f"/v1/learners/{learner_id}/consents", city.learner(learner_id))).json()
    assert [(word["purpose"], word["given"]) for word in found["words"]] == [
        ("notices", True),
        ("transcript", False),
        ("transcript", True),
    ]
    assert [held["purpose"] for held in found["in_force"]] == ["notices"]


async def test_nobody_consents_for_another(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    stranger = city.learner(await city.pupil("钱二", 2))
    said = {"purpose": "transcript", "institution_id": str(city.other.institution_id), "given": True}
    path = f"/v1/learners/{learner_id}/consents"
    assert (await city.post(path, stranger, said)).status_code == 404
    for actor in (city.school, city.registrar, city.officer):
        assert (await city.post(path, actor, said)).status_code == 403


async def test_a_school_that_withdrew_what_it_reported_sees_the_learner_no_more_but_can_read_what_it_withdrew(
    city: City,
) -> None:
    learner_id = await city.pupil("王小明", 1)
    await city.enrol(someone("王小明", 1), "X1", by=city.other)
    (record,) = await city.sql(
        "SELECT record_id FROM record_current WHERE institution_id = :id", id=city.other.institution_id
    )
    transcript = f"/v1/learners/{learner_id}/transcript"
    assert (await city.get(transcript, city.other)).status_code == 200
    withdrawn = await city.post(f"/v1/records/{record.record_id}/withdrawal", city.other, {"reason": "报错了人"})
    assert withdrawn.status_code == 200, withdrawn.text
    assert (await city.get(transcript, city.other)).status_code == 404
    assert (await city.get(f"/v1/learners/{learner_id}", city.other)).status_code == 404
    assert (await city.get(f"/v1/records/{record.record_id}", city.other)).status_code == 200
    assert (await city.get(transcript, city.school)).status_code == 200
