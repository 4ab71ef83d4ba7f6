"""One worksheet, read as its XML is unpacked: cells with what they hold, rows with anything in them, merged ranges."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, reduce
from typing import Any

from creditbank.submissions.cells import SHEET_ROWS, Cell, Unusable, row_no_of
from creditbank.submissions.files.number_formats import Shown, day_of, elapsed
from creditbank.submissions.files.refusals import (
    Limits,
    RowTooLarge,
    TooManyColumns,
    WorkbookBroken,
    at_sheet_row,
)
from creditbank.submissions.files.xml_parts import events, read_through

SHEET_COLUMNS = 16_384
MOST_LETTERS = 3
WHOLE = 1e15
"""From here on a number of a spreadsheet has lost digits: it stays a float, so that this can be told."""
MOST_DIGITS = 15

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATES = range(0xD800, 0xE000)

Merges = dict[int, dict[int, int]]
"""First row of a vertically merged range, its column (from 0), its last row."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all sheets of a workbook share."""

    texts: list[str]
    shown: list[Shown]
    """How each style shows numbers."""
    since_1904: bool
    limits: Limits


def unescaped(text: str) -> str:
    """Text in which characters that XML has no place for are written _x000D_."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if code == 0 or code in _SURROGATES else chr(code)


def merges_of(pieces: Iterable[bytes], *, limits: Limits) -> Merges:
    """The ranges that run down more than one row, by their first column."""
    merges: Merges = {}
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        if name != "mergeCell":
            return
        first, _, last = attributes.get("ref", "").partition(":")
        column, top = place(first)
        bottom = place(last)[1] if last else top
        if bottom <= top or column >= limits.columns:
            return
        count += 1
        if count > limits.merges:
            raise WorkbookBroken(why_zh="合并单元格过多", why_en="there are too many merged cells")
        merges.setdefault(top, {})[column] = bottom

    read_through(pieces, start=start)
    return merges


def place(reference: str) -> tuple[int, int]:
    """Column from 0 and row from 1 of a reference such as B7."""
    found = _REFERENCE.fullmatch(reference)
    column = column_of(found[1]) if found else None
    if found is None or column is None or int(found[2]) > SHEET_ROWS:
        raise WorkbookBroken(why_zh="单元格位置有误", why_en="the place of a cell is not one")
    return column, int(found[2])


@lru_cache(maxsize=1024)
def column_of(letters: str) -> int | None:
    """The number of a column from 0, or nothing if no sheet has such a column."""
    if not 0 < len(letters) <= MOST_LETTERS or not all("A" <= letter <= "Z" for letter in letters):
        return None
    column = reduce(lambda number, letter: number * 26 + ord(letter) - ord("A") + 1, letters, 0) - 1
    return column if column < SHEET_COLUMNS else None


def rows_of(
    pieces: Iterable[bytes], *, sheet_no: int, shared: Shared, merges: Merges
) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """Rows with anything in them, each with its number over all sheets; what is merged downwards is in each row."""
    reading = _Reading(sheet_no, shared, merges)
    for _ in events(pieces, start=reading.start, end=reading.end, text=reading.text):
        yield from reading.ready
        reading.ready.clear()


class _Reading:
    """Where the reading of a sheet has got to."""

    def __init__(self, sheet_no: int, shared: Shared, merges: Merges) -> None:
        self.sheet_no = sheet_no
        self.shared = shared
        self.merges = merges
        self.ready: list[tuple[int, tuple[Cell, ...]]] = []
        self.row = 0
        self.digits = "0"
        self.in_row = False
        self.falling: dict[int, tuple[int, Cell]] = {}
        """Columns in which a merged range is running down: its last row and its value."""
        self.begin_row()

    def begin_row(self) -> None:
        self.cells: list[Cell] = []
        self.filled = False
        self.size = 0
        self.column = -1
        self.begin_cell({})
        self.in_cell = False

    def begin_cell(self, attributes: dict[str, str]) -> None:
        self.in_cell = True
        self.kind = attributes.get("t", "n")
        self.style = attributes.get("s", "")
        self.formula = self.cached = self.listening = self.phonetic = False
        self.parts: list[str] = []

    # What the parser calls.

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            if self.in_row:
                self.begin_cell(attributes)
                self.find_column(attributes.get("r"))
        elif name == "v":
            self.listening = self.cached = self.in_cell
        elif name == "row":
            self.find_row(attributes.get("r"))
        elif self.in_cell:
            if name == "f":
                self.formula = True
            elif name == "rPh":
                self.phonetic = True
            elif name == "t":
                self.listening = self.kind == "inlineStr" and not self.phonetic

    def text(self, text: str) -> None:
        if self.listening:
            self.parts.append(text)
            self.grow(len(text))

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self.listening = False
        elif name == "c":
            if self.in_cell:
                self.in_cell = False
                if self.parts or self.formula:
                    self.keep()
        elif name == "rPh":
            self.phonetic = False
        elif name == "row" and self.in_row:
            self.in_row = False
            self.end_row()

    # Rows and cells.

    def find_row(self, said: str | None) -> None:
        row = self.row + 1
        if said is not None:
            row = int(said) if said.isascii() and said.isdigit() and len(said) <= len(str(SHEET_ROWS)) else 0
        if self.in_row or not self.row < row <= SHEET_ROWS:
            raise WorkbookBroken(
                why_zh=f"第 {self.sheet_no} 个工作表第 {self.row} 行之后的行号有误",
                why_en=f"what follows row {self.row} of sheet {self.sheet_no} has a row number that cannot be",
            )
        self.row, self.digits, self.in_row = row, str(row), True
        self.begin_row()

    def find_column(self, said: str | None) -> None:
        if said is None:
            self.column += 1
            return
        letters = said.rstrip("0123456789")
        column = column_of(letters)
        if column is None or said[len(letters) :] != self.digits:
            raise WorkbookBroken(**self.here("单元格位置有误", "a cell is not where it says"))
        self.column = column

    def grow(self, size: int) -> None:
        self.size += size
        if self.size > self.shared.limits.row:
            raise RowTooLarge(limit_kib=self.shared.limits.row // 1024, **self.at())

    def keep(self) -> None:
        """Puts the cell that ends here into its row, if there is anything in it."""
        value = self.value("".join(self.parts))
        if self.formula and not isinstance(value, Unusable):
            # A formula that nobody has computed may stand for anything; one that shows an empty text shows nothing.
            self.filled = self.filled or value is not None or not self.cached
            value = Unusable("formula", shown(value))
        elif value is None:
            return
        elif not isinstance(value, str) or not value.isspace():
            self.filled = True
        column = self.column
        if column >= self.shared.limits.columns:
            raise TooManyColumns(limit=self.shared.limits.columns, **self.at())
        missing = column - len(self.cells)
        if missing >= 0:
            self.cells.extend([None] * missing)
            self.cells.append(value)
        elif self.cells[column] is None:
            self.cells[column] = value
        else:
            raise WorkbookBroken(**self.here("有两个同位置的单元格", "two cells have one place"))

    def value(self, text: str) -> Cell:
        kind = self.kind
        if kind == "s":
            return self.shared_text(text)
        if kind in ("str", "inlineStr"):
            return unescaped(text) or None
        if kind == "e":
            return Unusable("error", text)
        if not text:
            return None
        if kind == "b":
            return text in ("1", "true")
        if kind == "d":
            try:
                return date.fromisoformat(text[:10])
            except ValueError:
                return text
        return self.number(text)

    def shared_text(self, text: str) -> str | None:
        try:
            found = self.shared.texts[int(text)] if text.isascii() and text.isdigit() else None
        except (IndexError, ValueError):
            found = None
        if found is None:
            raise WorkbookBroken(**self.here("引用了不存在的文本", "a cell stands for a text that is not there"))
        # What a text costs is counted wherever it stands: one long text named by a million cells is a bomb too.
        self.grow(len(found))
        return found or None

    def number(self, text: str) -> Cell:
        shown_as: Shown = "number"
        if self.style and self.style != "0":
            try:
                shown_as = self.shared.shown[int(self.style)]
            except (IndexError, ValueError):
                shown_as = "number"
        if shown_as == "number" and len(text) <= MOST_DIGITS and text.isascii() and text.isdigit():
            return int(text)
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or "_" in text:
            raise WorkbookBroken(**self.here("数字单元格的内容不是数字", "a number is not one"))
        if shown_as == "elapsed":
            return elapsed(number)
        value = day_of(number, since_1904=self.shared.since_1904) if shown_as == "day" else number
        return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < WHOLE else value

    def end_row(self) -> None:
        if self.filled:
            cells = self.cells
            for column, (last, value) in list(self.falling.items()):
                if self.row > last:
                    del self.falling[column]
                else:
                    cells.extend([None] * (column + 1 - len(cells)))
                    if cells[column] is None:
                        cells[column] = value
            for column, last in self.merges.get(self.row, {}).items():
                if column < len(cells) and cells[column] is not None:
                    self.falling[column] = (last, cells[column])
            self.ready.append((row_no_of(self.sheet_no, self.row), tuple(cells)))

    def at(self) -> dict[str, Any]:
        return at_sheet_row(row_no_of(self.sheet_no, self.row))

    def here(self, why_zh: str, why_en: str) -> dict[str, str]:
        at = self.at()
        return {"why_zh": f"{at['place_zh']}{why_zh}", "why_en": f"in {at['place_en']}, {why_en}"}


def shown(value: Cell) -> str:
    """Roughly what the spreadsheet shows."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value.isoformat() if isinstance(value, date) else str(value)
