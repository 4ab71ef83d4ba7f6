"""Publishing what belongs to the whole city: certificate standards with their levels, and working days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.identifiers import new_id
from creditbank.institutions import stands_on
from creditbank.institutions.reference_schemas import StandardIn, WorkingDayIn
from creditbank.institutions.refusals import InstitutionUnknown
from creditbank.institutions.service import by_code, lock_reference, period_of, rows_as_json
from creditbank.institutions.shelves import Placed, Publication, Row, Shelf, Wanted, place, write
from creditbank.institutions.timeline import Outcome

_CONTENT = ("kind", "name", "name_en", "body_name", "issuer_id", "source")
_LEVEL = ("level", "rank", "credits", "credits_source")
STANDARDS = Shelf(
    "certificate_standard",
    key=("standard_id",),
    content=(*_CONTENT, "levels"),
    name=lambda _: {"standard_id": str(new_id())},
)
"""The levels are rows of their own: they are placed with their standard and written after it."""

_FOUND = """
SELECT to_jsonb(s) || jsonb_build_object('levels', (
    SELECT coalesce(jsonb_agg(to_jsonb(l) - 'standard_id' ORDER BY l.rank), '[]')
    FROM certificate_level l WHERE l.standard_id = s.standard_id)) AS row
FROM certificate_standard s WHERE s.code = ANY (%s)
"""


async def publish_standards(session: AsyncSession, rows: Sequence[StandardIn]) -> list[Placed]:
    """Certificate standards with their levels, each from its day on; an outcome for each, in their order.

    A change that reaches back over certificates that have been deposited is refused with ResultsStandOnIt.
    """
    await lock_reference(session)
    issuers = await _known(session, [row.issuer_id for row in rows if row.issuer_id is not None])
    wanted = [_wanted(row, issuers) for row in rows]
    found = by_code(await rows_as_json(session, _FOUND, [row.code for row in rows]), STANDARDS)
    done = place(STANDARDS, found, wanted, fixed={}, may_alter=lambda *_: None)
    if done.altered:
        days = await stands_on.standards(session, codes=sorted(done.altered))
        done = place(STANDARDS, found, wanted, fixed={}, may_alter=stands_on.unless(days))
    await _write(session, done)
    return done.placed


def _wanted(row: StandardIn, issuers: set[UUID]) -> Wanted:
    content: Row = {name: getattr(row, name) for name in _CONTENT}
    content["issuer_id"] = None if row.issuer_id is None else str(row.issuer_id)
    levels = sorted(row.levels, key=lambda level: level.rank)
    content["levels"] = [{name: getattr(level, name) for name in _LEVEL} for level in levels]
    unknown = row.issuer_id is not None and row.issuer_id not in issuers
    return Wanted(
        row.code, period_of(row, content), fault=InstitutionUnknown(institution=row.issuer_id) if unknown else None
    )


async def _known(session: AsyncSession, institutions: Sequence[UUID]) -> set[UUID]:
    cursor = await (await driver(session)).execute(
        "SELECT institution_id FROM institution WHERE institution_id = ANY (%s)", [list(institutions)]
    )
    return {row[0] for row in await cursor.fetchall()}


async def _write(session: AsyncSession, done: Publication) -> None:
    changed = [*done.rewritten.values(), *done.added.values()]
    levels = [{"standard_id": row["standard_id"], **level} for row in changed for level in row["levels"]]
    plain = Publication(
        Shelf(done.shelf.table, done.shelf.key, _CONTENT, name=done.shelf.name), {}, {},
        rewritten={key: _without_levels(row) for key, row in done.rewritten.items()},
        added={key: _without_levels(row) for key, row in done.added.items()},
    )  # fmt: skip
    await write(session, plain)
    connection = await driver(session)
    await connection.execute(
        "DELETE FROM certificate_level WHERE standard_id = ANY (%s)", [[UUID(row["standard_id"]) for row in changed]]
    )
    async with connection.cursor() as cursor:
        await cursor.executemany(
            """
            INSERT INTO certificate_level (standard_id, level, rank, credits, credits_source)
            VALUES (%(standard_id)s, %(level)s, %(rank)s, %(credits)s, %(credits_source)s)
            """,
            levels,
        )


def _without_levels(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "levels"}


_WORKING_DAY = """
INSERT INTO working_day ("on", working, name, source) VALUES (%(on)s, %(working)s, %(name)s, %(source)s)
ON CONFLICT ("on") DO UPDATE SET working = excluded.working, name = excluded.name, source = excluded.source
"""


async def publish_working_days(session: AsyncSession, rows: Sequence[WorkingDayIn]) -> list[Placed]:
    """Days that depart from the week, as the State Council's notices say; a later notice corrects an earlier one."""
    await lock_reference(session)
    found = await rows_as_json(
        session, 'SELECT to_jsonb(t) AS row FROM working_day t WHERE "on" = ANY (%s)', _days(rows)
    )
    known: dict[str, Any] = {row["on"]: row for row in found}
    placed, changed = [], []
    for wanted in rows:
        row = wanted.model_dump(mode="json")
        code = row["on"]
        outcome: Outcome = "created" if code not in known else "unchanged" if known[code] == row else "corrected"
        if outcome != "unchanged":
            changed.append(row)
        known[code] = row
        placed.append(Placed(code, outcome, row=row))
    async with (await driver(session)).cursor() as cursor:
        await cursor.executemany(_WORKING_DAY, changed)
    return placed


def _days(rows: Sequence[WorkingDayIn]) -> list[Any]:
    return [row.on for row in rows]
