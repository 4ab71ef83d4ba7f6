"""The mistakes that institutions' files have, in measured doses: what is refused, what waits, what is a hint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from creditbank.demo.forms import Cell, Sheet
from creditbank.demo.shelf import CERTIFICATES, LAST_RESULTS, SCHOOL_ROSTERS, TRAININGS, File


@dataclass(frozen=True, slots=True)
class Blemish:
    """A cell that is not what it should be."""

    file: File
    sheet: str
    row: int
    """Of the table, from 0: nobody's example stands there."""
    header: str
    spoiled: Callable[[Cell, Cell], Cell]
    """What stands there instead, given what should and what stands above it."""
    outcome: Literal["refused", "held", "deposited"]
    code: str | None
    """Of the problem that the bank has with it."""

    @property
    def line(self) -> int:
        """The row of the sheet, or the line of the file, as people count them."""
        return self.row + (3 if self.sheet else 2)


def _instead(cell: Cell) -> Callable[[Cell, Cell], Cell]:
    return lambda _right, _above: cell


def _misspelt(name: Cell, _above: Cell) -> Cell:
    return f"{str(name)[:-1]}梓"


def _as_a_number(number: Cell, _above: Cell) -> Cell:
    """As Excel keeps eighteen digits that nobody formatted as text."""
    return float(int(str(number)[:15]) * 1000)


def _wide(score: Cell, _above: Cell) -> Cell:
    """As it is written with the other keyboard."""
    return "".join(chr(ord(digit) + 0xFEE0) if digit.isdigit() else digit for digit in str(score))


_BIHAI, _YANSHAN, _, _, _VOCATIONAL, _, _UNIVERSITY = LAST_RESULTS
_BEICHEN, _YUNFAN = CERTIFICATES

BLEMISHES = (
    Blemish(_VOCATIONAL, "2025-2026-2", 20, "课程代码", _instead("YS5999"), "refused", "course_unknown"),
    Blemish(_VOCATIONAL, "2025-2026-1", 33, "姓名", _misspelt, "held", "identity_under_review"),
    Blemish(_BIHAI, "2025-2026-2", 12, "考试日期", _instead("2026/2/30"), "refused", "cells_unreadable"),
    Blemish(_YANSHAN, "", 40, "成绩", _instead("待定"), "refused", "score_outside_scale"),
    Blemish(_YANSHAN, "", 55, "成绩", _wide, "deposited", None),
    Blemish(_UNIVERSITY, "成绩", 9, "课程学分", _instead(9.5), "held", "credits_differ_from_plan"),
    Blemish(_BEICHEN, "证书", 30, "证件号码", _as_a_number, "refused", "cells_unreadable"),
    Blemish(_BEICHEN, "证书", 66, "证书编号", lambda _right, above: above, "held", "identity_under_review"),
    Blemish(_YUNFAN, "证书", 25, "姓名", _misspelt, "held", "identity_under_review"),
    Blemish(TRAININGS, "", 100, "学时", _instead(160), "deposited", None),
    Blemish(SCHOOL_ROSTERS[0], "学籍异动", 14, "异动日期", _instead("2024年6月"), "refused", "cells_unreadable"),
)
HEADER_AGAIN = 120
"""Row of the last year's results of a school before which its header stands again, as where two files were joined."""


def spoil(file: File, sheets: list[Sheet]) -> None:
    """Make the mistakes of a file."""
    for sheet in sheets:
        for blemish in BLEMISHES:
            if (blemish.file, blemish.sheet) == (file, sheet.name):
                at = sheet.header.index(blemish.header)
                above, row = sheet.rows[blemish.row - 1 : blemish.row + 1]
                row[at] = blemish.spoiled(row[at], above[at])
        if file == _YANSHAN:
            sheet.rows.insert(HEADER_AGAIN, list(sheet.header))
