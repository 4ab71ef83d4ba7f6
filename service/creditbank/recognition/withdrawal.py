"""Taking back what is open of a claim, and giving up what was granted: what they held is free from then on."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from creditbank.db import Transaction
from creditbank.errors import NotFound
from creditbank.identity.actor import Actor
from creditbank.learners.guardians import must_act_for
from creditbank.recognition import refusals
from creditbank.recognition.deciding_again import what_stood
from creditbank.recognition.granting import end, release
from creditbank.recognition.hands import go_on_with_the_rest, must_be_open
from creditbank.recognition.opening import Opened, open_claim
from creditbank.recognition.overrides import decline_proposed
from creditbank.recognition.standing import target_of
from creditbank.recognition.tables import Claim
from creditbank.recognition.writing import new_writing
from creditbank.records.acts import Tools

GIVEN_UP = "given_up"


async def withdraw_claim(
    session: Transaction, claim_id: UUID, *, lines: Sequence[int] | None, actor: Actor, tools: Tools
) -> Opened:
    """Take back all open lines, or those named. By who may claim: the learner, a guardian, the college that claimed.

    Raises NotFound, GuardianActs, ClaimAlreadyDecided, ClaimLapsed, LineUnknown, LineNotOpen.
    """
    opened = await open_claim(session, claim_id, tools=tools, concerns=lambda claim: made_by_college(actor, claim))
    claim = opened.claim
    await must_be_claimant(session, opened, actor=actor, tools=tools)
    must_be_open(claim, tools)
    chosen = opened.open_lines if lines is None else [opened.line(number) for number in dict.fromkeys(lines)]
    for line in chosen:
        if line.state != "open":
            raise refusals.LineNotOpen(line=line.line_no)
    writing = new_writing(tools, [opened.person], by=actor.name, institution_id=actor.institution_id)
    for line in chosen:
        conversion = opened.conversion(line)
        if conversion is not None:
            release(writing, conversion, because="withdrawn")
        line.state, line.credits = "withdrawn", 0
        writing.keep(line)
        writing.note(claim, "line_withdrawn", line_no=line.line_no)
    await go_on_with_the_rest(session, writing, opened)
    await writing.write(session)
    return opened


async def give_up(session: Transaction, claim_id: UUID, line_no: int, *, actor: Actor, tools: Tools) -> Opened:
    """Give up a conversion that stands, so that its records and its room can be used otherwise. By the learner alone.

    It ends today: until now it stood. Raises NotFound, GuardianActs, LineUnknown, ConversionDoesNotStand,
    DiplomaStandsOnConversion.
    """
    opened = await open_claim(session, claim_id, tools=tools, concerns=lambda _: False)
    await must_act_for(session, actor, opened.person.family, at=tools.at, keyring=tools.keyring)
    claim, line = opened.claim, opened.line(line_no)
    conversion = opened.conversion(line)
    if conversion is None or conversion.state != "granted":
        raise refusals.ConversionDoesNotStand(line=line_no)
    if (await target_of(session, claim.plan_id)).was_finished(opened.person):
        raise refusals.DiplomaStandsOnConversion
    writing = new_writing(tools, [opened.person], by=actor.name)
    stood = await what_stood(session, opened, conversion, never=False)
    basis = {"by": actor.name, "because": GIVEN_UP}
    decision_id = await end(
        session, writing, opened.person, claim, line, conversion, stood, because=GIVEN_UP, basis=basis
    )
    writing.note(claim, "given_up", line_no=line_no, decision_id=decision_id)
    await decline_proposed(session, writing, claim, line)
    await writing.write(session)
    return opened


def made_by_college(actor: Actor, claim: Claim) -> bool:
    """Whether the caller is of the college that claimed for the learner."""
    return actor.institution_id is not None and actor.institution_id == claim.made_for_id


async def must_be_claimant(session: Transaction, opened: Opened, *, actor: Actor, tools: Tools) -> None:
    """Raises NotFound for whoever could not have made the claim, GuardianActs for a child under fourteen."""
    if actor.institution_id is not None:
        if not made_by_college(actor, opened.claim):
            raise NotFound
        return
    await must_act_for(session, actor, opened.person.family, at=tools.at, keyring=tools.keyring)
