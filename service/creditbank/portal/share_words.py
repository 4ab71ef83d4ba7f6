"""What the pages of shares say, and those on which anybody checks one."""

from __future__ import annotations

from collections.abc import Mapping

SHARE_WORDS: Mapping[str, tuple[str, str]] = {}
