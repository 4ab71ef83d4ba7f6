"""The officer's console: drafts of rules, from the first text to the day they are in force."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import DatabaseDep, SessionDep
from creditbank.errors import NotFound
from creditbank.http import ChangedMeanwhile, KeyringDep, PageDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.institutions.service import lock_reference
from creditbank.portal import office_rules_shown as shown
from creditbank.portal.answering import Visit, visit
from creditbank.portal.desk import Fault, Posted, PostedDep, done_once, id_of
from creditbank.portal.forms import must_be_ours, typed_pairs
from creditbank.portal.office import called, every_institution, further, office_page
from creditbank.portal.visiting import AtHomeDep
from creditbank.publishing import drafts
from creditbank.publishing.impact import examples
from creditbank.publishing.schemas import ApprovalIn, DraftIn, DraftWithdrawalIn, PublicationIn
from creditbank.publishing.showing import line_of, report_shown, shown_draft
from creditbank.publishing.tables import RuleDraft
from creditbank.records.acts import Tools
from creditbank.rules import RulesRefused, read_document
from creditbank.rules.service import published

router = APIRouter(include_in_schema=False)

LIST = "/office/drafts"
LONGEST_TEXT = 4 * 1024 * 1024
"""Of a posted text in bytes, as a browser writes it: a Chinese character takes nine."""
STATES = tuple(drafts.STATES)


async def _long(request: Request, actor: ActorDep) -> Posted:
    await must_be_ours(request)
    return Posted(request, visit(request), actor, await typed_pairs(request, longest=LONGEST_TEXT))


LongPostedDep = Annotated[Posted, Depends(_long)]


def _written(posted: Posted) -> DraftIn:
    """The text as it was typed: a browser ends lines in its own way."""
    text = (posted.one("text") or "").replace("\r\n", "\n")
    supersedes = (posted.one("supersedes") or "").replace("，", " ").replace(",", " ").split()
    return DraftIn.model_validate({"text": f"{text}\n" if text else "", "supersedes": supersedes})


# --- the list and a new one -----------------------------------------------------------------------------------------


@router.get(LIST)
async def drafts_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep, page: PageDep) -> Response:
    """The newest first; of one state if asked. A registrar sees those of their own institution."""
    state = visited.request.query_params.get("state")
    found = await drafts.drafts(
        session, actor, state=state if state in STATES else None, document=None, before=page.after(UUID),
        limit=page.asked,
    )  # fmt: skip
    rows, cursor = page.cut(found, key=lambda draft: draft.draft_id)
    return office_page(
        visited, "drafts.html", actor, here=LIST, drafts=[line_of(one) for one in rows],
        following=further(visited.request, cursor), state=state, states=STATES,
        names=called(await every_institution(session, visited)),
        titles={
            name: read_document(text, file=drafts.FILE).tree["title"][visited.language]
            for name, text in (await published(session)).texts.items()
            if name in {one.document for one in rows}
        },
    )  # fmt: skip


@router.get(f"{LIST}/new")
async def new_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """A new text: the published one of a document to begin from, or nothing yet."""
    document = visited.request.query_params.get("document", "")
    text = (await published(session)).texts.get(document, "")
    return office_page(visited, "draft_new.html", actor, here=f"{LIST}/new", document=document, text=text, problems=())


@router.post(LIST)
async def begin(posted: LongPostedDep) -> Response:
    """Its check is asked for at once; on to its page."""

    async def act(session: AsyncSession, tools: Tools) -> str:
        said = _written(posted)
        draft = await drafts.write_draft(session, said.text, said.supersedes, actor=posted.actor, at=tools.at)
        return f"{LIST}/{draft.draft_id}"

    async def show(fault: Fault) -> Response:
        text = posted.one("text") or ""
        return office_page(
            posted.visited, "draft_new.html", posted.actor, here=f"{LIST}/new", fault=fault, document="", text=text
        )  # fmt: skip

    return await done_once(posted, "draft_begin", act, then=None, show=show)


# --- one draft ------------------------------------------------------------------------------------------------------


@router.get(f"{LIST}/{{draft_id}}")
async def draft_page(draft_id: str, actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """What it says otherwise, what its check and its measuring found, and what may be done with it. Raises NotFound."""
    return await _draft(session, visited, actor, id_of(draft_id))


async def _draft(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    draft_id: UUID,
    *,
    fault: Fault | None = None,
    typed: str | None = None,
) -> Response:
    draft = await drafts.seen_draft(session, draft_id, actor)
    found = await shown_draft(session, draft, actor)
    checked = found.check.outcome if found.check else None
    return office_page(
        visited,
        "draft.html",
        actor,
        here=f"{LIST}/{draft_id}",
        fault=fault,
        draft=found,
        title=_title(found.text),
        changes=None if found.difference is None else shown.changes_of(found.difference, visited.language),
        cases=_cases(found.text, checked, visited) if checked else [],
        checked=checked,
        measured=found.impact.outcome if found.impact else None,
        past=None if not checked or not checked["since"] else str(checked["since"]) <= str(today(visited.at)),
        mine=actor.name in {each.written_by for each in found.texts},
        typed=found.text if typed is None else typed,
        names={str(one): name for one, name in called(await every_institution(session, visited)).items()},
        states=("draft", "checked", "impact", "approved", "published"),
    )


def _title(text: str) -> dict[str, str] | None:
    try:
        title = read_document(text, file=drafts.FILE).tree["title"]
    except RulesRefused:
        return None
    return {str(language): str(said) for language, said in title.items()}


def _cases(text: str, checked: dict[str, object], visited: Visit) -> list[shown.Case]:
    """The cases of the versions that are new in a text, each with how it came out."""
    try:
        tree = read_document(text, file=drafts.FILE).tree
    except RulesRefused:
        return []
    lines = checked["cases"]
    assert isinstance(lines, list)
    new = checked["versions"] or [str(tree["versions"][-1]["version"])]
    assert isinstance(new, list)
    return [
        case
        for part in tree["versions"]
        if str(part["version"]) in new
        for case in shown.cases_of(part, visited.language, lines)
    ]


@router.get(f"{LIST}/{{draft_id}}/impact")
async def impact_page(
    draft_id: str, actor: ActorDep, database: DatabaseDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """Examples of what would change, with the reason that stands and the one that would be. No names."""
    async with database.session() as session:
        draft = await drafts.seen_draft(session, id_of(draft_id), actor)
        report = await drafts.last_report(session, draft, "impact")
        if report is None:
            raise NotFound
        told = report_shown(report, await published(session), actor)
        names = {str(one): name for one, name in called(await every_institution(session, visited)).items()}
    only = None if actor.reaches_institution(None) else actor.institution_id
    found = await examples(database, draft, report, keyring=keyring, only=only)
    return office_page(
        visited, "draft_impact.html", actor, here=f"{LIST}/{draft_id}/impact", draft=line_of(draft), report=told,
        examples=found, names=names,
    )  # fmt: skip


# --- its way --------------------------------------------------------------------------------------------------------


async def _step(
    posted: Posted,
    draft_id: str,
    form: str,
    act: Callable[[AsyncSession, RuleDraft, Tools], Awaitable[None]],
    *,
    sure: bool = False,
    publishing: bool = False,
) -> Response:
    """One step of a draft that is locked for it. Raises NotFound."""
    which = id_of(draft_id)

    async def acted(session: AsyncSession, tools: Tools) -> None:
        if publishing:
            # Whoever publishes waits for whoever does: the draft is locked after that, so nobody waits in a circle.
            await lock_reference(session)
        draft = await drafts.seen_draft(session, which, posted.actor, lock=True)
        await act(session, draft, tools)

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _draft(
                session, posted.visited, posted.actor, which, fault=fault, typed=posted.one("text")
            )  # fmt: skip

    return await done_once(posted, form, acted, then=f"{LIST}/{which}", show=show, sure=sure)


@router.post(f"{LIST}/{{draft_id}}/text")
async def rewrite(draft_id: str, posted: LongPostedDep) -> Response:
    """Another text, written on the one that was read: it is a draft again, and is checked again."""

    async def act(session: AsyncSession, draft: RuleDraft, tools: Tools) -> None:
        said = _written(posted)
        if posted.one("revision") != str(draft.revision):
            raise ChangedMeanwhile
        await drafts.rewrite_draft(
            session, draft, said.text, said.supersedes, actor=posted.actor, at=tools.at
        )  # fmt: skip

    return await _step(posted, draft_id, "draft_text", act)


@router.post(f"{LIST}/{{draft_id}}/check")
async def check(draft_id: str, posted: PostedDep) -> Response:
    """Have it checked again, as after another publication."""

    async def act(session: AsyncSession, draft: RuleDraft, tools: Tools) -> None:
        await drafts.ask_check(session, draft, at=tools.at)

    return await _step(posted, draft_id, "draft_check", act)


@router.post(f"{LIST}/{{draft_id}}/impact")
async def measure(draft_id: str, posted: PostedDep) -> Response:
    """Have everything counted that it would decide otherwise."""

    async def act(session: AsyncSession, draft: RuleDraft, tools: Tools) -> None:
        await drafts.ask_impact(session, draft, at=tools.at)

    return await _step(posted, draft_id, "draft_impact", act)


@router.post(f"{LIST}/{{draft_id}}/approval")
async def approve(draft_id: str, posted: PostedDep) -> Response:
    """By an officer who wrote none of its texts."""

    async def act(session: AsyncSession, draft: RuleDraft, tools: Tools) -> None:
        said = ApprovalIn.model_validate(posted.said("revision", "reason"))
        await drafts.approve(
            session, draft, revision=said.revision, actor=posted.actor, reason=said.reason, at=tools.at
        )  # fmt: skip

    return await _step(posted, draft_id, "draft_approval", act, sure=True)


@router.post(f"{LIST}/{{draft_id}}/publication")
async def publish(draft_id: str, posted: PostedDep) -> Response:
    """For good: from the day each version says, the bank decides by it."""

    async def act(session: AsyncSession, draft: RuleDraft, tools: Tools) -> None:
        said = PublicationIn.model_validate(posted.said("revision", "because"))
        await drafts.publish(
            session, draft, revision=said.revision, actor=posted.actor, because=said.because, at=tools.at
        )  # fmt: skip

    return await _step(posted, draft_id, "draft_publication", act, sure=True, publishing=True)


@router.post(f"{LIST}/{{draft_id}}/withdrawal")
async def withdraw(draft_id: str, posted: PostedDep) -> Response:
    """It goes no further, and stays on record."""

    async def act(session: AsyncSession, draft: RuleDraft, tools: Tools) -> None:
        said = DraftWithdrawalIn.model_validate(posted.said("reason"))
        await drafts.withdraw_draft(
            session, draft, actor=posted.actor, reason=said.reason, at=tools.at
        )  # fmt: skip

    return await _step(posted, draft_id, "draft_withdrawal", act, sure=True)
