"""HTTP for what is said against claims and decisions: public notices, objections, appeals, overrides."""

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
    answer,
    cursor_of,
    instant_and_id,
    link_to,
    one_page,
    problems,
)
from creditbank.identity.writing import WriteDep
from creditbank.learners.refusals import AlreadyErased, GuardianActs
from creditbank.once import Answer
from creditbank.recognition import refusals
from creditbank.recognition.appeals import appeal, decide_appeal
from creditbank.recognition.flags import clear_flag
from creditbank.recognition.objections import decide_objection, object_to
from creditbank.recognition.overrides import confirm_override, propose_override
from creditbank.recognition.reading import (
    appeal_out,
    notices,
    objection_out,
    one_claim,
    open_appeals,
    override_out,
    proposed_overrides,
)
from creditbank.recognition.schemas import (
    AnswerIn,
    AppealAnswerIn,
    AppealIn,
    AppealOut,
    AppealPage,
    ClaimOut,
    ConfirmationIn,
    FlagClearingIn,
    NoticePage,
    ObjectionIn,
    ObjectionOut,
    OverrideIn,
    OverrideOut,
    OverridePage,
)
from creditbank.recognition.standing import see_person
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import RulebookDep

router = APIRouter(prefix="/v1", tags=["claims"])

_MAY_NOT_STAND = (
    refusals.RecordNotLive,
    refusals.CourseNotInPlan,
    refusals.MoreThanTheCourse,
    refusals.CourseAlreadyReplaced,
    refusals.ExpiryNotAhead,
)


# --- public notices and objections --------------------------------------------------------------------------------


@router.get("/public-notices", operation_id="list_public_notices", summary="公示|Claims on public notice")
async def list_public_notices(
    request: Request,
    response: Response,
    session: SessionDep,
    institution_id: Annotated[
        UUID | None, Query(description="只看某院校的。|Those of one college.", examples=[None])
    ] = None,
    cursor: CursorDep = None,
    limit: LimitDep = 50,
) -> NoticePage:
    """课程、学分和成果类型，不含个人信息。|Courses, credits and kinds of records; nobody is named."""
    found = await notices(
        session, institution_id=institution_id, after=instant_and_id(cursor), limit=limit + 1, at=clock.now()
    )
    items, following = one_page(found, limit=limit, key=lambda one: cursor_of(str(one.since_at), one.claim_id))
    response.headers.update(link_to(request, following))
    return NoticePage(items=items, next_cursor=following)


@router.post(
    "/claims/{claim_id}/objections",
    status_code=201,
    operation_id="object_to_claim",
    response_model=ObjectionOut,
    responses=problems(
        NotFound, AlreadyErased, refusals.ClaimLapsed, refusals.LineUnknown, refusals.LineNotOpen,
        refusals.ObjectedAlready,
    ),
    summary="提出异议|Object to a claim on notice",
)  # fmt: skip
async def make_objection(
    claim_id: UUID,
    payload: ObjectionIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """公示期内任何登录者均可提出一次，期限暂停至处理完毕；所写内容加密保存，不向学习者透露提出人。

    |Anybody who is signed in, once, while it is on notice; the clock stops until it is decided. What is written is
    sealed, and who wrote it is not told.
    """

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        made = await object_to(
            session, claim_id, line_no=payload.line_no, words=payload.words, actor=write.actor, tools=tools
        )
        person = await see_person(session, made.learner_id, keyring=keyring, at=tools.at)
        return answer(201, objection_out(made, person))

    return await write.once(act)


@router.post(
    "/claims/{claim_id}/objections/{objection_id}/decision",
    operation_id="decide_objection",
    response_model=ClaimOut,
    responses=problems(
        NotFound, AlreadyErased, refusals.ObjectionAlreadyDecided, refusals.OwnObjection, refusals.ClaimAlreadyDecided,
        refusals.ClaimLapsed,
    ),
    summary="处理异议|Decide an objection",
)  # fmt: skip
async def make_objection_decision(
    claim_id: UUID,
    objection_id: UUID,
    payload: AnswerIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """支持的，所涉各行不予；全部处理完毕后公示期限继续计算。|Upheld, its lines are refused; then the clock goes on."""

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        await decide_objection(
            session, claim_id, objection_id, upheld=payload.upheld, words=payload.words, actor=write.actor, tools=tools
        )
        return answer(200, await one_claim(session, claim_id, actor=write.actor, tools=tools))

    return await write.once(act)


# --- appeals ------------------------------------------------------------------------------------------------------


@router.post(
    "/claims/{claim_id}/lines/{line_no}/appeals",
    status_code=201,
    operation_id="appeal",
    response_model=AppealOut,
    responses=problems(
        NotFound, AlreadyErased, GuardianActs, refusals.LineUnknown, refusals.NothingToAppeal,
        refusals.AppealTimeIsOver, refusals.AppealPending, refusals.ReviewedAlready, refusals.DecidedByPeople,
    ),
    summary="申诉或请求人工复核|Appeal, or ask for review by a person",
)  # fmt: skip
async def make_appeal(
    claim_id: UUID,
    line_no: int,
    payload: AppealIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """申诉须在规则规定的期限内；仅由规则作出的不予，随时可请求人工复核。

    |An appeal in the time that the rules give; of what the rules alone refused a person's review may be asked any time.
    """

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        made = await appeal(
            session, claim_id, line_no, kind=payload.kind, words=payload.words, actor=write.actor, tools=tools
        )
        person = await see_person(session, made.learner_id, keyring=keyring, at=tools.at)
        return answer(201, appeal_out(made, person, at=tools.at))

    return await write.once(act)


@router.get("/appeals", operation_id="list_appeals", summary="待复核的申诉|Appeals that wait for a reviewer")
async def list_appeals(
    request: Request, response: Response, session: SessionDep, cursor: CursorDep = None, limit: LimitDep = 50
) -> AppealPage:
    """先提出的在前，逾期的标明。|The oldest first; `overdue` once their last day is over."""
    found = await open_appeals(session, after=instant_and_id(cursor), limit=limit + 1, at=clock.now())
    items, following = one_page(found, limit=limit, key=lambda one: cursor_of(str(one.raised_at), one.appeal_id))
    response.headers.update(link_to(request, following))
    return AppealPage(items=items, next_cursor=following)


@router.post(
    "/appeals/{appeal_id}/decision",
    operation_id="decide_appeal",
    response_model=AppealOut,
    responses=problems(
        NotFound, AlreadyErased, refusals.AppealAlreadyDecided, refusals.ReviewerActedBefore, *_MAY_NOT_STAND
    ),
    summary="复核结论|Decide an appeal",
)
async def make_appeal_decision(
    appeal_id: UUID,
    payload: AppealAnswerIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """复核人不得是办理过该申请的人。支持的，以例外决定授予，并向院校建议一条认定关系。

    |By nobody who acted on the claim. Upheld, it grants by an override and proposes an equivalence to the college.
    """

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        made = await decide_appeal(
            session, appeal_id, upheld=payload.upheld, words=payload.words, credits=payload.credits,
            exemption=payload.exemption, expires_on=payload.expires_on, actor=write.actor, tools=tools,
        )  # fmt: skip
        person = await see_person(session, made.learner_id, keyring=keyring, at=tools.at)
        return answer(200, appeal_out(made, person, at=tools.at))

    return await write.once(act)


# --- overrides ----------------------------------------------------------------------------------------------------


@router.post(
    "/claims/{claim_id}/lines/{line_no}/overrides",
    status_code=201,
    operation_id="propose_override",
    response_model=OverrideOut,
    responses=problems(
        NotFound, AlreadyErased, refusals.LineUnknown, refusals.LineStillOpen, refusals.OverridePending, *_MAY_NOT_STAND
    ),
    summary="例外决定|Decide a line against the rules",
)
async def make_override(
    claim_id: UUID,
    line_no: int,
    payload: OverrideIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """载明作出人、理由和失效日期，记入档案。除减少学分外，均须由另一人确认后生效。

    |With author, reason and expiry, and shown in the transcript. Only one that takes credits away holds at once; one
    that gives, keeps or prolongs them holds once a second person has agreed.
    """

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        made = await propose_override(
            session, claim_id, line_no, credits=payload.credits, exemption=payload.exemption, reason=payload.reason,
            expires_on=payload.expires_on, by=write.actor.name, tools=tools,
        )  # fmt: skip
        return answer(201, override_out(made))

    return await write.once(act)


@router.get("/overrides", operation_id="list_overrides", summary="待确认的例外决定|Overrides to be agreed to")
async def list_overrides(
    request: Request, response: Response, session: SessionDep, cursor: CursorDep = None, limit: LimitDep = 50
) -> OverridePage:
    """先提出的在前。|The oldest first."""
    found = await proposed_overrides(session, after=instant_and_id(cursor), limit=limit + 1)
    items, following = one_page(found, limit=limit, key=lambda one: cursor_of(str(one.proposed_at), one.override_id))
    response.headers.update(link_to(request, following))
    return OverridePage(items=items, next_cursor=following)


@router.post(
    "/overrides/{override_id}/confirmation",
    operation_id="confirm_override",
    response_model=OverrideOut,
    responses=problems(
        NotFound, AlreadyErased, refusals.OverrideNotProposed, refusals.SecondPersonNeeded, *_MAY_NOT_STAND
    ),
    summary="确认例外决定|Agree to an override",
)
async def make_confirmation(
    override_id: UUID,
    payload: ConfirmationIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由提出人以外的业务员确认或否决。|By another officer than the one who proposed it."""

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        made = await confirm_override(session, override_id, agreed=payload.agreed, by=write.actor.name, tools=tools)
        return answer(200, override_out(made))

    return await write.once(act)


@router.post(
    "/claims/{claim_id}/flag-clearing",
    operation_id="clear_flag",
    response_model=ClaimOut,
    responses=problems(NotFound, AlreadyErased, refusals.NothingFlagged),
    summary="复查完毕|Say that a flagged claim was looked at",
)
async def make_flag_clearing(
    claim_id: UUID,
    payload: FlagClearingIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """写明复查的结论；需改变结果的，另作例外决定。|With what was found; to change the outcome, override the line."""

    async def act(session: AsyncSession) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        await clear_flag(session, claim_id, words=payload.words, actor=write.actor, tools=tools)
        return answer(200, await one_claim(session, claim_id, actor=write.actor, tools=tools))

    return await write.once(act)
