"""Background work: asked for once, done once, repeated after a kill, given up in the end and never lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest

from creditbank import jobs, working
from creditbank.db import Database, driver
from creditbank.jobs import Work, ask, ask_for_periodic, handler, revive, run_due
from creditbank.working import work_forever

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
async def database(addresses: Any) -> AsyncIterator[Database]:
    database = Database(addresses.app, connections=8)
    yield database
    await database.close()


@pytest.fixture(autouse=True)
def no_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_handlers", {})
    monkeypatch.setattr(jobs, "_periods", {})
    monkeypatch.setattr(jobs, "_lanes", {})


@pytest.fixture
def done() -> list[Work]:
    done: list[Work] = []

    @handler("note")
    async def note(work: Work) -> None:
        done.append(work)

    return done


async def want(database: Database, name: str = "a", *, kind: str = "note", at: datetime = NOON, **about: Any) -> None:
    await database.write(lambda session: ask(session, kind=kind, name=name, about=about, run_at=at))


async def rows(database: Database, query: Any, *said: Any) -> list[Any]:
    async with database.session() as session:
        return await (await (await driver(session)).execute(query, said)).fetchall()


async def test_a_job_is_done_once_and_not_before_its_time(database: Database, done: list[Work]) -> None:
    await want(database, number=7)
    assert await run_due(database, worker="w", now=NOON - timedelta(seconds=5), limit=5) == 0
    assert await run_due(database, worker="w", now=NOON, limit=5) == 1
    assert await run_due(database, worker="w", now=NOON + timedelta(days=1), limit=5) == 0
    assert [(work.about, work.attempt) for work in done] == [({"number": 7}, 1)]


async def test_a_job_whose_request_is_rolled_back_is_not_done(database: Database, done: list[Work]) -> None:
    async def ask_and_fail(session: Any) -> None:
        await ask(session, kind="note", name="a", about={}, run_at=NOON)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.write(ask_and_fail)
    assert await run_due(database, worker="w", now=NOON, limit=1) == 0


async def test_asking_twice_before_it_ran_is_asking_once_at_the_earlier_time(
    database: Database, done: list[Work]
) -> None:
    await want(database, at=NOON + timedelta(hours=1))
    await want(database, at=NOON)
    await want(database, at=NOON + timedelta(hours=2))
    assert await run_due(database, worker="w", now=NOON, limit=5) == 1
    await want(database, at=NOON)
    assert await run_due(database, worker="w", now=NOON, limit=5) == 1, "a job that has been done can be asked for anew"


async def test_a_job_asked_for_while_it_runs_runs_once_more(database: Database) -> None:
    seen: list[Any] = []

    @handler("look")
    async def look(work: Work) -> None:
        seen.append(work.about)
        if len(seen) == 1:
            await want(database, kind="look", at=NOON + timedelta(minutes=2), late=True)
            await want(database, kind="look", at=NOON + timedelta(minutes=1), late=True)

    await want(database, kind="look", late=False)
    assert await run_due(database, worker="w", now=NOON, limit=5) == 1
    assert await run_due(database, worker="w", now=NOON + timedelta(seconds=59), limit=5) == 0
    assert await run_due(database, worker="w", now=NOON + timedelta(seconds=60), limit=5) == 1
    assert seen == [{"late": False}, {"late": True}]
    assert await rows(database, "SELECT count(*) FROM job WHERE finished_at IS NULL") == [(0,)]


async def test_the_job_that_waits_longest_comes_first(database: Database, done: list[Work]) -> None:
    for hours, name in ((1, "late"), (3, "early"), (2, "between")):
        await want(database, name, at=NOON - timedelta(hours=hours))
    await run_due(database, worker="w", now=NOON, limit=3)
    assert [work.name for work in done] == ["early", "between", "late"]


async def test_a_failing_job_waits_longer_each_time_and_is_dead_in_the_end(database: Database) -> None:
    tried: list[datetime] = []

    @handler("fail")
    async def fail(work: Work) -> None:
        tried.append(work.now)
        raise ValueError("张三 130302199001011233")

    await want(database, kind="fail")
    at = NOON
    for _ in range(jobs.MOST_ATTEMPTS):
        assert await run_due(database, worker="w", now=at, limit=2) == 1
        ((at, error, dead_at),) = await rows(database, "SELECT run_at, last_error, dead_at FROM job")
        assert error.startswith("ValueError at fail:")
        assert "张三" not in error
        assert "1303" not in error
    waits = [later - earlier for earlier, later in pairwise(tried)]
    assert timedelta(seconds=4) <= waits[0] <= timedelta(seconds=7)
    assert timedelta(minutes=48) <= waits[-1] <= timedelta(minutes=73)
    assert dead_at is not None
    assert await run_due(database, worker="w", now=at + timedelta(days=9), limit=1) == 0


async def test_a_dead_job_is_kept_and_can_be_revived_unless_it_lives_again(database: Database) -> None:
    @handler("fail")
    async def fail(work: Work) -> None:
        raise ValueError

    await want(database, kind="fail")
    for step in range(jobs.MOST_ATTEMPTS):
        await run_due(database, worker="w", now=NOON + timedelta(days=step), limit=1)
    ((job_id,),) = await rows(database, "SELECT job_id FROM job WHERE dead_at IS NOT NULL")
    await want(database, kind="fail")
    later = NOON + timedelta(days=30)
    assert not await database.write(lambda session: revive(session, job_id=job_id, run_at=later))
    await rows(database, "DELETE FROM job WHERE dead_at IS NULL RETURNING 1")
    assert await database.write(lambda session: revive(session, job_id=job_id, run_at=later))
    assert await run_due(database, worker="w", now=later, limit=9) == 1


async def test_a_job_asked_for_during_its_last_attempt_begins_anew(database: Database) -> None:
    attempts: list[int] = []

    @handler("fail")
    async def fail(work: Work) -> None:
        attempts.append(work.attempt)
        if work.attempt == jobs.MOST_ATTEMPTS:
            await want(database, kind="fail", at=work.now)
        raise ValueError

    await want(database, kind="fail")
    for step in range(jobs.MOST_ATTEMPTS + 1):
        await run_due(database, worker="w", now=NOON + timedelta(days=step), limit=1)
    assert attempts == [*range(1, jobs.MOST_ATTEMPTS + 1), 1]


async def test_a_job_of_a_kind_this_worker_does_not_know_waits_for_one_that_does(database: Database) -> None:
    await want(database, kind="of a later version")
    assert await run_due(database, worker="w", now=NOON, limit=1) == 0
    assert await rows(database, "SELECT attempts, dead_at FROM job") == [(0, None)]


async def test_workers_beside_each_other_do_every_job_once(database: Database, done: list[Work]) -> None:
    for number in range(40):
        await want(database, f"job {number}")
    counts = await asyncio.gather(*(run_due(database, worker=f"w{n}", now=NOON, limit=40) for n in range(4)))
    assert sum(counts) == 40
    assert len({work.name for work in done}) == len(done) == 40


async def test_a_long_job_keeps_its_lease_by_renewing_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=0.3))
    runs = 0

    @handler("long")
    async def long(work: Work) -> None:
        nonlocal runs
        runs += 1
        await asyncio.sleep(1.2)

    await want(database, kind="long")
    running = asyncio.create_task(run_due(database, worker="first", now=NOON, limit=1))
    for tenth in range(1, 11):
        await asyncio.sleep(0.1)
        assert await run_due(database, worker="second", now=NOON + timedelta(seconds=tenth / 10), limit=1) == 0
    assert await running == 1
    assert runs == 1


async def test_a_worker_whose_lease_was_taken_over_stops_and_does_not_end_the_others_job(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=0.3))
    ended: list[int] = []
    begun = asyncio.Event()

    @handler("long")
    async def long(work: Work) -> None:
        begun.set()
        await asyncio.sleep(5 if work.attempt == 1 else 0)
        ended.append(work.attempt)

    await want(database, kind="long")
    first = asyncio.create_task(run_due(database, worker="first", now=NOON, limit=1))
    await begun.wait()
    assert await run_due(database, worker="second", now=NOON + timedelta(minutes=1), limit=1) == 1
    await asyncio.wait_for(first, 3)
    assert ended == [2]
    assert await rows(database, "SELECT attempts, finished_at IS NOT NULL FROM job") == [(2, True)]


KILLED = """
import asyncio, sys
from datetime import datetime
from creditbank.db import Database
from creditbank import jobs
sys.path.insert(0, sys.argv[3])
from test_jobs import mark_in_steps

async def main():
    async def stay(step):
        if step == 3:
            print("half-way", flush=True)
            await asyncio.sleep(60)
    jobs.handler("steps")(mark_in_steps(stay))
    await jobs.run_due(Database(sys.argv[1], connections=4), worker="to be killed",
                       now=datetime.fromisoformat(sys.argv[2]), limit=1)
asyncio.run(main())
"""


def mark_in_steps(between: Callable[[int], Awaitable[None]]) -> Callable[[Work], Awaitable[None]]:
    """A job of five committed steps, each of which finds itself done the second time."""

    async def steps(work: Work) -> None:
        for step in range(5):

            async def mark(session: Any, step: int = step) -> None:
                await (await driver(session)).execute(
                    "INSERT INTO mark VALUES (%s, %s) ON CONFLICT DO NOTHING", [step, work.attempt]
                )

            await between(step)
            await work.database.write(mark)

    return steps


async def test_a_job_whose_worker_is_killed_is_done_by_another_from_the_beginning(
    database: Database, addresses: Any
) -> None:
    with psycopg.connect(addresses.owner.replace("+psycopg", "")) as owner:
        owner.execute("CREATE TABLE mark (step int PRIMARY KEY, attempt int)")
        owner.execute("GRANT SELECT, INSERT ON mark TO creditbank_app")
    await want(database, kind="steps")
    command = [sys.executable, "-c", KILLED, addresses.app, NOON.isoformat(), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert await asyncio.to_thread(child.stdout.readline) == "half-way\n"
        os.kill(child.pid, signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL

    async def go_on(step: int) -> None:
        return None

    handler("steps")(mark_in_steps(go_on))
    assert await run_due(database, worker="other", now=NOON + jobs.LEASE / 2, limit=1) == 0, "the lease still holds"
    assert await run_due(database, worker="other", now=NOON + jobs.LEASE * 2, limit=5) == 1
    marks = await rows(database, "SELECT step, attempt FROM mark ORDER BY step")
    assert marks == [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2)]
    assert await rows(database, "SELECT finished_at IS NOT NULL FROM job") == [(True,)]


async def test_a_job_that_kills_every_worker_is_dead_in_the_end(database: Database, done: list[Work]) -> None:
    await want(database)
    await rows(
        database,
        "UPDATE job SET attempts = %s, leased_by = 'gone', leased_until = %s RETURNING 1",
        jobs.MOST_ATTEMPTS,
        NOON,
    )
    assert await run_due(database, worker="w", now=NOON + timedelta(minutes=1), limit=1) == 0
    assert await rows(database, "SELECT dead_at IS NOT NULL FROM job") == [(True,)]
    assert done == []


async def test_a_worker_that_is_told_to_stop_gives_back_what_it_has_not_ended(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "GRACE_SECONDS", 0.1)
    begun, stop = asyncio.Event(), asyncio.Event()

    @handler("long")
    async def long(work: Work) -> None:
        begun.set()
        await asyncio.sleep(30)

    await want(database, kind="long")
    running = asyncio.create_task(work_forever(database, worker="w", stop=stop, now=lambda: NOON))
    await begun.wait()
    stop.set()
    await asyncio.wait_for(running, 5)
    assert await rows(database, "SELECT leased_by, leased_until, attempts, finished_at FROM job") == [
        (None, None, 0, None)
    ]


async def test_the_leases_of_a_killed_worker_of_this_host_are_given_back_at_once(database: Database) -> None:
    await want(database)
    for name, holder in (("living", "here:2 a"), ("elsewhere", "there:1 a"), ("dead", "here:1 a")):
        await want(database, name=name)
        leased = "UPDATE job SET leased_by = %s, leased_until = now() + interval '1 hour' WHERE name = %s RETURNING 1"
        await rows(database, leased, holder, name)
    given = await database.write(
        lambda session: jobs.give_back_of_the_dead(session, host="here", alive=lambda pid: pid == 2)
    )
    assert given == 1
    held = await rows(database, "SELECT name FROM job WHERE leased_by IS NOT NULL ORDER BY name")
    assert held == [("elsewhere",), ("living",)]


async def test_what_takes_minutes_has_a_lane_of_its_own(database: Database, done: list[Work]) -> None:
    stop = asyncio.Event()

    @handler("slow", lane="posting")
    async def slow(work: Work) -> None:
        await stop.wait()

    for number in range(3):
        await want(database, f"slow {number}", kind="slow")
    await want(database, at=NOON - timedelta(seconds=1))
    lanes = {jobs.SHORT: 1, "posting": 1}
    working_on = asyncio.create_task(work_forever(database, worker="w", stop=stop, lanes=lanes, now=lambda: NOON))
    for _ in range(100):
        await asyncio.sleep(0.05)
        if done:
            break
    assert len(done) == 1, "what is done in moments does not wait behind what is not"
    assert await rows(database, "SELECT count(*) FROM job WHERE kind = 'slow' AND leased_by IS NOT NULL") == [(1,)]
    stop.set()
    await asyncio.wait_for(working_on, 15)


async def test_a_periodic_job_is_asked_for_by_the_workers_and_comes_again(database: Database) -> None:
    runs: list[datetime] = []

    @handler("sweep", every=timedelta(hours=1))
    async def sweep(work: Work) -> None:
        runs.append(work.now)

    for _ in range(2):
        await database.write(lambda session: ask_for_periodic(session, now=NOON))
    for minutes in (0, 30, 59, 61, 90, 122):
        await run_due(database, worker="w", now=NOON + timedelta(minutes=minutes), limit=3)
        await database.write(lambda session: ask_for_periodic(session, now=NOON))
    assert [round((at - NOON).total_seconds() / 60) for at in runs] == [0, 61, 122]


async def test_a_worker_survives_what_runs_beside_it_failing(database: Database, done: list[Work]) -> None:
    stop, tries = asyncio.Event(), 0

    async def beside(_: Database, until: asyncio.Event) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ConnectionError
        until.set()

    await want(database)
    await asyncio.wait_for(work_forever(database, worker="w", stop=stop, beside=[beside], now=lambda: NOON), 10)
    assert tries == 2
    assert len(done) == 1
