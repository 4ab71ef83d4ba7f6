"""Pure: a fact that is not known, as answers tell it, and who can say it."""

from __future__ import annotations

from creditbank.recognition.schemas import Missing
from creditbank.rules.facts import FACTS


def missing_out(name: str) -> Missing:
    """The fact in both languages, and the hand that can say it."""
    fact = FACTS[name]
    return Missing(fact=name, zh=fact.zh, en=fact.en, hand=fact.supplier.hand)
