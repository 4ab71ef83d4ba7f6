"""One city for all of its tests: to open it takes a while."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from creditbank import clock
from creditbank.demo import Bootstrap, DemoFile, begin, load
from tests.clients.served import served
from tests.conftest import copied
from tests.demo.browsing import CHROMIUM, At, screens
from tests.demo.opened import CUT_OFF, Interrupted, Opened

HANDS_ON = ("_in_a_browser", "_guide")


@pytest.hookimpl(trylast=True)  # after whatever shuffles
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the city one after another, those that only look before those whose people act in it."""
    here = [item for item in items if item.path.parent == Path(__file__).parent]
    if not here:
        return
    first, there = items.index(here[0]), set(map(id, here))
    before = [item for item in items[:first] if id(item) not in there]
    after = [item for item in items[first:] if id(item) not in there]
    here.sort(key=lambda item: item.path.stem.endswith(HANDS_ON))
    items[:] = [*before, *here, *after]


@pytest.fixture(scope="package")
def city(run: Any, superuser: Any, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Loaded by two starts: the first is cut off when the results of one college are in, and before it could write
    that down; the second goes on."""

    def cut_off(line: str) -> None:
        if CUT_OFF.name in line:
            raise Interrupted

    try:
        for addresses in copied(run, superuser, template):
            folder = tmp_path_factory.mktemp("demo")
            begin(folder / "demo.json", "")
            with served(addresses, folder) as bank:
                bootstrap = Bootstrap(bank.settings, bank.database_url)
                with pytest.raises(Interrupted):
                    load(bank.base_url, bootstrap, say=cut_off)
                cut = DemoFile.read(bank.settings.data_dir / "demo.json", bank.base_url)
                assert cut.done.pop() == CUT_OFF.name
                cut.save()
                steps: list[str] = []
                yield Opened(bank, bootstrap, load(bank.base_url, bootstrap, say=steps.append), steps)
    finally:
        clock.set_to(None)  # also where it never comes to its last day


@pytest.fixture(scope="module")
def at(city: Opened) -> Iterator[At]:
    """Opens a screen of a real browser for somebody of the city."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no system Chromium")
    yield from screens(city.bank.base_url, city.file.person)
