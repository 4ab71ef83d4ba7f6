"""Gathering what deciding a progression needs: for one learner, for a cohort, or for everybody, by a few statements.

One statement says everything of the people, one the pathways, two the plans that they follow. What is sealed is opened
under the learner's own key; from rows to facts is pure (`known`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg.rows import dict_row

from creditbank.db import Transaction, driver
from creditbank.errors import NotFound
from creditbank.learners.families import families_of
from creditbank.pathways.known import NOTHING_IMAGINED, Imagined, Known, RoundSaid, Stated, facts_of
from creditbank.recognition.gathered import Gathered, rows_of
from creditbank.recognition.gathered_people import converted_of, enrolment_of, held_of
from creditbank.recognition.gathering import ClaimSaid, plan_on
from creditbank.recognition.known import EDUCATION_RANKS, KnownPlan
from creditbank.records.refusals import LearnerErased
from creditbank.rules import Rulebook
from creditbank.sealing import Keyring, SealingKey, field_of, open_sealed, unwrap

__all__ = [
    "Known", "People", "RoundSaid", "asked_of", "gather_cohort", "known_of", "open_to", "people_of",
    "ways_of",
]  # fmt: skip

_WAYS: LiteralString = """
SELECT p.pathway_id::text AS id, p.kind, p.name, p.name_en, p.province, p.track, p.school_id::text AS school,
       p.school_programme_id::text AS school_programme, p.college_id::text AS college, p.stages, p.class_size,
       p.valid_from::text AS "from", p.valid_until::text AS until, p.state, p.filed_on::text AS filed_on,
       (SELECT f.kind FROM institution_profile f
        WHERE f.institution_id = p.school_id AND f.valid_from <= %(on)s
          AND (f.valid_until IS NULL OR %(on)s < f.valid_until)) AS school_kind,
       t.level AS target_level, t.discipline AS target_discipline, t.code AS target_programme,
       (SELECT json_agg(json_build_object('year', i.year, 'no', i.no, 'quota', i.quota, 'on', i.published_on)
                        ORDER BY i.year, i.no)
        FROM intake i WHERE i.pathway_id = p.pathway_id) AS intakes
FROM pathway p
LEFT JOIN LATERAL (
    SELECT g.level, g.discipline, g.code FROM programme g WHERE g.programme_id = p.college_programme_id
    ORDER BY (g.valid_from <= %(on)s) DESC, CASE WHEN g.valid_from <= %(on)s THEN g.valid_from END DESC NULLS LAST,
             g.valid_from LIMIT 1
) t ON true
WHERE p.pathway_id = ANY (%(pathways)s)
"""

_PEOPLE: LiteralString = """
SELECT asked.i, json_build_object(
    'keys', (SELECT json_object_agg(k.learner_id, encode(k.wrapped, 'hex')) FROM learner_key k
             WHERE k.learner_id = ANY (asked.family)),
    'members', (
        SELECT json_agg(json_build_object(
            'learner', m.learner_id, 'cohort', m.cohort_id, 'pathway', c.pathway_id, 'joined_on', m.joined_on,
            'year_of_entry', c.year_of_entry, 'class_size', c.class_size, 'cohort_filed_on', c.filed_on,
            'intake_year', i.year, 'school', c.school_id, 'college', c.college_id,
            'size', (SELECT count(*) FROM cohort_member o
                     WHERE o.cohort_id = c.cohort_id AND o.status <> 'left' AND o.joined_on <= %(on)s),
            'events', (SELECT json_agg(json_build_object('no', e.event_no, 'event', e.event, 'on', e.occurred_on))
                       FROM member_event e WHERE e.learner_id = m.learner_id AND e.cohort_id = m.cohort_id))
            ORDER BY m.joined_on, m.cohort_id)
        FROM cohort_member m JOIN cohort c USING (cohort_id) JOIN intake i USING (intake_id)
        WHERE m.learner_id = ANY (asked.family)),
    'statements', (
        SELECT json_agg(json_build_object(
            'id', s.statement_id, 'learner', s.learner_id, 'cohort', s.cohort_id, 'topic', s.topic, 'key', s.key,
            'body', encode(s.body_sealed, 'hex'), 'on', s.occurred_on, 'at', s.stated_at, 'by', s.institution_id,
            'supersedes', s.supersedes, 'withdrawn', s.withdrawn))
        FROM statement s WHERE s.learner_id = ANY (asked.family)),
    'rounds', (
        SELECT json_agg(json_build_object('id', r.round_id, 'state', r.state, 'sittings', r.sittings))
        FROM pathway_round r
        WHERE r.cohort_id IN (SELECT m.cohort_id FROM cohort_member m WHERE m.learner_id = ANY (asked.family))),
    'results', (
        SELECT json_agg(json_build_object(
            'round', r.round_id, 'pathway', c.pathway_id, 'kind', p.kind, 'on', (r.frozen_at AT TIME ZONE
            'Asia/Shanghai')::date, 'outcome', k.outcome))
        FROM round_candidate k JOIN pathway_round r USING (round_id) JOIN cohort c ON c.cohort_id = r.cohort_id
        JOIN pathway p USING (pathway_id)
        WHERE k.learner_id = ANY (asked.family) AND r.state = 'frozen'
          AND k.outcome IN ('taken', 'not_taken', 'given_up')),
    'enrolments', (
        SELECT json_agg(json_build_object(
            'institution', e.institution_id, 'programme', e.programme_id, 'level', e.level,
            'year_of_entry', e.year_of_entry, 'entered_on', e.entered_on, 'ended_on', e.ended_on, 'status', e.status,
            'plan', (SELECT p.plan_id FROM plan p
                     WHERE p.programme_id = e.programme_id AND (e.year_of_entry IS NULL OR (
                         p.entry_from <= e.year_of_entry
                         AND (p.entry_until IS NULL OR e.year_of_entry <= p.entry_until)))
                     ORDER BY p.published_on DESC, p.plan_id LIMIT 1))
            ORDER BY e.entered_on, encode(e.student_index, 'hex'))
        FROM enrolment e WHERE e.learner_id = ANY (asked.family)),
    'records', (
        SELECT json_agg(json_build_object(
            'learner', c.learner_id, 'record', c.record_id, 'institution', c.institution_id, 'kind', c.kind,
            'content', encode(c.content, 'hex'), 'occurred_on', c.occurred_on, 'level', c.level,
            'scheme', c.scheme, 'credits', c.credits, 'verdict', c.verdict,
            'title', coalesce(c.shown ->> 'title', c.shown ->> 'name'), 'event', c.shown ->> 'event',
            'sealed', encode(c.sealed, 'hex'), 'facts', encode(d.facts_sealed, 'hex'), 'body', v.body,
            'issuer', (SELECT s.issuer_id FROM certificate_standard s
                       WHERE c.kind = 'certificate' AND s.code = c.shown ->> 'standard'
                         AND s.valid_from <= c.occurred_on
                         AND (s.valid_until IS NULL OR c.occurred_on < s.valid_until) LIMIT 1))
            ORDER BY c.occurred_on, c.record_id)
        FROM record_current c
        JOIN record_version v
          ON v.learner_id = c.learner_id AND v.record_id = c.record_id AND v.version = c.version
        LEFT JOIN decision d ON d.learner_id = c.learner_id AND d.decision_id = c.decision_id
        WHERE c.learner_id = ANY (asked.family) AND c.occurred_on <= %(on)s AND %(records)s
          AND (c.kind <> 'course_result' OR %(results)s)),
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
        WHERE v.learner_id = ANY (asked.family) AND v.state = 'granted' AND v."on" <= %(on)s AND %(results)s)
)::text AS said
FROM jsonb_to_recordset(%(asked)s::jsonb) AS asked(i int, family uuid[])
"""

_OPEN: LiteralString = """
SELECT asked.i, p.pathway_id,
       EXISTS (SELECT FROM cohort c JOIN cohort_member m USING (cohort_id)
               WHERE c.pathway_id = p.pathway_id AND m.learner_id = ANY (asked.family)) AS member
FROM jsonb_to_recordset(%(asked)s::jsonb) AS asked(i int, family uuid[])
JOIN pathway p ON EXISTS (
        SELECT FROM cohort c JOIN cohort_member m USING (cohort_id)
        WHERE c.pathway_id = p.pathway_id AND m.learner_id = ANY (asked.family) AND m.joined_on <= %(on)s)
    OR (p.filed_on <= %(on)s AND p.state = 'filed' AND p.valid_from <= %(on)s
        AND (p.valid_until IS NULL OR %(on)s < p.valid_until)
        AND EXISTS (
            SELECT FROM enrolment e
            WHERE e.learner_id = ANY (asked.family) AND e.entered_on <= %(on)s
              AND (e.ended_on IS NULL OR e.ended_on >= %(on)s)
              AND CASE WHEN p.school_id IS NULL
                       THEN e.level = ANY (%(below)s) AND (p.college_programme_id IS NULL OR EXISTS (
                           SELECT FROM programme g WHERE g.programme_id = p.college_programme_id
                           AND (%(ranks)s::jsonb ->> g.level)::int > (%(ranks)s::jsonb ->> e.level)::int))
                       ELSE e.institution_id = p.school_id
                        AND (p.school_programme_id IS NULL OR e.programme_id = p.school_programme_id) END))
ORDER BY asked.i, member DESC, p.kind, p.pathway_id
"""


@dataclass(slots=True)
class People:
    """What is known of some people, opened, and the plans that they follow; facts of any pathway are made from it."""

    families: list[tuple[UUID, ...]]
    said: list[dict[str, Any]]
    keys: list[dict[UUID, SealingKey]]
    plans: dict[UUID, KnownPlan]
    on: date
    ways: dict[UUID, Mapping[str, Any]] = field(default_factory=dict)
    studies: dict[tuple[int, str, str], dict[str, Any]] = field(default_factory=dict)


async def gather_cohort(
    session: Transaction,
    cohort_id: UUID,
    learners: Sequence[UUID],
    *,
    on: date,
    round: RoundSaid | None,  # noqa: A002
    keyring: Keyring,
    at: datetime,
    rulebook: Rulebook | None = None,
) -> list[Known]:
    """What is known of members of a cohort for its pathway on a day, in the order in which they are named: of records
    what the documents for pathways of this kind ask about, where a rulebook is named.

    Raises NotFound for a cohort that is not there, LearnerErased.
    """
    found = await (
        await (await driver(session)).execute("SELECT pathway_id FROM cohort WHERE cohort_id = %s", [cohort_id])
    ).fetchone()
    if found is None:
        raise NotFound
    ways = await ways_of(session, [found[0]], on=on)
    families = await families_of(session, learners)
    reads = None if rulebook is None else asked_of(rulebook, ways)
    people = await people_of(session, [families[one] for one in learners], on=on, keyring=keyring, reads=reads)
    people.ways = ways
    return [known_of(people, place, learner, found[0], round_=round) for place, learner in enumerate(learners)]


async def open_to(
    session: Transaction, families: Sequence[tuple[UUID, ...]], *, on: date
) -> list[list[tuple[UUID, bool]]]:
    """For each person the pathways that are open on a day, and whether they are in a cohort of it: those of their
    cohorts, those filed from their school and programme, and entrances to a level above that of an enrolment.
    """
    said = {"asked": _asked(families), "on": on, "below": sorted(EDUCATION_RANKS),
            "ranks": orjson.dumps(EDUCATION_RANKS).decode()}  # fmt: skip
    rows = await (await (await driver(session)).execute(_OPEN, said)).fetchall()
    found: list[list[tuple[UUID, bool]]] = [[] for _ in families]
    for place, pathway_id, member in rows:
        found[place].append((pathway_id, member))
    return found


async def ways_of(session: Transaction, pathways: Sequence[UUID], *, on: date) -> dict[UUID, Mapping[str, Any]]:
    """Pathways with their intakes and what they lead to on a day."""
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(_WAYS, {"pathways": list(pathways), "on": on})
    return {UUID(row["id"]): row for row in await cursor.fetchall()}


def asked_of(rulebook: Rulebook, ways: Mapping[UUID, Mapping[str, Any]]) -> frozenset[str]:
    """The sets of rows that the documents for some pathways ask about."""
    return rulebook.row_sets("progression", {str(way["kind"]) for way in ways.values()})


async def people_of(
    session: Transaction,
    families: Sequence[tuple[UUID, ...]],
    *,
    on: date,
    keyring: Keyring,
    reads: frozenset[str] | None = None,
    plans: dict[UUID, KnownPlan] | None = None,
) -> People:
    """Everything that is known of some people by a day. `reads` are the sets that the documents ask about, all of them
    if not said: records are not read where nobody asks; `plans` are known already. Raises LearnerErased.
    """
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    records = reads is None or bool(reads & {"records", "awards", "earned", "courses", "events"})
    results = reads is None or bool(reads & {"records", "earned", "courses"})
    await cursor.execute(_PEOPLE, {"asked": _asked(families), "on": on, "records": records, "results": results})
    said = {row["i"]: orjson.loads(row["said"]) for row in await cursor.fetchall()}
    known = {} if plans is None else plans
    wanted = {UUID(each["plan"]) for one in said.values() for each in one["enrolments"] or () if each["plan"]}
    for plan_id in sorted(wanted - set(known)):
        known[plan_id] = await plan_on(session, plan_id, on, courses=())
    people = People(list(families), [], [], known, on)
    for place, family in enumerate(families):
        one = said[place]
        keys = _keys(family, one["keys"] or {}, keyring)
        one["stated"] = [_stated(row, keys[UUID(row["learner"])]) for row in one["statements"] or ()]
        for name in ("members", "rounds", "results", "enrolments", "records", "conversions"):
            one[name] = one[name] or []
        people.said.append(one)
        people.keys.append(keys)
    return people


def known_of(
    people: People,
    place: int,
    learner_id: UUID,
    pathway_id: UUID,
    *,
    round_: RoundSaid | None,
    imagined: Imagined = NOTHING_IMAGINED,
) -> Known:
    """What is known of one of them for a pathway."""
    way, on = people.ways[pathway_id], people.on
    facts, evidence, cohort = facts_of(
        people.said[place], way, on=on, round_=round_, studied=_studied(people, place, way), imagined=imagined
    )
    return Known(
        learner_id=learner_id, family=people.families[place], pathway_id=pathway_id,
        cohort_id=None if cohort is None else UUID(cohort), on=on, facts=facts, evidence=evidence,
    )  # fmt: skip


# --- what is known through records ----------------------------------------------------------------------------------


def _studied(people: People, place: int, way: Mapping[str, Any]) -> dict[str, Any]:
    """Enrolment, plan, courses, credits and records, as the school of the pathway has them; made once for a school."""
    name = (place, way["school"] or "", way["school_programme"] or "")
    found = people.studies.get(name)
    if found is None:
        found = people.studies[name] = _study(people, place, way)
    return dict(found)


def _study(people: People, place: int, way: Mapping[str, Any]) -> dict[str, Any]:
    said, on = people.said[place], people.on
    enrolment = _enrolled(said["enrolments"], way, on)
    plan_id = None if enrolment is None or enrolment["plan"] is None else UUID(enrolment["plan"])
    plan = _no_plan(enrolment, way) if plan_id is None else people.plans[plan_id]
    held = [held_of(row, plan, people.keys[place][UUID(row["learner"])]) for row in said["records"]
            if row["facts"] is not None]  # fmt: skip
    gathered = Gathered(
        family=people.families[place], plan=plan, claim=ClaimSaid(on), held={one.id: one for one in held},
        enrolment=enrolment_of(said["enrolments"], plan, on), interruptions=(),
        converted=tuple(converted_of(row) for row in said["conversions"]), rows=rows_of(plan, held),
    )  # fmt: skip
    records = gathered.rows.records
    studied: dict[str, Any] = {
        "enrolment": gathered.enrolment,
        "records": records,
        "awards": [row for row in records if row["record"].get("kind") == "award"],
        "events": [
            {"id": row["record"], "event": {"kind": row["event"], "on": row["occurred_on"]}}
            for row in said["records"] if row["kind"] == "enrolment_event"
        ],
    }  # fmt: skip
    if plan_id is not None:
        counted = gathered.accumulated("graduation")
        studied |= {name: counted[name] for name in ("plan", "programme", "earned", "courses")}
        studied |= {"term": _term(plan, enrolment, on), "week_of_term": plan.week_of_term}
    return studied


def _enrolled(rows: Sequence[Mapping[str, Any]], way: Mapping[str, Any], on: date) -> Mapping[str, Any] | None:
    """The enrolment that the pathway begins from: at its school, else the last one below what it leads to."""
    day = on.isoformat()
    begun = [row for row in rows if row["entered_on"] <= day]
    if way["school"] is not None:
        begun = [row for row in begun if row["institution"] == way["school"]]
    else:
        rank = EDUCATION_RANKS.get(way["target_level"] or "", 99)
        begun = [row for row in begun if EDUCATION_RANKS.get(row["level"], 99) < rank]
    return max(
        begun,
        key=lambda row: (
            row["programme"] == way["school_programme"],
            row["ended_on"] is None or row["ended_on"] >= day,
            row["entered_on"],
            str(row["plan"]),
        ),
        default=None,
    )


def _no_plan(enrolment: Mapping[str, Any] | None, way: Mapping[str, Any]) -> KnownPlan:
    """In the place of a plan that nobody published: it has no courses and says nothing of certificates."""
    institution = way["school"] if enrolment is None else enrolment["institution"]
    nobody = UUID(int=0)
    return KnownPlan(
        plan_id=nobody, institution_id=nobody if institution is None else UUID(institution), programme_id=nobody,
        level="secondary_vocational", total_credits=0, programme={}, courses={}, certificates=(), counts=(), terms=(),
        today=None, week_of_term=None,
    )  # fmt: skip


def _term(plan: KnownPlan, enrolment: Mapping[str, Any] | None, on: date) -> int | None:
    """Which term of study it is: the terms of the school's calendar from the entry to the day."""
    if enrolment is None or not plan.terms:
        return None
    entered = date.fromisoformat(enrolment["entered_on"])
    terms = [term for term in plan.terms if term.ends_on >= entered and term.starts_on <= on]
    return len(terms) or None


# --- leaves ---------------------------------------------------------------------------------------------------------


def _asked(families: Sequence[tuple[UUID, ...]]) -> str:
    return orjson.dumps([{"i": place, "family": list(family)} for place, family in enumerate(families)]).decode()


def _stated(row: Mapping[str, Any], key: SealingKey) -> Stated:
    learner = UUID(row["learner"])
    body = orjson.loads(open_sealed(key, bytes.fromhex(row["body"]), field_of(learner, "statement")))
    topic = body.pop("topic", row["topic"])  # of something sensitive the table does not say what it is
    return Stated(
        statement_id=row["id"], learner_id=row["learner"], cohort_id=row["cohort"], topic=topic, key=row["key"],
        body=body, occurred_on=row["on"], at=row["at"], institution_id=row["by"], supersedes=row["supersedes"],
        withdrawn=row["withdrawn"],
    )  # fmt: skip


def _keys(family: Sequence[UUID], wrapped: Mapping[str, str], keyring: Keyring) -> dict[UUID, SealingKey]:
    if not {str(learner) for learner in family} <= set(wrapped):
        raise LearnerErased
    return {learner: unwrap(keyring, learner, bytes.fromhex(wrapped[str(learner)])) for learner in family}
