"""Hypothetical records: from what somebody thinks of to the facts that rules ask about, with what the bank adds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row

from creditbank.db import Transaction, driver
from creditbank.institutions.equivalence_keys import certificate_key, course_key, online_course_key, training_key
from creditbank.institutions.refusals import InstitutionUnknown
from creditbank.recognition.allocation_schemas import HypotheticalIn
from creditbank.recognition.known import Hypothetical
from creditbank.records.refusals import CertificateLevelUnknown, CertificateStandardUnknown

_STANDARDS: LiteralString = """
SELECT asked.i, s.kind, (SELECT json_object_agg(l.level, json_build_array(l.rank, l.credits))
                         FROM certificate_level l WHERE l.standard_id = s.standard_id) AS levels
FROM unnest(%(standards)s::text[], %(days)s::date[]) WITH ORDINALITY AS asked(code, on_day, i)
JOIN certificate_standard s ON s.code = asked.code AND s.valid_from <= asked.on_day
    AND (s.valid_until IS NULL OR asked.on_day < s.valid_until)
"""
_INSTITUTIONS: LiteralString = """
SELECT institution_id, kind FROM institution_profile
WHERE institution_id = ANY (%(ids)s) AND valid_from <= %(on)s AND (valid_until IS NULL OR %(on)s < valid_until)
"""


async def imagine(session: Transaction, asked: Sequence[HypotheticalIn], *, on: date) -> list[Hypothetical]:
    """Records that are only thought of, named hypothetical-1 and so on; whatever is not said of them is not known.

    Raises CertificateStandardUnknown, CertificateLevelUnknown, InstitutionUnknown.
    """
    if not asked:
        return []
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    days = [one.occurred_on or on for one in asked]
    await cursor.execute(_STANDARDS, {"standards": [one.standard for one in asked], "days": days})
    standards = {row["i"]: row for row in await cursor.fetchall()}
    ids = [one.institution_id for one in asked if one.institution_id is not None]
    await cursor.execute(_INSTITUTIONS, {"ids": ids, "on": on})
    kinds = {row["institution_id"]: row["kind"] for row in await cursor.fetchall()}
    return [
        _imagined(place, one, days[place - 1], standards.get(place), kinds) for place, one in enumerate(asked, start=1)
    ]


def _imagined(
    place: int, one: HypotheticalIn, day: date, standard: dict[str, Any] | None, kinds: dict[UUID, str]
) -> Hypothetical:
    field = f"/hypothetical/{place - 1}"
    record = {
        "kind": one.kind,
        "result": "passed",
        "occurred_on": day.isoformat(),
        "credits": one.credits,
        "hours": one.hours,
        "weeks": one.weeks,
        "score": one.score,
        "valid_until": None if one.valid_until is None else one.valid_until.isoformat(),
    }
    facts: dict[str, dict[str, Any]] = {"record": {name: said for name, said in record.items() if said is not None}}
    if one.standard is not None:
        facts["certificate"] = _certificate(one, day, standard, field)
        if "credits" not in facts["record"] and "recognised_credits" in facts["certificate"]:
            facts["record"]["credits"] = facts["certificate"]["recognised_credits"]
    if one.institution_id is not None:
        if one.institution_id not in kinds:
            raise InstitutionUnknown(field=f"{field}/institution_id", institution=one.institution_id)
        facts["institution"] = {"id": str(one.institution_id), "kind": kinds[one.institution_id]}
    return Hypothetical(id=f"hypothetical-{place}", facts=facts, key=_key(one), title=one.title)


def _certificate(one: HypotheticalIn, day: date, standard: dict[str, Any] | None, field: str) -> dict[str, Any]:
    if standard is None:
        raise CertificateStandardUnknown(field=f"{field}/standard", standard=one.standard, day=day)
    levels = standard["levels"] or {}
    if one.level not in levels:
        listed = ", ".join(sorted(levels, key=lambda level: levels[level][0]))
        raise CertificateLevelUnknown(field=f"{field}/level", standard=one.standard, level=one.level, levels=listed)
    rank, credits_ = levels[one.level]
    facts = {"standard": one.standard, "kind": standard["kind"], "level": one.level, "level_rank": rank}
    return facts if credits_ is None else {**facts, "recognised_credits": credits_}


def _key(one: HypotheticalIn) -> str | None:
    if one.standard is not None:
        return certificate_key(one.standard)
    if one.kind == "course_result" and one.institution_id is not None and one.course_code is not None:
        return course_key(one.institution_id, one.course_code)
    if one.kind == "training" and one.institution_id is not None and one.title is not None:
        return training_key(one.institution_id, one.title)
    if one.kind == "online_course" and one.platform is not None and one.title is not None:
        return online_course_key(one.platform, one.title)
    return None
