"""The rounds in which a learner is a candidate, as the learner reads each of them."""

from __future__ import annotations

from typing import LiteralString
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import NotFound
from creditbank.identity.actor import Actor
from creditbank.learners.families import family_of
from creditbank.learners.sight import ALL, sight_of
from creditbank.pathways.acting import rows_of
from creditbank.pathways.round_reading import one_round
from creditbank.pathways.round_schemas import RoundOut
from creditbank.records.acts import Tools

MOST = 50
"""Rounds that are told at once: nobody is in more cohorts than that."""

_WITH: LiteralString = """
SELECT DISTINCT r.round_id, r.opened_at FROM round_candidate c JOIN pathway_round r USING (round_id)
WHERE c.learner_id = ANY (%s) AND r.state <> 'abandoned' ORDER BY r.opened_at DESC, r.round_id LIMIT %s
"""


async def rounds_of_learner(session: AsyncSession, learner_id: UUID, *, actor: Actor, tools: Tools) -> list[RoundOut]:
    """The last one first, each with the learner's own place in it and nobody else's. Raises NotFound for a stranger."""
    seen = await sight_of(session, actor, learner_id, at=tools.at, keyring=tools.keyring, purpose="round")
    if seen != ALL:
        raise NotFound
    family = list(await family_of(session, learner_id))
    rows = await rows_of(session, _WITH, [family, MOST])
    return [await one_round(session, row["round_id"], actor=actor, tools=tools, limit=MOST) for row in rows]
