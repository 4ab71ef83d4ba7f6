"""The officer's console: rows that wait, each beside the accounts it may belong to, and how it is resolved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import DatabaseDep, SessionDep
from creditbank.errors import Language
from creditbank.http import KeyringDep, PageDep, cursor_of, instant_and_id, one_page
from creditbank.identity.actor import Actor, ActorDep
from creditbank.learners.documents import mask
from creditbank.portal.answering import Visit
from creditbank.portal.desk import Fault, PostedDep, done_once, id_of
from creditbank.portal.office import PAGE, asked_id, called, choices_of, every_institution, further, office_page
from creditbank.portal.records_shown import name_of, value_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import WORDS, named, speaker
from creditbank.records.acts import Tools
from creditbank.records.identity_work import look_at_held_row, resolve_held_row
from creditbank.records.resolving import HeldRowOut, ResolutionIn, held_rows
from creditbank.sealing import Keyring

router = APIRouter(include_in_schema=False)

LIST = "/office/held-rows"
STATUSES = ("open", "resolved", "superseded")
HOLDS = ("identity_under_review", "credits_differ_from_plan")
MATCH = "match:"
"""How the choice of one of the candidates begins; its id follows."""
_WHO = ("kind", "learner", "key", "reason")


@router.get(LIST)
async def held_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep, page: PageDep) -> Response:
    """Rows of a status, the oldest first; of one institution or one kind of hold if asked."""
    query = visited.request.query_params
    status = query.get("status") if query.get("status") in STATUSES else "open"
    hold = query.get("hold") if query.get("hold") in HOLDS else None
    institution = asked_id(query.get("institution"))
    found = await held_rows(
        session, status=status or "open", after=instant_and_id(page.cursor), limit=PAGE + 1,
        institution_id=institution, hold=hold,
    )  # fmt: skip
    shown, cursor = one_page(found, limit=PAGE, key=lambda row: cursor_of(str(row.received_at), row.held_row_id))
    institutions = await every_institution(session, visited)
    return office_page(
        visited, "held.html", actor, here=LIST, rows=shown, following=further(visited.request, cursor),
        names=called(institutions), choices=choices_of(institutions), chosen={"status": status, "hold": hold,
        "institution": institution}, statuses=STATUSES, holds=HOLDS,
    )  # fmt: skip


@router.get(f"{LIST}/{{held_row_id}}")
async def held_row_page(
    held_row_id: str, actor: ActorDep, database: DatabaseDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """The row as it was sent beside its candidates; that it was read is logged. Raises NotFound."""
    async with database.session() as session:
        return await _row(session, visited, actor, id_of(held_row_id), keyring=keyring)


async def _row(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    held_row_id: UUID,
    *,
    keyring: Keyring,
    fault: Fault | None = None,
) -> Response:
    found = await look_at_held_row(session, held_row_id, actor=actor, at=visited.at, keyring=keyring)
    names = called(await every_institution(session, visited))
    said = found.row or {}
    following = [] if found.status == "open" else await held_rows(session, status="open", after=None, limit=1)
    return office_page(
        visited,
        "held_row.html",
        actor,
        here=f"{LIST}/{held_row_id}",
        fault=fault,
        row=found,
        title=name_of(str(said.get("kind")), said, visited.language),
        kind=named("kind", str(said.get("kind")), visited.language),
        fields=_fields(said, visited.language),
        who=_who(said, found, visited.language),
        number=((said.get("learner") or {}).get("document") or {}).get("number"),
        names=names,
        following=following[0] if following else None,
        by_credits=found.hold == "credits_differ_from_plan",
        match=MATCH,
    )


def _fields(said: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
    """What the row says of the record, in the words of the pages."""
    say, kind = speaker(language), str(said.get("kind"))
    known = [phrase.removeprefix("field_") for phrase in WORDS if phrase.startswith("field_")]
    return [
        (say(f"field_{name}"), value_of(kind, name, said[name], language))
        for name in known
        if name in said and name not in _WHO
    ]


def _who(said: Mapping[str, Any], found: HeldRowOut, language: Language) -> list[tuple[str, str]]:
    """Whom the row names: the number masked as those of the candidates are, so that both can be held side by side."""
    say, learner = speaker(language), said.get("learner") or {}
    document = learner.get("document")
    told = [(say("off_name"), str(learner.get("name", "")))]
    if document:
        number = mask(document["kind"], document["number"])
        told.append((say("document"), f"{named('document', document['kind'], language)} {number}"))
    if learner.get("student_no"):
        told.append((say("off_student_no"), str(learner["student_no"])))
    if said.get("reason"):
        told.append((say("why"), str(said["reason"])))
    return told


@router.post(f"{LIST}/{{held_row_id}}/resolution")
async def resolve(held_row_id: str, posted: PostedDep) -> Response:
    """It is deposited as if it had matched, or stays out for good. Raises NotFound."""
    which = id_of(held_row_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        chosen = posted.one("decision") or ""
        said = posted.said("reason") | {"decision": chosen}
        if chosen.startswith(MATCH):
            said |= {"decision": "match", "learner_id": chosen.removeprefix(MATCH)}
        decided = ResolutionIn.model_validate(said)
        return await resolve_held_row(session, which, decided, actor=posted.actor, tools=tools)

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _row(
                session, posted.visited, posted.actor, which, keyring=posted.state.keyring, fault=fault
            )  # fmt: skip

    return await done_once(posted, "resolution", act, then=f"{LIST}/{which}", show=show, sure=True)
