"""The pages of the transcript and of the story of each record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import Language, Malformed, NotFound
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep, Reach
from creditbank.institutions import reading
from creditbank.learners.account_numbers import grouped
from creditbank.learners.guardians import children_of
from creditbank.learners.sight import allowed_to_see
from creditbank.portal.answering import page
from creditbank.portal.story_shown import told
from creditbank.portal.transcript_shown import shown
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import named
from creditbank.records.history import RecordOut, record_with_history
from creditbank.rules.dependencies import rulebook_of
from creditbank.sealing import Keyring
from creditbank.transcripts.service import Asked, transcript

router = APIRouter(include_in_schema=False)
MOST_RECORDS = 500

_TRANSCRIPT = "/my/transcript"


# --- the transcript -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Child:
    learner_id: UUID
    name: str | None
    account_no: str


@router.get(_TRANSCRIPT)
async def transcript_page(actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep) -> Response:
    """One's own transcript; for a guardian that of a child, or the children to choose from."""
    request, at, language = visited.request, visited.at, visited.language
    asked = _asked(request, language)
    children = await _children(session, actor, keyring, at)
    learner_id = _whose(request, actor, children)
    if learner_id is None:
        return page(visited, "children.html", children=children, grouped=grouped)
    sight = await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring)
    body = await transcript(session, learner_id, asked, reported_by=sight.institution_id, keyring=keyring, at=at)
    found = orjson.loads(body)
    return page(
        visited,
        "transcript.html",
        transcript=found,
        asked=asked,
        known_on=None if asked.known_at is None else clock.today(asked.known_at),
        learner=found["learner"],
        document=named("document", (found["learner"]["document"] or {}).get("kind"), language),
        shown=shown(found, await rulebook_of(request), language),
        whose=None if learner_id == actor.learner_id else learner_id,
        own=actor.learner_id if Reach.OWN in actor.reach else None,
        children=children,
        grouped=grouped,
    )


async def _children(session: AsyncSession, actor: Actor, keyring: Keyring, at: datetime) -> list[_Child]:
    """The children a guardian acts for, by the name that their own transcript has."""
    if Reach.CHILD not in actor.reach or actor.login_id is None:
        return []
    found = []
    for learner_id in await children_of(session, actor.login_id, on=clock.today(at), keyring=keyring):
        nothing = Asked(records=())
        body = await transcript(session, learner_id, nothing, reported_by=None, keyring=keyring, at=at)
        learner = orjson.loads(body)["learner"]
        found.append(_Child(learner_id, learner["name"], learner["account_no"]))
    return found


def _whose(request: Request, actor: Actor, children: Sequence[_Child]) -> UUID | None:
    """Whom the page is about: who is asked for, oneself, or the only child. Raises NotFound for what is no id."""
    named_one = request.query_params.get("learner")
    if named_one:
        return _id(named_one)
    if Reach.OWN in actor.reach and actor.learner_id is not None:
        return actor.learner_id
    return children[0].learner_id if len(children) == 1 else None


def _asked(request: Request, language: Language) -> Asked:
    """Which day, as known when, and which records. Raises Malformed for a day that is none, NotFound for an id."""
    query = request.query_params
    records = [_id(text) for text in query.getlist("record")[:MOST_RECORDS]]
    as_of, known_on = _day(query.get("as_of"), "as_of"), _day(query.get("known_at"), "known_at")
    known_at = None
    if known_on is not None:
        # People mean the whole day: what the bank learned until midnight in the city.
        known_at = datetime.combine(known_on, time.max, clock.CITY).astimezone(UTC)
    return Asked(as_of, known_at, records or None, language)


def _day(written: str | None, field: str) -> date | None:
    if not written:
        return None
    try:
        found = date.fromisoformat(written)
    except ValueError:
        found = None
    if found is None or not 1900 <= found.year <= 2100:
        raise Malformed(field=f"/{field}", why_zh="日期应写作 2024-03-01", why_en="write the day as 2024-03-01")
    return found


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        raise NotFound from None


# --- the story of a record ----------------------------------------------------------------------------------------


@router.get("/my/records/{record_id}")
async def record_page(
    record_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """The row it came in, its versions, the decisions with every finding and source, the postings. Raises NotFound."""
    rulebook, at = await rulebook_of(visited.request), visited.at
    record = await record_with_history(session, _id(record_id), actor=actor, keyring=keyring, rulebook=rulebook, at=at)
    line = await _line(session, record, keyring, at)
    story = told(
        record,
        line,
        called=await _course_name(session, record) if line is None else None,
        institution=await _institution(session, record, line),
        rulebook=rulebook,
        language=visited.language,
    )
    whose = None if record.learner_id == actor.learner_id else record.learner_id
    return page(visited, "record.html", story=story, whose=whose)


async def _line(session: AsyncSession, record: RecordOut, keyring: Keyring, at: datetime) -> dict[str, Any] | None:
    """The record as today's transcript says it: with the names that the bank read into it."""
    only = Asked(records=(record.record_id,))
    body = await transcript(session, record.learner_id, only, reported_by=None, keyring=keyring, at=at)
    lines: list[dict[str, Any]] = orjson.loads(body)["records"]
    return lines[0] if lines else None


async def _course_name(session: AsyncSession, record: RecordOut) -> str | None:
    """A record that was withdrawn is in no transcript: the catalogue of its day says what the course was called."""
    last = record.versions[-1]
    if record.kind != "course_result":
        return None
    code = str(last.reported["course_code"])
    try:
        found = await reading.course(session, institution_id=record.institution_id, code=code, on=last.occurred_on)
    except NotFound:
        return None
    return found.name


async def _institution(session: AsyncSession, record: RecordOut, line: dict[str, Any] | None) -> str:
    """What the institution was called when it reported."""
    if line is not None and line["shown"].get("institution"):
        return str(line["shown"]["institution"])
    on = clock.today(record.versions[-1].recorded_at)
    try:
        return (await reading.institution(session, institution_id=record.institution_id, on=on)).name
    except NotFound:
        return ""
