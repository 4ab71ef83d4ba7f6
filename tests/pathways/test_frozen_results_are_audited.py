"""The audit finds what somebody did to a frozen result, and nothing in a bank that was only used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from creditbank.changes.numberer import number_all
from creditbank.oversight.audit import differences
from tests.pathways.cohort_town import CohortTown, a_cohort_town, outcomes


@pytest.fixture
async def town(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CohortTown]:
    async with a_cohort_town(addresses, tmp_path / "keys", monkeypatch) as place:
        cohort, _ = await place.cohort(90, 80, 70, 50, quota=2)
        assert outcomes(await place.frozen(cohort)) == ["taken", "taken", "not_taken", "not_taken"]
        await number_all(place.place.bank.database, now=place.place.at)
        yield place


async def test_a_round_that_was_only_run_has_no_differences(town: CohortTown) -> None:
    assert await differences(town.place.bank.database) == []


@pytest.mark.parametrize(
    ("tampering", "word"),
    [
        ("UPDATE round_result SET rows = jsonb_set(rows, '{2,outcome}', '\"taken\"')", "not what was digested"),
        ("UPDATE round_result SET rows = rows - 2", "not what was digested"),
        ("UPDATE pathway_round SET filing_no = 'another'", "not what was digested"),
        ("UPDATE pathway_round SET result_digest = result_digest || '\\x00'", "not what was digested"),
        ("DELETE FROM round_result", "not what was digested"),
        ("UPDATE round_candidate SET outcome = 'taken' WHERE rank = 3", "not what became of its candidates"),
        ("UPDATE round_candidate SET rank = 1 WHERE rank = 2", "not what became of its candidates"),
        ("UPDATE round_candidate SET outcome = 'taken' WHERE rank = 3", "than the year's intake has"),
        ("UPDATE intake SET quota = 1", "than the year's intake has"),
    ],
)
async def test_what_the_owner_of_the_database_edits_is_found(town: CohortTown, tampering: str, word: str) -> None:
    town.as_owner(tampering)
    assert any(word in line for line in await differences(town.place.bank.database))
