"""What does the bank know about these rows? One statement for one row or a thousand, before anything is locked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from creditbank.db import Transaction
from creditbank.institutions.scales import GradeScale, NumberScale, ScaleImpossible, read_scale
from creditbank.records.reading import ReadRow
from creditbank.records.sending import in_parts

DEFAULT_SCALE = "percentage"
"""The score scale (百分制) where neither the row nor the course names one."""

Scale = NumberScale | GradeScale | dict[str, Any]

_LOOKUP = """
WITH asked AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(
        i int, doc bytea, name bytea, student bytea, key bytea, cert bytea, course text, day date,
        about int)
), answered AS MATERIALIZED (
    SELECT asked.i, asked.course, pl.plan_id, json_build_object(
        'doc', found.doc,
        'students', found.students,
        'key', found.key,
        'cert', found.cert,
        'held', EXISTS (SELECT FROM held_row h WHERE h.institution_id = $3 AND h.key_index = asked.key
                        AND h.status = 'open'),
        'seen', (
            SELECT json_build_object('version', v.version, 'act', v.act, 'row_index', encode(v.row_index, 'hex'))
            FROM record_version v
            WHERE v.learner_id = (found.key ->> 'learner')::uuid AND v.record_id = (found.key ->> 'record')::uuid
            ORDER BY v.version DESC LIMIT 1),
        'people', (
            SELECT json_object_agg(p.learner_id, json_build_object(
                'root', p.root, 'family', p.family,
                'named', EXISTS (SELECT FROM learner_name n
                                 WHERE n.learner_id = ANY (p.family) AND n.name_index = asked.name)))
            FROM (
                SELECT c.learner_id, r.root, array(
                    SELECT r.root UNION ALL
                    SELECT a.learner_id FROM learner_alias a WHERE a.into_learner_id = r.root AND a.ended_at IS NULL
                ) AS family
                FROM (SELECT found.doc AS learner_id UNION SELECT unnest(found.students)
                      UNION SELECT (found.key ->> 'learner')::uuid UNION SELECT (found.cert ->> 'learner')::uuid) c,
                LATERAL (SELECT coalesce((SELECT a.into_learner_id FROM learner_alias a
                         WHERE a.learner_id = c.learner_id AND a.ended_at IS NULL), c.learner_id) AS root) r
                WHERE c.learner_id IS NOT NULL
            ) p),
        'enrolment', CASE WHEN e.learner_id IS NOT NULL THEN
            json_build_object('level', e.level, 'year_of_entry', e.year_of_entry) END,
        'plan', pl.plan_id, 'about', asked.about
    )::text AS said
    FROM asked,
    LATERAL (
        SELECT (SELECT k.learner_id FROM identity_key k WHERE k.number_index = asked.doc) AS doc,
               array(SELECT DISTINCT s.learner_id FROM enrolment s
                     WHERE s.institution_id = $3 AND s.student_index = asked.student) AS students,
               (SELECT json_build_object('learner', k.learner_id, 'record', k.record_id) FROM record_key k
                WHERE k.institution_id = $3 AND k.key_index = asked.key) AS key,
               (SELECT json_build_object('learner', k.learner_id, 'record', k.record_id) FROM certificate_key k
                WHERE k.number_index = asked.cert) AS cert
    ) found
    LEFT JOIN LATERAL (
        SELECT e.learner_id, e.level, e.year_of_entry, e.programme_id FROM enrolment e
        WHERE asked.course IS NOT NULL AND e.entered_on <= asked.day AND e.institution_id = $3
          AND e.learner_id = ANY (array(
              SELECT root.learner_id
              FROM (SELECT coalesce(
                        (SELECT a.into_learner_id FROM learner_alias a
                         WHERE a.learner_id = coalesce(found.doc, found.students[1]) AND a.ended_at IS NULL),
                        found.doc, found.students[1]) AS learner_id) root
              UNION ALL
              SELECT a.learner_id FROM learner_alias a
              WHERE a.ended_at IS NULL AND a.into_learner_id = coalesce(
                        (SELECT b.into_learner_id FROM learner_alias b
                         WHERE b.learner_id = coalesce(found.doc, found.students[1]) AND b.ended_at IS NULL),
                        found.doc, found.students[1])))
        ORDER BY e.student_index IS NOT DISTINCT FROM asked.student DESC,
                 (e.ended_on IS NULL OR e.ended_on >= asked.day) DESC, e.entered_on DESC
        LIMIT 1
    ) e ON true
    LEFT JOIN LATERAL (
        SELECT pl.plan_id FROM plan pl
        WHERE pl.programme_id = e.programme_id AND pl.entry_from <= e.year_of_entry
          AND coalesce(pl.entry_until, 9999) >= e.year_of_entry
        ORDER BY pl.published_on DESC, pl.plan_id DESC LIMIT 1
    ) pl ON true
)
SELECT 'row', i, said FROM answered
UNION ALL
SELECT 'planned', NULL, json_build_object(
    'plan', pc.plan_id, 'code', pc.course_code, 'name', pc.name, 'category', pc.category,
    'learning_form', pc.learning_form, 'credits', pc.credits, 'hours', pc.hours, 'weeks', pc.weeks)::text
FROM (SELECT DISTINCT plan_id, course FROM answered WHERE plan_id IS NOT NULL) one
JOIN plan_course pc ON pc.plan_id = one.plan_id AND pc.course_code = one.course
UNION ALL
SELECT 'spoken_of', asked.i, json_build_object(
    'course', CASE WHEN co.code IS NOT NULL THEN json_build_object(
        'name', co.name, 'category', co.category, 'learning_form', co.learning_form, 'credits', co.credits,
        'hours', co.hours, 'weeks', co.weeks) END,
    'scale', (
        SELECT s.scale FROM score_scale s
        WHERE s.code = coalesce(asked.scale, co.scale, $4)
          AND (s.institution_id = $3 OR s.institution_id IS NULL)
          AND s.valid_from <= asked.day AND (s.valid_until IS NULL OR asked.day < s.valid_until)
        ORDER BY s.institution_id NULLS LAST, s.valid_from DESC LIMIT 1),
    'standard', (
        SELECT json_build_object('name', cs.name, 'kind', cs.kind, 'issuer', cs.issuer_id, 'body', cs.body_name,
                                 'credits', cl.credits, 'rank', cl.rank,
                                 'levels', (SELECT json_agg(l.level ORDER BY l.rank) FROM certificate_level l
                                            WHERE l.standard_id = cs.standard_id))
        FROM certificate_standard cs
        LEFT JOIN certificate_level cl ON cl.standard_id = cs.standard_id AND cl.level = asked.level
        WHERE cs.code = asked.standard AND cs.valid_from <= asked.day
          AND (cs.valid_until IS NULL OR asked.day < cs.valid_until)
        ORDER BY cs.valid_from DESC LIMIT 1),
    'programme', (
        SELECT json_build_object('id', g.programme_id, 'level', g.level, 'name', g.name) FROM programme g
        WHERE g.institution_id = $3 AND g.code = asked.programme AND g.valid_from <= asked.day
          AND (g.valid_until IS NULL OR asked.day < g.valid_until) LIMIT 1),
    'institution', (
        SELECT json_build_object('kind', ip.kind, 'name', ip.name) FROM institution_profile ip
        WHERE ip.institution_id = $3
        ORDER BY (ip.valid_from <= asked.day AND (ip.valid_until IS NULL OR asked.day < ip.valid_until)) DESC,
                 ip.valid_from LIMIT 1)
)::text
FROM jsonb_to_recordset($2::jsonb) AS asked(
    i int, course text, day date, standard text, level text, scale text, programme text)
LEFT JOIN LATERAL (
    SELECT co.* FROM course co
    WHERE co.institution_id = $3 AND co.code = asked.course AND co.valid_from <= asked.day
      AND (co.valid_until IS NULL OR asked.day < co.valid_until) LIMIT 1
) co ON true
"""
"""What rows speak of (a course on a day, a standard, a scale) is looked up once, however many of them speak of it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about one row: people it may be about, and the reference data it speaks of."""

    by_document: UUID | None
    by_student_no: tuple[UUID, ...]
    keyed: tuple[UUID, UUID] | None
    """Learner and record that the row's key names already."""
    certificate_of: tuple[UUID, UUID] | None
    seen: dict[str, Any] | None
    """Last version under the key: version, act, row_index."""
    held: bool
    """Whether an earlier row under the key waits for a person."""
    people: dict[UUID, dict[str, Any]]
    """For each learner named above: `root`, `family`, and whether the row's `name` is or was theirs (`named`)."""
    enrolment: dict[str, Any] | None
    course: dict[str, Any] | None
    scale: Scale | None
    standard: dict[str, Any] | None
    programme: dict[str, Any] | None
    institution: dict[str, Any]


async def look_up(session: Transaction, rows: Sequence[ReadRow], *, institution_id: UUID) -> dict[int, Known]:
    """What is known about each row, by its number. Reads committed data; the writer looks again under its locks."""
    known, ids = dict[int, Known](), _Ids()

    def ask(part: Sequence[ReadRow]) -> tuple[Any, ...]:
        return (*_questions(part), institution_id, DEFAULT_SCALE)

    async for part, found in in_parts(session, _LOOKUP, rows, ask):
        known |= _answers(part, found, ids)
    return known


def _questions(rows: Sequence[ReadRow]) -> tuple[str, str]:
    """About each row, and about each thing that rows speak of, once."""
    spoken_of: dict[_SpokenOf, int] = {}
    asked = [_question(row, spoken_of.setdefault(_spoken_of(row), len(spoken_of))) for row in rows]
    about = [dict(zip(_SPOKEN_OF, (place, *one), strict=True)) for one, place in spoken_of.items()]
    return orjson.dumps(asked).decode(), orjson.dumps(about).decode()


def _answers(rows: Sequence[ReadRow], answers: Sequence[tuple[Any, ...]], ids: _Ids) -> dict[int, Known]:
    about_rows, planned, reference = (
        dict[int, dict[str, Any]](),
        dict[tuple[str | None, str | None], dict[str, Any]](),
        dict[int, dict[str, Any]](),
    )
    for part, number, text in answers:
        found = orjson.loads(text)
        if part == "row":
            about_rows[number] = found
        elif part == "planned":
            planned[found.pop("plan"), found.pop("code")] = found
        else:
            reference[number] = found | {"scale": _read_once(found["scale"])}
    return {
        row.row_no: _known(found, _course_code(row), planned, reference[found["about"]], ids)
        for row in rows
        for found in (about_rows[row.row_no],)
    }


_SpokenOf = tuple[str | None, date, str | None, str | None, str | None, str | None]
_SPOKEN_OF = ("i", "course", "day", "standard", "level", "scale", "programme")


def _spoken_of(row: ReadRow) -> _SpokenOf:
    given, said = row.given, vars(row.given)
    return (
        said.get("course_code"),
        given.occurred_on,
        said.get("standard"),
        given.level if given.kind == "certificate" else None,
        said.get("scale"),
        said.get("programme_code"),
    )


def _course_code(row: ReadRow) -> str | None:
    return vars(row.given).get("course_code")


def _question(row: ReadRow, about: int) -> dict[str, Any]:
    return {
        "i": row.row_no,
        "doc": _hex(row.document_index),
        "name": _hex(row.name_index),
        "student": _hex(row.student_index),
        "key": _hex(row.key_index),
        "cert": _hex(row.certificate_index),
        "course": _course_code(row),
        "day": row.given.occurred_on,
        "about": about,
    }


def _hex(octets: bytes | None) -> str | None:
    return None if octets is None else "\\x" + octets.hex()


class _Ids(dict[str, UUID]):
    """Identifiers by their text, each made once: a thousand rows name the same learners again and again."""

    def __missing__(self, text: str) -> UUID:
        made = self[text] = UUID(text)
        return made


def _known(
    found: dict[str, Any],
    course: str | None,
    planned: dict[tuple[str | None, str | None], dict[str, Any]],
    reference: dict[str, Any],
    ids: _Ids,
) -> Known:
    return Known(
        by_document=None if found["doc"] is None else ids[found["doc"]],
        by_student_no=tuple(ids[learner] for learner in found["students"]),
        keyed=_pair(found["key"], ids),
        certificate_of=_pair(found["cert"], ids),
        seen=found["seen"],
        held=found["held"],
        people={
            ids[learner]: {
                "root": ids[person["root"]],
                "family": tuple(sorted(ids[member] for member in person["family"])),
                "named": person["named"],
            }
            for learner, person in (found["people"] or {}).items()
        },
        enrolment=found["enrolment"],
        course=_course(planned.get((found["plan"], course)), reference["course"]),
        scale=reference["scale"],
        standard=reference["standard"],
        programme=reference["programme"],
        institution=reference["institution"],
    )


def _course(planned: dict[str, Any] | None, catalogued: dict[str, Any] | None) -> dict[str, Any] | None:
    """The plan's course, and what it leaves open from the catalogue; the catalogue's where the plan has none."""
    if planned is None:
        return None if catalogued is None else {"source": "catalogue", **catalogued}
    said = {name: value for name, value in planned.items() if value is not None}
    return {**planned, **(catalogued or {}), **said, "source": "plan"}


def _read_once(scale: dict[str, Any] | None) -> Scale | None:
    """The scale, read; one that cannot be read as it stands, so that each row that needs it is told."""
    try:
        return None if scale is None else read_scale(scale)
    except ScaleImpossible:
        return scale


def _pair(found: dict[str, str] | None, ids: _Ids) -> tuple[UUID, UUID] | None:
    return None if found is None else (ids[found["learner"]], ids[found["record"]])
