"""The line `rules`: twenty criteria for everybody in a plan, beside hand-written SQL and beside a loop over an ORM."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Database, driver
from creditbank.institutions.tables import Plan, PlanCourse
from creditbank.learners.tables import Enrolment
from creditbank.recognition.accumulating import totals_of_plan
from creditbank.records.tables import RecordCurrent
from creditbank.rules import Rulebook, read_document
from creditbank.sealing import Keyring

ON = date(2026, 6, 1)
BY_ORM = 300
"""So many learners are decided by the loop: more of them would only take longer."""
ROUNDS = 3


@dataclass(frozen=True)
class Criterion:
    """One sum or count of a learner's rows and what it must come to, said three times: as a rule, in SQL, in Python."""

    name: str
    where: dict[str, Any] | None
    sql: str
    holds: Callable[[RecordCurrent, PlanCourse], bool]
    least: int
    counts: bool = False


def _criteria() -> list[Criterion]:
    found = [Criterion("all", None, "true", lambda record, course: True, 12_000)]
    for category in ("公共课", "专业课", "选修课", "实践课"):
        found.append(
            Criterion(
                f"category-{len(found)}",
                {"fact": "course.category", "is": category},
                f"k.category = '{category}'",
                lambda record, course, category=category: bool(course.category == category),  # type: ignore[misc]
                2_000,
            )
        )
        found.append(
            Criterion(
                f"compulsory-{len(found)}",
                {"all": [{"fact": "course.category", "is": category}, {"fact": "course.compulsory", "is": "yes"}]},
                f"k.category = '{category}' AND k.compulsory",
                lambda record, course, category=category: bool(course.category == category and course.compulsory),  # type: ignore[misc]
                1_000,
            )
        )
    for year in range(2020, 2026):
        found.append(
            Criterion(
                f"by-{year}",
                {"fact": "record.occurred_on", "at_most": f"{year}-12-31"},
                f"c.occurred_on <= '{year}-12-31'",
                lambda record, course, year=year: record.occurred_on <= date(year, 12, 31),  # type: ignore[misc]
                500,
            )
        )
    for least in (2, 3):
        found.append(
            Criterion(
                f"large-{least}",
                {"fact": "course.credits", "at_least": str(least)},
                f"k.credits >= {least * 100}",
                lambda record, course, least=least: course.credits >= least * 100,  # type: ignore[misc]
                5,
                counts=True,
            )
        )
    found.append(
        Criterion(
            "taught",
            {"fact": "record.kind", "in": ["course_result", "practice"]},
            "c.kind IN ('course_result', 'practice')",
            lambda record, course: record.kind in ("course_result", "practice"),
            40,
            counts=True,
        )
    )
    found.append(
        Criterion(
            "neither",
            {"none": [{"fact": "course.compulsory", "is": "yes"}, {"fact": "course.category", "is": "公共课"}]},
            "NOT (k.compulsory OR k.category = '公共课')",
            lambda record, course: not course.compulsory and course.category != "公共课",
            800,
        )
    )
    found.append(
        Criterion(
            "theory",
            {"fact": "course.learning_form", "is": "theory"},
            "k.learning_form = 'theory'",
            lambda record, course: course.learning_form == "theory",
            50,
            counts=True,
        )
    )
    return found


CRITERIA = _criteria()
assert len(CRITERIA) == 20


def rulebook() -> Rulebook:
    """A document with the twenty criteria."""
    said = {"zh": "测量用的条件", "en": "a criterion to be measured"}
    names = {}
    for each in CRITERIA:
        where = {} if each.where is None else {"where": each.where}
        what: dict[str, Any] = (
            {"count": "earned"} if each.counts else {"sum": {"fact": "earned.credits"}, "over": "earned"}
        )
        gives = "count" if each.counts else "credits"
        names[each.name] = {"says": said, "cites": ["source"], "gives": gives, "amount": {**what, **where}}
    clauses = [
        {
            "id": each.name,
            "says": said,
            "cites": ["source"],
            "require": {"named": each.name, "at_least": str(each.least if each.counts else each.least / 100)},
            "otherwise": "warn" if each.counts else "refuse",
        }
        for each in CRITERIA
    ]
    source = {"title": "测量", "issuer": "测量", "mark": "O", "status": "published"}
    version = {
        "version": "1",
        "from": "2000-01-01",
        "citations": {"source": source},
        "names": names,
        "clauses": clauses,
    }
    version["cases"] = [{"name": "none", "expect": {"verdict": "not_granted", "clause": "all"}}]
    text = {
        "document": "accumulation.measured",
        "question": "accumulation",
        "title": said,
        "issuer": said,
        "applies": {"purpose.kind": ["graduation"]},
        "version_by": {"fact": "decision.on", "because": said},
        "versions": [version],
    }
    return Rulebook.load([read_document(json.dumps(text, ensure_ascii=False))])


async def by_bank(database: Database, keyring: Keyring, plan_id: UUID) -> tuple[float, dict[UUID, tuple[str, ...]]]:
    """Seconds for everybody, and for each the clauses that fail."""
    book, began = rulebook(), time.perf_counter()
    async with database.session() as session:
        found = await totals_of_plan(
            session,
            plan_id=plan_id,
            purpose="graduation",
            rulebook=book,
            keyring=keyring,
            at=clock.now(),
            on=ON,
        )
    took = time.perf_counter() - began
    return took, {each.learner_id: (each.decided.verdict, *each.decided.warned) for each in found}


_BY_HAND = """
WITH converted AS (
    SELECT v.learner_id, v.conversion_id, v.credits, v.course FROM conversion v
    WHERE v.plan_id = %(plan)s AND v.state = 'granted'
)
SELECT coalesce(a.into_learner_id, e.learner_id), {columns}
FROM plan p
JOIN enrolment e ON e.programme_id = p.programme_id
                AND e.year_of_entry BETWEEN p.entry_from AND coalesce(p.entry_until, 9999)
LEFT JOIN learner_alias a ON a.learner_id = e.learner_id AND a.ended_at IS NULL
JOIN record_current c ON c.learner_id = e.learner_id AND c.institution_id = p.institution_id
                     AND c.scheme = 'higher_vocational' AND c.credits > 0
JOIN plan_course k ON k.plan_id = p.plan_id AND k.course_code = c.shown ->> 'course_code'
WHERE p.plan_id = %(plan)s AND NOT EXISTS (
    SELECT FROM record_use u JOIN converted v USING (learner_id, conversion_id)
    WHERE u.learner_id = c.learner_id AND u.record_id = c.record_id)
GROUP BY 1
"""


async def by_hand(database: Database, plan_id: UUID) -> tuple[float, dict[UUID, tuple[str, ...]]]:
    """The same facts by SQL written for them, the criteria compared in Python without a finding or a version."""
    columns = ", ".join(
        f"count(*) FILTER (WHERE {each.sql})"
        if each.counts
        else f"coalesce(sum(c.credits) FILTER (WHERE {each.sql}), 0)"
        for each in CRITERIA
    )
    began = time.perf_counter()
    async with database.session() as session:
        cursor = await (await driver(session)).execute(_BY_HAND.format(columns=columns), {"plan": plan_id})
        rows = await cursor.fetchall()
    said = {learner: _said([int(value) for value in values]) for learner, *values in rows}
    return time.perf_counter() - began, said


def _said(values: list[int]) -> tuple[str, ...]:
    short = [each for each, value in zip(CRITERIA, values, strict=True) if value < each.least]
    verdict = "granted" if all(each.counts for each in short) else "not_granted"
    return verdict, *(each.name for each in short if each.counts)


async def by_orm(database: Database, plan_id: UUID) -> tuple[float, dict[UUID, tuple[str, ...]]]:
    """Some learners one after another, as a simple service would."""
    said = {}
    async with database.session() as session:
        plan = await session.get_one(Plan, plan_id)
        enrolled = select(Enrolment.learner_id).where(Enrolment.programme_id == plan.programme_id)
        learners = list(await session.exec(enrolled.limit(BY_ORM)))
        began = time.perf_counter()
        for learner in learners:
            said[learner] = await _one(session, learner, plan_id)
    return time.perf_counter() - began, said


async def _one(session: AsyncSession, learner: UUID, plan_id: UUID) -> tuple[str, ...]:
    courses = {
        each.course_code: each for each in await session.exec(select(PlanCourse).where(PlanCourse.plan_id == plan_id))
    }
    records = await session.exec(select(RecordCurrent).where(RecordCurrent.learner_id == learner))
    values = [0] * len(CRITERIA)
    for record in records:
        course = courses.get(record.shown.get("course_code", ""))
        if course is None or record.scheme != "higher_vocational" or record.credits <= 0:
            continue
        for place, each in enumerate(CRITERIA):
            if each.holds(record, course):
                values[place] += 1 if each.counts else record.credits
    return _said(values)


async def line(database: Database, keyring: Keyring, institution_id: UUID, rounds: int = ROUNDS) -> dict[str, Any]:
    """Learners a second for everybody in the plan of an institution, and the ratios within each round."""
    async with database.session() as session:
        query = "SELECT plan_id FROM plan WHERE institution_id = %s"
        ((plan_id,),) = await (await (await driver(session)).execute(query, [institution_id])).fetchall()
        query = "SELECT count(*) FROM enrolment WHERE institution_id = %s"
        ((learners,),) = await (await (await driver(session)).execute(query, [institution_id])).fetchall()
    found = [await round_of(database, keyring, plan_id) for _ in range(rounds)]

    def ratio(other: str) -> dict[str, float]:
        by = sorted(one["rules"] / one[other] for one in found)
        return {"median": round(statistics.median(by), 3), "least": round(by[0], 3), "most": round(by[-1], 3)}

    return {
        "learners": learners,
        "criteria": len(CRITERIA),
        "per_second": round(statistics.median(one["rules"] for one in found)),
        "vs_sql": ratio("rules sql"),
        "vs_orm": ratio("rules orm"),
    }


async def round_of(database: Database, keyring: Keyring, plan_id: UUID) -> dict[str, float]:
    """Learners a second by each way, in one round; that they come to the same is part of it."""
    took, bank = await by_bank(database, keyring, plan_id)
    took_by_hand, hand = await by_hand(database, plan_id)
    took_by_orm, orm = await by_orm(database, plan_id)
    assert bank == hand
    assert all(bank[learner] == said for learner, said in orm.items())
    return {
        "rules": len(bank) / took,
        "rules sql": len(hand) / took_by_hand,
        "rules orm": len(orm) / took_by_orm,
    }
