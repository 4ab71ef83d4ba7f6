"""What a learner's own pages say: home, progress, inbox, consent, personal data."""

from __future__ import annotations

from collections.abc import Mapping

LEARNER_WORDS: Mapping[str, tuple[str, str]] = {}
