"""The log of access in words: what was done and what for, for the learner and for the auditor."""

from __future__ import annotations

from creditbank.errors import Language
from creditbank.portal.words import PHRASES, speaker


def act_said(act: str, language: Language) -> str | None:
    """What was done, as a sentence; nothing for a word that this bank does not write."""
    say = speaker(language)
    return say(f"log_act_{act}") if f"log_act_{act}" in PHRASES else None


def purpose_said(purpose: str, language: Language) -> str | None:
    """What the bank itself wrote that it was for, as a sentence; nothing for what somebody typed."""
    say = speaker(language)
    return say(f"log_for_{purpose}") if f"log_for_{purpose}" in PHRASES else None
