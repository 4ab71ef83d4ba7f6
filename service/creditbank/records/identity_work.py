"""What officers do about rows that wait and accounts that are one person: each act with its entry in the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor
from creditbank.learners.lookups import show
from creditbank.learners.schemas import LearnerOut
from creditbank.learners.tables import LearnerAlias
from creditbank.records.acts import Tools
from creditbank.records.locating import locate
from creditbank.records.merging import Merged, merge, part
from creditbank.records.reassigning import reassign_to
from creditbank.records.resolving import HeldRowOut, ResolutionIn, held_row, resolve
from creditbank.records.schemas import OfficerReassignmentIn, RowOutcome
from creditbank.sealing import Keyring

CARRIED = "carried:"
"""How the reason of an alias begins that only follows another merge: it ends with that one, not by itself."""


class MergeLine(BaseModel):
    """A merge: which accounts, by whom and why, and how it ended if it did."""

    alias_id: UUID
    learner_id: UUID
    into_learner_id: UUID
    merged_at: datetime
    merged_by: str
    reason: str
    ended_at: datetime | None
    ended_by: str | None
    ended_reason: str | None


class MergesOut(BaseModel):
    """Merges, the newest first."""

    merges: list[MergeLine]
    next: str | None


async def look_at_held_row(
    session: AsyncSession, held_row_id: UUID, *, actor: Actor, at: datetime, keyring: Keyring
) -> HeldRowOut:
    """A held row with its content and its candidates; the look is logged for each of them. Raises NotFound."""
    found = await held_row(session, held_row_id, keyring=keyring)
    looked_at: list[UUID | None] = [person.learner_id for person in found.people]
    for learner_id in looked_at or [None]:
        await note(
            session, actor=actor, act="held_row_read", purpose="resolve", at=at, learner_id=learner_id,
            detail={"held_row_id": str(held_row_id)},
        )  # fmt: skip
    return found


async def resolve_held_row(
    session: AsyncSession, held_row_id: UUID, said: ResolutionIn, *, actor: Actor, tools: Tools
) -> tuple[HeldRowOut, RowOutcome | None]:
    """Decide a held row. Raises NotFound, HeldRowAlreadyResolved, ResolutionDoesNotComplete."""
    row, outcome = await resolve(session, held_row_id, said, by=actor.name, tools=tools)
    await note(
        session, actor=actor, act="held_row_resolved", purpose=said.reason, at=tools.at, learner_id=said.learner_id,
        detail={"held_row_id": str(held_row_id), "decision": said.decision},
    )  # fmt: skip
    return row, outcome


async def reassign_record(
    session: AsyncSession, record_id: UUID, said: OfficerReassignmentIn, *, actor: Actor, tools: Tools
) -> RowOutcome:
    """Give a record to the right person in its institution's place; each of the two has an entry. As `reassign_to`."""
    located = await locate(session, record_id)
    outcome = await reassign_to(
        session, record_id, said, by=actor.name, submission_id=new_id(), tools=tools
    )  # fmt: skip
    assert located is not None
    for learner_id in (located.learner_id, said.learner_id):
        await note(
            session, actor=actor, act="record_reassigned", purpose=said.reason, at=tools.at, learner_id=learner_id,
            detail={"record_id": str(record_id)},
        )  # fmt: skip
    return outcome


async def merge_accounts(
    session: AsyncSession, learner_id: UUID, into_learner_id: UUID, *, reason: str, actor: Actor, tools: Tools
) -> Merged:
    """Say that two accounts are one person's. Raises NotFound, AlreadyOnePerson."""
    merged = await merge(session, learner_id, into_learner_id, by=actor.name, reason=reason, tools=tools)
    await note(
        session, actor=actor, act="learners_merged", purpose=reason, at=tools.at, learner_id=learner_id,
        detail={"into": str(into_learner_id)},
    )  # fmt: skip
    return merged


async def part_accounts(session: AsyncSession, alias_id: UUID, *, reason: str, actor: Actor, tools: Tools) -> Merged:
    """End a merge that proved wrong. Raises NotFound, MergeAlreadyEnded."""
    parted = await part(session, alias_id, by=actor.name, reason=reason, tools=tools)
    await note(
        session, actor=actor, act="learners_parted", purpose=reason, at=tools.at, learner_id=parted.learner_id,
        detail={"from": str(parted.into_learner_id)},
    )  # fmt: skip
    return parted


async def look_at_merge(
    session: AsyncSession, alias_id: UUID, *, actor: Actor, at: datetime, keyring: Keyring
) -> tuple[MergeLine, LearnerOut]:
    """A merge and the person it made, or for one that ended whom the first account belongs to; the look is logged.

    Raises NotFound.
    """
    row = (await session.exec(select(LearnerAlias).where(LearnerAlias.alias_id == alias_id))).one_or_none()
    if row is None or row.reason.startswith(CARRIED):
        raise NotFound
    person = await show(session, row.learner_id, seen_by="officer", institution_id=None, keyring=keyring)
    await note(
        session, actor=actor, act="merge_read", purpose="merge", at=at, learner_id=row.learner_id,
        detail={"alias_id": str(alias_id)},
    )  # fmt: skip
    return MergeLine(**row.model_dump()), person


async def merges(
    session: AsyncSession,
    *,
    learner_id: UUID | None,
    ended_too: bool,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[MergeLine]:
    """Merges that an officer made, the newest first; of one account if asked, and those that ended if asked."""
    query = (
        select(LearnerAlias)
        .where(col(LearnerAlias.reason).not_like(f"{CARRIED}%"))
        .order_by(col(LearnerAlias.merged_at).desc(), col(LearnerAlias.alias_id).desc())
        .limit(limit)
    )
    if not ended_too:
        query = query.where(col(LearnerAlias.ended_at).is_(None))
    if learner_id is not None:
        query = query.where(
            (LearnerAlias.learner_id == learner_id) | (LearnerAlias.into_learner_id == learner_id)
        )  # fmt: skip
    if before is not None:
        at, last = before
        query = query.where(
            (col(LearnerAlias.merged_at) < at)
            | ((col(LearnerAlias.merged_at) == at) & (col(LearnerAlias.alias_id) < last))
        )
    return [MergeLine(**row.model_dump()) for row in await session.exec(query)]
