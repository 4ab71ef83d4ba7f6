"""Names for rows, made by the application before they are written."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: rows made together lie together. Its order is not that of commits, and nothing relies on it."""
    return uuid7()
