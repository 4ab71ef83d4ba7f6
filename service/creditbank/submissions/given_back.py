"""A report on lines of JSON is a workbook with a line in each row: mended and sent again, it is those lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from creditbank.submissions.cells import Line
from creditbank.submissions.report import OUTCOMES

LOOKED_AT = 60
"""Lines that tell: in a report on JSON most begin with a brace, in a table hardly one does."""
_WORDS = frozenset(word for words in OUTCOMES.values() for word in words)


def as_sent(lines: Iterator[Line]) -> Iterator[Line]:
    """The lines of a workbook, or the lines of JSON that it is a report on."""
    first = list(islice(lines, LOOKED_AT))
    json = _is_json(first)
    for line in chain(first, lines):
        yield Line(line.row_no, (), _text_of(line)) if json else line


def _is_json(lines: Sequence[Line]) -> bool:
    """Whether most lines that are not blank begin with a brace; the first of several may be a header."""
    written = [line.cells for line in lines if any(cell not in (None, "") for cell in line.cells)]
    braced = [isinstance(cells[0], str) and cells[0].lstrip().startswith("{") for cells in written]
    below = braced[1:] if len(braced) > 1 and not braced[0] else braced
    return 2 * sum(below) > len(below)


def _text_of(line: Line) -> str:
    """What stands before what became of the line; a long one stands in several cells."""
    pieces: list[str] = []
    for cell in line.cells:
        if pieces and cell in _WORDS:
            break
        pieces.append(cell if isinstance(cell, str) else "")
    return "".join(pieces)
