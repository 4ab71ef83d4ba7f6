"""Deciding: facts and a compiled version give a verdict, outputs and, on demand, every finding. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from creditbank.rules.clauses import Clause
from creditbank.rules.compiling import CompiledVersion
from creditbank.rules.document import canonical
from creditbank.rules.findings import Finding, clause_findings, output_finding
from creditbank.rules.problems import FactNotReadable
from creditbank.rules.procedure import Procedure
from creditbank.rules.taking import after, behind, give_way
from creditbank.rules.terms import AFTER, JUDGED, Scope
from creditbank.rules.units import as_json

ENGINE_VERSION = "2"
"""Changes when the same facts and the same version could be decided or told differently."""


Facts = Mapping[str, Any]
DecisionVerdict = Literal["granted", "not_granted", "unknown"]


class Decided:
    """A decision. Verdict, clause and outputs are there at once; findings are told when they are asked for.

    `outputs` is empty unless granted; credits in it are hundredths. `warned` names the clauses that warn, `replaces`
    the conversions that give way. `dated_on` is the day that chose the version, `dated_by` the fact it was. `document`
    and `version` are those of the document that gives; None where none applies. Clauses of those that only limit are
    named document/clause.
    """

    __slots__ = (
        "_fallback",
        "_found",
        "_given",
        "_limits",
        "_scope",
        "_version",
        "clause",
        "dated_on",
        "outputs",
        "question",
        "replaces",
        "verdict",
        "warned",
    )

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
        replaces: tuple[str, ...] = (),
        limits: tuple[CompiledVersion, ...] = (),
        fallback: NoVersion | None = None,
        given: Scope | None = None,
    ) -> None:
        self.question, self._version, self._scope, self._fallback = question, version, scope, fallback
        self._given = scope if given is None else given
        self._limits = limits
        self._found: list[Finding] | None = None
        self.dated_on, self.verdict, self.clause = dated_on, verdict, clause
        self.outputs, self.warned, self.replaces = outputs, warned, replaces

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
    def documents(self) -> list[tuple[str, str, str]]:
        """Every version that took part, the one that gives first: name, number, digest."""
        return [(each.document.document, each.version, each.digest) for each in self.versions]

    @property
    def versions(self) -> tuple[CompiledVersion, ...]:
        """Every version that took part, the one that gives first."""
        return () if self._version is None else (self._version, *self._limits)

    @property
    def procedure(self) -> Procedure | None:
        """The hands that a claim goes through; None where the rules alone decide."""
        return None if self._version is None else self._version.procedure

    @property
    def scope(self) -> Scope:
        """The facts as they were decided by: with what a granted line adds where caps count."""
        return self._scope

    @property
    def given(self) -> Scope:
        """The facts as they were given, before anything gave way."""
        return self._given

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

        Each is {clause, fact, observed, required, verdict, effect, says_zh, says_en, rule_zh, rule_en, citation}, and
        where it has them `rows` (what a measure looked at), `row` (the one it is about), `missing` (facts that would
        have to be known), `final`, and `judged` (people said that it is as it should be). They are told once, and
        answered and kept from that.
        """
        if self._found is None:
            self._found = self._told()
        return [dict(each) for each in self._found]

    def _told(self) -> list[Finding]:
        if self._version is None:
            assert self._fallback is not None
            return [self._fallback.finding()]
        looked_at = {name for version in self.versions for name in version.row_reads}
        scope = _in_order(looked_at & self._version.question.sets.keys(), self._scope)
        found = [
            finding
            for version, clause, name in clauses_of(self.versions)
            for finding in clause_findings(version, clause, name, scope)
        ]
        if self.verdict != "not_granted":
            found.extend(
                output_finding(self._version, output, scope)
                for output in self._version.outputs
                if output.given(scope) is not False
            )
        if not found:
            raise AssertionError("a decision without a finding")
        return found

    def facts_used(self) -> dict[str, Any]:
        """The facts the documents read, and no others: what has to be stored for a replay. Rows are ordered by id."""
        if self._version is None:
            assert self._fallback is not None
            return _used(self._given, self._fallback.reads)
        row_reads: dict[str, set[str]] = {}
        for version in self.versions:
            for name, read in version.row_reads.items():
                row_reads.setdefault(name, set()).update(read)
        reads = {name for version in self.versions for name in version.reads}
        reads.update(*(behind(name) for read in row_reads.values() for name in read))
        used = _used(self._given, {*reads, *(name for read in row_reads.values() for name in read)})
        line = "conversions" in row_reads or "uses" in row_reads
        for name in self._version.question.sets:
            rows = self._given.get(name)
            needed = row_reads.get(name)
            if name == "sources" and line:
                # What this line adds to the sets that caps count is made of its sources.
                needed = (needed or set()) | row_reads.get("uses", set()) | row_reads.get("conversions", set())
            if name in ("conversions", "uses") and needed is not None:
                needed = needed | {"course.code"}  # what might be given up for the line is told by its course
            if rows is not None and needed is not None and (needed or name != "same"):
                own_id = self._version.question.sets[name].taken_on
                used[name] = sorted((_row_used(row, needed, own_id=own_id) for row in rows), key=_by_id)
        if self._given.get(JUDGED):
            used[JUDGED] = sorted(self._given[JUDGED])
        return used

    def canonical(self) -> bytes:
        """The whole decision as canonical JSON: the same facts, version and engine always give the same bytes."""
        return canonical(self.told())

    def told(self) -> dict[str, Any]:
        """The whole decision as JSON values: what `canonical` writes."""
        told: dict[str, Any] = {
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
        if self._limits:
            told["limits"] = [list(each) for each in self.documents[1:]]
        if self.replaces:
            told["replaces"] = list(self.replaces)
        return told


def clauses_of(versions: Sequence[CompiledVersion]) -> Iterator[tuple[CompiledVersion, Clause, str]]:
    """The clauses of versions that apply together, each with the name by which a decision speaks of it."""
    for place, version in enumerate(versions):
        for clause in version.clauses:
            yield version, clause, clause.id if place == 0 else f"{version.document.document}/{clause.id}"


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


def decide_by(
    version: CompiledVersion,
    facts: Facts,
    *,
    dated_on: str,
    on: date | None,
    limits: tuple[CompiledVersion, ...] = (),
) -> Decided:
    """Decide a case by one version, and by those that only limit it.

    A refusal that is certain outweighs what is unknown; what is unknown never refuses. Of the rows that a granted line
    adds to, clauses see those that stood before; caps also see this line's. Raises FactNotReadable.
    """
    versions = (version, *limits)
    scope = facts
    if on is not None and "decision" not in facts and any("decision.on" in each.reads for each in versions):
        scope = {**facts, "decision": {"on": on.isoformat()}}
    told = scope
    scope, replaced = give_way(versions, scope)
    given = {output.name: output.value(scope) for output in version.outputs if output.given(scope) is not False}
    if any(row_set.taken_on for row_set in version.question.sets.values()):
        said = given if version.outputs else facts.get("conversion") or {}
        scope = {**scope, AFTER: after(scope, credits_=said.get("credits"), exemption=said.get("exemption"))}
    refused, unknown, warned = _standing(versions, scope)
    answer: dict[str, Any] = {"dated_on": dated_on, "warned": warned, "limits": limits, "given": told}
    name = version.question.name
    if refused:
        return Decided(name, version, scope, verdict="not_granted", clause=refused, outputs={}, **answer)
    for name_, value in given.items():
        if value is None:
            unknown = unknown or f"gives.{name_}"
    if unknown:
        return Decided(name, version, scope, verdict="unknown", clause=unknown, outputs={}, **answer)
    types = version.question.outputs
    for name_, value in given.items():
        if types[name_].kind == "number" and value < 0:
            raise FactNotReadable(
                name_, value, why_zh="算出的量小于 0，规则缺少 not_below", why_en="the rule gives less than 0"
            )
    outputs = {name_: as_json(types[name_], value) for name_, value in given.items()}
    outputs.update(version.question.always)
    return Decided(
        name, version, scope, verdict="granted", clause="gives", outputs=outputs, replaces=replaced, **answer
    )


def again(decided: Decided, facts: Facts) -> Decided:
    """Decide other facts by exactly the versions of a decision. Raises FactNotReadable."""
    giver, *limits = decided.versions
    assert decided.dated_on is not None
    return decide_by(giver, facts, dated_on=decided.dated_on, on=None, limits=tuple(limits))


def _standing(versions: Sequence[CompiledVersion], scope: Scope) -> tuple[str, str, tuple[str, ...]]:
    """The first clause that refuses, the first that leaves it open, and those that warn.

    What a clause refers to people stays open until somebody has judged that it is as it should be.
    """
    refused = unknown = ""
    warned: tuple[str, ...] = ()
    judged = scope.get(JUDGED, ())
    for _, clause, name in clauses_of(versions):
        held = clause.ask(scope)
        if held is True or (held is False and clause.effect == "refer" and name in judged):
            continue
        if clause.effect == "warn":
            warned = (*warned, name)
        elif held is False and clause.effect == "refuse":
            refused = refused or name
        else:
            unknown = unknown or name
    return refused, unknown, warned


def _used(scope: Scope, reads: Iterable[str]) -> dict[str, Any]:
    """Of the case itself: what is read there, and what rows may take over from it."""
    used: dict[str, Any] = {}
    for name in sorted(set(reads)):
        subject, _, key = name.partition(".")
        fields = scope.get(subject)
        # `earned` is a subject of rows and the name of their set: of the case itself there is no such subject.
        value = fields.get(key) if isinstance(fields, Mapping) else None
        if value is not None:
            used.setdefault(subject, {})[key] = value
    return used


def _row_used(row: Scope, reads: set[str], *, own_id: bool) -> dict[str, Any]:
    """Of a row: what is read. `own_id`: it is a conversion or a use, whose id is not that of its record."""
    used: dict[str, Any] = {"id": row["id"], "this": row.get("this", False)}
    for name in sorted(reads):
        subject, _, key = name.partition(".")
        if subject in row and (name != "record.id" or own_id):
            fields = used.setdefault(subject, {})
            value = (row[subject] or {}).get(key)
            if value is not None:
                fields[key] = value
    return used


def _by_id(row: Scope) -> str:
    return str(row["id"])


def _in_order(sets: Iterable[str], scope: Scope) -> Scope:
    """The facts with the rows of every set in the order of their ids: findings do not follow arrival."""
    ordered: dict[str, Any] = {name: sorted(scope[name], key=_by_id) for name in sets if scope.get(name) is not None}
    if AFTER in scope:
        ordered[AFTER] = {name: rows and sorted(rows, key=_by_id) for name, rows in scope[AFTER].items()}
    return {**scope, **ordered}
