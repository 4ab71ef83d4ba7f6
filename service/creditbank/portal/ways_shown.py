"""A pathway as its learner reads it: gate by gate, what is missing, whose it is and until when, what would turn it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from creditbank.errors import Language
from creditbank.pathways.asking_schemas import GateEvidence, GateOut, WayOut
from creditbank.portal.records_shown import sentence
from creditbank.portal.story_shown import Source, document_said, sources_told
from creditbank.portal.words import speaker
from creditbank.rules import Rulebook


@dataclass(frozen=True, slots=True)
class Gate:
    """A clause, how it stands, what was found of it, and who can mend it until when."""

    rule: str
    standing: str
    standing_said: str
    turned: bool
    ground: str
    findings: list[str]
    records: list[GateEvidence]
    sources: list[int]
    mendable: bool | None
    until: date | None
    by: list[str]


@dataclass(frozen=True, slots=True)
class Way:
    """The whole pathway; what stands open comes first."""

    open: list[Gate]
    closed: list[Gate]
    sources: list[Source]
    changes: list[list[str]]
    law: str
    outputs: dict[str, Any]


_OPEN = ("not_met", "unknown")


def way_shown(way: WayOut, rulebook: Rulebook, language: Language) -> Way:
    """The view of a pathway."""
    cited = [{"citation": gate.citations} for gate in way.gates_told]
    sources, numbers = sources_told(cited, language)
    gates = [_gate(each, numbers, set(way.turned), language) for each in way.gates_told]
    return Way(
        open=[each for each in gates if each.standing in _OPEN],
        closed=[each for each in gates if each.standing not in _OPEN],
        sources=sources,
        changes=[[one.says for one in together] for together in way.changes],
        law=document_said(rulebook, way.document, way.version, language),
        outputs=way.outputs,
    )


def _gate(gate: GateOut, numbers: dict[str, int], turned: set[str], language: Language) -> Gate:
    standing = "refer" if gate.verdict == "not_met" and gate.effect == "refer" else gate.verdict
    rule = sentence(gate.rule, language)
    says = [sentence(each.says, language) for each in gate.findings]
    return Gate(
        rule=rule,
        standing=standing if standing != "refer" else "not_met",
        standing_said=speaker(language)(f"finding_{standing}"),
        turned=gate.clause in turned,
        ground=gate.ground or "",
        findings=[each for each in dict.fromkeys(says) if each != rule],
        records=[each for each in gate.evidence if each.kind == "record"],
        sources=[numbers[each["id"]] for each in gate.citations],
        mendable=gate.mendable,
        until=gate.until,
        by=[each.name for each in gate.by],
    )
