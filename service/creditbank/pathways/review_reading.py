"""Reviews as they are read: by those who close them, by the auditor, and by whom they are about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import NotFound
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, Reach
from creditbank.learners.families import families_of
from creditbank.learners.sight import ALL, sight_of
from creditbank.pathways.acting import keys_for, rows_of
from creditbank.pathways.round_schemas import ReviewOut
from creditbank.records.acts import Tools
from creditbank.sealing import field_of, open_sealed

_REVIEWS: LiteralString = """
SELECT v.*, r.cohort_id, r.number, r.result_no, c.college_id, k.member_no, k.outcome AS frozen_outcome
FROM progression_review v JOIN pathway_round r USING (round_id) JOIN cohort c USING (cohort_id)
JOIN round_candidate k ON k.learner_id = v.learner_id AND k.round_id = v.round_id
WHERE (%(one)s::uuid IS NULL OR v.review_id = %(one)s) AND (%(closed)s OR v.state = 'open')
  AND (%(anybody)s OR c.college_id = %(college)s OR v.learner_id = ANY (%(own)s))
  AND (%(after_at)s::timestamptz IS NULL OR (v.opened_at, v.review_id) > (%(after_at)s, %(after)s::uuid))
ORDER BY v.opened_at, v.review_id LIMIT %(limit)s
"""
_GUARDED: LiteralString = "SELECT learner_id FROM guardianship WHERE login_id = %s AND ended_at IS NULL"


async def seen(
    session: AsyncSession,
    *,
    actor: Actor,
    closed_too: bool,
    after: tuple[datetime, UUID] | None,
    limit: int,
    tools: Tools,
) -> list[ReviewOut]:
    """Reviews that a caller may see, the oldest first: all, those of its college's cohorts, and those about themselves.

    That somebody of the bank looked is logged.
    """
    rows = await _rows(session, actor, tools, closed=closed_too, after=after, limit=limit)
    if Reach.ANY in actor.reach:
        await note(session, actor=actor, act="reviews_seen", purpose="review", at=tools.at, detail={"count": len(rows)})
    return await _told(session, rows, tools)


async def seen_one(session: AsyncSession, review_id: UUID, *, actor: Actor, tools: Tools) -> ReviewOut:
    """One of them, open or closed. Raises NotFound."""
    rows = await _rows(session, actor, tools, one=review_id)
    if not rows:
        raise NotFound
    if Reach.ANY in actor.reach:
        detail, who = {"review_id": str(review_id)}, rows[0]["learner_id"]
        await note(
            session, actor=actor, act="reviews_seen", purpose="review", at=tools.at, learner_id=who, detail=detail
        )  # fmt: skip
    return (await _told(session, rows, tools))[0]


async def _rows(
    session: AsyncSession,
    actor: Actor,
    tools: Tools,
    *,
    one: UUID | None = None,
    closed: bool = True,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 1,
) -> list[dict[str, Any]]:
    after_at, after_id = after or (None, None)
    asked = {
        "one": one,
        "closed": closed,
        "anybody": Reach.ANY in actor.reach,
        "college": actor.institution_id if Reach.INSTITUTION in actor.reach else None,
        "own": list(await _own(session, actor, tools)),
        "after_at": after_at,
        "after": after_id,
        "limit": limit,
    }
    return await rows_of(session, _REVIEWS, asked)


async def _own(session: AsyncSession, actor: Actor, tools: Tools) -> set[UUID]:
    """The accounts whose reviews are the caller's own or their child's."""
    themselves = replace(actor, reach=actor.reach & {Reach.OWN, Reach.CHILD})
    asked: set[UUID] = set()
    if Reach.OWN in themselves.reach and actor.learner_id is not None:
        asked.add(actor.learner_id)
    if Reach.CHILD in themselves.reach and actor.login_id is not None:
        asked |= {row["learner_id"] for row in await rows_of(session, _GUARDED, [actor.login_id])}
    own: set[UUID] = set()
    for learner_id, family in (await families_of(session, asked)).items() if asked else ():
        if await sight_of(session, themselves, learner_id, at=tools.at, keyring=tools.keyring) == ALL:
            own |= set(family)
    return own


async def _told(session: AsyncSession, rows: Sequence[dict[str, Any]], tools: Tools) -> list[ReviewOut]:
    who: Collection[UUID] = {row["learner_id"] for row in rows}
    keys = await keys_for(session, who, keyring=tools.keyring)
    kept = {*ReviewOut.model_fields} - {"reason"}
    found = []
    for row in rows:
        key, reason = keys.get(row["learner_id"]), None
        if key is not None and row["words_sealed"] is not None:
            place = field_of(row["learner_id"], "progression_review")
            reason = orjson.loads(open_sealed(key, bytes(row["words_sealed"]), place))["reason"]
        found.append(ReviewOut(**{name: row[name] for name in kept}, reason=reason))
    return found
