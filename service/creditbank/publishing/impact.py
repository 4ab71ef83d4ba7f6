"""The jobs of publishing: drafts checked and measured against the live bank; examples with their reasons."""

from __future__ import annotations

import asyncio
import time
from datetime import date
from functools import lru_cache, partial
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Database, driver
from creditbank.jobs import Work, handler
from creditbank.learners.families import person_of
from creditbank.publishing import drafts
from creditbank.publishing.checking import check_apart, found
from creditbank.publishing.measuring import Compared, Place, Tally, compare_totals
from creditbank.publishing.standing import Against, compare_all, compare_persons
from creditbank.publishing.tables import RuleDraft, RuleDraftReport
from creditbank.recognition.accumulating import totals_of_plan
from creditbank.records.replaying import facts_and_said, replayed
from creditbank.rules import Rulebook, RuleDocument, RulesRefused, read_document
from creditbank.rules.service import Published, book_of, published, read_text
from creditbank.rules.tables import Decision
from creditbank.sealing import Keyring

LANE = "publishing"


class _Asked(NamedTuple):
    """A draft as it stood when a job looked at it, and what was published then."""

    draft: RuleDraft
    text: str
    text_digest: str
    supersedes: list[str]
    published: Published


async def _asked(database: Database, draft_id: UUID) -> _Asked | None:
    """What there is to look at; nothing for a draft that is no longer open."""
    async with database.session() as session:
        draft = await session.get(RuleDraft, draft_id)
        if draft is None or draft.state not in drafts.OPEN:
            return None
        written = await drafts.text_of(session, draft)
        return _Asked(draft, written.text, written.text_digest, written.supersedes, await published(session))


async def _keep(session: AsyncSession, *, asked: _Asked, report: str, outcome: dict[str, Any]) -> None:
    """Keep a report, unless the draft was written anew or ended meanwhile: then it is about nothing any more."""
    query = select(RuleDraft).where(RuleDraft.draft_id == asked.draft.draft_id).with_for_update()
    draft = (await session.exec(query)).one()
    allowed = drafts.OPEN if report == "check" else ("checked", "impact", "approved")
    if draft.state in allowed and draft.revision == asked.draft.revision:
        await drafts.keep_report(
            session, draft, report, outcome, text_digest=asked.text_digest, book_digest=asked.published.digest,
            at=clock.now(),
        )  # fmt: skip


@handler(drafts.CHECK, lane=LANE)
async def check_draft(work: Work) -> None:
    """Its form, its cases, whether they hold every figure, and whether it loads beside everything published."""
    asked = await _asked(work.database, UUID(work.about["draft_id"]))
    if asked is None:
        return
    document = asked.draft.document
    outcome = await check_apart(
        asked.text,
        file=drafts.FILE,
        known=drafts.known_of(asked.published, document),
        supersedes=asked.supersedes,
        others=drafts.others_of(asked.published, document),
        current=asked.published.texts.get(document),
    )
    await work.database.write(partial(_keep, asked=asked, report="check", outcome=outcome))


@handler(drafts.IMPACT, lane=LANE)
async def report_impact(work: Work) -> None:
    """Everything that the draft would decide otherwise, counted; a draft that no longer loads fails its check."""
    asked = await _asked(work.database, UUID(work.about["draft_id"]))
    if asked is None:
        return
    began = time.monotonic()
    try:
        against = await asyncio.to_thread(_against, asked, clock.today(work.now))
    except RulesRefused as refused:
        await work.database.write(partial(_keep, asked=asked, report="check", outcome=found(refused.problems)))
        return
    outcome = await measure(work.database, against, keyring=work.its(Keyring))
    outcome["took_ms"] = round((time.monotonic() - began) * 1000)
    await work.database.write(partial(_keep, asked=asked, report="impact", outcome=outcome))


def _against(asked: _Asked, today: date) -> Against:
    document = read_document(asked.text, file=drafts.FILE)
    proposal = drafts.proposal_of(document, asked.published, asked.supersedes)
    if proposal.problems:
        raise RulesRefused(proposal.problems)
    rules, present = _books(asked.published, asked.draft.document, asked.text)
    since = date.max if proposal.since is None else date.fromisoformat(proposal.since)
    applies = {str(name): frozenset(map(str, values)) for name, values in document.tree["applies"].items()}
    before = asked.published.texts.get(asked.draft.document)
    return Against(
        document.question, rules, present, today, kinds_of(document), happened_since(document, since), applies,
        institutions_of(document, *([] if before is None else [read_text(before)])),
    )  # fmt: skip


def kinds_of(document: RuleDocument) -> frozenset[str]:
    """The kinds of record that a document is about; empty for one about something else."""
    return frozenset(str(kind) for kind in document.tree["applies"].get("record.kind", ()))


def institutions_of(*documents: RuleDocument) -> frozenset[str] | None:
    """Whose plans some documents are about; None where one of them is about those of all."""
    named = [document.tree["applies"].get("plan.institution") for document in documents]
    if not all(named):
        return None
    return frozenset(str(institution) for each in named for institution in each)


def happened_since(document: RuleDocument, since: date) -> date:
    """From which day on records and claims have to be looked at; all where another day than theirs chooses."""
    return since if str(document.tree["version_by"]["fact"]) in ("record.occurred_on", "claim.on") else date.min


async def measure(database: Database, against: Against, *, keyring: Keyring) -> dict[str, Any]:
    """What the bank's learners gain and lose by other rules, over everything that was ever decided by such rules.

    For questions on which the bank keeps no decisions the report says so, and counts nothing.
    """
    if against.question == "accumulation":
        return await measure_totals(database, against, keyring=keyring)
    if against.question not in ("deposit", "conversion"):
        return {
            "measured": False,
            "why_zh": "学分银行没有按这类规则作出并保存的决定，因而无从比较。",
            "why_en": "The bank keeps no decisions by such rules, so there is nothing to compare.",
        }
    tally = Tally()
    async for compared, erased in compare_all(database, against, keyring=keyring):
        tally.add(compared)
        tally.erased += erased
    told = tally.told()
    async with database.session() as session:
        await _name_programmes(session, told["by_programme"])
    return {"measured": True, **told}


_PLANS = """
SELECT plan_id, institution_id, programme_id, published_on FROM plan
WHERE %(institutions)s::text[] IS NULL OR institution_id::text = ANY (%(institutions)s::text[])
ORDER BY plan_id
"""


async def measure_totals(database: Database, against: Against, *, keyring: Keyring) -> dict[str, Any]:
    """How everybody who follows a plan stands to the totals that a document is about, by both rulebooks, today.

    The bank keeps no such verdicts: what stands is what the rules in force say.
    """
    applies = against.applies
    institutions = sorted(applies["plan.institution"]) if "plan.institution" in applies else None
    tally, at = Tally(), clock.now()
    async with database.session() as session:
        cursor = await (await driver(session)).execute(_PLANS, {"institutions": institutions})
        plans = await cursor.fetchall()
    for plan_id, institution_id, programme_id, published_on in plans:
        asked = {"plan_id": plan_id, "keyring": keyring, "at": at, "on": max(against.today, published_on)}
        for purpose in sorted(applies["purpose.kind"]):
            async with database.session() as session:
                now = await totals_of_plan(session, purpose=purpose, rulebook=against.present, **asked)
                then = await totals_of_plan(session, purpose=purpose, rulebook=against.rules, **asked)
            would_be = {each.learner_id: each.decided for each in then}
            tally.add(
                [
                    compare_totals(
                        Place(each.learner_id, each.learner_id, institution_id, programme_id),
                        each.decided,
                        would_be[each.learner_id],
                    )
                    for each in now
                    if each.learner_id in would_be
                ]
            )
    told = tally.told()
    async with database.session() as session:
        await _name_programmes(session, told["by_programme"])
    return {"measured": True, **told}


async def _name_programmes(session: AsyncSession, lines: list[dict[str, Any]]) -> None:
    connection = await driver(session)
    cursor = await connection.execute(
        """
        SELECT DISTINCT ON (programme_id) programme_id::text, code, name FROM programme
        WHERE programme_id = ANY (%s::uuid[]) ORDER BY programme_id, valid_from DESC
        """,
        [[line["programme_id"] for line in lines]],
    )
    named = {programme_id: (code, name) for programme_id, code, name in await cursor.fetchall()}
    for line in lines:
        line["code"], line["name"] = named.get(line["programme_id"], (None, None))


# --- books --------------------------------------------------------------------------------------------------------


def _books(before: Published, document: str, text: str) -> tuple[Rulebook, Rulebook]:
    """The rulebook with a draft in it, and the one in force. Raises RulesRefused."""
    others = tuple(drafts.others_of(before, document))
    gone = tuple(before.superseded_texts())
    return _book((*others, text), gone), _book(tuple(text for _, text in sorted(before.texts.items())), gone)


@lru_cache(maxsize=4)
def _book(texts: tuple[str, ...], superseded: tuple[str, ...]) -> Rulebook:
    return book_of(texts, superseded)


# --- examples -----------------------------------------------------------------------------------------------------


async def examples(
    database: Database, draft: RuleDraft, report: RuleDraftReport, *, keyring: Keyring, only: UUID | None
) -> list[dict[str, Any]]:
    """The examples of a report with both reasons: what stands says why, and so does the draft.

    The reasons are made anew from the sealed facts each time, so that nothing of a learner is kept in a report and
    an erasure takes them with it. `only` leaves out those of other institutions.
    """
    named = [each for each in report.outcome.get("examples", ()) if only is None or each["institution_id"] == str(only)]
    if not named:
        return []
    asked = await _asked_again(database, draft)
    try:
        against = await asyncio.to_thread(_against, asked, clock.today(report.made_at))
    except RulesRefused:
        return [_shown(each, None, None) for each in named]
    return [await _told(database, each, against, keyring) for each in named]


async def _asked_again(database: Database, draft: RuleDraft) -> _Asked:
    async with database.session() as session:
        written = await drafts.text_of(session, draft)
        return _Asked(draft, written.text, written.text_digest, written.supersedes, await published(session))


async def _told(database: Database, named: dict[str, Any], against: Against, keyring: Keyring) -> dict[str, Any]:
    async with database.session() as session:
        statement = select(Decision).where(col(Decision.decision_id) == UUID(named["decision_id"]))
        decision = (await session.exec(statement)).one_or_none()
        stored = None if decision is None else await facts_and_said(session, decision, keyring)
        if decision is None or stored is None:
            return _shown(named, None, None)
        facts, said = stored
        stands = replayed(decision, facts, against.present).findings() if said is None else said["findings"]
        person = await person_of(session, decision.learner_id)
    compared, _ = await compare_persons(database, [person.root], against, keyring=keyring)
    again = next((each for each in compared if str(each.place.decision_id) == named["decision_id"]), None)
    return _shown(named, stands, again)


def _shown(named: dict[str, Any], stands: list[dict[str, Any]] | None, again: Compared | None) -> dict[str, Any]:
    would_be = None if again is None else orjson.loads(orjson.dumps(again.decided.findings(), default=str))
    return {**named, "findings_standing": stands, "findings_would_be": would_be}
