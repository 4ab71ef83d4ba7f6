"""What officers do about who somebody is: look up, rename, add documents, close, open again, erase."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from creditbank.erasures import FILE, read_erasures
from creditbank.learners.lookups import _way
from creditbank.learners.schemas import LookupIn
from tests.learners.people import City, later, resident, someone
from tests.open_bank import person

WANG = someone("王小明", 1)


async def found(city: City, **asked: Any) -> list[str]:
    answer = await city.post("/v1/learner-lookups", city.officer, {"purpose": "窗口查询", **asked})
    assert answer.status_code == 200, answer.text
    return [learner["learner_id"] for learner in answer.json()["learners"]]


# --- looking up -------------------------------------------------------------------------------------------------


async def test_a_person_is_found_by_document_number_or_name_with_birth(city: City) -> None:
    learner_id = await city.open(WANG)
    namesake = await city.open(someone("王小明", 2, "20060606"))
    account_no = (await city.sql("SELECT account_no FROM learner WHERE learner_id = :id", id=learner_id))[0].account_no
    assert await found(city, document=WANG["document"]) == [str(learner_id)]
    assert await found(city, account_no=account_no) == [str(learner_id)]
    assert await found(city, name="王小明", birth_on="2005-01-01") == [str(learner_id)]
    assert await found(city, name="王 小明", birth_on="2006-06-06") == [str(namesake)]
    assert await found(city, name="王小明", birth_on="2007-01-01") == []


async def test_every_look_is_logged_with_its_purpose_whether_it_found_anybody_or_not(city: City) -> None:
    learner_id = await city.open(WANG)
    await found(city, document=WANG["document"])
    await found(city, document={"kind": "resident_id", "number": resident(9)})
    key = {"Idempotency-Key": "k"}
    for _ in range(2):
        said = {"purpose": "再查", "document": WANG["document"]}
        await city.post("/v1/learner-lookups", city.officer, said, **key)
    rows = await city.sql("SELECT learner_id, purpose, actor FROM access_entry ORDER BY entry_id")
    assert [tuple(row) for row in rows] == [
        (learner_id, "窗口查询", city.officer.name),
        (None, "窗口查询", city.officer.name),
        (learner_id, "再查", city.officer.name),
        (learner_id, "再查", city.officer.name),
    ]


async def test_what_a_look_showed_is_kept_nowhere(city: City) -> None:
    await city.open(WANG)
    before = len(await city.sql("SELECT 1 FROM stored_response"))
    await found(city, document=WANG["document"])
    assert len(await city.sql("SELECT 1 FROM stored_response")) == before


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"name": "王小明"},
        {"birth_on": "2005-01-01"},
        {"name": "王小明", "birth_on": "2005-01-01", "account_no": "409615382274"},
        {"document": WANG["document"], "name": "王小明"},
    ],
)
async def test_a_look_is_for_one_thing_and_says_what_for(city: City, asked: dict[str, Any]) -> None:
    answer = await city.post("/v1/learner-lookups", city.officer, {"purpose": "窗口查询", **asked})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    without = await city.post("/v1/learner-lookups", city.officer, {"document": WANG["document"]})
    assert without.status_code == 422


def test_the_way_that_is_asked_is_the_one_that_is_logged() -> None:
    assert _way(LookupIn.model_validate({"purpose": "x", "document": WANG["document"]})) == "document"
    assert _way(LookupIn.model_validate({"purpose": "x", "name": "王", "birth_on": "2005-01-01"})) == "name"


# --- names and documents ----------------------------------------------------------------------------------------


async def test_a_new_name_ends_the_one_before_and_both_are_history(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    path, said = f"/v1/learners/{learner_id}/names", {"name": "王明远", "evidence": "户籍更名证明，已查验"}
    given = await city.post(path, city.officer, said)
    assert given.status_code == 200
    assert "王明远" not in given.text
    again = await city.post(path, city.officer, said)
    assert (again.status_code, again.json()["code"]) == (409, "name_already_current")
    later(city, days=1)
    mine = (await city.get(f"/v1/learners/{learner_id}", city.learner(learner_id))).json()
    assert (mine["name"], [name["name"] for name in mine["names"]]) == ("王明远", ["王明远", "王小明"])
    assert [name["ended_at"] is None for name in mine["names"]] == [True, False]
    assert await city.inbox(learner_id) == ["name_changed"]


async def test_a_renewed_passport_finds_the_same_person_as_the_old_one(city: City) -> None:
    old = {"name": "Maria Ivanova", "document": {"kind": "passport", "number": "E1234567", "birth_on": "2001-02-03"}}
    learner_id = await city.open(old)
    shown = (await city.get(f"/v1/learners/{learner_id}", city.learner(learner_id))).json()["documents"]
    new = {"kind": "passport", "number": "E7654321"}
    said = {"document": new, "evidence": "护照原件", "replaces": shown[0]["document_id"]}
    assert (await city.post(f"/v1/learners/{learner_id}/documents", city.officer, said)).status_code == 200
    for document in (old["document"], new):
        assert await found(city, document=document) == [str(learner_id)]
        asked = {**old, "document": document}
        assert (await city.post("/v1/learners", city.school, asked)).json()["outcome"] == "exists"
    documents = (await city.get(f"/v1/learners/{learner_id}", city.learner(learner_id))).json()["documents"]
    assert [document["ended_at"] is None for document in documents] == [False, True]


async def test_a_document_of_another_learner_is_refused_with_that_account(city: City) -> None:
    learner_id, other = await city.open(WANG), await city.open(someone("钱二", 2))
    number = (await city.sql("SELECT account_no FROM learner WHERE learner_id = :id", id=other))[0].account_no
    path = f"/v1/learners/{learner_id}/documents"
    said = {"document": someone("钱二", 2)["document"], "evidence": "证件原件"}
    refused = await city.post(path, city.officer, said)
    assert (refused.status_code, refused.json()["code"]) == (409, "document_of_another")
    assert number in refused.json()["detail_en"]
    assert (await city.post(path, city.registrar, said)).status_code == 403
    own = await city.post(path, city.officer, {**said, "document": WANG["document"]})
    assert own.json()["code"] == "document_already_recorded"
    young = {"kind": "resident_id", "number": resident(5, "20150101")}
    differs = await city.post(path, city.officer, {**said, "document": young})
    assert differs.json()["code"] == "birth_date_differs"
    assert await city.inbox(learner_id) == []


# --- closing and opening again ----------------------------------------------------------------------------------


async def test_a_closed_account_takes_no_deposit_until_it_is_opened_again(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    given = await city.code(learner_id)
    path = f"/v1/learners/{learner_id}"
    closed = await city.post(f"{path}/closing", city.learner(learner_id), {"reason": "不再使用"})
    assert closed.json()["closed_at"] is not None
    assert (await city.post(f"{path}/closing", city.officer, {"reason": "再次"})).json() == closed.json()
    assert (await city.activate(given, "王小明", "wang")).status_code == 403
    assert (await city.post(f"{path}/activation-codes", city.school)).json()["code"] == "learner_account_closed"
    row = {
        "kind": "training", "title": "焊接", "hours": "16", "started_on": "2025-10-01", "occurred_on": "2025-10-02",
        "learner": WANG,
    }  # fmt: skip
    refused = await city.post("/v1/records", city.school, row)
    assert refused.json()["code"] == "account_closed", refused.text
    assert (await city.post(f"{path}/reopening", city.registrar, {"reason": "恢复"})).status_code == 403
    assert (await city.post(f"{path}/reopening", city.officer, {"reason": "本人申请"})).json()["closed_at"] is None
    assert (await city.post("/v1/records", city.school, row)).status_code == 201
    assert await city.inbox(learner_id) == ["account_closed", "account_reopened"]


async def test_nobody_closes_anothers_account(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    stranger = city.learner(await city.pupil("钱二", 2))
    for actor, status in ((stranger, 404), (person("guardian"), 404), (city.registrar, 403), (city.school, 403)):
        answer = await city.post(f"/v1/learners/{learner_id}/closing", actor, {"reason": "不再使用"})
        assert answer.status_code == status
    assert await city.inbox(learner_id) == []


# --- erasing ----------------------------------------------------------------------------------------------------


async def erased(city: City, learner_id: UUID) -> Any:
    path = f"/v1/learners/{learner_id}"
    await city.post(f"{path}/closing", city.officer, {"reason": "本人申请"})
    answer = await city.post(f"{path}/erasure", city.officer, {"reason": "本人依法申请删除"})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_erased_person_can_be_read_and_found_by_nobody(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    await city.activate(await city.code(learner_id), "王小明", "wang")
    assert (await erased(city, learner_id))["erased"] is True
    seen = (await city.get(f"/v1/learners/{learner_id}", city.officer, purpose="核对")).json()
    assert (seen["erased"], seen["name"]) == (True, None)
    assert [name["name"] for name in seen["names"]] == [None]
    assert [document["number"] for document in seen["documents"]] == [None]
    assert [enrolment["student_no"] for enrolment in seen["enrolments"]] == [None]
    assert await found(city, document=WANG["document"]) == []
    assert await found(city, name="王小明", birth_on="2005-01-01") == []
    assert (await city.sign_in("wang")).status_code == 400


async def test_an_erased_person_may_come_back_as_a_new_one(city: City) -> None:
    learner_id = await city.open(WANG)
    await erased(city, learner_id)
    again = await city.post("/v1/learners", city.school, WANG)
    assert (again.status_code, again.json()["outcome"]) == (201, "opened")
    assert again.json()["learner_id"] != str(learner_id)


async def test_an_erasure_is_on_the_list_that_a_restore_reads(city: City) -> None:
    mine, other = await city.open(WANG), await city.open(someone("王小明", 2))
    await city.merge(mine, into=other)
    await erased(city, mine)
    listed = read_erasures(city.bank.keyring.directory / FILE)
    assert {one.learner_id for one in listed} == {mine, other}
    assert await city.sql("SELECT 1 FROM learner_key") == []
    logged = await city.sql("SELECT purpose, learner_id FROM access_entry WHERE act = 'personal_data_erased'")
    assert [tuple(row) for row in logged] == [("本人依法申请删除", mine)]


async def test_an_open_account_is_not_erased_and_an_erased_one_not_opened_or_added_to(city: City) -> None:
    learner_id = await city.open(WANG)
    path = f"/v1/learners/{learner_id}"
    reason = {"reason": "本人申请"}
    assert (await city.post(f"{path}/erasure", city.officer, reason)).json()["code"] == "account_not_closed"
    assert not (city.bank.keyring.directory / FILE).exists()
    await erased(city, learner_id)
    said = {"name": "王明远", "evidence": "户籍证明"}
    for act, payload in (("erasure", reason), ("reopening", reason), ("names", said)):
        assert (await city.post(f"{path}/{act}", city.officer, payload)).json()["code"] == "already_erased"
    for actor in (city.registrar, city.learner(learner_id), person("administrator"), person("auditor")):
        assert (await city.post(f"{path}/erasure", actor, reason)).status_code == 403


async def test_the_transcript_and_the_records_of_an_erased_person_still_answer(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    before = (await city.get(f"/v1/learners/{learner_id}/transcript", city.officer)).json()
    (record,) = await city.sql("SELECT record_id FROM record_current WHERE learner_id = :id", id=learner_id)
    await erased(city, learner_id)
    after = await city.get(f"/v1/learners/{learner_id}/transcript", city.officer)
    assert (after.status_code, after.json().keys()) == (200, before.keys())
    assert (await city.get(f"/v1/records/{record.record_id}", city.school)).status_code == 200


async def test_a_row_for_an_erased_person_is_refused_as_for_a_closed_account(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    await erased(city, learner_id)
    row = {
        "kind": "training", "title": "焊接", "hours": "16", "started_on": "2025-10-01", "occurred_on": "2025-10-02",
        "learner": {"name": "王小明", "student_no": "S001"},
    }  # fmt: skip
    answer = await city.post("/v1/records", city.school, row)
    assert answer.status_code in (202, 409, 422), answer.text
    event = {
        "kind": "enrolment_event", "event": "graduated", "level": "secondary_vocational", "occurred_on": "2026-07-01",
        "learner": {"name": "王小明", "student_no": "S001"},
    }  # fmt: skip
    answer = await city.post("/v1/records", city.school, event)
    assert answer.status_code in (202, 409, 422), answer.text


async def test_nothing_is_left_of_the_rows_that_were_held_about_an_erased_person(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    for number, name in (("A1", "黄小明"), ("A2", "汪小明")):
        await held(city, {"name": name, "document": WANG["document"], "student_no": number})
    waiting, decided = await city.sql("SELECT held_row_id FROM held_row WHERE status = 'open' ORDER BY received_at")
    refusal = {"decision": "refuse", "reason": "不是同一人"}
    said = await city.post(f"/v1/held-rows/{decided.held_row_id}/resolution", city.officer, refusal)
    assert said.status_code == 200, said.text
    another = await city.pupil("钱二", 2)
    await held(city, {**someone("钱儿", 2), "student_no": "A3"})
    await erased(city, learner_id)
    for row, status, resolution in ((waiting, "superseded", "erased"), (decided, "resolved", "refuse: 不是同一人")):
        seen = (await city.get(f"/v1/held-rows/{row.held_row_id}", city.officer)).json()
        assert (seen["status"], seen["resolution"], seen["row"]) == (status, resolution, {})
    (others,) = await city.sql("SELECT held_row_id FROM held_row WHERE status = 'open'")
    seen = (await city.get(f"/v1/held-rows/{others.held_row_id}", city.officer)).json()
    assert (seen["row"]["learner"]["name"], seen["candidates"]) == ("钱儿", [str(another)])


async def held(city: City, learner: dict[str, Any]) -> None:
    row = {
        "kind": "enrolment_event",
        "event": "entered",
        "level": "secondary_vocational",
        "occurred_on": "2025-09-01",
        "learner": learner,
    }
    answer = await city.post("/v1/records", city.school, row)
    assert answer.status_code == 202, answer.text


async def test_a_closed_account_merged_into_an_open_one_closes_nobody_out(city: City) -> None:
    mine, older = await city.pupil("王小明", 1), await city.pupil("王小明", 2)
    await city.post(f"/v1/learners/{older}/closing", city.officer, {"reason": "重复开户"})
    await city.merge(older, into=mine)
    for account in (mine, older):
        given = await city.code(account)
    assert (await city.activate(given, "王小明", "wang")).status_code == 201
    refused = await city.post(f"/v1/learners/{older}/erasure", city.officer, {"reason": "重复开户"})
    assert refused.json()["code"] == "account_not_closed"
    await city.post(f"/v1/learners/{mine}/closing", city.officer, {"reason": "本人申请"})
    refused = await city.post(f"/v1/learners/{older}/activation-codes", city.officer)
    assert refused.json()["code"] == "learner_account_closed"
