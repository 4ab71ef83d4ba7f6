"""The verbs of submissions besides receiving and posting: show, confirm the mapping, cancel, let go on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor
from creditbank.sealing import Keyring
from creditbank.submissions import refusals
from creditbank.submissions.cells import Line, Unusable, column_letters, place_of
from creditbank.submissions.keeping import key_of, name_of, open_lines
from creditbank.submissions.outcomes import chunks_between, headers_of, one_row, sheets_of
from creditbank.submissions.queueing import ask_to_post
from creditbank.submissions.receiving import let_go, own_file, received
from creditbank.submissions.schemas import ReceivedOut, SentRowOut, SubmissionOut
from creditbank.submissions.tables import ENDED, SubmissionChunk, SubmissionFile


async def shown(
    session: AsyncSession, file: SubmissionFile, *, keyring: Keyring, listed: bool = False
) -> SubmissionOut:
    """A submission as it stands; in a list without its mapping and the numbers of its parts, which may be long."""
    coming = None
    if file.status == "receiving" and not listed:
        parts, size = await received(session, file.submission_id)
        coming = ReceivedOut(parts=parts, bytes=size)
    return SubmissionOut(
        **{
            name: getattr(file, name)
            for name in (
                "submission_id", "institution_id", "format", "act", "dry_run", "kind", "status", "size", "rows",
                "set_aside", "counts", "warnings", "created_at", "started_at", "finished_at", "continue_at",
                "problem", "cancelled_after_row",
            )
        },
        mapping=None if listed else file.mapping,
        file_name=name_of(file, keyring),
        received=coming,
        done=file.done_rows,
        retain_until=file.erase_at,
        same_file_as=file.same_file_as_id,
    )  # fmt: skip


async def files_of(
    session: AsyncSession,
    *,
    institution_id: UUID | None,
    statuses: Sequence[str],
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[SubmissionFile]:
    """Submissions of an institution, or of all for an officer: the newest first."""
    query = (
        select(SubmissionFile)
        .order_by(col(SubmissionFile.created_at).desc(), col(SubmissionFile.submission_id).desc())
        .limit(limit)
    )
    if institution_id is not None:
        query = query.where(SubmissionFile.institution_id == institution_id)
    if statuses:
        query = query.where(col(SubmissionFile.status).in_(statuses))
    if before is not None:
        at, last = before
        query = query.where(
            (col(SubmissionFile.created_at) < at)
            | ((col(SubmissionFile.created_at) == at) & (col(SubmissionFile.submission_id) < last))
        )
    return (await session.exec(query)).all()


async def cancel(session: AsyncSession, submission_id: UUID, *, actor: Actor, at: datetime) -> SubmissionFile:
    """Stop a submission: at once where nothing runs, else between two chunks. What was posted stays.

    Saying so again changes nothing. Raises SubmissionEnded for one that ended otherwise.
    """
    file = await own_file(session, submission_id, actor, lock=True)
    if file.status == "cancelled" or (file.status == "running" and file.cancel_asked_at is not None):
        return file
    if file.status in ENDED:
        raise refusals.SubmissionEnded(status=file.status)
    file.cancel_asked_at = at
    if file.status != "running":
        await let_go(session, submission_id, lines=file.status == "reading")
        file.cancelled_after_row = await _last_done(session, file)
        file.status, file.finished_at, file.continue_at, file.problem = "cancelled", at, None, None
    # Should its worker be gone, the next one stops it; and what waited behind it need not wait any longer.
    await ask_to_post(session, file.institution_id, at=at)
    session.add(file)
    await session.flush()
    return file


async def _last_done(session: AsyncSession, file: SubmissionFile) -> int:
    found = await session.exec(
        select(SubmissionChunk.last_row).where(
            SubmissionChunk.submission_id == file.submission_id, SubmissionChunk.chunk_no == file.next_chunk - 1
        )
    )
    return found.one_or_none() or 0


async def let_go_on(session: AsyncSession, submission_id: UUID, *, actor: Actor, at: datetime) -> SubmissionFile:
    """An officer has looked at what is held: the rest is posted, however much of it is held. Raises NotPaused."""
    file = await own_file(session, submission_id, actor, lock=True)
    if file.status != "paused":
        raise refusals.NotPaused(status=file.status)
    file.status, file.continue_at, file.problem, file.holds_allowed_by = "queued", None, None, actor.name
    session.add(file)
    await session.flush()
    await ask_to_post(session, file.institution_id, at=at)
    detail = {"submission_id": str(submission_id), "counts": file.counts}
    await note(session, actor=actor, act="submission_let_go_on", purpose="identity review", at=at, detail=detail)
    return file


async def sent_row(session: AsyncSession, file: SubmissionFile, row_no: int, *, keyring: Keyring) -> SentRowOut | None:
    """A row as it was sent, with what became of it. Raises ContentErased past the retention date."""
    key = key_of(keyring, file.submission_id, file.key_wrapped)
    line: Line | None = None
    for chunk_no, sealed in await chunks_between(session, file.submission_id, row_no, row_no):
        lines = open_lines(key, file.submission_id, chunk_no, sealed)
        line = next((one for one in lines if one.row_no == row_no), line)
    if line is None:
        return None
    sheet_no, row = place_of(row_no)
    sheets, headers = sheets_of(file, key), headers_of(file, key, sheet_no)
    return SentRowOut(
        row=row,
        sheet=sheets[sheet_no - 1] if sheet_no <= len(sheets) else None,
        row_no=row_no,
        cells=[
            {
                "cell": f"{column_letters(column)}{row}",
                "header": (headers[column] or None) if column < len(headers) else None,
                "content": said(cell),
            }
            for column, cell in enumerate(line.cells)
            if cell is not None
        ],
        text=line.text,
        outcome=await one_row(session, file, row_no, keyring=keyring),
    )


def said(cell: Any) -> Any:
    """A cell as JSON shows it."""
    if isinstance(cell, Unusable):
        return cell.text
    return cell if isinstance(cell, str | int | float | bool) else cell.isoformat()
