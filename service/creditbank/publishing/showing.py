"""A draft, and what a search for affected decisions found, as they are shown over HTTP and on a page alike."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.http import Page, etag_of
from creditbank.identity.actor import Actor, Reach
from creditbank.publishing import affected, drafts
from creditbank.publishing.differing import difference
from creditbank.publishing.schemas import (
    ActOut,
    AffectedDecisionOut,
    AffectedInstitution,
    AffectedOut,
    AffectedReportOut,
    DraftLine,
    DraftOut,
    ReportOut,
    TextOut,
)
from creditbank.publishing.tables import RuleDraft, RuleDraftReport, RuleDraftText
from creditbank.rules import RulesRefused, read_document
from creditbank.rules.service import Published, published, read_text


def tag_of(draft: RuleDraft) -> str:
    """The ETag of a draft: of its text, so that a check which ends meanwhile is in nobody's way."""
    return etag_of({"draft": str(draft.draft_id), "revision": draft.revision})


def line_of(draft: RuleDraft) -> DraftLine:
    """A draft in a list."""
    zh, en = drafts.STATES[draft.state]
    return DraftLine(**draft.model_dump(exclude={"act_no"}), state_zh=zh, state_en=en)


async def shown_draft(session: AsyncSession, draft: RuleDraft, actor: Actor) -> DraftOut:
    """A draft with its text, how that differs from what is published, its reports and its acts."""
    written = await drafts.text_of(session, draft)
    every = await session.exec(
        select(RuleDraftText).where(RuleDraftText.draft_id == draft.draft_id).order_by(col(RuleDraftText.revision))
    )
    now = await published(session)
    check = await drafts.last_report(session, draft, "check")
    impact = await drafts.last_report(session, draft, "impact")
    return DraftOut(
        **line_of(draft).model_dump(),
        text=written.text,
        text_digest=written.text_digest,
        supersedes=written.supersedes,
        texts=[TextOut(**each.model_dump()) for each in every],
        acts=[ActOut(**each.model_dump()) for each in await drafts.acts_of(session, draft)],
        difference=await asyncio.to_thread(_difference, written.text, now.texts.get(draft.document)),
        check=None if check is None else report_shown(check, now, actor),
        impact=None if impact is None else report_shown(impact, now, actor),
    )


def _difference(text: str, before: str | None) -> list[dict[str, Any]] | None:
    try:
        document = read_document(text, file=drafts.FILE)
    except RulesRefused:
        return None
    return difference(document, None if before is None else read_text(before))


def report_shown(report: RuleDraftReport, now: Published, actor: Actor) -> ReportOut:
    """A report as the caller may see it: a registrar sees the bank's sums, and no other institution's."""
    outcome = dict(report.outcome)
    outcome.pop("examples", None)
    if Reach.ANY not in actor.reach:
        for name in ("by_institution", "by_programme"):
            if name in outcome:
                own = str(actor.institution_id)
                outcome[name] = [line for line in outcome[name] if line["institution_id"] == own]
    return ReportOut(
        made_at=report.made_at,
        revision=report.revision,
        text_digest=report.text_digest,
        book_digest=report.book_digest,
        fresh=drafts.is_fresh(report, report.text_digest, now.digest),
        outcome=outcome,
    )


async def affected_shown(session: AsyncSession, document: str, version: str, page: Page) -> AffectedOut:
    """What the last search found. Raises NothingPublishedUnderThat, and NotFound where none was asked for."""
    report = await affected.last_affected(session, document, version)
    found = await affected.affected(session, report.report_id, after=page.after(UUID), limit=page.asked)
    shown, following = page.cut(found, key=lambda each: each.decision_id)
    return AffectedOut(
        report=AffectedReportOut(**report.model_dump()),
        by_institution=[
            AffectedInstitution(institution_id=institution_id, decisions=decisions)
            for institution_id, decisions in await affected.by_institution(session, report.report_id)
        ],
        decisions=[AffectedDecisionOut(**each.model_dump(exclude={"report_id", "learner_id"})) for each in shown],
        next=following,
    )
