"""A bank that is open, for the tests about who is asking."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.open_bank import OpenBank, opened


@pytest.fixture
async def bank(addresses: Any, tmp_path: Path) -> AsyncIterator[OpenBank]:
    async with opened(addresses, tmp_path / "keys") as found:
        yield found
