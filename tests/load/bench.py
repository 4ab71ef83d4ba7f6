"""`make bench`: ratios in one run to a bare FastAPI route in the same process, and to a naive SQLModel version."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from creditbank import clock, embedded
from creditbank.app import create_app
from creditbank.config import Settings
from creditbank.database_roles import Addresses, connect
from creditbank.db import Database
from creditbank.identity.actor import Actor
from creditbank.migrate import upgrade
from creditbank.records.acts import Tools
from creditbank.records.intake import Sender
from creditbank.rules import Rulebook, load_packaged
from creditbank.running import settle_memory
from creditbank.sealing import Keyring
from tests.load import allocation, by_psql, claiming, cohort, generator, impact, totals
from tests.load.naive import naive_app, naive_submission
from tests.load.submitting import CHUNK, parsed, submit
from tests.load.town import LoadTown, build, course_row

RECORDS = int(os.environ.get("BENCH_RECORDS", "100000"))
SUBMISSION_ROWS = int(os.environ.get("BENCH_SUBMISSION_ROWS", "10000"))
NAIVE_ROWS = min(SUBMISSION_ROWS, 1_000)
"""The naive version takes in so many of the same rows: more of them would only take longer."""
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
CONNECTIONS = 8
PORT = int(os.environ.get("BENCH_PORT", "8977"))


def static_app() -> FastAPI:
    """A bare FastAPI route: what a request costs before it does anything."""
    app = FastAPI()

    @app.get("/static")
    async def static() -> dict[str, str]:
        return {"status": "ok"}

    return app


def side_by_side(bank: Any, naive: Any, static: Any) -> Any:
    """One process, three applications, told apart by the first part of the path."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        chosen = static if path == "/static" else naive if path.startswith("/naive") else bank
        await chosen(scope, receive, send)

    return app


def request(method: str, path: str, token: str, body: bytes | None = None) -> bytes:
    """One HTTP request as bytes."""
    head = f"{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n"
    if body is not None:
        head += f"content-type: application/json\r\nidempotency-key: {uuid.uuid4()}\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + (body or b"")


async def measure(
    name: str,
    requests: Iterable[bytes],
    folder: Path,
    *,
    status: str = "200",
    seconds: float = SECONDS,
    connections: int = CONNECTIONS,
    once: bool = False,
) -> float:
    """Requests a second of one kind, from a generator in a process of its own; each of them `once`, if so said."""
    file = folder / f"{name}.txt"
    file.write_text("\n".join(each.hex() for each in requests))
    said = {
        "port": PORT,
        "file": str(file),
        "seconds": seconds,
        "connections": connections,
        "status": status,
        "once": once,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, generator.__file__, json.dumps(said), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"{name}: the generator failed")
    return float(out)


class Fresh:
    """Records that nobody has posted yet: each learner's next course."""

    def __init__(self, town: LoadTown) -> None:
        self.town, self.next = town, 0

    def rows(self, count: int) -> list[bytes]:
        """Rows of learners in turn, courses beyond those that were loaded."""
        rows = []
        for _ in range(count):
            course, number = divmod(self.next, self.town.learners)
            rows.append(json.dumps(course_row(number, 60 + course), ensure_ascii=False).encode())
            self.next += 1
        return rows


@dataclass(frozen=True)
class Served:
    """A bank that is served, with what else is measured beside it."""

    town: LoadTown
    app: FastAPI
    database: Database
    keyring: Keyring
    fresh: Fresh

    @property
    def sender(self) -> Sender:
        """The town's college."""
        return Sender(self.town.college, "client:bench")

    @property
    def tools(self) -> Tools:
        """What a write needs."""
        return Tools(self.keyring, load_packaged(), clock.now())

    async def learners(self, count: int) -> list[uuid.UUID]:
        """Some learners whom the college brought, in no order."""
        async with self.database.bare() as connection:
            cursor = await connection.execute(
                "SELECT learner_id FROM learner WHERE opened_by = %s ORDER BY random() LIMIT %s",
                [self.town.college, count],
            )
            return [learner for (learner,) in await cursor.fetchall()]

    def reading(self, prefix: str, learners: Iterable[uuid.UUID]) -> list[bytes]:
        """Each learner asks for their transcript."""
        return [
            request(
                "GET",
                f"{prefix}/learners/{learner}/transcript",
                self.app.state.tokens.issue(
                    Actor(name=f"login:{learner}", roles=frozenset({"learner"}), learner_id=learner), at=clock.now()
                ),
            )
            for learner in learners
        ]

    def posting(self, path: str, count: int) -> list[bytes]:
        """The college posts records, one by one."""
        college = self.town.college
        client = Actor(name=f"client:{college}", scopes=frozenset({"records:write"}), institution_id=college)
        token = self.app.state.tokens.issue(client, at=clock.now())
        return [request("POST", path, token, row) for row in self.fresh.rows(count)]


@asynccontextmanager
async def serving(
    folder: Path, url: str, *, town: LoadTown, fresh: Fresh, rulebook: Rulebook | None = None
) -> AsyncIterator[Served]:
    """The three applications in this process, on one port; the bank by the packaged rules if no others are given."""
    settings = Settings(keys_dir=folder / "keys", base_url=f"http://127.0.0.1:{PORT}", token_minutes=60)
    keyring, database = Keyring.open(settings.keys_dir), Database.of(settings, url)
    bank = create_app(database, settings, keyring, rulebook or load_packaged())
    app = side_by_side(bank, naive_app(database, keyring, load_packaged(), bank.state.tokens), static_app())
    server = uvicorn.Server(
        uvicorn.Config(app, port=PORT, log_level="error", access_log=False, lifespan="off", loop="uvloop")
    )
    settle_memory()  # as a worker and the service do when they start
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    yield Served(town, bank, database, keyring, fresh)
    server.should_exit = True
    await running
    await database.close()


async def rounds(served: Served, addresses: Addresses, folder: Path) -> dict[str, list[float]]:
    """Interleaved rounds over every line of work."""
    some, speed = await served.learners(500), dict[str, list[float]]()

    def posting(path: str, expect: float) -> list[bytes]:
        return served.posting(path, int(expect * SECONDS * 1.3) + 200)

    # Long-lived tokens for a run longer than ten minutes would measure another bank: they are made for each round.
    lines: dict[str, tuple[Callable[[], list[bytes]], str]] = {
        "static": (lambda: [request("GET", "/static", "none")], "200"),
        "transcript": (lambda: served.reading("/v1", some), "200"),
        "transcript naive": (lambda: served.reading("/naive", some), "200"),
        "record": (lambda: posting("/v1/records", max(speed.get("record", [600]))), "201"),
        "record naive": (lambda: posting("/naive/records", max(speed.get("record naive", [200]))), "201"),
    }
    scripts = await scripts_for_psql(served, addresses, folder)
    for place in range(ROUNDS + 1):
        measured = {name: await measure(name, make(), folder, status=status) for name, (make, status) in lines.items()}
        measured |= await submissions(served, addresses, scripts.pop())
        if place > 0:  # the first round warms caches and prepared statements
            for name, found in measured.items():
                speed.setdefault(name, []).append(found)
    return speed


async def scripts_for_psql(served: Served, addresses: Addresses, folder: Path) -> list[Path]:
    """For each round the script by which psql writes a submission."""
    by_psql.prepare(addresses)
    scripts = []
    for _ in range(ROUNDS + 1):
        lines = iter(served.fresh.rows(SUBMISSION_ROWS))
        chunks = [parsed(chunk, first=1 + CHUNK * place) for place, chunk in enumerate(_batched(lines, CHUNK))]
        scripts.append(await by_psql.finished(addresses, chunks, folder, sender=served.sender, tools=served.tools))
    settle(addresses)  # and nothing is left of what was rolled back
    return scripts


def _batched(lines: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    while chunk := list(islice(lines, size)):
        yield chunk


async def submissions(served: Served, addresses: Addresses, script: Path) -> dict[str, float]:
    """Rows a second of a file: by the bank, by psql, and row by row through the ORM."""
    rows, naive = served.fresh.rows(SUBMISSION_ROWS), served.fresh.rows(NAIVE_ROWS)
    sender, tools = served.sender, served.tools
    by_bank = await submit(served.database, rows, sender=sender, tools=tools)
    with_psql = await by_psql.write(addresses, script)
    script.unlink()
    by_orm = await naive_submission(served.database, naive, sender=sender, tools=tools, commit_every=CHUNK)
    return {
        "submission": SUBMISSION_ROWS / by_bank,
        "submission psql": SUBMISSION_ROWS / with_psql,
        "submission naive": NAIVE_ROWS / by_orm,
    }


def ratios(speed: dict[str, list[float]]) -> dict[str, Any]:
    """Median ratio of each line within its round, with the spread over the rounds."""

    def ratio(one: str, other: str) -> dict[str, float]:
        found = sorted(a / b for a, b in zip(speed[one], speed[other], strict=True))
        return {"median": round(statistics.median(found), 3), "least": round(found[0], 3), "most": round(found[-1], 3)}

    beside = {
        "transcript": ("static", "transcript naive"),
        "record": ("static", "record naive"),
        "submission": ("submission psql", "submission naive"),
    }
    return {
        line: {f"vs_{other.split()[-1]}": ratio(line, other) for other in others}
        | {"per_second": round(statistics.median(speed[line]))}
        for line, others in beside.items()
    }


async def run(folder: Path, addresses: Addresses) -> dict[str, Any]:
    """Build the town, decide totals, serve the three applications, measure; claims first, before more is posted."""
    town, loaded = await loaded_town(folder, addresses, records=RECORDS)
    found = {"allocation": allocation.line()}
    elsewhere = await with_database(folder, addresses, partial(claiming.furnish, town=town))
    settle(addresses)
    found["rules"] = await with_database(folder, addresses, partial(totals.line, institution_id=town.college))
    rulebook = claiming.rulebook(elsewhere.institution_id)
    async with serving(folder, addresses.app, town=town, fresh=Fresh(town), rulebook=rulebook) as served:
        found["claim"] = await claiming.line(served, elsewhere, folder)
        found["cohort"] = await cohort.line(served, folder)
        speed = await rounds(served, addresses, folder)
    return {
        "records": RECORDS,
        "rounds": ROUNDS,
        "submission_rows": SUBMISSION_ROWS,
        "loaded_rows_per_second": round(loaded),
        "static_per_second": round(statistics.median(speed["static"])),
        "lines": ratios(speed),
        **found,
    }


def settle(addresses: Addresses) -> None:
    """As PostgreSQL does by itself in time: look at what was loaded, and write it to its place.

    A bank that was filled a minute ago would do both beside what is measured.
    """
    with connect(addresses.superuser) as superuser:
        superuser.execute("VACUUM ANALYZE")
        superuser.execute("CHECKPOINT")


async def with_database(folder: Path, addresses: Addresses, act: Callable[[Database, Keyring], Awaitable[Any]]) -> Any:
    """Do something in the bank without serving it."""
    settings = Settings(keys_dir=folder / "keys")
    keyring, database = Keyring.open(settings.keys_dir), Database.of(settings, addresses.app)
    try:
        return await act(database, keyring)
    finally:
        await database.close()


async def loaded_town(folder: Path, addresses: Addresses, *, records: int) -> tuple[LoadTown, float]:
    """A town with so many records, posted through the bank; and how many were posted in a second."""
    settings = Settings(keys_dir=folder / "keys")
    keyring, database = Keyring.open(settings.keys_dir, create=True), Database.of(settings, addresses.app)
    town, loaded = await build(database, keyring, records=records)
    await database.close()
    return town, loaded


def lines_of_rules(result: dict[str, Any]) -> list[str]:
    """What deciding by rules costs, a line for each figure."""
    rules, chosen, claim = (result[name] for name in ("rules", "allocation", "claim"))
    seconds, whole = chosen["seconds"], chosen["whole"]["seconds"]
    return [
        f"{'rules':<12}{'vs_sql ' + _shown(rules['vs_sql']):<38}{'vs_orm ' + _shown(rules['vs_orm']):<38}"
        f"{rules['per_second']:>8}/s  ({rules['learners']} learners, {rules['criteria']} criteria)",
        f"{'claim':<12}{'p95 times static ' + _shown(claim['p95_times_static']):<38}"
        f"{'p95 ' + str(claim['ms']['p95']) + ' ms, static ' + str(claim['static_ms']['p95']) + ' ms':<38}"
        f"{claim['per_second']:>8}/s",
        f"{'allocation':<12}{'median ' + str(seconds['median']) + ' s, p95 ' + str(seconds['p95']) + ' s':<38}"
        f"{'with facts ' + str(whole['median']) + ' s, p95 ' + str(whole['p95']) + ' s':<38}"
        f"proved {chosen['proved']:.0%}",
        cohort.shown(result["cohort"]),
    ]


def _shown(found: dict[str, float]) -> str:
    return f"{found['median']} ({found['least']}–{found['most']})"


def _print(result: dict[str, Any]) -> None:
    for line, found in result["lines"].items():
        told = [f"{name} {_shown(value)}" for name, value in found.items() if name != "per_second"]
        print(f"{line:<12}{told[0]:<38}{told[1]:<38}{found['per_second']:>8}/s")
    print(*lines_of_rules(result), sep="\n")
    loaded = f"loading in batches: {result['loaded_rows_per_second']} rows/s"
    print(f"static route: {result['static_per_second']}/s; {loaded}", flush=True)


def main() -> None:
    """Measure on a durable embedded PostgreSQL 18, print a table, write var/bench.json; BENCH=full measures growth."""
    if os.environ.get("BENCH") == "full":
        from tests.load import full

        write_down("bench-full.json", full.main())
        return
    with tempfile.TemporaryDirectory(prefix="cb-bench-", dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        with embedded.start(folder / "data") as server:
            upgrade(server.addresses.owner)
            result = asyncio.run(run(folder, server.addresses))
            # Each figure as it is had: the city takes a minute more.
            _print(result)
            result["impact"] = impact.line(server.addresses, folder / "city")
    city = result["impact"]
    many = f"({city['decisions']} decisions, {city['learners']} learners)"
    print(f"{'impact':<12}{city['seconds']} s over the demo city {many}")
    write_down("bench.json", result)


def write_down(name: str, result: dict[str, Any]) -> None:
    """Keep the figures under var/."""
    target = Path("var") / name
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
