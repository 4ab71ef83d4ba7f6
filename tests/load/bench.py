"""`make bench`: ratios in one run to a bare FastAPI route in the same process, and to a naive SQLModel version."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from creditbank import clock, embedded
from creditbank.app import create_app
from creditbank.config import Settings
from creditbank.db import Database
from creditbank.identity.actor import Actor
from creditbank.migrate import upgrade
from creditbank.rules import load_packaged
from creditbank.sealing import Keyring
from tests.load import generator
from tests.load.naive import naive_app
from tests.load.town import LoadTown, build, course_row

RECORDS = int(os.environ.get("BENCH_RECORDS", "100000"))
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


async def measure(name: str, requests: Iterable[bytes], folder: Path, *, status: str = "200") -> float:
    """Requests a second of one kind, from a generator in a process of its own."""
    file = folder / f"{name}.txt"
    file.write_text("\n".join(each.hex() for each in requests))
    said = {"port": PORT, "file": str(file), "seconds": SECONDS, "connections": CONNECTIONS, "status": status}
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


async def rounds(town: LoadTown, app: FastAPI, database: Database, folder: Path) -> dict[str, list[float]]:
    """Interleaved rounds over every line of work."""
    # Long-lived tokens for a run longer than ten minutes would measure another bank: they are made for each round.
    async with database.session() as session:
        from creditbank.db import driver

        cursor = await (await driver(session)).execute("SELECT learner_id FROM learner ORDER BY random() LIMIT 500")
        some = [learner for (learner,) in await cursor.fetchall()]
    fresh, speed = Fresh(town), dict[str, list[float]]()
    tokens = app.state.tokens

    def reading(prefix: str) -> list[bytes]:
        return [
            request(
                "GET",
                f"{prefix}/learners/{learner}/transcript",
                tokens.issue(
                    Actor(name=f"login:{learner}", roles=frozenset({"learner"}), learner_id=learner), at=clock.now()
                ),
            )
            for learner in some
        ]

    def posting(path: str, expect: float) -> list[bytes]:
        client = Actor(name=f"client:{town.college}", scopes=frozenset({"records:write"}), institution_id=town.college)
        token = tokens.issue(client, at=clock.now())
        return [request("POST", path, token, row) for row in fresh.rows(int(expect * SECONDS * 1.3) + 200)]

    lines: dict[str, tuple[Callable[[], list[bytes]], str]] = {
        "static": (lambda: [request("GET", "/static", "none")], "200"),
        "transcript": (lambda: reading("/v1"), "200"),
        "transcript naive": (lambda: reading("/naive"), "200"),
        "record": (lambda: posting("/v1/records", max(speed.get("record", [600]))), "201"),
        "record naive": (lambda: posting("/naive/records", max(speed.get("record naive", [200]))), "201"),
    }
    for place in range(ROUNDS + 1):
        for name, (make, status) in lines.items():
            measured = await measure(name, make(), folder, status=status)
            if place > 0:  # the first round warms caches and prepared statements
                speed.setdefault(name, []).append(measured)
    return speed


def ratios(speed: dict[str, list[float]]) -> dict[str, Any]:
    """Median ratio of each line within its round, with the spread over the rounds."""

    def ratio(one: str, other: str) -> dict[str, float]:
        found = sorted(a / b for a, b in zip(speed[one], speed[other], strict=True))
        return {"median": round(statistics.median(found), 3), "least": round(found[0], 3), "most": round(found[-1], 3)}

    return {
        line: {
            "vs_static": ratio(line, "static"),
            "vs_naive": ratio(line, f"{line} naive"),
            "per_second": round(statistics.median(speed[line])),
        }
        for line in ("transcript", "record")
    }


async def run(folder: Path, url: str) -> dict[str, Any]:
    """Build the town, serve the three applications, measure."""
    settings = Settings(keys_dir=folder / "keys", base_url=f"http://127.0.0.1:{PORT}", token_minutes=60)
    keyring = Keyring.open(settings.keys_dir, create=True)
    database = Database.of(settings, url)
    town, loaded = await build(database, keyring, records=RECORDS)
    bank = create_app(database, settings, keyring, load_packaged())
    naive = naive_app(database, keyring, load_packaged(), bank.state.tokens)
    app = side_by_side(bank, naive, static_app())
    server = uvicorn.Server(
        uvicorn.Config(app, port=PORT, log_level="error", access_log=False, lifespan="off", loop="uvloop")
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    speed = await rounds(town, bank, database, folder)
    server.should_exit = True
    await serving
    await database.close()
    return {
        "records": RECORDS,
        "rounds": ROUNDS,
        "loaded_rows_per_second": round(loaded),
        "static_per_second": round(statistics.median(speed["static"])),
        "lines": ratios(speed),
    }


def main() -> None:
    """Measure on a durable embedded PostgreSQL 18, print a table, write var/bench.json."""
    with tempfile.TemporaryDirectory(prefix="cb-bench-") as name:
        folder = Path(name)
        with embedded.start(folder / "data") as server:
            upgrade(server.addresses.owner)
            result = asyncio.run(run(folder, server.addresses.app))
    print(f"{'line':<14}{'vs_static':>22}{'vs_naive':>22}{'per second':>12}")
    for line, found in result["lines"].items():
        shown = [f"{found[k]['median']} ({found[k]['least']}–{found[k]['most']})" for k in ("vs_static", "vs_naive")]
        print(f"{line:<14}{shown[0]:>22}{shown[1]:>22}{found['per_second']:>12}")
    print(
        f"static route: {result['static_per_second']}/s; loading in batches: {result['loaded_rows_per_second']} rows/s"
    )
    target = Path("var/bench.json")
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
