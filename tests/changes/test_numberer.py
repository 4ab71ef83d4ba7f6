"""The numberer: every committed change gets one number, in commit order, and a saved number loses nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditbank.changes.feed import ReaderIsAheadOfTheFeed, changes_after
from creditbank.changes.numberer import (
    LastNumber,
    last_number_at,
    number_all,
    number_forever,
    number_waiting,
)
from creditbank.db import Database, driver

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HERE, THERE = UUID(int=1), UUID(int=2)


@pytest.fixture
async def database(addresses: Any) -> AsyncIterator[Database]:
    database = Database(addresses.app, connections=12)
    yield database
    await database.close()


def change(number: int) -> UUID:
    """The name of a change, in the order of the numbers."""
    return UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + number)


async def put(session: Any, change_id: UUID, *, items: int = 1, institution: UUID = HERE) -> None:
    connection = await driver(session)
    for item in range(items):
        await connection.execute(
            """
            INSERT INTO outbox (change_id, item, learner_id, institution_id, record_id, version, act, summary)
            VALUES (%(change)s, %(item)s, %(change)s, %(institution)s, %(change)s, 1, 'reported', '{}')
            """,
            {"change": change_id, "item": item, "institution": institution},
        )


async def feed(database: Database, *, after: int = 0, limit: int = 10_000, of: UUID | None = None) -> list[Any]:
    async with database.session() as session:
        return await changes_after(session, after=after, limit=limit, institution_id=of)


async def number(database: Database, *, now: datetime = NOON, batch: int = 100) -> int | None:
    return await database.write(lambda session: number_waiting(session, now=now, batch=batch))


async def test_numbers_are_dense_and_go_on_from_the_last(database: Database) -> None:
    await database.write(lambda session: put(session, change(1), items=3))
    assert await number(database) == 3
    await database.write(lambda session: put(session, change(2), items=2))
    assert await number(database) == 2
    assert await number(database) == 0
    assert [item["number"] for item in await feed(database)] == [1, 2, 3, 4, 5]


async def test_a_change_that_is_committed_late_is_numbered_late_and_not_lost(database: Database) -> None:
    async with database.session() as slow:
        await put(slow, change(1))
        await database.write(lambda session: put(session, change(2)))
        assert await number(database) == 1
        (seen,) = await feed(database)
        assert seen["change_id"] == change(2)
    assert await number(database) == 1
    (late,) = await feed(database, after=seen["number"])
    assert late["change_id"] == change(1)


async def test_a_change_that_waited_for_anothers_lock_comes_after_it_whatever_its_name(database: Database) -> None:
    """Two versions of one record: the second waited, although its change was named first by a clock that is behind."""
    held = asyncio.Event()

    async def first(session: Any) -> None:
        await (await driver(session)).execute("SELECT pg_advisory_xact_lock(1)")
        held.set()
        await asyncio.sleep(0.1)
        await put(session, change(9))

    async def second(session: Any) -> None:
        await (await driver(session)).execute("SELECT pg_advisory_xact_lock(1)")
        await put(session, change(3))

    one = asyncio.create_task(database.write(first))
    await held.wait()
    await asyncio.gather(one, database.write(second))
    await number(database)
    assert [item["change_id"] for item in await feed(database)] == [change(9), change(3)]


async def test_a_batch_never_cuts_a_change(database: Database) -> None:
    for name, items in ((1, 2), (2, 5), (3, 1)):
        await database.write(partial(put, change_id=change(name), items=items))
    assert await number(database, batch=3) == 7
    assert await number(database, batch=3) == 1
    assert [item["change_id"] for item in await feed(database)] == [change(1)] * 2 + [change(2)] * 5 + [change(3)]


async def test_one_numberer_at_a_time(database: Database) -> None:
    await database.write(lambda session: put(session, change(1)))
    async with database.session() as session:
        assert await number_waiting(session, now=NOON) == 1
        assert await number(database) is None
    assert await number(database) == 0


async def test_a_numberer_that_dies_before_its_commit_has_numbered_nothing(database: Database) -> None:
    await database.write(lambda session: put(session, change(1), items=4))

    async def die(session: Any) -> None:
        assert await number_waiting(session, now=NOON) == 4
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.write(die)
    assert await feed(database) == []
    assert await number_all(database, now=NOON) == 4
    assert [item["number"] for item in await feed(database)] == [1, 2, 3, 4]


async def test_batches_are_numbered_strictly_later_even_when_the_clock_goes_back(database: Database) -> None:
    for name, now in ((1, NOON), (2, NOON), (3, NOON - timedelta(hours=1)), (4, NOON + timedelta(hours=1))):
        await database.write(partial(put, change_id=change(name)))
        await number(database, now=now)
    instants = [item["numbered_at"] for item in await feed(database)]
    assert instants == sorted(set(instants))
    assert instants[0] == NOON
    assert instants[3] == NOON + timedelta(hours=1)


async def test_what_was_known_at_an_instant_is_said_as_of_the_last_numbered_one(database: Database) -> None:
    async def known(at: datetime) -> LastNumber:
        async with database.session() as session:
            return await last_number_at(session, at)

    assert await known(NOON) == (0, None)
    for hour, items in ((0, 2), (2, 3)):
        await database.write(partial(put, change_id=change(hour), items=items))
        await number(database, now=NOON + timedelta(hours=hour))
    last = NOON + timedelta(hours=2)
    assert await known(NOON - timedelta(seconds=1)) == (0, NOON - timedelta(seconds=1))
    assert await known(NOON) == (2, NOON)
    assert await known(NOON + timedelta(hours=1)) == (2, NOON + timedelta(hours=1))
    assert await known(last) == (5, last)
    assert await known(last + timedelta(days=1)) == (5, last)


async def test_an_institution_reads_its_own_changes_in_pages(database: Database) -> None:
    for name in range(1, 8):
        of = HERE if name % 2 else THERE
        await database.write(partial(put, change_id=change(name), institution=of))
    await number_all(database, now=NOON)
    first = await feed(database, limit=3, of=HERE)
    assert [item["number"] for item in first] == [1, 3, 5]
    assert [item["number"] for item in await feed(database, after=5, limit=3, of=HERE)] == [7]
    assert await feed(database, after=7, of=HERE) == []
    assert [item["number"] for item in await feed(database, of=THERE)] == [2, 4, 6]


async def test_a_reader_that_is_ahead_of_the_feed_is_told_so(database: Database) -> None:
    await database.write(lambda session: put(session, change(1)))
    await number(database)
    with pytest.raises(ReaderIsAheadOfTheFeed):
        await feed(database, after=2)


async def test_slow_and_fast_writers_beside_numberers_and_a_reader_lose_nothing(database: Database) -> None:
    dice = random.Random(20260302)
    committed: dict[UUID, int] = {}
    stop = asyncio.Event()
    read: list[Any] = []

    async def writer(number: int) -> None:
        name, items, slow = change(number), dice.randint(1, 4), dice.random() < 0.2
        await asyncio.sleep(dice.random() * 0.3)
        try:
            async with database.session() as session:
                await put(session, name, items=items)
                await asyncio.sleep(dice.random() * (0.5 if slow else 0.02))
                if dice.random() < 0.1:
                    raise RuntimeError
        except RuntimeError:
            return
        committed[name] = items

    async def numberer() -> None:
        while not stop.is_set():
            await number(database, now=NOON, batch=dice.randint(1, 6))
            await asyncio.sleep(0.01)

    async def reader() -> None:
        while not stop.is_set():
            read.extend(await feed(database, after=read[-1]["number"] if read else 0, limit=dice.randint(1, 7)))
            await asyncio.sleep(0.005)

    beside = [asyncio.create_task(task) for task in (numberer(), numberer(), number_forever(database, stop), reader())]
    await asyncio.gather(*(writer(number) for number in range(80)))
    await number_all(database, now=NOON)
    stop.set()
    await asyncio.gather(*beside)
    await number_all(database, now=NOON)
    read.extend(await feed(database, after=read[-1]["number"]))

    assert [item["number"] for item in read] == list(range(1, sum(committed.values()) + 1))
    runs = [item["change_id"] for before, item in zip([None, *read], read, strict=False)
            if before is None or before["change_id"] != item["change_id"]]  # fmt: skip
    assert len(runs) == len(committed), "the items of a change lie together"
    assert set(runs) == set(committed)
    assert {name: sum(item["change_id"] == name for item in read) for name in committed} == committed


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 3)),
        st.tuples(st.just("commit"), st.integers(0, 3)),
        st.tuples(st.just("roll back"), st.integers(0, 3)),
        st.tuples(st.just("number"), st.integers(1, 3)),
        st.tuples(st.just("read"), st.integers(1, 3)),
    ),
    max_size=40,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_interleaving_of_writers_numberer_and_reader_shows_each_change_once_in_order(
    addresses: Any, steps: list[tuple[str, int]]
) -> None:
    with psycopg.connect(addresses.owner.replace("+psycopg", "")) as owner:
        owner.execute("TRUNCATE outbox, feed_item")
    asyncio.run(_play(addresses.app, steps))


async def _play(address: str, steps: list[tuple[str, int]]) -> None:
    database = Database(address, connections=8)
    open_: dict[int, tuple[Any, Any, list[UUID]]] = {}
    committed: list[UUID] = []
    read: list[Any] = []
    named = 0

    async def end(writer: int, *, commit: bool) -> None:
        context, session, names = open_.pop(writer)
        if commit:
            await context.__aexit__(None, None, None)
            committed.extend(names)
        else:
            await session.rollback()
            await context.__aexit__(None, None, None)

    for step, count in [*steps, *(("commit", writer) for writer in range(4)), ("number", 99), ("read", 99)]:
        if step == "write":
            if count not in open_:
                context = database.session()
                open_[count] = (context, await context.__aenter__(), [])
            named += 1
            await put(open_[count][1], change(named), items=2)
            open_[count][2].extend([change(named)] * 2)
        elif step in ("commit", "roll back") and count in open_:
            await end(count, commit=step == "commit")
        elif step == "number":
            before = len(await feed(database))
            numbered = await number(database, batch=count)
            assert numbered is not None
            assert before + numbered <= len(committed)
        elif step == "read":
            read += await feed(database, after=read[-1]["number"] if read else 0, limit=count)
    await number_all(database, now=NOON)
    read += await feed(database, after=read[-1]["number"] if read else 0)
    await database.close()
    assert [item["number"] for item in read] == list(range(1, len(committed) + 1))
    assert sorted(item["change_id"] for item in read) == sorted(committed)
