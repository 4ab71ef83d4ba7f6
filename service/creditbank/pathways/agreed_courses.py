"""The agreed courses of a pathway (一体化课程): which of them somebody has, and claiming them once they progressed.

A pathway agrees nothing by itself: each pair of courses is an equivalence of the college, the claim is decided by the
same rules as anybody's, and what is refused there stays refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Transaction
from creditbank.errors import BankError
from creditbank.learners.refusals import AlreadyErased
from creditbank.pathways.acting import rows_of
from creditbank.pathways.progressing_refusals import CollegeMayNotUseRecords
from creditbank.pathways.progressing_schemas import ProgressedCourseOut
from creditbank.recognition.claiming import Wanted, claim_many
from creditbank.recognition.standing import lock_people
from creditbank.records.acts import Tools

CLAIMABLE = ("unclaimed", "lapsed")
"""What may be claimed for somebody: of what was refused, withdrawn or given up they decide themselves."""

_MAPPED: LiteralString = """
SELECT school_course_code, college_course_code, equivalence_id FROM pathway_course WHERE pathway_id = %s ORDER BY no
"""

_HELD: LiteralString = """
SELECT c.learner_id, c.shown ->> 'course_code' AS code, c.record_id FROM record_current c
WHERE c.learner_id = ANY (%s) AND c.institution_id = %s AND c.kind = 'course_result'
  AND c.shown ->> 'course_code' = ANY (%s) AND c.shown ->> 'result' = 'passed'
ORDER BY (c.verdict = 'granted') DESC, c.occurred_on DESC, c.record_id
"""
"""Of several attempts at a course that were passed, the one that the rules let count comes first."""

_IN_PLAN: LiteralString = "SELECT course_code FROM plan_course WHERE plan_id = %s AND course_code = ANY (%s)"

_LINES: LiteralString = """
SELECT l.learner_id, l.course_code AS code, l.claim_id, l.line_no, l.state, l.record_ids, l.decision_id, l.credits
FROM claim c JOIN claim_line l USING (learner_id, claim_id) JOIN plan p USING (plan_id)
WHERE c.learner_id = ANY (%s) AND p.programme_id = %s AND l.course_code = ANY (%s)
ORDER BY l.state = 'granted' DESC, l.state = 'open' DESC, c.made_at DESC, l.claim_id
"""
"""Of several claims for a course the one that stands comes first, else the last."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """Whose courses count for whose: a pathway, its school, its college and programme; the plan, where one is meant."""

    pathway_id: UUID
    school_id: UUID
    college_id: UUID
    programme_id: UUID
    plan_id: UUID | None = None


@dataclass(slots=True)
class Claimed:
    """What was claimed for somebody, and how each agreed course stands now."""

    courses: list[ProgressedCourseOut]
    claim_id: UUID | None = None
    problem: dict[str, Any] | None = None


@dataclass(slots=True)
class _Pair:
    """The ways in which one course of the college may be replaced: by equivalence, the school's courses it needs."""

    ways: dict[UUID | str, list[str]] = field(default_factory=dict)


async def _pairs(session: Transaction, pathway_id: UUID) -> dict[str, _Pair]:
    """By course of the college. Rows of one equivalence are needed together; of several equivalences one is enough."""
    pairs: dict[str, _Pair] = {}
    for row in await rows_of(session, _MAPPED, [pathway_id]):
        school, college = row["school_course_code"], row["college_course_code"]
        way = row["equivalence_id"] or school
        pairs.setdefault(college, _Pair()).ways.setdefault(way, []).append(school)
    return pairs


async def courses_of(
    session: Transaction, agreed: Agreed, families: Mapping[UUID, Sequence[UUID]]
) -> dict[UUID, list[ProgressedCourseOut]]:
    """How each agreed course of some people stands: claimed and decided, or not, and then what is in the way.

    By whatever the families of accounts are named by; three queries for them all.
    """
    pairs = await _pairs(session, agreed.pathway_id)
    whose = {member: named for named, family in families.items() for member in family}
    codes = sorted({school for pair in pairs.values() for way in pair.ways.values() for school in way})
    held = _first_of(await rows_of(session, _HELD, [list(whose), agreed.school_id, codes]), whose)
    lines = _first_of(await rows_of(session, _LINES, [list(whose), agreed.programme_id, list(pairs)]), whose)
    in_plan = set(pairs)
    if agreed.plan_id is not None:
        found = await rows_of(session, _IN_PLAN, [agreed.plan_id, list(pairs)])
        in_plan = {row["course_code"] for row in found}
    return {
        named: [
            _stands(code, pair, held.get(named, {}), lines.get(named, {}).get(code), in_plan=code in in_plan)
            for code, pair in pairs.items()
        ]
        for named in families
    }


def _first_of(
    rows: Sequence[Mapping[str, Any]], whose: Mapping[UUID, UUID]
) -> dict[UUID, dict[str, Mapping[str, Any]]]:
    """By person and course the first row of each."""
    found: dict[UUID, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(whose[row["learner_id"]], {}).setdefault(row["code"], row)
    return found


def _stands(
    code: str, pair: _Pair, held: Mapping[str, Mapping[str, Any]], line: Mapping[str, Any] | None, *, in_plan: bool
) -> ProgressedCourseOut:
    whole = [(way, schools) for way, schools in pair.ways.items() if all(school in held for school in schools)]
    way, schools = (whole or list(pair.ways.items()))[0]
    out = ProgressedCourseOut(
        school_course_codes=schools,
        college_course_code=code,
        equivalence_id=way if isinstance(way, UUID) else None,
        state="unclaimed" if whole else "not_held",
        record_ids=[held[school]["record_id"] for school in schools] if whole else [],
    )
    if line is not None:
        out.state, out.claim_id, out.line_no = line["state"], line["claim_id"], line["line_no"]
        out.decision_id, out.credits = line["decision_id"], line["credits"] if line["state"] == "granted" else 0
        if line["state"] not in CLAIMABLE:
            out.record_ids = line["record_ids"]
    if not in_plan and out.state in CLAIMABLE:
        out.state = "not_in_plan"
    return out


async def claim_agreed(
    session: AsyncSession, agreed: Agreed, root: UUID, family: Sequence[UUID], *, by: str, tools: Tools
) -> Claimed:
    """Claim for somebody, as their new college, those agreed courses whose results they hold, passed.

    What is claimed already is not claimed again. Nothing is claimed by a college that the learner has not consented to
    use what others reported. Raises AlreadyErased.
    """
    assert agreed.plan_id is not None, "courses are claimed by a plan"
    people = await lock_people(session, [root], keyring=tools.keyring, at=tools.at, but_erased=True)
    person = people.get(root)
    if person is None:
        raise AlreadyErased
    claimed = Claimed((await courses_of(session, agreed, {root: family}))[root])
    wanted = [one for one in claimed.courses if one.state in CLAIMABLE and one.record_ids]
    if not wanted:
        return claimed
    if agreed.college_id not in person.consented:
        for one in wanted:
            one.state = "not_consented"
        claimed.problem = CollegeMayNotUseRecords().problem(tools.language)
        return claimed
    lines = [Wanted(tuple(dict.fromkeys(one.record_ids)), one.college_course_code) for one in wanted]
    (made,) = await claim_many(
        session, agreed.plan_id, [(root, lines)], by=by, tools=tools, made_for=agreed.college_id
    )  # fmt: skip
    if isinstance(made, BankError):
        claimed.problem = made.problem(tools.language)
        return claimed
    after = await courses_of(session, agreed, {root: family})
    return Claimed(after[root], claim_id=made.claim.claim_id)
