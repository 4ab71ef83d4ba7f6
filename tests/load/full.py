"""`BENCH=full`: what transcripts and posts cost in a bank of ten million records, beside one of a hundred thousand.

And the line `rules` over everybody in it: a hundred and sixty thousand learners with sixty records each.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from creditbank import clock, embedded
from creditbank.config import Settings
from creditbank.database_roles import Addresses
from creditbank.db import Database
from creditbank.migrate import upgrade
from creditbank.sealing import Keyring
from tests.load import bench, filling, totals
from tests.load.town import RECORDS_EACH, LoadTown, enrol, post_by_term

RECORDS = int(os.environ.get("BENCH_FULL_RECORDS", "10000000"))
WARM = int(os.environ.get("BENCH_WARM", "20000"))
"""Learners that the measured requests touch, every one of them posted through the bank."""
COLD = 300
RULES_ROUNDS = 2
REAL_BYTES, FILLED_BYTES, SPARE_BYTES = 5_700, 2_900, 8 << 30
"""Disk for a record that the bank posted, for one that was filled in, and for PostgreSQL's log and the sorting."""


def needed(records: int, warm: int) -> int:
    """Bytes of disk that the run takes at its largest."""
    real = min(records, warm * RECORDS_EACH)
    return real * REAL_BYTES + (records - real) * FILLED_BYTES + SPARE_BYTES


async def measured(served: bench.Served, folder: Path, *, learners: int) -> dict[str, list[float]]:
    """Requests a second over some learners who have all just been read once."""
    reading = served.reading("/v1", await served.learners(learners))
    await bench.measure("warming", reading, folder, seconds=600, once=True)
    speed: dict[str, list[float]] = {"static": [], "transcript": [], "record": []}
    for _ in range(bench.ROUNDS):
        speed["static"].append(await bench.measure("static", [bench.request("GET", "/static", "none")], folder))
        reading = served.reading("/v1", await served.learners(learners))
        speed["transcript"].append(await bench.measure("reading", reading, folder, seconds=600, once=True))
        posting = served.posting("/v1/records", int(1_000 * bench.SECONDS))
        speed["record"].append(await bench.measure("posting", posting, folder, status="201"))
    return speed


def growth(few: dict[str, list[float]], many: dict[str, list[float]], name: str) -> float:
    """How many times what it costs in the small bank, each measured by the static route of its own minutes."""
    small, large = (
        statistics.median(a / b for a, b in zip(speed[name], speed["static"], strict=True)) for speed in (few, many)
    )
    return round(small / large, 3)


async def one_by_one(served: bench.Served, folder: Path) -> float:
    """Milliseconds of a transcript, one request at a time, each of another learner."""
    reading = served.reading("/v1", await served.learners(COLD))
    return 1_000 / await bench.measure("one-by-one", reading, folder, seconds=600, connections=1, once=True)


def forget_cache() -> str:
    """Empty the system's cache of files, where that is allowed; what was done."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return "PostgreSQL restarted; the system's own cache of files could not be emptied"
    return "PostgreSQL restarted, the system's cache of files emptied"


async def _post(folder: Path, addresses: Addresses, town: LoadTown | None, learners: range) -> LoadTown:
    keyring = Keyring.open(folder / "keys", create=True)
    database = Database.of(Settings(keys_dir=folder / "keys"), addresses.app)
    town = await enrol(database, keyring, town, learners)
    await post_by_term(database, keyring, town, learners)
    await database.close()
    return town


async def _serve(folder: Path, addresses: Addresses, town: LoadTown, fresh: bench.Fresh, act: Any) -> Any:
    async with bench.serving(folder, addresses.app, town=town, fresh=fresh) as served:
        return await act(served)


def run(folder: Path) -> Iterator[tuple[str, Any]]:
    """Each figure as it is had."""
    small = bench.RECORDS // RECORDS_EACH

    with embedded.start(folder / "data") as server:
        upgrade(server.addresses.owner)
        town = asyncio.run(_post(folder, server.addresses, None, range(small)))
        fresh = bench.Fresh(town)
        few = asyncio.run(
            _serve(folder, server.addresses, town, fresh, lambda served: measured(served, folder, learners=small))
        )
        yield "small", {name: round(statistics.median(found)) for name, found in few.items()}
        began = time.monotonic()
        town = asyncio.run(_post(folder, server.addresses, town, range(small, WARM)))
        yield "warm learners posted, s", round(time.monotonic() - began)
        yield "bytes a record", round(filling.disk(server.addresses) / (WARM * RECORDS_EACH))
        began = time.monotonic()
        filling.fill(server.addresses, records=RECORDS, each=RECORDS_EACH)
        yield "filled, s", round(time.monotonic() - began)
        yield "disk, GB", round(filling.disk(server.addresses) / 1e9, 1)
        decided = partial(totals.line, institution_id=town.college, rounds=RULES_ROUNDS)
        yield "rules", asyncio.run(bench.with_database(folder, server.addresses, decided))
    cold_how = forget_cache()
    courses_taken = 1 + fresh.next // small
    fresh = bench.Fresh(town)
    fresh.next = courses_taken * WARM
    with embedded.start(folder / "data") as server:
        cold = asyncio.run(_serve(folder, server.addresses, town, fresh, lambda served: one_by_one(served, folder)))
        many = asyncio.run(
            _serve(folder, server.addresses, town, fresh, lambda served: measured(served, folder, learners=WARM))
        )
        warm = asyncio.run(_serve(folder, server.addresses, town, fresh, lambda served: one_by_one(served, folder)))
    yield "large", {name: round(statistics.median(found)) for name, found in many.items()}
    yield "cost against the small bank", {name: growth(few, many, name) for name in ("transcript", "record")}
    yield "cold transcript, ms", {"cold": round(cold, 2), "warm": round(warm, 2), "how": cold_how}


def main() -> dict[str, Any]:
    """Refuse where the disk has no room; else print each figure as it is had."""
    place = Path(os.environ.get("BENCH_DIR") or tempfile.gettempdir())
    free, wanted = shutil.disk_usage(place).free, needed(RECORDS, WARM)
    if free < wanted:
        raise SystemExit(
            f"{place} has {free / 1e9:.0f} GB free and {RECORDS:,} records need {wanted / 1e9:.0f} GB: name a larger "
            "disk in BENCH_DIR, or fewer records in BENCH_FULL_RECORDS"
        )
    result: dict[str, Any] = {"records": RECORDS, "warm_learners": WARM, "at": clock.now().isoformat()}
    with tempfile.TemporaryDirectory(prefix="cb-bench-full-", dir=place) as name:
        for said, figure in run(Path(name)):
            result[said] = figure
            print(f"{said}: {figure}", flush=True)
    return result
