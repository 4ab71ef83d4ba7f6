"""HTTP for publishing rules: drafts and their way, and the decisions that a mistaken version made."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import DatabaseDep, SessionDep
from creditbank.errors import NotFound
from creditbank.http import (
    ChangedMeanwhile,
    KeyringDep,
    PageDep,
    VersionNotNamed,
    answer,
    must_match,
    problems,
)
from creditbank.identity.actor import Actor, ActorDep, Reach
from creditbank.identity.writing import WriteDep
from creditbank.institutions.service import lock_reference
from creditbank.once import Answer
from creditbank.publishing import affected, drafts, refusals
from creditbank.publishing.history import history_of
from creditbank.publishing.impact import examples
from creditbank.publishing.schemas import (
    AffectedOut,
    AffectedReportOut,
    ApprovalIn,
    DraftIn,
    DraftOut,
    DraftsOut,
    DraftWithdrawalIn,
    HistoryOut,
    ImpactOut,
    PublicationIn,
    PublicationOut,
    ReissuedOut,
    ReissueIn,
    ReissueOut,
)
from creditbank.publishing.showing import affected_shown, line_of, report_shown, shown_draft, tag_of
from creditbank.publishing.tables import RuleDraft
from creditbank.records.acts import Tools
from creditbank.rules import RulesRefused
from creditbank.rules.dependencies import RulebookDep
from creditbank.rules.service import published

router = APIRouter(prefix="/v1", tags=["publishing"])

DRAFT = "/rule-drafts/{draft_id}"
VERSION = "/rule-versions/{document}/{version}"
State = Literal["draft", "checked", "impact", "approved", "published", "withdrawn"]


# --- drafts -------------------------------------------------------------------------------------------------------


@router.post(
    "/rule-drafts",
    status_code=201,
    response_model=DraftOut,
    responses=problems(refusals.DraftNotReadable, refusals.DraftNotYourInstitutions, refusals.TooManyDrafts),
    summary="起草规则|Begin a draft of a rule document",
)
async def begin_draft(write: WriteDep, said: Annotated[DraftIn, Body()]) -> Response:
    """Its check is asked for at once. A registrar drafts documents of their own institution."""

    async def act(session: AsyncSession) -> Answer:
        draft = await drafts.write_draft(session, said.text, said.supersedes, actor=write.actor, at=clock.now())
        return await _answered(201, session, draft, write.actor)

    return await write.once(act)


@router.get("/rule-drafts", response_model=DraftsOut, summary="规则草案|Drafts of rule documents")
async def list_drafts(
    actor: ActorDep,
    session: SessionDep,
    page: PageDep,
    state: Annotated[State | None, Query()] = None,
    document: Annotated[str | None, Query(max_length=100)] = None,
) -> DraftsOut:
    """The newest first; a registrar sees those of their own institution."""
    found = await drafts.drafts(
        session, actor, state=state, document=document, before=page.after(UUID), limit=page.asked
    )
    shown, following = page.cut(found, key=lambda draft: draft.draft_id)
    return DraftsOut(drafts=[line_of(draft) for draft in shown], next=following)


@router.get(DRAFT, response_model=DraftOut, summary="一份草案|One draft")
async def read_draft(actor: ActorDep, session: SessionDep, response: Response, draft_id: UUID) -> DraftOut:
    """Its text, how that differs from what is published, its reports, and every act with who and when."""
    draft = await drafts.seen_draft(session, draft_id, actor)
    response.headers["ETag"] = tag_of(draft)
    return await shown_draft(session, draft, actor)


@router.put(
    DRAFT,
    response_model=DraftOut,
    responses=problems(
        refusals.DraftNotReadable,
        refusals.DraftNotYourInstitutions,
        refusals.DraftOfAnotherDocument,
        refusals.DraftNotThere,
        VersionNotNamed,
        ChangedMeanwhile,
    ),
    summary="改写草案|Write a draft anew",
)
async def rewrite_draft(write: WriteDep, draft_id: UUID, said: Annotated[DraftIn, Body()]) -> Response:
    """Another text: whatever had become of the one before, it is a draft again, and is checked again."""

    async def act(session: AsyncSession) -> Answer:
        draft = await drafts.seen_draft(session, draft_id, write.actor, lock=True)
        must_match(write.request, tag_of(draft))
        await drafts.rewrite_draft(session, draft, said.text, said.supersedes, actor=write.actor, at=clock.now())
        return await _answered(200, session, draft, write.actor)

    return await write.once(act)


@router.post(
    f"{DRAFT}/check",
    status_code=202,
    response_model=DraftOut,
    responses=problems(refusals.DraftNotThere),
    summary="再检查一次|Check a draft again",
)
async def check_draft(write: WriteDep, draft_id: UUID) -> Response:
    """As after another publication; every new text is checked by itself."""

    async def act(session: AsyncSession) -> Answer:
        draft = await drafts.seen_draft(session, draft_id, write.actor, lock=True)
        await drafts.ask_check(session, draft, at=clock.now())
        return await _answered(202, session, draft, write.actor)

    return await write.once(act)


@router.post(
    f"{DRAFT}/impact",
    status_code=202,
    response_model=DraftOut,
    responses=problems(refusals.DraftNotThere),
    summary="测算影响|Measure the impact of a draft",
)
async def measure_draft(write: WriteDep, draft_id: UUID) -> Response:
    """Everything in the bank that it would decide otherwise; an approval that stands lapses with the new report."""

    async def act(session: AsyncSession) -> Answer:
        draft = await drafts.seen_draft(session, draft_id, write.actor, lock=True)
        await drafts.ask_impact(session, draft, at=clock.now())
        return await _answered(202, session, draft, write.actor)

    return await write.once(act)


@router.get(f"{DRAFT}/impact", response_model=ImpactOut, summary="影响报告|The impact report of a draft")
async def read_impact(actor: ActorDep, database: DatabaseDep, keyring: KeyringDep, draft_id: UUID) -> ImpactOut:
    """Who gains, loses or stays, by institution and programme, and examples with both reasons. No names."""
    async with database.session() as session:
        draft = await drafts.seen_draft(session, draft_id, actor)
        report = await drafts.last_report(session, draft, "impact")
        if report is None:
            raise NotFound
        shown = report_shown(report, await published(session), actor)
    only = None if Reach.ANY in actor.reach else actor.institution_id
    return ImpactOut(report=shown, examples=await examples(database, draft, report, keyring=keyring, only=only))


@router.post(
    f"{DRAFT}/approval",
    response_model=DraftOut,
    responses=problems(refusals.DraftNotThere, refusals.ApproverIsAuthor, refusals.ReportIsStale, ChangedMeanwhile),
    summary="审定草案|Approve a draft",
)
async def approve_draft(write: WriteDep, draft_id: UUID, said: Annotated[ApprovalIn, Body()]) -> Response:
    """By an officer who wrote none of its texts."""

    async def act(session: AsyncSession) -> Answer:
        draft = await drafts.seen_draft(session, draft_id, write.actor, lock=True)
        await drafts.approve(
            session, draft, revision=said.revision, actor=write.actor, reason=said.reason, at=clock.now()
        )
        return await _answered(200, session, draft, write.actor)

    return await write.once(act)


@router.post(
    f"{DRAFT}/publication",
    status_code=201,
    response_model=PublicationOut,
    responses=problems(
        refusals.DraftNotThere,
        refusals.ApproverIsAuthor,
        refusals.ReportIsStale,
        refusals.PastDaysNeedAReason,
        ChangedMeanwhile,
        RulesRefused,
    ),
    summary="公布规则|Publish a draft",
)
async def publish_draft(write: WriteDep, draft_id: UUID, said: Annotated[PublicationIn, Body()]) -> Response:
    """For good: from the day each version says, the bank decides by it. Running processes notice within a second."""

    async def act(session: AsyncSession) -> Answer:
        # Whoever publishes waits for whoever does: the draft is locked after that, so nobody waits in a circle.
        await lock_reference(session)
        draft = await drafts.seen_draft(session, draft_id, write.actor, lock=True)
        done = await drafts.publish(
            session, draft, revision=said.revision, actor=write.actor, because=said.because, at=clock.now()
        )
        links = {version: f"/v1/rules/{done.document}?version={version}" for version in done.versions}
        return answer(201, PublicationOut(**done.model_dump(exclude={"text", "draft_id", "published_by"}), links=links))

    return await write.once(act)


@router.post(
    f"{DRAFT}/withdrawal",
    response_model=DraftOut,
    responses=problems(refusals.DraftNotThere),
    summary="撤回草案|Withdraw a draft",
)
async def withdraw_draft(write: WriteDep, draft_id: UUID, said: Annotated[DraftWithdrawalIn, Body()]) -> Response:
    """It goes no further, and stays on record."""

    async def act(session: AsyncSession) -> Answer:
        draft = await drafts.seen_draft(session, draft_id, write.actor, lock=True)
        await drafts.withdraw_draft(session, draft, actor=write.actor, reason=said.reason, at=clock.now())
        return await _answered(200, session, draft, write.actor)

    return await write.once(act)


# --- what was published -------------------------------------------------------------------------------------------


@router.get(
    "/rules/{document}/history",
    response_model=HistoryOut,
    responses=problems(NotFound),
    summary="规则的历次版本|The versions of a document and how they differ",
)
async def read_history(session: SessionDep, document: str) -> HistoryOut:
    """每一版与它所接替的一版逐条比较。|Each version held against the one it took over from, value by value."""
    return await history_of(session, document)


# --- versions that were published ---------------------------------------------------------------------------------


@router.post(
    f"{VERSION}/affected",
    status_code=202,
    response_model=AffectedReportOut,
    responses=problems(refusals.NothingPublishedUnderThat),
    summary="查找受影响的决定|Look for decisions that would now be others",
)
async def look_for_affected(write: WriteDep, document: str, version: str) -> Response:
    """Decisions by this version that the rules in force would make otherwise, as after it was superseded."""

    async def act(session: AsyncSession) -> Answer:
        report = await affected.ask_affected(session, document, version, by=write.actor.name, at=clock.now())
        return answer(202, AffectedReportOut(**report.model_dump()))

    return await write.once(act)


@router.get(
    f"{VERSION}/affected",
    response_model=AffectedOut,
    responses=problems(refusals.NothingPublishedUnderThat),
    summary="受影响的决定|Decisions that would now be others",
)
async def list_affected(session: SessionDep, page: PageDep, document: str, version: str) -> AffectedOut:
    """What the last search found, for people to have made again."""
    return await affected_shown(session, document, version, page)


@router.post(
    f"{VERSION}/reissue",
    response_model=ReissueOut,
    responses=problems(refusals.NothingPublishedUnderThat),
    summary="重新作出决定|Make affected decisions again",
)
async def reissue(
    write: WriteDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    document: str,
    version: str,
    said: Annotated[ReissueIn, Body()],
) -> Response:
    """Those that are named, of those that the last search found; learners and institutions are told of each."""

    async def act(session: AsyncSession) -> Answer:
        report = await affected.searched(session, document, version, said.report_id)
        done = await affected.reissue(
            session, report, said.decision_ids, actor=write.actor, reason=said.reason,
            tools=Tools(keyring, rulebook, clock.now()),
        )  # fmt: skip
        return answer(200, ReissueOut(decisions=[ReissuedOut(**asdict(each)) for each in done]))

    return await write.once(act)


async def _answered(status: int, session: AsyncSession, draft: RuleDraft, actor: Actor) -> Answer:
    return answer(status, await shown_draft(session, draft, actor), headers={"ETag": tag_of(draft)})
