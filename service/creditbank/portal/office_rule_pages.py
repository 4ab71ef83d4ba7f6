"""The officer's console: the rules as published, each document with its clauses, cases and history of differences."""

from __future__ import annotations

from fastapi import APIRouter, Response

from creditbank.db import SessionDep
from creditbank.identity.actor import ActorDep
from creditbank.portal import office_rules_shown as shown
from creditbank.portal.office import office_page
from creditbank.portal.rule_pages import every_rule, one_rule
from creditbank.portal.visiting import AtHomeDep
from creditbank.publishing import affected
from creditbank.publishing.history import history_of

router = APIRouter(include_in_schema=False)


@router.get("/office/rules")
async def rules_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """Every document by the question it answers, with the version that is in force today."""
    return office_page(visited, "rules.html", actor, here="/office/rules", **await every_rule(session, visited))


@router.get("/office/rules/{document}")
async def rule_page(document: str, actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """A document: the version in force today or the one named, and how its versions differ. Raises NotFound."""
    said = await one_rule(session, visited, document)
    history = await history_of(session, document)
    return office_page(
        visited,
        "rule.html",
        actor,
        here=f"/office/rules/{document}",
        **said
        | {
            "versions": history.versions,
            "searched": said["question"] in affected.SEARCHED,
            "changes": {each.version: shown.changes_of(each.changes, visited.language) for each in history.versions},
            "text": said["version"].text,
        },
    )
