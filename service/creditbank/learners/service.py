"""What is done to an account besides opening and activating it: names, documents, closing and opening again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, Reach
from creditbank.learners import leaving, refusals
from creditbank.learners.accounts import document_fields
from creditbank.learners.activation import withdraw_codes
from creditbank.learners.documents import IdentityDocument
from creditbank.learners.families import Person, lock_person
from creditbank.learners.guardians import must_act_for
from creditbank.learners.inbox import serve
from creditbank.learners.indexes import document_index, name_index
from creditbank.learners.names import read_name
from creditbank.learners.personal import birth_of, current_name, must_be_readable, names_of, sealed
from creditbank.learners.tables import IdentityKey, Learner, LearnerDocument, LearnerName
from creditbank.sealing import Keyring, canonical

# --- names and documents ----------------------------------------------------------------------------------------


async def give_name(
    session: AsyncSession, *, actor: Actor, learner_id: UUID, name: str, evidence: str, at: datetime, keyring: Keyring
) -> LearnerName:
    """A new present name; the ones before end and still match. Raises NotFound, NameAlreadyCurrent, AlreadyErased."""
    person = await lock_person(session, learner_id)
    said = read_name(name, at_field="/name")
    key = await must_be_readable(session, person.root, keyring=keyring)
    if current_name(await names_of(session, person.family, keyring=keyring), person.root) == said:
        raise refusals.NameAlreadyCurrent(field="/name")
    rows = await session.exec(
        select(LearnerName).where(LearnerName.learner_id == person.root, col(LearnerName.ended_at).is_(None))
    )
    for row in rows:
        row.ended_at = at
        session.add(row)
    given = LearnerName(
        learner_id=person.root,
        name_id=new_id(),
        name_sealed=sealed(key, said, person.root, "name"),
        name_index=name_index(keyring, said),
        given_at=at,
        evidence_sealed=sealed(key, evidence, person.root, "name-evidence"),
    )
    session.add(given)
    await session.flush()
    await _tell(session, person.root, actor=actor, what="name_changed", about={"name_id": given.name_id}, at=at)
    return given


async def add_document(
    session: AsyncSession,
    *,
    actor: Actor,
    learner_id: UUID,
    document: IdentityDocument,
    evidence: str,
    replaces: UUID | None,
    at: datetime,
    keyring: Keyring,
) -> LearnerDocument:
    """Another document of a learner, by whose number rows find them from now on.

    Raises NotFound, DocumentAlreadyRecorded, DocumentOfAnother with that account's number (officers only come here),
    BirthDateDiffers, AlreadyErased.
    """
    person = await lock_person(session, learner_id)
    key = await must_be_readable(session, person.root, keyring=keyring)
    known = await birth_of(session, person.family, keyring=keyring)
    if known is not None and document.birth_on not in (None, known):
        raise refusals.BirthDateDiffers(field="/document")
    index = document_index(keyring, document)
    await _claim(session, index, person, at=at)
    if replaces is not None:
        await _end_document(session, person, replaces, at=at)
    row = LearnerDocument(
        learner_id=person.root,
        document_id=new_id(),
        kind=document.kind,
        sealed=sealed(key, canonical(document_fields(document)).decode(), person.root, "document"),
        number_index=index,
        recorded_at=at,
        evidence_sealed=sealed(key, evidence, person.root, "document-evidence"),
    )
    session.add(row)
    await session.flush()
    about = {"document_id": row.document_id}
    await _tell(session, person.root, actor=actor, what="document_recorded", about=about, at=at)
    return row


async def _claim(session: AsyncSession, index: bytes, person: Person, *, at: datetime) -> None:
    """One number, one learner: whoever claims it at the same moment waits and finds it claimed."""
    connection = await driver(session)
    claimed = await connection.execute(
        "INSERT INTO identity_key (number_index, learner_id, claimed_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [index, person.root, at],
    )
    if claimed.rowcount == 1:
        return
    owner = (
        await session.exec(
            select(Learner)
            .join(IdentityKey, col(IdentityKey.learner_id) == Learner.learner_id)
            .where(IdentityKey.number_index == index)
        )
    ).one()
    if owner.learner_id in person.family:
        raise refusals.DocumentAlreadyRecorded(field="/document/number")
    raise refusals.DocumentOfAnother(field="/document/number", account_no=owner.account_no)


async def _end_document(session: AsyncSession, person: Person, document_id: UUID, *, at: datetime) -> None:
    rows = await session.exec(
        select(LearnerDocument).where(
            col(LearnerDocument.learner_id).in_(person.family), LearnerDocument.document_id == document_id
        )
    )
    row = rows.one_or_none()
    if row is None:
        raise NotFound
    if row.ended_at is None:
        row.ended_at = at
        session.add(row)


# --- closing and opening again ----------------------------------------------------------------------------------


async def close_account(
    session: AsyncSession, *, actor: Actor, learner_id: UUID, reason: str, at: datetime, keyring: Keyring
) -> Learner:
    """All accounts of the person take nothing more; what is in them can still be read. Closing twice is closing once.

    By the learner, the guardian of a child, or an officer. Raises NotFound, GuardianActs.
    """
    person = await lock_person(session, learner_id)
    if Reach.ANY not in actor.reach:
        await must_act_for(session, actor, person.family, at=at, keyring=keyring)
    await withdraw_codes(session, person.family, at=at)
    open_before = await _set_closed(session, person.family, at)
    if open_before:
        await leaving.follow(session, person.family, "account_closed", at=at)
        await _tell(session, person.root, actor=actor, what="account_closed", about={}, at=at, purpose=reason)
    return await account_of(session, learner_id)


async def reopen_account(
    session: AsyncSession, *, actor: Actor, learner_id: UUID, reason: str, at: datetime, keyring: Keyring
) -> Learner:
    """The accounts take deposits again: an officer's act. Raises NotFound, AlreadyErased."""
    person = await lock_person(session, learner_id)
    await must_be_readable(session, person.root, keyring=keyring)
    if await _set_closed(session, person.family, None):
        await _tell(session, person.root, actor=actor, what="account_reopened", about={}, at=at, purpose=reason)
    return await account_of(session, learner_id)


async def _set_closed(session: AsyncSession, family: Collection[UUID], closed_at: datetime | None) -> bool:
    """Write when the accounts of a person were closed, or that they are not; whether that changed anything."""
    query = select(Learner).where(col(Learner.learner_id).in_(family))
    changing = [account for account in await session.exec(query) if (account.closed_at is None) != (closed_at is None)]
    for account in changing:
        account.closed_at = closed_at
        session.add(account)
    await session.flush()
    return bool(changing)


async def account_of(session: AsyncSession, learner_id: UUID) -> Learner:
    """One account as it stands. Raises NotFound."""
    account = await session.get(Learner, learner_id, populate_existing=True)
    if account is None:
        raise NotFound
    return account


async def _tell(
    session: AsyncSession,
    learner_id: UUID,
    *,
    actor: Actor,
    what: str,
    about: dict[str, UUID],
    at: datetime,
    purpose: str = "identity",
) -> None:
    """Serve the learner the notice, and write down who did it."""
    await serve(session, learner_id=learner_id, kind=what, about=about, at=at)
    detail = {name: str(value) for name, value in about.items()}
    await note(session, actor=actor, act=what, purpose=purpose, at=at, learner_id=learner_id, detail=detail)
