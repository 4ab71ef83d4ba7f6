"""Activating an account: with a code that the school handed out, once, in time, and by nobody who guesses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from creditbank.learners.account_numbers import check_digit, new_code
from tests.learners.people import PASSWORD, City, born, later, someone
from tests.open_bank import person


async def test_a_person_activates_with_the_code_and_then_signs_in(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    given = await city.code(learner_id)
    answer = await city.activate(given, "王小明", "wang.xiaoming")
    assert answer.status_code == 201, answer.text
    assert answer.json()["replaced"] is False
    token = (await city.sign_in("Wang.Xiaoming")).json()
    assert (token["roles"], token["learner_id"]) == (["learner"], str(learner_id))
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    mine = await city.bank.http.get(f"/v1/learners/{learner_id}", headers=headers)
    assert (mine.json()["name"], mine.json()["seen_by"]) == ("王小明", "learner")
    assert mine.json()["accounts"][0]["activated_at"] is not None
    assert await city.inbox(learner_id) == ["account_activated"]


async def test_the_code_is_kept_as_a_digest_only(city: City) -> None:
    given = await city.code(await city.pupil("王小明", 1))
    plain = given["code"].replace(" ", "")
    rows = await city.sql("SELECT t::text AS row FROM activation_code t")
    assert plain not in rows[0].row
    assert plain.encode().hex() not in rows[0].row


async def test_number_name_and_code_are_typed_as_people_type(city: City) -> None:
    given = await city.code(await city.pupil("王小明", 1))
    typed = {"account_no": "-".join(given["account_no"][at : at + 3] for at in range(0, 12, 3))}
    answer = await city.activate(given, "王 小 明", "wang", code=given["code"].lower(), **typed)
    assert answer.status_code == 201, answer.text


async def test_unknown_account_wrong_name_and_wrong_code_are_answered_alike(city: City) -> None:
    given = await city.code(await city.pupil("王小明", 1))
    eleven = "4" * 11
    wrong = (
        await city.activate(given, "王小明", "wang", account_no=eleven + check_digit(eleven)),
        await city.activate(given, "李小明", "wang"),
        await city.activate(given, "王小明", "wang", code=new_code()),
    )
    assert [answer.status_code for answer in wrong] == [403] * 3
    told = [{**answer.json(), "instance": ""} for answer in wrong]
    assert told[0] == told[1] == told[2]
    assert told[0]["code"] == "activation_refused"
    assert (await city.activate(given, "王小明", "wang")).status_code == 201


async def test_a_code_works_once(city: City) -> None:
    given = await city.code(await city.pupil("王小明", 1))
    assert (await city.activate(given, "王小明", "wang")).status_code == 201
    again = await city.activate(given, "王小明", "wang2")
    assert (again.status_code, again.json()["code"]) == (403, "activation_refused")


async def test_of_many_who_use_one_code_at_once_one_comes_in(city: City) -> None:
    given = await city.code(await city.pupil("王小明", 1))
    answers = await asyncio.gather(*(city.activate(given, "王小明", f"wang{n}") for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 403, 403, 403, 403, 403]
    assert len(await city.sql("SELECT 1 FROM login WHERE disabled_at IS NULL")) == 1


async def test_a_new_code_withdraws_the_older_one(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    older, newer = await city.code(learner_id), await city.code(learner_id)
    assert (await city.activate(older, "王小明", "wang")).status_code == 403
    assert (await city.activate(newer, "王小明", "wang")).status_code == 201


@pytest.mark.parametrize(("days", "status"), [(29.999, 201), (30.001, 403)])
async def test_a_code_lasts_thirty_days(city: City, days: float, status: int) -> None:
    given = await city.code(await city.pupil("王小明", 1))
    later(city, days=days)
    assert (await city.activate(given, "王小明", "wang")).status_code == status


async def test_a_school_hands_out_codes_to_its_own_learners_only(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    opened_only = await city.open(someone("钱二", 2))
    assert (await city.post(f"/v1/learners/{learner_id}/activation-codes", city.other)).status_code == 404
    answer = await city.post(f"/v1/learners/{opened_only}/activation-codes", city.school)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_reported_yet")
    assert (await city.post(f"/v1/learners/{opened_only}/activation-codes", city.other)).status_code == 404
    assert (await city.post(f"/v1/learners/{opened_only}/activation-codes", city.officer)).status_code == 201


async def test_a_lost_login_is_replaced_by_an_officers_code_and_by_no_schools(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    await city.activate(await city.code(learner_id), "王小明", "wang")
    by_school = await city.post(f"/v1/learners/{learner_id}/activation-codes", city.registrar)
    assert (by_school.status_code, by_school.json()["code"]) == (409, "account_already_activated")
    answer = await city.activate(await city.code(learner_id, by=city.officer), "王小明", "wang-new")
    assert answer.json()["replaced"] is True
    assert (await city.sign_in("wang")).status_code == 400
    assert (await city.sign_in("wang-new")).status_code == 200
    assert await city.inbox(learner_id) == ["account_activated", "account_recovered"]


async def test_guesses_are_counted_by_account_even_though_they_were_refused(city: City) -> None:
    given = await city.code(await city.pupil("王小明", 1))
    for _ in range(10):
        wrong = await city.activate(given, "王小明", "wang", code=new_code())
        assert wrong.status_code == 403
    waiting = await city.activate(given, "王小明", "wang")
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (429, "3600")
    later(city, hours=1, seconds=1)
    assert (await city.activate(given, "王小明", "wang")).status_code == 201


async def test_guesses_over_many_accounts_are_counted_by_address(city: City) -> None:
    numbers = [str(10**10 + n) for n in range(101)]
    statuses = [
        (
            await city.activate({"account_no": number + check_digit(number), "code": new_code()}, "王小明", "wang")
        ).status_code
        for number in numbers
    ]
    assert statuses == [403] * 100 + [429]


async def test_a_right_code_with_a_taken_login_name_is_not_used_up_or_counted(city: City) -> None:
    first, second = await city.pupil("王小明", 1), await city.pupil("钱二", 2)
    await city.activate(await city.code(first), "王小明", "wang")
    given = await city.code(second)
    for _ in range(12):
        taken = await city.activate(given, "钱二", "WANG")
        assert (taken.status_code, taken.json()["code"]) == (409, "login_name_taken")
    assert (await city.activate(given, "钱二", "qian")).status_code == 201


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short-one", "password_too_weak"),
        ("aaaaaaaaaaaaaaa", "password_too_weak"),
        ("wang.xiaoming", "password_guessable"),
        ("WANG.XIAOMING2026", "password_guessable"),
        ("王小明王小明王小明王小明", "password_too_weak"),
        ("王小明-wang.xiaoming!!", "password_guessable"),
    ],
)
async def test_a_password_is_long_and_not_what_others_know(city: City, password: str, code: str) -> None:
    given = await city.code(await city.pupil("王小明", 1))
    answer = await city.activate(given, "王小明", "wang.xiaoming", password=password)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, "/password")
    numbered = await city.activate(given, "王小明", "wang.xiaoming", password=given["account_no"] + "!")
    assert numbered.json()["code"] == "password_guessable"


async def test_a_misread_number_or_code_is_said_to_be_one_and_not_counted(city: City) -> None:
    given = await city.code(await city.pupil("王小明", 1))
    slips: list[dict[str, Any]] = [
        {"account_no": given["account_no"][:-1] + str((int(given["account_no"][-1]) + 1) % 10)},
        {"code": given["code"][:-1] + ("2" if given["code"][-1] != "2" else "3")},
    ]
    for slip in slips * 8:
        assert (await city.activate(given, "王小明", "wang", **slip)).status_code == 422
    assert (await city.activate(given, "王小明", "wang")).status_code == 201


async def test_a_retried_activation_is_answered_again(city: City) -> None:
    given = await city.code(await city.pupil("王小明", 1))
    typed = {"account_no": given["account_no"], "name": "王小明", "code": given["code"], "login_name": "wang"}
    key = {"Idempotency-Key": "k"}
    first = await city.post("/v1/accounts/activation", None, {**typed, "password": PASSWORD}, **key)
    again = await city.post("/v1/accounts/activation", None, {**typed, "password": PASSWORD}, **key)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())


async def test_a_check_of_real_names_can_say_no(city: City) -> None:
    given = await city.code(await city.pupil("王小明", 1))
    asked = []

    async def nobody(account_no: str, name: str) -> bool:
        asked.append((account_no, name))
        return False

    city.bank.app.state.real_name_check = nobody
    answer = await city.activate(given, "王小明", "wang")
    assert (answer.status_code, answer.json()["code"]) == (403, "real_name_not_confirmed")
    assert asked == [(given["account_no"], "王小明")]


async def test_a_document_that_tells_no_birth_needs_somebody_who_saw_it(city: City) -> None:
    who = {"name": "Maria Ivanova", "document": {"kind": "passport", "number": "E1234567"}}
    learner_id = await city.open(who)
    await city.enrol(who, "S1")
    path = f"/v1/learners/{learner_id}/activation-codes"
    asked = await city.post(path, city.school)
    assert (asked.status_code, asked.json()["code"]) == (409, "birth_date_needed")
    assert (await city.post(path, city.school, {"birth_on": "2099-01-01"})).status_code == 422
    given = await city.code(learner_id, birth_on="2000-05-01")
    differs = await city.post(path, city.school, {"birth_on": "2000-05-02"})
    assert (differs.status_code, differs.json()["code"]) == (409, "birth_date_differs")
    assert (await city.activate(given, "MARIA IVANOVA", "maria")).status_code == 201


async def test_a_child_gets_no_code_without_a_guardian(city: City) -> None:
    learner_id = await city.pupil("王小明", 1, born(city, years=14, days=1))
    answer = await city.post(f"/v1/learners/{learner_id}/activation-codes", city.school)
    assert (answer.status_code, answer.json()["code"]) == (409, "guardian_needed")
    later(city, days=1)
    assert (await city.activate(await city.code(learner_id), "王小明", "wang")).status_code == 201


async def test_a_child_whose_guardian_is_gone_can_neither_activate_nor_sign_in(city: City) -> None:
    learner_id = await city.pupil("王小明", 1, born(city, years=12))
    recorded = (await city.guardian(learner_id)).json()
    first = await city.code(learner_id)
    await city.activate(first, "王小明", "wang")
    assert (await city.sign_in("wang")).status_code == 200
    given = await city.code(learner_id, by=city.officer)
    ending = f"/v1/learners/{learner_id}/guardians/{recorded['guardianship_id']}/end"
    await city.post(ending, city.registrar, {"reason": "监护关系变更"})
    refused = await city.sign_in("wang")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert "监护人" in refused.json()["error_description_zh"]
    again = await city.activate(given, "王小明", "wang2")
    assert (again.status_code, again.json()["code"]) == (409, "guardian_needed")


async def test_merged_accounts_are_activated_by_either_number(city: City) -> None:
    first, second = await city.pupil("王小明", 1), await city.pupil("王小明", 2)
    given = await city.code(second)
    await city.merge(first, into=second)
    account_no = (await city.sql("SELECT account_no FROM learner WHERE learner_id = :id", id=first))[0].account_no
    answer = await city.activate(given, "王小明", "wang", account_no=account_no)
    assert (answer.status_code, answer.json()["learner_id"]) == (201, str(first))
    whole = (await city.get(f"/v1/learners/{second}", city.learner(first))).json()
    assert {account["learner_id"] for account in whole["accounts"]} == {str(first), str(second)}


async def test_nobody_but_the_school_and_the_bank_hands_out_codes(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    for actor in (city.learner(learner_id), person("auditor"), person("administrator"), person("guardian")):
        assert (await city.post(f"/v1/learners/{learner_id}/activation-codes", actor)).status_code == 403


# --- who may say who comes in -----------------------------------------------------------------------------------


def training(who: dict[str, Any]) -> dict[str, Any]:
    """A training that anybody can invent about anybody."""
    return {
        "kind": "training",
        "learner": who,
        "title": "演示培训",
        "started_on": "2025-10-01",
        "occurred_on": "2025-10-09",
        "hours": 8,
    }


async def test_an_invented_record_opens_no_account_that_another_has_reported_to(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    answer = await city.post("/v1/records", city.other, training(someone("王小明", 1)))
    assert answer.status_code == 201, answer.text
    refused = await city.post(f"/v1/learners/{learner_id}/activation-codes", city.other)
    assert (refused.status_code, refused.json()["code"]) == (409, "another_school_acts")
    await city.code(learner_id)


async def test_an_enrolment_invented_after_another_schools_opens_nothing(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    later(city, seconds=1)
    await city.enrol(someone("王小明", 1), "X1", by=city.other)
    refused = await city.post(f"/v1/learners/{learner_id}/activation-codes", city.other)
    assert (refused.status_code, refused.json()["code"]) == (409, "another_school_acts")
    await city.code(learner_id)


async def test_a_provider_who_alone_knows_somebody_hands_out_the_code_until_a_school_enrols_them(city: City) -> None:
    who = someone("王小明", 1)
    learner_id = await city.open(who, by=city.other)
    assert (await city.post("/v1/records", city.other, training(who))).status_code == 201
    await city.code(learner_id, by=city.other)
    await city.enrol(who, "S001")
    refused = await city.post(f"/v1/learners/{learner_id}/activation-codes", city.other)
    assert refused.json()["code"] == "another_school_acts"
    await city.code(learner_id)


async def test_the_school_somebody_goes_on_to_hands_out_the_code_once_the_one_before_has_said_that_it_is_over(
    city: City,
) -> None:
    who = someone("王小明", 1)
    learner_id = await city.pupil("王小明", 1)
    later(city, seconds=1)
    await city.enrol(who, "X1", by=city.other)
    refused = await city.post(f"/v1/learners/{learner_id}/activation-codes", city.other)
    assert refused.json()["code"] == "another_school_acts"
    over = {
        "kind": "enrolment_event",
        "event": "graduated",
        "level": "secondary_vocational",
        "occurred_on": "2025-10-31",
        "learner": {**who, "student_no": "S001"},
    }
    assert (await city.post("/v1/records", city.school, over)).status_code == 201
    await city.code(learner_id, by=city.other)
    refused = await city.post(f"/v1/learners/{learner_id}/activation-codes", city.school)
    assert refused.json()["code"] == "another_school_acts"


async def test_the_school_that_somebody_left_hands_out_the_code_where_no_other_enrolled_them(city: City) -> None:
    who = someone("王小明", 1)
    learner_id = await city.pupil("王小明", 1)
    over = {
        "kind": "enrolment_event",
        "event": "graduated",
        "level": "secondary_vocational",
        "occurred_on": "2025-10-31",
        "learner": {**who, "student_no": "S001"},
    }
    assert (await city.post("/v1/records", city.school, over)).status_code == 201
    assert (await city.post("/v1/records", city.other, training(who))).status_code == 201
    refused = await city.post(f"/v1/learners/{learner_id}/activation-codes", city.other)
    assert refused.json()["code"] == "another_school_acts"
    await city.code(learner_id)
