"""Which of an institution's records officers of the bank have moved to another person of late, asked by index.

Such a move is a submission of the institution's that an officer made in its place, and the submissions of one
institution lie in the order of time. From the submission to its record there is no index: the feed leads there, from
where it stood a little before on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.records.reassigning import BANK

SKEW = timedelta(minutes=1)
"""By how much the clocks of two processes may differ: so much earlier is the feed read from."""
LATE = timedelta(days=1)
"""So much later a move has its number in the feed, whatever stood still: of one that is gone no more is read."""


@dataclass(frozen=True, slots=True)
class MovedByBank:
    """A record that was given to another person: when, what it is called by, and why. Whose it was is not here."""

    at: datetime
    record_id: UUID
    kind: str
    fields: dict[str, Any]
    reason: str | None


MOVED: LiteralString = """
SELECT s.received_at AS at, moved.record_id, moved.kind, moved.body || moved.derived AS fields, moved.reason
FROM (
    SELECT submission_id, received_at FROM submission
    WHERE institution_id = %(institution)s AND received_at >= %(since)s AND starts_with(sent_by, %(bank)s)
    ORDER BY received_at DESC LIMIT %(limit)s
) s
CROSS JOIN LATERAL (
    SELECT v.record_id, v.kind, v.body, v.derived, v.reason
    FROM feed_item f JOIN record_version v USING (learner_id, record_id, version)
    WHERE f.institution_id = %(institution)s AND f.act = 'reassigned_away' AND v.submission_id = s.submission_id
      AND f.number >= coalesce((
          SELECT n.number FROM feed_item n WHERE n.numbered_at < s.received_at - %(skew)s
          ORDER BY n.numbered_at DESC LIMIT 1), 0)
      AND f.number < coalesce((
          SELECT n.number FROM feed_item n WHERE n.numbered_at > s.received_at + %(late)s
          ORDER BY n.numbered_at LIMIT 1), 9223372036854775807)
    ORDER BY f.number LIMIT 1
) moved
ORDER BY s.received_at DESC
"""


async def moved_by_bank(
    session: AsyncSession, *, institution_id: UUID, since: datetime, limit: int
) -> Sequence[MovedByBank]:
    """The newest first; what has no number yet, for a moment after it was done, is not among them."""
    cursor = (await driver(session)).cursor(row_factory=class_row(MovedByBank))
    said = {"institution": institution_id, "since": since, "bank": BANK, "skew": SKEW, "late": LATE, "limit": limit}
    await cursor.execute(MOVED, said)
    return await cursor.fetchall()
