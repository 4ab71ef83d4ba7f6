"""HTTP for progressing: whom a frozen result took enters the college, and what came of each of them."""

from __future__ import annotations

from collections import Counter
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Database, DatabaseDep, SessionDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep, LanguageDep, answer, problems
from creditbank.identity.actor import ActorDep
from creditbank.identity.writing import Write, WriteDep
from creditbank.once import Answer, IdempotencyKeyUsedForAnotherPayload, StoredResponse
from creditbank.pathways import progressing_refusals as refusals
from creditbank.pathways.progressed import progressions_of
from creditbank.pathways.progressing import progress
from creditbank.pathways.progressing_schemas import ProgressionsIn, ProgressionsOut, ResultProgressionsOut
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import RulebookDep

router = APIRouter(prefix="/v1", tags=["pathways"])

_NO_RESULT = (NotFound, refusals.RoundNotFrozen, refusals.PathwayWithoutProgramme)


@router.post(
    "/rounds/{round_id}/progressions",
    operation_id="let_progress",
    response_model=ProgressionsOut,
    responses=problems(
        *_NO_RESULT,
        refusals.ProgrammeNotTaught,
        refusals.PlanIsNotTheirs,
        refusals.PlanNotNamed,
        IdempotencyKeyUsedForAnotherPayload,
    ),
    summary="办理转入|Let those who were taken enter the college",
)
async def let_progress(
    round_id: UUID,
    said: Annotated[ProgressionsIn, Body()],
    write: WriteDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """定案后逐人建立院校学籍，并代为申请约定课程的转换；每人单独办理，重复请求不会重复办理。

    |Each of those named is enrolled at the college, and the agreed courses are claimed for them: each for themselves,
    and again after whatever cut it short, for what is done is found done.
    """
    if await _answered_before(write, database):
        return await write.once(_no_act)
    tools = Tools(keyring, rulebook, clock.now(), language)
    result, outcomes = await progress(database, round_id, said, actor=write.actor, tools=tools)
    counts = dict(Counter(each.outcome for each in outcomes))
    out = ProgressionsOut(result_no=result.result_no, counts=counts, outcomes=outcomes)

    async def keep(session: AsyncSession) -> Answer:
        return answer(200, out)

    return await write.once(keep)


async def _answered_before(write: Write, database: Database) -> bool:
    """Whether the key has an answer: then nobody is looked at again; `once` gives it, or refuses another payload."""
    if write.key is None:
        return False
    async with database.session() as session:
        return await session.get(StoredResponse, (write.actor.name, write.key)) is not None


async def _no_act(session: AsyncSession) -> Answer:
    raise IdempotencyKeyUsedForAnotherPayload


@router.get(
    "/rounds/{round_id}/progressions",
    operation_id="read_progressions",
    response_model=ResultProgressionsOut,
    responses=problems(*_NO_RESULT),
    summary="转入的情况|What came of a frozen result",
)
async def read_progressions(
    round_id: UUID, actor: ActorDep, session: SessionDep, keyring: KeyringDep
) -> ResultProgressionsOut:
    """每名录取学员的院校学籍记录、约定课程的申请与学分。

    |Of everybody whom the result took: the enrolment record, and the claims and credits of the agreed courses.
    """
    return await progressions_of(session, round_id, actor=actor, keyring=keyring)
