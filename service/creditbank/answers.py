"""How whatever goes wrong in a route is answered: always a problem document, in the caller's language."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route

from creditbank.db import is_worth_another_try
from creditbank.errors import BankError, BodyTooLarge, Malformed, NotSignedIn, TemporarilyUnavailable
from creditbank.faults import faults_of, summary
from creditbank.http import language_of, problem_response
from creditbank.portal.answering import is_for_a_person, problem_page
from creditbank.portal.lapsing import not_signed_in

log = structlog.get_logger("creditbank.answers")


class NoSuchAddress(BankError):
    """Nothing is at this address, for anybody."""

    status = 404
    code = "no_such_address"
    zh = "没有这个地址。接口说明见 /openapi.json。"
    en = "There is nothing at this address. The API is described at /openapi.json."


class MethodNotTaken(BankError):
    """The address is there and does not take this method; Allow says which it takes."""

    status = 405
    code = "method_not_taken"
    zh = "该地址不支持此方法，可用：{allowed}。"
    en = "This address does not take this method. It takes: {allowed}."


def answer_every_error(app: FastAPI) -> None:
    """Register how each kind of error is answered; what none of them knows becomes a 500 at the doorway."""
    for kind, handler in (
        (BankError, _bank_error),
        (RequestValidationError, _malformed),
        (HTTPException, _http),
        (DBAPIError, _database),
        (psycopg.Error, _database),
        (NoConnectionFree, _database),
    ):
        app.add_exception_handler(kind, handler)


async def _bank_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, BankError)
    permit = request.scope.get("creditbank.permit")
    if isinstance(error, NotSignedIn) and permit is not None and permit.by_cookie:
        return await not_signed_in(request, error)
    return _say(request, error)


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = faults_of(error.errors())
    problem = Malformed(field=faults[0]["pointer"], why_zh=summary(faults, "zh"), why_en=summary(faults, "en"))
    return _say(request, problem, faults=faults)


async def _http(request: Request, error: Exception) -> Response:
    """What Starlette and FastAPI raise themselves."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _say(request, NoSuchAddress())
    if error.status_code == 405:
        allowed = ", ".join(_methods_here(request.app.router.routes, request))
        return _say(request, MethodNotTaken(headers={"Allow": allowed}, allowed=allowed))
    if error.status_code == 413:
        return _say(request, BodyTooLarge(limit_mib=request.app.state.settings.body_limit_mib))
    if error.status_code in {400, 415, 422}:
        return _say(request, unreadable())
    raise error


async def _database(request: Request, error: Exception) -> Response:
    """A database that is away or busy is for later; text that it cannot hold is the caller's; the rest is ours."""
    if isinstance(error, NoConnectionFree) or is_worth_another_try(error):
        log.warning("database_away", error=type(error).__name__, route=request.scope.get("creditbank.route"))
        return _say(request, TemporarilyUnavailable())
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.Error) and (cause.sqlstate or "")[:2] == _NO_ROOM:
        log.error("database_has_no_room", sqlstate=cause.sqlstate, route=request.scope.get("creditbank.route"))
        return _say(request, TemporarilyUnavailable(seconds=60))
    if isinstance(cause, psycopg.DataError) and cause.sqlstate in _NOT_HELD:
        return _say(request, unreadable())
    raise error


_NO_ROOM = "53"
"""The class of a full disk, no memory left, too many connections: nothing was written, and somebody must see to it."""
_NOT_HELD = {None, "22021", "22P05", "22003", "22008"}
"""psycopg refuses NUL itself (no state); not in the encoding; \\u0000 in JSON; a number or a date out of range."""


def unreadable() -> Malformed:
    """A body or a value that cannot be read at all."""
    return Malformed(why_zh="内容无法读取，请核对编码与格式", why_en="it cannot be read: check its encoding and form")


def _say(request: Request, error: BankError, **more: object) -> Response:
    if is_for_a_person(request):
        return problem_page(request, error)
    return problem_response(
        error, language=language_of(request), instance=request.scope.get("creditbank.request"), **more
    )


def _methods_here(routes: Sequence[BaseRoute], request: Request) -> list[str]:
    """Every method that the address takes, over all routes that share it (RFC 9110 §10.2.1).

    `/records/batch` is an address of its own, not a record called batch: the path with the fewest parameters is meant.
    """
    scope = dict(request.scope)
    here = [route for route in routes if isinstance(route, Route) and route.matches(scope)[0] != Match.NONE]
    meant = min((route.path.count("{") for route in here), default=0)
    return sorted({method for route in here if route.path.count("{") == meant for method in route.methods or ()})
