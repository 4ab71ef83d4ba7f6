"""HTTP for claims: made by a learner, read, withdrawn, contested, and what hands do with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep, Transaction
from creditbank.errors import Language, NotFound
from creditbank.http import (
    CursorDep,
    KeyringDep,
    LanguageDep,
    LimitDep,
    PageDep,
    ShortWay,
    answer,
    cursor_of,
    instant_of,
    keys_of,
    language_of,
    link_to,
    one_page,
    problems,
)
from creditbank.identity.actor import Actor, ActorDep
from creditbank.identity.writing import Write, WriteDep, short_write
from creditbank.learners.families import family_of
from creditbank.learners.guardians import must_act_for
from creditbank.learners.refusals import AccountClosed, AlreadyErased, GuardianActs
from creditbank.once import Answer
from creditbank.recognition import refusals
from creditbank.recognition.claiming import Made, claim, wanted
from creditbank.recognition.contesting import contest
from creditbank.recognition.hands import Supplied, answer_step, supply
from creditbank.recognition.inboxes import waiting, waiting_for
from creditbank.recognition.opening import Opened
from creditbank.recognition.reading import claims_of, one_claim, shown
from creditbank.recognition.schemas import (
    ClaimIn,
    ClaimOut,
    ClaimPage,
    EvidenceIn,
    FactsIn,
    Hand,
    OutcomeIn,
    WithdrawalOfLinesIn,
)
from creditbank.recognition.withdrawal import give_up, withdraw_claim
from creditbank.records.acts import Tools
from creditbank.rules import Rulebook
from creditbank.rules.dependencies import RulebookDep, rulebook_of
from creditbank.sealing import Keyring

router = APIRouter(prefix="/v1", tags=["claims"], route_class=ShortWay)

FlaggedDep = Annotated[bool, Query(description="只看需要复查的。|Those that people should look at again.")]

_NOT_MADE = (
    NotFound,
    AccountClosed,
    AlreadyErased,
    GuardianActs,
    refusals.PlanNotOfTheLearner,
    refusals.CourseNotInPlan,
    refusals.CourseClaimedTwice,
)
_ON_ITS_WAY = (NotFound, AlreadyErased, refusals.ClaimAlreadyDecided, refusals.ClaimLapsed, refusals.LineUnknown)
_OF_A_HAND = (
    *_ON_ITS_WAY,
    refusals.NotThisHandsTurn,
    refusals.StepTimeIsOver,
    refusals.StepIsStopped,
    refusals.LineNotOpen,
)


@router.post(
    "/learners/{learner_id}/claims",
    status_code=201,
    operation_id="make_claim",
    response_model=ClaimOut,
    responses=problems(*_NOT_MADE),
    summary="提出转换申请|Claim that records count for courses",
)
async def make_claim(
    learner_id: UUID,
    payload: ClaimIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """逐行按规则认定：确定不符的当即不予并说明理由，其余按规则规定的步骤办理；没有步骤的当即认定。

    |Each line is decided by the rules: refused at once where it fails for certain, with the reasons; the rest goes
    through the hands that the rules name, or is decided at once where they name none.
    """
    return await _make(write, learner_id, payload, keyring, rulebook, language)


async def _claim_short(request: Request) -> Response | None:
    """A well-formed claim without anything unusual about it."""
    write = await short_write(request)
    if write is None:
        return None
    try:
        learner_id, payload = UUID(request.path_params["learner_id"]), ClaimIn.model_validate_json(await request.body())
    except ValueError:
        return None
    keyring, rulebook = request.app.state.keyring, await rulebook_of(request)
    return await _make(write, learner_id, payload, keyring, rulebook, language_of(request))


make_claim.short = _claim_short  # type: ignore[attr-defined]


async def _make(
    write: Write, learner_id: UUID, payload: ClaimIn, keyring: Keyring, rulebook: Rulebook, language: Language
) -> Response:
    async def act(session: Transaction) -> Answer:
        tools = Tools(keyring, rulebook, clock.now(), language)
        family = await family_of(session, learner_id)
        await must_act_for(session, write.actor, family, at=tools.at, keyring=tools.keyring)
        made = await claim(
            session, learner_id, payload.plan_id, wanted(payload.lines), by=write.actor.name, tools=tools, family=family
        )
        return answer(201, await _made(session, made, write.actor, tools))

    return await write.once_bare(act)


async def _made(session: Transaction, made: Made, actor: Actor, tools: Tools) -> ClaimOut:
    opened = Opened(made.person, made.claim, made.lines, made.conversions)
    return await shown(session, made.claim, opened, made.judged, see="all", actor=actor, at=tools.at, acts=made.acts)


@router.get(
    "/learners/{learner_id}/claims",
    operation_id="list_claims_of_learner",
    responses=problems(NotFound),
    summary="学习者的申请|A learner's claims",
)
async def list_claims_of_learner(
    learner_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    page: PageDep,
) -> ClaimPage:
    """最新的在前；院校只看本校方案的申请。|The newest first; a college sees those of its own plans."""
    found = await claims_of(
        session, learner_id, actor=actor, tools=Tools(keyring, rulebook, clock.now()), before=page.after(UUID),
        limit=page.asked,
    )  # fmt: skip
    items, following = page.cut(found, key=lambda one: one.claim_id)
    return ClaimPage(items=items, next_cursor=following)


@router.get(
    "/claims",
    operation_id="list_claims",
    summary="待办的申请|Claims that wait for a hand",
)
async def list_claims(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: ActorDep,
    hand: Annotated[
        Hand | None,
        Query(
            alias="waiting_for",
            description="待谁办理；不填则为本人各项待办。|Whose inbox; all of the caller's own if left out.",
        ),
    ] = None,
    flagged: FlaggedDep = False,  # noqa: FBT002
    cursor: CursorDep = None,
    limit: LimitDep = 50,
) -> ClaimPage:
    """按送达先后；学分银行的，逾期的在前。

    |In the order in which they were served; of the bank's, what is overdue first.
    """
    asked = waiting_for(actor, hand, flagged=flagged)
    found = await waiting(session, asked, after=keys_of(cursor, int, instant_of, UUID), limit=limit + 1, at=clock.now())
    items, following = one_page(
        found, limit=limit,
        key=lambda one: cursor_of(
            0 if one.overdue else 1, str(one.flagged_at if flagged else one.served_at), one.claim_id
        ),
    )  # fmt: skip
    response.headers.update(link_to(request, following))
    return ClaimPage(items=items, next_cursor=following)


@router.get(
    "/claims/{claim_id}",
    operation_id="read_claim",
    responses=problems(NotFound),
    summary="查询一份申请|A claim with its lines and history",
)
async def read_one_claim(
    claim_id: UUID,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> ClaimOut:
    """学习者、监护人、院校和学分银行看全部；发证机构只看待其核验的行。

    |The learner, a guardian, the college and the bank see all; a certificate body the lines that it verifies.
    """
    return await one_claim(session, claim_id, actor=actor, tools=Tools(keyring, rulebook, clock.now(), language))


async def changed(
    write: Write,
    claim_id: UUID,
    tools: Callable[[], Tools],
    act: Callable[[AsyncSession, Tools], Awaitable[object]],
    *,
    status: int = 200,
) -> Response:
    """Do an act on a claim once, and answer with the claim as it is then."""

    async def once(session: AsyncSession) -> Answer:
        now = tools()
        await act(session, now)
        return answer(status, await one_claim(session, claim_id, actor=write.actor, tools=now))

    return await write.once(once)


@router.post(
    "/claims/{claim_id}/withdrawal",
    operation_id="withdraw_claim",
    response_model=ClaimOut,
    responses=problems(*_ON_ITS_WAY, GuardianActs, refusals.LineNotOpen),
    summary="撤回申请或若干行|Take back a claim or lines of it",
)
async def make_withdrawal(
    claim_id: UUID,
    payload: WithdrawalOfLinesIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """只能撤回未办结的行，所占成果和学分余额随即释放。|Open lines only; what they held is free at once."""
    return await changed(
        write,
        claim_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: withdraw_claim(session, claim_id, lines=payload.lines, actor=write.actor, tools=tools),
    )


@router.post(
    "/claims/{claim_id}/lines/{line_no}/giving-up",
    operation_id="give_up_conversion",
    response_model=ClaimOut,
    responses=problems(
        NotFound,
        AlreadyErased,
        GuardianActs,
        refusals.LineUnknown,
        refusals.ConversionDoesNotStand,
        refusals.DiplomaStandsOnConversion,
    ),
    summary="放弃已认定的转换|Give up a conversion that was granted",
)
async def give_up_conversion(
    claim_id: UUID,
    line_no: int,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """自今日起失效，所用成果和余额可另作他用；此前的档案不变。|It ends today; until then it stood."""
    return await changed(
        write,
        claim_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: give_up(session, claim_id, line_no, actor=write.actor, tools=tools),
    )


@router.post(
    "/claims/{claim_id}/steps/{step}/outcome",
    operation_id="answer_step",
    response_model=ClaimOut,
    responses=problems(*_OF_A_HAND, refusals.NotForThisStep, refusals.RefusalNeedsReason, refusals.FactsStillMissing),
    summary="办理一步|Say what is to become of lines at a step",
)
async def make_outcome(
    claim_id: UUID,
    step: str,
    payload: OutcomeIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """由申请现在所在的经办者办理。各行都有意见后进入下一步；最后一步之后按规则再次认定并记账。

    |By the hand in which the claim lies. Once each line has an answer the claim goes on; after the last step the rules
    decide again, and what is granted is posted.
    """
    return await changed(
        write,
        claim_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: answer_step(
            session, claim_id, step, payload.outcome, lines=payload.lines, reason=payload.reason, actor=write.actor,
            tools=tools,
        ),
    )  # fmt: skip


@router.post(
    "/claims/{claim_id}/steps/{step}/facts",
    operation_id="supply_facts",
    response_model=ClaimOut,
    responses=problems(*_OF_A_HAND, refusals.FactNotOfThisHand, refusals.FactNotMissing, refusals.FactUnreadable),
    summary="补充未知的事实|Say facts that are not known",
)
async def make_facts(
    claim_id: UUID,
    step: str,
    payload: FactsIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """只能补充应由本经办者提供、且尚未知的事实；记明谁在何时所说，规则随即再看。

    |Only what is unknown and for this hand to say, with who said it and when; the rules look again at once.
    """
    facts = [Supplied(one.line_no, one.fact, one.value, one.record_id) for one in payload.facts]
    return await changed(
        write,
        claim_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: supply(session, claim_id, step, facts, actor=write.actor, tools=tools),
    )


@router.post(
    "/claims/{claim_id}/lines/{line_no}/evidence",
    operation_id="contest_verification",
    response_model=ClaimOut,
    responses=problems(*_ON_ITS_WAY, GuardianActs, refusals.NothingToContest),
    summary="对核验不通过举证|Contest a failed verification",
)
async def make_evidence(
    claim_id: UUID,
    line_no: int,
    payload: EvidenceIn,
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> Response:
    """在举证期内提交，由学分银行判定；逾期未举证的行不予。

    |In the time for it; the bank decides then. A line that nobody contests is refused.
    """
    return await changed(
        write,
        claim_id,
        lambda: Tools(keyring, rulebook, clock.now(), language),
        lambda session, tools: contest(
            session, claim_id, line_no, evidence=payload.evidence, actor=write.actor, tools=tools
        ),
    )
