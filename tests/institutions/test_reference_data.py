"""Institutions, certificate standards and working days: published by officers, dated, and seeded once."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any, get_args
from uuid import uuid4

import pytest
from sqlalchemy import text

from creditbank.identifiers import new_id
from creditbank.institutions import schemas
from creditbank.institutions.reference import certificates, working_day_rows
from creditbank.institutions.seeds import seed_reference
from creditbank.institutions.tables import CERTIFICATE_KINDS, INSTITUTION_KINDS, LEARNING_FORMS, LEVELS
from creditbank.rules.lists import CERTIFICATE_LEVEL
from tests.institutions.conftest import City

USCC = "91350100M000100Y43"


def profile(**more: Any) -> dict[str, Any]:
    return {"kind": "higher_vocational", "name": "演示学院", "valid_from": "2020-01-01", "demo": True, **more}


async def test_the_words_of_the_contract_are_those_of_the_tables_and_the_rules() -> None:
    assert get_args(schemas.InstitutionKind) == INSTITUTION_KINDS
    assert get_args(schemas.Level) == LEVELS
    assert get_args(schemas.LearningForm) == LEARNING_FORMS
    assert get_args(schemas.CertificateKind) == CERTIFICATE_KINDS
    assert get_args(schemas.CertificateLevelName) == tuple(word for word, *_ in CERTIFICATE_LEVEL.words)


# --- institutions ---------------------------------------------------------------------------------------------------


async def test_an_institution_is_entered_once_and_renamed_from_a_day_on(city: City) -> None:
    path = f"/institutions/{uuid4()}"
    assert (await city.put(path, profile(), by=city.officer)).status_code == 201
    assert (await city.put(path, profile(), by=city.officer)).json()["outcome"] == "unchanged"
    renamed = await city.put(path, profile(name="演示职业大学", valid_from="2024-06-01"), by=city.officer)
    assert renamed.json()["outcome"] == "changed"
    for on, name in (("2024-05-31", "演示学院"), ("2024-06-01", "演示职业大学")):
        assert (await city.get(path, on=on)).json()["name"] == name
    assert (await city.get(path, on="2019-12-31")).status_code == 404
    listed = (await city.get("/institutions", on="2024-05-31", kind="higher_vocational")).json()["items"]
    assert [found["name"] for found in listed] == ["演示学院"]


async def test_posting_an_institution_with_a_known_identifier_is_the_same_institution(city: City) -> None:
    first = await city.bank.call("POST", "/v1/institutions", city.officer, json=profile(uscc=USCC))
    again = await city.bank.call("POST", "/v1/institutions", city.officer, json=profile(uscc=USCC.lower()))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["institution"] == again.json()["institution"]


async def test_an_institution_posted_by_many_at_once_is_one(city: City) -> None:
    answers = await asyncio.gather(
        *(city.bank.call("POST", "/v1/institutions", city.officer, json=profile(uscc=USCC)) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.json()["institution"]["institution_id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"uscc": USCC[:-1] + "4"}, "credit_code_impossible"),
        ({"school_code": "4199012773"}, "school_code_impossible"),
        ({"school_code": "4113012773", "college_code": "13074"}, "college_code_impossible"),
        ({"kind": "bank"}, "malformed"),
    ],
)
async def test_an_impossible_identifier_is_refused(city: City, wrong: dict[str, Any], code: str) -> None:
    refused = await city.put(f"/institutions/{uuid4()}", profile(**wrong), by=city.officer)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_an_identifier_belongs_to_one_institution(city: City) -> None:
    await city.put(f"/institutions/{uuid4()}", profile(uscc=USCC), by=city.officer)
    refused = await city.put(f"/institutions/{uuid4()}", profile(uscc=USCC), by=city.officer)
    assert (refused.status_code, refused.json()["code"]) == (409, "identifier_of_another_institution")


async def test_only_officers_publish_what_belongs_to_the_city(city: City) -> None:
    assert (await city.put(f"/institutions/{city.college}", profile())).status_code == 403
    assert (await city.post("/certificate-standards", standard())).status_code == 403
    assert (await city.post("/working-days", working_day())).status_code == 403


# --- certificate standards ------------------------------------------------------------------------------------------


def standard(**more: Any) -> dict[str, Any]:
    return {
        "code": "1x-demo",
        "kind": "vocational_skill_level",
        "name": "演示技能",
        "body_name": "演示评价组织",
        "levels": [{"level": "elementary", "rank": 1}, {"level": "intermediate", "rank": 2}],
        "valid_from": "2020-01-01",
        **more,
    }


def with_credits(amount: str) -> list[dict[str, Any]]:
    return [{"level": "elementary", "rank": 1, "credits": amount, "credits_source": "演示"}]


async def test_a_standard_holds_with_its_levels_from_its_day_on(city: City) -> None:
    path, officer = "/certificate-standards", city.officer
    assert await city.outcomes(path, standard(), by=officer) == ["created"]
    swapped = standard(levels=list(reversed(standard()["levels"])))
    assert await city.outcomes(path, standard(), swapped, by=officer) == ["unchanged"] * 2
    later = standard(levels=with_credits("4.5"), valid_from="2024-01-01")
    assert await city.outcomes(path, later, later, by=officer) == ["changed", "unchanged"]
    assert await city.outcomes(path, standard(levels=with_credits("3")), by=officer) == ["corrected"]
    for on, amount in (("2023-12-31", "3"), ("2024-01-01", "4.5")):
        (found,) = (await city.get(path, on=on)).json()["items"]
        assert [level["credits"] for level in found["levels"]] == [amount]


async def test_a_standard_is_not_changed_behind_certificates_that_stand_on_it(city: City) -> None:
    await city.post("/certificate-standards", standard(), by=city.officer)
    async with city.bank.database.session() as session:
        await (await session.connection()).execute(
            text(
                """
                INSERT INTO record_current (learner_id, record_id, version, institution_id, kind, content, occurred_on,
                                            recorded_at, credits, verdict, decision_id, shown, line)
                VALUES (:id, :id, 1, :id, 'certificate', '\\x00', :on, now(), 350, 'granted', :id,
                        '{"standard": "1x-demo"}', '{}')
                """
            ),
            {"id": new_id(), "on": date(2024, 5, 1)},
        )
    refused = await city.post(
        "/certificate-standards", standard(levels=with_credits("3"), valid_from="2024-05-01"), by=city.officer
    )
    assert refused.json()["outcomes"][0]["problem"]["code"] == "results_stand_on_it"
    later = standard(levels=with_credits("3"), valid_from="2024-05-02")
    assert await city.outcomes("/certificate-standards", later, by=city.officer) == ["changed"]


@pytest.mark.parametrize(
    "levels",
    [
        [],
        [{"level": "初级", "rank": 1}],
        [{"level": "elementary", "rank": 1}, {"level": "elementary", "rank": 2}],
        [{"level": "elementary", "rank": 1}, {"level": "advanced", "rank": 1}],
        [{"level": "elementary", "rank": 1, "credits": "3"}],
    ],
    ids=["none", "another word", "twice", "one rank", "credits without a source"],
)
async def test_levels_that_cannot_be_are_malformed(city: City, levels: list[Any]) -> None:
    assert (await city.post("/certificate-standards", standard(levels=levels), by=city.officer)).status_code == 422


async def test_an_issuer_that_is_not_there_is_refused(city: City) -> None:
    rows = [standard(issuer_id=str(uuid4())), standard(code="other", issuer_id=str(city.college))]
    said = (await city.post("/certificate-standards", *rows, by=city.officer)).json()["outcomes"]
    assert [row["outcome"] for row in said] == ["refused", "created"]


# --- working days ---------------------------------------------------------------------------------------------------


def working_day(**more: Any) -> dict[str, Any]:
    return {"on": "2025-10-01", "working": False, "name": "国庆节", "source": "通知", **more}


async def test_a_later_notice_corrects_a_day(city: City) -> None:
    path = "/working-days"
    assert await city.outcomes(path, working_day(), working_day(), by=city.officer) == ["created", "unchanged"]
    assert await city.outcomes(path, working_day(working=True), by=city.officer) == ["corrected"]
    (found,) = (await city.get(path)).json()["items"]
    assert found["working"] is True


async def test_working_days_are_read_between_two_days_in_pages(city: City) -> None:
    days = [f"2025-10-0{number}" for number in range(1, 9)]
    await city.post("/working-days", *(working_day(on=day) for day in days), by=city.officer)
    asked: dict[str, Any] = {"since": "2025-10-02", "until": "2025-10-07", "limit": 2}
    found: list[str] = []
    while True:
        page = (await city.get("/working-days", **asked)).json()
        found += [item["on"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert found == days[1:6]


# --- seeds ----------------------------------------------------------------------------------------------------------


async def test_the_packaged_reference_data_are_seeded_once(city: City) -> None:
    first = await city.bank.database.write(seed_reference)
    assert first == len({row["on"] for row in working_day_rows()}) + 3 + len(certificates())
    assert await city.bank.database.write(seed_reference) == 0
    scales = (await city.get(f"/institutions/{city.college}/score-scales")).json()["items"]
    assert [(scale["code"], scale["institution_id"]) for scale in scales] == [
        ("five_grades", None),
        ("percentage", None),
        ("two_grades", None),
    ]
    standards = (await city.get("/certificate-standards", limit=200)).json()["items"]
    assert {one["code"] for one in standards} == {one.code for one in certificates()}


async def test_what_an_officer_published_is_not_seeded_over(city: City) -> None:
    await city.bank.database.write(seed_reference)
    (one,) = (await city.get("/certificate-standards", limit=1)).json()["items"]
    named = {**{key: value for key, value in one.items() if key != "standard_id"}, "name": "官方更正的名称"}
    assert await city.outcomes("/certificate-standards", named, by=city.officer) == ["corrected"]
    assert await city.bank.database.write(seed_reference) == 0
    (found,) = (await city.get("/certificate-standards", limit=1)).json()["items"]
    assert found["name"] == "官方更正的名称"


async def test_seeding_from_two_processes_at_once_seeds_once(city: City) -> None:
    counts = await asyncio.gather(*(city.bank.database.write(seed_reference) for _ in range(3)))
    assert sorted(counts)[:2] == [0, 0]
