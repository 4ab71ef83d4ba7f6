"""What the officer's console says."""

from __future__ import annotations

from collections.abc import Mapping

OFFICE_WORDS: Mapping[str, tuple[str, str]] = {}
