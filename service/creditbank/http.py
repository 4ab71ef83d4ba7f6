"""What every route says in the same way: language, problems, pages, versions, and writes that happen once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Annotated, Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import Depends, Header, Query, Request, Response
from fastapi.routing import APIRoute
from psycopg import AsyncConnection
from pydantic import BaseModel, ConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse

from creditbank import clock
from creditbank.db import Database
from creditbank.errors import BankError, Language, Malformed
from creditbank.once import Answer, once
from creditbank.sealing import Keyring

# --- language -----------------------------------------------------------------------------------------------------


def language_of(request: Request) -> Language:
    """The caller's language from Accept-Language (RFC 9110 §12.5.4): Chinese unless they rather read English."""
    zh, en = -1.0, -1.0
    for part in request.headers.get("accept-language", "").split(",")[:20]:
        tag, _, parameters = part.strip().lower().partition(";")
        weight = _weight(parameters)
        if tag == "*":
            zh, en = max(zh, weight), max(en, weight)
        elif tag.split("-")[0] == "zh":
            zh = max(zh, weight)
        elif tag.split("-")[0] == "en":
            en = max(en, weight)
    return "en" if en > zh and en > 0 else "zh"


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


async def _language(request: Request) -> Language:
    return language_of(request)


LanguageDep = Annotated[Language, Depends(_language)]


# --- problems -----------------------------------------------------------------------------------------------------


class Problem(BaseModel):
    """Why something was refused (RFC 9457); `code` never changes, the sentences may."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    """In the caller's language."""
    detail_zh: str
    detail_en: str
    field: str | None = None
    """The part of the payload at fault, as a JSON pointer."""
    findings: list[dict[str, Any]] | None = None
    """For a refusal by rule: what was found."""
    faults: list[dict[str, Any]] | None = None
    """For malformed content: every fault, with its JSON pointer, in Chinese and English."""
    instance: str | None = None
    """Which request it was, for asking about it."""


def problem_response(error: BankError, *, language: Language, **more: object) -> Response:
    """The answer for a business error, with its headers."""
    return Response(
        orjson.dumps({**error.problem(language), **more}),
        status_code=error.status,
        media_type="application/problem+json",
        headers={"Content-Language": "zh-CN" if language == "zh" else "en", "Vary": "Accept-Language", **error.headers},
    )


def problems(*errors: type[BankError]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an operation that can refuse with these errors, beyond what every operation can answer."""
    said: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        entry = said.setdefault(error.status, {"model": Problem, "description": ""})
        line = f"`{error.code}`: {(error.__doc__ or error.en).strip().splitlines()[0]}"
        entry["description"] = "\n\n".join(filter(None, (entry["description"], line)))
    return said


# --- the process's own things -------------------------------------------------------------------------------------


async def _keyring(request: Request) -> Keyring:
    found: Keyring = request.app.state.keyring
    return found


KeyringDep = Annotated[Keyring, Depends(_keyring)]


# --- the short way ------------------------------------------------------------------------------------------------


class ShortWay(APIRoute):
    """A route that is asked very often: what it can answer without working out its dependencies, it answers at once.

    The endpoint's attribute `short` is that answer; None from it sends the request the usual way, which alone knows
    every parameter and says what is wrong with it. Both call the same function of the service.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler that FastAPI calls."""
        usual = super().get_route_handler()

        async def handle(request: Request) -> Response:
            short = getattr(self.endpoint, "short", None)
            answered: Response | None = None if short is None else await short(request)
            return await usual(request) if answered is None else answered

        return handle


# --- pages --------------------------------------------------------------------------------------------------------

LimitDep = Annotated[int, Query(ge=1, le=200, description="每页条数。|How many to a page.", alias="limit")]
CursorDep = Annotated[
    str | None,
    Query(
        max_length=512,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="上一页给出的游标。|The cursor that the page before gave.",
    ),
]

Row = TypeVar("Row")


def cursor_of(*keys: str | int | UUID) -> str:
    """An opaque cursor that stands for the key of the last row of a page."""
    text = json.dumps([key if isinstance(key, int) else str(key) for key in keys], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def keys_of(cursor: str | None, *kinds: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """The keys a cursor stands for, each read by its kind (`UUID`, `int`, …). Raises Malformed for any other text."""
    if cursor is None:
        return None
    try:
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        json.dumps(keys, ensure_ascii=False).encode()  # half a character (\ud800) can be asked of no database
        return tuple(kind(key) for kind, key in zip(kinds, keys, strict=True))
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError, OverflowError) as failure:
        raise Malformed(
            field="/cursor", why_zh="游标无效，请从第一页重新开始", why_en="not a cursor of this list: start again"
        ) from failure


def instant_and_id(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The keys of a list that is in the order of instants, then of identifiers. Raises Malformed."""
    keys = keys_of(cursor, instant_of, UUID)
    return None if keys is None else (keys[0], keys[1])


def day_and_id(cursor: str | None) -> tuple[date, UUID] | None:
    """The same of a list that is in the order of days. Raises Malformed."""
    keys = keys_of(cursor, date.fromisoformat, UUID)
    return None if keys is None else (keys[0], keys[1])


def instant_of(text: str) -> datetime:
    """An instant as a cursor says it. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=clock.CITY)


def one_page(rows: Sequence[Row], *, limit: int, key: Callable[[Row], str]) -> tuple[list[Row], str | None]:
    """Of limit + 1 rows asked for, the page and the cursor of the next one, if there is a next one."""
    page = list(rows[:limit])
    return page, key(page[-1]) if len(rows) > limit else None


def link_to(request: Request, cursor: str | None) -> dict[str, str]:
    """The `Link` header to the next page (RFC 8288), with whatever else was asked for."""
    if cursor is None:
        return {}
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return {"Link": f'<{request.url.path}?{urlencode([*asked, ("cursor", cursor)])}>; rel="next"'}


@dataclass(frozen=True)
class Page:
    """What a list is asked for: how many rows, and those after which."""

    request: Request
    response: Response
    limit: int
    cursor: str | None

    @property
    def asked(self) -> int:
        """How many rows to select: one more than a page, to know whether there is a next one."""
        return self.limit + 1

    def after(self, kind: Callable[[Any], Row]) -> Row | None:
        """The key of the last row of the page before, for a list with a key of one part. Raises Malformed."""
        keys = keys_of(self.cursor, kind)
        return keys[0] if keys else None

    def cut(self, rows: Sequence[Row], *, key: Callable[[Row], str | int | UUID]) -> tuple[list[Row], str | None]:
        """The page itself and the cursor of the next one, which the `Link` header then names too."""
        page, following = one_page(rows, limit=self.limit, key=lambda row: cursor_of(key(row)))
        self.response.headers.update(link_to(self.request, following))
        return page, following


async def _page(request: Request, response: Response, cursor: CursorDep = None, limit: LimitDep = 50) -> Page:
    return Page(request, response, limit, cursor)


PageDep = Annotated[Page, Depends(_page)]


# --- versions of what can be edited -------------------------------------------------------------------------------


class VersionNotNamed(BankError):
    """An edit that does not say which version it saw."""

    status = 428
    code = "version_not_named"
    zh = "修改前请先读取，并在 If-Match 中带上读取到的 ETag。"
    en = "Read it first, and send the ETag you were given in If-Match."


class ChangedMeanwhile(BankError):
    """An edit of a version that is no longer the one in force."""

    status = 412
    code = "changed_meanwhile"
    zh = "内容已被他人修改，本次未写入。请重新读取后再改。"
    en = "It was changed meanwhile; nothing was written. Read it again, then edit."


def etag_of(content: bytes | Mapping[str, Any]) -> str:
    """A strong ETag of a representation (RFC 9110 §8.8.3)."""
    octets = content if isinstance(content, bytes) else orjson.dumps(dict(content), option=orjson.OPT_SORT_KEYS)
    return f'"{hashlib.sha256(octets).hexdigest()[:32]}"'


def must_match(request: Request, current: str | None) -> None:
    """Let an edit pass only if the caller saw the version in force; `current` is None where there is none yet.

    Something new needs no If-Match, or `If-None-Match: *`.
    Raises VersionNotNamed and ChangedMeanwhile (RFC 9110 §13.1).
    """
    if current is None:
        if "if-match" in request.headers:
            raise ChangedMeanwhile
        return
    if request.headers.get("if-none-match") == "*":
        raise ChangedMeanwhile
    named = request.headers.get("if-match")
    if named is None:
        raise VersionNotNamed
    if named.strip() != "*" and current not in {tag.strip() for tag in named.split(",")}:
        raise ChangedMeanwhile


# --- workbooks ----------------------------------------------------------------------------------------------------

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def a_workbook(description: str) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an operation that answers with a workbook."""
    content = {_WORKBOOK: {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"content": content, "description": description}}


def as_text(written: str) -> str:
    """What somebody wrote, for a cell of a workbook that is to hold it as text.

    XlsxWriter takes what stands between these two for XML of its own, and writes it as it is: formulas, too.
    """
    return f" {written}" if written.startswith("<r>") and written.endswith("</r>") else written


def workbook_response(made: IO[bytes], *, disposition: str) -> Response:
    """A workbook as it is downloaded; the file is closed behind it."""
    return StreamingResponse(
        iter(lambda: made.read(65536), b""),
        media_type=_WORKBOOK,
        headers={"Content-Disposition": disposition},
        background=BackgroundTask(made.close),
    )


# --- writes that happen once --------------------------------------------------------------------------------------

KEY = re.compile(r"[\x21-\x7e]{1,200}")
"""What an Idempotency-Key looks like."""

IdempotencyKeyDep = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="同一键与同一内容重发，得到第一次的答复。"
        "|The same key with the same content again is given the first answer.",
    ),
]


def payload_of(request: Request, body: bytes) -> bytes:
    """What an Idempotency-Key is bound to: the method, the address and the body."""
    return b"\n".join((request.method.encode(), request.url.path.encode(), request.url.query.encode(), body))


async def write_once(
    request: Request,
    database: Database,
    keyring: Keyring,
    *,
    caller: str,
    key: str | None,
    act: Callable[[AsyncSession], Awaitable[Answer]] | None = None,
    bare_act: Callable[[AsyncConnection[Any]], Awaitable[Answer]] | None = None,
) -> Response:
    """Run a route's write once under the caller's key, and answer it; a replay says so in `Idempotency-Replayed`."""
    payload = payload_of(request, await request.body())
    answer = await once(database, keyring, caller=caller, key=key, payload=payload, act=act, bare_act=bare_act)
    return response_of(answer)


def answer(status: int, content: BaseModel | Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer to keep and to give, from a payload model or a mapping."""
    body = content.model_dump_json().encode() if isinstance(content, BaseModel) else orjson.dumps(dict(content))
    return Answer(status=status, body=body, headers=dict(headers or {}))


def response_of(answered: Answer) -> Response:
    """The HTTP response of an answer."""
    headers = {**answered.headers, **({"Idempotency-Replayed": "true"} if answered.replayed else {})}
    return Response(answered.body, status_code=answered.status, media_type="application/json", headers=headers)
