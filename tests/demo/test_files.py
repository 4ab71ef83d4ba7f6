"""The files of the city: made by the script, read without a question, and the history but for their mistakes."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from creditbank.demo.blemishes import BLEMISHES
from creditbank.demo.city import calendar, city, institution
from creditbank.demo.forms import RESULTS
from creditbank.demo.make_files import make_files
from creditbank.demo.shelf import (
    CORRECTION,
    EVERY_FILE,
    FOLDER,
    LAST_RESULTS,
    LATER_RESULTS,
    OF_PATHWAYS,
    PAST_RESULTS,
    ROUNDS,
    File,
)
from creditbank.demo.world import World, think_up
from creditbank.records.schemas import ROW
from creditbank.submissions.cells import Line, place_of
from creditbank.submissions.files.opening import OpenedFile, limits_of, open_file
from creditbank.submissions.sheets.assembling import Assembled, Assembler, Unreadable
from creditbank.submissions.sheets.mapping import Mapping, Reference, SheetSample, lay_out
from creditbank.submissions.sheets.proposing import Proposal, propose
from creditbank.submissions.sheets.wordings import fold

TABLES = [file for file in EVERY_FILE if file.path.suffix != ".ndjson"]
NAMED = pytest.mark.parametrize("file", TABLES, ids=lambda file: file.name)


def opened(path: Path) -> tuple[OpenedFile, list[Line]]:
    content = path.read_bytes()
    found = open_file(io.BytesIO(content), file_name=path.name, size=len(content), limits=limits_of(256))
    return found, list(found.lines())


def samples_of(found: OpenedFile, lines: list[Line]) -> list[SheetSample]:
    """Whole sheets: more than the bank looks at, so that nothing is left to luck."""
    sheets: dict[int, list[Line]] = {}
    for line in lines:
        sheets.setdefault(place_of(line.row_no)[0], []).append(line)
    names = dict(enumerate(found.sheets, start=1))
    return [SheetSample(sheet_no=no, name=names.get(no), lines=inside) for no, inside in sorted(sheets.items())]


def reference(key: str) -> Reference:
    """What the bank knows of an institution once its catalogue is published."""
    one = institution(key)
    terms = {(term.academic_year, term.term): (term.starts_on, term.ends_on) for term in calendar()}
    return Reference(
        today=date(2026, 9, 1),
        terms=terms if one.programmes else {},
        standards={fold(said["name"]): said["code"] for body in city() for said in body.standards},
        programmes={
            fold(said): programme.code for programme in one.programmes for said in (programme.code, programme.name)
        },
    )


@cache
def proposed(file: File, *saved: File) -> Proposal:
    mappings = [found for one in saved if (found := proposed(one).mapping) is not None]
    samples = samples_of(*opened(file.path))
    return propose(samples, kind=None, act="report", saved=mappings, reference=reference(file.institution))


def rows_of(file: File) -> Iterator[dict[str, Any] | Unreadable]:
    """What the bank reads in a file, by what it proposes itself."""
    if file not in TABLES:
        yield from map(json.loads, file.path.read_text("utf-8").splitlines())
        return
    found, lines = opened(file.path)
    mapping = proposed(file).mapping
    assert mapping is not None
    assembler = Assembler(mapping, lay_out(mapping, samples_of(found, lines)), reference=reference(file.institution))
    assembler.arrange(lines)
    for line in lines:
        read = assembler.row(line)
        if isinstance(read, Assembled):
            yield read.payload
        elif isinstance(read, Unreadable):
            yield read


def plain(row: dict[str, Any]) -> str:
    """A row as the bank takes it; the name of a course is known from the catalogue, and not everybody sends it."""
    return ROW.validate_python({**row, "course_name": None} if "course_name" in row else row).model_dump_json()


@pytest.fixture(scope="module")
def world() -> World:
    return think_up()


# --- the script -----------------------------------------------------------------------------------------------------


def test_the_script_makes_the_files_that_are_committed(tmp_path: Path) -> None:
    """Text byte for byte; workbooks cell for cell, for what packs them is stamped with its version."""
    make_files(tmp_path)
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(FOLDER) for path in FOLDER.rglob("*") if path.is_file() and path.name[0] != "."}
    assert made == kept == {file.path.relative_to(FOLDER) for file in (*EVERY_FILE, *OF_PATHWAYS)}
    for name in made:
        if name.suffix == ".xlsx":
            (one, cells), (other, others) = opened(tmp_path / name), opened(FOLDER / name)
            assert one.sheets == other.sheets, name
            assert cells == others, name
        else:
            assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_the_files_are_small_and_each_has_a_name_of_its_own() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 1_300_000
    assert len({file.name for file in EVERY_FILE}) == len(EVERY_FILE)


def test_no_number_in_a_file_is_of_a_region_that_is_somewhere() -> None:
    numbers = set()
    for file in EVERY_FILE:
        lines = opened(file.path)[1]
        said = " ".join(line.text or " ".join(map(str, line.cells)) for line in lines)
        numbers |= set(re.findall(r"(?<![0-9A-Za-z-])[1-9][0-9]{16}[0-9X](?![0-9A-Za-z])", said))
    assert len(numbers) > 600
    assert {number[:6] for number in numbers} == {"139900"}


# --- as institutions have them --------------------------------------------------------------------------------------


def test_the_files_come_in_every_shape_that_institutions_have() -> None:
    assert {file.path.suffix for file in EVERY_FILE} == {".xlsx", ".csv", ".ndjson"}
    (csv,) = {opened(file.path)[0].encoding for file in PAST_RESULTS if file.path.suffix == ".csv"}
    assert csv == "gb18030"
    last = next(file for file in LAST_RESULTS if file.institution == "vocational")
    assert opened(last.path)[0].sheets == ("2025-2026-1", "2025-2026-2")
    assert len({frozenset(columns) for columns in RESULTS.values()}) == len(RESULTS), (
        "no two schools use the same words"
    )


@NAMED
def test_the_bank_reads_a_file_without_a_question(file: File) -> None:
    found = proposed(file)
    assert found.mapping is not None
    assert found.questions == []
    assert [fault for fault in found.faults if fault.severity == "ask"] == []


@pytest.mark.parametrize(("before", "file"), list(zip(PAST_RESULTS, LAST_RESULTS, strict=True)), ids=lambda f: f.name)
def test_the_results_of_the_next_year_are_read_by_the_columns_that_were_confirmed(before: File, file: File) -> None:
    if file in TABLES:
        assert proposed(file, before).complete


def test_what_the_files_say_is_the_history_but_for_their_mistakes(world: World) -> None:
    history = world.history
    for one in city():
        files = [file for _, files in ROUNDS for file in files if file.institution == one.key]
        read = [row for file in files for row in rows_of(file)]
        said = Counter(plain(row) for row in read if not isinstance(row, Unreadable))
        happened = Counter(map(plain, history.enrolments[one.key] + history.records[one.key]))
        spoiled = [blemish for blemish in BLEMISHES if blemish.file.institution == one.key and blemish.header != "成绩"]
        spoiled += [one for one in BLEMISHES if one.file in files and one.header == "成绩" and one.outcome == "refused"]
        assert (happened - said).total() == len(spoiled), one.key
        unreadable = sum(isinstance(row, Unreadable) for row in read)
        assert unreadable == sum(blemish.code == "cells_unreadable" for blemish in spoiled)
        assert (said - happened).total() == len(spoiled) - unreadable


def test_what_is_sent_by_hand_later_is_said_by_a_file_too(world: World) -> None:
    (corrected,) = rows_of(CORRECTION)
    assert isinstance(corrected, dict)
    assert plain(corrected) == plain(world.stories.corrected)
    later = [row for row in rows_of(LATER_RESULTS) if isinstance(row, dict)]
    assert [plain(row) for row in later] == [plain(row) for row in world.stories.once_resolved]


def test_no_mistake_stands_in_the_way_of_a_story(world: World) -> None:
    names = {story.person.name for story in world.stories.people} | {world.stories.renamed.person.name}
    for blemish in BLEMISHES:
        found, lines = opened(blemish.file.path)
        sheet_no = found.sheets.index(blemish.sheet) + 1 if blemish.sheet else 1
        (spoiled,) = [line.cells for line in lines if place_of(line.row_no) == (sheet_no, blemish.line)]
        assert names.isdisjoint(map(str, spoiled)), blemish


def test_a_saved_mapping_of_a_school_is_not_one_of_another() -> None:
    """Each confirms its own columns: what one of them means by 学期 is not what another does."""
    by_school = {file.institution: proposed(file).mapping for file in PAST_RESULTS if file in TABLES}
    assert all(isinstance(mapping, Mapping) for mapping in by_school.values())
    assert len({json.dumps(mapping.model_dump(), sort_keys=True) for mapping in by_school.values() if mapping}) == len(
        by_school
    )
