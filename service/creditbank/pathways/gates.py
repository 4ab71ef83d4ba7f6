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
from creditbank.rules.compiling import CompiledVersion
from creditbank.rules.decide import clauses_of
from creditbank.rules.facts import FACTS
from creditbank.rules.flips import turning

_GRAVEST = ("not_met", "unknown", "met", "exempt")
_OUTPUTS = "gives."


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
    """Every clause with its answer, in the order of the document."""
    findings = decided.findings()
    if not sees.sensitive:
        resting = {name for version, clause, name in clauses_of(decided.versions) if _rests_on(version, clause.id)}
        findings = [
            {**each, "masked": True, "rows": (), "row": None, "fact": "", "missing": ()}
            if each["clause"] in resting else each for each in findings
        ]  # fmt: skip
        # Of a clause that rests on sensitive facts every finding is told in the same words, whatever was seen.
        findings = [_less(each) if each.get("masked") else each for each in findings]
        findings = findings_without_sensitive(findings, dict(known.facts))
    by_clause: dict[str, list[dict[str, Any]]] = {}
    for finding in findings:
        if not finding["clause"].startswith(_OUTPUTS):
            by_clause.setdefault(finding["clause"], []).append(finding)
    return [_gate(clause, found, known, sees=sees, language=language) for clause, found in by_clause.items()]


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


def _less(finding: dict[str, Any]) -> dict[str, Any]:
    said = {
        "says_zh": f"{finding['rule_zh']}（涉及敏感个人信息，仅作出决定者和学习者本人可见）",
        "says_en": f"{finding['rule_en']} (it rests on sensitive facts, which only the learner and those who decide on "
        "them see)",
    }
    return {**finding, **said, "observed": None, "required": None}


def _gate(
    clause: str, findings: Sequence[dict[str, Any]], known: Known, *, sees: Sees, language: Language
) -> dict[str, Any]:
    verdict = next(one for one in _GRAVEST if any(each["verdict"] == one for each in findings))
    if findings[0].get("masked"):
        findings = [{**findings[0], "verdict": verdict}]  # how many there were would tell of them
    shown = [_shown(each, known, sees, language) for each in findings]
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
        "by": _by(findings, missing, language) if open_ else [],
    }


def _over(final: bool, until: str | None, on: date) -> bool:  # noqa: FBT001
    return final or (until is not None and on.isoformat() > until)


def _shown(finding: Mapping[str, Any], known: Known, sees: Sees, language: Language) -> dict[str, Any]:
    masked = bool(finding.get("masked"))
    said: dict[str, Any] = {
        "fact": finding["fact"],
        "verdict": finding["verdict"],
        "observed": finding["observed"],
        "required": finding["required"],
        "says": finding[f"says_{language}"],
        "missing": [] if masked else list(finding.get("missing", ())),
        "masked": masked,
        "evidence": [],
    }
    names = [str(finding.get("row") or ""), *(str(row["id"]) for row in finding.get("rows", ())
                                            if row.get("counts", "met") != "not_met")]  # fmt: skip
    stands_on = [each for name in (str(finding["fact"]), *names) for each in known.evidence.get(name, ())]
    hidden = [each for each in stands_on if not _sees(sees, each)]
    if hidden and sees.institution_id is not None and any(each.kind == "record" for each in hidden):
        # What is told of a record of another institution is not this one's to read.
        said |= {"observed": None, "says": finding[f"rule_{language}"], "masked": True}
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
    found = []
    for together in turning(decided).as_json()["changes"]:
        facts = {str(change.get("fact")) for change in together}
        if not sees.sensitive and not SENSITIVE.isdisjoint(facts):
            continue
        if sees.institution_id is not None and any("row" in change for change in together):
            continue
        found.append([
            {"says": change[language], **{name: change[name] for name in ("fact", "now", "then") if name in change}}
            for change in together
        ])  # fmt: skip
    return found


def reads_of(rulebook: Rulebook) -> frozenset[str]:
    """The sets of rows that some document of progressions asks about: what nobody asks need not be gathered."""
    return frozenset(
        name for version in rulebook.versions() if version.question.name == "progression"
        for name in version.row_reads
    )  # fmt: skip
