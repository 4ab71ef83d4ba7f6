"""Seeding a new bank with the city-wide reference data that come with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, LiteralString

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.institutions.reference import Certificate, certificates, working_day_rows
from creditbank.institutions.reference_schemas import CertificateLevel, ScaleIn, StandardIn, WorkingDayIn
from creditbank.institutions.scales import CITY_SCALES, read_scale
from creditbank.institutions.service import lock_reference, publish_scales
from creditbank.institutions.shelves import Placed
from creditbank.institutions.standards import publish_standards, publish_working_days

ALWAYS = date(1900, 1, 1)
"""From when the city's score scales hold: they are older than any record."""

LEVEL_NAMES: Mapping[str, str] = {
    "初级": "elementary",
    "中级": "intermediate",
    "高级": "advanced",
    "五级": "grade_5",
    "四级": "grade_4",
    "三级": "grade_3",
    "二级": "grade_2",
    "一级": "grade_1",
    "不分级": "unlevelled",
}
"""Levels as standards write them, in the words that rules ask about."""


async def seed_reference(session: AsyncSession) -> int:
    """Publish the packaged score scales, working days and certificate standards that are not there; how many.

    What is there is left alone, whoever published it: after the first day the database is the authority.
    """
    await lock_reference(session)
    days = {row["on"].isoformat(): WorkingDayIn.model_validate(row) for row in working_day_rows()}
    known_days = await _known(session, 'SELECT "on"::text FROM working_day')
    known_scales = await _known(session, "SELECT code FROM score_scale WHERE institution_id IS NULL")
    known_standards = await _known(session, "SELECT code FROM certificate_standard")
    placed: list[Placed] = [
        *await publish_working_days(session, [row for on, row in days.items() if on not in known_days]),
        *await publish_scales(session, _scales(without=known_scales), institution_id=None),
        *await publish_standards(
            session, [_standard(one) for one in certificates() if one.code not in known_standards]
        ),
    ]
    assert all(one.refusal is None for one in placed), "nothing stands on what is not there yet"
    return len(placed)


def _scales(*, without: set[str]) -> list[ScaleIn]:
    return [
        ScaleIn(code=code, valid_from=ALWAYS, scale=read_scale(scale))
        for code, scale in CITY_SCALES.items()
        if code not in without
    ]


def _standard(certificate: Certificate) -> StandardIn:
    """A packaged standard; it holds from the first day of the year in which its batch was named."""
    levels: list[Any] = [
        CertificateLevel.model_validate(
            {
                "level": LEVEL_NAMES[level.level],
                "rank": level.rank,
                "credits": level.credits,
                "credits_source": level.credits_source,
            }
        )
        for level in certificate.levels
    ]
    return StandardIn(
        code=certificate.code,
        kind=certificate.kind,
        name=certificate.name,
        name_en=certificate.name_en,
        body_name=certificate.body_name,
        levels=levels,
        valid_from=date(certificate.year, 1, 1),
        source=certificate.citation.in_words(),
    )


async def _known(session: AsyncSession, question: LiteralString) -> set[str]:
    return {row[0] for row in await (await (await driver(session)).execute(question)).fetchall()}
