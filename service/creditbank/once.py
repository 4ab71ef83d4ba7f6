"""One write, once: an Idempotency-Key answers the first response again, and another payload under it is refused."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Database, Transaction, instant, octets, run
from creditbank.errors import BankError
from creditbank.identifiers import new_id
from creditbank.sealing import Keyring, blind_index, open_for_bank, seal_for_bank

KEEP_HOURS = 48
"""How long an answer is kept for a caller who asks again."""


class StoredResponse(SQLModel, table=True):
    """The answer to a write that carried an Idempotency-Key, sealed under the bank's key."""

    __tablename__ = "stored_response"
    __table_args__ = ({"info": {"family": "local", "personal": "sealed", "app_may": "delete"}},)

    caller: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    payload_index: bytes = octets()
    status: int
    body_sealed: bytes = octets()
    stored_at: datetime = instant(index=True)


class IdempotencyKeyUsedForAnotherPayload(BankError):
    """The same key came with something else: the caller's mistake, and nothing is written."""

    status = 409
    code = "idempotency_key_reused"
    zh = "该 Idempotency-Key 已用于另一份内容，本次未写入。请为新的内容使用新的键。"
    en = "This Idempotency-Key was used for another payload; nothing was written. Use a new key for new content."


_KEEP = """
INSERT INTO stored_response (caller, key, payload_index, status, body_sealed, stored_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""


@dataclass(frozen=True)
class Answer:
    """What a write says: status, JSON body, and whether it is a replay of what was said before."""

    status: int
    body: bytes
    replayed: bool = False
    headers: dict[str, str] = field(default_factory=dict)


async def once(
    database: Database,
    keyring: Keyring,
    *,
    caller: str,
    key: str | None,
    payload: bytes,
    act: Callable[[AsyncSession], Awaitable[Answer]] | None = None,
    bare_act: Callable[[psycopg.AsyncConnection[Any]], Awaitable[Answer]] | None = None,
) -> Answer:
    """Run a write in one transaction and keep its answer under the caller's key.

    The act runs first and the key is claimed with its answer at the end, in the same transaction: a second request
    with the key is rolled back there, or wherever the act refuses, and is given the first answer. A request without
    a key gets one of its own, so that a commit whose outcome was lost with the connection is not made twice.

    `bare_act` is an act of plain SQL, run on a bare connection; there is one or the other.
    Raises IdempotencyKeyUsedForAnotherPayload, and whatever the act raises; a refusal is not kept.
    """
    named = key or f"own:{new_id()}"
    payload_index = blind_index(keyring, "payload", hashlib.sha256(payload).hexdigest())

    async def keep(session: Transaction, answer: Answer) -> Answer:
        sealed = seal_for_bank(keyring, answer.body, f"response:{caller}:{named}".encode())
        await run(session, _KEEP, caller, named, payload_index, answer.status, sealed, clock.now())
        return answer

    async def act_and_keep(session: AsyncSession) -> Answer:
        assert act is not None
        answer = await act(session)
        await session.flush()
        return await keep(session, answer)

    async def bare_act_and_keep(connection: psycopg.AsyncConnection[Any]) -> Answer:
        assert bare_act is not None
        return await keep(connection, await bare_act(connection))

    try:
        if bare_act is not None:
            return await database.write_bare(bare_act_and_keep)
        return await database.write(act_and_keep)
    except (BankError, psycopg.errors.UniqueViolation):
        earlier = await _said_before(database, caller=caller, key=named)
        if earlier is None:
            raise
    if not hmac.compare_digest(earlier.payload_index, payload_index):
        raise IdempotencyKeyUsedForAnotherPayload
    body = open_for_bank(keyring, earlier.body_sealed, f"response:{caller}:{named}".encode())
    return Answer(status=earlier.status, body=body, replayed=True)


async def _said_before(database: Database, *, caller: str, key: str) -> StoredResponse | None:
    async with database.session() as session:
        found = await session.exec(
            select(StoredResponse).where(StoredResponse.caller == caller, StoredResponse.key == key)
        )
        return found.one_or_none()
