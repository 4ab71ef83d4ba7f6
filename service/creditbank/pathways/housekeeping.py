"""What time does to rounds: a notice comes to its end, or its end moves with the holidays; and who was erased is out of
the running, as there is nothing left to decide by.
"""

from __future__ import annotations

from datetime import timedelta
from typing import LiteralString
from uuid import UUID

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.jobs import Work, handler, named
from creditbank.pathways.acting import RANKED, acting, keys_for, lock_rounds
from creditbank.pathways.deciding import IN_THE_RUNNING, decide_again
from creditbank.pathways.noticing import settle_if_over
from creditbank.records.acts import Tools
from creditbank.rules import Rulebook
from creditbank.sealing import Keyring

LOOK_AFTER = "look after rounds"

log = structlog.get_logger(__name__)

_DUE: LiteralString = """
SELECT round_id FROM pathway_round WHERE state = 'on_notice' AND look_at <= %s
UNION
SELECT r.round_id FROM pathway_round r JOIN round_candidate c USING (round_id)
WHERE r.state IN ('decided', 'on_notice', 'settled', 'filed')
  AND c.outcome IN ('eligible', 'proposed', 'beyond_quota', 'tied', 'unknown')
  AND NOT EXISTS (SELECT FROM learner_key k WHERE k.learner_id = c.learner_id)
ORDER BY round_id
"""


class SomeRoundsNotLookedAfter(RuntimeError):
    """One that cannot be looked after keeps no other from it; it is tried again with the next look."""


@handler(LOOK_AFTER, every=timedelta(minutes=2))
async def look_after_rounds(work: Work) -> None:
    """Each round that is due, in a transaction of its own."""
    tools = Tools(work.its(Keyring), work.its(Rulebook), work.now)
    async with work.database.session() as session:
        due = [found for (found,) in await (await (await driver(session)).execute(_DUE, [work.now])).fetchall()]
    failed = 0
    for round_id in due:
        try:
            await work.database.write(lambda session, each=round_id: look_at_round(session, each, tools=tools))  # type: ignore[misc]
        except Exception as failure:
            log.warning("round_not_looked_after", id=str(round_id), error=named(failure))
            failed += 1
    if failed:
        raise SomeRoundsNotLookedAfter(f"{failed} of the rounds that were due")


async def look_at_round(session: AsyncSession, round_id: UUID, *, tools: Tools) -> None:
    """What time has done to one round: nothing, if somebody acted meanwhile."""
    for opened in await lock_rounds(session, [round_id]):
        act = acting(tools, by="clock")
        running = {each.learner_id for each in opened.of(*IN_THE_RUNNING, "unknown")}
        erased = running - (await keys_for(session, running, keyring=tools.keyring)).keys()
        if erased and opened.round.state in RANKED:
            await decide_again(session, opened, act, sorted(erased), because="erased")
        await settle_if_over(session, opened, act)
        if act.rows:
            await act.write(session)
