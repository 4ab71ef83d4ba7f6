"""HTTP for rounds: opened, read, decided, and what candidates do themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import (
    CursorDep,
    KeyringDep,
    LanguageDep,
    LimitDep,
    answer,
    cursor_of,
    keys_of,
    problems,
)
from creditbank.identity.actor import ActorDep
from creditbank.identity.writing import Write, WriteDep
from creditbank.learners.refusals import GuardianActs
from creditbank.once import Answer
from creditbank.pathways import round_refusals as refusals
from creditbank.pathways import rounds
from creditbank.pathways.own_rounds import rounds_of_learner
from creditbank.pathways.round_reading import one_round, rounds_of
from creditbank.pathways.round_schemas import (
    Outcome,
    RoundIn,
    RoundList,
    RoundOut,
    RoundReasonIn,
    RoundsOfLearner,
    SetAsideIn,
    SittingsIn,
    TieIn,
)
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import RulebookDep

router = APIRouter(prefix="/v1", tags=["rounds"])

ON_ITS_WAY = (NotFound, refusals.RoundInAnotherState, refusals.RoundAlreadyFrozen)


async def changed(
    write: Write,
    round_id: UUID,
    tools: Callable[[], Tools],
    act: Callable[[AsyncSession, Tools], Awaitable[object]],
) -> Response:
    """Do an act on a round once, and answer with the round as it is then."""

    async def once(session: AsyncSession) -> Answer:
        now = tools()
        await act(session, now)
        return answer(200, await one_round(session, round_id, actor=write.actor, tools=now))

    return await write.once(once)


# --- opened, and read -----------------------------------------------------------------------------------------------


@router.post(
    "/cohorts/{cohort_id}/rounds",
    status_code=201,
    operation_id="open_round",
    response_model=RoundOut,
    responses=problems(
        NotFound, refusals.RoundUnderWay, refusals.NoSecondRound, refusals.NobodyToDecide, refusals.NoRoundInDocument,
        refusals.CollectingEndsInThePast, refusals.CohortClosedForRounds,
    ),
    summary="开立轮次|Open a round of a cohort",
)  # fmt: skip
async def make_round(
    cohort_id: UUID,
    payload: RoundIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由高校教务员开立；同一贯通班同时只有一个轮次。规则文件允许的，定案后可再开一轮。

    |By the college's registrar; one round of a cohort at a time. A second one where the document allows it, after the
    first is frozen, for those who were not taken and gave nothing up.
    """

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        opened = await rounds.open_new(
            session, cohort_id, collects_until=payload.collects_until,
            sittings=[each.stored() for each in payload.sittings], actor=write.actor, tools=tools,
        )  # fmt: skip
        return answer(201, await one_round(session, opened.round.round_id, actor=write.actor, tools=tools))

    return await write.once(act)


@router.get(
    "/cohorts/{cohort_id}/rounds",
    operation_id="list_rounds",
    responses=problems(NotFound),
    summary="贯通班的轮次|The rounds of a cohort",
)
async def list_rounds(
    cohort_id: UUID, session: SessionDep, actor: ActorDep, keyring: KeyringDep, rulebook: RulebookDep
) -> RoundList:
    """本班的学校、高校和学分银行可查。|For the cohort's school and college, and the bank."""
    tools = Tools(keyring, rulebook, clock.now())
    return RoundList(items=await rounds_of(session, cohort_id, actor=actor, tools=tools))


@router.get(
    "/rounds/{round_id}",
    operation_id="read_round",
    responses=problems(NotFound),
    summary="查询轮次|A round, its candidates, and what blocks the next step",
)
async def read_round(
    round_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
    outcome: Annotated[Outcome | None, Query(description="只看某种结果的。|Those of one outcome.")] = None,
    cursor: CursorDep = None,
    limit: LimitDep = 50,
) -> RoundOut:
    """本班的学校、高校和学分银行看全部学员；学习者和监护人只看本人的。

    |The cohort's school and college and the bank see everybody; a learner and a guardian their own place.
    """
    after = keys_of(cursor, int)
    found = await one_round(
        session, round_id, actor=actor, tools=Tools(keyring, rulebook, clock.now(), language), outcome=outcome,
        after=after[0] if after else None, limit=limit,
    )  # fmt: skip
    if found.next_cursor is not None:
        found.next_cursor = cursor_of(int(found.next_cursor))
    return found


@router.get(
    "/learners/{learner_id}/rounds",
    operation_id="list_rounds_of_learner",
    responses=problems(NotFound),
    summary="学习者所在的轮次|The rounds in which a learner is a candidate",
)
async def list_rounds_of_learner(
    learner_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> RoundsOfLearner:
    """最近的在前，只含本人的结果；供本人和监护人查看。|The last first; a learner's own place only."""
    tools = Tools(keyring, rulebook, clock.now(), language)
    found = await rounds_of_learner(session, learner_id, actor=actor, tools=tools)
    return RoundsOfLearner(learner_id=learner_id, items=found)


@router.put(
    "/rounds/{round_id}/sittings",
    operation_id="set_sittings",
    response_model=RoundOut,
    responses=problems(*ON_ITS_WAY),
    summary="声明考试安排|Say the sittings of a round",
)
async def put_sittings(
    round_id: UUID,
    payload: SittingsIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """收集材料期间可改；已报的成绩仍按报送时的安排。|While it collects; scores stated before keep what it said."""
    sittings = [each.stored() for each in payload.sittings]
    return await changed(
        write,
        round_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: rounds.set_sittings(
            session, round_id, sittings=sittings, actor=write.actor, tools=tools
        ),
    )


# --- decided --------------------------------------------------------------------------------------------------------


@router.post(
    "/rounds/{round_id}/deciding",
    operation_id="decide_round",
    response_model=RoundOut,
    responses=problems(*ON_ITS_WAY, refusals.RoundStillCollects, refusals.NobodyToDecide, refusals.NoRoundInDocument),
    summary="判定并排名|Decide everybody and rank them",
)
async def make_deciding(
    round_id: UUID, write: WriteDep, keyring: KeyringDep, rulebook: RulebookDep, language: LanguageDep
) -> Response:
    """逐人按规则判定，符合的按规则排序，在剩余招生计划内拟录取；公示前可重新判定。

    |Each candidate by the rules; those who qualify are ranked within the places left. Again, before it is published.
    """
    return await changed(
        write,
        round_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: rounds.decide(session, round_id, actor=write.actor, tools=tools),
    )


@router.post(
    "/rounds/{round_id}/set-asides",
    operation_id="set_candidates_aside",
    response_model=RoundOut,
    responses=problems(*ON_ITS_WAY, refusals.NotUnknown),
    summary="搁置条件不明的学员|Leave out candidates who are unknown",
)
async def make_set_asides(
    round_id: UUID,
    payload: SetAsideIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """写明理由，学习者可见；事实补齐后自动恢复参评。|With a reason; once the fact is known they stand again."""
    return await changed(
        write,
        round_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: rounds.set_aside(
            session, round_id, payload.learner_ids, words=payload.reason, actor=write.actor, tools=tools
        ),
    )


@router.post(
    "/rounds/{round_id}/tie",
    operation_id="decide_tie",
    response_model=RoundOut,
    responses=problems(*ON_ITS_WAY, refusals.NobodyTied, refusals.NotTied, refusals.TieTakesAllSeats),
    summary="末位同分的取舍|Choose among those tied across the last seats",
)
async def make_tie(
    round_id: UUID,
    payload: TieIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """人数须恰好等于剩余名额，写明理由。|Exactly as many as there are seats left, with a reason."""
    return await changed(
        write,
        round_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: rounds.tell_apart(
            session, round_id, payload.learner_ids, words=payload.reason, actor=write.actor, tools=tools
        ),
    )


@router.post(
    "/rounds/{round_id}/abandonment",
    operation_id="abandon_round",
    response_model=RoundOut,
    responses=problems(*ON_ITS_WAY, refusals.ObjectionsOpen),
    summary="作废轮次|Abandon a round that was not published",
)
async def make_abandonment(
    round_id: UUID,
    payload: RoundReasonIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """公示前可作废，不占招生计划。|Before it is published; it takes no places."""
    return await changed(
        write,
        round_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: rounds.abandon(session, round_id, words=payload.reason, actor=write.actor, tools=tools),
    )


@router.post(
    "/rounds/{round_id}/candidates/{learner_id}/giving-up",
    operation_id="give_up_place",
    response_model=RoundOut,
    responses=problems(NotFound, GuardianActs, refusals.NothingToGiveUp, refusals.RoundInAnotherState),
    summary="放弃|Give up a place",
)
async def make_giving_up(
    round_id: UUID,
    learner_id: UUID,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """定案前放弃的由后一名递补，并重新公示；定案后名单不变，记入贯通班。

    |Before the freeze the next one moves up and the list is published anew; after it the list stays.
    """
    return await changed(
        write,
        round_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: rounds.give_up(session, round_id, learner_id, actor=write.actor, tools=tools),
    )
