"""Erasing a person: their keys are destroyed, and what was sealed under them can be read by nobody any more.

The right to it: 个人信息保护法 第四十七条. Credits, decisions and salted digests stay; they name nobody and still prove
what they prove.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.erasures import EMPTY_ROWS, Erasure, note_erasures
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor
from creditbank.jobs import ask
from creditbank.learners import leaving, refusals
from creditbank.learners.activation import close_logins
from creditbank.learners.families import lock_person
from creditbank.learners.personal import must_be_readable
from creditbank.learners.service import account_of
from creditbank.learners.tables import Guardianship, Learner
from creditbank.sealing import Keyring, seal_for_bank

_FORGET = """
WITH numbers AS (
    UPDATE identity_key
    SET number_index = decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
    WHERE learner_id = ANY (%(family)s)
), documents AS (
    UPDATE learner_document
    SET number_index = decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
    WHERE learner_id = ANY (%(family)s)
), names AS (
    UPDATE learner_name
    SET name_index = decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
    WHERE learner_id = ANY (%(family)s)
), guardians AS (
    UPDATE guardianship
    SET guardian_index = decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'),
        guardian_name_index = decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
    WHERE learner_id = ANY (%(family)s)
)
DELETE FROM learner_key WHERE learner_id = ANY (%(family)s)
"""


_HELD = """
SELECT held_row_id FROM held_row WHERE learner_id = ANY (%(family)s) OR candidates && %(family)s::uuid[]
ORDER BY held_row_id FOR UPDATE
"""

_EMPTY = """
UPDATE held_row h SET payload_sealed = e.payload_sealed,
    status = CASE WHEN h.status = 'open' THEN 'superseded' ELSE h.status END,
    resolution = CASE WHEN h.status = 'open' THEN 'erased' ELSE h.resolution END,
    resolved_at = CASE WHEN h.status = 'open' THEN %(at)s ELSE h.resolved_at END,
    resolved_by = CASE WHEN h.status = 'open' THEN %(by)s ELSE h.resolved_by END
FROM unnest(%(rows)s::uuid[], %(payloads)s::bytea[]) AS e(held_row_id, payload_sealed)
WHERE h.held_row_id = e.held_row_id
"""


async def erase(
    session: AsyncSession, learner_id: UUID, *, actor: Actor, reason: str, at: datetime, keyring: Keyring
) -> Learner:
    """Destroy the keys of a closed account's person, merged accounts included: an officer's act, which has no way back.

    The keyed indexes by which the person was found are overwritten with chance: they find nobody, and the number is
    free again. The list of erasures beside the keys is written first, so that a restore of an older backup finishes
    what is on it. Rows held for an officer, which are sealed under no key of the person, are emptied, and after the
    commit the rows of submitted files that are still kept. What counts as closed is the account that stands for the
    person. Raises NotFound, AccountNotClosed, AlreadyErased.
    """
    person = await lock_person(session, learner_id)
    account = await account_of(session, learner_id)
    if (await account_of(session, person.root)).closed_at is None:
        raise refusals.AccountNotClosed
    await must_be_readable(session, person.root, keyring=keyring)
    await close_logins(session, person.family, at=at)
    await leaving.follow(session, person.family, "erased", at=at)
    await _end_guardianships(session, person.family, by=actor.name, at=at)
    detail = {"accounts": [str(member) for member in person.family]}
    await note(
        session, actor=actor, act="personal_data_erased", purpose=reason, at=at, learner_id=learner_id, detail=detail
    )
    await asyncio.to_thread(note_erasures, keyring.directory, [Erasure(at, member) for member in person.family])
    await (await driver(session)).execute(_FORGET, {"family": list(person.family)})
    await _empty_held_rows(session, person.family, by=actor.name, at=at, keyring=keyring)
    about = {"learners": detail["accounts"]}
    await ask(session, kind=EMPTY_ROWS, name=f"{EMPTY_ROWS}: {person.root}", about=about, run_at=at)
    return account


async def _empty_held_rows(
    session: AsyncSession, family: Collection[UUID], *, by: str, at: datetime, keyring: Keyring
) -> None:
    """Nothing is left of what rows said that were held about a person; those that still waited are closed.

    A row that may also have been another's is closed with them: whoever sent it sends it again, and it is held again
    without the one who is erased.
    """
    connection = await driver(session)
    found = await (await connection.execute(_HELD, {"family": list(family)})).fetchall()
    rows = [held_row_id for (held_row_id,) in found]
    payloads = [seal_for_bank(keyring, b"{}", held_row_id.bytes) for held_row_id in rows]
    await connection.execute(_EMPTY, {"rows": rows, "payloads": payloads, "by": by, "at": at})


async def _end_guardianships(session: AsyncSession, family: Collection[UUID], *, by: str, at: datetime) -> None:
    rows = await session.exec(
        select(Guardianship).where(col(Guardianship.learner_id).in_(family), col(Guardianship.ended_at).is_(None))
    )
    for row in rows:
        row.ended_at, row.ended_by = at, by
        session.add(row)
    await session.flush()
