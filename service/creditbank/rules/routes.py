"""HTTP for the published rules: every document, version and clause has an address, and everybody may read it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from sqlmodel import select

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.rules import read_document
from creditbank.rules.tables import RuleDocument

router = APIRouter(prefix="/v1/rules", tags=["rules"])


class PublishedVersion(BaseModel):
    """A version as it was published."""

    document: str
    version: str
    digest: str
    in_force_from: date
    in_force_until: date | None
    published_at: datetime
    seeded: bool


class PublishedRules(BaseModel):
    """Every published version of every document."""

    versions: list[PublishedVersion]


class RuleVersionOut(PublishedVersion):
    """One version, whole: its citations, values, tables, clauses and outputs, as the document says them."""

    title: Any = None
    applies: dict[str, Any]
    content: dict[str, Any]


@router.get("", response_model=PublishedRules, summary="已公布的规则|Published rules")
async def list_rules(session: SessionDep) -> PublishedRules:
    """Every published version, with the days between which it is in force."""
    rows = await session.exec(select(RuleDocument).order_by(RuleDocument.document, RuleDocument.version))
    return PublishedRules(versions=[_version(row) for row in rows])


@router.get("/{document}", response_model=RuleVersionOut, summary="某日有效的规则|A document as in force on a day")
async def read_rule(
    session: SessionDep, document: str, on: date | None = None, version: str | None = None
) -> RuleVersionOut:
    """The version in force on a day (today where none is named), or the version named."""
    day = on or clock.today()
    rows = await session.exec(select(RuleDocument).where(RuleDocument.document == document))
    for row in rows:
        said = _version(row)
        in_force = said.in_force_from <= day and (said.in_force_until is None or day <= said.in_force_until)
        if said.version == version or (version is None and in_force):
            tree = read_document(row.text).tree
            content = next(each for each in tree["versions"] if str(each["version"]) == row.version)
            return RuleVersionOut(
                **said.model_dump(), title=tree.get("title"), applies=dict(tree["applies"]), content=dict(content)
            )
    raise NotFound


def _version(row: RuleDocument) -> PublishedVersion:
    tree = read_document(row.text).tree
    content = next(each for each in tree["versions"] if str(each["version"]) == row.version)
    until = content.get("until")
    return PublishedVersion(
        document=row.document,
        version=row.version,
        digest=row.digest,
        in_force_from=date.fromisoformat(str(content["from"])),
        in_force_until=None if until is None else date.fromisoformat(str(until)),
        published_at=row.published_at,
        seeded=row.seeded,
    )
