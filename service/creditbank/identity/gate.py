"""The gate in front of every route: nobody passes whom the table does not name.

It stands around each route's own ASGI application rather than among FastAPI's dependencies, because those run after
the body has been read and parsed: a stranger's eight megabytes are refused before a byte of them is looked at, plain
Starlette routes are guarded too, and a request pays a few microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from starlette.requests import cookie_parser
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from creditbank.errors import NotAllowed, NotSignedIn
from creditbank.identity.actor import Actor
from creditbank.identity.permit import Permit
from creditbank.identity.who_may import RouteWithoutPermit, permit_for

SESSION_COOKIE = "creditbank_session"
"""The portal's session: an access token in a cookie, which no route under /v1 ever reads."""


def session_cookie(base_url: str) -> str:
    """What the session's cookie is called at an address.

    Over https no neighbouring host can set one by this name (RFC 6265bis §4.1.3.2).
    """
    return f"__Host-{SESSION_COOKIE}" if base_url.startswith("https://") else SESSION_COOKIE


class AddressTakenTwice(RuntimeError):
    """Two routes with one method and path: only the first would ever answer."""


class KnowsTokens(Protocol):
    """What the gate needs of the tokens."""

    def actor(self, token: str) -> Actor:
        """The caller a token stands for. Raises NotSignedIn."""
        ...


def guard(routes: list[BaseRoute], tokens: KnowsTokens, *, cookie: str = SESSION_COOKIE) -> None:
    """Put the gate in front of every route; the pages of the portal read their session from `cookie`.

    Raises RouteWithoutPermit for a route the table does not know, AddressTakenTwice for one that would never be asked.
    """
    taken: set[tuple[str, str]] = set()
    for route in routes:
        for address in _addresses(route):
            if address in taken:
                raise AddressTakenTwice(f"two routes answer {' '.join(address)}: the second would never be asked")
            taken.add(address)
        if isinstance(route, Mount):
            if permit_for("GET", route.path) is not None:
                raise RouteWithoutPermit(f"{route.path} is mounted: only what is public may be")
            route.app = _named(route.app, route.path)
        elif isinstance(route, Route):
            permits = {method: permit_for(method, route.path) for method in _methods(route)}
            route.app = _gate(route.app, route.path, permits, tokens, cookie)
        else:
            raise RouteWithoutPermit(f"{route!r} is of a kind that the gate cannot stand in front of")


def _addresses(route: BaseRoute) -> Iterator[tuple[str, str]]:
    if isinstance(route, Route):
        yield from ((method, route.path) for method in sorted(route.methods or ()))


def _methods(route: Route) -> Iterator[str]:
    if not route.methods:
        raise RouteWithoutPermit(f"{route.path} takes any method: name those it takes")
    yield from sorted(route.methods)


def _named(app: ASGIApp, path: str) -> ASGIApp:
    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        scope["creditbank.route"] = path
        await app(scope, receive, send)

    return named


def _gate(app: ASGIApp, path: str, permits: Mapping[str, Permit | None], tokens: KnowsTokens, cookie: str) -> ASGIApp:
    async def gate(scope: Scope, receive: Receive, send: Send) -> None:
        scope["creditbank.route"] = path
        permit = permits[scope["method"]]
        if permit is not None:
            scope["creditbank.permit"] = permit
            scope["creditbank.actor"] = _admit(scope, permit, tokens, cookie)
        await app(scope, receive, send)

    return gate


def _admit(scope: Scope, permit: Permit, tokens: KnowsTokens, cookie: str) -> Actor:
    token = cookie_of(scope, cookie) if permit.by_cookie else _bearer(scope)
    if token is None:
        raise NotSignedIn
    actor = tokens.actor(token)
    reach = permit.reach_of(actor)
    if reach is None:
        refusal = NotAllowed()
        refusal.headers["WWW-Authenticate"] = _insufficient(permit)
        raise refusal
    # Written out: dataclasses.replace takes three times as long, and this is paid by every request.
    return Actor(actor.name, actor.roles, actor.scopes, actor.institution_id, actor.learner_id, reach)


def _insufficient(permit: Permit) -> str:
    """RFC 6750 §3.1: which scope would have opened the route."""
    scopes = " ".join(sorted(permit.scopes))
    return f'Bearer error="insufficient_scope", scope="{scopes}"' if scopes else 'Bearer error="insufficient_scope"'


def _bearer(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if kind.lower() == "bearer" and token.strip() else None
    return None


def cookie_of(scope: Scope, cookie: str) -> str | None:
    """What a request's cookie of a name holds, if anything."""
    for name, value in scope["headers"]:
        if name == b"cookie":
            return cookie_parser(value.decode("latin-1")).get(cookie) or None
    return None
