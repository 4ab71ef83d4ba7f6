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
from creditbank.submissions.tables import ENDED, SubmissionFile, SubmissionPart

READ = "read a submission"
UNFINISHED = 50
"""Files of an institution that have not ended, whatever they wait for: each is kept whole."""
PARTS = 10_000
"""Parts of a file: the largest file in the smallest parts that make sense."""
EXPIRES = timedelta(hours=72)
_MIB = 1024 * 1024


class TooManyUnfinished(BankError):
    """Begun and begun again, and not one of them ended."""

    status = 409
    code = "too_many_unfinished_submissions"
    zh = "已有 {most} 份报送尚未结束。请传完、确认表头对应或取消一些，等待写入的请待其结束；72 小时未传完的自动失效。"
    en = (
        "{most} submissions have not ended. Complete them, confirm their mappings or cancel some, and wait for those "
        "that are posted; what is not complete after 72 hours expires."
    )


class TooManyParts(BankError):
    """A file in crumbs."""

    status = 409
    code = "too_many_parts"
    zh = "一份文件至多分 {most} 个部分（编号从 1 起），本部分未接收。请新建报送，每部分取 1 至 8 MiB。"
    en = (
        "A file has at most {most} parts, numbered from 1; this one was not taken. Begin anew with parts of 1 to 8 MiB."
    )


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
            SubmissionFile.institution_id == institution_id, col(SubmissionFile.status).not_in(ENDED)
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
    """Keep a part, sealed; the same part again is the same.

    Raises NoLongerReceiving, PartDiffers, PartEmpty, TooManyParts, FileTooLarge.
    """
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
    parts, size = await _weighed(session, submission_id)
    if parts >= PARTS or part_no > PARTS:
        raise TooManyParts(most=PARTS)
    if size + len(content) > limit_mib * _MIB:
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


async def _weighed(session: AsyncSession, submission_id: UUID) -> tuple[int, int]:
    """How many parts came, and their bytes."""
    of_file = SubmissionPart.submission_id == submission_id
    found = await session.exec(
        select(func.count(), func.coalesce(func.sum(SubmissionPart.size), 0)).select_from(SubmissionPart).where(of_file)
    )
    parts, size = found.one()
    return parts, int(size)


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
    numbers, size = await received(session, submission_id)
    parts = set(numbers)
    missing = next((number for number in range(1, said.parts + 1) if number not in parts), None)
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
