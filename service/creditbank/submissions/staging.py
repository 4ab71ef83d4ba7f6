"""Reading a file that has come: all of it, into sealed chunks of lines, before a single row of it is posted.

A file that cannot be read to its end is refused as a whole, and nothing of it was written. What can be read is the same
from then on, whatever its format was: lines, by number.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.config import Settings
from creditbank.db import Database, driver
from creditbank.errors import BankError
from creditbank.jobs import Work, handler, made_progress
from creditbank.sealing import Keyring, SealingKey, blind_index
from creditbank.submissions import refusals
from creditbank.submissions.cells import Line, Unusable, place_of, shown_cells
from creditbank.submissions.files.opening import OpenedFile, limits_of, open_file
from creditbank.submissions.given_back import as_sent
from creditbank.submissions.keeping import LINES, key_of, name_of, open_part, seal_field, seal_lines
from creditbank.submissions.mappings import propose_for
from creditbank.submissions.patience import is_for_later
from creditbank.submissions.queueing import ask_to_post, queue
from creditbank.submissions.receiving import READ, let_go
from creditbank.submissions.sheets.mapping import SheetSample
from creditbank.submissions.tables import SubmissionChunk, SubmissionFile, SubmissionPart

log = structlog.get_logger(__name__)

FIRST, LAST = 60, 20
"""Lines of each sheet that a mapping is proposed from: titles and signatures are among them."""
LONGEST = 4_000_000
"""Characters of a chunk, about: a line may have a million of them."""
AT_ONCE = 8
"""Chunks written in one transaction."""
ATTEMPTS = 5
"""After so many workers that died of a file, or failed on it, the file is refused."""


@dataclass(slots=True)
class _Sheet:
    """What is remembered of a sheet while its lines go by."""

    first: list[Line] = field(default_factory=list)
    last: deque[Line] = field(default_factory=lambda: deque(maxlen=LAST))
    unusable: Counter[int] = field(default_factory=Counter)


@dataclass(slots=True)
class _Staged:
    """What is known of a file once its lines have gone by."""

    sheets: dict[int, _Sheet] = field(default_factory=dict)
    lines: int = 0
    chunks: int = 0
    widths: dict[int, int] = field(default_factory=dict)
    """Columns of each sheet with anything in them, the header's or not: a report writes behind them."""

    def see(self, line: Line) -> None:
        """Remember what a mapping is proposed from."""
        self.lines += 1
        number = place_of(line.row_no)[0]
        self.widths[number] = max(self.widths.get(number, 0), len(shown_cells(line)))
        if line.text is not None:
            return
        sheet = self.sheets.setdefault(number, _Sheet())
        if len(sheet.first) < FIRST:
            sheet.first.append(line)
        else:
            sheet.last.append(line)
        for column, cell in enumerate(line.cells):
            if type(cell) is Unusable:
                sheet.unusable[column] += 1

    def samples(self, names: tuple[str, ...]) -> list[SheetSample]:
        """What a mapping is proposed from."""
        return [
            SheetSample(
                sheet_no=number,
                name=names[number - 1] if number <= len(names) else None,
                lines=[*sheet.first, *sheet.last],
                unusable=dict(sheet.unusable),
            )
            for number, sheet in sorted(self.sheets.items())
        ]


@handler(READ, lane="reading")
async def read_submission(work: Work) -> None:
    """Read one file: into chunks and on to its mapping or its place in the queue, or to its refusal."""
    submission_id = UUID(work.about["submission_id"])
    async with work.database.session() as session:
        file = await session.get(SubmissionFile, submission_id)
    if file is None or file.status != "reading":
        return
    if work.attempt > ATTEMPTS:
        await _refuse(work, submission_id, FileNotProcessed())
        return
    try:
        await _read(work, file)
    except NoLongerRead:
        return
    except Exception as failure:
        if is_for_later(failure):
            # Nothing is wrong with the file, however long this lasts.
            with suppress(Exception):
                await work.database.write(partial(made_progress, work=work))
            raise
        if not isinstance(failure, BankError):
            raise
        await _refuse(work, submission_id, failure)


class NoLongerRead(Exception):
    """The file was cancelled, or has been read by another worker meanwhile."""


class ReadByAnother(Exception):
    """Another worker reads the same file: this one was taken for dead."""


class FileNotProcessed(BankError):
    """The bank failed on this file again and again: its own mistake, or a file made to harm it."""

    status = 500
    code = "file_not_processed"
    zh = "系统多次未能读取该文件，未写入任何内容。请另存为新的工作簿或 CSV 后重新报送；如仍失败请联系学分银行。"
    en = (
        "The bank failed to read this file again and again; nothing was written. Save it anew as a workbook or CSV and "
        "send that; if it fails again, ask the bank."
    )


async def _read(work: Work, file: SubmissionFile) -> None:
    keyring, settings = work.its(Keyring), work.its(Settings)
    key = key_of(keyring, file.submission_id, file.key_wrapped)
    with tempfile.SpooledTemporaryFile(max_size=64 * 1024 * 1024) as whole:
        digest = await _assemble(work.database, file, key, whole)
        if file.announced_sha256 is not None and file.announced_sha256 != digest:
            raise refusals.FileDiffers
        opened = await asyncio.to_thread(
            open_file,
            whole,
            file_name=name_of(file, keyring) or "",
            size=file.size or 0,
            limits=limits_of(settings.file_limit_mib),
        )
        staged = await _stage(work.database, file.submission_id, key, opened)
    file_index = blind_index(keyring, "submission-file", digest.hex())

    async def go_on(session: AsyncSession) -> None:
        await _still_mine(session, file.submission_id, chunks=staged.chunks)
        kept = await session.get_one(SubmissionFile, file.submission_id)
        kept.format, kept.rows, kept.file_index, kept.announced_sha256 = opened.format, staged.lines, file_index, None
        kept.same_file_as_id = await _same_file(session, kept)
        widths = sorted(staged.widths.items())
        layout: dict[str, Any] = {"encoding": opened.encoding, "widths": widths}
        complete = True
        if staged.sheets:
            found, kept.mapping, complete = await propose_for(session, kept, staged.samples(opened.sheets), at=work.now)
            layout |= found
        kept.sheets_sealed = seal_field(key, kept.submission_id, "sheets", list(opened.sheets))
        kept.layout_sealed = seal_field(key, kept.submission_id, "layout", layout)
        if complete:
            await queue(session, kept, at=work.now)
        else:
            kept.status = "needs_mapping"
        session.add(kept)
        await session.flush()
        await let_go(session, kept.submission_id)

    await work.database.write(go_on)


async def _assemble(database: Database, file: SubmissionFile, key: SealingKey, whole: Any) -> bytes:
    """Put the parts together again; the SHA-256 of the whole."""
    digest = hashlib.sha256()

    def write(part_no: int, sealed: bytes) -> None:
        content = open_part(key, file.submission_id, part_no, sealed)
        digest.update(content)
        whole.write(content)

    for part_no in range(1, (file.expected_parts or 0) + 1):
        async with database.session() as session:
            part = await session.get(SubmissionPart, (file.submission_id, part_no))
        if part is None:
            raise NoLongerRead
        await asyncio.to_thread(write, part_no, part.content_sealed)
    whole.seek(0)
    return digest.digest()


async def _stage(database: Database, submission_id: UUID, key: SealingKey, opened: OpenedFile) -> _Staged:
    """Every line into sealed chunks. What an attempt before this one left is written over."""
    staged = _Staged()
    coming = _chunks(submission_id, key, opened, staged)

    async def clear(session: AsyncSession) -> None:
        await _still_mine(session, submission_id, chunks=None)
        connection = await driver(session)
        await connection.execute("DELETE FROM submission_chunk WHERE submission_id = %s", [submission_id])

    await database.write(clear)
    while chunks := await asyncio.to_thread(lambda: list(islice(coming, AT_ONCE))):

        async def write(session: AsyncSession, chunks: list[SubmissionChunk] = chunks) -> None:
            await _still_mine(session, submission_id, chunks=chunks[0].chunk_no - 1)
            for chunk in chunks:
                session.add(SubmissionChunk(**chunk.model_dump()))

        await database.write(write)
        staged.chunks += len(chunks)
    return staged


async def _still_mine(session: AsyncSession, submission_id: UUID, *, chunks: int | None) -> None:
    """Lock a file that is read, and see that its chunks are those that were written here.

    Raises NoLongerRead, and ReadByAnother where a worker that was taken for dead would mix its chunks with another's.
    """
    connection = await driver(session)
    lock = "SELECT status FROM submission_file WHERE submission_id = %s FOR UPDATE"
    found = await (await connection.execute(lock, [submission_id])).fetchone()
    if found is None or found[0] != "reading":
        raise NoLongerRead
    if chunks is not None:
        count = "SELECT count(*) FROM submission_chunk WHERE submission_id = %s"
        if await (await connection.execute(count, [submission_id])).fetchone() != (chunks,):
            raise ReadByAnother


def _chunks(submission_id: UUID, key: SealingKey, opened: OpenedFile, staged: _Staged) -> Iterator[SubmissionChunk]:
    lines = as_sent(opened.lines()) if opened.format == "xlsx" else opened.lines()
    chunk_no = 0
    while chunk := _next_lines(lines):
        chunk_no += 1
        for line in chunk:
            staged.see(line)
        yield SubmissionChunk(
            submission_id=submission_id,
            chunk_no=chunk_no,
            first_row=chunk[0].row_no,
            last_row=chunk[-1].row_no,
            lines=len(chunk),
            content_sealed=seal_lines(key, submission_id, chunk_no, chunk),
        )


def _next_lines(lines: Iterator[Line]) -> list[Line]:
    """A chunk's lines: as many as are posted together, fewer where they are long."""
    chunk: list[Line] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line.text or "") + sum(len(cell) for cell in line.cells if type(cell) is str)
        if len(chunk) == LINES or size > LONGEST:
            break
    return chunk


async def _same_file(session: AsyncSession, file: SubmissionFile) -> UUID | None:
    """The last submission of the same content and act that was posted."""
    found = await session.exec(
        select(SubmissionFile.submission_id)
        .where(
            SubmissionFile.institution_id == file.institution_id,
            SubmissionFile.file_index == file.file_index,
            SubmissionFile.act == file.act,
            SubmissionFile.submission_id != file.submission_id,
            col(SubmissionFile.dry_run).is_(False),
            col(SubmissionFile.started_at).is_not(None),
        )
        .order_by(col(SubmissionFile.created_at).desc())
        .limit(1)
    )
    return found.one_or_none()


async def _refuse(work: Work, submission_id: UUID, refusal: BankError) -> None:
    async def write(session: AsyncSession) -> None:
        file = await session.get_one(SubmissionFile, submission_id, with_for_update=True)
        if file.status != "reading":
            return
        file.status, file.finished_at, file.problem = "failed", work.now, refusal.problem("zh")
        await ask_to_post(session, file.institution_id, at=work.now)  # others may have waited for it
        session.add(file)
        await session.flush()
        await let_go(session, submission_id, lines=True)

    await work.database.write(write)
    log.info("submission_refused", submission_id=str(submission_id), code=refusal.code)
