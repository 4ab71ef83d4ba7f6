"""Slowing down whoever guesses: attempts are counted per keyed subject, in transactions of their own."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Database
from creditbank.errors import TooManyRequests
from creditbank.sealing import Keyring, blind_index


@dataclass(frozen=True)
class Limit:
    """So many attempts that came to nothing within a window; one more, and the subject waits."""

    kind: str
    attempts: int
    window: timedelta
    wait: timedelta


SIGN_IN_NAME = Limit("sign-in-name", attempts=10, window=timedelta(minutes=15), wait=timedelta(minutes=5))
# A school signs in from one address: many people, few failures each.
SIGN_IN_ADDRESS = Limit("sign-in-address", attempts=100, window=timedelta(minutes=15), wait=timedelta(minutes=5))

Attempt = tuple[Limit, str]

FORGOTTEN_AFTER = timedelta(days=1)

_TAKE = text(
    """
    INSERT INTO throttle AS t (subject, failures, since_at, blocked_until) VALUES (:subject, 1, :at, NULL)
    ON CONFLICT (subject) DO UPDATE SET
        failures = CASE WHEN t.blocked_until > :at THEN t.failures
                        WHEN t.blocked_until <= :at OR t.since_at <= :window_began THEN 1
                        ELSE t.failures + 1 END,
        since_at = CASE WHEN t.blocked_until <= :at OR t.since_at <= :window_began THEN :at ELSE t.since_at END,
        blocked_until = CASE WHEN t.blocked_until > :at THEN t.blocked_until
                             WHEN t.blocked_until <= :at OR t.since_at <= :window_began THEN NULL
                             WHEN t.failures >= :attempts THEN :wait_until END
    RETURNING blocked_until
    """
)
_GIVE_BACK = text("UPDATE throttle SET failures = greatest(failures - 1, 0) WHERE subject = :subject")
_CLEAR = text("DELETE FROM throttle WHERE subject = :subject")
_FORGET = text("DELETE FROM throttle WHERE since_at < :before AND (blocked_until IS NULL OR blocked_until < :before)")


async def take(database: Database, keyring: Keyring, *, attempts: Sequence[Attempt], at: datetime) -> None:
    """Count an attempt against each subject, before it is known whether it is right, and commit that.

    Counting first is what makes the limit hold for a hundred guesses at once; whoever was right takes theirs back.
    Raises TooManyRequests, without counting further, once a subject waits; waiting is not prolonged by trying.
    """
    for limit, subject in attempts:
        values = {
            "subject": _subject(keyring, limit, subject),
            "at": at,
            "window_began": at - limit.window,
            "attempts": limit.attempts,
            "wait_until": at + limit.wait,
        }

        async def count(session: AsyncSession, values: dict[str, object] = values) -> datetime | None:
            connection = await session.connection()
            found: datetime | None = (await connection.execute(_TAKE, values)).scalar_one()
            return found

        blocked_until = await database.write(count)
        if blocked_until is not None and blocked_until > at:
            raise TooManyRequests(seconds=max(1, math.ceil((blocked_until - at).total_seconds())))


async def give_back(session: AsyncSession, keyring: Keyring, *, attempts: Sequence[Attempt]) -> None:
    """Uncount an attempt that was right, or was never judged."""
    connection = await session.connection()
    for limit, subject in attempts:
        await connection.execute(_GIVE_BACK, {"subject": _subject(keyring, limit, subject)})


async def clear(session: AsyncSession, keyring: Keyring, *, attempts: Sequence[Attempt]) -> None:
    """Forget every attempt against a subject that has shown who it is."""
    connection = await session.connection()
    for limit, subject in attempts:
        await connection.execute(_CLEAR, {"subject": _subject(keyring, limit, subject)})


async def forget_old(session: AsyncSession, *, at: datetime) -> None:
    """Housekeeping: counts of yesterday say nothing any more."""
    await (await session.connection()).execute(_FORGET, {"before": at - FORGOTTEN_AFTER})


def network_of(address: str) -> str:
    """What an address is counted by: itself, or the /64 of an IPv6 address, which one caller can roam at will."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _subject(keyring: Keyring, limit: Limit, subject: str) -> bytes:
    return blind_index(keyring, f"throttle:{limit.kind}", subject)


def address_of(request: Request) -> str:
    """Where a request comes from: the server puts a trusted proxy's word here, and nobody else's."""
    return request.client.host if request.client else "unknown"
