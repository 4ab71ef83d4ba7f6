"""Whether what somebody earned in a plan meets a total: for one person with reasons, for a whole plan by sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg.rows import dict_row

from creditbank.db import Transaction, driver
from creditbank.errors import NotFound
from creditbank.recognition.gathered_people import enrolment_of
from creditbank.recognition.gathering import AskedPerson, ClaimSaid, Gathered, gather, gather_many, plan_on
from creditbank.recognition.known import KnownPlan
from creditbank.rules import Decided, Rulebook
from creditbank.rules.compiling import CompiledVersion
from creditbank.rules.in_sql import Aggregate, aggregates, value_of
from creditbank.rules.terms import READY
from creditbank.sealing import Keyring

CHUNK = 500
"""People gathered at once where a document asks about more than sums."""

_COURSE = {
    "course.category": "course_category",
    "course.credits": "course_credits",
    "course.compulsory": "course_compulsory",
    "course.learning_form": "course_form",
    "course.subject": "course_subject",
    "course.code": "course_code",
    "course.hours": "course_hours",
    "course.weeks": "course_weeks",
}
EARNED: Mapping[str, str] = {
    "earned.credits": "credits",
    "earned.converted": "converted",
    "earned.in_average": "in_average",
    "record.kind": "record_kind",
    "record.occurred_on": "record_on",
    **_COURSE,
}
"""The facts of a row of `earned` that lie in the open; a grade is sealed: what asks about it is asked one by one."""

FOLLOWS = """(e.year_of_entry IS NULL OR (
    p.entry_from <= e.year_of_entry AND (p.entry_until IS NULL OR e.year_of_entry <= p.entry_until)))"""
"""Whether an enrolment `e` has a plan `p` of its programme; a year of entry that nobody reported is taken on trust."""

PEOPLE_OF_PLAN = f"""
enrolled AS (
    SELECT DISTINCT coalesce(a.into_learner_id, e.learner_id) AS person
    FROM enrolment e
    JOIN plan p ON p.plan_id = %(plan)s AND e.programme_id = p.programme_id
               AND {FOLLOWS}
    LEFT JOIN learner_alias a ON a.learner_id = e.learner_id AND a.ended_at IS NULL
), family AS (
    SELECT person, person AS learner_id FROM enrolled
    UNION ALL
    SELECT a.into_learner_id, a.learner_id FROM learner_alias a JOIN enrolled ON person = a.into_learner_id
    WHERE a.ended_at IS NULL
)"""

_EARNED = """
converted AS (
    SELECT f.person, v.learner_id, v.conversion_id, v.credits, v.course,
           (d.basis #>> '{outputs,in_average}')::boolean AS in_average
    FROM conversion v JOIN family f USING (learner_id)
    LEFT JOIN decision d ON d.learner_id = v.learner_id AND d.decision_id = v.decision_id
    WHERE v.plan_id = %(plan)s AND v.state = 'granted'
), used AS (
    SELECT u.learner_id, u.record_id, f.person
    FROM record_use u JOIN family f USING (learner_id)
    JOIN converted v ON v.person = f.person AND v.conversion_id = u.conversion_id
), earned AS (
    SELECT f.person, c.credits::bigint AS credits, false AS converted, NULL::boolean AS in_average,
           c.kind AS record_kind, c.occurred_on::text AS record_on,
           k.category AS course_category, k.credits::bigint AS course_credits, k.compulsory AS course_compulsory,
           k.learning_form AS course_form, k.subject AS course_subject, k.course_code, k.hours::numeric AS course_hours,
           k.weeks::numeric AS course_weeks
    FROM record_current c JOIN family f USING (learner_id)
    LEFT JOIN plan_course k ON k.plan_id = %(plan)s AND k.course_code = c.shown ->> 'course_code'
    WHERE c.scheme = %(scheme)s AND c.credits > 0
      AND (c.shown ->> 'course_code' IS NULL OR (k.course_code IS NOT NULL AND c.institution_id = %(institution)s))
      AND NOT EXISTS (SELECT FROM used u WHERE u.person = f.person AND u.record_id = c.record_id)
), counted AS (
    -- A course that was converted and passed as well counts once, by whichever gives more.
    SELECT e.* FROM earned e
    WHERE e.course_code IS NULL OR NOT EXISTS (
        SELECT FROM converted v
        WHERE v.person = e.person AND v.course ->> 'code' = e.course_code AND v.credits >= e.credits)
    UNION ALL
    SELECT v.person, v.credits::bigint, true, v.in_average, NULL, NULL, v.course ->> 'category',
           (v.course ->> 'credits')::bigint, (v.course ->> 'compulsory')::boolean, v.course ->> 'learning_form',
           v.course ->> 'subject', v.course ->> 'code', (v.course ->> 'hours')::numeric, (v.course ->> 'weeks')::numeric
    FROM converted v
    WHERE NOT EXISTS (
        SELECT FROM earned e
        WHERE e.person = v.person AND e.course_code = v.course ->> 'code' AND e.credits > v.credits)
)"""

_ENROLMENTS = """
SELECT f.person, json_agg(json_build_object(
    'institution', e.institution_id, 'programme', e.programme_id, 'level', e.level, 'year_of_entry', e.year_of_entry,
    'entered_on', e.entered_on, 'ended_on', e.ended_on, 'status', e.status)
    ORDER BY e.entered_on, encode(e.student_index, 'hex'))::text AS said
FROM enrolment e JOIN family f USING (learner_id) GROUP BY f.person
"""


@dataclass(frozen=True, slots=True)
class Total:
    """How one person stands to a total."""

    learner_id: UUID
    decided: Decided


_FOLLOWED = f"""
SELECT p.plan_id FROM enrolment e
JOIN plan p ON p.programme_id = e.programme_id AND {FOLLOWS}
WHERE e.learner_id = ANY (%s) ORDER BY e.entered_on DESC, p.published_on DESC LIMIT 1
"""


async def plan_followed(session: Transaction, family: tuple[UUID, ...]) -> UUID:
    """The plan of a person's last enrolment, the one published last. Raises NotFound where there is none."""
    found = await (await (await driver(session)).execute(_FOLLOWED, [list(family)])).fetchone()
    if found is None:
        raise NotFound
    plan_id: UUID = found[0]
    return plan_id


async def total_of(
    session: Transaction,
    *,
    family: tuple[UUID, ...],
    plan_id: UUID,
    purpose: str,
    rulebook: Rulebook,
    keyring: Keyring,
    at: datetime,
    on: date,
) -> Decided:
    """How one person stands to a total of a plan, with every finding. Nothing is stored: it is a calculation.

    Raises NotFound for a plan that is not there, LearnerErased.
    """
    found = await gather(session, family=family, plan_id=plan_id, claim=ClaimSaid(on), keyring=keyring, at=at)
    return rulebook.decide("accumulation", _case(found, purpose, on))


def _case(found: Gathered, purpose: str, on: date) -> dict[str, Any]:
    return {**found.accumulated(purpose), "decision": {"on": on.isoformat()}}


async def totals_of_plan(
    session: Transaction,
    *,
    plan_id: UUID,
    purpose: str,
    rulebook: Rulebook,
    keyring: Keyring,
    at: datetime,
    on: date,
) -> list[Total]:
    """How everybody enrolled in a plan's programme in its years of entry stands to a total, by learner.

    What the document measures is measured by PostgreSQL for all at once wherever it lies in the open; otherwise people
    are gathered in chunks. Both come to the same decisions. Findings told from measures taken at once name no rows.
    """
    plan = await plan_on(session, plan_id, on)
    facts = {**plan.facts, "purpose": {"kind": purpose}, "decision": {"on": on.isoformat()}}
    version = rulebook.version_for("accumulation", facts)
    found = [] if version is None else aggregates(version, {"earned": EARNED})
    if version is None or not _at_once(version, found):
        return await _one_by_one(session, plan, purpose, rulebook=rulebook, keyring=keyring, at=at, on=on)
    measured = await _measured(session, plan, found, on)
    decided = []
    for person, enrolment, values in measured:
        case = {**facts, "enrolment": enrolment, "earned": [], "courses": [], "records": [], READY: values}
        decided.append(Total(person, rulebook.decide("accumulation", case)))
    return decided


def _at_once(version: CompiledVersion, found: list[Aggregate]) -> bool:
    """Whether every set that a version asks about it only measures, and every measure can be taken at once."""
    return not version.beside and {each.place for each in found} == set(version.measures)


async def _measured(
    session: Transaction, plan: KnownPlan, found: list[Aggregate], on: date
) -> list[tuple[UUID, dict[str, Any], dict[str, Any]]]:
    said = {"plan": plan.plan_id, "scheme": plan.scheme, "institution": plan.institution_id}
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(f"WITH {PEOPLE_OF_PLAN} {_ENROLMENTS}", said)
    enrolments = {row["person"]: enrolment_of(orjson.loads(row["said"]), plan, on) for row in await cursor.fetchall()}
    columns = ", ".join(f"{each.sql} AS m{place}" for place, each in enumerate(found)) or "true AS nothing"
    # A percent sign in a quoted word is no place for a parameter.
    query = f"SELECT person, {columns.replace('%', '%%')} FROM counted GROUP BY person"
    await cursor.execute(f"WITH {PEOPLE_OF_PLAN}, {_EARNED} {query}", said)
    rows = {row["person"]: row for row in await cursor.fetchall()}
    nothing = {each.place: each.of_none for each in found}
    people = []
    for person in sorted(enrolments):
        row = rows.get(person)
        values = nothing if row is None else {each.place: value_of(each, row[f"m{n}"]) for n, each in enumerate(found)}
        people.append((person, enrolments[person], values))
    return people


async def _one_by_one(
    session: Transaction,
    plan: KnownPlan,
    purpose: str,
    *,
    rulebook: Rulebook,
    keyring: Keyring,
    at: datetime,
    on: date,
) -> list[Total]:
    cursor = await (await driver(session)).execute(
        f"WITH {PEOPLE_OF_PLAN} SELECT person, array_agg(learner_id ORDER BY learner_id) FROM family GROUP BY person",
        {"plan": plan.plan_id},
    )
    people = sorted(await cursor.fetchall())
    decided = []
    for start in range(0, len(people), CHUNK):
        part = people[start : start + CHUNK]
        asked = [AskedPerson(tuple(family), plan.plan_id, ClaimSaid(on)) for _, family in part]
        gathered = await gather_many(session, asked, keyring=keyring, at=at)
        decided += [
            Total(person, rulebook.decide("accumulation", _case(found, purpose, on)))
            for (person, _), found in zip(part, gathered, strict=True)
        ]
    return decided
