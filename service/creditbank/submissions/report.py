"""The file given back: every sheet, column and value in order, and beside each row what became of it and why.

Cells at fault are coloured and carry the reason, so that the file is mended where it stands and sent again as it is:
the two columns of the report are known and read by nobody.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, Any

import xlsxwriter

from creditbank.db import Database
from creditbank.errors import BankError, Language
from creditbank.http import as_text
from creditbank.sealing import Keyring, SealingKey
from creditbank.submissions.cells import Cell, Line, Unusable, column_letters, place_of, shown_cells
from creditbank.submissions.keeping import LINES, key_of, open_field, open_lines
from creditbank.submissions.outcomes import SealedChunk, kept_rows, next_chunk, opened_rows, sheets_of
from creditbank.submissions.schemas import RowOut
from creditbank.submissions.tables import SubmissionFile

COLUMNS: Mapping[Language, tuple[str, str]] = {"zh": ("报送结果", "结果说明"), "en": ("Outcome", "What to do")}
"""Headers of the two columns of a report."""
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "deposited": ("已存入", "deposited"),
    "unchanged": ("未变", "unchanged"),
    "corrected": ("已更正", "corrected"),
    "held": ("待核", "held"),
    "refused": ("不予受理", "refused"),
    "withdrawn": ("已撤回", "withdrawn"),
    "reassigned": ("已改派", "reassigned"),
    "acceptable": ("可受理", "acceptable"),
}
"""What became of a row, as pages and reports say it."""
ROWS = 100_000
"""Rows of a report of everything; a longer file's report has the rows to look at. Excel itself ends at 1,048,576."""
_NEEDS_A_LOOK = ("held", "refused")
_BAD = "#FFC7CE"
_SAID = "#FFEB9C"


class ReportTooLarge(BankError):
    """More rows than a workbook is made of in one go."""

    status = 409
    code = "report_too_large"
    zh = "共 {rows} 行，超出一份工作簿的 {most} 行。请用 only=attention 只取待核与不予受理的行，或分页读取 /rows。"
    en = (
        "There are {rows} rows, more than the {most} of a report. Ask with only=attention for those that are held or "
        "refused, or read /rows page by page."
    )


@dataclass(frozen=True, slots=True)
class Reported:
    """A line with what became of it."""

    line: Line
    became: RowOut | None


async def make_report(
    database: Database, file: SubmissionFile, *, keyring: Keyring, language: Language, only_attention: bool
) -> IO[bytes]:
    """The report as a workbook in a temporary file. Raises ContentErased, ReportTooLarge.

    A file with teams is given back whole: sent again without its other members, a team would be another.
    """
    only_attention = only_attention and not _has_teams(file)
    if not only_attention and (file.rows or 0) > ROWS:
        raise ReportTooLarge(rows=file.rows, most=ROWS)
    made = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    try:
        key = key_of(keyring, file.submission_id, file.key_wrapped)
        layout = await asyncio.to_thread(_layout, file, key)
        headers = _header_rows(layout)
        writer = _Writer(
            made,
            sheets_of(file, key),
            language=language,
            header_rows=headers,
            widths=dict(layout.get("widths") or ()),
            compact=only_attention,
        )

        def write(chunk: SealedChunk, kept: Sequence[tuple[Any, ...]]) -> None:
            lines = open_lines(key, file.submission_id, chunk.chunk_no, chunk.content_sealed)
            became = {row.row_no: row for row in opened_rows(kept, file, keyring=keyring)}
            writer.write_all(
                Reported(line, became.get(line.row_no))
                for line in lines
                if not only_attention or line.row_no in became or _is_header(line, headers)
            )

        async for chunk, kept in _kept(database, file, outcomes=_NEEDS_A_LOOK if only_attention else None):
            await asyncio.to_thread(write, chunk, kept)
        await asyncio.to_thread(writer.close)
    except BaseException:
        made.close()
        raise
    made.seek(0)
    return made


def _has_teams(file: SubmissionFile) -> bool:
    sheets = (file.mapping or {}).get("sheets", ())
    return any("team" in sheet["columns"].values() for sheet in sheets)


async def _kept(
    database: Database, file: SubmissionFile, *, outcomes: Sequence[str] | None
) -> AsyncIterator[tuple[SealedChunk, list[tuple[Any, ...]]]]:
    """Each chunk of a file with what became of its rows. While one is written, no connection is held."""
    after = 0
    while True:
        async with database.session() as session:
            chunk = await next_chunk(session, file.submission_id, after=after)
            if chunk is None:
                return
            kept = await kept_rows(
                session,
                file.submission_id,
                outcomes=outcomes,
                after=chunk.first_row - 1,
                until=chunk.last_row,
                limit=LINES,
            )
        yield chunk, kept
        after = chunk.chunk_no


def _is_header(line: Line, headers: Mapping[int, int]) -> bool:
    """Whether a line stands at the header or above it: a report of a few rows is mended and sent again with it."""
    sheet_no, row = place_of(line.row_no)
    return line.text is None and row <= headers.get(sheet_no, 0)


def _layout(file: SubmissionFile, key: SealingKey) -> dict[str, Any]:
    layout: dict[str, Any] = open_field(key, file.submission_id, "layout", file.layout_sealed or b"")
    return layout


def _header_rows(layout: Mapping[str, Any]) -> dict[int, int]:
    layouts = layout.get("layouts") or ()
    return {one["sheet_no"]: one["header_row"] for one in layouts if one["mapped_by"] is not None}


class _Writer:
    """Writes lines into a workbook as they come, in order."""

    def __init__(self, into: IO[bytes], sheets: Sequence[str], *, language: Language, header_rows: dict[int, int],
                 widths: dict[int, int], compact: bool) -> None:  # fmt: skip
        self._book = xlsxwriter.Workbook(
            into,
            {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
             "strings_to_numbers": False, "nan_inf_to_errors": True},
        )  # fmt: skip
        self._bad = self._book.add_format({"bg_color": _BAD})
        self._said = self._book.add_format({"bg_color": _SAID})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._language: Language = language
        self._headers, self._compact = header_rows, compact
        self._sheets = [self._book.add_worksheet(name) for name in _unique(sheets)]
        self._next = [0] * len(self._sheets)
        self._widths = widths
        self._report_at: dict[int, int] = {}
        self._dropped: dict[int, set[int]] = {}

    def write_all(self, batch: Iterable[Reported]) -> None:
        """Write a chunk."""
        for reported in batch:
            self._write(reported)

    def _write(self, reported: Reported) -> None:
        line = reported.line
        sheet_no, row = place_of(line.row_no)
        at = self._next[sheet_no - 1] if self._compact else row - 1
        self._next[sheet_no - 1] = at + 1
        sheet = self._sheets[sheet_no - 1]
        cells = shown_cells(line)
        report_at = self._column_of_report(sheet_no, row, cells)
        dropped = self._dropped.get(sheet_no, set())
        bad = {one.cell for one in reported.became.cells} if reported.became else set()
        for column, cell in enumerate(cells):
            if column not in dropped:
                name = f"{column_letters(column)}{row}"
                self._cell(sheet, at, column, cell, self._bad if name in bad else None)
                if name in bad and reported.became is not None:
                    sheet.write_comment(at, column, _why(reported.became, self._language)[:1000])
        if row == self._headers.get(sheet_no, 0) or (line.text is not None and at == 0):
            self._titles(sheet, at, report_at, is_data=line.text is not None)
        if reported.became is not None:
            self._outcome(sheet, at, report_at, reported.became)

    def _column_of_report(self, sheet_no: int, row: int, cells: Sequence[Cell]) -> int:
        """Behind whatever a row has; a report that is sent again has its own two columns written over."""
        header_row = self._headers.get(sheet_no, 0)
        if row <= header_row:
            ours = {name for names in COLUMNS.values() for name in names}
            found = [column for column, cell in enumerate(cells) if cell in ours]
            if found:
                self._dropped[sheet_no] = set(found)
                self._report_at[sheet_no] = min(found)
        return self._report_at.setdefault(sheet_no, self._widths.get(sheet_no, len(cells)))

    def _titles(self, sheet: Any, at: int, column: int, *, is_data: bool) -> None:
        if not is_data:
            for offset, title in enumerate(COLUMNS[self._language]):
                sheet.write_string(at, column + offset, title, self._said)

    def _outcome(self, sheet: Any, at: int, column: int, became: RowOut) -> None:
        needs_a_look = became.outcome in _NEEDS_A_LOOK
        outcome = OUTCOMES[became.outcome][self._language == "en"]
        sheet.write_string(at, column, outcome, self._said if needs_a_look else None)
        why = _why(became, self._language)
        if why:
            sheet.write_string(at, column + 1, as_text(why), self._said if needs_a_look else None)

    def _cell(self, sheet: Any, row: int, column: int, cell: Cell, how: Any) -> None:
        if cell is None:
            if how is not None:
                sheet.write_blank(row, column, None, how)
        elif isinstance(cell, bool):
            sheet.write_boolean(row, column, cell, how)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, how or self._day)
        elif isinstance(cell, int | float):
            sheet.write_number(row, column, cell, how)
        else:
            text = cell.text if isinstance(cell, Unusable) else cell
            sheet.write_string(row, column, as_text(text)[:32767], how)

    def close(self) -> None:
        """Nothing more comes."""
        self._book.close()


def _why(became: RowOut, language: Language) -> str:
    """Why a row was held or refused, or what was noticed, as one text."""
    if became.problem is not None:
        return str(became.problem.get(f"detail_{language}", became.problem["code"]))
    return " ".join(notice.zh if language == "zh" else notice.en for notice in became.warnings)


def _unique(names: Sequence[str]) -> list[str]:
    """Names that a workbook takes: 31 characters, none of []:*?/\\, none twice whatever its case."""
    taken: list[str] = []
    for number, name in enumerate(names or ("报送",), start=1):
        plain = "".join("_" if sign in "[]:*?/\\'" else sign for sign in name)[:31].strip() or f"{number}"
        if plain.casefold() in {one.casefold() for one in taken}:
            plain = f"{plain[:27]}#{number}"
        taken.append(plain)
    return taken
