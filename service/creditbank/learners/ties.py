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
    """Let an institution act for its own learners only, and the bank's officers for anybody.

    Raises NotFound for a stranger's learner, NotReportedYet for one it opened an account for and no more: anybody can
    open an account in another's name, so a code is handed out by whoever answers for a record or an enrolment.
    """
    if Reach.ANY in actor.reach:
        return
    if actor.institution_id is None:
        raise NotFound
    tie = await tie_of(session, family, institution_id=actor.institution_id)
    if not tie.reported:
        raise refusals.NotReportedYet if tie.opened else NotFound
