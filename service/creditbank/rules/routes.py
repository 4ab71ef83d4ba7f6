"""HTTP for the published rules: every document, version and clause has an address, and everybody may read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.rules.lasting import FOR_EVER
from creditbank.rules.service import Version, published, read_text

router = APIRouter(prefix="/v1/rules", tags=["rules"])

WHOSE = ("plan.institution", "institution.id")
"""What narrows a document to institutions."""

On = Annotated[date | None, Query(description="哪一天有效的；不写为今天。|In force on which day; today if not said.")]
Which = Annotated[str | None, Query(max_length=20, description="指明版本号。|The number of a version.")]


class PublishedVersion(BaseModel):
    """A version as it was published."""

    document: str
    question: str
    version: str
    digest: str
    in_force_from: date
    in_force_until: date | None
    published_at: datetime
    seeded: bool
    superseded_by: str | None
    """Set for a mistaken version: it decides nothing any more, and is kept because it did."""


class PublishedRules(BaseModel):
    """Every published version of every document."""

    versions: list[PublishedVersion]


class RuleVersionOut(PublishedVersion):
    """One version, whole: its citations, values, tables, clauses and outputs, as the document says them."""

    title: Any = None
    applies: dict[str, Any]
    content: dict[str, Any]
    clauses: list[str]
    """The addresses of its clauses."""


class ClauseOut(BaseModel):
    """One clause: what it says in both languages, what it cites, how it is put, and the cases that it decides."""

    document: str
    version: str
    clause: str
    in_force_from: date
    in_force_until: date | None
    says: dict[str, str]
    otherwise: str
    content: dict[str, Any]
    citations: list[dict[str, Any]]
    cases: list[dict[str, Any]]
    links: dict[str, str]


@router.get("", response_model=PublishedRules, summary="已公布的规则|Published rules")
async def list_rules(
    session: SessionDep,
    question: Annotated[str | None, Query(max_length=50, description="只列回答此问题的。|Of one question.")] = None,
    institution: Annotated[
        UUID | None,
        Query(description="只列该机构自己的，以及不限机构的。|Those that may apply to an institution."),
    ] = None,
) -> PublishedRules:
    """Every published version, with the days between which it is in force; of a question or an institution if asked."""
    found = sorted((await published(session)).versions, key=lambda each: (each.document, each.begins, each.version))
    return PublishedRules(
        versions=[
            _version(each)
            for each in found
            if (question is None or read_text(each.text).question == question)
            and (institution is None or _may_apply(each, str(institution)))
        ]
    )


@router.get("/{document}", response_model=RuleVersionOut, summary="某日有效的规则|A document as in force on a day")
async def read_rule(session: SessionDep, document: str, on: On = None, version: Which = None) -> RuleVersionOut:
    """The version in force on a day (today where none is named), or the version named."""
    found, tree, content = await _found(session, document, on, version)
    return RuleVersionOut(
        **_version(found).model_dump(),
        title=tree.get("title"),
        applies=dict(tree["applies"]),
        content=dict(content),
        clauses=[_address(found, str(clause["id"])) for clause in content["clauses"]],
    )


@router.get("/{document}/clauses/{clause}", response_model=ClauseOut, summary="一条条款|One clause")
async def read_clause(
    session: SessionDep, document: str, clause: str, on: On = None, version: Which = None
) -> ClauseOut:
    """A clause as it is in force on a day, with the sentence, the source, and the cases that it decides."""
    found, _, content = await _found(session, document, on, version)
    for each in content["clauses"]:
        if each["id"] == clause:
            return ClauseOut(
                **_version(found).model_dump(include={"document", "version", "in_force_from", "in_force_until"}),
                clause=clause,
                says={str(language): str(said) for language, said in each["says"].items()},
                otherwise=str(each.get("otherwise", "refuse" if "require" in each or "cap" in each else "state")),
                content=dict(each),
                citations=[{"id": str(name), **dict(content["citations"][name])} for name in each.get("cites", ())],
                cases=list(_cases(content, clause)),
                links={"document": f"/v1/rules/{document}?version={found.version}"},
            )
    raise NotFound


async def _found(
    session: AsyncSession, document: str, on: date | None, version: str | None
) -> tuple[Version, Any, Any]:
    """A published version, its document's tree, and its own part of it. Raises NotFound."""
    day = on or clock.today()
    versions: Sequence[Version] = (await published(session)).of(document)
    for each in versions:
        if each.version == version or (version is None and each.on(day)):
            tree = read_text(each.text).tree
            return each, tree, next(part for part in tree["versions"] if str(part["version"]) == each.version)
    raise NotFound


def _cases(content: Any, clause: str) -> Iterator[dict[str, Any]]:
    """The cases that a clause decides, or warns in."""
    for case in content["cases"]:
        expect = case["expect"]
        if expect.get("clause") == clause or clause in expect.get("warns", ()):
            yield dict(case)


def _may_apply(version: Version, institution: str) -> bool:
    applies = read_text(version.text).tree["applies"]
    return all(institution in applies[word] for word in WHOSE if word in applies)


def _address(version: Version, clause: str) -> str:
    return f"/v1/rules/{version.document}/clauses/{clause}?version={version.version}"


def _version(found: Version) -> PublishedVersion:
    return PublishedVersion(
        document=found.document,
        question=read_text(found.text).question,
        version=found.version,
        digest=found.digest,
        in_force_from=date.fromisoformat(found.begins),
        in_force_until=None if found.ends == FOR_EVER else date.fromisoformat(found.ends),
        published_at=found.published_at,
        seeded=found.seeded,
        superseded_by=found.superseded_by,
    )
