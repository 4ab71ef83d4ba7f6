"""Opening accounts: one for a person, whoever asks; and what an institution learns about somebody else's learner."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from creditbank.learners import probing
from creditbank.learners.account_numbers import read_account_no
from tests.learners.people import City, later, resident, someone

WANG = someone("王小明", 1)


async def test_an_account_is_opened_with_a_number_that_can_be_read_aloud(city: City) -> None:
    answer = await city.post("/v1/learners", city.school, WANG)
    assert answer.status_code == 201
    outcome = answer.json()
    assert (outcome["row"], outcome["outcome"]) == (1, "opened")
    assert read_account_no(outcome["account_no_grouped"]) == outcome["account_no"]


async def test_whoever_opened_an_account_is_told_its_number_again(city: City) -> None:
    first = (await city.post("/v1/learners", city.school, WANG)).json()
    again = await city.post("/v1/learners", city.school, WANG)
    assert again.status_code == 200
    assert again.json() == {**first, "outcome": "exists"}


async def test_a_stranger_learns_that_there_is_an_account_and_nothing_of_it(city: City) -> None:
    learner_id = await city.open(WANG)
    answer = await city.post("/v1/learners", city.other, WANG)
    assert answer.status_code == 200
    told = {name: value for name, value in answer.json().items() if value is not None}
    assert told == {"row": 1, "outcome": "exists"}
    logged = await city.sql("SELECT act, institution_id, learner_id FROM access_entry")
    assert [tuple(row) for row in logged] == [("account_asked_for", city.other.institution_id, learner_id)]


async def test_an_institution_that_enrolled_a_learner_is_told_the_number(city: City) -> None:
    learner_id = await city.open(WANG)
    await city.enrol(WANG, "T01", by=city.other)
    answer = await city.post("/v1/learners", city.other, WANG)
    assert (answer.json()["outcome"], answer.json()["learner_id"]) == ("exists", str(learner_id))


async def test_a_number_with_another_name_is_under_review_and_no_ground_is_given(city: City) -> None:
    learner_id = await city.open(WANG)
    answer = await city.post("/v1/learners", city.other, {**WANG, "name": "王晓明"})
    assert answer.status_code == 202
    outcome = answer.json()
    assert outcome["problem"]["code"] == "identity_under_review"
    assert (outcome["outcome"], outcome["learner_id"], outcome["account_no"]) == ("held", None, None)
    assert "名不" not in outcome["problem"]["detail_zh"]
    logged = await city.sql("SELECT act, learner_id FROM access_entry")
    assert [tuple(row) for row in logged] == [("account_identity_differs", learner_id)]
    assert len(await city.sql("SELECT 1 FROM learner")) == 1


async def test_a_former_name_still_finds_the_account(city: City) -> None:
    learner_id = await city.open(WANG)
    said = {"name": "王明远", "evidence": "户籍更名证明"}
    assert (await city.post(f"/v1/learners/{learner_id}/names", city.officer, said)).status_code == 200
    for name in ("王小明", "王明远"):
        assert (await city.post("/v1/learners", city.school, {**WANG, "name": name})).json()["outcome"] == "exists"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"document": {"kind": "resident_id", "number": "139900200501010011"}}, "identity_number_impossible"),
        ({"document": {"kind": "resident_id", "number": resident(2, "20990101")}}, "identity_number_impossible"),
        (
            {"document": {"kind": "resident_id", "number": resident(1), "birth_on": "2004-01-01"}},
            "birth_date_impossible",
        ),
        ({"document": {"kind": "passport", "number": "E1234567", "birth_on": "2099-01-01"}}, "birth_date_impossible"),
        ({"name": "王8明"}, "name_impossible"),
    ],
)
async def test_what_cannot_be_is_refused_and_opens_nothing(city: City, change: dict[str, Any], code: str) -> None:
    answer = await city.post("/v1/learners", city.school, {**WANG, **change})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    batch = await city.post("/v1/learners/batch", city.school, {"people": [{**WANG, **change}, someone("赵一", 7)]})
    outcomes = batch.json()["outcomes"]
    assert [(one["outcome"], (one["problem"] or {}).get("code")) for one in outcomes] == [
        ("refused", code),
        ("opened", None),
    ]
    assert len(await city.sql("SELECT 1 FROM learner")) == 1


async def test_a_batch_has_an_outcome_for_everyone_in_order(city: City) -> None:
    theirs = someone("钱二", 2)
    await city.open(theirs, by=city.other)
    people = [
        someone("孙三", 3),
        {"name": "无证"},
        theirs,
        {**someone("孙三", 3), "name": "孙三三"},
        someone("孙三", 3),
        someone("李四", 4),
    ]
    answer = (await city.post("/v1/learners/batch", city.school, {"people": people})).json()
    assert [(one["row"], one["outcome"]) for one in answer["outcomes"]] == [
        (1, "opened"),
        (2, "refused"),
        (3, "exists"),
        (4, "held"),
        (5, "exists"),
        (6, "opened"),
    ]
    assert answer["counts"] == {"opened": 2, "refused": 1, "exists": 2, "held": 1}
    assert answer["outcomes"][0]["account_no"] == answer["outcomes"][4]["account_no"]
    assert answer["outcomes"][2]["account_no"] is None


async def test_two_who_open_the_same_person_at_once_open_one_account(city: City) -> None:
    both = (city.school, city.other)
    answers = await asyncio.gather(*(city.post("/v1/learners", actor, WANG) for actor in both * 3))
    assert sorted(answer.json()["outcome"] for answer in answers).count("opened") == 1
    assert len(await city.sql("SELECT 1 FROM learner")) == 1


async def test_the_same_key_is_answered_the_same_and_opens_nothing_more(city: City) -> None:
    first = await city.post("/v1/learners", city.school, WANG, **{"Idempotency-Key": "a"})
    again = await city.post("/v1/learners", city.school, WANG, **{"Idempotency-Key": "a"})
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_asking_after_strangers_is_limited_and_ones_own_are_not(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "PROBES", 5)
    strangers = [someone("钱二", serial) for serial in range(10, 14)]
    await city.post("/v1/learners/batch", city.other, {"people": strangers})
    own = {"people": [someone("孙三", serial) for serial in range(20, 24)]}
    for _ in range(4):
        assert (await city.post("/v1/learners/batch", city.school, own)).status_code == 200
    asked = {"people": strangers}
    assert (await city.post("/v1/learners/batch", city.school, asked)).status_code == 200
    refused = await city.post("/v1/learners/batch", city.school, asked)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    assert (await city.post("/v1/learners", city.other, WANG)).status_code == 201
    later(city, hours=1, seconds=1)
    assert (await city.post("/v1/learners", city.school, someone("周五", 30))).status_code == 201


async def test_nothing_that_names_a_person_lies_open_in_the_tables(city: City) -> None:
    await city.open(WANG)
    for table in ("learner", "learner_name", "learner_document", "identity_key", "stored_response", "access_entry"):
        rows = await city.sql(f"SELECT t::text AS row FROM {table} t")
        everything = " ".join(row.row for row in rows)
        assert resident(1) not in everything
        assert "王小明" not in everything
        assert resident(1).encode().hex() not in everything
        assert "王小明".encode().hex() not in everything
