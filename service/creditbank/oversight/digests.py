"""Whether every version, decision and posting still says what was digested when it was written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row

from creditbank.db import Transaction, driver
from creditbank.sealing import as_digested, digest_holds

_READ: dict[str, LiteralString] = {
    "record_version": """
        SELECT learner_id, record_id, version, change_id, institution_id, kind, act, occurred_on, recorded_at,
               submission_id, row_no, row_index, content, body, derived, warnings, reason, salt, digest
        FROM record_version
    """,
    "decision": """
        SELECT learner_id, decision_id, change_id, kind, record_id, record_version, claim_id, line_no, round_id,
               revision, effective_on, verdict, scheme, level, credits, document, document_version, document_digest,
               clause, basis, engine, decided_at, facts_sealed, salt, digest
        FROM decision
    """,
    "posting": """
        SELECT learner_id, posting_id, change_id, decision_id, record_id, claim_id, line_no, purpose, kind, reverses,
               scheme, institution_id, amount, occurred_on, posted_at, salt, digest
        FROM posting
    """,
}
_ROWS_AT_A_TIME = 2_000

_AS_WRITTEN: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (UUID, str),
    (datetime, lambda instant: instant.astimezone(UTC).isoformat()),
    (date, lambda day: day.isoformat()),
    (bytes, lambda octets: "\\x" + octets.hex()),
)
"""How each kind of value stood in the digest: as in the JSON with which the row was written."""


async def altered(session: Transaction) -> AsyncIterator[str]:
    """Every row whose content is not what its digest is of, as `table: learner, change`."""
    for table, query in _READ.items():
        connection = await driver(session)
        async with connection.cursor(f"digests_{table}", row_factory=dict_row) as cursor:
            cursor.itersize = _ROWS_AT_A_TIME
            await cursor.execute(query)
            async for row in cursor:
                salt, digest = bytes(row.pop("salt")), bytes(row.pop("digest"))
                if not digest_holds(digest, salt, as_digested({name: _said(value) for name, value in row.items()})):
                    yield f"{table}: {row['learner_id']}, {row['change_id']}"


def _said(value: Any) -> Any:
    for kind, said in _AS_WRITTEN:
        if isinstance(value, kind):
            return said(value)
    return value
