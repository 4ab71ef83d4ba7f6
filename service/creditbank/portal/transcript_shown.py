"""A transcript as a page reads it: by scheme, level and institution, and the records that have no credits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from creditbank.credits import format_credits, parse_credits
from creditbank.errors import Language
from creditbank.portal.conversions_shown import College, colleges
from creditbank.portal.reasons import reason_of
from creditbank.portal.records_shown import beside, fields_of, name_of, score_of, sentence
from creditbank.portal.words import CHOICES, named, speaker
from creditbank.portal.writing import day
from creditbank.rules import Rulebook


@dataclass(frozen=True, slots=True)
class Line:
    """One record: where its story is, and what the page says of it."""

    record_id: str
    on: str
    name: str
    beside: str
    beside_with_place: str
    score: str
    credits: str
    verdict: str
    verdict_said: str
    reason: str


@dataclass(frozen=True, slots=True)
class Group:
    """The records of one institution at one level of a scheme, with their sum."""

    institution: str
    credits: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Level:
    """A level of education within a scheme."""

    name: str
    groups: list[Group]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme: its total and its records by level and institution. Totals of two schemes are never added together."""

    name: str
    credits: str
    levels: list[Level]


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything the page says about records and what they were converted for."""

    schemes: list[Scheme]
    colleges: list[College]
    uncredited: list[Line]
    enrolments: list[Line]


def shown(transcript: Mapping[str, Any], rulebook: Rulebook, language: Language) -> Shown:
    """The view of a transcript, from the JSON that the API answers."""
    enrolments, credited, uncredited = [], [], []
    for record in transcript["records"]:
        if record["kind"] == "enrolment_event":
            enrolments.append(record)
        elif record["verdict"] == "granted" and parse_credits(record["credits"]) > 0:
            credited.append(record)
        else:
            uncredited.append(record)
    return Shown(
        schemes=_schemes(transcript, credited, rulebook, language),
        colleges=colleges(transcript, language),
        uncredited=[_line(record, rulebook, language) for record in _by_day(uncredited)],
        enrolments=[_line(record, rulebook, language) for record in _by_day(enrolments)],
    )


def _schemes(
    transcript: Mapping[str, Any], credited: list[dict[str, Any]], rulebook: Rulebook, language: Language
) -> list[Scheme]:
    totals = [total for total in transcript["totals"] if total["institution_id"] is not None]
    wholes = {total["scheme"]: total["credits"] for total in transcript["totals"] if total["institution_id"] is None}
    found = []
    for scheme in _in_order(_of_each(credited, "scheme"), "scheme"):
        mine = [record for record in credited if record["scheme"] == scheme]
        levels = []
        for level in _in_order({_level(record) for record in mine}, "level"):
            groups = []
            at_level = [record for record in mine if _level(record) == level]
            for institution_id in dict.fromkeys(record["institution_id"] for record in _by_day(at_level)):
                lines = [record for record in at_level if record["institution_id"] == institution_id]
                key = (scheme, level, institution_id)
                sums = [total["credits"] for total in totals if _key(total) == key]
                groups.append(
                    Group(
                        institution=lines[-1]["shown"].get("institution", ""),
                        credits=format_credits(sum(parse_credits(each) for each in sums)),
                        lines=[_line(record, rulebook, language) for record in _by_day(lines)],
                    )
                )
            said = named("level", level, language) if level else speaker(language)("level_none")
            levels.append(Level(said, groups))
        found.append(Scheme(named("scheme", scheme, language), wholes[scheme], levels))
    return found


def _line(record: Mapping[str, Any], rulebook: Rulebook, language: Language) -> Line:
    fields = fields_of(record)
    words = beside(record["kind"], fields, language)
    kind, verdict = record["kind"], record["verdict"]
    reason, say = "", speaker(language)
    if verdict == "granted" and record["credits"] == "0":
        verdict, reason = "on_record", say("now_nothing_due")
    elif verdict != "granted":
        day_of_it, clause = record["occurred_on"], record["clause"]
        said = reason_of(rulebook, kind=kind, clause=clause, occurred_on=day_of_it, language=language)
        reason = sentence(said, language)
    return Line(
        record_id=record["record_id"],
        on=day(record["occurred_on"], language),
        name=name_of(kind, fields, language),
        beside=" · ".join(words),
        beside_with_place=" · ".join(filter(None, (fields.get("institution"), *words))),
        score=score_of(fields, language),
        credits=record["credits"],
        verdict=verdict,
        verdict_said=say(verdict),
        reason=reason,
    )


def _key(total: Mapping[str, Any]) -> tuple[str, str | None, str]:
    return total["scheme"], _level(total), total["institution_id"]


def _level(row: Mapping[str, Any]) -> str | None:
    """The level of education; that of a certificate or of a contest is none."""
    level: str | None = row["level"]
    return level if level in CHOICES["level"] else None


def _of_each(records: Iterable[Mapping[str, Any]], name: str) -> set[str | None]:
    return {record[name] for record in records}


def _in_order(words: set[str | None], choices: str) -> list[Any]:
    """In the order in which people name them, what is none of them last."""
    order = list(CHOICES[choices])
    return sorted(words, key=lambda word: order.index(word) if word in order else len(order))


def _by_day(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda record: (record["occurred_on"], record["record_id"]))
