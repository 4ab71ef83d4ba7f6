"""The desk itself and the pages of agreements, notices and reviews: what is open, and what an officer does with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.http import KeyringDep, cursor_of, day_and_id, instant_and_id, one_page
from creditbank.identity.actor import Actor, ActorDep, Reach
from creditbank.pathways import agreement_reading as reading
from creditbank.pathways import cohorts, review_reading, reviews, ways
from creditbank.pathways.agreement_schemas import CohortIn, EndingIn, FilingIn, IntakeIn
from creditbank.pathways.public_notices import notices
from creditbank.pathways.round_reading import read
from creditbank.pathways.round_schemas import ReviewClosingIn
from creditbank.pathways.rounds_at_work import MOST_COHORTS, rounds_at_work
from creditbank.portal.answering import Visit
from creditbank.portal.desk import Fault, Posted, PostedDep, courses_of, desk_page, done_once, id_of, names_of, tools_of
from creditbank.portal.rounds_shown import clauses_said
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import named, speaker
from creditbank.records.acts import Tools
from creditbank.rules.pathway_lists import ROUTE

router = APIRouter(include_in_schema=False)

PAGE = 50
NOTICES = 20


# --- the desk -------------------------------------------------------------------------------------------------------


@router.get("/desk")
async def desk(actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep) -> Response:
    """What waits: rounds under way by their state, and reviews that nobody has closed."""
    tools = await tools_of(visited, keyring)
    at_work = await rounds_at_work(session, actor=actor, tools=tools)
    waiting = await review_reading.seen(session, actor=actor, closed_too=False, after=None, limit=PAGE + 1, tools=tools)
    return desk_page(
        visited,
        "desk.html",
        actor,
        here="/desk",
        at_work=sorted(at_work, key=lambda one: one[1].state not in ("filed", "settled")),
        reviews_waiting=len(waiting) if len(waiting) <= PAGE else f"{PAGE}+",
        too_many=MOST_COHORTS if len({one.cohort_id for _, one in at_work}) >= MOST_COHORTS else None,
        names=await names_of(session, visited, actor.institution_id),
        own=actor.institution_id,
        today=today(visited.at),
    )


# --- notices --------------------------------------------------------------------------------------------------------


@router.get("/desk/notices")
async def notices_page(actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep) -> Response:
    """The lists that may be objected to now, with the day on which each ends."""
    tools = await tools_of(visited, keyring)
    cursor = visited.request.query_params.get("cursor")
    rows = await notices(session, after=day_and_id(cursor), limit=NOTICES + 1, tools=tools)
    found, following = one_page(rows, limit=NOTICES, key=lambda one: cursor_of(one.since_on.isoformat(), one.round_id))
    names = await names_of(session, visited, *(one for each in found for one in (each.school_id, each.college_id)))
    return desk_page(
        visited,
        "notices.html",
        actor,
        here="/desk/notices",
        notices=found,
        names=names,
        today=today(visited.at),
        following=following,
    )


# --- reviews --------------------------------------------------------------------------------------------------------


@router.get("/desk/reviews")
async def reviews_page(actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep) -> Response:
    """Facts that came after a freeze and would have changed it; `closed` shows those that are closed, too."""
    return await _reviews(session, visited, actor, tools=await tools_of(visited, keyring))


async def _reviews(
    session: AsyncSession, visited: Visit, actor: Actor, *, tools: Tools, fault: Fault | None = None
) -> Response:
    query = visited.request.query_params
    closed_too, after = query.get("closed") == "yes", instant_and_id(query.get("cursor"))
    rows = await review_reading.seen(
        session, actor=actor, closed_too=closed_too, after=after, limit=PAGE + 1, tools=tools
    )
    found, following = one_page(rows, limit=PAGE, key=lambda one: cursor_of(one.opened_at.isoformat(), one.review_id))
    say, clauses = speaker(visited.language), dict[UUID, Mapping[str, str]]()
    for one in {each.round_id for each in found}:
        round_ = (await read(session, one)).round
        clauses[one] = clauses_said(tools.rulebook, round_.document, round_.document_version, visited.language)
    return desk_page(
        visited,
        "reviews.html",
        actor,
        here="/desk/reviews",
        fault=fault,
        reviews=found,
        clause_said=lambda one, clause: clauses[one.round_id].get(clause) or say("rank"),
        route_said=lambda word: ROUTE.shown(word, visited.language),
        closed_too=closed_too,
        following=following,
    )


@router.post("/desk/reviews/{review_id}/closing")
async def close_review(review_id: str, posted: PostedDep) -> Response:
    """Close a review with a reason; the frozen list stays."""
    which = id_of(review_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = ReviewClosingIn.model_validate(posted.said("outcome", "reason"))
        return await reviews.close_review(
            session, which, outcome=said.outcome, words=said.reason, actor=posted.actor, tools=tools
        )  # fmt: skip

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            tools = await posted.tools()
            return await _reviews(session, posted.visited, posted.actor, tools=tools, fault=fault)

    return await done_once(posted, f"review-{which}", act, then="/desk/reviews", show=show)


# --- agreements -----------------------------------------------------------------------------------------------------


@router.get("/desk/pathways")
async def pathways_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """The agreements of one's institution; of all of them for the bank."""
    query = visited.request.query_params
    after = id_of(query["after"]) if query.get("after") else None
    own = None if Reach.ANY in actor.reach else actor.institution_id
    found = await reading.pathways(session, institution=own, after=after, limit=PAGE + 1)
    names = await names_of(session, visited, *(one for each in found for one in (each.school_id, each.college_id)))
    following = found[PAGE - 1].pathway_id if len(found) > PAGE else None
    return desk_page(
        visited, "pathways.html", actor, here="/desk/pathways", pathways=found[:PAGE], names=names, following=following
    )


@router.get("/desk/pathways/{pathway_id}")
async def pathway_page(pathway_id: str, actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """An agreement, its curriculum, its intakes of each year. Raises NotFound."""
    return await _pathway(session, visited, actor, id_of(pathway_id))


async def _pathway(
    session: AsyncSession, visited: Visit, actor: Actor, pathway_id: UUID, *, fault: Fault | None = None
) -> Response:
    one = await reading.one_pathway(session, pathway_id)
    parties = [each for each in (one.school_id, one.college_id, one.enterprise_id) if each is not None]
    signed = {each.institution_id for each in one.signatures}
    mine = Reach.INSTITUTION in actor.reach and actor.institution_id in parties
    return desk_page(
        visited,
        "pathway.html",
        actor,
        here=f"/desk/pathways/{pathway_id}",
        fault=fault,
        pathway=one,
        courses=await courses_of(
            session,
            visited,
            [
                pair
                for each in one.courses
                for pair in ((one.school_id, each.school_course_code), (one.college_id, each.college_course_code))
            ],
        ),
        province=named("province", one.province, visited.language),
        parties=parties,
        signed={each.institution_id: each.at for each in one.signatures},
        names=await names_of(session, visited, *parties),
        may_sign=mine and one.state == "proposed" and actor.institution_id not in signed,
        may_form=mine and one.state == "filed" and actor.institution_id in (one.school_id, one.college_id),
        may_end=one.state in ("signed", "filed"),
        today=today(visited.at).isoformat(),
    )


async def _act(
    posted: Posted,
    pathway_id: UUID,
    form: str,
    act: Callable[[AsyncSession, Tools], Awaitable[object]],
    *,
    sure: bool = False,
) -> Response:
    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _pathway(session, posted.visited, posted.actor, pathway_id, fault=fault)

    return await done_once(posted, form, act, then=f"/desk/pathways/{pathway_id}", show=show, sure=sure)


@router.post("/desk/pathways/{pathway_id}/signature")
async def sign(pathway_id: str, posted: PostedDep) -> Response:
    """Sign for one's institution."""
    which = id_of(pathway_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        return await ways.sign(session, which, actor=posted.actor, tools=tools)

    return await _act(posted, which, "signature", act, sure=True)


@router.post("/desk/pathways/{pathway_id}/filing")
async def file_pathway(pathway_id: str, posted: PostedDep) -> Response:
    """File an agreement, as the rules allow."""
    which = id_of(pathway_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = FilingIn.model_validate(posted.said("filing_no"))
        return await ways.file(session, which, filing_no=said.filing_no, actor=posted.actor, tools=tools)

    return await _act(posted, which, "pathway_filing", act, sure=True)


@router.post("/desk/pathways/{pathway_id}/end")
async def end_pathway(pathway_id: str, posted: PostedDep) -> Response:
    """Nothing new stands on it from a day."""
    which = id_of(pathway_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = EndingIn.model_validate(posted.said("on", "because"))
        return await ways.end(session, which, because=said.because, on=said.on, actor=posted.actor, tools=tools)

    return await _act(posted, which, "ending", act, sure=True)


@router.post("/desk/pathways/{pathway_id}/intakes")
async def post_intake(pathway_id: str, posted: PostedDep) -> Response:
    """A year's places."""
    which = id_of(pathway_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        names = ("year", "quota", "progression_quota", "notice_no", "published_on", "source")
        said = IntakeIn.model_validate(posted.said(*names))
        return await ways.post_intake(session, which, said.model_dump(), actor=posted.actor, tools=tools)

    return await _act(posted, which, "intake", act)


@router.post("/desk/pathways/{pathway_id}/intakes/{intake_id}/cohorts")
async def form_cohort(pathway_id: str, intake_id: str, posted: PostedDep) -> Response:
    """A cohort for the places of an intake."""
    which, intake = id_of(pathway_id), id_of(intake_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = CohortIn.model_validate(posted.said("name", "year_of_entry", "class_size"))
        return await cohorts.form(session, intake, said.model_dump(), actor=posted.actor, tools=tools)

    return await _act(posted, which, f"cohort-{intake}", act)
