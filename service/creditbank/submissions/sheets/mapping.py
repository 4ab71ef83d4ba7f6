"""What a person confirms once: which column of a sheet is which field; and how a mapping lies on a file."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from creditbank.records.reading import IDENTIFIES, MAY_LACK
from creditbank.records.schemas import Kind
from creditbank.submissions.cells import Line
from creditbank.submissions.sheets.columns import ENTERED_BY_DEFAULT, KIND_NAMES, READERS, Act, field_of, fields_of
from creditbank.submissions.sheets.headers import NO_HEADER, Header, find_header, header_text, without_header
from creditbank.submissions.sheets.values import Unread

TERM_END = "term_end"
"""As the constant of `occurred_on`: the last day of the row's term."""
FROM_TITLE = "title"
"""As a constant: what the lines above the header say, read from each file again."""
FITS = 0.6
"""Share of a mapping's headers that a sheet must have to be taken for its sheet."""

OF_ONE_PERSON = ("learner_name", "student_no", "document_number", "number", "key", "record_id")
"""Fields that no constant may give: a mapping is kept in the open and for good, and holds nothing about anybody."""

Word = Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class Reference:
    """What must be known of the institution to read its files."""

    today: date
    terms: abc.Mapping[tuple[str, int], tuple[date, date]] = field(default_factory=dict)
    """Academic year and term → its first and last day."""
    standards: abc.Mapping[str, str] = field(default_factory=dict)
    """Folded name or code of a certificate standard → its code; a name of two standards is not there."""
    programmes: abc.Mapping[str, str] = field(default_factory=dict)
    courses: abc.Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SheetSample:
    """The beginning and the end of a sheet: its first 60 and its last 20 lines, in order, none of them twice."""

    sheet_no: int
    name: str | None
    lines: abc.Sequence[Line]
    unusable: abc.Mapping[int, int] = field(default_factory=dict)
    """By column (from 0), how many cells of the whole sheet are errors or formulas."""


class SheetMapping(BaseModel):
    """How the columns of a sheet are read, by the text of their headers, so that their order does not matter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sheet: str | None = Field(None, max_length=200, description="Name of the sheet; none for any whose headers fit.")
    kind: Kind | None = Field(None, description="None only where each row names its record (withdraw, reassign).")
    columns: dict[Word, Word] = Field(
        min_length=1, max_length=300, description="Header → field. `成绩#2` is the second column of that name, `@C` "
        "column C of a sheet without headers.",
    )  # fmt: skip
    constants: dict[Word, Word] = Field(
        {}, max_length=50, description="Field → what holds for every row: a value, `title` (as the lines above the "
        "header say), or for `occurred_on` of course results `term_end`.",
    )  # fmt: skip
    ignored: list[Word] = Field([], max_length=500, description="Headers that a person saw and that are not read.")


class Mapping(BaseModel):
    """The mapping of a file, as it is confirmed and saved."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    act: Act = "report"
    sheets: list[SheetMapping] = Field(min_length=1, max_length=100)
    not_read: list[Word] = Field(
        [], max_length=100, description="Names of sheets that are not read, whatever they hold."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Mapping:
        for sheet in self.sheets:
            wrong = next(wrongs_of(sheet, act=self.act), None)
            if wrong is not None:
                raise ValueError("|".join(wrong))
        return self


def wrongs_of(sheet: SheetMapping, *, act: Act) -> abc.Iterator[tuple[str, str]]:
    """What keeps a sheet's mapping from being used, in both languages."""
    if act == "report" and sheet.kind is None:
        yield "缺少成果类型 kind", "the kind of record is missing"
        return
    names = [*sheet.columns.values(), *sheet.constants]
    for name in names:
        if field_of(name, sheet.kind, act=act) is None:
            yield f"没有名为 {name[:40]} 的字段", f"there is no field {name[:40]}"
    for name in {name for name in names if names.count(name) > 1}:
        yield f"字段 {name[:40]} 出现了两次", f"the field {name[:40]} is there twice"
    yield from _wrong_constants(sheet)
    yield from ((zh, en) for _, zh, en in missing_from(sheet, act=act))


def _wrong_constants(sheet: SheetMapping) -> abc.Iterator[tuple[str, str]]:
    for name, value in sheet.constants.items():
        known = field_of(name, sheet.kind, act="withdraw")
        if value == FROM_TITLE or known is None:
            continue
        if name in OF_ONE_PERSON:
            yield (
                f"{known.zh}是个人信息或编号，不能作固定值；请在表中加这一列",
                f"{known.en} tells of one person or record and is no constant; add a column for it",
            )
            continue
        if value == TERM_END and name == "occurred_on" and sheet.kind == "course_result":
            continue
        try:
            READERS[known.reads](value)
        except Unread as unread:
            yield f"{known.zh}的固定值{unread.zh}", f"the constant of {known.en} {unread.en}"


def missing_from(sheet: SheetMapping, *, act: Act) -> abc.Iterator[tuple[str, str, str]]:
    """What a sheet's mapping lacks, the field and both languages: none if every row could be whole."""
    given = set(sheet.columns.values()) | set(sheet.constants)
    known = {one.name: one for one in fields_of(sheet.kind, act=act)}
    supplied = {name for one in given if one in known for name in known[one].supplies} - {"team_size", "member_no"}
    by_itself = bool({"record_id", "key"} & given)
    somebody = bool({"student_no", "document_number"} & given)
    if act != "report" and not by_itself:
        if act == "reassign" or sheet.kind is None:
            yield "record_id", "缺少学习成果编号或本单位编号", "neither a record id nor an own key is there"
            return
        supplied |= MAY_LACK | set(ENTERED_BY_DEFAULT.get(sheet.kind, ()))
        wanted = [name for name in IDENTIFIES[sheet.kind] if name not in supplied]
    elif act != "report":
        wanted = ["learner_name"] if act == "reassign" and "learner_name" not in given else []
        somebody = somebody or act == "withdraw"
    else:
        assert sheet.kind is not None
        supplied |= set(ENTERED_BY_DEFAULT.get(sheet.kind, ()))
        supplied |= {"course_code"} if sheet.kind == "course_result" and "course_name" in given else set()
        wanted = [name for name, one in known.items() if one.required and name not in supplied]
    for name in wanted:
        yield name, f"缺少{known[name].zh}（{name}）一列", f"no column is {known[name].en} ({name})"
    if not somebody:
        yield "student_no", "缺少学号或证件号码一列", "no column is the student number or the identity number"
    elif sheet.kind == "enrolment_event" and act == "report" and "student_no" not in given:
        yield "student_no", "学籍异动须有学号一列", "a roster needs a column with the student number"


class SheetLayout(BaseModel):
    """Where a mapping lies on a sheet of a file: enough to read its lines in any order, part by part."""

    model_config = ConfigDict(frozen=True)

    sheet_no: int
    name: str | None
    mapped_by: int | None = Field(description="Which sheet of the mapping; none if the sheet is not read.")
    header_row: int = 0
    header_cells: list[list[str]] = []
    keys: list[str] = []
    titles: dict[str, str] = {}


def lay_out(mapping: Mapping, samples: abc.Sequence[SheetSample]) -> list[SheetLayout]:
    """Find the sheets and the headers of a file that a mapping speaks of; the others are not read."""
    return [_laid_out(mapping, sample) for sample in samples]


def _laid_out(mapping: Mapping, sample: SheetSample) -> SheetLayout:
    best: tuple[float, int, Header] | None = None
    if is_not_read(mapping, sample):
        return SheetLayout(sheet_no=sample.sheet_no, name=sample.name, mapped_by=None)
    for at, sheet in enumerate(mapping.sheets):
        named = sheet.sheet is not None and sample.name is not None and same_sheet(sheet.sheet, sample.name)
        if sheet.sheet is not None and not named:
            continue
        header = header_for(sheet, sample)
        if header is None:
            continue
        fit = len(set(sheet.columns) & set(header.keys)) / len(sheet.columns) + named
        if fit >= FITS and (best is None or fit > best[0]):
            best = (fit, at, header)
    if best is None:
        return SheetLayout(sheet_no=sample.sheet_no, name=sample.name, mapped_by=None)
    _, at, header = best
    return SheetLayout(
        sheet_no=sample.sheet_no,
        name=sample.name,
        mapped_by=at,
        header_row=header.row,
        header_cells=[list(row) for row in header.cells],
        keys=list(header.keys),
        titles=header.titles,
    )


def is_not_read(mapping: Mapping, sample: SheetSample) -> bool:
    """Whether a person has said of a sheet, by its name, that it is not read."""
    return sample.name is not None and any(same_sheet(name, sample.name) for name in mapping.not_read)


def same_sheet(one: str, other: str) -> bool:
    """Whether two names of sheets are one."""
    return header_text(one).casefold() == header_text(other).casefold()


def header_for(sheet: SheetMapping, sample: SheetSample) -> Header | None:
    """The header by which a sheet's mapping reads a sample, if at least one of its columns is there."""
    wanted = set(sheet.columns)
    if all(key.startswith(NO_HEADER) for key in wanted):
        return without_header(sample.lines) if sample.lines else None
    return find_header(sample.lines, lambda keys: len(wanted & set(keys)), least=1, name=sample.name)


def kind_name(kind: str | None) -> tuple[str, str]:
    """A kind in Chinese and in English."""
    return KIND_NAMES.get(kind or "", ("学习成果", "records"))
