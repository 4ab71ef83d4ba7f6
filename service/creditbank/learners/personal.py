"""Reading what is sealed of a person: names, documents, date of birth. After an erasure all of it is simply not there.

Under fourteen a guardian acts (个人信息保护法 第二十八条、第三十一条): the age is that of the city's day, from the
youngest date of birth that any of the person's documents tells, so that a doubt protects the child.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import orjson
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Transaction, run
from creditbank.learners import refusals
from creditbank.learners.accounts import document_fields
from creditbank.learners.documents import OLDEST_YEARS, IdentityDocument, age_on, under_fourteen
from creditbank.learners.tables import LearnerDocument, LearnerKey, LearnerName
from creditbank.sealing import Keyring, SealingKey, canonical, field_of, open_sealed, seal, unwrap


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name a person has or had; `name` is None once it was erased."""

    learner_id: UUID
    name_id: UUID
    name: str | None
    given_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document a person has or had; its number is None once it was erased."""

    learner_id: UUID
    document_id: UUID
    kind: str
    number: str | None
    birth_on: date | None
    recorded_at: datetime
    ended_at: datetime | None


async def keys_of(session: AsyncSession, learner_ids: Collection[UUID], *, keyring: Keyring) -> dict[UUID, SealingKey]:
    """The keys of some learners; one who was erased has none."""
    found = await session.exec(select(LearnerKey).where(col(LearnerKey.learner_id).in_(learner_ids)))
    return {row.learner_id: unwrap(keyring, row.learner_id, row.wrapped) for row in found}


async def must_be_readable(session: AsyncSession, learner_id: UUID, *, keyring: Keyring) -> SealingKey:
    """A learner's key, to seal something new with. Raises AlreadyErased."""
    keys = await keys_of(session, [learner_id], keyring=keyring)
    if learner_id not in keys:
        raise refusals.AlreadyErased
    return keys[learner_id]


def opened(key: SealingKey | None, blob: bytes | None, learner_id: UUID, field: str) -> str | None:
    """What was sealed as a field of a learner, or None: never written, or erased."""
    if key is None or blob is None:
        return None
    return open_sealed(key, blob, field_of(learner_id, field)).decode()


def sealed(key: SealingKey, text: str, learner_id: UUID, field: str) -> bytes:
    """A text sealed as a field of a learner."""
    return seal(key, text.encode(), field_of(learner_id, field))


async def names_of(session: AsyncSession, family: Collection[UUID], *, keyring: Keyring) -> list[KnownName]:
    """Every name of a person, the present ones first, then the newest."""
    keys = await keys_of(session, family, keyring=keyring)
    rows = await session.exec(select(LearnerName).where(col(LearnerName.learner_id).in_(family)))
    names = [
        KnownName(
            row.learner_id,
            row.name_id,
            opened(keys.get(row.learner_id), row.name_sealed, row.learner_id, "name"),
            row.given_at,
            row.ended_at,
        )
        for row in rows
    ]
    return sorted(names, key=lambda name: (name.ended_at is None, name.given_at), reverse=True)


def current_name(names: Sequence[KnownName], root: UUID) -> str | None:
    """What a person is called now: by the account that stands for them."""
    current = [name for name in names if name.ended_at is None]
    return next((name.name for name in current if name.learner_id == root), current[0].name if current else None)


async def documents_of(session: AsyncSession, family: Collection[UUID], *, keyring: Keyring) -> list[KnownDocument]:
    """Every document of a person, oldest first."""
    keys = await keys_of(session, family, keyring=keyring)
    rows = await session.exec(
        select(LearnerDocument)
        .where(col(LearnerDocument.learner_id).in_(family))
        .order_by(col(LearnerDocument.recorded_at), col(LearnerDocument.document_id))
    )
    return [_document(row, keys.get(row.learner_id)) for row in rows]


def _document(row: LearnerDocument, key: SealingKey | None) -> KnownDocument:
    text = opened(key, row.sealed, row.learner_id, "document")
    fields = {} if text is None else orjson.loads(text)
    birth_on = fields.get("birth_on")
    return KnownDocument(
        row.learner_id,
        row.document_id,
        row.kind,
        fields.get("number"),
        None if birth_on is None else date.fromisoformat(birth_on),
        row.recorded_at,
        row.ended_at,
    )


_BIRTHS = """
SELECT d.learner_id, d.sealed, k.wrapped FROM learner_document d JOIN learner_key k ON k.learner_id = d.learner_id
WHERE d.learner_id = ANY ($1)
"""


async def birth_of(session: Transaction, family: Collection[UUID], *, keyring: Keyring) -> date | None:
    """The date of birth: the latest that a document tells, None where none does or all is erased."""
    cursor = await run(session, _BIRTHS, list(family))
    told = []
    for learner, sealed, wrapped in await cursor.fetchall():
        key = unwrap(keyring, learner, bytes(wrapped))
        told.append(orjson.loads(open_sealed(key, bytes(sealed), field_of(learner, "document"))))
    known = [fields["birth_on"] for fields in told if fields.get("birth_on") is not None]
    return date.fromisoformat(max(known)) if known else None


async def is_child(session: Transaction, family: Collection[UUID], *, on: date, keyring: Keyring) -> bool | None:
    """Whether the person is under fourteen on the city's day; None where nobody knows the date of birth."""
    birth_on = await birth_of(session, family, keyring=keyring)
    return None if birth_on is None else under_fourteen(birth_on, on)


async def settle_birth(
    session: AsyncSession, family: Collection[UUID], *, stated: date | None, on: date, keyring: Keyring
) -> date:
    """The date of birth, once somebody who saw the document has said it; kept with each document that lacked it.

    Raises BirthDateNeeded, BirthDateDiffers, BirthDateImpossible, AlreadyErased.
    """
    documents = await documents_of(session, family, keyring=keyring)
    if any(document.number is None for document in documents):
        raise refusals.AlreadyErased
    known = max((document.birth_on for document in documents if document.birth_on is not None), default=None)
    if known is not None:
        if stated is not None and stated != known:
            raise refusals.BirthDateDiffers(field="/birth_on")
        return known
    if stated is None:
        raise refusals.BirthDateNeeded(field="/birth_on")
    must_be_a_birth(stated, on=on)
    for document in documents:
        await _keep_birth(session, document, stated, keyring=keyring)
    return stated


def must_be_a_birth(birth_on: date, *, on: date, at_field: str = "/birth_on") -> None:
    """Raises BirthDateImpossible for a day to come or too long ago."""
    if birth_on > on or age_on(birth_on, on) > OLDEST_YEARS:
        raise refusals.BirthDateImpossible(field=at_field)


async def _keep_birth(session: AsyncSession, document: KnownDocument, birth_on: date, *, keyring: Keyring) -> None:
    row = await session.get(LearnerDocument, (document.learner_id, document.document_id))
    assert row is not None
    assert document.number is not None
    key = await must_be_readable(session, document.learner_id, keyring=keyring)
    told = IdentityDocument(document.kind, document.number, birth_on, None)
    row.sealed = seal(key, canonical(document_fields(told)), field_of(document.learner_id, "document"))
    session.add(row)
    await session.flush()
