"""The line `claim` of `make bench`: one line a claim at twenty a second, each decided at once, beside a bare route.

The method is the bank's own starting one, under the limits of the city, without the hands that would make it wait.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import yaml

from creditbank import clock
from creditbank.db import Database, driver
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.institutions.equivalence_keys import course_key
from creditbank.institutions.tables import Equivalence
from creditbank.rules import Rulebook, packaged_documents, read_document
from creditbank.sealing import Keyring
from tests.load import open_loop
from tests.load.town import LONG_AGO, RECORDS_EACH, LoadTown, another_college

if TYPE_CHECKING:
    from tests.load.bench import Served

RATE, SECONDS, ROUNDS = 20, 5, 3
COURSES = RECORDS_EACH
"""Courses of the plan that is claimed for, each of which one of everybody's results counts for."""


@dataclass(frozen=True)
class Elsewhere:
    """The second college, and which of its courses each course of the first one counts for."""

    plan_id: UUID
    institution_id: UUID
    counts_for: dict[str, str]


def rulebook(*institutions: UUID) -> Rulebook:
    """The packaged rules, and the bank's method as one of some colleges, by which the rules alone decide."""
    own = resources.files("creditbank") / "rulebook" / "qinhuangdao" / "conversion.qinhuangdao.yaml"
    said: dict[str, Any] = yaml.load(own.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    said["document"] = "conversion.measured"
    said["applies"] = {"plan.level": ["higher_vocational"], "plan.institution": [str(one) for one in institutions]}
    for version in said["versions"]:
        version.pop("procedure", None)
    return Rulebook.load([*packaged_documents(), read_document(json.dumps(said, ensure_ascii=False))])


async def furnish(database: Database, keyring: Keyring, town: LoadTown) -> Elsewhere:
    """A second college with everybody in it, for whose courses the results of the first one count."""
    other, courses = await another_college(database, keyring, range(town.learners), courses=COURSES)
    counts_for = dict(zip((f"C{place:03d}" for place in range(RECORDS_EACH)), courses, strict=True))
    async with database.session() as session:
        session.add_all(
            Equivalence(
                equivalence_id=new_id(), institution_id=other.college,
                sources=[{"kind": "course", "institution_id": str(town.college), "course_code": code}],
                source_keys=[course_key(town.college, code)], targets=[target],
                target_keys=[course_key(other.college, target)], valid_from=LONG_AGO, state="in_force", ground="测量",
                entered_by="bench", entered_at=clock.now(), confirmed_by="bench", confirmed_at=clock.now(),
            )
            for code, target in counts_for.items()
        )  # fmt: skip
        connection = await driver(session)
        cursor = await connection.execute("SELECT plan_id FROM plan WHERE institution_id = %s", [other.college])
        ((plan_id,),) = await cursor.fetchall()
    return Elsewhere(plan_id, other.college, counts_for)


async def claims(served: Served, elsewhere: Elsewhere, count: int) -> list[bytes]:
    """So many claims: everybody's first record, then everybody's second."""
    from tests.load.bench import request

    found: list[tuple[UUID, UUID, str]] = []
    async with served.database.session() as session:
        connection = await driver(session)
        for code, target in elsewhere.counts_for.items():
            cursor = await connection.execute(
                "SELECT learner_id, record_id FROM record_current WHERE shown ->> 'course_code' = %s LIMIT %s",
                [code, count - len(found)],
            )
            found += [(learner, record, target) for learner, record in await cursor.fetchall()]
            if len(found) == count:
                break
    tokens, at = served.app.state.tokens, clock.now()
    return [
        request(
            "POST",
            f"/v1/learners/{learner}/claims",
            tokens.issue(Actor(name=f"login:{learner}", roles=frozenset({"learner"}), learner_id=learner), at=at),
            json.dumps(
                {"plan_id": str(elsewhere.plan_id), "lines": [{"record_ids": [str(record)], "course_code": target}]}
            ).encode(),
        )
        for learner, record, target in found
    ]


async def _took(port: int, requests: Sequence[bytes], folder: Path, *, status: str) -> list[float]:
    file = folder / "open-loop.txt"
    file.write_text("\n".join(each.hex() for each in requests))
    said = {"port": port, "file": str(file), "rate": RATE, "status": status}
    process = await asyncio.create_subprocess_exec(
        sys.executable, open_loop.__file__, json.dumps(said), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    if process.returncode != 0:
        raise SystemExit("claims: the generator failed")
    found: list[float] = json.loads(out)
    return found


def _p95(took: Sequence[float]) -> float:
    return statistics.quantiles(took, n=20, method="inclusive")[-1]


async def line(served: Served, elsewhere: Elsewhere, folder: Path) -> dict[str, Any]:
    """Rounds of the bare route and of claims, each for some seconds; milliseconds, and how many times as long."""
    from tests.load.bench import PORT, request

    each = RATE * SECONDS
    claimed = await claims(served, elsewhere, each * (ROUNDS + 1))
    static = [request("GET", "/static", "none")] * each
    rounds: list[tuple[list[float], list[float]]] = []
    for place in range(ROUNDS + 1):
        bare = await _took(PORT, static, folder, status="200")
        asked = await _took(PORT, claimed[each * place : each * (place + 1)], folder, status="201")
        if place > 0:  # the first round warms caches and prepared statements
            rounds.append((bare, asked))
    async with served.database.session() as session:
        cursor = await (await driver(session)).execute("SELECT state, count(*)::int FROM claim_line GROUP BY state")
        states = dict(await cursor.fetchall())
    assert states == {"granted": len(claimed)}, states
    times = sorted(_p95(asked) / _p95(bare) for bare, asked in rounds)
    return {
        "per_second": RATE,
        "claims": each * ROUNDS,
        "ms": _ms([one for _, asked in rounds for one in asked]),
        "static_ms": _ms([one for bare, _ in rounds for one in bare]),
        "p95_times_static": {
            "median": round(statistics.median(times), 2), "least": round(times[0], 2), "most": round(times[-1], 2),
        },
    }  # fmt: skip


def _ms(took: Sequence[float]) -> dict[str, float]:
    return {"median": round(1000 * statistics.median(took), 2), "p95": round(1000 * _p95(took), 2)}
