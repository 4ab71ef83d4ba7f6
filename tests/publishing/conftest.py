"""A bank with one short rule, for every test of publishing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.open_bank import opened
from tests.publishing.place import OLD, Place, rule
from tests.records.town import founded


@pytest.fixture
async def place(addresses: Any, tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(addresses, tmp_path / "keys") as bank:
        college, school, _ = await founded(bank.database)
        found = Place(bank, college, school)
        await found.seed(rule(OLD))
        yield found
