"""What records are worth: a plan is chosen, the best allocation shown, and what is ticked there is claimed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args
from uuid import UUID

import orjson
from fastapi import APIRouter, Response
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.credits import format_credits
from creditbank.db import Database, DatabaseDep, SessionDep
from creditbank.errors import BankError, NotFound
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.institutions import reading
from creditbank.institutions.plans import plan_by_id
from creditbank.institutions.reference_schemas import StandardOut
from creditbank.institutions.schemas import PlanOut
from creditbank.learners.families import family_of
from creditbank.learners.guardians import must_act_for
from creditbank.learners.sight import allowed_to_see
from creditbank.portal.answering import Visit
from creditbank.portal.desk import Fault, Posted, PostedDep, desk_page, done_once, id_of, names_of, programme_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.whose import Whose, WhoseDep, learner_of_form, whose_of_form, whose_page
from creditbank.portal.words import named
from creditbank.portal.worth_shown import records_named, worth_shown
from creditbank.recognition.allocation_schemas import AllocationIn, AllocationOut, HypotheticalIn
from creditbank.recognition.allocation_solving import best_of
from creditbank.recognition.claiming import claim, wanted
from creditbank.recognition.progress import progress_of
from creditbank.recognition.schemas import ClaimIn, LineIn, Wants
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import rulebook_of
from creditbank.sealing import Keyring
from creditbank.transcripts.service import Asked, transcript

router = APIRouter(include_in_schema=False)

MOST = 500
"""Institutions, programmes and standards of one list: more are not in the bank's city."""
TEACHING = ("secondary_vocational", "technician_college", "higher_vocational", "applied_university")
IMAGINED = ("1", "2", "3")
"""Certificates that may be thought of at once on the page."""


# --- which plan -----------------------------------------------------------------------------------------------------


@router.get("/my/worth")
async def worth_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """The plans of one's own enrolments, and those of every other college, to choose from."""
    if whose.learner_id is None:
        return whose_page(visited, actor, whose)
    at, on = visited.at, today(visited.at)
    await allowed_to_see(session, actor, whose.certain, at=at, keyring=keyring)
    progress = await progress_of(
        session, whose.certain, await family_of(session, whose.certain), rulebook=await rulebook_of(visited.request),
        keyring=keyring, at=at, on=on,
    )  # fmt: skip
    query = visited.request.query_params
    college = id_of(query["college"]) if query.get("college") else None
    programme = id_of(query["programme"]) if college is not None and query.get("programme") else None
    every = await reading.institutions(session, on=on, kind=None, after=None, limit=MOST)
    return desk_page(
        visited,
        "worth/choose.html",
        actor,
        here=whose.at("/my/worth"),
        whose=whose,
        plans=[each for each in progress.plans if each.plan_id is not None],
        colleges=[each for each in every if each.kind in TEACHING],
        college=college,
        programme=programme,
        credits=format_credits,
        programmes=(
            []
            if college is None
            else await reading.programmes(session, institution_id=college, on=on, after=None, limit=MOST)
        ),
        choices=(
            []
            if college is None or programme is None
            else await reading.plans(
                session, institution_id=college, programme_id=programme, year_of_entry=None, before=None, limit=MOST
            )
        ),
    )


# --- what it is worth there -------------------------------------------------------------------------------------------


@router.get("/my/worth/{plan_id}")
async def plan_worth_page(
    plan_id: str, actor: ActorDep, database: DatabaseDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """The best allocation for a plan, also with certificates that are only thought of. Raises NotFound."""
    if whose.learner_id is None:
        return whose_page(visited, actor, whose)
    return await _worth(database, visited, actor, whose, id_of(plan_id), keyring=keyring)


async def _worth(
    database: Database,
    visited: Visit,
    actor: Actor,
    whose: Whose,
    plan_id: UUID,
    *,
    keyring: Keyring,
    fault: Fault | None = None,
) -> Response:
    on, language, learner_id = today(visited.at), visited.language, whose.certain
    async with database.session() as session:
        plan = await plan_by_id(session, plan_id)
        standards = await reading.standards(session, on=on, after=None, limit=MOST)
        said = await said_of_learner(session, actor, learner_id, keyring=keyring, visited=visited)
        names = await names_of(session, visited, plan.institution_id)
        programme = await programme_of(session, visited, plan)
        may_claim = await _acts_for(session, actor, learner_id, keyring=keyring, visited=visited)
    imagined = _imagined(visited, standards)
    found, problem = await _best(database, visited, actor, learner_id, plan, imagined, keyring=keyring)
    records = records_named(said, language, [_title(each, standards) for each in imagined])
    return desk_page(
        visited,
        "worth/plan.html",
        actor,
        here=whose.at(f"/my/worth/{plan_id}"),
        fault=fault,
        whose=whose,
        plan=plan,
        college=names.get(plan.institution_id, ""),
        programme=programme,
        found=found,
        worth=None if found is None else worth_shown(found, plan, records, language),
        problem=problem,
        may_claim=may_claim,
        mine=[(key, each) for key, each in records.items() if each.record_id is not None],
        courses=sorted(plan.courses, key=lambda one: one.course_code),
        wants=get_args(Wants),
        levels=[(each.code, each.name, [(one.level, named("certificate_level", one.level, language))
                                        for one in each.levels]) for each in standards],
        asked=[visited.request.query_params.get(f"certificate_{place}", "") for place in IMAGINED],
        thought_of=len(imagined),
        credits=format_credits,
    )  # fmt: skip


async def _best(
    database: Database,
    visited: Visit,
    actor: Actor,
    learner_id: UUID,
    plan: PlanOut,
    imagined: Sequence[HypotheticalIn],
    *,
    keyring: Keyring,
) -> tuple[AllocationOut | None, str]:
    """The allocation and why what was thought of is not in it; none where it cannot be made, and why."""
    rulebook = await rulebook_of(visited.request)
    said = AllocationIn(plan_id=plan.plan_id, objective="credits", record_ids=None, hypothetical=list(imagined))
    try:
        found = await best_of(database, actor, learner_id, said, keyring=keyring, rulebook=rulebook, at=visited.at)
    except BankError as refused:
        if isinstance(refused, NotFound) or refused.status in (429, 503):
            raise
        if not imagined:
            return None, refused.sentence(visited.language)
        bare, _ = await _best(database, visited, actor, learner_id, plan, (), keyring=keyring)
        return bare, refused.sentence(visited.language)
    return found, ""


def _imagined(visited: Visit, standards: Sequence[StandardOut]) -> list[HypotheticalIn]:
    """The certificates that were chosen to be thought of; what no list offers is left out."""
    offered = {f"{each.code}|{one.level}": (each.code, one.level) for each in standards for one in each.levels}
    asked = [visited.request.query_params.get(f"certificate_{place}", "") for place in IMAGINED]
    return [
        HypotheticalIn(kind="certificate", standard=offered[one][0], level=offered[one][1])
        for one in asked
        if one in offered
    ]


def _title(one: HypotheticalIn, standards: Sequence[StandardOut]) -> str:
    return next((each.name for each in standards if each.code == one.standard), one.standard or "")


async def said_of_learner(
    session: AsyncSession, actor: Actor, learner_id: UUID, *, keyring: Keyring, visited: Visit
) -> dict[str, Any]:
    """The transcript, which says what records are called. Raises NotFound."""
    await allowed_to_see(session, actor, learner_id, at=visited.at, keyring=keyring)
    whole = Asked(language=visited.language)
    body = await transcript(session, learner_id, whole, reported_by=None, keyring=keyring, at=visited.at)
    found: dict[str, Any] = orjson.loads(body)
    return found


async def _acts_for(session: AsyncSession, actor: Actor, learner_id: UUID, *, keyring: Keyring, visited: Visit) -> bool:
    """Whether whoever reads may claim: a child under fourteen reads, its guardian claims."""
    try:
        await must_act_for(session, actor, await family_of(session, learner_id), at=visited.at, keyring=keyring)
    except BankError:
        return False
    return True


# --- claiming ---------------------------------------------------------------------------------------------------------


@router.post("/my/worth/{plan_id}/claims")
async def claim_by_form(plan_id: str, posted: PostedDep) -> Response:
    """Claim what was ticked in the best allocation, or one line put together by hand; then to the claim's page."""
    plan = id_of(plan_id)
    form = "byhand" if posted.one("course_code") or posted.many("record_ids") else "claiming"
    learner_id = learner_of_form(posted)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = ClaimIn.model_validate({"plan_id": plan, "lines": _lines(posted)})
        family = await family_of(session, learner_id)
        await must_act_for(session, posted.actor, family, at=tools.at, keyring=tools.keyring)
        made = await claim(
            session, learner_id, said.plan_id, wanted(said.lines), by=posted.actor.name, tools=tools, family=family
        )
        rest = "" if learner_id == posted.actor.learner_id else f"?learner={learner_id}"
        return f"/my/claims/{made.claim.claim_id}{rest}"

    async def show(fault: Fault) -> Response:
        keyring = posted.state.keyring
        async with posted.database.session() as session:
            whose = await whose_of_form(session, posted)
        return await _worth(
            posted.database, posted.visited, posted.actor, whose, plan, keyring=keyring, fault=fault
        )  # fmt: skip

    return await done_once(posted, form, act, then=None, show=show)


def _lines(posted: Posted) -> list[dict[str, Any]]:
    """The ticked lines as the page offered them, or the one that was put together. Raises ValidationError."""
    if posted.one("course_code") or posted.many("record_ids"):
        return [{"record_ids": posted.many("record_ids"), **posted.said("course_code", "wants")}]
    return [_line(value) for value in posted.many("line")]


def _line(value: str) -> dict[str, Any]:
    try:
        return LineIn.model_validate_json(value).model_dump()
    except ValidationError:
        raise NotFound from None
