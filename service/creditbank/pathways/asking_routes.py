"""HTTP for asking: which pathways are open to a learner, how far they are on one, and what if."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from creditbank import clock
from creditbank.days import Day
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep, LanguageDep, ShortWay, language_of, problems
from creditbank.identity.actor import ActorDep, Reach, asking
from creditbank.pathways import asking_refusals as refusals
from creditbank.pathways import told
from creditbank.pathways.asking_schemas import SupposedIn, WayList, WayOut
from creditbank.pathways.statement_refusals import NoPointsForResult, PointsAboveFull
from creditbank.records.acts import Tools
from creditbank.records.refusals import LearnerErased
from creditbank.rules.dependencies import RulebookDep, rulebook_of

router = APIRouter(prefix="/v1/learners/{learner_id}/pathways", tags=["pathways"], route_class=ShortWay)

OnQuery = Annotated[
    Day | None,
    Query(description="哪一天，默认今天；可以是将来。|On which day, today if not said; a day to come is one too."),
]
_ASKED = (NotFound, refusals.DayOutOfReach, LearnerErased)


@router.get(
    "",
    operation_id="list_pathways_of_learner",
    responses=problems(*_ASKED),
    summary="学习者可走的通道|The pathways that are open to a learner",
)
async def list_pathways_of_learner(
    learner_id: UUID,
    response: Response,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
    on: OnQuery = None,
) -> WayList:
    """本人所在班的在前；各写明已过几关、是否仍有可能、下一个截止日。学校和高校只看本校贯通班的通道。

    |Those of the learner's cohorts first; each with how many gates are met, whether it can still be had, and the next
    deadline. A school and a college see the pathways of their own cohorts.
    """
    response.headers["Vary"] = "Accept-Language"
    tools = Tools(keyring, rulebook, clock.now(), language)
    return await told.all_open(session, learner_id, on=on, actor=actor, tools=tools)


@router.get(
    "/{pathway_id}",
    operation_id="read_pathway_of_learner",
    responses=problems(*_ASKED),
    summary="一条通道逐关查看|One pathway, gate by gate",
)
async def read_pathway_of_learner(
    learner_id: UUID,
    pathway_id: UUID,
    response: Response,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
    on: OnQuery = None,
) -> WayOut:
    """每一关是否达到、依据、出处、还能否补救、由谁、到何日；以及最小的改变。不存任何结果。

    |Of each gate whether it is met, what it stands on, the source, whether it can still be mended, by whom and until
    when; and the smallest changes. Nothing is stored.
    """
    response.headers["Vary"] = "Accept-Language"
    tools = Tools(keyring, rulebook, clock.now(), language)
    return await told.one(session, learner_id, pathway_id, on=on, actor=actor, tools=tools)


async def _own_pathway(request: Request) -> Response | None:
    """Today's, for the learner whose it is: nothing else has to be asked, and a bare connection is enough."""
    actor, learner_id = await asking(request), request.path_params["learner_id"]
    if Reach.OWN not in actor.reach or actor.learner_id is None or learner_id != str(actor.learner_id):
        return None
    if request.scope["query_string"]:
        return None
    try:
        pathway_id = UUID(request.path_params["pathway_id"])
    except ValueError:
        return None
    state = request.app.state
    tools = Tools(state.keyring, await rulebook_of(request), clock.now(), language_of(request))
    async with state.database.bare() as connection:
        found = await told.own(connection, actor.learner_id, pathway_id, tools=tools)
    return Response(found.model_dump_json(), media_type="application/json", headers={"Vary": "Accept-Language"})


read_pathway_of_learner.short = _own_pathway  # type: ignore[attr-defined]


@router.post(
    "/{pathway_id}/what-if",
    operation_id="suppose_on_pathway",
    responses=problems(
        *_ASKED, refusals.FactNotKnown, refusals.FactNotToSuppose, refusals.SupposedImpossible, PointsAboveFull,
        NoPointsForResult, refusals.NotYoursToSuppose,
    ),
    summary="假如……会怎样|What if",
)  # fmt: skip
async def suppose_on_pathway(
    learner_id: UUID,
    pathway_id: UUID,
    payload: SupposedIn,
    response: Response,
    session: SessionDep,
    actor: ActorDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    language: LanguageDep,
) -> WayOut:
    """设想有这本证书、那个成绩、这些学分，会如何；什么也不写入。由学习者、监护人和本班高校设想。

    |If there were this certificate, that score, these credits; nothing is written. For the learner, a guardian and the
    cohort's college.
    """
    response.headers["Vary"] = "Accept-Language"
    tools = Tools(keyring, rulebook, clock.now(), language)
    return await told.one(session, learner_id, pathway_id, on=payload.on, actor=actor, tools=tools, supposed=payload)
