"""Posting a file: chunk by chunk, each with its outcomes in one transaction, so that a kill anywhere costs nothing.

The row of the submission says which chunk is next and is locked while one is posted: whoever else tries the same chunk
finds it done. What was written of a chunk and that it was written are one commit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Literal
from uuid import UUID

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Transaction, driver, run
from creditbank.errors import BankError, TooManyRequests
from creditbank.identity.actor import Actor
from creditbank.jobs import Work, handler, made_progress, others_wait
from creditbank.learners.probing import must_not_be_probing, note_matches
from creditbank.records.acts import Tools
from creditbank.records.intake import Ahead, Sender, read_ahead
from creditbank.records.reassigning import ReassignmentNeedsAnOfficer
from creditbank.records.refusals import IdentityUnderReview
from creditbank.records.schemas import Row
from creditbank.records.service import post_rows, turn_of
from creditbank.records.trying import try_rows
from creditbank.rules import Rulebook
from creditbank.sealing import Keyring, SealingKey
from creditbank.submissions import refusals
from creditbank.submissions.changing import move_rows, take_back_rows, try_changes
from creditbank.submissions.keeping import key_of, open_lines
from creditbank.submissions.outcomes import Became, write_outcomes
from creditbank.submissions.patience import is_for_later
from creditbank.submissions.queueing import POST, ask_to_post
from creditbank.submissions.rows import RowReader, reader_of
from creditbank.submissions.tables import SubmissionFile

log = structlog.get_logger(__name__)

TURN = 20.0
"""Seconds after which a file lets those of other institutions have a turn, if any wait."""
Ended = Literal["done", "stopped", "paused", "turn"]


@dataclass(slots=True)
class Chunk:
    """A chunk of lines, read: what can be posted, what became of the rest, and how many lines are no rows."""

    chunk_no: int
    lines: int
    rows: list[tuple[int, Row]] = field(default_factory=list)
    changes: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Rows of a withdrawal or a reassignment, as they were read."""
    became: list[Became] = field(default_factory=list)
    set_aside: int = 0
    ahead: Ahead | None = None
    """What was read of the rows before their turn."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One file on its way through."""

    work: Work
    file: SubmissionFile
    key: SealingKey
    reader: RowReader

    @property
    def sender(self) -> Sender:
        """Who sent it."""
        return Sender(self.file.institution_id, self.file.sent_by)

    def tools(self) -> Tools:
        """What every write needs."""
        return Tools(self.work.its(Keyring), self.work.its(Rulebook), clock.now())


@handler(POST, lane="posting")
async def post_submissions(work: Work) -> None:
    """Post an institution's files in the order in which they were ready, until none is left or one must wait."""
    institution_id = UUID(work.about["institution_id"])
    until = time.monotonic() + TURN
    while (submission_id := await work.database.write(partial(_next, institution_id=institution_id))) is not None:
        ended = await _post_file(work, submission_id, until=until)
        if ended in ("paused", "turn"):
            return


async def _next(session: AsyncSession, *, institution_id: UUID) -> UUID | None:
    """The file whose turn it is, marked as running; nothing where none waits or the first is not to go on yet."""
    now = clock.now()
    query = (
        select(SubmissionFile)
        .where(
            SubmissionFile.institution_id == institution_id,
            col(SubmissionFile.status).in_(("queued", "running", "paused")),
        )
        .order_by(
            # What runs goes on first: a file that waited for its mapping takes its place anew.
            (col(SubmissionFile.status) == "running").desc(),
            col(SubmissionFile.queued_at),
            col(SubmissionFile.submission_id),
        )
        .limit(1)
        .with_for_update()
    )
    file = (await session.exec(query)).one_or_none()
    if file is None or await _one_before_is_read(session, file):
        return None
    if file.status == "paused" and file.continue_at is not None and file.continue_at > now:
        await ask_to_post(session, institution_id, at=file.continue_at)
        return None
    file.status, file.continue_at, file.problem = "running", None, None
    if file.started_at is None:
        file.started_at = now
        if not file.dry_run:
            await _note_submission(session, file)
    session.add(file)
    await session.flush()
    return file.submission_id


async def _one_before_is_read(session: AsyncSession, file: SubmissionFile) -> bool:
    """Whether a file that was completed before this one is still being read: what it says must not come later.

    It asks for the posting itself once it has been read, or refused.
    """
    if file.status == "running":
        return False
    found = await session.exec(
        select(SubmissionFile.submission_id)
        .where(
            SubmissionFile.institution_id == file.institution_id,
            SubmissionFile.status == "reading",
            col(SubmissionFile.queued_at) < file.queued_at,
        )
        .limit(1)
    )
    return found.first() is not None


async def _note_submission(session: AsyncSession, file: SubmissionFile) -> None:
    """The submission that its records will name."""
    connection = await driver(session)
    await connection.execute(
        """
        INSERT INTO submission (submission_id, institution_id, sent_by, received_at, rows) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT DO NOTHING
        """,
        [file.submission_id, file.institution_id, file.sent_by, file.created_at, file.rows or 0],
    )


async def _post_file(work: Work, submission_id: UUID, *, until: float) -> Ended:
    """Post what is left of a file. While PostgreSQL works on a chunk, the next one is read."""
    database, keyring = work.database, work.its(Keyring)
    async with database.session() as session:
        file = await session.get_one(SubmissionFile, submission_id)
        reader = await reader_of(session, file, keyring=keyring, today=clock.today(clock.now()))
    posting = Posting(work, file, key_of(keyring, submission_id, file.key_wrapped), reader)
    coming = _Coming(posting)
    progressed = False
    try:
        while (chunk := await coming.chunk()) is not None:
            try:
                went_on = await _post_chunk(posting, chunk, coming.begin)
            except TooManyRequests as waits:
                await database.write(partial(_pause, submission_id=submission_id, seconds=int(waits.said["seconds"])))  # type: ignore[call-overload]
                return "paused"
            if not went_on:
                return "stopped"
            if not progressed:
                await database.write(partial(made_progress, work=work))
                progressed = True
            if time.monotonic() > until and await others_wait(database, work):
                await database.write(partial(ask_to_post, institution_id=file.institution_id, at=clock.now()))
                return "turn"
    finally:
        await coming.leave()
    await database.write(partial(_finish, submission_id=submission_id))
    return "done"


class _Coming:
    """The next chunk of a file, read by a thread while PostgreSQL writes the one before.

    It is begun when nothing is left to do for that one but to wait: sooner, the two would fight for the interpreter.
    """

    def __init__(self, posting: Posting) -> None:
        self._posting, self._next = posting, posting.file.next_chunk
        self._reading: asyncio.Task[Chunk | None] | None = None

    def begin(self) -> None:
        """Begin to read, if that has not been done."""
        if self._reading is None:
            self._reading = asyncio.create_task(_read_chunk(self._posting, self._next))

    async def chunk(self) -> Chunk | None:
        """The chunk; the one behind it is next."""
        self.begin()
        assert self._reading is not None
        chunk = await self._reading
        self._reading, self._next = None, self._next + 1
        return chunk

    async def leave(self) -> None:
        """Nothing more is wanted."""
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._reading


# --- one chunk ----------------------------------------------------------------------------------------------------

_CHUNK = "SELECT lines, content_sealed FROM submission_chunk WHERE submission_id = $1 AND chunk_no = $2"


async def _read_chunk(posting: Posting, chunk_no: int) -> Chunk | None:
    """The lines of a chunk, read into rows; nothing behind the last one."""
    async with posting.work.database.bare() as connection:
        cursor = await run(connection, _CHUNK, posting.file.submission_id, chunk_no)
        found = await cursor.fetchone()
    if found is None:
        return None
    return await asyncio.to_thread(_read_lines, posting, chunk_no, found[0], bytes(found[1]))


def _read_lines(posting: Posting, chunk_no: int, lines: int, sealed: bytes) -> Chunk:
    chunk = Chunk(chunk_no, lines)
    for line in open_lines(posting.key, posting.file.submission_id, chunk_no, sealed):
        try:
            read = posting.reader.read(line)
        except Exception as failure:
            chunk.became.append(_broke(posting, line.row_no, failure))
            continue
        if read.row is not None:
            chunk.rows.append((line.row_no, read.row))
        elif read.change is not None:
            chunk.changes.append((line.row_no, read.change))
        elif read.became is not None:
            chunk.became.append(read.became)
        else:
            chunk.set_aside += 1
    if posting.file.act == "report" and not posting.file.dry_run:
        # A row that cannot be read for something unforeseen is found when the chunk is posted row by row.
        with suppress(Exception):
            chunk.ahead = read_ahead(
                chunk.rows, sender=posting.sender, keyring=posting.work.its(Keyring), at=clock.now()
            )
    return chunk


_LOCK = """
SELECT status, next_chunk, cancel_asked_at, holds_allowed_by FROM submission_file
WHERE submission_id = $1 FOR UPDATE
"""


async def _post_chunk(posting: Posting, chunk: Chunk, written: Callable[[], None]) -> bool:
    """Post one chunk with its outcomes, in one transaction; False when the file is not to go on.

    A chunk that fails as a whole, for whatever the bank did not foresee, is posted row by row: what one row broke costs
    that row.
    """
    database, file = posting.work.database, posting.file
    act: Act = _try if file.dry_run else {"report": _post, "withdraw": take_back_rows, "reassign": move_rows}[file.act]
    write = database.write if act is move_rows else database.write_bare
    try:
        return await write(partial(_in_turn, posting=posting, chunk=chunk, act=act, written=written))
    except Exception as failure:
        if is_for_later(failure):
            raise
        log.warning("chunk_posted_row_by_row", submission_id=str(file.submission_id), error=type(failure).__name__)
    one_by_one = partial(_row_by_row, act=act)
    return await database.write(partial(_in_turn, posting=posting, chunk=chunk, act=one_by_one, written=written))


Act = Callable[[Transaction, "Posting", "Chunk"], Awaitable[list[Became]]]


async def _in_turn(session: Any, *, posting: Posting, chunk: Chunk, act: Act, written: Callable[[], None]) -> bool:
    """Whether the chunk is the next one of a file that runs; then it is posted and its outcomes are written.

    `written` is called when PostgreSQL has been sent everything, and only the commit is waited for.
    """
    submission_id = posting.file.submission_id
    found = await (await run(session, _LOCK, submission_id)).fetchone()
    assert found is not None
    status, next_chunk, cancel_asked_at, holds_allowed_by = found
    if status != "running":
        return False
    if cancel_asked_at is not None:
        await _cancel(session, submission_id)
        return False
    if next_chunk != chunk.chunk_no:
        return bool(next_chunk > chunk.chunk_no)  # another worker was faster: there is nothing left to do of this one
    became = [*chunk.became, *await act(session, posting, chunk)]
    became.sort(key=lambda one: one.row_no)
    if not posting.file.dry_run:
        await _count_holds(session, posting, became, allowed=holds_allowed_by is not None)
    await write_outcomes(session, submission_id, became, lines=chunk.lines, set_aside=chunk.set_aside, key=posting.key)
    written()
    return True


async def _post(session: Transaction, posting: Posting, chunk: Chunk) -> list[Became]:
    if not chunk.rows:
        return []
    outcomes = await post_rows(
        session, chunk.rows, sender=posting.sender, submission_id=posting.file.submission_id, tools=posting.tools(),
        ahead=chunk.ahead,
    )  # fmt: skip
    return posting.reader.completed(chunk.rows, [Became.of(outcome) for outcome in outcomes])


async def _row_by_row(session: Transaction, posting: Posting, chunk: Chunk, *, act: Act) -> list[Became]:
    assert isinstance(session, AsyncSession)
    became: list[Became] = []
    rows = sorted(chunk.rows, key=lambda numbered: turn_of(numbered[1]))
    alone = [(row_no, Chunk(chunk.chunk_no, 1, rows=[(row_no, row)])) for row_no, row in rows]
    alone += [(row_no, Chunk(chunk.chunk_no, 1, changes=[(row_no, said)])) for row_no, said in chunk.changes]
    for row_no, one in alone:
        try:
            async with session.begin_nested():
                became += await act(session, posting, one)
        except Exception as failure:
            if is_for_later(failure):
                raise
            broke = [_broke(posting, row_no, failure)]
            became += posting.reader.completed(one.rows, broke) if one.rows else broke
    return became


def _broke(posting: Posting, row_no: int, failure: Exception) -> Became:
    """A row that the bank failed on; what a refusal says of itself is said."""
    refusal = failure if isinstance(failure, BankError) else refusals.UnexpectedFault()
    if refusal is not failure:
        error, submission_id = type(failure).__name__, str(posting.file.submission_id)
        log.warning("row_not_processed", row_no=row_no, submission_id=submission_id, error=error)
    return Became(row_no, "refused", problem=refusal.problem("zh"))


async def _try(session: Transaction, posting: Posting, chunk: Chunk) -> list[Became]:
    said = await try_rows(session, chunk.rows, sender=posting.sender, tools=posting.tools())
    became = [
        Became(row_no, "acceptable") if refusal is None else Became(row_no, "refused", problem=refusal.problem("zh"))
        for row_no, refusal in sorted(said.items())
    ]
    return [*posting.reader.completed(chunk.rows, became), *try_changes(posting, chunk)]


_IN_DOUBT = (IdentityUnderReview.code, ReassignmentNeedsAnOfficer.code)


async def _count_holds(session: Transaction, posting: Posting, became: list[Became], *, allowed: bool) -> None:
    """Rows held for identity are counted and written down: who tries out numbers is stopped, and seen.

    `allowed` is for a file that an officer let go on: it is written down and not stopped.
    """
    held = sum(one.problem is not None and one.problem["code"] in _IN_DOUBT for one in became)
    if held:
        actor = Actor(name=posting.file.sent_by, institution_id=posting.file.institution_id)
        keyring, at = posting.work.its(Keyring), clock.now()
        if not allowed:
            await must_not_be_probing(session, actor, at=at, keyring=keyring)
        await note_matches(session, actor, rows=len(became), mismatches=held, at=at, keyring=keyring)


# --- how a file stops ---------------------------------------------------------------------------------------------

_CANCEL = """
UPDATE submission_file f SET status = 'cancelled', finished_at = $2, cancelled_after_row = coalesce(
    (SELECT max(c.last_row) FROM submission_chunk c WHERE c.submission_id = $1 AND c.chunk_no < f.next_chunk), 0)
WHERE submission_id = $1
"""


async def _cancel(session: Transaction, submission_id: UUID) -> None:
    """Between two chunks: what was posted stays, and the last row of it is said."""
    await run(session, _CANCEL, submission_id, clock.now())


async def _finish(session: AsyncSession, *, submission_id: UUID) -> None:
    file = await session.get_one(SubmissionFile, submission_id, with_for_update=True)
    if file.status == "running":
        file.status, file.finished_at = "done", clock.now()
        session.add(file)
        await session.flush()


async def _pause(session: AsyncSession, *, submission_id: UUID, seconds: int) -> None:
    file = await session.get_one(SubmissionFile, submission_id, with_for_update=True)
    if file.status == "running":
        file.status, file.continue_at = "paused", clock.now() + timedelta(seconds=seconds)
        file.problem = refusals.TooManyIdentityHolds().problem("zh")
        session.add(file)
        await session.flush()
        await ask_to_post(session, file.institution_id, at=file.continue_at)


@handler("look after submissions", every=timedelta(minutes=2))
async def look_after(work: Work) -> None:
    """Files that are ready and whose job is no longer there, dead or lost, are asked for again."""

    async def ask_again(session: AsyncSession) -> None:
        waiting = await session.exec(
            select(SubmissionFile.institution_id)
            .where(col(SubmissionFile.status).in_(("queued", "running", "paused")))
            .distinct()
        )
        for institution_id in waiting:
            if not await _is_asked_for(session, institution_id):
                await ask_to_post(session, institution_id, at=work.now)

    await work.database.write(ask_again)


async def _is_asked_for(session: AsyncSession, institution_id: UUID) -> bool:
    connection = await driver(session)
    cursor = await connection.execute(
        "SELECT FROM job WHERE name = %s AND finished_at IS NULL AND dead_at IS NULL", [f"{POST} of {institution_id}"]
    )
    return await cursor.fetchone() is not None
