"""The console's records: one with its whole history, corrected, withdrawn or given to the right person by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, get_args
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import SessionDep
from creditbank.errors import BankError
from creditbank.http import KeyringDep
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor, ActorDep
from creditbank.learners.schemas import DocumentKind
from creditbank.portal.answering import Visit
from creditbank.portal.console import console_page
from creditbank.portal.desk import Fault, Posted, PostedDep, done_once, id_of, names_of, tools_of
from creditbank.portal.story_shown import told
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import CHOICES, PHRASES, speaker
from creditbank.records.acts import Tools
from creditbank.records.forming import form_row
from creditbank.records.history import RecordOut, course_name_of, record_with_history
from creditbank.records.intake import sender_of
from creditbank.records.posting_one import correct_one, is_doubt, note_doubt, reassign_one
from creditbank.records.reading import IDENTIFIES
from creditbank.records.schemas import ReassignmentIn, WithdrawalIn
from creditbank.records.withdrawing import withdraw

router = APIRouter(include_in_schema=False)

_NOT_TYPED = frozenset({"kind", "key", "student_no", "learner", "number"})
"""What says which record and whose it is, beside the fields that identify one of its kind."""
DOCUMENTS: tuple[str, ...] = get_args(DocumentKind)


@router.get("/console/records/{record_id}")
async def record_page(
    record_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """A record that the institution reported, with what became of it. Raises NotFound."""
    return await _record(session, visited, actor, id_of(record_id), tools=await tools_of(visited, keyring))


async def _read(session: AsyncSession, actor: Actor, record_id: UUID, tools: Tools) -> RecordOut:
    return await record_with_history(
        session, record_id, actor=actor, keyring=tools.keyring, rulebook=tools.rulebook, at=tools.at
    )


async def _record(
    session: AsyncSession, visited: Visit, actor: Actor, record_id: UUID, *, tools: Tools, fault: Fault | None = None
) -> Response:
    record = await _read(session, actor, record_id, tools)
    institution = (await names_of(session, visited, record.institution_id)).get(record.institution_id, "")
    last = record.versions[-1]
    return console_page(
        visited,
        "record.html",
        actor,
        here=f"/console/records/{record_id}",
        fault=fault,
        record=record,
        last=last,
        story=told(
            record,
            None,
            called=await course_name_of(session, record),
            institution=institution,
            rulebook=tools.rulebook,
            language=visited.language,
        ),
        own=record.institution_id == actor.institution_id,
        fields=_fields(record, visited),
        documents={kind: CHOICES["document"][kind][visited.language == "en"] for kind in DOCUMENTS},
    )


def _fields(record: RecordOut, visited: Visit) -> list[tuple[str, str, str]]:
    """What of a record can be corrected: its name, what it is called, what it says now."""
    say, kept = speaker(visited.language), {*IDENTIFIES[record.kind], *_NOT_TYPED}
    return [
        (name, say(f"field_{name}"), str(value))
        for name, value in record.versions[-1].reported.items()
        if name not in kept and f"field_{name}" in PHRASES and not isinstance(value, bool | dict | list)
    ]


async def _acted(
    posted: Posted, form: str, record_id: UUID, act: Callable[[AsyncSession, Tools], Awaitable[object]], *, sure: bool
) -> Response:
    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            tools = await posted.tools()
            return await _record(session, posted.visited, posted.actor, record_id, tools=tools, fault=fault)

    doubts: list[BankError] = []

    async def judged(session: AsyncSession, tools: Tools) -> object:
        try:
            return await act(session, tools)
        except BankError as refusal:
            doubts.extend([refusal] if is_doubt(refusal) else ())
            raise

    answered = await done_once(posted, form, judged, then=f"/console/records/{record_id}", show=show, sure=sure)
    if doubts:
        await note_doubt(posted.database, posted.actor, await posted.tools())
    return answered


def _learner(posted: Posted) -> dict[str, Any]:
    """Whom a form names, as a row names a learner."""
    number = posted.one("document_number")
    document = {"document": {"kind": posted.one("document_kind") or "resident_id", "number": number}} if number else {}
    return {**posted.said("name", "student_no"), **document}


@router.post("/console/records/{record_id}/correction")
async def correct_record(record_id: str, posted: PostedDep) -> Response:
    """The same row again with other content: a version more, and what stood on it is decided anew."""
    which, sender = id_of(record_id), sender_of(posted.actor)

    async def act(session: AsyncSession, tools: Tools) -> object:
        record = await _read(session, posted.actor, which, tools)
        said = {
            name: value for name, value in record.versions[-1].reported.items() if name not in ("learner", "student_no")
        }
        typed = {name: posted.one(name) for name, _, _ in _fields(record, posted.visited)}
        kept = {name: value for name, value in {**said, **typed}.items() if value is not None}
        # A record is known by whom its row named: the number by which it came stays what it was.
        number = record.versions[-1].reported.get("student_no")
        learner = {**_learner(posted), **({} if number is None else {"student_no": number})}
        row = form_row({**kept, "kind": record.kind, "learner": learner, **posted.said("reason")})
        return await correct_one(session, which, row, sender=sender, actor=posted.actor, tools=tools)

    return await _acted(posted, "con_correct", which, act, sure=False)


@router.post("/console/records/{record_id}/withdrawal")
async def withdraw_record(record_id: str, posted: PostedDep) -> Response:
    """It stays in the history; what stood on it is reversed."""
    which, sender = id_of(record_id), sender_of(posted.actor)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = WithdrawalIn.model_validate(posted.said("reason"))
        return await withdraw(
            session, which, sender=sender, reason=said.reason, submission_id=new_id(), tools=tools
        )  # fmt: skip

    return await _acted(posted, "con_withdraw", which, act, sure=True)


@router.post("/console/records/{record_id}/reassignment")
async def reassign_record(record_id: str, posted: PostedDep) -> Response:
    """Taken from one learner and given to another in one act."""
    which, sender = id_of(record_id), sender_of(posted.actor)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = ReassignmentIn.model_validate({"learner": _learner(posted), **posted.said("reason")})
        return await reassign_one(session, which, said, sender=sender, actor=posted.actor, tools=tools)

    return await _acted(posted, "con_reassign", which, act, sure=True)
