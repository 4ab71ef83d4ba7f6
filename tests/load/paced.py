"""Requests at twenty a second, in turns with a bare route: what each takes, and how many times as long."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.load import open_loop

RATE, EACH, ROUNDS = 20, 100, 9
"""Requests a second; of either kind in a round; rounds that count. One before them warms caches and statements."""
TURN = 10
"""So many of one kind, then of the other: half a second, so that both meet the same machine, and neither the other."""


async def beside_bare(port: int, asked: Sequence[bytes], folder: Path, *, status: str) -> dict[str, Any]:
    """What requests cost beside the bare route; there are EACH for each round, and the same may come again."""
    from tests.load.bench import request

    bare_one = request("GET", "/static", "none")
    rounds = []
    for place in range(ROUNDS + 1):
        mine = [asked[(place * EACH + number) % len(asked)] for number in range(EACH)]
        sent: list[tuple[str, bytes]] = []
        for at in range(0, EACH, TURN):
            sent += [("200", bare_one)] * TURN
            sent += [(status, one) for one in mine[at : at + TURN]]
        took = [
            (one is bare_one, seconds) for (_, one), seconds in zip(sent, await _took(port, sent, folder), strict=True)
        ]
        rounds.append(([each for bare, each in took if bare], [each for bare, each in took if not bare]))
    counted = rounds[1:]
    times = sorted(_p95(one) / _p95(bare) for bare, one in counted)
    return {
        "per_second": RATE,
        "requests": EACH * ROUNDS,
        "ms": _ms([each for _, one in counted for each in one]),
        "static_ms": _ms([each for bare, _ in counted for each in bare]),
        "p95_times_static": {
            "median": round(statistics.median(times), 2), "least": round(times[0], 2), "most": round(times[-1], 2),
        },
    }  # fmt: skip


async def _took(port: int, sent: Sequence[tuple[str, bytes]], folder: Path) -> list[float]:
    """Seconds that each request took, from a process of its own."""
    file = folder / "open-loop.txt"
    file.write_text("\n".join(f"{status} {each.hex()}" for status, each in sent))
    said = {"port": port, "file": str(file), "rate": RATE}
    process = await asyncio.create_subprocess_exec(
        sys.executable, open_loop.__file__, json.dumps(said), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    if process.returncode != 0:
        raise SystemExit("the requests at their own pace failed")
    found: list[float] = json.loads(out)
    return found


def _p95(took: Sequence[float]) -> float:
    return statistics.quantiles(took, n=20, method="inclusive")[-1]


def _ms(took: Sequence[float]) -> dict[str, float]:
    return {"median": round(1000 * statistics.median(took), 2), "p95": round(1000 * _p95(took), 2)}
