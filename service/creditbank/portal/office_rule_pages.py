"""The officer's console: the rules as published, each document with its clauses, cases and history of differences."""

from __future__ import annotations

from fastapi import APIRouter, Response

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.identity.actor import ActorDep
from creditbank.portal import office_rules_shown as shown
from creditbank.portal.office import called, every_institution, office_page
from creditbank.portal.visiting import AtHomeDep
from creditbank.publishing import affected
from creditbank.publishing.history import history_of, part_of
from creditbank.publishing.law import own_institution
from creditbank.rules.service import Version, published, read_text

router = APIRouter(include_in_schema=False)


@router.get("/office/rules")
async def rules_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """Every document by the question it answers, with the version that is in force today."""
    now, day = await published(session), today(visited.at)
    names = called(await every_institution(session, visited))
    whose = {str(one): name for one, name in names.items()}
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
    questions = sorted({str(each["question"]) for each in documents})
    return office_page(
        visited, "rules.html", actor, here="/office/rules", documents=documents, questions=questions
    )  # fmt: skip


@router.get("/office/rules/{document}")
async def rule_page(document: str, actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """A document: the version in force today or the one named, and how its versions differ. Raises NotFound."""
    versions = (await published(session)).of(document)
    version = _chosen(versions, visited.request.query_params.get("version"), today(visited.at))
    tree, part = read_text(version.text).tree, part_of(version)
    history = await history_of(session, document)
    return office_page(
        visited,
        "rule.html",
        actor,
        here=f"/office/rules/{document}",
        document=document,
        title=tree["title"],
        issuer=tree["issuer"],
        question=read_text(version.text).question,
        searched=read_text(version.text).question in affected.SEARCHED,
        version=version,
        versions=history.versions,
        clauses=shown.clauses_of(part, visited.language),
        citations=part["citations"],
        cases=shown.cases_of(part, visited.language),
        changes={each.version: shown.changes_of(each.changes, visited.language) for each in history.versions},
        text=version.text,
        today=today(visited.at),
    )


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
