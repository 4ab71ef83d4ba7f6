"""A worker: lanes in which due jobs are done, one after another in each, and what runs all the time beside."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias

import structlog

from creditbank import clock
from creditbank.db import Database
from creditbank.jobs import NOTHING, SHORT, Things, ask_for_periodic, named, run_due

Beside: TypeAlias = Callable[[Database, asyncio.Event], Awaitable[None]]
"""Something that runs all the time beside the jobs, until the event is set."""
LANES: Mapping[str, int] = {SHORT: 2, "reading": 1, "posting": 2, "publishing": 1}
"""How many jobs of a lane one process does at a time."""
IDLE_SECONDS = 0.3
"""How long a worker that found nothing waits before it looks again."""
GRACE_SECONDS = 10.0
"""How long a worker that is told to stop lets its jobs end by themselves; then it gives them back."""

log = structlog.get_logger(__name__)


async def work_forever(
    database: Database,
    *,
    worker: str,
    stop: asyncio.Event,
    beside: Sequence[Beside] = (),
    lanes: Mapping[str, int] = LANES,
    things: Things = NOTHING,
    now: Callable[[], datetime] = clock.now,
) -> None:
    """Do what is due until `stop` is set: so many jobs of each lane at a time, and what runs `beside` all the time.

    A database that does not answer is waited for. When told to stop, jobs have GRACE_SECONDS to end by themselves;
    what has not ended is given back and run again by the next worker.
    """
    jobs_of = partial(_lane, database, worker=worker, stop=stop, things=things, now=now)
    steady = [partial(jobs_of, lane=lane) for lane, places in lanes.items() for _ in range(places)]
    tasks = [asyncio.create_task(_patiently(stop, run)) for run in steady]
    tasks += [asyncio.create_task(_patiently(stop, partial(run, database, stop))) for run in beside]
    try:
        await stop.wait()
        await asyncio.wait(tasks, timeout=GRACE_SECONDS)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _lane(
    database: Database, *, worker: str, stop: asyncio.Event, things: Things, now: Callable[[], datetime], lane: str
) -> None:
    seen_to_at: datetime | None = None
    while not stop.is_set():
        at = now()
        if seen_to_at is None or at - seen_to_at > timedelta(minutes=1):
            await database.write(partial(ask_for_periodic, now=at))
            seen_to_at = at
        if await run_due(database, worker=worker, now=at, limit=1, things=things, lane=lane) == 0:
            await sleep_unless(stop, IDLE_SECONDS)


async def _patiently(stop: asyncio.Event, run: Callable[[], Awaitable[None]]) -> None:
    """Start something again whenever it fails, ever more slowly, until it is told to stop."""
    failures = 0
    while not stop.is_set():
        began = asyncio.get_running_loop().time()
        try:
            await run()
        except Exception as failure:
            failures = 1 if asyncio.get_running_loop().time() - began > 60 else failures + 1
            log.warning("background_work_failed", error=named(failure), failures=failures)
            await sleep_unless(stop, min(0.5 * 2**failures, 15))
        else:
            failures = 0


async def sleep_unless(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not when there is no reason to go on."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
