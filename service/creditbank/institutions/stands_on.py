"""What do credits stand on? The questions that are asked before anything published is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, LiteralString, TypeAlias
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.institutions.refusals import ResultsStandOnIt
from creditbank.institutions.timeline import Step

Days: TypeAlias = Mapping[str, Sequence[date]]
"""By code, the days of what stands on it, in order."""

_COURSES = """
SELECT shown ->> 'course_code', array_agg(DISTINCT occurred_on ORDER BY occurred_on) FROM record_current
WHERE institution_id = %(institution)s AND kind = 'course_result' AND shown ->> 'in_plan' = 'false'
  AND shown ->> 'course_code' = ANY (%(codes)s)
GROUP BY 1
"""
_SCALES = """
SELECT code, days FROM unnest(%(codes)s::text[]) AS code, (
    SELECT array_agg(DISTINCT occurred_on ORDER BY occurred_on) AS days FROM record_current
    WHERE institution_id = %(institution)s AND kind IN ('course_result', 'assessment')) AS results
WHERE days IS NOT NULL
"""
_STANDARDS = """
SELECT shown ->> 'standard', array_agg(DISTINCT occurred_on ORDER BY occurred_on) FROM record_current
WHERE kind = 'certificate' AND shown ->> 'standard' = ANY (%(codes)s)
GROUP BY 1
"""
_PLAN = """
WITH enrolled AS (
    SELECT learner_id FROM enrolment
    WHERE institution_id = %(institution)s AND programme_id = %(programme)s
      AND year_of_entry BETWEEN %(entry_from)s AND coalesce(%(entry_until)s, 9999)
), roots AS (
    SELECT learner_id FROM enrolled
    UNION SELECT a.into_learner_id FROM learner_alias a JOIN enrolled USING (learner_id) WHERE a.ended_at IS NULL
), people AS (
    SELECT learner_id FROM roots
    UNION SELECT a.learner_id FROM learner_alias a JOIN roots ON a.into_learner_id = roots.learner_id
    WHERE a.ended_at IS NULL
)
SELECT EXISTS (
    SELECT FROM people JOIN record_current c USING (learner_id)
    WHERE c.institution_id = %(institution)s AND c.kind = 'course_result' AND c.shown ->> 'in_plan' = 'true'
      AND c.shown ->> 'course_code' = ANY (%(courses)s))
"""


async def courses(session: AsyncSession, *, institution_id: UUID, codes: Sequence[str]) -> Days:
    """The days of live results that were deposited by the catalogue, by course; those by a plan stand on the plan."""
    return await _days(session, _COURSES, institution=institution_id, codes=list(codes))


async def scales(session: AsyncSession, *, institution_id: UUID, codes: Sequence[str]) -> Days:
    """The days of all live results of the institution: which scale each was read by is not kept apart."""
    return await _days(session, _SCALES, institution=institution_id, codes=list(codes))


async def standards(session: AsyncSession, *, codes: Sequence[str]) -> Days:
    """The days of live certificates, by standard."""
    return await _days(session, _STANDARDS, codes=list(codes))


async def _days(session: AsyncSession, question: LiteralString, **said: Any) -> Days:
    if not said["codes"]:
        return {}
    found = await (await (await driver(session)).execute(question, said)).fetchall()
    return dict(found)


async def plan(
    session: AsyncSession,
    *,
    institution_id: UUID,
    programme_id: UUID,
    entry_from: int,
    entry_until: int | None,
    courses: Sequence[str],
) -> bool:
    """Whether a live result stands on a plan: one deposited by a plan, of a course that this one has, by somebody who
    is enrolled in its programme with a year of entry that it covers, in this account or in one merged with it."""
    cursor = await (await driver(session)).execute(
        _PLAN,
        {
            "institution": institution_id,
            "programme": programme_id,
            "entry_from": entry_from,
            "entry_until": entry_until,
            "courses": list(courses),
        },
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


def unless(days: Days) -> Callable[[str, Step], ResultsStandOnIt | None]:
    """Refuse a step that would change what held on a day on which something stands."""

    def may_alter(code: str, step: Step) -> ResultsStandOnIt | None:
        if step.altered is None:
            return None
        since, until = step.altered
        standing = [day for day in days.get(code, ()) if since <= day and (until is None or day < until)]
        return ResultsStandOnIt(code=code, since=since, last=max(standing)) if standing else None

    return may_alter
