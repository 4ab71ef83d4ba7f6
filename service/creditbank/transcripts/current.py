"""What does today's transcript of this person say? One statement over the projection, whose lines are ready-made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from creditbank.db import Transaction, run
from creditbank.transcripts.conversions import conversions

FAMILY = """
root AS (
    SELECT coalesce((SELECT a.into_learner_id FROM learner_alias a
                     WHERE a.learner_id = $1 AND a.ended_at IS NULL), $1::uuid) AS learner_id
), family AS (
    SELECT learner_id FROM root
    UNION ALL SELECT a.learner_id FROM learner_alias a JOIN root ON a.into_learner_id = root.learner_id
    WHERE a.ended_at IS NULL
)"""


def person(conversions: str) -> str:
    """SQL: who the person is, still sealed, the wrapped key of each of their accounts, and what was converted."""
    return f"""
json_build_object('learner_id', l.learner_id, 'account_no', l.account_no,
    'keys', (SELECT json_object_agg(k.learner_id, encode(k.wrapped, 'hex'))
             FROM learner_key k JOIN family USING (learner_id)),
    'accounts', (SELECT json_agg(f.learner_id) FROM family f),
    'name', (SELECT encode(n.name_sealed, 'hex') FROM learner_name n
             WHERE n.learner_id = l.learner_id AND n.ended_at IS NULL ORDER BY n.given_at DESC LIMIT 1),
    'document', (SELECT json_build_object('kind', d.kind, 'sealed', encode(d.sealed, 'hex'))
                 FROM learner_document d WHERE d.learner_id = l.learner_id AND d.ended_at IS NULL
                 ORDER BY d.recorded_at DESC LIMIT 1),
    'conversions', {conversions})::text"""


_CURRENT = f"""
WITH {FAMILY}
SELECT {person(conversions())}, NULL AS scheme, NULL AS level, NULL AS institution_id, 0 AS credits, NULL AS sealed,
       NULL::date AS occurred_on
FROM learner l JOIN root USING (learner_id)
UNION ALL (
    SELECT c.line, c.scheme, c.level, c.institution_id::text, c.credits, c.sealed, c.occurred_on
    FROM record_current c JOIN family USING (learner_id)
    WHERE ($2::uuid IS NULL OR c.institution_id = $2) AND ($3::uuid[] IS NULL OR c.record_id = ANY ($3))
    ORDER BY c.scheme, c.level, c.institution_id, c.occurred_on, c.record_id
)
"""

_IN_ALL = f"WITH {FAMILY} SELECT count(*) FROM record_current JOIN family USING (learner_id)"


async def read_current(
    session: Transaction, learner_id: UUID, *, institution_id: UUID | None, records: Sequence[UUID] | None
) -> list[Any]:
    """First the person, then their records: (JSON text, scheme, level, institution, hundredths, sealed, day).

    Only those an institution reported, where one is named; only some records, where they are.
    """
    asked = None if records is None else list(records)
    return await (await run(session, _CURRENT, learner_id, institution_id, asked)).fetchall()


async def how_many(session: Transaction, learner_id: UUID) -> int:
    """How many live records the person has in all."""
    found = await (await run(session, _IN_ALL, learner_id)).fetchone()
    return 0 if found is None else int(found[0])
