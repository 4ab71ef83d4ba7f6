"""What are the balances, and what was posted: statements of one person, as of a day, as known at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import dict_row
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.credits import format_credits
from creditbank.db import driver

_KNOWN = """
FROM posting p
WHERE p.learner_id = ANY (%(family)s) AND p.occurred_on <= %(as_of)s
  AND (%(institution)s::uuid IS NULL OR p.institution_id = %(institution)s)
  AND (%(number)s::bigint IS NULL OR EXISTS (
      SELECT FROM feed_item f
      WHERE f.learner_id = p.learner_id AND f.change_id = p.change_id AND f.number <= %(number)s))
"""

_BALANCES = f"""
SELECT p.scheme, p.purpose, p.institution_id, sum(p.amount)::int AS credits {_KNOWN}
GROUP BY GROUPING SETS ((p.scheme, p.purpose), (p.scheme, p.purpose, p.institution_id))
ORDER BY p.scheme, p.purpose DESC, p.institution_id NULLS FIRST
"""

_LINES = f"""
SELECT p.posting_id, p.learner_id, p.record_id, p.claim_id, p.line_no, p.decision_id, p.purpose, p.kind, p.reverses,
       p.scheme, p.institution_id, p.amount, p.occurred_on, p.posted_at {_KNOWN}
  AND (%(after)s::uuid IS NULL OR (p.posted_at, p.posting_id) > (%(after_at)s, %(after)s))
ORDER BY p.posted_at, p.posting_id LIMIT %(limit)s
"""


Purpose = Literal["deposit", "conversion"]


class Balance(BaseModel):
    """What a person has in a scheme for a purpose; schemes are never added together, nor deposits to conversions."""

    scheme: str
    purpose: Purpose
    """Deposited (存入), or counting for courses of a plan (转换)."""
    institution_id: UUID | None
    """From which institution; empty for the whole scheme."""
    credits: str


class BalancesOut(BaseModel):
    """Balances by scheme and purpose, and within it by source."""

    as_of: date
    known_at: datetime | None
    balances: list[Balance]


class StatementLine(BaseModel):
    """One posting."""

    posting_id: UUID
    learner_id: UUID
    record_id: UUID | None
    """The record that was deposited; none for a conversion."""
    claim_id: UUID | None
    """The claim whose line was converted; none for a deposit."""
    line_no: int | None
    decision_id: UUID
    purpose: Purpose
    kind: str
    reverses: UUID | None
    scheme: str
    institution_id: UUID
    amount: str
    occurred_on: date
    posted_at: datetime


class StatementOut(BaseModel):
    """Postings in the order in which they were made, and the cursor of the next page."""

    as_of: date
    known_at: datetime | None
    lines: list[StatementLine]
    next: str | None


async def balances(
    session: AsyncSession, family: Sequence[UUID], *, as_of: date, number: int | None, institution_id: UUID | None
) -> list[Balance]:
    """Sums of postings that occurred by a day and were known at a number of the feed (all of them without one)."""
    connection = await driver(session)
    said = {"family": list(family), "as_of": as_of, "number": number, "institution": institution_id}
    cursor = await connection.execute(_BALANCES, said)
    return [
        Balance(scheme=scheme, purpose=purpose, institution_id=institution, credits=format_credits(credits))
        for scheme, purpose, institution, credits in await cursor.fetchall()
    ]


async def lines(
    session: AsyncSession,
    family: Sequence[UUID],
    *,
    as_of: date,
    number: int | None,
    institution_id: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[StatementLine]:
    """Postings in the order in which they were made, after a place."""
    connection = await driver(session)
    cursor = connection.cursor(row_factory=dict_row)
    said: dict[str, Any] = {
        "family": list(family),
        "as_of": as_of,
        "number": number,
        "institution": institution_id,
        "after_at": after[0] if after else None,
        "after": after[1] if after else None,
        "limit": limit,
    }
    await cursor.execute(_LINES, said)
    return [StatementLine(**{**row, "amount": format_credits(row["amount"])}) for row in await cursor.fetchall()]
