"""A write of a route: who asks, under which Idempotency-Key, done once in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from psycopg import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.http import KEY, IdempotencyKeyDep, write_once
from creditbank.identity.actor import Actor, ActorDep, asking
from creditbank.once import Answer


@dataclass(frozen=True, slots=True)
class Write:
    """The caller of a write and their Idempotency-Key, for routes that need nothing else of the request."""

    request: Request
    actor: Actor
    key: str | None

    async def once(self, act: Callable[[AsyncSession], Awaitable[Answer]]) -> Response:
        """Run the act once under the caller's key, and answer it."""
        state = self.request.app.state
        return await write_once(
            self.request, state.database, state.keyring, caller=self.actor.name, key=self.key, act=act
        )

    async def once_bare(self, act: Callable[[AsyncConnection[Any]], Awaitable[Answer]]) -> Response:
        """The same for an act of plain SQL alone, on a bare connection: its statements are planned once and kept."""
        state = self.request.app.state
        return await write_once(
            self.request, state.database, state.keyring, caller=self.actor.name, key=self.key, bare_act=act
        )


async def _write(request: Request, actor: ActorDep, key: IdempotencyKeyDep = None) -> Write:
    return Write(request, actor, key)


WriteDep = Annotated[Write, Depends(_write)]


async def short_write(request: Request) -> Write | None:
    """The write of a JSON request without anything unusual about it, for a route's short way; None for any other."""
    key = request.headers.get("idempotency-key")
    plain = request.headers.get("content-type") == "application/json" and not request.scope["query_string"]
    if not plain or (key is not None and not KEY.fullmatch(key)):
        return None
    return Write(request, await asking(request), key)
