"""A bank that files are sent to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from creditbank.database_roles import Addresses
from tests.submissions.bank import SubmittingBank, submitting


@pytest.fixture
async def bank(addresses: Addresses, tmp_path: Path) -> AsyncIterator[SubmittingBank]:
    async with submitting(addresses, tmp_path) as opened:
        yield opened
