"""Writes the files of the city into the package, the same every time: `python -m creditbank.demo.make_files`."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from creditbank.demo.contents import Book, Content, Lines, Text, contents
from creditbank.demo.forms import TEAM, Cell, Sheet
from creditbank.demo.history import ENDS_ON
from creditbank.demo.pathway_files import pathway_sheets
from creditbank.demo.shelf import FOLDER
from creditbank.demo.world import think_up

_OF_A_TEAM = ("赛项名称", "级别", "奖项", "获奖日期", TEAM, "主办单位")
"""What stands once for all members of a team."""
_MADE_AT = datetime(ENDS_ON.year, ENDS_ON.month, ENDS_ON.day)  # noqa: DTZ001 (a workbook keeps no zone)


def make_files(folder: Path) -> None:
    """Write every file into a folder, in the place that it has in the package."""
    world = think_up()
    of_pathways = {file: Book(sheets) for file, sheets in pathway_sheets(world.history).items()}
    for file, content in {**contents(world), **of_pathways}.items():
        path = folder / file.institution / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(content))


def written(content: Content) -> bytes:
    """The bytes of a file."""
    if isinstance(content, Lines):
        return b"".join(_line(row) for row in content.rows)
    if isinstance(content, Text):
        return _text(content.sheet).encode(content.encoding)
    return _workbook(content.sheets)


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=str).encode() + b"\n"


def _text(sheet: Sheet) -> str:
    into = io.StringIO()
    csv.writer(into).writerows([sheet.header, *sheet.rows])
    return into.getvalue()


def _workbook(sheets: list[Sheet]) -> bytes:
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": _MADE_AT})
        title = book.add_format({"bold": True, "align": "center", "font_size": 14})
        plain = book.add_format({"border": 1, "valign": "vcenter"})
        head = book.add_format({"border": 1, "bold": True, "align": "center"})
        day = book.add_format({"border": 1, "valign": "vcenter", "num_format": "yyyy-mm-dd"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            last = len(sheet.header) - 1
            for at, text in enumerate(sheet.titles):
                page.merge_range(at, 0, at, last, text, title)
            first = len(sheet.titles)
            for column, header in enumerate(sheet.header):
                page.write_string(first, column, header, head)
            for at, row in enumerate(sheet.rows, start=first + 1):
                for column, cell in enumerate(row):
                    _write(page, at, column, cell, day if isinstance(cell, date) else plain)
            for top, bottom in sheet.teams:
                _merge(page, sheet, first + 1 + top, first + 1 + bottom, sheet.rows[top], {date: day, str: plain})
            end = first + 1 + len(sheet.rows)
            for at, text in enumerate(sheet.below, start=end):
                page.merge_range(at, 0, at, last, text)
    return into.getvalue()


def _write(page: Any, row: int, column: int, cell: Cell, style: Any) -> None:
    if isinstance(cell, date):
        page.write_datetime(row, column, cell, style)
    elif isinstance(cell, int | float | Decimal):
        page.write_number(row, column, cell, style)
    elif cell is not None:
        page.write_string(row, column, cell, style)


def _merge(page: Any, sheet: Sheet, top: int, bottom: int, row: list[Cell], styles: dict[type, Any]) -> None:
    for header in _OF_A_TEAM:
        column = sheet.header.index(header)
        style = styles[type(row[column])]
        for below in range(top + 1, bottom + 1):
            page.write_blank(below, column, None, style)
        page.merge_range(top, column, bottom, column, "", style)
        _write(page, top, column, row[column], style)


if __name__ == "__main__":
    make_files(FOLDER if len(sys.argv) == 1 else Path(sys.argv[1]))
