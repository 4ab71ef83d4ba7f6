"""A line that stands, decided again: by the rules with everything else standing, it stays, gives less, or ends."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from creditbank.clock import today
from creditbank.db import Transaction
from creditbank.recognition.as_decided import (
    AsDecided,
    as_decided,
    beside_another_account,
    by_the_rules_of_now,
    with_its_records_as_they_are,
)
from creditbank.recognition.by_itself import by_itself
from creditbank.recognition.gathering import ClaimSaid, Gathered, gather
from creditbank.recognition.granting import Stood, change, end, override_of
from creditbank.recognition.judging import Judged, basis_of, judge
from creditbank.recognition.kernel import COURSE_REPLACED
from creditbank.recognition.moving import appeal_until, with_granted
from creditbank.recognition.opening import Opened, asked_line
from creditbank.recognition.standing import Person, Place, postings_of, stood_since, target_of, working_days_from
from creditbank.recognition.tables import ClaimLine, Conversion, Override
from creditbank.recognition.writing import Writing


def two_agreed(override: Override) -> bool:
    """Whether it holds against the rules: one that somebody made alone takes away, and keeps nothing."""
    return override.confirmed_by is not None or override.appeal_id is not None


OVERRIDE_EXPIRED = "override_expired"
"""Why a line is decided again that people had decided against the rules."""
_EXEMPTIONS = ("none", "attendance", "full")


def gives_less(judged: Judged, conversion: Conversion) -> bool:
    """Whether the rules give for certain less than stands."""
    return judged.verdict == "not_granted" or (judged.verdict == "granted" and judged.credits < conversion.credits)


async def what_stood(session: Transaction, opened: Opened, conversion: Conversion, *, never: bool) -> Stood:
    """What was posted for a conversion that stands, and from when that is to change: see `Stood`."""
    found = await postings_of(session, opened.person.family, [conversion.claim_id])
    posted = tuple(found.get((conversion.claim_id, conversion.line_no), ()))
    return Stood(posted, await stood_since(session, conversion, posted), never)


RULES_SUPERSEDED = "rules_superseded"
"""Why a line is decided again that a mistaken version granted."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a line that stands is decided again.

    `records` where something was said of them anew; `beside` are the accounts that proved to be the same person's;
    `one_since` says since when accounts that were parted had been taken for one person.
    """

    because: str
    records: Collection[UUID] = ()
    beside: tuple[UUID, ...] = ()
    one_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """What the rules say of a line that stands, and the day as of which they were asked."""

    judged: Judged
    on: date
    then: AsDecided | None = None
    """By what it stands, where it was asked by that."""


async def judge_alone(
    session: Transaction, writing: Writing, opened: Opened, line: ClaimLine, why: Why
) -> Again | None:
    """What the rules say of one line that stands; None where nothing that it was decided by has changed.

    Where something was said anew of records, the rules changed or an account proved to be the same person's, it is
    asked by the facts of its own decision and by that alone: what else the learner has done or claimed since takes
    nothing back. Where an override ended, or no facts are left, by all the facts of now.
    """
    person, rulebook, on = opened.person, writing.tools.rulebook, today(writing.at)
    asked = asked_line(person, line)
    gathered = by_itself(await _known(session, writing, opened, person.family), asked.records, rulebook=rulebook, on=on)
    if why.because != OVERRIDE_EXPIRED:
        # What waits has taken no place yet from what stands.
        gathered = replace(gathered, converted=tuple(one for one in gathered.converted if one.granted))
    gathered = with_granted(gathered, opened, but=line)
    then = await as_decided(session, person, line)
    if then is None:
        return Again(judge(gathered, asked, rulebook=rulebook, on=on), on)
    if why.beside:
        theirs = await _known(session, writing, opened, why.beside)
        theirs = replace(theirs, converted=tuple(one for one in theirs.converted if one.granted))
        standing = {one.conversion_id for one in gathered.converted}
        judged = beside_another_account(then, gathered, theirs, asked, standing=standing, rulebook=rulebook)
        return Again(judged, then.on, then)
    if why.one_since is not None and then.at < why.one_since and own(person, line):
        return None  # it was granted on what was its own
    if why.records:
        judged = await with_its_records_as_they_are(session, person, then, gathered, asked, rulebook=rulebook)
        return Again(judged, then.on, then)
    if why.because == RULES_SUPERSEDED:
        return Again(by_the_rules_of_now(then, gathered, asked, rulebook=rulebook), then.on, then)
    return Again(judge(gathered, asked, rulebook=rulebook, on=on), on)


async def _known(session: Transaction, writing: Writing, opened: Opened, family: tuple[UUID, ...]) -> Gathered:
    claim = opened.claim
    return await gather(
        session, family=family, plan_id=claim.plan_id, claim=ClaimSaid(claim.claimed_on),
        keyring=writing.tools.keyring, at=writing.at, without_claim=claim.claim_id,
    )  # fmt: skip


def own(person: Person, line: ClaimLine) -> bool:
    """Whether a line uses live records of the person's own."""
    return person.records.keys() >= set(line.record_ids)


async def decide_again(session: Transaction, writing: Writing, opened: Opened, line: ClaimLine, why: Why) -> None:
    """What a line stands on has changed.

    It never comes to more credits than before: for more, it is claimed again. Its grade is that of its records as they
    are, higher or lower.

    What is unknown now is not refused: it stays, and people are asked to look. So does what a diploma was issued on.
    """
    conversion = opened.conversion(line)
    if conversion is None or conversion.state != "granted":
        return
    person, because = opened.person, why.because
    found = await judge_alone(session, writing, opened, line, why)
    if found is None:
        return
    judged = found.judged
    override = await override_of(session, line)
    taken = [str(place.conversion_id) for place in elsewhere(opened, line) if place.state == "granted"]
    if override is not None and taken:
        judged = replace(
            judged, verdict="not_granted", credits=0, refusal=COURSE_REPLACED, by_kernel=True, observed=", ".join(taken)
        )
    elif override is not None and own(person, line) and because != OVERRIDE_EXPIRED:
        if two_agreed(override) or not gives_less(judged, conversion):
            return  # people decided it against the rules; only what they cannot lift ends it
        judged = replace(judged, exemption=min(judged.exemption, conversion.exemption, key=_EXEMPTIONS.index))
    credits = min(judged.credits, conversion.credits) if judged.verdict == "granted" else 0
    same = judged.verdict == "granted" and (credits, judged.exemption) == (conversion.credits, conversion.exemption)
    if override is None and found.then is not None and judged.decided is not None:
        same = same and found.then.marked_alike(judged.decided)
    if same and because != OVERRIDE_EXPIRED:
        return
    target = await target_of(session, opened.claim.plan_id)
    if not same and (judged.verdict == "unknown" or target.was_finished(person)):
        flag(writing, opened, line, because="graduated" if judged.verdict != "unknown" else "unknown")
        return
    basis = basis_of(judged, asked_on=found.on, because=because)
    if credits < judged.credits:
        basis["held_to_before"] = credits
    await _differently(
        session, writing, opened, line, conversion, judged, credits=credits, because=because, basis=basis
    )


async def _differently(
    session: Transaction,
    writing: Writing,
    opened: Opened,
    line: ClaimLine,
    conversion: Conversion,
    judged: Judged,
    *,
    credits: int,
    because: str,
    basis: dict[str, Any],
) -> None:
    claim = opened.claim
    # An override ends on its day; whatever changed a record changed what had stood on it all along.
    stood = await what_stood(session, opened, conversion, never=because != OVERRIDE_EXPIRED)
    if judged.verdict == "granted":
        decision_id = change(
            writing, opened.person, claim, line, conversion, stood, credits=credits, exemption=judged.exemption,
            source_id=opened.person.records[line.record_ids[0]].institution_id, basis=basis, judged=judged,
        )  # fmt: skip
        kind = "conversion_changed"
    else:
        decision_id = await end(
            session, writing, opened.person, claim, line, conversion, stood, because=because, basis=basis, judged=judged
        )
        line.refused_by, line.refusal = "kernel" if judged.by_kernel else "rules", judged.refusal
        kind = "conversion_ended"
    days = await working_days_from(session, today(writing.at))
    claim.appeal_until_on = appeal_until(opened, today(writing.at), days)
    writing.note(
        claim, "decided_again", line_no=line.line_no, decision_id=decision_id, about={"because": because}, by="rules"
    )
    writing.serve(claim, kind, decision_id=decision_id, line_no=line.line_no)


def flag(writing: Writing, opened: Opened, line: ClaimLine, *, because: str) -> None:
    """Ask people to look: nothing is touched."""
    claim = opened.claim
    claim.flagged_at = claim.flagged_at or writing.at
    about: Mapping[str, Any] = {"because": because}
    writing.note(claim, "flagged", line_no=line.line_no, about=about, by="rules")
    conversion = opened.conversion(line)
    writing.tell(claim, line, "conversion_flagged", credits=0 if conversion is None else conversion.credits)
    writing.serve(claim, "conversion_flagged", line_no=line.line_no)


def elsewhere(opened: Opened, line: ClaimLine) -> Iterator[Place]:
    """Where conversions of other lines take the course of a line, granted or reserved."""
    for place in opened.person.places:
        here = place.plan_id == opened.claim.plan_id and place.course_code == line.course_code
        if here and place.conversion_id != line.conversion_id:
            yield place


def stands_elsewhere(opened: Opened, line: ClaimLine, *, at: datetime) -> bool:
    """Whether the course of a line is taken by a conversion of another line."""
    return any(place.stands(at) for place in elsewhere(opened, line))
