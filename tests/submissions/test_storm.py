"""The storm of `make storm` in a small size: everything is killed, and the end is that of a quiet run, row for row."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.load.storm import storm, together

SEED = 20240112


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path on a disk."""
    with tempfile.TemporaryDirectory(prefix="cb-storm-", ignore_cleanup_errors=True) as made:
        yield Path(made)


def test_whatever_is_killed_the_end_is_that_of_a_quiet_run(folder: Path) -> None:
    told = storm(folder, rows=3_000, kills=4, seed=SEED, lease=2)
    assert sum(told.kills.values()) == 4, asdict(told)
    assert set(told.kills) == {"worker", "service", "postgres"}, asdict(told)
    assert (told.differences, told.audit) == ([], []), f"seed {SEED}: {asdict(told)}"
    assert sum(told.counts.values()) == 3_000, asdict(told)
    assert {"deposited", "corrected", "held", "refused"} <= set(told.counts)


def test_four_institutions_with_the_same_learners_at_once_lose_nothing(folder: Path) -> None:
    told = together(folder, rows_each=300, lease=2)
    assert (told.lost, told.jobs_left, told.audit) == ([], [], []), asdict(told)
    assert told.counts == [{"deposited": 300}] * 4, asdict(told)
    assert told.learners == 20, "one account for each person, whoever came first"
