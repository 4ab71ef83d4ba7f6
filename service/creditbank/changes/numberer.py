"""The numberer: gives committed changes dense numbers, one at a time, so that a saved number loses nothing.

Time stamps and identifiers do not follow the order of commits: a change whose transaction was slow appears behind
readers that have already gone on. A number is therefore given only to what has been committed, by one numberer at a
time, and readers, `known_at` and the seal stand on the number.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Database, Transaction, driver
from creditbank.working import sleep_unless

ONE_NUMBERER = 4_207_001
"""The advisory lock that a numberer holds to the end of its transaction."""
BATCH = 5_000
POLL_SECONDS = 0.2

_NUMBER = """
WITH last AS (
    SELECT number, numbered_at FROM feed_item ORDER BY number DESC LIMIT 1
), chosen AS (
    SELECT DISTINCT change_id FROM (SELECT change_id FROM outbox ORDER BY arrival LIMIT %(batch)s) first_arrived
), taken AS (
    DELETE FROM outbox USING chosen WHERE outbox.change_id = chosen.change_id RETURNING outbox.*
), in_order AS (
    SELECT taken.*, min(arrival) OVER (PARTITION BY change_id) AS change_arrival FROM taken
)
INSERT INTO feed_item
    (number, numbered_at, change_id, learner_id, institution_id, record_id, version, claim_id, act, summary)
SELECT
    coalesce((SELECT number FROM last), 0) + row_number() OVER (ORDER BY change_arrival, item),
    greatest(%(now)s, (SELECT numbered_at FROM last) + interval '1 microsecond'),
    change_id, learner_id, institution_id, record_id, version, claim_id, act, summary
FROM in_order
"""


async def number_waiting(session: AsyncSession, *, now: datetime, batch: int = BATCH) -> int | None:
    """Number about `batch` of the changes that wait, whole changes only; how many items, or None if another is at it.

    Items of one change get consecutive numbers. Changes come in the order in which they arrived: when one had to wait
    for another's lock it arrived later, so versions of a record never change places, whatever the clocks of the
    processes say. Every batch is numbered strictly after the one before, even when the clock stands or goes back:
    what was known at an instant never grows afterwards.
    """
    connection = await driver(session)
    held = await (await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_NUMBERER])).fetchone()
    if held is None or not held[0]:
        return None
    # A second statement, so that it sees what the numberer before this one has committed.
    return (await connection.execute(_NUMBER, {"batch": batch, "now": now})).rowcount


async def number_all(database: Database, *, now: datetime, batch: int = BATCH) -> int:
    """Number everything that is committed, in batches; how many items, fewer if another numberer is at it."""
    total = 0
    while numbered := await database.write(partial(number_waiting, now=now, batch=batch)):
        total += numbered
    return total


async def number_forever(database: Database, stop: asyncio.Event) -> None:
    """Number what is committed, five times a second, until told to stop; any number of processes may do this."""
    while not stop.is_set():
        await number_all(database, now=clock.now())
        await sleep_unless(stop, POLL_SECONDS)


class LastNumber(NamedTuple):
    """How far the numbers went at an instant."""

    number: int
    """The greatest number that was given by then; 0 before the first."""
    known_at: datetime | None
    """The instant that the answer stands for: the asked one, or the last numbered one if that is earlier.

    None while nothing has been numbered at all.
    """


async def last_number_at(session: Transaction, instant: datetime) -> LastNumber:
    """What had been numbered at an instant, for `known_at`.

    An instant beyond the last numbered one is answered as of the last, and says so in `known_at`: a change committed
    before it may still be waiting for its number, and asking again must give the same answer.
    """
    connection = await driver(session)
    cursor = await connection.execute(
        """
        SELECT
            (SELECT number FROM feed_item WHERE numbered_at <= %(instant)s
             ORDER BY numbered_at DESC, number DESC LIMIT 1),
            (SELECT numbered_at FROM feed_item ORDER BY number DESC LIMIT 1)
        """,
        {"instant": instant},
    )
    row = await cursor.fetchone()
    number, last = row if row is not None else (None, None)
    return LastNumber(number or 0, None if last is None else min(instant, last))
