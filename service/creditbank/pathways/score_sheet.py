"""A score sheet (转段考试成绩): members by number and name, each score a statement that knows its file and row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Transaction
from creditbank.errors import BankError, Malformed, NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.pathways.acting import rows_of
from creditbank.pathways.score_columns import Laid, has_scores, hits, lay_out, marker_of
from creditbank.pathways.score_rows import Score, ScoreRow, row_of
from creditbank.pathways.sheet_matching import members_of
from creditbank.pathways.sheet_refusals import RoundHasNoSittings, RoundNotNamed, RowComesTwice
from creditbank.pathways.sheet_schemas import SheetColumnOut, SheetOut, SheetStatementOut
from creditbank.pathways.sheet_writing import Outcomes, SheetFile, place_said
from creditbank.pathways.sheets import must_have_rows, must_not_be_too_many, sheets_of, shown_header, tables_of
from creditbank.pathways.statement_bodies import ExamKind, ExamSaid
from creditbank.pathways.statement_topics import Sitting, key_of
from creditbank.pathways.statements import (
    OfCohort,
    Outcome,
    Speaker,
    Wanted,
    cohort_for,
    declared_in,
    state_many,
)
from creditbank.pathways.tables import StatementSheet
from creditbank.records.acts import Tools


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    """A score sheet that is read: its rows, those that cannot be taken, and what was read as what."""

    file: SheetFile
    rows: tuple[ScoreRow, ...]
    refused: Mapping[int, BankError]


def read_scores(content: bytes, sittings: Sequence[Sitting], *, sitting: int | None) -> ScoreSheet:
    """Read a score sheet; `sitting` holds for rows that name none. Pure: a thread should do it.

    Raises what a file is refused for as a whole.
    """
    sheets = sheets_of(content)
    wanted = (
        "“姓名”“学号”“科目”“成绩”，或“姓名”“学号”和各科目",
        "the name, a number, and the subjects with their scores",
    )
    tables, others = tables_of(sheets, lambda keys: hits(keys, sittings), wanted=wanted)
    scored = [table for table in tables if has_scores(table, sittings)] or tables
    others = [*others, *(table.sheet for table in tables if table not in scored)]
    laid = [lay_out(table, sittings) for table in scored]
    lines = [(one, line) for one in laid for line in one.lines()]
    must_have_rows(scored, lines)
    must_not_be_too_many([(one.table, line) for one, line in lines])
    rows, refused = list[ScoreRow](), dict[int, BankError]()
    for one, line in lines:
        try:
            rows.append(row_of(one, line, sittings, sitting=sitting))
        except BankError as refusal:
            refused[line.row_no] = refusal
    tables = [one.table for one in laid]
    columns = [column for one in laid for column in _columns(one)]
    return ScoreSheet(SheetFile.of(content, "scores", tables, others, columns, rows=len(lines)), tuple(rows), refused)


def _columns(laid: Laid) -> list[SheetColumnOut]:
    """Each column that is used, in the order in which they stand."""
    used = [(column, name) for name, column in laid.fields.items()]
    used += [(column, f"{marker_of(column.header)}/points") for column in laid.markers]
    for part, column in laid.parts:
        what = {"points": part.subject, "remark": f"{part.subject}/remark"}
        used.append((column, what.get(part.what, f"{part.subject}/{part.marker}")))
    number = laid.table.sheet.number
    return [
        SheetColumnOut(sheet=number, column=column.letter, header=shown_header(column), read_as=name)
        for column, name in sorted(used, key=lambda each: each[0].at)
    ]


# --- taking one in --------------------------------------------------------------------------------------------------

_ROUNDS: LiteralString = """
SELECT round_id, number, sittings FROM pathway_round
WHERE cohort_id = %(cohort)s AND CASE WHEN %(round)s::uuid IS NULL THEN state = 'collecting'
                                      ELSE round_id = %(round)s AND state <> 'abandoned' END
"""
_SAID_BEFORE: LiteralString = """
SELECT s.learner_id, s.row_no, s.key, s.statement_id FROM statement s JOIN statement_sheet f USING (sheet_id)
WHERE f.cohort_id = %s AND f.digest = %s AND f.kind = 'scores' AND s.learner_id = ANY (%s)
"""


@dataclass(frozen=True, slots=True)
class OfRound:
    """The round that scores belong to, and the subjects of its sittings."""

    round_id: UUID
    sittings: tuple[Sitting, ...]


async def round_for(session: Transaction, cohort_id: UUID, round_id: UUID | None, *, actor: Actor) -> OfRound:
    """The round that is named, or the one that collects.

    Raises NotFound for a cohort or a round that is not the caller's, RoundNotNamed, RoundHasNoSittings.
    """
    await cohort_for(session, cohort_id, actor)
    rounds = await rows_of(session, _ROUNDS, {"cohort": cohort_id, "round": round_id})
    if round_id is not None and not rounds:
        raise NotFound
    if len(rounds) != 1:
        raise RoundNotNamed(rounds=len(rounds))
    (row,) = rounds
    sittings = tuple(declared_in(row["round_id"], row["number"], row["sittings"]))
    if not sittings:
        raise RoundHasNoSittings
    return OfRound(row["round_id"], sittings)


async def state_scores(
    session: AsyncSession,
    cohort_id: UUID,
    sheet: ScoreSheet,
    *,
    of: OfRound,
    kind: ExamKind,
    tried: bool,
    actor: Actor,
    tools: Tools,
) -> SheetOut:
    """State what a score sheet says: each row whole or not at all, and whatever one row meets stops no other.

    A row of this very file that was taken before is not taken again, whatever has been corrected since.
    """
    cohort, speaker = await cohort_for(session, cohort_id, actor)
    outcomes = Outcomes(tools)
    for row_no, refusal in sheet.refused.items():
        outcomes.refuse(row_no, refusal)
    taking = await _members(session, cohort, sheet.rows, outcomes, tools=tools)
    taking = _without_contradictions(taking, outcomes)
    wanted = _wanted(taking, outcomes, of=of, kind=kind)
    before = await _said_before(session, cohort_id, sheet, wanted, tools=tools)
    kept = sheet.file.kept(new_id(), cohort_id, round_id=of.round_id, by=actor.name, tools=tools)
    said = await _stated(session, cohort, wanted, before, outcomes, by=speaker, tools=tools, kept=kept)
    for row_no, statements in said.items():
        _, learner_id, member_no = taking[row_no]
        outcomes.one(
            row_no, "unchanged" if all(each.unchanged for each in statements) else "stated", learner_id=learner_id,
            member_no=member_no, statements=statements,
        )  # fmt: skip
    new = any(not each.unchanged for statements in said.values() for each in statements)
    return outcomes.told(sheet.file, tried=tried, sheet_id=kept.sheet_id if new else None, round_id=of.round_id)


Taking = dict[int, tuple[ScoreRow, UUID, int | None]]
"""By row what it says, whose it is, and their member number."""


async def _members(
    session: Transaction, cohort: OfCohort, rows: Sequence[ScoreRow], outcomes: Outcomes, *, tools: Tools
) -> Taking:
    members = await members_of(session, cohort.cohort_id, cohort.school_id, keyring=tools.keyring)
    taking: Taking = {}
    for row in rows:
        try:
            found = members.one(row.name, student_no=row.student_no, member_no=row.member_no)
            taking[row.row_no] = row, found.learner_id, found.member_no
        except BankError as refusal:
            outcomes.refuse(row.row_no, refusal)
    return taking


def _without_contradictions(taking: Taking, outcomes: Outcomes) -> Taking:
    """Of two rows that say different things of one subject of one member neither is taken: nobody knows which holds."""
    said: dict[tuple[UUID, int, str], dict[int, Score]] = {}
    for row_no, (row, learner_id, _) in taking.items():
        for score in row.scores:
            said.setdefault((learner_id, score.sitting, score.subject), {})[row_no] = score
    wrong: dict[int, RowComesTwice] = {}
    for (_, _, subject), rows in said.items():
        if len(set(rows.values())) > 1:
            for row_no in rows:
                other = next(each for each in rows if each != row_no)
                wrong[row_no] = RowComesTwice(
                    **place_said(other), about_zh=f"的“{subject}”", about_en=f" and of {subject}"
                )  # fmt: skip
    for row_no, refusal in wrong.items():
        outcomes.refuse(row_no, refusal)
    return {row_no: one for row_no, one in taking.items() if row_no not in wrong}


def _wanted(
    taking: Taking, outcomes: Outcomes, *, of: OfRound, kind: ExamKind
) -> dict[int, list[tuple[Score, Wanted]]]:
    """What each row states, one statement a subject."""
    wanted: dict[int, list[tuple[Score, Wanted]]] = {}
    for row_no, (row, learner_id, _) in taking.items():
        try:
            wanted[row_no] = [
                (
                    score,
                    Wanted(
                        learner_id,
                        ExamSaid(topic="exam", kind=kind, round_id=of.round_id, **score.said()),
                        row_no=row_no,
                    ),
                )
                for score in row.scores
            ]
        except ValidationError:
            why_zh, why_en = "分数或评卷人数超出范围", "the points, or the number of markers, are out of range"
            outcomes.refuse(row_no, Malformed(why_zh=why_zh, why_en=why_en))
    return wanted


async def _said_before(
    session: Transaction,
    cohort_id: UUID,
    sheet: ScoreSheet,
    wanted: Mapping[int, Sequence[tuple[Score, Wanted]]],
    *,
    tools: Tools,
) -> dict[tuple[UUID, int, str], UUID]:
    """What rows of this very file have become before, by learner, row and key."""
    learners = sorted({one.learner_id for statements in wanted.values() for _, one in statements})
    rows = await rows_of(session, _SAID_BEFORE, [cohort_id, sheet.file.index(tools.keyring), learners])
    return {(row["learner_id"], row["row_no"], row["key"]): row["statement_id"] for row in rows}


def _key(one: Wanted) -> tuple[UUID, int, str]:
    assert isinstance(one.said, ExamSaid)
    assert one.row_no is not None
    said = one.said
    about = {"kind": said.kind, "round_id": str(said.round_id), "sitting": said.sitting, "subject": said.subject}
    return one.learner_id, one.row_no, key_of("exam", about)


async def _stated(
    session: AsyncSession,
    cohort: OfCohort,
    wanted: dict[int, list[tuple[Score, Wanted]]],
    before: Mapping[tuple[UUID, int, str], UUID],
    outcomes: Outcomes,
    *,
    by: Speaker,
    tools: Tools,
    kept: StatementSheet,
) -> dict[int, list[SheetStatementOut]]:
    """State the rows, after their file; where one is refused, all is undone and stated again without that row.

    Where nothing of it is new, the file is not put on record either.
    """
    while True:
        new = [
            (row_no, score, one)
            for row_no, statements in wanted.items()
            for score, one in statements
            if _key(one) not in before
        ]
        undo = await session.begin_nested()
        session.add(StatementSheet(**kept.model_dump()))
        await session.flush()
        made = await state_many(
            session, cohort, [one for _, _, one in new], by=by, tools=tools, sheet_id=kept.sheet_id
        )  # fmt: skip
        refused = {row_no: each.refusal for (row_no, _, _), each in zip(new, made, strict=True) if each.refusal}
        if not refused:
            await (undo.commit() if any(each.outcome == "stated" for each in made) else undo.rollback())
            break
        await undo.rollback()
        for row_no, refusal in refused.items():
            outcomes.refuse(row_no, refusal)
            del wanted[row_no]
    found = {_key(one): each for (_, _, one), each in zip(new, made, strict=True)}
    return {
        row_no: [_told(score, found.get(_key(one)), before.get(_key(one))) for score, one in statements]
        for row_no, statements in wanted.items()
    }


def _told(score: Score, made: Outcome | None, before: UUID | None) -> SheetStatementOut:
    if made is None:
        return SheetStatementOut(
            subject=score.subject, sitting=score.sitting, statement_id=before, unchanged=True
        )  # fmt: skip
    unchanged = made.outcome == "unchanged"
    return SheetStatementOut(
        subject=score.subject, sitting=score.sitting, statement_id=made.statement_id, unchanged=unchanged
    )
