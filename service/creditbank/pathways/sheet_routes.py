"""HTTP for a registrar's spreadsheets: tried as often as one likes, then taken row by row."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.days import Day
from creditbank.db import Database, DatabaseDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep, LanguageDep, answer, problems, response_of
from creditbank.identity.writing import Write, WriteDep
from creditbank.once import Answer
from creditbank.pathways import sheet_refusals as refusals
from creditbank.pathways.agreement_refusals import CohortNotForming, ProgrammeNotRun
from creditbank.pathways.roster import admit_roster, read_roster
from creditbank.pathways.score_sheet import read_scores, round_for, state_scores
from creditbank.pathways.sheet_schemas import SheetOut
from creditbank.pathways.statement_bodies import ExamKind
from creditbank.pathways.statements import cohort_for
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import RulebookDep
from creditbank.submissions.files import refusals as files

router = APIRouter(prefix="/v1", tags=["pathways"])

TryDep = Annotated[
    bool, Query(alias="try", description="只试传，不写入任何内容。|Say what would become of it; write nothing.")
]
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_WHOLE = (
    NotFound,
    files.FileEmpty,
    files.FileBlank,
    files.FileIsPicture,
    files.OldWorkbook,
    files.FileNotText,
    files.WorkbookBroken,
    refusals.SheetIsNoTable,
    refusals.SheetTooLong,
    refusals.SheetWithoutHeader,
    refusals.SheetWithoutRows,
    refusals.ColumnIsMissing,
    refusals.ColumnIsThereTwice,
)


class _Undone(Exception):
    """An act was tried: what it would have answered."""

    def __init__(self, answered: Answer) -> None:
        self.answered = answered
        super().__init__()


async def taken(
    write: Write, database: Database, act: Callable[[AsyncSession], Awaitable[Answer]], *, tried: bool
) -> Response:
    """Take a file in; where it is only tried the same act is done, told, and undone, so that both always agree."""
    if not tried:
        return await write.once(act)

    async def undone(session: AsyncSession) -> None:
        raise _Undone(await act(session))

    try:
        await database.write(undone)
    except _Undone as done:
        return response_of(done.answered)
    raise AssertionError("unreachable")


@router.post(
    "/cohorts/{cohort_id}/roster",
    operation_id="send_roster",
    response_model=SheetOut,
    responses=problems(*_WHOLE, CohortNotForming, ProgrammeNotRun),
    openapi_extra=_FILE,
    summary="上传贯通班名单|Send a roster",
)
async def send_roster(
    cohort_id: UUID,
    request: Request,
    write: WriteDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
    tried: TryDep = False,  # noqa: FBT002 - FastAPI's way
    joined_on: Annotated[
        Day | None, Query(description="行内未写入班日期时的日期。|The day of joining of rows that name none.")
    ] = None,
) -> Response:
    """内容即文件（.xlsx 或 CSV，至多 2,000 行）：按学号并核对姓名逐行列入贯通班；整份读不了则什么也不写。

    |The body is the file (.xlsx or CSV, 2,000 rows at most): pupils are admitted by student number and name, an outcome
    for each row. Of a file that cannot be read as a whole nothing is written; the same file again changes nothing.
    """
    async with database.session() as session:
        await cohort_for(session, cohort_id, write.actor)
    roster = await asyncio.to_thread(read_roster, await request.body(), joined_on=joined_on)

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        return answer(200, await admit_roster(session, cohort_id, roster, tried=tried, actor=write.actor, tools=tools))

    return await taken(write, database, act, tried=tried)


@router.post(
    "/cohorts/{cohort_id}/score-sheet",
    operation_id="send_score_sheet",
    response_model=SheetOut,
    responses=problems(
        *_WHOLE,
        refusals.ColumnIsNoSubject,
        refusals.FullMarksDiffer,
        refusals.RoundNotNamed,
        refusals.RoundHasNoSittings,
    ),
    openapi_extra=_FILE,
    summary="上传成绩表|Send a score sheet",
)
async def send_score_sheet(
    cohort_id: UUID,
    request: Request,
    write: WriteDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
    tried: TryDep = False,  # noqa: FBT002 - FastAPI's way
    round_id: Annotated[
        UUID | None, Query(description="轮次；只有一个在收集时可不填。|The round; may be left out where one collects.")
    ] = None,
    sitting: Annotated[
        int | None, Query(ge=1, le=50, description="行内未写场次时的场次。|The sitting of rows that name none.")
    ] = None,
    kind: Annotated[ExamKind, Query(description="考试类别。|Kind of examination.")] = "stage",
) -> Response:
    """内容即文件（.xlsx 或 CSV，至多 2,000 行）：一行一科，或每科一列；逐行给出结果，整份读不了则什么也不写。

    |The body is the file (.xlsx or CSV, 2,000 rows at most), one row a subject or one column a subject: an outcome for
    each row. Of a file that cannot be read as a whole nothing is written; the same file again changes nothing.
    """
    async with database.session() as session:
        of = await round_for(session, cohort_id, round_id, actor=write.actor)
    sheet = await asyncio.to_thread(read_scores, await request.body(), of.sittings, sitting=sitting)

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        out = await state_scores(
            session, cohort_id, sheet, of=of, kind=kind, tried=tried, actor=write.actor, tools=tools
        )  # fmt: skip
        return answer(200, out)

    return await taken(write, database, act, tried=tried)
