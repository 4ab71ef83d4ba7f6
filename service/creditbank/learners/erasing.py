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
from creditbank.erasures import Erasure, note_erasures
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor
from creditbank.learners import refusals
from creditbank.learners.activation import close_logins
from creditbank.learners.families import lock_person
from creditbank.learners.personal import must_be_readable
from creditbank.learners.service import account_of
from creditbank.learners.tables import Guardianship, Learner
from creditbank.sealing import Keyring

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


async def erase(
    session: AsyncSession, learner_id: UUID, *, actor: Actor, reason: str, at: datetime, keyring: Keyring
) -> Learner:
    """Destroy the keys of a closed account's person, merged accounts included: an officer's act, which has no way back.

    The keyed indexes by which the person was found are overwritten with chance: they find nobody, and the number is
    free again. The list of erasures beside the keys is written first, so that a restore of an older backup finishes
    what is on it. Raises NotFound, AccountNotClosed, AlreadyErased.
    """
    person = await lock_person(session, learner_id)
    account = await account_of(session, learner_id)
    if account.closed_at is None:
        raise refusals.AccountNotClosed
    await must_be_readable(session, person.root, keyring=keyring)
    await close_logins(session, person.family, at=at)
    await _end_guardianships(session, person.family, by=actor.name, at=at)
    detail = {"accounts": [str(member) for member in person.family]}
    await note(
        session, actor=actor, act="personal_data_erased", purpose=reason, at=at, learner_id=learner_id, detail=detail
    )
    await asyncio.to_thread(note_erasures, keyring.directory, [Erasure(at, member) for member in person.family])
    await (await driver(session)).execute(_FORGET, {"family": list(person.family)})
    return account


async def _end_guardianships(session: AsyncSession, family: Collection[UUID], *, by: str, at: datetime) -> None:
    rows = await session.exec(
        select(Guardianship).where(col(Guardianship.learner_id).in_(family), col(Guardianship.ended_at).is_(None))
    )
    for row in rows:
        row.ended_at, row.ended_by = at, by
        session.add(row)
    await session.flush()
