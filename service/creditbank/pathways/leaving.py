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
    UPDATE cohort_member m SET status = 'left', events = events + 1
    WHERE learner_id = %(learner)s AND cohort_id = %(cohort)s AND status <> 'progressed' AND NOT EXISTS (
        SELECT FROM member_event e
        WHERE e.learner_id = m.learner_id AND e.cohort_id = m.cohort_id AND e.event = 'given_up')
    RETURNING learner_id, cohort_id, events
)
INSERT INTO member_event (learner_id, cohort_id, event_no, event, occurred_on, at, by)
SELECT learner_id, cohort_id, events, 'given_up', %(on)s, %(at)s, %(by)s FROM left_
"""


async def note_given_up(session: Transaction, cohort: Cohort, learner_id: UUID, *, actor: Actor, tools: Tools) -> None:
    """Write down that a taken member gave the place up, the cohort locked: nobody progresses by it any more.

    Also by somebody who left the cohort: the place was theirs until now. Raises NothingToGiveUp for somebody who
    progressed, or gave it up, already.
    """
    said = {
        "learner": learner_id, "cohort": cohort.cohort_id, "on": today(tools.at), "at": tools.at, "by": actor.name,
    }  # fmt: skip
    if (await (await driver(session)).execute(_GIVE_UP, said)).rowcount != 1:
        raise refusals.NothingToGiveUp
