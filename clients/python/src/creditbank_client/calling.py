"""Sending one request until it is answered: a token that holds, patience, and one key for every attempt of a write."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO
from urllib.parse import quote_plus
from uuid import UUID, uuid4

import httpx

from creditbank_client.errors import NotReached, NotSignedIn, SignInRefused, Throttled, problem_in

AGAIN = frozenset({429, 502, 503, 504})
"""Answers after which the same request may be sent again: throttled, busy, or a proxy that reached nobody."""
RENEW_EARLY = 30.0
"""Seconds before its end at which a token is replaced, so that it does not end on the way."""


class Caller:
    """One identity at one bank. Threads may share it.

    `grant` is the form that the token endpoint is sent; `basic` the client id and secret that go with it.
    """

    def __init__(
        self,
        base_url: str,
        grant: Mapping[str, str],
        *,
        basic: tuple[str, str] | None,
        language: str,
        timeout: float,
        attempts: int,
        longest_wait: float,
        transport: httpx.BaseTransport | None,
        sleep: Callable[[float], None],
    ) -> None:
        if attempts < 1:
            raise ValueError("at least one attempt is needed")
        self._http = httpx.Client(
            base_url=base_url, timeout=timeout, transport=transport, headers={"Accept-Language": language}
        )
        self._grant, self._basic = dict(grant), basic
        self._attempts, self._longest_wait, self._sleep = attempts, longest_wait, sleep
        self._given: dict[str, Any] | None = None
        self._renew_at = 0.0
        self._renewing = threading.Lock()

    @property
    def base_url(self) -> str:
        """Where the bank is, without a slash at the end."""
        return str(self._http.base_url).rstrip("/")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def wait(self, seconds: float) -> None:
        """Let time pass, as the caller has it pass."""
        self._sleep(seconds)

    def read(self, path: str, query: Mapping[str, Any] | None = None, *, accept: str | None = None) -> httpx.Response:
        """GET. Raises a Problem or NotReached."""
        said = {name: _plain(value) for name, value in (query or {}).items() if value is not None}
        headers = {"Accept": accept} if accept else {}
        return self._signed("GET", path, params=said, headers=headers)

    def write(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """POST, PUT and the like. The Idempotency-Key is made here, before the first attempt, and never changes after.

        Raises a Problem or NotReached.
        """
        named = {**(headers or {}), "Idempotency-Key": key or str(uuid4())}
        if body is None:
            return self._signed(method, path, headers=named)
        return self._signed(method, path, content=_as_json(body), headers={**named, "Content-Type": "application/json"})

    def write_as_nobody(self, path: str, body: Any, *, key: str | None = None) -> httpx.Response:
        """POST to what asks for no token. Raises a Problem or NotReached."""
        headers = {"Idempotency-Key": key or str(uuid4()), "Content-Type": "application/json"}
        response = self._sent("POST", path, content=_as_json(body), headers=headers)
        if not response.is_success:
            raise problem_in(response)
        return response

    def send(self, method: str, path: str, content: bytes, *, key: str | None = None) -> httpx.Response:
        """Bytes to an address that may be sent the same any number of times, and so needs no key of its own.

        Raises a Problem or NotReached.
        """
        named = {} if key is None else {"Idempotency-Key": key}
        headers = {**named, "Content-Type": "application/octet-stream"}
        return self._signed(method, path, content=content, headers=headers)

    def save(self, path: str, query: Mapping[str, Any], into: BinaryIO) -> None:
        """GET into a file, from its beginning again whenever the line breaks. Raises a Problem or NotReached."""
        said = {name: _plain(value) for name, value in query.items() if value is not None}
        self._signed("GET", path, params=said, headers={}, into=into)

    def given(self) -> dict[str, Any]:
        """What the token endpoint answered last: a token that still holds for a while, and who it is for.

        Raises SignInRefused.
        """
        with self._renewing:
            if self._given is None or time.monotonic() >= self._renew_at:
                asked_at = time.monotonic()
                self._given = self._new_token()
                lives = float(self._given["expires_in"])
                self._renew_at = asked_at + max(lives - RENEW_EARLY, lives / 2)
            return self._given

    def _signed(self, method: str, path: str, *, headers: Mapping[str, str], **more: Any) -> httpx.Response:
        for last in (False, True):
            token = self.given()["access_token"]
            response = self._sent(method, path, headers={**headers, "Authorization": f"Bearer {token}"}, **more)
            if response.is_success:
                return response
            problem = problem_in(response)
            if last or not isinstance(problem, NotSignedIn):
                raise problem
            self._forget(token)
        raise AssertionError("unreachable")

    def _forget(self, token: str) -> None:
        """The bank no longer takes it: keys were changed, or the clocks differ."""
        with self._renewing:
            if self._given is not None and self._given["access_token"] == token:
                self._given = None

    def _new_token(self) -> dict[str, Any]:
        auth = None
        if self._basic is not None:
            # RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
            auth = httpx.BasicAuth(*(quote_plus(part) for part in self._basic))
        response = self._sent("POST", "/v1/oauth/token", data=self._grant, auth=auth)
        if response.is_success:
            given: dict[str, Any] = response.json()
            return given
        try:
            said = response.json()
            refused = SignInRefused(said["error"], said["error_description"], said.get("error_description_zh", ""))
        except (ValueError, KeyError, TypeError):
            raise problem_in(response) from None
        raise refused

    def _sent(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        into: BinaryIO | None = None,
        **more: Any,
    ) -> httpx.Response:
        """An answer, sent for as often as patience allows; the request is the same each time, key included."""
        for attempt in range(1, self._attempts + 1):
            try:
                response = self._answer(method, path, into, headers=headers, **more)
            except httpx.UnsupportedProtocol:
                raise
            except httpx.TransportError as failure:
                if attempt == self._attempts:
                    key = (headers or {}).get("Idempotency-Key")
                    sentence = f"no answer from {self._http.base_url} after {attempt} attempts: {failure!r}"
                    raise NotReached(sentence, idempotency_key=key) from failure
                self._sleep(_backoff(attempt))
                continue
            if response.status_code not in AGAIN or attempt == self._attempts:
                break
            wait = _asked_to_wait(response)
            if wait is not None and wait > self._longest_wait:
                break
            self._sleep(_backoff(attempt) if wait is None else wait)
        return _with_its_wait(response)

    def _answer(self, method: str, path: str, into: BinaryIO | None, **more: Any) -> httpx.Response:
        """One attempt; the body of a success goes into a file if there is one."""
        if into is None:
            return self._http.request(method, path, **more)
        with self._http.stream(method, path, **more) as response:
            if not response.is_success:
                response.read()
                return response
            into.seek(0)
            into.truncate()
            for piece in response.iter_bytes():
                into.write(piece)
        return response


def _with_its_wait(response: httpx.Response) -> httpx.Response:
    if response.status_code == 429:
        problem = problem_in(response)
        if isinstance(problem, Throttled):
            problem.retry_after = _asked_to_wait(response) or 0
        raise problem
    return response


def _backoff(attempt: int) -> float:
    """Twice as long each time, half of it by chance, so that many who were cut off do not come back at once."""
    longest = min(0.5 * 2.0 ** (attempt - 1), 20.0)
    return longest * (0.5 + random.random() / 2)  # noqa: S311


def _asked_to_wait(response: httpx.Response) -> float | None:
    """Seconds of `Retry-After`, which may also be a date (RFC 9110 §10.2.3)."""
    said = response.headers.get("retry-after")
    if said is None:
        return None
    if said.strip().isdecimal():
        return float(said)
    try:
        named = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return None
    return float(max(0.0, (named - datetime.now(UTC)).total_seconds()))


def _as_json(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain, allow_nan=False)


def _plain(value: Any) -> Any:
    """Dates, instants, amounts and identifiers as JSON and addresses have them."""
    if isinstance(value, datetime) and value.tzinfo is None:
        raise TypeError("an instant needs its time zone")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str | int):
        return value
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    raise TypeError(f"{type(value).__name__} cannot be sent")
