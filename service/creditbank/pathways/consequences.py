"""What follows for rounds when something about a member changes: each round decides them again, or opens a review.

A round that collects decides nothing yet; one that is ranked decides the learner again and ranks anew; a frozen one
stays and a review is opened. The learners are locked already, or the statements written; rounds are locked here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import LiteralString
from uuid import UUID

from creditbank.db import Transaction
from creditbank.learners.families import families_of
from creditbank.pathways.acting import RANKED, acting, lock_rounds, rows_of
from creditbank.pathways.deciding import decide_again
from creditbank.pathways.reviews import look_at_frozen
from creditbank.records.acts import Tools
from creditbank.records.consequences import Changed

_COHORTS: LiteralString = """
SELECT cohort_id FROM cohort WHERE cohort_id IN (SELECT m.cohort_id FROM cohort_member m WHERE m.learner_id = ANY (%s))
ORDER BY cohort_id FOR SHARE
"""
_ROUNDS: LiteralString = """
SELECT round_id FROM pathway_round WHERE cohort_id = ANY (%s) AND state <> 'abandoned'
  AND (state <> 'frozen' OR (frozen_at AT TIME ZONE 'Asia/Shanghai')::date >= %s)
"""
_ONE_PERSON_ONCE: LiteralString = """
SELECT CASE WHEN a.learner_id = ANY (%(who)s) THEN a.into_learner_id ELSE a.learner_id END AS learner_id
FROM learner_alias a WHERE a.learner_id = ANY (%(who)s) OR a.into_learner_id = ANY (%(who)s)
"""
_WHO_IT_IS = {"merged", "parted"}
_TOLD = ("withdrawn", "reassigned_away", "merged", "parted", "corrected", "redecided")


async def records_changed(session: Transaction, changed: Sequence[Changed], tools: Tools) -> None:
    """What follows from corrections, withdrawals, moves, merges and partings of records."""
    because: dict[UUID, str] = {}
    for one in changed:
        acts = set(one.records.values())
        why = next((f"record_{act}" for act in _TOLD if act in acts), "record_changed")
        family = set(one.family)
        if acts & _WHO_IT_IS:
            rows = await rows_of(session, _ONE_PERSON_ONCE, {"who": list(family)})
            family |= {row["learner_id"] for row in rows}
        because |= dict.fromkeys(family, why)
    await look_again(session, because, tools)


async def records_arrived(session: Transaction, arrived: Mapping[UUID, date], tools: Tools) -> None:
    """What follows from new records: a fact that was missing may have come. A frozen round is asked only about what
    had happened by then.
    """
    families = await families_of(session, arrived)
    everybody = {member for family in families.values() for member in family}
    await look_again(session, dict.fromkeys(everybody, "record_new"), tools, happened_on=min(arrived.values()))


async def members_changed(session: Transaction, learners: Collection[UUID], tools: Tools, *, because: str) -> None:
    """What follows from statements about members, and from what happened to them in their cohorts."""
    families = await families_of(session, learners)
    everybody = {member for family in families.values() for member in family} | set(learners)
    await look_again(session, dict.fromkeys(everybody, because), tools)


async def look_again(
    session: Transaction, because: Mapping[UUID, str], tools: Tools, *, happened_on: date = date.min
) -> None:
    """Every round that one of these learners can be in, locked in order, decides them again or reviews them.

    Nothing that happened after a round was frozen is a reason to look at it.
    """
    if not because:
        return
    # No round is opened for these cohorts while it is not certain which there are.
    cohorts = [row["cohort_id"] for row in await rows_of(session, _COHORTS, [list(because)])]
    rows = await rows_of(session, _ROUNDS, [cohorts, happened_on]) if cohorts else []
    # Also a round that collects is locked: whoever is deciding it now may have gathered before this act wrote.
    for opened in await lock_rounds(session, [row["round_id"] for row in rows]):
        mine = [one for one in because if one in opened.candidates]
        if not mine or opened.round.state not in (*RANKED, "frozen"):
            continue
        act = acting(tools, by="rules")
        why = next((because[one] for one in mine), "")
        if opened.round.state == "frozen":
            await look_at_frozen(session, opened, act, mine, because=why)
        else:
            await decide_again(session, opened, act, mine, because=why)
        if act.rows:
            await act.write(session)
