"""The pages of cohorts: one's own, their members, a round opened, and the registrar's spreadsheets tried, then sent."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, get_args
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from creditbank.clock import today
from creditbank.days import Day
from creditbank.db import Database, SessionDep
from creditbank.errors import BankError, Language
from creditbank.http import KEY, KeyringDep, answer
from creditbank.identity.actor import Actor, ActorDep
from creditbank.once import Answer, once
from creditbank.pathways import agreement_reading as reading
from creditbank.pathways import cohorts, roster, rounds, score_columns
from creditbank.pathways.agreement_schemas import FilingIn, MemberEventIn
from creditbank.pathways.roster import admit_roster, read_roster
from creditbank.pathways.round_reading import rounds_of
from creditbank.pathways.round_schemas import RoundIn
from creditbank.pathways.score_sheet import read_scores, round_for, state_scores
from creditbank.pathways.sheet_schemas import SheetOut
from creditbank.pathways.statement_bodies import ExamKind
from creditbank.pathways.statements import cohort_for
from creditbank.portal import rounds_shown as shown
from creditbank.portal.answering import Visit
from creditbank.portal.desk import (
    Fault,
    Posted,
    PostedDep,
    desk_page,
    done_once,
    id_of,
    names_of,
    number_of,
    payload_of,
    tools_of,
)
from creditbank.portal.forms import must_be_ours, not_readable
from creditbank.portal.sittings_typed import MOST, sittings_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import speaker
from creditbank.records.acts import Tools

router = APIRouter(include_in_schema=False)

PAGE = 50
MEMBERS = 500
"""Members of one page: a cohort is a class or a few."""
MOST_BYTES = 2 * 1024 * 1024
"""Of a spreadsheet on a page, which carries it from the trial to the sending; the API takes larger ones."""


# --- lists ----------------------------------------------------------------------------------------------------------


@router.get("/desk/cohorts")
async def cohorts_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """The cohorts that somebody may see."""
    query = visited.request.query_params
    after = id_of(query["after"]) if query.get("after") else None
    found = await reading.cohorts(session, actor=actor, after=after, limit=PAGE + 1)
    names = await names_of(session, visited, *(one for each in found for one in (each.school_id, each.college_id)))
    following = found[PAGE - 1].cohort_id if len(found) > PAGE else None
    return desk_page(
        visited, "cohorts.html", actor, here="/desk/cohorts", cohorts=found[:PAGE], names=names, following=following
    )


@router.get("/desk/cohorts/{cohort_id}")
async def cohort_page(
    cohort_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """A cohort: its members, its rounds, and what can be done with it. Raises NotFound."""
    return await _cohort(session, visited, actor, id_of(cohort_id), tools=await tools_of(visited, keyring))


async def _cohort(
    session: AsyncSession, visited: Visit, actor: Actor, cohort_id: UUID, *, tools: Tools, fault: Fault | None = None
) -> Response:
    cohort = await reading.one_cohort(session, cohort_id, actor=actor)
    after = visited.request.query_params.get("after")
    members = await reading.members(
        session, cohort_id, actor=actor, after=number_of(after) if after else 0, limit=MEMBERS + 1,
        keyring=tools.keyring,
    )  # fmt: skip
    opened = await rounds_of(session, cohort_id, actor=actor, tools=tools)
    return desk_page(
        visited,
        "cohort.html",
        actor,
        here=f"/desk/cohorts/{cohort_id}",
        fault=fault,
        cohort=cohort,
        names=await names_of(session, visited, cohort.school_id, cohort.college_id),
        pathway=await reading.one_pathway(session, cohort.pathway_id),
        members=members[:MEMBERS],
        following=members[MEMBERS - 1].member_no if len(members) > MEMBERS else None,
        rounds=opened,
        collecting=next((each for each in opened if each.state == "collecting"), None),
        under_way=any(each.state not in ("frozen", "abandoned") for each in opened),
        side=shown.side_of(actor, cohort),
        most_sittings=MOST,
        sittings={},
        kinds=get_args(ExamKind),
        today=today(visited.at).isoformat(),
    )


# --- acts -----------------------------------------------------------------------------------------------------------


async def _shown(posted: Posted, cohort_id: UUID, fault: Fault) -> Response:
    async with posted.database.session() as session:
        tools = await posted.tools()
        return await _cohort(session, posted.visited, posted.actor, cohort_id, tools=tools, fault=fault)


@router.post("/desk/cohorts/{cohort_id}/rounds")
async def open_round(cohort_id: str, posted: PostedDep) -> Response:
    """Open a round with its sittings."""
    which = id_of(cohort_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = RoundIn.model_validate({**posted.said("collects_until"), "sittings": sittings_of(posted.one)})
        return await rounds.open_new(
            session, which, collects_until=said.collects_until, sittings=[each.stored() for each in said.sittings],
            actor=posted.actor, tools=tools,
        )  # fmt: skip

    async def show(fault: Fault) -> Response:
        return await _shown(posted, which, fault)

    return await done_once(posted, "opening", act, then=f"/desk/cohorts/{which}", show=show)


@router.post("/desk/cohorts/{cohort_id}/filing")
async def file_cohort(cohort_id: str, posted: PostedDep) -> Response:
    """File a cohort: from then on nobody is admitted."""
    which = id_of(cohort_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = FilingIn.model_validate(posted.said("filing_no"))
        return await cohorts.file(session, which, filing_no=said.filing_no, actor=posted.actor, tools=tools)

    async def show(fault: Fault) -> Response:
        return await _shown(posted, which, fault)

    return await done_once(posted, "cohort_filing", act, then=f"/desk/cohorts/{which}", show=show, sure=True)


@router.get("/desk/cohorts/{cohort_id}/members/{member_no}")
async def member_page(
    cohort_id: str, member_no: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """One member, and the form for what happened to them. Raises NotFound."""
    tools = await tools_of(visited, keyring)
    return await _member(session, visited, actor, id_of(cohort_id), number_of(member_no), tools=tools)


async def _member(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    cohort_id: UUID,
    number: int,
    *,
    tools: Tools,
    fault: Fault | None = None,
) -> Response:
    cohort = await reading.one_cohort(session, cohort_id, actor=actor)
    return desk_page(
        visited,
        "member.html",
        actor,
        here=f"/desk/cohorts/{cohort_id}/members/{number}",
        fault=fault,
        cohort=cohort,
        member=await reading.one_member(session, cohort_id, number, actor=actor, keyring=tools.keyring),
        side=shown.side_of(actor, cohort),
        today=today(visited.at).isoformat(),
    )


@router.post("/desk/cohorts/{cohort_id}/members/{member_no}/events")
async def note_event(cohort_id: str, member_no: str, posted: PostedDep) -> Response:
    """A member was suspended, returned or left; leaving is for good."""
    which, number = id_of(cohort_id), number_of(member_no)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = MemberEventIn.model_validate(posted.said("event", "occurred_on", "reason"))
        member = await reading.one_member(session, which, number, actor=posted.actor, keyring=tools.keyring)
        return await cohorts.happened(
            session, which, member.learner_id, event=said.event, on=said.occurred_on, reason=said.reason,
            actor=posted.actor, tools=tools,
        )  # fmt: skip

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            tools = await posted.tools()
            return await _member(session, posted.visited, posted.actor, which, number, tools=tools, fault=fault)

    then = f"/desk/cohorts/{which}/members/{number}"
    return await done_once(posted, "event", act, then=then, show=show, sure=posted.one("event") == "left")


# --- spreadsheets ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sent:
    """A spreadsheet that came with a form: chosen just now, or carried from the trial."""

    posted: Posted
    name: str
    content: bytes
    trying: bool


async def _sent(request: Request, actor: Actor, visited: Visit) -> _Sent:
    """Raises FormFromElsewhere, FormWithoutOrigin, and Malformed for what is no form."""
    await must_be_ours(request)
    try:
        form = await request.form(max_files=1, max_fields=40, max_part_size=2 * MOST_BYTES)
    except HTTPException:
        raise not_readable() from None
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    posted = Posted(request, visited, actor, [pair for pair in pairs if pair[0] != "carried"])
    file = form.get("file")
    if isinstance(file, UploadFile):
        return _Sent(posted, file.filename or "", await file.read(), trying=True)
    carried = form.get("carried")
    try:
        content = base64.b64decode(carried if isinstance(carried, str) else "", validate=True)
    except (ValueError, binascii.Error):
        raise not_readable() from None
    return _Sent(posted, posted.one("file_name") or "", content, trying=posted.one("send") != "yes")


class _Tried(Exception):
    """What a trial would have come to; raised, so that nothing of it is written."""

    def __init__(self, out: SheetOut) -> None:
        self.out = out
        super().__init__()


async def _try(database: Database, act: Callable[[AsyncSession], Awaitable[SheetOut]]) -> SheetOut:
    """Do an act, tell what came of it, and undo it: the trial and the sending always agree."""

    async def undone(session: AsyncSession) -> None:
        raise _Tried(await act(session))

    try:
        await database.write(undone)
    except _Tried as tried:
        return tried.out
    raise AssertionError("unreachable")


async def _take(sent: _Sent, cohort_id: UUID, form: str, read: Any, state: Any) -> Response:
    """Try a spreadsheet, or take it in once: the same act, of which the trial keeps nothing."""
    posted, say = sent.posted, speaker(sent.posted.language)
    key = posted.one("key") or ""
    if KEY.fullmatch(key) is None:
        return await _shown(posted, cohort_id, posted.fault(form, say("form_old"), status=409))
    if not sent.content:
        return await _shown(posted, cohort_id, posted.fault(form, say("file_missing")))
    if len(sent.content) > MOST_BYTES:
        return await _shown(posted, cohort_id, posted.fault(form, say("file_too_large"), status=413))
    tools = await posted.tools()
    try:
        sheet = await read(sent.content)

        async def act(session: AsyncSession) -> SheetOut:
            out: SheetOut = await state(session, sheet, sent.trying, tools)
            return out

        async def acted(session: AsyncSession) -> Answer:
            return answer(200, await act(session))

        if sent.trying:
            out = await _try(posted.database, act)
        else:
            said = [pair for pair in posted.pairs if pair[0] not in ("key", "send")]
            answered = await once(
                posted.database, tools.keyring, caller=posted.actor.name, key=f"page:{key}", act=acted,
                payload=payload_of(posted, said, sent.content),
            )  # fmt: skip
            out = SheetOut.model_validate(orjson.loads(answered.body))
    except (BankError, ValidationError) as refused:
        return await _shown(posted, cohort_id, posted.refused(form, refused))
    return await _outcome(sent, cohort_id, form, out)


async def _outcome(sent: _Sent, cohort_id: UUID, form: str, out: SheetOut) -> Response:
    posted = sent.posted
    async with posted.database.session() as session:
        cohort = await reading.one_cohort(session, cohort_id, actor=posted.actor)
    return desk_page(
        posted.visited,
        "sheet.html",
        posted.actor,
        here=f"/desk/cohorts/{cohort_id}",
        cohort=cohort,
        form=form,
        action=posted.request.url.path,
        out=out,
        read_as=lambda word: _read_as(word, posted.language),
        file_name=sent.name[:200],
        carried=base64.b64encode(sent.content).decode() if out.tried else "",
        options=[pair for pair in posted.pairs if pair[0] in ("joined_on", "round_id", "sitting", "kind") and pair[1]],
    )


def _read_as(word: str, language: Language) -> str:
    """What a column was read as, in words: a field, a subject, of a subject what a marker gave or a remark."""
    say, told = speaker(language), []
    for part in word.split("/"):
        field = next((each for each in (*roster.FIELDS, *score_columns.FIELDS) if each.name == part), None)
        if field is not None:
            told.append(field.zh if language == "zh" else field.en)
        else:
            told.append(say("sheet_marker", n=part) if part.isdigit() else part)
    return " ".join(told)


@router.post("/desk/cohorts/{cohort_id}/roster")
async def send_roster(cohort_id: str, request: Request, actor: ActorDep, visited: AtHomeDep) -> Response:
    """Pupils admitted by their student numbers and names, row by row; first tried, then sent."""
    which = id_of(cohort_id)
    sent = await _sent(request, actor, visited)

    async def read(content: bytes) -> Any:
        async with sent.posted.database.session() as session:
            await cohort_for(session, which, actor)
        typed = sent.posted.one("joined_on")
        joined_on = None if typed is None else TypeAdapter(Day).validate_python(typed)
        return await asyncio.to_thread(read_roster, content, joined_on=joined_on)

    async def state(session: AsyncSession, sheet: Any, tried: bool, tools: Tools) -> SheetOut:  # noqa: FBT001
        return await admit_roster(session, which, sheet, tried=tried, actor=actor, tools=tools)

    return await _take(sent, which, "roster", read, state)


@router.post("/desk/cohorts/{cohort_id}/score-sheet")
async def send_scores(cohort_id: str, request: Request, actor: ActorDep, visited: AtHomeDep) -> Response:
    """Scores of the round that collects, row by row; first tried, then sent."""
    which = id_of(cohort_id)
    sent = await _sent(request, actor, visited)
    said = sent.posted
    found: dict[str, Any] = {}

    async def read(content: bytes) -> Any:
        named = said.one("round_id")
        async with said.database.session() as session:
            found["of"] = await round_for(session, which, None if named is None else id_of(named), actor=actor)
        found["kind"] = TypeAdapter(ExamKind).validate_python(said.one("kind") or "stage")
        no = said.one("sitting")
        sitting = None if no is None else TypeAdapter(int).validate_python(no)
        return await asyncio.to_thread(read_scores, content, found["of"].sittings, sitting=sitting)

    async def state(session: AsyncSession, sheet: Any, tried: bool, tools: Tools) -> SheetOut:  # noqa: FBT001
        return await state_scores(
            session, which, sheet, of=found["of"], kind=found["kind"], tried=tried, actor=actor, tools=tools
        )  # fmt: skip

    return await _take(sent, which, "score_sheet", read, state)
