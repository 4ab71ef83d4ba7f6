"""Publishing what institutions are and teach: each act under the institution's lock, an outcome for every row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Transaction, driver
from creditbank.errors import BankError, NotFound
from creditbank.identifiers import new_id
from creditbank.institutions import stands_on
from creditbank.institutions.codes import read_college_code, read_credit_code, read_school_code
from creditbank.institutions.reference_schemas import ScaleIn, TermIn
from creditbank.institutions.refusals import (
    IdentifierOfAnotherInstitution,
    ProgrammeLevelIsFixed,
    ScoreScaleUnknown,
    TermsOverlap,
)
from creditbank.institutions.scales import CITY_SCALES
from creditbank.institutions.schemas import CourseIn, Dated, ProfileIn, ProgrammeIn
from creditbank.institutions.shelves import MayAlter, Placed, Row, Shelf, Wanted, place, write
from creditbank.institutions.timeline import Outcome, Period, Step

PROFILES = Shelf(
    "institution_profile",
    key=("institution_id", "valid_from"),
    code="institution_id",
    content=("kind", "name", "name_en", "uscc", "school_code", "college_code", "demo", "source"),
)
COURSES = Shelf(
    "course",
    key=("institution_id", "code", "valid_from"),
    content=("name", "name_en", "category", "learning_form", "credits", "hours", "weeks", "scale"),
)
_DIVIDED_BY = ("years", "discipline")
PROGRAMMES = Shelf(
    "programme",
    key=("programme_id", "valid_from"),
    content=("level", "name", "name_en", "catalogue", "edition", "catalogue_code", "source", *_DIVIDED_BY),
    name=lambda rows: {"programme_id": rows[0]["programme_id"] if rows else str(new_id())},
)
SCALES = Shelf("score_scale", key=("scale_id",), content=("scale",), name=lambda _: {"scale_id": str(new_id())})

_REFERENCE_LOCK = 4_207_002


# --- locks ----------------------------------------------------------------------------------------------------------


async def lock_institution(session: Transaction, institution_id: UUID) -> None:
    """Let one at a time publish for an institution. Raises NotFound where there is none.

    NO KEY UPDATE, so that rows which merely name the institution can be written meanwhile.
    """
    connection = await driver(session)
    found = await connection.execute(
        "SELECT FROM institution WHERE institution_id = %s FOR NO KEY UPDATE", [institution_id]
    )
    if found.rowcount == 0:
        raise NotFound


async def lock_reference(session: Transaction) -> None:
    """Let one at a time publish what belongs to the city: institutions, certificate standards, working days."""
    await (await driver(session)).execute("SELECT pg_advisory_xact_lock(%s)", [_REFERENCE_LOCK])


# --- institutions ---------------------------------------------------------------------------------------------------


async def publish_institution(
    session: AsyncSession, profile: ProfileIn, *, institution_id: UUID, at: datetime
) -> tuple[Outcome, Row]:
    """What an institution is from a day on; a new one where the identifier is new. `at` is now.

    Raises CreditCodeImpossible, SchoolCodeImpossible, CollegeCodeImpossible, IdentifierOfAnotherInstitution and
    OverlapsALaterPeriod.
    """
    content = {**{name: getattr(profile, name) for name in PROFILES.content}, **_official(profile)}
    await lock_reference(session)
    await _belong_to_nobody_else(session, content, institution_id=institution_id)
    connection = await driver(session)
    await connection.execute(
        "INSERT INTO institution (institution_id, created_at) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [institution_id, at],
    )
    await lock_institution(session, institution_id)
    code = str(institution_id)
    rows = await rows_as_json(
        session, "SELECT to_jsonb(t) AS row FROM institution_profile t WHERE institution_id = %s", code
    )
    wanted = Wanted(code, period_of(profile, content))
    done = place(PROFILES, by_code(rows, PROFILES), [wanted], fixed={}, may_alter=lambda *_: None)
    (placed,) = done.placed
    if placed.refusal is not None or placed.outcome is None or placed.row is None:
        raise placed.refusal or NotFound
    await write(session, done)
    return placed.outcome, placed.row


def _official(profile: ProfileIn) -> dict[str, str | None]:
    school_code = None if profile.school_code is None else read_school_code(profile.school_code)
    return {
        "uscc": None if profile.uscc is None else read_credit_code(profile.uscc),
        "school_code": school_code,
        "college_code": None
        if profile.college_code is None
        else read_college_code(profile.college_code, school_code=school_code),
    }


async def _belong_to_nobody_else(session: AsyncSession, content: Row, *, institution_id: UUID) -> None:
    connection = await driver(session)
    cursor = await connection.execute(
        """
        SELECT CASE WHEN uscc = %(uscc)s THEN uscc ELSE school_code END FROM institution_profile
        WHERE (uscc = %(uscc)s OR school_code = %(school_code)s) AND valid_until IS NULL
          AND institution_id <> %(institution_id)s LIMIT 1
        """,
        {"uscc": content["uscc"], "school_code": content["school_code"], "institution_id": institution_id},
    )
    if (taken := await cursor.fetchone()) is not None:
        raise IdentifierOfAnotherInstitution(identifier=taken[0])


async def institution_with(session: AsyncSession, profile: ProfileIn) -> UUID | None:
    """The institution that has one of these official identifiers now, if there is one: the natural key of a new one."""
    official = _official(profile)
    connection = await driver(session)
    cursor = await connection.execute(
        """
        SELECT institution_id FROM institution_profile
        WHERE (uscc = %(uscc)s OR school_code = %(school_code)s) AND valid_until IS NULL LIMIT 1
        """,
        official,
    )
    row = await cursor.fetchone()
    return None if row is None else UUID(str(row[0]))


# --- courses, programmes, scales ------------------------------------------------------------------------------------


async def publish_courses(session: AsyncSession, rows: Sequence[CourseIn], *, institution_id: UUID) -> list[Placed]:
    """Courses of an institution's catalogue, each from its day on; an outcome for each, in their order.

    A change that reaches back over results deposited by the catalogue is refused with ResultsStandOnIt.
    """
    await lock_institution(session, institution_id)
    scales = await _scale_codes(session, institution_id)
    wanted = [
        Wanted(
            row.code,
            period_of(row, {name: getattr(row, name) for name in COURSES.content}),
            fault=None if row.scale is None or row.scale in scales else ScoreScaleUnknown(scale=row.scale),
        )
        for row in rows
    ]
    found = await _of_institution(session, "course", institution_id, [row.code for row in rows])
    standing = partial(stands_on.courses, session, institution_id=institution_id)
    return await publish_all(
        session, COURSES, wanted, found, fixed={"institution_id": str(institution_id)}, on=standing
    )


async def publish_programmes(
    session: AsyncSession, rows: Sequence[ProgrammeIn], *, institution_id: UUID
) -> list[Placed]:
    """Programmes of an institution, each from its day on; the level of a code never changes (ProgrammeLevelIsFixed)."""
    await lock_institution(session, institution_id)
    found = await _of_institution(session, "programme", institution_id, [row.code for row in rows])
    levels = {row["code"]: row["level"] for row in found}
    wanted = []
    for row in rows:
        level = levels.setdefault(row.code, row.level)
        fault = None if level == row.level else ProgrammeLevelIsFixed(code=row.code, level=level)
        period = period_of(row, {name: getattr(row, name) for name in PROGRAMMES.content})
        wanted.append(Wanted(row.code, period, fault=fault))
    return await publish_all(session, PROGRAMMES, wanted, found, fixed={"institution_id": str(institution_id)})


async def publish_scales(
    session: AsyncSession, rows: Sequence[ScaleIn], *, institution_id: UUID | None
) -> list[Placed]:
    """Score scales of an institution, or of the city where none is named.

    An institution's scale that changes, or takes the place of the city's, on days that have results is refused.
    """
    owner = None if institution_id is None else str(institution_id)
    if institution_id is None:
        await lock_reference(session)
        found = await rows_as_json(session, "SELECT to_jsonb(t) AS row FROM score_scale t WHERE institution_id IS NULL")
    else:
        await lock_institution(session, institution_id)
        found = await _of_institution(session, "score_scale", institution_id, [row.code for row in rows])
    wanted = [Wanted(row.code, period_of(row, {"scale": row.scale.model_dump(mode="json")})) for row in rows]
    if institution_id is None:
        return await publish_all(session, SCALES, wanted, found, fixed={"institution_id": owner})
    days = await stands_on.scales(session, institution_id=institution_id, codes=sorted({row.code for row in rows}))
    placed = place(SCALES, by_code(found, SCALES), wanted, fixed={"institution_id": owner}, may_alter=_no_shadow(days))
    await write(session, placed)
    return placed.placed


def _no_shadow(days: stands_on.Days) -> MayAlter:
    """A scale by the name of one of the city's reads results otherwise from the day it begins, altered or new."""
    unless = stands_on.unless(days)

    def may_alter(code: str, step: Step) -> BankError | None:
        if step.altered is None and step.added is not None and code in CITY_SCALES:
            step = Step(step.outcome, altered=(step.added.valid_from, step.added.valid_until))
        return unless(code, step)

    return may_alter


async def publish_all(
    session: AsyncSession,
    shelf: Shelf,
    wanted: Sequence[Wanted],
    found: Sequence[Row],
    *,
    fixed: Row,
    on: Callable[..., Any] | None = None,
) -> list[Placed]:
    """Place everything; where days would read otherwise, ask what stands on them, and place again knowing that."""
    rows = by_code(found, shelf)
    done = place(shelf, rows, wanted, fixed=fixed, may_alter=lambda *_: None)
    if on is not None and done.altered:
        days = await on(codes=sorted(done.altered))
        done = place(shelf, rows, wanted, fixed=fixed, may_alter=stands_on.unless(days))
    await write(session, done)
    return done.placed


# --- academic calendar ----------------------------------------------------------------------------------------------


async def publish_terms(session: AsyncSession, rows: Sequence[TermIn], *, institution_id: UUID) -> list[Placed]:
    """Terms of an institution's calendar, by academic year and number; two never overlap (TermsOverlap)."""
    await lock_institution(session, institution_id)
    found = await rows_as_json(
        session, "SELECT to_jsonb(t) AS row FROM term t WHERE institution_id = %s", institution_id
    )
    terms = {_term_code(row["academic_year"], row["term"]): row for row in found}
    placed = []
    connection = await driver(session)
    for wanted in rows:
        code = _term_code(wanted.academic_year, wanted.term)
        row = {"institution_id": str(institution_id), **wanted.model_dump(mode="json")}
        other = next((name for name, term in terms.items() if name != code and _overlap(row, term)), None)
        if other is not None:
            placed.append(Placed(code, None, refusal=TermsOverlap(other=other)))
            continue
        outcome: Outcome = "created" if code not in terms else "unchanged" if terms[code] == row else "corrected"
        terms[code] = row
        placed.append(Placed(code, outcome, row=row))
        if outcome != "unchanged":
            await connection.execute(_TERM, row)
    return placed


_TERM = """
INSERT INTO term (institution_id, academic_year, term, starts_on, ends_on, weeks)
VALUES (%(institution_id)s, %(academic_year)s, %(term)s, %(starts_on)s, %(ends_on)s, %(weeks)s)
ON CONFLICT (institution_id, academic_year, term)
DO UPDATE SET starts_on = excluded.starts_on, ends_on = excluded.ends_on, weeks = excluded.weeks
"""


def _term_code(academic_year: str, term: int) -> str:
    return f"{academic_year}-{term}"


def _overlap(one: Row, other: Row) -> bool:
    return bool(one["starts_on"] <= other["ends_on"] and other["starts_on"] <= one["ends_on"])


# --- what is there --------------------------------------------------------------------------------------------------


def period_of(row: Dated, content: Row) -> Period:
    return Period(row.valid_from, row.valid_until, content)


def by_code(rows: Sequence[Row], shelf: Shelf) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: str(row["valid_from"])):
        found.setdefault(str(row[shelf.code]), []).append(row)
    return found


async def _of_institution(session: AsyncSession, table: str, institution_id: UUID, codes: Sequence[str]) -> list[Row]:
    question = {
        "course": "SELECT to_jsonb(t) AS row FROM course t WHERE institution_id = %s AND code = ANY (%s)",
        "programme": "SELECT to_jsonb(t) AS row FROM programme t WHERE institution_id = %s AND code = ANY (%s)",
        "score_scale": "SELECT to_jsonb(t) AS row FROM score_scale t WHERE institution_id = %s AND code = ANY (%s)",
    }[table]
    return await rows_as_json(session, question, institution_id, list(codes))


async def _scale_codes(session: AsyncSession, institution_id: UUID) -> set[str]:
    found = await rows_as_json(
        session,
        "SELECT to_jsonb(code) AS row FROM score_scale WHERE institution_id = %s OR institution_id IS NULL",
        institution_id,
    )
    return {str(code) for code in found}


async def rows_as_json(session: AsyncSession, question: Any, *said: Any) -> list[Any]:
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(question, said)
    return [found["row"] for found in await cursor.fetchall()]
