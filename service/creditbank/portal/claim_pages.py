"""A learner's claims: the list, each with its clocks, a line with its decision, and every act that is the learner's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.credits import format_credits
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.institutions.plans import plan_by_id
from creditbank.institutions.schemas import PlanOut
from creditbank.portal.answering import Visit
from creditbank.portal.desk import (
    Fault,
    Posted,
    PostedDep,
    desk_page,
    done_once,
    id_of,
    names_of,
    number_of,
    programme_of,
    tools_of,
)
from creditbank.portal.own_claims_shown import claim_shown, state_of, turning_shown, where_it_is
from creditbank.portal.rounds_shown import Gate, gates_shown
from creditbank.portal.story_shown import Source
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.whose import Whose, WhoseDep, back_to, whose_of_form, whose_page
from creditbank.portal.worth_pages import said_of_learner
from creditbank.portal.worth_shown import records_named
from creditbank.recognition.appeals import appeal
from creditbank.recognition.contesting import contest
from creditbank.recognition.reading import claims_of, one_claim
from creditbank.recognition.schemas import AppealIn, ClaimOut, EvidenceIn, WithdrawalOfLinesIn
from creditbank.recognition.withdrawal import give_up, withdraw_claim
from creditbank.records.acts import Tools
from creditbank.records.decisions import one_decision

router = APIRouter(include_in_schema=False)

PAGE = 30


# --- reading --------------------------------------------------------------------------------------------------------


@router.get("/my/claims")
async def claims_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """The newest first, each with where it is and until when."""
    if whose.learner_id is None:
        return whose_page(visited, actor, whose)
    before, tools = visited.request.query_params.get("before"), await tools_of(visited, keyring)
    found = await claims_of(
        session, whose.certain, actor=actor, tools=tools, before=id_of(before) if before else None, limit=PAGE + 1
    )
    shown = found[:PAGE]
    names = await names_of(session, visited, *(each.institution_id for each in shown))
    return desk_page(
        visited,
        "worth/claims.html",
        actor,
        here=whose.at("/my/claims"),
        whose=whose,
        claims=[(each, state_of(each), where_it_is(each, names, visited.language)) for each in shown],
        names=names,
        following=shown[-1].claim_id if len(found) > PAGE else None,
        today=today(visited.at),
    )


@router.get("/my/claims/{claim_id}")
async def claim_page(
    claim_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """One claim: its hands and clocks, its lines with what became of each, and what can be done. Raises NotFound."""
    return await _claim(session, visited, actor, whose, id_of(claim_id), tools=await tools_of(visited, keyring))


async def _claim(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    whose: Whose,
    claim_id: UUID,
    *,
    tools: Tools,
    line_no: int | None = None,
    fault: Fault | None = None,
) -> Response:
    """The page of a claim, or that of one line of it with its decision."""
    claim = await one_claim(session, claim_id, actor=actor, tools=tools)
    plan = await _plan(session, claim)
    said = await said_of_learner(session, actor, claim.learner_id, keyring=tools.keyring, visited=visited)
    bodies = [each.institution_id for each in claim.steps]
    names = await names_of(session, visited, claim.institution_id, *bodies)
    on, language = today(tools.at), tools.language
    records = records_named(said, language)
    shown = claim_shown(claim, plan, records, names, tools.rulebook, language, on=on)
    here = f"/my/claims/{claim_id}" if line_no is None else f"/my/claims/{claim_id}/lines/{line_no}"
    line = next((each for each in shown.lines if each.no == line_no), None)
    if line_no is not None and line is None:
        raise NotFound
    decision, gates, sources = None, list[Gate](), list[Source]()
    changes, room = list[list[str]](), list[str]()
    if line is not None and line.decision_id is not None:
        decision = await one_decision(
            session, line.decision_id, actor=actor, keyring=tools.keyring, rulebook=tools.rulebook, at=tools.at
        )
        gates, sources = gates_shown(decision, tools.rulebook, language)
        gates.sort(key=lambda each: each.standing not in ("not_met", "refer"))
        courses = {} if plan is None else {each.course_code: each.name for each in plan.courses}
        changes, room = turning_shown(decision, language, courses)
    return desk_page(
        visited,
        "worth/claim.html" if line is None else "worth/line.html",
        actor,
        here=whose.at(here),
        fault=fault,
        whose=whose,
        claim=claim,
        shown=shown,
        line=line,
        decision=decision,
        gates=gates,
        sources=sources,
        changes=changes,
        room=room,
        college=names.get(claim.institution_id, ""),
        plan=plan,
        programme=await programme_of(session, visited, plan),
        today=on,
        credits=format_credits,
    )


async def _plan(session: AsyncSession, claim: ClaimOut) -> PlanOut | None:
    try:
        return await plan_by_id(session, claim.plan_id)
    except NotFound:
        return None


@router.get("/my/claims/{claim_id}/lines/{line_no}")
async def line_page(
    claim_id: str,
    line_no: str,
    actor: ActorDep,
    session: SessionDep,
    keyring: KeyringDep,
    visited: AtHomeDep,
    whose: WhoseDep,
) -> Response:
    """One line: every reason with its source, what would turn a refusal, and the ways against it. Raises NotFound."""
    tools = await tools_of(visited, keyring)
    return await _claim(session, visited, actor, whose, id_of(claim_id), tools=tools, line_no=number_of(line_no))


# --- acts -----------------------------------------------------------------------------------------------------------

Acting = Callable[[AsyncSession, UUID, Tools], Awaitable[object]]


async def _act(
    posted: Posted, claim_id: str, form: str, act: Acting, *, line_no: int | None = None, sure: bool = False
) -> Response:
    """An act on a claim by its form; the page that has the form again, with the refusal, if it was refused."""
    claim = id_of(claim_id)
    here = f"/my/claims/{claim}" if line_no is None else f"/my/claims/{claim}/lines/{line_no}"

    async def acted(session: AsyncSession, tools: Tools) -> object:
        return await act(session, claim, tools)

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            tools, whose = await posted.tools(), await whose_of_form(session, posted)
            return await _claim(
                session, posted.visited, posted.actor, whose, claim, tools=tools, line_no=line_no, fault=fault
            )

    return await done_once(posted, form, acted, then=back_to(posted, here), show=show, sure=sure)


@router.post("/my/claims/{claim_id}/withdrawal")
async def withdraw(claim_id: str, posted: PostedDep) -> Response:
    """Take back what is open: all of it, or the lines that were ticked."""

    async def act(session: AsyncSession, claim: UUID, tools: Tools) -> object:
        ticked = posted.many("lines")
        said = WithdrawalOfLinesIn.model_validate({"lines": ticked or None})
        return await withdraw_claim(session, claim, lines=said.lines, actor=posted.actor, tools=tools)

    return await _act(posted, claim_id, "claim_withdrawal", act, sure=True)


@router.post("/my/claims/{claim_id}/lines/{line_no}/giving-up")
async def give_up_line(claim_id: str, line_no: str, posted: PostedDep) -> Response:
    """Give up a conversion that was granted."""
    number = number_of(line_no)

    async def act(session: AsyncSession, claim: UUID, tools: Tools) -> object:
        return await give_up(session, claim, number, actor=posted.actor, tools=tools)

    return await _act(posted, claim_id, "conversion_giving_up", act, line_no=number, sure=True)


@router.post("/my/claims/{claim_id}/lines/{line_no}/evidence")
async def bring_evidence(claim_id: str, line_no: str, posted: PostedDep) -> Response:
    """Evidence against a verification that failed."""
    number = number_of(line_no)

    async def act(session: AsyncSession, claim: UUID, tools: Tools) -> object:
        said = EvidenceIn.model_validate(posted.said("evidence"))
        return await contest(session, claim, number, evidence=said.evidence, actor=posted.actor, tools=tools)

    return await _act(posted, claim_id, "evidence", act, line_no=number)


@router.post("/my/claims/{claim_id}/lines/{line_no}/appeals")
async def raise_appeal(claim_id: str, line_no: str, posted: PostedDep) -> Response:
    """Appeal, or ask that a person look at what the rules alone refused."""
    number = number_of(line_no)
    form = "human_review" if posted.one("kind") == "human_review" else "appeal"

    async def act(session: AsyncSession, claim: UUID, tools: Tools) -> object:
        said = AppealIn.model_validate(posted.said("kind", "words"))
        return await appeal(
            session, claim, number, kind=said.kind, words=said.words, actor=posted.actor, tools=tools
        )  # fmt: skip

    return await _act(posted, claim_id, form, act, line_no=number)
