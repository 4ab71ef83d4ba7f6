"""The console's first page: what waits for whoever reads it, the files that were sent last, what the bank moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fastapi import APIRouter, Response

from creditbank.db import SessionDep
from creditbank.http import KeyringDep
from creditbank.identity.actor import ActorDep, Reach
from creditbank.portal.console import console_page, may_open
from creditbank.portal.desk import names_of
from creditbank.portal.records_shown import name_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.recognition.inboxes import waiting, waiting_for
from creditbank.recognition.reading import open_appeals
from creditbank.records.moved_by_bank import MovedByBank, moved_by_bank
from creditbank.submissions import service

router = APIRouter(include_in_schema=False)

MOST = 100
"""Of what waits, counted: the lists themselves go on."""
LAST = 5
RECENT = timedelta(days=30)
"""So long it is told that an officer moved a record; it stands on the record and in the reconciliation for good."""


@router.get("/console")
async def console_home(actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep) -> Response:
    """What waits, by the same lists that the pages behind it show."""
    everybody = Reach.ANY in actor.reach
    last, mapping = [], None
    moved: Sequence[MovedByBank] = ()
    if may_open(actor, "/console/files"):
        own = None if everybody else actor.institution_id
        sent = await service.files_of(session, institution_id=own, statuses=(), before=None, limit=LAST)
        last = [await service.shown(session, file, keyring=keyring, listed=True) for file in sent]
        if not everybody:
            mapping = len(
                await service.files_of(
                    session, institution_id=own, statuses=("needs_mapping",), before=None, limit=MOST
                )
            )
        if own is not None:
            moved = await moved_by_bank(session, institution_id=own, since=visited.at - RECENT, limit=LAST)
    claims = appeals = None
    if may_open(actor, "/console/claims") and "appeal_reviewer" not in actor.roles:
        asked = waiting_for(actor, None, flagged=False)
        claims = await waiting(session, asked, after=None, limit=MOST, at=visited.at)
    if may_open(actor, "/console/appeals"):
        appeals = await open_appeals(session, after=None, limit=MOST, at=visited.at)
    return console_page(
        visited,
        "home.html",
        actor,
        here="/console",
        own=(await names_of(session, visited, actor.institution_id)).get(actor.institution_id) if actor.institution_id
        else None,
        files=last,
        names=await names_of(session, visited, *(one.institution_id for one in last)) if everybody else {},
        mapping=mapping,
        moved=[(one, name_of(one.kind, one.fields, visited.language)) for one in moved],
        recent=RECENT.days,
        claims=claims,
        appeals=appeals,
        most=MOST,
    )  # fmt: skip
