"""The officer's console: the file of one learner, opened for a stated purpose, and what is done to their account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import APIRouter, Response
from pydantic import TypeAdapter, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import DatabaseDep
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.identity.schemas import Line
from creditbank.learners import activation, lookups, service
from creditbank.learners.account_numbers import grouped
from creditbank.learners.erasing import erase
from creditbank.learners.families import family_of
from creditbank.learners.opening import read_person_document
from creditbank.learners.personal import is_child
from creditbank.learners.schemas import CodeAsked, NameIn, NewDocumentIn, ReasonIn
from creditbank.learners.sight import allowed_to_see
from creditbank.portal.answering import Visit
from creditbank.portal.desk import Fault, Posted, PostedDep, done_once, id_of
from creditbank.portal.office import called, every_institution, given_once, office_page
from creditbank.portal.office_looking_up import KINDS
from creditbank.portal.records_shown import fields_of, name_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.writing import instant
from creditbank.records.acts import Tools
from creditbank.sealing import Keyring
from creditbank.transcripts.service import Asked, transcript

router = APIRouter(include_in_schema=False)

PERSON = "/office/people/{learner_id}"
_PURPOSE: TypeAdapter[str] = TypeAdapter(Line)


def file_of(learner_id: UUID, purpose: str | None) -> str:
    """The address of somebody's file, opened for a purpose, or where it is asked what for."""
    address = f"/office/people/{learner_id}"
    return address if purpose is None else f"{address}?{urlencode({'purpose': purpose})}"


def guardians_address(learner_id: UUID, purpose: str | None) -> str:
    """The address of the page about somebody's guardians, opened for a purpose, or where it is asked what for."""
    address = f"/office/people/{learner_id}/guardians"
    return address if purpose is None else f"{address}?{urlencode({'purpose': purpose})}"


def purpose_of(written: str | None) -> str | None:
    """What a file is opened for; nothing where nothing that can be logged was said."""
    try:
        return _PURPOSE.validate_python((written or "").strip())
    except ValidationError:
        return None


@router.get(PERSON)
async def person_page(
    learner_id: str, actor: ActorDep, database: DatabaseDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """Who it is, the state of the account, what it holds; asked what for first, and logged. Raises NotFound."""
    which, purpose = id_of(learner_id), purpose_of(visited.request.query_params.get("purpose"))
    if purpose is None:
        return asked_for(visited, actor, which)
    async with database.session() as session:
        return await _file(session, visited, actor, which, purpose=purpose, keyring=keyring)


def asked_for(
    visited: Visit, actor: Actor, learner_id: UUID, fault: Fault | None = None, *, address: str | None = None
) -> Response:
    """What the file, or another page about the person, is to be opened for: nothing is shown before that is said."""
    here = address or file_of(learner_id, None)
    return office_page(visited, "person_purpose.html", actor, here=here, fault=fault, address=here)


async def _file(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    learner_id: UUID,
    *,
    purpose: str,
    keyring: Keyring,
    fault: Fault | None = None,
) -> Response:
    at = visited.at
    await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring, purpose=purpose)
    person = await lookups.show(session, learner_id, seen_by="officer", institution_id=None, keyring=keyring)
    body = await transcript(session, learner_id, Asked(), reported_by=None, keyring=keyring, at=at)
    family = await family_of(session, learner_id)
    guardians = await lookups.guardians_shown(session, family, whole=False, at=at, keyring=keyring)
    names = called(await every_institution(session, visited))
    held = [
        {
            **each,
            "name": name_of(each["kind"], fields_of(each), visited.language),
            "reporter": names.get(UUID(each["institution_id"]), "—"),
        }
        for each in orjson.loads(body)["records"]
    ]
    return office_page(
        visited,
        "person.html",
        actor,
        here=file_of(learner_id, purpose),
        fault=fault,
        person=person,
        closed=any(one.closed_at is not None for one in person.accounts if one.learner_id == person.learner_id),
        purpose=purpose,
        kinds=KINDS,
        names=names,
        records=held,
        child=await is_child(session, family, on=today(at), keyring=keyring),
        guardians=guardians,
        of_guardians=guardians_address(learner_id, purpose),
    )


# --- what is done to it ---------------------------------------------------------------------------------------------


async def _again(posted: Posted, learner_id: UUID, fault: Fault) -> Response:
    """The file with a refusal: opening it once more is one more look."""
    purpose = purpose_of(posted.one("purpose"))
    if purpose is None:
        return asked_for(posted.visited, posted.actor, learner_id, fault)
    async with posted.database.session() as session:
        return await _file(
            session, posted.visited, posted.actor, learner_id, purpose=purpose, keyring=posted.state.keyring,
            fault=fault,
        )  # fmt: skip


async def _acted(
    posted: Posted,
    form: str,
    learner_id: str,
    act: Callable[[AsyncSession, UUID, Tools], Awaitable[object]],
    *,
    sure: bool = False,
) -> Response:
    """One act about a learner, done once, and back to the file. Raises NotFound."""
    which = id_of(learner_id)
    return await done_once(
        posted,
        form,
        lambda session, tools: act(session, which, tools),
        then=file_of(which, purpose_of(posted.one("purpose"))),
        show=lambda fault: _again(posted, which, fault),
        sure=sure,
    )


@router.post(f"{PERSON}/names")
async def give_name(learner_id: str, posted: PostedDep) -> Response:
    """A new present name; the one before still matches."""

    async def act(session: AsyncSession, which: UUID, tools: Tools) -> object:
        said = NameIn.model_validate(posted.said("name", "evidence"))
        return await service.give_name(
            session, actor=posted.actor, learner_id=which, name=said.name, evidence=said.evidence, at=tools.at,
            keyring=tools.keyring,
        )  # fmt: skip

    return await _acted(posted, "person_name", learner_id, act)


@router.post(f"{PERSON}/documents")
async def add_document(learner_id: str, posted: PostedDep) -> Response:
    """Another document, beside the others or in the place of one."""

    async def act(session: AsyncSession, which: UUID, tools: Tools) -> object:
        document = {"number": "", **posted.said("kind", "number", "birth_on")}
        said = NewDocumentIn.model_validate({"document": document, **posted.said("evidence", "replaces")})
        return await service.add_document(
            session, actor=posted.actor, learner_id=which, document=read_person_document(said.document, at=tools.at),
            evidence=said.evidence, replaces=said.replaces, at=tools.at, keyring=tools.keyring,
        )  # fmt: skip

    return await _acted(posted, "person_document", learner_id, act)


@router.post(f"{PERSON}/codes")
async def issue_code(learner_id: str, posted: PostedDep) -> Response:
    """A one-time code, also for whoever lost their way in; shown in this answer and nowhere else."""
    which = id_of(learner_id)

    async def act(session: AsyncSession, tools: Tools) -> Mapping[str, Any]:
        said = CodeAsked.model_validate(posted.said("birth_on"))
        given = await activation.issue_code(
            session, actor=posted.actor, learner_id=which, birth_on=said.birth_on, at=tools.at, keyring=tools.keyring
        )
        return {
            "account_no": grouped(given.account_no), "code": grouped(given.code),
            "until": given.expires_at.isoformat(),
        }  # fmt: skip

    async def given(made: Mapping[str, Any]) -> Response:
        pairs = [
            ("account_no", made["account_no"]),
            ("off_code", made["code"]),
            ("off_code_until", instant(made["until"], posted.language)),
        ]
        return office_page(
            posted.visited, "given.html", posted.actor, here=f"/office/people/{which}", pairs=pairs,
            back=file_of(which, purpose_of(posted.one("purpose"))),
        )  # fmt: skip

    return await given_once(
        posted, "person_code", act, given=given, show=lambda fault: _again(posted, which, fault)
    )  # fmt: skip


@router.post(f"{PERSON}/closing")
async def close_account(learner_id: str, posted: PostedDep) -> Response:
    """Nothing more is deposited; what is there can be read."""

    async def act(session: AsyncSession, which: UUID, tools: Tools) -> object:
        said = ReasonIn.model_validate(posted.said("reason"))
        return await service.close_account(
            session, actor=posted.actor, learner_id=which, reason=said.reason, at=tools.at, keyring=tools.keyring
        )

    return await _acted(posted, "person_closing", learner_id, act, sure=True)


@router.post(f"{PERSON}/reopening")
async def reopen_account(learner_id: str, posted: PostedDep) -> Response:
    """It takes deposits again."""

    async def act(session: AsyncSession, which: UUID, tools: Tools) -> object:
        said = ReasonIn.model_validate(posted.said("reason"))
        return await service.reopen_account(
            session, actor=posted.actor, learner_id=which, reason=said.reason, at=tools.at, keyring=tools.keyring
        )

    return await _acted(posted, "person_reopening", learner_id, act)


@router.post(f"{PERSON}/erasure")
async def erase_learner(learner_id: str, posted: PostedDep) -> Response:
    """The keys are destroyed, with no way back; only of an account that is closed."""

    async def act(session: AsyncSession, which: UUID, tools: Tools) -> object:
        said = ReasonIn.model_validate(posted.said("reason"))
        return await erase(
            session, which, actor=posted.actor, reason=said.reason, at=tools.at, keyring=tools.keyring
        )  # fmt: skip

    return await _acted(posted, "person_erasure", learner_id, act, sure=True)
