"""Finding the header of a sheet: one line or two, below titles, each column named by the text at its leaf."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from creditbank.submissions.cells import Cell, Line, Unusable, column_letters, place_of
from creditbank.submissions.sheets.values import text_of

NO_HEADER = "@"
"""Before the letter of a column that has no header: the key by which a mapping names it."""

_GAPS = re.compile("[\\s\u200b-\u200f\u2060\ufeff\u00ad]+")

TITLE_LABELS: dict[str, str] = {
    "课程名称": "course_name",
    "课程名": "course_name",
    "课程代码": "course_code",
    "课程编号": "course_code",
    "课程号": "course_code",
    "课程编码": "course_code",
    "课程": "course_name",
    "学年学期": "academic_term",
    "开课学期": "academic_term",
    "学年": "academic_year",
    "学期": "term",
    "学分": "credits",
    "考试日期": "occurred_on",
    "考试时间": "occurred_on",
    "考核日期": "occurred_on",
    "培训项目": "title",
    "培训名称": "title",
    "培训学时": "hours",
    "竞赛名称": "event",
    "赛项名称": "event",
}
"""Labels in the lines above a header that say something of every row below."""

_LABELLED = re.compile(f"({'|'.join(sorted(TITLE_LABELS, key=len, reverse=True))})[:：]\\s*([^\\s:：]*)(?![:：])")
_TERM_SAID = re.compile(
    "((?:19|20)[0-9]{2}\\s*[-—–~～至/]+\\s*(?:19|20)[0-9]{2}\\s*学年度?\\s*[(（]?第?[一二三四1234上下春秋]学?期?季?(?:学期)?)"
)
_CODE_BEHIND = re.compile(r"(.+?)[(（\[]([A-Za-z0-9.\-]{3,20})[)）\]]")
_CODE_BEFORE = re.compile(r"[(（\[]([A-Za-z0-9.\-]{3,20})[)）\]](.+)")


@dataclass(frozen=True, slots=True)
class Header:
    """Where a header stands and what it says. Row 0 and no lines: the sheet has none."""

    row: int
    cells: tuple[tuple[str, ...], ...]
    keys: tuple[str, ...]
    """By column: the text by which a mapping names it, "" where there is none; the second of a name is `name#2`."""
    titles: dict[str, str] = field(default_factory=dict)


def header_text(cell: Cell) -> str:
    """A header's text as a mapping keeps it: half-width, without spaces and line breaks."""
    if cell is None or isinstance(cell, Unusable):
        return ""
    text = cell if isinstance(cell, str) else text_of(cell)
    return _GAPS.sub("", unicodedata.normalize("NFKC", text))


def keys_of(rows: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The key of each column: the lowest text above the data, numbered where it comes again."""
    width = max(map(len, rows), default=0)
    seen: dict[str, int] = {}
    keys = []
    for column in range(width):
        text = next((row[column] for row in reversed(rows) if column < len(row) and row[column]), "")
        if text:
            seen[text] = seen.get(text, 0) + 1
            text += "" if seen[text] == 1 else f"#{seen[text]}"
        keys.append(text)
    return tuple(keys)


def find_header(
    lines: Sequence[Line], hits_of: Callable[[tuple[str, ...]], int], *, least: int, name: str | None = None
) -> Header | None:
    """The line, or the two lines, with the most headers that are looked for; None if fewer than `least` are found.

    One line is preferred to two, and an earlier one to a later one, where they say as much.
    """
    best: tuple[int, int, int] | None = None
    found: tuple[tuple[str, ...], ...] = ()
    texts = [tuple(map(header_text, line.cells)) for line in lines]
    for at, line in enumerate(lines):
        row = place_of(line.row_no)[1]
        taken: list[tuple[tuple[str, ...], ...]] = [(texts[at],)]
        below = at + 1
        if below < len(lines) and lines[below].row_no == line.row_no + 1 and _is_text(lines[below]):
            taken.append((texts[at], texts[below]))
        for rows in taken:
            rank = (hits_of(keys_of(rows)), -len(rows), -row)
            if rank[0] >= least and (best is None or rank > best):
                best, found = rank, rows
    if best is None:
        return None
    row = -best[2]
    above = [line for line in lines if place_of(line.row_no)[1] < row]
    return Header(row, found, keys_of(found), titles_of(above, name=name))


def _is_text(line: Line) -> bool:
    return all(cell is None or isinstance(cell, str) for cell in line.cells)


def without_header(lines: Sequence[Line]) -> Header:
    """The keys of a sheet that has no header: the letters of its columns."""
    width = max((len(line.cells) for line in lines), default=0)
    return Header(0, (), tuple(NO_HEADER + column_letters(column) for column in range(width)))


def titles_of(above: Sequence[Line], *, name: str | None = None) -> dict[str, str]:
    """What the lines above a header say of every row: by field, as it is written there."""
    said: dict[str, str] = {}
    for label, value in _labelled(above):
        said.setdefault(TITLE_LABELS[label], value)
    for text in [name or "", *(cell for line in above for cell in line.cells if isinstance(cell, str))]:
        match = _TERM_SAID.search(text)
        if match is not None:
            said.setdefault("academic_term", match[1])
    course = said.get("course_name", "")
    behind, before = _CODE_BEHIND.fullmatch(course), _CODE_BEFORE.fullmatch(course)
    if "course_code" not in said and (behind or before):
        code, title = (before[1], before[2]) if before else (behind[2], behind[1])  # type: ignore[index]
        said |= {"course_code": code, "course_name": title}
    return said


def _labelled(above: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """Labels with what follows them, in their own cell or in the next one."""
    for line in above:
        cells = [text for cell in line.cells if not isinstance(cell, Unusable) and (text := text_of(cell))]
        for at, text in enumerate(cells):
            label = header_text(text).rstrip(":")
            if label in TITLE_LABELS:
                if at + 1 < len(cells) and header_text(cells[at + 1]).rstrip(":") not in TITLE_LABELS:
                    yield label, cells[at + 1]
            else:
                for match in _LABELLED.finditer(text):
                    if match[2]:
                        yield match[1], match[2]
