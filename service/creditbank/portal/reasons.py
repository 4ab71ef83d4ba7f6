"""Why a record has no credits, in a sentence: what the clause that decided says in its rule document."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from creditbank.errors import Language
from creditbank.portal.words import speaker
from creditbank.rules import Rulebook
from creditbank.rules.clauses import Clause
from creditbank.rules.compiling import CompiledVersion

_Said = tuple[CompiledVersion, Clause]


def reason_of(rulebook: Rulebook, *, kind: str, clause: str | None, occurred_on: str, language: Language) -> str:
    """The clause of the version in force on that day, or where to read the reasons if it is not certain which it is."""
    say = speaker(language)
    if clause == "version":
        return say("reason_version")
    if clause is not None and clause.startswith("gives."):
        return say("reason_output")
    found = [
        said for version, said in _clauses(rulebook).get((kind, clause or ""), ())
        if version.begins <= occurred_on <= version.ends
    ]  # fmt: skip
    sentences = {said.zh if language == "zh" else said.en for said in found}
    return sentences.pop() if len(sentences) == 1 else say("reason_open")


@lru_cache(maxsize=4)
def _clauses(rulebook: Rulebook) -> Mapping[tuple[str, str], list[_Said]]:
    """Clauses by kind of record and id: more than one where documents apply to different institutions, or by date."""
    found: dict[tuple[str, str], list[_Said]] = {}
    for version in rulebook.versions():
        for kind in version.document.tree["applies"].get("record.kind", ()):
            for clause in version.clauses:
                found.setdefault((str(kind), clause.id), []).append((version, clause))
    return found
