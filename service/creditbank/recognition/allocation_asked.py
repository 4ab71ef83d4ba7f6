"""Asking for an allocation: who may for which plan, what is gathered, what is too much."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import driver
from creditbank.errors import BankError, NotFound
from creditbank.identity.actor import Actor
from creditbank.learners.consents import consents_on
from creditbank.learners.families import family_of
from creditbank.learners.sight import allowed_to_see
from creditbank.recognition.accumulating import FOLLOWS
from creditbank.recognition.allocation_schemas import AllocationIn
from creditbank.recognition.gathered import Gathered, rows_of
from creditbank.recognition.gathering import ClaimSaid, gather
from creditbank.recognition.imagining import imagine
from creditbank.sealing import Keyring

MOST_PAIRS = 20_000
"""Records times courses: each pair is decided once, a few thousand of them in a second."""


class TooMuchToAllocate(BankError):
    """More records for more courses than are looked at in one call."""

    status = 409
    code = "too_much_to_allocate"
    zh = "{records} 项成果与 {courses} 门课程的组合超过单次上限 {most}。请用 record_ids 指明部分成果。"
    en = "{records} records for {courses} courses are more pairs than the {most} of one call. Name some in record_ids."


@dataclass(frozen=True, slots=True)
class Asked:
    """What an allocation is made from, whether the learner follows the plan, and which records are only thought of."""

    gathered: Gathered
    enrolled: bool
    imagined: frozenset[str]


async def asked_of(
    session: AsyncSession, actor: Actor, learner_id: UUID, payload: AllocationIn, *, keyring: Keyring, at: datetime
) -> Asked:
    """What is known for an allocation, as far as the caller sees it.

    A college asks for its own plan and those enrolled in it; without consent it works with what it reported itself.
    Raises NotFound, LearnerErased, TooMuchToAllocate, and what `imagine` raises.
    """
    on = clock.today(at)
    sight = await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring)
    family = await family_of(session, learner_id)
    imagined = await imagine(session, payload.hypothetical, on=on)
    found = await gather(
        session,
        family=family,
        plan_id=payload.plan_id,
        claim=ClaimSaid(on),
        keyring=keyring,
        at=at,
        hypothetical=imagined,
    )
    enrolled = await enrolled_in(session, family, payload.plan_id)
    if _is_a_college(actor, learner_id, family):
        if found.plan.institution_id != actor.institution_id or not enrolled:
            raise NotFound
        if sight.institution_id is not None and not await _consents(session, family, actor, at=at):
            found = _reported_by(found, sight.institution_id)
    for place, record in enumerate(payload.record_ids or ()):
        if str(record) not in found.held:
            raise NotFound(field=f"/record_ids/{place}")
    records = len(payload.record_ids or found.held) + len(imagined)
    if records * len(found.plan.courses) > MOST_PAIRS:
        raise TooMuchToAllocate(field="/record_ids", records=records, courses=len(found.plan.courses), most=MOST_PAIRS)
    return Asked(found, enrolled, frozenset(one.id for one in imagined))


def _is_a_college(actor: Actor, learner_id: UUID, family: tuple[UUID, ...]) -> bool:
    """Whether it is asked by an institution, not by the learner or a guardian."""
    return actor.institution_id is not None and learner_id != actor.learner_id and actor.learner_id not in family


async def _consents(session: AsyncSession, family: tuple[UUID, ...], actor: Actor, *, at: datetime) -> bool:
    return any(
        one.purpose == "recognition" and one.institution_id == actor.institution_id
        for one in await consents_on(session, family, at=at)
    )


def _reported_by(found: Gathered, institution_id: UUID) -> Gathered:
    """What a college knows of somebody who has not consented: what it reported itself, and what is only thought of."""
    mine = {
        name: one
        for name, one in found.held.items()
        if one.institution_id == str(institution_id) or name.startswith("hypothetical-")
    }
    return replace(found, held=mine, rows=rows_of(found.plan, mine.values()))


_ENROLLED = f"""
SELECT EXISTS (
    SELECT FROM enrolment e JOIN plan p ON p.programme_id = e.programme_id
    WHERE e.learner_id = ANY (%(family)s) AND p.plan_id = %(plan)s AND {FOLLOWS})
"""


async def enrolled_in(session: AsyncSession, family: tuple[UUID, ...], plan_id: UUID) -> bool:
    """Whether an enrolment of the person has the plan, as for a claim."""
    cursor = await (await driver(session)).execute(_ENROLLED, {"family": list(family), "plan": plan_id})
    found = await cursor.fetchone()
    return found is not None and bool(found[0])
