"""Public notice and objections: anybody who is signed in may object while a claim is on notice; the clock stops."""

from __future__ import annotations

from typing import LiteralString
from uuid import UUID

from psycopg.rows import dict_row

from creditbank.clock import today
from creditbank.db import Transaction, driver
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor, Reach
from creditbank.recognition import refusals
from creditbank.recognition.clocks import left
from creditbank.recognition.hands import must_be_open
from creditbank.recognition.moving import go_on, refuse_by_hand, set_alarm, start_clock
from creditbank.recognition.opening import Opened, open_claim
from creditbank.recognition.standing import working_days_from
from creditbank.recognition.tables import Claim, Objection
from creditbank.recognition.writing import new_writing
from creditbank.records.acts import Tools

_OBJECTIONS: LiteralString = """
SELECT * FROM objection WHERE learner_id = %s AND claim_id = %s ORDER BY raised_at, objection_id
"""


async def objections_of(session: Transaction, claim: Claim) -> list[Objection]:
    """The objections to a claim, the first one first."""
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(_OBJECTIONS, [claim.learner_id, claim.claim_id])
    return [Objection(**row) for row in await cursor.fetchall()]


async def object_to(
    session: Transaction, claim_id: UUID, *, line_no: int | None, words: str, actor: Actor, tools: Tools
) -> Objection:
    """Object to a claim on public notice, or to one line of it; what was written is sealed.

    Raises NotFound for a claim that is not on notice: whoever it does not concern learns nothing of others;
    LineNotOpen, ObjectedAlready.
    """
    opened = await open_claim(session, claim_id, tools=tools)
    claim = opened.claim
    on_notice = claim.state == "open" and claim.does == "notice"
    on = today(tools.at)
    if not on_notice or (claim.due_on is not None and on > claim.due_on):
        raise NotFound
    must_be_open(claim, tools)
    if line_no is not None and opened.line(line_no) not in opened.open_of(opened.step()):
        raise refusals.LineNotOpen(line=line_no)
    earlier = await objections_of(session, claim)
    if any(one.raised_by == actor.name for one in earlier):
        raise refusals.ObjectedAlready
    writing = new_writing(tools, [opened.person], by=actor.name)
    objection = Objection(
        learner_id=claim.learner_id,
        objection_id=new_id(),
        claim_id=claim.claim_id,
        line_no=line_no,
        raised_by=actor.name,
        raised_at=tools.at,
        words_sealed=opened.person.seal({"words": words}, learner_id=claim.learner_id, field="objection"),
        state="open",
    )
    writing.keep(objection)
    if claim.waits_for != "objection":
        await _stop_clock(session, opened, tools)
        claim.waits_for = "objection"
        set_alarm(writing, opened)
        writing.serve(claim, "claim_objected")
    about = {"objection_id": str(objection.objection_id)}
    writing.note(claim, "objected", line_no=line_no, about=about)
    await writing.write(session)
    return objection


async def _stop_clock(session: Transaction, opened: Opened, tools: Tools) -> None:
    claim, step, on = opened.claim, opened.step(), today(tools.at)
    days = await working_days_from(session, on)
    remaining = step["within"] if claim.due_on is None else left(on, claim.due_on, days)
    claim.steps = [{**each, "left": remaining} if each["id"] == step["id"] else each for each in claim.steps]
    claim.due_on = None


async def decide_objection(
    session: Transaction, claim_id: UUID, objection_id: UUID, *, upheld: bool, words: str, actor: Actor, tools: Tools
) -> Objection:
    """Uphold an objection, which refuses what it is about, or dismiss it; after the last one the clock goes on.

    By the registrar of the college whose plan it is, or an officer, never by who objected. Raises NotFound,
    ObjectionAlreadyDecided, OwnObjection, ClaimAlreadyDecided, ClaimLapsed.
    """
    opened = await open_claim(session, claim_id, tools=tools)
    claim, person = opened.claim, opened.person
    if Reach.ANY not in actor.reach and actor.institution_id != claim.institution_id:
        raise NotFound
    found = {one.objection_id: one for one in await objections_of(session, claim)}
    objection = found.get(objection_id)
    if objection is None:
        raise NotFound
    if objection.state != "open":
        raise refusals.ObjectionAlreadyDecided
    if objection.raised_by == actor.name:
        raise refusals.OwnObjection
    must_be_open(claim, tools)
    writing = new_writing(tools, [person], by=actor.name, institution_id=actor.institution_id)
    objection.state = "upheld" if upheld else "dismissed"
    objection.decided_by, objection.decided_at = actor.name, tools.at
    objection.answer_sealed = person.seal({"words": words}, learner_id=claim.learner_id, field="answer")
    writing.keep(objection)
    about = {"objection_id": str(objection_id), "upheld": upheld}
    writing.note(claim, "objection_decided", line_no=objection.line_no, about=about)
    step = opened.step()
    if upheld:
        for line in opened.open_of(step):
            if objection.line_no in (None, line.line_no):
                basis = {"by": actor.name, "step": step["id"], "objection_id": str(objection_id), "reason": words}
                refuse_by_hand(writing, opened, line, by="notice", refusal="objection_upheld", basis=basis)
    if not any(one.state == "open" for one in found.values()):
        claim.waits_for = None
        if opened.open_of(step):
            days = await working_days_from(session, today(tools.at))
            start_clock(writing, opened, step, int(step.get("left") or step["within"]), days)
        else:
            await go_on(session, writing, opened)
    await writing.write(session)
    return objection
