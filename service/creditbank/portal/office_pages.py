"""The officer's console itself: what waits, for whoever is at it."""

from __future__ import annotations

from fastapi import APIRouter, Response

from creditbank.db import SessionDep
from creditbank.identity.actor import ActorDep
from creditbank.oversight.hints import hints
from creditbank.portal.office import is_open, office_page
from creditbank.portal.visiting import AtHomeDep
from creditbank.publishing.drafts import drafts
from creditbank.publishing.tables import RuleDraft
from creditbank.records.resolving import held_rows

router = APIRouter(include_in_schema=False)

MOST = 100
"""How many of each are counted: from there on it is many."""


@router.get("/office")
async def office(actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """How much of each kind waits, and since when the oldest does."""
    waits = []
    if is_open("GET", "/office/held-rows", actor):
        rows = await held_rows(session, status="open", after=None, limit=MOST + 1)
        waits.append(("/office/held-rows", "off_wait_held", len(rows), rows[0].received_at if rows else None))
    if is_open("GET", "/office/hints", actor):
        raised = await hints(session, opened=True, after=None, limit=MOST + 1)
        waits.append(("/office/hints", "off_wait_hints", len(raised), raised[0].raised_at if raised else None))
    if is_open("GET", "/office/drafts", actor):
        under_way: list[RuleDraft] = []
        for state in ("draft", "checked", "impact", "approved"):
            under_way += await drafts(session, actor, state=state, document=None, before=None, limit=MOST + 1)
        oldest = min((one.changed_at for one in under_way), default=None)
        waits.append(("/office/drafts", "off_wait_drafts", len(under_way), oldest))
    return office_page(visited, "home.html", actor, here="/office", waits=waits, most=MOST)
