"""Which lines of a sheet are no records: blank ones, titles, the header again, totals, signatures and notes.

A line is set aside only if nothing in it could name a learner; whatever is in doubt is read as a row and its faults are
said, so that nothing is lost in silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from creditbank.submissions.cells import Cell, Unusable
from creditbank.submissions.sheets.headers import header_text
from creditbank.submissions.sheets.values import text_of
from creditbank.submissions.sheets.wordings import NOTES, SIGNATURES, TOTALS, fold

REASONS: Mapping[str, tuple[str, str]] = {
    "blank": ("空行。", "A blank line."),
    "above_header": ("表头及其以上的行。", "The header, or a line above it."),
    "header_again": ("重复的表头。", "The header again."),
    "signature_total_or_note": ("签名、合计或说明行。", "A line with a signature, a total or a note."),
    "sheet_not_read": ("本工作表不含成果，未读取。", "This sheet holds no records and is not read."),
}
"""Why a line is set aside, by code."""

_BEGINS = tuple(map(fold, SIGNATURES + TOTALS + NOTES))
_ANYWHERE = re.compile(
    "(" + "|".join(re.escape(fold(word)) for word in SIGNATURES) + "):|以下空白|\\(盖章\\)|\\(签字\\)|\\(签章\\)"
)
_TITLE = re.compile("成绩单|成绩表|成绩登记表|花名册|名单|汇总表|登记表|一览表|学年第.学期")
_PAGE = re.compile("第[0-9]+页(.?共[0-9]+页)?|共[0-9]+页")
_LABEL = re.compile("[^:]{1,12}:")
_NAME = re.compile("[\u3007\u3400-\u9fff]{2,}([·•][\u3400-\u9fff]+)*|[a-z][a-z '.\\-]+", re.I)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A line that is no record, and why."""

    code: str
    zh: str
    en: str


def set_aside(code: str) -> SetAside:
    """The answer for a line that is no record."""
    return SetAside(code, *REASONS[code])


def is_blank(cells: Sequence[Cell], *, serials: frozenset[int] = frozenset()) -> bool:
    """Whether nothing stands in a line, or only a running number in one of the columns `serials`."""
    for at, cell in enumerate(cells):
        if cell is None:
            continue
        if isinstance(cell, Unusable):
            return False
        text = text_of(cell)
        if text and not (at in serials and text.isdigit()):
            return False
    return True


def repeats(cells: Sequence[Cell], header: Sequence[Sequence[str]]) -> bool:
    """Whether a line is one of the lines of the header again."""
    texts = [header_text(cell) for cell in cells]
    said = {at: text for at, text in enumerate(texts) if text}
    return bool(said) and any(
        all(at < len(row) and row[at] == text for at, text in said.items()) and 2 * len(said) >= sum(map(bool, row))
        for row in header
    )


def closes_table(cells: Sequence[Cell], *, numbers: Sequence[int], names: Sequence[int]) -> bool:
    """Whether a line is plainly a signature, a total, a note or a title, and could name no learner.

    `numbers` are the columns of student and document numbers and of records, `names` those of people's names.
    """
    texts = ["" if isinstance(cell, Unusable) else fold(text_of(cell)) for cell in cells]
    said = [text for text in texts if text]
    if not said or not _carries_a_word(said):
        return False
    if any(_could_be_number(cells[at], texts[at]) for at in numbers if at < len(texts)):
        return False
    return not any(_could_be_name(texts, at) for at in names if at < len(texts))


def _carries_a_word(said: Sequence[str]) -> bool:
    if any(text.startswith(_BEGINS) or _ANYWHERE.search(text) or _PAGE.fullmatch(text) for text in said):
        return True
    return len(set(said)) == 1 and _TITLE.search(said[0]) is not None


def _could_be_number(cell: Cell, text: str) -> bool:
    if isinstance(cell, Unusable):
        return False
    return len(text) >= 4 and text.isascii() and any(c.isdigit() for c in text) and ":" not in text


def _could_be_name(texts: Sequence[str], at: int) -> bool:
    """A name that follows the label of a signature signs; it is nobody's record."""
    text = texts[at]
    if not text or text.startswith(_BEGINS) or not _NAME.fullmatch(text):
        return False
    before = next((one for one in reversed(texts[:at]) if one), "")
    return not (before.startswith(_BEGINS) or _LABEL.fullmatch(before))
