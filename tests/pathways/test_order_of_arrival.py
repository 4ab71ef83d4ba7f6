"""The order in which facts arrive changes no result and no byte of it; no interleaving takes more than the quota."""

from __future__ import annotations

import itertools
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

from creditbank.learners.documents import IdentityDocument
from creditbank.learners.indexes import document_index, name_index
from creditbank.pathways import deciding, gathering, reviews
from creditbank.pathways.known import Stated, live
from creditbank.pathways.statement_bodies import HealthSaid, ProcessSaid
from creditbank.pathways.statements import OfCohort, Speaker, Wanted, state_many
from creditbank.rules import Rulebook, read_document
from creditbank.rules.in_force import RulesInForce
from tests.open_bank import machine
from tests.pathways.cohort_town import CohortTown, a_cohort_town, law
from tests.recognition.college import Learner, deposits, name_of
from tests.records.town import resident
from tests.rules.writing import SAYS

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


# --- records --------------------------------------------------------------------------------------------------------

SKILLED = {"id": "skilled", "says": SAYS, "cites": ["source"], "require": {"exists": "skills"}}
SKILLS = {
    "says": SAYS, "cites": ["source"], "of": "records",
    "where": {"all": [{"fact": "record.kind", "is": "certificate"},
                      {"fact": "certificate.level", "at_least": "intermediate"}]},
}  # fmt: skip
ACTS: list[list[tuple[int, str]]] = [
    [(0, "elementary"), (0, "intermediate"), (1, "elementary")],
    [(0, "intermediate"), (0, "elementary")],
    [(0, "intermediate"), (1, "intermediate"), (0, "withdrawn")],
    [(0, "intermediate"), (0, "withdrawn")],
]
"""Of each member which certificate is reported at which level; the later about one corrects it or takes it back."""


async def can_be_found(town: CohortTown, who: UUID, serial: int) -> None:
    """Institutions find a member by their document from now on."""
    place = town.place
    index = document_index(place.bank.keyring, IdentityDocument("resident_id", resident(serial), None, None))
    found = name_index(place.bank.keyring, name_of(serial))
    await place.sql_do("INSERT INTO identity_key VALUES (%s, %s, now()) ON CONFLICT DO NOTHING", index, who)
    await place.sql_do("UPDATE learner_document SET number_index = %s WHERE learner_id = %s", index, who)
    await place.sql_do("UPDATE learner_name SET name_index = %s WHERE learner_id = %s", found, who)


def in_no_order(said: Any) -> Any:
    """JSON without the ids of rows and without their order."""
    if isinstance(said, dict):
        return {name: in_no_order(value) for name, value in said.items() if name not in ("id", "row")}
    if isinstance(said, list):
        return sorted((in_no_order(each) for each in said), key=lambda each: json.dumps(each, sort_keys=True))
    return said


async def test_orders_of_records_corrections_and_withdrawals_come_to_the_same(town: CohortTown) -> None:
    said = json.loads(law(SKILLED))
    said["versions"][0]["sets"] = {"skills": SKILLS}
    book = Rulebook.load([read_document(json.dumps(said, ensure_ascii=False)), *deposits()])
    town.place.bank.app.state.rules = RulesInForce(book)
    place, results = town.place, []
    for seed in range(4):
        chance = random.Random(seed)
        cohort, who = await town.cohort(0, 0, 0, 0, quota=QUOTA)
        people = {}
        for member, learner_id in enumerate(who):
            serial = town.serials - len(who) + member + 1
            await can_be_found(town, learner_id, serial)
            people[member] = Learner(learner_id, serial)
            await state(town, cohort, learner_id, "score", str(90 - member))
            await state(town, cohort, learner_id, "fit", value=True)
        waiting: dict[tuple[int, int], list[str]] = {}
        for member, acts in enumerate(ACTS):
            for number, level in acts:
                waiting.setdefault((member, number), []).append(level)
        begins = chance.randrange(sum(map(len, ACTS)) + 1)
        round_: dict[str, Any] = {}
        records: dict[tuple[int, int], UUID] = {}
        for done in itertools.count():
            if done == begins:
                round_ = await town.decided(cohort)
            if not waiting:
                break
            which = chance.choice(sorted(waiting))
            member, number = which
            level = waiting[which].pop(0)
            if not waiting[which]:
                del waiting[which]
            if level == "withdrawn":
                body = machine("records:write", institution_id=place.body)
                await place.ask("POST", f"/v1/records/{records[which]}/withdrawal", body, json={"reason": "误报"})
            else:
                records[which] = await place.certificate(people[member], number, level=level)
            if round_:
                now = await town.read(round_)
                assert sum(each["outcome"] in ("proposed", "taken") for each in now["candidates"]) <= QUOTA
        told = [json.loads(each) for each in await reasons(town, await town.read(round_))]
        results.append([json.dumps(in_no_order(each), sort_keys=True) for each in told])
        assert [each[0] for each in told] == ["proposed", "not_eligible", "proposed", "not_eligible"]
    assert all(each == results[0] for each in results)


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
