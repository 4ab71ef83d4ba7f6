"""What does the bank know about these rows? One statement for one row or a thousand, before anything is locked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from creditbank.db import Transaction, run
from creditbank.records.reading import ReadRow

DEFAULT_SCALE = "percentage"
"""The score scale (百分制) where neither the row nor the course names one."""

_LOOKUP = """
WITH asked AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(
        i int, doc bytea, name bytea, student bytea, key bytea, cert bytea,
        course text, day date, standard text, level text, scale text, programme text)
)
SELECT asked.i, json_build_object(
    'doc', found.doc,
    'students', found.students,
    'key', found.key,
    'cert', found.cert,
    'held', EXISTS (SELECT FROM held_row h WHERE h.institution_id = $2 AND h.key_index = asked.key
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
    'course', CASE WHEN pc.credits IS NOT NULL OR co.credits IS NOT NULL THEN json_build_object(
        'source', CASE WHEN pc.credits IS NULL THEN 'catalogue' ELSE 'plan' END,
        'name', coalesce(pc.name, co.name), 'category', coalesce(pc.category, co.category),
        'learning_form', coalesce(pc.learning_form, co.learning_form),
        'credits', coalesce(pc.credits, co.credits), 'hours', coalesce(pc.hours, co.hours),
        'weeks', coalesce(pc.weeks, co.weeks), 'plan', pc.plan_id) END,
    'scale', (
        SELECT s.scale FROM score_scale s
        WHERE s.code = coalesce(asked.scale, co.scale, $3)
          AND (s.institution_id = $2 OR s.institution_id IS NULL)
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
        WHERE g.institution_id = $2 AND g.code = asked.programme AND g.valid_from <= asked.day
          AND (g.valid_until IS NULL OR asked.day < g.valid_until) LIMIT 1),
    'institution', (
        SELECT json_build_object('kind', ip.kind, 'name', ip.name) FROM institution_profile ip
        WHERE ip.institution_id = $2
        ORDER BY (ip.valid_from <= asked.day AND (ip.valid_until IS NULL OR asked.day < ip.valid_until)) DESC,
                 ip.valid_from LIMIT 1)
)::text
FROM asked,
LATERAL (
    SELECT (SELECT k.learner_id FROM identity_key k WHERE k.number_index = asked.doc) AS doc,
           array(SELECT DISTINCT s.learner_id FROM enrolment s
                 WHERE s.institution_id = $2 AND s.student_index = asked.student) AS students,
           (SELECT json_build_object('learner', k.learner_id, 'record', k.record_id) FROM record_key k
            WHERE k.institution_id = $2 AND k.key_index = asked.key) AS key,
           (SELECT json_build_object('learner', k.learner_id, 'record', k.record_id) FROM certificate_key k
            WHERE k.number_index = asked.cert) AS cert
) found
LEFT JOIN LATERAL (
    SELECT e.learner_id, e.level, e.year_of_entry, e.programme_id FROM enrolment e
    WHERE asked.course IS NOT NULL AND e.entered_on <= asked.day AND e.institution_id = $2
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
LEFT JOIN LATERAL (
    SELECT pc.* FROM plan_course pc WHERE pc.plan_id = pl.plan_id AND pc.course_code = asked.course
) pc ON true
LEFT JOIN LATERAL (
    SELECT co.* FROM course co
    WHERE co.institution_id = $2 AND co.code = asked.course AND co.valid_from <= asked.day
      AND (co.valid_until IS NULL OR asked.day < co.valid_until) LIMIT 1
) co ON true
"""


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
    scale: dict[str, Any] | None
    standard: dict[str, Any] | None
    programme: dict[str, Any] | None
    institution: dict[str, Any]


async def look_up(session: Transaction, rows: Sequence[ReadRow], *, institution_id: UUID) -> dict[int, Known]:
    """What is known about each row, by its number. Reads committed data; the writer looks again under its locks."""
    asked = orjson.dumps([_question(row) for row in rows]).decode()
    cursor = await run(session, _LOOKUP, asked, institution_id, DEFAULT_SCALE)
    return {number: _known(orjson.loads(found)) for number, found in await cursor.fetchall()}


def _question(row: ReadRow) -> dict[str, Any]:
    given = row.given
    return {
        "i": row.row_no,
        "doc": _hex(row.document_index),
        "name": _hex(row.name_index),
        "student": _hex(row.student_index),
        "key": _hex(row.key_index),
        "cert": _hex(row.certificate_index),
        "course": getattr(given, "course_code", None),
        "day": given.occurred_on,
        "standard": getattr(given, "standard", None),
        "level": getattr(given, "level", None) if given.kind == "certificate" else None,
        "scale": getattr(given, "scale", None),
        "programme": getattr(given, "programme_code", None),
    }


def _hex(octets: bytes | None) -> str | None:
    return None if octets is None else "\\x" + octets.hex()


def _known(found: dict[str, Any]) -> Known:
    return Known(
        by_document=_uuid(found["doc"]),
        by_student_no=tuple(UUID(learner) for learner in found["students"]),
        keyed=_pair(found["key"]),
        certificate_of=_pair(found["cert"]),
        seen=found["seen"],
        held=found["held"],
        people={
            UUID(learner): {
                "root": UUID(person["root"]),
                "family": tuple(sorted(UUID(member) for member in person["family"])),
                "named": person["named"],
            }
            for learner, person in (found["people"] or {}).items()
        },
        enrolment=found["enrolment"],
        course=found["course"],
        scale=found["scale"],
        standard=found["standard"],
        programme=found["programme"],
        institution=found["institution"],
    )


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _pair(found: dict[str, str] | None) -> tuple[UUID, UUID] | None:
    return None if found is None else (UUID(found["learner"]), UUID(found["record"]))
