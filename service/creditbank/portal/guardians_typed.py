"""A guardian as the pages ask for one, at the office and at a school: what was typed, and which field was at fault."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, get_args
from uuid import UUID

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import BankError, Language
from creditbank.faults import faults_of
from creditbank.identity.logins import new_password
from creditbank.learners import guardians
from creditbank.learners.names import read_name
from creditbank.learners.opening import read_person_document
from creditbank.learners.schemas import DocumentIn, DocumentKind, GuardianIn, ReasonIn, Relation
from creditbank.portal.desk import Fault, Posted
from creditbank.portal.words import named, speaker
from creditbank.records.acts import Tools

_FIELDS = {
    "/name": "name",
    "/document/kind": "kind",
    "/document/number": "number",
    "/document/birth_on": "guardian_birth_on",
    "/relation": "relation",
    "/evidence": "evidence",
    "/birth_on": "birth_on",
    "/reason": "reason",
}
"""Which field of a page a part of the payload was typed in: the guardian's date of birth and the child's are two."""


class EndIn(ReasonIn):
    """Whose guardianship ends, by their document, and why."""

    document: DocumentIn


Act = Callable[[AsyncSession, Tools], Awaitable[Mapping[str, Any]]]


def choices(language: Language) -> dict[str, list[tuple[str, str]]]:
    """What a page that asks for a guardian offers: kinds of documents and relations, with what each is called."""
    say = speaker(language)
    return {
        "documents": [(kind, named("document", kind, language)) for kind in get_args(DocumentKind)],
        "relations": [(relation, say(f"guard_rel_{relation}")) for relation in get_args(Relation)],
    }


def document_typed(posted: Posted) -> dict[str, Any]:
    """The guardian's document, as a payload says it."""
    born = posted.one("guardian_birth_on")
    return {"number": "", **posted.said("kind", "number"), **({} if born is None else {"birth_on": born})}


async def first_password(posted: Posted) -> guardians.FirstPassword:
    """A password and its hash, made before there is a transaction."""
    password = new_password()
    return guardians.FirstPassword(password, await posted.state.passwords.hash(password))


async def record_typed(
    session: AsyncSession, posted: Posted, learner_id: UUID, *, first: guardians.FirstPassword, tools: Tools
) -> Mapping[str, Any]:
    """Record whom a form names; name and password of the way in are there where one was opened. As `record_guardian`.

    Raises ValidationError, NameImpossible, IdentityNumberImpossible, BirthDateImpossible of what was typed.
    """
    said = GuardianIn.model_validate(
        {
            "name": posted.one("name") or "",
            "document": document_typed(posted),
            **posted.said("relation", "evidence", "birth_on"),
        }
    )
    recorded = await guardians.record_guardian(
        session,
        actor=posted.actor,
        learner_id=learner_id,
        guardian=guardians.NewGuardian(
            name=read_name(said.name, at_field="/name"),
            document=read_person_document(said.document, at=tools.at),
            relation=said.relation,
            evidence=said.evidence,
        ),
        child_birth_on=said.birth_on,
        first=first,
        at=tools.at,
        keyring=tools.keyring,
    )
    return {"login_name": recorded.login_name, "password": recorded.password}


# --- what was wrong, and where --------------------------------------------------------------------------------------


class Marked:
    """The fields of a form that were at fault, each with its sentence: read by the page that shows the refusal."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self.fields: dict[str, str] = {}

    def of(self, act: Act) -> Act:
        """The same act, whose refusal is kept by its fields as it goes by."""

        async def acted(session: AsyncSession, tools: Tools) -> Mapping[str, Any]:
            self.fields = {}
            try:
                return await act(session, tools)
            except (BankError, ValidationError) as refused:
                self.fields = _by_field(refused, self._language)
                raise

        return acted

    def pointing(self, fault: Fault, phrase: str) -> Fault:
        """The refusal at the head of the form: a hint at the marked fields where there are any, else itself."""
        return replace(fault, sentence=speaker(self._language)(phrase)) if self.fields else fault


def _by_field(refused: BankError | ValidationError, language: Language) -> dict[str, str]:
    if isinstance(refused, BankError):
        place = _FIELDS.get(refused.field or "")
        return {} if place is None else {place: refused.sentence(language)}
    say, found = speaker(language), dict[str, str]()
    for one in faults_of([{**each, "loc": ("body", *each["loc"])} for each in refused.errors(include_url=False)]):
        place = _FIELDS.get(one["pointer"])
        if place is None:
            return {}  # not all of it stands beside a field: the head of the form says it
        found.setdefault(place, f"{one[language]}{say('stop')}")
    return found
