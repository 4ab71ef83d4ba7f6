"""Decisions by a published version that would now be others: looked for, listed, and decided again for who asks."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock, jobs
from creditbank.db import driver
from creditbank.errors import NotFound
from creditbank.http import ChangedMeanwhile
from creditbank.identifiers import new_id
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor
from creditbank.jobs import Work, handler
from creditbank.learners.families import lock_families
from creditbank.publishing.impact import LANE, happened_since, institutions_of, kinds_of
from creditbank.publishing.measuring import Compared
from creditbank.publishing.refusals import NothingPublishedUnderThat
from creditbank.publishing.standing import Against, compare_all
from creditbank.publishing.tables import AffectedDecision, AffectedReport
from creditbank.recognition.deciding_again import Why, decide_again
from creditbank.recognition.opening import open_claim
from creditbank.recognition.tables import ClaimAct
from creditbank.recognition.writing import new_writing
from creditbank.records.acts import Tools, new_act, redecide
from creditbank.records.consequences import follow
from creditbank.records.locking import lock_claim_and_read
from creditbank.records.standing import Asked
from creditbank.records.write import write_act
from creditbank.rules.service import Version, published, read_text
from creditbank.sealing import Keyring

LOOK = "look for affected decisions"
SEARCHED = ("deposit", "conversion")
"""The questions whose decisions are looked through: those of the others are made anew whenever they are asked."""
MOST_AT_ONCE = 200
"""Decisions that one call decides again."""
BECAUSE = "rules_superseded"
"""Why a line is decided again, as its decision and its claim name it."""


async def published_version(session: AsyncSession, document: str, version: str) -> Version:
    """A version that was published, superseded or not. Raises NothingPublishedUnderThat."""
    for each in (await published(session)).of(document):
        if each.version == version:
            return each
    raise NothingPublishedUnderThat(document=document, version=version)


async def ask_affected(session: AsyncSession, document: str, version: str, *, by: str, at: datetime) -> AffectedReport:
    """Have the decisions by a version looked for that would now be others. Raises NothingPublishedUnderThat."""
    await published_version(session, document, version)
    report = AffectedReport(report_id=new_id(), document=document, document_version=version, asked_by=by, asked_at=at)
    session.add(report)
    await session.flush()
    about = {"report_id": str(report.report_id)}
    await jobs.ask(session, kind=LOOK, name=f"{LOOK} {report.report_id}", about=about, run_at=at)
    return report


@handler(LOOK, lane=LANE)
async def look_for_affected(work: Work) -> None:
    """Every decision by the version that stands, decided again by the rules in force; a second run begins anew."""
    report_id = UUID(work.about["report_id"])
    async with work.database.session() as session:
        report = await session.get(AffectedReport, report_id)
        if report is None or report.made_at is not None:
            return
        now = await published(session)
        version = next(each for each in now.of(report.document) if each.version == report.document_version)
    document = read_text(version.text)
    book = await asyncio.to_thread(now.book)
    since = happened_since(document, date.fromisoformat(version.begins))
    today = clock.today(work.now)
    mine = (report.document, report.document_version)
    # A version names its scope, so the text in which it stands says whose plans it was about.
    against = Against(
        document.question, book, book, today, kinds_of(document), since,
        institutions=institutions_of(document), by=mine,
    )  # fmt: skip
    compared_with = 0
    if document.question in SEARCHED:
        async for compared, _ in compare_all(work.database, against, keyring=work.its(Keyring)):
            theirs = [each for each in compared if mine in each.place.by]
            compared_with += len(theirs)
            # Beside themselves the rules in force find everything due that differs from what stands.
            rows = [_row(report_id, each) for each in theirs if each.change == "due"]
            if rows:
                await work.database.write(partial(_keep, rows=rows))
    await work.database.write(partial(_done, report_id=report_id, book_digest=now.digest, compared=compared_with))


def _row(report_id: UUID, each: Compared) -> dict[str, Any]:
    place = each.place
    return {
        "report_id": report_id,
        "decision_id": place.decision_id,
        "learner_id": place.learner_id,
        "institution_id": place.institution_id,
        "record_id": place.record_id,
        "claim_id": place.claim_id,
        "line_no": place.line_no,
        "standing": each.stands.told(),
        "would_be": each.would_be.told(),
    }


async def _keep(session: AsyncSession, *, rows: list[dict[str, Any]]) -> None:
    """A run that was killed has kept some already."""
    report_id, decisions = rows[0]["report_id"], [row["decision_id"] for row in rows]
    there = select(AffectedDecision.decision_id).where(
        AffectedDecision.report_id == report_id, col(AffectedDecision.decision_id).in_(decisions)
    )
    kept = set(await session.exec(there))
    session.add_all([AffectedDecision(**row) for row in rows if row["decision_id"] not in kept])


async def _done(session: AsyncSession, *, report_id: UUID, book_digest: str, compared: int) -> None:
    connection = await driver(session)
    await connection.execute(
        """
        UPDATE affected_report SET made_at = %(at)s, book_digest = %(digest)s, compared = %(compared)s,
            affected = (SELECT count(*) FROM affected_decision WHERE report_id = %(report)s)
        WHERE report_id = %(report)s
        """,
        {"at": clock.now(), "digest": book_digest, "compared": compared, "report": report_id},
    )


async def last_affected(session: AsyncSession, document: str, version: str) -> AffectedReport:
    """The last search that was asked for. Raises NothingPublishedUnderThat, and NotFound where none was."""
    await published_version(session, document, version)
    statement = (
        select(AffectedReport)
        .where(AffectedReport.document == document, AffectedReport.document_version == version)
        .order_by(col(AffectedReport.report_id).desc())
        .limit(1)
    )
    found = (await session.exec(statement)).one_or_none()
    if found is None:
        raise NotFound
    return found


async def searched(session: AsyncSession, document: str, version: str, report_id: UUID) -> AffectedReport:
    """The search that somebody chose from. Raises ChangedMeanwhile where there has been another since, and as above."""
    report = await last_affected(session, document, version)
    if report.report_id != report_id:
        raise ChangedMeanwhile
    return report


async def affected(
    session: AsyncSession, report_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[AffectedDecision]:
    """The decisions that a search found, by their ids."""
    statement = (
        select(AffectedDecision)
        .where(AffectedDecision.report_id == report_id)
        .order_by(col(AffectedDecision.decision_id))
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(col(AffectedDecision.decision_id) > after)
    return (await session.exec(statement)).all()


async def by_institution(session: AsyncSession, report_id: UUID) -> list[tuple[UUID, int]]:
    """How many of the decisions that a search found are about what each institution reported or decides, most first."""
    many = func.count()
    statement = (
        select(AffectedDecision.institution_id, many)
        .where(AffectedDecision.report_id == report_id)
        .group_by(col(AffectedDecision.institution_id))
        .order_by(many.desc(), col(AffectedDecision.institution_id))
    )
    return list(await session.exec(statement))


# --- deciding again -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reissued:
    """What became of one decision that was to be made again."""

    decision_id: UUID
    outcome: str
    """reissued; unchanged where the rules now say what stands; superseded where it no longer stands; not_listed where
    the search did not find it; by_claim where it refused a line, which is claimed again or appealed against."""
    record_id: UUID | None = None
    new_decision_id: UUID | None = None


async def reissue(
    session: AsyncSession,
    report: AffectedReport,
    decisions: Sequence[UUID],
    *,
    actor: Actor,
    reason: str,
    tools: Tools,
) -> list[Reissued]:
    """Decide the records of some affected decisions again, by the rules in force; what follows is done with it.

    Records of the same content are decided together, so others of a list may be done with the first of them.
    """
    statement = select(AffectedDecision).where(
        AffectedDecision.report_id == report.report_id, col(AffectedDecision.decision_id).in_(decisions)
    )
    listed = {each.decision_id: each for each in await session.exec(statement)}
    # Everybody at once, in the order of ids, before anything is read that another act may change.
    families = await lock_families(session, {each.learner_id for each in listed.values()})
    records = [each for each in listed.values() if each.record_id is not None]
    before = await _holding(session, records)
    asked: dict[tuple[UUID, ...], set[UUID]] = defaultdict(set)
    for each in records:
        if each.record_id is not None and before.get(each.record_id) == each.decision_id:
            asked[families[each.learner_id]].add(each.record_id)
    after: dict[UUID, UUID] = {}
    if asked:
        people = await lock_claim_and_read(
            session,
            [Asked(family, frozenset(), frozenset(theirs)) for family, theirs in asked.items()],
            claims=(),
            keyring=tools.keyring,
        )
        act = new_act(new_id(), tools, people)
        for person, theirs in zip(people, asked.values(), strict=True):
            contents = {person.standing[record_id].content for record_id in theirs if record_id in person.standing}
            redecide(person, contents, act=act, acts={}, rulebook=tools.rulebook)
        await write_act(session, act)
        await follow(session, act, tools)
        after = await _holding(session, records)
    lines = {
        each.decision_id: await _line_again(session, each, actor, tools)
        for each in listed.values()
        if each.record_id is None
    }
    outcomes = [
        lines.get(decision_id) or _became(decision_id, listed.get(decision_id), before, after)
        for decision_id in decisions
    ]
    done = sum(each.outcome == "reissued" for each in outcomes)
    detail = {"report_id": str(report.report_id), "asked": len(decisions), "reissued": done}
    await note(session, actor=actor, act="decisions_reissued", purpose=reason, at=tools.at, detail=detail)
    return outcomes


async def _line_again(session: AsyncSession, listed: AffectedDecision, actor: Actor, tools: Tools) -> Reissued:
    """Decide a line that stands again, as if the mistaken rule had never been; it never comes to more than before."""
    assert listed.claim_id is not None
    assert listed.line_no is not None
    opened = await open_claim(session, listed.claim_id, tools=tools)
    line = opened.line(listed.line_no)
    if line.decision_id != listed.decision_id:
        return Reissued(listed.decision_id, "superseded", None, line.decision_id)
    if line.state != "granted":
        return Reissued(listed.decision_id, "by_claim")
    writing = new_writing(tools, [opened.person], by=actor.name)
    await decide_again(session, writing, opened, line, Why(BECAUSE))
    for act in writing.kept(ClaimAct):  # the rules decide, but only because somebody chose this line
        act.by = actor.name
        act.about = {**act.about, "because": BECAUSE, "report_id": str(listed.report_id)}
    if writing.rows:
        await writing.write(session)
    changed = line.decision_id != listed.decision_id
    return Reissued(listed.decision_id, "reissued" if changed else "unchanged", None, line.decision_id)


def _became(
    decision_id: UUID, listed: AffectedDecision | None, before: dict[UUID, UUID], after: dict[UUID, UUID]
) -> Reissued:
    if listed is None:
        return Reissued(decision_id, "not_listed")
    assert listed.record_id is not None
    stood, holds = before.get(listed.record_id), after.get(listed.record_id)
    if stood != decision_id or holds is None:
        return Reissued(decision_id, "superseded", listed.record_id, holds or stood)
    return Reissued(decision_id, "unchanged" if holds == decision_id else "reissued", listed.record_id, holds)


_HOLDING = """
SELECT c.record_id, c.decision_id
FROM unnest(%s::uuid[], %s::uuid[]) AS asked(learner_id, record_id)
JOIN record_current c ON c.learner_id = asked.learner_id AND c.record_id = asked.record_id
"""


async def _holding(session: AsyncSession, records: Sequence[AffectedDecision]) -> dict[UUID, UUID]:
    """By which decision each record stands; one that was withdrawn or is somebody else's now is not there."""
    asked = [[each.learner_id for each in records], [each.record_id for each in records]]
    cursor = await (await driver(session)).execute(_HOLDING, asked)
    return dict(await cursor.fetchall())
