"""Trying rows out: everything that can be said of them without asking who anybody is, and nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from creditbank.db import Transaction
from creditbank.errors import BankError
from creditbank.records.acts import Tools
from creditbank.records.facts import facts_of
from creditbank.records.intake import Sender, Taken, read_rows
from creditbank.records.lookup import look_up
from creditbank.records.reading import ReadRow
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
        for row in read:
            try:
                facts_of(row, known[row.row_no], institution_id=sender.institution_id)
                said[row.row_no] = None
            except BankError as refusal:
                said[row.row_no] = refusal
    return said


def _of_nobody(row: ReadRow) -> ReadRow:
    return replace(
        row, document_index=None, name_index=NOBODY, student_index=None, key_index=NOBODY, certificate_index=None
    )
