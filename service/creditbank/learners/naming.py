"""How an institution's row would name a learner whom the bank knows: for a row that the bank writes in its place."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.learners.families import Person
from creditbank.learners.personal import current_name, documents_of, keys_of, must_be_readable, names_of, opened
from creditbank.learners.tables import Enrolment
from creditbank.sealing import Keyring


@dataclass(frozen=True, slots=True)
class Named:
    """A name and a document of today, and the number of the last enrolment at the institution."""

    name: str
    kind: str
    number: str
    student_no: str | None


async def named_by(session: AsyncSession, person: Person, *, institution_id: UUID, keyring: Keyring) -> Named:
    """Raises AlreadyErased of somebody of whom nothing can be read any more."""
    await must_be_readable(session, person.root, keyring=keyring)
    name = current_name(await names_of(session, person.family, keyring=keyring), person.root)
    documents = await documents_of(session, person.family, keyring=keyring)
    document = max(documents, key=lambda one: (one.ended_at is None, one.learner_id == person.root, one.recorded_at))
    assert name is not None
    assert document.number is not None
    enrolments = await session.exec(
        select(Enrolment)
        .where(col(Enrolment.learner_id).in_(person.family), Enrolment.institution_id == institution_id)
        .order_by(col(Enrolment.entered_on).desc())
        .limit(1)
    )
    enrolment = enrolments.one_or_none()
    student_no = None
    if enrolment is not None:
        key = (await keys_of(session, [enrolment.learner_id], keyring=keyring)).get(enrolment.learner_id)
        student_no = opened(key, enrolment.student_sealed, enrolment.learner_id, "student_no")
    return Named(name, document.kind, document.number, student_no)
