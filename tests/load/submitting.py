"""A submission as it is posted: a transaction a chunk, the next chunk read while PostgreSQL works."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import orjson
import psycopg

from creditbank.db import Database, run
from creditbank.identifiers import new_id
from creditbank.records.acts import Tools
from creditbank.records.intake import Ahead, Sender, read_ahead
from creditbank.records.schemas import ROW, CourseResultRow, Row, RowOutcome
from creditbank.records.service import post_rows

CHUNK = 1_000

_OUTCOMES = """
INSERT INTO submission_row (submission_id, row_no, outcome, record_id, version, kind, term, about)
SELECT $1, r.* FROM jsonb_to_recordset($2::jsonb) AS r(
    row_no int, outcome text, record_id uuid, version int, kind text, term text, about text)
"""


Chunk = tuple[list[tuple[int, Row]], Ahead]


def parsed(lines: Sequence[bytes], *, first: int) -> list[tuple[int, Row]]:
    """Lines of NDJSON as rows."""
    return [(number, ROW.validate_json(line)) for number, line in enumerate(lines, start=first)]


def _read(lines: Sequence[bytes], *, first: int, sender: Sender, tools: Tools) -> Chunk:
    rows = parsed(lines, first=first)
    return rows, read_ahead(rows, sender=sender, keyring=tools.keyring, at=tools.at)


async def submit(database: Database, lines: Iterable[bytes], *, sender: Sender, tools: Tools) -> float:
    """Post all lines; the seconds that took."""
    left, first = iter(lines), itertools.count(1, CHUNK)
    submission, began = new_id(), time.perf_counter()
    async with database.bare() as connection:
        await run(connection, "INSERT INTO bench_progress VALUES ($1, 0)", submission)

    def reading() -> asyncio.Task[Chunk]:
        some = list(itertools.islice(left, CHUNK))
        return asyncio.create_task(asyncio.to_thread(_read, some, first=next(first), sender=sender, tools=tools))

    chunk = await reading()
    while chunk[0]:
        coming: list[asyncio.Task[Chunk]] = []

        def read_on(coming: list[asyncio.Task[Chunk]] = coming) -> None:
            if not coming:
                coming.append(reading())

        await database.write_bare(
            partial(_post, chunk=chunk, submission=submission, sender=sender, tools=tools, posted=read_on)
        )
        chunk = await coming[0]
    return time.perf_counter() - began


async def _post(
    connection: psycopg.AsyncConnection[Any],
    *,
    chunk: Chunk,
    submission: UUID,
    sender: Sender,
    tools: Tools,
    posted: Callable[[], object],
) -> None:
    rows, ahead = chunk
    await run(connection, "SELECT FROM bench_progress WHERE submission_id = $1 FOR UPDATE", submission)
    outcomes = await post_rows(connection, rows, sender=sender, submission_id=submission, tools=tools, ahead=ahead)
    said = [_said(row, outcome) for (_, row), outcome in zip(rows, outcomes, strict=True)]
    await run(connection, _OUTCOMES, submission, orjson.dumps(said).decode())
    count = "UPDATE bench_progress SET done_rows = done_rows + $2 WHERE submission_id = $1"
    await run(connection, count, submission, len(rows))
    # Nothing is left to do here but to wait for the writes: now, and no sooner, a thread may have the interpreter.
    posted()


def _said(row: Row, outcome: RowOutcome) -> dict[str, Any]:
    assert isinstance(row, CourseResultRow)
    assert outcome.verdict == "granted", outcome
    return {
        "row_no": outcome.row,
        "outcome": outcome.outcome,
        "record_id": outcome.record_id,
        "version": outcome.version,
        "kind": row.kind,
        "term": f"{row.academic_year}/{row.term}",
        "about": row.course_code,
    }
