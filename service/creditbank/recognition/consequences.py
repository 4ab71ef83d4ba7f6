"""What follows for conversions when the records they use change: each is decided again in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import orjson

from creditbank.db import Transaction, driver
from creditbank.learners.families import families_of
from creditbank.recognition.deciding_again import Why, decide_again
from creditbank.recognition.opening import read_claim
from creditbank.recognition.standing import read_locked
from creditbank.recognition.writing import new_writing
from creditbank.records.acts import Tools
from creditbank.records.consequences import Changed

_STAND_ON: LiteralString = """
WITH changed AS (
    SELECT * FROM jsonb_to_recordset(%(changed)s::jsonb) AS c(family uuid[], records uuid[], everything bool)
), people AS (
    SELECT unnest(c.family) AS learner_id, c.records, c.everything FROM changed c
    UNION
    -- Who was one person until now: what stands here may use what is theirs alone from now on.
    SELECT CASE WHEN a.learner_id = ANY (c.family) THEN a.into_learner_id ELSE a.learner_id END, c.records, true
    FROM changed c JOIN learner_alias a ON a.learner_id = ANY (c.family) OR a.into_learner_id = ANY (c.family)
    WHERE c.everything
)
SELECT v.learner_id, v.claim_id, max(d.decided_at) AS made_at,
       array_agg(DISTINCT v.line_no ORDER BY v.line_no DESC) AS lines
FROM people p
JOIN conversion v ON v.learner_id = p.learner_id AND v.state = 'granted'
JOIN decision d ON d.learner_id = v.learner_id AND d.decision_id = v.decision_id
WHERE p.everything OR EXISTS (
    SELECT FROM record_use u
    WHERE u.learner_id = v.learner_id AND u.conversion_id = v.conversion_id AND u.record_id = ANY (p.records))
GROUP BY v.learner_id, v.claim_id
ORDER BY made_at DESC, v.claim_id DESC
"""
_WHO_IT_IS = {"merged", "parted"}


async def rederive(session: Transaction, changed: Sequence[Changed], tools: Tools) -> None:
    """Decide again whatever stood on changed records: it stays, gives less, or ends; what a diploma was issued on is
    flagged for people.

    The last one granted goes first, so that of two that cannot stand together (a merge may show that) the first stays.
    """
    for learner_id, claim_id, lines, why in await _stand_on(session, changed):
        family = (await families_of(session, [learner_id]))[learner_id]
        (person,) = (await read_locked(session, [family], keyring=tools.keyring, at=tools.at)).values()
        opened = await read_claim(session, person, claim_id)
        writing = new_writing(tools, [person], by="rules")
        for number in lines:
            await decide_again(session, writing, opened, opened.line(number), why)
        if writing.rows:
            await writing.write(session)


async def _stand_on(session: Transaction, changed: Sequence[Changed]) -> list[tuple[UUID, UUID, Sequence[int], Why]]:
    asked = [
        {
            "family": list(one.family),
            "records": list(one.records),
            "everything": bool(_WHO_IT_IS & set(one.records.values())),
        }
        for one in changed
    ]
    cursor = await (await driver(session)).execute(_STAND_ON, {"changed": orjson.dumps(asked).decode()})
    acts = {member: one for one in changed for member in one.family}
    return [
        (learner_id, claim_id, lines, _why(acts.get(learner_id), learner_id))
        for learner_id, claim_id, _, lines in await cursor.fetchall()
    ]


def _why(changed: Changed | None, learner_id: UUID) -> Why:
    if changed is None:
        return Why(_because(set()))
    because = _because(set(changed.records.values()))
    if not _WHO_IT_IS & set(changed.records.values()):
        return Why(because, records=tuple(changed.records))
    beside = tuple(member for side in changed.joined if learner_id not in side for member in side)
    return Why(because, beside=beside, one_since=changed.one_since)


_TOLD = ("withdrawn", "reassigned_away", "merged", "parted", "corrected", "redecided")


def _because(acts: set[str]) -> str:
    """The weightiest thing that happened to the records, as a decision names it."""
    return next((f"record_{act}" for act in _TOLD if act in acts), "record_changed")
