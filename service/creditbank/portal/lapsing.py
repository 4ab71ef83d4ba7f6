"""What becomes of a page or a form when its session has ended: who signs in again goes on where they were.

Nothing is done by a form that came without a session. What was typed goes into the sign-in page and back with it, and
whoever signs in is asked whether to send it: the same person, as the stamp of the session that ended says, and nobody
else. Passwords do not travel so. Nor does a file: what was typed around it does, and the page that asked for the file
asks for it again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from creditbank.errors import BankError, NotSignedIn
from creditbank.identity.actor import Actor
from creditbank.identity.page_permits import PAGES
from creditbank.identity.permit import Permit
from creditbank.portal import session as sessions
from creditbank.portal.answering import SAFE, Visit, page, visit
from creditbank.portal.forms import must_be_ours
from creditbank.portal.words import PHRASES

LONGEST_CARRIED = 64 * 1024
"""Of what was typed, in bytes as it is sent: the longest text of a form, twenty times over."""
MOST_CARRIED = 1200
LONGEST_ADDRESS = 1024
MOST_FIELDS_OF_A_FILE = 40
FILE = "file"
"""What pages call the field in which a file is chosen."""
_FORM = "application/x-www-form-urlencoded"
_WITH_FILE = "multipart/form-data"
_SECRET = re.compile(r"password|again|pin", re.IGNORECASE)
_ADDRESS = re.compile(r"/[\x21-\x7e]*")


@dataclass(frozen=True, slots=True)
class Carried:
    """A form that was not taken: where it was going, where it stood, and what was typed."""

    action: str
    stood_at: str
    pairs: Sequence[tuple[str, str]]

    @property
    def without_file(self) -> bool:
        """Whether a file was chosen that did not come with it: its field is there, and empty."""
        return any(name == FILE and not value for name, value in self.pairs)

    @property
    def typed(self) -> str:
        """The fields as a browser sends them."""
        return urlencode(self.pairs)

    def said(self) -> list[tuple[str, str]]:
        """What a person recognises of it: the fields that have a name, and what was typed in them."""
        return [(f"f_{name}", value) for name, value in self.pairs if f"f_{name}" in PHRASES and value.strip()]


async def not_signed_in(request: Request, error: NotSignedIn) -> Response:
    """The answer to somebody at a page who has no session, or none any more."""
    if request.headers.get("hx-request") == "true":
        # A part of a page was asked for: the whole page goes to the form, and comes back.
        here = _here(request.headers.get("hx-current-url", ""))
        return Response(status_code=401, headers={**SAFE, "HX-Redirect": _way_in(_page_of(here))})
    if request.method in ("GET", "HEAD"):
        url = request.url
        asked = f"{url.path}?{url.query}" if url.query else url.path
        return RedirectResponse(_way_in(_page_of(asked)), status_code=303)
    if not sessions.was_somebody(request) or request.url.path == "/sign-out":
        return RedirectResponse("/sign-in", status_code=303)
    try:
        await must_be_ours(request)
    except BankError:
        return RedirectResponse("/sign-in", status_code=303)
    stood_at = _page_of(_here(request.headers.get("referer", "")).partition("?")[0])
    carried = await _carried(request, stood_at)
    return sign_in_again(visit(request), carried, stood_at=stood_at)


def sign_in_again(visited: Visit, carried: Carried | None, *, stood_at: str) -> Response:
    """The sign-in page, which says that nothing was sent and what becomes of what was typed."""
    return page(
        visited,
        "sign_in.html",
        status=401,
        headers={"WWW-Authenticate": 'Bearer realm="creditbank"'},
        here="/sign-in",
        name="",
        lapsed=True,
        missing=False,
        refused="",
        unsent=True,
        carried=carried,
        then=stood_at,
    )


def carried_by(form: Mapping[str, str]) -> Carried | None:
    """The form that travelled with a sign-in; nothing where none did, or where it goes nowhere."""
    action, typed = form.get("action", ""), form.get("typed", "")
    if not typed or _permit("POST", action) is None:
        return None
    try:
        pairs = parse_qsl(typed, keep_blank_values=True, errors="strict", max_num_fields=MOST_CARRIED)
    except ValueError:
        return None
    return Carried(action, _page_of(form.get("then", "")), pairs)


def goes_on_at(form: Mapping[str, str], actor: Actor) -> str | None:
    """The page somebody was on before they signed in; nothing where there is none that is theirs."""
    address = _page_of(form.get("then", ""))
    permit = _permit("GET", address.partition("?")[0])
    return address if permit is not None and permit.reach_of(actor) is not None else None


async def _carried(request: Request, stood_at: str) -> Carried | None:
    """What was typed; nothing where it was too much, or unreadable. The body is read to its end in any case: a browser
    that is still sending would see a broken connection instead of the page."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    kept, length = bytearray(), 0
    if "creditbank.actor" in request.scope:
        return None  # somebody got past the gate and was turned away later: the body is read already
    if kind == _WITH_FILE:
        return await _around_a_file(request, stood_at)
    async for chunk in request.stream():
        length += len(chunk)
        if kind == _FORM and length <= LONGEST_CARRIED:
            kept += chunk
    if kind != _FORM or length > LONGEST_CARRIED or request.url.query or _permit("POST", request.url.path) is None:
        return None
    try:
        pairs = parse_qsl(kept.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_CARRIED)
    except ValueError:
        return None
    if not pairs or any("\x00" in value for _, value in pairs):
        return None
    return Carried(request.url.path, stood_at, [pair for pair in pairs if _SECRET.search(pair[0]) is None])


async def _around_a_file(request: Request, stood_at: str) -> Carried | None:
    """What was typed in a form that has a file: its field goes on empty."""
    if request.url.query or _permit("POST", request.url.path) is None:
        await _drained(request)
        return None
    try:
        form = await request.form(max_files=1, max_fields=MOST_FIELDS_OF_A_FILE, max_part_size=LONGEST_CARRIED)
    except HTTPException:
        await _drained(request)
        return None
    pairs = [(name, value if isinstance(value, str) else "") for name, value in form.multi_items()]
    await form.close()
    if sum(len(value) for _, value in pairs) > LONGEST_CARRIED or any("\x00" in value for _, value in pairs):
        return None
    return Carried(request.url.path, stood_at, [pair for pair in pairs if _SECRET.search(pair[0]) is None])


async def _drained(request: Request) -> None:
    """The rest of a body that cannot be read as a form."""
    try:
        async for _ in request.stream():
            pass
    except (RuntimeError, ClientDisconnect):
        return


def _here(address: str) -> str:
    """Path and query of an address that a browser says; nothing of one that cannot be read."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _way_in(address: str) -> str:
    return f"/sign-in?{urlencode({'then': address})}" if address else "/sign-in"


def _page_of(address: str) -> str:
    """The address, if it is of a page of ours for people who sign in; else nothing."""
    return address if _permit("GET", address.partition("?")[0]) is not None and _is_plain(address) else ""


def _is_plain(address: str) -> bool:
    return len(address) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(address) is not None


def _permit(method: str, path: str) -> Permit | None:
    """Who may open a page at a path; nothing where there is none."""
    if not _is_plain(path) or path.startswith("//") or "\\" in path:
        return None
    return next((permit for pattern, permit in _pages(method) if pattern.fullmatch(path)), None)


@lru_cache(maxsize=2)
def _pages(method: str) -> Sequence[tuple[re.Pattern[str], Permit]]:
    found = []
    for (of, path), permit in PAGES.items():
        if of == method:
            parts = [r"[^/?#]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", path)]
            found.append((re.compile("".join(parts)), permit))
    return found
