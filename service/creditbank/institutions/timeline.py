"""Pure: what holds from one day to another, and what publishing something from a day on does to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from creditbank.errors import BankError

Outcome = Literal["created", "unchanged", "changed", "corrected"]


class OverlapsALaterPeriod(BankError):
    """What is to hold until a day would still hold when something published already has begun."""

    status = 409
    code = "overlaps_later_period"
    zh = "有效期至 {until}，与自 {next} 起已公布的内容重叠。请将截止日改为不晚于 {next}，或先更正后者。"
    en = "Until {until} it would overlap what is published from {next} on. End it by {next}, or change that first."


@dataclass(frozen=True, slots=True)
class Period:
    """What held from a day until another; the last day is exclusive, and open where there is none."""

    valid_from: date
    valid_until: date | None
    content: Mapping[str, Any]

    def holds_on(self, day: date) -> bool:
        """Whether it held on a day."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


@dataclass(frozen=True, slots=True)
class Step:
    """What publishing does: which period to write anew, which to add, and which days then read otherwise."""

    outcome: Outcome
    rewritten: Period | None = None
    """A period that begins when it began, with another end or other content."""
    added: Period | None = None
    altered: tuple[date, date | None] | None = None
    """From and until when something else held before: what stands on those days stood on something else."""


def publish(periods: Sequence[Period], wanted: Period) -> Step:
    """Let something hold from a day on, over what is published already, without ever overlapping.

    The same again is unchanged, whatever came later. Something else begins on its day and ends the period it falls
    into; it lasts as long as that one would have, so the days after are as they were. On the very day on which a
    period began it is a correction of that period. An end that is not said is the end there is.
    Raises OverlapsALaterPeriod.
    """
    later = [period.valid_from for period in periods if period.valid_from > wanted.valid_from]
    following = min(later, default=None)
    if following is not None and wanted.valid_until is not None and wanted.valid_until > following:
        raise OverlapsALaterPeriod(until=wanted.valid_until, next=following, field="/valid_until")
    at = next((period for period in periods if period.holds_on(wanted.valid_from)), None)
    if at is None:
        added = replace(wanted, valid_until=wanted.valid_until or following)
        return Step("changed" if periods else "created", added=added)
    until = wanted.valid_until or at.valid_until
    if at.content == wanted.content:
        return _end(at, until)
    if at.valid_from == wanted.valid_from:
        rewritten = Period(at.valid_from, until, wanted.content)
        return Step("corrected", rewritten=rewritten, altered=(at.valid_from, at.valid_until))
    return Step(
        "changed",
        rewritten=replace(at, valid_until=wanted.valid_from),
        added=replace(wanted, valid_until=until),
        altered=(wanted.valid_from, at.valid_until),
    )


def _end(at: Period, until: date | None) -> Step:
    if until == at.valid_until:
        return Step("unchanged")
    lost = until if until is not None and (at.valid_until is None or until < at.valid_until) else None
    altered = (lost, at.valid_until) if lost is not None else None
    return Step("changed", rewritten=replace(at, valid_until=until), altered=altered)


def after(periods: Sequence[Period], step: Step) -> list[Period]:
    """The periods as a step leaves them, in order."""
    by_start = {period.valid_from: period for period in periods}
    for period in (step.rewritten, step.added):
        if period is not None:
            by_start[period.valid_from] = period
    return [by_start[start] for start in sorted(by_start)]
