"""Hints for people (疑点提示): certificate numbers used twice, impossible hours, a sudden volume. They judge nobody.

Looked for in what was committed, whichever way it came; each is raised once, and closed by an officer with a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.errors import BankError, NotFound
from creditbank.identifiers import new_id
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor
from creditbank.jobs import Work, handler
from creditbank.oversight.tables import Hint, LookedThrough

LOOK_BACK = timedelta(minutes=5)
"""A long transaction is committed after others that began later: what is recent is looked at twice."""
HOURS_A_DAY = 12
"""Hours of learning on one day that nobody is taken at their word for (a sign for people, no rule; 拟定)."""
MANY, TIMES = 2_000, 10
"""A day is sudden with so many rows that are so many times the institution's busiest of ninety days (拟定)."""

_HOURS = """
SELECT v.record_id, v.version, v.institution_id, v.submission_id, v.row_no,
       (v.body ->> 'hours')::numeric AS hours, v.occurred_on - (v.body ->> 'started_on')::date + 1 AS days
FROM feed_item i JOIN record_version v
  ON v.learner_id = i.learner_id AND v.record_id = i.record_id AND v.version = i.version
WHERE i.numbered_at > %(since)s AND v.kind = 'training' AND v.act IN ('reported', 'corrected', 'reassigned_here')
  AND (v.body ->> 'hours')::numeric > %(most)s * (v.occurred_on - (v.body ->> 'started_on')::date + 1)
"""
_WEEKS = """
SELECT v.record_id, v.version, v.institution_id, v.submission_id, v.row_no,
       (v.body ->> 'weeks')::numeric AS weeks, v.occurred_on - (v.body ->> 'started_on')::date + 1 AS days
FROM feed_item i JOIN record_version v
  ON v.learner_id = i.learner_id AND v.record_id = i.record_id AND v.version = i.version
WHERE i.numbered_at > %(since)s AND v.kind = 'practice' AND v.act IN ('reported', 'corrected', 'reassigned_here')
  AND (v.body ->> 'weeks')::numeric * 7 > (v.occurred_on - (v.body ->> 'started_on')::date + 1) + 6
"""
_CERTIFICATES = """
SELECT held_row_id, institution_id, submission_id, row_no FROM held_row
WHERE received_at > %(since)s AND ground = 'certificate_of_another'
"""
_VOLUME = """
WITH days AS (
    SELECT institution_id, (numbered_at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*) AS n
    FROM feed_item WHERE numbered_at > %(before)s AND act IN ('reported', 'corrected') GROUP BY 1, 2
)
SELECT d.institution_id, d.day, d.n, coalesce(max(e.n), 0) AS busiest
FROM days d LEFT JOIN days e ON e.institution_id = d.institution_id AND e.day < d.day
WHERE d.day >= (%(since)s AT TIME ZONE 'Asia/Shanghai')::date AND d.n >= %(many)s
GROUP BY 1, 2, 3 HAVING d.n >= %(times)s * coalesce(max(e.n), 0) AND coalesce(max(e.n), 0) > 0
"""
_RAISE = """
INSERT INTO hint (hint_id, kind, subject, institution_id, submission_id, row_no, record_id, held_row_id, detail,
                  raised_at)
VALUES (%(hint_id)s, %(kind)s, %(subject)s, %(institution_id)s, %(submission_id)s, %(row_no)s, %(record_id)s,
        %(held_row_id)s, %(detail)s, %(raised_at)s)
ON CONFLICT (kind, subject) DO NOTHING
"""


class HintAlreadyClosed(BankError):
    """Somebody looked at it already."""

    status = 409
    code = "hint_already_closed"
    zh = "该疑点提示已由他人处理。"
    en = "Somebody closed this hint already."


@handler("look for hints", every=timedelta(minutes=5))
async def look_for_hints(work: Work) -> None:
    """Look through what came since the last look."""

    async def look(session: AsyncSession) -> None:
        seen = await session.get(LookedThrough, "hints", with_for_update=True)
        since = (seen.until_at if seen is not None else work.now - timedelta(days=365)) - LOOK_BACK
        await raise_hints(session, since=since, at=work.now)
        if seen is None:
            seen = LookedThrough(what="hints", until_at=work.now)
        seen.until_at = work.now
        session.add(seen)

    await work.database.write(look)


async def raise_hints(session: AsyncSession, *, since: datetime, at: datetime) -> None:
    """Raise what a person should look at in what was committed after an instant; what was raised stays as it is."""
    connection = await driver(session)
    asked = {"since": since, "most": HOURS_A_DAY, "before": at - timedelta(days=90), "many": MANY, "times": TIMES}
    found: list[dict[str, Any]] = []
    for kind, question, measure in (("impossible_hours", _HOURS, "hours"), ("impossible_weeks", _WEEKS, "weeks")):
        for record_id, version, institution_id, submission_id, row_no, value, days in await (
            await connection.execute(question, asked)
        ).fetchall():
            found.append(
                {"kind": kind, "subject": f"{record_id}/{version}", "institution_id": institution_id,
                 "submission_id": submission_id, "row_no": row_no, "record_id": record_id,
                 "detail": {measure: f"{value:f}", "days": days}}
            )  # fmt: skip
    for held_row_id, institution_id, submission_id, row_no in await (
        await connection.execute(_CERTIFICATES, asked)
    ).fetchall():
        found.append(
            {"kind": "certificate_of_another", "subject": str(held_row_id), "institution_id": institution_id,
             "submission_id": submission_id, "row_no": row_no, "held_row_id": held_row_id, "detail": {}}
        )  # fmt: skip
    for institution_id, day, rows, busiest in await (await connection.execute(_VOLUME, asked)).fetchall():
        found.append(
            {"kind": "sudden_volume", "subject": f"{institution_id}/{day}", "institution_id": institution_id,
             "detail": {"day": day.isoformat(), "rows": rows, "busiest_before": busiest}}
        )  # fmt: skip
    nothing = {"submission_id": None, "row_no": None, "record_id": None, "held_row_id": None}
    for one in found:
        said = {**nothing, **one, "hint_id": new_id(), "raised_at": at, "detail": Jsonb(one["detail"])}
        await connection.execute(_RAISE, said)


async def hints(session: AsyncSession, *, opened: bool, after: UUID | None, limit: int) -> Sequence[Hint]:
    """Hints in the order in which they were raised."""
    query = select(Hint).order_by(col(Hint.hint_id)).limit(limit)
    closed = col(Hint.closed_at)
    query = query.where(closed.is_(None) if opened else closed.is_not(None))
    if after is not None:
        query = query.where(col(Hint.hint_id) > after)
    return (await session.exec(query)).all()


async def one_hint(session: AsyncSession, hint_id: UUID) -> Hint:
    """One hint. Raises NotFound."""
    hint = await session.get(Hint, hint_id)
    if hint is None:
        raise NotFound
    return hint


async def close(session: AsyncSession, hint_id: UUID, *, actor: Actor, finding: str, at: datetime) -> Hint:
    """Write down what a person found, with its entry in the log. Raises NotFound, HintAlreadyClosed."""
    hint = await session.get(Hint, hint_id, with_for_update=True)
    if hint is None:
        raise NotFound
    if hint.closed_at is not None:
        raise HintAlreadyClosed
    hint.closed_at, hint.closed_by, hint.finding = at, actor.name, finding
    session.add(hint)
    await session.flush()
    detail = {"hint_id": str(hint_id)}
    await note(session, actor=actor, act="hint_closed", purpose=finding, at=at, detail=detail)
    return hint
