"""The front page, signing in and out, and the files that every page is dressed in."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from creditbank.errors import BankError
from creditbank.identity.logins import sign_in
from creditbank.identity.throttling import address_of
from creditbank.portal import session as sessions
from creditbank.portal.answering import Visit, home_of, page, sent_to
from creditbank.portal.forms import typed
from creditbank.portal.lapsing import LONGEST_CARRIED, Carried, carried_by, goes_on_at
from creditbank.portal.static_files import PATH, static_file
from creditbank.portal.visiting import OURS, VisitDep

router = APIRouter(include_in_schema=False)
LONGEST_SIGN_IN = 8192 + 2 * LONGEST_CARRIED
"""Of the posted form, in bytes: what was typed before travels with it, written as an address once more."""


@router.get("/")
async def front_page(visited: VisitDep) -> Response:
    """What the bank is, and the ways in."""
    return page(visited, "front.html")


@router.get("/sign-in")
async def sign_in_page(request: Request, visited: VisitDep) -> Response:
    """The form."""
    return _form(visited, lapsed=sessions.has_lapsed(request), then=request.query_params.get("then", ""))


@router.post("/sign-in", dependencies=OURS)
async def sign_in_by_form(request: Request, visited: VisitDep) -> Response:
    """A session for whoever knows the password; throttled by name and by address, as the token endpoint is.

    They go on where they were: at the page that they asked for, or with the form that was not taken without a session.
    """
    form = await typed(request, longest=LONGEST_SIGN_IN)
    name, password = form.get("login_name", "").strip(), form.get("password", "")
    carried, then = carried_by(form), form.get("then", "")
    if not name or not password:
        return _form(visited, status=422, name=name, missing=True, then=then, carried=carried)
    state = request.app.state
    try:
        actor = await sign_in(
            state.database,
            state.keyring,
            state.passwords,
            login_name=name,
            password=password,
            address=address_of(request),
            at=visited.at,
            checks=state.sign_in_checks,
        )
    except BankError as refused:
        return _form(visited, status=refused.status, name=name, refused=refused, then=then, carried=carried)
    same = sessions.is_the_same(request, actor)
    await sessions.begin(request, visited.cookies, actor, at=visited.at)
    home = home_of(actor)
    on = goes_on_at(form, actor) or ("/" if home is None else home[0])
    if carried is None:
        return sent_to(visited, on)
    signed_in = replace(visited, actor=actor)
    return page(signed_in, "frame/carried.html", here=on, carried=carried if same else None, on=on)


@router.post("/sign-out", dependencies=OURS)
async def sign_out(request: Request, visited: VisitDep) -> Response:
    """The session is taken from this browser; its token dies within its minutes."""
    sessions.end(request, visited.cookies)
    return sent_to(visited, "/")


router.add_api_route(f"{PATH}/{{name}}", static_file, methods=["GET"])


def _form(
    visited: Visit,
    *,
    status: int = 200,
    name: str = "",
    lapsed: bool = False,
    missing: bool = False,
    refused: BankError | None = None,
    then: str = "",
    carried: Carried | None = None,
) -> Response:
    return page(
        visited,
        "sign_in.html",
        status=status,
        headers={} if refused is None else _headers(refused),
        name=name,
        lapsed=lapsed,
        missing=missing,
        refused="" if refused is None else refused.sentence(visited.language),
        unsent=carried is not None,
        carried=carried,
        then=then,
    )


def _headers(refused: BankError) -> dict[str, str]:
    """RFC 9110 §15.5.2: a 401 names a scheme; this one opens no dialogue in a browser."""
    challenge = {"WWW-Authenticate": 'Bearer realm="creditbank"'} if refused.status == 401 else {}
    return {**challenge, **refused.headers}
