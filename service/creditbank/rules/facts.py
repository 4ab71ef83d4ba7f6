"""Every fact that a rule may ask about, declared once: type, unit, names, what its absence means, who can supply it."""

from __future__ import annotations

from creditbank.rules.declaring import Fact
from creditbank.rules.pathway_facts import pathway_facts
from creditbank.rules.record_facts import record_facts
from creditbank.rules.study_facts import study_facts

FACTS: dict[str, Fact] = {fact.name: fact for fact in (*record_facts(), *study_facts(), *pathway_facts())}
SUBJECTS = tuple(dict.fromkeys(name.partition(".")[0] for name in FACTS))
