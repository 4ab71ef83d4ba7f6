"""HTTP for what is stated about members of a cohort: stated, corrected, taken back, and read by those who may."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep, LanguageDep, answer, problems
from creditbank.identity.actor import ActorDep
from creditbank.identity.writing import WriteDep
from creditbank.once import Answer
from creditbank.pathways.statement_reading import statements_of
from creditbank.pathways.statement_schemas import StatedOut, StatementList, StatementsIn, StatementsOut
from creditbank.pathways.statements import Wanted, cohort_for, state_many
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import RulebookDep

router = APIRouter(prefix="/v1", tags=["pathways"])


@router.post(
    "/cohorts/{cohort_id}/statements",
    operation_id="state_about_members",
    response_model=StatementsOut,
    responses=problems(NotFound),
    summary="报送学员情况|State facts about members",
)
async def make_statements(
    cohort_id: UUID,
    payload: StatementsIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由本班的学校、高校和学分银行各报其所知，逐项答复：一项不受理不影响其他。对同一事项再次报送即为更正，原陈述保留。

    |Each of the cohort's school, its college and the bank states what it knows; an outcome for each, and one that is
    refused stops no other. Stated again it is corrected; what was stated before is kept. A round that is decided
    decides again whom it touches; of a frozen one a review is opened.
    """

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        cohort, speaker = await cohort_for(session, cohort_id, write.actor)
        rows = [Wanted(each.learner_id, each.said, each.withdraws, each.occurred_on) for each in payload.statements]
        made = await state_many(session, cohort, rows, by=speaker, tools=tools)
        outcomes = [
            StatedOut(
                row=no, learner_id=row.learner_id, outcome=one.outcome, statement_id=one.statement_id,
                points=one.points, problem=None if one.refusal is None else one.refusal.problem(language),
            )
            for no, (row, one) in enumerate(zip(rows, made, strict=True), start=1)
        ]  # fmt: skip
        return answer(200, StatementsOut(counts=Counter(one.outcome for one in outcomes), outcomes=outcomes))

    return await write.once(act)


@router.get(
    "/cohorts/{cohort_id}/members/{learner_id}/statements",
    operation_id="list_statements",
    responses=problems(NotFound),
    summary="学员情况陈述|What was stated about a member",
)
async def list_statements(
    cohort_id: UUID,
    learner_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> StatementList:
    """含已更正和撤回的。处分、身体条件、户籍只有据以决定的一方可见；学习者和监护人看全部。查看记入日志。

    |With what was corrected and taken back. Sanctions, health and residence only for those who decide on them; the
    learner and a guardian see all. Who looks is logged.
    """
    tools = Tools(keyring, rulebook, clock.now(), language)
    return StatementList(items=await statements_of(session, cohort_id, learner_id, actor=actor, tools=tools))
