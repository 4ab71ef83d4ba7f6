"""Guardians: recorded for a child under fourteen, acting for it, ending by themselves on the fourteenth birthday."""

from __future__ import annotations

import asyncio
from uuid import UUID

from creditbank import clock
from creditbank.identity.actor import Actor
from creditbank.learners.guardians import may_act_for
from tests.learners.people import PASSWORD, City, born, later, resident, someone
from tests.open_bank import person


async def signed_in(city: City, login: str, password: str) -> Actor:
    """The caller behind a real token."""
    answer = await city.sign_in(login, password)
    assert answer.status_code == 200, answer.text
    found: Actor = city.bank.app.state.tokens.actor(answer.json()["access_token"])
    return found


async def may(city: City, actor: Actor, learner_id: UUID) -> bool:
    async with city.bank.database.session() as session:
        return await may_act_for(session, actor, learner_id, on=clock.today(city.at), keyring=city.bank.keyring)


async def test_a_guardian_signs_in_and_sees_and_acts_for_the_child(city: City) -> None:
    child = await city.pupil("王小明", 1, born(city, years=10))
    given = (await city.guardian(child)).json()
    guardian = await signed_in(city, given["login_name"], given["password"])
    seen = await city.get(f"/v1/learners/{child}", guardian)
    assert (seen.json()["name"], seen.json()["seen_by"]) == ("王小明", "guardian")
    assert (await city.get(f"/v1/learners/{child}/transcript", guardian)).status_code == 200
    assert await may(city, guardian, child)
    said = {"purpose": "transcript", "institution_id": str(city.other.institution_id), "given": True}
    assert (await city.post(f"/v1/learners/{child}/consents", guardian, said)).status_code == 201
    assert await city.inbox(child) == ["guardian_recorded"]


async def test_everything_a_guardian_could_do_ends_on_the_fourteenth_birthday(city: City) -> None:
    child = await city.pupil("王小明", 1, born(city, years=14, days=1))
    given = (await city.guardian(child)).json()
    guardian = await signed_in(city, given["login_name"], given["password"])
    assert await may(city, guardian, child)
    later(city, days=1)
    guardian = Actor(name=f"login:{await _login_of(city, child)}", roles=frozenset({"guardian"}))
    assert not await may(city, guardian, child)
    for path in ("", "/transcript", "/inbox", "/guardians", "/consents"):
        assert (await city.get(f"/v1/learners/{child}{path}", guardian)).status_code == 404
    refused = await city.sign_in(given["login_name"], given["password"])
    assert (refused.status_code, "十四周岁" in refused.json()["error_description_zh"]) == (400, True)
    assert await may(city, city.learner(child), child)


async def _login_of(city: City, child: UUID) -> UUID:
    rows = await city.sql("SELECT login_id FROM guardianship WHERE learner_id = :child", child=child)
    found: UUID = rows[0].login_id
    return found


async def test_a_child_with_a_guardian_may_look_and_not_bind_itself(city: City) -> None:
    child = await city.pupil("王小明", 1, born(city, years=12))
    await city.guardian(child)
    assert (await city.activate(await city.code(child), "王小明", "wang")).status_code == 201
    me = await signed_in(city, "wang", PASSWORD)
    assert (await city.get(f"/v1/learners/{child}", me)).status_code == 200
    assert not await may(city, me, child)
    said = {"purpose": "transcript", "institution_id": str(city.other.institution_id), "given": True}
    refused = await city.post(f"/v1/learners/{child}/consents", me, said)
    assert (refused.status_code, refused.json()["code"]) == (403, "guardian_acts")
    closing = await city.post(f"/v1/learners/{child}/closing", me, {"reason": "不用了"})
    assert closing.json()["code"] == "guardian_acts"


async def test_a_guardian_of_two_children_has_one_way_in(city: City) -> None:
    elder = await city.pupil("王小明", 1, born(city, years=12))
    younger = await city.pupil("王小红", 2, born(city, years=9))
    first = (await city.guardian(elder)).json()
    second = (await city.guardian(younger)).json()
    assert (second["login_name"], second["password"]) == (None, None)
    guardian = await signed_in(city, first["login_name"], first["password"])
    for child in (elder, younger):
        assert (await city.get(f"/v1/learners/{child}", guardian)).status_code == 200


async def test_the_same_guardian_recorded_for_two_children_at_once_has_one_way_in(city: City) -> None:
    children = [await city.pupil("王小明", serial, born(city, years=9)) for serial in (1, 2, 3)]
    answers = await asyncio.gather(*(city.guardian(child) for child in children))
    assert [answer.status_code for answer in answers] == [201] * 3
    assert sum(answer.json()["password"] is not None for answer in answers) == 1


async def test_a_guardian_that_was_ended_lends_its_way_in_to_nobody(city: City) -> None:
    elder = await city.pupil("王小明", 1, born(city, years=12))
    younger = await city.pupil("王小红", 2, born(city, years=9))
    false = (await city.guardian(elder)).json()
    ending = f"/v1/learners/{elder}/guardians/{false['guardianship_id']}/end"
    assert (await city.post(ending, city.registrar, {"reason": "登记有误"})).status_code == 200
    assert (await city.post(ending, city.registrar, {"reason": "登记有误"})).status_code == 200
    assert await city.inbox(elder) == ["guardian_recorded", "guardian_ended"]
    right = (await city.guardian(younger)).json()
    assert right["login_name"] not in (None, false["login_name"])
    assert (await city.sign_in(false["login_name"], false["password"])).status_code == 400


async def test_a_guardian_is_refused_where_there_is_none_to_be(city: City) -> None:
    child = await city.pupil("王小明", 1, born(city, years=10))
    grown = await city.pupil("钱二", 2, born(city, years=14))
    for answer, code in (
        (await city.guardian(grown), "guardian_not_needed"),
        (await city.guardian(child, born=born(city, years=18, days=1)), "guardian_too_young"),
        (await city.guardian(child), ""),
        (await city.guardian(child), "guardian_recorded_already"),
    ):
        assert answer.json().get("code", "") == code
    other_name = await city.guardian(await city.pupil("孙三", 3, born(city, years=8)), name="李桂花")
    assert (other_name.status_code, other_name.json()["code"]) == (409, "guardian_under_review")


async def test_a_registrar_records_guardians_of_the_schools_own_children_only(city: City) -> None:
    child = await city.open(someone("王小明", 1, born(city, years=10)), by=city.other)
    await city.enrol(someone("王小明", 1, born(city, years=10)), "T1", by=city.other)
    assert (await city.guardian(child)).status_code == 404
    said = {**someone("李桂芳", 900, "19800101"), "relation": "mother", "evidence": "户口簿"}
    assert (await city.post(f"/v1/learners/{child}/guardians", city.officer, said)).status_code == 201


async def test_guardians_are_listed_masked_and_their_evidence_is_for_officers(city: City) -> None:
    child = await city.pupil("王小明", 1, born(city, years=10))
    await city.guardian(child)
    (shown,) = (await city.get(f"/v1/learners/{child}/guardians", city.learner(child))).json()["guardians"]
    assert (shown["name"], shown["evidence"], shown["in_force"]) == ("李*芳", None, True)
    assert shown["document_number"].count("*") == 10
    (whole,) = (await city.get(f"/v1/learners/{child}/guardians", city.officer)).json()["guardians"]
    assert (whole["name"], whole["evidence"]) == ("李桂芳", "户口簿")
    assert resident(900, "19800101") not in str(whole)


async def test_a_lost_password_of_a_guardian_is_renewed_by_an_officer(city: City) -> None:
    child = await city.pupil("王小明", 1, born(city, years=10))
    given = (await city.guardian(child)).json()
    path = f"/v1/learners/{child}/guardians/{given['guardianship_id']}/password"
    assert (await city.post(path, city.registrar, {"reason": "遗失"})).status_code == 403
    renewed = (await city.post(path, city.officer, {"reason": "持证件到窗口办理"})).json()
    assert (await city.sign_in(given["login_name"], given["password"])).status_code == 400
    assert (await city.sign_in(given["login_name"], renewed["password"])).status_code == 200


async def test_a_guardian_of_one_child_is_a_stranger_to_another(city: City) -> None:
    child = await city.pupil("王小明", 1, born(city, years=10))
    other = await city.pupil("钱二", 2, born(city, years=10))
    given = (await city.guardian(child)).json()
    guardian = await signed_in(city, given["login_name"], given["password"])
    for path in ("", "/transcript", "/inbox", "/guardians", "/consents"):
        assert (await city.get(f"/v1/learners/{other}{path}", guardian)).status_code == 404
    said = {"purpose": "notices", "given": True}
    assert (await city.post(f"/v1/learners/{other}/consents", guardian, said)).status_code == 404
    assert not await may(city, guardian, other)


async def test_a_registrar_records_no_invented_guardian_for_a_child_that_another_school_enrolled(city: City) -> None:
    born_on = born(city, years=10)
    child = await city.pupil("王小明", 1, born_on)
    right = (await city.guardian(child)).json()
    elsewhere = person("registrar", institution_id=city.other.institution_id)
    later(city, seconds=1)
    await city.enrol(someone("王小明", 1, born_on), "X1", by=city.other)
    said = {**someone("赵六", 901, "19800101"), "relation": "father", "evidence": "户口簿"}
    refused = await city.post(f"/v1/learners/{child}/guardians", elsewhere, said)
    assert (refused.status_code, refused.json()["code"]) == (409, "another_school_acts")
    ending = f"/v1/learners/{child}/guardians/{right['guardianship_id']}/end"
    assert (await city.post(ending, elsewhere, {"reason": "换人"})).json()["code"] == "another_school_acts"
