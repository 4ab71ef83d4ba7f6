"""An opened bank for tests: the real application on a database of the test, with people and clients who call it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from creditbank import clock
from creditbank.app import create_app
from creditbank.config import Settings
from creditbank.db import Database
from creditbank.identifiers import new_id
from creditbank.identity import token_keys
from creditbank.identity.actor import Actor
from creditbank.identity.permit import ROLES_OF_AN_INSTITUTION
from creditbank.sealing import Keyring


@dataclass
class OpenBank:
    """The application, how to call it as anybody, and what is in it."""

    app: FastAPI
    database: Database
    keyring: Keyring
    http: httpx.AsyncClient
    addresses: Any
    institutions: list[UUID] = field(default_factory=list)

    def token(self, actor: Actor) -> str:
        """A token for anybody, without the way in."""
        return str(self.app.state.tokens.issue(actor, at=clock.now()))

    def headers(self, actor: Actor | None, **more: str) -> dict[str, str]:
        """What somebody sends; nobody sends no token."""
        signed_in = {} if actor is None else {"Authorization": f"Bearer {self.token(actor)}"}
        return {**signed_in, **more}

    async def call(self, method: str, path: str, actor: Actor | None = None, **more: Any) -> httpx.Response:
        """Call as somebody, or as nobody."""
        headers = self.headers(actor, **more.pop("headers", {}))
        return await self.http.request(method, path, headers=headers, **more)

    async def institution(self) -> UUID:
        """Another institution, without a profile."""
        institution_id = new_id()
        async with self.database.session() as session:
            await (await session.connection()).execute(
                text("INSERT INTO institution (institution_id, created_at) VALUES (:id, now())"),
                {"id": institution_id},
            )
        self.institutions.append(institution_id)
        return institution_id


def person(role: str, *, institution_id: UUID | None = None, learner_id: UUID | None = None) -> Actor:
    """Somebody of a role."""
    return Actor(
        name=f"login:{new_id()}",
        roles=frozenset({role}),
        institution_id=institution_id if role in ROLES_OF_AN_INSTITUTION else None,
        learner_id=learner_id,
    )


def machine(*scopes: str, institution_id: UUID) -> Actor:
    """A client with some scopes."""
    return Actor(name=f"client:{new_id()}", scopes=frozenset(scopes), institution_id=institution_id)


@lru_cache
def _ring() -> tuple[str, bytes]:
    """A key that signs tokens, made once for all tests of a process: to make one takes longer than most of them."""
    with TemporaryDirectory() as name:
        token_keys.rotate(Path(name), at=clock.now())
        (made,) = Path(name).iterdir()
        return made.name, made.read_bytes()


def lay_tokens(keys: Path) -> None:
    """Lay that key into a folder of keys that has none yet."""
    folder = keys / "tokens"
    if not token_keys.names(folder):
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        name, pem = _ring()
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(pem)


@asynccontextmanager
async def opened(addresses: Any, keys: Path, **settings: Any) -> AsyncIterator[OpenBank]:
    """A bank on these addresses with its keys in this folder."""
    database = Database(addresses.app, connections=6)
    keyring = Keyring.open(keys, create=True)
    lay_tokens(keys)
    app = create_app(database, Settings(keys_dir=keys, **settings), keyring)
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://bank") as http:
        try:
            yield OpenBank(app=app, database=database, keyring=keyring, http=http, addresses=addresses)
        finally:
            app.state.passwords.close()
            await database.close()
