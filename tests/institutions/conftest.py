"""A bank that is open, with two colleges that have published nothing yet, and those who call for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from creditbank.identity.actor import Actor
from tests.open_bank import OpenBank, machine, opened, person


@dataclass
class City:
    """The open bank, two colleges, the client of each, and an officer."""

    bank: OpenBank
    college: UUID
    other: UUID
    client: Actor
    stranger: Actor
    officer: Actor

    async def get(self, path: str, by: Actor | None = None, **asked: Any) -> httpx.Response:
        return await self.bank.call("GET", f"/v1{path}", by or self.client, params=asked)

    async def put(
        self, path: str, body: Any, by: Actor | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return await self.bank.call("PUT", f"/v1{path}", by or self.client, json=body, headers=headers or {})

    async def post(
        self, path: str, *rows: Any, by: Actor | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Post rows in one call."""
        return await self.bank.call("POST", f"/v1{path}", by or self.client, json={"rows": rows}, headers=headers or {})

    async def outcomes(self, path: str, *rows: Any, by: Actor | None = None) -> list[str]:
        """What became of each row."""
        answer = await self.post(path, *rows, by=by)
        assert answer.status_code == 200, answer.text
        return [row["outcome"] for row in answer.json()["outcomes"]]


@pytest.fixture
async def city(addresses: Any, tmp_path: Path) -> AsyncIterator[City]:
    async with opened(addresses, tmp_path / "keys") as bank:
        college, other = await bank.institution(), await bank.institution()
        yield City(
            bank=bank,
            college=college,
            other=other,
            client=machine("catalogue:write", institution_id=college),
            stranger=machine("catalogue:write", institution_id=other),
            officer=person("officer"),
        )
