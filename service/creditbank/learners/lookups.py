"""Finding a person for an officer, and showing a learner to whom they may be shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.errors import Malformed, NotFound
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor
from creditbank.learners.account_numbers import grouped, read_account_no
from creditbank.learners.documents import mask
from creditbank.learners.families import person_of
from creditbank.learners.guardians import guardians_of
from creditbank.learners.indexes import document_index, name_index
from creditbank.learners.names import read_name
from creditbank.learners.opening import read_person_document
from creditbank.learners.personal import current_name, documents_of, is_child, keys_of, names_of, opened
from creditbank.learners.schemas import (
    AccountShown,
    DocumentShown,
    EnrolmentShown,
    GuardianShown,
    LearnerOut,
    LookupIn,
    NameShown,
)
from creditbank.learners.tables import Enrolment, IdentityKey, Learner, LearnerName
from creditbank.sealing import Keyring, SealingKey

MOST_NAMESAKES = 2_000
"""How many people of one name are opened to compare their dates of birth."""

SeenBy = Literal["learner", "guardian", "officer", "institution"]


async def look_up(
    session: AsyncSession, asked: LookupIn, *, actor: Actor, at: datetime, keyring: Keyring
) -> list[LearnerOut]:
    """The people whom a document, an account number, or a name with a date of birth names; each look is logged.

    Raises Malformed unless exactly one way is given, and whatever is wrong with the number itself.
    """
    found = await _candidates(session, asked, at=at, keyring=keyring)
    roots = list(dict.fromkeys([(await person_of(session, learner_id)).root for learner_id in found]))
    by = _way(asked)
    if not roots:
        detail = {"by": by, "found": 0}
        await note(session, actor=actor, act="identity_looked_up", purpose=asked.purpose, at=at, detail=detail)
    for root in roots:
        await note(
            session,
            actor=actor,
            act="identity_looked_up",
            purpose=asked.purpose,
            at=at,
            learner_id=root,
            detail={"by": by, "found": len(roots)},
        )
    return [await show(session, root, seen_by="officer", institution_id=None, keyring=keyring) for root in roots]


def _way(asked: LookupIn) -> Literal["document", "account_no", "name"]:
    ways: list[Literal["document", "account_no", "name"]] = []
    if asked.document is not None:
        ways.append("document")
    if asked.account_no is not None:
        ways.append("account_no")
    if asked.name is not None and asked.birth_on is not None:
        ways.append("name")
    half = (asked.name is None) != (asked.birth_on is None)
    if len(ways) != 1 or half:
        raise Malformed(
            why_zh="请只用一种方式查找：证件、账户号码，或姓名加出生日期",
            why_en="look for one thing: a document, an account number, or a name with a date of birth",
        )
    return ways[0]


async def _candidates(session: AsyncSession, asked: LookupIn, *, at: datetime, keyring: Keyring) -> Sequence[UUID]:
    way = _way(asked)
    if way == "document":
        assert asked.document is not None
        index = document_index(keyring, read_person_document(asked.document, at=at))
        by_document = select(IdentityKey.learner_id).where(IdentityKey.number_index == index)
        return (await session.exec(by_document)).all()
    if way == "account_no":
        number = read_account_no(asked.account_no or "", at_field="/account_no")
        return (await session.exec(select(Learner.learner_id).where(Learner.account_no == number))).all()
    name = name_index(keyring, read_name(asked.name or "", at_field="/name"))
    namesakes = select(LearnerName.learner_id).where(LearnerName.name_index == name).distinct().limit(MOST_NAMESAKES)
    documents = await documents_of(session, (await session.exec(namesakes)).all(), keyring=keyring)
    return list(dict.fromkeys(document.learner_id for document in documents if document.birth_on == asked.birth_on))


async def show(
    session: AsyncSession, learner_id: UUID, *, seen_by: SeenBy, institution_id: UUID | None, keyring: Keyring
) -> LearnerOut:
    """A learner with accounts, names, masked documents and enrolments; an institution sees its own enrolments only.

    Raises NotFound.
    """
    person = await person_of(session, learner_id)
    keys = await keys_of(session, person.family, keyring=keyring)
    whole = seen_by != "institution"
    names = await names_of(session, person.family, keyring=keyring) if whole else []
    documents = await documents_of(session, person.family, keyring=keyring) if whole else []
    return LearnerOut(
        learner_id=person.root,
        seen_by=seen_by,
        erased=person.root not in keys,
        name=current_name(names, person.root),
        accounts=await _accounts(session, person.family),
        names=[
            NameShown(name_id=name.name_id, name=name.name, given_at=name.given_at, ended_at=name.ended_at)
            for name in names
        ],
        documents=[
            DocumentShown(
                document_id=document.document_id,
                kind=document.kind,
                number=None if document.number is None else mask(document.kind, document.number),
                recorded_at=document.recorded_at,
                ended_at=document.ended_at,
            )
            for document in documents
        ],
        enrolments=await _enrolments(session, person.family, keys, institution_id=None if whole else institution_id),
    )


async def _accounts(session: AsyncSession, family: Collection[UUID]) -> list[AccountShown]:
    query = select(Learner).where(col(Learner.learner_id).in_(family)).order_by(col(Learner.opened_at))
    rows = (await session.exec(query)).all()
    if not rows:
        raise NotFound
    return [
        AccountShown(**row.model_dump(exclude={"opened_by"}), account_no_grouped=grouped(row.account_no))
        for row in rows
    ]


async def _enrolments(
    session: AsyncSession, family: Collection[UUID], keys: dict[UUID, SealingKey], *, institution_id: UUID | None
) -> list[EnrolmentShown]:
    query = select(Enrolment).where(col(Enrolment.learner_id).in_(family)).order_by(col(Enrolment.entered_on))
    if institution_id is not None:
        query = query.where(Enrolment.institution_id == institution_id)
    return [
        EnrolmentShown(
            **row.model_dump(exclude={"learner_id", "student_index", "student_sealed"}),
            student_no=opened(keys.get(row.learner_id), row.student_sealed, row.learner_id, "student_no"),
        )
        for row in await session.exec(query)
    ]


async def guardians_shown(
    session: AsyncSession, family: Collection[UUID], *, whole: bool, at: datetime, keyring: Keyring
) -> list[GuardianShown]:
    """Every guardian a person has or had; names and numbers masked, `whole` the name in full and what was seen."""
    child = await is_child(session, family, on=clock.today(at), keyring=keyring)
    return [
        GuardianShown(
            **known.guardianship.model_dump(
                include={"guardianship_id", "learner_id", "relation", "recorded_at", "ended_at"}
            ),
            name=known.name,
            document_kind=known.kind,
            document_number=known.number,
            evidence=known.evidence,
            in_force=known.guardianship.ended_at is None and child is True,
        )
        for known in await guardians_of(session, family, whole=whole, keyring=keyring)
    ]
