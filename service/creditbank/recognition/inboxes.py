"""Lists of claims: the inbox of each hand, the bank's with what is overdue first, and what people should look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import driver
from creditbank.identity.actor import Actor, Reach
from creditbank.recognition.moving import is_overdue
from creditbank.recognition.schemas import ClaimShort
from creditbank.recognition.tables import Claim

HANDS_OF: Mapping[str, frozenset[str]] = {
    "registrar": frozenset({"department", "registrar"}),
    "department_reviewer": frozenset({"department"}),
    "certificate_body": frozenset({"issuer"}),
    "claims:read": frozenset({"department", "registrar", "issuer"}),
    "claims:write": frozenset({"registrar", "issuer"}),
}
"""Which inboxes a role or scope of an institution opens."""


def short(claim: Claim, at: datetime) -> dict[str, Any]:
    """A claim as a list answers it: one that was not decided in time has lapsed, written down or not."""
    said = {name: getattr(claim, name) for name in ClaimShort.model_fields if name in Claim.model_fields}
    stopped = claim.waits_for == "objection"
    said["due_on"], said["objection_due_on"] = (None, claim.due_on) if stopped else (claim.due_on, None)
    said["overdue"] = is_overdue(claim, clock.today(at))
    if claim.state == "open" and claim.expires_at is not None and claim.expires_at <= at:
        said["state"] = "lapsed"
    return said


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a list of claims is asked for."""

    hands: frozenset[str]
    institution_id: UUID | None
    flagged: bool = False


_WAITING: LiteralString = """
SELECT * FROM claim
WHERE state = 'open' AND hand = ANY (%(hands)s)
  AND (%(institution)s::uuid IS NULL OR hand_institution_id = %(institution)s)
  AND (expires_at IS NULL OR expires_at > %(at)s)
  AND (%(after_at)s::timestamptz IS NULL OR (served_at, claim_id) > (%(after_at)s, %(after)s::uuid))
ORDER BY served_at, claim_id LIMIT %(limit)s
"""
_OF_THE_BANK: LiteralString = """
SELECT * FROM (
    SELECT *, CASE WHEN due_on < %(today)s AND waits_for IS NULL THEN 0 ELSE 1 END AS place
    FROM claim WHERE state = 'open' AND hand = 'bank'
    UNION ALL
    SELECT *, 0 FROM claim WHERE state = 'open' AND waits_for = 'objection' AND due_on < %(today)s
) c
WHERE (expires_at IS NULL OR expires_at > %(at)s)
  AND (%(after_at)s::timestamptz IS NULL
       OR (place, served_at, claim_id) > (%(after_place)s, %(after_at)s, %(after)s::uuid))
ORDER BY place, served_at, claim_id LIMIT %(limit)s
"""
"""What is overdue first; objections among it that nobody decided in time."""
_FLAGGED: LiteralString = """
SELECT * FROM claim
WHERE flagged_at IS NOT NULL AND (%(institution)s::uuid IS NULL OR institution_id = %(institution)s)
  AND (%(after_at)s::timestamptz IS NULL OR (flagged_at, claim_id) > (%(after_at)s, %(after)s::uuid))
ORDER BY flagged_at, claim_id LIMIT %(limit)s
"""


def waiting_for(actor: Actor, hand: str | None, *, flagged: bool) -> Waiting:
    """Whose inbox a caller may look into; nothing for a hand that is not theirs."""
    if Reach.ANY in actor.reach:
        return Waiting(frozenset({hand or "bank"}), None, flagged)
    mine = frozenset(one for word in actor.roles | actor.scopes for one in HANDS_OF.get(word, ()))
    return Waiting(mine if hand is None else mine & {hand}, actor.institution_id, flagged)


After = tuple[int, datetime, UUID]
"""Behind which claim a page begins: 0 if it is overdue, when it was served (or flagged), its id."""


async def waiting(
    session: AsyncSession, asked: Waiting, *, after: After | None, limit: int, at: datetime
) -> list[ClaimShort]:
    """The inbox of a hand, in the order of service, the bank's with what is overdue first; or the flagged claims."""
    after_place, after_at, after_id = after or (None, None, None)
    of_the_bank = asked.hands == {"bank"} and asked.institution_id is None
    said = {
        "hands": list(asked.hands),
        "institution": asked.institution_id,
        "at": at,
        "today": clock.today(at),
        "after_place": after_place,
        "after_at": after_at,
        "after": after_id,
        "limit": limit,
    }
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(_FLAGGED if asked.flagged else _OF_THE_BANK if of_the_bank else _WAITING, said)
    rows = await cursor.fetchall()
    return [ClaimShort(**short(Claim(**{k: v for k, v in row.items() if k != "place"}), at)) for row in rows]
