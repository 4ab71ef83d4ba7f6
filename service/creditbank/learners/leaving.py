"""What follows when a person's accounts are closed or erased: functions of parts above, in the same transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

from creditbank.db import Transaction

Left = Literal["account_closed", "erased"]

Following = Callable[[Transaction, Collection[UUID], Left, datetime], Awaitable[None]]
"""Called with all accounts of the person, which are locked, what happened to them, and when."""

_registered: list[Following] = []


def register(following: Following) -> None:
    """From now on do this whenever a person's accounts are closed or erased in this process; once."""
    if following not in _registered:
        _registered.append(following)


async def follow(session: Transaction, family: Collection[UUID], what: Left, *, at: datetime) -> None:
    """Do everything that follows; if any of it fails, nothing of the act was done."""
    for following in _registered:
        await following(session, family, what, at)
