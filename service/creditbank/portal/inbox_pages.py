"""The inbox of a learner: what was served, with the clocks of what it is about, and what was read."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.learners import inbox
from creditbank.learners.families import family_of
from creditbank.learners.sight import allowed_to_see
from creditbank.learners.tables import InboxMessage
from creditbank.pathways.round_reading import one_round
from creditbank.pathways.round_schemas import RoundOut
from creditbank.portal.answering import Visit
from creditbank.portal.desk import Fault, PostedDep, desk_page, done_once, id_of, tools_of
from creditbank.portal.inbox_shown import claims_about, messages_shown
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.whose import Whose, WhoseDep, whose_of_form, whose_page
from creditbank.recognition.reading import claims_of
from creditbank.records.acts import Tools

router = APIRouter(include_in_schema=False)

PAGE = 20


@router.get("/my/inbox")
async def inbox_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """Messages, the newest first, all or those not read yet."""
    if whose.learner_id is None:
        return whose_page(visited, actor, whose)
    query = visited.request.query_params
    before, unread = query.get("before"), query.get("unread") == "1"
    tools = await tools_of(visited, keyring)
    return await _inbox(
        session, visited, actor, whose, before=id_of(before) if before else None, unread=unread, tools=tools
    )


async def _inbox(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    whose: Whose,
    *,
    before: UUID | None = None,
    unread: bool = False,
    tools: Tools,
    fault: Fault | None = None,
) -> Response:
    learner_id = whose.certain
    await allowed_to_see(session, actor, learner_id, at=tools.at, keyring=tools.keyring)
    family = await family_of(session, learner_id)
    rows = await inbox.messages_of(session, family, limit=PAGE + 1, before=before, unread=unread)
    shown = rows[:PAGE]
    about = claims_about(shown)
    claims = []
    if about:
        claims = await claims_of(session, learner_id, actor=actor, tools=tools, before=None, limit=PAGE, only=about)
    rounds = await _rounds(session, shown, actor, tools)
    return desk_page(
        visited,
        "learner/inbox.html",
        actor,
        here=whose.at("/my/inbox"),
        fault=fault,
        whose=whose,
        messages=messages_shown(shown, claims, rounds, whose, visited.language),
        unread=await inbox.unread_of(session, family),
        only_unread=unread,
        following=shown[-1].message_id if len(rows) > PAGE else None,
        later=before is not None,
        today=today(tools.at),
    )


async def _rounds(
    session: AsyncSession, rows: Sequence[InboxMessage], actor: Actor, tools: Tools
) -> dict[UUID, RoundOut]:
    """The rounds that messages are about, as their candidate sees them; one that is not theirs any more is left out."""
    found: dict[UUID, RoundOut] = {}
    for row in rows:
        if "round_id" in row.about and (round_id := UUID(row.about["round_id"])) not in found:
            try:
                found[round_id] = await one_round(session, round_id, actor=actor, tools=tools, limit=1)
            except NotFound:
                continue
    return found


@router.post("/my/inbox/read")
async def mark_read(posted: PostedDep) -> Response:
    """Messages were read: one, or all of a page. The first time counts."""
    learner = posted.one("learner")

    async def act(session: AsyncSession, tools: Tools) -> None:
        whose = await whose_of_form(session, posted)
        await allowed_to_see(session, posted.actor, whose.certain, at=tools.at, keyring=tools.keyring)
        for message in posted.many("message_id")[:PAGE]:
            await inbox.mark_read(session, learner_id=whose.certain, message_id=id_of(message), at=tools.at)

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            tools, whose = await posted.tools(), await whose_of_form(session, posted)
            return await _inbox(session, posted.visited, posted.actor, whose, tools=tools, fault=fault)

    rest = {"learner": str(id_of(learner))} if learner else {}
    if posted.one("unread") == "1":
        rest["unread"] = "1"
    query = "&".join(f"{name}={value}" for name, value in rest.items())
    return await done_once(posted, "reading", act, then=f"/my/inbox{'?' if query else ''}{query}", show=show)
