"""Pure: what a record is worth by itself. A better attempt, a higher level or another report that came since takes its
credits as a deposit, and nothing of what was converted on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from uuid import UUID

from creditbank.recognition.gathered import Gathered
from creditbank.recognition.known import Facts, Held
from creditbank.rules import Rulebook


def by_itself(gathered: Gathered, records: Iterable[UUID | str], *, rulebook: Rulebook, on: date) -> Gathered:
    """The same with some records worth what they would be with nothing beside them, where that is more."""
    held = dict(gathered.held)
    for record in map(str, records):
        one = held.get(record)
        worth = None if one is None else _alone(one, rulebook, on)
        if one is not None and worth is not None and worth > one.credits:
            held[record] = _worth(one, worth)
    return replace(gathered, held=held)


def _alone(one: Held, rulebook: Rulebook, on: date) -> int | None:
    """The credits of its deposit as if nothing else were the same; None where these are not known."""
    if one.deposited is None:
        return None
    facts = one.deposited()
    itself = {name: facts[name] for name in ("record", "certificate") if name in facts}
    decided = rulebook.decide("deposit", {**facts, "same": [{"id": one.id, "this": True, **itself}]}, on=on)
    return decided.outputs.get("credits") if decided.verdict == "granted" else None


def _worth(one: Held, credits: int) -> Held:
    def opened() -> Facts:
        facts = one.facts
        return {**facts, "record": {**facts["record"], "credits": credits}}

    return replace(one, credits=credits, opened=opened)
