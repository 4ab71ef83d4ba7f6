"""The order in which facts arrive changes no result and no byte of it; no interleaving takes more than the quota."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditbank.pathways import deciding, gathering, reviews
from creditbank.pathways.known import Stated, live
from creditbank.pathways.statement_bodies import HealthSaid, ProcessSaid
from creditbank.pathways.statements import OfCohort, Speaker, Wanted, state_many
from tests.pathways.cohort_town import CohortTown, a_cohort_town

QUOTA = 2
SAID: list[list[tuple[str, Any]]] = [
    [("score", "70"), ("score", "91"), ("fit", True)],
    [("score", "85"), ("fit", False), ("fit", True)],
    [("score", "88"), ("score", "59"), ("fit", True)],
    [("score", "64"), ("fit", True), ("score", "66")],
]
"""Of each member what is stated: the later of one kind corrects the earlier."""


@pytest.fixture
async def town(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CohortTown]:
    async with a_cohort_town(addresses, tmp_path / "keys", monkeypatch) as place:
        for module in (deciding, reviews):
            monkeypatch.setattr(module, "gather_cohort", gathering.gather_cohort)
        yield place


def interleaved(chance: random.Random) -> list[tuple[int, str, Any]]:
    """Everything that is stated, in another order; of one thing the correction stays behind what it corrects."""
    waiting: dict[tuple[int, str], list[Any]] = {}
    for member, said in enumerate(SAID):
        for kind, value in said:
            waiting.setdefault((member, kind), []).append(value)
    order = []
    while waiting:
        member, kind = chance.choice(sorted(waiting))
        order.append((member, kind, waiting[member, kind].pop(0)))
        if not waiting[member, kind]:
            del waiting[member, kind]
    return order


async def state(town: CohortTown, cohort: UUID, who: UUID, kind: str, value: Any) -> None:
    place, tools = town.place, town.tools()
    said: Any = ProcessSaid(topic="process", score=value) if kind == "score" else HealthSaid(topic="health", fit=value)
    of, by = OfCohort(cohort, place.school, place.college), Speaker("school", "login:school", place.school)

    async def act(session: Any) -> None:
        (outcome,) = await state_many(session, of, [Wanted(who, said)], by=by, tools=tools)
        assert outcome.refusal is None

    await place.bank.database.write(act)


async def reasons(town: CohortTown, round_: dict[str, Any]) -> list[str]:
    """What was decided of everybody: facts and findings, byte by byte, without ids of rows."""
    found = []
    for each in round_["candidates"]:
        told = await town.place.ask("GET", f"/v1/decisions/{each['decision_id']}", town.place.registrar)
        facts = {name: said for name, said in told["facts"].items() if name != "pathway"}
        kept = [each["outcome"], each["rank"], told["verdict"], told["clause"], facts, told["findings"]]
        found.append(json.dumps(kept, ensure_ascii=False, sort_keys=True))
    return found


async def test_orders_of_statements_and_corrections_come_to_the_same_and_never_exceed_the_quota(
    town: CohortTown,
) -> None:
    results = []
    for seed in range(5):
        chance = random.Random(seed)
        cohort, who = await town.cohort(0, 0, 0, 0, quota=QUOTA)
        order = interleaved(chance)
        begins = chance.randrange(len(order) + 1)  # the round is decided before, among or after what is stated
        round_: dict[str, Any] = {}
        for place in range(len(order) + 1):
            if place == begins:
                round_ = await town.decided(cohort)
            if place < len(order):
                member, kind, value = order[place]
                await state(town, cohort, who[member], kind, value)
            if round_:
                now = await town.read(round_)
                assert sum(each["outcome"] in ("proposed", "taken") for each in now["candidates"]) <= QUOTA
        results.append(await reasons(town, await town.read(round_)))
    assert all(each == results[0] for each in results)
    assert [json.loads(each)[0] for each in results[0]] == ["proposed", "proposed", "not_eligible", "beyond_quota"]


# --- what holds of statements, whatever the order of rows and clocks ----------------------------------------------


def _stated(name: str, on: str, at: int, supersedes: str | None) -> Stated:
    return Stated(name, "l", "c", "process", "process", {"score": name}, on, f"2026-01-01T00:00:{at:02d}", "i",
                  supersedes, False)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.permutations(range(4)), st.permutations(range(4)))
def test_of_a_chain_its_end_holds_whatever_the_order_of_rows_and_clocks(rows: list[int], clocks: list[int]) -> None:
    chain = [_stated(str(place), "2026-01-01", clocks[place], None if place == 0 else str(place - 1))
             for place in range(4)]  # fmt: skip
    (found,) = live([chain[place] for place in rows], date(2026, 3, 1))
    assert found.statement_id == "3"
