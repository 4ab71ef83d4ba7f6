"""Gathering what deciding claims needs to know: two statements, for one person or for a whole class.

The caller holds the locks of whoever is claimed for; what is read here is what the winner of a race left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncRawCursor

from creditbank.db import Transaction, run
from creditbank.errors import NotFound
from creditbank.recognition.gathered import Gathered, rows_of
from creditbank.recognition.gathered_people import converted_of, enrolment_of, held_of, imagined, interruptions_of
from creditbank.recognition.gathered_plans import plan_of
from creditbank.recognition.known import AskedLine, ClaimSaid, Hypothetical, KnownPlan
from creditbank.records.refusals import LearnerErased
from creditbank.sealing import Keyring, SealingKey, unwrap

__all__ = [
    "AskedLine",
    "AskedPerson",
    "ClaimSaid",
    "Gathered",
    "Hypothetical",
    "OnlyFor",
    "gather",
    "gather_many",
    "plan_on",
]

_PLANS = """
SELECT p.plan_id, p.institution_id, p.programme_id, p.total_credits, json_build_object(
    'courses', (
        SELECT json_agg(to_jsonb(c) - 'plan_id' || jsonb_build_object('code', c.course_code)
                        ORDER BY c.term NULLS LAST, c.course_code)
        FROM plan_course c WHERE c.plan_id = p.plan_id),
    'programme', (
        SELECT json_agg(json_build_object(
            'code', g.code, 'level', g.level, 'years', g.years, 'discipline', g.discipline,
            'from', g.valid_from, 'until', g.valid_until) ORDER BY g.valid_from)
        FROM programme g WHERE g.programme_id = p.programme_id),
    'terms', (
        SELECT json_agg(json_build_object(
            'year', t.academic_year, 'term', t.term, 'from', t.starts_on, 'until', t.ends_on) ORDER BY t.starts_on)
        FROM term t WHERE t.institution_id = p.institution_id),
    'certificates', (
        SELECT json_agg(listed.said || jsonb_build_object('rank', (
            SELECT l.rank FROM certificate_standard s JOIN certificate_level l USING (standard_id)
            WHERE s.code = listed.said ->> 'standard' AND l.level = listed.said ->> 'level'
            ORDER BY s.valid_from DESC LIMIT 1)))
        FROM jsonb_array_elements(p.certificates) AS listed(said))
)::text AS said, (
    SELECT json_agg(json_build_object(
        'id', e.equivalence_id, 'sources', e.sources, 'keys', e.source_keys, 'targets', e.targets,
        'relevance', e.relevance, 'from', e.valid_from, 'until', e.valid_until) ORDER BY e.equivalence_id)
    FROM equivalence e
    WHERE e.institution_id = p.institution_id AND e.state = 'in_force'
      AND e.targets && coalesce($2::varchar[], array(
          SELECT c.course_code FROM plan_course c WHERE c.plan_id = p.plan_id))
) AS counts
FROM plan p WHERE p.plan_id = ANY ($1)
"""

_PEOPLE = """
SELECT asked.i, json_build_object(
    'keys', (SELECT json_object_agg(k.learner_id, encode(k.wrapped, 'hex')) FROM learner_key k
             WHERE k.learner_id = ANY (asked.family)),
    'records', (
        SELECT json_agg(json_build_object(
            'learner', c.learner_id, 'record', c.record_id, 'institution', c.institution_id, 'kind', c.kind,
            'content', encode(c.content, 'hex'), 'occurred_on', c.occurred_on, 'level', c.level,
            'scheme', c.scheme, 'credits', c.credits, 'verdict', c.verdict,
            'title', coalesce(c.shown ->> 'title', c.shown ->> 'name'), 'event', c.shown ->> 'event',
            'sealed', encode(c.sealed, 'hex'), 'body', v.body,
            'facts', encode(d.facts_sealed, 'hex'),
            'issuer', (SELECT s.issuer_id FROM certificate_standard s
                       WHERE c.kind = 'certificate' AND s.code = c.shown ->> 'standard'
                         AND s.valid_from <= c.occurred_on
                         AND (s.valid_until IS NULL OR c.occurred_on < s.valid_until) LIMIT 1))
            ORDER BY c.occurred_on, c.record_id)
        FROM record_current c
        JOIN record_version v
          ON v.learner_id = c.learner_id AND v.record_id = c.record_id AND v.version = c.version
        LEFT JOIN decision d ON d.learner_id = c.learner_id AND d.decision_id = c.decision_id
        WHERE c.learner_id = ANY (asked.family) AND (
            asked.records IS NULL OR c.record_id = ANY (asked.records)
            OR c.kind IN ('enrolment_event', 'military_service')
            OR (c.kind = 'course_result' AND c.institution_id = (
                SELECT p.institution_id FROM plan p WHERE p.plan_id = asked.plan))
            OR c.content IN (SELECT l.content FROM record_current l
                             WHERE l.learner_id = ANY (asked.family) AND l.record_id = ANY (asked.records))
            OR c.record_id IN (SELECT u.record_id FROM record_use u WHERE u.learner_id = ANY (asked.family)))),
    'enrolments', (
        SELECT json_agg(json_build_object(
            'institution', e.institution_id, 'programme', e.programme_id, 'level', e.level,
            'year_of_entry', e.year_of_entry, 'entered_on', e.entered_on, 'ended_on', e.ended_on, 'status', e.status)
            ORDER BY e.entered_on, encode(e.student_index, 'hex'))
        FROM enrolment e WHERE e.learner_id = ANY (asked.family)),
    'conversions', (
        SELECT json_agg(json_build_object(
            'id', v.conversion_id, 'plan', v.plan_id, 'course', v.course, 'credits', v.credits, 'on', v."on",
            'academic_year', v.academic_year, 'term', v.term, 'exemption', v.exemption, 'state', v.state,
            'outputs', d.basis -> 'outputs',
            'records', (SELECT json_agg(u.record_id ORDER BY u.record_id) FROM record_use u
                        WHERE u.learner_id = v.learner_id AND u.conversion_id = v.conversion_id))
            ORDER BY v.created_at, v.conversion_id)
        FROM conversion v
        LEFT JOIN decision d ON d.learner_id = v.learner_id AND d.decision_id = v.decision_id
        WHERE v.learner_id = ANY (asked.family)
          AND (v.state = 'granted' OR (v.state = 'reserved' AND v.expires_at > $2))
          AND v.claim_id IS DISTINCT FROM asked.without_claim)
)::text AS said
FROM jsonb_to_recordset($1::jsonb) AS asked(
    i int, family uuid[], plan uuid, without_claim uuid, records uuid[])
"""

_OF_A_PLAN = ("plan_id", "institution_id", "programme_id", "total_credits", "said", "counts")


@dataclass(frozen=True, slots=True)
class OnlyFor:
    """Lines that nothing else is asked about, by documents that do not look at every record.

    Of the person's records those are read that these lines are about, that are the same achievement, that a conversion
    uses or that are a result of the plan's own institution, and those that tell interruptions. Whoever asks for all of
    them then is told that they were not read.
    """

    records: frozenset[UUID]
    courses: frozenset[str]


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """Whose facts are wanted: all accounts of one person, the plan, and the claim; `without_claim` leaves out what an
    earlier look at this claim reserved or granted; `only_for` leaves out what its lines need not know."""

    family: tuple[UUID, ...]
    plan_id: UUID
    claim: ClaimSaid
    without_claim: UUID | None = None
    hypothetical: tuple[Hypothetical, ...] = ()
    only_for: OnlyFor | None = None


async def gather(
    session: Transaction,
    *,
    family: tuple[UUID, ...],
    plan_id: UUID,
    lines: Sequence[AskedLine] = (),
    claim: ClaimSaid,
    keyring: Keyring,
    at: datetime,
    without_claim: UUID | None = None,
    hypothetical: Sequence[Hypothetical] = (),
) -> Gathered:
    """What is known about one person and one plan. Reservations that have expired by `at` are not there.

    Raises NotFound for a plan that is not there, for a line's record that is not the person's, and for a course that
    the plan does not have; LearnerErased where the person's keys are gone.
    """
    asked = AskedPerson(tuple(family), plan_id, claim, without_claim, tuple(hypothetical))
    (found,) = await gather_many(session, [asked], keyring=keyring, at=at)
    for line in lines:
        if line.course_code not in found.plan.courses or not {str(one) for one in line.records} <= set(found.held):
            raise NotFound
    return found


async def gather_many(
    session: Transaction, people: Sequence[AskedPerson], *, keyring: Keyring, at: datetime
) -> list[Gathered]:
    """The same for many people, in their order, by two statements. Raises NotFound and LearnerErased as for one."""
    asked = await ask_many(session, people, at=at)
    return await asked.gathered(range(len(people)), keyring=keyring)


@dataclass(frozen=True, slots=True)
class ManyAsked:
    """What is being read about people; on a bare connection what is sent next travels with it."""

    people: tuple[AskedPerson, ...]
    plans: AsyncRawCursor[Any]
    said: AsyncRawCursor[Any]

    async def gathered(self, places: Iterable[int], *, keyring: Keyring) -> list[Gathered]:
        """What is known of those in some places, in that order. Raises NotFound, LearnerErased."""
        plans = await _plans(self.plans, {(person.plan_id, person.claim.on) for person in self.people})
        rows = dict(await self.said.fetchall())
        wanted = ((self.people[place], orjson.loads(rows[place])) for place in places)
        return [_gathered(person, plans[person.plan_id, person.claim.on], said, keyring) for person, said in wanted]


async def ask_many(session: Transaction, people: Sequence[AskedPerson], *, at: datetime) -> ManyAsked:
    """Send the two questions that `gather_many` reads."""
    plans = await _ask_plans(session, {person.plan_id for person in people}, courses=_courses(people))
    asked = [
        {
            "i": place,
            "family": person.family,
            "plan": person.plan_id,
            "without_claim": person.without_claim,
            "records": None if person.only_for is None else sorted(person.only_for.records),
        }
        for place, person in enumerate(people)
    ]
    said = await run(session, _PEOPLE, orjson.dumps(asked).decode(), at)
    return ManyAsked(tuple(people), plans, said)


async def plan_on(session: Transaction, plan_id: UUID, on: date, *, courses: Sequence[str] | None = None) -> KnownPlan:
    """A plan with its programme as it is on a day, and the equivalences for some courses, or for all of its own.

    Raises NotFound.
    """
    asked = await _ask_plans(session, {plan_id}, courses=None if courses is None else list(courses))
    return (await _plans(asked, {(plan_id, on)}))[plan_id, on]


def _courses(people: Sequence[AskedPerson]) -> list[str] | None:
    """The courses that equivalences are wanted for; None for all of the plans."""
    found: set[str] = set()
    for person in people:
        if person.only_for is None:
            return None
        found |= person.only_for.courses
    return sorted(found)


async def _ask_plans(
    session: Transaction, plans: set[UUID], *, courses: Sequence[str] | None = None
) -> AsyncRawCursor[Any]:
    return await run(session, _PLANS, sorted(plans), courses)


async def _plans(cursor: AsyncRawCursor[Any], asked: set[tuple[UUID, date]]) -> dict[tuple[UUID, date], KnownPlan]:
    rows = {row[0]: dict(zip(_OF_A_PLAN, row, strict=True)) for row in await cursor.fetchall()}
    if {plan_id for plan_id, _ in asked} - set(rows):
        raise NotFound
    return {(plan_id, on): plan_of(rows[plan_id] | _taken_apart(rows[plan_id]["said"]), on) for plan_id, on in asked}


@lru_cache(maxsize=256)
def _taken_apart(said: str) -> dict[str, Any]:
    """What is said of a plan, for reading only: it is the same for all who claim for it until somebody changes it."""
    found: dict[str, Any] = orjson.loads(said)
    return found


def _gathered(person: AskedPerson, plan: KnownPlan, said: Mapping[str, Any], keyring: Keyring) -> Gathered:
    keys = _keys(person.family, said["keys"] or {}, keyring)
    rows = said["records"] or []
    held = [held_of(row, plan, keys[row["learner"]]) for row in rows]
    held += [imagined(one, plan) for one in person.hypothetical]
    return Gathered(
        family=person.family,
        plan=plan,
        claim=person.claim,
        held={one.id: one for one in held},
        enrolment=enrolment_of(said["enrolments"] or [], plan, person.claim.on),
        interruptions=interruptions_of(rows, plan, person.claim.on),
        converted=tuple(converted_of(row) for row in said["conversions"] or []),
        rows=rows_of(plan, held, every=person.only_for is None),
    )


def _keys(family: Sequence[UUID], wrapped: Mapping[str, str], keyring: Keyring) -> dict[str, SealingKey]:
    """By account, as its rows name it."""
    named = {str(learner): learner for learner in family}
    if not named.keys() <= wrapped.keys():
        raise LearnerErased
    return {name: unwrap(keyring, learner, bytes.fromhex(wrapped[name])) for name, learner in named.items()}
