"""A small town for the tests of records: one college with a plan, one school, one certificate body, no people yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from creditbank.database_roles import Addresses
from creditbank.db import Database
from creditbank.identifiers import new_id
from creditbank.institutions import tables as t
from creditbank.institutions.scales import CITY_SCALES
from creditbank.learners.documents import check_character
from creditbank.records.acts import Tools
from creditbank.records.intake import Sender
from creditbank.records.schemas import ROW, RowOutcome
from creditbank.records.service import post_rows
from creditbank.records.withdrawing import withdraw
from creditbank.rules import load_packaged
from creditbank.sealing import Keyring

NOON = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
LONG_AGO = date(2000, 1, 1)


def resident(serial: int, born: str = "20050101") -> str:
    """An identity number of the unassigned region 139900."""
    seventeen = f"139900{born}{serial:03d}"
    return seventeen + check_character(seventeen)


@dataclass
class Town:
    """A database with a town in it, and the verbs that the tests use."""

    database: Database
    keyring: Keyring
    college: Sender
    school: Sender
    body: Sender
    at: datetime = NOON

    def tools(self) -> Tools:
        """Every write happens a minute after the one before."""
        self.at += timedelta(minutes=1)
        return Tools(self.keyring, load_packaged(), self.at)

    async def post(self, *rows: dict[str, Any], by: Sender | None = None) -> list[RowOutcome]:
        """Post rows in one call."""
        read = [(number, ROW.validate_python(row)) for number, row in enumerate(rows, start=1)]
        tools = self.tools()

        async def act(session: Any) -> list[RowOutcome]:
            return await post_rows(session, read, sender=by or self.college, submission_id=new_id(), tools=tools)

        return await self.database.write(act)

    async def withdraw(self, record_id: UUID | None, by: Sender | None = None) -> RowOutcome:
        """Withdraw a record."""
        assert record_id is not None
        tools = self.tools()

        async def act(session: Any) -> RowOutcome:
            return await withdraw(
                session, record_id, sender=by or self.college, reason="test", submission_id=new_id(), tools=tools
            )

        return await self.database.write(act)

    async def sql(self, query: str, *arguments: Any) -> list[Any]:
        """Rows of a query."""
        async with self.database.session() as session:
            from creditbank.db import driver

            connection = await driver(session)
            return await (await connection.execute(query, arguments)).fetchall()

    async def balance(self, scheme: str = "higher_vocational") -> int:
        """All credits of a scheme in the whole bank, in hundredths."""
        rows = await self.sql(
            "SELECT coalesce(sum(amount), 0) FROM entry WHERE account = 'deposit' AND scheme = %s", scheme
        )
        return int(rows[0][0])

    async def check_books(self) -> None:
        """Balance = sum of entries = last balance-after; the projection says what the postings say; sums are zero."""
        wrong = await self.sql(
            """
            WITH e AS (
                SELECT *, sum(amount) OVER (PARTITION BY learner_id, scheme, account, institution_id
                                            ORDER BY sequence) AS running FROM entry)
            SELECT * FROM e WHERE running <> balance_after
            """
        )
        assert not wrong
        unbalanced = await self.sql("SELECT posting_id FROM entry GROUP BY posting_id HAVING sum(amount) <> 0")
        assert not unbalanced
        gaps = await self.sql(
            """
            SELECT h.learner_id FROM learner_head h LEFT JOIN entry e USING (learner_id)
            GROUP BY h.learner_id, h.last_entry
            HAVING count(e.*) <> h.last_entry OR coalesce(max(e.sequence), 0) <> h.last_entry
            """
        )
        assert not gaps
        shown = await self.sql(
            """
            SELECT c.record_id, c.credits, coalesce(sum(p.amount), 0)
            FROM record_current c LEFT JOIN posting p USING (learner_id, record_id)
            GROUP BY c.learner_id, c.record_id, c.credits HAVING c.credits <> coalesce(sum(p.amount), 0)
            """
        )
        assert not shown
        left = await self.sql(
            """
            SELECT p.record_id, sum(p.amount) FROM posting p
            WHERE p.purpose = 'deposit' AND NOT EXISTS (SELECT FROM record_current c
                              WHERE c.learner_id = p.learner_id AND c.record_id = p.record_id)
            GROUP BY p.record_id HAVING sum(p.amount) <> 0
            """
        )
        assert not left


def _institution(kind: str, name: str) -> tuple[UUID, list[Any]]:
    identifier = new_id()
    profile = t.InstitutionProfile(institution_id=identifier, valid_from=LONG_AGO, kind=kind, name=name, demo=True)
    return identifier, [t.Institution(institution_id=identifier, created_at=NOON), profile]


def furnish(college: UUID, school: UUID, body: UUID) -> list[Any]:
    """Courses, a plan, scales and a certificate standard."""
    programme, plan, standard = new_id(), new_id(), new_id()
    courses = [
        ("C101", "机械制图", "专业课", "integrated", 300),
        ("C102", "高等数学", "公共课", "theory", 400),
        ("C900", "茶艺", "任选课", "theory", 150),
    ]
    rows: list[Any] = [
        t.ScoreScale(scale_id=new_id(), code=code, valid_from=LONG_AGO, scale=dict(scale))
        for code, scale in CITY_SCALES.items()
    ]
    rows += [
        t.Course(institution_id=owner, code=code, valid_from=LONG_AGO, name=name, category=category,
                 learning_form=form, credits=credits)
        for owner in (college, school)
        for code, name, category, form, credits in courses
    ]  # fmt: skip
    rows.append(
        t.Programme(programme_id=programme, institution_id=college, code="460101", level="higher_vocational",
                    name="机械设计与制造", valid_from=LONG_AGO)
    )  # fmt: skip
    rows.append(
        t.Plan(plan_id=plan, programme_id=programme, institution_id=college, version="2023", entry_from=2023,
               published_on=date(2023, 8, 1), total_credits=14000, totals={})
    )  # fmt: skip
    rows += [
        t.PlanCourse(plan_id=plan, course_code=code, name=name, category=category, compulsory=True,
                     learning_form=form, credits=credits)
        for code, name, category, form, credits in courses[:2]
    ]  # fmt: skip
    rows.append(
        t.CertificateStandard(standard_id=standard, code="X-WEB", kind="vocational_skill_level", name="Web前端开发",
                              body_name="演示发证机构", issuer_id=body, valid_from=LONG_AGO)
    )  # fmt: skip
    rows += [
        t.CertificateLevel(standard_id=standard, level=level, rank=rank, credits=credits, credits_source="演示")
        for rank, (level, credits) in enumerate((("elementary", 300), ("intermediate", 500), ("advanced", None)), 1)
    ]
    return rows


async def founded(database: Database) -> tuple[Sender, Sender, Sender]:
    """The town's college, school and certificate body, with what they teach and certify."""
    college, first = _institution("higher_vocational", "演示职业学院")
    school, second = _institution("secondary_vocational", "演示中专")
    body, third = _institution("certificate_body", "演示发证机构")
    for rows in (first[:1] + second[:1] + third[:1], first[1:] + second[1:] + third[1:]):
        async with database.session() as session:
            session.add_all(rows)
    furniture = furnish(college, school, body)
    for kinds in (
        (t.ScoreScale, t.Course, t.Programme),
        (t.Plan, t.CertificateStandard),
        (t.PlanCourse, t.CertificateLevel),
    ):
        async with database.session() as session:
            session.add_all([row for row in furniture if isinstance(row, kinds)])
    return Sender(college, "client:college"), Sender(school, "client:school"), Sender(body, "client:body")


@pytest.fixture
async def town(addresses: Addresses, tmp_path: Path) -> AsyncIterator[Town]:
    database = Database(addresses.app, connections=8)
    keyring = Keyring.open(tmp_path / "keys", create=True)
    yield Town(database, keyring, *await founded(database))
    await database.close()


def course_row(**changes: Any) -> dict[str, Any]:
    """One passed course of the plan."""
    return {
        "kind": "course_result",
        "learner": {
            "name": "演示甲",
            "document": {"kind": "resident_id", "number": resident(1)},
            "student_no": "20230001",
        },
        "course_code": "C101",
        "academic_year": "2023-2024",
        "term": 1,
        "occurred_on": "2024-01-12",
        "score": "86",
        **changes,
    }


def entered(**changes: Any) -> dict[str, Any]:
    """The same person's enrolment."""
    return {
        "kind": "enrolment_event",
        "learner": course_row()["learner"],
        "event": "entered",
        "occurred_on": "2023-09-01",
        "level": "higher_vocational",
        "programme_code": "460101",
        "year_of_entry": 2023,
        **changes,
    }
