"""A submission as it is posted: a transaction a chunk, the next chunk read while PostgreSQL works."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import orjson
import psycopg

from creditbank.db import Database, run
from creditbank.identifiers import new_id
from creditbank.records.acts import Tools
from creditbank.records.intake import Sender
from creditbank.records.schemas import ROW, CourseResultRow, Row, RowOutcome
from creditbank.records.service import post_rows

CHUNK = 1_000

_OUTCOMES = """
INSERT INTO submission_row (submission_id, row_no, outcome, record_id, version, kind, term, about)
SELECT $1, r.* FROM jsonb_to_recordset($2::jsonb) AS r(
    row_no int, outcome text, record_id uuid, version int, kind text, term text, about text)
"""


def parsed(lines: Sequence[bytes], *, first: int) -> list[tuple[int, Row]]:
    """Lines of NDJSON as rows."""
    return [(number, ROW.validate_json(line)) for number, line in enumerate(lines, start=first)]


async def submit(database: Database, lines: Sequence[bytes], *, sender: Sender, tools: Tools) -> float:
    """Post all lines; the seconds that took."""
    submission, began = new_id(), time.perf_counter()
    async with database.bare() as connection:
        await run(connection, "INSERT INTO bench_progress VALUES ($1, 0)", submission)
    starts = range(0, len(lines), CHUNK)

    def reading(start: int) -> asyncio.Task[list[tuple[int, Row]]]:
        return asyncio.create_task(asyncio.to_thread(parsed, lines[start : start + CHUNK], first=start + 1))

    ahead = reading(0)
    for start in starts:
        chunk = await ahead
        if start + CHUNK < len(lines):
            ahead = reading(start + CHUNK)

        async def act(connection: psycopg.AsyncConnection[Any], chunk: Sequence[tuple[int, Row]] = chunk) -> None:
            await run(connection, "SELECT FROM bench_progress WHERE submission_id = $1 FOR UPDATE", submission)
            outcomes = await post_rows(connection, chunk, sender=sender, submission_id=submission, tools=tools)
            said = [_said(row, outcome) for (_, row), outcome in zip(chunk, outcomes, strict=True)]
            await run(connection, _OUTCOMES, submission, orjson.dumps(said).decode())
            count = "UPDATE bench_progress SET done_rows = done_rows + $2 WHERE submission_id = $1"
            await run(connection, count, submission, len(chunk))

        await database.write_bare(act)
    return time.perf_counter() - began


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
