"""How every group of calls asks the bank: read one thing, write one thing, read a list as it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from creditbank_client.calling import Caller


class Calls:
    """A group of calls of the contract, by the client's one caller."""

    _caller: Caller

    def _read(self, path: str, **query: Any) -> dict[str, Any]:
        found: dict[str, Any] = self._caller.read(path, query).json()
        return found

    def _write(self, path: str, body: Any = None, key: str | None = None) -> dict[str, Any]:
        response = self._caller.write("POST", path, body, key=key)
        found: dict[str, Any] = response.json() if response.content else {}
        return found

    def _items(self, path: str, query: Mapping[str, Any], *, named: str = "items") -> Iterator[dict[str, Any]]:
        cursor = None
        while True:
            page = self._caller.read(path, {**query, "cursor": cursor}).json()
            yield from page[named]
            cursor = page["next_cursor"]
            if cursor is None:
                return
