"""The feed over HTTP: an institution gets its own changes and nothing else, and always where to go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from creditbank.changes.numberer import number_all
from creditbank.changes.routes import router
from creditbank.db import Database, driver
from creditbank.errors import BankError
from creditbank.http import language_of, problem_response
from creditbank.identity.actor import Actor, Reach, asking

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HERE, THERE = UUID(int=1), UUID(int=2)
SCHOOL = Actor(name="client:1", institution_id=HERE, reach=frozenset({Reach.INSTITUTION}))
OFFICER = Actor(name="login:1", reach=frozenset({Reach.ANY}))


class Caller:
    """Asks for the feed as somebody."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def get(self, actor: Actor, **asked: Any) -> httpx.Response:
        self.app.dependency_overrides[asking] = lambda: actor
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://bank") as client:
            return await client.get("/v1/changes", params=asked)


@pytest.fixture
async def caller(addresses: Any) -> AsyncIterator[Caller]:
    app = FastAPI()
    app.include_router(router)
    app.state.database = Database(addresses.app, connections=3)

    @app.exception_handler(BankError)
    async def refuse(request: Request, error: BankError) -> Response:
        return problem_response(error, language=language_of(request))

    for number, institution in enumerate((HERE, THERE, HERE, HERE, THERE), start=1):
        await app.state.database.write(partial(_put, number=number, institution=institution))
        await number_all(app.state.database, now=NOON)
    yield Caller(app)
    await app.state.database.close()


async def _put(session: Any, *, number: int, institution: UUID) -> None:
    await (await driver(session)).execute(
        """
        INSERT INTO outbox (change_id, item, learner_id, institution_id, record_id, version, act, summary)
        VALUES (%(id)s, 0, %(id)s, %(institution)s, %(id)s, 1, 'reported',
                '{"key": "k", "kind": "training", "verdict": "granted", "credits": "2.5", "scheme": "training"}')
        """,
        {"id": UUID(int=number), "institution": institution},
    )


async def test_an_institution_is_given_its_own_changes_page_by_page(caller: Caller) -> None:
    first = (await caller.get(SCHOOL, limit=2)).json()
    assert [item["number"] for item in first["items"]] == [1, 3]
    assert (first["next"], first["more"]) == (3, True)
    second = (await caller.get(SCHOOL, after=first["next"], limit=2)).json()
    assert [item["number"] for item in second["items"]] == [4]
    assert (second["next"], second["more"]) == (4, False)
    item = second["items"][0]
    assert item["summary"] == {
        "key": "k",
        "kind": "training",
        "verdict": "granted",
        "credits": "2.5",
        "scheme": "training",
    }
    assert "learner_id" not in item


async def test_a_change_about_a_claim_names_the_claim_and_no_record(caller: Caller) -> None:
    database = caller.app.state.database

    async def convert(session: Any) -> None:
        await (await driver(session)).execute(
            "INSERT INTO outbox (change_id, item, learner_id, institution_id, claim_id, act, summary)"
            ' VALUES (%(id)s, 0, %(id)s, %(here)s, %(id)s, \'converted\', \'{"kind": "conversion", "line_no": 2}\')',
            {"id": UUID(int=6), "here": HERE},
        )

    await database.write(convert)
    await number_all(database, now=NOON)
    (item,) = (await caller.get(SCHOOL, after=5)).json()["items"]
    assert (item["act"], item["record_id"], item["version"]) == ("converted", None, None)
    assert item["claim_id"] == str(UUID(int=6))
    assert item["summary"]["line_no"] == 2


async def test_where_to_go_on_is_said_even_when_nothing_is_new(caller: Caller) -> None:
    answer = await caller.get(SCHOOL, after=4)
    assert answer.json() == {"items": [], "next": 4, "more": False}
    assert answer.headers["Link"] == '</v1/changes?after=4&limit=200>; rel="next"'


async def test_another_institutions_changes_look_like_not_there(caller: Caller) -> None:
    refused = await caller.get(SCHOOL, institution=THERE)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    same = await caller.get(SCHOOL, institution=UUID(int=99))
    assert same.json() == refused.json()


async def test_a_caller_without_an_institution_gets_nothing(caller: Caller) -> None:
    assert (await caller.get(replace(SCHOOL, institution_id=None))).status_code == 404


async def test_an_officer_reads_all_or_one_institutions(caller: Caller) -> None:
    assert [item["number"] for item in (await caller.get(OFFICER)).json()["items"]] == [1, 2, 3, 4, 5]
    of_one = await caller.get(OFFICER, institution=THERE, limit=1)
    assert [item["number"] for item in of_one.json()["items"]] == [2]
    assert f"institution={THERE}" in of_one.headers["Link"]


async def test_a_number_the_bank_never_gave_is_a_conflict(caller: Caller) -> None:
    refused = await caller.get(SCHOOL, after=6)
    assert (refused.status_code, refused.json()["code"]) == (409, "reader_ahead_of_feed")


@pytest.mark.parametrize("after", ["-1", "x", str(2**63)])
async def test_what_is_not_a_number_is_malformed(caller: Caller, after: str) -> None:
    assert (await caller.get(SCHOOL, after=after)).status_code == 422
