"""A whole round, then the college: progressing by a real result changes nothing frozen and asks for no review."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from creditbank.learners.documents import IdentityDocument
from creditbank.learners.indexes import document_index, name_index
from creditbank.oversight.audit import differences
from tests.pathways.cohort_town import CohortTown, a_cohort_town
from tests.recognition.college import name_of
from tests.records.town import resident


@pytest.fixture
async def town(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CohortTown]:
    async with a_cohort_town(addresses, tmp_path / "keys", monkeypatch) as place:
        yield place


def codes(said: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Each outcome with the code of its problem."""
    return [(one["outcome"], (one["problem"] or {}).get("code")) for one in said["outcomes"]]


async def test_those_whom_a_round_took_progress_and_the_result_stays_as_it_is(town: CohortTown) -> None:
    place = town.place
    cohort, who = await town.cohort(90, 80, 70, quota=2)
    ((programme,),) = await place.sql("SELECT programme_id FROM plan WHERE plan_id = %s", place.plan)
    await place.sql_do("UPDATE pathway SET college_programme_id = %s", programme)
    round_ = await town.frozen(cohort)
    result = await place.sql("SELECT rows, digest FROM round_result")
    place.go_to(date(2026, 9, 2))
    said = {
        "on": "2026-09-01",
        "learners": [{"member_no": number, "student_no": f"2026000{number}"} for number in (1, 2, 3)],
    }
    path = f"/v1/rounds/{round_['round_id']}/progressions"
    # In this town the members are put in without the indexes by which they are found: nobody gets a second account.
    lost = await place.ask("POST", path, place.registrar, json=said)
    assert codes(lost)[:2] == [("refused", "enrolment_found_nobody")] * 2
    assert await place.sql("SELECT count(*) FROM learner") == [(3,)]
    for serial, learner_id in enumerate(who, 1):
        index = document_index(place.bank.keyring, IdentityDocument("resident_id", resident(serial), None, None))
        name = name_index(place.bank.keyring, name_of(serial))
        await place.sql_do("INSERT INTO identity_key VALUES (%s, %s, now())", index, learner_id)
        await place.sql_do("UPDATE learner_document SET number_index = %s WHERE learner_id = %s", index, learner_id)
        await place.sql_do("UPDATE learner_name SET name_index = %s WHERE learner_id = %s", name, learner_id)
    came = await place.ask("POST", path, place.registrar, json=said)
    assert codes(came) == [("progressed", None), ("progressed", None), ("refused", "not_taken_in_this_result")]
    assert await place.sql("SELECT rows, digest FROM round_result") == result
    assert await place.sql("SELECT count(*) FROM progression_review") == [(0,)]
    read = await place.ask("GET", f"/v1/rounds/{round_['round_id']}/progressions", place.registrar)
    assert [one["status"] for one in read["learners"]] == ["progressed", "progressed"]
    assert [one["learner_id"] for one in read["learners"]] == [str(one) for one in who[:2]]
    assert [one["record_id"] for one in read["learners"]] == [one["record_id"] for one in came["outcomes"][:2]]
    assert await differences(place.bank.database) == []
