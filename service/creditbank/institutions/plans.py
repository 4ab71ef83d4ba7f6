"""Publishing plans (人才培养方案): whole versions, editable until somebody's result stands on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Literal
from uuid import UUID

import orjson
from psycopg.rows import dict_row
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.credits import format_credits
from creditbank.db import driver
from creditbank.errors import NotFound
from creditbank.http import etag_of
from creditbank.identifiers import new_id
from creditbank.institutions import stands_on
from creditbank.institutions.refusals import (
    PlanCertificateUnknown,
    PlanHasRecords,
    PlanPublishedTwice,
    PlanTotalsDiffer,
    PublishedInTheFuture,
)
from creditbank.institutions.schemas import PlanIn, PlanOut
from creditbank.institutions.service import lock_institution

Published = Literal["created", "unchanged", "corrected"]
MustMatch = Callable[[str | None], None]
"""Raises when the caller did not see the version in force; given its ETag, or None where there is nothing yet."""

_PLAN = """
SELECT p.plan_id, p.programme_id, p.institution_id, p.version, p.entry_from, p.entry_until, p.published_on,
       p.total_credits, p.totals, p.source, p.certificates, (
    SELECT coalesce(json_agg(json_build_object(
        'course_code', c.course_code, 'name', c.name, 'category', c.category, 'compulsory', c.compulsory,
        'learning_form', c.learning_form, 'credits', c.credits, 'hours', c.hours, 'weeks', c.weeks, 'term', c.term,
        'subject', c.subject)
        ORDER BY c.term NULLS LAST, c.course_code), '[]')
    FROM plan_course c WHERE c.plan_id = p.plan_id) AS courses
FROM plan p WHERE
"""


async def put_plan(
    session: AsyncSession,
    plan: PlanIn,
    *,
    institution_id: UUID,
    programme_id: UUID,
    version: str,
    today: date,
    must_match: MustMatch,
) -> tuple[Published, PlanOut]:
    """A whole version of a programme's plan: new, the same again, or edited while no result stands on it.

    A result stands on a plan once it is live, was deposited by a plan, is of a course that this plan has, and belongs
    to somebody enrolled in the programme with a year of entry that the plan covers. From then on another version is
    published: results deposited later go by the version published last.
    What deposits never ask (which certificates it lists, what a course is about) may be edited all the same.
    Raises NotFound for a programme of another institution, PlanTotalsDiffer, PublishedInTheFuture,
    PlanCertificateUnknown, PlanPublishedTwice, PlanHasRecords, and whatever `must_match` raises.
    """
    await lock_institution(session, institution_id)
    await _is_a_programme_of(session, institution_id, programme_id)
    _check(plan, today=today)
    await _certificates_are_known(session, plan)
    before = await _find(session, "p.programme_id = %s AND p.version = %s", programme_id, version)
    if before is None:
        must_match(None)
        plan_id = new_id()
    else:
        plan_id = before.plan_id
        if _content(before) == _content(plan):
            return "unchanged", before
        must_match(etag_of_plan(before))
        if _deposits_by(before) != _deposits_by(plan) and await _has_records(session, before):
            raise PlanHasRecords(version=version)
    await _published_once(session, plan, programme_id=programme_id, version=version)
    await _write(
        session, plan, plan_id=plan_id, institution_id=institution_id, programme_id=programme_id, version=version
    )
    after = await plan_by_id(session, plan_id)
    return ("created" if before is None else "corrected"), after


async def plan_by_id(session: AsyncSession, plan_id: UUID) -> PlanOut:
    """A plan with its courses. Raises NotFound."""
    found = await _find(session, "p.plan_id = %s", plan_id)
    if found is None:
        raise NotFound
    return found


def etag_of_plan(plan: PlanOut) -> str:
    """The ETag that an edit of a plan must name."""
    return etag_of(plan.model_dump_json().encode())


def _check(plan: PlanIn, *, today: date) -> None:
    if plan.published_on > today:
        raise PublishedInTheFuture(day=plan.published_on, field="/published_on")
    total = sum(plan.totals.values())
    if plan.totals and total != plan.total_credits:
        raise PlanTotalsDiffer(
            sum=format_credits(total), total=format_credits(plan.total_credits), field="/total_credits"
        )


def _content(plan: PlanIn | PlanOut) -> dict[str, Any]:
    """What a plan says, whatever the order of its courses."""
    said = plan.model_dump(mode="json", include=set(PlanIn.model_fields))
    return {
        **said,
        "courses": sorted(said["courses"], key=lambda course: str(course["course_code"])),
        "certificates": sorted(said["certificates"], key=lambda certificate: str(certificate["standard"])),
    }


def _deposits_by(plan: PlanIn | PlanOut) -> dict[str, Any]:
    """What of a plan deposits stand on: which certificates it lists and what a course is about, they never ask."""
    said = _content(plan)
    courses = [{name: value for name, value in course.items() if name != "subject"} for course in said["courses"]]
    return {**said, "courses": courses, "certificates": []}


async def _certificates_are_known(session: AsyncSession, plan: PlanIn) -> None:
    if not plan.certificates:
        return
    cursor = await (await driver(session)).execute(
        """
        SELECT s.code, array_agg(l.level) FROM certificate_standard s JOIN certificate_level l USING (standard_id)
        WHERE s.code = ANY (%s) GROUP BY s.code
        """,
        [[certificate.standard for certificate in plan.certificates]],
    )
    known: dict[str, list[str]] = dict(await cursor.fetchall())
    for place, certificate in enumerate(plan.certificates):
        if certificate.level not in (None, *known.get(certificate.standard, ())) or certificate.standard not in known:
            raise PlanCertificateUnknown(
                standard=certificate.standard, level=certificate.level or "-", field=f"/certificates/{place}"
            )


async def _is_a_programme_of(session: AsyncSession, institution_id: UUID, programme_id: UUID) -> None:
    cursor = await (await driver(session)).execute(
        "SELECT FROM programme WHERE programme_id = %s AND institution_id = %s", [programme_id, institution_id]
    )
    if cursor.rowcount == 0:
        raise NotFound


async def _has_records(session: AsyncSession, plan: PlanOut) -> bool:
    return await stands_on.plan(
        session,
        institution_id=plan.institution_id,
        programme_id=plan.programme_id,
        entry_from=plan.entry_from,
        entry_until=plan.entry_until,
        courses=[course.course_code for course in plan.courses],
    )


async def _published_once(session: AsyncSession, plan: PlanIn, *, programme_id: UUID, version: str) -> None:
    cursor = await (await driver(session)).execute(
        """
        SELECT version FROM plan
        WHERE programme_id = %(programme)s AND version <> %(version)s AND published_on = %(day)s
          AND int4range(entry_from, entry_until, '[]') && int4range(%(from)s, %(until)s, '[]') LIMIT 1
        """,
        {
            "programme": programme_id,
            "version": version,
            "day": plan.published_on,
            "from": plan.entry_from,
            "until": plan.entry_until,
        },
    )
    if (other := await cursor.fetchone()) is not None:
        raise PlanPublishedTwice(other=other[0], day=plan.published_on, field="/published_on")


async def _write(
    session: AsyncSession, plan: PlanIn, *, plan_id: UUID, institution_id: UUID, programme_id: UUID, version: str
) -> None:
    connection = await driver(session)
    await connection.execute(
        """
        INSERT INTO plan (plan_id, programme_id, institution_id, version, entry_from, entry_until, published_on,
                          total_credits, totals, source, certificates)
        VALUES (%(plan)s, %(programme)s, %(institution)s, %(version)s, %(entry_from)s, %(entry_until)s,
                %(published_on)s, %(total_credits)s, %(totals)s, %(source)s, %(certificates)s)
        ON CONFLICT (plan_id) DO UPDATE SET
            entry_from = excluded.entry_from, entry_until = excluded.entry_until,
            published_on = excluded.published_on, total_credits = excluded.total_credits,
            totals = excluded.totals, source = excluded.source, certificates = excluded.certificates
        """,
        {
            "plan": plan_id,
            "programme": programme_id,
            "institution": institution_id,
            "version": version,
            "entry_from": plan.entry_from,
            "entry_until": plan.entry_until,
            "published_on": plan.published_on,
            "total_credits": plan.total_credits,
            "totals": orjson.dumps({name: format_credits(amount) for name, amount in plan.totals.items()}).decode(),
            "source": plan.source,
            "certificates": orjson.dumps([one.model_dump(mode="json") for one in plan.certificates]).decode(),
        },
    )
    await connection.execute("DELETE FROM plan_course WHERE plan_id = %s", [plan_id])
    courses = [
        {"plan_id": str(plan_id), **{name: getattr(course, name) for name in type(course).model_fields}}
        for course in plan.courses
    ]
    await connection.execute(
        "INSERT INTO plan_course SELECT * FROM jsonb_populate_recordset(NULL::plan_course, %s)",
        [orjson.dumps(courses).decode()],
    )


async def _find(session: AsyncSession, where: Any, *said: Any) -> PlanOut | None:
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(_PLAN + where, said)
    row = await cursor.fetchone()
    return None if row is None else plan_of(row)


def plan_of(row: dict[str, Any]) -> PlanOut:
    """A plan from its row: amounts are hundredths there."""
    courses = [{**course, "credits": format_credits(course["credits"])} for course in row["courses"]]
    return PlanOut.model_validate({**row, "total_credits": format_credits(row["total_credits"]), "courses": courses})
