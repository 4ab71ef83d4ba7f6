"""How a claim moves: from hand to hand in the order of its steps, and at the end decided again and closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from creditbank.clock import today
from creditbank.db import Transaction
from creditbank.institutions.working_days import Departures
from creditbank.recognition.clocks import AHEAD, ASK_AGAIN, end_of, ends_on
from creditbank.recognition.gathering import ClaimSaid, Gathered, gather
from creditbank.recognition.granting import grant, refuse
from creditbank.recognition.judging import Judged, judge_lines
from creditbank.recognition.opening import Opened, asked_line
from creditbank.recognition.procedures import BANK_STEP, Step, bank_step
from creditbank.recognition.standing import working_days_from
from creditbank.recognition.tables import Claim, ClaimLine
from creditbank.recognition.writing import Writing
from creditbank.records.acts import Tools


async def go_on(session: Transaction, writing: Writing, opened: Opened, *, days: Departures | None = None) -> None:
    """Serve the next step that an open line needs; after the last one conclude; with nothing open close.

    `days` are the departures around today, for a caller who has read them.
    """
    claim = opened.claim
    if days is None:
        days = await working_days_from(session, today(writing.at))
    if not opened.open_lines:
        close(writing, opened, days)
        return
    following = _following(opened)
    if following is None:
        await conclude(session, writing, opened, days)
    else:
        await serve(session, writing, opened, following, days)
    writing.keep(claim)


def _following(opened: Opened) -> Step | None:
    claim = opened.claim
    names = [step["id"] for step in claim.steps]
    begin = 0 if claim.step is None else names.index(claim.step) + 1
    return next((step for step in claim.steps[begin:] if opened.open_of(step)), None)


async def serve(session: Transaction, writing: Writing, opened: Opened, step: Step, days: Departures) -> None:
    """A step begins: from now the claim lies in that hand, and its clock runs."""
    claim = opened.claim
    claim.step, claim.hand, claim.does = step["id"], step["who"], step["does"]
    claim.hand_institution_id = None if step["institution_id"] is None else UUID(step["institution_id"])
    claim.served_at, claim.waits_for = writing.at, None
    writing.note(claim, "served", about={"hand": step["who"], "lines": [line.line_no for line in opened.open_of(step)]})
    start_clock(writing, opened, step, step["within"], days)


def start_clock(writing: Writing, opened: Opened, step: Step, within: int, days: Departures) -> None:
    """Count the step's working days from today; where the holidays are not known the step waits and says so."""
    claim = opened.claim
    before, claim.due_on = claim.waits_for, ends_on(today(writing.at), within, days)
    claim.waits_for = None if claim.due_on is not None else "working_days_unknown"
    if step.get("contest"):
        claim.waits_for = "evidence"
    if claim.due_on is None and before not in ("working_days_unknown", "evidence"):  # said once
        writing.note(claim, "waits", about={"because": "working_days_unknown", "step": step["id"]})
    set_alarm(writing, opened)


def set_alarm(writing: Writing, opened: Opened) -> None:
    """When a worker has to look: at the end of the step, when the claim lapses, or soon if nothing can be counted."""
    claim = opened.claim
    stopped = claim.waits_for == "objection"
    # What an objection stops must not lapse meanwhile: it is held for longer before that.
    moments = [] if claim.expires_at is None else [claim.expires_at - AHEAD if stopped else claim.expires_at]
    if claim.due_on is not None:
        if not is_overdue(claim, today(writing.at)):
            moments.append(end_of(claim.due_on))
    else:
        moments.append(writing.at + ASK_AGAIN)
    claim.look_at = min(moments, default=None)
    writing.keep(claim)


def is_overdue(claim: Claim, on: date) -> bool:
    """Whether people owe an answer that silence does not give for them: the bank's own, or that to an objection."""
    people = claim.waits_for == "objection" or (claim.hand == "bank" and claim.waits_for is None)
    return claim.state == "open" and people and claim.due_on is not None and claim.due_on < on


async def refer(session: Transaction, writing: Writing, opened: Opened, step: Step) -> None:
    """Lay what a step left open before the bank; then the steps after it go on."""
    added = lay_before_bank(writing, opened, step)
    await serve(session, writing, opened, added, await working_days_from(session, today(writing.at)))


def lay_before_bank(writing: Writing, opened: Opened, step: Step) -> Step:
    """The step of the bank after a step whose open lines it is to settle; it is not served yet."""
    claim = opened.claim
    names = {each["id"] for each in claim.steps}
    name = next(each for n in range(len(names) + 2) if (each := f"{step['id']}-{BANK_STEP}{n or ''}") not in names)
    added = bank_step([line.line_no for line in opened.open_of(step)], name=name)
    place = next(n for n, each in enumerate(claim.steps) if each["id"] == step["id"])
    claim.steps = [*claim.steps[: place + 1], added, *claim.steps[place + 1 :]]
    writing.note(claim, "referred", about={"to": name})
    return added


# --- deciding again -----------------------------------------------------------------------------------------------


async def judge_now(session: Transaction, opened: Opened, *, tools: Tools) -> tuple[Gathered, list[Judged]]:
    """What the rules say of the open lines by the facts of now, each seeing the lines of the claim that stand."""
    claim, person = opened.claim, opened.person
    gathered = await gather(
        session, family=person.family, plan_id=claim.plan_id, claim=ClaimSaid(claim.claimed_on),
        keyring=tools.keyring, at=tools.at, without_claim=claim.claim_id,
    )  # fmt: skip
    gathered = with_granted(gathered, opened)
    rows = opened.open_lines
    conversions = {row.line_no: row.conversion_id for row in rows if row.conversion_id is not None}
    judged = judge_lines(
        gathered, [asked_line(person, row) for row in rows], rulebook=tools.rulebook,
        on=today(tools.at), conversions=conversions,
    )  # fmt: skip
    return gathered, list(judged)


def with_granted(gathered: Gathered, opened: Opened, *, but: ClaimLine | None = None) -> Gathered:
    """What is known with the lines of the claim that were granted before."""
    for row in opened.lines:
        conversion = opened.conversion(row)
        if row is but or conversion is None or conversion.state != "granted":
            continue
        if row.course_code in gathered.plan.courses:
            gathered = gathered.with_line(
                asked_line(opened.person, row), conversion.credits, exemption=conversion.exemption,
                conversion_id=str(conversion.conversion_id),
            )  # fmt: skip
    return gathered


async def rejudge(session: Transaction, writing: Writing, opened: Opened) -> list[Judged]:
    """Look at the open lines again: what is refused for certain now is refused, the rest holds what it may need."""
    gathered, judged = await judge_now(session, opened, tools=writing.tools)
    for row, one in zip(opened.open_lines, judged, strict=True):
        conversion = opened.conversion(row)
        if not one.stands:
            _refuse_by_rules(writing, opened, row, one, gathered)
        elif conversion is not None:
            row.verdict, row.credits, conversion.credits = one.verdict, one.credits, one.credits
            writing.keep(row, conversion)
    return judged


async def conclude(session: Transaction, writing: Writing, opened: Opened, days: Departures) -> None:
    """After the last hand: the rules decide again by the facts of now, and what is granted is posted.

    What is still unknown is laid before the bank; it is never a refusal.
    """
    claim, person = opened.claim, opened.person
    gathered, judged = await judge_now(session, opened, tools=writing.tools)
    unknown: list[int] = []
    for row, one in zip(opened.open_lines, judged, strict=True):
        if one.verdict == "unknown":
            unknown.append(row.line_no)
            row.verdict = "unknown"
            writing.keep(row)
        elif one.verdict == "granted":
            await grant(session, writing, person, claim, row, one, gathered, conversion=opened.conversion(row))
        else:
            _refuse_by_rules(writing, opened, row, one, gathered)
    unknown = [number for number in unknown if opened.line(number).state == "open"]  # one may have given way
    if unknown:
        last = claim.steps[-1] if claim.steps else bank_step(unknown)
        if not claim.steps:
            claim.steps = [last]
        await refer(session, writing, opened, {**last, "lines": unknown})
    else:
        close(writing, opened, days)


def _refuse_by_rules(writing: Writing, opened: Opened, row: ClaimLine, one: Judged, gathered: Gathered) -> None:
    decision_id = refuse(
        writing, opened.person, opened.claim, row, by="kernel" if one.by_kernel else "rules", refusal=one.refusal,
        scheme=gathered.plan.scheme, level=gathered.plan.level, judged=one, course=gathered.course(row.course_code),
        conversion=opened.conversion(row),
    )  # fmt: skip
    tell_refused(writing, opened, row, decision_id)


def refuse_by_hand(
    writing: Writing,
    opened: Opened,
    row: ClaimLine,
    *,
    by: str,
    refusal: str,
    basis: Mapping[str, object],
) -> None:
    """A line is refused by somebody, or by silence; what it held is free."""
    conversion = opened.conversion(row)
    decision_id = refuse(
        writing, opened.person, opened.claim, row, by=by, refusal=refusal,
        scheme=None if conversion is None else conversion.scheme, level=None, basis=dict(basis),
        course=None if conversion is None else conversion.course, conversion=conversion,
    )  # fmt: skip
    tell_refused(writing, opened, row, decision_id)


def tell_refused(writing: Writing, opened: Opened, row: ClaimLine, decision_id: UUID) -> None:
    """Serve the refusal of one line."""
    writing.serve(opened.claim, "claim_line_refused", decision_id=decision_id, line_no=row.line_no)


# --- the end ------------------------------------------------------------------------------------------------------


def close(writing: Writing, opened: Opened, days: Departures) -> None:
    """Nothing is open any more: the claim is decided, and the time to appeal runs."""
    claim = opened.claim
    states = {line.state for line in opened.lines}
    claim.state = "withdrawn" if states == {"withdrawn"} else "decided"
    claim.decided_at = writing.at
    writing.note(claim, "withdrawn" if claim.state == "withdrawn" else "decided")
    leave(opened)
    claim.look_at = claim.expires_at = None
    if claim.state == "decided":
        claim.appeal_until_on = appeal_until(opened, today(writing.at), days)
        writing.serve(claim, "claim_decided")
    writing.keep(claim)


def appeal_until(opened: Opened, served_on: date, days: Departures) -> date | None:
    """The last day to appeal against what was served today; empty where the holidays are not known: no end yet."""
    return ends_on(served_on, opened.claim.times["appeal_within"], days)


def leave(opened: Opened) -> None:
    """The claim lies in no hand any more."""
    claim = opened.claim
    claim.step = claim.hand = claim.hand_institution_id = claim.does = None
    claim.served_at = claim.due_on = claim.waits_for = None
