"""What the console's pages of claims say."""

from __future__ import annotations

from collections.abc import Mapping

CONSOLE_CLAIM_WORDS: Mapping[str, tuple[str, str]] = {}
