"""Rounds that are under way, over all cohorts that somebody may see: what waits for whom on their desk."""

from __future__ import annotations

from typing import LiteralString

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.identity.actor import Actor, Reach
from creditbank.pathways.acting import rows_of
from creditbank.pathways.round_reading import rounds_of
from creditbank.pathways.round_schemas import RoundShort
from creditbank.records.acts import Tools

MOST_COHORTS = 100
"""Cohorts whose rounds are told on one page: the ones that have waited longest."""

_AT_WORK: LiteralString = """
SELECT c.cohort_id, c.name, min(r.opened_at) AS since FROM pathway_round r JOIN cohort c USING (cohort_id)
WHERE r.state NOT IN ('frozen', 'abandoned') AND (%(anybody)s OR %(own)s IN (c.school_id, c.college_id))
GROUP BY c.cohort_id ORDER BY since, c.cohort_id LIMIT %(limit)s
"""


async def rounds_at_work(session: AsyncSession, *, actor: Actor, tools: Tools) -> list[tuple[str, RoundShort]]:
    """Rounds that are neither frozen nor abandoned, each with the name of its cohort, the oldest cohort first."""
    said = {
        "anybody": Reach.ANY in actor.reach,
        "own": actor.institution_id if Reach.INSTITUTION in actor.reach else None,
        "limit": MOST_COHORTS,
    }
    found = []
    for row in await rows_of(session, _AT_WORK, said):
        for each in await rounds_of(session, row["cohort_id"], actor=actor, tools=tools):
            if each.state not in ("frozen", "abandoned"):
                found.append((row["name"], each))
    return found
