"""What the console's pages of records say."""

from __future__ import annotations

from collections.abc import Mapping

CONSOLE_RECORD_WORDS: Mapping[str, tuple[str, str]] = {}
