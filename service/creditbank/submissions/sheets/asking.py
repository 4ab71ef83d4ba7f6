"""What only a person can say of a file before it is read."""

from __future__ import annotations

from collections import abc

from pydantic import BaseModel, ConfigDict

from creditbank.submissions.sheets.checking import term_questions
from creditbank.submissions.sheets.columns import LEARNER, Act
from creditbank.submissions.sheets.guessing import Column, Guess
from creditbank.submissions.sheets.mapping import (
    Reference,
    SheetLayout,
    SheetMapping,
    SheetSample,
    kind_name,
    missing_from,
)
from creditbank.submissions.sheets.wordings import OTHER_ATTEMPTS, fold

SURE_ENOUGH = 0.7
"""Share of readable cells below which a person is asked whether the column is the right one."""


_WHO = {word for field in LEARNER for word in field.headers}


class Question(BaseModel):
    """What only a person can say."""

    model_config = ConfigDict(frozen=True)

    code: str
    zh: str
    en: str
    sheet_no: int | None = None
    letter: str | None = None
    field: str | None = None


def questions_of(
    found: Guess, draft: SheetMapping, sample: SheetSample, *, act: Act, reference: Reference
) -> abc.Iterator[Question]:
    no = sample.sheet_no
    zh, en = kind_name(found.kind)
    if found.kind is None and act == "report":
        yield Question(
            code="kind_unknown",
            zh="无法判断成果类别。请选择。",
            en="The kind of record is not clear. Choose it.",
            sheet_no=no,
        )
        return
    if found.unclear:
        yield Question(
            code="kind_unclear",
            zh=f"看来是{zh}，但不能确定。请确认。",
            en=f"These seem to be {en}. Confirm it.",
            sheet_no=no,
        )
    if not found.header.cells:
        zh_guess = "没有找到表头，各列是按内容猜测的。请逐列确认。"
        yield Question(
            code="guessed_without_header",
            zh=zh_guess,
            en="No header was found: the columns are guessed by what stands in them. Confirm each of them.",
            sheet_no=no,
        )
    for name, missing_zh, missing_en in missing_from(draft, act=act):
        tail_zh, tail_en = (
            "请指定是哪一列，或填写对全表都适用的值。",
            "Say which column it is, or give one value for all rows.",
        )
        yield Question(
            code="field_missing",
            zh=f"{missing_zh}。{tail_zh}",
            en=f"{_capital(missing_en)}. {tail_en}",
            sheet_no=no,
            field=name,
        )
    for column in found.columns:
        yield from _about(column, no, headed=bool(found.header.cells), kind=found.kind)
    if draft.kind == "course_result":
        layout = _layout_of(found, sample)
        for unread in term_questions(draft, layout, sample, reference=reference):
            yield Question(
                code=unread.code, zh="本表" + unread.zh, en="This sheet " + unread.en, sheet_no=no, field="term"
            )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _about(column: Column, sheet_no: int, *, headed: bool, kind: str | None) -> abc.Iterator[Question]:
    field, header = column.field, column.key

    def question(code: str, zh: str, en: str) -> Question:
        name = None if field is None else field.name
        return Question(code=code, zh=zh, en=en, sheet_no=sheet_no, letter=column.letter, field=name)

    if field is None:
        first, _, number = header.rpartition("#")
        if kind == "course_result" and fold(header) in OTHER_ATTEMPTS and column.filled:
            yield question(
                "other_attempt_unread",
                f"“{header}”一列不会读取：一行只报一次考试。请将补考、重修另列一行，或确认不报。",
                f'The column "{header}" is not read: a row is one attempt. Give makeups and retakes their own rows.',
            )
        elif number.isdigit() and column.filled and first in _WHO:
            yield question(
                "tables_side_by_side",
                f"“{first}”出现了两次，像是左右并列的两栏，只能读取左边一栏。请改为一栏后重新报送。",
                f'The header "{first}" is there twice, as of two tables side by side; only the left one can be read. '
                "Put one below the other and send the file again.",
            )
        elif number.isdigit() and first and column.why == "known" and column.filled:
            yield question(
                "header_twice",
                f"表头“{first}”出现了两次，只读取前一列。请确认。",
                f'The header "{first}" is there twice; only the first is read. Confirm it.',
            )
        elif column.unfit is not None:
            yield question(
                "optional_column_unread",
                f"“{header}”一列按表头是{column.unfit.zh}，但内容看不懂，不会读取。请确认，或改正内容后重新报送。",
                f'By its header the column "{header}" is {column.unfit.en}, but its contents are not; it is not read. '
                "Confirm it, or correct them and send the file again.",
            )
        return
    if column.why == "content" and headed:
        yield question(
            "guessed_by_content",
            f"“{header or column.letter}”一列按内容看是{field.zh}。请确认。",
            f'By what stands in it, column "{header or column.letter}" is {field.en}. Confirm it.',
        )
    if column.readable is not None and column.readable < SURE_ENOUGH:
        yield question(
            "contents_do_not_fit",
            f"“{header}”一列的内容多数不像{field.zh}。请确认这一列。",
            f'Most of column "{header}" does not look like {field.en}. Check the column.',
        )


def _layout_of(found: Guess, sample: SheetSample) -> SheetLayout:
    header = found.header
    return SheetLayout(
        sheet_no=sample.sheet_no,
        name=sample.name,
        mapped_by=0,
        header_row=header.row,
        header_cells=[list(row) for row in header.cells],
        keys=list(header.keys),
        titles=header.titles,
    )
