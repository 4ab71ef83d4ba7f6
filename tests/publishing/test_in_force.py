"""Rules in force: what is published is immutable, and every running process decides by it within a second."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import psycopg
import pytest

from creditbank import background, clock
from creditbank.config import Settings
from creditbank.db import Database
from creditbank.errors import TemporarilyUnavailable
from creditbank.rules import Rulebook, load_packaged, packaged_documents, read_document
from creditbank.rules import in_force as module
from creditbank.rules.in_force import LOOK_AGAIN, RulesInForce, Things
from creditbank.rules.service import PublishedVersionDiffers, published, seed_rules
from tests.open_bank import opened
from tests.publishing.place import OLD, STRICT, Place, rule


async def test_every_process_decides_by_a_new_version_a_second_after_it_was_published(
    place: Place, addresses: Any
) -> None:
    async with opened(addresses, place.open.keyring.directory) as other:
        elsewhere = Place(other, place.college, place.school)
        before = await elsewhere.result(1, 70)
        assert before["verdict"] == "granted"
        await place.publish(rule(OLD, STRICT), because="原规则有误")
        await asyncio.sleep(LOOK_AGAIN)
        for each in (place, elsewhere):
            number = 2 if each is place else 3
            after = await each.result(number, 70)
            assert after["verdict"] == "not_granted"
            record = await each.call("GET", f"/v1/records/{after['record_id']}", each.client)
            assert record["decisions"][-1]["document_version"] == "2"
        story = await elsewhere.call("GET", f"/v1/records/{before['record_id']}", elsewhere.client)
        assert story["decisions"][-1]["document_version"] == "1", "what was decided before stands until somebody asks"


async def test_a_worker_takes_the_new_book_while_it_runs(place: Place, addresses: Any) -> None:
    database = Database(addresses.app, connections=4)
    rules = RulesInForce(load_packaged())
    stop = asyncio.Event()
    working = asyncio.create_task(
        background.work(database, stop, settings=Settings(), keyring=place.open.keyring, rulebook=rules)
    )
    try:
        await eventually(lambda: rules.number > 0)
        seen = rules.number
        things = Things({}, rules)
        assert versions_of(things[Rulebook]) == {"1"}
        draft = await place.begin(rule(OLD, STRICT))
        await eventually_state(place, draft, "checked")
        await place.step(draft, "impact", place.author)
        await eventually_state(place, draft, "impact")
        await place.step(draft, "approval", place.second, revision=1)
        await place.step(draft, "publication", place.second, revision=1, because="原规则有误")
        await eventually(lambda: rules.number > seen)
        assert versions_of(things[Rulebook]) == {"1", "2"}
    finally:
        stop.set()
        await working
        await database.close()


async def eventually(holds: Any) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        await asyncio.sleep(0.05)


async def eventually_state(place: Place, draft: Any, state: str) -> None:
    until = time.monotonic() + 40
    while (await place.read(draft))["state"] != state:
        assert time.monotonic() < until
        await asyncio.sleep(0.2)


def versions_of(book: Rulebook) -> set[str]:
    return {each.version for each in book.versions() if each.document.document == "deposit.course"}


async def test_who_could_not_look_decides_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = RulesInForce(load_packaged())
    await rules.current(place.open.database)
    assert versions_of(rules.book) == {"1"}
    monkeypatch.setattr(module, "LONGEST", -1.0)
    with pytest.raises(TemporarilyUnavailable):
        _ = rules.book


async def test_a_process_asks_the_database_at_most_once_a_second(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    truly = module.published_number

    async def counted(session: Any) -> int:
        nonlocal asked
        asked += 1
        return await truly(session)

    monkeypatch.setattr(module, "published_number", counted)
    rules = RulesInForce(load_packaged())
    books = await asyncio.gather(*(rules.current(place.open.database) for _ in range(50)))
    assert asked == 1
    assert len({id(book) for book in books}) == 1


async def test_a_book_that_was_never_published_stays_until_the_first_publication(addresses: Any) -> None:
    database = Database(addresses.app, connections=2)
    try:
        book = load_packaged()
        assert await RulesInForce(book).current(database) is book
    finally:
        await database.close()


@pytest.mark.parametrize("table", ["rule_document", "rule_publication", "rule_draft_act", "rule_draft_text"])
async def test_what_was_published_and_done_cannot_be_edited(place: Place, table: str) -> None:
    from creditbank.db import driver

    for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with place.open.database.session() as session:
                await (await driver(session)).execute(statement)


async def test_a_mistaken_version_is_superseded_on_its_day_and_still_replayed(place: Place) -> None:
    await place.publish(rule(OLD, STRICT), because="试行")
    await asyncio.sleep(LOOK_AGAIN)
    posted = await place.result(1, 70)
    done = await place.publish(rule(OLD, (3, "2024-01-01", 60)), supersedes=("2",), because="及格线写错")
    assert (done["versions"], done["superseded"]) == (["3"], {"2": "3"})
    await asyncio.sleep(LOOK_AGAIN)
    shown = await place.call("GET", "/v1/rules/deposit.course?on=2024-06-20", place.author)
    assert shown["version"] == "3"
    old = await place.call("GET", "/v1/rules/deposit.course?version=2", place.author)
    assert (old["superseded_by"], old["content"]["values"]["pass-mark"]["is"]) == ("3", "80")
    record = await place.call("GET", f"/v1/records/{posted['record_id']}", place.client)
    decision = record["decisions"][-1]
    assert (decision["document_version"], decision["verdict"]) == ("2", "not_granted")
    again = await place.call("POST", f"/v1/decisions/{decision['decision_id']}/replay", place.client)
    assert again["same"] is True
    assert (await place.result(2, 70))["verdict"] == "granted"


async def test_a_superseded_number_is_never_used_again(place: Place) -> None:
    await place.publish(rule(OLD, STRICT), because="试行")
    await place.publish(rule(OLD, (3, "2024-01-01", 60)), supersedes=("2",), because="及格线写错")
    draft = await place.begin(rule(OLD, (3, "2024-01-01", 60), (2, "2030-01-01", 65)))
    await place.work()
    problems = (await place.read(draft))["check"]["outcome"]["problems"]
    assert any("was published and superseded" in each["en"] for each in problems)


async def test_a_document_that_people_published_is_theirs_and_a_later_package_adds_nothing_to_it(place: Place) -> None:
    await place.publish(rule(OLD, STRICT), because="试行")
    later = [read_document(rule(OLD, (3, "2031-01-01", 90)))]
    async with place.open.database.session() as session:
        assert await seed_rules(session, later, at=clock.now()) == []
    async with place.open.database.session() as session:
        found = await published(session)
    assert [each.version for each in found.of("deposit.course")] == ["1", "2"]
    other = [read_document(rule(OLD, (2, "2024-01-01", 90)))]
    with pytest.raises(PublishedVersionDiffers):
        async with place.open.database.session() as session:
            await seed_rules(session, other, at=clock.now())


async def test_seeds_are_published_once_and_decide(addresses: Any) -> None:
    database = Database(addresses.app, connections=2)
    try:
        for fresh in (True, False):
            async with database.session() as session:
                found = await seed_rules(session, packaged_documents(), at=clock.now())
            assert bool(found) is fresh
        async with database.session() as session:
            book = (await published(session)).book()
        assert {each.digest for each in book.versions()} == {each.digest for each in load_packaged().versions()}
    finally:
        await database.close()


# --- read ---------------------------------------------------------------------------------------------------------


async def test_every_clause_has_an_address_with_its_source_and_its_cases(place: Place) -> None:
    shown = await place.call("GET", "/v1/rules/deposit.course", place.author)
    assert shown["clauses"] == [
        "/v1/rules/deposit.course/clauses/passed?version=1",
        "/v1/rules/deposit.course/clauses/enough?version=1",
    ]
    for address in shown["clauses"]:
        answer = await place.open.call("GET", address)
        assert answer.status_code == 200
    clause = answer.json()
    assert clause["says"] == {"zh": "成绩不低于及格线", "en": "the score reaches the pass mark"}
    assert clause["citations"][0]["title"] == "示例学院学分制管理办法"
    assert {case["name"] for case in clause["cases"]} == {"差一分", "没有报分数"}
    assert (await place.open.call("GET", "/v1/rules/deposit.course/clauses/none")).status_code == 404
    assert (await place.open.call("GET", "/v1/rules/deposit.course/clauses/passed?on=1999-01-01")).status_code == 404


async def test_rules_are_listed_by_question(place: Place) -> None:
    everything = (await place.call("GET", "/v1/rules?question=deposit", place.author))["versions"]
    assert {each["document"] for each in everything} == {"deposit.course", "deposit.enrolment-event"}
    assert (await place.call("GET", "/v1/rules?question=conversion", place.author))["versions"] == []
