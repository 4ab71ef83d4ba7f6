"""What does today's transcript of this person say? One statement over the projection, JSON made by PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver

FAMILY = """
root AS (
    SELECT coalesce((SELECT a.into_learner_id FROM learner_alias a
                     WHERE a.learner_id = %(learner)s AND a.ended_at IS NULL), %(learner)s::uuid) AS learner_id
), family AS (
    SELECT learner_id FROM root
    UNION ALL SELECT a.learner_id FROM learner_alias a JOIN root ON a.into_learner_id = root.learner_id
    WHERE a.ended_at IS NULL
)"""

PERSON = """
    (SELECT json_object_agg(k.learner_id, encode(k.wrapped, 'hex'))::text FROM learner_key k JOIN family USING (learner_id)),
    (SELECT json_build_object('learner_id', l.learner_id, 'account_no', l.account_no, 'opened_at', l.opened_at,
            'activated_at', l.activated_at, 'accounts', (SELECT json_agg(f.learner_id) FROM family f),
            'name', (SELECT encode(n.name_sealed, 'hex') FROM learner_name n
                     WHERE n.learner_id = l.learner_id AND n.ended_at IS NULL ORDER BY n.given_at DESC LIMIT 1),
            'document', (SELECT json_build_object('kind', d.kind, 'sealed', encode(d.sealed, 'hex'))
                         FROM learner_document d WHERE d.learner_id = l.learner_id AND d.ended_at IS NULL
                         ORDER BY d.recorded_at DESC LIMIT 1))::text
     FROM learner l JOIN root USING (learner_id))"""
"""The wrapped key of each of the person's accounts, and who they are, still sealed."""

LINE = """json_build_object(
        'record_id', {c}.record_id, 'kind', {c}.kind, 'institution_id', {c}.institution_id,
        'scheme', {c}.scheme, 'level', {c}.level, 'credits', trim_scale({c}.credits::numeric / 100)::text,
        'verdict', {c}.verdict, 'clause', {c}.clause, 'occurred_on', {c}.occurred_on, 'recorded_at', {c}.recorded_at,
        'version', {c}.version, 'decision_id', {c}.decision_id, 'posting_id', {c}.posting_id, 'shown',
        CASE {c}.kind WHEN 'enrolment_event' THEN {c}.shown - '{{student_index,student_sealed,programme_id}}'::text[]
                      ELSE {c}.shown END,
        'learner_id', {c}.learner_id, 'sealed', encode({c}.sealed, 'hex'))"""
"""One record of a transcript; `sealed` is opened before anybody sees it."""

TOTALS = """
    (SELECT coalesce(json_agg(json_build_object('scheme', t.scheme, 'level', t.level, 'institution_id',
            t.institution_id, 'institution', t.institution, 'records', t.records,
            'credits', trim_scale(t.credits::numeric / 100)::text)
            ORDER BY t.scheme, t.level NULLS FIRST, t.institution_id NULLS FIRST), '[]')::text
     FROM (SELECT scheme, level, institution_id, max(shown ->> 'institution') AS institution, count(*) AS records,
                  sum(credits) AS credits
           FROM {rows} WHERE scheme IS NOT NULL
           GROUP BY GROUPING SETS ((scheme), (scheme, level, institution_id))) t)"""
"""Totals of each scheme (no level, no institution), and within it by level and institution."""

_CURRENT = f"""
WITH {FAMILY}, rows AS MATERIALIZED (
    SELECT c.* FROM record_current c JOIN family USING (learner_id)
    WHERE (%(institution)s::uuid IS NULL OR c.institution_id = %(institution)s)
      AND (%(records)s::uuid[] IS NULL OR c.record_id = ANY (%(records)s))
)
SELECT {PERSON},
    {TOTALS.format(rows="rows")},
    (SELECT coalesce(json_agg({LINE.format(c="r")} ORDER BY r.scheme, r.level, r.institution_id, r.occurred_on,
            r.record_id), '[]')::text FROM rows r),
    (SELECT count(*) FROM record_current c JOIN family USING (learner_id))
"""


async def read_current(
    session: AsyncSession, learner_id: UUID, *, institution_id: UUID | None, records: Sequence[UUID] | None
) -> tuple[Any, ...]:
    """Key, person, totals, records (each as JSON text) and how many records there are in all.

    Only those an institution reported, where one is named; only some records, where they are.
    """
    connection = await driver(session)
    cursor = await connection.execute(
        _CURRENT,
        {
            "learner": learner_id,
            "institution": institution_id,
            "records": None if records is None else list(records),
        },
    )
    found: tuple[Any, ...] | None = await cursor.fetchone()
    assert found is not None
    return found
