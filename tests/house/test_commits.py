"""A commit that fails is never answered as if it had not: not by a write, not by a read that leaves a trace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from creditbank.database_roles import Addresses, connect
from creditbank.db import get_session
from tests.contract.place import Place, learner, officer, settled

WRITTEN = ("access_entry", "decision", "held_row", "learner", "record_version", "stored_response", "term")

REFUSES = """
CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'not today' USING ERRCODE = 'check_violation'; END $$
"""
KILLS = """
CREATE SEQUENCE killed;
CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
$$ BEGIN
    IF nextval('killed') <= {times} THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
    RETURN NULL;
END $$
"""


@pytest.fixture
async def place(addresses: Addresses, tmp_path: Path) -> AsyncIterator[Place]:
    async with settled(addresses, tmp_path / "keys") as found:
        yield found


def at_commit(addresses: Addresses, what: str, *, of: str) -> None:
    """From now on something happens when a transaction that wrote to a table is committed."""
    with connect(addresses.superuser) as superuser:
        superuser.execute(what)
        superuser.execute(
            f'CREATE CONSTRAINT TRIGGER never AFTER INSERT ON "{of}" DEFERRABLE INITIALLY DEFERRED '
            "FOR EACH ROW EXECUTE FUNCTION at_commit()"
        )


async def written(place: Place) -> dict[str, int]:
    return {table: await place.count(table) for table in WRITTEN}


ROW = {
    "kind": "training",
    "learner": learner(),
    "title": "演示培训",
    "started_on": "2024-05-06",
    "occurred_on": "2024-05-10",
    "hours": 48,
}
TERM = {"academic_year": "2023-2024", "term": 1, "starts_on": "2023-09-04", "ends_on": "2024-01-21", "weeks": 20}


async def post_record(place: Place) -> Any:
    return await place.post("/records", ROW)


async def post_batch(place: Place) -> Any:
    return await place.post("/records/batch", {"rows": [{**ROW, "title": "另一培训"}]}, key="again")


async def post_term(place: Place) -> Any:
    return await place.post(f"/institutions/{place.college}/terms", {"rows": [TERM]})


async def read_held_row(place: Place) -> Any:
    (held,) = (await place.get("/held-rows", officer())).json()["rows"]
    return await place.get(f"/held-rows/{held['held_row_id']}", officer(), purpose="核对")


async def hold_a_row(place: Place) -> None:
    await post_record(place)
    other = {**ROW, "learner": {**learner(), "name": "演示他人"}}
    assert (await place.post("/records", other)).status_code == 202


ACTS = {
    "a record": (post_record, "stored_response"),
    "a batch": (post_batch, "record_version"),
    "a term": (post_term, "stored_response"),
    "a read that is logged": (read_held_row, "access_entry"),
}


@pytest.mark.parametrize("act", ACTS)
async def test_what_the_database_refuses_when_it_commits_is_not_answered_as_done(
    place: Place, addresses: Addresses, act: str
) -> None:
    call, table = ACTS[act]
    await hold_a_row(place)
    before = await written(place)
    at_commit(addresses, REFUSES, of=table)
    answer = await call(place)
    assert answer.status_code == 500, answer.text
    assert answer.json()["code"] == "something_broke"
    assert await written(place) == before


@pytest.mark.parametrize("act", ACTS)
async def test_a_connection_that_dies_in_the_commit_is_for_later_and_nothing_is_written(
    place: Place, addresses: Addresses, act: str
) -> None:
    call, table = ACTS[act]
    await hold_a_row(place)
    before = await written(place)
    at_commit(addresses, KILLS.format(times=1000), of=table)
    answer = await call(place)
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert await written(place) == before


async def test_a_write_whose_first_commit_dies_is_made_again_and_made_once(place: Place, addresses: Addresses) -> None:
    at_commit(addresses, KILLS.format(times=2), of="stored_response")
    answer = await post_record(place)
    assert (answer.status_code, answer.json()["outcome"]) == (201, "deposited")
    assert await place.count("record_version") == 1
    assert await place.count("stored_response") == 1


def needs(dependant: Dependant) -> list[Dependant]:
    return [each for part in dependant.dependencies for each in (part, *needs(part))]


async def test_every_route_that_reads_ends_its_transaction_before_it_answers(place: Place) -> None:
    found = [
        (route.path, need.scope)
        for route in place.bank.app.routes
        if isinstance(route, APIRoute)
        for need in needs(route.dependant)
        if need.call is get_session
    ]
    assert len(found) > 10
    assert {scope for _, scope in found} == {"function"}
