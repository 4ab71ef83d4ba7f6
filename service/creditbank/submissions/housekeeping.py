"""What ends by itself: files that were never completed, content past its retention date, rows of who was erased."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.erasures import EMPTY_ROWS
from creditbank.jobs import Work, handler
from creditbank.sealing import Keyring
from creditbank.submissions.cells import line_from_json, line_to_json
from creditbank.submissions.keeping import key_of, open_field, open_lines, seal_field, seal_lines, without
from creditbank.submissions.receiving import EXPIRES

AT_ONCE = 50
"""Submissions in one transaction."""


@handler("expire submissions", every=timedelta(minutes=30))
async def expire(work: Work) -> None:
    """Files that were begun and not completed in time: their parts are let go of."""
    await _in_steps(
        work,
        """
        WITH gone AS (
            UPDATE submission_file SET status = 'expired', finished_at = %(now)s, key_wrapped = NULL,
                   file_name_sealed = NULL, reason = NULL
            WHERE submission_id IN (
                SELECT submission_id FROM submission_file WHERE status = 'receiving' AND created_at < %(before)s
                LIMIT %(most)s FOR UPDATE SKIP LOCKED)
            RETURNING submission_id
        ), parts AS (
            DELETE FROM submission_part p USING gone WHERE p.submission_id = gone.submission_id
        )
        SELECT submission_id FROM gone
        """,
        before=work.now - EXPIRES,
    )


@handler("erase submissions past retention", every=timedelta(hours=1))
async def erase_past_retention(work: Work) -> None:
    """On the retention date the key is destroyed: row numbers and outcomes are left, nothing of what rows said."""
    await _in_steps(
        work,
        """
        WITH gone AS (
            UPDATE submission_file SET key_wrapped = NULL, file_name_sealed = NULL, layout_sealed = NULL,
                sheets_sealed = NULL, reason = NULL,
                status = CASE WHEN status IN ('done', 'cancelled', 'failed', 'expired') THEN status ELSE 'expired' END,
                finished_at = coalesce(finished_at, %(now)s)
            WHERE submission_id IN (
                SELECT submission_id FROM submission_file WHERE key_wrapped IS NOT NULL AND erase_at < %(before)s
                LIMIT %(most)s FOR UPDATE SKIP LOCKED)
            RETURNING submission_id
        ), parts AS (
            DELETE FROM submission_part p USING gone WHERE p.submission_id = gone.submission_id
        ), chunks AS (
            DELETE FROM submission_chunk c USING gone WHERE c.submission_id = gone.submission_id
        ), problems AS (
            DELETE FROM submission_problem p USING gone WHERE p.submission_id = gone.submission_id
        )
        SELECT submission_id FROM gone
        """,
        before=work.now,
    )


async def _in_steps(work: Work, statement: Any, **said: Any) -> None:
    async def step(session: AsyncSession) -> int:
        connection = await driver(session)
        cursor = await connection.execute(statement, {**said, "now": work.now, "most": AT_ONCE})
        return len(await cursor.fetchall())

    while await work.database.write(step) == AT_ONCE:
        pass


_ROWS_OF = """
SELECT v.submission_id, v.row_no FROM record_version v
JOIN submission_file f USING (submission_id)
WHERE v.learner_id = ANY (%(learners)s) AND f.key_wrapped IS NOT NULL
UNION
SELECT r.submission_id, r.row_no FROM held_row h
JOIN submission_row r USING (held_row_id)
JOIN submission_file f ON f.submission_id = r.submission_id
WHERE (h.learner_id = ANY (%(learners)s) OR h.candidates && %(learners)s::uuid[]) AND f.key_wrapped IS NOT NULL
UNION
SELECT r.submission_id, r.row_no FROM submission_row r
JOIN submission_file f USING (submission_id)
WHERE f.key_wrapped IS NOT NULL AND r.record_id IN (
    SELECT record_id FROM record_version WHERE learner_id = ANY (%(learners)s))
UNION
SELECT r.submission_id, r.row_no FROM record_key k
JOIN submission_row r USING (key_index)
JOIN submission_file f ON f.submission_id = r.submission_id AND f.institution_id = k.institution_id
WHERE k.learner_id = ANY (%(learners)s) AND f.key_wrapped IS NOT NULL
"""
"""Rows that were deposited, corrected, unchanged or held about somebody, or refused and mended since, in files whose
content is still kept."""


_CHUNKS_WITH = """
SELECT c.chunk_no, c.content_sealed FROM submission_chunk c
WHERE c.submission_id = %(submission)s AND EXISTS (
    SELECT FROM unnest(%(rows)s::int[]) AS r(row_no) WHERE r.row_no BETWEEN c.first_row AND c.last_row)
"""


@handler(EMPTY_ROWS)
async def empty_rows(work: Work) -> None:
    """Nothing is left, in files that are kept, of the rows about somebody who was erased."""
    learners = [UUID(learner) for learner in work.about["learners"]]
    async with work.database.session() as session:
        connection = await driver(session)
        found = await (await connection.execute(_ROWS_OF, {"learners": learners})).fetchall()
    by_file: dict[UUID, set[int]] = defaultdict(set)
    for submission_id, row_no in found:
        by_file[submission_id].add(row_no)
    for submission_id, rows in by_file.items():
        await work.database.write(partial(_empty, submission_id=submission_id, rows=rows, keyring=work.its(Keyring)))


async def _empty(session: AsyncSession, *, submission_id: UUID, rows: set[int], keyring: Keyring) -> None:
    connection = await driver(session)
    cursor = await connection.execute(
        "SELECT key_wrapped, layout_sealed FROM submission_file WHERE submission_id = %s FOR UPDATE", [submission_id]
    )
    kept = await cursor.fetchone()
    if kept is None or kept[0] is None:
        return
    key = key_of(keyring, submission_id, bytes(kept[0]))
    await connection.execute(
        "DELETE FROM submission_problem WHERE submission_id = %s AND row_no = ANY (%s)", [submission_id, list(rows)]
    )
    if kept[1] is not None:
        layout = _without_samples(open_field(key, submission_id, "layout", bytes(kept[1])), rows)
        await connection.execute(
            "UPDATE submission_file SET layout_sealed = %s WHERE submission_id = %s",
            [seal_field(key, submission_id, "layout", layout), submission_id],
        )
    cursor = await connection.execute(_CHUNKS_WITH, {"submission": submission_id, "rows": list(rows)})
    for chunk_no, sealed in await cursor.fetchall():
        lines = without(open_lines(key, submission_id, chunk_no, bytes(sealed)), rows)
        await connection.execute(
            "UPDATE submission_chunk SET content_sealed = %s WHERE submission_id = %s AND chunk_no = %s",
            [seal_lines(key, submission_id, chunk_no, lines), submission_id, chunk_no],
        )


def _without_samples(layout: dict[str, Any], rows: set[int]) -> dict[str, Any]:
    """What a mapping was proposed from, without these rows: the lines themselves, and what columns were shown by."""
    for sample in layout.get("samples", ()):
        lines = without([line_from_json(line) for line in sample["lines"]], rows)
        sample["lines"] = [line_to_json(line) for line in lines]
    for sheet in (layout.get("proposal") or {}).get("sheets", ()):
        for column in sheet["columns"]:
            column["samples"] = []
    return layout
