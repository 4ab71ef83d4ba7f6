"""The small town, for every test of records."""

from __future__ import annotations

from tests.records.town import town

__all__ = ["town"]
