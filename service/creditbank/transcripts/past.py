"""What did the transcript say on a day, as known at an instant? Answered from versions and decisions, on both clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.transcripts.current import FAMILY, LINE, PERSON, TOTALS

_KNOWN = """
    (%(number)s::bigint IS NULL OR EXISTS (
        SELECT FROM feed_item f
        WHERE f.learner_id = {x}.learner_id AND f.change_id = {x}.change_id AND f.number <= %(number)s))"""

ROWS = f"""
all_rows AS MATERIALIZED (
    SELECT v.learner_id, v.record_id, v.version, v.institution_id, v.kind, v.occurred_on, v.recorded_at, v.level,
           v.body || v.derived AS shown, v.sealed, d.scheme, d.credits, d.verdict, d.clause, d.decision_id,
           (SELECT p.posting_id FROM posting p
            WHERE p.learner_id = d.learner_id AND p.decision_id = d.decision_id AND p.kind <> 'reversal'
            ORDER BY p.posted_at DESC LIMIT 1) AS posting_id
    FROM (SELECT DISTINCT ON (v.record_id) v.* FROM record_version v JOIN family USING (learner_id)
          WHERE {_KNOWN.format(x="v")} ORDER BY v.record_id, v.version DESC) v
    JOIN LATERAL (
        SELECT d.* FROM decision d
        WHERE d.learner_id = v.learner_id AND d.record_id = v.record_id AND d.effective_on <= %(as_of)s
          AND d.revision = (SELECT max(r.revision) FROM decision r
                            WHERE r.learner_id = v.learner_id AND r.record_id = v.record_id
                              AND {_KNOWN.format(x="r")})
        ORDER BY d.effective_on DESC LIMIT 1) d ON true
    WHERE v.act NOT IN ('withdrawn', 'reassigned_away') AND v.occurred_on <= %(as_of)s
)"""
"""Live records with the decision that held, on `as_of` as known at `number`."""

_PAST = f"""
WITH {FAMILY}, {ROWS}, rows AS (
    SELECT * FROM all_rows c
    WHERE (%(institution)s::uuid IS NULL OR c.institution_id = %(institution)s)
      AND (%(records)s::uuid[] IS NULL OR c.record_id = ANY (%(records)s))
)
SELECT {PERSON},
    {TOTALS.format(rows="rows")},
    (SELECT coalesce(json_agg({LINE.format(c="r")} ORDER BY r.scheme, r.level, r.institution_id, r.occurred_on,
            r.record_id), '[]')::text FROM rows r),
    (SELECT count(*) FROM all_rows)
"""


async def read_past(
    session: AsyncSession,
    learner_id: UUID,
    *,
    as_of: date,
    number: int | None,
    institution_id: UUID | None,
    records: Sequence[UUID] | None,
) -> tuple[Any, ...]:
    """The same as `current.read_current`, as of a day and as known at a number of the change feed.

    Accounts merged today are one person here too: whose a record is, is not a question of when.
    """
    connection = await driver(session)
    cursor = await connection.execute(
        _PAST,
        {
            "learner": learner_id,
            "as_of": as_of,
            "number": number,
            "institution": institution_id,
            "records": None if records is None else list(records),
        },
    )
    found: tuple[Any, ...] | None = await cursor.fetchone()
    assert found is not None
    return found
