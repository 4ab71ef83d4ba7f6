"""The whole way of one credit: a record's versions, the decisions about it with their findings, its postings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import NotFound
from creditbank.identity.actor import Actor
from creditbank.institutions import reading
from creditbank.learners.keys import key_of
from creditbank.ledger.tables import Posting
from creditbank.records.decisions import DecisionOut, PostingOut, decision_out, learners_seen, posting_out
from creditbank.records.tables import RecordVersion, Submission
from creditbank.rules import Rulebook
from creditbank.rules.tables import Decision
from creditbank.sealing import Keyring, field_of, open_sealed


class VersionOut(BaseModel):
    """A version of a record, and the row it came in."""

    version: int
    act: str
    occurred_on: date
    recorded_at: datetime
    learner_id: UUID
    reported: dict[str, Any]
    warnings: list[str]
    reason: str | None
    submission_id: UUID
    row_no: int
    sent_by: str | None
    digest: str


class RecordOut(BaseModel):
    """A record with everything that happened to it."""

    record_id: UUID
    learner_id: UUID
    institution_id: UUID
    kind: str
    live: bool
    versions: list[VersionOut]
    decisions: list[DecisionOut]
    postings: list[PostingOut]


async def record_with_history(
    session: AsyncSession, record_id: UUID, *, actor: Actor, keyring: Keyring, rulebook: Rulebook, at: datetime
) -> RecordOut:
    """A record as its institution, its learner or the bank may see it. Raises NotFound for everybody else."""
    statement = (
        select(RecordVersion, Submission.sent_by)
        .join(Submission, RecordVersion.submission_id == Submission.submission_id, isouter=True)  # type: ignore[arg-type]
        .where(RecordVersion.record_id == record_id)
        .order_by(RecordVersion.version)  # type: ignore[arg-type]
    )
    versions = list(await session.exec(statement))
    if not versions:
        raise NotFound
    last = versions[-1][0]
    seen = await learners_seen(session, actor, [version for version, _ in versions], keyring, at)
    decisions = list(
        await session.exec(
            select(Decision)
            .where(Decision.record_id == record_id, Decision.learner_id.in_(list(seen)))  # type: ignore[attr-defined]
            .order_by(Decision.decided_at, Decision.effective_on)  # type: ignore[arg-type]
        )
    )
    postings = list(
        await session.exec(
            select(Posting)
            .where(Posting.record_id == record_id, Posting.learner_id.in_(list(seen)))  # type: ignore[attr-defined]
            .order_by(Posting.posted_at, Posting.posting_id)  # type: ignore[arg-type]
        )
    )
    told = [version for version in versions if version[0].learner_id in seen]
    return RecordOut(
        record_id=record_id,
        learner_id=told[-1][0].learner_id,
        institution_id=last.institution_id,
        kind=last.kind,
        live=last.act not in ("withdrawn", "reassigned_away") and last.learner_id in seen,
        versions=[await _version(session, version, sent_by, keyring) for version, sent_by in told],
        decisions=[
            await decision_out(session, decision, keyring, rulebook, sight=seen[decision.learner_id])
            for decision in decisions
        ],
        postings=[await posting_out(session, posting) for posting in postings],
    )


async def _version(session: AsyncSession, version: RecordVersion, sent_by: str | None, keyring: Keyring) -> VersionOut:
    reported = dict(version.body)
    key = await key_of(session, version.learner_id, keyring=keyring)
    if version.sealed is not None and key is not None:
        reported |= orjson.loads(open_sealed(key, version.sealed, field_of(version.learner_id, "record")))
    return VersionOut(
        version=version.version,
        act=version.act,
        occurred_on=version.occurred_on,
        recorded_at=version.recorded_at,
        learner_id=version.learner_id,
        reported=reported,
        warnings=version.warnings,
        reason=version.reason,
        submission_id=version.submission_id,
        row_no=version.row_no,
        sent_by=sent_by,
        digest=version.digest.hex(),
    )


async def course_name_of(session: AsyncSession, record: RecordOut) -> str | None:
    """What the catalogue of its day called the course of a result: a record that was withdrawn is in no transcript."""
    last = record.versions[-1]
    if record.kind != "course_result":
        return None
    code = str(last.reported["course_code"])
    try:
        found = await reading.course(session, institution_id=record.institution_id, code=code, on=last.occurred_on)
    except NotFound:
        return None
    return found.name
