"""What an institution decides to count for its courses: dated, never twice, never in a circle by which credits grow."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from creditbank import clock
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.institutions import equivalences as service
from creditbank.institutions.equivalence_cycles import Leads, multiplied
from creditbank.institutions.equivalence_schemas import EquivalenceIn
from tests.institutions.conftest import City
from tests.institutions.test_catalogue import programme
from tests.open_bank import machine, person

STANDARD = {
    "code": "X-WEB",
    "kind": "vocational_skill_level",
    "name": "Web前端开发",
    "body_name": "演示发证机构",
    "valid_from": "2020-01-01",
    "levels": [{"level": "elementary", "rank": 1}, {"level": "intermediate", "rank": 2}],
}
CREDITS = {"A": "4", "B": "4", "C": "2", "D": "2", "E": "2.5"}


def planned(**credits: str) -> dict[str, Any]:
    of_all = {"category": "专业课", "compulsory": True, "learning_form": "theory"}
    courses = [
        {"course_code": code, "name": f"课程{code}", "credits": amount, **of_all} for code, amount in credits.items()
    ]
    return {"entry_from": 2023, "published_on": "2023-06-30", "total_credits": "40", "courses": courses}


def of_course(institution_id: UUID, code: str) -> dict[str, Any]:
    return {"kind": "course", "institution_id": str(institution_id), "course_code": code}


def counting(*sources: dict[str, Any], targets: list[str], **more: Any) -> dict[str, Any]:
    said = {"sources": list(sources), "targets": targets, "valid_from": "2024-09-01", "ground": "课程标准比对"}
    return said | more


CERTIFICATE = {"kind": "certificate", "standard": "X-WEB", "from_level": "intermediate"}


async def teaches(city: City, institution_id: UUID, client: Actor) -> None:
    answer = await city.post(f"/institutions/{institution_id}/programmes", programme(), by=client)
    path = f"/institutions/{institution_id}/programmes/{answer.json()['outcomes'][0]['id']}/plans/2023"
    published = await city.put(path, planned(**CREDITS), by=client)
    assert published.status_code == 201, published.text


@pytest.fixture
async def rows(city: City) -> str:
    """Where the college's equivalences are; both colleges teach the same five courses."""
    await teaches(city, city.college, city.client)
    await teaches(city, city.other, city.stranger)
    await city.post("/certificate-standards", STANDARD, by=city.officer)
    return f"/institutions/{city.college}/equivalences"


async def enter(city: City, path: str, body: dict[str, Any], by: Actor | None = None) -> Any:
    return await city.bank.call("POST", f"/v1{path}", by or city.client, json=body)


async def entered(city: City, path: str, body: dict[str, Any], by: Actor | None = None) -> dict[str, Any]:
    answer = await enter(city, path, body, by)
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def proposed(city: City, body: dict[str, Any]) -> UUID:
    """As an upheld appeal leaves it."""

    async def act(session: Any) -> UUID:
        return await service.propose(
            session,
            EquivalenceIn.model_validate(body),
            institution_id=city.college,
            precedent_id=new_id(),
            by="login:reviewer",
            at=clock.now(),
        )

    return await city.bank.database.write(act)


# --- entering and reading -----------------------------------------------------------------------------------------


async def test_what_was_decided_is_read_as_it_was_entered_with_who_said_it(city: City, rows: str) -> None:
    registrar = person("registrar", institution_id=city.college)
    body = counting(CERTIFICATE, targets=["C", "A"], relevance=85, source="〔2024〕12号")
    said = await entered(city, rows, body, by=registrar)
    assert said["targets"] == ["A", "C"]
    assert {name: said[name] for name in ("sources", "relevance", "ground", "source", "state", "entered_by")} == {
        "sources": [CERTIFICATE],
        "relevance": 85,
        "ground": "课程标准比对",
        "source": "〔2024〕12号",
        "state": "in_force",
        "entered_by": registrar.name,
    }
    assert (await city.get(rows, on="2024-09-01", by=city.stranger)).json()["items"] == [said], "everybody may read it"
    assert (await city.get(rows, on="2024-08-31")).json()["items"] == [], "the day before it begins"


async def test_a_list_is_read_page_by_page_and_by_course(city: City, rows: str) -> None:
    there = [await entered(city, rows, counting(of_course(city.other, code), targets=[code])) for code in CREDITS]
    found: list[Any] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await city.get(rows, on="2025-01-01", limit=2, **cursor)).json()
        assert len(page["items"]) <= 2
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == there
    (only,) = (await city.get(rows, on="2025-01-01", course="C")).json()["items"]
    assert only["targets"] == ["C"]
    assert (await city.get(f"/institutions/{new_id()}/equivalences")).status_code == 404


async def test_several_count_together_for_one_and_one_for_several_but_not_several_for_several(
    city: City, rows: str
) -> None:
    one, other = of_course(city.other, "C"), of_course(city.other, "D")
    await entered(city, rows, counting(one, other, targets=["A"]))
    await entered(city, rows, counting(of_course(city.other, "A"), targets=["C", "D"]))
    assert (await enter(city, rows, counting(one, other, targets=["A", "B"]))).status_code == 422


@pytest.mark.parametrize(
    ("sources", "targets", "code"),
    [
        ([CERTIFICATE], ["NONE"], "target_in_no_plan"),
        ([{**CERTIFICATE, "standard": "X-NONE"}], ["A"], "source_unknown"),
        ([{**CERTIFICATE, "from_level": "advanced"}], ["A"], "source_unknown"),
        (["other:NONE"], ["A"], "source_unknown"),
        (["nobody:A"], ["A"], "source_unknown"),
        ([{"kind": "training", "institution_id": str(new_id()), "title": "培训"}], ["A"], "source_unknown"),
        (["college:A"], ["A", "B"], "equivalence_of_itself"),
    ],
)
async def test_what_nobody_published_counts_for_nothing(
    city: City, rows: str, sources: list[Any], targets: list[str], code: str
) -> None:
    whose = {"other": city.other, "nobody": new_id(), "college": city.college}
    named = [
        of_course(whose[each.partition(":")[0]], each.partition(":")[2]) if isinstance(each, str) else each
        for each in sources
    ]
    refused = await enter(city, rows, counting(*named, targets=targets))
    assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text
    assert refused.json()["field"].startswith(("/sources/0", "/targets/0"))


async def test_trainings_and_online_courses_count_by_their_titles(city: City, rows: str) -> None:
    training = {"kind": "training", "institution_id": str(city.other), "title": "数控 加工"}
    online = {"kind": "online_course", "platform": "智慧教育平台", "title": "Python"}
    await entered(city, rows, counting(training, targets=["A"]))
    await entered(city, rows, counting(online, targets=["A"]))
    again = await enter(city, rows, counting({**online, "title": "ｐｙｔｈｏｎ"}, targets=["A"]))
    assert again.json()["code"] == "equivalence_repeated", "whatever the width and the case"


# --- never twice --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "status"),
    [("2025-01-01", None, 409), ("2024-01-01", "2024-09-02", 409), ("2024-01-01", "2024-09-01", 201)],
    ids=["while it holds", "into its first day", "until the day before"],
)
async def test_the_same_sources_count_for_a_course_once_on_each_day(
    city: City, rows: str, since: str, until: str | None, status: int
) -> None:
    first = await entered(city, rows, counting(CERTIFICATE, targets=["A", "B"]))
    body = counting({**CERTIFICATE, "from_level": "elementary"}, targets=["B", "C"], valid_from=since)
    again = await enter(city, rows, body | {"valid_until": until})
    assert again.status_code == status, again.text
    if status == 409:
        assert again.json()["code"] == "equivalence_repeated"
        assert first["equivalence_id"] in again.json()["detail"], "it says which"


async def test_of_the_same_sent_at_once_one_is_entered(city: City, rows: str) -> None:
    body = counting(CERTIFICATE, targets=["A"])
    answers = await asyncio.gather(*(enter(city, rows, body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


# --- circles ------------------------------------------------------------------------------------------------------


async def test_two_colleges_recognise_each_others_course(city: City, rows: str) -> None:
    theirs = f"/institutions/{city.other}/equivalences"
    await entered(city, rows, counting(of_course(city.other, "B"), targets=["A"]))
    await entered(city, theirs, counting(of_course(city.college, "A"), targets=["B"]), by=city.stranger)


async def test_a_circle_by_which_credits_would_multiply_is_refused_with_its_rows(city: City, rows: str) -> None:
    """C (2) counts for A (4) here, A for two there, one of which counts for C: once round, C leaves C and D over."""
    theirs = f"/institutions/{city.other}/equivalences"
    first = await entered(city, rows, counting(of_course(city.other, "C"), targets=["A"]))
    unharmed = await entered(city, rows, counting(of_course(city.other, "E"), targets=["E"]))
    body = counting(of_course(city.college, "A"), targets=["C", "D"])
    refused = await enter(city, theirs, body, by=city.stranger)
    assert (refused.status_code, refused.json()["code"]) == (409, "equivalences_multiply")
    assert first["equivalence_id"] in refused.json()["detail"]
    assert unharmed["equivalence_id"] not in refused.json()["detail"]
    assert (
        await enter(city, theirs, counting(of_course(city.college, "A"), targets=["C"]), by=city.stranger)
    ).is_success
    ended = {"valid_until": "2024-09-01", "valid_from": "2024-03-01"}
    assert (await enter(city, theirs, body | ended, by=city.stranger)).is_success, "on other days there is no circle"


def test_three_courses_in_a_ring_multiply_only_where_more_comes_out_than_went_in() -> None:
    ring = [Leads("2", ("b",), ("c",)), Leads("3", ("c",), ("a",))]
    plain = Leads("1", ("a",), ("b",))
    assert multiplied(plain, ring, {"a": 100, "b": 300, "c": 200}) is None
    more = Leads("1", ("a",), ("b", "d"))
    assert multiplied(more, ring, {"a": 100, "b": 100, "c": 100, "d": 1}) == ("1", "2", "3")
    assert multiplied(more, ring[:1], {"a": 100, "b": 100, "c": 100, "d": 1}) is None, "a way that leads nowhere back"


def test_several_that_count_together_go_out_together() -> None:
    together = Leads("1", ("a", "d"), ("b",))
    assert multiplied(together, [Leads("2", ("b",), ("a", "d"))], {"a": 200, "d": 200, "b": 400}) is None
    assert multiplied(together, [Leads("2", ("b",), ("a", "d"))], {"a": 200, "d": 201, "b": 402}) is None
    alone = Leads("1", ("a",), ("b",))
    assert multiplied(alone, [Leads("2", ("b",), ("a", "d"))], {"a": 200, "d": 1, "b": 400}) == ("1", "2")


# --- ending and confirming ----------------------------------------------------------------------------------------


async def test_an_equivalence_ends_on_a_day_and_another_takes_its_place(city: City, rows: str) -> None:
    said = await entered(city, rows, counting(CERTIFICATE, targets=["A"], relevance=80))
    today = clock.today()
    path = f"{rows}/{said['equivalence_id']}/end"
    late = await city.bank.call(
        "POST", f"/v1{path}", city.client, json={"until": str(today - timedelta(days=1)), "reason": "修订"}
    )
    assert (late.status_code, late.json()["code"]) == (422, "ends_in_the_past")
    until = str(today + timedelta(days=30))
    ended = (await city.bank.call("POST", f"/v1{path}", city.client, json={"until": until, "reason": "修订"})).json()
    assert (ended["valid_until"], ended["ended_because"], ended["state"]) == (until, "修订", "in_force")
    again = await city.bank.call("POST", f"/v1{path}", city.client, json={"until": until, "reason": "修订"})
    assert (again.status_code, again.json()["code"]) == (409, "equivalence_ended")
    await entered(city, rows, counting(CERTIFICATE, targets=["A"], relevance=90, valid_from=until))
    for day, relevance in ((today, 80), (date.fromisoformat(until), 90)):
        (found,) = (await city.get(rows, on=str(day))).json()["items"]
        assert found["relevance"] == relevance


async def test_one_that_never_held_is_dropped(city: City, rows: str) -> None:
    said = await entered(city, rows, counting(CERTIFICATE, targets=["A"], valid_from=str(clock.today())))
    path = f"/v1{rows}/{said['equivalence_id']}/end"
    dropped = (await city.bank.call("POST", path, city.client, json={"reason": "登记有误"})).json()
    assert dropped["state"] == "dropped"
    assert (await city.get(rows)).json()["items"] == []
    await entered(city, rows, counting(CERTIFICATE, targets=["A"], valid_from=str(clock.today())))


async def test_a_proposal_counts_once_the_institution_confirms_it(city: City, rows: str) -> None:
    body = counting(of_course(city.other, "A"), targets=["A"])
    equivalence_id = await proposed(city, body)
    assert await proposed(city, body) == equivalence_id, "proposed again, it is the same"
    (found,) = (await city.get(rows)).json()["items"]
    assert (found["state"], found["confirmed_by"]) == ("proposed", None)
    path = f"/v1{rows}/{equivalence_id}/confirmation"
    said = (await city.bank.call("POST", path, city.client, json={})).json()
    assert (said["state"], said["confirmed_by"]) == ("in_force", city.client.name)
    assert said["valid_from"] == str(clock.today())
    again = await city.bank.call("POST", path, city.client, json={})
    assert (again.status_code, again.json()["code"]) == (409, "equivalence_not_proposed")


async def test_a_proposal_that_would_close_a_circle_is_not_confirmed(city: City, rows: str) -> None:
    theirs = f"/institutions/{city.other}/equivalences"
    equivalence_id = await proposed(city, counting(of_course(city.other, "C"), targets=["A"]))
    await entered(city, theirs, counting(of_course(city.college, "A"), targets=["C", "D"]), by=city.stranger)
    refused = await city.bank.call("POST", f"/v1{rows}/{equivalence_id}/confirmation", city.client, json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "equivalences_multiply")
    dropped = await city.bank.call("POST", f"/v1{rows}/{equivalence_id}/end", city.client, json={"reason": "不采用"})
    assert dropped.json()["state"] == "dropped"


# --- whose they are -----------------------------------------------------------------------------------------------


async def test_only_the_institution_whose_courses_they_are_decides(city: City, rows: str) -> None:
    said = await entered(city, rows, counting(CERTIFICATE, targets=["A"]))
    body = counting(of_course(city.other, "A"), targets=["B"])
    for stranger in (city.stranger, person("registrar", institution_id=city.other)):
        assert (await enter(city, rows, body, by=stranger)).status_code == 404
        for act in ("end", "confirmation"):
            for institution in (city.college, city.other):
                path = f"/v1/institutions/{institution}/equivalences/{said['equivalence_id']}/{act}"
                answer = await city.bank.call("POST", path, stranger, json={"reason": "试"} if act == "end" else {})
                assert answer.status_code == 404, (act, institution)
    assert (await enter(city, rows, body, by=city.officer)).status_code == 403
    assert (await enter(city, rows, body, by=machine("records:write", institution_id=city.college))).status_code == 403
