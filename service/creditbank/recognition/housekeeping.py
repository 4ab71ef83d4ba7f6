"""What time does to claims: silence takes effect, reservations lapse, overrides come to their end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import LiteralString
from uuid import UUID

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import Transaction, driver
from creditbank.jobs import Work, handler, named
from creditbank.learners.refusals import AlreadyErased
from creditbank.recognition.clocks import end_of, really_ends_on
from creditbank.recognition.granting import refuse, release
from creditbank.recognition.hands import before_the_bank, end_step, go_on_with_the_rest, mark, open_to_contest
from creditbank.recognition.moving import (
    appeal_until,
    go_on,
    lay_before_bank,
    leave,
    refer,
    refuse_by_hand,
    set_alarm,
    start_clock,
)
from creditbank.recognition.objections import look_at_objections
from creditbank.recognition.opening import Opened, open_claim
from creditbank.recognition.overrides import expire
from creditbank.recognition.standing import working_days_from
from creditbank.recognition.writing import Writing, new_writing
from creditbank.records.acts import Tools
from creditbank.rules import Rulebook
from creditbank.sealing import Keyring

LOOK_AFTER = "look after claims"
AT_A_TIME = 200
"""How many claims are looked for at a time."""

log = structlog.get_logger(__name__)

_DUE: LiteralString = """
SELECT claim_id FROM claim WHERE state = 'open' AND look_at <= %s ORDER BY look_at, claim_id LIMIT %s
"""
_OVER: LiteralString = """
SELECT override_id FROM override WHERE state = 'in_force' AND expires_on < %s ORDER BY expires_on LIMIT %s
"""


@handler(LOOK_AFTER, every=timedelta(minutes=2))
async def look_after_claims(work: Work) -> None:
    """Each claim, and each override, in a transaction of its own: killed between two, the next worker goes on."""
    tools = Tools(work.its(Keyring), work.its(Rulebook), work.now)
    failed = await _each(work, _DUE, work.now, partial(look_at_claim, tools=tools))
    failed += await _each(work, _OVER, today(work.now), partial(expire, tools=tools))
    if failed:
        raise SomeNotLookedAfter(f"{len(failed)} of the claims and overrides that were due")


class SomeNotLookedAfter(RuntimeError):
    """One that cannot be looked after must not keep the others from it; it is tried again with the next look."""


async def _each(
    work: Work, query: LiteralString, until: object, look: Callable[[AsyncSession, UUID], Awaitable[None]]
) -> list[UUID]:
    """Whatever is due, one after another, each by itself; those that failed."""
    seen: set[UUID] = set()
    failed: list[UUID] = []
    while True:
        async with work.database.session() as session:
            cursor = await (await driver(session)).execute(query, [until, AT_A_TIME + len(failed)])
            due = [found for (found,) in await cursor.fetchall() if found not in seen]
        if not due:
            return failed
        for each in due:
            seen.add(each)
            try:
                await work.database.write(lambda session, each=each: look(session, each))  # type: ignore[misc]
            except Exception as failure:
                log.warning("not_looked_after", id=str(each), error=named(failure))
                failed.append(each)


async def look_at_claim(session: Transaction, claim_id: UUID, *, tools: Tools) -> None:
    """What time has done to one claim: nothing, if somebody acted meanwhile."""
    try:
        opened = await open_claim(session, claim_id, tools=tools)
    except AlreadyErased:
        await _forget(session, claim_id, at=tools.at)
        return
    claim = opened.claim
    if claim.state != "open" or claim.look_at is None or claim.look_at > tools.at:
        return
    writing = new_writing(tools, [opened.person], by="clock")
    stopped = claim.waits_for == "objection"
    if not stopped and claim.expires_at is not None and claim.expires_at <= tools.at and opened.open_lines:
        await _lapse(session, writing, opened)
    elif await go_on_with_the_rest(session, writing, opened):
        pass  # a line of it gave way to another claim, and was the last that anybody was asked about
    elif stopped:
        await look_at_objections(session, writing, opened)
    else:
        await _tick(session, writing, opened, tools)
    await writing.write(session)


async def _lapse(session: Transaction, writing: Writing, opened: Opened) -> None:
    """It ended by being read after `expires_at`: here that is decided, with what it waited for, and may be appealed."""
    claim, on = opened.claim, today(writing.at)
    waited_for = {
        "step": claim.step, "hand": claim.hand, "because": claim.waits_for,
        "due_on": None if claim.due_on is None else claim.due_on.isoformat(),
    }  # fmt: skip
    basis = {"by": "clock", "because": "lapsed", "waited_for": {name: one for name, one in waited_for.items() if one}}
    for line in opened.open_lines:
        conversion = opened.conversion(line)
        if conversion is not None:
            release(writing, conversion, because="lapsed")
        refuse(
            writing, opened.person, claim, line, by="clock", refusal="lapsed", level=None, basis=basis,
            scheme=None if conversion is None else conversion.scheme,
            course=None if conversion is None else conversion.course, conversion=conversion,
        )  # fmt: skip
        line.state = "lapsed"
        writing.note(claim, "lapsed", line_no=line.line_no, decision_id=line.decision_id, about=basis)
    leave(opened)
    claim.state, claim.look_at, claim.decided_at = "lapsed", None, writing.at
    claim.appeal_until_on = appeal_until(opened, on, await working_days_from(session, on))
    writing.serve(claim, "claim_lapsed")
    writing.keep(claim)


async def _tick(session: Transaction, writing: Writing, opened: Opened, tools: Tools) -> None:
    claim, on = opened.claim, today(tools.at)
    step = opened.step()
    days = await working_days_from(session, on)
    if claim.due_on is None:
        start_clock(writing, opened, step, int(step.get("left") or step["within"]), days)
        return
    if on <= claim.due_on:
        set_alarm(writing, opened)
        return
    ends = really_ends_on(claim.due_on, days)
    if ends is not None and on <= ends:
        claim.due_on, claim.look_at = ends, end_of(ends)
        writing.keep(claim)
        return
    await silence(session, writing, opened)


async def silence(session: Transaction, writing: Writing, opened: Opened) -> None:
    """The time of a step is over and its hand said nothing: what the document says that means takes effect."""
    claim, step = opened.claim, opened.step()
    failed = [line.line_no for line in opened.open_of(step) if line.line_no in step.get("failed", ())]
    answered = {*step.get("done", ()), *failed}
    waiting = [line.line_no for line in opened.open_of(step) if line.line_no not in answered]
    writing.note(claim, "silence", about={"means": step["silence"], "lines": waiting})
    if claim.waits_for == "evidence":
        await before_the_bank(session, writing, opened)
        if not opened.open_of(opened.step()):
            await go_on(session, writing, opened)
    elif step["silence"] == "approve":
        for number in waiting:
            mark(claim, step, "done", number)
        await end_step(session, writing, opened)
    elif step["silence"] == "refuse":
        basis = {"by": "clock", "step": step["id"], "because": "silence"}
        for line in opened.open_of(step):
            if line.line_no in waiting:
                refuse_by_hand(writing, opened, line, by=step["who"], refusal="silence", basis=basis)
        await end_step(session, writing, opened)
    elif step["who"] == "bank":
        # It lies before the last hand already: it stays there, first in its inbox, until it is settled or lapses.
        set_alarm(writing, opened)
    elif failed:
        # What was answered keeps its answer: evidence comes first, then the bank sees what nobody answered.
        lay_before_bank(writing, opened, {**step, "lines": waiting})
        await open_to_contest(session, writing, opened, step, failed)
    else:
        await refer(session, writing, opened, {**step, "lines": waiting})


async def _forget(session: Transaction, claim_id: UUID, *, at: datetime) -> None:
    """Nothing more becomes of a claim of somebody whose data were erased: it lapses without a word to anybody."""
    connection = await driver(session)
    await connection.execute(
        """
        WITH lapsed AS (
            UPDATE claim SET state = 'lapsed', step = NULL, hand = NULL, does = NULL, look_at = NULL, due_on = NULL
            WHERE claim_id = %(claim)s RETURNING learner_id, claim_id
        ), lines AS (
            UPDATE claim_line l SET state = 'lapsed', credits = 0 FROM lapsed
            WHERE l.learner_id = lapsed.learner_id AND l.claim_id = lapsed.claim_id AND l.state = 'open'
        )
        UPDATE conversion v SET state = 'ended', ended_at = %(at)s, ended_because = 'lapsed'
        FROM lapsed WHERE v.learner_id = lapsed.learner_id AND v.claim_id = lapsed.claim_id AND v.state = 'reserved'
        """,
        {"claim": claim_id, "at": at},
    )
