"""Plans: whole versions, the last published in force, and never edited once somebody's result stands on one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from creditbank import clock
from creditbank.identifiers import new_id
from tests.institutions.conftest import City
from tests.institutions.test_catalogue import deposit, programme


def plan(**more: Any) -> dict[str, Any]:
    return {
        "entry_from": 2023,
        "published_on": "2023-06-30",
        "total_credits": "6.5",
        "totals": {"专业核心课": "3.5", "公共基础课": "3"},
        "courses": [
            {
                "course_code": "0730",
                "name": "数据库技术",
                "category": "专业核心课",
                "compulsory": True,
                "learning_form": "integrated",
                "credits": "3.5",
                "hours": 56,
                "term": 3,
            },
            {
                "course_code": "0001",
                "name": "语文",
                "category": "公共基础课",
                "compulsory": True,
                "learning_form": "theory",
                "credits": "3",
                "term": 1,
            },
        ],
        **more,
    }


@pytest.fixture
async def programme_id(city: City) -> UUID:
    answer = await city.post(f"/institutions/{city.college}/programmes", programme())
    return UUID(answer.json()["outcomes"][0]["id"])


@pytest.fixture
def plans(city: City, programme_id: UUID) -> str:
    return f"/institutions/{city.college}/programmes/{programme_id}/plans"


async def enrol(city: City, programme_id: UUID, *, year: int) -> UUID:
    learner = new_id()
    async with city.bank.database.session() as session:
        await (await session.connection()).execute(
            text(
                """
                INSERT INTO enrolment (learner_id, institution_id, student_index, student_sealed, level, programme_id,
                                       year_of_entry, entered_on, status)
                VALUES (:learner, :college, '\\x00', '\\x00', 'higher_vocational', :programme, :year,
                        make_date(:year, 9, 1), 'enrolled')
                """
            ),
            {"learner": learner, "college": city.college, "programme": programme_id, "year": year},
        )
    return learner


async def test_a_plan_is_published_whole_and_read_back(city: City, plans: str) -> None:
    published = await city.put(f"{plans}/2023", plan())
    assert (published.status_code, published.json()["outcome"]) == (201, "created")
    found = await city.get(f"/plans/{published.json()['plan']['plan_id']}", by=city.stranger)
    assert found.headers["ETag"] == published.headers["ETag"]
    said = found.json()
    assert (said["total_credits"], said["totals"]) == ("6.5", {"专业核心课": "3.5", "公共基础课": "3"})
    assert [(course["course_code"], course["credits"]) for course in said["courses"]] == [
        ("0001", "3"),
        ("0730", "3.5"),
    ]


async def test_the_same_plan_again_is_unchanged_in_whatever_order(city: City, plans: str) -> None:
    await city.put(f"{plans}/2023", plan())
    again = await city.put(f"{plans}/2023", plan(courses=list(reversed(plan()["courses"])), total_credits=6.5))
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")


async def test_a_plan_is_edited_by_who_has_read_it_while_nothing_stands_on_it(city: City, plans: str) -> None:
    first = await city.put(f"{plans}/2023", plan())
    fewer = plan(courses=plan()["courses"][:1], totals={}, total_credits="3.5")
    assert (await city.put(f"{plans}/2023", fewer)).status_code == 428
    assert (await city.put(f"{plans}/2023", fewer, headers={"If-Match": '"another"'})).status_code == 412
    edited = await city.put(f"{plans}/2023", fewer, headers={"If-Match": first.headers["ETag"]})
    assert (edited.status_code, edited.json()["outcome"]) == (200, "corrected")
    assert edited.json()["plan"]["plan_id"] == first.json()["plan"]["plan_id"]
    assert [course["course_code"] for course in edited.json()["plan"]["courses"]] == ["0730"]


async def test_an_edit_beside_another_is_refused(city: City, plans: str) -> None:
    first = await city.put(f"{plans}/2023", plan())
    etag = {"If-Match": first.headers["ETag"]}
    edits = [plan(source=f"第{number}稿") for number in range(5)]
    answers = await asyncio.gather(*(city.put(f"{plans}/2023", edit, headers=etag) for edit in edits))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]


@pytest.mark.parametrize(
    ("year", "code", "in_plan", "held"),
    [
        (2023, "0730", True, True),
        (2024, "0730", True, True),
        (2022, "0730", True, False),
        (2023, "OTHER", True, False),
        (2023, "0730", False, False),
    ],
    ids=["its year", "a later year it covers", "an earlier year", "another plan's course", "by the catalogue"],
)
async def test_a_plan_that_results_stand_on_is_not_edited(
    city: City, plans: str, programme_id: UUID, year: int, code: str, in_plan: bool, held: bool
) -> None:
    first = await city.put(f"{plans}/2023", plan())
    learner = await enrol(city, programme_id, year=year)
    await deposit(city, code=code, on="2025-01-15", in_plan=in_plan, learner=learner)
    edited = await city.put(f"{plans}/2023", plan(source="新稿"), headers={"If-Match": first.headers["ETag"]})
    assert edited.status_code == (409 if held else 200)
    if held:
        assert edited.json()["code"] == "plan_has_records"
        following = await city.put(f"{plans}/2023-2", plan(source="新稿", published_on="2025-06-30"))
        assert following.status_code == 201, "another version follows it"


async def test_a_result_of_an_account_merged_with_the_enrolled_one_holds_the_plan(
    city: City, plans: str, programme_id: UUID
) -> None:
    first = await city.put(f"{plans}/2023", plan())
    enrolled, other = await enrol(city, programme_id, year=2023), new_id()
    async with city.bank.database.session() as session:
        await (await session.connection()).execute(
            text(
                "INSERT INTO learner_alias (learner_id, alias_id, into_learner_id, merged_at, merged_by, reason)"
                " VALUES (:one, :one, :other, now(), 'login:1', 'same person')"
            ),
            {"one": enrolled, "other": other},
        )
    await deposit(city, code="0730", on="2024-01-15", in_plan=True, learner=other)
    edited = await city.put(f"{plans}/2023", plan(source="新稿"), headers={"If-Match": first.headers["ETag"]})
    assert edited.json()["code"] == "plan_has_records"


async def test_the_plan_published_last_comes_first_for_a_year_of_entry(city: City, plans: str) -> None:
    await city.put(f"{plans}/2020", plan(entry_from=2020, entry_until=2022, published_on="2020-06-30"))
    await city.put(f"{plans}/2023", plan())
    await city.put(f"{plans}/2023-2", plan(published_on="2024-01-10"))
    of_2023 = (await city.get(plans, year_of_entry=2023)).json()["items"]
    assert [found["version"] for found in of_2023] == ["2023-2", "2023"]
    first = (await city.get(plans, limit=1)).json()
    rest = (await city.get(plans, limit=2, cursor=first["next_cursor"])).json()
    assert [found["version"] for found in first["items"] + rest["items"]] == ["2023-2", "2023", "2020"]


async def test_two_versions_for_one_year_are_not_published_on_one_day(city: City, plans: str) -> None:
    await city.put(f"{plans}/2023", plan())
    assert (await city.put(f"{plans}/2023-2", plan(entry_from=2024))).json()["code"] == "plan_published_twice"
    assert (await city.put(f"{plans}/2020", plan(entry_from=2020, entry_until=2022))).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"total_credits": "7"}, "plan_totals_differ"),
        ({"published_on": str(clock.today() + timedelta(days=2))}, "published_in_the_future"),
        ({"entry_until": 2022}, "malformed"),
        ({"courses": [plan()["courses"][0]] * 2}, "malformed"),
        ({"totals": {"专业核心课": "6.5"}}, "malformed"),
        ({"courses": []}, "malformed"),
    ],
)
async def test_what_is_not_a_plan_is_refused(city: City, plans: str, wrong: dict[str, Any], code: str) -> None:
    refused = await city.put(f"{plans}/2023", {**plan(), **wrong})
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert (await city.get(plans)).json()["items"] == []


async def test_another_colleges_programme_looks_like_not_there(city: City, plans: str, programme_id: UUID) -> None:
    assert (await city.put(f"{plans}/2023", plan(), by=city.stranger)).status_code == 404
    theirs = f"/institutions/{city.other}/programmes/{programme_id}/plans"
    assert (await city.put(f"{theirs}/2023", plan(), by=city.stranger)).status_code == 404
    assert (await city.get(theirs)).status_code == 404
    assert (await city.get(f"/plans/{new_id()}")).status_code == 404


async def test_the_database_itself_refuses_two_plans_of_one_day(city: City, plans: str) -> None:
    await city.put(f"{plans}/2023", plan())
    with (
        psycopg.connect(city.bank.addresses.app.replace("+psycopg", "")) as connection,
        pytest.raises(psycopg.errors.ExclusionViolation),
    ):
        connection.execute(
            "INSERT INTO plan SELECT gen_random_uuid(), programme_id, institution_id, 'x', 2030, NULL, published_on,"
            " total_credits, totals, NULL, '[]' FROM plan"
        )


# --- what rules ask of plans --------------------------------------------------------------------------------------


STANDARD = {
    "code": "X-DB",
    "kind": "vocational_skill_level",
    "name": "数据库应用开发",
    "body_name": "演示发证机构",
    "valid_from": "2020-01-01",
    "levels": [{"level": "elementary", "rank": 1}, {"level": "intermediate", "rank": 2}],
}
LISTED = [
    {"standard": "X-DB", "level": "intermediate", "required": True, "source": None},
]


async def test_a_plan_says_which_certificates_it_lists_and_what_its_courses_are_about(city: City, plans: str) -> None:
    await city.post("/certificate-standards", STANDARD, by=city.officer)
    said = plan(certificates=LISTED)
    said["courses"][1]["subject"] = "chinese"
    published = (await city.put(f"{plans}/2023", said)).json()["plan"]
    assert published["certificates"] == LISTED
    assert [course["subject"] for course in published["courses"]] == ["chinese", None]


@pytest.mark.parametrize("listed", [{"standard": "X-NONE"}, {"standard": "X-DB", "level": "advanced"}])
async def test_a_plan_lists_only_certificates_that_the_bank_knows(
    city: City, plans: str, listed: dict[str, Any]
) -> None:
    await city.post("/certificate-standards", STANDARD, by=city.officer)
    refused = await city.put(f"{plans}/2023", plan(certificates=[listed]))
    assert (refused.status_code, refused.json()["code"]) == (422, "plan_certificate_unknown")


async def test_what_deposits_never_ask_is_said_of_a_plan_that_results_stand_on(
    city: City, plans: str, programme_id: UUID
) -> None:
    await city.post("/certificate-standards", STANDARD, by=city.officer)
    etag = (await city.put(f"{plans}/2023", plan())).headers["etag"]
    learner = await enrol(city, programme_id, year=2023)
    await deposit(city, code="0730", on="2025-01-15", in_plan=True, learner=learner)
    more = plan(certificates=LISTED)
    more["courses"][0]["subject"] = "computing"
    edited = await city.put(f"{plans}/2023", more, headers={"If-Match": etag})
    assert (edited.status_code, edited.json()["outcome"]) == (200, "corrected")
    more["courses"][0]["credits"], more["totals"]["专业核心课"], more["total_credits"] = "4", "4", "7"
    refused = await city.put(f"{plans}/2023", more, headers={"If-Match": edited.headers["etag"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "plan_has_records")


async def test_a_programme_says_how_long_it_is_and_what_it_is_divided_by(city: City) -> None:
    path = f"/institutions/{city.college}/programmes"
    said = programme(code="P9", years="2.5", discipline="engineering")
    assert await city.outcomes(path, said, said) == ["created", "unchanged"]
    (found,) = [one for one in (await city.get(path)).json()["items"] if one["code"] == "P9"]
    assert (found["years"], found["discipline"]) == ("2.5", "engineering")
    assert (await city.post(path, {**said, "years": "2.4"})).status_code == 422
