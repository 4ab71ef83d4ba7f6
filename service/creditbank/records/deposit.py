"""Pure: what the rules say about records of one content, day by day, and what must be posted so that it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from creditbank import clock
from creditbank.identifiers import new_id
from creditbank.ledger.book import Book
from creditbank.records.standing import Standing, Step
from creditbank.rules import ENGINE_VERSION, Decided, Rulebook
from creditbank.rules.writing import digested
from creditbank.sealing import DigestName, SealingKey, canonical, field_of, seal


@dataclass(slots=True)
class Decisions:
    """What one act decides: rows of decisions, and for each record the one that holds today with its posting."""

    change_id: UUID
    at: datetime
    digest: DigestName
    asked_on: date = field(init=False)
    """The day on which the rules are asked."""
    said: dict[str, str] = field(init=False)
    """What every row of the act says, written once."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    holding: dict[UUID, tuple[UUID, UUID | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.asked_on = clock.today(self.at)
        self.said = {
            "change_id": str(self.change_id),
            "decided_at": self.at.isoformat(),
            "asked_on": self.asked_on.isoformat(),
        }


def decide_contents(
    records: Iterable[Standing],
    contents: Iterable[bytes],
    *,
    rulebook: Rulebook,
    keys: Mapping[UUID, SealingKey],
    book: Book,
    decisions: Decisions,
) -> list[Standing]:
    """Decide the records of some contents again and post the difference; the records about which that changed anything.

    Records of one content are attempts, levels or reports of the same thing, and the rule says which one counts. On
    each day on which one of them happened the rules are asked with those that had happened by then, so that a later
    attempt takes credits back on its own day and yesterday's transcript still says what was true yesterday.
    """
    groups: dict[bytes, list[Standing]] = {content: [] for content in contents}
    for record in records:
        if record.content in groups:
            groups[record.content].append(record)
    touched = []
    for group in groups.values():
        for record, said in day_by_day(group, rulebook, decisions.asked_on):
            if not record.changed and _outcomes(record.steps) == [_outcome(step) for step, _, _ in said]:
                continue
            _write(record, said, key=keys[record.learner_id], book=book, decisions=decisions)
            touched.append(record)
    return touched


Said = list[tuple[Step, Decided, dict[str, Any]]]


def day_by_day(group: list[Standing], rulebook: Rulebook, asked_on: date) -> list[tuple[Standing, Said]]:
    """For each record the decisions about it, from the day it happened on, each only where it says something else."""
    ordered = sorted(group, key=lambda record: (record.occurred_on, record.record_id))
    said: dict[UUID, Said] = {record.record_id: [] for record in ordered}
    for day in sorted({record.occurred_on for record in ordered}):
        present = [record for record in ordered if record.occurred_on <= day]
        for record in present:
            facts = {**record.facts, "same": [_beside(other, record) for other in present]}
            decided = rulebook.decide("deposit", facts, on=asked_on)
            step = _step(day, decided)
            earlier = said[record.record_id]
            if not earlier or _outcome(earlier[-1][0]) != _outcome(step):
                earlier.append((step, decided, facts))
    return [(record, said[record.record_id]) for record in ordered]


def _beside(other: Standing, record: Standing) -> dict[str, Any]:
    beside: dict[str, Any] = {"id": str(other.record_id), "this": other is record}
    return beside | {name: other.facts[name] for name in ("record", "certificate") if name in other.facts}


def _step(day: date, decided: Decided) -> Step:
    return Step(
        effective_on=day,
        verdict=decided.verdict,
        scheme=decided.outputs.get("scheme"),
        credits=decided.outputs.get("credits") or 0,
        document=decided.document,
        document_version=decided.version,
        clause=decided.clause,
    )


def _outcome(step: Step) -> tuple[Any, ...]:
    """What a decision says, apart from the day: a new version of a document alone decides nothing again."""
    return (step.verdict, step.scheme, step.credits, step.clause)


def _outcomes(steps: Iterable[Step]) -> list[tuple[Any, ...]]:
    return [_outcome(step) for step in steps]


def _write(record: Standing, said: Said, *, key: SealingKey, book: Book, decisions: Decisions) -> None:
    """A new revision of decisions: what stood is reversed, what is now said is posted."""
    record.revision += 1
    named = [
        (step, decision_row(record, step, decided, facts, key=key, decisions=decisions))
        for step, decided, facts in said
    ]
    take_back(record, decision_id=named[0][1], book=book)
    granted: Step | None = None
    holding: UUID | None = None
    for step, decision_id in named:
        holding = _post_step(record, step, granted, decision_id, book) or holding
        granted = step
    record.steps = [step for step, _ in named]
    decisions.holding[record.record_id] = (named[-1][1], holding)


def _post_step(record: Standing, step: Step, before: Step | None, decision_id: UUID, book: Book) -> UUID | None:
    """Post what a day changes: the difference in one scheme, or all of the old and all of the new."""
    old, new = (before.credits if before else 0), step.credits
    if before is not None and before.scheme != step.scheme:
        changes = [(before.scheme, -old), (step.scheme, new)]
    else:
        changes = [(step.scheme, new - old)]
    posted = None
    for scheme, amount in changes:
        if amount != 0:
            assert scheme is not None, "credits without a scheme"
            posted = book.post(
                learner_id=record.learner_id,
                decision_id=decision_id,
                record_id=record.record_id,
                scheme=scheme,
                institution_id=record.institution_id,
                amount=amount,
                occurred_on=step.effective_on,
            )
    return posted


def take_back(record: Standing, *, decision_id: UUID, book: Book) -> None:
    """Reverse every live posting of a record, the latest first, so that no balance passes below zero on the way."""
    for posting in sorted(record.postings, key=lambda posting: posting.amount > 0):
        book.reverse(posting, decision_id=decision_id)
    record.postings = []


def decision_row(
    record: Standing,
    step: Step,
    decided: Decided,
    facts: dict[str, Any],
    *,
    key: SealingKey,
    decisions: Decisions,
) -> UUID:
    """A decision by the rules, as a row: with the facts it used, sealed, and a salted digest of all it says."""
    return _row(
        record,
        step,
        kind="deposit",
        document_digest=decided.digest,
        basis={
            "dated_by": decided.dated_by,
            "dated_on": decided.dated_on,
            "because": decided.because,
            "asked_on": decisions.said["asked_on"],
        },
        facts_sealed=seal(key, canonical(facts), field_of(record.learner_id, "facts")),
        decisions=decisions,
    )


def people_decide(record: Standing, *, kind: str, by: str, reason: str, decisions: Decisions) -> UUID:
    """A decision that an act of people carries: a record withdrawn or reassigned, nothing left of it here."""
    record.revision += 1
    step = Step(record.occurred_on, "withdrawn", None, 0, None, None, None)
    basis = {"by": by, "reason": reason}
    return _row(record, step, kind=kind, document_digest=None, basis=basis, facts_sealed=None, decisions=decisions)


def _row(
    record: Standing,
    step: Step,
    *,
    kind: str,
    document_digest: str | None,
    basis: dict[str, Any],
    facts_sealed: bytes | None,
    decisions: Decisions,
) -> UUID:
    decision_id = new_id()
    row: dict[str, Any] = {
        "learner_id": str(record.learner_id),
        "decision_id": str(decision_id),
        "change_id": decisions.said["change_id"],
        "kind": kind,
        "record_id": str(record.record_id),
        "record_version": record.version,
        "revision": record.revision,
        "effective_on": step.effective_on.isoformat(),
        "verdict": step.verdict,
        "scheme": step.scheme,
        "level": record.level,
        "credits": step.credits,
        "document": step.document,
        "document_version": step.document_version,
        "document_digest": document_digest,
        "clause": step.clause,
        "basis": basis,
        "engine": ENGINE_VERSION,
        "decided_at": decisions.said["decided_at"],
        "facts_sealed": None if facts_sealed is None else "\\x" + facts_sealed.hex(),
    }
    decisions.rows.append(digested(row, decisions.digest))
    return decision_id
