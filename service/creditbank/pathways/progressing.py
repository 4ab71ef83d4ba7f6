"""Progressing: whom a frozen result took is enrolled at the college, and the agreed courses are claimed for them.

Each learner is a transaction of their own, so that what one of them meets stops no other and a kill in the middle costs
nothing: a second call finds the enrolment by the key of its record, the claims by the lines that stand, and goes on
where the first one stopped. It is a loop of at most 200 people within the call, and no job: a college hands the new
student numbers over, which are personal and would have to be kept for a job to read, and it wants to see at once which
of them are wrong; 200 people take seconds, and a larger round is sent in parts.

No round is locked: a frozen result changes no more. The learner is locked first, then the cohort.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import LiteralString
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Database, Transaction, driver
from creditbank.errors import BankError
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.learners.families import lock_person
from creditbank.learners.personal import current_name, documents_of, names_of
from creditbank.learners.refusals import AlreadyErased
from creditbank.pathways import progressing_refusals as refusals
from creditbank.pathways.acting import lock_cohort, rows_of
from creditbank.pathways.agreed_courses import claim_agreed
from creditbank.pathways.progressed import (
    Result,
    Taken,
    enrolments_of,
    frozen_result,
    index_of,
    standing_for,
    statuses_of,
)
from creditbank.pathways.progressing_schemas import ProgressedOut, ProgressionIn, ProgressionsIn
from creditbank.records.acts import Tools
from creditbank.records.intake import Sender
from creditbank.records.schemas import EnrolmentEventRow, LearnerIn, ReportedDocument, RowOutcome
from creditbank.records.service import post_rows

_PROGRAMME: LiteralString = """
SELECT code, level FROM programme
WHERE programme_id = %s AND valid_from <= %s AND (valid_until IS NULL OR %s < valid_until)
"""

_PLANS: LiteralString = """
SELECT plan_id FROM plan
WHERE programme_id = %s AND entry_from <= %s AND (entry_until IS NULL OR %s <= entry_until) ORDER BY plan_id
"""


@dataclass(frozen=True, slots=True)
class Entering:
    """What holds for everybody of one call."""

    on: date
    year: int
    programme_code: str
    level: str
    plan_id: UUID
    submission_id: UUID


# --- what is known before anybody progresses ------------------------------------------------------------------------


async def entering(session: Transaction, result: Result, said: ProgressionsIn) -> Entering:
    """How everybody of a call enters the college.

    Raises ProgrammeNotTaught for a programme that is not taught on the day, PlanNotFound, PlanNotNamed.
    """
    found = next(iter(await rows_of(session, _PROGRAMME, [result.programme_id, said.on, said.on])), None)
    if found is None:
        raise refusals.ProgrammeNotTaught(day=said.on, field="/on")
    year = said.year_of_entry or said.on.year
    plans = [row["plan_id"] for row in await rows_of(session, _PLANS, [result.programme_id, year, year])]
    if said.plan_id is not None:
        if said.plan_id not in plans:
            raise refusals.PlanIsNotTheirs(year=year, field="/plan_id")
        plans = [said.plan_id]
    if len(plans) != 1:
        raise refusals.PlanNotNamed(plans=len(plans), year=year, field="/plan_id")
    return Entering(said.on, year, found["code"], found["level"], plans[0], new_id())


# --- everybody, one after another -----------------------------------------------------------------------------------


async def progress(
    database: Database, round_id: UUID, said: ProgressionsIn, *, actor: Actor, tools: Tools
) -> tuple[Result, list[ProgressedOut]]:
    """Let those progress who are named, each in a transaction of their own, with an outcome for each.

    Raises what stands against all of them; nobody has progressed then. Naming the same people again changes nothing.
    """
    async with database.session() as session:
        result = await frozen_result(session, round_id, actor=actor)
        how = await entering(session, result, said)
    by_number = {each.member_no: each for each in result.taken.values()}
    outcomes: list[ProgressedOut] = []
    seen: set[UUID] = set()
    for row, one in enumerate(said.learners, start=1):
        taken = result.taken.get(one.learner_id) if one.learner_id else by_number.get(one.member_no or 0)
        outcome = ProgressedOut(row=row, outcome="refused", member_no=one.member_no, learner_id=one.learner_id)
        if taken is None:
            outcome.problem = refusals.NotTakenInThisResult().problem(tools.language)
        elif taken.learner_id in seen:
            outcome.problem = refusals.NamedTwice().problem(tools.language)
        else:
            seen.add(taken.learner_id)
            outcome = await _one(database, result, taken, one, how, row=row, actor=actor, tools=tools)
        outcomes.append(outcome)
    return result, outcomes


async def _one(
    database: Database,
    result: Result,
    taken: Taken,
    said: ProgressionIn,
    how: Entering,
    *,
    row: int,
    actor: Actor,
    tools: Tools,
) -> ProgressedOut:
    outcome = ProgressedOut(row=row, outcome="refused", learner_id=taken.learner_id, member_no=taken.member_no)

    async def act(session: AsyncSession) -> ProgressedOut:
        return await _progress(session, result, taken, said, how, row=row, actor=actor, tools=tools)

    try:
        return await database.write(act)
    except BankError as refusal:  # and nothing that was written of this one stays
        outcome.problem = refusal.problem(tools.language)
        return outcome


async def _progress(
    session: AsyncSession,
    result: Result,
    taken: Taken,
    said: ProgressionIn,
    how: Entering,
    *,
    row: int,
    actor: Actor,
    tools: Tools,
) -> ProgressedOut:
    """One learner: enrolled at the college, marked as progressed, and the agreed courses claimed for them."""
    person = await lock_person(session, taken.learner_id)
    await lock_cohort(session, result.cohort_id)  # before what follows from the enrolment shares it
    status = (await statuses_of(session, result, [taken.learner_id])).get(taken.learner_id, "left")
    if status in _STANDS_AGAINST:
        raise _STANDS_AGAINST[status]
    index = index_of(result, said.student_no, keyring=tools.keyring)
    out = ProgressedOut(row=row, outcome="unchanged", learner_id=taken.learner_id, member_no=taken.member_no)
    families = {taken.learner_id: person.family}
    found = await enrolments_of(session, result, families, keyring=tools.keyring)
    before = standing_for(found[taken.learner_id], index)
    if before is None and status == "progressed":
        # The enrolment that they progressed to was withdrawn since: that is for people, not for a second try.
        raise refusals.EnrolmentWasTakenBack
    if before is not None:
        before.must_be(index, how.on)
        out.record_id = before.record_id
    else:
        posted = await _enrol(session, result, taken, person.root, person.family, said, how, actor=actor, tools=tools,
                              row=row)  # fmt: skip
        if posted.outcome not in ("deposited", "corrected", "unchanged"):
            out.outcome, out.problem = "held" if posted.outcome == "held" else "refused", posted.problem
            return out
        if posted.account != "matched":
            # No account is ever opened for somebody who has one.
            raise refusals.EnrolmentFoundNobody
        out.record_id = posted.record_id
    if status != "progressed":
        await _mark(session, result, taken, on=how.on, actor=actor, tools=tools)
        out.outcome = "progressed"
    agreed = result.agreed(how.plan_id)
    claimed = await claim_agreed(session, agreed, person.root, person.family, by=actor.name, tools=tools)
    out.claim_id, out.courses, out.claims_problem = claimed.claim_id, claimed.courses, claimed.problem
    if claimed.claim_id is not None:
        out.outcome = "progressed"
    return out


_MARK: LiteralString = """
WITH marked AS (
    UPDATE cohort_member SET status = 'progressed', events = events + 1
    WHERE learner_id = %(learner)s AND cohort_id = %(cohort)s AND status IN ('provisional', 'filed')
    RETURNING learner_id, cohort_id, events)
INSERT INTO member_event (learner_id, cohort_id, event_no, event, occurred_on, at, by, institution_id)
SELECT learner_id, cohort_id, events, 'progressed', %(on)s, %(at)s, %(by)s, %(college)s FROM marked
"""


async def _mark(session: Transaction, result: Result, taken: Taken, *, on: date, actor: Actor, tools: Tools) -> None:
    """The member has progressed, as a dated event of theirs."""
    said = {
        "learner": taken.learner_id, "cohort": result.cohort_id, "on": on, "at": tools.at, "by": actor.name,
        "college": result.college_id,
    }  # fmt: skip
    await (await driver(session)).execute(_MARK, said)


_STANDS_AGAINST: Mapping[str, type[BankError]] = {
    "left": refusals.TakenAndGaveUp,
    "suspended": refusals.TakenAndSuspended,
}


async def _enrol(
    session: AsyncSession,
    result: Result,
    taken: Taken,
    root: UUID,
    family: Sequence[UUID],
    said: ProgressionIn,
    how: Entering,
    *,
    row: int,
    actor: Actor,
    tools: Tools,
) -> RowOutcome:
    """Post the enrolment as the college's own record: versioned, decided, in the transcript, under the result's number.

    The bank knows the document by which the learner is matched; the college need not send it again, nor learns it.
    """
    name = current_name(await names_of(session, family, keyring=tools.keyring), root)
    documents = await documents_of(session, family, keyring=tools.keyring)
    document = next((each for each in reversed(documents) if each.number and each.ended_at is None), None)
    if name is None or document is None:
        raise AlreadyErased
    row_in = EnrolmentEventRow(
        kind="enrolment_event",
        key=result.key_of(taken),
        learner=LearnerIn(
            name=name, student_no=said.student_no,
            document=ReportedDocument(kind=document.kind, number=document.number or ""),
        ),
        reason=f"转段结果 {result.result_no}",
        event="entered",
        occurred_on=how.on,
        level=how.level,
        programme_code=how.programme_code,
        year_of_entry=how.year,
    )  # fmt: skip
    sender = Sender(result.college_id, actor.name)
    (posted,) = await post_rows(session, [(row, row_in)], sender=sender, submission_id=how.submission_id, tools=tools)
    return posted
