"""Every route is in the table of who may, and the table is what happens: walked with every role and every scope."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import text
from starlette.routing import Mount, Route

from creditbank import app as shell
from creditbank import clock
from creditbank.identifiers import new_id
from creditbank.identity.access_page import access_page
from creditbank.identity.actor import Actor, ActorDep, Reach
from creditbank.identity.gate import SESSION_COOKIE, AddressTakenTwice
from creditbank.identity.permit import ROLES, ROLES_OF_AN_INSTITUTION, ROLES_OF_STAFF, SCOPES, Permit
from creditbank.identity.who_may import PERMITS, PUBLIC, RouteWithoutPermit
from tests.open_bank import OpenBank, machine, opened, person

DOCS = Path(__file__).parents[2] / "docs"
SAFE = {"GET", "HEAD"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house") / "keys"


@pytest.fixture
async def bank(shared_addresses: Any, keys: Path) -> AsyncIterator[OpenBank]:
    async with opened(shared_addresses, keys) as found:
        yield found


def routes_of(bank: OpenBank) -> Iterator[tuple[str, str]]:
    for route in bank.app.routes:
        if isinstance(route, Mount):
            yield "GET", route.path
        else:
            assert isinstance(route, Route)
            yield from ((method, route.path) for method in sorted(route.methods or ()) if method != "HEAD")


def address_of(path: str, **known: object) -> str:
    """The path with ids that belong to nobody, or those that are known."""
    return re.sub(r"{(\w+)(:\w+)?}", lambda found: str(known.get(found[1], new_id())), path)


def everybody(bank_institution: Any) -> Iterator[Actor]:
    """Somebody of each role and a client of each single scope, none of whom the ids of a request belong to."""
    for role in ROLES:
        learner_id = new_id() if role == "learner" else None
        yield person(role, institution_id=bank_institution, learner_id=learner_id)
    for scope in SCOPES:
        yield machine(scope, institution_id=bank_institution)
    yield machine(institution_id=bank_institution)


async def call(bank: OpenBank, method: str, path: str, actor: Actor | None, permit: Permit | None) -> Any:
    if permit is not None and permit.by_cookie:
        cookie = {} if actor is None else {"Cookie": f"{SESSION_COOKIE}={bank.token(actor)}"}
        return await bank.call(method, path, headers=cookie)
    return await bank.call(method, path, actor)


async def test_every_route_is_in_the_table_and_says_why_if_it_is_public(bank: OpenBank) -> None:
    for key in routes_of(bank):
        assert (key in PERMITS) != (key in PUBLIC), key
    for key, (zh, en) in PUBLIC.items():
        assert zh, key
        assert en, key


async def test_every_entry_of_the_table_is_a_route(bank: OpenBank) -> None:
    assert {*PERMITS, *PUBLIC} - set(routes_of(bank)) == set()


async def test_every_word_of_the_table_is_a_scope_or_a_role(bank: OpenBank) -> None:
    for key, permit in PERMITS.items():
        assert set(permit.grants) <= {*SCOPES, *ROLES}, key
        assert permit.everybody or permit.grants, key


async def test_nobody_sees_more_than_their_work_needs(bank: OpenBank) -> None:
    for (method, path), permit in PERMITS.items():
        for word, reach in permit.grants.items():
            if word in SCOPES or word in ROLES_OF_AN_INSTITUTION:
                assert reach is not Reach.ANY, (path, word)
            if word in {"learner", "guardian"} and path != "/v1/own-password":
                assert reach is (Reach.OWN if word == "learner" else Reach.CHILD), (path, word)
        if "{learner_id}" in path or path.startswith("/v1/learner"):
            assert "administrator" not in permit.grants, path
        if method != "GET" and path not in {"/v1/own-password", "/v1/decisions/{decision_id}/replay"}:
            assert "auditor" not in permit.grants, path
        if path.startswith(("/v1/clients", "/v1/logins")):
            assert set(permit.grants) <= {"administrator", "auditor"}, path


async def test_a_stranger_is_stopped_at_every_route_that_is_not_public(bank: OpenBank) -> None:
    for method, path in routes_of(bank):
        permit = PERMITS.get((method, path))
        answer = await call(bank, method, address_of(path), None, permit)
        if permit is None:
            assert answer.status_code != 401 or path == "/v1/oauth/token", path
        elif permit.by_cookie:
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in"), path
        else:
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), path
            assert answer.headers["www-authenticate"].startswith("Bearer"), path


async def test_a_stranger_is_stopped_before_what_they_send_is_looked_at(bank: OpenBank) -> None:
    for method, path in routes_of(bank):
        permit = PERMITS.get((method, path))
        if method in SAFE or permit is None or permit.by_cookie:
            continue
        answer = await bank.http.request(
            method, address_of(path), content=b"{not json", headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 401, path


async def test_every_role_and_every_scope_passes_where_the_table_says_and_nowhere_else(bank: OpenBank) -> None:
    institution_id = await bank.institution()
    document = (await bank.http.get("/openapi.json")).json()
    for method, path in routes_of(bank):
        permit = PERMITS.get((method, path))
        if permit is None:
            continue
        for actor in everybody(institution_id):
            held = actor.roles | actor.scopes
            answer = await call(bank, method, address_of(path), actor, permit)
            where = (method, path, set(held), answer.status_code, answer.text[:200])
            if permit.everybody or held & set(permit.grants):
                # A body that is missing is malformed, an id that is nobody's is not found: the gate let them pass.
                assert answer.status_code not in {401, 403}, where
                assert answer.status_code < 500, where
                if path in document["paths"]:
                    assert str(answer.status_code) in document["paths"][path][method.lower()]["responses"], where
            else:
                assert answer.status_code == 403, where
                assert "insufficient_scope" in answer.headers["www-authenticate"], where


def as_visitor(bank: OpenBank, actor: Actor) -> dict[str, Any]:
    """How the pages are asked: by a browser that holds somebody's session."""
    return {"headers": {"Cookie": f"{SESSION_COOKIE}={bank.token(actor)}", "Sec-Fetch-Site": "same-origin"}}


async def test_a_learner_who_exists_looks_to_strangers_like_one_who_does_not(bank: OpenBank) -> None:
    learner_id = new_id()
    async with bank.database.session() as session:
        await (await session.connection()).execute(
            text("INSERT INTO learner (learner_id, account_no, opened_at) VALUES (:id, :no, :at)"),
            {"id": learner_id, "no": str(learner_id), "at": clock.now()},
        )
    institution_id = await bank.institution()
    for method, path in routes_of(bank):
        permit = PERMITS.get((method, path))
        if "{learner_id}" not in path or permit is None:
            continue
        for actor in everybody(institution_id):
            if Reach.ANY in (permit.reach_of(actor) or ()):
                continue
            how = as_visitor(bank, actor) if permit.by_cookie else {"actor": actor}
            there = await bank.call(method, address_of(path, learner_id=learner_id), **how)
            not_there = await bank.call(method, address_of(path), **how)
            where = (method, path, set(actor.roles | actor.scopes))
            assert there.status_code in {403, 404, 422}, where
            assert there.status_code == not_there.status_code, where
            if method in SAFE:
                assert there.status_code in {403, 404}, where


async def test_the_contract_names_who_may_for_every_operation(bank: OpenBank) -> None:
    document = (await bank.http.get("/openapi.json")).json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            permit = PERMITS.get((method.upper(), path))
            asked = operation["security"]
            if permit is None:
                assert asked == [], path
                continue
            named = {kind for each in asked for kind in each}
            expected = {"session"} if permit.by_cookie else set()
            if not permit.by_cookie:
                expected |= {"client"} if permit.everybody or permit.scopes else set()
                expected |= {"person"} if permit.everybody or permit.roles else set()
            assert named == expected, path


# --- the gate itself ----------------------------------------------------------------------------------------------


def with_route(monkeypatch: pytest.MonkeyPatch, route: Any) -> None:
    router = APIRouter()
    router.routes.append(route)
    monkeypatch.setattr(shell, "ROUTERS", (router, *shell.ROUTERS))


async def _hello(actor: ActorDep) -> dict[str, Any]:
    return {"actor": actor.name, "reach": sorted(actor.reach)}


@pytest.mark.parametrize(
    "route",
    [
        APIRoute("/v1/nobody-thought-of-this", _hello),
        Route("/nobody-thought-of-this", _hello),
        Mount("/nobody-thought-of-this", app=FastAPI()),
        Mount("/my/transcript", app=FastAPI()),
        APIRoute("/v1/records", _hello, methods=["PATCH"]),
    ],
    ids=lambda route: f"{type(route).__name__} {route.path}",
)
async def test_the_bank_does_not_open_with_a_route_that_nobody_thought_of(
    shared_addresses: Any, keys: Path, monkeypatch: pytest.MonkeyPatch, route: Any
) -> None:
    with_route(monkeypatch, route)
    with pytest.raises(RouteWithoutPermit):
        async with opened(shared_addresses, keys):
            pass


async def test_the_bank_does_not_open_with_two_routes_at_one_address(
    shared_addresses: Any, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_route(monkeypatch, APIRoute("/livez", _hello))
    with pytest.raises(AddressTakenTwice):
        async with opened(shared_addresses, keys):
            pass


@pytest.fixture
async def echo(shared_addresses: Any, keys: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OpenBank]:
    """A bank with one route that says who the gate let through."""
    with_route(monkeypatch, APIRoute("/v1/echo/{learner_id}", _hello))
    permit = Permit({"records:read": Reach.CONSENTED, "learner": Reach.OWN, "guardian": Reach.CHILD})
    monkeypatch.setitem(PERMITS, ("GET", "/v1/echo/{learner_id}"), permit)
    async with opened(shared_addresses, keys) as found:
        yield found


async def test_a_route_is_told_who_is_asking_and_how_far_they_reach(echo: OpenBank) -> None:
    learner = person("learner", learner_id=new_id())
    said = await echo.call("GET", "/v1/echo/1", learner)
    assert said.json() == {"actor": learner.name, "reach": ["own"]}
    both = Actor(name=learner.name, roles=frozenset({"learner", "guardian"}), learner_id=learner.learner_id)
    assert (await echo.call("GET", "/v1/echo/1", both)).json()["reach"] == ["child", "own"]
    client = machine("records:read", "records:write", institution_id=new_id())
    assert (await echo.call("GET", "/v1/echo/1", client)).json() == {"actor": client.name, "reach": ["consented"]}


async def test_a_session_cookie_opens_nothing_under_v1_and_a_token_in_a_header_no_page(echo: OpenBank) -> None:
    learner = person("learner", learner_id=new_id())
    cookie = {"Cookie": f"{SESSION_COOKIE}={echo.token(learner)}"}
    assert (await echo.http.get("/v1/echo/1", headers=cookie)).status_code == 401


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer {} extra", "Bearer {}x", "Token {}", "Bearer\t{}"],
)
async def test_what_is_no_bearer_token_opens_nothing(echo: OpenBank, header: str) -> None:
    token = echo.token(person("learner", learner_id=new_id()))
    answer = await echo.http.get("/v1/echo/1", headers={"Authorization": header.format(token)})
    assert answer.status_code == 401


async def test_reach_is_only_ever_what_the_route_grants() -> None:
    home, away = new_id(), new_id()
    registrar = Actor(name="login:x", institution_id=home, reach=frozenset({Reach.INSTITUTION}))
    assert registrar.reaches_institution(home)
    assert not registrar.reaches_institution(away)
    assert not registrar.reaches_institution(None)
    officer = Actor(name="login:x", reach=frozenset({Reach.ANY}))
    assert officer.reaches_institution(away)
    nobody = Actor(name="login:x", institution_id=home, learner_id=home)
    assert not nobody.reaches_institution(home)
    assert not nobody.reaches_own([home])
    unbound = Actor(name="login:x", reach=frozenset({Reach.INSTITUTION, Reach.OWN}))
    assert not unbound.reaches_institution(None)
    assert not unbound.reaches_own([home])


def test_roles_are_given_out_by_administrators_or_come_with_an_account() -> None:
    assert set(ROLES) - ROLES_OF_STAFF == {"learner", "guardian"}


def test_the_page_about_access_is_the_table() -> None:
    assert (DOCS / "access.md").read_text() == access_page(), (
        "write it again: python -m creditbank.identity.access_page"
    )
