"""What follows when records change: functions of parts above, called in the same transaction as the change itself.

A correction, a withdrawal, a reassignment, a merge or a parting may take away what something else stands on. Whoever
builds on records registers here what is to be done then; `records` knows nothing of them. The function runs after the
act is written and with the learners still locked, so it sees the records as they are now; if it fails, nothing of the
act was done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from creditbank.db import Transaction
from creditbank.records.acts import Tools
from creditbank.records.write import Act


@dataclass(frozen=True, slots=True)
class Changed:
    """What one act changed for one person, whose accounts are all locked."""

    family: tuple[UUID, ...]
    records: Mapping[UUID, str]
    """By record what happened to it: corrected, withdrawn, reassigned_away, reassigned_here, redecided, merged, parted.

    A record that came new is not here: nothing stands on it yet (see `arrived`). Merged or parted are all records of
    all accounts that were joined or divided, wherever they lie: what used both has to be looked at from either side.
    """
    change_id: UUID
    """Of the act that changed them; what follows is a change of its own, numbered after it."""
    joined: tuple[tuple[UUID, ...], ...] = ()
    """Of a merge the accounts that were one person's each until now, side by side."""
    one_since: datetime | None = None
    """Of a parting since when they had been taken for one person."""


Consequence = Callable[[Transaction, Sequence[Changed], Tools], Awaitable[None]]

Arrival = Callable[[Transaction, Mapping[UUID, date], Tools], Awaitable[None]]
"""Called with the accounts that got new records, and the earliest day of which one of these says."""

_registered: list[Consequence] = []
_on_arrival: list[Arrival] = []


def register(consequence: Consequence) -> None:
    """From now on do this after every change in this process; once, however often it is registered."""
    if consequence not in _registered:
        _registered.append(consequence)


def forget(consequence: Consequence) -> None:
    """Do it no more."""
    _registered.remove(consequence)


async def follow(session: Transaction, act: Act, tools: Tools) -> None:
    """Do everything that follows from an act that was written. Nothing else may be posted from the act's book after."""
    if not _registered or not act.changed:
        return
    by_family: dict[tuple[UUID, ...], dict[UUID, str]] = defaultdict(dict)
    for learner_id, records in act.changed.items():
        by_family[act.families[learner_id]] |= records
    changed = [
        Changed(family, by_family[family], act.decisions.change_id, act.joined, act.one_since)
        for family in sorted(by_family)
    ]
    for consequence in _registered:
        await consequence(session, changed, tools)


def register_arrival(consequence: Arrival) -> None:
    """From now on do this after every act in this process by which somebody got a new record; once.

    For what was decided of somebody by everything that is known of them: a fact that was missing may have come.
    """
    if consequence not in _on_arrival:
        _on_arrival.append(consequence)


async def arrived(session: Transaction, act: Act, tools: Tools) -> None:
    """Do everything that follows from new records, once all else that follows from them is written."""
    for consequence in _on_arrival if act.arrived else ():
        await consequence(session, act.arrived, tools)
