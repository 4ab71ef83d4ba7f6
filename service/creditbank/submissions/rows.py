"""From a kept line to what is posted of it, or to why nothing is: the same for workbooks, CSV, NDJSON and JSON."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import BankError, Malformed
from creditbank.records.forming import form_row
from creditbank.records.reading import IDENTIFIES, MAY_LACK, key_index_of, named_key_index
from creditbank.records.schemas import ACADEMIC_YEAR, Row
from creditbank.sealing import Keyring
from creditbank.submissions.cells import Line, place_of
from creditbank.submissions.keeping import key_of, open_field, open_lines
from creditbank.submissions.outcomes import Became, chunks_of
from creditbank.submissions.reference import reference_of
from creditbank.submissions.sheets.assembling import Assembled, Assembler, Unreadable
from creditbank.submissions.sheets.cell_faults import CellFault
from creditbank.submissions.sheets.mapping import Mapping, SheetLayout
from creditbank.submissions.tables import SubmissionFile

_ABOUT = ("course_code", "standard", "title", "event", "name", "category")
"""What a reconciliation counts rows by: the first of these that a row has."""

_CODE = re.compile(r"(?=.*[0-9])[A-Za-z0-9._\-]{1,24}")
_DIGITS_OF_A_PERSON = 8
"""A student number, the shortest that names a person, has as many."""


class CellsUnreadable(BankError):
    """Cells of a row do not say what their columns should."""

    status = 422
    code = "cells_unreadable"
    zh = "{why_zh}请按各单元格的说明更正后重新报送该行。"
    en = "{why_en} Mend the cells and send the row again."

    def __init__(self, found: Sequence[CellFault], row: int, read: dict[str, Any]) -> None:
        self.read = read
        self.cells = [
            {"cell": f"{one.letter}{row}" if one.letter else None, "header": one.header, "field": one.field}
            for one in found
        ]
        self.faults = [{"pointer": one.field, "type": one.code, "zh": one.zh, "en": one.en} for one in found]
        super().__init__(why_zh="".join(one.zh for one in found[:3]), why_en=" ".join(one.en for one in found[:3]))


@dataclass(slots=True)
class Read:
    """What a line is: a row, a change of a record, a refusal; or none of them, a title or a signature."""

    row: Row | None = None
    change: dict[str, Any] | None = None
    became: Became | None = None


class RowReader:
    """Reads the lines of one file. Threads may use it one after another."""

    def __init__(self, act: str, assembler: Assembler | None, *, keyring: Keyring, today: date) -> None:
        self._act, self._assembler = act, assembler
        self._keyring, self._today = keyring, today

    def read(self, line: Line) -> Read:
        """What one line is."""
        try:
            said = self._payload(line)
        except CellsUnreadable as refusal:
            return Read(became=self._refused(line.row_no, refusal, refusal.read))
        except Malformed as refusal:
            return Read(became=self._refused(line.row_no, refusal, {}))
        if said is None:
            return Read()
        if self._act != "report":
            return Read(change=said)
        try:
            return Read(row=form_row(said))
        except Malformed as refusal:
            return Read(became=self._refused(line.row_no, refusal, said))

    def _payload(self, line: Line) -> dict[str, Any] | None:
        if line.text is not None:
            return object_of(line.text)
        if not line.cells:
            return None
        assert self._assembler is not None, "a table is read by a mapping"
        assembled = self._assembler.row(line)
        if isinstance(assembled, Assembled):
            return assembled.payload
        if isinstance(assembled, Unreadable):
            raise CellsUnreadable(assembled.faults, place_of(line.row_no)[1], assembled.read)
        return None

    def _refused(self, row_no: int, refusal: BankError, said: dict[str, Any]) -> Became:
        """A row that cannot be taken, with the record it is about where that can be read."""
        problem = problem_of(refusal)
        cells = refusal.cells if isinstance(refusal, CellsUnreadable) else self._cells(row_no, problem)
        became = Became(row_no, "refused", problem=problem, cells=cells)
        kind = said.get("kind")
        if not isinstance(kind, str) or kind not in IDENTIFIES:
            return became
        became.kind = kind
        became.about = _about_unread(said)
        if kind == "course_result":
            became.term = _term_of(said)
        if all(said.get(name) is not None for name in IDENTIFIES[kind] if name not in MAY_LACK):
            with suppress(BankError, TypeError, ValueError):
                became.key_index = named_key_index(self._keyring, said, today=self._today)
        return became

    def completed(self, rows: Sequence[tuple[int, Row]], became: Sequence[Became]) -> list[Became]:
        """What became of rows, with what they are about and, for those that are refused, key and cells."""
        given = dict(rows)
        for one in became:
            row = given[one.row_no]
            one.kind = row.kind
            # What was not deposited may say anything: where columns are shifted, somebody's name.
            one.about = about_of(row) if one.record_id is not None else _about_unread(row.model_dump())
            if row.kind == "course_result":
                one.term = f"{row.academic_year}/{row.term}"
            if one.problem is not None:
                one.cells = self._cells(one.row_no, one.problem)
                if one.outcome == "refused":
                    one.key_index = key_index_of(row, keyring=self._keyring, today=self._today)
        return list(became)

    def _cells(self, row_no: int, problem: dict[str, Any]) -> list[dict[str, Any]]:
        """The cells that a problem speaks of by JSON pointers."""
        pointers = [problem.get("field"), *(fault["pointer"] for fault in problem.get("faults", ()))]
        cells: dict[str, dict[str, Any]] = {}
        for pointer in pointers:
            if not pointer:
                continue
            at = None if self._assembler is None else self._assembler.cell_of(pointer, row_no)
            if at is None:
                cells.setdefault(pointer, {"cell": None, "header": None, "field": pointer})
            else:
                name = f"{at.letter}{place_of(row_no)[1]}"
                cells.setdefault(name, {"cell": name, "header": at.header, "field": at.field})
        return list(cells.values())


def _about_unread(said: dict[str, Any]) -> str | None:
    """What a row that is refused is about, if that is a code: it lies in the open for good.

    Where columns are shifted, somebody's name or number stands there; a code is no name and has fewer digits.
    """
    about: str | None = next((said[name] for name in _ABOUT if isinstance(said.get(name), str)), None)
    if about is None or not _CODE.fullmatch(about) or sum(map(str.isdigit, about)) >= _DIGITS_OF_A_PERSON:
        return None
    return about


def _term_of(said: dict[str, Any]) -> str | None:
    year, term = said.get("academic_year"), said.get("term")
    if not isinstance(year, str) or not re.fullmatch(ACADEMIC_YEAR, year) or not isinstance(term, int):
        return None
    return f"{year}/{term}" if 1 <= term <= 4 else None


def problem_of(refusal: BankError) -> dict[str, Any]:
    """The problem of a refusal, with all the faults it found."""
    faults = refusal.faults if isinstance(refusal, Malformed | CellsUnreadable) else ()
    return refusal.problem("zh") | ({"faults": list(faults)} if faults else {})


def object_of(text: str) -> dict[str, Any]:
    """The JSON object that a line is. Raises Malformed."""
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Malformed(why_zh="该行不是有效的 JSON", why_en="the line is not JSON") from None
    if not isinstance(said, dict):
        raise Malformed(why_zh="该行应为 JSON 对象", why_en="the line should be a JSON object")
    if "\\u0000" in text and b"\\u0000" in orjson.dumps(said):
        raise Malformed(why_zh="含有无法保存的字符", why_en="it has characters that cannot be kept")
    return said


def about_of(row: Row) -> str | None:
    """What a row is about: its course, standard, training or event."""
    return next((str(found) for name in _ABOUT if (found := getattr(row, name, None)) is not None), None)


async def reader_of(session: AsyncSession, file: SubmissionFile, *, keyring: Keyring, today: date) -> RowReader:
    """The reader of a file's lines, by the mapping that was confirmed for it."""
    if file.mapping is None:
        return RowReader(file.act, None, keyring=keyring, today=today)
    key = key_of(keyring, file.submission_id, file.key_wrapped)
    layout = open_field(key, file.submission_id, "layout", file.layout_sealed or b"")
    mapping = Mapping.model_validate(file.mapping)
    assembler = Assembler(
        mapping,
        [SheetLayout.model_validate(one) for one in layout["layouts"]],
        reference=await reference_of(session, file.institution_id, today=today),
        reason=file.reason,
    )
    if assembler.needs_arranging:
        async for chunk in chunks_of(session, file.submission_id):
            lines = await asyncio.to_thread(open_lines, key, file.submission_id, chunk.chunk_no, chunk.content_sealed)
            assembler.arrange(lines)
    return RowReader(file.act, assembler, keyring=keyring, today=today)
