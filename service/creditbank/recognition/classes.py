"""A college claims for a class of its own: many learners at once, an outcome for each; or looks what it would be."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import LiteralString
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Database, Transaction, driver
from creditbank.errors import BankError, Malformed, NotAllowed, NotFound
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor
from creditbank.learners.indexes import student_index
from creditbank.recognition.claiming import Made, claim_many, wanted
from creditbank.recognition.class_schemas import ClassLineOut, ClassMemberForecast, ClassMemberIn
from creditbank.recognition.opening import Opened
from creditbank.recognition.reading import shown
from creditbank.recognition.standing import target_of
from creditbank.records.acts import Tools
from creditbank.sealing import Keyring

_BY_NUMBER: LiteralString = """
SELECT DISTINCT student_index, learner_id FROM enrolment WHERE institution_id = %s AND student_index = ANY (%s)
"""


async def claim_for_class(
    session: Transaction, plan_id: UUID, members: Sequence[ClassMemberIn], *, actor: Actor, tools: Tools
) -> list[ClassLineOut]:
    """Claim for each member; what is wrong with one stops no other.

    Raises NotAllowed for a caller who is bound to no college, NotFound for a plan that is not the college's own.
    """
    made = await _made_for(session, plan_id, members, actor=actor, tools=tools)
    return [
        ClassLineOut(row=row, outcome="refused", problem=one.problem(tools.language))
        if isinstance(one, BankError)
        else ClassLineOut(row=row, outcome="claimed", claim_id=one.claim.claim_id, state=one.claim.state)
        for row, one in enumerate(made, start=1)
    ]


class _NothingKept(Exception):
    """Ends the transaction of a forecast."""


async def forecast_for_class(
    database: Database, plan_id: UUID, members: Sequence[ClassMemberIn], *, actor: Actor, tools: Tools
) -> list[ClassMemberForecast]:
    """What would become of each: the claims are made and taken back, so that nothing decides here that would not there.

    Of a claim the learner is told; of this they find in the log of access that their college asked, for it may ask as
    often as it likes. Raises NotAllowed and NotFound as above.
    """
    found: list[ClassMemberForecast] = []
    looked_at: list[UUID] = []

    async def act(session: AsyncSession) -> None:
        made = await _made_for(session, plan_id, members, actor=actor, tools=tools)
        found[:] = [await _forecast(session, row, one, actor, tools) for row, one in enumerate(made, start=1)]
        looked_at[:] = [one.person.root for one in made if isinstance(one, Made)]
        raise _NothingKept

    async def log(session: AsyncSession) -> None:
        detail = {"plan_id": str(plan_id)}
        for learner_id in looked_at:
            await note(
                session, actor=actor, act="claim_foreseen", purpose="claim", at=tools.at, learner_id=learner_id,
                detail=detail,
            )  # fmt: skip

    with suppress(_NothingKept):
        await database.write(act)
    await database.write(log)
    return found


async def _forecast(
    session: AsyncSession, row: int, one: Made | BankError, actor: Actor, tools: Tools
) -> ClassMemberForecast:
    if isinstance(one, BankError):
        return ClassMemberForecast(row=row, outcome="refused", lines=[], steps=[], problem=one.problem(tools.language))
    opened = Opened(one.person, one.claim, one.lines, one.conversions)
    said = await shown(session, one.claim, opened, one.judged, see="college", actor=actor, at=tools.at, acts=one.acts)
    # Nobody will ever find a decision or a conversion under the ids that these have here.
    lines = [line.model_copy(update={"decision_id": None, "conversion_id": None}) for line in said.lines]
    steps = said.steps if said.state == "open" else []
    return ClassMemberForecast(row=row, outcome="claimed", lines=lines, steps=steps)


async def _made_for(
    session: Transaction, plan_id: UUID, members: Sequence[ClassMemberIn], *, actor: Actor, tools: Tools
) -> list[Made | BankError]:
    """The claim of each member, or what stands against it, in their order."""
    college = actor.institution_id
    if college is None:
        raise NotAllowed
    if (await target_of(session, plan_id)).institution_id != college:
        raise NotFound
    learners = await _learners(session, members, institution_id=college, keyring=tools.keyring)
    asked = [
        (learner, wanted(member.lines))
        for member, learner in zip(members, learners, strict=True)
        if not isinstance(learner, BankError)
    ]
    made = iter(await claim_many(session, plan_id, asked, by=actor.name, tools=tools, made_for=college))
    return [learner if isinstance(learner, BankError) else next(made) for learner in learners]


async def _learners(
    session: Transaction, members: Sequence[ClassMemberIn], *, institution_id: UUID, keyring: Keyring
) -> list[UUID | BankError]:
    """Whom each member names; a number that is nobody's looks like a stranger."""
    numbers = {one.student_no for one in members if one.student_no is not None}
    indexes = {number: student_index(keyring, institution_id, number) for number in numbers}
    cursor = await (await driver(session)).execute(_BY_NUMBER, [institution_id, list(indexes.values())])
    by_index: dict[bytes, list[UUID]] = {}
    for index, learner_id in await cursor.fetchall():
        by_index.setdefault(bytes(index), []).append(learner_id)
    found: list[UUID | BankError] = []
    for one in members:
        if (one.learner_id is None) == (one.student_no is None):
            found.append(
                Malformed(why_zh="请填写账户或学号中的一项", why_en="name the learner by account or by student number")
            )
        elif one.learner_id is not None:
            found.append(one.learner_id)
        else:
            assert one.student_no is not None
            index = indexes[one.student_no]
            known = by_index.get(index or b"", [])
            found.append(known[0] if len(known) == 1 else NotFound())
    return found
