"""Conversions as a page reads them: by college, which course, how many credits, and on which records they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from creditbank.errors import Language
from creditbank.portal.records_shown import fields_of, name_of
from creditbank.portal.words import named, speaker
from creditbank.portal.writing import day


@dataclass(frozen=True, slots=True)
class Source:
    """A record that a conversion uses; without a name where the page does not show it."""

    record_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """A course that records were converted for."""

    on: str
    course: str
    address: str
    """The line of the claim, with its decision and every reason."""
    college: str
    beside: str
    sources: list[Source]
    grade: str
    credits: str
    override: str
    """Who decided against the rules, why and until when; empty where the rules decided."""


@dataclass(frozen=True, slots=True)
class College:
    """The conversions of one college in one scheme, with their sum."""

    name: str
    scheme: str
    credits: str
    lines: list[Conversion]


def colleges(transcript: Mapping[str, Any], language: Language) -> list[College]:
    """By college and scheme, in the order of the transcript; sums are the API's own and never deposits."""
    records = {record["record_id"]: record for record in transcript["records"]}
    sums: dict[tuple[str | None, str | None, str | None], str] = {
        (total["scheme"], total["level"], total["institution_id"]): total["credits"]
        for total in transcript["conversion_totals"]
        if total["institution_id"] is not None
    }
    groups: dict[tuple[str | None, str | None, str | None], list[Mapping[str, Any]]] = {}
    for line in transcript["conversions"]:
        groups.setdefault((line["scheme"], line["level"], line["institution_id"]), []).append(line)
    return [
        College(
            name=lines[-1]["institution"] or "",
            scheme=named("scheme", key[0], language),
            credits=sums.get(key, "0"),
            lines=[_line(line, records, language) for line in lines],
        )
        for key, lines in groups.items()
    ]


def _line(line: Mapping[str, Any], records: Mapping[str, Any], language: Language) -> Conversion:
    course = line["course"]
    exemption = "" if line["exemption"] == "none" else named("exemption", line["exemption"], language)
    return Conversion(
        on=day(line["effective_on"], language),
        course=course.get("name") or course.get("code") or "",
        address=f"/my/claims/{line['claim_id']}/lines/{line['line_no']}",
        college=line["institution"] or "",
        beside=" · ".join(filter(None, (course.get("category"), exemption))),
        sources=[_source(record_id, records.get(record_id), language) for record_id in line["record_ids"]],
        grade=named("grade_text", line["grade_text"], language) or line["grade"] or "",
        credits=line["credits"],
        override=_override(line["override"], language),
    )


def conversions_of(transcript: Mapping[str, Any], record_id: str, language: Language) -> list[Conversion]:
    """The conversions that use one record."""
    return [_line(line, {}, language) for line in transcript["conversions"] if record_id in line["record_ids"]]


def _source(record_id: str, record: Mapping[str, Any] | None, language: Language) -> Source:
    if record is None:
        return Source(record_id, "")
    return Source(record_id, name_of(record["kind"], fields_of(record), language))


def _override(override: Mapping[str, Any] | None, language: Language) -> str:
    if override is None:
        return ""
    say = speaker(language)
    until = "" if override["expires_on"] is None else say("override_until", day=day(override["expires_on"], language))
    return say("override_because", reason=override["reason"] or "") + until
