"""Rows that wait for a person: kept whole and sealed, known again when they are sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from creditbank.db import Transaction, TryAgain, driver
from creditbank.identifiers import new_id
from creditbank.records.intake import Sender, SetAside
from creditbank.records.reading import ReadRow
from creditbank.sealing import Keyring, seal_for_bank

_SUPERSEDE = """
UPDATE held_row h SET status = 'superseded', resolved_at = %(at)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(key_index bytea, row_index bytea)
WHERE h.institution_id = %(institution)s AND h.key_index = r.key_index AND h.status = 'open'
  AND h.row_index IS DISTINCT FROM r.row_index
"""

_HOLD = """
WITH asked AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(
        held_row_id uuid, key_index bytea, hold text, ground text, row_no int, row_index bytea, payload_sealed bytea,
        candidates uuid[])
), held AS (
    INSERT INTO held_row (held_row_id, institution_id, key_index, hold, ground, submission_id, row_no, row_index,
                          payload_sealed, candidates, received_at, status)
    SELECT held_row_id, %(institution)s, key_index, hold, ground, %(submission)s, row_no, row_index, payload_sealed,
           candidates, %(at)s, 'open'
    FROM asked
    ON CONFLICT (institution_id, key_index) WHERE status = 'open' DO NOTHING
    RETURNING key_index, held_row_id
)
SELECT asked.key_index, coalesce(held.held_row_id, (
    SELECT h.held_row_id FROM held_row h
    WHERE h.institution_id = %(institution)s AND h.key_index = asked.key_index AND h.status = 'open'))
FROM asked LEFT JOIN held USING (key_index)
"""


async def hold_rows(
    session: Transaction,
    rows: Sequence[SetAside],
    *,
    sender: Sender,
    submission_id: UUID,
    keyring: Keyring,
    at: datetime,
) -> dict[int, UUID]:
    """Keep rows until an officer decides: the held row of each, by row number.

    The same row sent again is the same held row; another content under its key takes its place, and the older one is
    superseded.
    """
    if not rows:
        return {}
    last_of_key = {aside.row.key_index: aside for aside in rows}
    asked = orjson.dumps([_kept(aside, keyring) for aside in last_of_key.values()]).decode()
    said = {"rows": asked, "institution": sender.institution_id, "submission": submission_id, "at": at}
    connection = await driver(session)
    await connection.execute(_SUPERSEDE, said)
    cursor = await connection.execute(_HOLD, said)
    found = {bytes(key): held_row_id for key, held_row_id in await cursor.fetchall()}
    if None in found.values():
        raise TryAgain  # other content under the key was held at the same moment, by a transaction not seen here
    return {aside.row.row_no: found[aside.row.key_index] for aside in rows}


async def supersede(session: Transaction, rows: Sequence[ReadRow], *, sender: Sender, at: datetime) -> None:
    """A row that can be written now takes the place of one that was held under its key."""
    if not rows:
        return
    asked = orjson.dumps([{"key_index": "\\x" + row.key_index.hex(), "row_index": None} for row in rows]).decode()
    connection = await driver(session)
    await connection.execute(_SUPERSEDE, {"rows": asked, "institution": sender.institution_id, "at": at})


_SUPERSEDE_ALL = """
UPDATE held_row h SET status = 'superseded', resolved_at = %(at)s
FROM record_key k
WHERE k.record_id = ANY (%(records)s) AND k.institution_id = %(institution)s AND h.institution_id = k.institution_id
  AND h.key_index = k.key_index AND h.status = 'open'
"""


async def supersede_all(session: Transaction, records: Sequence[UUID], *, institution_id: UUID, at: datetime) -> None:
    """Nothing that was to be said of records waits any longer once they are withdrawn."""
    said = {"records": list(records), "institution": institution_id, "at": at}
    await (await driver(session)).execute(_SUPERSEDE_ALL, said)


def _kept(aside: SetAside, keyring: Keyring) -> dict[str, Any]:
    held_row_id, row = new_id(), aside.row
    payload = orjson.dumps(row.given.model_dump(mode="json", exclude_none=True))
    return {
        "held_row_id": str(held_row_id),
        "key_index": "\\x" + row.key_index.hex(),
        "hold": aside.hold,
        "ground": aside.ground,
        "row_no": row.row_no,
        "row_index": "\\x" + row.row_index.hex(),
        "payload_sealed": "\\x" + seal_for_bank(keyring, payload, held_row_id.bytes).hex(),
        "candidates": [str(candidate) for candidate in aside.candidates],
    }
