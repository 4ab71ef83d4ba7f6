"""Deciding: facts and a compiled version give a verdict, outputs and, on demand, every finding. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from creditbank.rules.compiling import Clause, CompiledVersion, Output, Standing
from creditbank.rules.document import canonical
from creditbank.rules.problems import FactNotReadable
from creditbank.rules.terms import Leaf, Scope
from creditbank.rules.units import observed, shown

ENGINE_VERSION = "1"
"""Changes when the same facts and the same version could be decided or told differently."""

Facts = Mapping[str, Any]
DecisionVerdict = Literal["granted", "not_granted", "unknown"]
Finding = dict[str, Any]


class Decided:
    """A decision. Verdict, clause and outputs are there at once; findings are told when they are asked for.

    `outputs` is empty unless granted; credits in it are hundredths. `warned` names the clauses that warn. `dated_on` is
    the day that chose the version, `dated_by` the fact it was. `document` and `version` are None where none applies.
    """

    __slots__ = ("_fallback", "_scope", "_version", "clause", "dated_on", "outputs", "question", "verdict", "warned")

    def __init__(
        self,
        question: str,
        version: CompiledVersion | None,
        scope: Scope,
        *,
        dated_on: str | None,
        verdict: DecisionVerdict,
        clause: str,
        outputs: dict[str, Any],
        warned: tuple[str, ...] = (),
        fallback: NoVersion | None = None,
    ) -> None:
        self.question, self._version, self._scope, self._fallback = question, version, scope, fallback
        self.dated_on, self.verdict, self.clause = dated_on, verdict, clause
        self.outputs, self.warned = outputs, warned

    @property
    def document(self) -> str | None:
        """The document that decided, or that would have had one of its versions held on that day."""
        if self._version is None:
            return None if self._fallback is None else self._fallback.document
        return self._version.document.document

    @property
    def version(self) -> str | None:
        """The number of the version that decided."""
        return None if self._version is None else self._version.version

    @property
    def digest(self) -> str | None:
        """SHA-256 of the version that decided."""
        return None if self._version is None else self._version.digest

    @property
    def dated_by(self) -> str | None:
        """The fact whose date chose the version."""
        if self._version is None:
            return None if self._fallback is None else self._fallback.dated_by
        return self._version.dated_by

    @property
    def because(self) -> dict[str, str]:
        """Why that date chooses, in both languages; empty where no document applies."""
        if self._version is None:
            return {}
        return {"zh": self._version.because_zh, "en": self._version.because_en}

    def findings(self) -> list[Finding]:
        """Every finding for and against, in the order of the clauses; never empty.

        Each is {clause, fact, observed, required, verdict, effect, says_zh, says_en, rule_zh, rule_en, citation}.
        """
        if self._version is None:
            assert self._fallback is not None
            return [self._fallback.finding()]
        found = [
            finding
            for clause in self._version.clauses
            for finding in _clause_findings(self._version, clause, self._scope)
        ]
        if self.verdict != "not_granted":
            found.extend(_output_finding(self._version, output, self._scope) for output in self._version.outputs)
        if not found:
            raise AssertionError("a decision without a finding")
        return found

    def facts_used(self) -> dict[str, Any]:
        """The facts the document reads, and no others: what has to be stored for a replay. Rows are ordered by id."""
        if self._version is None:
            assert self._fallback is not None
            return _used(self._scope, self._fallback.reads, ())
        version = self._version
        used = _used(self._scope, version.reads, version.row_reads)
        for name in version.question.sets:
            rows = self._scope.get(name)
            if rows is not None and _asks_rows(version):
                used[name] = sorted((_row_used(row, version) for row in rows), key=lambda row: str(row["id"]))
        return used

    def canonical(self) -> bytes:
        """The whole decision as canonical JSON: the same facts, version and engine always give the same bytes."""
        return canonical(
            {
                "engine": ENGINE_VERSION,
                "question": self.question,
                "document": self.document,
                "version": self.version,
                "digest": self.digest,
                "dated_by": self.dated_by,
                "dated_on": self.dated_on,
                "because": self.because,
                "verdict": self.verdict,
                "clause": self.clause,
                "outputs": self.outputs,
                "warned": list(self.warned),
                "findings": self.findings(),
                "facts": self.facts_used(),
            }
        )


class NoVersion:
    """Why no version of any document answers: nothing covers the kind, or nothing covers the day."""

    def __init__(
        self,
        *,
        fact: str,
        seen: str | None,
        document: str | None,
        dated_by: str | None,
        reads: tuple[str, ...],
        zh: str,
        en: str,
        required: Any = None,
    ) -> None:
        self.fact, self.seen, self.document, self.dated_by, self.reads = fact, seen, document, dated_by, reads
        self.zh, self.en, self.required = zh, en, required

    def finding(self) -> Finding:
        """The one finding of such a decision."""
        return {
            "clause": "version",
            "fact": self.fact,
            "observed": self.seen,
            "required": self.required,
            "verdict": "unknown",
            "effect": "refer",
            "says_zh": self.zh,
            "says_en": self.en,
            "rule_zh": "适用哪一版规则",
            "rule_en": "which version of the rules applies",
            "citation": [],
        }


def decide_by(version: CompiledVersion, facts: Facts, *, dated_on: str, on: date | None) -> Decided:
    """Decide a case by one version. A refusal that is certain outweighs what is unknown; what is unknown never refuses.

    Raises FactNotReadable for a fact that is not of its type.
    """
    scope = facts
    if on is not None and "decision.on" in version.reads and "decision" not in facts:
        scope = {**facts, "decision": {"on": on.isoformat()}}
    refused = unknown = ""
    warned: tuple[str, ...] = ()
    for clause in version.clauses:
        held = clause.ask(scope)
        if held is True:
            continue
        if clause.effect == "warn":
            warned = (*warned, clause.id)
        elif held is False and clause.effect == "refuse":
            refused = refused or clause.id
        else:
            unknown = unknown or clause.id
    name = version.question.name
    if refused:
        return Decided(
            name, version, scope, dated_on=dated_on, verdict="not_granted", clause=refused, outputs={}, warned=warned
        )
    outputs: dict[str, Any] = {}
    for output in version.outputs:
        value = output.amount.ask(scope)
        if value is None:
            unknown = unknown or f"gives.{output.name}"
        outputs[output.name] = value
    if unknown:
        return Decided(
            name, version, scope, dated_on=dated_on, verdict="unknown", clause=unknown, outputs={}, warned=warned
        )
    if outputs.get("credits", 0) < 0:
        raise FactNotReadable(
            "credits",
            outputs["credits"],
            why_zh="算出的学分小于 0，规则缺少 not_below",
            why_en="the rule gives less than 0",
        )
    outputs.update(version.question.always)
    return Decided(
        name, version, scope, dated_on=dated_on, verdict="granted", clause="gives", outputs=outputs, warned=warned
    )


def _cited(version: CompiledVersion, names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"id": name, **_plain(version.citations[name])} for name in names]


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(each) for each in node]
    return str(node)


def _clause_findings(version: CompiledVersion, clause: Clause, scope: Scope) -> list[Finding]:
    standing = clause.standing(scope)
    if standing == "silent":
        return []
    common = {
        "effect": clause.effect,
        "rule_zh": clause.zh,
        "rule_en": clause.en,
        "citation": _cited(version, clause.cites),
    }
    if clause.require is None:
        return [_finding(clause.id, Leaf("", None, None, "met", clause.zh, clause.en), "met", common)]
    return [_finding(clause.id, leaf, standing, common) for leaf in clause.leaves(scope, standing)]


def _finding(clause: str, leaf: Leaf, standing: Standing, common: dict[str, Any]) -> Finding:
    verdict = "exempt" if standing == "exempt" else leaf.verdict
    return {
        "clause": clause,
        "fact": leaf.fact,
        "observed": leaf.observed,
        "required": leaf.required,
        "verdict": verdict,
        "says_zh": leaf.zh,
        "says_en": leaf.en,
        **common,
    }


_OUTPUT_NAMES = {"credits": ("认定学分", "credits granted"), "scheme": ("学分体系", "scheme")}


def _output_finding(version: CompiledVersion, output: Output, scope: Scope) -> Finding:
    value, told = output.amount.ask(scope), output.amount.tell(scope)
    zh_name, en_name = _OUTPUT_NAMES[output.name]
    if value is None:
        missing = {leaf.zh: leaf.en for leaf in told.missing} or {told.zh: told.en}
        zh, en = f"{zh_name}未定：{'；'.join(missing)}", f"{en_name} not known: {'; '.join(missing.values())}"
    else:
        zh = _because(zh_name, shown(output.amount.type, value, "zh"), told.zh, "：")
        en = _because(en_name, shown(output.amount.type, value, "en"), told.en, ": ")
    return {
        "clause": f"gives.{output.name}",
        "fact": told.missing[0].fact if value is None and told.missing else output.name,
        "observed": None if value is None else observed(output.amount.type, value),
        "required": None,
        "verdict": "unknown" if value is None else "met",
        "effect": "give",
        "says_zh": zh,
        "says_en": en,
        "rule_zh": zh_name,
        "rule_en": en_name,
        "citation": _cited(version, output.cites),
    }


def _because(name: str, value: str, told: str, colon: str) -> str:
    if told == value:
        return f"{name}{colon}{value}"
    return f"{name}：{value}（{told}）" if colon == "：" else f"{name}: {value} ({told})"


def _asks_rows(version: CompiledVersion) -> bool:
    return bool(version.row_reads)


def _used(scope: Scope, reads: tuple[str, ...], row_reads: tuple[str, ...]) -> dict[str, Any]:
    """Of the case itself: what is read there, and what rows may take over from it."""
    used: dict[str, Any] = {}
    for name in sorted({*reads, *row_reads}):
        subject, _, key = name.partition(".")
        value = (scope.get(subject) or {}).get(key)
        if value is not None:
            used.setdefault(subject, {})[key] = value
    return used


def _row_used(row: Scope, version: CompiledVersion) -> dict[str, Any]:
    used: dict[str, Any] = {"id": row["id"], "this": row["this"]}
    for name in version.row_reads:
        subject, _, key = name.partition(".")
        if subject in row and name != "record.id":
            fields = used.setdefault(subject, {})
            value = (row[subject] or {}).get(key)
            if value is not None:
                fields[key] = value
    return used
