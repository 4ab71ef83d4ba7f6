"""What the officer's console says of figure."""

from __future__ import annotations

from collections.abc import Mapping

OFFICE_FIGURES: Mapping[str, tuple[str, str]] = {}
