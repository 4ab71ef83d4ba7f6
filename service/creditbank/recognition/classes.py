"""A college claims for a class of its own: many learners at once, an outcome for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from creditbank.db import Transaction, driver
from creditbank.errors import BankError, Malformed, NotAllowed, NotFound
from creditbank.identity.actor import Actor
from creditbank.learners.indexes import student_index
from creditbank.recognition.claiming import Wanted, claim_many, wanted
from creditbank.recognition.schemas import ClassLineOut, ClassMemberIn
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
    college = actor.institution_id
    if college is None:
        raise NotAllowed
    if (await target_of(session, plan_id)).institution_id != college:
        raise NotFound
    learners = await _learners(session, members, institution_id=college, keyring=tools.keyring)
    found: dict[int, ClassLineOut] = {}
    asked: list[tuple[int, UUID, list[Wanted]]] = []
    for row, (member, learner) in enumerate(zip(members, learners, strict=True), start=1):
        if isinstance(learner, BankError):
            found[row] = _refused(row, learner, tools)
        else:
            asked.append((row, learner, wanted(member.lines)))
    made = await claim_many(
        session, plan_id, [(learner, lines) for _, learner, lines in asked], by=actor.name, tools=tools,
        made_for=college,
    )  # fmt: skip
    for (row, _, _), one in zip(asked, made, strict=True):
        if isinstance(one, BankError):
            found[row] = _refused(row, one, tools)
        else:
            found[row] = ClassLineOut(row=row, outcome="claimed", claim_id=one.claim.claim_id, state=one.claim.state)
    return [found[row] for row in sorted(found)]


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


def _refused(row: int, refusal: BankError, tools: Tools) -> ClassLineOut:
    return ClassLineOut(row=row, outcome="refused", problem=refusal.problem(tools.language))
