"""What those who follow a plan have achieved, and who has what: a class is chosen by it, without anybody's ids.

A college is shown what it may claim by: its own records, and those of whoever lets it use theirs for recognition.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.credits import format_credits
from creditbank.db import driver
from creditbank.errors import NotAllowed, NotFound
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor
from creditbank.learners.personal import current_name, keys_of, names_of, opened
from creditbank.recognition.accumulating import PEOPLE_OF_PLAN
from creditbank.recognition.class_schemas import Achievement, ClassCandidate
from creditbank.recognition.standing import target_of
from creditbank.sealing import Keyring


@dataclass(frozen=True, slots=True)
class Shared:
    """An achievement that several learners can have: of whom, of which kind, and its code or title."""

    institution_id: UUID
    kind: str
    what: str


_HELD: LiteralString = f"""
WITH {PEOPLE_OF_PLAN}, said AS (
    SELECT DISTINCT ON (f.person) f.person, s.given AND (s.until_on IS NULL OR s.until_on >= %(today)s) AS given
    FROM family f JOIN consent s USING (learner_id)
    WHERE s.purpose = 'recognition' AND s.institution_id = %(college)s AND s.at <= %(at)s
    ORDER BY f.person, s.at DESC, s.consent_id DESC
), held AS (
    SELECT f.person, c.institution_id, c.kind, c.record_id, c.occurred_on, c.credits,
           coalesce(c.shown ->> 'course_code', c.shown ->> 'standard', c.shown ->> 'title', c.shown ->> 'event',
                    c.shown ->> 'name', c.kind) AS what,
           coalesce(c.shown ->> 'title', c.shown ->> 'course_name', c.shown ->> 'event', c.shown ->> 'name',
                    c.shown ->> 'course_code', c.shown ->> 'standard', '') AS title
    FROM record_current c JOIN family f USING (learner_id) LEFT JOIN said USING (person)
    WHERE c.kind <> 'enrolment_event' AND (c.institution_id = %(college)s OR said.given)
      -- What the plan itself teaches is passed, and not claimed for.
      AND NOT (c.institution_id = %(college)s AND c.kind = 'course_result' AND EXISTS (
          SELECT FROM plan_course k WHERE k.plan_id = %(plan)s AND k.course_code = c.shown ->> 'course_code'))
)"""
_ACHIEVEMENTS: LiteralString = f"""{_HELD}
SELECT * FROM (
    SELECT institution_id, kind, what, max(title) AS title, count(DISTINCT person) AS learners FROM held
    WHERE (strpos(lower(what), lower(%(search)s)) > 0 OR strpos(lower(title), lower(%(search)s)) > 0)
      AND (%(only)s::text[] IS NULL OR ARRAY[institution_id::text, kind, what] = %(only)s::text[])
    GROUP BY institution_id, kind, what
) x
WHERE %(most)s::bigint IS NULL
   OR (-learners, institution_id, kind, what) > (-%(most)s::bigint, %(of)s::uuid, %(kind)s, %(what)s)
ORDER BY -learners, institution_id, kind, what LIMIT %(limit)s
"""
_CANDIDATES: LiteralString = f"""{_HELD}
SELECT DISTINCT ON (h.person) h.person, h.record_id, h.occurred_on, h.credits, e.learner_id, e.student_sealed
FROM held h, LATERAL (
    SELECT e.learner_id, e.student_sealed
    FROM family f JOIN enrolment e USING (learner_id) JOIN plan p ON p.programme_id = e.programme_id
    WHERE f.person = h.person AND p.plan_id = %(plan)s ORDER BY e.entered_on DESC LIMIT 1) e
WHERE h.institution_id = %(of)s AND h.kind = %(kind)s AND h.what = %(what)s
  AND (%(after)s::uuid IS NULL OR h.person > %(after)s::uuid)
  AND (%(only)s::uuid[] IS NULL OR h.person = ANY (%(only)s))
  AND NOT EXISTS (
    SELECT FROM conversion v JOIN family f USING (learner_id)
    WHERE f.person = h.person AND v.plan_id = %(plan)s AND v.course_code = %(course)s
      AND (v.state = 'granted' OR (v.state = 'reserved' AND v.expires_at > %(at)s)))
ORDER BY h.person, h.credits DESC, h.occurred_on DESC, h.record_id LIMIT %(limit)s
"""


async def achievements(
    session: AsyncSession,
    plan_id: UUID,
    *,
    actor: Actor,
    search: str = "",
    only: Shared | None = None,
    after: tuple[int, UUID, str, str] | None = None,
    limit: int,
    at: datetime,
) -> list[Achievement]:
    """What learners of a plan have, what most have first; `after` is the last one of the page before, `only` is one.

    Raises NotAllowed for a caller who is bound to no college, NotFound for a plan that is not the college's own.
    """
    most, of, kind, what = after or (None, None, None, None)
    rows = await _rows(
        session, _ACHIEVEMENTS, plan_id, actor, at=at, search=search, most=most, of=of, kind=kind, what=what,
        only=None if only is None else [str(only.institution_id), only.kind, only.what], limit=limit,
    )  # fmt: skip
    return [Achievement(**row) for row in rows]


async def candidates(
    session: AsyncSession,
    plan_id: UUID,
    shared: Shared,
    *,
    actor: Actor,
    course_code: str | None = None,
    only: Collection[UUID] | None = None,
    after: UUID | None,
    limit: int,
    keyring: Keyring,
    at: datetime,
) -> list[ClassCandidate]:
    """Who has an achievement and not the course yet, by their ids, each with the record that would be used; that names
    were seen is logged. Raises NotAllowed and NotFound as above."""
    rows = await _rows(
        session, _CANDIDATES, plan_id, actor, at=at, of=shared.institution_id, kind=shared.kind, what=shared.what,
        course=course_code, only=None if only is None else list(only), after=after, limit=limit,
    )  # fmt: skip
    if rows:
        detail = {"plan_id": str(plan_id), "count": len(rows)}
        await note(session, actor=actor, act="class_seen", purpose="claim", at=at, detail=detail)
    people = {row["person"] for row in rows}
    called = await names_of(session, people, keyring=keyring)
    keys = await keys_of(session, {row["learner_id"] for row in rows}, keyring=keyring)
    return [
        ClassCandidate(
            learner_id=row["person"],
            record_id=row["record_id"],
            name=current_name([one for one in called if one.learner_id == row["person"]], row["person"]),
            student_no=opened(keys.get(row["learner_id"]), row["student_sealed"], row["learner_id"], "student_no"),
            occurred_on=row["occurred_on"],
            credits=format_credits(row["credits"]),
        )
        for row in rows
    ]


async def _rows(
    session: AsyncSession, query: LiteralString, plan_id: UUID, actor: Actor, *, at: datetime, **named: Any
) -> list[dict[str, Any]]:
    college = actor.institution_id
    if college is None:
        raise NotAllowed
    if (await target_of(session, plan_id)).institution_id != college:
        raise NotFound
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    said = {"plan": plan_id, "college": college, "at": at, "today": clock.today(at), **named}
    return list(await (await cursor.execute(query, said)).fetchall())
