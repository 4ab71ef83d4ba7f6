"""HTTP for rounds: opened, decided, published, objected to, filed, frozen; and the reviews of what came later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import (
    CursorDep,
    KeyringDep,
    LanguageDep,
    LimitDep,
    a_workbook,
    answer,
    cursor_of,
    instant_and_id,
    keys_of,
    link_to,
    one_page,
    problems,
)
from creditbank.identity.actor import ActorDep, Reach
from creditbank.identity.writing import Write, WriteDep
from creditbank.learners.refusals import AlreadyErased, GuardianActs
from creditbank.once import Answer
from creditbank.pathways import filing, freezing, noticing, reviews, rounds
from creditbank.pathways import round_refusals as refusals
from creditbank.pathways.acting import runs
from creditbank.pathways.round_reading import notices, one_round, read, review_out, rounds_of
from creditbank.pathways.round_schemas import (
    FreezingIn,
    ObjectedOut,
    Outcome,
    ReasonIn,
    ReviewClosingIn,
    ReviewOut,
    ReviewPage,
    RoundAnswerIn,
    RoundIn,
    RoundList,
    RoundNoticeOut,
    RoundNoticePage,
    RoundObjectionIn,
    RoundOut,
    SetAsideIn,
    SittingsIn,
    TieIn,
)
from creditbank.recognition.refusals import ObjectionAlreadyDecided, OwnObjection
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import RulebookDep

router = APIRouter(prefix="/v1", tags=["rounds"])

_ON_ITS_WAY = (NotFound, refusals.RoundInAnotherState, refusals.RoundAlreadyFrozen)


async def _changed(
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


def _day_and_id(cursor: str | None) -> tuple[date, UUID] | None:
    keys = keys_of(cursor, date.fromisoformat, UUID)
    return None if keys is None else (keys[0], keys[1])


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


@router.put(
    "/rounds/{round_id}/sittings",
    operation_id="set_sittings",
    response_model=RoundOut,
    responses=problems(*_ON_ITS_WAY),
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
    return await _changed(
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
    responses=problems(*_ON_ITS_WAY, refusals.RoundStillCollects, refusals.NobodyToDecide, refusals.NoRoundInDocument),
    summary="判定并排名|Decide everybody and rank them",
)
async def make_deciding(
    round_id: UUID, write: WriteDep, keyring: KeyringDep, rulebook: RulebookDep, language: LanguageDep
) -> Response:
    """逐人按规则判定，符合的按规则排序，在剩余招生计划内拟录取；公示前可重新判定。

    |Each candidate by the rules; those who qualify are ranked within the places left. Again, before it is published.
    """
    return await _changed(
        write,
        round_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: rounds.decide(session, round_id, actor=write.actor, tools=tools),
    )


@router.post(
    "/rounds/{round_id}/set-asides",
    operation_id="set_candidates_aside",
    response_model=RoundOut,
    responses=problems(*_ON_ITS_WAY, refusals.NotUnknown),
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
    return await _changed(
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
    responses=problems(*_ON_ITS_WAY, refusals.NobodyTied, refusals.NotTied, refusals.TieTakesAllSeats),
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
    return await _changed(
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
    responses=problems(*_ON_ITS_WAY),
    summary="作废轮次|Abandon a round that was not published",
)
async def make_abandonment(
    round_id: UUID,
    payload: ReasonIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """公示前可作废，不占招生计划。|Before it is published; it takes no places."""
    return await _changed(
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
    return await _changed(
        write,
        round_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: rounds.give_up(session, round_id, learner_id, actor=write.actor, tools=tools),
    )


# --- on notice ------------------------------------------------------------------------------------------------------


@router.post(
    "/rounds/{round_id}/notice",
    operation_id="publish_round",
    response_model=RoundOut,
    responses=problems(*_ON_ITS_WAY, refusals.CandidatesUnknown, refusals.TieUndecided),
    summary="公示|Put the list on public notice",
)
async def make_notice(
    round_id: UUID, write: WriteDep, keyring: KeyringDep, rulebook: RulebookDep, language: LanguageDep
) -> Response:
    """按规则规定的工作日公示；拟录取名单有变的，须重新公示。

    |For the document's working days; if who is taken changes, a new full notice follows.
    """
    return await _changed(
        write,
        round_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: noticing.publish(session, round_id, actor=write.actor, tools=tools),
    )


@router.get(
    "/rounds/{round_id}/notice",
    operation_id="read_round_notice",
    responses=problems(NotFound),
    summary="公示内容|What is on public notice",
)
async def read_notice(
    round_id: UUID, session: SessionDep, keyring: KeyringDep, rulebook: RulebookDep
) -> RoundNoticeOut:
    """学员编号和部分隐去的姓名。|Member numbers and masked names."""
    found = await notices(session, round_id=round_id, limit=1, tools=Tools(keyring, rulebook, clock.now()))
    if not found:
        raise NotFound
    return found[0]


@router.get("/round-notices", operation_id="list_round_notices", summary="转段公示|Rounds on public notice")
async def list_round_notices(
    request: Request,
    response: Response,
    session: SessionDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    college_id: Annotated[
        UUID | None, Query(description="只看某高校的。|Those of one college.", examples=[None])
    ] = None,
    cursor: CursorDep = None,
    limit: LimitDep = 50,
) -> RoundNoticePage:
    """正在公示的拟录取名单。|The lists that may be objected to now."""
    tools = Tools(keyring, rulebook, clock.now())
    found = await notices(session, college_id=college_id, after=_day_and_id(cursor), limit=limit + 1, tools=tools)
    items, following = one_page(found, limit=limit, key=lambda one: cursor_of(one.since_on.isoformat(), one.round_id))
    response.headers.update(link_to(request, following))
    return RoundNoticePage(items=items, next_cursor=following)


@router.post(
    "/rounds/{round_id}/objections",
    status_code=201,
    operation_id="object_to_round",
    response_model=ObjectedOut,
    responses=problems(NotFound, AlreadyErased, refusals.NoticeIsOver, refusals.MemberObjectedToAlready),
    summary="对公示提出异议|Object to what is on notice",
)
async def make_objection(
    round_id: UUID,
    payload: RoundObjectionIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """公示期满之日的最后一刻前，任何登录者均可提出；所写内容加密保存，不透露提出人。

    |Anybody who is signed in, until the last minute of the last day. What is written is sealed, and who wrote it not
    told.
    """

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        made = await noticing.object_to(
            session, round_id, member_no=payload.member_no, words=payload.words, actor=write.actor, tools=tools
        )
        return answer(
            201,
            ObjectedOut(
                objection_id=made.objection_id, round_id=round_id, member_no=payload.member_no,
                raised_at=made.raised_at, due_on=made.due_on,
            ),
        )  # fmt: skip

    return await write.once(act)


@router.post(
    "/rounds/{round_id}/objections/{objection_id}/decision",
    operation_id="decide_round_objection",
    response_model=RoundOut,
    responses=problems(
        *_ON_ITS_WAY, AlreadyErased, ObjectionAlreadyDecided, OwnObjection, refusals.UpheldChangesNothing
    ),
    summary="处理异议|Decide an objection",
)
async def make_objection_decision(
    round_id: UUID,
    objection_id: UUID,
    payload: RoundAnswerIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由高校教务员或学分银行业务员处理。支持的，按更正后的事实重新判定该学员，或予以搁置。

    |By the college's registrar or an officer. Upheld, the member is decided again by the corrected facts, or left out.
    """
    return await _changed(
        write,
        round_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: noticing.decide_objection(
            session, round_id, objection_id, upheld=payload.upheld, set_aside=payload.set_aside, words=payload.words,
            actor=write.actor, tools=tools,
        ),
    )  # fmt: skip


# --- filed and frozen -----------------------------------------------------------------------------------------------


@router.post(
    "/rounds/{round_id}/filing",
    operation_id="file_round",
    response_model=RoundOut,
    responses=problems(*_ON_ITS_WAY, refusals.ObjectionsOpen),
    summary="报备|File the list",
)
async def make_filing(
    round_id: UUID, write: WriteDep, keyring: KeyringDep, rulebook: RulebookDep, language: LanguageDep
) -> Response:
    """公示期满且无未处理异议后，按规则所列的栏目生成名单，记下其摘要。

    |After the notice, with the columns that the document lists; the digest of the sheet is kept.
    """
    return await _changed(
        write,
        round_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: filing.file_list(session, round_id, actor=write.actor, tools=tools),
    )


@router.get(
    "/rounds/{round_id}/filing.xlsx",
    operation_id="read_filing",
    response_class=Response,
    responses={**a_workbook("报备名单。|The list as it is filed."), **problems(NotFound, refusals.NothingFiled)},
    summary="报备名单（表格）|The list as a spreadsheet",
)
async def read_filing(
    round_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """含姓名和证件号码，仅限报备的高校和学分银行，查看记入日志；`Filing-Digest` 为报备时的摘要。

    |Names and document numbers, for the college and the bank only, and logged. `Filing-Digest` is that of the sheet
    that was filed; the ETag that of this one.
    """
    found = await read(session, round_id)
    if not runs(actor, found.cohort):
        raise NotFound
    sheet = await filing.filed_sheet(session, found, actor=actor, tools=Tools(keyring, rulebook, clock.now(), language))
    headers = {
        "Content-Disposition": f"attachment; filename={sheet.name}",
        "ETag": f'"{sheet.digest.hex()}"',
        "Filing-Digest": bytes(found.round.filing_digest or b"").hex(),
    }
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(sheet.content, media_type=kind, headers=headers)


@router.post(
    "/rounds/{round_id}/freezing",
    operation_id="freeze_round",
    response_model=RoundOut,
    responses=problems(*_ON_ITS_WAY, refusals.FilerFreezes, refusals.FilingSaysOtherwise),
    summary="定案|Freeze the result",
)
async def make_freezing(
    round_id: UUID,
    payload: FreezingIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由学分银行业务员定案并编号，报备人不得定案；此后名单不再变更。

    |By an officer who did not file it; the result is numbered, and nobody changes it any more.
    """
    return await _changed(
        write,
        round_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: freezing.freeze(
            session, round_id, filing_no=payload.filing_no, actor=write.actor, tools=tools
        ),
    )


# --- reviews --------------------------------------------------------------------------------------------------------


@router.get("/progression-reviews", operation_id="list_progression_reviews", summary="复查|Reviews of frozen lists")
async def list_progression_reviews(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    closed: Annotated[bool, Query(description="包括已结束的。|Those that are closed, too.")] = False,  # noqa: FBT002
    cursor: CursorDep = None,
    limit: LimitDep = 50,
) -> ReviewPage:
    """定案后到达、会使结果不同的事实。高校只看本校的。|Facts that came after a freeze; a college sees its own."""
    college = None if Reach.ANY in actor.reach else actor.institution_id
    found = await reviews.reviews(
        session, college_id=college, closed_too=closed, after=instant_and_id(cursor), limit=limit + 1
    )
    tools = Tools(keyring, rulebook, clock.now())
    rows, following = one_page(
        found, limit=limit, key=lambda one: cursor_of(one["opened_at"].isoformat(), one["review_id"])
    )
    response.headers.update(link_to(request, following))
    return ReviewPage(items=[await review_out(session, row, tools) for row in rows], next_cursor=following)


@router.post(
    "/progression-reviews/{review_id}/closing",
    operation_id="close_progression_review",
    response_model=ReviewOut,
    responses=problems(NotFound, refusals.ReviewAlreadyClosed),
    summary="结束复查|Close a review",
)
async def make_review_closing(
    review_id: UUID,
    payload: ReviewClosingIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由高校教务员或学分银行业务员写明理由；定案的名单不变。|With a reason; the frozen list stays."""

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        await reviews.close_review(
            session, review_id, outcome=payload.outcome, words=payload.reason, actor=write.actor, tools=tools
        )
        return answer(200, await review_out(session, await reviews.one_review(session, review_id), tools))

    return await write.once(act)
