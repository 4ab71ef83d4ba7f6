"""Making an allocation: asked in a transaction that ends before the work begins, solved one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from creditbank import clock
from creditbank.db import Database
from creditbank.errors import TemporarilyUnavailable
from creditbank.identity.actor import Actor
from creditbank.recognition.allocation import allocation_of
from creditbank.recognition.allocation_asked import Asked, asked_of
from creditbank.recognition.allocation_schemas import AllocationIn, AllocationOut
from creditbank.recognition.allocation_told import tell
from creditbank.rules import Rulebook
from creditbank.sealing import Keyring

MOST_WAITING = 8

_SOLVER = ThreadPoolExecutor(1, thread_name_prefix="allocation")
"""One at a time: an allocation keeps a processor busy for about a second."""
_waiting = 0

Result = TypeVar("Result")


async def best_of(
    database: Database,
    actor: Actor,
    learner_id: UUID,
    said: AllocationIn,
    *,
    keyring: Keyring,
    rulebook: Rulebook,
    at: datetime,
) -> AllocationOut:
    """The best allocation of a learner's records for a plan; nothing of it is stored.

    Raises NotFound, LearnerErased, TooMuchToAllocate, TemporarilyUnavailable, and what `imagine` raises.
    """
    async with database.session() as session:
        asked = await asked_of(session, actor, learner_id, said, keyring=keyring, at=at)
    return await _solve(lambda: _answer(asked, said, rulebook, on=clock.today(at)))


def _answer(asked: Asked, said: AllocationIn, rulebook: Rulebook, *, on: date) -> AllocationOut:
    records = None
    if said.record_ids is not None:
        records = [*(str(record) for record in said.record_ids), *sorted(asked.imagined)]
    found = allocation_of(asked.gathered, rulebook=rulebook, on=on, objective=said.objective, records=records)
    return tell(found, asked.gathered, rulebook=rulebook, on=on, enrolled=asked.enrolled, imagined=asked.imagined)


async def _solve(work: Callable[[], Result]) -> Result:
    """In a thread of its own, after those that came before. Raises TemporarilyUnavailable when too many wait."""
    global _waiting  # noqa: PLW0603 - one queue in a process
    if _waiting >= MOST_WAITING:
        raise TemporarilyUnavailable(seconds=MOST_WAITING)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_SOLVER, work)
    finally:
        _waiting -= 1
