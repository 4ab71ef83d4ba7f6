"""The pages of the transcript and of the story of each record."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Database, SessionDep
from creditbank.errors import Language, Malformed, NotFound
from creditbank.http import KeyringDep
from creditbank.identity.actor import ActorDep, Reach
from creditbank.institutions import reading
from creditbank.learners.account_numbers import grouped
from creditbank.learners.families import family_of
from creditbank.learners.sight import allowed_to_see
from creditbank.portal.conversions_shown import conversions_of
from creditbank.portal.desk import desk_page, id_of
from creditbank.portal.story_shown import told
from creditbank.portal.transcript_shown import shown
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.whose import Whose, WhoseDep, whose_page
from creditbank.portal.words import named
from creditbank.records.history import RecordOut, course_name_of, record_with_history
from creditbank.rules.dependencies import rulebook_of
from creditbank.sealing import Keyring
from creditbank.transcripts.service import Asked, transcript

router = APIRouter(include_in_schema=False)
MOST_RECORDS = 500

_TRANSCRIPT = "/my/transcript"


# --- the transcript -----------------------------------------------------------------------------------------------


@router.get(_TRANSCRIPT)
async def transcript_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """One's own transcript; for a guardian that of a child, or the children to choose from."""
    request, at, language = visited.request, visited.at, visited.language
    asked = _asked(request, language)
    if whose.learner_id is None:
        return whose_page(visited, actor, whose)
    learner_id = whose.certain
    sight = await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring)
    if asked == Asked(language=language):
        # Today's whole transcript is one statement: on a bare connection, as its JSON is read, at a third of the cost.
        database: Database = request.app.state.database
        async with database.bare() as connection:
            body = await transcript(
                connection, learner_id, asked, reported_by=sight.institution_id, keyring=keyring, at=at
            )
    else:
        body = await transcript(session, learner_id, asked, reported_by=sight.institution_id, keyring=keyring, at=at)
    found = orjson.loads(body)
    return desk_page(
        visited,
        "learner/transcript.html",
        actor,
        here=whose.at(_TRANSCRIPT),
        whose=whose,
        transcript=found,
        asked=asked,
        known_on=None if asked.known_at is None else clock.today(asked.known_at),
        learner=found["learner"],
        document=named("document", (found["learner"]["document"] or {}).get("kind"), language),
        shown=shown(found, await rulebook_of(request), language),
        grouped=grouped,
    )


def _asked(request: Request, language: Language) -> Asked:
    """Which day, as known when, and which records. Raises Malformed for a day that is none, NotFound for an id."""
    query = request.query_params
    records = [id_of(text) for text in query.getlist("record")[:MOST_RECORDS]]
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


# --- the story of a record ----------------------------------------------------------------------------------------


@router.get("/my/records/{record_id}")
async def record_page(
    record_id: str, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """The row it came in, its versions, the decisions with every finding and source, the postings. Raises NotFound."""
    rulebook, at = await rulebook_of(visited.request), visited.at
    which = id_of(record_id)
    record = await record_with_history(session, which, actor=actor, keyring=keyring, rulebook=rulebook, at=at)
    whole, written = await _transcript(session, record, keyring, at), str(record.record_id)
    line = next((each for each in whole["records"] if each["record_id"] == written), None)
    story = told(
        record,
        line,
        called=await course_name_of(session, record) if line is None else None,
        institution=await _institution(session, record, line),
        rulebook=rulebook,
        language=visited.language,
    )
    own = actor.learner_id if Reach.OWN in actor.reach else None
    mine = own is not None and own in await family_of(session, record.learner_id)
    whose = Whose(own if mine else record.learner_id, own)
    return desk_page(
        visited,
        "learner/record.html",
        actor,
        here=f"/my/records/{record.record_id}",
        whose=whose,
        story=story,
        used=conversions_of(whole, written, visited.language),
    )


async def _transcript(session: AsyncSession, record: RecordOut, keyring: Keyring, at: datetime) -> dict[str, Any]:
    """Today's transcript of whose record it is: with the names that the bank read into it, and what it was used for."""
    body = await transcript(session, record.learner_id, Asked(), reported_by=None, keyring=keyring, at=at)
    found: dict[str, Any] = orjson.loads(body)
    return found


async def _institution(session: AsyncSession, record: RecordOut, line: dict[str, Any] | None) -> str:
    """What the institution was called when it reported."""
    if line is not None and line["shown"].get("institution"):
        return str(line["shown"]["institution"])
    on = clock.today(record.versions[-1].recorded_at)
    try:
        return (await reading.institution(session, institution_id=record.institution_id, on=on)).name
    except NotFound:
        return ""
