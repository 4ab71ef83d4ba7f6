"""The desk of those who run pathways, for tests: browsers of people who signed in, and forms sent as a page sends."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

from creditbank.identifiers import new_id
from creditbank.identity import gate
from creditbank.identity.actor import Actor
from creditbank.identity.logins import open_login
from tests.pathways.cohort_town import CohortTown
from tests.portal.place import HERE, text_of

PASSWORD = "hai-ou-fei-guo-gang"


@dataclass
class Browser:
    """Somebody's browser: it reads a page and sends one of its forms."""

    http: httpx.AsyncClient
    last: httpx.Response | None = None

    async def read(self, path: str, *, status: int = 200) -> str:
        """A page, by the words of its text and its source."""
        self.last = await self.http.get(path)
        assert self.last.status_code == status, (path, self.last.status_code, text_of(self.last.text)[:600])
        return self.last.text

    async def send(
        self, path: str, form: str, *, status: int = 303, key: str | None = None, files: Any = None, **typed: Any
    ) -> httpx.Response:
        """Send a form of a page as it stands there, with what is typed into it; its address is the page's own word."""
        found = form_of(await self.read(path), form)
        data = {**found.hidden, **typed} | ({} if key is None else {"key": key})
        self.last = await self.http.post(found.action, data=data, files=files)
        assert self.last.status_code == status, (form, self.last.status_code, text_of(self.last.text)[:900])
        return self.last


@dataclass(frozen=True)
class Form:
    """A form as a page has it."""

    action: str
    hidden: dict[str, str]
    source: str


def form_of(page: str, name: str) -> Form:
    """The form of an id. Fails where the page has none."""
    found = re.search(rf'<form class="fields act" id="{re.escape(name)}".*?</form>', page, re.S)
    assert found is not None, (name, re.findall(r'<form [^>]*id="([^"]*)"', page))
    source = found[0]
    action = re.search(r'action="([^"]*)"', source)
    assert action is not None
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', source)
    return Form(action[1], {one: html.unescape(value) for one, value in hidden}, source)


def forms_of(page: str) -> set[str]:
    """The forms that a page offers."""
    return set(re.findall(r'<form class="fields act" id="([^"]*)"', page))


@asynccontextmanager
async def at(app: Any, actor: Actor, **headers: str) -> AsyncIterator[Browser]:
    """A browser that holds the session of somebody; a test's clock is not the one that tokens hold by."""
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=HERE, headers={"Origin": HERE, **headers}) as http:
        http.cookies.set(gate.SESSION_COOKIE, app.state.tokens.issue(actor, at=datetime.now(UTC)))
        yield Browser(http)


@dataclass
class Desk:
    """The town with the people at its desks."""

    town: CohortTown

    def browser(self) -> httpx.AsyncClient:
        """A browser nobody has signed in with."""
        transport = httpx.ASGITransport(self.town.place.bank.app, client=("203.0.113.7", 4711))
        return httpx.AsyncClient(transport=transport, base_url=HERE, headers={"Origin": HERE})

    def at(self, actor: Actor) -> AbstractAsyncContextManager[Browser]:
        """A browser that holds the session of somebody."""
        return at(self.town.place.bank.app, actor)

    async def login(self, login_name: str, *, roles: list[str], **bound: Any) -> UUID:
        """A way in for somebody of the staff, as an administrator gives it out."""
        place = self.town.place
        kept = await place.bank.app.state.passwords.hash(PASSWORD)
        async with place.bank.database.session() as session:
            login = await open_login(
                session, place.bank.keyring, login_name=login_name, password_hash=kept, roles=roles, at=place.at,
                **bound,
            )  # fmt: skip
            return login.login_id


def another(actor: Actor) -> Actor:
    """Somebody else of the same role and institution."""
    return replace(actor, name=f"login:{new_id()}")
