"""A learner's account: personal data, who looked, taking it out, closing; consents; guardians."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import orjson
from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.institutions import reading
from creditbank.learners import consents, lookups, service
from creditbank.learners.accesses import accesses_of
from creditbank.learners.families import family_of
from creditbank.learners.guardians import may_act_for
from creditbank.learners.personal import birth_of
from creditbank.learners.schemas import ConsentIn, ReasonIn
from creditbank.learners.sight import allowed_to_see
from creditbank.portal.accesses_said import act_said
from creditbank.portal.answering import SAFE, Visit
from creditbank.portal.desk import Fault, Posted, PostedDep, desk_page, done_once, names_of, tools_of
from creditbank.portal.home_shown import consent_named
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.whose import Whose, WhoseDep, back_to, whose_of_form, whose_page
from creditbank.portal.words import named, speaker
from creditbank.records.acts import Tools
from creditbank.transcripts.personal_data import as_file, personal_data
from creditbank.transcripts.service import Asked, transcript

router = APIRouter(include_in_schema=False)

LOOKS_SHOWN = 20
WORDS_SHOWN = 20
MOST_SKIPPED = 100_000
MOST = 500
"""Institutions to choose from: more are not in the bank's city."""

Page = Callable[[AsyncSession, Visit, Actor, Whose, Tools, Fault | None], Awaitable[Response]]


@router.get("/my/account")
async def account_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """What the bank keeps about a person, and what they can do about it."""
    return await _account(session, visited, actor, whose, await tools_of(visited, keyring))


@router.get("/my/consents")
async def consents_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """Whom a person allows what, and every word that led to it."""
    return await _consents(session, visited, actor, whose, await tools_of(visited, keyring))


@router.get("/my/guardians")
async def guardians_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """Who acts for a child, or did."""
    if whose.learner_id is None:
        return whose_page(visited, actor, whose)
    at = visited.at
    await allowed_to_see(session, actor, whose.certain, at=at, keyring=keyring)
    family = await family_of(session, whose.certain)
    found = await lookups.guardians_shown(session, family, whole=False, at=at, keyring=keyring)
    return desk_page(
        visited, "learner/guardians.html", actor, here=whose.at("/my/guardians"), whose=whose, guardians=found
    )


# --- personal data ----------------------------------------------------------------------------------------------


async def _account(
    session: AsyncSession, visited: Visit, actor: Actor, whose: Whose, tools: Tools, fault: Fault | None = None
) -> Response:
    if whose.learner_id is None:
        return whose_page(visited, actor, whose)
    learner_id, at, keyring = whose.certain, tools.at, tools.keyring
    await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring)
    family = await family_of(session, learner_id)
    shown = await lookups.show(
        session,
        learner_id,
        seen_by="learner" if whose.child is None else "guardian",
        institution_id=None,
        keyring=keyring,
    )
    skip = _skip(visited, "looked")
    looked = await accesses_of(session, family, actor=actor, limit=LOOKS_SHOWN + 1, skip=skip)
    schools = [each.institution_id for each in shown.enrolments]
    names = await names_of(session, visited, *schools, *(each.institution_id for each in looked))
    return desk_page(
        visited,
        "learner/account.html",
        actor,
        here=whose.at("/my/account"),
        fault=fault,
        whose=whose,
        learner=shown,
        birth_on=await birth_of(session, family, keyring=keyring),
        names=names,
        closed=all(account.closed_at is not None for account in shown.accounts),
        acts=await may_act_for(session, actor, learner_id, on=today(at), keyring=keyring),
        looked=[
            (each, act_said(each.act, tools.language) or speaker(tools.language)("acct_act_other"))
            for each in looked[:LOOKS_SHOWN]
        ],
        earlier=skip + LOOKS_SHOWN if len(looked) > LOOKS_SHOWN else None,
        reporters=await _reporters(session, learner_id, tools),
        kind_of=lambda word: named("document", word, tools.language),
        level_of=lambda word: named("level", word, tools.language),
        event_of=lambda word: named("event", word, tools.language),
    )


def _skip(visited: Visit, name: str) -> int:
    """How much of a list came on the pages before this one."""
    written = visited.request.query_params.get(name, "")
    return min(int(written[:7]), MOST_SKIPPED) if written.isascii() and written.isdigit() else 0


async def _reporters(session: AsyncSession, learner_id: UUID, tools: Tools) -> list[str]:
    """The institutions that reported the records of a person, by their names."""
    body = await transcript(session, learner_id, Asked(), reported_by=None, keyring=tools.keyring, at=tools.at)
    names = (str(record["shown"].get("institution") or "") for record in orjson.loads(body)["records"])
    return [name for name in dict.fromkeys(names) if name]


@router.get("/my/account/personal-data.json")
async def personal_data_file(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, whose: WhoseDep
) -> Response:
    """Everything the bank holds about a person, as a file to keep. Raises NotFound."""
    base_url = visited.request.app.state.settings.base_url
    tools = await tools_of(visited, keyring)
    found = await personal_data(session, whose.certain, actor=actor, tools=tools, base_url=base_url)
    name = f"personal-data-{found.learner.accounts[0].account_no}-{today(tools.at).isoformat()}.json"
    response = Response(
        as_file(found),
        media_type="application/json",
        headers={**SAFE, "Content-Disposition": f'attachment; filename="{name}"'},
    )
    visited.cookies.set_on(response)
    return response


@router.post("/my/account/closing")
async def close_account(posted: PostedDep) -> Response:
    """Close the account: nothing new is deposited, every share ends."""

    async def act(session: AsyncSession, learner_id: UUID, tools: Tools) -> None:
        said = ReasonIn.model_validate({"reason": posted.one("reason")})
        await service.close_account(
            session, actor=posted.actor, learner_id=learner_id, reason=said.reason, at=tools.at, keyring=tools.keyring
        )

    return await _act(posted, "closing", "/my/account", act, _account, sure=True)


# --- consents ---------------------------------------------------------------------------------------------------


async def _consents(
    session: AsyncSession, visited: Visit, actor: Actor, whose: Whose, tools: Tools, fault: Fault | None = None
) -> Response:
    if whose.learner_id is None:
        return whose_page(visited, actor, whose)
    learner_id, at, language = whose.certain, tools.at, tools.language
    await allowed_to_see(session, actor, learner_id, at=at, keyring=tools.keyring)
    words = await consents.words_of(session, await family_of(session, learner_id), until=at)
    names = await names_of(session, visited, *(word.institution_id for word in words))
    skip = _skip(visited, "words")
    every = await reading.institutions(session, on=today(at), kind=None, after=None, limit=MOST)
    return desk_page(
        visited,
        "learner/consents.html",
        actor,
        here=whose.at("/my/consents"),
        fault=fault,
        whose=whose,
        in_force=consents.in_force(words, at=at),
        words=words[skip : skip + WORDS_SHOWN],
        skip=skip,
        earlier=skip + WORDS_SHOWN if len(words) > skip + WORDS_SHOWN else None,
        names=names,
        called=lambda one: consent_named(one.purpose, one.institution_id, names, language),
        institutions=every,
        acts=await may_act_for(session, actor, learner_id, on=today(at), keyring=tools.keyring),
        today=today(at),
    )


@router.post("/my/consents")
async def say_consent(posted: PostedDep) -> Response:
    """Give consent, or take it back."""
    given = posted.one("given") == "yes"

    async def act(session: AsyncSession, learner_id: UUID, tools: Tools) -> None:
        said = ConsentIn.model_validate({**posted.said("purpose", "institution_id", "until_on"), "given": given})
        await consents.say(
            session,
            actor=posted.actor,
            learner_id=learner_id,
            purpose=said.purpose,
            institution_id=said.institution_id,
            given=said.given,
            until_on=said.until_on,
            at=tools.at,
            keyring=tools.keyring,
        )

    return await _act(posted, "giving" if given else "takingback", "/my/consents", act, _consents)


# --- acts -------------------------------------------------------------------------------------------------------


async def _act(
    posted: Posted,
    form: str,
    here: str,
    act: Callable[[AsyncSession, UUID, Tools], Awaitable[object]],
    show: Page,
    *,
    sure: bool = False,
) -> Response:
    """An act about whoever the form is about, and back to its page, with the refusal if it was refused."""

    async def acted(session: AsyncSession, tools: Tools) -> object:
        return await act(session, (await whose_of_form(session, posted)).certain, tools)

    async def again(fault: Fault) -> Response:
        async with posted.database.session() as session:
            tools, whose = await posted.tools(), await whose_of_form(session, posted)
            return await show(session, posted.visited, posted.actor, whose, tools, fault)

    return await done_once(posted, form, acted, then=back_to(posted, here), show=again, sure=sure)
