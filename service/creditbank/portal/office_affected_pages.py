"""The officer's console: the decisions by a published version that would now be others, and those made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import Page, PageDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.portal.answering import Visit
from creditbank.portal.desk import Fault, PostedDep, done_once
from creditbank.portal.office import called, every_institution, further, given_once, office_page
from creditbank.portal.visiting import AtHomeDep
from creditbank.publishing import affected
from creditbank.publishing.schemas import AffectedOut, ReissuedOut, ReissueIn, ReissueOut
from creditbank.publishing.showing import affected_shown
from creditbank.records.acts import Tools
from creditbank.rules.service import read_text

router = APIRouter(include_in_schema=False)

VERSION = "/office/rules/{document}/versions/{version}"


def _address(document: str, version: str) -> str:
    return f"/office/rules/{document}/versions/{version}/affected"


@router.get(f"{VERSION}/affected")
async def affected_page(
    document: str, version: str, actor: ActorDep, session: SessionDep, visited: AtHomeDep, page: PageDep
) -> Response:
    """What the last search found, by institution and each decision. Raises NothingPublishedUnderThat."""
    return await _affected(session, visited, actor, document, version, page=page)


async def _affected(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    document: str,
    version: str,
    *,
    page: Page,
    fault: Fault | None = None,
) -> Response:
    text = (await affected.published_version(session, document, version)).text
    found: AffectedOut | None
    try:
        found = await affected_shown(session, document, version, page)
    except NotFound:
        found = None
    here = _address(document, version)
    return office_page(
        visited, "affected.html", actor, here=here, fault=fault, found=found, document=document, version=version,
        title=read_text(text).tree["title"], names=called(await every_institution(session, visited)),
        following=further(visited.request, found.next) if found else None,
    )  # fmt: skip


@router.post(f"{VERSION}/affected")
async def look_for_affected(document: str, version: str, posted: PostedDep, page: PageDep) -> Response:
    """Have them looked for, from the beginning."""

    async def act(session: AsyncSession, tools: Tools) -> object:
        return await affected.ask_affected(session, document, version, by=posted.actor.name, at=tools.at)

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _affected(session, posted.visited, posted.actor, document, version, page=page, fault=fault)

    return await done_once(posted, "affected_search", act, then=_address(document, version), show=show)


@router.post(f"{VERSION}/reissue")
async def reissue(document: str, version: str, posted: PostedDep, page: PageDep) -> Response:
    """Those that were chosen, made again by the rules in force; what became of each is this answer."""

    async def act(session: AsyncSession, tools: Tools) -> Mapping[str, Any]:
        chosen = posted.many("listed" if posted.one("whole_page") else "decision_ids")
        said = ReissueIn.model_validate(posted.said("report_id", "reason") | {"decision_ids": chosen})
        report = await affected.searched(session, document, version, said.report_id)
        done = await affected.reissue(
            session, report, said.decision_ids, actor=posted.actor, reason=said.reason, tools=tools
        )
        return ReissueOut(decisions=[ReissuedOut(**asdict(each)) for each in done]).model_dump(mode="json")

    async def given(made: Mapping[str, Any]) -> Response:
        made_again = sum(each["outcome"] == "reissued" for each in made["decisions"])
        return office_page(
            posted.visited, "reissued.html", posted.actor, here=_address(document, version), made_again=made_again,
            back=_address(document, version), decisions=made["decisions"],
        )  # fmt: skip

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _affected(session, posted.visited, posted.actor, document, version, page=page, fault=fault)

    return await given_once(posted, "reissue", act, given=given, show=show, sure=True)
