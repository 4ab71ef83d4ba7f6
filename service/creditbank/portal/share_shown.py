"""What a share shows, as a page reads it: each line with its state, the rule that decided it, and what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditbank.errors import Language
from creditbank.portal.records_shown import beside, name_of, score_of, value_of
from creditbank.portal.story_shown import Source, sources_told
from creditbank.portal.words import PHRASES, named, speaker
from creditbank.portal.writing import day
from creditbank.transcripts.share_schemas import (
    SharedChange,
    SharedConversion,
    SharedLine,
    SharedOut,
    SharedRule,
    SharedTotal,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One record."""

    no: int
    state: str
    on: str
    name: str
    beside: str
    institution: str
    score: str
    credits: str
    scheme: str
    credited: bool
    verdict: str
    rule: int | None
    changes: list[str]


@dataclass(frozen=True, slots=True)
class Course:
    """A course that records were converted for."""

    no: int
    state: str
    on: str
    name: str
    beside: str
    institution: str
    grade: str
    credits: str
    scheme: str
    records: str
    by_people: bool
    rule: int | None
    changes: list[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A clause with its sources."""

    no: int
    title: str
    version: str
    says: str
    address: str
    sources: list[Source]


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything a page says of what a share shows."""

    holder: str
    document: str
    number: str
    totals: list[tuple[str, str]]
    lines: list[Line]
    courses: list[Course]
    rules: list[Rule]
    changed: int

    @property
    def scores(self) -> bool:
        """Whether any record has one to show."""
        return any(line.score for line in self.lines)

    @property
    def grades(self) -> bool:
        """Whether any course has one to show."""
        return any(course.grade for course in self.courses)


def shown(found: SharedOut, language: Language) -> Shown:
    """The view of what the API answers."""
    holder = found.holder
    kind = None if holder is None else holder.document_kind
    return Shown(
        holder="" if holder is None else holder.name or "",
        document=named("document", kind, language) if kind else "",
        number="" if holder is None else holder.document_number or "",
        totals=_totals(found.totals, language),
        lines=[_line(one, language) for one in found.lines],
        courses=[_course(one, language) for one in found.conversions],
        rules=[_rule(one, language) for one in found.rules],
        changed=sum(one.state != "current" for one in found.lines)
        + sum(one.state != "current" for one in found.conversions),
    )


def _totals(totals: Sequence[SharedTotal], language: Language) -> list[tuple[str, str]]:
    return [(total.credits, named("scheme", total.scheme, language)) for total in totals]


def _line(line: SharedLine, language: Language) -> Line:
    fields = {"level": line.level, **line.shown, **(line.private or {})}
    # Being enrolled is no achievement that credits could be given for: it is kept on record.
    enrolment = line.kind == "enrolment_event" and line.verdict == "granted"
    verdict = "" if line.verdict is None else speaker(language)("on_record" if enrolment else line.verdict)
    kind = named("kind", line.kind, language)
    name = name_of(line.kind, fields, language)
    return Line(
        no=line.no,
        state=line.state,
        on=day(line.occurred_on, language),
        name=name,
        # A course says by its code what it is; a long list is read on a phone.
        beside=" · ".join(
            ([] if name == kind or line.kind == "course_result" else [kind]) + beside(line.kind, fields, language)
        ),
        institution=line.institution or "",
        score=score_of(fields, language),
        credits="" if enrolment else line.credits,
        scheme=named("scheme", line.scheme, language) if line.scheme else "",
        credited=line.verdict == "granted" and line.credits != "0",
        verdict=verdict,
        rule=line.rule,
        changes=[] if line.state == "gone" else [_change(line.kind, one, language) for one in line.changes],
    )


def _course(course: SharedConversion, language: Language) -> Course:
    exemption = "" if course.exemption == "none" else named("exemption", course.exemption, language)
    return Course(
        no=course.no,
        state=course.state,
        on=day(course.effective_on, language),
        name=course.course.get("name") or course.course.get("code") or "",
        beside=" · ".join(filter(None, (course.course.get("category"), exemption))),
        institution=course.institution or "",
        grade=named("grade_text", course.grade_text, language) or course.grade or "",
        credits=course.credits,
        scheme=named("scheme", course.scheme, language) if course.scheme else "",
        records="、".join(map(str, course.lines)) if language == "zh" else ", ".join(map(str, course.lines)),
        by_people=course.by_people,
        rule=course.rule,
        changes=[] if course.state == "gone" else [_change("", one, language) for one in course.changes],
    )


_CALLED: Mapping[str, str] = {
    "credits": "credits",
    "verdict": "verdict",
    "grade": "score",
    "grade_text": "score",
    "institution": "institution",
    "course": "course",
    "occurred_on": "date",
    "effective_on": "converted_on",
}
"""What a field is called that has a phrase for itself on other pages."""


def _change(kind: str, change: SharedChange, language: Language) -> str:
    say, name = speaker(language), change.field
    if name in _CALLED:
        called = say(_CALLED[name])
    elif f"share_field_{name}" in PHRASES:
        called = say(f"share_field_{name}")
    else:
        called = say(f"field_{name}") if f"field_{name}" in PHRASES else say("share_field_other")
    then, now = (_value(kind, name, value, language) for value in (change.then, change.now))
    return say("share_from_to", field=called, then=then, now=now)


def _value(kind: str, name: str, value: Any, language: Language) -> str:
    say = speaker(language)
    if value is None:
        return say("share_was_nothing")
    if isinstance(value, dict):
        return str(value.get("name") or value.get("code") or "")
    if name == "verdict":
        return say(str(value))
    if name in ("scheme", "exemption", "result", "grade_text"):
        return named(name, str(value), language) or str(value)
    return value_of(kind, name, value, language)


def _rule(rule: SharedRule, language: Language) -> Rule:
    sources, _ = sources_told([{"citation": rule.citations}], language)
    return Rule(
        no=rule.no,
        title=rule.document if rule.title is None else rule.title[language],
        version=rule.version,
        says="" if rule.says is None else rule.says[language],
        address=rule.links.get("clause", rule.links["rule"]),
        sources=sources,
    )
