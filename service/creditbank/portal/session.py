"""A person's session on the pages: the access token in a cookie, renewed while they are there, for hours at most.

A token lives minutes and does not say when its person signed in. A second cookie, the stamp, does: it holds the
instants of the sign-in and of the last renewal under the bank's key, and by which password it was. Without a stamp that
holds nothing is renewed, and the session ends with its token; so do all of a person's that an earlier password began.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest

from fastapi import Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.config import Settings
from creditbank.errors import NotSignedIn
from creditbank.identity.actor import Actor
from creditbank.identity.gate import cookie_of, session_cookie
from creditbank.identity.logins import password_in_use, still_in
from creditbank.sealing import Keyring, blind_index

LONGEST = timedelta(hours=8)
"""How long after signing in a session is still renewed, however busy it is."""
RENEWED_AFTER = timedelta(minutes=1)
"""How old a token is before it is renewed: a signature and a look at the sign-in once a minute, not on every page."""


@dataclass(slots=True)
class Cookies:
    """Cookies that an answer is to set; None takes one away. None of them can be read by a script."""

    secure: bool
    values: dict[str, str | None] = field(default_factory=dict)
    lasting: dict[str, timedelta] = field(default_factory=dict)

    def set_on(self, response: Response) -> None:
        """Put them on an answer. SameSite=Lax: a link from elsewhere is followed signed in, a form is not."""
        for name, value in self.values.items():
            lasting = self.lasting.get(name)
            response.set_cookie(
                name,
                value or "",
                max_age=0 if value is None else None if lasting is None else int(lasting.total_seconds()),
                path="/",
                secure=self.secure,
                httponly=True,
                samesite="lax",
            )


def signed_in(request: Request) -> Actor | None:
    """Who holds a session, on a page that is for everybody."""
    token = _token(request)
    if token is None:
        return None
    try:
        found: Actor = request.app.state.tokens.actor(token)
    except NotSignedIn:
        return None
    return found


def has_lapsed(request: Request) -> bool:
    """Whether there was a session that holds no longer."""
    return _token(request) is not None and signed_in(request) is None


def was_somebody(request: Request) -> bool:
    """Whether this browser held a session of the bank, whether or not it still holds."""
    return (
        _token(request) is not None or cookie_of(request.scope, _stamp_cookie(request.app.state.settings)) is not None
    )


def is_the_same(request: Request, actor: Actor) -> bool:
    """Whether the last session of this browser was this person's: its stamp, which nobody else can write, says so."""
    state = request.app.state
    return _read_stamp(state.keyring, actor, cookie_of(request.scope, _stamp_cookie(state.settings))) is not None


async def begin(request: Request, cookies: Cookies, actor: Actor, *, at: datetime) -> None:
    """A new session for somebody who has just shown who they are."""
    state = request.app.state
    async with state.database.session() as session:
        password = await password_in_use(session, state.keyring, login_id=actor.login_id)
    _put(request, cookies, actor, since=at, at=at, password=password)


def end(request: Request, cookies: Cookies) -> None:
    """Take the session away from this browser; the token itself dies within its minutes."""
    settings = request.app.state.settings
    cookies.values |= {session_cookie(settings.base_url): None, _stamp_cookie(settings): None}


async def prolong(request: Request, session: AsyncSession, cookies: Cookies, actor: Actor, *, at: datetime) -> None:
    """Renew the session, if its token is a minute old, and if it began less than eight hours ago.

    Raises NotSignedIn when the sign-in was closed or got another password meanwhile: whoever changes theirs because
    somebody else knew it is rid of them. Raises it too when the person is no longer let in.
    """
    state = request.app.state
    stamped = _read_stamp(state.keyring, actor, cookie_of(request.scope, _stamp_cookie(state.settings)))
    if stamped is None:
        return
    since, renewed, began_with = stamped
    if at - renewed < RENEWED_AFTER or at - since >= LONGEST or actor.login_id is None:
        return
    now = await still_in(session, login_id=actor.login_id, at=at, checks=state.sign_in_checks)
    password = await password_in_use(session, state.keyring, login_id=actor.login_id)
    if now is None or password != began_with:
        raise NotSignedIn
    _put(request, cookies, now, since=since, at=at, password=password)


def _put(request: Request, cookies: Cookies, actor: Actor, *, since: datetime, at: datetime, password: str) -> None:
    state = request.app.state
    cookies.values[session_cookie(state.settings.base_url)] = state.tokens.issue(actor, at=at)
    cookies.values[_stamp_cookie(state.settings)] = _stamp(
        state.keyring, actor, since=since, renewed=at, password=password
    )


def _token(request: Request) -> str | None:
    return cookie_of(request.scope, session_cookie(request.app.state.settings.base_url))


def _stamp_cookie(settings: Settings) -> str:
    return f"{session_cookie(settings.base_url)}_stamp"


def _stamp(keyring: Keyring, actor: Actor, *, since: datetime, renewed: datetime, password: str) -> str:
    said = f"{int(since.timestamp())}.{int(renewed.timestamp())}.{password}"
    return f"{said}.{_signature(keyring, actor, said)}"


def _read_stamp(keyring: Keyring, actor: Actor, stamp: str | None) -> tuple[datetime, datetime, str] | None:
    """When the person signed in, when the token was made, by which password; nothing if the bank did not write it for
    this person."""
    said, _, signature = (stamp or "").rpartition(".")
    if not compare_digest(signature.encode(), _signature(keyring, actor, said).encode()):
        return None
    since, _, rest = said.partition(".")
    renewed, _, password = rest.partition(".")
    return datetime.fromtimestamp(int(since), UTC), datetime.fromtimestamp(int(renewed), UTC), password


def _signature(keyring: Keyring, actor: Actor, said: str) -> str:
    return blind_index(keyring, "portal-session", f"{actor.name} {said}").hex()
