"""What follows when statements about members, or what happened to them, change: in the transaction of the change.

Rounds stand on statements and know of them; statements know nothing of rounds. What is registered here runs after the
statements are written, with the learners still locked; if it fails, nothing of them was written.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any
from uuid import UUID

from creditbank.db import Transaction
from creditbank.records.acts import Tools

Consequence = Callable[..., Awaitable[Any]]
"""Called with the session, the learners, and the tools, and with `because`: a word for what happened."""

_registered: list[Consequence] = []


def register(consequence: Consequence) -> None:
    """From now on do this after every such change in this process; once, however often it is registered."""
    if consequence not in _registered:
        _registered.append(consequence)


def forget(consequence: Consequence) -> None:
    """Do it no more."""
    _registered.remove(consequence)


async def follow(
    session: Transaction, cohort_id: UUID, learners: Collection[UUID], *, tools: Tools, because: str = "member_changed"
) -> None:
    """Do everything that follows for these learners of a cohort, who are locked."""
    if not learners:
        return
    for consequence in _registered:
        await consequence(session, learners, tools, because=because)
