"""The page of a frozen result: who was taken enters the college under a new student number, and what came of each."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.errors import BankError
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.institutions import reading as catalogue
from creditbank.institutions.schemas import PlanSummary
from creditbank.pathways import agreement_reading
from creditbank.pathways.progressed import progressions_of
from creditbank.pathways.progressing import progress
from creditbank.pathways.progressing_schemas import PEOPLE, ProgressedOut, ProgressionsIn
from creditbank.pathways.round_reading import one_round
from creditbank.portal import rounds_shown as shown
from creditbank.portal.answering import Visit, sent_to
from creditbank.portal.desk import Fault, PostedDep, courses_of, desk_page, id_of, tools_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.records.acts import Tools

router = APIRouter(include_in_schema=False)

MOST_PLANS = 20


@router.get("/desk/rounds/{round_id}/progressions")
async def progressions_page(
    round_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """Whom the result took, and how far each has come. Raises NotFound, RoundNotFrozen, PathwayWithoutProgramme."""
    return await _page(session, visited, actor, id_of(round_id), tools=await tools_of(visited, keyring))


async def _page(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    round_id: UUID,
    *,
    tools: Tools,
    fault: Fault | None = None,
    outcomes: list[ProgressedOut] | None = None,
) -> Response:
    found = await progressions_of(session, round_id, actor=actor, keyring=tools.keyring)
    round_ = await one_round(session, round_id, actor=actor, tools=tools, outcome="taken", limit=1000)
    cohort = await agreement_reading.one_cohort(session, round_.cohort_id, actor=actor)
    return desk_page(
        visited,
        "progressions.html",
        actor,
        here=f"/desk/rounds/{round_id}/progressions",
        fault=fault,
        round=round_,
        cohort=cohort,
        found=found,
        courses=await courses_of(
            session,
            visited,
            ((cohort.college_id, one.college_course_code) for each in found.learners for one in each.courses),
        ),
        who={each.member_no: each.name for each in round_.candidates},
        said={each.member_no: each for each in outcomes or ()},
        side=shown.side_of(actor, cohort),
        plans=await _plans(session, found.pathway_id),
        most=PEOPLE,
        today=today(visited.at).isoformat(),
    )


async def _plans(session: AsyncSession, pathway_id: UUID) -> list[PlanSummary]:
    """The plans of the programme that the pathway leads to, the one published last first."""
    pathway = await agreement_reading.one_pathway(session, pathway_id)
    if pathway.college_programme_id is None:
        return []
    return await catalogue.plans(
        session, institution_id=pathway.college_id, programme_id=pathway.college_programme_id, year_of_entry=None,
        before=None, limit=MOST_PLANS,
    )  # fmt: skip


@router.post("/desk/rounds/{round_id}/progressions")
async def let_progress(round_id: str, posted: PostedDep) -> Response:
    """Each whose new student number was typed enters the college; sent again, who has entered is found entered.

    The act needs no key: naming the same people again changes nothing. Raises NotFound.
    """
    form, which = "progressions", id_of(round_id)
    numbers = [name.partition("_")[2] for name, value in posted.pairs if name.startswith("no_") and value.strip()]
    learners = [{"member_no": number, "student_no": posted.one(f"no_{number}")} for number in numbers]
    tools = await posted.tools()
    fault, outcomes = None, list[ProgressedOut]()
    try:
        said = ProgressionsIn.model_validate({**posted.said("on", "year_of_entry", "plan_id"), "learners": learners})
        _, outcomes = await progress(posted.database, which, said, actor=posted.actor, tools=tools)
    except (BankError, ValidationError) as refused:
        fault = posted.refused(form, refused)
    if fault is None and all(each.problem is None and each.claims_problem is None for each in outcomes):
        return sent_to(posted.visited, f"/desk/rounds/{which}/progressions?done={form}")
    async with posted.database.session() as session:
        return await _page(
            session, posted.visited, posted.actor, which, tools=tools, fault=fault, outcomes=outcomes
        )  # fmt: skip
