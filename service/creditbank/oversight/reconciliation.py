"""A term reconciled: what an institution sent, what the bank holds, what is held or refused, what changed since."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from uuid import UUID

import xlsxwriter
from psycopg.rows import dict_row
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.credits import Credits, format_credits
from creditbank.db import driver
from creditbank.errors import Language, Malformed
from creditbank.http import as_text
from creditbank.identity.actor import Actor, Reach
from creditbank.records.intake import sender_of
from creditbank.sealing import Keyring, SealingKey
from creditbank.submissions.cells import place_of
from creditbank.submissions.keeping import key_of, name_of, open_problem
from creditbank.submissions.refusals import PeriodUnknown
from creditbank.submissions.tables import SubmissionFile

MOST = 5_000
"""Rows of a list: what is beyond them is counted, and read page by page from its submission."""


class FileOut(BaseModel):
    """A file that had rows of the term."""

    submission_id: UUID
    file_name: str | None
    created_at: datetime
    finished_at: datetime | None
    act: str
    status: str
    rows: int
    counts: dict[str, int]


class CourseHeld(BaseModel):
    """What the bank holds of a course in the term: live records."""

    course_code: str
    title: str | None
    records: int
    granted: int
    credits: Credits


class OpenRow(BaseModel):
    """A row that is held or refused and that no later one answers for."""

    submission_id: UUID
    row: int
    row_no: int
    outcome: str
    about: str | None
    code: str
    why_zh: str | None
    why_en: str | None
    held_row_id: UUID | None


class ChangeOut(BaseModel):
    """What was done to a record of the term after the last file that had rows of it, and not by that file."""

    record_id: UUID
    version: int
    act: str
    at: datetime
    course_code: str | None
    reason: str | None
    submission_id: UUID


class Reconciliation(BaseModel):
    """A term of an institution, reconciled."""

    institution_id: UUID
    academic_year: str
    term: int
    made_at: datetime
    files: list[FileOut]
    sent: dict[str, int]
    """Rows by their outcome when they were sent, over all files."""
    by_call: int
    """Versions of records of the term that came by single calls or batches, not in files."""
    records: int
    credits: Credits
    """Of all schemes the institution's own courses are in: a check sum, no balance of anybody."""
    courses: list[CourseHeld]
    held: int
    refused: int
    open_rows: list[OpenRow]
    changed_since: list[ChangeOut]
    cut: bool
    """Whether a list was longer than is shown."""


_FILES = """
SELECT f.submission_id, count(*) AS rows,
       (SELECT jsonb_object_agg(o.outcome, o.n) FROM (
            SELECT x.outcome, count(*) AS n FROM submission_row x
            WHERE x.submission_id = f.submission_id AND x.term = %(term)s GROUP BY x.outcome) o) AS counts
FROM submission_file f JOIN submission_row r USING (submission_id)
WHERE f.institution_id = %(institution)s AND NOT f.dry_run AND r.term = %(term)s
GROUP BY f.submission_id, f.created_at ORDER BY f.created_at
"""
_HELD_BY_BANK = """
SELECT v.body ->> 'course_code' AS course_code, max(v.derived ->> 'title') AS title, count(*) AS records,
       count(*) FILTER (WHERE c.verdict = 'granted') AS granted, coalesce(sum(c.credits), 0)::bigint AS credits
FROM record_current c JOIN record_version v USING (learner_id, record_id, version)
WHERE c.institution_id = %(institution)s AND c.kind = 'course_result'
  AND v.body ->> 'academic_year' = %(year)s AND v.body ->> 'term' = %(number)s
GROUP BY 1 ORDER BY 1
"""
_OPEN = """
WITH opened AS (
    SELECT r.submission_id, r.row_no, r.outcome, r.about, r.code, r.held_row_id, f.created_at
    FROM submission_file f JOIN submission_row r USING (submission_id)
    LEFT JOIN held_row h ON h.held_row_id = r.held_row_id
    WHERE f.institution_id = %(institution)s AND NOT f.dry_run AND r.outcome IN ('held', 'refused')
      AND (r.term = %(term)s OR (r.term IS NULL AND f.submission_id = ANY (%(files)s)))
      AND CASE r.outcome WHEN 'held' THEN h.status = 'open'
          AND NOT EXISTS (
              SELECT FROM submission_row s JOIN submission_file g USING (submission_id)
              WHERE s.held_row_id = r.held_row_id AND (g.created_at, s.row_no) > (f.created_at, r.row_no))
          ELSE NOT EXISTS (
              SELECT FROM record_key k WHERE k.institution_id = f.institution_id AND k.key_index = r.key_index)
          AND NOT EXISTS (
              SELECT FROM held_row w
              WHERE w.institution_id = f.institution_id AND w.key_index = r.key_index
                AND (w.status = 'open' OR (w.status = 'resolved' AND w.received_at > f.created_at)))
          AND NOT EXISTS (
              SELECT FROM submission_row s JOIN submission_file g USING (submission_id)
              WHERE s.key_index = r.key_index AND g.institution_id = f.institution_id
                AND g.created_at > f.created_at AND s.outcome = 'refused')
          END
)
SELECT submission_id, row_no, outcome, about, code, held_row_id,
       count(*) FILTER (WHERE outcome = 'held') OVER () AS held,
       count(*) FILTER (WHERE outcome = 'refused') OVER () AS refused
FROM opened ORDER BY created_at, row_no LIMIT %(most)s
"""
"""A refused row is answered for once a record has its key, or it is held, or the same key was refused again in a later
file. A row that waits and was sent again is the same held row: it stands where it was sent last."""
_PROBLEMS = """
SELECT submission_id, row_no, problem_sealed FROM submission_problem
JOIN unnest(%(listed)s::uuid[], %(rows)s::int[]) AS listed (submission_id, row_no) USING (submission_id, row_no)
"""
_CHANGED = """
SELECT i.record_id, i.version, i.act, i.numbered_at AS at, v.body ->> 'course_code' AS course_code, v.reason,
       v.submission_id
FROM feed_item i JOIN record_version v
  ON v.learner_id = i.learner_id AND v.record_id = i.record_id AND v.version = i.version
WHERE i.institution_id = %(institution)s AND v.kind = 'course_result' AND v.recorded_at > %(since)s
  AND v.submission_id <> ALL (%(last)s) AND v.body ->> 'academic_year' = %(year)s AND v.body ->> 'term' = %(number)s
ORDER BY i.number LIMIT %(most)s
"""
_BY_CALL = """
SELECT count(*) FROM record_current c JOIN record_version v USING (learner_id, record_id, version)
WHERE c.institution_id = %(institution)s AND c.kind = 'course_result'
  AND v.body ->> 'academic_year' = %(year)s AND v.body ->> 'term' = %(number)s
  AND NOT EXISTS (SELECT FROM submission_file f WHERE f.submission_id = v.submission_id)
"""


@dataclass(frozen=True, slots=True)
class Period:
    """A term of an institution."""

    institution_id: UUID
    academic_year: str
    term: int

    def asked(self) -> dict[str, Any]:
        """As the questions above name it."""
        return {
            "institution": self.institution_id,
            "year": self.academic_year,
            "number": str(self.term),
            "term": f"{self.academic_year}/{self.term}",
        }


def period_of(actor: Actor, year: str, term: int, institution_id: UUID | None) -> Period:
    """The term of the caller's own institution, or for an officer of the one named."""
    if Reach.ANY in actor.reach:
        if institution_id is None:
            raise Malformed(
                field="query:/institution_id", why_zh="请指明机构 institution_id", why_en="name the institution_id"
            )
        return Period(institution_id, year, term)
    own = sender_of(actor).institution_id
    actor.must_reach_institution(institution_id or own)
    return Period(own, year, term)


async def reconcile(session: AsyncSession, period: Period, *, keyring: Keyring, at: datetime) -> Reconciliation:
    """Reconcile a term. Holds for identity come without their ground. Raises PeriodUnknown."""
    asked = period.asked()
    found = {row["submission_id"]: row for row in await _rows(session, _FILES, asked)}
    courses = await _rows(session, _HELD_BY_BANK, asked)
    if not found and not courses:
        raise PeriodUnknown
    files = [await session.get_one(SubmissionFile, submission_id) for submission_id in found]
    asked |= {"files": list(found), **_since(files, at), "most": MOST + 1}
    opened = await _rows(session, _OPEN, asked)
    changed = await _rows(session, _CHANGED, asked)
    (by_call,) = await _rows(session, _BY_CALL, asked)
    sent: dict[str, int] = {}
    for row in found.values():
        for outcome, n in row["counts"].items():
            sent[outcome] = sent.get(outcome, 0) + n
    return Reconciliation(
        institution_id=period.institution_id,
        academic_year=period.academic_year,
        term=period.term,
        made_at=at,
        files=[_file(file, found[file.submission_id], keyring) for file in files],
        sent=sent,
        by_call=by_call["count"],
        records=sum(row["records"] for row in courses),
        credits=format_credits(sum(row["credits"] for row in courses)),
        courses=[CourseHeld(**{**row, "credits": format_credits(row["credits"])}) for row in courses],
        held=opened[0]["held"] if opened else 0,
        refused=opened[0]["refused"] if opened else 0,
        open_rows=await _open_rows(session, opened[:MOST], files, keyring),
        changed_since=[ChangeOut(**row) for row in changed[:MOST]],
        cut=len(opened) > MOST or len(changed) > MOST,
    )


async def _open_rows(
    session: AsyncSession, opened: Sequence[Mapping[str, Any]], files: Sequence[SubmissionFile], keyring: Keyring
) -> list[OpenRow]:
    """The rows that are listed, with their sentences as long as those are kept."""
    asked = {"listed": [row["submission_id"] for row in opened], "rows": [row["row_no"] for row in opened]}
    sealed = {
        (row["submission_id"], row["row_no"]): row["problem_sealed"] for row in await _rows(session, _PROBLEMS, asked)
    }
    wrapped = {file.submission_id: file.key_wrapped for file in files if file.key_wrapped is not None}

    def opened_all() -> list[OpenRow]:
        keys = {submission_id: key_of(keyring, submission_id, kept) for submission_id, kept in wrapped.items()}
        return [
            _open_row(row, keys.get(row["submission_id"]), sealed.get((row["submission_id"], row["row_no"])))
            for row in opened
        ]

    return await asyncio.to_thread(opened_all)


def _since(files: Sequence[SubmissionFile], at: datetime) -> dict[str, Any]:
    """From when on, and by what not, a change came after the last file."""
    if not files:
        return {"since": at, "last": []}
    last = files[-1]
    return {"since": last.started_at or last.created_at, "last": [last.submission_id]}


async def _rows(session: AsyncSession, question: Any, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    connection = await driver(session)
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(question, asked)
    return await cursor.fetchall()


def _file(file: SubmissionFile, row: Mapping[str, Any], keyring: Keyring) -> FileOut:
    return FileOut(
        submission_id=file.submission_id,
        file_name=name_of(file, keyring),
        created_at=file.created_at,
        finished_at=file.finished_at,
        act=file.act,
        status=file.status,
        rows=row["rows"],
        counts=row["counts"],
    )


def _open_row(row: Mapping[str, Any], key: SealingKey | None, sealed: bytes | None) -> OpenRow:
    problem: dict[str, Any] = {}
    if key is not None and sealed is not None:
        problem = open_problem(key, row["submission_id"], row["row_no"], bytes(sealed))["problem"]
    return OpenRow(
        submission_id=row["submission_id"],
        row=place_of(row["row_no"])[1],
        row_no=row["row_no"],
        outcome=row["outcome"],
        about=row["about"],
        code=row["code"],
        why_zh=problem.get("detail_zh"),
        why_en=problem.get("detail_en"),
        held_row_id=row["held_row_id"],
    )


# --- as a workbook ------------------------------------------------------------------------------------------------

_SHEETS: Mapping[str, tuple[str, str, tuple[tuple[str, str, str], ...]]] = {
    "files": (
        "报送文件", "Files",
        (("file_name", "文件", "File"), ("created_at", "报送时间", "Sent at"), ("status", "状态", "Status"),
         ("rows", "本学期行数", "Rows of the term"), ("counts", "各结果行数", "Rows by outcome"),
         ("submission_id", "报送编号", "Submission")),
    ),
    "courses": (
        "在库成果", "Records held",
        (("course_code", "课程代码", "Course"), ("title", "课程名称", "Name"), ("records", "条数", "Records"),
         ("granted", "已认定", "Granted"), ("credits", "学分合计", "Credits")),
    ),
    "open_rows": (
        "待核与不予受理", "Held and refused",
        (("row", "行", "Row"), ("outcome", "结果", "Outcome"), ("about", "课程", "About"), ("why", "说明", "Why"),
         ("submission_id", "报送编号", "Submission")),
    ),
    "changed_since": (
        "此后变更", "Changed since",
        (("at", "时间", "At"), ("act", "变更", "Act"), ("course_code", "课程代码", "Course"),
         ("reason", "原因", "Reason"), ("record_id", "成果编号", "Record"), ("version", "版本", "Version")),
    ),
}  # fmt: skip


def as_workbook(found: Reconciliation, language: Language) -> IO[bytes]:
    """The same as a workbook, a sheet for each list."""
    made = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    book = xlsxwriter.Workbook(made, {"strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True})
    summary = book.add_worksheet("汇总" if language == "zh" else "Summary")
    for at, (title, value) in enumerate(_summary(found, language)):
        summary.write_string(at, 0, title, bold)
        summary.write(at, 1, value)
    for name, (zh, en, columns) in _SHEETS.items():
        sheet = book.add_worksheet(zh if language == "zh" else en)
        for column, (_, title_zh, title_en) in enumerate(columns):
            sheet.write_string(0, column, title_zh if language == "zh" else title_en, bold)
        for at, row in enumerate(found.model_dump(mode="json")[name], start=1):
            said = {**row, "why": row.get(f"why_{language}") or row.get("code")}
            for column, (field, _, _) in enumerate(columns):
                _write(sheet, at, column, said[field])
    book.close()
    made.seek(0)
    return made


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, dict):
        value = "，".join(f"{name} {count}" for name, count in value.items())
    if isinstance(value, int):
        sheet.write_number(row, column, value)
    elif value is not None:
        sheet.write_string(row, column, as_text(str(value)))


def _summary(found: Reconciliation, language: Language) -> list[tuple[str, Any]]:
    zh = language == "zh"
    lines: list[tuple[str, Any]] = [
        ("学年学期" if zh else "Term", f"{found.academic_year} / {found.term}"),
        ("生成时间" if zh else "Made at", found.made_at.isoformat(timespec="seconds")),
        ("报送文件数" if zh else "Files", len(found.files)),
    ]
    lines += [(f"{'报送结果' if zh else 'Rows sent'}: {name}", count) for name, count in sorted(found.sent.items())]
    return [
        *lines,
        ("接口逐条报送的成果" if zh else "Records by single calls", found.by_call),
        ("在库成果条数" if zh else "Records held by the bank", found.records),
        ("仍待核" if zh else "Still held", found.held),
        ("仍不予受理" if zh else "Still refused", found.refused),
        ("此后变更" if zh else "Changed since the last file", len(found.changed_since)),
    ]
