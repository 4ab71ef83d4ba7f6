"""The bank's clock while the city is opened: it stands where the city is, never ahead of the present."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from creditbank import clock
from creditbank.demo import days
from creditbank.demo.demofile import DemoFile


@pytest.fixture(autouse=True)
def afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


def behind() -> timedelta:
    return datetime.now(UTC) - clock.now()


def test_a_new_city_begins_on_its_first_day_and_goes_on_to_the_day_after_the_notices(tmp_path: Path) -> None:
    days.begin(tmp_path / "demo.json", "")
    file = DemoFile.read(tmp_path / "demo.json", "")
    assert timedelta() <= clock.now() - days.OPENING < timedelta(minutes=1)
    days.go_on(file)
    assert timedelta() <= clock.now() - days.AFTER_NOTICES < timedelta(minutes=1)
    days.go_on(file, days.AFTER_CLAIMS)
    days.go_on(file)
    assert timedelta() <= clock.now() - days.AFTER_CLAIMS < timedelta(minutes=1), "nobody goes back"
    days.go_home(file)
    assert behind() < timedelta(seconds=1)
    assert file.stands_at is None


def test_a_start_after_a_cut_goes_on_where_the_clock_stood(tmp_path: Path) -> None:
    stood = days.OPENING + timedelta(minutes=7)
    clock.set_to(stood)
    file = DemoFile(path=tmp_path / "demo.json", base_url="", clients=[{"client_id": "one"}], stands_at="before")
    file.save()
    clock.set_to(None)
    days.begin(file.path, "")
    assert timedelta() <= clock.now() - stood < timedelta(minutes=1)


@pytest.mark.parametrize(
    "file",
    [
        {"complete": True, "stands_at": days.OPENING.isoformat()},
        {"clients": [{"client_id": "one"}]},
    ],
    ids=["open", "opened on the present day"],
)
def test_a_city_that_is_open_or_was_begun_without_has_the_present(file: dict[str, object], tmp_path: Path) -> None:
    DemoFile(path=tmp_path / "demo.json", base_url="", **file).save()  # type: ignore[arg-type]
    days.begin(tmp_path / "demo.json", "")
    assert behind() < timedelta(seconds=1)


def test_nobody_gets_ahead_of_the_present() -> None:
    clock.set_to(datetime.now(UTC) + timedelta(days=1))
    assert behind() < timedelta(seconds=1)
