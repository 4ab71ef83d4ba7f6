"""What the officer's console says of rule."""

from __future__ import annotations

from collections.abc import Mapping

OFFICE_RULES: Mapping[str, tuple[str, str]] = {}
