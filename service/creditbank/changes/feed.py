"""Reading the feed: what changed after a number, in the order in which it was committed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg.rows import dict_row
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.errors import BankError

_OF_ALL = """
SELECT number, numbered_at, change_id, institution_id, record_id, version, claim_id, act, summary
FROM feed_item WHERE number > %(after)s ORDER BY number LIMIT %(limit)s
"""
_OF_ONE = """
SELECT number, numbered_at, change_id, institution_id, record_id, version, claim_id, act, summary
FROM feed_item WHERE institution_id = %(institution_id)s AND number > %(after)s ORDER BY number LIMIT %(limit)s
"""


class ReaderIsAheadOfTheFeed(BankError):
    """The caller has a number that the bank has not given out: of another bank, or from before a restore."""

    status = 409
    code = "reader_ahead_of_feed"
    zh = "after={after} 大于已编出的最后一个变更编号 {last}。请核对环境；若系统刚从备份恢复，请从 after=0 重新读取。"
    en = (
        "after={after} is beyond {last}, the last change that has a number. Check that this is the same bank; "
        "after a restore from a backup, read again from after=0."
    )


async def changes_after(
    session: AsyncSession, *, after: int, limit: int, institution_id: UUID | None
) -> list[dict[str, Any]]:
    """At most `limit` changes with a number greater than `after`, in order; of one institution, or of all.

    A change that is not here yet will have a greater number than every one that is, so a reader who goes on from the
    last number it has handled loses nothing. Raises ReaderIsAheadOfTheFeed.
    """
    connection = await driver(session)
    cursor = connection.cursor(row_factory=dict_row)
    said = {"after": after, "limit": limit, "institution_id": institution_id}
    await cursor.execute(_OF_ALL if institution_id is None else _OF_ONE, said)
    found = await cursor.fetchall()
    if not found and after > 0:
        await cursor.execute("SELECT coalesce(max(number), 0) AS last FROM feed_item")
        row = await cursor.fetchone()
        if row is not None and after > row["last"]:
            raise ReaderIsAheadOfTheFeed(after=after, last=row["last"])
    return found
