"""The front page, signing in and out, and the files that every page is dressed in."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from creditbank.errors import BankError
from creditbank.identity.logins import sign_in
from creditbank.identity.token_routes import address_of
from creditbank.portal import session as sessions
from creditbank.portal.answering import Visit, home_of, page, sent_to
from creditbank.portal.forms import typed
from creditbank.portal.static_files import PATH, static_file
from creditbank.portal.visiting import OURS, VisitDep

router = APIRouter(include_in_schema=False)


@router.get("/")
async def front_page(visited: VisitDep) -> Response:
    """What the bank is, and the ways in."""
    return page(visited, "front.html")


@router.get("/sign-in")
async def sign_in_page(request: Request, visited: VisitDep) -> Response:
    """The form."""
    return _form(visited, lapsed=sessions.has_lapsed(request))


@router.post("/sign-in", dependencies=OURS)
async def sign_in_by_form(request: Request, visited: VisitDep) -> Response:
    """A session for whoever knows the password; throttled by name and by address, as the token endpoint is."""
    form = await typed(request)
    name, password = form.get("login_name", "").strip(), form.get("password", "")
    if not name or not password:
        return _form(visited, status=422, name=name, missing=True)
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
        return _form(visited, status=refused.status, name=name, refused=refused)
    sessions.begin(request, visited.cookies, actor, at=visited.at)
    home = home_of(actor)
    return sent_to(visited, "/" if home is None else home[0])


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
    )


def _headers(refused: BankError) -> dict[str, str]:
    """RFC 9110 §15.5.2: a 401 names a scheme; this one opens no dialogue in a browser."""
    challenge = {"WWW-Authenticate": 'Bearer realm="creditbank"'} if refused.status == 401 else {}
    return {**challenge, **refused.headers}
