"""A claim as those who answer it read it: its lines with their records, what the rules find, what is still unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditbank.credits import AmountNotExact, format_credits, parse_credits
from creditbank.errors import Language, NotFound
from creditbank.identity.actor import Actor
from creditbank.institutions.schemas import PlanOut
from creditbank.portal.records_shown import beside, fields_of, name_of, score_of
from creditbank.portal.story_shown import Finding, Source, finding_told, sources_told
from creditbank.portal.words import named
from creditbank.portal.writing import day
from creditbank.recognition.hands import ENDS, holds
from creditbank.recognition.schemas import ClaimOut, LineOut, StepOut
from creditbank.rules.facts import FACTS
from creditbank.transcripts.claimed import ClaimedOut, ClaimedRecord


@dataclass(frozen=True, slots=True)
class Used:
    """A record that a line uses."""

    record_id: str
    name: str
    kind: str
    beside: list[str]
    score: str
    on: str
    institution: str
    credits: str


@dataclass(frozen=True, slots=True)
class Lacking:
    """A fact that nobody has said yet, and how it is typed where it is for the reader's hand to say."""

    fact: str
    called: str
    hand: str
    mine: bool
    type: str
    options: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """A line: which records for which course, and what the rules find of it."""

    said: LineOut
    course: str
    course_credits: str
    category: str
    records: list[Used]
    gone: int
    findings: list[Finding]
    sources: list[Source]
    lacking: list[Lacking]
    waits: bool


def step_of(claim: ClaimOut) -> StepOut | None:
    """The step that a claim is at."""
    return next((step for step in claim.steps if step.id == claim.step), None)


def is_mine(claim: ClaimOut, actor: Actor) -> bool:
    """Whether the claim lies in the reader's hand now, and something can be said of it."""
    step = step_of(claim)
    if step is None or claim.state != "open" or not ENDS[step.does]:
        return False
    return claim.waits_for not in ("objection", "evidence") and holds(actor, step.hand, step.institution_id)


def lines_of(
    claim: ClaimOut,
    used: ClaimedOut | None,
    plan: PlanOut | None,
    decided: Mapping[Any, Sequence[Mapping[str, Any]]],
    *,
    actor: Actor,
    language: Language,
) -> list[Line]:
    """The lines of a claim; `decided` are the findings of decisions, for lines that are not open any more."""
    records = {one.record_id: one for one in (used.records if used is not None else ())}
    step, mine = step_of(claim), is_mine(claim, actor)
    found = []
    for line in claim.lines:
        course = next((one for one in (plan.courses if plan else ()) if one.course_code == line.course_code), None)
        findings = [dict(one) for one in (line.findings or decided.get(line.decision_id) or ())]
        sources, numbers = sources_told(findings, language)
        own = [records[one] for one in line.record_ids if one in records]
        found.append(
            Line(
                said=line,
                course="" if course is None else course.name,
                course_credits="" if course is None else format_credits(course.credits),
                category="" if course is None else course.category,
                records=[used_record(one, language) for one in own],
                gone=len(line.record_ids) - len(own),
                findings=[finding_told(one, numbers, language) for one in findings],
                sources=sources,
                lacking=[
                    _lacking(one.fact, one.zh if language == "zh" else one.en, one.hand, language,
                             mine=mine and step is not None and one.hand == step.hand)
                    for one in line.missing
                ],
                waits=line.state == "open" and step is not None and line.line_no in step.lines,
            )
        )  # fmt: skip
    return found


def used_record(record: ClaimedRecord, language: Language) -> Used:
    """A record as its line in the transcript says it, with its number: what a hand verifies by."""
    fields = fields_of(record.model_dump())
    return Used(
        record_id=str(record.record_id),
        name=name_of(record.kind, fields, language),
        kind=named("kind", record.kind, language),
        beside=beside(record.kind, fields, language),
        score=score_of(fields, language),
        on=day(record.occurred_on, language),
        institution=str(fields.get("institution") or ""),
        credits=record.credits,
    )


def _lacking(name: str, called: str, hand: str, language: Language, *, mine: bool) -> Lacking:
    type_ = FACTS[name].type
    options: list[tuple[str, str]] = []
    if type_.kind == "choice" and type_.choices is not None:
        options = [(word, zh if language == "zh" else en) for word, zh, en in type_.choices.words]
    return Lacking(name, called, hand, mine, type_.kind, options)


def value_typed(name: str, typed: str) -> str | bool | int:
    """What was typed for a fact as a payload says it: yes and no are no text, credits are hundredths.

    What cannot be read stays as it was typed, and is refused by whoever reads the payload.
    """
    type_ = FACTS[name].type if name in FACTS else None
    if type_ is not None and type_.unit == "credits":
        try:
            return parse_credits(typed)
        except AmountNotExact:
            return typed
    if type_ is not None and type_.kind == "truth" and typed in ("yes", "no"):
        return typed == "yes"
    if type_ is not None and type_.kind == "number" and type_.whole and typed.isascii() and typed.isdigit():
        return int(typed)
    return typed


async def or_none(read: Callable[[], Any]) -> Any:
    """What is read, or nothing where it is not there for the reader."""
    try:
        return await read()
    except NotFound:
        return None
