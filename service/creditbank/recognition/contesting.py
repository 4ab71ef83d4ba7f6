"""A verification that failed, contested: the learner brings evidence, and the bank decides instead of the issuer."""

from __future__ import annotations

from uuid import UUID

from creditbank.clock import today
from creditbank.db import Transaction
from creditbank.identity.actor import Actor
from creditbank.recognition import refusals
from creditbank.recognition.hands import all_contested, before_the_bank, must_be_open
from creditbank.recognition.opening import Opened, open_claim
from creditbank.recognition.withdrawal import made_by_college, must_be_claimant
from creditbank.recognition.writing import new_writing
from creditbank.records.acts import Tools


async def contest(
    session: Transaction, claim_id: UUID, line_no: int, *, evidence: str, actor: Actor, tools: Tools
) -> Opened:
    """Bring evidence against a failed verification; once every failed line is contested the bank's own time begins.

    Raises NotFound, GuardianActs, ClaimAlreadyDecided, ClaimLapsed, LineUnknown, NothingToContest.
    """
    opened = await open_claim(session, claim_id, tools=tools, concerns=lambda claim: made_by_college(actor, claim))
    claim = opened.claim
    await must_be_claimant(session, opened, actor=actor, tools=tools)
    must_be_open(claim, tools)
    line = opened.line(line_no)
    over = claim.due_on is not None and today(tools.at) > claim.due_on
    step = opened.step()
    if not step.get("contest") or claim.waits_for != "evidence" or over or line not in opened.open_of(step):
        raise refusals.NothingToContest(line=line_no)
    writing = new_writing(tools, [opened.person], by=actor.name, institution_id=actor.institution_id)
    words = opened.person.seal({"evidence": evidence}, learner_id=claim.learner_id, field="act")
    writing.note(claim, "contested", line_no=line_no, words=words)
    contested = sorted({*step.get("contested", ()), line_no})
    claim.steps = [{**each, "contested": contested} if each["id"] == step["id"] else each for each in claim.steps]
    if all_contested(opened):
        await before_the_bank(session, writing, opened)
    await writing.write(session)
    return opened
