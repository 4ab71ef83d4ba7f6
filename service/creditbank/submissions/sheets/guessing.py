"""What a sheet seems to be: where its header is, which column is which field, by header and by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from creditbank.submissions.cells import Cell, Line, Unusable, column_letters, place_of
from creditbank.submissions.sheets.columns import (
    KEY,
    KINDS,
    LEARNER,
    READERS,
    REASON,
    RECORD_ID,
    SIGNS,
    Act,
    Field,
    field_of,
    fields_of,
    header_forms,
    known_headers,
)
from creditbank.submissions.sheets.headers import NO_HEADER, Header, find_header, header_text, without_header
from creditbank.submissions.sheets.mapping import SheetSample
from creditbank.submissions.sheets.setting_aside import closes_table, is_blank, repeats
from creditbank.submissions.sheets.values import Unread, looks_like_resident_id, plain_of, text_of
from creditbank.submissions.sheets.wordings import CHOICES, NOT_USED, fold

GOOD = 0.5
"""Share of its cells that a column must let be read to be taken for a field."""
SURE = 0.8
"""Share from which the contents speak for a field by themselves."""

LONGEST_HEADER = 200
"""Of a longer text nobody makes a header."""

_EVERYBODY = {field.name for field in (*LEARNER, KEY, REASON, RECORD_ID)}
_ANY_HEADER = {word for kind in KINDS for word in known_headers(fields_of(kind, act="withdraw"))} | NOT_USED
_NAME = re.compile("[\u3007\u3400-\u9fff]{2,4}|[\u3400-\u9fff]+[·•][\u3400-\u9fff]+")
_WORDS = {word for table in CHOICES.values() for word in table}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet, and the field that it is taken for."""

    at: int
    key: str
    filled: int
    """How many cells of the sample say something."""
    cells: tuple[Cell, ...]
    field: Field | None = None
    why: str | None = None
    """`header`, `content`, `both`, `saved`; of a column without a field: `known` if its header is, or None."""
    readable: float | None = None
    """Share of its filled cells that can be read as the field."""
    unfit: Field | None = None
    """Of a column without a field: what its header means and its cells do not say."""

    @property
    def letter(self) -> str:
        """A, B, …"""
        return column_letters(self.at)


@dataclass(frozen=True, slots=True)
class Guess:
    """What a sheet seems to be; without a header its columns are known by what stands in them only."""

    header: Header
    kind: str | None
    columns: tuple[Column, ...]
    unclear: bool = False
    """Whether another kind would have done as well."""

    @property
    def fields(self) -> dict[str, Column]:
        """The columns that are taken for something, by field."""
        return {column.field.name: column for column in self.columns if column.field is not None}


def guess(sample: SheetSample, *, kind: str | None, act: Act, prior: Mapping[str, str] | None = None) -> Guess | None:
    """What a sheet seems to be, or None if nothing in it speaks of learners.

    `prior` are a saved mapping's fields by header: what a person has said once goes before what is guessed.
    """
    if not any(not is_blank(line.cells) for line in sample.lines):
        return None
    header = find_header(sample.lines, _known_words, least=2, name=sample.name) or without_header(sample.lines)
    columns = _columns(sample, header)
    if not header.cells:
        return _by_content(header, columns, kind=kind, act=act)
    if kind is None:
        kind, unclear = _kind_of(sample, header, columns, act=act)
    else:
        unclear = False
    found = _matched(columns, fields_of(kind, act=act), prior or {}, kind=kind, act=act)
    found = _people_by_content(found, fields_of(kind, act=act))
    who = {"student_no", "document_number", "learner_name", "record_id", "key"}
    if not any(column.field is not None and column.field.name in who for column in found):
        return None
    return Guess(header, kind, tuple(found), unclear=unclear)


def data_lines(sample: SheetSample, header: Header) -> list[Line]:
    """The lines below the header that are neither blank nor plainly the end of the table."""
    first = header.row + len(header.cells)
    return [
        line
        for line in sample.lines
        if place_of(line.row_no)[1] >= first
        and not is_blank(line.cells)
        and not repeats(line.cells, header.cells)
        and not closes_table(line.cells, numbers=range(len(line.cells)), names=())
    ]


def readable_share(cells: Sequence[Cell], field: Field) -> float | None:
    """Share of the cells that say something which can be read as a field; None if none says anything."""
    read, good, filled = READERS[field.reads], 0, 0
    for cell in cells:
        if isinstance(cell, Unusable):
            continue
        if not text_of(cell):
            continue
        filled += 1
        try:
            read(cell)
            good += 1
        except Unread:
            pass
    return good / filled if filled else None


def _known_words(keys: tuple[str, ...]) -> int:
    return len({form for key in keys if key for form in header_forms(_bare(key))[-2:] if form in _ANY_HEADER})


def _bare(key: str) -> str:
    return key.partition("#")[0] if re.search("#[0-9]+$", key) else key


def _columns(sample: SheetSample, header: Header) -> list[Column]:
    lines = data_lines(sample, header)
    width = max([len(header.keys), *(len(line.cells) for line in lines)])
    columns = []
    for at in range(width):
        cells = tuple(line.cells[at] if at < len(line.cells) else None for line in lines)
        filled = sum(isinstance(cell, Unusable) or bool(text_of(cell)) for cell in cells)
        key = header.keys[at] if at < len(header.keys) else ""
        if key or filled:
            columns.append(Column(at, key, filled, cells))
    return columns


def _kind_of(sample: SheetSample, header: Header, columns: Sequence[Column], *, act: Act) -> tuple[str | None, bool]:
    """The kind whose columns, and whose words in titles and the sheet's name, are there; whether another one vies."""
    above = " ".join(
        [
            sample.name or "",
            *(
                cell
                for line in sample.lines
                if place_of(line.row_no)[1] < header.row
                for cell in line.cells
                if isinstance(cell, str)
            ),
        ]
    )
    ranked = []
    for kind in KINDS:
        fields = fields_of(kind, act=act)
        found = _matched(columns, fields, {}, kind=kind, act=act)
        fitting = [one for one in found if one.field is not None and one.field.name not in _EVERYBODY]
        said = {name for one in fitting if one.field for name in one.field.supplies}
        required = [field.name for field in fields if field.required and field.name not in _EVERYBODY]
        points = sum(2.0 if one.field and one.field.required else 1.0 for one in fitting)
        points += 4 * sum(name in said for name in required) / len(required)
        points += 2 if SIGNS[kind].search(above) else 0
        if fitting:
            ranked.append((points, kind))
    ranked.sort(key=lambda one: -one[0])
    if not ranked or ranked[0][0] < 3:
        return None, bool(ranked)
    return ranked[0][1], len(ranked) > 1 and ranked[1][0] > ranked[0][0] - 1


def _matched(
    columns: Sequence[Column], fields: tuple[Field, ...], prior: Mapping[str, str], *, kind: str | None, act: Act
) -> list[Column]:
    """Each column with the field that its header means: what can be read first, then the most usual wording."""
    known = known_headers(fields)
    offers: list[tuple[bool, float, int, Field, float | None]] = []
    for column in columns:
        said = field_of(prior.get(column.key, ""), kind, act=act)
        if said is not None:
            offers.append((False, -1, column.at, said, readable_share(column.cells, said)))
            continue
        for far, form in enumerate(header_forms(_bare(column.key))):
            for usual, field in known.get(form, ()):
                share = readable_share(column.cells, field)
                offers.append((share is not None and share < GOOD, usual + far / 2, column.at, field, share))
    chosen: dict[int, Column] = {}
    by_at = {column.at: column for column in columns}
    taken: set[str] = set()
    misfits: dict[int, Field] = {}
    for _, rank, at, field, share in sorted(offers, key=lambda offer: offer[:3]):
        unfit = share is not None and share < GOOD
        if unfit and not field.required:
            misfits.setdefault(at, field)
            continue
        if at in chosen or field.name in taken:
            continue
        taken.add(field.name)
        why = "saved" if rank < 0 else "both" if share is not None and share >= SURE else "header"
        chosen[at] = replace(by_at[at], field=field, why=why, readable=share)
    lost = {at: field for at, field in misfits.items() if field.name not in taken}
    return [chosen.get(column.at) or _without_field(column, lost.get(column.at)) for column in columns]


def _without_field(column: Column, unfit: Field | None) -> Column:
    known = any(form in _ANY_HEADER for form in header_forms(_bare(column.key)))
    return replace(column, why="known" if known else None, unfit=unfit)


def _people_by_content(columns: Sequence[Column], fields: tuple[Field, ...]) -> list[Column]:
    """Who a row is about, where the header of the column is not known."""
    found = list(columns)
    taken = {column.field.name for column in columns if column.field is not None}
    for name in ("document_number", "student_no", "learner_name"):
        field = next((one for one in fields if one.name == name), None)
        if field is None or name in taken:
            continue
        for at, column in enumerate(found):
            if (
                0 < len(column.key) <= LONGEST_HEADER
                and column.field is None
                and column.why is None
                and _LOOKS[name](column)
            ):
                found[at] = replace(column, field=field, why="content", readable=readable_share(column.cells, field))
                break
    return found


def _by_content(header: Header, columns: Sequence[Column], *, kind: str | None, act: Act) -> Guess | None:
    """A sheet without a header: people, and what a course result has, by their looks."""
    columns = [replace(one, key=one.key or f"{NO_HEADER}{one.letter}") for one in columns if one.filled]
    wanted = "course_result" if kind is None else kind
    fields = fields_of(wanted, act=act)
    found = list(columns)
    for name, looks in _LOOKS.items():
        field = next((one for one in fields if one.name == name), None)
        if field is None:
            continue
        for at, column in enumerate(found):
            if column.field is None and looks(column):
                found[at] = replace(column, field=field, why="content", readable=readable_share(column.cells, field))
                break
    names = {column.field.name for column in found if column.field is not None}
    if not names & {"student_no", "document_number"} or len(names) < 2:
        return None
    wanted_kind = None if kind is None and "score" not in names else wanted
    return Guess(header, wanted_kind, tuple(found), unclear=wanted_kind is None)


def _texts(column: Column) -> list[str]:
    return [text for cell in column.cells if not isinstance(cell, Unusable) and (text := plain_of(cell))]


def _mostly(test: Callable[[str], bool], *, different: float = 0.0) -> Callable[[Column], bool]:
    def looks(column: Column) -> bool:
        texts = _texts(column)
        if not texts or len(set(texts)) < different * len(texts):
            return False
        return sum(map(test, texts)) >= SURE * len(texts)

    return looks


def _reads_as(reads: str) -> Callable[[str], bool]:
    def can_be(text: str) -> bool:
        try:
            return READERS[reads](text) is not None
        except Unread:
            return False

    return can_be


def _is_score(column: Column) -> bool:
    """Numbers up to 100 of which some are above 20 (credits are not), or grades."""
    texts = _texts(column)
    numbers = [float(text) for text in texts if re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?", text)]
    grades = [text for text in texts if fold(text) in _GRADES]
    if not texts or len(numbers) + len(grades) < SURE * len(texts):
        return False
    return len(grades) > len(numbers) or (max(numbers) > 20 and max(numbers) <= 100)


_GRADES = frozenset(
    map(fold, ("优", "良", "中", "优秀", "良好", "中等", "及格", "不及格", "合格", "不合格", "缺考", "缓考", "作弊"))
)


def _is_student_no(text: str) -> bool:
    return re.fullmatch("[0-9A-Z]?[0-9]{7,13}", text) is not None and not (len(text) == 8 and _reads_as("day")(text))


_LOOKS: Mapping[str, Callable[[Column], bool]] = {
    "document_number": _mostly(lambda text: looks_like_resident_id(text.upper())),
    "student_no": _mostly(_is_student_no, different=0.05),
    "learner_name": _mostly(lambda text: _NAME.fullmatch(text) is not None and fold(text) not in _WORDS, different=0.3),
    "academic_term": _mostly(_reads_as("academic_term")),
    "academic_year": _mostly(_reads_as("academic_year")),
    "occurred_on": _mostly(_reads_as("day")),
    "attempt": _mostly(lambda text: fold(text) in CHOICES["attempt"] and not text.isascii()),
    "course_code": _mostly(lambda text: re.fullmatch("[A-Za-z]{1,6}[0-9]{2,10}[A-Za-z]?", text) is not None),
    "score": _is_score,
}
"""By field, in the order in which they are looked for: whether a column looks like it."""


def looks_like_a_field_of(key: str, kind: str | None, *, act: Act) -> list[Field]:
    """The fields that a header is known to mean, the most usual first."""
    known = known_headers(fields_of(kind, act=act))
    offers = [offer for form in header_forms(_bare(header_text(key))) for offer in known.get(form, ())]
    return [field for _, field in sorted(offers, key=lambda offer: offer[0])]
