"""What stands in each file of the city: the history, taken apart as institutions keep it, with their mistakes in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

from creditbank.demo import forms, shelf
from creditbank.demo.blemishes import spoil
from creditbank.demo.city import LAST_YEAR, institution
from creditbank.demo.forms import Row, Sheet
from creditbank.demo.shelf import File
from creditbank.demo.world import World

_THIS_YEAR = f"{LAST_YEAR}-{LAST_YEAR + 1}"
_SIGNED = "制表人：演示某　　审核：演示某　　教务处（盖章）　　打印日期：2026-08-31"


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook."""

    sheets: list[Sheet]


@dataclass(frozen=True, slots=True)
class Text:
    """A CSV file."""

    sheet: Sheet
    encoding: str


@dataclass(frozen=True, slots=True)
class Lines:
    """An NDJSON file: rows as the API takes them."""

    rows: list[Row]


Content: TypeAlias = Book | Text | Lines


def contents(world: World) -> dict[File, Content]:
    """Every file, in the order of the shelf, as institutions made them."""
    made = dict(zip(shelf.EVERY_FILE, _contents(world), strict=True))
    for file, content in made.items():
        spoil(file, sheets_of(content))
    return made


def sheets_of(content: Content) -> list[Sheet]:
    """The tables of a file; NDJSON has none."""
    if isinstance(content, Book):
        return content.sheets
    return [content.sheet] if isinstance(content, Text) else []


def _contents(world: World) -> Iterator[Content]:
    history, stories = world.history, world.stories
    of = history.records
    for file in (*shelf.SCHOOL_ROSTERS, *shelf.COLLEGE_ROSTERS):
        yield _roster(file.institution, history.enrolments[file.institution])
    for file in shelf.PAST_RESULTS:
        yield _results(file.institution, of[file.institution], lambda row: row.get("academic_year") != _THIS_YEAR)
    for file in shelf.CERTIFICATES:
        yield Book([_certificates(file.institution, of[file.institution])])
    yield Text(forms.sheet("", "", forms.TRAININGS, _of_kind(of["enterprise"], "training")), "utf-8-sig")
    yield Book([_at_work(_of_kind(of["enterprise"], "practice"))])
    for file in shelf.BESIDES:
        yield Book(list(_besides(file.institution, of[file.institution])))
    for file in shelf.LAST_RESULTS:
        yield _results(file.institution, of[file.institution], lambda row: row.get("academic_year") == _THIS_YEAR)
    yield Book([forms.sheet("更正", "课程成绩更正表", forms.CORRECTED, [stories.corrected], below=_SIGNED)])
    yield Lines(stories.once_resolved)


def _of_kind(rows: Iterable[Row], kind: str) -> list[Row]:
    return [row for row in rows if row["kind"] == kind]


def _roster(key: str, rows: list[Row]) -> Book:
    entered, events = forms.roster(key)
    name = institution(key).name
    first = [row for row in rows if row["event"] == "entered"]
    later = [row for row in rows if row["event"] != "entered"]
    return Book(
        [
            forms.sheet("新生名册", f"{name}新生名册", entered, first, below=_SIGNED),
            forms.sheet("学籍异动", f"{name}学籍异动情况表", events, later, below=_SIGNED),
        ]
    )


# --- results ------------------------------------------------------------------------------------------------------


def _results(key: str, rows: list[Row], wanted: Callable[[Row], bool]) -> Content:
    found = [row for row in rows if wanted(row)]
    if key == "trade":
        return Lines([_lean(row) for row in found])
    found = sorted(_of_kind(found, "course_result"), key=_term)
    if key == "yanshan":
        return Text(forms.sheet("", "", forms.RESULTS[key], found), "gb18030")
    if key in ("technician", "university"):
        title = f"{institution(key).name}成绩总表"
        return Book([forms.sheet("成绩", title, forms.RESULTS[key], found, below=_SIGNED)])
    return Book([_of_term(key, *term, list(rows)) for term, rows in groupby(found, key=_term)])


def _term(row: Row) -> tuple[str, int]:
    return row["academic_year"], row["term"]


def _of_term(key: str, year: str, term: int, rows: list[Row]) -> Sheet:
    title = f"{institution(key).name}{year}学年第{'一二'[term - 1]}学期学生成绩明细表"
    return forms.sheet(f"{year}-{term}", title, forms.RESULTS[key], rows, below=_SIGNED)


def _lean(row: Row) -> Row:
    """Without what is understood anyway."""
    understood: Mapping[str, Any] = {"attempt": "normal", "course_name": row.get("course_name"), "team_size": 1}
    return {name: value for name, value in row.items() if name not in understood or value != understood[name]}


# --- everything else ----------------------------------------------------------------------------------------------


def _certificates(key: str, rows: list[Row]) -> Sheet:
    title = f"{institution(key).name}证书发放名单"
    return forms.sheet("证书", title, forms.CERTIFICATES, rows, below="经办人：演示某　　（盖章）")


def _at_work(rows: list[Row]) -> Sheet:
    title = f"{institution('enterprise').name}学生实习鉴定汇总表"
    return forms.sheet("实习", title, forms.AT_WORK, rows, below="人力资源部（盖章）")


def _besides(key: str, rows: list[Row]) -> Iterator[Sheet]:
    name = institution(key).name
    won = _of_kind(rows, "award")
    if won:
        yield forms.awards("竞赛获奖", f"{name}学生竞赛获奖名单", won)
    for kind, (title, columns) in forms.BESIDES.items():
        found = _of_kind(rows, kind)
        if found:
            yield forms.sheet(title, f"{name}学生{title}情况", columns, found, below=_SIGNED)
