"""What the officer's console says of access."""

from __future__ import annotations

from collections.abc import Mapping

OFFICE_ACCESS: Mapping[str, tuple[str, str]] = {}
