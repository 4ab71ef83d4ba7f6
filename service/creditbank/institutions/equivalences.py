"""Equivalences: what an institution decided to count for its courses; entered, proposed, confirmed and ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg.rows import dict_row

from creditbank import clock
from creditbank.db import Transaction, driver
from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.institutions import equivalence_refusals as refusals
from creditbank.institutions.equivalence_cycles import Leads, multiplied
from creditbank.institutions.equivalence_keys import course_key
from creditbank.institutions.equivalence_schemas import (
    CertificateSource,
    CourseSource,
    EquivalenceIn,
    EquivalenceOut,
    Source,
    out_of,
)
from creditbank.institutions.service import lock_institution, lock_reference

_PERIODS_MEET = "daterange(valid_from, valid_until) && daterange(%(from)s, %(until)s)"


# --- acts -----------------------------------------------------------------------------------------------------------


async def enter(
    session: Transaction, given: EquivalenceIn, *, institution_id: UUID, by: str, at: datetime
) -> EquivalenceOut:
    """What an institution decided, in force from its day on.

    Raises NotFound for no such institution, EquivalenceOfItself, TargetInNoPlan, SourceUnknown, EquivalenceRepeated,
    EquivalencesMultiply.
    """
    await _lock(session, institution_id)
    sources = await _checked(session, given, institution_id=institution_id)
    await _is_new(session, given, institution_id=institution_id)
    equivalence_id = new_id()
    await _multiplies_nothing(session, given, institution_id=institution_id, equivalence_id=equivalence_id)
    row = _row(given, sources, institution_id=institution_id, by=by, at=at)
    row |= {"equivalence_id": equivalence_id, "state": "in_force", "confirmed_by": by, "confirmed_at": at}
    return await _insert(session, row)


async def propose(
    session: Transaction,
    given: EquivalenceIn,
    *,
    institution_id: UUID,
    precedent_id: UUID,
    by: str,
    at: datetime,
) -> UUID:
    """What an upheld appeal proposes to an institution: it counts for nothing until the institution confirms it.

    Where the same sources stand for one of the courses already, proposed or in force, that one is returned.
    Raises NotFound, EquivalenceOfItself, TargetInNoPlan, SourceUnknown.
    """
    await _lock(session, institution_id)
    sources = await _checked(session, given, institution_id=institution_id)
    found = await _standing(session, given, institution_id=institution_id)
    if found is not None:
        standing: UUID = found["equivalence_id"]
        return standing
    row = _row(given, sources, institution_id=institution_id, by=by, at=at)
    row |= {"equivalence_id": new_id(), "state": "proposed", "precedent_id": precedent_id}
    return (await _insert(session, row)).equivalence_id


async def confirm(
    session: Transaction,
    equivalence_id: UUID,
    *,
    institution_id: UUID,
    valid_from: date | None,
    by: str,
    at: datetime,
) -> EquivalenceOut:
    """A proposal becomes valid, from a day on. Raises NotFound, EquivalenceNotProposed and as `enter` does."""
    await _lock(session, institution_id)
    row = await _one(session, equivalence_id, institution_id=institution_id)
    if row["state"] != "proposed":
        raise refusals.EquivalenceNotProposed
    said = out_of(row).model_dump(mode="json", include=set(EquivalenceIn.model_fields))
    from_day = (valid_from or clock.today(at)).isoformat()
    given = EquivalenceIn.model_validate({**said, "valid_from": from_day, "valid_until": None})
    await _checked(session, given, institution_id=institution_id)
    await _is_new(session, given, institution_id=institution_id, besides=equivalence_id)
    await _multiplies_nothing(session, given, institution_id=institution_id, equivalence_id=equivalence_id)
    return await _update(
        session,
        equivalence_id,
        state="in_force",
        valid_from=given.valid_from,
        valid_until=None,
        confirmed_by=by,
        confirmed_at=at,
    )


async def end(
    session: Transaction,
    equivalence_id: UUID,
    *,
    institution_id: UUID,
    until: date | None,
    reason: str,
    by: str,
    at: datetime,
) -> EquivalenceOut:
    """An equivalence holds no more from a day on; a proposal, or one that never held, is dropped.

    Raises NotFound, EquivalenceEnded, EndsInThePast.
    """
    await _lock(session, institution_id)
    row = await _one(session, equivalence_id, institution_id=institution_id)
    today = clock.today(at)
    until = until or today
    if until < today:
        raise refusals.EndsInThePast(until=until, field="/until")
    if row["state"] == "dropped" or (row["valid_until"] is not None and row["valid_until"] <= until):
        raise refusals.EquivalenceEnded
    ended: dict[str, Any] = {"ended_by": by, "ended_at": at, "ended_because": reason}
    if row["state"] == "proposed" or until <= row["valid_from"]:
        return await _update(session, equivalence_id, state="dropped", **ended)
    return await _update(session, equivalence_id, valid_until=until, **ended)


# --- reading --------------------------------------------------------------------------------------------------------


async def listed(
    session: Transaction, *, institution_id: UUID, on: date, course: str | None, after: UUID | None, limit: int
) -> list[EquivalenceOut]:
    """Proposed and in force on a day, of all courses or for one, in the order in which they were entered."""
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute("SELECT FROM institution WHERE institution_id = %s", [institution_id])
    if cursor.rowcount == 0:
        raise NotFound
    await cursor.execute(
        """
        SELECT * FROM equivalence
        WHERE institution_id = %(institution)s AND equivalence_id > %(after)s AND state <> 'dropped'
          AND valid_from <= %(on)s AND (valid_until IS NULL OR %(on)s < valid_until)
          AND (%(course)s::text IS NULL OR targets @> array[%(course)s::text]::varchar[])
        ORDER BY equivalence_id LIMIT %(limit)s
        """,
        {
            "institution": institution_id,
            "on": on,
            "course": course,
            "after": after or UUID(int=0),
            "limit": limit,
        },
    )
    return [out_of(row) for row in await cursor.fetchall()]


# --- checks ---------------------------------------------------------------------------------------------------------


async def _lock(session: Transaction, institution_id: UUID) -> None:
    """One at a time in the whole city: a circle is made of rows of several institutions."""
    await lock_reference(session)
    await lock_institution(session, institution_id)


async def _checked(session: Transaction, given: EquivalenceIn, *, institution_id: UUID) -> list[dict[str, Any]]:
    """The sources as they are kept, in the order of their keys; what is named is there."""
    for place, source in enumerate(given.sources):
        if not isinstance(source, CourseSource) or source.institution_id != institution_id:
            continue
        if source.course_code in given.targets:
            raise refusals.EquivalenceOfItself(course=source.course_code, field=f"/sources/{place}")
    cursor = await (await driver(session)).execute(
        """
        SELECT c.course_code FROM plan_course c JOIN plan p USING (plan_id)
        WHERE p.institution_id = %s AND c.course_code = ANY (%s)
        """,
        [institution_id, given.targets],
    )
    planned = {code for (code,) in await cursor.fetchall()}
    for place, target in enumerate(given.targets):
        if target not in planned:
            raise refusals.TargetInNoPlan(course=target, field=f"/targets/{place}")
    kept = [
        (source.key, await _known(session, source, f"/sources/{place}")) for place, source in enumerate(given.sources)
    ]
    return [source for _, source in sorted(kept, key=lambda one: one[0])]


_COURSE_IS_THERE = """
SELECT FROM course WHERE institution_id = %(institution_id)s AND code = %(course_code)s
UNION ALL
SELECT FROM plan_course c JOIN plan p USING (plan_id)
WHERE p.institution_id = %(institution_id)s AND c.course_code = %(course_code)s
"""
_LEVEL_IS_THERE = """
SELECT l.rank FROM certificate_standard s JOIN certificate_level l USING (standard_id)
WHERE s.code = %(standard)s AND (%(from_level)s::text IS NULL OR l.level = %(from_level)s)
ORDER BY s.valid_from DESC, l.rank LIMIT 1
"""
_INSTITUTION_IS_THERE = "SELECT FROM institution WHERE institution_id = %(institution_id)s"


async def _known(session: Transaction, source: Source, pointer: str) -> dict[str, Any]:
    """A source as it is kept; a certificate with the rank from which on it counts. Raises SourceUnknown."""
    said = source.model_dump(mode="json")
    if source.kind == "online_course":  # a platform publishes nothing here: its courses are known by their records
        return said
    question = {
        "course": _COURSE_IS_THERE,
        "certificate": _LEVEL_IS_THERE,
        "training": _INSTITUTION_IS_THERE,
    }[source.kind]
    cursor = await (await driver(session)).execute(question, said)
    found = await cursor.fetchone() if cursor.rowcount else None
    if found is None:
        raise refusals.SourceUnknown(source=source.key, field=pointer)
    if isinstance(source, CertificateSource):
        said["from_rank"] = None if source.from_level is None else found[0]
    return said


async def _is_new(
    session: Transaction, given: EquivalenceIn, *, institution_id: UUID, besides: UUID | None = None
) -> None:
    found = await _standing(session, given, institution_id=institution_id, besides=besides)
    if found is not None:
        course = next(target for target in given.targets if target in found["targets"])
        raise refusals.EquivalenceRepeated(equivalence=found["equivalence_id"], course=course, field="/sources")


async def _standing(
    session: Transaction, given: EquivalenceIn, *, institution_id: UUID, besides: UUID | None = None
) -> Mapping[str, Any] | None:
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(
        f"""
        SELECT equivalence_id, targets FROM equivalence
        WHERE institution_id = %(institution)s AND state <> 'dropped' AND equivalence_id IS DISTINCT FROM %(besides)s
          AND source_keys = %(keys)s::varchar[] AND targets && %(targets)s::varchar[] AND {_PERIODS_MEET}
        ORDER BY equivalence_id LIMIT 1
        """,
        {
            "institution": institution_id,
            "besides": besides,
            "keys": sorted(source.key for source in given.sources),
            "targets": given.targets,
            "from": given.valid_from,
            "until": given.valid_until,
        },
    )
    return await cursor.fetchone()


_REACHED = f"""
WITH RECURSIVE reached AS (
    SELECT equivalence_id, source_keys, target_keys FROM equivalence
    WHERE state = 'in_force' AND equivalence_id <> %(itself)s AND source_keys && %(targets)s::varchar[]
      AND {_PERIODS_MEET}
    UNION
    SELECT e.equivalence_id, e.source_keys, e.target_keys
    FROM reached r JOIN equivalence e ON e.source_keys && r.target_keys
    WHERE e.state = 'in_force' AND e.equivalence_id <> %(itself)s AND {_PERIODS_MEET}
)
SELECT equivalence_id, source_keys, target_keys FROM reached ORDER BY equivalence_id
"""
_CREDITS = """
SELECT asked.key, coalesce(
    (SELECT c.credits FROM course c WHERE c.institution_id = asked.institution AND c.code = asked.code
     ORDER BY c.valid_from DESC LIMIT 1),
    (SELECT c.credits FROM plan_course c JOIN plan p USING (plan_id)
     WHERE p.institution_id = asked.institution AND c.course_code = asked.code
     ORDER BY p.published_on DESC, p.plan_id DESC LIMIT 1), 0)
FROM unnest(%s::text[], %s::uuid[], %s::text[]) AS asked(key, institution, code)
"""


async def _multiplies_nothing(
    session: Transaction, given: EquivalenceIn, *, institution_id: UUID, equivalence_id: UUID
) -> None:
    """Raises EquivalencesMultiply, naming the rows."""
    connection = await driver(session)
    targets = [course_key(institution_id, target) for target in given.targets]
    asked = {"targets": targets, "itself": equivalence_id, "from": given.valid_from, "until": given.valid_until}
    cursor = await connection.execute(_REACHED, asked)
    others = [Leads(str(name), _courses(sources), tuple(to)) for name, sources, to in await cursor.fetchall()]
    new = Leads(str(equivalence_id), _courses(source.key for source in given.sources), tuple(targets))
    if not others or not new.sources:
        return
    keys = sorted({key for one in (new, *others) for key in (*one.sources, *one.targets)})
    parts = [key.split("/", 2) for key in keys]
    cursor = await connection.execute(
        _CREDITS, [keys, [UUID(institution) for _, institution, _ in parts], [code for _, _, code in parts]]
    )
    credits: dict[str, int] = dict(await cursor.fetchall())
    circle = multiplied(new, others, credits)
    if circle is not None:
        named = ", ".join(name for name in circle if name != new.name)
        raise refusals.EquivalencesMultiply(equivalences=named, field="/targets")


def _courses(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(key for key in keys if key.startswith("course/"))


# --- rows -----------------------------------------------------------------------------------------------------------


def _row(
    given: EquivalenceIn, sources: Sequence[dict[str, Any]], *, institution_id: UUID, by: str, at: datetime
) -> dict[str, Any]:
    return {
        "institution_id": institution_id,
        "sources": sources,
        "source_keys": sorted(source.key for source in given.sources),
        "targets": sorted(given.targets),
        "target_keys": [course_key(institution_id, target) for target in sorted(given.targets)],
        "relevance": given.relevance,
        "valid_from": given.valid_from,
        "valid_until": given.valid_until,
        "ground": given.ground,
        "source": given.source,
        "precedent_id": None,
        "entered_by": by,
        "entered_at": at,
        "confirmed_by": None,
        "confirmed_at": None,
    }


async def _insert(session: Transaction, row: Mapping[str, Any]) -> EquivalenceOut:
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(
        """
        INSERT INTO equivalence (equivalence_id, institution_id, sources, source_keys, targets, target_keys, relevance,
                                 valid_from, valid_until, state, ground, source, precedent_id, entered_by, entered_at,
                                 confirmed_by, confirmed_at)
        VALUES (%(equivalence_id)s, %(institution_id)s, %(sources)s, %(source_keys)s, %(targets)s, %(target_keys)s,
                %(relevance)s, %(valid_from)s, %(valid_until)s, %(state)s, %(ground)s, %(source)s, %(precedent_id)s,
                %(entered_by)s, %(entered_at)s, %(confirmed_by)s, %(confirmed_at)s)
        RETURNING *
        """,
        {**row, "sources": orjson.dumps(row["sources"]).decode()},
    )
    inserted = await cursor.fetchone()
    assert inserted is not None
    return out_of(inserted)


_CHANGING = (
    "state",
    "valid_from",
    "valid_until",
    "confirmed_by",
    "confirmed_at",
    "ended_by",
    "ended_at",
    "ended_because",
)


async def _update(session: Transaction, equivalence_id: UUID, **changes: Any) -> EquivalenceOut:
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute("SELECT * FROM equivalence WHERE equivalence_id = %s", [equivalence_id])
    before = await cursor.fetchone()
    assert before is not None
    now = {name: before[name] for name in _CHANGING} | changes
    await cursor.execute(
        """
        UPDATE equivalence SET state = %(state)s, valid_from = %(valid_from)s, valid_until = %(valid_until)s,
               confirmed_by = %(confirmed_by)s, confirmed_at = %(confirmed_at)s, ended_by = %(ended_by)s,
               ended_at = %(ended_at)s, ended_because = %(ended_because)s
        WHERE equivalence_id = %(equivalence)s RETURNING *
        """,
        {**now, "equivalence": equivalence_id},
    )
    after = await cursor.fetchone()
    assert after is not None
    return out_of(after)


async def _one(session: Transaction, equivalence_id: UUID, *, institution_id: UUID) -> dict[str, Any]:
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    await cursor.execute(
        "SELECT * FROM equivalence WHERE equivalence_id = %s AND institution_id = %s", [equivalence_id, institution_id]
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotFound
    return row
