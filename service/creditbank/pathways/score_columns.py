"""Which column of a score sheet is which: one row a subject (long), or one column a subject and marker (wide). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from creditbank.pathways.sheet_refusals import ColumnIsNoSubject, ColumnIsThereTwice, FullMarksDiffer, at_column
from creditbank.pathways.sheets import (
    NAME,
    STUDENT_NO,
    Column,
    Table,
    bare,
    cell_at,
    fields_in,
    is_empty,
    meant,
    must_have_one,
    shown_header,
)
from creditbank.pathways.statement_topics import Sitting
from creditbank.submissions.cells import Cell, Line, place_of
from creditbank.submissions.sheets.columns import Field, header_forms
from creditbank.submissions.sheets.headers import header_text, keys_of
from creditbank.submissions.sheets.values import Unread, plain_of, read_score, text_of
from creditbank.submissions.sheets.wordings import NOT_USED, fold

Word = Literal["absent", "cheated", "deferred", "exempted", "passed", "failed"]

WORDS: Mapping[str, Word] = {
    **dict.fromkeys(("缺考", "旷考", "缺", "弃考"), "absent"),
    **dict.fromkeys(("作弊", "舞弊", "违纪", "违规"), "cheated"),
    **dict.fromkeys(("缓考",), "deferred"),
    **dict.fromkeys(("免考", "免试"), "exempted"),
    **dict.fromkeys(("合格", "通过", "及格"), "passed"),
    **dict.fromkeys(("不合格", "未通过", "不通过", "不及格"), "failed"),
}
"""What stands in a cell of scores instead of points, or beside them."""

MEMBER_NO = Field(
    "member_no", "学员编号", "member number", "code",
    ("学员编号", "成员编号", "班内编号", "贯通班学员编号", "贯通班编号", "member_no", "memberno"),
)  # fmt: skip
SUBJECT = Field("subject", "科目", "subject", "text", ("科目", "考试科目", "科目名称", "考核科目", "subject"))
SITTING = Field("sitting", "场次", "sitting", "count", ("场次", "考试场次", "第几场", "sitting"))
POINTS = Field(
    "points", "成绩", "points", "score",
    ("成绩", "得分", "分数", "考试成绩", "卷面成绩", "实得分", "总评", "points", "score"),
)  # fmt: skip
REMARK = Field(
    "remark", "备注", "remark", "mark",
    ("备注", "考试状态", "成绩状态", "缺考标志", "缺考标识", "特殊情况", "考试情况", "结果", "remark", "result"),
)  # fmt: skip
TOTAL = Field("total", "总分", "total", "score", ("总分", "合计", "总成绩", "total"))
FIELDS = (NAME, MEMBER_NO, STUDENT_NO, SUBJECT, SITTING, POINTS, REMARK, TOTAL)
_LONG = ("subject", "points")
_WHO = ("student_no", "member_no")

_MARKER = re.compile(
    "(?:评卷|阅卷|判卷|评分|评委|考评|打分|评审)(?:人|员|教师|老师|专家|官)?第?([一二三四五1-5甲乙丙丁戊a-e])(?:人|分|分数|成绩)?"
    "|第?([一二三四五1-5])(?:评|阅)(?:分|成绩)?|marker([1-5])"
)
_COUNTED = {sign: at for signs in ("一二三四五", "12345", "甲乙丙丁戊", "abcde") for at, sign in enumerate(signs, 1)}
_FULL = re.compile(r"(?:满分|共|卷面)?([0-9]{1,4}(?:\.[0-9]{1,2})?)分?(?:制|满分)?|满分")
_BETWEEN = "()[]【】-_—:·/、."
_NO_SUBJECTS = NOT_USED | frozenset(("名次", "排名", "位次", "班级排名", "年级排名", "签名", "签字", "考场", "座位号"))
_SITTING = re.compile("第?([0-9]{1,2}|[一二三四五])场?(?:考试)?")
_POINTS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Part:
    """What a column of a wide sheet says of one subject: its points, one marker's points, or a remark."""

    subject: str
    what: Literal["points", "mark", "remark"] = "points"
    marker: int = 0
    full: Decimal | None = None
    """The full marks that its header states."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A table whose columns are known: by field, the markers of a long sheet, the parts of a wide one."""

    table: Table
    fields: Mapping[str, Column]
    markers: tuple[Column, ...]
    parts: tuple[tuple[Part, Column], ...]

    @property
    def is_wide(self) -> bool:
        """Whether each subject has a column of its own."""
        return bool(self.parts)

    def lines(self) -> Iterator[Line]:
        """The lines that are somebody's."""
        numbers = [self.fields[name].at for name in _WHO if name in self.fields]
        return self.table.rows(numbers=numbers, names=[self.fields["learner_name"].at])


def hits(keys: tuple[str, ...], sittings: Sequence[Sitting]) -> int:
    """How many columns of a score sheet some headers name; parts of subjects count each, so that two lines may win."""
    found: set[str] = set()
    more = 0
    for key in keys:
        field = meant(key, FIELDS) if key else None
        if field is not None:
            found.add(field[0].name)
            more += field[0].name in ("points", "remark") and key != bare(key)
        elif key:
            more += marker_of(key) is not None or part_of(key, None, sittings) is not None
    return len(found) + more


def lay_out(table: Table, sittings: Sequence[Sitting]) -> Laid:
    """Which column is which.

    Raises ColumnIsMissing, ColumnIsThereTwice, ColumnIsNoSubject, FullMarksDiffer.
    """
    table = _with_its_other_line(table, sittings)
    parts = _parts(table, sittings)
    taken = {column.at for _, column in parts}
    plain = _without(table, taken)
    markers = tuple(column for column in plain.columns if marker_of(column.header) is not None)
    fields = fields_in(_without(table, taken | {column.at for column in markers}), FIELDS)
    must_have_one(table, fields, _WHO, zh="“学号”或“学员编号”", en="the student number or the member number")
    laid = Laid(table, fields, markers, tuple(parts))
    if laid.is_wide:
        _must_not_be_long_too(laid)
        _no_score_is_lost(laid, sittings)
        return laid
    for field in (SUBJECT,) if markers else (SUBJECT, POINTS):
        must_have_one(table, fields, (field.name,), zh=f"“{field.zh}”", en=field.en)
    return laid


def has_scores(table: Table, sittings: Sequence[Sitting]) -> bool:
    """Whether a sheet that names people names scores as well: a list of names in the same file is none."""
    names = {field[0].name for column in table.columns if (field := meant(column.header, FIELDS)) is not None}
    return set(_LONG) & names != set() or any(
        part_of(column.header, None, sittings) is not None or marker_of(column.header) is not None
        for column in table.columns
    )


def marker_of(header: str) -> int | None:
    """The number of the marker whose points a column holds: 评卷一 is 1, 二评 is 2."""
    for form in header_forms(bare(header)):
        match = _MARKER.fullmatch(form)
        if match is not None:
            return _COUNTED[match[1] or match[2] or match[3]]
    return None


def part_of(header: str, above: str | None, sittings: Sequence[Sitting]) -> Part | None:
    """What a header says of a subject that some sitting declares; `above` is the text over it in a header of two lines.

    A subject's name counts whole: 专业理论 is not 专业, and a longer name goes before a shorter one.
    """
    text = fold(bare(header))
    for subject in sorted({each.subject for each in sittings}, key=len, reverse=True):
        named = fold(subject)
        if text.startswith(named):
            part = _rest_of(subject, text[len(named) :])
            if part is not None:
                return part
        elif above is not None and fold(above).startswith(named):
            over = _rest_of(subject, fold(above)[len(named) :])
            part = None if over is None or over.what != "points" else _rest_of(subject, text)
            if part is not None:
                return replace(part, full=part.full or (over.full if over else None))
    return None


def _rest_of(subject: str, rest: str) -> Part | None:
    """A column of a subject by what its header says besides the subject's name."""
    rest = rest.strip(_BETWEEN)
    if not rest:
        return Part(subject)
    full = _FULL.fullmatch(rest)
    if full is not None:
        return Part(subject, full=None if full[1] is None else Decimal(full[1]))
    marker = marker_of(rest)
    if marker is not None:
        return Part(subject, "mark", marker)
    field = meant(rest, (POINTS, REMARK))
    return None if field is None else Part(subject, "points" if field[0] is POINTS else "remark")


def _with_its_other_line(table: Table, sittings: Sequence[Sitting]) -> Table:
    """The header with the line below it, or above, where one line names subjects and the other their parts only.

    数学 over 评卷一 and 评卷二, or over 满分120. Of one line and two that name as many columns the search prefers one;
    here the subjects make the difference.
    """
    header = table.header
    if len(header.cells) != 1:
        return table
    by_row = {place_of(line.row_no)[1]: line for line in table.sheet.lines}
    for first in (header.row, header.row - 1):
        lines = [by_row.get(row) for row in (first, first + 1)]
        rows = [tuple(map(header_text, line.cells)) for line in lines if line is not None and _is_text(line)]
        if len(rows) == 2 and _names_parts(rows, sittings):
            return replace(table, header=replace(header, row=first, cells=tuple(rows), keys=keys_of(rows)))
    return table


def _is_text(line: Line) -> bool:
    return all(cell is None or isinstance(cell, str) for cell in line.cells)


def _names_parts(rows: Sequence[tuple[str, ...]], sittings: Sequence[Sitting]) -> bool:
    """Whether the second line says nothing but parts of the subjects over them, besides what is merged downwards."""
    said = [(at, text) for at, text in enumerate(rows[1]) if text and not _same_above(rows, at)]
    alone = [part_of(text, None, sittings) for _, text in said]
    return bool(said) and not any(alone) and all(part_of(text, _over(rows, at), sittings) for at, text in said)


def _same_above(rows: Sequence[Sequence[str]], at: int) -> bool:
    """Whether a cell of the second line is the one above it, merged downwards."""
    return at < len(rows[0]) and rows[0][at] == rows[1][at]


def _over(rows: Sequence[Sequence[str]], at: int) -> str | None:
    """The text above a column in the first line of a header: of cells merged sideways, that of the first."""
    return next((text for text in reversed(rows[0][: at + 1]) if text), None)


def _parts(table: Table, sittings: Sequence[Sitting]) -> list[tuple[Part, Column]]:
    found: dict[tuple[str, str, int], Column] = {}
    parts = []
    rows = table.header.cells
    for column in table.columns:
        two = len(rows) == 2 and column.at < len(rows[1]) and bool(rows[1][column.at])
        part = part_of(column.header, _over(rows, column.at) if two else None, sittings)
        if part is None:
            continue
        place = at_column(table.sheet.number, table.header.row, column.letter)
        before = found.setdefault((part.subject, part.what, part.marker), column)
        if before is not column:
            column_zh, column_en = f"“{part.subject}”", part.subject
            raise ColumnIsThereTwice(**place, other=before.letter, column_zh=column_zh, column_en=column_en)
        fulls = {each.full for each in sittings if each.subject == part.subject and each.full is not None}
        if part.full is not None and fulls and part.full not in fulls:
            raise FullMarksDiffer(**place, said=part.full, full="、".join(f"{full:f}" for full in sorted(fulls)))
        parts.append((part, column))
    return parts


def _without(table: Table, taken: set[int]) -> Table:
    keys = tuple("" if at in taken else key for at, key in enumerate(table.header.keys))
    return replace(table, header=replace(table.header, keys=keys))


def _must_not_be_long_too(laid: Laid) -> None:
    """A sheet says its subjects in a column or in its headers, not in both."""
    column = laid.fields.get("subject")
    if column is not None:
        place = at_column(laid.table.sheet.number, laid.table.header.row, column.letter)
        other = laid.parts[0][1].letter
        raise ColumnIsThereTwice(**place, other=other, column_zh="科目", column_en="the subject")


def _no_score_is_lost(laid: Laid, sittings: Sequence[Sitting]) -> None:
    """A column of numbers under a header that nobody knows may be scores of a subject that was not declared.

    It is said of the file and not of each row: one header is wrong, and until it is mended no row is whole.
    """
    used = {column.at for column in (*laid.fields.values(), *laid.markers, *(column for _, column in laid.parts))}
    for column in laid.table.columns:
        forms = set(header_forms(bare(column.header)))
        if column.at in used or forms & _NO_SUBJECTS or meant(column.header, FIELDS) is not None:
            continue
        if any(_is_points(cell_at(line, column)) for line in laid.lines()):
            raise ColumnIsNoSubject(
                **at_column(laid.table.sheet.number, laid.table.header.row, column.letter),
                header=shown_header(column), subjects=subjects_of(sittings),
            )  # fmt: skip


def _is_points(cell: Cell) -> bool:
    try:
        return not is_empty(cell) and _POINTS.fullmatch(plain_of(cell)) is not None
    except Unread:
        return False


def subjects_of(sittings: Sequence[Sitting]) -> str:
    """The subjects that are declared, as a sentence lists them."""
    return "、".join(dict.fromkeys(each.subject for each in sittings))


# --- cells of scores ------------------------------------------------------------------------------------------------


def read_points(cell: Cell) -> Decimal | Word | None:
    """Points with at most two places, or a word that stands for them; None for nothing. Raises Unread."""
    text = read_score(cell)
    if text is None:
        return None
    word = WORDS.get(fold(text))
    if word is not None:
        return word
    if _POINTS.fullmatch(text) is None:
        raise Unread(
            "points_unreadable",
            "应为 0 以上、至多两位小数的分数，或“缺考”“作弊”“缓考”等。请核对。",
            "should be points of 0 or more with at most two places, or a word such as absent. Check it.",
        )
    return Decimal(text)


def read_sitting(cell: Cell) -> int | None:
    """The number of a sitting: 2, 第2场, 第二场. Raises Unread."""
    text = fold(plain_of(cell))
    if not text:
        return None
    match = _SITTING.fullmatch(text)
    if match is None:
        raise Unread(
            "sitting_unreadable", "应为场次，如 1 或 第1场。请核对。", "should be the number of a sitting. Check it."
        )
    return int(match[1]) if match[1].isdigit() else _COUNTED[match[1]]


def read_remark(cell: Cell) -> Word | None:
    """A word that says what became of the examination; any other remark says nothing to the bank. Raises Unread."""
    return WORDS.get(fold(text_of(cell)))
