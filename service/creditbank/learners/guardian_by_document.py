"""A recorded guardian found by the document that somebody holds: how a school names whose guardianship it ends.

A school is never shown who the guardians are (that is for the learner, the guardians and the bank): it says whom it
means, by a number that it has seen, and is told no more than whether that one is recorded now.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import BankError
from creditbank.identity.actor import Actor
from creditbank.learners.documents import IdentityDocument
from creditbank.learners.families import family_of
from creditbank.learners.guardians import end_guardianship
from creditbank.learners.indexes import document_index
from creditbank.learners.tables import Guardianship
from creditbank.learners.ties import must_vouch_for
from creditbank.sealing import Keyring


class GuardianNotRecorded(BankError):
    """Nobody with this document is recorded as a guardian of this child now."""

    status = 409
    code = "guardian_not_recorded"
    zh = "没有登记持此证件的监护人，或其登记已终止。请核对证件号码。"
    en = "No guardian with this document is recorded for this child, or no longer. Check the number."


async def end_guardianship_of(
    session: AsyncSession,
    *,
    actor: Actor,
    learner_id: UUID,
    document: IdentityDocument,
    reason: str,
    at: datetime,
    keyring: Keyring,
) -> None:
    """End the guardianship of whoever holds a document. Raises GuardianNotRecorded, and as `end_guardianship`."""
    family = await family_of(session, learner_id)
    await must_vouch_for(session, actor, family)  # before anything is told of who is recorded
    query = select(Guardianship.guardianship_id).where(
        col(Guardianship.learner_id).in_(family),
        Guardianship.guardian_index == document_index(keyring, document),
        col(Guardianship.ended_at).is_(None),
    )
    found = (await session.exec(query)).all()  # one, or one for each of two accounts that were merged
    if not found:
        raise GuardianNotRecorded(field="/document/number")
    for guardianship_id in found:
        await end_guardianship(
            session, actor=actor, learner_id=learner_id, guardianship_id=guardianship_id, reason=reason, at=at
        )
