"""Overrides: a person decides a line against the rules, with author, reason, expiry; for more credits, two do."""

from __future__ import annotations

from datetime import date
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row

from creditbank.clock import today
from creditbank.credits import format_credits
from creditbank.db import Transaction, driver
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.learners.refusals import AlreadyErased
from creditbank.recognition import refusals
from creditbank.recognition.deciding_again import OVERRIDE_EXPIRED, Why, decide_again, stands_elsewhere, what_stood
from creditbank.recognition.gathering import ClaimSaid, Gathered, gather
from creditbank.recognition.granting import change, end, new_conversion, override_of, source_of, take_effect
from creditbank.recognition.moving import appeal_until
from creditbank.recognition.opening import Opened, open_claim
from creditbank.recognition.standing import working_days_from
from creditbank.recognition.tables import Claim, ClaimLine, Override
from creditbank.recognition.writing import Writing, new_writing
from creditbank.records.acts import Tools

YEARS = 10
"""No override is promised for longer."""


async def propose_override(
    session: Transaction,
    claim_id: UUID,
    line_no: int,
    *,
    credits: int,
    exemption: str,
    reason: str,
    expires_on: date,
    by: str,
    tools: Tools,
) -> Override:
    """Decide a line against the rules: what takes credits away holds at once, what raises them needs a second person.

    Raises NotFound, LineUnknown, LineStillOpen, OverridePending, MoreThanTheCourse, ExpiryNotAhead,
    CourseAlreadyReplaced, RecordNotLive.
    """
    opened = await open_claim(session, claim_id, tools=tools)
    line = opened.line(line_no)
    if line.state not in ("granted", "refused", "ended"):
        raise refusals.LineStillOpen(line=line_no)
    if await _proposed(session, line) is not None:
        raise refusals.OverridePending
    gathered = await _known(session, opened, tools)
    may_stand(opened, line, gathered, credits=credits, exemption=exemption, expires_on=expires_on, tools=tools)
    writing = new_writing(tools, [opened.person], by=by)
    override = new_override(
        line, credits=credits, exemption=exemption, reason=reason, expires_on=expires_on, by=by, tools=tools
    )
    writing.keep(override)
    if raises(opened, line, override, earlier=await override_of(session, line)):
        writing.note(
            opened.claim, "override_proposed", line_no=line_no, about={"override_id": str(override.override_id)}
        )
    else:
        await put_in_force(session, writing, opened, line, override, gathered)
    await writing.write(session)
    return override


def new_override(
    line: ClaimLine,
    *,
    credits: int,
    exemption: str,
    reason: str,
    expires_on: date,
    by: str,
    tools: Tools,
    appeal_id: UUID | None = None,
) -> Override:
    """An override as somebody proposes it."""
    return Override(
        learner_id=line.learner_id,
        override_id=new_id(),
        claim_id=line.claim_id,
        line_no=line.line_no,
        appeal_id=appeal_id,
        credits=credits,
        exemption=exemption,
        reason=reason,
        expires_on=expires_on,
        state="proposed",
        proposed_by=by,
        proposed_at=tools.at,
    )


def raises(opened: Opened, line: ClaimLine, override: Override, *, earlier: Override | None = None) -> bool:
    """Whether it gives the learner more than they have: credits, an exemption that was not granted, or time.

    What leaves everything as it is gives time, for it holds whatever becomes of the records; so does what outlasts the
    override by which the line stands.
    """
    conversion = opened.conversion(line)
    stands = conversion is not None and conversion.state == "granted"
    has = (line.credits, conversion.exemption) if conversion is not None and stands else (0, "none")
    gives = (override.credits, override.exemption)
    more_exempt = gives[1] not in ("none", has[1])
    as_it_is = gives == has and gives != (0, "none")
    longer = earlier is not None and gives != (0, "none") and override.expires_on > earlier.expires_on
    return gives[0] > has[0] or more_exempt or as_it_is or longer


async def confirm_override(session: Transaction, override_id: UUID, *, agreed: bool, by: str, tools: Tools) -> Override:
    """The second person agrees, and it holds from now; or declines, and nothing happens.

    Raises NotFound, OverrideNotProposed, SecondPersonNeeded, CourseAlreadyReplaced, RecordNotLive, ExpiryNotAhead.
    """
    opened, override = await _open(session, override_id, tools=tools)
    if override.state != "proposed":
        raise refusals.OverrideNotProposed
    if override.proposed_by == by:
        raise refusals.SecondPersonNeeded
    line = opened.line(override.line_no)
    writing = new_writing(tools, [opened.person], by=by)
    override.confirmed_by, override.confirmed_at = by, tools.at
    if agreed:
        gathered = await _known(session, opened, tools)
        may_stand(
            opened, line, gathered, credits=override.credits, exemption=override.exemption,
            expires_on=override.expires_on, tools=tools,
        )  # fmt: skip
        await put_in_force(session, writing, opened, line, override, gathered)
    else:
        _decline(writing, opened.claim, override)
    await writing.write(session)
    return override


def _decline(writing: Writing, claim: Claim, override: Override) -> None:
    override.state = "declined"
    writing.keep(override)
    about = {"override_id": str(override.override_id)}
    writing.note(claim, "override_declined", line_no=override.line_no, about=about)


async def decline_proposed(session: Transaction, writing: Writing, claim: Claim, line: ClaimLine) -> None:
    """What was proposed for a line comes to nothing: whose it is gave it up."""
    override = await _proposed(session, line)
    if override is not None:
        _decline(writing, claim, override)


def may_stand(
    opened: Opened,
    line: ClaimLine,
    gathered: Gathered,
    *,
    credits: int,
    exemption: str,
    expires_on: date,
    tools: Tools,
) -> None:
    """What no person can lift either: records the learner's own and live, a course replaced once, its own credits.

    Raises RecordNotLive, CourseNotInPlan, MoreThanTheCourse, CourseAlreadyReplaced, ExpiryNotAhead.
    """
    on = today(tools.at)
    if expires_on <= on or expires_on.year > on.year + YEARS:
        raise refusals.ExpiryNotAhead(field="/expires_on")
    if credits == 0 and exemption == "none":
        return
    if not opened.person.records.keys() >= set(line.record_ids):
        raise refusals.RecordNotLive
    course = gathered.course(line.course_code)
    if course is None:
        raise refusals.CourseNotInPlan(course=line.course_code)
    if credits > course["credits"]:
        raise refusals.MoreThanTheCourse(
            field="/credits", course=line.course_code, credits=format_credits(course["credits"])
        )
    if stands_elsewhere(opened, line, at=tools.at):
        raise refusals.CourseAlreadyReplaced(course=line.course_code)


async def put_in_force(
    session: Transaction, writing: Writing, opened: Opened, line: ClaimLine, override: Override, gathered: Gathered
) -> None:
    """From now the line is what the override says: a decision signed by people, posted like any other."""
    claim, person = opened.claim, opened.person
    earlier = await override_of(session, line)
    if earlier is not None:
        earlier.state, earlier.ended_at = "ended", writing.at
        writing.keep(earlier)
    override.state = "in_force"
    writing.keep(override)
    conversion = opened.conversion(line)
    stands = conversion if conversion is not None and conversion.state == "granted" else None
    if override.credits == 0 and override.exemption == "none":
        if stands is not None:
            stood = await what_stood(session, opened, stands, never=False)
            await end(session, writing, person, claim, line, stands, stood, because="override", basis=_signed(override))
            line.refused_by, line.refusal = "override", "override"
    elif stands is not None:
        stood = await what_stood(session, opened, stands, never=False)
        change(
            writing, person, claim, line, stands, stood, credits=override.credits, exemption=override.exemption,
            source_id=source_of(gathered, line), basis=_signed(override), level=gathered.plan.level,
        )  # fmt: skip
    else:
        _grant(writing, opened, line, override, gathered)
    days = await working_days_from(session, today(writing.at))
    claim.appeal_until_on = appeal_until(opened, today(writing.at), days)
    about = {"override_id": str(override.override_id), "expires_on": override.expires_on.isoformat()}
    writing.note(claim, "overridden", line_no=line.line_no, decision_id=line.decision_id, about=about)
    writing.serve(claim, "override_in_force", decision_id=line.decision_id, line_no=line.line_no)


def _grant(writing: Writing, opened: Opened, line: ClaimLine, override: Override, gathered: Gathered) -> None:
    claim = opened.claim
    line.conversion_id = None
    conversion = new_conversion(writing, claim, line, gathered, credits=override.credits, exemption=override.exemption)
    decision_id = writing.decide(
        opened.person, claim, line, kind="conversion", verdict="granted", credits=override.credits,
        scheme=gathered.plan.scheme, level=gathered.plan.level, clause="override", basis=_signed(override),
        course=conversion.course, exemption=override.exemption,
    )  # fmt: skip
    line.verdict = "granted"
    take_effect(
        writing, claim, line, conversion, decision_id=decision_id, credits=override.credits,
        exemption=override.exemption, source_id=source_of(gathered, line),
    )  # fmt: skip


def _signed(override: Override) -> dict[str, Any]:
    """Who decided it against the rules, why, and until when: it shows in the transcript."""
    said = {
        "override_id": str(override.override_id),
        "by": override.proposed_by,
        "confirmed_by": override.confirmed_by,
        "reason": override.reason,
        "expires_on": override.expires_on.isoformat(),
        "appeal_id": None if override.appeal_id is None else str(override.appeal_id),
    }
    return {"by": override.proposed_by, "override": {name: each for name, each in said.items() if each is not None}}


# --- its end ------------------------------------------------------------------------------------------------------


async def expire(session: Transaction, override_id: UUID, *, tools: Tools) -> None:
    """An override has come to its end: the rules decide the line again, and what they do not grant ends; who graduated
    on it keeps it until people have looked. Nothing, if somebody ended it meanwhile.
    """
    try:
        opened, override = await _open(session, override_id, tools=tools)
    except AlreadyErased:
        # Nothing more becomes of what was somebody's whose data were erased: it ends without a word to anybody.
        await (await driver(session)).execute(_FORGET, [tools.at, override_id])
        return
    if override.state != "in_force" or today(tools.at) <= override.expires_on:
        return
    writing = new_writing(tools, [opened.person], by="clock")
    override.state, override.ended_at = "ended", tools.at
    line = opened.line(override.line_no)
    writing.keep(override)
    about = {"override_id": str(override_id)}
    writing.note(opened.claim, "override_ended", line_no=line.line_no, about=about)
    await decide_again(session, writing, opened, line, Why(OVERRIDE_EXPIRED))
    await writing.write(session)


_FORGET: LiteralString = """
UPDATE override SET state = 'ended', ended_at = %s WHERE override_id = %s AND state = 'in_force'
"""


# --- reading ------------------------------------------------------------------------------------------------------

_ONE: LiteralString = "SELECT * FROM override WHERE override_id = %s"
_WAITING: LiteralString = """
SELECT * FROM override WHERE learner_id = %s AND claim_id = %s AND line_no = %s AND state = 'proposed'
"""


async def _open(session: Transaction, override_id: UUID, *, tools: Tools) -> tuple[Opened, Override]:
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(_ONE, [override_id])
    found = await cursor.fetchone()
    if found is None:
        raise NotFound
    opened = await open_claim(session, found["claim_id"], tools=tools)
    await cursor.execute(_ONE, [override_id])
    under_lock = await cursor.fetchone()
    assert under_lock is not None
    return opened, Override(**under_lock)


async def _proposed(session: Transaction, line: ClaimLine) -> Override | None:
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(_WAITING, [line.learner_id, line.claim_id, line.line_no])
    found = await cursor.fetchone()
    return None if found is None else Override(**found)


async def _known(session: Transaction, opened: Opened, tools: Tools) -> Gathered:
    claim = opened.claim
    return await gather(
        session, family=opened.person.family, plan_id=claim.plan_id, claim=ClaimSaid(claim.claimed_on),
        keyring=tools.keyring, at=tools.at, without_claim=claim.claim_id,
    )  # fmt: skip
