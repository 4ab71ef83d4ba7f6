"""What came of a frozen result: by which record each one entered the college, and how the agreed courses stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import LiteralString
from uuid import UUID

from creditbank import clock
from creditbank.credits import format_credits
from creditbank.db import Transaction
from creditbank.errors import NotFound
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, Reach
from creditbank.learners.families import families_of
from creditbank.learners.indexes import student_index
from creditbank.pathways.acting import rows_of
from creditbank.pathways.agreed_courses import Agreed, courses_of
from creditbank.pathways.progressing_refusals import EnrolledOtherwise, PathwayWithoutProgramme, RoundNotFrozen
from creditbank.pathways.progressing_schemas import ProgressedCourseOut, ProgressionOut, ResultProgressionsOut
from creditbank.records.reading import own_key_index
from creditbank.sealing import Keyring

_ROUND: LiteralString = """
SELECT r.round_id, r.state, r.result_no, r.cohort_id, c.school_id, c.college_id, p.pathway_id, p.filing_no,
       p.college_programme_id, s.rows AS result
FROM pathway_round r JOIN cohort c USING (cohort_id) JOIN pathway p USING (pathway_id)
LEFT JOIN round_result s ON s.round_id = r.round_id
WHERE r.round_id = %s
"""

_STATUSES: LiteralString = """
SELECT m.learner_id, CASE WHEN c.outcome = 'given_up' THEN 'left' ELSE m.status END AS status
FROM cohort_member m LEFT JOIN round_candidate c ON c.learner_id = m.learner_id AND c.round_id = %s
WHERE m.cohort_id = %s AND m.learner_id = ANY (%s)
"""

_ENTERED: LiteralString = """
SELECT c.learner_id, c.record_id, c.occurred_on, c.shown ->> 'student_index' AS student, k.key_index
FROM record_current c
LEFT JOIN record_key k ON k.institution_id = c.institution_id AND k.record_id = c.record_id AND k.key_index = ANY (%s)
WHERE c.learner_id = ANY (%s) AND c.institution_id = %s AND c.kind = 'enrolment_event'
  AND (k.record_id IS NOT NULL OR (c.shown ->> 'event' = 'entered' AND c.shown ->> 'programme_id' = %s))
ORDER BY c.occurred_on DESC, c.record_id DESC
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody whom a frozen result took."""

    learner_id: UUID
    member_no: int


@dataclass(frozen=True, slots=True)
class Result:
    """A round that is frozen, and what follows from its pathway."""

    round_id: UUID
    result_no: str
    cohort_id: UUID
    school_id: UUID
    college_id: UUID
    pathway_id: UUID
    filing_no: str | None
    programme_id: UUID
    taken: Mapping[UUID, Taken]

    def key_of(self, taken: Taken) -> str:
        """The college's key of the enrolment that this result led to: a reader finds the result by it."""
        return f"{self.result_no}/{taken.member_no}"

    def agreed(self, plan_id: UUID | None = None) -> Agreed:
        """The agreed courses of its pathway."""
        return Agreed(self.pathway_id, self.school_id, self.college_id, self.programme_id, plan_id)


async def frozen_result(session: Transaction, round_id: UUID, *, actor: Actor, school_too: bool = False) -> Result:
    """The result of a round, for its college and the bank; `school_too` where the school may read.

    Raises NotFound for anybody else, RoundNotFrozen, PathwayWithoutProgramme.
    """
    row = next(iter(await rows_of(session, _ROUND, [round_id])), None)
    if row is None or not (
        actor.reaches_institution(row["college_id"]) or (school_too and actor.reaches_institution(row["school_id"]))
    ):
        raise NotFound
    if row["state"] != "frozen" or row["result"] is None:
        raise RoundNotFrozen
    if row["college_programme_id"] is None:
        raise PathwayWithoutProgramme
    taken = [Taken(UUID(each["learner_id"]), each["member_no"]) for each in row["result"] if each["outcome"] == "taken"]
    return Result(
        round_id, row["result_no"], row["cohort_id"], row["school_id"], row["college_id"], row["pathway_id"],
        row["filing_no"], row["college_programme_id"], {each.learner_id: each for each in taken},
    )  # fmt: skip


async def statuses_of(session: Transaction, result: Result, learners: Sequence[UUID]) -> dict[UUID, str]:
    """What those who were taken are in the cohort now; whoever gave up the place has left."""
    found = await rows_of(session, _STATUSES, [result.round_id, result.cohort_id, list(learners)])
    return {row["learner_id"]: row["status"] for row in found}


# --- the enrolment that stands --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A live record by which somebody entered the programme: posted for this result, or by the college itself."""

    record_id: UUID
    on: date
    student: str
    of_result: bool

    def must_be(self, index: bytes | None, on: date) -> None:
        """Raises EnrolledOtherwise where somebody says another number or day than the record."""
        if self.on != on or index is None or index.hex() != self.student:
            raise EnrolledOtherwise(day=self.on)


async def enrolments_of(
    session: Transaction, result: Result, families: Mapping[UUID, Sequence[UUID]], *, keyring: Keyring
) -> dict[UUID, list[Enrolled]]:
    """By which records some who were taken entered the programme: that of this result first, then the newest."""
    keys = {own_key_index(keyring, result.key_of(result.taken[learner])): learner for learner in families}
    whose = {member: learner for learner, family in families.items() for member in family}
    rows = await rows_of(
        session, _ENTERED, [list(keys), list(whose), result.college_id, str(result.programme_id)]
    )  # fmt: skip
    found: dict[UUID, list[Enrolled]] = {learner: [] for learner in families}
    for row in rows:
        learner = whose[row["learner_id"]]
        of_result = row["key_index"] is not None and keys[bytes(row["key_index"])] == learner
        found[learner].append(Enrolled(row["record_id"], row["occurred_on"], row["student"], of_result))
    return {learner: sorted(records, key=lambda each: not each.of_result) for learner, records in found.items()}


def standing_for(records: Sequence[Enrolled], index: bytes | None) -> Enrolled | None:
    """The record that this result led to; else one under the same student number that the college reported itself."""
    return next((each for each in records if each.of_result or (index and each.student == index.hex())), None)


# --- everybody ------------------------------------------------------------------------------------------------------


async def progressions_of(
    session: Transaction, round_id: UUID, *, actor: Actor, keyring: Keyring
) -> ResultProgressionsOut:
    """How far everybody whom a result took has come; that somebody of the bank looked is logged.

    Raises NotFound, RoundNotFrozen, PathwayWithoutProgramme.
    """
    result = await frozen_result(session, round_id, actor=actor, school_too=True)
    if Reach.ANY in actor.reach:
        detail = {"round_id": str(round_id)}
        await note(session, actor=actor, act="progressions_seen", purpose="round", at=clock.now(), detail=detail)
    families = await families_of(session, list(result.taken))
    statuses = await statuses_of(session, result, list(result.taken))
    enrolled = await enrolments_of(session, result, families, keyring=keyring)
    courses = await courses_of(session, result.agreed(), families)
    return ResultProgressionsOut(
        round_id=round_id,
        result_no=result.result_no,
        pathway_id=result.pathway_id,
        filing_no=result.filing_no,
        learners=[
            _told(result, taken, statuses[learner], enrolled[learner], courses[learner])
            for learner, taken in sorted(result.taken.items(), key=lambda each: each[1].member_no)
        ],
    )


def _told(
    result: Result, taken: Taken, status: str, enrolled: Sequence[Enrolled], courses: list[ProgressedCourseOut]
) -> ProgressionOut:
    """One of them. An enrolment that is not this result's counts once they progressed: it was found to be theirs."""
    record = next((each for each in enrolled if each.of_result or status == "progressed"), None)
    return ProgressionOut(
        learner_id=taken.learner_id,
        member_no=taken.member_no,
        status=status,
        record_id=None if record is None else record.record_id,
        entered_on=None if record is None else record.on,
        record_key=result.key_of(taken),
        courses=courses,
        credits=format_credits(sum(course.credits or 0 for course in courses)),
    )


def index_of(result: Result, student_no: str, *, keyring: Keyring) -> bytes | None:
    """The keyed index of a student number at the college."""
    return student_index(keyring, result.college_id, student_no)
