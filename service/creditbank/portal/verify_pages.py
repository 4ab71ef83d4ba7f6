"""Where anybody checks a share: a code is entered, and what its learner chose to show is read for half an hour.

Opening the address of a QR code shows the form and opens nothing: programs that look at addresses ahead of people, as
messengers do, use no opening up, and learn nothing of the code. What was opened is known again by a cookie that names
the opening under the bank's key, so that reading on, going back and turning to English are no openings of their own.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from creditbank.errors import BankError
from creditbank.http import KEY
from creditbank.identifiers import new_id
from creditbank.identity.gate import cookie_of
from creditbank.identity.throttling import address_of
from creditbank.learners.account_numbers import grouped
from creditbank.portal.answering import Visit, page, sent_to
from creditbank.portal.desk import tools_of
from creditbank.portal.forms import typed
from creditbank.portal.share_shown import shown
from creditbank.portal.visiting import OURS, VisitDep
from creditbank.portal.words import speaker
from creditbank.sealing import Keyring, blind_index
from creditbank.transcripts.share_codes import read_pin, read_share_code
from creditbank.transcripts.share_opening import LOOKS_FOR, Door, Knock, look, open_share
from creditbank.transcripts.share_refusals import ShareLookOver

router = APIRouter(include_in_schema=False)

MOST_AT_ONCE = 4
"""So many openings does one browser keep: a window for each."""
_UNSEEN = {"X-Robots-Tag": "noindex, nofollow"}
_PHONES = ("Mobi", "Android", "iPhone", "HarmonyOS")
_COMPUTERS = ("Windows", "Macintosh", "X11", "CrOS")


@router.get("/verify")
async def verify_page(visited: VisitDep) -> Response:
    """The form."""
    return _form(visited)


@router.get("/verify/{code}")
async def verify_code_page(code: str, request: Request, visited: VisitDep) -> Response:
    """The form with the code of the address in it; what the share shows, to a browser that has just opened it."""
    try:
        read = read_share_code(code[:80])
    except BankError as refused:
        return _form(visited, code=code[:80], refused=refused)
    opening_id = _opening(request, read)
    if opening_id is None:
        return _form(visited, code=read)
    tools = await tools_of(visited, request.app.state.keyring)
    try:
        async with request.app.state.database.session() as session:
            found = await look(session, read, opening_id, tools)
    except ShareLookOver:
        return _form(visited, code=read, note="verify_again")
    except BankError as refused:
        return _form(visited, code=read, refused=refused)
    return page(
        visited,
        "shares/verified.html",
        headers=_UNSEEN,
        code=grouped(read),
        found=found,
        shown=shown(found, visited.language),
    )


@router.post("/verify", dependencies=OURS)
async def verify_by_form(request: Request, visited: VisitDep) -> Response:
    """An opening, by what the API's route does; sent twice, it is one opening."""
    form, state = await typed(request), request.app.state
    code, key = form.get("code", "").strip(), form.get("key", "")
    if KEY.fullmatch(key) is None:
        return _form(visited, code=code, sentence=speaker(visited.language)("form_old"), status=409)
    try:
        read = read_share_code(code[:80])
        pin = read_pin(form.get("pin", "")[:20]) or None
        door = Door(state.database, state.passwords, await tools_of(visited, state.keyring))
        knock = Knock(read, pin, address_of(request), "page", _device(request))
        opening_id = await open_share(door, knock, key=f"page:{key}")
    except BankError as refused:
        return _form(visited, code=code, refused=refused)
    _remember(request, visited, read, opening_id)
    return sent_to(visited, f"/verify/{read}")


def _form(
    visited: Visit,
    *,
    code: str = "",
    refused: BankError | None = None,
    sentence: str = "",
    note: str = "",
    status: int = 200,
) -> Response:
    return page(
        visited,
        "shares/verify.html",
        status=status if refused is None else refused.status,
        headers={**_UNSEEN, **({} if refused is None else refused.headers)},
        here="/verify",
        code=code,
        refused=sentence if refused is None else refused.sentence(visited.language),
        note=note,
        key=str(new_id()),
    )


def _device(request: Request) -> Literal["phone", "computer", "unknown"]:
    """The kind of thing that looks, from what its browser says of itself; nothing finer is kept."""
    agent = request.headers.get("user-agent", "")
    if any(word in agent for word in _PHONES):
        return "phone"
    return "computer" if any(word in agent for word in _COMPUTERS) else "unknown"


# --- an opening, known again ----------------------------------------------------------------------------------------


def _cookie(request: Request) -> str:
    secure = request.app.state.settings.base_url.startswith("https://")
    return "__Host-creditbank_looks" if secure else "creditbank_looks"


def _opening(request: Request, code: str) -> UUID | None:
    """The opening of this code that the browser holds, if the bank gave it out."""
    keyring = request.app.state.keyring
    for held in (cookie_of(request.scope, _cookie(request)) or "").split("~")[:MOST_AT_ONCE]:
        named, _, signature = held.partition(".")
        if compare_digest(signature.encode(), _signature(keyring, code, named).encode()):
            return UUID(named)
    return None


def _remember(request: Request, visited: Visit, code: str, opening_id: UUID) -> None:
    keyring, name = request.app.state.keyring, _cookie(request)
    before = (cookie_of(request.scope, name) or "").split("~")
    now = f"{opening_id}.{_signature(keyring, code, str(opening_id))}"
    kept = [now, *(held for held in before if held and held != now)][:MOST_AT_ONCE]
    visited.cookies.values[name] = "~".join(kept)
    visited.cookies.lasting[name] = LOOKS_FOR


def _signature(keyring: Keyring, code: str, opening: str) -> str:
    return blind_index(keyring, "share-look", f"{opening} {code}").hex()[:40]
