"""The rules for everybody: which hold today, and one as people read it, its clauses with what they rest on."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.portal import office_rules_shown as shown
from creditbank.portal.answering import Visit, page
from creditbank.portal.office import called, every_institution
from creditbank.portal.visiting import VisitDep
from creditbank.publishing.history import part_of
from creditbank.publishing.law import own_institution
from creditbank.rules.service import Version, published, read_text

router = APIRouter(include_in_schema=False)


@router.get("/rules")
async def rules_page(session: SessionDep, visited: VisitDep) -> Response:
    """Every document by the question it answers, with the version that is in force today."""
    return page(visited, "rules/all.html", **await every_rule(session, visited))


@router.get("/rules/{document}")
async def rule_page(document: str, session: SessionDep, visited: VisitDep) -> Response:
    """A document: the version in force today or the one named. Raises NotFound."""
    return page(visited, "rules/one.html", **await one_rule(session, visited, document))


async def every_rule(session: AsyncSession, visited: Visit) -> dict[str, Any]:
    """What a list of all documents says."""
    now, day = await published(session), today(visited.at)
    whose = {str(one): name for one, name in called(await every_institution(session, visited)).items()}
    documents = [
        {
            "name": name,
            "title": read_text(text).tree["title"],
            "question": read_text(text).question,
            "whose": whose.get(own_institution(read_text(text).tree) or ""),
            "in_force": next((each for each in now.of(name) if each.on(day)), None),
            "versions": len(now.of(name)),
        }
        for name, text in sorted(now.texts.items())
    ]
    return {"documents": documents, "questions": sorted({str(each["question"]) for each in documents})}


async def one_rule(session: AsyncSession, visited: Visit, document: str) -> dict[str, Any]:
    """What a page of a document says of the version it is asked for. Raises NotFound."""
    versions = (await published(session)).of(document)
    version = _chosen(versions, visited.request.query_params.get("version"), today(visited.at))
    read, part = read_text(version.text), part_of(version)
    return {
        "document": document,
        "title": read.tree["title"],
        "issuer": read.tree["issuer"],
        "question": read.question,
        "version": version,
        "versions": versions,
        "clauses": shown.clauses_of(part, visited.language),
        "citations": part["citations"],
        "cases": shown.cases_of(part, visited.language),
        "today": today(visited.at),
    }


def _chosen(versions: list[Version], named: str | None, day: object) -> Version:
    """The version named, else the one in force, else the last. Raises NotFound."""
    if not versions:
        raise NotFound
    if named is not None:
        found = next((each for each in versions if each.version == named), None)
        if found is None:
            raise NotFound
        return found
    return next((each for each in versions if each.holds and each.begins <= str(day) <= each.ends), versions[-1])
