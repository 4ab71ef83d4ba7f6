"""Enrolments (学籍) as the live enrolment events leave them: derived again whenever an event changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from creditbank.db import Transaction, driver

_DERIVE = """
WITH gone AS (
    DELETE FROM enrolment WHERE learner_id = ANY (%(learners)s) AND institution_id = %(institution)s
    RETURNING learner_id
), events AS (
    SELECT c.learner_id, c.shown ->> 'student_index' AS student, c.occurred_on, c.record_id, c.shown,
           row_number() OVER (PARTITION BY c.learner_id, c.shown ->> 'student_index'
                              ORDER BY c.occurred_on DESC, c.recorded_at DESC, c.record_id DESC) AS latest
    FROM record_current c
    WHERE c.learner_id = ANY (%(learners)s) AND c.institution_id = %(institution)s AND c.kind = 'enrolment_event'
)
SELECT learner_id, student,
       min(occurred_on),
       max(occurred_on) FILTER (WHERE latest = 1 AND shown ->> 'event' IN ('graduated', 'completed', 'withdrew')),
       max(shown ->> 'event') FILTER (WHERE latest = 1),
       max(shown ->> 'level') FILTER (WHERE latest = 1),
       (array_agg(shown ->> 'programme_id' ORDER BY latest) FILTER (WHERE shown ->> 'programme_id' IS NOT NULL))[1],
       (array_agg(shown ->> 'year_of_entry' ORDER BY latest) FILTER (WHERE shown ->> 'year_of_entry' IS NOT NULL))[1],
       max(shown ->> 'student_sealed') FILTER (WHERE latest = 1)
FROM events GROUP BY learner_id, student
"""

_BEFORE = """
SELECT learner_id, encode(student_index, 'hex'), level, programme_id, year_of_entry, entered_on FROM enrolment
WHERE learner_id = ANY (%(learners)s) AND institution_id = %(institution)s
"""

_INSERT = """
INSERT INTO enrolment (learner_id, institution_id, student_index, student_sealed, level, programme_id,
                       year_of_entry, entered_on, ended_on, status)
VALUES (%s, %s, decode(%s, 'hex'), decode(%s, 'hex'), %s, %s, %s, %s, %s, %s)
"""


def event_shown(
    event: str, *, programme: dict[str, Any] | None, student_index: bytes | None, student_sealed: bytes
) -> dict[str, Any]:
    """What an enrolment event keeps for deriving the enrolment from it."""
    assert student_index is not None, "an enrolment event has a student number"
    shown = {"event": event, "student_index": student_index.hex(), "student_sealed": student_sealed.hex()}
    return shown if programme is None else {**shown, "programme_id": programme["id"], "title": programme["name"]}


async def derive_enrolments(session: Transaction, *, learners: Iterable[UUID], institution_id: UUID) -> set[UUID]:
    """Derive some learners' enrolments at an institution from their live enrolment events; the learners are locked.

    Returns the learners for whom it is now another enrolment: its level, programme, year or first day. That it ended
    changes nothing of what was learned in it.
    """
    connection = await driver(session)
    said = {"learners": sorted(learners), "institution": institution_id}
    before = set(await (await connection.execute(_BEFORE, said)).fetchall())
    cursor = await connection.execute(_DERIVE, said)
    rows = [
        (learner, institution_id, student, sealed, level, programme, year, entered, ended, event)
        for learner, student, entered, ended, event, level, programme, year, sealed in await cursor.fetchall()
    ]
    async with connection.cursor() as writing:
        await writing.executemany(_INSERT, rows)
    after = set(await (await connection.execute(_BEFORE, said)).fetchall())
    return {row[0] for row in before ^ after}
