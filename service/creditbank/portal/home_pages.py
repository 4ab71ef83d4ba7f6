"""The home of a learner: credits, progress, what is new, what lapses, what to do next."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.learners import inbox
from creditbank.learners.account_numbers import grouped
from creditbank.learners.consents import consents_on
from creditbank.learners.families import family_of
from creditbank.learners.personal import is_child
from creditbank.learners.sight import allowed_to_see
from creditbank.pathways import told
from creditbank.pathways.own_rounds import rounds_of_learner
from creditbank.portal.answering import Visit
from creditbank.portal.desk import desk_page, names_of, tools_of
from creditbank.portal.home_shown import Known, amounts, lapses, newest, steps
from creditbank.portal.inbox_shown import claims_about, messages_shown
from creditbank.portal.progress_shown import WIDE, plans_shown
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.whose import Whose, WhoseDep, whose_page
from creditbank.recognition.progress import progress_of
from creditbank.recognition.reading import claims_of
from creditbank.records.acts import Tools
from creditbank.sealing import Keyring
from creditbank.transcripts import shares
from creditbank.transcripts.service import Asked, transcript

router = APIRouter(include_in_schema=False)

CLAIMS_SEEN = 500
"""Claims that run, or that a message shown here is about: nobody has so many at once."""
SHARES_SEEN = 20
MESSAGES_SHOWN = 3


@router.get("/my")
async def home_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """Everything at a glance; for a guardian of several children the children to choose from."""
    if whose.learner_id is None:
        return whose_page(visited, actor, whose)
    learner_id, at, language = whose.certain, visited.at, visited.language
    await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring)
    family = await family_of(session, learner_id)
    body = await transcript(session, learner_id, Asked(), reported_by=None, keyring=keyring, at=at)
    found: dict[str, Any] = orjson.loads(body)
    if found["learner"]["erased"]:
        return desk_page(visited, "learner/erased.html", actor, here="/my", whose=whose)
    tools = await tools_of(visited, keyring)
    progress = await progress_of(
        session, learner_id, family, rulebook=tools.rulebook, keyring=keyring, at=at, on=today(at)
    )
    unread = await inbox.messages_of(session, family, limit=MESSAGES_SHOWN, unread=True)
    known = await _known(
        session, actor, whose, family, found, about=claims_about(unread), tools=tools, visited=visited
    )  # fmt: skip
    return desk_page(
        visited,
        "learner/home.html",
        actor,
        here=whose.at("/my"),
        whose=whose,
        learner=found["learner"],
        grouped=grouped,
        child=await _is_a_child(session, whose, family, keyring=keyring, visited=visited),
        amounts=amounts(found, language),
        plans=plans_shown(progress.plans, language),
        wide=WIDE,
        newest=newest(found, language),
        records=len(found["records"]),
        lapses=lapses(known, language),
        steps=steps(known, language),
        unread=known.unread,
        messages=messages_shown(unread, known.claims, {}, whose, language),
    )


async def _known(
    session: AsyncSession,
    actor: Actor,
    whose: Whose,
    family: tuple[Any, ...],
    found: dict[str, Any],
    *,
    about: set[UUID],
    tools: Tools,
    visited: Visit,
) -> Known:
    learner_id, at = whose.certain, visited.at
    claims = await claims_of(
        session, learner_id, actor=actor, tools=tools, before=None, limit=CLAIMS_SEEN, only=about, running=True
    )
    consents = await consents_on(session, family, at=at)
    ground = await shares.ground_of(session, learner_id)
    made = await shares.shares_of(session, ground.family, limit=SHARES_SEEN, before=None)
    ways = await told.all_open(session, learner_id, on=None, actor=actor, tools=tools)
    named = {claim.institution_id for claim in claims} | {each.institution_id for each in consents}
    base_url = visited.request.app.state.settings.base_url
    return Known(
        transcript=found,
        claims=claims,
        ways=ways.items,
        rounds=await rounds_of_learner(session, learner_id, actor=actor, tools=tools),
        consents=consents,
        shares=await shares.told(session, made, ground, base_url=base_url, at=at, keyring=tools.keyring),
        institutions=await names_of(session, visited, *named),
        unread=await inbox.unread_of(session, family),
        today=today(at),
    )


async def _is_a_child(
    session: AsyncSession, whose: Whose, family: tuple[Any, ...], *, keyring: Keyring, visited: Visit
) -> bool:
    """Whether the page is read by a child of its own account: what binds is then the guardian's."""
    if whose.child is not None:
        return False
    return await is_child(session, family, on=today(visited.at), keyring=keyring) is True
