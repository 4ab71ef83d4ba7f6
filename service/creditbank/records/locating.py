"""Where a record is now: records move when they are reassigned."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from creditbank.db import Transaction, driver


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


async def locate(session: Transaction, record_id: UUID) -> Located | None:
    """The last version of a record, wherever it is."""
    connection = await driver(session)
    found = await (await connection.execute(_LOCATE, [record_id])).fetchone()
    return None if found is None else Located(*found)
