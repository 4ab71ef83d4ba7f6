"""The outermost step of every request: its number, its size, its time, and what is said when something breaks."""

from __future__ import annotations

import logging
import re
import secrets
import traceback
from time import perf_counter
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from creditbank.errors import BankError, BodyTooLarge
from creditbank.http import language_of, problem_response

log = structlog.get_logger("creditbank.requests")

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
_MIB = 1024 * 1024


def log_as_json() -> None:
    """One JSON object a line on the standard output, for whoever runs the service; called once, by who starts it."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        cache_logger_on_first_use=True,
    )


class SomethingBroke(BankError):
    """The bank's own mistake: nothing was written, and the number finds it in the log."""

    status = 500
    code = "something_broke"
    zh = "系统出现意外错误，本次未写入任何内容。请联系学分银行并提供编号 {request_id}。"
    en = "Something broke at the bank; nothing was written. Tell the bank this number: {request_id}."


class Metrics:
    """Counts and times by route template, so that no label ever holds a person, an institution or an address."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "creditbank_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "creditbank_request_seconds",
            "Time from the first byte asked to the last byte answered.",
            ("method", "route"),
            registry=self.registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )
        self._counters: dict[tuple[str, str, int], Any] = {}
        self._histograms: dict[tuple[str, str], Any] = {}

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request. An address or method that no route takes is counted as such, whatever it was."""
        route = scope.get("creditbank.route")
        method, route = (scope["method"], route) if route else ("-", "unknown")
        counter = self._counters.get((method, route, status))
        if counter is None:
            counter = self._counters[method, route, status] = self._requests.labels(method, route, str(status))
            self._histograms[method, route] = self._seconds.labels(method, route)
        counter.inc()
        self._histograms[method, route].observe(seconds)


class Doorway:
    """ASGI middleware, plain because it is paid by every request.

    It numbers the request, refuses a body over the limit whatever its Content-Length says, adds the headers that every
    answer has, counts, and turns what nobody caught into a 500 that says nothing about anybody.
    """

    def __init__(self, app: ASGIApp, *, body_limit_mib: int, metrics: Metrics) -> None:
        self.app = app
        self.limit_mib = body_limit_mib
        self.limit = body_limit_mib * _MIB
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        length, given = _look(scope)
        request_id = given or secrets.token_hex(8)
        scope["creditbank.request"] = request_id
        status, taken = 0, 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > self.limit:
                    # An HTTPException, because FastAPI turns anything else raised while it reads into a 400.
                    raise HTTPException(413)
            return message

        async def said(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_every_answer(scope, message, request_id)]
            await send(message)

        try:
            # A page counts what comes as any other route does, and says it beside its form once the gate let it read.
            if length > self.limit and not _is_for_a_page(scope):
                refusal = BodyTooLarge(limit_mib=self.limit_mib)
                await _say(refusal, scope, request_id)(scope, receive, said)
            else:
                await self.app(scope, limited, said)
        except Exception as failure:
            _log(failure, scope, request_id)
            if status:
                raise  # half an answer is out: the connection is cut, so that nobody takes it for a whole one
            await _say(SomethingBroke(request_id=request_id), scope, request_id)(scope, receive, said)
        finally:
            self.metrics.answered(scope, status, perf_counter() - started)


def _say(error: BankError, scope: Scope, request_id: str) -> Response:
    return problem_response(error, language=language_of(Request(scope)), instance=request_id)


def _look(scope: Scope) -> tuple[int, str | None]:
    """The declared length of the body (0 where none is, or it is no number) and the caller's own request number."""
    length, request_id = 0, None
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            length = int(value) if len(value) < 19 else 1 << 62
        elif name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request_id = value.decode()
    return length, request_id


def _is_for_a_page(scope: Scope) -> bool:
    """Whether a browser sent a form to a page."""
    accepts = any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
    return accepts and not scope["path"].startswith("/v1/")


def _every_answer(scope: Scope, message: Message, request_id: str) -> list[tuple[bytes, bytes]]:
    added = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]
    if not any(name == b"cache-control" for name, _ in message.get("headers", ())):
        added.append((b"cache-control", b"no-store"))
    return added


def _log(failure: Exception, scope: Scope, request_id: str) -> None:
    """Where it broke, never what it held: messages of errors quote rows and payloads, so they stay out."""
    frames = traceback.extract_tb(failure.__traceback__)
    log.error(
        "something_broke",
        request_id=request_id,
        method=scope["method"],
        route=scope.get("creditbank.route", "unknown"),
        error=[type(error).__name__ for error in _chain(failure)],
        sqlstate=getattr(getattr(failure, "orig", failure), "sqlstate", None),
        where=[
            f"{frame.filename.rsplit('/', 2)[-2]}/{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
            for frame in frames[-12:]
        ],
    )


def _chain(failure: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while failure is not None and len(found) < 5:
        found.append(failure)
        failure = failure.__cause__ or failure.__context__
    return found
