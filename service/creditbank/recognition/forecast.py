"""Forecasting: until when a record can still be claimed for a course, by the rules as they are today; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from creditbank.recognition.candidates import gates
from creditbank.recognition.gathered import AskedLine, Gathered
from creditbank.recognition.known import ClaimSaid
from creditbank.rules import Decided, Rulebook
from creditbank.rules.decide import clauses_of

LOOK_AHEAD = (1, 31, 92, 183, 366, 731, 1096, 1461, 1827, 2557, 3653)
"""Days from today on which a line is looked at again; between the last on which it holds and the first on which it does
not, the very day is found. A window that closes and opens again within one of these steps is not noticed."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """A line can be claimed up to a day, for the last time; then this clause refuses it."""

    last_day: date
    clause: str
    says_zh: str
    says_en: str


def lapse_of(gathered: Gathered, line: AskedLine, *, rulebook: Rulebook, on: date) -> Lapse | None:
    """When a line that can be claimed today will be refused for certain, caps apart; None within ten years.

    The calendar of terms and the equivalences are taken as they are today, versions of the rules as they are published.
    """
    holds, first_after = on, None
    for days in LOOK_AHEAD:
        day = on + timedelta(days=days)
        if _refuses(gathered, line, rulebook, day):
            first_after = day
            break
        holds = day
    if first_after is None:
        return None
    while (first_after - holds).days > 1:
        middle = holds + (first_after - holds) // 2
        if _refuses(gathered, line, rulebook, middle):
            first_after = middle
        else:
            holds = middle
    decided = _decided(gathered, line, rulebook, first_after)
    refusing = gates(decided)[0][0]
    clause = next(clause for _, clause, name in clauses_of(decided.versions) if name == refusing)
    return Lapse(holds, refusing, clause.zh, clause.en)


def _refuses(gathered: Gathered, line: AskedLine, rulebook: Rulebook, day: date) -> bool:
    return bool(gates(_decided(gathered, line, rulebook, day))[0])


def _decided(gathered: Gathered, line: AskedLine, rulebook: Rulebook, day: date) -> Decided:
    return rulebook.decide("conversion", replace(gathered, claim=ClaimSaid(day)).facts(line), on=day)
