"""What the consoles of colleges, providers and certificate bodies say."""

from __future__ import annotations

from collections.abc import Mapping

CONSOLE_WORDS: Mapping[str, tuple[str, str]] = {}
