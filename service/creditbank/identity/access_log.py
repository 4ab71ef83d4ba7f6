"""The log of access: who did or looked at what needs accounting for, kept for ever, read by the auditor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Transaction, run
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.identity.tables import AccessEntry

SYSTEM = Actor(name="system")
"""Who acts when the bank does something by itself."""


_NOTE = """
INSERT INTO access_entry (entry_id, at, actor, institution_id, act, purpose, learner_id, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def note(
    session: Transaction,
    *,
    actor: Actor,
    act: str,
    purpose: str,
    at: datetime,
    learner_id: UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> UUID:
    """Write an entry in the caller's transaction: an act that fails leaves none, and none is lost with one that holds.

    `act` is a word of the bank (`identity_looked_up`), `purpose` the caller's own reason, `detail` ids and counts only:
    the log is read by people who may not see what it is about.
    """
    entry_id = new_id()
    said = None if detail is None else Jsonb(detail)
    await run(session, _NOTE, entry_id, at, actor.name, actor.institution_id, act, purpose, learner_id, said)
    return entry_id


async def entries(
    session: AsyncSession,
    *,
    limit: int,
    before: UUID | None = None,
    learner_id: UUID | None = None,
    actor: str | None = None,
) -> Sequence[AccessEntry]:
    """The newest entries first, those older than an entry where one is named; of one learner or one actor if asked."""
    query = select(AccessEntry).order_by(col(AccessEntry.entry_id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(AccessEntry.entry_id) < before)
    if learner_id is not None:
        query = query.where(AccessEntry.learner_id == learner_id)
    if actor is not None:
        query = query.where(AccessEntry.actor == actor)
    return (await session.exec(query)).all()
