"""The desk of those who run pathways: who is at it, and a form posted there, done once or refused beside the form."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar
from uuid import UUID

import orjson
from fastapi import Depends, Request, Response
from pydantic import BaseModel, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import Database
from creditbank.errors import BankError, Language, Malformed, NotFound, NotSignedIn
from creditbank.faults import faults_of
from creditbank.http import KEY, answer
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor, ActorDep, Reach
from creditbank.institutions import reading
from creditbank.institutions.schemas import PlanOut
from creditbank.once import Answer, IdempotencyKeyUsedForAnotherPayload, once
from creditbank.portal.answering import Visit, page, sent_to, visit
from creditbank.portal.forms import must_be_ours, typed_pairs
from creditbank.portal.words import PHRASES, speaker
from creditbank.records.acts import Tools
from creditbank.rules.dependencies import rulebook_of
from creditbank.sealing import Keyring

LONGEST = 256 * 1024
"""Of a posted form in bytes: a list of two hundred people with a reason of two thousand characters."""
MOST_FIELDS = 1200
DONE = "done_"

Out = TypeVar("Out", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a form was not taken, said beside it, with what was typed in it."""

    form: str
    sentence: str
    status: int
    typed: Mapping[str, str]
    ticked: frozenset[tuple[str, str]]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that somebody at the desk posted."""

    request: Request
    visited: Visit
    actor: Actor
    pairs: Sequence[tuple[str, str]]

    @property
    def state(self) -> Any:
        """What belongs to the process."""
        return self.request.app.state

    @property
    def database(self) -> Database:
        """The bank's database."""
        found: Database = self.state.database
        return found

    @property
    def language(self) -> Language:
        """In which language the page is read."""
        return self.visited.language

    def one(self, name: str) -> str | None:
        """What was typed in a field; nothing where it was left empty."""
        return next((value.strip() for given, value in self.pairs if given == name and value.strip()), None)

    def many(self, name: str) -> list[str]:
        """What was ticked."""
        return [value for given, value in self.pairs if given == name and value]

    def said(self, *names: str) -> dict[str, Any]:
        """The fields that were filled in, as a payload says them."""
        return {name: value for name in names if (value := self.one(name)) is not None}

    async def tools(self) -> Tools:
        """For an act of now."""
        return Tools(self.state.keyring, await rulebook_of(self.request), self.visited.at, self.language)

    def fault(self, form: str, sentence: str, *, status: int = 422, headers: Mapping[str, str] | None = None) -> Fault:
        """Why the form was not taken."""
        kept = {name: value for name, value in self.pairs if len(value) <= 4000}
        return Fault(form, sentence, status, kept, frozenset(self.pairs), headers or {})

    def refused(self, form: str, error: Exception) -> Fault:
        """The same of a refusal. Raises it again where it is for no form: nobody's, or nobody signed in."""
        say = speaker(self.language)
        if isinstance(error, NotFound | NotSignedIn):
            raise error
        if isinstance(error, IdempotencyKeyUsedForAnotherPayload):
            return self.fault(form, say("form_used"), status=409)
        if isinstance(error, ValidationError):
            return self.fault(form, faults_said(error, self.language))
        assert isinstance(error, BankError)
        if isinstance(error, Malformed) and f"why_{self.language}" in error.said:
            # Beside a form the reason alone says what to mend.
            return self.fault(form, f"{error.said[f'why_{self.language}']}{say('stop')}", status=error.status)
        return self.fault(form, error.sentence(self.language), status=error.status, headers=error.headers)


def faults_said(error: ValidationError, language: Language, *, called: Mapping[str | int, str] | None = None) -> str:
    """Each thing that is wrong in what was typed, by the name of its field; `called` is what a page calls one that it
    asks for under another name."""
    say = speaker(language)
    sentences = []
    raised = error.errors(include_url=False)
    for told, one in zip(faults_of([{**each, "loc": ("body", *each["loc"])} for each in raised]), raised, strict=False):
        parts = [(called or {}).get(part, part) for part in reversed(one["loc"])]
        name = next((part for part in parts if f"f_{part}" in PHRASES), None)
        where = "" if name is None else f"{say(f'f_{name}')}{say('colon')}"
        sentences.append(f"{where}{told[language]}")
    return say("semicolon").join(dict.fromkeys(sentences)) + say("stop")


async def _posted(request: Request, actor: ActorDep) -> Posted:
    await must_be_ours(request)
    return Posted(request, visit(request), actor, await typed_pairs(request, longest=LONGEST, most=MOST_FIELDS))


PostedDep = Annotated[Posted, Depends(_posted)]


async def done_once(
    posted: Posted,
    form: str,
    act: Callable[[AsyncSession, Tools], Awaitable[object]],
    *,
    then: str | None,
    show: Callable[[Fault], Awaitable[Response]],
    sure: bool = False,
    content: bytes = b"",
) -> Response:
    """Do what a form asks for once, however often it was sent, and go on by GET; `show` is the page with the refusal.

    The act is the one that the API's route runs, in the same transaction as the form's own key. `sure` is for what
    cannot be taken back: its box has to be ticked. Where `then` is None the act says where to go on: to what it made.
    `content` is the file that came with the form. Raises NotFound.
    """

    async def acted(session: AsyncSession, tools: Tools) -> Answer:
        made = await act(session, tools)
        return answer(200, {"done": form, "then": then or str(made)})

    answered = await _kept_once(posted, form, acted, show=show, sure=sure, content=content)
    if isinstance(answered, Response):
        return answered
    address = then or str(orjson.loads(answered)["then"])
    return sent_to(posted.visited, f"{address}{'&' if '?' in address else '?'}done={form}")


def payload_of(posted: Posted, said: Sequence[Any], content: bytes = b"") -> bytes:
    """What a form's key is bound to: where it was posted, what was typed, which file."""
    path = posted.request.url.path.encode()
    return b"\n".join((b"page", path, orjson.dumps(said), hashlib.sha256(content).digest()))


async def answered_once(
    posted: Posted,
    form: str,
    act: Callable[[AsyncSession, Tools], Awaitable[BaseModel | Mapping[str, Any]]],
    *,
    show: Callable[[Fault], Awaitable[Response]],
    sure: bool = False,
) -> bytes | Response:
    """Do what a form asks for once where its answer is shown at once and never again: a code, an outcome for each.

    The same form again is given the same answer, which is kept sealed for as long as any answer of a repeated write; a
    refusal is the page that `show` makes. Raises NotFound.
    """

    async def acted(session: AsyncSession, tools: Tools) -> Answer:
        return answer(200, await act(session, tools))

    return await _kept_once(posted, form, acted, show=show, sure=sure)


async def _kept_once(
    posted: Posted,
    form: str,
    act: Callable[[AsyncSession, Tools], Awaitable[Answer]],
    *,
    show: Callable[[Fault], Awaitable[Response]],
    sure: bool = False,
    content: bytes = b"",
) -> bytes | Response:
    """The answer of the act, the first one for a form that comes again; else the page with the refusal."""
    say, key = speaker(posted.language), posted.one("key") or ""
    if KEY.fullmatch(key) is None:
        return await show(posted.fault(form, say("form_old"), status=409))
    if sure and posted.one("sure") != "yes":
        return await show(posted.fault(form, say("form_not_sure")))
    tools = await posted.tools()

    async def acted(session: AsyncSession) -> Answer:
        return await act(session, tools)

    said = [pair for pair in posted.pairs if pair[0] != "key"]
    try:
        answered = await once(
            posted.database, tools.keyring, caller=posted.actor.name, key=f"page:{key}", act=acted,
            payload=payload_of(posted, said, content),
        )  # fmt: skip
    except (BankError, ValidationError) as refused:
        return await show(posted.refused(form, refused))
    return answered.body


# --- what every page of the desk says -------------------------------------------------------------------------------


def desk_page(
    visited: Visit, template: str, actor: Actor, *, here: str, fault: Fault | None = None, **said: object
) -> Response:
    """A page of the desk, with the refusal of a form if one was refused, and what was just done if something was."""
    asked = visited.request.query_params.get("done", "").partition("-")[0]
    done = f"{DONE}{asked}"

    def rendered(*, loose: bool) -> Response:
        return page(
            visited,
            template,
            status=200 if fault is None else fault.status,
            headers=None if fault is None else fault.headers,
            here=None if fault is None else here,
            fault=fault,
            loose=loose,
            done=done if fault is None and done in PHRASES else None,
            key_of_form=lambda: str(new_id()),
            officer=Reach.ANY in actor.reach and "officer" in actor.roles,
            kept=lambda form, name, given="": _kept(fault, form, name, given),
            ticked=lambda form, name, value: (
                fault is not None and fault.form == form and (name, str(value)) in fault.ticked
            ),
            **said,
        )

    found = rendered(loose=False)
    if fault is not None and f'id="{fault.form}-fault"'.encode() not in bytes(found.body):
        # The form is not offered any more: its refusal stands at the head of the page.
        return rendered(loose=True)
    return found


def _kept(fault: Fault | None, form: str, name: str, given: object) -> str:
    """What a field of a form holds: what was typed if it was refused, else what is there."""
    if fault is not None and fault.form == form:
        return fault.typed.get(name, "")
    return "" if given is None else str(given)


async def names_of(session: AsyncSession, visited: Visit, *institutions: UUID | None) -> dict[UUID, str]:
    """What institutions are called today; one without a name of today has none."""
    asked = {each for each in institutions if each is not None}
    return await reading.names(session, asked, on=today(visited.at)) if asked else {}


async def courses_of(
    session: AsyncSession, visited: Visit, courses: Iterable[tuple[UUID | None, str]]
) -> dict[tuple[UUID, str], str]:
    """What courses are called today, by institution and code; one without a name of today has none."""
    asked = {(institution, code) for institution, code in courses if institution is not None}
    return await reading.course_names(session, asked, on=today(visited.at)) if asked else {}


MOST_PROGRAMMES = 1000
"""Of one institution: more are not in the bank's city."""


async def programme_of(session: AsyncSession, visited: Visit, plan: PlanOut | None) -> str:
    """What a plan's programme is called today; nothing where it is taught no more, or no plan is known."""
    if plan is None:
        return ""
    every = await reading.programmes(
        session, institution_id=plan.institution_id, on=today(visited.at), after=None, limit=MOST_PROGRAMMES
    )
    return next((each.name for each in every if each.programme_id == plan.programme_id), "")


def id_of(written: str) -> UUID:
    """An id of an address. Raises NotFound."""
    try:
        return UUID(written)
    except ValueError:
        raise NotFound from None


def number_of(written: str | None) -> int:
    """A member's number of an address. Raises NotFound."""
    return _number(written, most=100_000)


def number_of_row(written: str) -> int:
    """A row's number of an address. Raises NotFound."""
    return _number(written, most=2**31 - 1)


def _number(written: str | None, *, most: int) -> int:
    digits = written is not None and written.isascii() and written.isdigit() and len(written) <= len(str(most))
    if written is None or not digits or not 0 < int(written) <= most:
        raise NotFound
    return int(written)


async def tools_of(visited: Visit, keyring: Keyring) -> Tools:
    """For what a page reads."""
    return Tools(keyring, await rulebook_of(visited.request), visited.at, visited.language)
