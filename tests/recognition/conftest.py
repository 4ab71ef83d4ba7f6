"""The small town, and a college that converts, for every test of claims."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.recognition.college import College, a_college
from tests.records.town import town

__all__ = ["town"]


@pytest.fixture
async def college(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[College]:
    async with a_college(addresses, tmp_path / "keys", monkeypatch) as place:
        yield place
