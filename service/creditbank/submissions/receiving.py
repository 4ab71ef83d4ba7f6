"""Taking a file in: begun, sent in parts in any order and as often as it needs, completed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.errors import BankError, NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.jobs import ask
from creditbank.sealing import Keyring, blind_index
from creditbank.submissions import refusals
from creditbank.submissions.keeping import key_of, new_key, seal_field, seal_part
from creditbank.submissions.schemas import CompletionIn, PartOut, SubmissionIn
from creditbank.submissions.tables import SubmissionFile, SubmissionPart

READ = "read a submission"
UNFINISHED = 50
"""Files that an institution may have begun and not completed: what never comes is let go of after EXPIRES."""
EXPIRES = timedelta(hours=72)
_MIB = 1024 * 1024


class TooManyUnfinished(BankError):
    """Begun and begun again, and never completed."""

    status = 409
    code = "too_many_unfinished_submissions"
    zh = "已有 {most} 份报送尚未传完。请先完成或取消，72 小时后未传完的会自动失效。"
    en = "{most} submissions were begun and not completed. Complete or cancel them; after 72 hours they expire."


async def begin(
    session: AsyncSession,
    said: SubmissionIn,
    *,
    institution_id: UUID,
    by: str,
    at: datetime,
    keyring: Keyring,
    limit_mib: int,
    retention: timedelta,
) -> SubmissionFile:
    """A submission that waits for its parts. Raises FileTooLarge, TooManyUnfinished."""
    if said.size is not None and said.size > limit_mib * _MIB:
        raise refusals.FileTooLarge(limit_mib=limit_mib, field="/size")
    unfinished = await session.exec(
        select(func.count()).where(
            SubmissionFile.institution_id == institution_id, SubmissionFile.status == "receiving"
        )
    )
    if unfinished.one() >= UNFINISHED:
        raise TooManyUnfinished(most=UNFINISHED)
    submission_id = new_id()
    key, wrapped = new_key(keyring, submission_id)
    file = SubmissionFile(
        submission_id=submission_id,
        institution_id=institution_id,
        sent_by=by,
        created_at=at,
        status="receiving",
        act=said.act,
        dry_run=said.dry_run,
        kind=said.kind,
        reason=said.reason,
        size=said.size,
        announced_sha256=bytes.fromhex(said.sha256) if said.sha256 else None,
        key_wrapped=wrapped,
        file_name_sealed=seal_field(key, submission_id, "file_name", said.file_name),
        counts={},
        warnings={},
        erase_at=at + retention,
    )
    session.add(file)
    await session.flush()
    return file


async def own_file(session: AsyncSession, submission_id: UUID, actor: Actor, *, lock: bool = False) -> SubmissionFile:
    """A submission of the caller's institution. Raises NotFound: not there and not yours look the same."""
    query = select(SubmissionFile).where(SubmissionFile.submission_id == submission_id)
    file = (await session.exec(query.with_for_update() if lock else query)).one_or_none()
    if file is None or not actor.reaches_institution(file.institution_id):
        raise NotFound
    return file


async def receive_part(
    session: AsyncSession,
    submission_id: UUID,
    part_no: int,
    content: bytes,
    *,
    actor: Actor,
    keyring: Keyring,
    limit_mib: int,
) -> PartOut:
    """Keep a part, sealed; the same part again is the same. Raises NoLongerReceiving, PartDiffers, FileTooLarge."""
    if not content:
        raise refusals.PartEmpty(part=part_no)
    digest = hashlib.sha256(content).hexdigest()
    file = await own_file(session, submission_id, actor, lock=True)
    part_index = blind_index(keyring, "submission-part", digest)
    before = await session.get(SubmissionPart, (submission_id, part_no))
    if before is not None:
        if before.part_index != part_index:
            raise refusals.PartDiffers(part=part_no)
        return PartOut(part_no=part_no, size=before.size, sha256=digest)
    if file.status != "receiving":
        raise refusals.NoLongerReceiving(status=file.status)
    if (await received(session, submission_id))[1] + len(content) > limit_mib * _MIB:
        raise refusals.FileTooLarge(limit_mib=limit_mib)
    key = key_of(keyring, submission_id, file.key_wrapped)
    session.add(
        SubmissionPart(
            submission_id=submission_id,
            part_no=part_no,
            size=len(content),
            part_index=part_index,
            content_sealed=seal_part(key, submission_id, part_no, content),
        )
    )
    await session.flush()
    return PartOut(part_no=part_no, size=len(content), sha256=digest)


async def received(session: AsyncSession, submission_id: UUID) -> tuple[list[int], int]:
    """The numbers of the parts that came, and their bytes."""
    found = await session.exec(
        select(SubmissionPart.part_no, SubmissionPart.size)
        .where(SubmissionPart.submission_id == submission_id)
        .order_by(col(SubmissionPart.part_no))
    )
    parts = list(found)
    return [number for number, _ in parts], sum(size for _, size in parts)


async def complete(
    session: AsyncSession, submission_id: UUID, said: CompletionIn, *, actor: Actor, at: datetime
) -> SubmissionFile:
    """Everything has come: the file is read next. Saying so again changes nothing.

    Raises NoLongerReceiving, PartsMissing, SizeDiffers.
    """
    file = await own_file(session, submission_id, actor, lock=True)
    if file.status != "receiving":
        if file.expected_parts == said.parts:
            return file
        raise refusals.NoLongerReceiving(status=file.status)
    parts, size = await received(session, submission_id)
    missing = next((number for number in range(1, said.parts + 1) if number not in set(parts)), None)
    if missing is not None:
        raise refusals.PartsMissing(parts=said.parts, missing=missing)
    if len(parts) != said.parts:
        raise refusals.PartsMissing(parts=len(parts), missing=said.parts + 1)
    if file.size is not None and file.size != size:
        raise refusals.SizeDiffers(received=size, announced=file.size)
    file.status, file.size, file.expected_parts, file.queued_at = "reading", size, said.parts, at
    if said.sha256 is not None:
        file.announced_sha256 = bytes.fromhex(said.sha256)
    session.add(file)
    await session.flush()
    about = {"submission_id": str(submission_id)}
    await ask(session, kind=READ, name=f"{READ} {submission_id}", about=about, run_at=at)
    return file


async def let_go(session: AsyncSession, submission_id: UUID, *, lines: bool = False) -> None:
    """The parts of a file that has been read, or will never be; and the lines of one of which no row was posted."""
    connection = await driver(session)
    await connection.execute("DELETE FROM submission_part WHERE submission_id = %s", [submission_id])
    if lines:
        await connection.execute("DELETE FROM submission_chunk WHERE submission_id = %s", [submission_id])
