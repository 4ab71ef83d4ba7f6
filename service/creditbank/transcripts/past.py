"""What did the transcript say on a day, as known at an instant? From versions and decisions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from creditbank.credits import format_credits
from creditbank.db import Transaction, run
from creditbank.records.lines import line_of, shown_of
from creditbank.transcripts.conversions import conversions
from creditbank.transcripts.current import FAMILY, person

_KNOWN = """
    ($3::bigint IS NULL OR EXISTS (
        SELECT FROM feed_item f
        WHERE f.learner_id = {x}.learner_id AND f.change_id = {x}.change_id AND f.number <= $3))"""

_PAST = f"""
WITH {FAMILY}
SELECT v.learner_id::text, v.record_id::text, v.version, v.institution_id::text, v.kind, v.occurred_on, v.recorded_at,
       d.level, v.body, v.derived, v.sealed, d.scheme, d.credits, d.verdict, d.clause, d.decision_id::text,
       (SELECT p.posting_id::text FROM posting p
        WHERE p.learner_id = d.learner_id AND p.decision_id = d.decision_id AND p.kind <> 'reversal'
        ORDER BY p.posted_at DESC, p.posting_id DESC LIMIT 1) AS posting_id
FROM (SELECT DISTINCT ON (v.record_id) v.* FROM record_version v JOIN family USING (learner_id)
      WHERE {_KNOWN.format(x="v")} ORDER BY v.record_id, v.version DESC) v
JOIN LATERAL (
    SELECT d.* FROM decision d
    WHERE d.learner_id = v.learner_id AND d.record_id = v.record_id AND d.effective_on <= $2
      AND d.revision = (SELECT max(r.revision) FROM decision r
                        WHERE r.learner_id = v.learner_id AND r.record_id = v.record_id AND {_KNOWN.format(x="r")})
    ORDER BY d.effective_on DESC LIMIT 1) d ON true
WHERE v.act NOT IN ('withdrawn', 'reassigned_away') AND v.occurred_on <= $2
ORDER BY d.scheme, d.level, v.institution_id, v.occurred_on, v.record_id
"""

_CONVERSIONS = conversions(known=_KNOWN.format(x="d"), effective="d.effective_on <= $2")
_PERSON = f"WITH {FAMILY} SELECT {person(_CONVERSIONS)} FROM learner l JOIN root USING (learner_id)"


async def read_past(
    session: Transaction,
    learner_id: UUID,
    *,
    as_of: date,
    number: int | None,
    institution_id: UUID | None,
    records: Sequence[UUID] | None,
) -> tuple[list[Any], int]:
    """The same rows as `current.read_current`, as of a day and as known at a number of the feed; how many in all.

    Accounts merged today are one person here too: whose a record is, is not a question of when.
    """
    who = await (await run(session, _PERSON, learner_id, as_of, number)).fetchall()
    found = await (await run(session, _PAST, learner_id, as_of, number)).fetchall()
    wanted = None if records is None else {str(record) for record in records}
    rows: list[Any] = [(text, None, None, None, 0, None, None) for (text,) in who]
    rows += [
        _row(*row)
        for row in found
        if (institution_id is None or row[3] == str(institution_id)) and (wanted is None or row[1] in wanted)
    ]
    return rows, len(found)


def _row(
    learner_id: str,
    record_id: str,
    version: int,
    institution_id: str,
    kind: str,
    occurred_on: date,
    recorded_at: Any,
    level: str | None,
    body: dict[str, Any],
    derived: dict[str, Any],
    sealed: bytes | None,
    scheme: str | None,
    credits: int,
    verdict: str,
    clause: str | None,
    decision_id: str,
    posting_id: str | None,
) -> tuple[Any, ...]:
    line = line_of(
        record_id=record_id,
        learner_id=learner_id,
        kind=kind,
        institution_id=institution_id,
        scheme=scheme,
        level=level,
        credits=format_credits(credits),
        verdict=verdict,
        clause=clause,
        occurred_on=occurred_on.isoformat(),
        recorded_at=recorded_at.isoformat(),
        version=version,
        decision_id=decision_id,
        posting_id=posting_id,
        shown=shown_of(body, derived),
    )
    return line, scheme, level, institution_id, credits, sealed, occurred_on
