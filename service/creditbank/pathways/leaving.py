"""A place given up after the freeze: the list stays, and the cohort notes that its member goes no further."""

from __future__ import annotations

from uuid import UUID

from creditbank.clock import today
from creditbank.db import Transaction, driver
from creditbank.identity.actor import Actor
from creditbank.pathways import round_refusals as refusals
from creditbank.pathways.tables import Cohort
from creditbank.records.acts import Tools

_GIVE_UP = """
WITH left_ AS (
    UPDATE cohort_member SET status = 'left', events = events + 1
    WHERE learner_id = %(learner)s AND cohort_id = %(cohort)s AND status IN ('provisional', 'filed', 'suspended')
    RETURNING learner_id, cohort_id, events
)
INSERT INTO member_event (learner_id, cohort_id, event_no, event, occurred_on, at, by)
SELECT learner_id, cohort_id, events, 'given_up', %(on)s, %(at)s, %(by)s FROM left_
"""


async def note_given_up(session: Transaction, cohort: Cohort, learner_id: UUID, *, actor: Actor, tools: Tools) -> None:
    """Write down that a taken member gave the place up, the cohort locked: nobody progresses by it any more.

    Raises NothingToGiveUp for somebody who progressed, or left, already.
    """
    said = {
        "learner": learner_id, "cohort": cohort.cohort_id, "on": today(tools.at), "at": tools.at, "by": actor.name,
    }  # fmt: skip
    if (await (await driver(session)).execute(_GIVE_UP, said)).rowcount != 1:
        raise refusals.NothingToGiveUp
