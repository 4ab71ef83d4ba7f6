"""Housekeeping: what is past its time is forgotten or written down, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from creditbank import background
from creditbank.background import forget_stored_responses, forget_throttles, write_down_expired_codes
from creditbank.config import Settings
from creditbank.db import Database, driver
from creditbank.jobs import Work
from creditbank.rules import load_packaged
from creditbank.sealing import Keyring

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
async def database(addresses: Any) -> AsyncIterator[Database]:
    database = Database(addresses.app, connections=8)
    yield database
    await database.close()


async def run(database: Database, query: Any, **said: Any) -> list[Any]:
    async with database.session() as session:
        cursor = await (await driver(session)).execute(query, said)
        return await cursor.fetchall() if cursor.description else []


def at_noon(database: Database) -> Work:
    return Work(database=database, job_id=UUID(int=1), kind="k", name="n", about={}, attempt=1, now=NOON)


async def test_a_stored_answer_is_kept_as_long_as_promised_and_no_longer(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "ROWS", 2)
    for hours in (1, 47, 49, 50, 51, 52, 53):
        await run(
            database,
            """
            INSERT INTO stored_response (caller, key, payload_index, status, body_sealed, stored_at)
            VALUES ('client:1', %(key)s, '\\x00', 200, '\\x00', %(at)s)
            """,
            key=str(hours),
            at=NOON - timedelta(hours=hours),
        )
    await forget_stored_responses(at_noon(database))
    assert await run(database, "SELECT key FROM stored_response ORDER BY key") == [("1",), ("47",)]


async def test_a_throttle_that_still_blocks_is_kept(database: Database) -> None:
    day = timedelta(days=1)
    for number, (since, until) in enumerate(
        [(NOON - 3 * day, None), (NOON - 3 * day, NOON - 2 * day), (NOON - 3 * day, NOON + day), (NOON, None)]
    ):
        await run(
            database,
            "INSERT INTO throttle (subject, failures, since_at, blocked_until) VALUES (%(s)s, 3, %(at)s, %(until)s)",
            s=bytes([number]),
            at=since,
            until=until,
        )
    await forget_throttles(at_noon(database))
    assert await run(database, "SELECT subject FROM throttle ORDER BY subject") == [(b"\x02",), (b"\x03",)]


async def test_an_activation_code_that_nobody_used_in_time_is_written_down_as_ended(database: Database) -> None:
    used = NOON - timedelta(days=2)
    for number, (expires, used_at) in enumerate(
        [(NOON - timedelta(days=1), None), (NOON - timedelta(days=1), used), (NOON + timedelta(days=1), None)]
    ):
        await run(
            database,
            """
            INSERT INTO activation_code (learner_id, code_id, digest, issued_at, issued_by, expires_at, used_at)
            VALUES (%(id)s, %(id)s, '\\x00', %(issued)s, 'login:1', %(expires)s, %(used)s)
            """,
            id=UUID(int=number),
            issued=NOON - timedelta(days=9),
            expires=expires,
            used=used_at,
        )
    await write_down_expired_codes(at_noon(database))
    ended = await run(database, "SELECT withdrawn_at FROM activation_code ORDER BY code_id")
    assert ended == [(NOON - timedelta(days=1),), (None,), (None,)]


async def test_a_worker_numbers_changes_and_keeps_house_by_itself(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stop = asyncio.Event()
    keyring = Keyring.open(tmp_path / "keys", create=True)
    rules = load_packaged()
    working = asyncio.create_task(background.work(database, stop, settings=Settings(), keyring=keyring, rulebook=rules))
    await run(
        database,
        """
        INSERT INTO outbox (change_id, item, learner_id, institution_id, record_id, version, act, summary)
        VALUES (%(id)s, 0, %(id)s, %(id)s, %(id)s, 1, 'reported', '{}')
        """,
        id=UUID(int=1),
    )
    for _ in range(100):
        await asyncio.sleep(0.1)
        numbered = await run(database, "SELECT count(*) FROM feed_item")
        kept = await run(database, "SELECT count(*) FROM job WHERE run_at > now() AND last_error IS NULL")
        if numbered == [(1,)] and kept == [(10,)]:
            break
    stop.set()
    await asyncio.wait_for(working, 15)
    assert (numbered, kept) == ([(1,)], [(10,)])
