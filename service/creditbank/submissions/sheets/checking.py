"""Whether a mapping still holds for a later file: headers gone or doubled, new columns, other contents, formulas."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from creditbank.submissions.cells import Cell, Line, Unusable, column_letters
from creditbank.submissions.sheets.columns import HIDDEN, READERS, Act, field_of
from creditbank.submissions.sheets.constants import Constants, last_day_of
from creditbank.submissions.sheets.guessing import data_lines, guess, looks_like_a_field_of, readable_share
from creditbank.submissions.sheets.headers import NO_HEADER, Header
from creditbank.submissions.sheets.mapping import (
    FROM_TITLE,
    TERM_END,
    Mapping,
    Reference,
    SheetLayout,
    SheetMapping,
    SheetSample,
    is_not_read,
    lay_out,
)
from creditbank.submissions.sheets.values import Unread, shown
from creditbank.submissions.sheets.wordings import OTHER_ATTEMPTS, fold

_SAY_MORE = {"attempt", "exam_attempt", "remark"}
"""Columns that change what others say: one that is new is asked about although nothing is missing."""
MANY = 0.3
"""Share of a column's cells that may be unreadable before a person is asked whether it is the right column."""


class MappingFault(BaseModel):
    """What about a file does not agree with its mapping. `ask`: nobody goes on before a person has looked."""

    model_config = ConfigDict(frozen=True)

    code: str
    severity: Literal["ask", "tell"]
    zh: str
    en: str
    sheet_no: int | None = None
    sheet: str | None = None
    letter: str | None = None
    header: str | None = None
    field: str | None = None


def check(mapping: Mapping, samples: abc.Sequence[SheetSample], *, reference: Reference) -> list[MappingFault]:
    """What a person should know before a file is read by this mapping; nothing if it holds as it is."""
    layouts = lay_out(mapping, samples)
    used = {layout.mapped_by for layout in layouts} - {None}
    faults = [
        MappingFault(
            code="sheet_missing",
            severity="ask",
            zh=f"没有找到工作表“{sheet.sheet}”，或其表头不符。请核对文件，或重新确认表头对应。",
            en=f'There is no sheet "{sheet.sheet}" with these headers. Check the file, or confirm the mapping anew.',
            sheet=sheet.sheet,
        )
        for at, sheet in enumerate(mapping.sheets)
        if at not in used and sheet.sheet is not None
    ]
    if not used and not faults:
        faults.append(
            MappingFault(
                code="nothing_fits",
                severity="ask",
                zh="没有一个工作表符合已确认的表头。请重新确认表头对应。",
                en="No sheet has the headers that were confirmed. Confirm the mapping anew.",
            )
        )
    for layout, sample in zip(layouts, samples, strict=True):
        if layout.mapped_by is None and is_not_read(mapping, sample):
            continue
        if layout.mapped_by is None:
            faults += _unread_sheet(sample, act=mapping.act)
        else:
            faults += _of_sheet(mapping.sheets[layout.mapped_by], layout, sample, act=mapping.act, reference=reference)
    return faults


def _unread_sheet(sample: SheetSample, *, act: Act) -> abc.Iterator[MappingFault]:
    seems = guess(sample, kind=None, act=act)
    if seems is None or not seems.header.cells or not data_lines(sample, seems.header):
        return
    yield MappingFault(
        code="sheet_not_mapped",
        severity="ask",
        zh=f"工作表“{sample.name or sample.sheet_no}”似有成果，但没有对应的表头。请确认是否读取。",
        en=f'The sheet "{sample.name or sample.sheet_no}" seems to hold records without a mapping. Is it to be read?',
        sheet_no=sample.sheet_no,
        sheet=sample.name,
    )


@dataclass(frozen=True, slots=True)
class _Laid:
    """A sheet with its mapping upon it."""

    sheet: SheetMapping
    layout: SheetLayout
    sample: SheetSample
    lines: list[Line]
    act: Act

    def fault(self, code: str, key: str, zh: str, en: str, *, severity: Literal["ask", "tell"] = "ask") -> MappingFault:
        at = self.layout.keys.index(key) if key in self.layout.keys else None
        return MappingFault(
            code=code,
            severity=severity,
            zh=zh,
            en=en,
            sheet_no=self.layout.sheet_no,
            sheet=self.layout.name,
            letter=None if at is None else column_letters(at),
            header=key or None,
            field=self.sheet.columns.get(key),
        )


def _of_sheet(
    sheet: SheetMapping, layout: SheetLayout, sample: SheetSample, *, act: Act, reference: Reference
) -> abc.Iterator[MappingFault]:
    laid = _Laid(sheet, layout, sample, data_lines(sample, _header_of(layout)), act)
    yield from _headers(laid)
    for key, name in sheet.columns.items():
        if key in layout.keys:
            yield from _contents(laid, key, name, layout.keys.index(key))
    yield from _constants(laid, reference=reference)


def _header_of(layout: SheetLayout) -> Header:
    return Header(layout.header_row, tuple(map(tuple, layout.header_cells)), tuple(layout.keys), layout.titles)


def _headers(laid: _Laid) -> abc.Iterator[MappingFault]:
    sheet, keys = laid.sheet, laid.layout.keys
    seen = {*sheet.columns, *sheet.ignored}
    for key in sheet.columns:
        if key not in keys:
            zh, en = f"缺少表头“{key}”。请核对。", f'The header "{key}" is missing. Check it.'
            yield laid.fault("header_missing", key, zh, en)
    for key in keys:
        first, _, number = key.rpartition("#")
        if not key or key in seen or key.startswith(NO_HEADER):
            continue
        if number.isdigit() and first in sheet.columns:
            yield laid.fault(
                "header_twice",
                key,
                f"表头“{first}”出现了两次。请确认读取哪一列。",
                f'The header "{first}" is there twice. Say which column is read.',
            )
        elif (new := _new_field(key, sheet, act=laid.act)) is not None:
            yield laid.fault("column_new", key, f"新的一列“{key}”：{new[0]}", f'The column "{key}" is new: {new[1]}')


def _contents(laid: _Laid, key: str, name: str, at: int) -> abc.Iterator[MappingFault]:
    field = field_of(name, laid.sheet.kind, act=laid.act)
    if field is None:
        return
    cells = [line.cells[at] for line in laid.lines if at < len(line.cells)]
    share = readable_share(cells, field)
    if share is not None and share < 1 - MANY:
        cell, unread = next((cell, why) for cell in cells if (why := _why_unread(cell, field.reads)) is not None)
        found = shown(cell, hide=name in HIDDEN)
        yield laid.fault(
            "contents_differ",
            key,
            f"“{key}”一列多数不能读作{field.zh}，如“{found}”{unread.zh}",
            f'Much of column "{key}" cannot be read as {field.en}: for one, "{found}" {unread.en}',
        )
    counted = {line.row_no for line in laid.lines}
    outside = sum(
        isinstance(line.cells[at], Unusable)
        for line in laid.sample.lines
        if at < len(line.cells) and line.row_no not in counted
    )
    bad = laid.sample.unusable.get(at, 0) - outside
    if bad > 0:
        many = sum(isinstance(cell, Unusable) for cell in cells) > MANY * len(cells)
        yield laid.fault(
            "formulas_or_errors",
            key,
            f"“{key}”一列有 {bad} 个公式或错误值，这些行不能读取。请以“选择性粘贴—数值”替换后重新报送。",
            f'Column "{key}" has {bad} formulas or errors; those rows cannot be read. Paste values over them and '
            "send again.",
            severity="ask" if many else "tell",
        )


def _constants(laid: _Laid, *, reference: Reference) -> abc.Iterator[MappingFault]:
    sheet, layout = laid.sheet, laid.layout
    for name, constant in sheet.constants.items():
        if constant == FROM_TITLE and not _said_above(sheet, layout, name):
            yield laid.fault(
                "title_missing",
                "",
                f"表头上方没有写明{_zh(name, sheet)}。请补写，或另加一列。",
                f"The lines above the header do not say {name}. Add it there, or add a column.",
            )
    if sheet.kind == "course_result":
        for unread in term_questions(sheet, layout, laid.sample, reference=reference):
            yield laid.fault(unread.code, "", "本表" + unread.zh, "This sheet " + unread.en)


def _zh(name: str, sheet: SheetMapping) -> str:
    field = field_of(name, sheet.kind)
    return field.zh if field else name


def _said_above(sheet: SheetMapping, layout: SheetLayout, name: str) -> bool:
    base = Constants(sheet.model_copy(update={"constants": {name: FROM_TITLE}}), layout)
    return name in (base.row.keys() | base.learner.keys() | base.aside.keys()) or (
        name == "academic_term" and "term" in base.row
    )


def _why_unread(cell: Cell, reads: str) -> Unread | None:
    """Why a cell cannot be read; formulas and errors are counted apart."""
    if isinstance(cell, Unusable):
        return None
    try:
        READERS[reads](cell)
    except Unread as unread:
        return unread
    return None


def _new_field(key: str, sheet: SheetMapping, *, act: Act) -> tuple[str, str] | None:
    """What a header that nobody has seen might be for: a field that has no column yet, or another attempt's score."""
    given = {*sheet.columns.values(), *(name for name, value in sheet.constants.items() if value != TERM_END)}
    supplied = {
        name for one in given if (field := field_of(one, sheet.kind, act=act)) is not None for name in field.supplies
    }
    for field in looks_like_a_field_of(key, sheet.kind, act=act):
        if field.name not in given and (field.name in _SAY_MORE or not set(field.supplies) <= supplied):
            return f"可能是{field.zh}。请确认是否读取。", f"it may be {field.en}. Say whether it is read."
    if sheet.kind == "course_result" and fold(key) in OTHER_ATTEMPTS:
        return (
            "另一次考试的成绩。一行只报一次考试，请将补考、重修另列一行，或确认不读取。",
            "the score of another attempt. A row is one attempt: give makeups and retakes rows of their own, or "
            "confirm that the column is not read.",
        )
    return None


def term_questions(
    sheet: SheetMapping, layout: SheetLayout, sample: SheetSample, *, reference: Reference
) -> list[Unread]:
    """What is wrong with the terms of the sample: unknown ones, and where they date the results, those not over."""
    base = Constants(sheet, layout).row
    where = [
        (name, layout.keys.index(key))
        for name in ("academic_term", "academic_year", "term")
        for key, mapped in sheet.columns.items()
        if mapped == name and key in layout.keys
    ]
    whens: set[tuple[str, int]] = set()
    for line in data_lines(sample, _header_of(layout)):
        said = dict(base)
        for name, at in where:
            value = _read(line.cells[at], name) if at < len(line.cells) else None
            said.update(value if isinstance(value, dict) else {} if value is None else {name: value})
        if {"academic_year", "term"} <= said.keys():
            whens.add((said["academic_year"], said["term"]))
    if sheet.constants.get("occurred_on") != TERM_END:
        years = {year for year, _ in reference.terms}
        return [_not_a_term(*when) for when in sorted(whens) if when[0] in years and when not in reference.terms]
    ends = [last_day_of(reference, when) for when in sorted(whens)]
    return [end for end in ends if isinstance(end, Unread)]


def _not_a_term(year: str, term: int) -> Unread:
    return Unread(
        "term_not_in_calendar",
        f"有 {year} 学年第 {term} 学期，而本机构该学年没有公布这一学期。"
        "请核对学期一列（有的系统用 3 和 12 表示两个学期）。",
        f"has term {term} of {year}, which your calendar of that year does not have. Check the column with the term: "
        "some systems write 3 and 12 for the two terms.",
    )


def _read(cell: Cell, name: str) -> Any:
    try:
        return READERS[name](cell)
    except Unread:
        return None
