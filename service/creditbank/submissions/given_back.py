"""A report on lines of JSON is a workbook with a line in each row: mended and sent again, it is those lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from creditbank.submissions.cells import Line
from creditbank.submissions.report import OUTCOMES

LOOKED_AT = 60
"""Lines among which one of a report on JSON begins with a brace; the first cell of a table's never does."""
_WORDS = frozenset(word for words in OUTCOMES.values() for word in words)


def as_sent(lines: Iterator[Line]) -> Iterator[Line]:
    """The lines of a workbook, or the lines of JSON that it is a report on."""
    first = list(islice(lines, LOOKED_AT))
    json = any(line.cells and isinstance(line.cells[0], str) and line.cells[0].startswith("{") for line in first)
    for line in chain(first, lines):
        yield Line(line.row_no, (), _text_of(line)) if json else line


def _text_of(line: Line) -> str:
    """What stands before what became of the line; a long one stands in several cells."""
    pieces: list[str] = []
    for cell in line.cells:
        if pieces and cell in _WORDS:
            break
        pieces.append(cell if isinstance(cell, str) else "")
    return "".join(pieces)
