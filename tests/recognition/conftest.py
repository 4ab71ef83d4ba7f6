"""The small town, for every test of claims."""

from __future__ import annotations

from tests.records.town import town

__all__ = ["town"]
