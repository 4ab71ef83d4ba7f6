"""Ways to go: the pathways open to a learner, one gate by gate on any day, and what if; and the rounds they are in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.errors import BankError, NotFound
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.pathways import rounds, told
from creditbank.pathways.asking_schemas import SupposedIn, WayOut
from creditbank.pathways.own_rounds import rounds_of_learner
from creditbank.pathways.round_reading import one_round
from creditbank.pathways.round_schemas import RoundOut
from creditbank.portal import rounds_shown
from creditbank.portal.answering import Visit
from creditbank.portal.desk import (
    Fault,
    PostedDep,
    desk_page,
    done_once,
    faults_said,
    id_of,
    names_of,
    tools_of,
)
from creditbank.portal.story_shown import Source, document_said
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.ways_shown import way_shown
from creditbank.portal.whose import Whose, WhoseDep, back_to, learner_of_form, whose_of_form, whose_page
from creditbank.portal.words import named
from creditbank.records.acts import Tools
from creditbank.records.decisions import one_decision
from creditbank.rules.lists import AWARD_LEVEL, CERTIFICATE_KIND, CERTIFICATE_LEVEL

router = APIRouter(include_in_schema=False)

EXAMS = (1, 2, 3, 4)
"""Scores that may be supposed at once on the page."""
_CAN_GIVE_UP = frozenset({"waiting", "eligible", "proposed", "beyond_quota", "tied", "unknown", "set_aside", "taken"})


# --- ways -------------------------------------------------------------------------------------------------------------


@router.get("/my/pathways")
async def pathways_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """All that are open on a day, those of one's cohorts first; and the rounds one is in."""
    if whose.learner_id is None:
        return whose_page(visited, actor, whose)
    tools = await tools_of(visited, keyring)
    on, problem = _day(visited)
    try:
        found = await told.all_open(session, whose.certain, on=on, actor=actor, tools=tools)
    except BankError as refused:
        if isinstance(refused, NotFound) or on is None:
            raise
        problem = refused.sentence(visited.language)
        found = await told.all_open(session, whose.certain, on=None, actor=actor, tools=tools)
    places = await rounds_of_learner(session, whose.certain, actor=actor, tools=tools)
    parties = [each for one in found.items for each in (one.school_id, one.college_id)]
    return desk_page(
        visited,
        "worth/ways.html",
        actor,
        here=whose.at("/my/pathways"),
        whose=whose,
        open_to_them=found.items,
        on=found.on,
        today=today(visited.at),
        problem=problem,
        names=await names_of(session, visited, *parties),
        places=[each for each in places if each.candidates],
    )


@router.get("/my/pathways/{pathway_id}")
async def pathway_page(
    pathway_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """One pathway gate by gate; with what is supposed in the address, as it would be then. Raises NotFound."""
    if whose.learner_id is None:
        return whose_page(visited, actor, whose)
    pathway, tools = id_of(pathway_id), await tools_of(visited, keyring)
    on, problem = _day(visited)
    supposed, asked = _supposed(visited), False
    found: WayOut | None = None
    try:
        if supposed or on is not None:
            said = None if not supposed else SupposedIn.model_validate({**supposed, "on": on})
            found = await told.one(session, whose.certain, pathway, on=on, actor=actor, tools=tools, supposed=said)
            asked = said is not None
    except ValidationError as wrong:
        problem = faults_said(wrong, visited.language)
    except NotFound:
        raise
    except BankError as refused:
        problem = refused.sentence(visited.language)
    if found is None:
        found = await told.one(session, whose.certain, pathway, on=None, actor=actor, tools=tools)
    places = await rounds_of_learner(session, whose.certain, actor=actor, tools=tools)
    mine = [each for each in places if each.cohort_id == found.cohort_id and each.candidates]
    language, zh = visited.language, 0 if visited.language == "zh" else 1
    return desk_page(
        visited,
        "worth/way.html",
        actor,
        here=whose.at(f"/my/pathways/{pathway}"),
        whose=whose,
        way=found,
        shown=way_shown(found, tools.rulebook, language),
        supposed=asked,
        problem=problem,
        today=today(visited.at),
        names=await names_of(session, visited, found.school_id, found.college_id),
        places=mine,
        typed=dict(visited.request.query_params),
        exams=EXAMS,
        result_said=lambda word: named("result", word, language),
        subjects=list(dict.fromkeys(one["subject"] for each in mine for sitting in each.sittings
                                    for one in sitting["subjects"])),
        kinds=[(word, said[zh]) for word, *said in CERTIFICATE_KIND.words],
        levels=[(word, said[zh]) for word, *said in CERTIFICATE_LEVEL.words],
        contests=[(word, said[zh]) for word, *said in AWARD_LEVEL.words],
    )  # fmt: skip


def _day(visited: Visit) -> tuple[date | None, str]:
    """The day that is asked about; what cannot be read as one is today."""
    written = visited.request.query_params.get("on", "")
    try:
        return (date.fromisoformat(written) if written else None), ""
    except ValueError:
        return None, ""


def _supposed(visited: Visit) -> dict[str, Any]:
    """What the address supposes, as the API is sent it; nothing where nothing was filled in."""
    query: Mapping[str, str] = {name: value.strip() for name, value in visited.request.query_params.items()}
    exams = [
        {
            "subject": query.get(f"subject_{n}", ""),
            **_filled(points=query.get(f"points_{n}"), full=query.get(f"full_{n}"), result=query.get(f"result_{n}")),
        }
        for n in EXAMS
        if query.get(f"points_{n}") or query.get(f"result_{n}")
    ]
    said: dict[str, Any] = {
        "exams": exams,
        "certificates": (
            [{"kind": query["certificate_kind"], "level": query.get("certificate_level", "")}]
            if query.get("certificate_kind")
            else []
        ),
        "awards": [{"level": query["award"]}] if query.get("award") else [],
        "credits": [{"credits": query["credits"]}] if query.get("credits") else [],
        "facts": {"process.score": query["process"]} if query.get("process") else {},
    }
    return {name: value for name, value in said.items() if value}


def _filled(**given: str | None) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}


# --- rounds -----------------------------------------------------------------------------------------------------------


@router.get("/my/rounds/{round_id}")
async def own_round_page(
    round_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """One's own place in a round, with the reasons, and giving it up. Raises NotFound."""
    return await _round(session, visited, actor, whose, id_of(round_id), tools=await tools_of(visited, keyring))


async def _round(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    whose: Whose,
    round_id: UUID,
    *,
    tools: Tools,
    fault: Fault | None = None,
) -> Response:
    round_ = await one_round(session, round_id, actor=actor, tools=tools)
    mine = _mine(round_, whose)
    gates, sources = list[rounds_shown.Gate](), list[Source]()
    if mine.decision_id is not None:
        decision = await one_decision(
            session, mine.decision_id, actor=actor, keyring=tools.keyring, rulebook=tools.rulebook, at=tools.at
        )
        gates, sources = rounds_shown.gates_shown(decision, tools.rulebook, tools.language)
    frozen = round_.state == "frozen"
    return desk_page(
        visited,
        "worth/round.html",
        actor,
        here=whose.at(f"/my/rounds/{round_id}"),
        fault=fault,
        whose=whose,
        round=round_,
        mine=mine,
        gates=gates,
        sources=sources,
        law=document_said(tools.rulebook, round_.document, round_.document_version, tools.language),
        history=rounds_shown.history_shown(round_, tools.language),
        objections=[each for each in round_.objections if each.member_no == mine.member_no],
        can_give_up=mine.outcome == "taken" if frozen else mine.outcome in _CAN_GIVE_UP,
        today=today(tools.at),
    )


def _mine(round_: RoundOut, whose: Whose) -> Any:
    """The place that the page is about: of the child that was chosen, else the first that is theirs to see."""
    if not round_.candidates:
        raise NotFound
    return next((each for each in round_.candidates if each.learner_id == whose.learner_id), round_.candidates[0])


@router.post("/my/rounds/{round_id}/giving-up")
async def give_up_place(round_id: str, posted: PostedDep) -> Response:
    """Give up one's place."""
    round_ = id_of(round_id)
    learner_id = learner_of_form(posted)

    async def act(session: AsyncSession, tools: Tools) -> object:
        return await rounds.give_up(session, round_, learner_id, actor=posted.actor, tools=tools)

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            tools, whose = await posted.tools(), await whose_of_form(session, posted)
            return await _round(session, posted.visited, posted.actor, whose, round_, tools=tools, fault=fault)

    then = back_to(posted, f"/my/rounds/{round_}")
    return await done_once(posted, "place_giving_up", act, then=then, show=show, sure=True)
