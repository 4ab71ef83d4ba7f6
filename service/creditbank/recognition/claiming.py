"""Claiming: lock the person, gather facts, decide the lines in the learner's order, write what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import LiteralString
from uuid import UUID

from creditbank.clock import today
from creditbank.db import Transaction, driver
from creditbank.errors import BankError, NotFound
from creditbank.identifiers import new_id
from creditbank.institutions.working_days import Departures
from creditbank.learners.families import families_of
from creditbank.learners.refusals import AccountClosed
from creditbank.recognition import refusals
from creditbank.recognition.clocks import holds_until
from creditbank.recognition.gathering import AskedPerson, ClaimSaid, Gathered, OnlyFor, ask_many
from creditbank.recognition.granting import grant, refuse, reserve
from creditbank.recognition.judging import Judged, judge_lines
from creditbank.recognition.known import EDUCATION_RANKS
from creditbank.recognition.moving import go_on
from creditbank.recognition.opening import Opened, asked_line
from creditbank.recognition.procedures import steps_of, times_of
from creditbank.recognition.schemas import LineIn
from creditbank.recognition.standing import Person, Target, ask_people, ask_target, ask_working_days, target_in
from creditbank.recognition.tables import Claim, ClaimAct, ClaimLine, Conversion
from creditbank.recognition.writing import Writing, new_writing
from creditbank.records.acts import Tools


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line as it is claimed: some records for one course."""

    record_ids: tuple[UUID, ...]
    course_code: str
    wants: str = "credits"


def wanted(lines: Sequence[LineIn]) -> list[Wanted]:
    """Lines as they are claimed; a record named twice in a line is used once."""
    return [Wanted(tuple(dict.fromkeys(line.record_ids)), line.course_code, line.wants) for line in lines]


@dataclass(frozen=True, slots=True)
class Made:
    """A claim as it was written, with what the rules said of each line."""

    person: Person
    claim: Claim
    lines: tuple[ClaimLine, ...]
    judged: tuple[Judged, ...]
    conversions: Mapping[UUID, Conversion]
    acts: tuple[ClaimAct, ...]


async def claim(
    session: Transaction,
    learner_id: UUID,
    plan_id: UUID,
    lines: Sequence[Wanted],
    *,
    by: str,
    tools: Tools,
    family: tuple[UUID, ...] | None = None,
) -> Made:
    """Claim for one learner; `family` is all of their accounts, for a caller who has just asked.

    Raises NotFound for a plan, or a record that is not the learner's; PlanNotOfTheLearner, CourseNotInPlan,
    CourseClaimedTwice, AccountClosed, AlreadyErased.
    """
    families = None if family is None else {learner_id: family}
    (made,) = await claim_many(session, plan_id, [(learner_id, lines)], by=by, tools=tools, families=families)
    if isinstance(made, BankError):
        raise made
    return made


async def claim_many(
    session: Transaction,
    plan_id: UUID,
    asked: Sequence[tuple[UUID, Sequence[Wanted]]],
    *,
    by: str,
    tools: Tools,
    made_for: UUID | None = None,
    families: Mapping[UUID, tuple[UUID, ...]] | None = None,
) -> list[Made | BankError]:
    """Claim for many learners in one transaction, each for itself: what is wrong with one is said of that one.

    Everybody is locked first, in the order of ids; then two statements gather what is known of them all.
    """
    if families is None:
        families = await families_of(session, {learner for learner, _ in asked})
    on = today(tools.at)
    every = "records" in tools.rulebook.row_sets("conversion", EDUCATION_RANKS)
    questions = [
        AskedPerson(families[learner], plan_id, ClaimSaid(on), only_for=None if every else _only_for(lines))
        for learner, lines in asked
    ]
    # All of it is sent before anything is read: on a bare connection the questions travel together.
    target_asked = await ask_target(session, plan_id)
    people_asked = await ask_people(session, [learner for learner, _ in asked], families)
    known_asked = await ask_many(session, questions, at=tools.at)
    days_asked = await ask_working_days(session, on)
    target = await target_in(target_asked)
    # Of a class whoever was erased is nobody, and keeps nobody else from being claimed for.
    people = await people_asked.people(keyring=tools.keyring, at=tools.at, but_erased=made_for is not None)
    found: list[Made | BankError | None] = [
        _refusal(people.get(learner), target, lines, made_for=made_for) for learner, lines in asked
    ]
    _claimed_once(found, asked, people)
    going_on = [place for place, refusal in enumerate(found) if refusal is None]
    known = await known_asked.gathered(going_on, keyring=tools.keyring)
    days = dict(await days_asked.fetchall())
    writing = new_writing(tools, (), by=by, institution_id=made_for)
    for place, gathered in zip(going_on, known, strict=True):
        learner, lines = asked[place]
        own = writing.beside(people[learner])
        try:
            found[place] = await _one(
                session, own, people[learner], target, gathered, lines, by=by, made_for=made_for, days=days
            )
        except BankError as refusal:
            found[place] = refusal  # and nothing that was noted of it on the way is written
        else:
            writing.take_in(own)
    if writing.rows:
        await writing.write(session)
    return [one for one in found if one is not None]


def _only_for(lines: Sequence[Wanted]) -> OnlyFor:
    records = frozenset(record for line in lines for record in line.record_ids)
    return OnlyFor(records, frozenset(line.course_code for line in lines))


def _refusal(
    person: Person | None, target: Target, lines: Sequence[Wanted], *, made_for: UUID | None
) -> BankError | None:
    """What stands against the whole claim, before the rules are asked."""
    if person is None:
        return NotFound()
    if made_for is not None and not target.is_of(person):
        # A college learns of somebody who is none of its own exactly what it learns of nobody.
        return NotFound()
    if person.closed:
        return AccountClosed()
    if not target.is_of(person):
        return refusals.PlanNotOfTheLearner(field="/plan_id")
    for number, line in enumerate(lines):
        for place, record in enumerate(line.record_ids):
            source = person.records.get(record)
            seen = source is not None and (
                made_for is None or source.institution_id == made_for or made_for in person.consented
            )
            if not seen:
                return NotFound(field=f"/lines/{number}/record_ids/{place}")
    twice = next((code for code, n in Counter(line.course_code for line in lines).items() if n > 1), None)
    return None if twice is None else refusals.CourseClaimedTwice(field="/lines", course=twice)


def _claimed_once(
    found: list[Made | BankError | None],
    asked: Sequence[tuple[UUID, Sequence[Wanted]]],
    people: Mapping[UUID, Person],
) -> None:
    """Whoever stands twice in a class, be it under two accounts, is claimed for the first time only."""
    seen: set[UUID] = set()
    for place, (learner, _) in enumerate(asked):
        if found[place] is not None:
            continue
        root = people[learner].root
        if root in seen:
            found[place] = refusals.LearnerClaimedTwice()
        seen.add(root)


async def _one(
    session: Transaction,
    writing: Writing,
    person: Person,
    target: Target,
    gathered: Gathered,
    lines: Sequence[Wanted],
    *,
    by: str,
    made_for: UUID | None,
    days: Departures,
) -> Made:
    for number, wanted in enumerate(lines):
        if wanted.course_code not in gathered.plan.courses:
            raise refusals.CourseNotInPlan(field=f"/lines/{number}/course_code", course=wanted.course_code)
    on = today(writing.at)
    claim = _new_claim(writing, person, target, gathered, on=on, by=by, made_for=made_for)
    rows = [_new_line(claim, number, wanted) for number, wanted in enumerate(lines, start=1)]
    judged = list(
        judge_lines(
            gathered,
            [asked_line(person, row) for row in rows],
            rulebook=writing.tools.rulebook,
            on=on,
            conversions={row.line_no: row.conversion_id for row in rows if row.conversion_id is not None},
        )
    )
    claim.times = times_of(judged)
    _by_document(claim, judged)
    issuers = await issuers_of(session, person.family, _certificates(gathered, rows))
    claim.steps = steps_of(judged, institution_id=target.institution_id, issuers=issuers)
    writing.note(claim, "made", about={"lines": len(rows)})
    if made_for is not None:
        writing.serve(claim, "claim_made_for_you", institution_id=made_for)
    conversions = await _settle(session, writing, person, claim, rows, judged, gathered, days)
    acts = [act for act in writing.kept(ClaimAct) if act.claim_id == claim.claim_id]
    return Made(person, claim, tuple(rows), tuple(judged), conversions, tuple(acts))


async def _settle(
    session: Transaction,
    writing: Writing,
    person: Person,
    claim: Claim,
    rows: Sequence[ClaimLine],
    judged: Sequence[Judged],
    gathered: Gathered,
    days: Departures,
) -> dict[UUID, Conversion]:
    """What is refused for certain is refused at once; the rest is held for and goes to the hands, or is granted now."""
    in_hands = {number for step in claim.steps for number in step["lines"]}
    if in_hands:
        claim.expires_at = holds_until(claim.claimed_on, claim.times["reserves_for"], days)
    conversions: dict[UUID, Conversion] = {}
    for row, one in zip(rows, judged, strict=True):
        if not one.stands:
            refuse(
                writing, person, claim, row, by="kernel" if one.by_kernel else "rules", refusal=one.refusal,
                scheme=gathered.plan.scheme, level=gathered.plan.level, judged=one,
                course=gathered.course(row.course_code),
            )  # fmt: skip
        elif in_hands:
            # The lines of one claim are concluded together, so that each is decided by what the ones before came to.
            assert claim.expires_at is not None
            held = reserve(writing, claim, row, one, gathered, until=claim.expires_at)
            conversions[held.conversion_id] = held
        else:
            granted = await grant(session, writing, person, claim, row, one, gathered, conversion=None)
            conversions[granted.conversion_id] = granted
    await go_on(session, writing, Opened(person, claim, tuple(rows), conversions), days=days)
    return conversions


def _new_claim(
    writing: Writing, person: Person, target: Target, gathered: Gathered, *, on: date, by: str, made_for: UUID | None
) -> Claim:
    return Claim(
        learner_id=person.root,
        claim_id=new_id(),
        change_id=writing.change_id,
        plan_id=target.plan_id,
        institution_id=target.institution_id,
        made_by=by,
        made_for_id=made_for,
        made_at=writing.at,
        claimed_on=on,
        academic_year=gathered.plan.academic_year,
        term=gathered.plan.term,
        state="open",
        steps=[],
        times={},
    )


def _new_line(claim: Claim, number: int, wanted: Wanted) -> ClaimLine:
    return ClaimLine(
        learner_id=claim.learner_id,
        claim_id=claim.claim_id,
        line_no=number,
        record_ids=list(wanted.record_ids),
        course_code=wanted.course_code,
        wants=wanted.wants,
        state="open",
        verdict="unknown",
        conversion_id=new_id(),
    )


def _by_document(claim: Claim, judged: Sequence[Judged]) -> None:
    for one in judged:
        if one.decided is not None and one.decided.version is not None:
            claim.document, claim.document_version = one.decided.document, one.decided.version
            return


def _certificates(gathered: Gathered, rows: Sequence[ClaimLine]) -> list[UUID]:
    return [record for row in rows for record in row.record_ids if gathered.held[str(record)].kind == "certificate"]


_ISSUERS: LiteralString = """
SELECT c.record_id::text, coalesce(s.issuer_id, (
    SELECT t.issuer_id FROM certificate_standard t
    WHERE t.code = c.shown ->> 'standard' AND t.valid_until IS NULL), (
    SELECT c.institution_id FROM institution_profile i
    WHERE i.institution_id = c.institution_id AND i.kind = 'certificate_body' AND i.valid_until IS NULL))
FROM record_current c
LEFT JOIN certificate_standard s ON s.code = c.shown ->> 'standard' AND s.valid_from <= c.occurred_on
    AND (s.valid_until IS NULL OR c.occurred_on < s.valid_until)
WHERE c.learner_id = ANY (%s) AND c.record_id = ANY (%s)
"""


async def issuers_of(session: Transaction, family: Sequence[UUID], records: Sequence[UUID]) -> dict[str, UUID | None]:
    """Who issued certificates, as far as they are connected here; a body may have come after a college reported one."""
    if not records:
        return {}
    cursor = await (await driver(session)).execute(_ISSUERS, [list(family), list(records)])
    return dict(await cursor.fetchall())
