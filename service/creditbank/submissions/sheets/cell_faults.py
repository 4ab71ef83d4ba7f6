"""What is wrong with one cell, in full sentences: which cell, what is there, what should be there, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from creditbank.submissions.cells import Cell, column_letters
from creditbank.submissions.sheets.columns import HIDDEN
from creditbank.submissions.sheets.values import Unread, shown


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with one cell, or with what no column says (then without a cell)."""

    column: int | None
    letter: str | None
    header: str | None
    field: str
    code: str
    zh: str
    en: str


def cell_fault(column: int, header: str, name: str, row: int, cell: Cell, unread: Unread) -> CellFault:
    """The fault in full sentences: which cell, what is there, what should be there, what to do."""
    letter = column_letters(column)
    try:
        there = shown(cell, hide=name in HIDDEN or unread.code == "number_ruined_by_spreadsheet")
    except Unread:
        there = ""
    zh = f"{letter}{row}（{header}）" + (f"“{there}”" if there else "") + unread.zh
    en = f"{letter}{row} ({header})" + (f' "{there}" ' if there else " ") + unread.en
    return CellFault(column, letter, header, name, unread.code, zh, en)


def missing(zh: str, en: str) -> Unread:
    return Unread(
        "value_missing",
        f"缺少{zh}。请补填；原表有合并单元格的，请取消合并并逐行填写。",
        f"lacks {en}. Fill it in; where cells are merged, unmerge them and fill every row.",
    )


def disagrees() -> Unread:
    return Unread(
        "columns_disagree",
        "与本行另一列所写的不一致。请核对两列。",
        "says something else than another column of the row. Check both.",
    )


def not_resident(number: str) -> Unread:
    return Unread(
        "document_kind_missing",
        f"有 {len(number)} 个字符，不是18位居民身份证号码。请核对；其他证件请加“证件类型”一列。",
        f"has {len(number)} characters and is no resident identity number of 18. Check it; for other documents add a "
        "column with the kind of document (证件类型).",
    )
