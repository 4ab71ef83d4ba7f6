"""The whole contract, asked by everybody: nothing breaks, and every answer is one that the contract describes.

Requests are made from the published contract, well formed and malformed, about things that are there and things that
are not, by each role and by nobody, against the real application on a database with a little in it. Afterwards the
audit has nothing to say. The same requests are made in every run.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import requests
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from creditbank import clock
from creditbank.changes.numberer import number_all
from creditbank.identity.actor import Actor
from creditbank.identity.gate import SESSION_COOKIE
from creditbank.identity.who_may import PERMITS, PUBLIC
from creditbank.oversight.audit import differences
from tests.contract.place import Place, learner, officer, settled
from tests.open_bank import machine, person
from tests.records.town import course_row, entered, resident

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
ASKED = 2
"""Requests of each sort for every operation that a role may use, others for each role; one for each that it may not."""

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"

ROLES = (
    "client", "learner", "guardian", "registrar", "department_reviewer", "provider", "certificate_body", "officer",
    "auditor", "appeal_reviewer", "administrator", "nobody",
)  # fmt: skip


@dataclass
class Caller:
    """Calls the application from outside its event loop, and holds every answer against the contract."""

    portal: BlockingPortal
    place: Place
    schema: Any
    failures: dict[str, str]

    def run(self, act: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """Run something of the place in its own event loop."""
        return self.portal.call(act, *arguments)

    def ask(self, case: Any, actor: Actor | None) -> httpx.Response:
        """Send a case as somebody, exactly as it is serialised, and check the answer."""
        prepared = requests.Request(**case.as_transport_kwargs(base_url="http://bank")).prepare()
        headers = {name: str(value) for name, value in prepared.headers.items() if name.lower() != "authorization"}
        permit = PERMITS.get((case.method, case.path))
        if actor is not None:
            token = self.place.bank.token(actor)
            by_cookie = permit is not None and permit.by_cookie
            headers |= {"Cookie": f"{SESSION_COOKIE}={token}"} if by_cookie else {"Authorization": f"Bearer {token}"}
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
        answer: httpx.Response = self.run(self.send, case.method, str(prepared.url), headers, body)
        if answer.status_code != 405:  # Allow is checked elsewhere; the contract has no methods that are not taken
            self.check(case, answer)
        return answer

    async def send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> httpx.Response:
        """One request over ASGI."""
        try:
            answer = await self.place.bank.http.request(method, url, headers=headers, content=body)
        except (UnicodeEncodeError, httpx.InvalidURL):  # nothing that could be sent over a wire
            answer = httpx.Response(405, request=httpx.Request(method, "http://bank/"))
        answer.elapsed = timedelta()  # httpx sets it only when a response is streamed and closed by a client
        return answer

    def check(self, case: Any, answer: httpx.Response) -> None:
        """Collect what is wrong, once for each operation and status, so that one run tells everything."""
        try:
            case.validate_response(answer, checks=CHECKS)
        except schemathesis.errors.SchemathesisError:
            raise
        except BaseExceptionGroup as failed:
            for failure in failed.exceptions:
                where = f"{case.method} {case.path} {answer.status_code} {type(failure).__name__}"
                self.failures.setdefault(where, f"{failure}\n{answer.request.url}\n{answer.text[:600]}")


@contextmanager
def opened_from_outside(addresses: Any, keys: Path) -> Iterator[Caller]:
    """The real application in an event loop of its own, for tests that are not asynchronous."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(settled(addresses, keys)) as place,
    ):
        schema = schemathesis.openapi.from_dict(place.bank.app.openapi())
        yield Caller(portal, place, schema, {})


@pytest.fixture
def caller(addresses: Any, tmp_path: Path) -> Iterator[Caller]:
    with opened_from_outside(addresses, tmp_path / "keys") as found:
        story(found)
        assert found.failures == {}, "\n\n".join(found.failures.values())
        yield found


# --- a little that is there ---------------------------------------------------------------------------------------


def say(caller: Caller, method: str, path: str, actor: Actor | None, *, body: Any = None, at: Any = None) -> Any:
    """One step of the story: it must succeed, and as the contract says."""
    here = {name: value for name, value in caller.place.known.items() if f"{{{name}}}" in path}
    operation = caller.schema[path][method]
    case = operation.Case(
        path_parameters=at or here, body=body if body is not None else schemathesis.core.NOT_SET,
        media_type="application/json" if body is not None else None,
    )  # fmt: skip
    answer = caller.ask(case, actor)
    assert answer.status_code < 300, (method, path, answer.text)
    return answer.json() if answer.content else None


def story(caller: Caller) -> None:
    """People, records, corrections, a held row, a merge and a guardian, made through the API itself."""
    place, known = caller.place, caller.place.known
    client, staff, chief = place.client, officer(), person("administrator")
    known |= {"institution_id": str(place.college), "code": "C101", "version": "2023", "document": "deposit.course"}
    batch = [entered(), course_row(), course_row(course_code="C102", score="50")]
    posted = say(caller, "POST", "/v1/records/batch", client, body={"rows": batch})
    known["record_id"] = posted["outcomes"][1]["record_id"]
    corrected = say(caller, "POST", "/v1/records", client, body=course_row(score="91"))
    assert corrected["outcome"] == "corrected"
    history = say(caller, "GET", "/v1/records/{record_id}", client)
    known["learner_id"] = history["learner_id"]
    known["decision_id"] = history["decisions"][-1]["decision_id"]
    known["posting_id"] = history["postings"][-1]["posting_id"]
    other = say(caller, "POST", "/v1/records", client, body=course_row(learner=learner(2, student_no="20230002")))
    assert other["outcome"] == "deposited"
    held = say(
        caller,
        "POST",
        "/v1/records",
        client,
        body=course_row(course_code="C102", learner={**learner(1), "name": "演示误"}),
    )
    known["held_row_id"] = held["held_row_id"]
    child = say(
        caller, "POST", "/v1/learners", staff,
        body={"name": "演示童", "document": {"kind": "resident_id", "number": resident(3, "20160301")}},
    )  # fmt: skip
    adult, known["learner_id"] = known["learner_id"], child["learner_id"]
    guardian = say(
        caller, "POST", "/v1/learners/{learner_id}/guardians", staff,
        body={
            "name": "演示父", "document": {"kind": "resident_id", "number": resident(4, "19850301")},
            "relation": "father", "evidence": "户口簿，2025-09-01",
        },
    )  # fmt: skip
    known |= {"child_id": known["learner_id"], "learner_id": adult, "guardian_login": guardian["login_name"]}
    known["guardianship_id"] = guardian["guardianship_id"]
    say(caller, "POST", "/v1/learners/{learner_id}/activation-codes", staff, body={})
    made = say(
        caller, "POST", "/v1/clients", chief,
        body={"institution_id": str(place.college), "name": "教务系统", "scopes": ["records:write"]},
    )  # fmt: skip
    known |= {"client_id": made["client_id"], "secret_id": made["secret_id"]}
    signing_in = {"login_name": "registrar.one", "display_name": "演示教务员", "roles": ["registrar"]}
    signing_in["institution_id"] = str(place.college)
    known["login_id"] = say(caller, "POST", "/v1/logins", chief, body=signing_in)["login_id"]
    programmes = say(caller, "GET", "/v1/institutions/{institution_id}/programmes", client)
    known["programme_id"] = programmes["items"][0]["programme_id"]
    plans = say(caller, "GET", "/v1/institutions/{institution_id}/programmes/{programme_id}/plans", client)
    known["plan_id"] = plans["items"][0]["plan_id"]
    twin = say(caller, "GET", "/v1/records/{record_id}", client, at={"record_id": other["record_id"]})["learner_id"]
    merging = {"learner_id": twin, "into_learner_id": adult, "reason": "同一人"}
    known["alias_id"] = say(caller, "POST", "/v1/learner-merges", staff, body=merging)["alias_id"]
    caller.run(number_everything, place)
    for path in (
        "/v1/learners/{learner_id}/transcript",
        "/v1/learners/{learner_id}/statement",
        "/v1/postings/{posting_id}",
    ):
        say(caller, "GET", path, staff)


async def number_everything(place: Place) -> None:
    await number_all(place.bank.database, now=clock.now())


async def login_of_guardian(place: Place) -> str:
    async with place.bank.database.session() as session:
        found = await (await session.connection()).exec_driver_sql("SELECT login_id FROM guardianship")
        return str(found.scalar_one())


def somebody(caller: Caller, role: str) -> Actor | None:
    """An actor of a role who has something to do with what is there."""
    place, known = caller.place, caller.place.known
    if role == "nobody":
        return None
    if role == "client":
        return place.client
    if role == "guardian":
        return Actor(name=f"login:{caller.run(login_of_guardian, place)}", roles=frozenset({role}))
    institution = place.body if role == "certificate_body" else place.college
    return person(role, institution_id=institution, learner_id=UUID(known["learner_id"]) if role == "learner" else None)


# --- everybody asks everything ------------------------------------------------------------------------------------


def may_use(operation: Any, actor: Actor | None) -> bool:
    key = (operation.method.upper(), operation.path)
    if key in PUBLIC:
        return True
    return actor is not None and PERMITS[key].reach_of(actor) is not None


def takes_anything(operation: Any) -> bool:
    """Whether there is anything about a request that could be malformed: a path of any words cannot."""
    path = [each.definition["schema"] for each in operation.path_parameters]
    return any(set(said) - {"type", "title", "examples"} or said["type"] != "string" for said in path) or any(
        len(part) > 0 for part in (operation.query, operation.headers, operation.body)
    )


def good_bodies() -> dict[str, list[Any]]:
    """Bodies that mean something here: the contract alone cannot know which courses a college teaches."""
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(EXAMPLES.glob("record-row.*.json"))]
    rows += [course_row(score=score, attempt_no=number) for number, score in enumerate(("77", "缺考", "101"), start=2)]
    return {
        "/v1/records": rows,
        "/v1/records/batch": [{"rows": rows}, {"rows": [{}, rows[0]]}],
        "/v1/records/{record_id}/withdrawal": [{"reason": "核对有误"}],
        "/v1/records/{record_id}/reassignment": [{"learner": learner(5), "reason": "报错人"}],
    }


GOOD_BODIES = good_bodies()


def ask_in_every_way(caller: Caller, operation: Any, actor: Actor | None, *, which: int) -> None:
    """Well formed, malformed, and about what is there."""
    allowed = may_use(operation, actor)
    known = {name: value for name, value in caller.place.known.items() if f"{{{name}}}" in operation.path}
    good = GOOD_BODIES.get(operation.path, []) if operation.method == "post" else []
    modes = [POSITIVE, *([NEGATIVE] if allowed and takes_anything(operation) else [])]
    for mode in modes:

        @seed(20190122 + which)
        @settings(
            max_examples=ASKED if allowed else 1,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), there=st.booleans())
        def ask(case: Any, there: bool) -> None:
            if there and known:
                case.path_parameters = {**(case.path_parameters or {}), **known}
            caller.ask(case, actor)

        ask()
    if allowed:
        for body in good:
            case = operation.Case(path_parameters=known, body=body, media_type="application/json")
            caller.ask(case, actor)


@pytest.mark.parametrize("role", ROLES)
def test_whatever_anybody_asks_the_contract_describes_the_answer(caller: Caller, role: str) -> None:
    actor = somebody(caller, role)
    for found in caller.schema.get_all_operations():
        ask_in_every_way(caller, found.ok(), actor, which=ROLES.index(role))
    assert caller.failures == {}, "\n\n".join(f"{where}\n{said}" for where, said in caller.failures.items())
    assert caller.run(differences, caller.place.bank.database) == []


ASKED_WITH = {
    "/v1/plans/{plan_id}/class-candidates": {"institution_id": str(UUID(int=7)), "kind": "training", "what": "S"}
}
"""What a list cannot be asked without, besides the ids in its address."""


def test_a_client_of_another_institution_finds_nothing_and_breaks_nothing(caller: Caller) -> None:
    stranger = machine(*caller.place.client.scopes, institution_id=caller.place.school)
    paths = {path for method, path in PERMITS if "{" in path and method == "GET" and path.startswith("/v1/")}
    for path in sorted(paths & {operation.ok().path for operation in caller.schema.get_all_operations()}):
        known = {name: value for name, value in caller.place.known.items() if f"{{{name}}}" in path}
        permit = PERMITS["GET", path]
        operation = caller.schema[path]["GET"]
        if permit.everybody or path.count("{") != len(known):
            continue
        answer = caller.ask(operation.Case(path_parameters=known, query=ASKED_WITH.get(path, {})), stranger)
        assert answer.status_code in {403, 404}, (path, answer.text)
    assert caller.failures == {}


def test_an_answer_that_the_contract_does_not_describe_is_noticed(caller: Caller) -> None:
    document = json.loads(json.dumps(caller.place.bank.app.openapi()))
    path = "/v1/records/{record_id}"
    del document["paths"][path]["get"]["responses"]["404"]
    document["components"]["schemas"]["RecordOut"]["required"].append("colour")
    caller.schema = schemathesis.openapi.from_dict(document)
    operation = caller.schema[path]["GET"]
    caller.ask(operation.Case(path_parameters={"record_id": caller.place.known["institution_id"]}), caller.place.client)
    caller.ask(operation.Case(path_parameters={"record_id": caller.place.known["record_id"]}), caller.place.client)
    assert set(caller.failures) == {
        f"GET {path} 404 UndefinedStatusCode",
        f"GET {path} 200 JsonSchemaError",
    }
