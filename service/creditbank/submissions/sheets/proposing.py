"""What the bank proposes to read in a file, shown to a person before anything is written, with what it has to ask."""

from __future__ import annotations

from collections import abc
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from creditbank.records.schemas import Kind
from creditbank.submissions.cells import Unusable
from creditbank.submissions.sheets.asking import Question, questions_of
from creditbank.submissions.sheets.checking import MappingFault, check
from creditbank.submissions.sheets.columns import HIDDEN, Act, field_of
from creditbank.submissions.sheets.guessing import LONGEST_HEADER, Column, Guess, guess
from creditbank.submissions.sheets.headers import NO_HEADER
from creditbank.submissions.sheets.mapping import (
    FITS,
    FROM_TITLE,
    TERM_END,
    Mapping,
    Reference,
    SheetMapping,
    SheetSample,
    is_not_read,
    kind_name,
    lay_out,
)
from creditbank.submissions.sheets.setting_aside import is_blank
from creditbank.submissions.sheets.values import shown, text_of
from creditbank.submissions.sheets.wordings import fold

SAMPLES = 3
"""Values of a column that a proposal shows."""

_NO_DATA = (
    "说明",
    "须知",
    "代码",
    "字典",
    "选项",
    "示例",
    "样例",
    "模板说明",
    "参数",
    "填写",
    "readme",
    "example",
    "codes",
)
_OF_EVERY_FILE = ("scale",)
"""Constants that hold for whatever an institution sends; any other held for one file, and of a later one somebody is
asked."""
_FROM_TITLES: abc.Mapping[str, tuple[str, ...]] = {
    "course_result": ("academic_year", "term", "course_code", "course_name", "occurred_on", "credits"),
    "training": ("title", "hours"),
    "award": ("event",),
}


class ProposedColumn(BaseModel):
    """A column as it is proposed to be read, or not."""

    model_config = ConfigDict(frozen=True)

    letter: str
    header: str
    """As the mapping names it."""
    field: str | None
    field_zh: str | None
    field_en: str | None
    why: Literal["header", "content", "both", "saved", "known"] | None
    """`known`: the header is well known and no field of a row takes it; None: the bank does not know it."""
    samples: list[str]
    """The first values that differ; identity and certificate numbers are masked, names are not."""


class SetAsideSheet(BaseModel):
    """Why a sheet is not read."""

    model_config = ConfigDict(frozen=True)

    code: Literal["empty", "no_records", "explains"]
    zh: str
    en: str


class ProposedSheet(BaseModel):
    """A sheet as it is proposed to be read, or why it is not."""

    model_config = ConfigDict(frozen=True)

    sheet_no: int
    name: str | None
    used: bool
    set_aside: SetAsideSheet | None = None
    kind: Kind | None = None
    kind_zh: str | None = None
    kind_en: str | None = None
    header_row: int | None = None
    header_rows: int = 0
    columns: list[ProposedColumn] = []
    mapping: SheetMapping | None = None
    """As a draft: it may lack what the questions ask for."""


class Proposal(BaseModel):
    """What would be read. `complete`: a saved mapping fits, its check asks nothing, so nobody needs to be asked."""

    model_config = ConfigDict(frozen=True)

    mapping: Mapping | None
    """What may be confirmed as it stands; None while a question has to be answered first."""
    sheets: list[ProposedSheet]
    questions: list[Question]
    faults: list[MappingFault]
    """What the check of the proposed or saved mapping found."""
    saved: int | None
    """Which of the saved mappings it follows."""
    complete: bool


def propose(
    samples: abc.Sequence[SheetSample],
    *,
    kind: str | None,
    act: Act,
    saved: abc.Sequence[Mapping],
    reference: Reference,
) -> Proposal:
    """What to read in a file: a saved mapping if one fits, else what headers and contents say."""
    at, prior = _best_saved(samples, kind=kind, act=act, saved=saved)
    if prior is not None:
        faults = check(prior, samples, reference=reference)
        if not any(fault.severity == "ask" for fault in faults):
            sheets = [_sheet_of(prior, sample) for sample in samples]
            questions = [one for sheet in prior.sheets for one in _of_one_file(sheet, act=act)]
            return Proposal(
                mapping=prior, sheets=sheets, questions=questions, faults=faults, saved=at, complete=not questions
            )
    questions = []
    sheets = [_proposed(sample, kind, act, prior, reference, questions) for sample in samples]
    drafts = told_apart([(sheet.name, sheet.mapping) for sheet in sheets if sheet.mapping is not None])
    not_read = [sheet.name for sheet in sheets if sheet.name and sheet.set_aside and sheet.set_aside.code == "explains"]
    mapping = None
    if drafts:
        try:
            mapping = Mapping(act=act, sheets=drafts, not_read=not_read)
        except ValidationError:
            mapping = None
    else:
        questions.append(
            Question(
                code="no_records_found",
                zh="没有找到含学号、证件号码或姓名的表头，无法判断哪一列是什么。请核对文件，或手工对应各列。",
                en="No header with student numbers, identity numbers or names was found. Check the file, or map the "
                "columns by hand.",
            )
        )
    faults = [] if mapping is None else check(mapping, samples, reference=reference)
    return Proposal(mapping=mapping, sheets=sheets, questions=questions, faults=faults, saved=at, complete=False)


def _best_saved(
    samples: abc.Sequence[SheetSample], *, kind: str | None, act: Act, saved: abc.Sequence[Mapping]
) -> tuple[int | None, Mapping | None]:
    """The saved mapping with the most headers in this file; of equals the one that looks for the fewest others in
    vain (a list of corrections has a reason more), and of those the first, the newest.
    """
    best: tuple[tuple[int, int], int] | None = None
    for at, mapping in enumerate(saved):
        if mapping.act != act or (kind is not None and any(sheet.kind not in (kind, None) for sheet in mapping.sheets)):
            continue
        hits = in_vain = 0
        for layout in lay_out(mapping, samples):
            if layout.mapped_by is not None:
                wanted, there = set(mapping.sheets[layout.mapped_by].columns), set(layout.keys)
                hits += len(wanted & there)
                in_vain += len(wanted - there)
        if hits and (best is None or (hits, -in_vain) > best[0]):
            best = ((hits, -in_vain), at)
    return (None, None) if best is None else (best[1], saved[best[1]])


def _of_one_file(sheet: SheetMapping, *, act: Act, sheet_no: int | None = None) -> abc.Iterator[Question]:
    for name, value in sheet.constants.items():
        field = field_of(name, sheet.kind, act=act)
        if name in _OF_EVERY_FILE or value in (FROM_TITLE, TERM_END) or field is None:
            continue
        yield Question(
            code="constant_of_another_file",
            zh=f"上次确认的{field.zh}固定为“{value}”。请确认是否也适用于本文件。",
            en=f'The {field.en} was fixed as "{value}" for an earlier file. Say whether it holds for this one.',
            sheet_no=sheet_no,
            field=name,
        )


def _proposed(
    sample: SheetSample,
    kind: str | None,
    act: Act,
    prior: Mapping | None,
    reference: Reference,
    questions: list[Question],
) -> ProposedSheet:
    if all(is_blank(line.cells) for line in sample.lines):
        return _not_used(sample, "empty", "空工作表。", "The sheet is empty.")
    before = _prior_of(prior, sample)
    if prior is not None and is_not_read(prior, sample):
        return _not_used(sample, "explains", "已确认不读取。", "A person has said that it is not read.")
    found = guess(sample, kind=kind, act=act, prior=None if before is None else before.columns)
    if found is None:
        zh = "没有学号、证件号码或姓名等列，不读取。"
        return _not_used(sample, "no_records", zh, "It has no columns that say who a row is about; it is not read.")
    if sample.name is not None and any(word in fold(sample.name) for word in _NO_DATA) and before is None:
        zh, en = "从名称看是说明或示例，不读取。", "By its name it explains or gives an example; it is not read."
        questions.append(Question(code="sheet_explains", zh=zh, en=en, sheet_no=sample.sheet_no))
        return _not_used(sample, "explains", zh, en)
    draft = _draft(found, act=act, before=before)
    questions += questions_of(found, draft, sample, act=act, reference=reference)
    if before is not None:
        kept = {name: value for name, value in before.constants.items() if draft.constants.get(name) == value}
        questions += _of_one_file(draft.model_copy(update={"constants": kept}), act=act, sheet_no=sample.sheet_no)
    return _shown(sample, found, draft)


def _not_used(sample: SheetSample, code: Literal["empty", "no_records", "explains"], zh: str, en: str) -> ProposedSheet:
    return ProposedSheet(
        sheet_no=sample.sheet_no, name=sample.name, used=False, set_aside=SetAsideSheet(code=code, zh=zh, en=en)
    )


def _prior_of(prior: Mapping | None, sample: SheetSample) -> SheetMapping | None:
    if prior is None:
        return None
    (layout,) = lay_out(prior, [sample])
    return None if layout.mapped_by is None else prior.sheets[layout.mapped_by]


def _draft(found: Guess, *, act: Act, before: SheetMapping | None) -> SheetMapping:
    columns = {column.key: column.field.name for column in found.columns if column.field is not None}
    supplied = {name for column in found.columns if column.field is not None for name in column.field.supplies}
    supplied |= set(columns.values())
    constants = {} if before is None else {k: v for k, v in before.constants.items() if k not in supplied}
    titles = found.header.titles
    for name in _FROM_TITLES.get(found.kind or "", ()) if act != "reassign" else ():
        said = name in titles or (name in ("academic_year", "term") and {"academic_term", "term"} & set(titles))
        if said and name not in supplied and not (act == "withdraw" and name in ("occurred_on", "credits")):
            constants.setdefault(name, FROM_TITLE)
    if found.kind == "course_result" and act == "report" and "occurred_on" not in supplied:
        constants.setdefault("occurred_on", TERM_END)
    unread = [column.key for column in found.columns if column.field is None]
    ignored = [key for key in unread if 0 < len(key) <= LONGEST_HEADER][:500]
    if not found.header.cells:
        ignored = []
    return SheetMapping(kind=found.kind, columns=columns, constants=constants, ignored=ignored)


def _shown(sample: SheetSample, found: Guess, draft: SheetMapping) -> ProposedSheet:
    zh, en = kind_name(found.kind)
    return ProposedSheet(
        sheet_no=sample.sheet_no,
        name=sample.name,
        used=True,
        kind=draft.kind,
        kind_zh=zh,
        kind_en=en,
        header_row=found.header.row or None,
        header_rows=len(found.header.cells),
        columns=[_column_shown(column) for column in found.columns],
        mapping=draft,
    )


def _column_shown(column: Column) -> ProposedColumn:
    name = None if column.field is None else column.field.name
    different: dict[str, None] = {}
    for cell in column.cells:
        if len(different) == SAMPLES:
            break
        if isinstance(cell, Unusable) or text_of(cell):
            different[shown(cell, hide=name in HIDDEN)] = None
    return ProposedColumn(
        letter=column.letter,
        header=column.key if not column.key.startswith(NO_HEADER) else "",
        field=name,
        field_zh=None if column.field is None else column.field.zh,
        field_en=None if column.field is None else column.field.en,
        why=column.why,
        samples=list(different),
    )


def _sheet_of(mapping: Mapping, sample: SheetSample) -> ProposedSheet:
    """A sheet as a saved mapping reads it."""
    before = _prior_of(mapping, sample)
    if before is None:
        if all(is_blank(line.cells) for line in sample.lines):
            return _not_used(sample, "empty", "空工作表。", "The sheet is empty.")
        return _not_used(
            sample, "no_records", "已确认的表头中没有此工作表，不读取。", "No confirmed headers; not read."
        )
    found = guess(sample, kind=before.kind, act=mapping.act, prior=before.columns)
    if found is None:
        return ProposedSheet(sheet_no=sample.sheet_no, name=sample.name, used=True, kind=before.kind, mapping=before)
    columns = tuple(column if column.key in before.columns else _left(column) for column in found.columns)
    return _shown(sample, Guess(found.header, found.kind, columns), before)


def _left(column: Column) -> Column:
    return Column(column.at, column.key, column.filled, column.cells, why="known" if column.field else column.why)


def told_apart(drafts: list[tuple[str | None, SheetMapping]]) -> list[SheetMapping]:
    """One mapping for sheets that are read alike; the sheet's name only where headers do not tell sheets apart."""
    different: list[tuple[str | None, SheetMapping]] = []
    for name, draft in drafts:
        if all(
            one.model_copy(update={"ignored": []}) != draft.model_copy(update={"ignored": []}) for _, one in different
        ):
            different.append((name, draft))
    named = []
    for name, draft in different:
        alike = any(
            len(set(draft.columns) & set(other.columns)) >= FITS * len(other.columns)
            for _, other in different
            if other is not draft
        )
        named.append(draft.model_copy(update={"sheet": name}) if alike else draft)
    return named
