"""The console's files: a spreadsheet sent from a page, followed while it is read and written, given back with outcomes.

A browser without scripts sends a file in one piece: it is begun, received and completed by the functions that the
API's routes call, all in one transaction with the form's key, so that a connection that drops before the last byte has
left nothing, and a form sent twice is one file. With scripts it goes in parts (`console_parts`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, get_args
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from creditbank.clock import today
from creditbank.db import DatabaseDep, SessionDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep, cursor_of, instant_and_id, one_page, workbook_response
from creditbank.identity.actor import Actor, ActorDep, Reach
from creditbank.portal.answering import Visit, page
from creditbank.portal.console import console_page
from creditbank.portal.desk import Fault, Posted, PostedDep, done_once, id_of, names_of, number_of_row
from creditbank.portal.forms import must_be_ours, not_readable
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import speaker
from creditbank.portal.writing import size
from creditbank.records.acts import Tools
from creditbank.records.intake import sender_of
from creditbank.sealing import Keyring
from creditbank.submissions import mappings, receiving, refusals, service
from creditbank.submissions.keeping import name_of
from creditbank.submissions.outcomes import rows_of
from creditbank.submissions.report import make_report
from creditbank.submissions.schemas import CompletionIn, RowResult, SubmissionIn
from creditbank.submissions.sheets.columns import KIND_NAMES
from creditbank.submissions.tables import ENDED, SubmissionFile

router = APIRouter(include_in_schema=False)

PAGE = 25
ROWS = 50
PART = 512 * 1024
"""Bytes of a part: what a phone in a train sends again at most."""
FORM = 64 * 1024
"""What the fields of the form around a file may take of a request."""
BEGUN = 3
"""Files that are not whole yet, as the page for a new one names them: the last begun."""
OUTCOMES: tuple[str, ...] = get_args(RowResult)
AT_WORK = frozenset({"reading", "queued", "running"})
"""States that end by themselves: the page looks again."""


# --- the list -------------------------------------------------------------------------------------------------------


@router.get("/console/files")
async def files_page(actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep) -> Response:
    """An institution's files, the newest first; an officer sees all."""
    asked = visited.request.query_params.get("cursor")
    everybody = Reach.ANY in actor.reach
    found = await service.files_of(
        session,
        institution_id=None if everybody else sender_of(actor).institution_id,
        statuses=(),
        before=instant_and_id(asked),
        limit=PAGE + 1,
    )
    shown, following = one_page(found, limit=PAGE, key=lambda file: cursor_of(str(file.created_at), file.submission_id))
    return console_page(
        visited,
        "files.html",
        actor,
        here="/console/files",
        files=[await service.shown(session, file, keyring=keyring, listed=True) for file in shown],
        names=await names_of(session, visited, *(file.institution_id for file in shown)) if everybody else {},
        everybody=everybody,
        following=following,
        first=asked is None,
    )


# --- sending --------------------------------------------------------------------------------------------------------


@router.get("/console/files/new")
async def new_file_page(request: Request, actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """Where a file is dropped."""
    return await new_file(session, request, visited, actor)


async def new_file(
    session: AsyncSession, request: Request, visited: Visit, actor: Actor, fault: Fault | None = None
) -> Response:
    """The page on which a file is chosen; what was begun and is not whole yet is offered to be gone on with."""
    begun = await service.files_of(
        session, institution_id=sender_of(actor).institution_id, statuses=("receiving",), before=None, limit=BEGUN
    )
    keyring = request.app.state.keyring
    return console_page(
        visited,
        "new_file.html",
        actor,
        here="/console/files/new",
        fault=fault,
        kinds={kind: said[visited.language == "en"] for kind, said in KIND_NAMES.items()},
        most=size(largest(request) // (1024 * 1024)),
        most_in_parts=size(request.app.state.settings.file_limit_mib),
        begun=[await service.shown(session, one, keyring=keyring, listed=True) for one in begun],
    )


def largest(request: Request) -> int:
    """Bytes of a file that a page takes: a request has a limit, and what is larger is sent in parts by the API."""
    return int(request.app.state.settings.body_limit_mib) * 1024 * 1024 - FORM


async def _with_file(request: Request, actor: ActorDep, visited: AtHomeDep) -> tuple[Posted, str, bytes | None]:
    """A form with a file: what was typed, the file's name and its bytes; none of one that is too large for a page."""
    await must_be_ours(request)
    try:
        form = await request.form(max_files=1, max_fields=40, max_part_size=FORM)
    except HTTPException as refused:
        if refused.status_code != 413:
            raise not_readable() from None
        return Posted(request, visited, actor, []), "", None
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    file = form.get("file")
    posted = Posted(request, visited, actor, pairs)
    if not isinstance(file, UploadFile):
        return posted, "", b""
    return posted, (file.filename or "").replace("\\", "/").rpartition("/")[2][:255], await file.read()


WithFileDep = Annotated[tuple[Posted, str, bytes | None], Depends(_with_file)]


@router.post("/console/files/new")
async def send_file(sent: WithFileDep) -> Response:
    """Begin, receive and complete a file at once."""
    posted, name, given = sent
    settings, say = posted.state.settings, speaker(posted.language)

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await new_file(session, posted.request, posted.visited, posted.actor, fault)

    if given is None:
        most = size(largest(posted.request) // (1024 * 1024))
        return await show(posted.fault("con_file", say("con_file_too_large", n=most), status=413))
    if not given:
        return await show(posted.fault("con_file", say("con_file_missing")))
    content = given

    async def act(session: AsyncSession, tools: Tools) -> str:
        file = await begin_file(session, posted, tools, file_name=name, size=len(content))
        pieces = [content[at : at + PART] for at in range(0, len(content), PART)]
        for number, piece in enumerate(pieces, start=1):
            await receiving.receive_part(
                session, file.submission_id, number, piece, actor=posted.actor, keyring=tools.keyring,
                limit_mib=settings.file_limit_mib,
            )  # fmt: skip
        await receiving.complete(
            session, file.submission_id, CompletionIn(parts=len(pieces), sha256=None), actor=posted.actor, at=tools.at
        )
        return f"/console/files/{file.submission_id}"

    return await done_once(posted, "con_file", act, then=None, show=show, content=content)


async def begin_file(session: AsyncSession, posted: Posted, tools: Tools, **about: Any) -> SubmissionFile:
    """A file that is about to come, as the form says it; `about` is its name and its size.

    Raises ValidationError, FileTooLarge, TooManyUnfinished.
    """
    settings, sender = posted.state.settings, sender_of(posted.actor)
    said = {**about, **posted.said("act", "kind", "reason"), "dry_run": posted.one("dry_run") == "yes"}
    return await receiving.begin(
        session, SubmissionIn.model_validate(said), institution_id=sender.institution_id, by=sender.name, at=tools.at,
        keyring=tools.keyring, limit_mib=settings.file_limit_mib, retention=timedelta(days=settings.retention_days),
    )  # fmt: skip


# --- one file -------------------------------------------------------------------------------------------------------


@router.get("/console/files/{submission_id}")
async def file_page(
    submission_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """How far a file is, what it waits for, and what became of its rows. Raises NotFound."""
    return await _file(session, visited, actor, id_of(submission_id), keyring=keyring)


async def _file(
    session: AsyncSession, visited: Visit, actor: Actor, submission_id: UUID, *, keyring: Keyring,
    fault: Fault | None = None,
) -> Response:  # fmt: skip
    file = await receiving.own_file(session, submission_id, actor)
    query = visited.request.query_params
    wanted = [one for one in query.getlist("outcome") if one in OUTCOMES]
    after = int(query["after"]) if query.get("after", "").isdecimal() and len(query["after"]) < 10 else 0
    found = await rows_of(session, file, keyring=keyring, outcomes=wanted or None, after=after, limit=ROWS + 1)
    rows, following = one_page(found, limit=ROWS, key=lambda row: str(row.row_no))
    questions = 0
    if file.status == "needs_mapping":
        seen = await mappings.preview(session, file, keyring=keyring, today=today(visited.at))
        questions = len((seen.proposal or {}).get("questions") or ())
    return console_page(
        visited,
        "file.html",
        actor,
        here=f"/console/files/{submission_id}",
        fault=fault,
        file=await service.shown(session, file, keyring=keyring),
        part_size=PART,
        institution=(await names_of(session, visited, file.institution_id)).get(file.institution_id, ""),
        questions=questions,
        ended=file.status in ENDED,
        at_work=file.status in AT_WORK,
        rows=rows,
        wanted=wanted,
        after=after,
        following=following,
        outcomes=OUTCOMES,
    )


@router.get("/console/files/{submission_id}/progress")
async def progress_part(
    submission_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """The part of the page that says how far the file is, for a page that asks again by itself. Raises NotFound."""
    file = await receiving.own_file(session, id_of(submission_id), actor)
    over = file.status not in AT_WORK
    return page(
        visited,
        "console/progress.html",
        # The whole page is another one now: the browser is told to read it anew.
        headers={"HX-Refresh": "true"} if over else None,
        file=await service.shown(session, file, keyring=keyring),
        at_work=not over,
    )


@router.get("/console/files/{submission_id}/rows/{row_no}")
async def row_page(
    submission_id: str, row_no: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """A row as it was sent, cell by cell, with what became of it. Raises NotFound, ContentErased."""
    file = await receiving.own_file(session, id_of(submission_id), actor)
    found = await service.sent_row(session, file, number_of_row(row_no), keyring=keyring)
    if found is None:
        raise NotFound
    return console_page(
        visited,
        "row.html",
        actor,
        here=f"/console/files/{file.submission_id}/rows/{row_no}",
        file=await service.shown(session, file, keyring=keyring),
        row=found,
    )


@router.get("/console/files/{submission_id}/report.xlsx")
async def report(
    submission_id: str, actor: ActorDep, database: DatabaseDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """The file given back with its outcomes. Raises NotFound, NotReadYet, ContentErased, ReportTooLarge."""
    async with database.session() as session:
        file = await receiving.own_file(session, id_of(submission_id), actor)
    if file.format is None:
        raise refusals.NotReadYet(status=file.status)
    attention = visited.request.query_params.get("only") == "attention"
    made = await make_report(
        database, file, keyring=keyring, language=visited.language, only_attention=attention
    )  # fmt: skip
    name = (name_of(file, keyring) or "submission").rsplit(".", 1)[0]
    called = quote(name + speaker(visited.language)("con_report_name") + ".xlsx")
    return workbook_response(made, disposition=f"attachment; filename=report.xlsx; filename*=UTF-8''{called}")


# --- acts -----------------------------------------------------------------------------------------------------------


async def _acted(posted: Posted, form: str, submission_id: UUID, act: Any, *, sure: bool = False) -> Response:
    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _file(
                session, posted.visited, posted.actor, submission_id, keyring=posted.state.keyring, fault=fault
            )

    return await done_once(posted, form, act, then=f"/console/files/{submission_id}", show=show, sure=sure)


@router.post("/console/files/{submission_id}/cancellation")
async def cancel_file(submission_id: str, posted: PostedDep) -> Response:
    """Stop a file between two chunks; what was written stays."""
    which = id_of(submission_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        return await service.cancel(session, which, actor=posted.actor, at=tools.at)

    return await _acted(posted, "con_cancel", which, act, sure=True)


@router.post("/console/files/{submission_id}/continuation")
async def let_file_go_on(submission_id: str, posted: PostedDep) -> Response:
    """An officer has looked at what is held: the rest is written."""
    which = id_of(submission_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        return await service.let_go_on(session, which, actor=posted.actor, at=tools.at)

    return await _acted(posted, "con_go_on", which, act)
