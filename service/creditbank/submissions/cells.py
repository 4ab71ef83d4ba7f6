"""One cell of a file and one line of it, whatever the format, and their form in JSON while they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

SHEET_ROWS = 1 << 20
"""Rows of a worksheet, at most (ECMA-376): a row number of the second sheet begins behind those of the first."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell that stands for no value that the bank may take: an error (#N/A), or a formula.

    `text` is what the spreadsheet shows there, for the person who mends it.
    """

    kind: Literal["error", "formula"]
    text: str


Cell: TypeAlias = str | int | float | bool | date | Unusable | None
"""Text as it was written, a number, a day, or nothing. A blank text is text: who reads it decides."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file: its cells, or where the format has none (NDJSON, JSON) the text of one row."""

    row_no: int
    """As people count: the row of the worksheet, the record of a CSV file, the line of NDJSON, from 1."""
    cells: tuple[Cell, ...]
    text: str | None = None


def row_no_of(sheet_no: int, row: int) -> int:
    """The one number of a row (from 1) of a sheet (from 1): what records and outcomes name it by."""
    return (sheet_no - 1) * SHEET_ROWS + row


def place_of(row_no: int) -> tuple[int, int]:
    """The sheet and the row in it that a number stands for."""
    sheet, row = divmod(row_no - 1, SHEET_ROWS)
    return sheet + 1, row + 1


PIECE = 16_000
"""Characters of a line of JSON that go into one cell; Excel takes 32,767 of its own units."""


def shown_cells(line: Line) -> Sequence[Cell]:
    """A line as cells of a sheet: a line of JSON is one, or several where it is long."""
    if line.text is None:
        return line.cells
    return [line.text[at : at + PIECE] for at in range(0, len(line.text), PIECE)] or [""]


def column_letters(column: int) -> str:
    """The letters of a column, from 0: A … Z, AA …"""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def line_to_json(line: Line) -> list[Any]:
    """A line in its shortest JSON; `line_from_json` is the way back."""
    return [line.row_no, line.text if line.text is not None else [_to_json(cell) for cell in line.cells]]


def line_from_json(kept: list[Any]) -> Line:
    """A line as it was."""
    row_no, said = kept
    if isinstance(said, str):
        return Line(row_no, (), said)
    return Line(row_no, tuple(_from_json(cell) for cell in said))


def _to_json(cell: Cell) -> Any:
    if isinstance(cell, date):
        return {"day": cell.isoformat()}
    if isinstance(cell, Unusable):
        return {cell.kind: cell.text}
    return cell


def _from_json(kept: Any) -> Cell:
    if not isinstance(kept, dict):
        cell: Cell = kept
        return cell
    ((kind, text),) = kept.items()
    return date.fromisoformat(text) if kind == "day" else Unusable(kind, text)
