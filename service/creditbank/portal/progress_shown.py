"""Progress in a plan as a page reads it: a picture of bars that PostgreSQL's numbers fill, and the same as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from creditbank.credits import format_credits
from creditbank.errors import Language
from creditbank.portal.words import named, speaker
from creditbank.portal.writing import day
from creditbank.recognition.progress import CategoryProgress, PlanProgress

WIDE = 320
"""Of the picture, in units of about a pixel on a phone."""
ROW, BAR, FIRST = 44, 12, 4
_BAR_BELOW = 22


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: how far it goes on its own achievements, how far with conversions, and where it is full."""

    name: str
    says: str
    y: int
    bar_y: int
    own: float
    converted: float
    full: float | None
    """Where what is planned ends, in a bar that goes beyond it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: the same numbers."""

    name: str
    planned: str
    earned: str
    converted: str
    left: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One enrolment with its plan."""

    institution: str
    programme: str
    beside: str
    plan_id: str | None
    scheme: str
    earned: str
    planned: str
    left: str
    done: bool
    verdict: str
    """What the rules say of the credits to graduate."""
    has_converted: bool
    height: int
    bars: Sequence[Bar]
    lines: Sequence[Line]


def plans_shown(plans: Sequence[PlanProgress], language: Language) -> list[Plan]:
    """Every enrolment, those without a published plan in words only."""
    return [_plan(each, language) for each in plans]


def _plan(of: PlanProgress, language: Language) -> Plan:
    say = speaker(language)
    beside = [
        named("level", of.level, language),
        say("entry_year", n=of.year_of_entry) if of.year_of_entry else "",
        named("event", of.status, language) if of.status not in ("entered", "resumed") else "",
        say("home_until", day=day(of.ended_on, language)) if of.ended_on is not None else "",
    ]
    planned, earned, converted = of.planned or 0, of.earned or 0, of.converted or 0
    whole = CategoryProgress.model_construct(category=None, planned=planned, earned=earned, converted=converted)
    counted = [each for each in of.categories if each.planned or each.earned]
    drawn = [(say("home_whole_plan"), whole)] + [(_called(each, language), each) for each in counted if each.planned]
    return Plan(
        institution=of.institution or "",
        programme=of.programme or "",
        beside=" · ".join(filter(None, beside)),
        plan_id=None if of.plan_id is None else str(of.plan_id),
        scheme=named("scheme", of.scheme, language),
        earned=format_credits(earned),
        planned=format_credits(planned),
        left=format_credits(max(0, planned - earned)),
        done=of.verdict == "granted",
        verdict="" if of.verdict is None else say(f"home_verdict_{of.verdict}"),
        has_converted=converted > 0,
        height=FIRST + ROW * len(drawn),
        bars=[_bar(name, each, place) for place, (name, each) in enumerate(drawn)],
        lines=[_line(name, each) for name, each in [*((_called(each, language), each) for each in counted)]],
    )


def _called(of: CategoryProgress, language: Language) -> str:
    return of.category if of.category is not None else speaker(language)("home_outside_plan")


def _bar(name: str, of: CategoryProgress, place: int) -> Bar:
    planned, earned = of.planned or 0, of.earned
    whole = max(planned, earned, 1)
    own, y = (earned - of.converted) * WIDE / whole, FIRST + ROW * place
    return Bar(
        name=name,
        says=f"{format_credits(earned)} / {format_credits(planned)}",
        y=y + 14,
        bar_y=y + _BAR_BELOW,
        own=round(own, 1),
        converted=round(of.converted * WIDE / whole, 1),
        full=round(planned * WIDE / whole, 1) if earned > planned else None,
    )


def _line(name: str, of: CategoryProgress) -> Line:
    planned = of.planned
    return Line(
        name=name,
        planned="—" if planned is None else format_credits(planned),
        earned=format_credits(of.earned),
        converted=format_credits(of.converted) if of.converted else "",
        left="—" if planned is None else format_credits(max(0, planned - of.earned)),
    )
