"""What the pages say of what records are worth elsewhere, of claims, and of ways to go."""

from __future__ import annotations

from collections.abc import Mapping

WORTH_WORDS: Mapping[str, tuple[str, str]] = {}
