"""A registrar's spreadsheet as tables: opened by the readers of submissions, headers found, rows without titles. Pure.

What a file is, how its cells are read and which lines are no rows is said once, in `submissions`; here is only what a
list of people needs beyond that: a bound on its length, and columns that are known by their headers alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from itertools import groupby
from typing import Any

from creditbank.pathways.sheet_refusals import (
    ColumnIsMissing,
    ColumnIsThereTwice,
    SheetIsNoTable,
    SheetTooLong,
    SheetWithoutHeader,
    SheetWithoutRows,
    at_column,
    at_sheet,
)
from creditbank.submissions.cells import Cell, Line, Unusable, column_letters, place_of
from creditbank.submissions.files.opening import open_file
from creditbank.submissions.files.refusals import LIMITS, MIB, FileBlank, at_row, at_sheet_row
from creditbank.submissions.sheets.cell_faults import CellFault, cell_fault
from creditbank.submissions.sheets.columns import LEARNER, READERS, Field, header_forms, known_headers
from creditbank.submissions.sheets.headers import Header, find_header, header_text
from creditbank.submissions.sheets.setting_aside import closes_table, is_blank, repeats
from creditbank.submissions.sheets.values import Reader, Unread, text_of

ROWS = 2_000
"""Rows of one list: a city's year of one pathway, written in one transaction."""
_OTHER_LINES = 200
"""Lines besides rows: titles, headers that come again, signatures."""
_LOOKED_AT = 60
"""Lines of a sheet among which its header stands, as in submissions."""
_LIMITS = replace(LIMITS, file=16 * MIB, workbook=16 * MIB, unzipped=64 * MIB, shared_texts=32 * MIB)
_SERIALS = frozenset({"序号", "编号", "行号", "No.", "no.", "NO."})
_NUMBERED = re.compile("#[0-9]+$")

NAME, STUDENT_NO = LEARNER[0], LEARNER[1]
"""The columns of a name and of a student number, by the headers that submissions know them by."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a file and its lines; a CSV file has one, without a name."""

    number: int
    name: str | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, from 0, with the text of its header."""

    at: int
    header: str

    @property
    def letter(self) -> str:
        """A, B, …"""
        return column_letters(self.at)


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose header is found."""

    sheet: Sheet
    header: Header

    @property
    def columns(self) -> list[Column]:
        """Those that have a header."""
        return [Column(at, key) for at, key in enumerate(self.header.keys) if key]

    @property
    def place(self) -> dict[str, Any]:
        """Which sheet it is and in which row the header stands, as refusals say it."""
        return {**at_sheet(self.sheet.number), "row": self.header.row}

    def rows(self, *, numbers: Sequence[int], names: Sequence[int]) -> Iterator[Line]:
        """The lines below the header that are somebody's: no blank ones, no header again, no signatures or totals.

        `numbers` and `names` are the columns by which somebody is known. What is in doubt is a row.
        """
        first = self.header.row + len(self.header.cells)
        serials = frozenset(
            column.at for column in self.columns if column.header in _SERIALS and column.at not in (*numbers, *names)
        )
        for line in self.sheet.lines:
            if (
                place_of(line.row_no)[1] >= first
                and not is_blank(line.cells, serials=serials)
                and not repeats(line.cells, self.header.cells)
                and not closes_table(line.cells, numbers=numbers, names=names)
            ):
                yield line


# --- the file -----------------------------------------------------------------------------------------------------


def sheets_of(content: bytes) -> list[Sheet]:
    """The sheets of a file with anything in them. A thread should do it.

    Raises what submissions refuse a file for (FileRefused), SheetIsNoTable, SheetTooLong.
    """
    opened = open_file(BytesIO(content), file_name="", size=len(content), limits=_LIMITS)
    if opened.format not in ("xlsx", "csv"):
        raise SheetIsNoTable
    of_sheets = opened.format == "xlsx"
    lines = _bounded(opened.lines(), of_sheets=of_sheets)
    found = [
        Sheet(number, opened.sheets[number - 1] if of_sheets else None, tuple(grouped))
        for number, grouped in groupby(lines, key=lambda line: place_of(line.row_no)[0])
    ]
    if not found:
        raise FileBlank
    return found


def _bounded(lines: Iterator[Line], *, of_sheets: bool) -> Iterator[Line]:
    for count, line in enumerate(lines, start=1):
        if count > ROWS + _OTHER_LINES:
            raise too_long(line.row_no, of_sheets=of_sheets)
        yield line


def too_long(row_no: int, *, of_sheets: bool) -> SheetTooLong:
    """The refusal of a file at the row that is one too many."""
    return SheetTooLong(limit=ROWS, **(at_sheet_row if of_sheets else at_row)(row_no))


# --- its tables ---------------------------------------------------------------------------------------------------


def tables_of(
    sheets: Sequence[Sheet], hits_of: Callable[[tuple[str, ...]], int], *, wanted: tuple[str, str]
) -> tuple[list[Table], list[Sheet]]:
    """The sheets in which a header of such a list stands, and those that are none: a cover, notes.

    `hits_of` says how many columns of such a list some headers name. Raises SheetWithoutHeader where no sheet has one.
    """
    tables, others = list[Table](), list[Sheet]()
    for sheet in sheets:
        header = find_header(sheet.lines[:_LOOKED_AT], hits_of, least=2, name=sheet.name)
        if header is None:
            others.append(sheet)
        else:
            tables.append(Table(sheet, header))
    if not tables:
        zh, en = wanted
        raise SheetWithoutHeader(**at_sheet(sheets[0].number), wanted_zh=zh, wanted_en=en)
    return tables, others


_known = lru_cache(maxsize=8)(known_headers)


def bare(header: str) -> str:
    """A header without the number that a second one of its name was given."""
    return _NUMBERED.sub("", header)


def meant(header: str, fields: tuple[Field, ...]) -> tuple[Field, float] | None:
    """The field that a header means, and how far its wording is from the usual one; None where it means none."""
    known = _known(fields)
    offers = [
        (usual + far / 2, field)
        for far, form in enumerate(header_forms(bare(header)))
        for usual, field in known.get(form, ())
    ]
    if not offers:
        return None
    rank, field = min(offers, key=lambda offer: offer[0])
    return field, rank


def fields_in(table: Table, fields: tuple[Field, ...]) -> dict[str, Column]:
    """Which column is which field: the most usual wording is taken.

    Raises ColumnIsThereTwice where two columns are worded as well, ColumnIsMissing for a required one that is absent.
    """
    best: dict[str, tuple[float, Column]] = {}
    for column in table.columns:
        offer = meant(column.header, fields)
        if offer is None:
            continue
        field, rank = offer
        before = best.get(field.name)
        if before is not None and before[0] == rank:
            raise ColumnIsThereTwice(
                **at_column(table.sheet.number, table.header.row, column.letter), other=before[1].letter,
                column_zh=f"“{field.zh}”", column_en=field.en,
            )  # fmt: skip
        if before is None or rank < before[0]:
            best[field.name] = rank, column
    for field in fields:
        if field.required and field.name not in best:
            raise ColumnIsMissing(**table.place, column_zh=f"“{field.zh}”", column_en=field.en)
    return {name: column for name, (_, column) in best.items()}


def must_have_one(table: Table, columns: Mapping[str, Column], names: Sequence[str], *, zh: str, en: str) -> None:
    """Raises ColumnIsMissing where none of some fields has a column."""
    if not any(name in columns for name in names):
        raise ColumnIsMissing(**table.place, column_zh=zh, column_en=en)


def must_not_be_too_many(rows: Sequence[tuple[Table, Line]]) -> None:
    """Raises SheetTooLong for more rows than are taken, SheetWithoutRows for none."""
    if len(rows) > ROWS:
        table, line = rows[ROWS]
        raise too_long(line.row_no, of_sheets=table.sheet.name is not None)


def must_have_rows(tables: Sequence[Table], rows: Sequence[Any]) -> None:
    """Raises SheetWithoutRows where there is nobody under the headers."""
    if not rows:
        raise SheetWithoutRows(**at_sheet(tables[0].sheet.number))


# --- cells --------------------------------------------------------------------------------------------------------


def cell_at(line: Line, column: Column | None) -> Cell:
    """What stands in a column of a line; None where it has no such cell."""
    return None if column is None or column.at >= len(line.cells) else line.cells[column.at]


def is_empty(cell: Cell) -> bool:
    """Whether a cell says nothing; a formula or an error says something, be it nothing that can be taken."""
    return not isinstance(cell, Unusable) and not text_of(cell)


@dataclass(slots=True)
class Reading:
    """One line being read: each cell that cannot be what it should be is remembered and stops no other."""

    line: Line
    faults: list[CellFault]

    def read(self, column: Column | None, name: str, reader: Reader) -> Any:
        """What a cell says by a reader; None where it says nothing or cannot be read."""
        if column is None:
            return None
        cell = cell_at(self.line, column)
        try:
            return reader(cell)
        except Unread as unread:
            row = place_of(self.line.row_no)[1]
            self.faults.append(cell_fault(column.at, column.header, name, row, cell, unread))
            return None

    def field(self, columns: Mapping[str, Column], field: Field) -> Any:
        """What the column of a field says."""
        return self.read(columns.get(field.name), field.name, READERS[field.reads])


def shown_header(column: Column) -> str:
    """A header as a sentence quotes it: short."""
    text = header_text(bare(column.header))
    return text if len(text) <= 30 else text[:29] + "…"
