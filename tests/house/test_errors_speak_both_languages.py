"""Every refusal is a problem document in Chinese and English, and none repeats what was sent."""

from __future__ import annotations

import importlib
import pkgutil
import re
import string
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import psycopg
import pytest
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

import creditbank
from creditbank import app as shell
from creditbank.credits import Credits
from creditbank.days import Day
from creditbank.db import Database, SessionDep
from creditbank.errors import BankError, Malformed, every_error
from creditbank.faults import MOST_FAULTS, faults_of
from creditbank.identity.who_may import PUBLIC
from tests.open_bank import OpenBank, opened

CHINESE = re.compile(r"[\u4e00-\u9fff]")
SECRET = "130102199003071234"
STATUSES = {202, 400, 401, 403, 404, 405, 409, 410, 412, 413, 422, 428, 429, 500, 503}


def every_module() -> None:
    for module in pkgutil.walk_packages(creditbank.__path__, "creditbank."):
        if not module.name.startswith("creditbank.migrations"):
            importlib.import_module(module.name)


def fields_of(template: str) -> set[str]:
    """What a sentence is filled with; `why_zh` in one language is `why_en` in the other."""
    named = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    return {re.sub("_(zh|en)$", "", name) for name in named}


def own_errors() -> list[type[BankError]]:
    every_module()
    return [error for error in every_error() if error.__module__.startswith("creditbank")]


def test_every_error_says_the_same_thing_in_chinese_and_in_english() -> None:
    for error in own_errors():
        assert CHINESE.search(error.zh), error
        assert not CHINESE.search(error.en), error
        assert error.zh.endswith(("。", "？", "！", "}")), error
        assert error.en.endswith((".", "?", "!", "}")), error
        assert fields_of(error.zh) == fields_of(error.en), error


def test_every_error_has_a_code_that_always_means_the_same_and_says_what_it_means() -> None:
    statuses: dict[str, set[int]] = {}
    for error in own_errors():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", error.code), error
        assert error.status in STATUSES, error
        assert error.__doc__, error
        statuses.setdefault(error.code, set()).add(error.status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


# --- how they are answered ----------------------------------------------------------------------------------------


class Payload(BaseModel):
    """Something of every kind that can be wrong."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=20)]
    level: Literal["low", "high"] = "low"
    credits: Credits = 100
    count: Annotated[int, Field(ge=1, le=9)] = 1
    parts: list[str] = []
    on: Day | None = None

    @field_validator("parts")
    @classmethod
    def _no_empty_part(cls, parts: list[str]) -> list[str]:
        if "" in parts:
            raise ValueError("各部分不能为空|no part may be empty")
        if "echo" in parts:
            raise ValueError(f"it was {parts}")
        return parts


router = APIRouter()


@router.post("/t/echo")
async def _echo(payload: Payload) -> dict[str, str]:
    return {"name": payload.name}


@router.post("/t/text")
async def _text(payload: dict[str, Any], session: SessionDep) -> dict[str, str]:
    await (await session.connection()).execute(text("SELECT CAST(:said AS text)"), {"said": payload["said"]})
    return {}


class _Broken(Exception):
    pass


@router.get("/t/broken")
async def _broken() -> None:
    raise _Broken(f"the row of {SECRET}")


@router.get("/t/raises/{what}")
async def _raises(what: str) -> None:
    gone = psycopg.OperationalError("the server closed the connection")
    raise {
        "gone": DBAPIError(f"SELECT '{SECRET}'", {}, gone),
        "busy": NoConnectionFree("no connection free"),
        "bare": gone,
        "unique": DBAPIError(f"INSERT '{SECRET}'", {}, psycopg.errors.UniqueViolation(SECRET)),
    }[what]


@pytest.fixture
async def bank(shared_addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OpenBank]:
    monkeypatch.setattr(shell, "ROUTERS", (router, *shell.ROUTERS))
    for route in router.routes:
        for method in route.methods:  # type: ignore[attr-defined]
            monkeypatch.setitem(PUBLIC, (method, route.path), ("试", "a test"))  # type: ignore[attr-defined]
    async with opened(shared_addresses, tmp_path / "keys", body_limit_mib=1) as found:
        yield found


def is_a_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"/problems/{code}")
    assert CHINESE.search(problem["detail_zh"])
    assert not CHINESE.search(problem["detail_en"])
    assert problem["instance"] == answer.headers["x-request-id"]
    return problem


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("en;q=0.5, zh-TW;q=0.6", "zh"),
        ("zh;q=0.1, en;q=0.9", "en"),
        ("fr", "zh"),
        ("*", "zh"),
        ("fr, en;q=0.2", "en"),
        ("en;q=0", "zh"),
        ("en;q=abc", "zh"),
        ("en;level=1", "en"),
        (";;;,,,;q", "zh"),
    ],
)
async def test_the_sentence_is_in_the_callers_language_and_chinese_unless_they_ask(
    bank: OpenBank, asked: str | None, language: str
) -> None:
    answer = await bank.http.get("/nowhere", headers={} if asked is None else {"Accept-Language": asked})
    problem = is_a_problem(answer, 404, "no_such_address")
    assert problem["detail"] == problem[f"detail_{language}"]
    assert answer.headers["content-language"] == ("zh-CN" if language == "zh" else "en")


async def test_a_method_that_an_address_does_not_take_is_told_those_it_takes(bank: OpenBank) -> None:
    answer = await bank.http.put("/sign-in" if ("GET", "/sign-in") in _routes(bank) else "/livez")
    is_a_problem(answer, 405, "method_not_taken")
    assert "GET" in answer.headers["allow"]
    both = await bank.http.delete("/v1/clients")
    assert both.headers["allow"] == "GET, POST"
    # Not GET, which would ask for a record called batch.
    assert (await bank.http.delete("/v1/records/batch")).headers["allow"] == "POST"


def _routes(bank: OpenBank) -> set[tuple[str, str]]:
    return {(method, route.path) for route in bank.app.routes for method in getattr(route, "methods", None) or ()}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({}, "/name"),
        ({"name": SECRET * 2}, "/name"),
        ({"name": "x", SECRET: 1}, f"/{SECRET}"),
        ({"name": "x", "level": SECRET}, "/level"),
        ({"name": "x", "credits": SECRET}, "/credits"),
        ({"name": "x", "credits": -1}, "/credits"),
        ({"name": "x", "credits": 0.1 + 0.2}, "/credits"),
        ({"name": "x", "count": SECRET}, "/count"),
        ({"name": "x", "count": 10}, "/count"),
        ({"name": "x", "parts": [SECRET, 1]}, "/parts/1"),
        ({"name": "x", "parts": ["", SECRET]}, "/parts"),
        ({"name": "x", "parts": ["echo", SECRET]}, "/parts"),
        ({"name": "x", "on": 0}, "/on"),
        ({"name": "x", "on": "0"}, "/on"),
        ({"name": "x", "on": "2026-02-29"}, "/on"),
        ({"name": "x", "on": "2026-02-28T00:00:00"}, "/on"),
        ([SECRET], ""),
        (SECRET, ""),
        (None, ""),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_malformed_content_is_pointed_at_in_both_languages_and_never_repeated(
    bank: OpenBank, sent: Any, pointer: str
) -> None:
    answer = await bank.http.post("/t/echo", json=sent)
    problem = is_a_problem(answer, 422, "malformed")
    assert problem["field"] == problem["faults"][0]["pointer"] == pointer
    for fault in problem["faults"]:
        assert CHINESE.search(fault["zh"])
        assert not CHINESE.search(fault["en"])
        assert "{" not in fault["zh"] + fault["en"]
    # A field that the bank does not know is named, for that is how it is found; values never are.
    assert SECRET not in answer.text.replace(f"/{SECRET}", "")


async def test_a_validator_of_our_own_is_quoted_in_both_languages(bank: OpenBank) -> None:
    answer = await bank.http.post("/t/echo", json={"name": "x", "parts": [""]})
    assert (answer.json()["faults"][0]["zh"], answer.json()["faults"][0]["en"]) == (
        "各部分不能为空",
        "no part may be empty",
    )


async def test_a_thousand_faults_are_not_all_said(bank: OpenBank) -> None:
    answer = await bank.http.post("/t/echo", json={"name": "x", "parts": [1] * 1000})
    assert len(answer.json()["faults"]) == MOST_FAULTS


def test_every_kind_of_fault_that_pydantic_knows_is_said_in_words() -> None:
    context = dict.fromkeys(("min_length", "max_length", "expected", "gt", "ge", "lt", "le", "multiple_of"), 1)
    from creditbank.faults import _SAID

    for kind in _SAID:
        said = faults_of(
            [{"type": kind, "loc": ("body", "x"), "ctx": {**context, "expected_tags": 1, "discriminator": 1}}]
        )
        assert "{" not in said[0]["zh"] + said[0]["en"], kind
        assert CHINESE.search(said[0]["zh"]), kind


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"not json",
        b"\xff\xfe\x00",
        '{"name": "\ud800"}'.encode("utf-8", "surrogatepass"),
        b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"name": ' + b"9" * 10_000 + b"}",
        b'{"name": "x", "count": NaN}',
        b"",
    ],
    ids=["open", "words", "bytes", "surrogate", "deep", "long-number", "nan", "nothing"],
)
async def test_a_body_that_is_not_json_is_malformed(bank: OpenBank, content: bytes) -> None:
    answer = await bank.http.post("/t/echo", content=content, headers={"Content-Type": "application/json"})
    is_a_problem(answer, 422, "malformed")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/xml", "multipart/form-data", "nonsense"])
async def test_json_sent_as_something_else_is_malformed(bank: OpenBank, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = await bank.http.post("/t/echo", content=b'{"name": "x"}', headers=headers)
    is_a_problem(answer, 422, "malformed")


async def test_text_that_the_database_cannot_hold_is_the_callers_mistake(bank: OpenBank) -> None:
    answer = await bank.http.post("/t/text", json={"said": "a\x00b"})
    is_a_problem(answer, 422, "malformed")


# --- bodies that are too large ------------------------------------------------------------------------------------


async def test_a_body_over_the_limit_is_refused_by_its_length_without_being_read(bank: OpenBank) -> None:
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(2048):
            read += 1
            yield b" " * 1024

    answer = await bank.http.post("/t/echo", content=chunks(), headers={"Content-Length": str(2 * 1024 * 1024)})
    problem = is_a_problem(answer, 413, "body_too_large")
    assert "1 MiB" in problem["detail_en"]
    assert read == 0


@pytest.mark.parametrize("declared", [None, "10", "-5", "many"])
async def test_a_body_that_does_not_say_its_length_or_lies_about_it_is_counted_while_it_comes(
    bank: OpenBank, declared: str | None
) -> None:
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        yield b'{"name": "'
        for _ in range(50 * 1024):
            read += 1
            yield b"x" * 1024

    headers = {"Content-Type": "application/json", **({} if declared is None else {"Content-Length": declared})}
    answer = await bank.http.post("/t/echo", content=chunks(), headers=headers)
    is_a_problem(answer, 413, "body_too_large")
    assert read <= 1026


async def test_a_form_over_the_limit_is_refused_too(bank: OpenBank) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(2048):
            yield b"a" * 1024

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await bank.http.post("/v1/oauth/token", content=chunks(), headers=headers)
    is_a_problem(answer, 413, "body_too_large")


async def test_a_body_at_the_limit_is_read(bank: OpenBank) -> None:
    padding = b" " * (1024 * 1024 - len(b'{"name": "x"}'))
    answer = await bank.http.post(
        "/t/echo", content=b'{"name": "x"}' + padding, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200


# --- when it is the bank's own fault ------------------------------------------------------------------------------


async def test_what_nobody_caught_is_a_500_with_a_number_and_nothing_about_anybody(
    bank: OpenBank, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await bank.http.get("/t/broken", headers={"X-Request-Id": "my-own-number-1"})
    problem = is_a_problem(answer, 500, "something_broke")
    assert problem["instance"] == "my-own-number-1"
    assert SECRET not in answer.text
    logged = capsys.readouterr().out
    assert "my-own-number-1" in logged
    assert "_Broken" in logged
    assert "/t/broken" in logged
    assert SECRET not in logged


@pytest.mark.parametrize("odd", ["short", "x" * 65, "new\tline-here", "<script>alert(1)</script>"])
async def test_a_request_number_that_could_forge_a_log_line_is_replaced(bank: OpenBank, odd: str) -> None:
    answer = await bank.http.get("/livez", headers={"X-Request-Id": odd})
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])


@pytest.mark.parametrize("what", ["gone", "busy", "bare"])
async def test_a_database_that_is_away_is_for_later(bank: OpenBank, what: str) -> None:
    answer = await bank.http.get(f"/t/raises/{what}")
    is_a_problem(answer, 503, "temporarily_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert SECRET not in answer.text


async def test_an_error_of_the_database_that_is_our_mistake_is_a_500_without_the_row(
    bank: OpenBank, capsys: pytest.CaptureFixture[str]
) -> None:
    is_a_problem(await bank.http.get("/t/raises/unique"), 500, "something_broke")
    assert SECRET not in capsys.readouterr().out


async def test_without_its_database_the_bank_lives_and_is_not_ready(bank: OpenBank) -> None:
    assert (await bank.http.get("/readyz")).status_code == 200
    nowhere = Database("postgresql+psycopg://nobody@127.0.0.1:1/none", connections=2)
    bank.app.state.database = nowhere
    assert (await bank.http.get("/livez")).status_code == 200
    answer = await bank.http.get("/readyz")
    is_a_problem(answer, 503, "not_ready")
    form = {"grant_type": "password", "username": "somebody", "password": "something"}
    is_a_problem(await bank.http.post("/v1/oauth/token", data=form), 503, "temporarily_unavailable")
    is_a_problem(await bank.http.get("/v1/rules"), 503, "temporarily_unavailable")
    await nowhere.close()


async def test_a_schema_of_another_version_is_not_ready(bank: OpenBank) -> None:
    bank.app.state.schema_expected = {"0000"}
    problem = is_a_problem(await bank.http.get("/readyz"), 503, "not_ready")
    assert "migrate" in problem["detail_en"]


# --- what every answer carries ------------------------------------------------------------------------------------


async def test_answers_are_kept_by_nobody_and_are_what_they_say_they_are(bank: OpenBank) -> None:
    for path in ("/livez", "/v1/clients", "/nowhere"):
        answer = await bank.http.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]


async def test_the_counts_name_routes_and_never_what_was_asked(bank: OpenBank) -> None:
    await bank.http.get(f"/v1/learners/{SECRET}")
    await bank.http.get(f"/v1/clients/{SECRET}")
    await bank.http.request("BREW", f"/{SECRET}")
    counts = (await bank.http.get("/metrics")).text
    assert SECRET not in counts
    assert "BREW" not in counts
    assert 'creditbank_requests_total{method="GET",route="/v1/clients/{client_id}",status="401"} 1.0' in counts
    assert 'route="unknown",status="404"' in counts
    assert "creditbank_request_seconds_bucket" in counts


def test_malformed_can_be_said_without_a_field() -> None:
    assert "field" not in Malformed(why_zh="甲", why_en="a").problem("zh")
