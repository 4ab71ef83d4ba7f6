"""Statements about many rows go in parts: PostgreSQL works on one part while Python deals with another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from itertools import zip_longest
from typing import Any, LiteralString, TypeVar

from psycopg.generators import send

from creditbank.db import Transaction, driver, run

Item = TypeVar("Item")

PART = 200
"""So many rows go together: enough that a statement costs little, few enough that nobody waits long for the first."""


async def on_its_way(session: Transaction) -> None:
    """Send what was asked for in a pipeline to the last byte, so that PostgreSQL begins; nothing is waited for."""
    connection = await driver(session)
    if connection.pgconn.pipeline_status:
        await connection.wait(send(connection.pgconn))


async def in_parts(
    session: Transaction,
    statement: LiteralString,
    items: Sequence[Item],
    ask: Callable[[Sequence[Item]], tuple[Any, ...]],
) -> AsyncIterator[tuple[Sequence[Item], list[tuple[Any, ...]]]]:
    """Ask a statement about each part of some items; each part with its answers.

    The next part is on its way before the answers of one are dealt with.
    """
    parts = [items[start : start + PART] for start in range(0, len(items), PART)]
    if not parts:
        return
    coming = await run(session, statement, *ask(parts[0]))
    for part, following in zip_longest(parts, parts[1:]):
        if following is None:
            yield part, await coming.fetchall()
            return
        await on_its_way(session)
        asked = ask(following)
        found = await coming.fetchall()
        coming = await run(session, statement, *asked)
        await on_its_way(session)
        yield part, found
