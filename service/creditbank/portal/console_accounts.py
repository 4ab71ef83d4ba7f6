"""The console's accounts: opened for a person at the counter, the code with which they activate it, and guardians."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args
from uuid import UUID

import orjson
from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import SessionDep
from creditbank.errors import BankError
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep, Reach
from creditbank.learners import activation, lookups, probing
from creditbank.learners.account_numbers import grouped
from creditbank.learners.families import family_of
from creditbank.learners.guardian_by_document import end_guardianship_of
from creditbank.learners.names import read_name
from creditbank.learners.opening import open_counted, read_person_document
from creditbank.learners.schemas import AccountIn, AccountOutcome, CodeAsked, CodeGiven, DocumentKind
from creditbank.learners.ties import must_be_own
from creditbank.portal.answering import Visit, sent_to
from creditbank.portal.console import console_page
from creditbank.portal.desk import Fault, Posted, PostedDep, answered_once, done_once, id_of
from creditbank.portal.guardians_typed import EndIn, Marked, choices, document_typed, first_password, record_typed
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import CHOICES, named
from creditbank.records.acts import Tools
from creditbank.sealing import Keyring

router = APIRouter(include_in_schema=False)

DOCUMENTS: tuple[str, ...] = get_args(DocumentKind)


@router.get("/console/accounts")
async def accounts_page(actor: ActorDep, visited: AtHomeDep) -> Response:
    """Where an account is opened."""
    return _accounts(visited, actor)


def _accounts(
    visited: Visit, actor: Actor, fault: Fault | None = None, outcome: AccountOutcome | None = None
) -> Response:
    return console_page(
        visited,
        "accounts.html",
        actor,
        here="/console/accounts",
        fault=fault,
        outcome=outcome,
        bank=Reach.ANY in actor.reach,
        documents=[(kind, CHOICES["document"][kind][visited.language == "en"]) for kind in DOCUMENTS],
    )


@router.post("/console/accounts")
async def open_account(posted: PostedDep) -> Response:
    """Open an account; of a stranger it is told that there is one, and no more. Asking after strangers is counted."""

    async def show(fault: Fault) -> Response:
        return _accounts(posted.visited, posted.actor, fault)

    try:
        person = _person(posted)
        own = posted.actor.institution_id
        if Reach.ANY not in posted.actor.reach and own is not None:
            await probing.take(
                posted.database, posted.state.keyring, institution_id=own, rows=1, at=posted.visited.at
            )  # fmt: skip
    except (BankError, ValueError) as refused:
        return await show(posted.refused("con_open", refused))

    async def act(session: AsyncSession, tools: Tools) -> BaseModel:
        done = await open_counted(
            session, [(1, person)], actor=posted.actor, at=tools.at, keyring=tools.keyring, language=tools.language
        )
        (outcome,) = done.outcomes
        return outcome

    answered = await answered_once(posted, "con_open", act, show=show)
    if isinstance(answered, Response):
        return answered
    return _accounts(posted.visited, posted.actor, outcome=AccountOutcome.model_validate_json(answered))


def _person(posted: Posted) -> AccountIn:
    """Whom a form names. Raises ValidationError, NameImpossible, IdentityNumberImpossible, BirthDateImpossible."""
    document: dict[str, Any] = {"kind": posted.one("document_kind") or "resident_id"}
    document |= {"number": posted.one("document_number") or "", **posted.said("birth_on")}
    person = AccountIn.model_validate({"name": posted.one("name") or "", "document": document})
    read_name(person.name, at_field="/name")
    read_person_document(person.document, at=posted.visited.at)
    return person


@router.get("/console/accounts/{learner_id}")
async def account_page(
    learner_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """An account of the institution's own learner, and the form for a code. Raises NotFound."""
    return await _account(session, visited, actor, id_of(learner_id), keyring=keyring)


async def _account(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    learner_id: UUID,
    *,
    keyring: Keyring,
    fault: Fault | None = None,
    wrong: Mapping[str, str] | None = None,
    given: CodeGiven | None = None,
    way_in: Mapping[str, Any] | None = None,
) -> Response:
    await must_be_own(session, actor, await family_of(session, learner_id))
    found = await lookups.show(
        session, learner_id, seen_by="institution", institution_id=actor.institution_id, keyring=keyring
    )
    return console_page(
        visited,
        "account.html",
        actor,
        here=f"/console/accounts/{learner_id}",
        fault=fault,
        wrong=wrong or {},
        account=found,
        grouped=grouped,
        status_of=lambda word: named("event", word, visited.language),
        given=given,
        way_in=way_in,
        **choices(visited.language),
    )


@router.post("/console/accounts/{learner_id}/codes")
async def hand_out_code(learner_id: str, posted: PostedDep) -> Response:
    """A one-time code: it stands on this answer and nowhere else, and the same form again shows the same one."""
    which = id_of(learner_id)

    async def shown(fault: Fault | None, given: CodeGiven | None = None) -> Response:
        async with posted.database.session() as session:
            return await _account(
                session, posted.visited, posted.actor, which, keyring=posted.state.keyring, fault=fault, given=given
            )

    async def act(session: AsyncSession, tools: Tools) -> BaseModel:
        said = CodeAsked.model_validate(posted.said("birth_on"))
        made = await activation.issue_code(
            session, actor=posted.actor, learner_id=which, birth_on=said.birth_on, at=tools.at, keyring=tools.keyring
        )
        return CodeGiven(
            code_id=made.code_id, learner_id=which, account_no=made.account_no, code=grouped(made.code),
            expires_at=made.expires_at,
        )  # fmt: skip

    answered = await answered_once(posted, "con_code", act, show=shown)
    if isinstance(answered, Response):
        return answered
    return await shown(None, CodeGiven.model_validate_json(answered))


# --- guardians ------------------------------------------------------------------------------------------------------


async def _refused(posted: Posted, learner_id: UUID, fault: Fault, wrong: Mapping[str, str]) -> Response:
    async with posted.database.session() as session:
        return await _account(
            session, posted.visited, posted.actor, learner_id, keyring=posted.state.keyring, fault=fault, wrong=wrong
        )


@router.post("/console/accounts/{learner_id}/guardians")
async def record_guardian(learner_id: str, posted: PostedDep) -> Response:
    """A guardian of the school's own learner under fourteen; the way in stands on this answer and nowhere else."""
    which, marked = id_of(learner_id), Marked(posted.language)
    first = await first_password(posted)

    async def act(session: AsyncSession, tools: Tools) -> Mapping[str, Any]:
        return await record_typed(session, posted, which, first=first, tools=tools)

    answered = await answered_once(
        posted, "guardian", marked.of(act),
        show=lambda fault: _refused(posted, which, marked.pointing(fault, "gua_see_fields"), marked.fields),
    )  # fmt: skip
    if isinstance(answered, Response):
        return answered
    made = orjson.loads(answered)
    if made["password"] is None:  # they have a way in from another child
        return sent_to(posted.visited, f"/console/accounts/{which}?done=guardian")
    async with posted.database.session() as session:
        return await _account(
            session, posted.visited, posted.actor, which, keyring=posted.state.keyring, way_in=made
        )  # fmt: skip


@router.post("/console/accounts/{learner_id}/guardian-end")
async def end_guardianship(learner_id: str, posted: PostedDep) -> Response:
    """The guardian with this document neither sees the child nor acts for it any more. Raises NotFound."""
    which, marked = id_of(learner_id), Marked(posted.language)

    async def act(session: AsyncSession, tools: Tools) -> Mapping[str, Any]:
        said = EndIn.model_validate({"document": document_typed(posted), **posted.said("reason")})
        await end_guardianship_of(
            session, actor=posted.actor, learner_id=which,
            document=read_person_document(said.document, at=tools.at), reason=said.reason, at=tools.at,
            keyring=tools.keyring,
        )  # fmt: skip
        return {}

    return await done_once(
        posted, "guardian_end", marked.of(act), then=f"/console/accounts/{which}",
        show=lambda fault: _refused(posted, which, marked.pointing(fault, "gua_not_ended"), marked.fields), sure=True,
    )  # fmt: skip
