"""A generated town for measuring: learners with sixty passed courses each, posted through the bank's own verbs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from creditbank.db import Database, Transaction
from creditbank.identifiers import new_id
from creditbank.institutions import tables as t
from creditbank.institutions.scales import CITY_SCALES
from creditbank.learners.documents import check_character
from creditbank.records.acts import Tools
from creditbank.records.intake import Sender
from creditbank.records.schemas import ROW
from creditbank.records.service import post_rows
from creditbank.rules import load_packaged
from creditbank.sealing import Keyring

LONG_AGO = date(2000, 1, 1)
AT = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
COURSES = 400
RECORDS_EACH = 60


@dataclass(frozen=True)
class LoadTown:
    """Where the measured requests go."""

    college: UUID
    learners: int


def learner(number: int) -> dict[str, Any]:
    """An invented person, the same for the same number; of any 336,000 no two are the same person."""
    born = f"{1990 + number % 16}{1 + number % 12:02d}{1 + number % 28:02d}"  # alike after 336, and no sooner
    seventeen = f"139900{born}{number // 336 % 1000:03d}"
    name = "甲乙丙丁戊己庚辛壬癸"
    return {
        "name": "测" + name[number % 10] + name[number // 10 % 10],
        "document": {"kind": "resident_id", "number": seventeen + check_character(seventeen)},
        "student_no": f"S{number:07d}",
    }


def course_row(number: int, course: int) -> dict[str, Any]:
    """A passed course of a person."""
    return {
        "kind": "course_result",
        "learner": learner(number),
        "course_code": f"C{course:03d}",
        "academic_year": f"{2019 + course % 6}-{2020 + course % 6}",
        "term": 1 + course % 2,
        "occurred_on": f"{2020 + course % 6}-01-{1 + course % 28:02d}",
        "score": str(60 + (number + course) % 41),
    }


def _rows(learners: range) -> Iterator[dict[str, Any]]:
    for number in learners:
        for course in range(RECORDS_EACH):
            yield course_row(number, course)


def _enrolments(learners: range) -> Iterator[dict[str, Any]]:
    for number in learners:
        yield {
            "kind": "enrolment_event",
            "learner": learner(number),
            "event": "entered",
            "occurred_on": "2019-09-01",
            "level": "higher_vocational",
            "programme_code": "P1",
            "year_of_entry": 2019,
        }


async def build(database: Database, keyring: Keyring, *, records: int) -> tuple[LoadTown, float]:
    """Furnish a college and post `records` course results; the town and the rows posted in a second."""
    college = await _furnish(database)
    learners = range(records // RECORDS_EACH)
    sender = Sender(college, "client:bench")
    await _post(database, keyring, sender, _enrolments(learners))
    began = time.perf_counter()
    posted = await _post(database, keyring, sender, _rows(learners))
    return LoadTown(college, len(learners)), posted / (time.perf_counter() - began)


async def enrol(database: Database, keyring: Keyring, town: LoadTown | None, learners: range) -> LoadTown:
    """Enrol learners in a town's college, or in that of a new town."""
    college = await _furnish(database) if town is None else town.college
    await _post(database, keyring, Sender(college, "client:bench"), _enrolments(learners))
    return LoadTown(college, learners.stop)


async def post_by_term(database: Database, keyring: Keyring, town: LoadTown, learners: range) -> None:
    """Post everybody's first course, then everybody's second, as terms go: a learner's records lie far apart."""
    rows = (course_row(number, course) for course in range(RECORDS_EACH) for number in learners)
    await _post(database, keyring, Sender(town.college, "client:bench"), rows)


async def _post(database: Database, keyring: Keyring, sender: Sender, rows: Iterator[dict[str, Any]]) -> int:
    tools, posted = Tools(keyring, load_packaged(), AT), 0
    while chunk := [(number, ROW.validate_python(row)) for number, row in enumerate(islice(rows, 1000), start=1)]:

        async def act(connection: Transaction, chunk: Any = chunk) -> Any:
            return await post_rows(connection, chunk, sender=sender, submission_id=new_id(), tools=tools)

        outcomes = await database.write_bare(act)
        assert all(outcome.outcome == "deposited" and outcome.verdict == "granted" for outcome in outcomes), outcomes[
            :2
        ]
        posted += len(chunk)
    return posted


async def another_college(
    database: Database, keyring: Keyring, learners: range, *, courses: int
) -> tuple[LoadTown, list[str]]:
    """A second college in which the same learners are enrolled too; the codes of the courses of its plan."""
    college = await _furnish(database, name="测量第二学院", courses=courses, scales=False)
    town = await enrol(database, keyring, LoadTown(college, 0), learners)
    return town, [f"C{number:03d}" for number in range(courses)]


async def _furnish(
    database: Database, *, name: str = "测量职业学院", courses: int = COURSES, scales: bool = True
) -> UUID:
    college, programme, plan = new_id(), new_id(), new_id()
    steps: list[list[Any]] = [
        [t.Institution(institution_id=college, created_at=AT)],
        [
            t.InstitutionProfile(
                institution_id=college, valid_from=LONG_AGO, kind="higher_vocational", name=name, demo=True
            ),
            *(
                t.ScoreScale(scale_id=new_id(), code=code, valid_from=LONG_AGO, scale=dict(scale))
                for code, scale in (CITY_SCALES.items() if scales else ())
            ),
            t.Programme(
                programme_id=programme, institution_id=college, code="P1", level="higher_vocational", name="测量",
                valid_from=LONG_AGO,
            ),
        ],
        [
            t.Plan(
                plan_id=plan, programme_id=programme, institution_id=college, version="2019", entry_from=2019,
                published_on=date(2019, 8, 1), total_credits=14000, totals={},
            )
        ],
    ]  # fmt: skip
    for rows in steps:
        async with database.session() as session:
            session.add_all(rows)
    async with database.session() as session:
        for number in range(courses):
            said = {
                "name": f"课程{number}",
                "category": ("公共课", "专业课", "选修课", "实践课")[number % 4],
                "learning_form": "theory" if number % 4 < 3 else "practice",
                "credits": 200 + 50 * (number % 4),
            }
            session.add(t.Course(institution_id=college, code=f"C{number:03d}", valid_from=LONG_AGO, **said))
            session.add(t.PlanCourse(plan_id=plan, course_code=f"C{number:03d}", compulsory=number % 3 > 0, **said))
    return college
