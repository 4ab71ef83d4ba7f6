"""How far somebody is in the plans of their enrolments: earned, converted, and by category of course; nothing stored.

What was earned is what totals count (`accumulating`): a course that was passed and converted counts once, a certificate
only where its credits are of the plan's scheme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row
from pydantic import BaseModel, Field

from creditbank.credits import Credits, format_credits
from creditbank.db import Transaction, driver
from creditbank.recognition.accumulating import FOLLOWS
from creditbank.recognition.gathered import Gathered
from creditbank.recognition.gathering import AskedPerson, ClaimSaid, gather_many
from creditbank.rules import Rulebook
from creditbank.sealing import Keyring

GONE_ON = "transferred"
"""An enrolment that a transfer ended: into another programme or away, that is unsaid, so it has no last day."""


class CategoryProgress(BaseModel):
    """课程类别的进度。|One category of courses of a plan."""

    category: str | None = Field(
        description="课程类别；空为方案以外的成果。|The category; empty for what is no course of the plan."
    )
    planned: Credits | None = Field(description="方案中该类别的学分。|What the plan has of it.")
    earned: Credits = Field(description="已得学分。|What was earned.")
    converted: Credits = Field(description="其中转换所得。|Of this by conversions.")


class PlanProgress(BaseModel):
    """一个学籍对照其方案的进度。|How far somebody is in the plan of one enrolment."""

    institution_id: UUID
    institution: str | None
    programme_id: UUID | None
    programme: str | None
    level: str
    year_of_entry: int | None
    entered_on: date
    ended_on: date | None
    status: str = Field(description="最近的学籍异动。|What happened to the enrolment last.", examples=["entered"])
    plan_id: UUID | None = Field(description="方案；没有公布的为空。|The plan; none where none was published.")
    version: str | None
    scheme: str | None
    planned: Credits | None = Field(description="方案总学分。|Credits of the plan.")
    earned: Credits | None = Field(description="已得学分。|Credits earned in it.")
    converted: Credits | None = Field(description="其中转换所得。|Of these by conversions.")
    verdict: str | None = Field(
        description="毕业学分是否修满，见 totals。|Whether the credits suffice to graduate; `totals` says why.",
        examples=["not_granted"],
    )
    categories: list[CategoryProgress] = Field(default_factory=list)


class ProgressOut(BaseModel):
    """各在读学籍的学分进度。|Progress in the plan of every enrolment that goes on; if none does, of the last one."""

    learner_id: UUID
    on: date
    plans: list[PlanProgress]


_ENROLMENTS: LiteralString = f"""
SELECT e.institution_id, i.name AS institution, e.programme_id, g.name AS programme, e.level, e.year_of_entry,
       e.entered_on, e.ended_on, e.status, p.plan_id, p.version, p.totals
FROM enrolment e
LEFT JOIN LATERAL (
    SELECT p.plan_id, p.version, p.totals FROM plan p WHERE p.programme_id = e.programme_id AND {FOLLOWS}
    ORDER BY p.published_on DESC LIMIT 1) p ON true
LEFT JOIN LATERAL (
    SELECT i.name FROM institution_profile i
    WHERE i.institution_id = e.institution_id AND i.valid_from <= %(on)s ORDER BY i.valid_from DESC LIMIT 1) i ON true
LEFT JOIN LATERAL (
    SELECT g.name FROM programme g
    WHERE g.programme_id = e.programme_id ORDER BY g.valid_from <= %(on)s DESC, g.valid_from DESC LIMIT 1) g ON true
WHERE e.learner_id = ANY (%(family)s) ORDER BY e.entered_on DESC, e.institution_id
"""


async def progress_of(
    session: Transaction,
    learner_id: UUID,
    family: tuple[UUID, ...],
    *,
    rulebook: Rulebook,
    keyring: Keyring,
    at: datetime,
    on: date,
) -> ProgressOut:
    """Progress of one person as it is on a day. Raises LearnerErased for somebody who follows a plan."""
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(_ENROLMENTS, {"family": list(family), "on": on})
    enrolments = _going_on(await cursor.fetchall())
    asked = [AskedPerson(family, each["plan_id"], ClaimSaid(on)) for each in enrolments if each["plan_id"] is not None]
    gathered = iter(await gather_many(session, asked, keyring=keyring, at=at) if asked else ())
    plans = []
    for each in enrolments:
        totals = each.pop("totals")
        found = None if each["plan_id"] is None else next(gathered)
        plans.append(PlanProgress(**each, **_counted(found, totals or {}, rulebook, on)))
    return ProgressOut(learner_id=learner_id, on=on, plans=plans)


def _going_on(enrolments: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that go on, the last one first; if none does, the last one."""
    going = [each for each in enrolments if each["ended_on"] is None and each["status"] != GONE_ON]
    return going or list(enrolments[:1])


def _counted(found: Gathered | None, totals: Mapping[str, str], rulebook: Rulebook, on: date) -> dict[str, Any]:
    if found is None:
        return dict.fromkeys(("scheme", "planned", "earned", "converted", "verdict"))
    facts = {**found.accumulated("graduation"), "decision": {"on": on.isoformat()}}
    rows = facts["earned"]
    return {
        "scheme": found.plan.scheme,
        "planned": format_credits(found.plan.total_credits),
        "earned": format_credits(_sum(rows)),
        "converted": format_credits(_sum(rows, converted=True)),
        "verdict": rulebook.decide("accumulation", facts).verdict,
        "categories": _by_category(found, rows, totals),
    }


def _by_category(
    found: Gathered, rows: Sequence[Mapping[str, Any]], totals: Mapping[str, str]
) -> list[CategoryProgress]:
    """In the order of the plan; what the plan says of a category comes before what its courses add up to."""
    planned: dict[str | None, int] = {}
    for course in found.plan.courses.values():
        planned[course["category"]] = planned.get(course["category"], 0) + course["credits"]
    by_category: dict[str | None, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_category.setdefault(row.get("course", {}).get("category"), []).append(row)
    names = dict.fromkeys([*(name for name in totals if name in planned), *planned, *totals, *by_category])
    return [
        CategoryProgress(
            category=name,
            planned=_planned(name, totals, planned),
            earned=format_credits(_sum(by_category.get(name, ()))),
            converted=format_credits(_sum(by_category.get(name, ()), converted=True)),
        )
        for name in names
    ]


def _planned(name: str | None, totals: Mapping[str, str], planned: Mapping[str | None, int]) -> str | None:
    if name is not None and name in totals:
        return totals[name]
    return format_credits(planned[name]) if name in planned else None


def _sum(rows: Sequence[Mapping[str, Any]], *, converted: bool = False) -> int:
    return sum(row["earned"]["credits"] for row in rows if not converted or row["earned"]["converted"])
