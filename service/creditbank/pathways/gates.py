"""Gates (转段条件): what the rules say of a learner on a pathway, clause by clause, each with its ground; pure.

A gate is one clause. What it tells depends on who asks: whoever does not decide by sensitive facts (discipline, health,
residence) is told the rule and its verdict, never what was seen, and whoever did not report a record is not told of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditbank.errors import Language
from creditbank.pathways.known import Evidence, Known
from creditbank.pathways.statement_topics import SENSITIVE_SETS
from creditbank.records.without_sensitive import SENSITIVE, findings_without_sensitive
from creditbank.rules import Decided, Rulebook
from creditbank.rules.clauses import Clause
from creditbank.rules.compiling import CompiledVersion
from creditbank.rules.decide import clauses_of
from creditbank.rules.facts import FACTS
from creditbank.rules.flips import turning

_GRAVEST = ("not_met", "unknown", "met", "exempt")
_OUTPUTS = "gives."
_ASIDE_ZH = "（涉及敏感个人信息，仅作出决定者和学习者本人可见）"
_ASIDE_EN = " (it rests on sensitive facts, which only the learner and those who decide on them see)"
_WHEN = frozenset({"pathway.on", "decision.on"})
"""Facts that the learner moves by waiting: until when one has to wait would tell of what is waited for."""


@dataclass(frozen=True, slots=True)
class Sees:
    """How much somebody who asks may see.

    `sensitive`: what was observed of sensitive facts. `institution_id`: of records only those that this one reported;
    without it all of them. `statements`: whether the ids of statements are theirs to see.
    """

    sensitive: bool = False
    institution_id: str | None = None
    statements: bool = True


EVERYTHING = Sees(sensitive=True)


def decide(known: Known, rulebook: Rulebook) -> Decided:
    """What the rules say of somebody on a pathway, on the day for which it was gathered."""
    return rulebook.decide("progression", known.facts, on=known.on)


def gates_of(decided: Decided, known: Known, *, sees: Sees, language: Language) -> list[dict[str, Any]]:
    """Every clause with its answer, in the order of the document.

    Of a clause that rests on sensitive facts somebody who may not see them is told the rule and whether it is met, not
    met or unknown: an exemption, or that it does not ask anything of this learner, would tell why, and so would its
    last day.
    """
    clauses = list(clauses_of(decided.versions))
    resting = (
        {} if sees.sensitive
        else {name: (version, clause) for version, clause, name in clauses if _rests_on(version, clause.id)}
    )  # fmt: skip
    by_clause: dict[str, list[dict[str, Any]]] = {name: [] for _, _, name in clauses}
    for finding in decided.findings():
        if not finding["clause"].startswith(_OUTPUTS):
            by_clause.setdefault(finding["clause"], []).append(finding)
    facts = dict(known.facts)
    gates = []
    for name, found in by_clause.items():
        if name in resting:
            gates.append(_masked(name, *resting[name], found, language=language))
        elif found:
            shown = found if sees.sensitive else findings_without_sensitive(found, facts)
            gates.append(_gate(name, shown, known, sees=sees, language=language))
    return gates


def _masked(
    name: str, version: CompiledVersion, clause: Clause, findings: Sequence[dict[str, Any]], *, language: Language
) -> dict[str, Any]:
    """A clause that rests on sensitive facts, in the same words whatever was seen."""
    verdict = next((one for one in ("not_met", "unknown") if any(each["verdict"] == one for each in findings)), "met")
    rule = clause.zh if language == "zh" else clause.en
    aside = _ASIDE_ZH if language == "zh" else _ASIDE_EN
    said: dict[str, Any] = {
        "fact": "", "verdict": verdict, "observed": None, "required": None, "says": rule + aside, "missing": [],
        "masked": True,
    }  # fmt: skip
    return {
        "clause": name,
        "rule": rule,
        "verdict": verdict,
        "effect": clause.effect,
        "ground": None,
        "findings": [said],
        "evidence": [],
        "citations": [{"id": each, **version.sources[each]} for each in clause.cites],
        "final": False,
        "mendable": None,
        "until": None,
        "missing": [],
        "by": [],
    }


_RESTING: dict[tuple[str, str], bool] = {}


def _rests_on(version: CompiledVersion, clause_id: str) -> bool:
    """Whether a clause asks about sensitive facts, itself or by the names and sets that it speaks of."""
    found = _RESTING.get((version.digest, clause_id))
    if found is None:
        found = _RESTING[version.digest, clause_id] = _asks_sensitive(version, clause_id)
    return found


def _asks_sensitive(version: CompiledVersion, clause_id: str) -> bool:
    tree = version.tree
    waiting = [next(node for node in tree["clauses"] if str(node["id"]) == clause_id)]
    done: set[str] = set()
    while waiting:
        for text in _texts(waiting.pop()):
            if text in SENSITIVE or text in SENSITIVE_SETS:
                return True
            if text not in done:
                done.add(text)
                waiting += [tree[part][text] for part in ("names", "sets", "tables") if text in tree.get(part, {})]
    return False


def _texts(node: object) -> Iterator[str]:
    """Every word of a part of a document, but for what it says to people and whom it cites."""
    if isinstance(node, Mapping):
        for word, child in node.items():
            if word not in ("says", "cites", "id"):
                yield from _texts(child)
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for child in node:
            yield from _texts(child)
    else:
        yield str(node)


def _gate(
    clause: str, findings: Sequence[dict[str, Any]], known: Known, *, sees: Sees, language: Language
) -> dict[str, Any]:
    verdict = next(one for one in _GRAVEST if any(each["verdict"] == one for each in findings))
    told = [(each, _shown(each, known, sees, language)) for each in findings]
    told = [*(pair for pair in told if not pair[1]["masked"]), *_one_of(told)]
    shown, open_to = [each for _, each in told], [one for one, each in told if not each["masked"]]
    first = findings[0]
    final = any(each.get("final") for each in findings)
    until = next((each["until"] for each in findings if each.get("until")), None)
    open_ = verdict in ("not_met", "unknown")
    missing = [name for each in shown for name in each["missing"]]
    return {
        "clause": clause,
        "rule": first[f"rule_{language}"],
        "verdict": verdict,
        "effect": first["effect"],
        "ground": "; ".join(each["says"] for each in shown) if verdict == "exempt" else None,
        "findings": shown,
        "evidence": _distinct(item for each in shown for item in each.pop("evidence")),
        "citations": list(first["citation"]),
        "final": final,
        "mendable": None if not open_ else verdict == "unknown" or not _over(final, until, known.on),
        "until": until,
        "missing": list(dict.fromkeys(missing)),
        "by": _by(open_to, missing, language) if open_ else [],
    }


def is_masked(gate: Mapping[str, Any]) -> bool:
    """Whether something of a gate stands on what may not be seen."""
    return any(each["masked"] for each in gate["findings"])


def untold(gate: Mapping[str, Any]) -> dict[str, Any]:
    """A gate of which a supposition tells nothing: where it turns would tell, asked often enough, what is masked."""
    nothing = {"verdict": "unknown", "observed": None, "says": gate["rule"], "missing": [], "masked": True}
    return {
        **gate, "verdict": "unknown", "ground": None, "findings": [{**gate["findings"][0], **nothing}], "evidence": [],
        "mendable": True, "missing": [], "by": [],
    }  # fmt: skip


def _one_of(told: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Of what may not be seen one finding, the gravest: how many there are would tell of them."""
    hidden = [pair for pair in told if pair[1]["masked"]]
    return sorted(hidden, key=lambda pair: _GRAVEST.index(pair[1]["verdict"]))[:1]


def _over(final: bool, until: str | None, on: date) -> bool:  # noqa: FBT001
    return final or (until is not None and on.isoformat() > until)


def _shown(finding: Mapping[str, Any], known: Known, sees: Sees, language: Language) -> dict[str, Any]:
    said: dict[str, Any] = {
        "fact": finding["fact"],
        "verdict": finding["verdict"],
        "observed": finding["observed"],
        "required": finding["required"],
        "says": finding[f"says_{language}"],
        "missing": list(finding.get("missing", ())),
        "masked": False,
        "evidence": [],
    }
    names = [str(finding.get("row") or ""), *(str(row["id"]) for row in finding.get("rows", ())
                                            if row.get("counts", "met") != "not_met")]  # fmt: skip
    stands_on = [each for name in (str(finding["fact"]), *names) for each in known.evidence.get(name, ())]
    hidden = [each for each in stands_on if not _sees(sees, each)]
    if hidden and sees.institution_id is not None and any(each.kind == "record" for each in hidden):
        # What is told of a record of another institution is not this one's to read.
        said |= {"observed": None, "says": finding[f"rule_{language}"], "missing": [], "masked": True}
    said["evidence"] = [
        {"kind": each.kind, "id": each.id, "topic": each.topic} for each in stands_on if _sees(sees, each)
    ]
    return said


def _sees(sees: Sees, each: Evidence) -> bool:
    if each.sensitive and not sees.sensitive:
        return False
    if each.kind == "record":
        return sees.institution_id is None or each.institution_id == sees.institution_id
    return each.kind != "statement" or sees.statements


def _distinct(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(each["kind"], each["id"]): each for each in found}.values())


def _by(findings: Sequence[Mapping[str, Any]], missing: Collection[str], language: Language) -> list[dict[str, str]]:
    """Who can mend it: who supplies what is missing, or what it is about; the learner where they can move it."""
    found: dict[str, dict[str, str]] = {}
    for name in [*missing, *(str(each["fact"]) for each in findings)]:
        fact = FACTS.get(name)
        if fact is not None:
            supplier = fact.supplier
            found[supplier.hand] = {"hand": supplier.hand, "name": supplier.zh if language == "zh" else supplier.en}
            if fact.moves and name not in missing:
                found["learner"] = {"hand": "learner", "name": "学习者" if language == "zh" else "the learner"}
    return list(found.values())


def changes_of(decided: Decided, *, sees: Sees, language: Language) -> list[list[dict[str, Any]]]:
    """The smallest changes after which nothing refuses; none that would tell of a sensitive fact or of a record."""
    resting = {
        name for version, clause, name in clauses_of(decided.versions)
        if not sees.sensitive and _rests_on(version, clause.id)
    }  # fmt: skip
    turned = turning(decided)
    if resting.intersection(turned.caused_by):
        return []
    found = []
    for together in turned.as_json()["changes"]:
        facts = {str(change.get("fact")) for change in together}
        if not sees.sensitive and not (SENSITIVE | _WHEN if resting else SENSITIVE).isdisjoint(facts):
            continue
        if sees.institution_id is not None and any("row" in change for change in together):
            continue
        found.append([
            {"says": change[language], **{name: change[name] for name in ("fact", "now", "then") if name in change}}
            for change in together
        ])  # fmt: skip
    return found
