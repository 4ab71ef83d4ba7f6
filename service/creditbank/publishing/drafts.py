"""Drafts: written, written anew, checked, measured, approved by a second officer, published, or withdrawn."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock, jobs
from creditbank.errors import NotFound
from creditbank.http import ChangedMeanwhile
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor, Reach
from creditbank.publishing import refusals
from creditbank.publishing.law import Known, Proposal, own_institution, propose
from creditbank.publishing.tables import RuleDraft, RuleDraftAct, RuleDraftReport, RuleDraftText
from creditbank.rules import ENGINE_VERSION, Problem, RuleDocument, RulesRefused, read_document
from creditbank.rules.document import canonical
from creditbank.rules.loading import Fields, Items, Text, line_of, read_yaml
from creditbank.rules.service import Published, book_of, published
from creditbank.rules.tables import RuleDocument as PublishedRow
from creditbank.rules.tables import RulePublication

CHECK, IMPACT = "check a rule draft", "report the impact of a rule draft"
BANK = "rules"
"""Who acts where the bank itself looks."""
OPEN = ("draft", "checked", "impact", "approved")
MOST_OPEN = 50
"""Drafts of one institution, or of the bank, that may be open at once."""
FILE = "draft.yaml"
"""What a draft is called in its problems."""

STATES = {
    "draft": ("草拟", "a draft"),
    "checked": ("已检查", "checked"),
    "impact": ("已测算影响", "measured"),
    "approved": ("已审定", "approved"),
    "published": ("已公布", "published"),
    "withdrawn": ("已撤回", "withdrawn"),
}


@dataclass(frozen=True, slots=True)
class Head:
    """What can be said of a text before it is checked."""

    document: str
    question: str
    institution: str | None


# --- reading one --------------------------------------------------------------------------------------------------


async def seen_draft(session: AsyncSession, draft_id: UUID, actor: Actor, *, lock: bool = False) -> RuleDraft:
    """A draft that the caller may see, locked for an act on it if asked. Raises NotFound for any other."""
    query = select(RuleDraft).where(RuleDraft.draft_id == draft_id)
    found = (await session.exec(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        raise NotFound
    actor.must_reach_institution(found.institution_id)
    return found


async def text_of(session: AsyncSession, draft: RuleDraft) -> RuleDraftText:
    """The last text of a draft."""
    found = await session.get(RuleDraftText, (draft.draft_id, draft.revision))
    assert found is not None
    return found


async def last_report(session: AsyncSession, draft: RuleDraft, report: str) -> RuleDraftReport | None:
    """What was found last about the last text."""
    statement = (
        select(RuleDraftReport)
        .where(
            RuleDraftReport.draft_id == draft.draft_id,
            RuleDraftReport.revision == draft.revision,
            RuleDraftReport.report == report,
        )
        .order_by(col(RuleDraftReport.made_at).desc())
        .limit(1)
    )
    return (await session.exec(statement)).one_or_none()


async def drafts(
    session: AsyncSession, actor: Actor, *, state: str | None, document: str | None, before: UUID | None, limit: int
) -> Sequence[RuleDraft]:
    """Drafts that the caller may see, the newest first."""
    statement = select(RuleDraft).order_by(col(RuleDraft.draft_id).desc()).limit(limit)
    if Reach.ANY not in actor.reach:
        statement = statement.where(RuleDraft.institution_id == actor.institution_id)
    if state is not None:
        statement = statement.where(RuleDraft.state == state)
    if document is not None:
        statement = statement.where(RuleDraft.document == document)
    if before is not None:
        statement = statement.where(col(RuleDraft.draft_id) < before)
    return (await session.exec(statement)).all()


# --- writing one --------------------------------------------------------------------------------------------------


def head_of(text: str) -> Head:
    """Which document a text is of, what it asks, and whose own it is. Raises DraftNotReadable with line and remedy."""
    try:
        tree = read_yaml(text, FILE)
    except RulesRefused as refused:
        raise refusals.DraftNotReadable(refused.problems) from None
    problems = [
        Problem(FILE, line_of(tree), word, f"须写明 {word}", f"it must say its `{word}`")
        for word, kind in (("document", Text), ("question", Text), ("applies", Fields), ("versions", Items))
        if not isinstance(tree.get(word), kind)
    ]
    if not problems and not 1 <= len(tree["document"]) <= 100:
        problems = [
            Problem(FILE, line_of(tree["document"]), "document", "名称过长或为空", "its name is empty or too long")
        ]
    if problems:
        raise refusals.DraftNotReadable(problems)
    return Head(str(tree["document"]), str(tree["question"]), own_institution(tree))


def digest_of(text: str, supersedes: Sequence[str]) -> str:
    """SHA-256 of a text and of what it supersedes: what a report and an approval are bound to."""
    return hashlib.sha256(canonical({"text": text, "supersedes": sorted(supersedes)})).hexdigest()


async def write_draft(
    session: AsyncSession, text: str, supersedes: Sequence[str], *, actor: Actor, at: datetime
) -> RuleDraft:
    """Begin a draft with its first text; its check is asked for.

    Raises DraftNotReadable, DraftNotYourInstitutions, TooManyDrafts.
    """
    head = await asyncio.to_thread(head_of, text)
    institution_id = _whose(head, actor)
    await _must_be_own(session, head, actor)
    open_now = select(func.count()).where(
        col(RuleDraft.institution_id).is_not_distinct_from(institution_id), col(RuleDraft.state).in_(OPEN)
    )
    if (await session.exec(open_now)).one() >= MOST_OPEN:
        raise refusals.TooManyDrafts(limit=MOST_OPEN)
    draft = RuleDraft(
        draft_id=new_id(),
        document=head.document,
        question=head.question,
        institution_id=institution_id,
        state="draft",
        revision=1,
        created_by=actor.name,
        created_at=at,
        changed_at=at,
    )
    session.add(draft)
    await session.flush()
    await _keep_text(session, draft, text, supersedes, actor=actor, at=at)
    return draft


async def rewrite_draft(
    session: AsyncSession, draft: RuleDraft, text: str, supersedes: Sequence[str], *, actor: Actor, at: datetime
) -> None:
    """Give a locked draft another text: it is a draft again, whatever had become of the one before.

    Raises DraftNotThere, DraftNotReadable, DraftOfAnotherDocument, DraftNotYourInstitutions.
    """
    _must_be(draft, OPEN, "改写", "rewritten")
    head = await asyncio.to_thread(head_of, text)
    institution_id = _whose(head, actor)
    if head.document != draft.document:
        raise refusals.DraftOfAnotherDocument(document=draft.document, other=head.document, field="/text")
    await _must_be_own(session, head, actor)
    draft.question, draft.institution_id = head.question, institution_id
    draft.revision += 1
    draft.state, draft.changed_at = "draft", at
    await _keep_text(session, draft, text, supersedes, actor=actor, at=at)


def _whose(head: Head, actor: Actor) -> UUID | None:
    """Whose own document it is. A registrar writes their own institution's only."""
    try:
        named = None if head.institution is None else UUID(head.institution)
    except ValueError:
        named = None
    if Reach.ANY not in actor.reach and (named is None or named != actor.institution_id):
        raise refusals.DraftNotYourInstitutions(institution=actor.institution_id, field="/text")
    return named


async def _must_be_own(session: AsyncSession, head: Head, actor: Actor) -> None:
    """What is published under the name has to be the registrar's own too: nobody supersedes a document of others."""
    if Reach.ANY in actor.reach:
        return
    before = (await published(session)).texts.get(head.document)
    if before is not None and own_institution(await asyncio.to_thread(read_yaml, before, FILE)) != head.institution:
        raise refusals.DraftNotYourInstitutions(institution=actor.institution_id, field="/text")


async def _keep_text(
    session: AsyncSession, draft: RuleDraft, text: str, supersedes: Sequence[str], *, actor: Actor, at: datetime
) -> None:
    session.add(
        RuleDraftText(
            draft_id=draft.draft_id,
            revision=draft.revision,
            text=text,
            text_digest=digest_of(text, supersedes),
            supersedes=sorted(supersedes),
            written_by=actor.name,
            written_at=at,
        )
    )
    await note_act(session, draft, "written", by=actor.name, at=at)
    await _ask(session, draft, CHECK, at)


async def withdraw_draft(session: AsyncSession, draft: RuleDraft, *, actor: Actor, reason: str, at: datetime) -> None:
    """Give a locked draft up. Raises DraftNotThere for one that is published or withdrawn."""
    _must_be(draft, OPEN, "撤回", "withdrawn")
    draft.state, draft.changed_at = "withdrawn", at
    await note_act(session, draft, "withdrawn", by=actor.name, at=at, reason=reason)


# --- looking at one -----------------------------------------------------------------------------------------------


async def ask_check(session: AsyncSession, draft: RuleDraft, *, at: datetime) -> None:
    """Have the text of a locked draft checked again, as after a publication. Raises DraftNotThere."""
    _must_be(draft, OPEN, "检查", "checked")
    await _ask(session, draft, CHECK, at)


async def ask_impact(session: AsyncSession, draft: RuleDraft, *, at: datetime) -> None:
    """Have the impact of a locked draft measured; an approval that stood on an earlier report lapses with the new one.

    Raises DraftNotThere.
    """
    _must_be(draft, ("checked", "impact", "approved"), "测算影响", "measured")
    await _ask(session, draft, IMPACT, at)


async def _ask(session: AsyncSession, draft: RuleDraft, kind: str, at: datetime) -> None:
    about = {"draft_id": str(draft.draft_id)}
    await jobs.ask(session, kind=kind, name=f"{kind} {draft.draft_id}", about=about, run_at=at)


async def keep_report(
    session: AsyncSession,
    draft: RuleDraft,
    report: str,
    outcome: dict[str, Any],
    *,
    text_digest: str,
    book_digest: str,
    at: datetime,
) -> None:
    """Keep what was found about the last text of a locked, open draft, and move it on, or back."""
    session.add(
        RuleDraftReport(
            report_id=new_id(),
            draft_id=draft.draft_id,
            revision=draft.revision,
            report=report,
            text_digest=text_digest,
            book_digest=book_digest,
            engine=ENGINE_VERSION,
            made_at=at,
            outcome=outcome,
        )
    )
    if report == "impact":
        act, draft.state = "impact_reported", "impact"
    elif outcome["holds"]:
        act, draft.state = "check_held", "checked" if draft.state == "draft" else draft.state
    else:
        act, draft.state = "check_failed", "draft"
    draft.changed_at = at
    await note_act(session, draft, act, by=BANK, at=at)


# --- deciding on one ----------------------------------------------------------------------------------------------


async def approve(
    session: AsyncSession, draft: RuleDraft, *, revision: int, actor: Actor, reason: str | None, at: datetime
) -> None:
    """A second officer agrees with the text and with what it does.

    Who wrote any text of the draft cannot; that two sign-ins are one person the bank cannot know, so administrators
    give nobody two. Raises DraftNotThere, ChangedMeanwhile, ApproverIsAuthor, ReportIsStale.
    """
    _must_be(draft, ("impact",), "审定", "approved")
    if revision != draft.revision:
        raise ChangedMeanwhile
    await _must_not_be_author(session, draft, actor)
    await must_be_fresh(session, draft, await published(session))
    draft.state, draft.changed_at = "approved", at
    await note_act(session, draft, "approved", by=actor.name, at=at, reason=reason)


async def publish(
    session: AsyncSession, draft: RuleDraft, *, revision: int, actor: Actor, because: str | None, at: datetime
) -> RulePublication:
    """Publish an approved draft, locked after `lock_reference`: from the days its versions say, the bank decides by it.

    One publication after another: each finds the reports of every other draft stale. Running processes take the
    new rulebook within a second.

    Raises DraftNotThere, ChangedMeanwhile, ApproverIsAuthor, ReportIsStale, PastDaysNeedAReason, RulesRefused.
    """
    _must_be(draft, ("approved",), "公布", "published")
    if revision != draft.revision:
        raise ChangedMeanwhile
    await _must_not_be_author(session, draft, actor)
    before = await published(session)
    await must_be_fresh(session, draft, before)
    written = await text_of(session, draft)
    document = await asyncio.to_thread(read_document, written.text, file=FILE)
    proposal = proposal_of(document, before, written.supersedes)
    if proposal.problems:
        raise RulesRefused(proposal.problems)
    if proposal.changes_the_past(clock.today(at)) and not because:
        raise refusals.PastDaysNeedAReason(since=proposal.since, field="/because")
    await asyncio.to_thread(book_of, [*others_of(before, draft.document), written.text], before.superseded_texts())
    digests = document.digests()
    for version in proposal.versions:
        session.add(
            PublishedRow(
                document=document.document,
                version=version,
                digest=digests[version],
                text=written.text,
                published_at=at,
                seeded=False,
            )
        )
    last = (await session.exec(select(func.max(RulePublication.publication_no)))).one()
    publication = RulePublication(
        publication_no=(last or 0) + 1,
        document=document.document,
        text=written.text,
        versions=list(proposal.versions),
        superseded=proposal.superseded,
        because=because,
        draft_id=draft.draft_id,
        published_by=actor.name,
        published_at=at,
    )
    session.add(publication)
    draft.state, draft.changed_at = "published", at
    await note_act(session, draft, "published", by=actor.name, at=at, reason=because)
    return publication


def proposal_of(document: RuleDocument, before: Published, supersedes: Sequence[str]) -> Proposal:
    """What a text proposes to do to what is published."""
    return propose(document, known_of(before, document.document), supersedes)


def known_of(before: Published, document: str) -> list[Known]:
    """The published versions of a document, as the law asks for them."""
    return [Known(each.version, each.digest, each.begins, each.ends, not each.holds) for each in before.of(document)]


def others_of(before: Published, document: str) -> list[str]:
    """The texts in force of every other document."""
    return [text for name, text in sorted(before.texts.items()) if name != document]


async def must_be_fresh(session: AsyncSession, draft: RuleDraft, before: Published) -> None:
    """What was found about the last text was found against the rules in force, by this engine, and it holds.

    Raises ReportIsStale.
    """
    written = await text_of(session, draft)
    for report in ("check", "impact"):
        found = await last_report(session, draft, report)
        if found is None or not is_fresh(found, written.text_digest, before.digest):
            made_at = "—" if found is None else found.made_at.astimezone(clock.CITY).isoformat(timespec="seconds")
            raise refusals.ReportIsStale(made_at=made_at)


def is_fresh(report: RuleDraftReport, text_digest: str, book_digest: str) -> bool:
    """Whether a report is about this text, beside this rulebook, by this engine."""
    return (report.text_digest, report.book_digest, report.engine) == (text_digest, book_digest, ENGINE_VERSION)


async def _must_not_be_author(session: AsyncSession, draft: RuleDraft, actor: Actor) -> None:
    statement = select(RuleDraftText.written_by).where(RuleDraftText.draft_id == draft.draft_id)
    if actor.name in set(await session.exec(statement)):
        raise refusals.ApproverIsAuthor


_REMEDIES = {
    "draft": ("请先让它通过检查。", "It has to hold its check first."),
    "checked": ("请先测算影响。", "Have its impact measured first."),
    "impact": ("请先由另一位业务员审定。", "Another officer has to approve it first."),
    "approved": ("它等待公布。", "It waits to be published."),
    "published": ("已公布的不再改动，请另立草案。", "What is published stays: begin another draft."),
    "withdrawn": ("请另立草案。", "Begin another draft."),
}


def _must_be(draft: RuleDraft, states: Sequence[str], step_zh: str, step_en: str) -> None:
    if draft.state not in states:
        (state_zh, state_en), (remedy_zh, remedy_en) = STATES[draft.state], _REMEDIES[draft.state]
        raise refusals.DraftNotThere(
            state_zh=state_zh, state_en=state_en, step_zh=step_zh, step_en=step_en,
            remedy_zh=remedy_zh, remedy_en=remedy_en,
        )  # fmt: skip


async def note_act(
    session: AsyncSession, draft: RuleDraft, act: str, *, by: str, at: datetime, reason: str | None = None
) -> None:
    """Append what was done to a draft."""
    draft.act_no += 1
    session.add(draft)
    session.add(
        RuleDraftAct(
            draft_id=draft.draft_id, act_no=draft.act_no, act=act, revision=draft.revision, by=by, at=at, reason=reason
        )
    )
    await session.flush()


async def acts_of(session: AsyncSession, draft: RuleDraft) -> Sequence[RuleDraftAct]:
    """Everything that was done to a draft, in order."""
    statement = select(RuleDraftAct).where(RuleDraftAct.draft_id == draft.draft_id).order_by(col(RuleDraftAct.act_no))
    return (await session.exec(statement)).all()
