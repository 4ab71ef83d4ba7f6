"""Where a record is, and which accounts are one person's."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver


@dataclass(frozen=True, slots=True)
class Located:
    """A record's last version: whose it is, who reported it, what was last done to it."""

    learner_id: UUID
    institution_id: UUID
    kind: str
    version: int
    act: str


_LOCATE = """
SELECT learner_id, institution_id, kind, version, act FROM record_version
WHERE record_id = %s ORDER BY version DESC LIMIT 1
"""

_FAMILY = """
WITH root AS (
    SELECT coalesce((SELECT into_learner_id FROM learner_alias WHERE learner_id = %(learner)s AND ended_at IS NULL),
                    %(learner)s::uuid) AS learner_id
)
SELECT learner_id FROM root
UNION SELECT a.learner_id FROM learner_alias a JOIN root ON a.into_learner_id = root.learner_id
WHERE a.ended_at IS NULL
"""


async def locate(session: AsyncSession, record_id: UUID) -> Located | None:
    """The last version of a record, wherever it is."""
    connection = await driver(session)
    found = await (await connection.execute(_LOCATE, [record_id])).fetchone()
    return None if found is None else Located(*found)


async def family_of(session: AsyncSession, learner_id: UUID) -> tuple[UUID, ...]:
    """All accounts of the person whose account this is, in the order in which they are locked."""
    connection = await driver(session)
    cursor = await connection.execute(_FAMILY, {"learner": learner_id})
    return tuple(sorted(learner for (learner,) in await cursor.fetchall()))
