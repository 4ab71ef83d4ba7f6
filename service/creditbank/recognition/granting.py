"""What becomes of a line: held for, granted, refused, reduced or ended, with the decision and postings of that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row

from creditbank.clock import today
from creditbank.db import Transaction, driver
from creditbank.identifiers import new_id
from creditbank.ledger.book import LivePosting
from creditbank.recognition.gathered import Gathered
from creditbank.recognition.judging import Judged, basis_of
from creditbank.recognition.standing import Line, Person, postings_of
from creditbank.recognition.tables import Claim, ClaimLine, Conversion, Override, RecordUse
from creditbank.recognition.writing import Writing

GAVE_WAY = "gave_way"


def reserve(
    writing: Writing, claim: Claim, line: ClaimLine, judged: Judged, gathered: Gathered, *, until: datetime
) -> Conversion:
    """Hold the uses and the room that a line may need until then."""
    conversion = new_conversion(writing, claim, line, gathered, credits=judged.credits, exemption=judged.exemption)
    conversion.state, conversion.expires_at = "reserved", until
    line.state, line.verdict, line.credits = "open", judged.verdict, judged.credits
    writing.keep(line, conversion)
    return conversion


def new_conversion(
    writing: Writing, claim: Claim, line: ClaimLine, gathered: Gathered, *, credits: int, exemption: str
) -> Conversion:
    """A conversion for a line, not yet in force, with the records that it uses."""
    plan = gathered.plan
    line.conversion_id = line.conversion_id or new_id()
    conversion = Conversion(
        learner_id=claim.learner_id,
        conversion_id=line.conversion_id,
        claim_id=claim.claim_id,
        line_no=line.line_no,
        plan_id=claim.plan_id,
        institution_id=claim.institution_id,
        course_code=line.course_code,
        course=dict(plan.courses[line.course_code]),
        credits=credits,
        scheme=plan.scheme,
        state="reserved",
        on=claim.claimed_on,
        academic_year=claim.academic_year,
        term=claim.term,
        exemption=exemption,
        created_at=writing.at,
    )
    writing.keep(
        *(
            RecordUse(
                learner_id=claim.learner_id,
                conversion_id=conversion.conversion_id,
                record_id=record,
                plan_id=claim.plan_id,
            )
            for record in line.record_ids
        )
    )
    return conversion


async def grant(
    session: Transaction,
    writing: Writing,
    person: Person,
    claim: Claim,
    line: ClaimLine,
    judged: Judged,
    gathered: Gathered,
    *,
    conversion: Conversion | None,
) -> Conversion:
    """Grant a line by the rules: a decision with its facts, the credits posted, what gives way to it ended."""
    assert judged.decided is not None
    await give_way(session, writing, person, judged.replaces, to=claim)
    asked_on = today(writing.at)
    decision_id = writing.decide(
        person, claim, line, kind="conversion", verdict="granted", credits=judged.credits, scheme=gathered.plan.scheme,
        level=gathered.plan.level, clause=judged.decided.clause, basis=basis_of(judged, asked_on=asked_on),
        course=gathered.course(line.course_code), exemption=judged.exemption, decided=judged.decided,
    )  # fmt: skip
    line.verdict = "granted"
    conversion = conversion or new_conversion(
        writing, claim, line, gathered, credits=judged.credits, exemption=judged.exemption
    )
    return take_effect(
        writing, claim, line, conversion, decision_id=decision_id, credits=judged.credits, exemption=judged.exemption,
        source_id=source_of(gathered, line),
    )  # fmt: skip


def source_of(gathered: Gathered, line: ClaimLine) -> UUID:
    """Where the credits come from in the ledger: who reported the first record that the line uses."""
    institution = gathered.held[str(line.record_ids[0])].institution_id
    assert institution is not None
    return UUID(institution)


def take_effect(
    writing: Writing,
    claim: Claim,
    line: ClaimLine,
    conversion: Conversion,
    *,
    decision_id: UUID,
    credits: int,
    exemption: str,
    source_id: UUID,
) -> Conversion:
    """A line stands by a decision: its credits are posted, and the college is told."""
    conversion.state, conversion.expires_at, conversion.decision_id = "granted", None, decision_id
    conversion.credits, conversion.exemption = credits, exemption
    conversion.posting_id = None
    if credits > 0:
        conversion.posting_id = writing.book.post(
            learner_id=claim.learner_id, decision_id=decision_id, scheme=conversion.scheme, institution_id=source_id,
            amount=credits, occurred_on=today(writing.at), purpose="conversion", claim_id=claim.claim_id,
            line_no=line.line_no,
        )  # fmt: skip
    line.state, line.credits, line.refused_by, line.refusal = "granted", credits, None, None
    writing.keep(line, conversion)
    writing.tell(claim, line, "converted", credits=credits, verdict="granted")
    return conversion


def refuse(
    writing: Writing,
    person: Person,
    claim: Claim,
    line: ClaimLine,
    *,
    by: str,
    refusal: str | None,
    scheme: str | None,
    level: str | None,
    judged: Judged | None = None,
    basis: dict[str, Any] | None = None,
    course: Mapping[str, Any] | None = None,
    conversion: Conversion | None = None,
) -> UUID:
    """Refuse a line: by the rules with what they found, or by a hand with its reason; what it held is free."""
    decided = None if judged is None else judged.decided
    said = basis if judged is None else basis_of(judged, asked_on=today(writing.at))
    decision_id = writing.decide(
        person, claim, line, kind="conversion", verdict="not_granted", credits=0, scheme=scheme, level=level,
        clause=refusal, basis=said or {}, course=course, decided=decided,
    )  # fmt: skip
    line.state, line.verdict, line.credits = "refused", "not_granted", 0
    line.refused_by, line.refusal = by, refusal
    if conversion is None:
        line.conversion_id = None
    elif conversion.state != "ended":
        release(writing, conversion, because="refused")
    writing.keep(line)
    return decision_id


def release(writing: Writing, conversion: Conversion, *, because: str) -> None:
    """Free what a reservation held."""
    conversion.state, conversion.ended_at, conversion.ended_because = "ended", writing.at, because
    writing.keep(conversion)


@dataclass(frozen=True, slots=True)
class Stood:
    """What was posted for a conversion that stands, the first day on which it was in force, and from when it changes.

    `never` says that it should never have been: a record was withdrawn or corrected, and what stood on it is reversed
    on its own days. Otherwise it ends or changes today, and yesterday's transcript stays what it was.
    """

    postings: tuple[LivePosting, ...]
    since: date
    never: bool

    @property
    def source_id(self) -> UUID | None:
        """Where its credits came from."""
        return self.postings[-1].institution_id if self.postings else None


def _take_back(writing: Writing, claim: Claim, line: ClaimLine, stood: Stood, *, decision_id: UUID) -> None:
    """Nothing of what was posted stands any more, from its own days on or from today."""
    if stood.never:
        # Take-backs first, so that no balance passes below zero on the way.
        for posting in sorted(stood.postings, key=lambda posting: posting.amount > 0):
            writing.book.reverse(posting, decision_id=decision_id)
        return
    left = sum(posting.amount for posting in stood.postings)
    if left:
        last = stood.postings[-1]
        writing.book.post(
            learner_id=last.learner_id, decision_id=decision_id, scheme=last.scheme,
            institution_id=last.institution_id, amount=-left, occurred_on=today(writing.at), purpose="conversion",
            claim_id=claim.claim_id, line_no=line.line_no,
        )  # fmt: skip


async def end(
    session: Transaction,
    writing: Writing,
    person: Person,
    claim: Claim,
    line: ClaimLine,
    conversion: Conversion,
    stood: Stood,
    *,
    because: str,
    basis: dict[str, Any],
    judged: Judged | None = None,
) -> UUID:
    """End a conversion that was granted: a decision says why, its credits go, the college is told, and an override by
    which it stood has ended with it.
    """
    await _end_override(session, writing, claim, line)
    decided = None if judged is None else judged.decided
    verdict = "withdrawn" if judged is None else judged.verdict
    decision_id = writing.decide(
        person, claim, line, kind="conversion_ended", verdict=verdict, credits=0, scheme=conversion.scheme, level=None,
        clause=None if judged is None else judged.refusal, basis=basis, course=conversion.course, decided=decided,
        effective_on=stood.since if stood.never else None,
    )  # fmt: skip
    _take_back(writing, claim, line, stood, decision_id=decision_id)
    release(writing, conversion, because=because)
    line.state, line.credits = "ended", 0
    writing.keep(line)
    writing.tell(claim, line, "conversion_ended", credits=0)
    return decision_id


def change(
    writing: Writing,
    person: Person,
    claim: Claim,
    line: ClaimLine,
    conversion: Conversion,
    stood: Stood,
    *,
    credits: int,
    exemption: str,
    source_id: UUID,
    basis: dict[str, Any],
    judged: Judged | None = None,
    level: str | None = None,
) -> UUID:
    """A conversion that stands comes to other credits: what was posted goes, the new is posted, from the same day."""
    decided = None if judged is None else judged.decided
    from_day = stood.since if stood.never else today(writing.at)
    decision_id = writing.decide(
        person, claim, line, kind="conversion", verdict="granted", credits=credits, scheme=conversion.scheme,
        level=level, clause=None if decided is None else decided.clause, basis=basis, course=conversion.course,
        exemption=exemption, decided=decided, effective_on=from_day,
    )  # fmt: skip
    # What stands is posted anew even where the amount is the same: a posting belongs to the decision that is live.
    _take_back(writing, claim, line, stood, decision_id=decision_id)
    conversion.posting_id = None
    if credits > 0:
        conversion.posting_id = writing.book.post(
            learner_id=claim.learner_id, decision_id=decision_id, scheme=conversion.scheme,
            institution_id=stood.source_id or source_id, amount=credits, occurred_on=from_day, purpose="conversion",
            claim_id=claim.claim_id, line_no=line.line_no,
        )  # fmt: skip
    conversion.credits, conversion.exemption, conversion.decision_id = credits, exemption, decision_id
    line.credits = credits
    writing.keep(line, conversion)
    writing.tell(claim, line, "converted", credits=credits, verdict="granted")
    return decision_id


# --- overrides of what ends ---------------------------------------------------------------------------------------

_IN_FORCE: LiteralString = """
SELECT * FROM override WHERE learner_id = %s AND claim_id = %s AND line_no = %s AND state = 'in_force'
ORDER BY proposed_at DESC LIMIT 1
"""


async def override_of(session: Transaction, line: ClaimLine) -> Override | None:
    """The override by which a line stands, if people decided it against the rules."""
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(_IN_FORCE, [line.learner_id, line.claim_id, line.line_no])
    found = await cursor.fetchone()
    return None if found is None else Override(**found)


async def _end_override(session: Transaction, writing: Writing, claim: Claim, line: ClaimLine) -> None:
    override = await override_of(session, line)
    if override is None or any(one.override_id == override.override_id for one in writing.kept(Override)):
        return  # whoever ends the line because of an override has said already what becomes of it
    override.state, override.ended_at = "ended", writing.at
    writing.keep(override)
    writing.note(claim, "override_ended", line_no=line.line_no, about={"override_id": str(override.override_id)})


# --- what gives way -----------------------------------------------------------------------------------------------

_CONVERSIONS: LiteralString = "SELECT * FROM conversion WHERE learner_id = ANY (%s) AND conversion_id = ANY (%s)"
_CLAIMS: LiteralString = "SELECT * FROM claim WHERE learner_id = ANY (%s) AND claim_id = ANY (%s)"
_LINES: LiteralString = "SELECT * FROM claim_line WHERE learner_id = ANY (%s) AND claim_id = ANY (%s)"


async def give_way(
    session: Transaction, writing: Writing, person: Person, conversions: Collection[str], *, to: Claim
) -> None:
    """End the conversions that a line replaces, those of this claim and those of others."""
    named = {UUID(one) for one in conversions}
    if not named:
        return
    kept = {row.conversion_id: row for row in writing.kept(Conversion)}
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(_CONVERSIONS, [list(person.family), list(named)])
    found = {row["conversion_id"]: Conversion(**row) for row in await cursor.fetchall()} | {
        one: kept[one] for one in named & set(kept)
    }
    claims, lines = await _whose(session, writing, person, {one.claim_id for one in found.values()})
    postings = _with_just_posted(await postings_of(session, person.family, set(claims)), writing)
    for conversion in found.values():
        if conversion.state == "ended":
            continue
        claim, line = claims[conversion.claim_id], lines[conversion.claim_id, conversion.line_no]
        basis = {"by": "rules", "because": GAVE_WAY, "to_claim": str(to.claim_id)}
        if conversion.state == "granted":
            posted = tuple(postings.get((claim.claim_id, line.line_no), ()))
            stood = Stood(posted, today(writing.at), never=False)
            decision_id = await end(
                session, writing, person, claim, line, conversion, stood, because=GAVE_WAY, basis=basis
            )
        else:
            release(writing, conversion, because=GAVE_WAY)
            decision_id = refuse(
                writing, person, claim, line, by="rules", refusal=GAVE_WAY, scheme=conversion.scheme, level=None,
                basis=basis, course=conversion.course, conversion=conversion,
            )  # fmt: skip
            claim.look_at = writing.at  # a worker goes on with what is left of it
        writing.note(claim, "decided_again", line_no=line.line_no, decision_id=decision_id, about=basis, by="rules")
        writing.serve(claim, "conversion_gave_way", decision_id=decision_id)


def _with_just_posted(postings: dict[Line, list[LivePosting]], writing: Writing) -> dict[Line, list[LivePosting]]:
    """With what this act has posted itself and not yet written, and without what it has reversed."""
    found = {
        line: [each for each in posted if each.posting_id not in writing.book.reversed]
        for line, posted in postings.items()
    }
    for row in writing.book.postings:
        if row["kind"] != "reversal" and UUID(row["posting_id"]) not in writing.book.reversed:
            live = LivePosting(
                UUID(row["learner_id"]), UUID(row["posting_id"]), None, row["scheme"], UUID(row["institution_id"]),
                row["amount"], date.fromisoformat(row["occurred_on"]), "conversion", UUID(row["claim_id"]),
                row["line_no"],
            )  # fmt: skip
            found.setdefault((UUID(row["claim_id"]), row["line_no"]), []).append(live)
    return found


async def _whose(
    session: Transaction, writing: Writing, person: Person, claims: Collection[UUID]
) -> tuple[dict[UUID, Claim], dict[tuple[UUID, int], ClaimLine]]:
    connection = await driver(session)
    said = [list(person.family), list(claims)]
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_CLAIMS, said)
    found = {row["claim_id"]: Claim(**row) for row in await cursor.fetchall()}
    await cursor.execute(_LINES, said)
    lines = {(row["claim_id"], row["line_no"]): ClaimLine(**row) for row in await cursor.fetchall()}
    found |= {row.claim_id: row for row in writing.kept(Claim)}
    lines |= {(row.claim_id, row.line_no): row for row in writing.kept(ClaimLine)}
    return found, lines
