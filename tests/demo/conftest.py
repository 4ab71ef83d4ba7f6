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
CHOSEN = pytest.StashKey[bool]()
"""Whether only some of the tests of a module were asked for."""
LAST = "test_every_page_in_a_browser"
"""Asks what the others have seen."""


@pytest.hookimpl(trylast=True)  # after whatever shuffles
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the city one after another: those that only look, those whose people act in it, what asks about both."""
    here = [item for item in items if item.path.parent == Path(__file__).parent]
    if not here:
        return
    first, there = items.index(here[0]), set(map(id, here))
    before = [item for item in items[:first] if id(item) not in there]
    after = [item for item in items[first:] if id(item) not in there]
    here.sort(key=lambda item: (item.path.stem.endswith(HANDS_ON), item.path.stem == LAST))
    items[:] = [*before, *here, *after]


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Some tests were left out by what was asked for."""
    if items:
        items[0].config.stash[CHOSEN] = True


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


@pytest.fixture(scope="package")
def seen() -> set[str]:
    """Addresses of pages that were looked over in a browser."""
    return set()


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether every test of the browser was asked for, and none of them has failed."""
    session, here = request.session, Path(__file__).parent
    asked = {item.path for item in session.items}
    chosen = session.config.stash.get(CHOSEN, False) or any("::" in each for each in session.config.args)
    return asked.issuperset(here.glob("test_*_in_a_browser.py")) and not chosen and not session.testsfailed


@pytest.fixture(scope="module")
def at(city: Opened, seen: set[str]) -> Iterator[At]:
    """Opens a screen of a real browser for somebody of the city."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no system Chromium")
    yield from screens(city.bank.base_url, city.file.person, seen)
