"""Trying rows out: everything that can be said of them without asking who anybody is, and nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from creditbank.db import Transaction, run
from creditbank.errors import BankError
from creditbank.records.acts import Tools
from creditbank.records.facts import facts_of
from creditbank.records.intake import Sender, Taken, read_rows
from creditbank.records.lookup import look_up
from creditbank.records.reading import ReadRow
from creditbank.records.refusals import CourseUnknown
from creditbank.records.schemas import Row

NOBODY = b""
"""An index that is nobody's: what is looked up by it is found nowhere."""


async def try_rows(
    session: Transaction, rows: Sequence[tuple[int, Row]], *, sender: Sender, tools: Tools
) -> dict[int, BankError | None]:
    """For each row by its number why it would be refused, or nothing where it is acceptable.

    Courses, scales, standards and programmes are looked up; documents, names, student numbers, keys and certificate
    numbers are not, so that nothing is learned of anybody. Whether a row would be held stays unsaid.
    """
    taken = Taken()
    read = read_rows(rows, taken, sender=sender, keyring=tools.keyring, at=tools.at)
    said: dict[int, BankError | None] = dict(taken.refused)
    if read:
        known = await look_up(session, [_of_nobody(row) for row in read], institution_id=sender.institution_id)
        in_plans = await _in_some_plan(session, read, sender.institution_id)
        for row in read:
            try:
                facts_of(row, known[row.row_no], institution_id=sender.institution_id)
                said[row.row_no] = None
            except CourseUnknown as refusal:
                said[row.row_no] = refusal if row.row_no not in in_plans else None
            except BankError as refusal:
                said[row.row_no] = refusal
    return said


_IN_PLANS = """
SELECT asked.i FROM unnest($2::int[], $3::text[]) AS asked(i, code)
WHERE EXISTS (SELECT FROM plan p JOIN plan_course c USING (plan_id)
              WHERE p.institution_id = $1 AND c.course_code = asked.code)
"""


async def _in_some_plan(session: Transaction, rows: Sequence[ReadRow], institution_id: UUID) -> set[int]:
    """Rows whose course some plan of the institution has: whose plan that is, is not asked here."""
    courses = [(row.row_no, row.given.course_code) for row in rows if row.given.kind == "course_result"]
    if not courses:
        return set()
    numbers, codes = map(list, zip(*courses, strict=True))
    cursor = await run(session, _IN_PLANS, institution_id, numbers, codes)
    return {row_no for (row_no,) in await cursor.fetchall()}


def _of_nobody(row: ReadRow) -> ReadRow:
    return replace(
        row, document_index=None, name_index=NOBODY, student_index=None, key_index=NOBODY, certificate_index=None
    )
