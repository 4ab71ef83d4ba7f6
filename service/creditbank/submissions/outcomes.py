"""What became of the rows of a file: written with what was posted, read back page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from creditbank.db import Transaction, driver, run
from creditbank.records.refusals import Warned
from creditbank.records.schemas import Notice, RowOutcome
from creditbank.sealing import Keyring, SealingKey
from creditbank.submissions.cells import place_of
from creditbank.submissions.keeping import key_of, open_field, open_problem, seal_problem
from creditbank.submissions.schemas import CellOut, RowOut
from creditbank.submissions.tables import SubmissionFile


@dataclass(slots=True)
class Became:
    """What became of one row."""

    row_no: int
    outcome: str
    record_id: UUID | None = None
    version: int | None = None
    held_row_id: UUID | None = None
    warnings: Sequence[str] = ()
    problem: dict[str, Any] | None = None
    cells: list[dict[str, Any]] = field(default_factory=list)
    kind: str | None = None
    term: str | None = None
    about: str | None = None
    key_index: bytes | None = None

    @classmethod
    def of(cls, outcome: RowOutcome) -> Became:
        """From the outcome of a row that was posted."""
        return cls(
            row_no=outcome.row,
            outcome=outcome.outcome,
            record_id=outcome.record_id,
            version=outcome.version,
            held_row_id=outcome.held_row_id,
            warnings=[notice.code for notice in outcome.warnings],
            problem=outcome.problem,
        )


_WRITE = """
WITH became AS (
    INSERT INTO submission_row (submission_id, row_no, outcome, record_id, version, held_row_id, code, warnings, kind,
                                term, about, key_index)
    SELECT $1, r.* FROM jsonb_to_recordset($2::jsonb) AS r(
        row_no int, outcome text, record_id uuid, version int, held_row_id uuid, code text, warnings text[], kind text,
        term text, about text, key_index bytea)
), said AS (
    INSERT INTO submission_problem (submission_id, row_no, problem_sealed)
    SELECT $1, p.* FROM jsonb_to_recordset($2::jsonb) AS p(row_no int, problem_sealed bytea)
    WHERE p.problem_sealed IS NOT NULL
)
UPDATE submission_file SET
    next_chunk = next_chunk + 1, done_rows = done_rows + $3, set_aside = set_aside + $4,
    counts = (SELECT coalesce(jsonb_object_agg(name, n), '{}') FROM (
        SELECT name, sum(n) AS n FROM (
            SELECT key AS name, value::int AS n FROM jsonb_each_text(counts)
            UNION ALL SELECT key, value::int FROM jsonb_each_text($5::jsonb)) both_of_them GROUP BY name) added),
    warnings = (SELECT coalesce(jsonb_object_agg(name, n), '{}') FROM (
        SELECT name, sum(n) AS n FROM (
            SELECT key AS name, value::int AS n FROM jsonb_each_text(warnings)
            UNION ALL SELECT key, value::int FROM jsonb_each_text($6::jsonb)) both_of_them GROUP BY name) added)
WHERE submission_id = $1
"""


async def write_outcomes(
    session: Transaction,
    submission_id: UUID,
    became: Sequence[Became],
    *,
    lines: int,
    set_aside: int,
    key: SealingKey,
) -> None:
    """Write what became of a chunk of rows, and move the submission on by one chunk: in the chunk's own transaction."""
    counts = Counter(one.outcome for one in became)
    warnings = Counter(code for one in became for code in one.warnings)
    rows = orjson.dumps([_row(submission_id, one, key) for one in became]).decode()
    await run(
        session,
        _WRITE,
        submission_id,
        rows,
        lines,
        set_aside,
        orjson.dumps(dict(counts)).decode(),
        orjson.dumps(dict(warnings)).decode(),
    )


def _row(submission_id: UUID, one: Became, key: SealingKey) -> dict[str, Any]:
    row: dict[str, Any] = {"row_no": one.row_no, "outcome": one.outcome}
    if one.record_id is not None:
        row |= {"record_id": str(one.record_id), "version": one.version}
    if one.held_row_id is not None:
        row["held_row_id"] = str(one.held_row_id)
    if one.warnings:
        row["warnings"] = list(one.warnings)
    if one.problem is not None:
        said = {"problem": one.problem, "cells": one.cells}
        row["code"] = one.problem["code"]
        row["problem_sealed"] = "\\x" + seal_problem(key, submission_id, one.row_no, said).hex()
    if one.key_index is not None:
        row["key_index"] = "\\x" + one.key_index.hex()
    row |= {"kind": one.kind, "term": one.term, "about": one.about}
    return row


_ROWS = """
SELECT r.row_no, r.outcome, r.record_id, r.version, r.held_row_id, r.code, r.warnings, p.problem_sealed, h.status,
       h.record_id
FROM submission_row r LEFT JOIN held_row h ON h.held_row_id = r.held_row_id
LEFT JOIN submission_problem p ON p.submission_id = r.submission_id AND p.row_no = r.row_no
WHERE r.submission_id = $1 AND r.row_no > $2 AND ($3::text[] IS NULL OR r.outcome = ANY ($3)) AND r.row_no <= $4
ORDER BY r.row_no LIMIT $5
"""
_LAST_ROW = 2**31 - 1


async def rows_of(
    session: Transaction,
    file: SubmissionFile,
    *,
    keyring: Keyring,
    outcomes: Sequence[str] | None = None,
    after: int = 0,
    until: int = _LAST_ROW,
    limit: int,
) -> list[RowOut]:
    """Rows of a file with what became of them, in its order; past the retention date without sentences and cells."""
    kept = await kept_rows(session, file.submission_id, outcomes=outcomes, after=after, until=until, limit=limit)
    return opened_rows(kept, file, keyring=keyring)


async def kept_rows(
    session: Transaction,
    submission_id: UUID,
    *,
    outcomes: Sequence[str] | None = None,
    after: int = 0,
    until: int = _LAST_ROW,
    limit: int,
) -> list[tuple[Any, ...]]:
    """The same as they are kept, for `opened_rows`."""
    wanted = None if outcomes is None else list(outcomes)
    cursor = await run(session, _ROWS, submission_id, after, wanted, until, limit)
    return await cursor.fetchall()


def opened_rows(kept: Sequence[tuple[Any, ...]], file: SubmissionFile, *, keyring: Keyring) -> list[RowOut]:
    """Rows with what became of them, their sentences opened: a thousand of them are work for a thread."""
    key = None if file.key_wrapped is None else key_of(keyring, file.submission_id, file.key_wrapped)
    sheets = sheets_of(file, key)
    return [_out(file.submission_id, row, key=key, sheets=sheets) for row in kept]


def sheets_of(file: SubmissionFile, key: SealingKey | None) -> list[str]:
    """The names of a workbook's sheets, until the retention date."""
    if key is None or file.sheets_sealed is None:
        return []
    return list(open_field(key, file.submission_id, "sheets", file.sheets_sealed))


def headers_of(file: SubmissionFile, key: SealingKey, sheet_no: int) -> list[str]:
    """The headers of a sheet, by column, "" where there is none: as its mapping names them; none before it has one."""
    if file.layout_sealed is None:
        return []
    layout = open_field(key, file.submission_id, "layout", file.layout_sealed)
    return next((one["keys"] for one in layout.get("layouts") or () if one["sheet_no"] == sheet_no), [])


def _out(submission_id: UUID, row: Iterable[Any], *, key: SealingKey | None, sheets: Sequence[str]) -> RowOut:
    row_no, outcome, record_id, version, held_row_id, code, warnings, sealed, since, resolved_to = row
    sheet_no, place = place_of(row_no)
    said: dict[str, Any] = {"problem": None, "cells": []}
    if sealed is not None and key is not None:
        said = open_problem(key, submission_id, row_no, bytes(sealed))
    elif code is not None:
        said["problem"] = {"code": code}
    return RowOut(
        row=place,
        sheet=sheets[sheet_no - 1] if sheet_no <= len(sheets) else None,
        row_no=row_no,
        outcome=outcome,
        record_id=record_id or resolved_to,
        version=version,
        held_row_id=held_row_id,
        since=since,
        warnings=[
            Notice(code=warned, zh=Warned.SENTENCES[warned][0], en=Warned.SENTENCES[warned][1])
            for warned in warnings or ()
        ],
        problem=said["problem"],
        cells=[CellOut(**cell) for cell in said["cells"]],
    )


async def one_row(session: Transaction, file: SubmissionFile, row_no: int, *, keyring: Keyring) -> RowOut | None:
    """What became of one row, if it had an outcome."""
    found = await rows_of(session, file, keyring=keyring, after=row_no - 1, until=row_no, limit=1)
    return found[0] if found else None


_LINES = """
SELECT chunk_no, content_sealed FROM submission_chunk
WHERE submission_id = %s AND last_row >= %s AND first_row <= %s ORDER BY chunk_no
"""


async def chunks_between(
    session: Transaction, submission_id: UUID, first_row: int, last_row: int
) -> list[tuple[int, bytes]]:
    """The sealed chunks in which some rows stand."""
    connection = await driver(session)
    cursor = await connection.execute(_LINES, [submission_id, first_row, last_row])
    return [(chunk_no, bytes(sealed)) for chunk_no, sealed in await cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class SealedChunk:
    """A chunk of lines as it is kept."""

    chunk_no: int
    first_row: int
    last_row: int
    content_sealed: bytes


_NEXT_CHUNK = """
SELECT chunk_no, first_row, last_row, content_sealed FROM submission_chunk
WHERE submission_id = %s AND chunk_no > %s ORDER BY chunk_no LIMIT 1
"""


async def next_chunk(session: Transaction, submission_id: UUID, *, after: int) -> SealedChunk | None:
    """The chunk behind chunk `after`, or None behind the last."""
    connection = await driver(session)
    found = await (await connection.execute(_NEXT_CHUNK, [submission_id, after])).fetchone()
    if found is None:
        return None
    chunk_no, first_row, last_row, sealed = found
    return SealedChunk(chunk_no, first_row, last_row, bytes(sealed))


async def chunks_of(session: Transaction, submission_id: UUID) -> AsyncIterator[SealedChunk]:
    """All chunks of a file in order, one after another: a file has up to a gigabyte of them."""
    after = 0
    while (chunk := await next_chunk(session, submission_id, after=after)) is not None:
        yield chunk
        after = chunk.chunk_no
