"""Asking after people: how many of whom an institution has nothing to do with it may ask about in a day.

Opening accounts answers whether a number with a name has an account here, so a list of numbers could be tried. Rows are
counted before they are judged, in a transaction of their own, and those that were no probe are given back.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Database, driver
from creditbank.errors import TooManyRequests
from creditbank.sealing import Keyring, blind_index

PROBES = 20_000
"""Rows about strangers' learners in a window, of one institution: more than any year's intake of a college."""
WINDOW = timedelta(days=1)
WAIT = timedelta(hours=1)

_TAKE = """
INSERT INTO throttle AS t (subject, failures, since_at, blocked_until) VALUES (%(subject)s, %(rows)s, %(at)s, NULL)
ON CONFLICT (subject) DO UPDATE SET
    failures = CASE WHEN t.blocked_until > %(at)s THEN t.failures
                    WHEN t.blocked_until <= %(at)s OR t.since_at <= %(began)s THEN %(rows)s
                    ELSE t.failures + %(rows)s END,
    since_at = CASE WHEN t.blocked_until <= %(at)s OR t.since_at <= %(began)s THEN %(at)s ELSE t.since_at END,
    blocked_until = CASE WHEN t.blocked_until > %(at)s THEN t.blocked_until
                         WHEN t.blocked_until <= %(at)s OR t.since_at <= %(began)s THEN NULL
                         WHEN t.failures + %(rows)s > %(most)s THEN %(until)s END
RETURNING blocked_until
"""
_GIVE_BACK = "UPDATE throttle SET failures = greatest(failures - %(rows)s, 0) WHERE subject = %(subject)s"


async def take(database: Database, keyring: Keyring, *, institution_id: UUID, rows: int, at: datetime) -> None:
    """Count rows against an institution before they are looked up. Raises TooManyRequests once it waits."""
    said = {
        "subject": _subject(keyring, institution_id),
        "rows": rows,
        "at": at,
        "began": at - WINDOW,
        "most": PROBES,
        "until": at + WAIT,
    }

    async def count(session: AsyncSession) -> datetime | None:
        found = await (await (await driver(session)).execute(_TAKE, said)).fetchone()
        assert found is not None
        blocked: datetime | None = found[0]
        return blocked

    blocked_until = await database.write(count)
    if blocked_until is not None and blocked_until > at:
        raise TooManyRequests(seconds=max(1, math.ceil((blocked_until - at).total_seconds())))


async def give_back(session: AsyncSession, keyring: Keyring, *, institution_id: UUID, rows: int) -> None:
    """Uncount rows about people whom the institution opened an account for, or knew already."""
    if rows:
        said = {"subject": _subject(keyring, institution_id), "rows": rows}
        await (await driver(session)).execute(_GIVE_BACK, said)


def _subject(keyring: Keyring, institution_id: UUID) -> bytes:
    return blind_index(keyring, "throttle:account-probe", str(institution_id))
