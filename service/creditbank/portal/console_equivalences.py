"""The console's equivalences: what counts for a college's own courses; entered, confirmed where proposed, ended."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.errors import NotAllowed
from creditbank.identity.actor import Actor, ActorDep
from creditbank.institutions import equivalences, reading
from creditbank.institutions.equivalence_schemas import EquivalenceConfirmation, EquivalenceEnd, EquivalenceIn
from creditbank.portal.answering import Visit
from creditbank.portal.console import console_page
from creditbank.portal.desk import Fault, Posted, PostedDep, done_once, id_of, names_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import CHOICES, named
from creditbank.records.acts import Tools

router = APIRouter(include_in_schema=False)

PAGE = 50
MOST_INSTITUTIONS = MOST_STANDARDS = 500
HERE = "/console/equivalences"


def _own(actor: Actor) -> UUID:
    if actor.institution_id is None:
        raise NotAllowed
    return actor.institution_id


@router.get("/console/equivalences")
async def equivalences_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """Those in force today, and those that wait to be confirmed."""
    return await _listed(session, visited, actor)


async def _listed(session: AsyncSession, visited: Visit, actor: Actor, fault: Fault | None = None) -> Response:
    query = visited.request.query_params
    after, course = query.get("after"), (query.get("course") or "").strip()[:64] or None
    own, on = _own(actor), today(visited.at)
    found = await equivalences.listed(
        session, institution_id=own, on=on, course=course, after=id_of(after) if after else None, limit=PAGE + 1
    )
    shown = found[:PAGE]
    others = {one.institution_id for each in shown for one in each.sources if hasattr(one, "institution_id")}
    standards = await reading.standards(session, on=on, after=None, limit=MOST_STANDARDS)
    asked = {(own, code) for each in shown for code in each.targets}
    asked |= {(one.institution_id, one.course_code) for each in shown for one in each.sources if one.kind == "course"}
    institutions = await reading.institutions(session, on=on, kind=None, after=None, limit=MOST_INSTITUTIONS)
    return console_page(
        visited,
        "equivalences.html",
        actor,
        here=HERE,
        fault=fault,
        found=shown,
        following=shown[-1].equivalence_id if len(found) > PAGE else None,
        first=not after,
        course=course or "",
        names=await names_of(session, visited, *others),
        own=own,
        courses=await reading.course_names(session, asked, on=on),
        standards={one.code: one.name for one in standards},
        level_said=lambda level: named("certificate_level", level, visited.language),
        upheld={each.equivalence_id: _upheld(each.ground) for each in shown},
        institutions=[(one.institution_id, one.name) for one in institutions],
        levels=[(word, said[visited.language == "en"]) for word, said in CHOICES["certificate_level"].items()],
        today=on.isoformat(),
    )


_APPEAL = re.compile(r"申诉支持：([0-9a-f-]{36}) 第 (\d+) 行")


def _upheld(ground: str) -> tuple[str, str] | None:
    """The claim and the line of it whose appeal proposed an equivalence, where that is its ground."""
    found = _APPEAL.fullmatch(ground)
    return None if found is None else (found[1], found[2])


def _source(posted: Posted) -> dict[str, Any]:
    """What counts, as a form of one source says it."""
    kind = posted.one("source_kind") or ""
    fields = {
        "course": posted.said("institution_id", "course_code"),
        "certificate": posted.said("standard", "from_level"),
        "training": posted.said("institution_id", "title"),
        "online_course": posted.said("platform", "title"),
    }.get(kind, {})
    return {"kind": kind, **fields}


async def _acted(
    posted: Posted, form: str, act: Callable[[AsyncSession, Tools], Awaitable[object]], *, sure: bool = False
) -> Response:
    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _listed(session, posted.visited, posted.actor, fault)

    return await done_once(posted, form, act, then=HERE, show=show, sure=sure)


@router.post("/console/equivalences")
async def enter_equivalence(posted: PostedDep) -> Response:
    """The college decides that something counts for courses of its own."""
    own = _own(posted.actor)

    async def act(session: AsyncSession, tools: Tools) -> object:
        targets = (posted.one("targets") or "").replace("，", ",").replace("、", ",").split(",")
        said = {
            "sources": [_source(posted)],
            "targets": [one.strip() for one in targets if one.strip()],
            **posted.said("relevance", "ground", "valid_from"),
        }
        given = EquivalenceIn.model_validate(said)
        return await equivalences.enter(session, given, institution_id=own, by=posted.actor.name, at=tools.at)

    return await _acted(posted, "con_enter", act)


@router.post("/console/equivalences/{equivalence_id}/confirmation")
async def confirm_equivalence(equivalence_id: str, posted: PostedDep) -> Response:
    """What an upheld appeal proposed becomes valid."""
    own, which = _own(posted.actor), id_of(equivalence_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = EquivalenceConfirmation.model_validate(posted.said("valid_from"))
        return await equivalences.confirm(
            session, which, institution_id=own, valid_from=said.valid_from, by=posted.actor.name, at=tools.at
        )

    return await _acted(posted, f"con_confirming-{which}", act)


@router.post("/console/equivalences/{equivalence_id}/end")
async def end_equivalence(equivalence_id: str, posted: PostedDep) -> Response:
    """It holds no more from a day on; what was decided by it stands."""
    own, which = _own(posted.actor), id_of(equivalence_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = EquivalenceEnd.model_validate(posted.said("until", "reason"))
        return await equivalences.end(
            session, which, institution_id=own, until=said.until, reason=said.reason, by=posted.actor.name, at=tools.at
        )

    return await _acted(posted, f"con_ending-{which}", act)
