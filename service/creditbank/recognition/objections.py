"""Public notice and objections: anybody who is signed in may object while a claim is on notice; the clock stops."""

from __future__ import annotations

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row

from creditbank.clock import today
from creditbank.db import Transaction, driver
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor, Reach
from creditbank.recognition import refusals
from creditbank.recognition.clocks import AHEAD, ends_on, holds_until, left
from creditbank.recognition.hands import must_be_open
from creditbank.recognition.moving import go_on, is_overdue, refuse_by_hand, set_alarm, start_clock
from creditbank.recognition.opening import Opened, open_claim
from creditbank.recognition.procedures import Step
from creditbank.recognition.standing import working_days_from
from creditbank.recognition.tables import Claim, Objection
from creditbank.recognition.writing import Writing, new_writing
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
    opened = await open_claim(session, claim_id, tools=tools, concerns=lambda _: False)
    claim = opened.claim
    on_notice = claim.state == "open" and claim.does == "notice"
    on = today(tools.at)
    over = claim.waits_for != "objection" and claim.due_on is not None and on > claim.due_on
    if not on_notice or over:
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
        await _stop_clock(session, writing, opened)
        writing.serve(claim, "claim_objected")
    about = {"objection_id": str(objection.objection_id)}
    writing.note(claim, "objected", line_no=line_no, about=about)
    await writing.write(session)
    return objection


async def _stop_clock(session: Transaction, writing: Writing, opened: Opened) -> None:
    """The days that are left are kept, and the time to decide the objection begins: that of an appeal."""
    claim, step, on = opened.claim, opened.step(), today(writing.at)
    days = await working_days_from(session, on)
    remaining = step["within"] if claim.due_on is None else left(on, claim.due_on, days)
    _write_into_step(
        claim, step, left=remaining, stopped_at=writing.at.isoformat(), referred=False,
        held_until=None if claim.expires_at is None else claim.expires_at.isoformat(),
    )  # fmt: skip
    claim.due_on = ends_on(on, claim.times["appeal_decided_within"], days)
    claim.waits_for = "objection"
    await _hold_longer(session, writing, opened)
    set_alarm(writing, opened)


def _write_into_step(claim: Claim, step: Step, **said: Any) -> None:
    claim.steps = [{**each, **said} if each["id"] == step["id"] else each for each in claim.steps]


async def _hold_longer(session: Transaction, writing: Writing, opened: Opened) -> None:
    """While it is stopped a claim does not lapse: it holds for another time to decide the objection."""
    claim, on = opened.claim, today(writing.at)
    if claim.expires_at is None:
        return
    days = await working_days_from(session, on)
    longer = holds_until(on, claim.times["appeal_decided_within"], days) - writing.at
    _hold_until(writing, opened, max(claim.expires_at, writing.at) + longer)


def _hold_until(writing: Writing, opened: Opened, until: datetime) -> None:
    opened.claim.expires_at = until
    for line in opened.open_lines:
        conversion = opened.conversion(line)
        if conversion is not None and conversion.state == "reserved":
            conversion.expires_at = until
            writing.keep(conversion)


async def look_at_objections(session: Transaction, writing: Writing, opened: Opened) -> None:
    """What time does to a claim that is stopped: once the objection should have been decided it is the bank's too."""
    claim, step, on = opened.claim, opened.step(), today(writing.at)
    if claim.due_on is None:
        since = today(datetime.fromisoformat(step.get("stopped_at") or writing.at.isoformat()))
        # Of the year in which it was stopped, which may be over by now.
        days = await working_days_from(session, since)
        claim.due_on = ends_on(since, claim.times["appeal_decided_within"], days)
    if is_overdue(claim, on) and not step.get("referred"):
        _write_into_step(claim, step, referred=True)
        writing.note(claim, "referred", about={"to": "bank", "because": "objection"})
    if claim.expires_at is not None and claim.expires_at - AHEAD <= writing.at:
        await _hold_longer(session, writing, opened)
    set_alarm(writing, opened)


async def decide_objection(
    session: Transaction, claim_id: UUID, objection_id: UUID, *, upheld: bool, words: str, actor: Actor, tools: Tools
) -> Objection:
    """Uphold an objection, which refuses what it is about, or dismiss it; after the last one the clock goes on.

    By the registrar of the college whose plan it is, or an officer, never by who objected. Raises NotFound,
    ObjectionAlreadyDecided, OwnObjection, ClaimAlreadyDecided, ClaimLapsed.
    """

    def concerns(claim: Claim) -> bool:
        return Reach.ANY in actor.reach or actor.institution_id == claim.institution_id

    opened = await open_claim(session, claim_id, tools=tools, concerns=concerns)
    claim, person = opened.claim, opened.person
    if not concerns(claim):
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
                basis = {"by": actor.name, "step": step["id"], "objection_id": str(objection_id)}
                refuse_by_hand(writing, opened, line, by="notice", refusal="objection_upheld", basis=basis)
                why = person.seal({"reason": words}, learner_id=claim.learner_id, field="act")
                writing.note(claim, "refused", line_no=line.line_no, decision_id=line.decision_id, words=why)
    if not any(one.state == "open" for one in found.values()):
        claim.waits_for = None
        if claim.expires_at is not None and step.get("held_until"):
            # It holds for as long as it was stopped beyond what it would have.
            stopped = writing.at - datetime.fromisoformat(step["stopped_at"])
            _hold_until(writing, opened, datetime.fromisoformat(step["held_until"]) + stopped)
        if opened.open_of(step):
            days = await working_days_from(session, today(tools.at))
            start_clock(writing, opened, step, int(step.get("left") or step["within"]), days)
        else:
            await go_on(session, writing, opened)
    await writing.write(session)
    return objection
