"""What a hand does with a claim that lies in it: approve, refuse with a reason, verify, or supply what is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from creditbank.clock import today
from creditbank.db import Transaction
from creditbank.errors import NotFound
from creditbank.identity.actor import Actor, Reach
from creditbank.recognition import refusals
from creditbank.recognition.moving import go_on, refuse_by_hand, rejudge, serve, start_clock
from creditbank.recognition.opening import Opened, open_claim, supplied_of
from creditbank.recognition.procedures import BANK_WITHIN, Step, contest_step
from creditbank.recognition.standing import working_days_from
from creditbank.recognition.tables import Claim, ClaimLine
from creditbank.recognition.writing import Writing, new_writing
from creditbank.records.acts import Tools
from creditbank.rules import units
from creditbank.rules.facts import FACTS
from creditbank.rules.terms import JUDGED

Outcome = Literal["approved", "refused", "verified", "verification_failed"]

ENDS: dict[str, tuple[str, ...]] = {
    "review": ("approved", "refused"),
    "decide": ("approved", "refused"),
    "verify": ("verified", "verification_failed"),
    "notice": (),
}
"""What a hand may say at a step, by what the step does."""
_ROLES = {"department": "department_reviewer", "registrar": "registrar", "issuer": "certificate_body"}
ANSWERS = "claims:write"
"""The scope by which a machine answers for a registrar or a certificate body."""


@dataclass(frozen=True, slots=True)
class Supplied:
    """A fact that a hand says of a line, and where the line has several records, of which."""

    line_no: int
    fact: str
    value: Any
    record_id: UUID | None = None


def is_hand(actor: Actor, claim: Claim) -> bool:
    """Whether the claim lies in the caller's hand."""
    return claim.hand is not None and holds(actor, claim.hand, claim.hand_institution_id)


def holds(actor: Actor, hand: str, institution_id: UUID | None) -> bool:
    """Whether a hand of an institution, or of the bank, is the caller's."""
    if hand == "bank":
        return "officer" in actor.roles and Reach.ANY in actor.reach
    mine = actor.institution_id is not None and actor.institution_id == institution_id
    machine = ANSWERS in actor.scopes and hand in ("registrar", "issuer")
    return mine and (_ROLES[hand] in actor.roles or machine)


async def take_up(
    session: Transaction, claim_id: UUID, step: str, *, actor: Actor, tools: Tools
) -> tuple[Opened, Step]:
    """A claim in the caller's hand, locked, at this step.

    Raises NotFound for whoever it does not concern, ClaimAlreadyDecided, ClaimLapsed, NotThisHandsTurn, StepTimeIsOver,
    StepIsStopped.
    """
    opened = await open_claim(session, claim_id, tools=tools, concerns=lambda claim: concerns(actor, claim))
    claim = opened.claim
    if not is_hand(actor, claim):
        if concerns(actor, claim):
            raise refusals.ClaimAlreadyDecided if claim.state != "open" else refusals.NotThisHandsTurn(step=step)
        raise NotFound
    must_be_open(claim, tools)
    if claim.step != step:
        raise refusals.NotThisHandsTurn(step=step)
    found = opened.step()
    if claim.waits_for == "objection":
        raise refusals.StepIsStopped
    stays = found["who"] == "bank" and found["silence"] == "refer" and claim.waits_for is None
    if claim.due_on is not None and today(tools.at) > claim.due_on and not stays:
        raise refusals.StepTimeIsOver(due_on=claim.due_on)
    if claim.waits_for == "evidence":
        raise refusals.StepIsStopped
    return opened, found


def concerns(actor: Actor, claim: Claim) -> bool:
    """Whether a caller has had, has or will have a hand in a claim."""
    if Reach.ANY in actor.reach:
        return True
    own = actor.institution_id
    if own is None:
        return False
    hands = {step["institution_id"] for step in claim.steps}
    return own in (claim.institution_id, claim.made_for_id) or str(own) in hands


def must_be_open(claim: Claim, tools: Tools) -> None:
    """Raises ClaimAlreadyDecided, ClaimLapsed."""
    if claim.state == "lapsed" or (
        claim.state == "open" and claim.expires_at is not None and claim.expires_at <= tools.at
    ):
        raise refusals.ClaimLapsed
    if claim.state != "open":
        raise refusals.ClaimAlreadyDecided


async def answer_step(
    session: Transaction,
    claim_id: UUID,
    step_id: str,
    outcome: Outcome,
    *,
    lines: Sequence[int] | None,
    reason: str | None,
    actor: Actor,
    tools: Tools,
) -> Opened:
    """A hand says what is to become of lines: all open ones of the step if none are named.

    When the step has an answer for each of its lines the claim goes on. Raises what `take_up` does, LineUnknown,
    LineNotOpen, NotForThisStep, RefusalNeedsReason, FactsStillMissing.
    """
    opened, step = await take_up(session, claim_id, step_id, actor=actor, tools=tools)
    if outcome not in ENDS[step["does"]]:
        raise refusals.NotForThisStep(step=step_id)
    if outcome in ("refused", "verification_failed") and not reason:
        raise refusals.RefusalNeedsReason(field="/reason")
    chosen = _chosen(opened, step, lines)
    writing = new_writing(tools, [opened.person], by=actor.name, institution_id=actor.institution_id)
    words = None
    if reason:
        words = opened.person.seal({"reason": reason}, learner_id=opened.claim.learner_id, field="act")
    judged: dict[int, list[str]] = {}
    if outcome == "approved":
        judged = await _may_agree(session, writing, opened, step, chosen)
    for line in chosen:
        if line.state != "open":
            continue  # what the hand would have approved the rules refuse by now
        if outcome == "refused":
            basis = {"by": actor.name, "step": step_id}  # the reason is somebody's words: sealed, in the act
            refuse_by_hand(writing, opened, line, by=step["who"], refusal="refused_by_hand", basis=basis)
        clauses = judged.get(line.line_no)
        if clauses:
            _write_down(writing, opened, line, JUDGED, clauses, None, step, actor, tools)
        writing.note(
            opened.claim, outcome, line_no=line.line_no, words=words,
            decision_id=line.decision_id if outcome == "refused" else None,
            about={"judged": clauses} if clauses else None,
        )  # fmt: skip
        mark(opened.claim, step, "failed" if outcome == "verification_failed" else "done", line.line_no)
    await end_step(session, writing, opened)
    await writing.write(session)
    return opened


def _chosen(opened: Opened, step: Step, lines: Sequence[int] | None) -> list[ClaimLine]:
    waiting = opened.open_of(step)
    if lines is None:
        return waiting
    chosen = []
    for number in dict.fromkeys(lines):
        line = opened.line(number)
        if line not in waiting:
            raise refusals.LineNotOpen(line=number)
        chosen.append(line)
    return chosen


def mark(claim: Claim, step: Step, what: str, number: int) -> None:
    """Write into the step of the claim that a line has its answer."""
    others = [each for each in ("done", "failed") if each != what]
    changed = {
        **step,
        what: sorted({*step.get(what, ()), number}),
        **{each: [one for one in step.get(each, ()) if one != number] for each in others},
    }
    step.update(changed)
    claim.steps = [changed if each["id"] == step["id"] else each for each in claim.steps]


async def end_step(session: Transaction, writing: Writing, opened: Opened) -> None:
    """Go on once every open line of the step has an answer; what failed a verification may be contested first."""
    step = opened.step()
    answered = {*step.get("done", ()), *step.get("failed", ())}
    if any(line.line_no not in answered for line in opened.open_of(step)):
        writing.keep(opened.claim)
        return
    failed = [line.line_no for line in opened.open_of(step) if line.line_no in step.get("failed", ())]
    if not failed:
        await go_on(session, writing, opened)
        return
    await open_to_contest(session, writing, opened, step, failed)


async def go_on_with_the_rest(session: Transaction, writing: Writing, opened: Opened) -> bool:
    """Go on where some lines are open no more and nobody is asked about those that are left; whether it did."""
    claim, step = opened.claim, opened.step()
    left = {line.line_no for line in opened.open_of(step)}
    if not left:
        await go_on(session, writing, opened)
    elif claim.waits_for == "evidence" and all_contested(opened):
        await before_the_bank(session, writing, opened)
    elif claim.waits_for not in ("objection", "evidence") and left <= {*step.get("done", ()), *step.get("failed", ())}:
        await end_step(session, writing, opened)
    else:
        return False
    return True


async def open_to_contest(
    session: Transaction, writing: Writing, opened: Opened, step: Step, failed: Sequence[int]
) -> None:
    """The learner may bring evidence for the lines that failed, before any step that follows."""
    claim = opened.claim
    added = contest_step(step, failed)
    place = next(n for n, each in enumerate(claim.steps) if each["id"] == step["id"])
    claim.steps = [*claim.steps[: place + 1], added, *claim.steps[place + 1 :]]
    await serve(session, writing, opened, added, await working_days_from(session, today(writing.at)))
    writing.serve(claim, "verification_failed")


def all_contested(opened: Opened) -> bool:
    """Whether evidence has been brought for every line that is still open to it."""
    step = opened.step()
    return {line.line_no for line in opened.open_of(step)} <= set(step.get("contested", ()))


async def before_the_bank(session: Transaction, writing: Writing, opened: Opened) -> None:
    """The evidence is in, or its time over: what nobody contested is refused, the rest is the bank's to decide."""
    claim, step = opened.claim, opened.step()
    contested = set(step.get("contested", ()))
    for line in opened.open_of(step):
        if line.line_no not in contested:
            basis = {"by": "clock", "step": step["id"], "because": "verification_failed"}
            refuse_by_hand(writing, opened, line, by="issuer", refusal="verification_failed", basis=basis)
    if opened.open_of(step):
        claim.steps = [
            {**each, "contest": False, "silence": "refer", "within": BANK_WITHIN} if each["id"] == step["id"] else each
            for each in claim.steps
        ]
        claim.served_at, claim.waits_for = writing.at, None
        writing.note(claim, "served", about={"hand": "bank"})
        days = await working_days_from(session, today(writing.at))
        start_clock(writing, opened, opened.step(), BANK_WITHIN, days)


async def _may_agree(
    session: Transaction, writing: Writing, opened: Opened, step: Step, chosen: Sequence[ClaimLine]
) -> dict[int, list[str]]:
    """What this hand could say, or the bank at the end of all hands, must be said before it agrees.

    A hand that decides settles by agreeing what the rules leave to people: those clauses, by line.
    """
    if all(line.verdict == "granted" for line in chosen):
        return {}
    numbers = {line.line_no for line in chosen}
    judged = [one for one in await rejudge(session, writing, opened) if one.line.line_no in numbers]
    missing = dict.fromkeys(
        name
        for one in judged
        for name in one.missing()
        if step["who"] == "bank" or FACTS[name].supplier.hand == step["who"]
    )
    if missing:
        language = writing.tools.language
        named = [FACTS[name].zh if language == "zh" else FACTS[name].en for name in missing]
        raise refusals.FactsStillMissing(facts=("、" if language == "zh" else ", ").join(named))
    return {one.line.line_no: one.referred() for one in judged} if step["does"] == "decide" else {}


# --- supplying facts ----------------------------------------------------------------------------------------------


async def supply(
    session: Transaction, claim_id: UUID, step_id: str, facts: Sequence[Supplied], *, actor: Actor, tools: Tools
) -> Opened:
    """Say what is not known and is for this hand to know, each with who said it and when; the rules look again at once.

    Raises what `take_up` does, LineUnknown, LineNotOpen, FactNotOfThisHand, FactNotMissing, FactUnreadable.
    """
    opened, step = await take_up(session, claim_id, step_id, actor=actor, tools=tools)
    writing = new_writing(tools, [opened.person], by=actor.name, institution_id=actor.institution_id)
    missing = {one.line.line_no: one.missing() for one in await rejudge(session, writing, opened)}
    for number, said in enumerate(facts):
        (line,) = _chosen(opened, step, [said.line_no])
        _must_fit(said, line, opened, step, missing.get(said.line_no, []), at_field=f"/facts/{number}")
        _keep(writing, opened, line, said, step, actor, tools)
    await rejudge(session, writing, opened)
    await end_step(session, writing, opened)
    await writing.write(session)
    return opened


def _must_fit(
    said: Supplied, line: ClaimLine, opened: Opened, step: Step, missing: Sequence[str], *, at_field: str
) -> None:
    fact = FACTS.get(said.fact)
    if fact is None or fact.supplier.hand != step["who"]:
        raise refusals.FactNotOfThisHand(field=f"{at_field}/fact", fact=said.fact)
    again = any(each["fact"] == said.fact for each in supplied_of(opened.person, line))
    if said.fact not in missing and not again:
        raise refusals.FactNotMissing(field=f"{at_field}/fact", fact=said.fact)
    if said.record_id is not None and said.record_id not in line.record_ids:
        raise NotFound(field=f"{at_field}/record_id")
    try:
        units.reader(fact.type)(said.value)
    except units.NotOfType as wrong:
        raise refusals.FactUnreadable(
            field=f"{at_field}/value", fact=said.fact, why_zh=wrong.zh, why_en=wrong.en
        ) from None


def _keep(
    writing: Writing, opened: Opened, line: ClaimLine, said: Supplied, step: Step, actor: Actor, tools: Tools
) -> None:
    _write_down(writing, opened, line, said.fact, said.value, said.record_id, step, actor, tools)
    words = opened.person.seal({"value": said.value}, learner_id=line.learner_id, field="act")
    writing.note(opened.claim, "supplied", line_no=line.line_no, about={"fact": said.fact}, words=words)


def _write_down(
    writing: Writing,
    opened: Opened,
    line: ClaimLine,
    fact: str,
    value: Any,
    record_id: UUID | None,
    step: Step,
    actor: Actor,
    tools: Tools,
) -> None:
    """Keep with the line what somebody said of it, instead of what was said before."""
    record = None if record_id is None else str(record_id)
    others = [
        each for each in supplied_of(opened.person, line) if (each["fact"], each.get("record_id")) != (fact, record)
    ]
    new = {
        "fact": fact, "value": value, "record_id": record, "hand": step["who"], "by": actor.name,
        "at": tools.at.isoformat(),
    }  # fmt: skip
    line.supplied_sealed = opened.person.seal([*others, new], learner_id=line.learner_id, field="supplied")
    writing.keep(line)
