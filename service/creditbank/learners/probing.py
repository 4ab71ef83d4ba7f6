"""Asking after people: how many of whom an institution has nothing to do with it may ask about in a day.

Reporting a record answers whether a name goes with a number, too: a row that does not match is held. Those are counted
with the call that was answered, and once they are too many nothing more is read that day.

Opening accounts answers whether a number with a name has an account here, so a list of numbers could be tried. Rows are
counted before they are judged, in a transaction of their own, and those that were no probe are given back.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import Database, Transaction, driver
from creditbank.errors import TooManyRequests
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor
from creditbank.sealing import Keyring, blind_index

PROBES = 20_000
"""Rows about strangers' learners in a window, of one institution: more than any year's intake of a college."""
WINDOW = timedelta(days=1)
WAIT = timedelta(hours=1)
MISMATCHES = 2_000
"""Rows held for their identity in a window, of one institution: a college's worst day of bad data has fewer."""

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

_COUNT_MISMATCHES = """
INSERT INTO throttle AS t (subject, failures, since_at, blocked_until)
VALUES (%(subject)s, %(mismatches)s, %(at)s, NULL)
ON CONFLICT (subject) DO UPDATE SET
    failures = CASE WHEN t.since_at <= %(began)s THEN %(mismatches)s ELSE t.failures + %(mismatches)s END,
    since_at = CASE WHEN t.since_at <= %(began)s THEN %(at)s ELSE t.since_at END
"""
_TOO_MANY = (
    "SELECT since_at FROM throttle WHERE subject = %(subject)s AND failures >= %(most)s AND since_at > %(began)s"
)


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


async def must_not_be_probing(session: Transaction, actor: Actor, *, at: datetime, keyring: Keyring) -> None:
    """Refuse an institution that had too many rows held for identity in a day: no more are held, none is answered.

    Raises TooManyRequests until a day after the first of them. Officers are nobody's institution and never wait.
    """
    if actor.institution_id is None:
        return
    subject = _subject(keyring, actor.institution_id, "record-probe")
    said = {"subject": subject, "most": MISMATCHES, "began": at - WINDOW}
    found = await (await (await driver(session)).execute(_TOO_MANY, said)).fetchone()
    if found is not None:
        raise TooManyRequests(seconds=max(1, math.ceil((found[0] + WINDOW - at).total_seconds())))


async def note_matches(
    session: Transaction, actor: Actor, *, rows: int, mismatches: int, at: datetime, keyring: Keyring
) -> None:
    """Count the rows of a call that were held for identity, and write the call down for the auditor: one entry.

    In the transaction that holds the rows and last in it, since calls of one institution wait here for one another.
    A call without mismatches costs no statement.
    """
    if not mismatches or actor.institution_id is None:
        return
    subject = _subject(keyring, actor.institution_id, "record-probe")
    said = {"subject": subject, "mismatches": mismatches, "at": at, "began": at - WINDOW}
    await (await driver(session)).execute(_COUNT_MISMATCHES, said)
    detail = {"rows": rows, "mismatches": mismatches}
    await note(session, actor=actor, act="record_identities_differ", purpose="reporting", at=at, detail=detail)


def _subject(keyring: Keyring, institution_id: UUID, kind: str = "account-probe") -> bytes:
    return blind_index(keyring, f"throttle:{kind}", str(institution_id))
