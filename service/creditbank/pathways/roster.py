"""A roster (贯通班名单): pupils of the school by student number and name, admitted to a cohort row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import BankError
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.pathways.cohorts import Joining, admit
from creditbank.pathways.sheet_refusals import DayOfJoiningMissing, RowComesTwice, RowNamesNobody
from creditbank.pathways.sheet_schemas import RowOutcome, SheetColumnOut, SheetOut
from creditbank.pathways.sheet_writing import Outcomes, SheetFile, place_said
from creditbank.pathways.sheets import (
    NAME,
    STUDENT_NO,
    Column,
    Reading,
    Table,
    fields_in,
    meant,
    must_have_one,
    must_have_rows,
    must_not_be_too_many,
    sheets_of,
    shown_header,
    tables_of,
)
from creditbank.records.acts import Tools
from creditbank.submissions.cells import Line, place_of
from creditbank.submissions.rows import CellsUnreadable
from creditbank.submissions.sheets.columns import Field

JOINED_ON = Field(
    "joined_on", "入班日期", "day of joining", "day",
    ("入班日期", "入班时间", "编班日期", "编入日期", "进入贯通班日期", "列入日期", "joined_on", "joinedon"),
)  # fmt: skip
FIELDS = (NAME, STUDENT_NO, JOINED_ON)


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A row of a roster, by its own words."""

    row_no: int
    name: str
    student_no: str
    joined_on: date


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster that is read: its rows, those that cannot be taken, and what was read as what."""

    file: SheetFile
    rows: tuple[RosterRow, ...]
    refused: Mapping[int, BankError]


def read_roster(content: bytes, *, joined_on: date | None) -> Roster:
    """Read a roster; `joined_on` holds for rows that name no day. Pure: a thread should do it.

    Raises what a file is refused for as a whole.
    """
    sheets = sheets_of(content)
    tables, others = tables_of(sheets, _hits, wanted=("“姓名”“学号”", "the name and the student number"))
    columns = [fields_in(table, FIELDS) for table in tables]
    for table, found in zip(tables, columns, strict=True):
        must_have_one(table, found, ("student_no",), zh="“学号”", en="the student number")
    lines = [
        (table, found, line) for table, found in zip(tables, columns, strict=True) for line in _lines(table, found)
    ]
    must_have_rows(tables, lines)
    must_not_be_too_many([(table, line) for table, _, line in lines])
    rows, refused = list[RosterRow](), dict[int, BankError]()
    for _, found, line in lines:
        try:
            rows.append(_row(found, line, joined_on))
        except BankError as refusal:
            refused[line.row_no] = refusal
    used = [
        SheetColumnOut(sheet=table.sheet.number, column=column.letter, header=shown_header(column), read_as=name)
        for table, found in zip(tables, columns, strict=True)
        for name, column in sorted(found.items(), key=lambda each: each[1].at)
    ]
    return Roster(SheetFile.of(content, "roster", tables, others, used, rows=len(lines)), tuple(rows), refused)


def _hits(keys: tuple[str, ...]) -> int:
    return len({field[0].name for key in keys if key and (field := meant(key, FIELDS)) is not None})


def _lines(table: Table, found: Mapping[str, Column]) -> list[Line]:
    return list(table.rows(numbers=[found["student_no"].at], names=[found["learner_name"].at]))


def _row(found: Mapping[str, Column], line: Line, joined_on: date | None) -> RosterRow:
    """Raises CellsUnreadable, RowNamesNobody, DayOfJoiningMissing."""
    reading = Reading(line, [])
    name, number, day = (reading.field(found, field) for field in FIELDS)
    if reading.faults:
        raise CellsUnreadable(reading.faults, place_of(line.row_no)[1], {})
    if name is None or number is None:
        zh, en = ("姓名", "name") if name is None else ("学号", "student number")
        raise RowNamesNobody(wanted_zh=zh, wanted_en=en)
    joined = joined_on if day is None else date.fromisoformat(day)
    if joined is None:
        raise DayOfJoiningMissing
    return RosterRow(line.row_no, name, number, joined)


# --- taking one in --------------------------------------------------------------------------------------------------


async def admit_roster(
    session: AsyncSession, cohort_id: UUID, roster: Roster, *, tried: bool, actor: Actor, tools: Tools
) -> SheetOut:
    """Admit the pupils of a roster by the rules of every admission: what one row meets stops no other.

    Raises NotFound for a cohort that is not the caller's, CohortNotForming, ProgrammeNotRun.
    """
    outcomes = Outcomes(tools)
    for row_no, refusal in roster.refused.items():
        outcomes.refuse(row_no, refusal)
    rows = _without_contradictions(roster.rows, outcomes)
    joining = [Joining(row.name, row.student_no, row.joined_on) for row in rows]
    made = await admit(session, cohort_id, joining, actor=actor, tools=tools)
    for row, one in zip(rows, made, strict=True):
        if isinstance(one, BankError):
            outcomes.refuse(row.row_no, one)
        else:
            outcome: RowOutcome = "admitted" if one.outcome == "admitted" else "unchanged"
            outcomes.one(row.row_no, outcome, learner_id=one.member.learner_id, member_no=one.member.member_no)
    new = any(each.outcome == "admitted" for each in outcomes.found.values())
    kept = roster.file.kept(new_id(), cohort_id, round_id=None, by=actor.name, tools=tools)
    if new:
        session.add(kept)
        await session.flush()
    return outcomes.told(roster.file, tried=tried, sheet_id=kept.sheet_id if new else None)


def _without_contradictions(rows: Sequence[RosterRow], outcomes: Outcomes) -> list[RosterRow]:
    """Of two rows of one student number that say different names or days neither is taken."""
    said: dict[str, list[RosterRow]] = {}
    for row in rows:
        said.setdefault(row.student_no, []).append(row)
    going_on = []
    for row in rows:
        others = [one for one in said[row.student_no] if (one.name, one.joined_on) != (row.name, row.joined_on)]
        if others:
            outcomes.refuse(row.row_no, RowComesTwice(**place_said(others[0].row_no), about_zh="", about_en=""))
        else:
            going_on.append(row)
    return going_on
