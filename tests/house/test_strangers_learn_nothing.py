"""What is another's looks like what is not there: every route, with somebody else's learner, record and institution."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from creditbank import background, clock
from creditbank.config import Settings
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor, Reach
from creditbank.identity.permit import ROLES, SCOPES
from creditbank.identity.who_may import PERMITS
from creditbank.institutions import tables
from creditbank.jobs import run_due
from creditbank.pathways import tables as ways
from creditbank.rules import Rulebook, load_packaged
from creditbank.sealing import Keyring
from creditbank.submissions.tables import ColumnMapping
from tests.open_bank import OpenBank, machine, opened, person
from tests.publishing.place import rule
from tests.records.town import _institution, course_row, entered, furnish, resident

assert background.HANDLERS, "what a worker knows"

PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
ANOTHER_PERSON = {"name": "演示乙", "document": {"kind": "resident_id", "number": resident(2)}}
MAPPING = {
    "sheets": [
        {
            "kind": "course_result",
            "columns": {
                "学号": "student_no",
                "姓名": "learner_name",
                "课程代码": "course_code",
                "学年": "academic_year",
                "学期": "term",
                "成绩": "score",
            },
            "constants": {"occurred_on": "2024-01-12"},
        }
    ]
}
# What a schema cannot say by itself: numbers with check characters, and ids that are there.
BODIES: dict[str, Any] = {
    "/v1/records/{record_id}/reassignment": {"learner": ANOTHER_PERSON, "reason": "报错了人"},
    "/v1/learners/{learner_id}/guardians": {**ANOTHER_PERSON, "relation": "mother", "evidence": "户口簿"},
    "/v1/learners/{learner_id}/consents": {"purpose": "statistics", "given": True},
    "/v1/rounds/{round_id}/progressions": {"on": "2026-09-01", "learners": [{"member_no": 1, "student_no": "Z1"}]},
    "/v1/submissions/{submission_id}/mapping": MAPPING,
    "/v1/submissions/{submission_id}/preview": MAPPING,
}


@dataclass
class Bank:
    """A bank with one college, whose learner has one record; and whoever has nothing to do with either."""

    open: OpenBank
    college: UUID
    school: UUID
    learner_id: UUID
    known: dict[str, Any]
    contract: dict[str, Any]

    def strangers(self) -> Iterator[Actor]:
        """Everybody, bound to the other institution."""
        for role in ROLES:
            learner_id = new_id() if role == "learner" else None
            yield person(role, institution_id=self.school, learner_id=learner_id)
        for scope in SCOPES:
            yield machine(scope, institution_id=self.school)
        yield machine(*SCOPES, institution_id=self.school)

    def entitled(self) -> Iterator[Actor]:
        """Those whose it is."""
        yield machine(*SCOPES, institution_id=self.college)
        yield person("registrar", institution_id=self.college)
        yield person("learner", learner_id=self.learner_id)

    async def ask(self, method: str, path: str, actor: Actor, *, there: bool = True) -> Any:
        """A well-formed request about the college's things, or about things that are nobody's."""
        address = PARAMETER.sub(lambda found: str(self.named(found[1], there=there)), path)
        if path.endswith(("/parts/{part_no}", "/roster", "/score-sheet")):
            return await self.open.call(method, address, actor, content="学号,姓名\n1,演示甲\n".encode())
        body = self.known["bodies"].get(path) or BODIES.get(path) or example_of(self.contract, path, method)
        if isinstance(body, dict):
            named = {"plan_id", "learner_id"} & body.keys()
            body = body | {name: str(self.named(name, there=there)) for name in named}
            if "learner_ids" in body:
                body["learner_ids"] = [str(self.named("learner_id", there=there))]
        more = {"params": asked_of(self.contract, path, method)} | ({} if body is None else {"json": body})
        return await self.open.call(method, address, actor, **more)

    def named(self, parameter: str, *, there: bool) -> Any:
        """A part of an address: of the college, or of nothing."""
        if parameter in {"code", "version", "part_no", "row_no", "step", "line_no"}:
            return self.known[parameter]
        return self.known.get(parameter, new_id()) if there else new_id()


def example_of(contract: dict[str, Any], path: str, method: str) -> Any:
    """A body that the contract calls well formed."""
    asked = contract["paths"][path][method.lower()].get("requestBody")
    return None if asked is None else _example(contract, asked["content"]["application/json"]["schema"])


def asked_of(contract: dict[str, Any], path: str, method: str) -> dict[str, Any]:
    """What has to stand behind the question mark."""
    named = contract["paths"][path][method.lower()].get("parameters", ())
    return {
        one["name"]: _example(contract, {**one["schema"], **{name: one[name] for name in ("examples",) if name in one}})
        for one in named
        if one["in"] == "query" and one.get("required")
    }


def _example(contract: dict[str, Any], schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _example(contract, contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if schema.get("examples"):
        return schema["examples"][0]
    for choice in ("const", "default"):
        if choice in schema:
            return schema[choice]
    if "enum" in schema:
        return schema["enum"][0]
    for choices in ("anyOf", "oneOf"):
        if schema.get(choices):
            return _example(contract, schema[choices][0])
    if schema.get("type") == "object":
        named = schema.get("properties", {})
        return {name: _example(contract, named[name]) for name in schema.get("required", ())}
    if schema.get("type") == "array":
        return [_example(contract, schema["items"])]
    return {"string": "试", "integer": 1, "number": 1, "boolean": True}[schema["type"]]


@pytest.fixture
async def bank(addresses: Any, tmp_path: Path) -> AsyncIterator[Bank]:
    college, first = _institution("higher_vocational", "演示职业学院")
    school, second = _institution("secondary_vocational", "演示中专")
    body, third = _institution("certificate_body", "演示发证机构")
    async with opened(addresses, tmp_path / "keys") as found:
        furniture = [*first, *second, *third, *furnish(college, school, body)]
        for level in (row for row in furniture if isinstance(row, tables.CertificateLevel)):
            level.credits_source = "演示"
        for kinds in (
            (tables.Institution,),
            (tables.InstitutionProfile, tables.ScoreScale, tables.Course, tables.Programme),
            (tables.Plan, tables.CertificateStandard),
            (tables.PlanCourse, tables.CertificateLevel),
        ):
            async with found.database.session() as session:
                session.add_all([row for row in furniture if type(row) in kinds])
        client = machine(*SCOPES, institution_id=college)
        for row in (entered(), course_row()):
            posted = await found.call("POST", "/v1/records", client, json=row)
            assert posted.status_code == 201, posted.text
        outcome = posted.json()
        record = (await found.call("GET", f"/v1/records/{outcome['record_id']}", client)).json()
        known = {
            "learner_id": _first([outcome, record], "learner_id"),
            "record_id": outcome["record_id"],
            "decision_id": _first(record, "decision_id"),
            "posting_id": _first(record, "posting_id"),
            "institution_id": college,
            "programme_id": next(row.programme_id for row in furniture if isinstance(row, tables.Programme)),
            "plan_id": next(row.plan_id for row in furniture if isinstance(row, tables.Plan)),
            "code": "C101",
            "version": "2023",
            "part_no": 1,
            "row_no": 1,
            "submission_id": await submitted(found, client, course_row(term=2)),
            "mapping_id": await mapped(found, college),
            "draft_id": await drafted(found, college),
            "equivalence_id": await counted(found, college, school),
            **await claimed(found, college, outcome, record),
            "share_id": await shared(found, UUID(_first([outcome, record], "learner_id"))),
            **await running(found, college, UUID(_first([outcome, record], "learner_id"))),
        }
        contract = (await found.http.get("/openapi.json")).json()
        yield Bank(found, college, school, UUID(known["learner_id"]), known, contract)


async def submitted(bank: OpenBank, client: Actor, row: dict[str, Any]) -> str:
    """A submission that has been posted."""
    begun = (await bank.call("POST", "/v1/submissions", client, json={"file_name": "a.ndjson"})).json()
    path = f"/v1/submissions/{begun['submission_id']}"
    await bank.call("PUT", f"{path}/parts/1", client, content=json.dumps(row).encode())
    await bank.call("POST", f"{path}/completion", client, json={"parts": 1})
    things = {Settings: Settings(), Keyring: bank.keyring, Rulebook: load_packaged()}
    await run_due(bank.database, worker="test", now=clock.now(), limit=9, things=things)
    assert (await bank.call("GET", path, client)).json()["counts"] == {"deposited": 1}
    return str(begun["submission_id"])


async def claimed(bank: OpenBank, college: UUID, outcome: Any, record: Any) -> dict[str, Any]:
    """A claim of the college's learner."""
    learner_id = UUID(_first([outcome, record], "learner_id"))
    registrar = person("registrar", institution_id=college)
    programmes = (await bank.call("GET", f"/v1/institutions/{college}/programmes", registrar)).json()
    path = f"/v1/institutions/{college}/programmes/{_first(programmes, 'programme_id')}/plans"
    plan_id = _first((await bank.call("GET", path, registrar)).json(), "plan_id")
    lines = [{"record_ids": [outcome["record_id"]], "course_code": "C102"}]
    body = {"plan_id": plan_id, "lines": lines}
    learner = person("learner", learner_id=learner_id)
    made = await bank.call("POST", f"/v1/learners/{learner_id}/claims", learner, json=body)
    assert made.status_code == 201, made.text
    return {
        "claim_id": made.json()["claim_id"],
        "plan_id": plan_id,
        "step": made.json()["step"] or "bank",
        "line_no": 1,
        "bodies": {"/v1/learners/{learner_id}/claims": body},
    }


async def shared(bank: OpenBank, learner_id: UUID) -> str:
    """A share of the college's learner."""
    learner = person("learner", learner_id=learner_id)
    made = await bank.call("POST", f"/v1/learners/{learner_id}/shares", learner, json={"purpose": "应聘"})
    assert made.status_code == 201, made.text
    return str(made.json()["share_id"])


async def running(bank: OpenBank, college: UUID, learner_id: UUID) -> dict[str, Any]:
    """A cohort of the college, of which its learner is the only member, and a round of it."""
    pathway_id, intake_id, cohort_id, now = new_id(), new_id(), new_id(), clock.now()
    by = {"entered_by": "login:x", "entered_at": now}
    rows: tuple[Any, ...] = (
        ways.Pathway(
            pathway_id=pathway_id, kind="three_two", name="演示三二分段", province="hebei", school_id=college,
            college_id=college, stages=[], valid_from=date(2020, 1, 1), state="filed", signatures=[], said={},
            filed_on=date(2020, 1, 1), filed_by="login:y", **by,
        ),
        ways.Intake(
            intake_id=intake_id, pathway_id=pathway_id, year=2026, no=1, quota=5, published_on=date(2026, 1, 1), **by
        ),
        ways.Cohort(
            cohort_id=cohort_id, pathway_id=pathway_id, intake_id=intake_id, school_id=college, college_id=college,
            name="演示班", year_of_entry=2024, state="filed", filed_on=date(2024, 9, 1), filed_by="login:y", **by,
        ),
        ways.CohortMember(
            learner_id=learner_id, cohort_id=cohort_id, member_no=1, joined_on=date(2024, 9, 1), status="filed"
        ),
    )  # fmt: skip
    for row in rows:
        async with bank.database.session() as session:
            session.add(row)
    path = f"/v1/cohorts/{cohort_id}/rounds"
    opened_ = await bank.call("POST", path, person("registrar", institution_id=college), json={})
    assert opened_.status_code == 201, opened_.text
    return {
        "pathway_id": pathway_id,
        "intake_id": intake_id,
        "cohort_id": cohort_id,
        "round_id": opened_.json()["round_id"],
    }


async def counted(bank: OpenBank, college: UUID, school: UUID) -> str:
    """An equivalence that the college decided."""
    registrar = person("registrar", institution_id=college)
    body = {
        "sources": [{"kind": "course", "institution_id": str(school), "course_code": "C101"}],
        "targets": ["C101"],
        "valid_from": "2023-09-01",
        "ground": "试",
    }
    entered = await bank.call("POST", f"/v1/institutions/{college}/equivalences", registrar, json=body)
    assert entered.status_code == 201, entered.text
    return str(entered.json()["equivalence_id"])


async def drafted(bank: OpenBank, college: UUID) -> str:
    """A draft of a rule of the college's own, checked and measured."""
    registrar, officer = person("registrar", institution_id=college), person("officer")
    begun = await bank.call("POST", "/v1/rule-drafts", registrar, json={"text": own_rule(college)})
    path = f"/v1/rule-drafts/{begun.json()['draft_id']}"
    for step in ("check", "impact"):
        await work(bank)
        await bank.call("POST", f"{path}/{step}", officer)
    await work(bank)
    assert (await bank.call("GET", path, registrar)).json()["state"] == "impact"
    return str(begun.json()["draft_id"])


def own_rule(college: UUID) -> str:
    """A rule of one institution's own."""
    return rule((1, "2030-01-01", 60), of=college, document="deposit.own", kind="training")


async def work(bank: OpenBank) -> None:
    """Do the jobs that are due."""
    things = {Settings: Settings(), Keyring: bank.keyring, Rulebook: load_packaged()}
    later = clock.now() + timedelta(seconds=1)
    await run_due(bank.database, worker="test", now=later, limit=9, things=things, lane="publishing")


async def mapped(bank: OpenBank, college: UUID) -> UUID:
    """A saved column mapping."""
    mapping_id = new_id()
    async with bank.database.session() as session:
        session.add(
            ColumnMapping(
                mapping_id=mapping_id, institution_id=college, mapping={}, mapping_digest=b"", confirmed_by="test",
                confirmed_at=clock.now(),
            )
        )  # fmt: skip
    return mapping_id


def _first(tree: Any, name: str) -> Any:
    if isinstance(tree, dict):
        if name in tree:
            return tree[name]
        tree = list(tree.values())
    if isinstance(tree, list):
        return next(filter(None, (_first(each, name) for each in tree)), None)
    return None


def about_something() -> Iterator[tuple[str, str]]:
    """Routes about a thing that belongs to somebody."""
    for (method, path), permit in PERMITS.items():
        reaches = set(permit.grants.values())
        # Pages are asked for with a cookie; tests/portal asks for another's.
        if PARAMETER.search(path) and not (permit.everybody or permit.by_cookie) and reaches - {Reach.ANY}:
            yield method, path


async def test_what_is_anothers_looks_like_what_is_not_there(bank: Bank) -> None:
    asked = 0
    for method, path in about_something():
        for stranger in bank.strangers():
            reach = PERMITS[method, path].reach_of(stranger)
            if reach is None or Reach.ANY in reach:
                continue
            there = await bank.ask(method, path, stranger)
            not_there = await bank.ask(method, path, stranger, there=False)
            where = (method, path, set(stranger.roles | stranger.scopes), there.text[:300])
            assert there.status_code == 404, where
            assert said(there) == said(not_there), where
            asked += 1
    assert asked > 80


def said(answer: Any) -> tuple[int, dict[str, Any]]:
    """An answer but for its own number."""
    return answer.status_code, {name: value for name, value in answer.json().items() if name != "instance"}


async def test_the_same_requests_are_heard_from_those_whose_it_is(bank: Bank) -> None:
    """Without this the test above might only show that its requests are bad."""
    ending = ("withdrawal", "reassignment", "closing")
    for method, path in sorted(about_something(), key=lambda route: route[1].endswith(ending)):
        if {"guardianship_id", "message_id", "objection_id", "review_id"} & set(PARAMETER.findall(path)):
            continue  # about a thing that this bank does not have: tested with its part
        answers = [
            await bank.ask(method, path, actor)
            for actor in bank.entitled()
            if PERMITS[method, path].reach_of(actor) is not None
        ]
        heard = [answer for answer in answers if answer.status_code not in {401, 403, 404, 422}]
        assert heard, (method, path, [(answer.status_code, answer.text[:400]) for answer in answers])


async def test_lists_hold_nothing_of_anothers(bank: Bank) -> None:
    for (method, path), permit in PERMITS.items():
        if method != "GET" or PARAMETER.search(path) or permit.by_cookie:
            continue
        for stranger in bank.strangers():
            reach = permit.reach_of(stranger)
            if reach is None or Reach.ANY in reach:
                continue
            answer = await bank.open.call(method, path, stranger)
            assert answer.status_code < 500, path
            for name in ("learner_id", "record_id", "decision_id", "posting_id"):
                assert bank.known[name] not in answer.text, (path, name)
