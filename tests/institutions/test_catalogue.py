"""Courses, programmes, scales and calendars: each from its day on, an outcome for each, nobody else's touched."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from creditbank.identifiers import new_id
from tests.institutions.conftest import City


def course(code: str = "0730", **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name": "数据库技术",
        "category": "专业核心课",
        "learning_form": "integrated",
        "credits": "3.5",
        "hours": 56,
        "valid_from": "2023-09-01",
        **more,
    }


def programme(**more: Any) -> dict[str, Any]:
    return {"code": "BD", "level": "higher_vocational", "name": "大数据技术", "valid_from": "2023-09-01", **more}


@pytest.fixture
def courses(city: City) -> str:
    return f"/institutions/{city.college}/courses"


async def deposit(city: City, *, code: str, on: str, in_plan: bool = False, learner: UUID | None = None) -> None:
    """A live result in the projection, as a posting leaves it."""
    async with city.bank.database.session() as session:
        await (await session.connection()).execute(
            text(
                """
                INSERT INTO record_current (learner_id, record_id, version, institution_id, kind, content, occurred_on,
                                            recorded_at, credits, verdict, decision_id, shown, line)
                VALUES (:learner, :record, 1, :college, 'course_result', '\\x00', :on, now(), 350, 'granted', :record,
                        jsonb_build_object('course_code', cast(:code as text), 'in_plan', cast(:in_plan as bool)), '{}')
                """
            ),
            {
                "learner": learner or new_id(),
                "record": new_id(),
                "college": city.college,
                "on": date.fromisoformat(on),
                "code": code,
                "in_plan": in_plan,
            },
        )


async def test_a_course_is_new_then_unchanged_then_changed_from_a_later_day(city: City, courses: str) -> None:
    assert await city.outcomes(courses, course()) == ["created"]
    assert await city.outcomes(courses, course(), course(valid_from="2024-02-01")) == ["unchanged", "unchanged"]
    assert await city.outcomes(courses, course(credits="4", valid_from="2024-09-01")) == ["changed"]
    assert await city.outcomes(courses, course()) == ["unchanged"], "the first again, after the change"
    for on, amount, until in (("2024-08-31", "3.5", "2024-09-01"), ("2024-09-01", "4", None)):
        found = (await city.get(f"{courses}/0730", on=on)).json()
        assert (found["credits"], found["valid_until"]) == (amount, until)
    assert (await city.get(f"{courses}/0730", on="2023-08-31")).status_code == 404


async def test_each_row_has_its_own_outcome_in_order_and_a_refused_one_stops_no_other(city: City, courses: str) -> None:
    answer = await city.post(courses, course("A"), course("B", scale="no-such"), course("A"), course("C"))
    said = answer.json()
    assert [row["outcome"] for row in said["outcomes"]] == ["created", "refused", "unchanged", "created"]
    assert said["counts"] == {"created": 2, "refused": 1, "unchanged": 1}
    assert said["outcomes"][1]["problem"]["code"] == "course_scale_unknown"
    assert [item["code"] for item in (await city.get(courses)).json()["items"]] == ["A", "C"]


async def test_a_thousand_courses_go_in_one_call_and_one_more_does_not(city: City, courses: str) -> None:
    rows = [course(f"C{number:04}") for number in range(1000)]
    assert set(await city.outcomes(courses, *rows)) == {"created"}
    assert set(await city.outcomes(courses, *rows)) == {"unchanged"}
    assert (await city.post(courses, *rows, course("one-more"))).status_code == 422


async def test_a_catalogue_is_read_in_pages_that_lead_on(city: City, courses: str) -> None:
    await city.post(courses, *(course(f"C{number}") for number in range(5)))
    found: list[str] = []
    asked: dict[str, Any] = {"limit": 2}
    for _ in range(3):
        answer = await city.get(courses, **asked)
        found += [item["code"] for item in answer.json()["items"]]
        asked = {"limit": 2, "cursor": answer.json()["next_cursor"]}
    assert found == [f"C{number}" for number in range(5)]
    assert "Link" not in answer.headers


@pytest.mark.parametrize("by", ["stranger", "officer"])
async def test_only_the_college_itself_or_an_officer_publishes(city: City, courses: str, by: str) -> None:
    answer = await city.post(courses, course(), by=getattr(city, by))
    nobody = await city.post(f"/institutions/{new_id()}/courses", course(), by=getattr(city, by))
    assert nobody.status_code == 404
    if by == "officer":
        assert answer.status_code == 200
    else:
        same = {key: value for key, value in answer.json().items() if key != "instance"}
        assert same == {key: value for key, value in nobody.json().items() if key != "instance"}


async def test_everybody_who_is_signed_in_reads_a_catalogue(city: City, courses: str) -> None:
    await city.post(courses, course())
    assert len((await city.get(courses, by=city.stranger)).json()["items"]) == 1
    assert (await city.bank.call("GET", f"/v1{courses}")).status_code == 401


async def test_a_write_under_one_key_is_answered_once(city: City, courses: str) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await city.post(courses, course(), headers=headers)
    again = await city.post(courses, course(), headers=headers)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await city.post(courses, course(credits="9"), headers=headers)).status_code == 409


async def test_a_change_behind_results_that_stand_on_the_catalogue_is_refused(city: City, courses: str) -> None:
    await city.post(courses, course(), course("FREE"))
    await deposit(city, code="0730", on="2024-01-15")
    refused = await city.post(courses, course(credits="4"), course(credits="4", valid_from="2024-01-10"))
    assert [row["problem"]["code"] for row in refused.json()["outcomes"]] == ["results_stand_on_it"] * 2
    assert await city.outcomes(courses, course("FREE", credits="4")) == ["corrected"]
    assert await city.outcomes(courses, course(credits="4", valid_from="2024-01-16")) == ["changed"]


async def test_a_result_that_stands_on_a_plan_does_not_hold_the_catalogue(city: City, courses: str) -> None:
    await city.post(courses, course())
    await deposit(city, code="0730", on="2024-01-15", in_plan=True)
    assert await city.outcomes(courses, course(credits="4")) == ["corrected"]


async def test_editing_one_course_needs_the_version_that_was_read(city: City, courses: str) -> None:
    body = {name: value for name, value in course().items() if name != "code"}
    path = f"{courses}/0730"
    assert (await city.put(path, body)).status_code == 201
    assert (await city.put(path, body)).json()["outcome"] == "unchanged", "the same again needs no If-Match"
    assert (await city.put(path, {**body, "credits": "4"})).status_code == 428
    etag = (await city.get(path)).headers["ETag"]
    changed = await city.put(path, {**body, "credits": "4"}, headers={"If-Match": etag})
    assert (changed.status_code, changed.json()["outcome"]) == (200, "corrected")
    assert changed.headers["ETag"] == (await city.get(path)).headers["ETag"] != etag
    late = await city.put(path, {**body, "credits": "5"}, headers={"If-Match": etag})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert (await city.get(path)).json()["credits"] == "4"


@pytest.mark.parametrize(
    "wrong",
    [
        {"credits": "-1"},
        {"credits": "2.555"},
        {"credits": 0.1 + 0.2},
        {"learning_form": "sleeping"},
        {"valid_until": "2023-09-01"},
        {"code": "with space"},
        {"name": "  "},
        {"nobody": "knows"},
    ],
)
async def test_what_is_not_a_course_is_malformed_and_nothing_is_written(
    city: City, courses: str, wrong: dict[str, Any]
) -> None:
    refused = await city.post(courses, course("GOOD"), {**course(), **wrong})
    assert (refused.status_code, refused.json()["code"]) == (422, "malformed")
    assert (await city.get(courses)).json()["items"] == []


async def test_writers_at_once_leave_one_thing_on_each_day(city: City, courses: str) -> None:
    rows = [course(credits=str(month), valid_from=f"2024-{month:02}-01") for month in range(1, 13)]
    answers = await asyncio.gather(*(city.post(courses, row) for row in rows))
    assert {answer.status_code for answer in answers} == {200}
    held = [(await city.get(f"{courses}/0730", on=f"2024-{month:02}-15")).json()["credits"] for month in range(1, 13)]
    assert held == [str(month) for month in range(1, 13)]


async def test_the_database_itself_refuses_two_courses_on_one_day(city: City, courses: str) -> None:
    await city.post(courses, course())
    with (
        psycopg.connect(city.bank.addresses.app.replace("+psycopg", "")) as connection,
        pytest.raises(psycopg.errors.ExclusionViolation),
    ):
        connection.execute(
            "INSERT INTO course (institution_id, code, valid_from, valid_until, name, category, learning_form, credits)"
            " SELECT institution_id, code, date '2023-01-01', date '2023-09-02', name, category, learning_form, credits"
            " FROM course"
        )


# --- programmes -----------------------------------------------------------------------------------------------------


async def test_a_programme_keeps_its_identifier_when_it_is_renamed(city: City) -> None:
    path = f"/institutions/{city.college}/programmes"
    first = (await city.post(path, programme())).json()["outcomes"][0]
    renamed = (await city.post(path, programme(name="数据科学", valid_from="2024-09-01"))).json()["outcomes"][0]
    assert (first["outcome"], renamed["outcome"]) == ("created", "changed")
    assert first["id"] == renamed["id"]
    for on, name in (("2024-08-31", "大数据技术"), ("2024-09-01", "数据科学")):
        (found,) = (await city.get(path, on=on)).json()["items"]
        assert (found["name"], found["programme_id"]) == (name, first["id"])


async def test_a_programme_code_stays_of_its_level(city: City) -> None:
    path = f"/institutions/{city.college}/programmes"
    rows = [programme(), programme(level="undergraduate", valid_from="2024-09-01")]
    said = (await city.post(path, *rows)).json()["outcomes"]
    assert said[0]["outcome"] == "created"
    assert said[1]["problem"]["code"] == "programme_level_is_fixed"


@pytest.mark.parametrize(
    ("catalogue", "edition", "code", "fits"),
    [
        ("vocational", "2021", "510205", True),
        ("bachelor", "2024", "080910T", True),
        ("vocational", "2021", "5102", False),
        ("vocational", None, "510205", False),
        ("none", None, "510205", False),
        ("none", None, None, True),
    ],
)
async def test_a_catalogue_code_comes_with_its_catalogue_and_edition(
    city: City, catalogue: str, edition: str | None, code: str | None, fits: bool
) -> None:
    row = programme(catalogue=catalogue, edition=edition, catalogue_code=code)
    answer = await city.post(f"/institutions/{city.college}/programmes", row)
    assert answer.status_code == (200 if fits else 422)


# --- score scales, calendars ----------------------------------------------------------------------------------------


def percentage(passes_at: str, **more: Any) -> dict[str, Any]:
    scale = {"kind": "number", "name": "百分制", "name_en": "percentage", "places": 1, "passes_at": passes_at}
    return {"code": "percentage", "valid_from": "2023-09-01", "scale": scale, **more}


async def test_an_institutions_scale_takes_the_place_of_the_citys_but_not_behind_results(city: City) -> None:
    path = f"/institutions/{city.college}/score-scales"
    await deposit(city, code="0730", on="2024-01-15")
    refused = await city.post(path, percentage("50"))
    assert refused.json()["outcomes"][0]["problem"]["code"] == "results_stand_on_it"
    assert await city.outcomes(path, percentage("50", valid_from="2024-02-01")) == ["created"]
    assert await city.outcomes(path, percentage("50", valid_from="2024-02-01")) == ["unchanged"]
    assert await city.outcomes(path, percentage("55", valid_from="2024-09-01")) == ["changed"]
    (found,) = (await city.get(path, on="2024-03-01")).json()["items"]
    assert found["scale"]["passes_at"] == "50"


@pytest.mark.parametrize("wrong", [{"passes_at": "101"}, {"name": "百分\0制"}, {"marks": {"缺\0考": "absent"}}])
async def test_a_scale_that_nobody_passes_or_that_cannot_be_kept_is_malformed(
    city: City, wrong: dict[str, Any]
) -> None:
    row = percentage("60")
    row["scale"] |= wrong
    assert (await city.post(f"/institutions/{city.college}/score-scales", row)).status_code == 422


def term(number: int, starts_on: str, ends_on: str, **more: Any) -> dict[str, Any]:
    return {
        "academic_year": "2023-2024",
        "term": number,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "weeks": 10,
        **more,
    }


async def test_terms_are_published_corrected_and_never_overlap(city: City) -> None:
    path = f"/institutions/{city.college}/terms"
    autumn, spring = term(1, "2023-09-04", "2024-01-19"), term(2, "2024-02-26", "2024-07-05")
    assert await city.outcomes(path, autumn, spring, autumn) == ["created", "created", "unchanged"]
    assert await city.outcomes(path, term(1, "2023-09-04", "2024-01-12")) == ["corrected"]
    refused = await city.post(path, term(1, "2023-09-04", "2024-02-26"))
    assert refused.json()["outcomes"][0]["problem"]["code"] == "terms_overlap"
    first = await city.get(path, limit=1)
    assert [item["term"] for item in first.json()["items"]] == [1]
    rest = await city.get(path, limit=1, cursor=first.json()["next_cursor"])
    assert [(item["term"], item["starts_on"]) for item in rest.json()["items"]] == [(2, "2024-02-26")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"academic_year": "2023-2025"},
        {"starts_on": "2025-09-04", "ends_on": "2026-01-19"},
        {"ends_on": "2023-09-04"},
        {"weeks": 21},
    ],
)
async def test_what_is_not_a_term_is_malformed(city: City, wrong: dict[str, Any]) -> None:
    row = {**term(1, "2023-09-04", "2024-01-19"), **wrong}
    assert (await city.post(f"/institutions/{city.college}/terms", row)).status_code == 422


@pytest.mark.parametrize("cursor", ["x", "WyJhXHUwMDAwYiJd", "WzFd", "W10"])
@pytest.mark.parametrize("path", ["courses", "programmes", "terms", "score-scales"])
async def test_what_is_not_a_cursor_is_malformed(city: City, path: str, cursor: str) -> None:
    assert (await city.get(f"/institutions/{city.college}/{path}", cursor=cursor)).status_code == 422
