"""Whom a page is about: oneself, or for a guardian one of the children they act for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import Depends, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep, Reach
from creditbank.learners.guardians import children_of
from creditbank.portal.answering import Visit
from creditbank.portal.desk import Posted, desk_page, id_of
from creditbank.sealing import Keyring
from creditbank.transcripts.service import Asked, transcript


@dataclass(frozen=True, slots=True)
class Child:
    """Somebody a guardian acts for, by the name that their own transcript has."""

    learner_id: UUID
    name: str | None
    account_no: str


@dataclass(frozen=True, slots=True)
class Whose:
    """Whom a page is about, and whom else whoever reads it may turn to."""

    learner_id: UUID | None
    """None where a guardian of several children has not said which."""
    own: UUID | None
    children: Sequence[Child] = field(default=())

    @property
    def child(self) -> UUID | None:
        """The child that the page is about; nothing where it is about whoever reads it."""
        return None if self.learner_id == self.own else self.learner_id

    @property
    def certain(self) -> UUID:
        """Whom the page is about. Raises NotFound where nobody was named."""
        if self.learner_id is None:
            raise NotFound
        return self.learner_id

    def at(self, address: str, **asked: object) -> str:
        """An address of the portal that stays with the child that the page is about."""
        query = {name: str(value) for name, value in asked.items() if value not in (None, "")}
        if self.child is not None:
            query["learner"] = str(self.child)
        return f"{address}?{urlencode(query)}" if query else address


async def whose_of(session: AsyncSession, actor: Actor, asked: str | None, *, keyring: Keyring, at: datetime) -> Whose:
    """Who is asked for, oneself, or the only child. Raises NotFound for what is no id."""
    own = actor.learner_id if Reach.OWN in actor.reach else None
    children = await _children(session, actor, keyring, at)
    if asked:
        try:
            return Whose(UUID(asked), own, children)
        except ValueError:
            raise NotFound from None
    return Whose(own or (children[0].learner_id if len(children) == 1 else None), own, children)


async def whose_of_form(session: AsyncSession, posted: Posted) -> Whose:
    """The same of a form: of the child that it names. Raises NotFound for what is no id."""
    return await whose_of(
        session, posted.actor, posted.one("learner"), keyring=posted.state.keyring, at=posted.visited.at
    )


def learner_of_form(posted: Posted) -> UUID:
    """Whom a form acts for: the child that it names, or whoever posts it. Raises NotFound."""
    asked = posted.one("learner")
    found = id_of(asked) if asked else posted.actor.learner_id
    if found is None:
        raise NotFound
    return found


def back_to(posted: Posted, address: str) -> str:
    """Where a form leads: an address that stays with the child that it names. Raises NotFound for what is no id."""
    learner = posted.one("learner")
    return f"{address}?learner={id_of(learner)}" if learner else address


async def _children(session: AsyncSession, actor: Actor, keyring: Keyring, at: datetime) -> list[Child]:
    if Reach.CHILD not in actor.reach or actor.login_id is None:
        return []
    found = []
    for learner_id in await children_of(session, actor.login_id, on=clock.today(at), keyring=keyring):
        nothing = Asked(records=())
        body = await transcript(session, learner_id, nothing, reported_by=None, keyring=keyring, at=at)
        learner = orjson.loads(body)["learner"]
        found.append(Child(learner_id, learner["name"], learner["account_no"]))
    return found


async def _whose(request: Request, actor: ActorDep, session: SessionDep, keyring: KeyringDep) -> Whose:
    return await whose_of(session, actor, request.query_params.get("learner"), keyring=keyring, at=clock.now())


WhoseDep = Annotated[Whose, Depends(_whose)]


def whose_page(visited: Visit, actor: Actor, whose: Whose) -> Response:
    """The children of a guardian, to choose one: each leads to the page that was asked for."""
    return desk_page(visited, "worth/whose.html", actor, here=visited.request.url.path, whose=whose)
