"""The console's claims: the inbox of each hand, a claim with all that is needed to decide it, what is done there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, get_args
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep, cursor_of, instant_and_id, instant_of, keys_of, one_page
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, ActorDep, Reach
from creditbank.institutions import reading
from creditbank.institutions.plans import plan_by_id
from creditbank.learners.personal import current_name
from creditbank.learners.personal import names_of as names_of_learners
from creditbank.portal.answering import Visit
from creditbank.portal.console import console_page, may_open
from creditbank.portal.console_claims_shown import is_mine, lines_of, or_none, step_of, value_typed
from creditbank.portal.desk import (
    Fault,
    Posted,
    PostedDep,
    done_once,
    id_of,
    names_of,
    number_of,
    programme_of,
    tools_of,
)
from creditbank.portal.own_claims_shown import standings_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.recognition.appeals import decide_appeal
from creditbank.recognition.flags import clear_flag
from creditbank.recognition.hands import ENDS, Supplied, answer_step, supply
from creditbank.recognition.inboxes import HANDS_OF, waiting, waiting_for
from creditbank.recognition.objections import decide_objection
from creditbank.recognition.overrides import confirm_override, propose_override
from creditbank.recognition.reading import one_claim, open_appeals, proposed_overrides
from creditbank.recognition.schemas import (
    AnswerIn,
    AppealAnswerIn,
    ClaimOut,
    ConfirmationIn,
    FactsIn,
    FlagClearingIn,
    Hand,
    OutcomeIn,
    OverrideIn,
)
from creditbank.recognition.tables import EXEMPTIONS
from creditbank.recognition.withdrawal import withdraw_claim
from creditbank.records.acts import Tools
from creditbank.records.decisions import one_decision
from creditbank.transcripts.claimed import records_claimed

router = APIRouter(include_in_schema=False)

PAGE = 25
OVERRIDES = 50
"""Those that wait for a second person, the oldest first: each is one that an officer wrote."""
FACT = "fact_"


# --- inboxes --------------------------------------------------------------------------------------------------------


@router.get("/console/claims")
async def claims_page(actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep) -> Response:
    """The claims that wait for a hand, in the order of service; of the bank's, what is overdue first."""
    query = visited.request.query_params
    hands = _hands(actor)
    hand = query.get("hand") if query.get("hand") in hands else None
    flagged = query.get("flagged") == "1"
    after = keys_of(query.get("cursor"), int, instant_of, UUID)
    asked = waiting_for(actor, hand, flagged=flagged)
    found = await waiting(session, asked, after=after, limit=PAGE + 1, at=visited.at)
    shown, following = one_page(
        found, limit=PAGE,
        key=lambda one: cursor_of(
            0 if one.overdue else 1, str(one.flagged_at if flagged else one.served_at), one.claim_id
        ),
    )  # fmt: skip
    # That somebody of the bank looks at a person is logged, claim by claim: a list tells the bank no names.
    own = set() if Reach.ANY in actor.reach else {one.learner_id for one in shown}
    called = await names_of_learners(session, own, keyring=keyring)
    if own:
        detail = {"count": len(own)}
        await note(session, actor=actor, act="claims_seen", purpose="claim", at=visited.at, detail=detail)
    return console_page(
        visited,
        "claims.html",
        actor,
        here="/console/claims",
        claims=shown,
        called={one.learner_id: current_name([each for each in called if each.learner_id == one.learner_id],
                                             one.learner_id) for one in shown},
        versions=await reading.plan_versions(session, {one.plan_id for one in shown}),
        names=await names_of(session, visited, *(one.institution_id for one in shown)),
        nameless=Reach.ANY in actor.reach,
        hands=hands,
        hand=hand,
        flagged=flagged,
        following=following,
        first=after is None,
    )  # fmt: skip


def _hands(actor: Actor) -> list[str]:
    """The inboxes that are somebody's, for them to choose from."""
    every: tuple[str, ...] = get_args(Hand)
    if Reach.ANY in actor.reach:
        return list(every)
    mine = {hand for role in actor.roles for hand in HANDS_OF.get(role, ())}
    return [hand for hand in every if hand in mine]


# --- one claim ------------------------------------------------------------------------------------------------------


@router.get("/console/claims/{claim_id}")
async def claim_page(
    claim_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """A claim on one screen. Raises NotFound."""
    return await _claim(session, visited, actor, id_of(claim_id), tools=await tools_of(visited, keyring))


async def _claim(
    session: AsyncSession, visited: Visit, actor: Actor, claim_id: UUID, *, tools: Tools, fault: Fault | None = None
) -> Response:
    claim = await one_claim(session, claim_id, actor=actor, tools=tools)
    used = await or_none(lambda: records_claimed(session, claim, actor=actor, tools=tools))
    plan = await or_none(lambda: plan_by_id(session, claim.plan_id))
    step, mine = step_of(claim), is_mine(claim, actor)
    lines = lines_of(
        claim, used, plan, await _decided(session, claim, actor, tools), actor=actor, language=visited.language
    )
    return console_page(
        visited,
        "claim.html",
        actor,
        here=f"/console/claims/{claim_id}",
        fault=fault,
        claim=claim,
        used=used,
        plan=plan,
        programme=await programme_of(session, visited, plan),
        names=await names_of(
            session, visited, claim.institution_id, claim.made_for_id, *(one.institution_id for one in claim.steps)
        ),
        lines=lines,
        step=step,
        standings=standings_of(claim),
        mine=mine,
        outcomes=() if step is None else ENDS[step.does],
        asked=[line for line in lines if any(one.mine for one in line.lacking)] if mine else [],
        lacking=[one.called for line in lines for one in line.lacking if one.mine] if mine else [],
        objects=may_open(actor, "/console/claims/{claim_id}/objections/{objection_id}", "POST"),
        reviews="appeal_reviewer" in actor.roles,
        bank="officer" in actor.roles,
        withdraws=claim.state == "open" and claim.made_for_id is not None
        and claim.made_for_id == actor.institution_id and "registrar" in actor.roles,
        exemptions=EXEMPTIONS,
    )  # fmt: skip


async def _decided(session: AsyncSession, claim: ClaimOut, actor: Actor, tools: Tools) -> dict[Any, Any]:
    """The findings of the decisions of lines that are not open any more, as far as the reader may see them."""
    found = {}
    for line in claim.lines:
        if line.findings is None and line.decision_id is not None:
            try:
                decision = await one_decision(
                    session, line.decision_id, actor=actor, keyring=tools.keyring, rulebook=tools.rulebook, at=tools.at
                )
            except NotFound:
                continue
            found[line.decision_id] = decision.findings
    return found


async def _acted(
    posted: Posted,
    form: str,
    claim_id: UUID,
    act: Callable[[AsyncSession, Tools], Awaitable[object]],
    *,
    then: str | None = None,
    sure: bool = False,
) -> Response:
    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            tools = await posted.tools()
            return await _claim(session, posted.visited, posted.actor, claim_id, tools=tools, fault=fault)

    return await done_once(posted, form, act, then=then or f"/console/claims/{claim_id}", show=show, sure=sure)


def _lines(posted: Posted) -> list[str]:
    return posted.many("lines")


@router.post("/console/claims/{claim_id}/outcome")
async def answer_claim(claim_id: str, posted: PostedDep) -> Response:
    """A hand says what is to become of lines at its step."""
    which = id_of(claim_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = OutcomeIn.model_validate({**posted.said("outcome", "reason"), "lines": _lines(posted)})
        return await answer_step(
            session, which, posted.one("step") or "", said.outcome, lines=said.lines, reason=said.reason,
            actor=posted.actor, tools=tools,
        )  # fmt: skip

    return await _acted(posted, "con_outcome", which, act)


@router.post("/console/claims/{claim_id}/facts")
async def say_facts(claim_id: str, posted: PostedDep) -> Response:
    """A hand says what was not known; what it left empty stays unknown."""
    which = id_of(claim_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        facts = []
        for name, value in posted.pairs:
            line, _, fact = name.removeprefix(FACT).partition("_")
            if name.startswith(FACT) and value.strip():
                facts.append({"line_no": line, "fact": fact, "value": value_typed(fact, value.strip())})
        said = FactsIn.model_validate({"facts": facts})
        supplied = [Supplied(one.line_no, one.fact, one.value, one.record_id) for one in said.facts]
        return await supply(
            session, which, posted.one("step") or "", supplied, actor=posted.actor, tools=tools
        )  # fmt: skip

    return await _acted(posted, "con_facts", which, act)


@router.post("/console/claims/{claim_id}/objections/{objection_id}")
async def answer_objection(claim_id: str, objection_id: str, posted: PostedDep) -> Response:
    """An objection is upheld or dismissed; when all are, the clock goes on."""
    which, about = id_of(claim_id), id_of(objection_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = AnswerIn.model_validate(posted.said("upheld", "words"))
        return await decide_objection(
            session, which, about, upheld=said.upheld, words=said.words, actor=posted.actor, tools=tools
        )

    return await _acted(posted, f"con_objection-{about}", which, act)


@router.post("/console/claims/{claim_id}/withdrawal")
async def withdraw_class_claim(claim_id: str, posted: PostedDep) -> Response:
    """The college takes back open lines of a claim that it made."""
    which = id_of(claim_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        return await withdraw_claim(session, which, lines=None, actor=posted.actor, tools=tools)

    return await _acted(posted, "con_take_back", which, act, sure=True)


@router.post("/console/claims/{claim_id}/flag-clearing")
async def unflag(claim_id: str, posted: PostedDep) -> Response:
    """An officer says what was found of a claim that was to be looked at again."""
    which = id_of(claim_id)

    async def act(session: AsyncSession, tools: Tools) -> None:
        said = FlagClearingIn.model_validate(posted.said("words"))
        await clear_flag(session, which, words=said.words, actor=posted.actor, tools=tools)

    return await _acted(posted, "con_flag", which, act)


# --- appeals and overrides ------------------------------------------------------------------------------------------


@router.get("/console/appeals")
async def appeals_page(actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep) -> Response:
    """The appeals that wait for a reviewer and the overrides that wait for a second person, the oldest first."""
    return await _appeals(session, visited, actor)


async def _appeals(session: AsyncSession, visited: Visit, actor: Actor, fault: Fault | None = None) -> Response:
    after = instant_and_id(visited.request.query_params.get("cursor"))
    waits_after = instant_and_id(visited.request.query_params.get("overrides"))
    proposed = await proposed_overrides(session, after=waits_after, limit=OVERRIDES + 1)
    overrides, more = one_page(
        proposed, limit=OVERRIDES, key=lambda one: cursor_of(one.proposed_at.isoformat(), one.override_id)
    )  # fmt: skip
    found = await open_appeals(session, after=after, limit=PAGE + 1, at=visited.at)
    shown, following = one_page(found, limit=PAGE, key=lambda one: cursor_of(str(one.raised_at), one.appeal_id))
    return console_page(
        visited,
        "appeals.html",
        actor,
        here="/console/appeals",
        fault=fault,
        appeals=shown,
        following=following,
        first=after is None,
        overrides=overrides,
        more_overrides=more,
        first_overrides=waits_after is None,
        confirms="officer" in actor.roles,
        own=actor.name,
    )


@router.post("/console/claims/{claim_id}/appeals/{appeal_id}")
async def answer_appeal(claim_id: str, appeal_id: str, posted: PostedDep) -> Response:
    """The second reviewer decides."""
    which, about = id_of(claim_id), id_of(appeal_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        upheld = posted.one("upheld") == "true"
        given = posted.said("credits", "exemption", "expires_on") if upheld else {}
        said = AppealAnswerIn.model_validate({**posted.said("upheld", "words"), **given})
        return await decide_appeal(
            session, about, upheld=said.upheld, words=said.words, credits=said.credits, exemption=said.exemption,
            expires_on=said.expires_on, actor=posted.actor, tools=tools,
        )  # fmt: skip

    return await _acted(posted, f"con_appeal-{about}", which, act)


@router.post("/console/claims/{claim_id}/lines/{line_no}/override")
async def propose(claim_id: str, line_no: str, posted: PostedDep) -> Response:
    """An officer decides a line against the rules; another one has to agree."""
    which, number = id_of(claim_id), number_of(line_no)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = OverrideIn.model_validate(posted.said("credits", "exemption", "reason", "expires_on"))
        return await propose_override(
            session, which, number, credits=said.credits, exemption=said.exemption, reason=said.reason,
            expires_on=said.expires_on, by=posted.actor.name, tools=tools,
        )  # fmt: skip

    return await _acted(posted, f"con_override-{number}", which, act, sure=True)


@router.post("/console/overrides/{override_id}")
async def agree(override_id: str, posted: PostedDep) -> Response:
    """Another officer agrees to an override, or not."""
    which = id_of(override_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = ConfirmationIn.model_validate(posted.said("agreed"))
        return await confirm_override(session, which, agreed=said.agreed, by=posted.actor.name, tools=tools)

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _appeals(session, posted.visited, posted.actor, fault)

    return await done_once(posted, f"con_agree-{which}", act, then="/console/appeals", show=show)
