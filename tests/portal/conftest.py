"""The pages of a small town's bank, for every test of the portal."""

from __future__ import annotations

from tests.portal.place import portal
from tests.records.town import town

__all__ = ["portal", "town"]
