"""The rulebook a process decides by: looked for anew at most once a second, replaced when something was published.

What is decided by a book was begun at most LOOK_AGAIN seconds after it was the newest: a request asks before it
begins and keeps its book to its end; work between requests, chunk by chunk, is given one that was looked for at most
LONGEST seconds ago, or none.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from typing import Any

import structlog

from creditbank.db import Database
from creditbank.errors import TemporarilyUnavailable
from creditbank.rules import Rulebook
from creditbank.rules.service import published, published_number

LOOK_AGAIN = 1.0
"""Seconds for which a process goes by what it saw."""
LONGEST = 15.0
"""Seconds after which a worker that could not look decides nothing."""

log = structlog.get_logger(__name__)


class RulesInForce:
    """The newest rulebook this process knows, and when it last made sure of that.

    `number` is how many acts of publication the book holds; 0 for one that was never published, which then stays
    until the first publication.
    """

    def __init__(self, book: Rulebook, *, number: int = 0, looked_at: float | None = None) -> None:
        self._book, self._number = book, number
        self._looked_at = looked_at
        self._looking = asyncio.Lock()

    @property
    def number(self) -> int:
        """How many acts of publication the book holds."""
        return self._number

    @property
    def book(self) -> Rulebook:
        """The book as it was seen last, for work that `watch` runs beside. Raises TemporarilyUnavailable if that was
        too long ago to decide by."""
        if self._looked_at is not None and time.monotonic() - self._looked_at > LONGEST:
            raise TemporarilyUnavailable
        return self._book

    async def current(self, database: Database) -> Rulebook:
        """The book in force: at most LOOK_AGAIN seconds old. Raises what the database raises, and RulesRefused for
        published rules that this version of the software cannot read: it then decides nothing."""
        if not self._fresh():
            async with self._looking:
                if not self._fresh():
                    await self._look(database)
        return self._book

    def _fresh(self) -> bool:
        return self._looked_at is not None and time.monotonic() - self._looked_at < LOOK_AGAIN

    async def _look(self, database: Database) -> None:
        looked_at = time.monotonic()
        async with database.bare() as connection:
            number = await published_number(connection)
        if number != self._number:
            async with database.session() as session:
                found = await published(session)
            self._book = await asyncio.to_thread(found.book)
            self._number = found.number
            log.info("rules_in_force", number=found.number, digest=found.digest)
        self._looked_at = looked_at

    async def watch(self, database: Database, stop: asyncio.Event) -> None:
        """Look every LOOK_AGAIN seconds until `stop` is set: beside work that cannot wait for an answer."""
        while not stop.is_set():
            await self.current(database)
            try:
                await asyncio.wait_for(stop.wait(), LOOK_AGAIN / 2)
            except TimeoutError:
                continue


class Things(Mapping[type, Any]):
    """What a process has for its handlers, its rulebook always the one in force."""

    def __init__(self, things: Mapping[type, Any], rules: RulesInForce) -> None:
        self._things = {**things, RulesInForce: rules}
        self._rules = rules

    def __getitem__(self, kind: type) -> Any:
        return self._rules.book if kind is Rulebook else self._things[kind]

    def __iter__(self) -> Iterator[type]:
        return iter((*self._things, Rulebook))

    def __len__(self) -> int:
        return len(self._things) + 1
