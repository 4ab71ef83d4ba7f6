"""A bank that is open, for the tests about who is asking."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from creditbank.identity import security
from tests.open_bank import OpenBank, opened


@pytest.fixture
async def bank(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OpenBank]:
    """With passwords that are cheap to check: what they cost is tested in test_security."""
    monkeypatch.setattr(security, "_ARGON2", security._ARGON2.using(memory_cost=64, time_cost=1))
    async with opened(addresses, tmp_path / "keys") as found:
        yield found
