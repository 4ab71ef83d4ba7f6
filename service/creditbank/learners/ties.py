"""What ties a learner to an institution: who is its own, and whom it merely opened an account for or never met."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.errors import NotFound
from creditbank.identity.actor import Actor, Reach
from creditbank.learners import refusals

_TIES = """
SELECT EXISTS (SELECT FROM enrolment WHERE learner_id = ANY (%(family)s) AND institution_id = %(institution)s)
       OR EXISTS (SELECT FROM record_current
                  WHERE learner_id = ANY (%(family)s) AND institution_id = %(institution)s),
       EXISTS (SELECT FROM learner WHERE learner_id = ANY (%(family)s) AND opened_by = %(institution)s)
"""

_VOUCHES = """
WITH enrolled AS (
    SELECT e.institution_id, e.ended_on IS NULL AS live, min(v.recorded_at) AS since
    FROM enrolment e
    JOIN record_current c ON c.learner_id = e.learner_id AND c.institution_id = e.institution_id
                         AND c.kind = 'enrolment_event'
    JOIN record_version v ON v.learner_id = c.learner_id AND v.record_id = c.record_id
    WHERE e.learner_id = ANY (%(family)s)
    GROUP BY e.institution_id, live
), deciding AS (
    SELECT * FROM enrolled WHERE live = (SELECT bool_or(live) FROM enrolled)
)
SELECT NOT EXISTS (SELECT FROM learner WHERE learner_id = ANY (%(family)s) AND opened_by <> %(institution)s)
       AND NOT EXISTS (SELECT FROM record_current
                       WHERE learner_id = ANY (%(family)s) AND institution_id <> %(institution)s)
       AND NOT EXISTS (SELECT FROM enrolment
                       WHERE learner_id = ANY (%(family)s) AND institution_id <> %(institution)s),
       EXISTS (SELECT FROM deciding mine
               WHERE mine.institution_id = %(institution)s AND NOT EXISTS (
                   SELECT FROM deciding other
                   WHERE other.institution_id <> mine.institution_id AND other.since <= mine.since))
"""


@dataclass(frozen=True, slots=True)
class Tie:
    """`reported`: enrolled there, or with a record from there that stands; `opened`: it opened an account."""

    reported: bool
    opened: bool


async def tie_of(session: AsyncSession, family: Collection[UUID], *, institution_id: UUID) -> Tie:
    """What ties a person to an institution now; a record withdrawn or reassigned ties nobody."""
    connection = await driver(session)
    said = {"family": list(family), "institution": institution_id}
    found = await (await connection.execute(_TIES, said)).fetchone()
    assert found is not None
    return Tie(*found)


async def must_be_own(session: AsyncSession, actor: Actor, family: Collection[UUID]) -> None:
    """Let an institution see its own learners only, and the bank's officers anybody.

    Raises NotFound for a stranger's learner, NotReportedYet for one it opened an account for and no more: anybody can
    open an account in another's name.
    """
    if Reach.ANY in actor.reach:
        return
    if actor.institution_id is None:
        raise NotFound
    tie = await tie_of(session, family, institution_id=actor.institution_id)
    if not tie.reported:
        raise refusals.NotReportedYet if tie.opened else NotFound


async def must_vouch_for(session: AsyncSession, actor: Actor, family: Collection[UUID]) -> None:
    """Let an institution say who may come into an account: hand out a code, record a guardian or end one.

    Whoever comes in reads everything that is there, and a record is soon invented. So a tie is enough where nobody else
    has anything there; otherwise it takes an enrolment, one that has not ended where there is such a one, and no other
    institution's reported before it: a second school's is soon invented too. Everybody else is for an officer. Raises
    NotFound, NotReportedYet as `must_be_own`, AnotherSchoolActs.
    """
    await must_be_own(session, actor, family)
    if Reach.ANY in actor.reach:
        return
    said = {"family": list(family), "institution": actor.institution_id}
    found = await (await (await driver(session)).execute(_VOUCHES, said)).fetchone()
    assert found is not None
    alone, first_enrolled = found
    if not alone and not first_enrolled:
        raise refusals.AnotherSchoolActs
