"""Gathering from the real database: one person's accounts, a day, whoever was erased, and records of others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from creditbank.pathways.gathering import gather_cohort, known_of, people_of, ways_of
from creditbank.pathways.known import Known
from creditbank.records.refusals import LearnerErased
from creditbank.rules.questions import check_facts
from tests.pathways.cohort_town import CohortTown, a_cohort_town
from tests.recognition.college import Learner


@pytest.fixture
async def town(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CohortTown]:
    async with a_cohort_town(addresses, tmp_path / "keys", monkeypatch) as place:
        yield place


async def state(town: CohortTown, cohort: UUID, who: UUID, said: dict[str, Any], **more: Any) -> None:
    body = {"statements": [{"learner_id": str(who), "said": said, **more}]}
    answer = await town.place.ask("POST", f"/v1/cohorts/{cohort}/statements", town.school, json=body)
    assert answer["counts"] == {"stated": 1}, answer


async def known(town: CohortTown, cohort: UUID, who: UUID, *, on: date | None = None) -> Known:
    place = town.place
    async with place.bank.database.session() as session:
        (found,) = await gather_cohort(
            session, cohort, [who], on=on or place.at.date(), round=None, keyring=place.bank.keyring, at=place.at
        )
    check_facts("progression", found.facts)
    return found


async def merge(town: CohortTown, one: UUID, into: UUID) -> str:
    body = {"learner_id": str(one), "into_learner_id": str(into), "reason": "同一人"}
    made = await town.place.ask("POST", "/v1/learner-merges", town.place.officer, json=body, status=None)
    return str(made["alias_id"])


async def test_what_is_stated_of_any_account_of_a_person_is_of_the_person_until_they_are_parted(
    town: CohortTown,
) -> None:
    cohort, (mine,) = await town.cohort(0, quota=1)
    other_cohort, (other,) = await town.cohort(0, quota=1)
    sanction = {"topic": "sanction", "number": "3", "kind": "demerit", "on": "2025-10-08"}
    await state(town, cohort, mine, sanction)
    await state(town, other_cohort, other, {**sanction, "lifted_on": "2026-02-08"})
    await state(town, other_cohort, other, {"topic": "health", "fit": True})
    await state(town, other_cohort, other, {"topic": "process", "score": "85"})
    before = await known(town, cohort, mine)
    assert "lifted_on" not in before.facts["sanctions"][0]["sanction"]
    assert "health" not in before.facts
    alias = await merge(town, other, mine)
    found = await known(town, cohort, mine)
    assert set(found.family) == {mine, other}
    row, _ = found.facts["sanctions"]  # one sanction in two accounts, as it was stated last
    assert row["sanction"]["lifted_on"] == "2026-02-08"
    assert found.facts["health"] == {"fit": True}
    assert "process" not in found.facts  # of the other cohort
    assert found.facts["member"]["other_cohorts"] == 1
    path = f"/v1/learner-merges/{alias}/end"
    await town.place.ask("POST", path, town.place.officer, json={"reason": "不是同一人"})
    assert (await known(town, cohort, mine)).facts == before.facts


async def test_statements_later_than_the_day_do_not_count(town: CohortTown) -> None:
    cohort, (who,) = await town.cohort(0, quota=1)
    await state(town, cohort, who, {"topic": "process", "score": "85"}, occurred_on="2026-02-10")
    await state(town, cohort, who, {"topic": "process", "score": "58"}, occurred_on="2026-02-20")
    days = {date(2026, 2, 9): None, date(2026, 2, 10): "85", date(2026, 2, 19): "85", date(2026, 2, 20): "58"}
    for day, score in days.items():
        assert (await known(town, cohort, who, on=day)).facts.get("process", {}).get("score") == score


async def test_of_whoever_was_erased_nothing_is_gathered_and_it_is_said(town: CohortTown) -> None:
    cohort, (who, other) = await town.cohort(0, 0, quota=1)
    for one in (who, other):
        await state(town, cohort, one, {"topic": "process", "score": "85"})
    for act in ("closing", "erasure"):
        path = f"/v1/learners/{who}/{act}"
        await town.place.ask("POST", path, town.place.officer, json={"reason": "本人依法申请"})
    with pytest.raises(LearnerErased):
        await known(town, cohort, who)
    assert (await known(town, cohort, other)).facts["process"] == {"score": "85"}


async def test_records_of_every_institution_decide_and_each_is_told_by_whom_it_is(town: CohortTown) -> None:
    place = town.place
    learner: Learner = await place.enrol(certificates=1)
    _, who = await town.cohort(0, quota=1)
    cohort, _ = await town.cohort(0, quota=1)
    ((pathway,),) = await place.sql("SELECT pathway_id FROM cohort WHERE cohort_id = %s", cohort)

    async def asked(on: date) -> Known:
        async with place.bank.database.session() as session:
            people = await people_of(session, [(learner.learner_id,)], on=on, keyring=place.bank.keyring)
            people.ways = await ways_of(session, [pathway], on=on)
            found = known_of(people, 0, learner.learner_id, pathway, round_=None)
        check_facts("progression", found.facts)
        return found

    (record,) = learner.records
    found = await asked(date(2025, 6, 1))
    certificates = [row for row in found.facts["records"] if row["record"]["kind"] == "certificate"]
    assert [row["id"] for row in certificates] == [str(record)]
    (evidence,) = found.evidence[str(record)]
    assert (evidence.kind, evidence.institution_id) == ("record", str(place.body))
    early = await asked(date(2025, 5, 31))
    assert str(record) not in {row["id"] for row in early.facts["records"]}
    # Somebody in no cohort: nothing can have been stated of them, and nothing is taken for none.
    assert found.cohort_id is None
    assert not {"exams", "sanctions", "registrations", "admissions"} & set(found.facts)
    assert who[0] != learner.learner_id
