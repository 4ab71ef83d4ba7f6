"""Reading what institutions published, as it held on a day: one query for each list, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from typing import Any, LiteralString, TypeVar
from uuid import UUID

from psycopg.rows import dict_row
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.credits import format_credits
from creditbank.db import driver
from creditbank.errors import NotFound
from creditbank.http import etag_of
from creditbank.institutions.reference_schemas import ScaleOut, StandardOut, TermOut, WorkingDayOut
from creditbank.institutions.schemas import CourseOut, InstitutionOut, PlanSummary, ProgrammeOut

Out = TypeVar("Out", bound=BaseModel)


async def institutions(
    session: AsyncSession, *, on: date, kind: str | None, after: UUID | None, limit: int
) -> list[InstitutionOut]:
    """Institutions as they were on a day, in the order of their identifiers."""
    return await _read(
        session,
        InstitutionOut,
        """
        SELECT * FROM institution_profile
        WHERE valid_from <= %(on)s AND (valid_until IS NULL OR %(on)s < valid_until)
          AND (%(kind)s::text IS NULL OR kind = %(kind)s) AND institution_id > %(after)s
        ORDER BY institution_id LIMIT %(limit)s
        """,
        on=on,
        kind=kind,
        after=after or UUID(int=0),
        limit=limit,
    )


async def institution(session: AsyncSession, *, institution_id: UUID, on: date) -> InstitutionOut:
    """An institution as it was on a day. Raises NotFound where it was not there yet, or is not there at all."""
    return await _one(
        session,
        InstitutionOut,
        """
        SELECT * FROM institution_profile
        WHERE institution_id = %(id)s
          AND valid_from <= %(on)s AND (valid_until IS NULL OR %(on)s < valid_until)
        """,
        id=institution_id,
        on=on,
    )


async def names(session: AsyncSession, institutions: Collection[UUID], *, on: date) -> dict[UUID, str]:
    """What institutions were called on a day; one that had no name then is not in the answer."""
    rows = await _rows(
        session,
        """
        SELECT institution_id, name FROM institution_profile
        WHERE institution_id = ANY (%(ids)s) AND valid_from <= %(on)s AND (valid_until IS NULL OR %(on)s < valid_until)
        """,
        ids=list(institutions),
        on=on,
    )
    return {row["institution_id"]: row["name"] for row in rows}


async def programmes(
    session: AsyncSession, *, institution_id: UUID, on: date, after: str | None, limit: int
) -> list[ProgrammeOut]:
    """An institution's programmes as they were on a day, in the order of their codes."""
    await exists(session, institution_id)
    return await _read(
        session,
        ProgrammeOut,
        """
        SELECT * FROM programme
        WHERE institution_id = %(id)s AND code > %(after)s
          AND valid_from <= %(on)s AND (valid_until IS NULL OR %(on)s < valid_until)
        ORDER BY code LIMIT %(limit)s
        """,
        id=institution_id,
        on=on,
        after=after or "",
        limit=limit,
    )


async def plans(
    session: AsyncSession,
    *,
    institution_id: UUID,
    programme_id: UUID,
    year_of_entry: int | None,
    before: tuple[date, UUID] | None,
    limit: int,
) -> list[PlanSummary]:
    """A programme's plans, of all years of entry or of one; the one published last comes first and is in force."""
    await _one_row(
        session,
        "SELECT FROM programme WHERE programme_id = %(programme)s AND institution_id = %(id)s LIMIT 1",
        programme=programme_id,
        id=institution_id,
    )
    published, plan_id = before or (date.max, UUID(int=2**128 - 1))
    return await _read(
        session,
        PlanSummary,
        """
        SELECT plan_id, version, entry_from, entry_until, published_on, total_credits FROM plan
        WHERE programme_id = %(programme)s AND (published_on, plan_id) < (%(published)s, %(plan)s)
          AND (%(year)s::int IS NULL OR %(year)s BETWEEN entry_from AND coalesce(entry_until, 9999))
        ORDER BY published_on DESC, plan_id DESC LIMIT %(limit)s
        """,
        programme=programme_id,
        year=year_of_entry,
        published=published,
        plan=plan_id,
        limit=limit,
        shown=_amount("total_credits"),
    )


async def plans_by_name(
    session: AsyncSession, *, institution_id: UUID, on: date, limit: int
) -> list[tuple[UUID, str, str]]:
    """The plans of the programmes that an institution has on a day: the plan, the programme's name, the version."""
    rows = await _rows(
        session,
        """
        SELECT p.plan_id, g.name, p.version FROM programme g JOIN plan p USING (programme_id)
        WHERE g.institution_id = %(id)s AND g.valid_from <= %(on)s AND (g.valid_until IS NULL OR %(on)s < g.valid_until)
        ORDER BY g.code, p.published_on DESC, p.plan_id DESC LIMIT %(limit)s
        """,
        id=institution_id,
        on=on,
        limit=limit,
    )
    return [(row["plan_id"], row["name"], row["version"]) for row in rows]


async def plan_versions(session: AsyncSession, plans: Collection[UUID]) -> dict[UUID, str]:
    """Which version each of some plans is, by their ids."""
    rows = await _rows(session, "SELECT plan_id, version FROM plan WHERE plan_id = ANY (%(ids)s)", ids=list(plans))
    return {row["plan_id"]: row["version"] for row in rows}


async def courses(
    session: AsyncSession, *, institution_id: UUID, on: date, after: str | None, limit: int
) -> list[CourseOut]:
    """An institution's courses as they were on a day, in the order of their codes."""
    await exists(session, institution_id)
    return await _read(
        session,
        CourseOut,
        """
        SELECT * FROM course
        WHERE institution_id = %(id)s AND code > %(after)s
          AND valid_from <= %(on)s AND (valid_until IS NULL OR %(on)s < valid_until)
        ORDER BY code LIMIT %(limit)s
        """,
        id=institution_id,
        on=on,
        after=after or "",
        limit=limit,
        shown=_amount("credits"),
    )


async def course(session: AsyncSession, *, institution_id: UUID, code: str, on: date) -> CourseOut:
    """A course as it was on a day. Raises NotFound."""
    return await _one(
        session,
        CourseOut,
        """
        SELECT * FROM course
        WHERE institution_id = %(id)s AND code = %(code)s
          AND valid_from <= %(on)s AND (valid_until IS NULL OR %(on)s < valid_until)
        """,
        id=institution_id,
        code=code,
        on=on,
        shown=_amount("credits"),
    )


async def course_names(
    session: AsyncSession, courses: Collection[tuple[UUID, str]], *, on: date
) -> dict[tuple[UUID, str], str]:
    """What courses are called on a day, by institution and code; one that is not taught then is not in the answer."""
    rows = await _rows(
        session,
        """
        SELECT institution_id, code, name FROM course
        JOIN unnest(%(institutions)s::uuid[], %(codes)s::text[]) AS asked (institution_id, code)
          USING (institution_id, code)
        WHERE valid_from <= %(on)s AND (valid_until IS NULL OR %(on)s < valid_until)
        """,
        institutions=[institution for institution, _ in courses],
        codes=[code for _, code in courses],
        on=on,
    )
    return {(row["institution_id"], row["code"]): row["name"] for row in rows}


async def etag_of_course(session: AsyncSession, *, institution_id: UUID, code: str) -> str | None:
    """The ETag of everything that was ever published of a course: any change of it on any day makes another."""
    found = await _rows(
        session,
        """
        SELECT to_jsonb(c) AS period FROM course c
        WHERE institution_id = %(id)s AND code = %(code)s ORDER BY valid_from
        """,
        id=institution_id,
        code=code,
    )
    return etag_of({"periods": [row["period"] for row in found]}) if found else None


async def scales(
    session: AsyncSession, *, institution_id: UUID, on: date, after: tuple[str, UUID] | None, limit: int
) -> list[ScaleOut]:
    """The score scales that an institution's results could be read by on a day: its own, and the city's."""
    await exists(session, institution_id)
    code, scale_id = after or ("", UUID(int=0))
    return await _read(
        session,
        ScaleOut,
        """
        SELECT * FROM score_scale
        WHERE (institution_id = %(id)s OR institution_id IS NULL)
          AND valid_from <= %(on)s AND (valid_until IS NULL OR %(on)s < valid_until)
          AND (code, scale_id) > (%(code)s, %(scale)s)
        ORDER BY code, scale_id LIMIT %(limit)s
        """,
        id=institution_id,
        on=on,
        code=code,
        scale=scale_id,
        limit=limit,
    )


async def terms(
    session: AsyncSession, *, institution_id: UUID, after: tuple[str, int] | None, limit: int
) -> list[TermOut]:
    """An institution's academic calendar, in order."""
    await exists(session, institution_id)
    year, term = after or ("", 0)
    return await _read(
        session,
        TermOut,
        """
        SELECT * FROM term
        WHERE institution_id = %(id)s AND (academic_year, term) > (%(year)s, %(term)s)
        ORDER BY academic_year, term LIMIT %(limit)s
        """,
        id=institution_id,
        year=year,
        term=term,
        limit=limit,
    )


async def standards(session: AsyncSession, *, on: date, after: str | None, limit: int) -> list[StandardOut]:
    """Certificate standards as they were on a day, in the order of their codes."""
    return await _read(
        session,
        StandardOut,
        """
        SELECT s.*, (
            SELECT json_agg(to_jsonb(l) - 'standard_id' ORDER BY l.rank) FROM certificate_level l
            WHERE l.standard_id = s.standard_id) AS levels
        FROM certificate_standard s
        WHERE code > %(after)s
          AND valid_from <= %(on)s AND (valid_until IS NULL OR %(on)s < valid_until)
        ORDER BY code LIMIT %(limit)s
        """,
        on=on,
        after=after or "",
        limit=limit,
        shown=_levels,
    )


async def working_days(session: AsyncSession, *, since: date, until: date, limit: int) -> list[WorkingDayOut]:
    """Days that depart from the week, from one day until another (exclusive)."""
    return await _read(
        session,
        WorkingDayOut,
        'SELECT * FROM working_day WHERE "on" >= %(since)s AND "on" < %(until)s ORDER BY "on" LIMIT %(limit)s',
        since=since,
        until=until,
        limit=limit,
    )


async def exists(session: AsyncSession, institution_id: UUID) -> None:
    """Raises NotFound where there is no such institution."""
    await _one_row(session, "SELECT FROM institution WHERE institution_id = %(id)s", id=institution_id)


def _amount(column: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda row: {**row, column: format_credits(row[column])}


def _levels(row: dict[str, Any]) -> dict[str, Any]:
    levels = [
        {**level, "credits": None if level["credits"] is None else format_credits(level["credits"])}
        for level in row["levels"] or []
    ]
    return {**row, "levels": levels}


async def _read(
    session: AsyncSession,
    out: type[Out],
    question: LiteralString,
    *,
    shown: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    **said: Any,
) -> list[Out]:
    return [out.model_validate(shown(row)) for row in await _rows(session, question, **said)]


async def _one(session: AsyncSession, out: type[Out], question: LiteralString, **said: Any) -> Out:
    found = await _read(session, out, question, **said)
    if not found:
        raise NotFound
    return found[0]


async def _one_row(session: AsyncSession, question: LiteralString, **said: Any) -> None:
    if not await _rows(session, question, **said):
        raise NotFound


async def _rows(session: AsyncSession, question: LiteralString, **said: Any) -> list[dict[str, Any]]:
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(question, said)
    return await cursor.fetchall()
