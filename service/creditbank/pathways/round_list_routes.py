"""HTTP for the list of a round: published, objected to, filed, frozen."""

from __future__ import annotations

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
    day_and_id,
    link_to,
    one_page,
    problems,
)
from creditbank.identity.actor import ActorDep
from creditbank.identity.writing import WriteDep
from creditbank.learners.refusals import AlreadyErased
from creditbank.once import Answer
from creditbank.pathways import filing, freezing, noticing
from creditbank.pathways import round_refusals as refusals
from creditbank.pathways.acting import runs
from creditbank.pathways.public_notices import notices
from creditbank.pathways.round_reading import read
from creditbank.pathways.round_routes import ON_ITS_WAY, changed
from creditbank.pathways.round_schemas import (
    FreezingIn,
    ObjectedOut,
    RoundAnswerIn,
    RoundNoticeOut,
    RoundNoticePage,
    RoundObjectionIn,
    RoundOut,
)
from creditbank.recognition.refusals import ObjectionAlreadyDecided, OwnObjection
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import RulebookDep

router = APIRouter(prefix="/v1", tags=["rounds"])


# --- on notice ------------------------------------------------------------------------------------------------------


@router.post(
    "/rounds/{round_id}/notice",
    operation_id="publish_round",
    response_model=RoundOut,
    responses=problems(*ON_ITS_WAY, refusals.CandidatesUnknown, refusals.TieUndecided),
    summary="公示|Put the list on public notice",
)
async def make_notice(
    round_id: UUID, write: WriteDep, keyring: KeyringDep, rulebook: RulebookDep, language: LanguageDep
) -> Response:
    """按规则规定的工作日公示；拟录取名单有变的，须重新公示。

    |For the document's working days; if who is taken changes, a new full notice follows.
    """
    return await changed(
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
    found = await notices(session, college_id=college_id, after=day_and_id(cursor), limit=limit + 1, tools=tools)
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
        *ON_ITS_WAY, AlreadyErased, ObjectionAlreadyDecided, OwnObjection, refusals.UpheldChangesNothing
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
    return await changed(
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
    responses=problems(*ON_ITS_WAY, refusals.ObjectionsOpen),
    summary="报备|File the list",
)
async def make_filing(
    round_id: UUID, write: WriteDep, keyring: KeyringDep, rulebook: RulebookDep, language: LanguageDep
) -> Response:
    """公示期满且无未处理异议后，按规则所列的栏目生成名单，记下其摘要。

    |After the notice, with the columns that the document lists; the digest of the sheet is kept.
    """
    return await changed(
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
    responses=problems(*ON_ITS_WAY, refusals.FilerFreezes, refusals.FilingSaysOtherwise),
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

    |By an officer who had no hand in it; the result is numbered, and nobody changes it any more.
    """
    return await changed(
        write,
        round_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: freezing.freeze(
            session, round_id, filing_no=payload.filing_no, actor=write.actor, tools=tools
        ),
    )
