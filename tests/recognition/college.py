"""A college that converts, for the tests of claims: a plan, courses, people with certificates, and a method to choose.

Everything goes over HTTP, as somebody; the clock is moved by hand.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from creditbank import clock
from creditbank.database_roles import connect
from creditbank.db import driver
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.institutions import reference
from creditbank.institutions import tables as t
from creditbank.institutions.scales import CITY_SCALES
from creditbank.jobs import ask_for_periodic, run_due
from creditbank.oversight.audit import differences
from creditbank.records.acts import Tools
from creditbank.rules import Rulebook, RuleDocument, packaged_documents, read_document
from creditbank.rules.in_force import RulesInForce
from creditbank.sealing import Keyring
from tests.open_bank import OpenBank, machine, opened, person
from tests.records.town import LONG_AGO, _institution, resident
from tests.rules.writing import SAYS, SOURCE

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""A Monday in term, ten in the morning in the city."""

COURSES = [
    ("M1", "机械制图", "专业课", 300),
    ("M2", "数控编程", "专业课", 300),
    ("M3", "工程材料", "专业课", 300),
    ("M4", "液压传动", "专业课", 300),
    ("P1", "计算机基础", "公共课", 200),
    ("P2", "大学英语", "公共课", 400),
]

ONCE = {
    "id": "once",
    "says": SAYS,
    "cites": ["source"],
    "cap": {"count": "uses", "per": [{"fact": "record.id"}]},
    "at_most": 1,
}

PASSED = {
    "id": "of-a-kind",
    "says": SAYS,
    "cites": ["source"],
    "require": {"every": "sources", "has": {"fact": "record.kind", "in": ["certificate", "course_result", "training"]}},
}


def clause(name: str, **words: Any) -> dict[str, Any]:
    """A clause of the method."""
    return {"id": name, "says": SAYS, "cites": ["source"], **words}


def room(credits: str, name: str = "room") -> dict[str, Any]:
    """At most so many credits are converted in the plan."""
    return clause(name, cap={"sum": {"fact": "conversion.credits"}, "over": "conversions"}, at_most=credits)


RELEVANT = clause("relevant", require={"fact": "match.relevance", "at_least": 80})


def hand(name: str, who: str, does: str, *, within: int = 5, silence: str = "refer", **more: Any) -> dict[str, Any]:
    """One hand of a procedure."""
    return {"id": name, "says": SAYS, "who": who, "does": does, "within": within, "silence": silence, **more}


DEPARTMENT = hand("department", "department", "review")
REGISTRAR = hand("registrar", "registrar", "review")
ISSUER = hand("issuer", "issuer", "verify", within=10)
NOTICE = hand("notice", "registrar", "notice", silence="approve")


def procedure(*hands: dict[str, Any], reserves_for: int = 60, appeal: int = 15) -> dict[str, Any]:
    """The hands of a method, with the times of appeals."""
    return {
        "says": SAYS,
        "hands": list(hands),
        "appeal": {"within": appeal, "decided_within": 30},
        "reserves_for": reserves_for,
    }


def method(
    institution_id: UUID,
    *clauses: dict[str, Any],
    gives: dict[str, Any] | None = None,
    hands: dict[str, Any] | None = None,
    values: dict[str, Any] | None = None,
    names: dict[str, Any] | None = None,
) -> str:
    """A conversion method of one college: a record is used once, and whatever else the clauses say."""
    version: dict[str, Any] = {
        "version": "1",
        "from": "2020-01-01",
        "citations": {"source": SOURCE},
        "clauses": [PASSED, ONCE, *clauses],
        "gives": gives or {"credits": {"fact": "course.credits"}},
        "cases": [{"name": "one", "expect": {"verdict": "unknown", "clause": "once"}}],
    }
    for word, said in (("procedure", hands), ("values", values), ("names", names)):
        if said is not None:
            version[word] = said
    return json.dumps(
        {
            "document": "conversion.test",
            "question": "conversion",
            "title": SAYS,
            "issuer": SAYS,
            "applies": {"plan.level": ["higher_vocational"], "plan.institution": [str(institution_id)]},
            "version_by": {"fact": "claim.on", "because": SAYS},
            "versions": [version],
        },
        ensure_ascii=False,
    )


def name_of(serial: int) -> str:
    """A name of the demo for each number."""
    return "演示" + "".join("零一二三四五六七八九"[int(digit)] for digit in str(serial))


@cache
def deposits() -> tuple[RuleDocument, ...]:
    """The bank's own documents about deposits, read once for all tests."""
    return tuple(each for each in packaged_documents() if str(each.tree["question"]) == "deposit")


@dataclass
class Learner:
    """Somebody enrolled at the college, with their records."""

    learner_id: UUID
    serial: int
    records: list[UUID] = field(default_factory=list)
    actor: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.actor = person("learner", learner_id=self.learner_id)


@dataclass
class College:
    """The bank with the college in it."""

    bank: OpenBank
    college: UUID
    school: UUID
    body: UUID
    plan: UUID
    other_plan: UUID
    at: datetime
    registrar: Actor
    department: Actor
    issuer: Actor
    officer: Actor
    second_officer: Actor
    reviewer: Actor
    serials: int = 0

    def decide_by(self, *clauses: dict[str, Any], **more: Any) -> None:
        """From now the college goes by this method."""
        book = Rulebook.load([*deposits(), read_document(method(self.college, *clauses, **more))])
        self.bank.app.state.rules = RulesInForce(book)

    @property
    def rulebook(self) -> Rulebook:
        """The rules in force."""
        book: Rulebook = self.bank.app.state.rules.book
        return book

    def tools(self) -> Tools:
        """For what is done without HTTP."""
        return Tools(self.bank.keyring, self.rulebook, self.at)

    # --- people -----------------------------------------------------------------------------------------------

    async def enrol(self, *, certificates: int = 1, entered: str = "2024-09-01") -> Learner:
        """Somebody enters the college; the body issues certificates to them."""
        self.serials += 1
        serial = self.serials
        who = {
            "name": name_of(serial),
            "document": {"kind": "resident_id", "number": resident(serial)},
            "student_no": f"2024{serial:04d}",
        }
        college = machine("records:write", "records:read", institution_id=self.college)
        row = {
            "kind": "enrolment_event", "learner": who, "event": "entered", "occurred_on": entered,
            "level": "higher_vocational", "programme_code": "460101", "year_of_entry": 2024,
        }  # fmt: skip
        posted = await self.ask("POST", "/v1/records", college, json=row, status=201)
        found = await self.ask("GET", f"/v1/records/{posted['record_id']}", college)
        learner = Learner(UUID(found["learner_id"]), serial)
        for number in range(certificates):
            learner.records.append(await self.certificate(learner, number))
        return learner

    async def certificate(self, learner: Learner, number: int = 0, **changes: Any) -> UUID:
        """A certificate of the body."""
        row = {
            "kind": "certificate",
            "learner": {
                "name": name_of(learner.serial),
                "document": {"kind": "resident_id", "number": resident(learner.serial)},
            },
            "standard": f"X{number}",
            "level": "intermediate",
            "number": f"DEMO{learner.serial:04d}{number:03d}",
            "occurred_on": "2025-06-01",
            **changes,
        }
        body = machine("records:write", institution_id=self.body)
        posted = await self.ask("POST", "/v1/records", body, json=row, status=None)
        return UUID(posted["record_id"])

    # --- asking -----------------------------------------------------------------------------------------------

    async def ask(
        self, method: str, path: str, actor: Actor, *, status: int | None = 200, **more: Any
    ) -> dict[str, Any]:
        """The answer as JSON; its status is what is expected."""
        answer = await self.bank.call(method, path, actor, **more)
        while answer.status_code == 503 and more.get("headers"):
            # As every client does: nothing was written, and the same key asks for the same thing again.
            await asyncio.sleep(float(answer.headers["Retry-After"]))
            answer = await self.bank.call(method, path, actor, **more)
        assert status is None or answer.status_code == status, (answer.status_code, answer.text[:2000])
        found: dict[str, Any] = answer.json()
        return found

    async def claim(
        self, learner: Learner, *lines: tuple[Sequence[UUID], str] | dict[str, Any], status: int = 201, **more: Any
    ) -> dict[str, Any]:
        """Somebody claims."""
        body = {
            "plan_id": str(self.plan),
            "lines": [
                line
                if isinstance(line, dict)
                else {"record_ids": [str(one) for one in line[0]], "course_code": line[1]}
                for line in lines
            ],
        }
        return await self.ask(
            "POST", f"/v1/learners/{learner.learner_id}/claims", learner.actor, json=body, status=status, **more
        )

    async def read(self, claim: dict[str, Any], actor: Actor | None = None) -> dict[str, Any]:
        """A claim as an officer sees it."""
        return await self.ask("GET", f"/v1/claims/{claim['claim_id']}", actor or self.officer)

    async def answer(
        self, claim: dict[str, Any], step: str, outcome: str, actor: Actor, *, status: int = 200, **more: Any
    ) -> dict[str, Any]:
        """A hand answers."""
        path = f"/v1/claims/{claim['claim_id']}/steps/{step}/outcome"
        return await self.ask("POST", path, actor, json={"outcome": outcome, **more}, status=status)

    async def supply(
        self, claim: dict[str, Any], step: str, fact: str, value: Any, actor: Actor, *, status: int = 200, line: int = 1
    ) -> dict[str, Any]:
        """A hand says a fact."""
        path = f"/v1/claims/{claim['claim_id']}/steps/{step}/facts"
        facts = [{"line_no": line, "fact": fact, "value": value}]
        return await self.ask("POST", path, actor, json={"facts": facts}, status=status)

    # --- time -------------------------------------------------------------------------------------------------

    def go_to(self, day: date, hour: int = 10) -> None:
        """It is that day, at that hour of the city."""
        self.at = datetime(day.year, day.month, day.day, hour, tzinfo=clock.CITY).astimezone(UTC)

    def later(self, **much: float) -> None:
        """Time passes."""
        self.at += timedelta(**much)

    async def work(self) -> int:
        """A worker does whatever is due."""
        things = {Keyring: self.bank.keyring, Rulebook: self.rulebook}
        await self.bank.database.write(partial(ask_for_periodic, now=self.at))
        return await run_due(self.bank.database, worker="test:1", now=self.at, limit=50, things=things)

    # --- what is there ----------------------------------------------------------------------------------------

    async def sql(self, query: Any, *arguments: Any) -> list[Any]:
        """Rows of a query."""
        async with self.bank.database.session() as session:
            connection = await driver(session)
            return await (await connection.execute(query, arguments)).fetchall()

    async def sql_do(self, statement: Any, *arguments: Any) -> None:
        """Change what is there, as the owner of the database may."""
        with connect(self.bank.addresses.owner) as owner:
            owner.execute(statement, arguments)

    async def import_holidays(self) -> None:
        """The State Council's notices are imported."""
        async with self.bank.database.session() as session:
            connection = await driver(session)
            for on, working in reference.departures().items():
                await connection.execute(
                    "INSERT INTO working_day VALUES (%s, %s, '假日', '国务院办公厅') ON CONFLICT DO NOTHING",
                    [on, working],
                )

    async def forget_claims(self) -> None:
        """Nothing stands any more: what was converted is withdrawn with its records."""
        for (record,) in await self.sql(
            "SELECT DISTINCT record_id FROM record_use JOIN conversion USING (learner_id, conversion_id) "
            "WHERE state <> 'ended'"
        ):
            path = f"/v1/records/{record}/withdrawal"
            await self.ask("POST", path, self.issuer, json={"reason": "下一例"}, status=None)
        await self.sql_do("UPDATE conversion SET state = 'ended', ended_at = now() WHERE state = 'reserved'")
        await self.sql_do("UPDATE claim_line SET state = 'lapsed', credits = 0 WHERE state = 'open'")

    async def converted(self, learner: Learner | None = None) -> int:
        """Hundredths that conversions have posted."""
        rows = await self.sql(
            "SELECT coalesce(sum(amount), 0)::int FROM entry "
            "WHERE account = 'conversion' AND learner_id = coalesce(%s, learner_id)",
            None if learner is None else learner.learner_id,
        )
        return int(rows[0][0])

    async def inbox(self, learner: Learner) -> list[str]:
        """Kinds of what was served on somebody, the first first."""
        rows = await self.sql(
            "SELECT kind FROM inbox_message WHERE learner_id = %s ORDER BY message_id", learner.learner_id
        )
        return [kind for (kind,) in rows]

    async def check(self) -> None:
        """Nothing is wrong with the books, no course is replaced twice, and claims say what decisions and books say."""
        found = await differences(self.bank.database)
        assert found == [], found
        twice = await self.sql(
            "SELECT learner_id, plan_id, course_code FROM conversion WHERE state = 'granted' "
            "GROUP BY 1, 2, 3 HAVING count(*) > 1"
        )
        assert twice == []
        differs = await self.sql(
            """
            SELECT l.claim_id, l.line_no FROM claim_line l
            LEFT JOIN conversion v ON v.learner_id = l.learner_id AND v.conversion_id = l.conversion_id
            LEFT JOIN posting p ON p.learner_id = l.learner_id AND p.claim_id = l.claim_id AND p.line_no = l.line_no
            GROUP BY l.learner_id, l.claim_id, l.line_no, l.state, l.credits, v.state, v.credits
            HAVING coalesce(sum(p.amount), 0) <> (CASE WHEN l.state = 'granted' THEN l.credits ELSE 0 END)
                OR (l.state = 'granted') <> (coalesce(v.state, '') = 'granted')
                OR (l.state = 'open') <> (coalesce(v.state, '') = 'reserved')
                OR (l.state = 'granted' AND l.credits <> v.credits)
            """
        )
        assert differs == []


def furniture(college: UUID, school: UUID, body: UUID) -> tuple[list[Any], UUID, UUID]:
    """What the college teaches and what the body certifies."""
    programme, plan, other_programme, other = new_id(), new_id(), new_id(), new_id()
    rows: list[Any] = [
        t.Programme(
            programme_id=programme, institution_id=college, code="460101", level="higher_vocational",
            name="机械设计与制造", valid_from=LONG_AGO,
        ),
        t.Programme(
            programme_id=other_programme, institution_id=college, code="460102", level="higher_vocational",
            name="机械制造及自动化", valid_from=LONG_AGO,
        ),
    ]  # fmt: skip
    for one, of in ((plan, programme), (other, other_programme)):
        rows.append(
            t.Plan(
                plan_id=one, programme_id=of, institution_id=college, version="2024", entry_from=2024,
                published_on=date(2024, 8, 1), total_credits=14000, totals={}, certificates=[],
            )
        )  # fmt: skip
        rows += [
            t.PlanCourse(
                plan_id=one, course_code=code, name=name, category=category, compulsory=True, learning_form="theory",
                credits=credits,
            )
            for code, name, category, credits in COURSES
        ]  # fmt: skip
    rows += [
        t.Course(
            institution_id=college, code=code, valid_from=LONG_AGO, name=name, category=category,
            learning_form="theory", credits=credits,
        )
        for code, name, category, credits in COURSES
    ]  # fmt: skip
    rows += [
        t.ScoreScale(scale_id=new_id(), code=code, valid_from=LONG_AGO, scale=dict(scale))
        for code, scale in CITY_SCALES.items()
    ]
    rows.append(
        t.Course(
            institution_id=school, code="S1", valid_from=LONG_AGO, name="机械基础", category="专业课",
            learning_form="theory", credits=300,
        )
    )  # fmt: skip
    for number in range(8):
        standard = new_id()
        rows.append(
            t.CertificateStandard(
                standard_id=standard, code=f"X{number}", kind="vocational_skill_level", name=f"证书{number}",
                body_name="演示发证机构", issuer_id=body, valid_from=LONG_AGO,
            )
        )  # fmt: skip
        rows += [
            t.CertificateLevel(standard_id=standard, level=level, rank=rank, credits=credits, credits_source="演示")
            for rank, (level, credits) in enumerate((("elementary", 300), ("intermediate", 400)), 1)
        ]
    rows.append(
        t.Term(
            institution_id=college, academic_year="2025-2026", term=2, starts_on=date(2026, 3, 2),
            ends_on=date(2026, 7, 10), weeks=19,
        )
    )  # fmt: skip
    rows += [
        t.WorkingDay(on=on, working=working, name="假日", source="国务院办公厅")
        for on, working in reference.departures().items()
    ]
    return rows, plan, other


@asynccontextmanager
async def a_college(addresses: Any, keys: Path, monkeypatch: Any) -> AsyncIterator[College]:
    """The bank with the college, on a database of the test."""
    async with opened(addresses, keys) as bank:
        college, first = _institution("higher_vocational", "演示职业学院")
        school, second = _institution("secondary_vocational", "演示中专")
        body, third = _institution("certificate_body", "演示发证机构")
        rows, plan, other = furniture(college, school, body)
        everything = [*first, *second, *third, *rows]
        for kinds in (
            (t.Institution,),
            (t.InstitutionProfile, t.Course, t.Programme, t.Term, t.WorkingDay, t.ScoreScale),
            (t.Plan, t.CertificateStandard),
            (t.PlanCourse, t.CertificateLevel),
        ):
            async with bank.database.session() as session:
                session.add_all([row for row in everything if type(row) in kinds])
        place = College(
            bank, college, school, body, plan, other, MONDAY,
            registrar=person("registrar", institution_id=college),
            department=person("department_reviewer", institution_id=college),
            issuer=person("certificate_body", institution_id=body),
            officer=person("officer"),
            second_officer=person("officer"),
            reviewer=person("appeal_reviewer"),
        )  # fmt: skip
        monkeypatch.setattr(clock, "now", lambda: place.at)
        # A token holds by the real clock, whatever day it is in the test.
        monkeypatch.setattr(bank, "token", lambda actor: bank.app.state.tokens.issue(actor, at=datetime.now(UTC)))
        place.decide_by()
        yield place


def problem_of(answer: dict[str, Any] | httpx.Response) -> str:
    """The code of a refusal."""
    said = answer.json() if isinstance(answer, httpx.Response) else answer
    return str(said["code"])
