"""Rounds over what is really gathered: statements decide candidates, and a later one decides its own again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from creditbank.pathways import deciding, gathering, reviews
from creditbank.pathways.statement_bodies import HealthSaid, ProcessSaid
from creditbank.pathways.statements import OfCohort, Speaker, Wanted, state_many
from tests.pathways.cohort_town import CohortTown, a_cohort_town, outcomes


@pytest.fixture
async def town(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CohortTown]:
    async with a_cohort_town(addresses, tmp_path / "keys", monkeypatch) as place:
        for module in (deciding, reviews):
            monkeypatch.setattr(module, "gather_cohort", gathering.gather_cohort)
        yield place


async def state(town: CohortTown, cohort: UUID, who: UUID, *, score: str, fit: bool = True) -> None:
    """The school states the process assessment and the health of a member."""
    place, tools = town.place, town.tools()
    rows = [
        Wanted(who, ProcessSaid(topic="process", score=score)),  # type: ignore[arg-type]
        Wanted(who, HealthSaid(topic="health", fit=fit)),
    ]
    of, by = OfCohort(cohort, place.school, place.college), Speaker("school", "login:school", place.school)

    async def act(session: Any) -> list[str]:
        found = await state_many(session, of, rows, by=by, tools=tools)
        return [each.outcome if each.refusal is None else str(each.refusal) for each in found]

    assert set(await place.bank.database.write(act)) <= {"stated", "unchanged"}


async def test_statements_decide_a_round_and_a_correction_decides_its_learner_again(town: CohortTown) -> None:
    cohort, who = await town.cohort(0, 0, 0, quota=1)
    await state(town, cohort, who[0], score="90")
    await state(town, cohort, who[1], score="80")
    round_ = await town.decided(cohort)
    assert outcomes(round_) == ["proposed", "beyond_quota", "unknown"]
    assert {each["fact"] for each in round_["candidates"][2]["missing"]} == {"health.fit", "process.score"}
    await state(town, cohort, who[2], score="95", fit=False)
    assert outcomes(await town.read(round_)) == ["proposed", "beyond_quota", "not_eligible"]
    round_ = await town.act(round_, "notice")
    await state(town, cohort, who[0], score="70")
    round_ = await town.read(round_)
    assert (round_["state"], outcomes(round_)) == ("decided", ["beyond_quota", "proposed", "not_eligible"])
    round_ = await town.act(round_, "notice")
    town.place.go_to(date(2026, 3, 20))
    round_ = await town.act(await town.act(round_, "filing"), "freezing", {"filing_no": "1"}, by=town.place.officer)
    await state(town, cohort, who[0], score="99")
    assert outcomes(await town.read(round_)) == ["not_taken", "taken", "not_taken"]
    (review,) = (await town.place.ask("GET", "/v1/progression-reviews", town.place.officer))["items"]
    assert (review["learner_id"], review["because"]) == (str(who[0]), "statement")


async def test_the_reasons_are_replayed_to_the_byte(town: CohortTown) -> None:
    cohort, who = await town.cohort(0, quota=1)
    await state(town, cohort, who[0], score="90", fit=False)
    round_ = await town.decided(cohort)
    path = f"/v1/decisions/{round_['candidates'][0]['decision_id']}"
    again = await town.place.ask("POST", path + "/replay", town.place.registrar)
    assert (again["same"], again["differences"]) == (True, [])
    school = await town.place.ask("GET", path, town.school)
    assert "health" not in school["facts"]
