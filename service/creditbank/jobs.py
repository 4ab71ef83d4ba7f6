"""Background work: leased jobs in a table, each repeatable after a kill."""

from __future__ import annotations

import asyncio
import random
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, LiteralString, TypeAlias, TypeVar
from uuid import UUID

import structlog
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from sqlalchemy import Index, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import Database, Transaction, as_json, driver, instant
from creditbank.identifiers import new_id

LEASE = timedelta(seconds=60)
"""How long a worker that falls silent keeps a job from the others; a living one renews it three times in that time."""
MOST_ATTEMPTS = 8
"""After so many attempts, a lost lease counting as one, a job is dead and waits for a person."""
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)

log = structlog.get_logger(__name__)


class Job(SQLModel, table=True):
    """Work to be done after the transaction that asked for it has been committed."""

    __table_args__ = (
        Index("ix_job_run_at", "run_at", postgresql_where=text("finished_at IS NULL AND dead_at IS NULL")),
        Index("uq_job_name", "name", unique=True, postgresql_where=text("finished_at IS NULL AND dead_at IS NULL")),
        {"info": {"family": "local", "personal": "none", "app_may": "delete"}},
    )

    job_id: UUID = Field(primary_key=True)
    kind: str
    name: str
    """What makes it the same job: asking twice before it ran is asking once."""
    about: dict[str, Any] = as_json()
    """Ids of what it is about, never personal data."""
    run_at: datetime = instant()
    again_at: datetime | None = instant(nullable=True)
    """When to run once more: it was asked for while it ran, and may have looked before that was committed."""
    attempts: int = 0
    leased_by: str | None = None
    leased_until: datetime | None = instant(nullable=True)
    last_error: str | None = None
    finished_at: datetime | None = instant(nullable=True)
    dead_at: datetime | None = instant(nullable=True)


# --- what is to be done, and how ------------------------------------------------------------------------------------


Thing = TypeVar("Thing")
Things: TypeAlias = Mapping[type, Any]
"""What a process has for its handlers besides the database, by its type: the keyring, the rules."""
NOTHING: Things = MappingProxyType({})


@dataclass(frozen=True)
class Work:
    """One attempt at a job: what its handler is given."""

    database: Database
    job_id: UUID
    kind: str
    name: str
    about: dict[str, Any]
    attempt: int
    """1 for the first; a lease that was lost with its worker counts."""
    now: datetime
    """When the attempt began."""
    things: Things = field(default_factory=dict)

    def its(self, kind: type[Thing]) -> Thing:
        """The process's own one of a kind, such as its keyring. Raises KeyError where it was given none."""
        found: Thing = self.things[kind]
        return found


Handler: TypeAlias = Callable[[Work], Awaitable[None]]

_handlers: dict[str, Handler] = {}
_periods: dict[str, timedelta] = {}
_lanes: dict[str, str] = {}
SHORT = "short"
"""The lane of what is done in moments."""


def handler(kind: str, *, every: timedelta | None = None, lane: str = SHORT) -> Callable[[Handler], Handler]:
    """Name the function that does the jobs of a kind; with `every` the workers ask for it themselves, again and again.

    What may take minutes has a lane of its own: what is done in moments never waits behind it.

    A handler may be killed at any point and is then run again from its beginning: it commits its work in steps, each
    of which a second run finds done. It raises to be tried again later.
    """

    def named(function: Handler) -> Handler:
        if kind in _handlers:
            raise ValueError(f"two handlers for jobs of kind {kind!r}")
        _handlers[kind] = function
        if every is not None:
            _periods[kind] = every
        _lanes[kind] = lane
        return function

    return named


async def ask(session: Transaction, *, kind: str, name: str, about: dict[str, Any], run_at: datetime) -> None:
    """Ask for a job in the transaction that makes it necessary; the same live name is one job, at the earlier time.

    Asking while the job is running makes it run once more afterwards, for it may have looked before this commit.
    """
    connection = await driver(session)
    await connection.execute(
        """
        INSERT INTO job (job_id, kind, name, about, run_at, attempts)
        VALUES (%(job_id)s, %(kind)s, %(name)s, %(about)s, %(run_at)s, 0)
        ON CONFLICT (name) WHERE finished_at IS NULL AND dead_at IS NULL
        DO UPDATE SET
            about = excluded.about,
            run_at = CASE WHEN job.leased_by IS NULL THEN least(job.run_at, excluded.run_at) ELSE job.run_at END,
            again_at = CASE WHEN job.leased_by IS NOT NULL THEN least(job.again_at, excluded.run_at) END
        """,
        {"job_id": new_id(), "kind": kind, "name": name, "about": Jsonb(about), "run_at": run_at},
    )


async def ask_for_periodic(session: AsyncSession, *, now: datetime) -> None:
    """See to it that every periodic job is live; one that already waits, or runs, stays as it is."""
    connection = await driver(session)
    for kind in sorted(_periods):
        await connection.execute(
            """
            INSERT INTO job (job_id, kind, name, about, run_at, attempts)
            VALUES (%(job_id)s, %(kind)s, %(kind)s, '{}', %(now)s, 0)
            ON CONFLICT (name) WHERE finished_at IS NULL AND dead_at IS NULL DO NOTHING
            """,
            {"job_id": new_id(), "kind": kind, "now": now},
        )


async def give_back_of_the_dead(session: AsyncSession, *, host: str, alive: Callable[[int], bool]) -> int:
    """Leases of workers of this host that were killed: others need not wait for them to run out. How many there were.

    Workers are named `host:pid`. Should one of them live after all, it finds its lease gone and stops that job.
    """
    connection = await driver(session)
    cursor = await connection.execute(
        "SELECT job_id, leased_by FROM job WHERE starts_with(leased_by, %s) FOR UPDATE SKIP LOCKED", [f"{host}:"]
    )
    dead = [job_id for job_id, holder in await cursor.fetchall() if not alive(_pid_of(holder, host))]
    await connection.execute("UPDATE job SET leased_by = NULL, leased_until = NULL WHERE job_id = ANY (%s)", [dead])
    return len(dead)


def _pid_of(holder: str, host: str) -> int:
    pid, _, _ = holder.removeprefix(f"{host}:").partition(" ")
    return int(pid) if pid.isdecimal() else 0


# --- one job --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Lease:
    job_id: UUID
    kind: str
    name: str
    about: dict[str, Any]
    attempts: int
    holder: str


async def run_due(
    database: Database,
    *,
    worker: str,
    now: datetime,
    limit: int,
    things: Things = NOTHING,
    lane: str | None = None,
) -> int:
    """Do at most `limit` of the jobs that are due at `now`, one after another; how many were tried.

    With a `lane` only those of that lane.

    Safe beside any number of others: a job is leased by one at a time, and a lease that nobody renews for LEASE is
    taken over. `worker` names the process in the table, for the person who looks at it.
    """
    began = asyncio.get_running_loop().time()
    for done in range(limit):
        at = now + timedelta(seconds=asyncio.get_running_loop().time() - began)
        lease = await _lease_one(database, worker=worker, now=at, lane=lane)
        if lease is None:
            return done
        await _attempt(database, lease, began_at=at, things=things)
    return limit


async def _lease_one(database: Database, *, worker: str, now: datetime, lane: str | None) -> _Lease | None:
    """The job that has waited longest, marked as ours; jobs whose attempts are used up are declared dead on the way.

    The attempt is counted before it is made, so that a job that kills its worker cannot do so for ever.
    """
    said = {
        "now": now,
        "until": now + LEASE,
        "holder": f"{worker} {new_id()}",
        "kinds": [kind for kind in _handlers if lane is None or _lanes[kind] == lane],
        "most": MOST_ATTEMPTS,
    }

    async def lease(session: AsyncSession) -> _Lease | None:
        connection = await driver(session)
        await connection.execute(
            """
            UPDATE job SET dead_at = %(now)s, leased_by = NULL, leased_until = NULL
            WHERE job_id IN (
                SELECT job_id FROM job
                WHERE finished_at IS NULL AND dead_at IS NULL AND attempts >= %(most)s
                  AND (leased_until IS NULL OR leased_until < %(now)s)
                FOR UPDATE SKIP LOCKED)
            """,
            said,
        )
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(
            """
            UPDATE job SET leased_by = %(holder)s, leased_until = %(until)s, attempts = attempts + 1
            WHERE job_id = (
                SELECT job_id FROM job
                WHERE finished_at IS NULL AND dead_at IS NULL AND run_at <= %(now)s
                  AND (leased_until IS NULL OR leased_until < %(now)s) AND kind = ANY(%(kinds)s)
                ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING job_id, kind, name, about, attempts, leased_by AS holder
            """,
            said,
        )
        row = await cursor.fetchone()
        return None if row is None else _Lease(**row)

    return await database.write(lease)


async def _attempt(database: Database, lease: _Lease, *, began_at: datetime, things: Things) -> None:
    """Run the handler under a lease that is kept alive, and write down how it ended."""
    began = asyncio.get_running_loop().time()

    def at() -> datetime:
        return began_at + timedelta(seconds=asyncio.get_running_loop().time() - began)

    work = Work(database, lease.job_id, lease.kind, lease.name, lease.about, lease.attempts, began_at, things)
    running = asyncio.ensure_future(_handlers[lease.kind](work))
    beating = asyncio.create_task(_beat(database, lease, at=at, running=running))
    try:
        await running
    except asyncio.CancelledError:
        this = asyncio.current_task()
        if this is not None and this.cancelling():
            running.cancel()
            await _give_back(database, lease)
            raise
        log.warning("job_lease_lost", job_id=str(lease.job_id), kind=lease.kind)
    except Exception as failure:
        await _failed(database, lease, failure, at=at())
    else:
        await _finished(database, lease, at=at())
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _beat(
    database: Database, lease: _Lease, *, at: Callable[[], datetime], running: asyncio.Future[None]
) -> None:
    """Renew the lease while the handler runs; stop the handler when another worker has taken the job over."""
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        try:
            kept = await _change(database, lease, "leased_until = %(until)s", until=at() + LEASE)
        except Exception as failure:
            log.warning("job_heartbeat_failed", job_id=str(lease.job_id), error=named(failure))
            continue
        if not kept:
            running.cancel()
            return


async def _finished(database: Database, lease: _Lease, *, at: datetime) -> None:
    """Done, unless it was asked for meanwhile; a periodic job is done until its next time."""
    period = _periods.get(lease.kind)
    await _change(
        database,
        lease,
        """
        finished_at = CASE WHEN least(again_at, %(next)s::timestamptz) IS NULL THEN %(at)s::timestamptz END,
        attempts = CASE WHEN least(again_at, %(next)s) IS NULL THEN attempts ELSE 0 END,
        run_at = coalesce(least(again_at, %(next)s), run_at),
        again_at = NULL, leased_by = NULL, leased_until = NULL, last_error = NULL
        """,
        next=at + period if period is not None and lease.name == lease.kind else None,
        at=at,
    )


async def _failed(database: Database, lease: _Lease, failure: Exception, *, at: datetime) -> None:
    """Later, or never: but a job that was asked for meanwhile begins anew."""
    error = named(failure)
    dead = lease.attempts >= MOST_ATTEMPTS
    log.error("job_failed", job_id=str(lease.job_id), kind=lease.kind, attempt=lease.attempts, dead=dead, error=error)
    await _change(
        database,
        lease,
        """
        last_error = %(error)s, run_at = greatest(again_at, %(run_at)s),
        dead_at = CASE WHEN again_at IS NULL THEN %(dead_at)s::timestamptz END,
        attempts = CASE WHEN again_at IS NULL THEN attempts ELSE 0 END,
        again_at = NULL, leased_by = NULL, leased_until = NULL
        """,
        error=error,
        dead_at=at if dead else None,
        run_at=at + wait_after(lease.attempts) * random.uniform(0.8, 1.2),  # noqa: S311
    )


async def _give_back(database: Database, lease: _Lease) -> None:
    """The worker stops: the job is as it was before, and any other may take it at once."""
    await asyncio.shield(
        _change(database, lease, "leased_by = NULL, leased_until = NULL, attempts = greatest(attempts - 1, 0)")
    )


async def _change(database: Database, lease: _Lease, what: LiteralString, **said: object) -> bool:
    """Change a job that is still ours; False when it no longer is."""

    async def change(session: AsyncSession) -> bool:
        connection = await driver(session)
        cursor = await connection.execute(
            "UPDATE job SET " + what + " WHERE job_id = %(job_id)s AND leased_by = %(holder)s",
            {**said, "job_id": lease.job_id, "holder": lease.holder},
        )
        return cursor.rowcount == 1

    return await database.write(change)


def wait_after(attempts: int) -> timedelta:
    """How long a job that failed `attempts` times waits: four times as long each time, up to an hour."""
    return min(FIRST_WAIT * int(4 ** (attempts - 1)), LONGEST_WAIT)


def named(failure: BaseException) -> str:
    """What failed and where, without its values: the text of a database error may hold personal data."""
    cause = failure.orig if isinstance(failure, DBAPIError) and failure.orig is not None else failure
    frames = traceback.extract_tb(failure.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    where = f" at {ours[-1].name}:{ours[-1].lineno}" if ours else ""
    state = getattr(cause, "sqlstate", None) or getattr(cause, "code", None)
    return f"{type(cause).__name__}{f' {state}' if isinstance(state, str) else ''}{where}"


async def made_progress(session: AsyncSession, *, work: Work) -> None:
    """A job that goes on from where it was stopped is not the one that failed: its attempts begin anew."""
    if work.attempt > 1:
        connection = await driver(session)
        await connection.execute("UPDATE job SET attempts = 1 WHERE job_id = %s AND attempts > 1", [work.job_id])


async def others_wait(database: Database, work: Work) -> bool:
    """Whether other jobs of this kind are due and nobody does them."""
    async with database.session() as session:
        connection = await driver(session)
        cursor = await connection.execute(
            """
            SELECT FROM job WHERE kind = %s AND job_id <> %s AND finished_at IS NULL AND dead_at IS NULL
              AND run_at <= %s AND leased_until IS NULL LIMIT 1
            """,
            [work.kind, work.job_id, clock.now()],
        )
        return await cursor.fetchone() is not None


async def revive(session: AsyncSession, *, job_id: UUID, run_at: datetime) -> bool:
    """Let a dead job be tried again from its first attempt; False when it is not dead or lives again under its name."""
    connection = await driver(session)
    cursor = await connection.execute(
        """
        UPDATE job SET dead_at = NULL, attempts = 0, run_at = %(run_at)s
        WHERE job_id = %(job_id)s AND dead_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM job live WHERE live.name = job.name AND live.finished_at IS NULL AND live.dead_at IS NULL)
        """,
        {"job_id": job_id, "run_at": run_at},
    )
    return cursor.rowcount == 1


@handler("forget finished jobs", every=timedelta(hours=6))
async def forget_finished(work: Work) -> None:
    """Finished jobs are kept for a week for who wants to look; dead ones until a person has seen to them."""

    async def forget(session: AsyncSession) -> None:
        connection = await driver(session)
        await connection.execute("DELETE FROM job WHERE finished_at < %s", [work.now - timedelta(days=7)])

    await work.database.write(forget)
