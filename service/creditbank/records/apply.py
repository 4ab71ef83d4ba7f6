"""Rows that are ready become versions of records, in memory: nothing is asked or written here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from creditbank.db import TryAgain
from creditbank.learners.enrolments import event_shown
from creditbank.records.intake import Ready, Sender
from creditbank.records.lines import shown_of
from creditbank.records.reading import ReadRow
from creditbank.records.refusals import AccountClosed
from creditbank.records.schemas import Row, RowOutcome
from creditbank.records.standing import Person, Standing
from creditbank.sealing import DigestName, SealingKey, field_of, new_salt, salted_digest, seal

NOT_LIVE = ("withdrawn", "reassigned_away")


@dataclass(slots=True)
class Applied:
    """What applying rows to one person made: versions to write, contents to decide again, an outcome for each row."""

    change_id: UUID
    at: datetime
    digest: DigestName
    submission_id: UUID
    sender: Sender
    versions: list[dict[str, Any]] = field(default_factory=list)
    contents: set[bytes] = field(default_factory=set)
    acts: dict[UUID, str] = field(default_factory=dict)
    outcomes: dict[int, RowOutcome] = field(default_factory=dict)
    said: dict[str, str] = field(init=False)
    """What every version says, written once."""
    enrolled: set[UUID] = field(default_factory=set)
    """Learners whose enrolments at the sender's institution may have changed."""

    def __post_init__(self) -> None:
        self.said = {
            "change_id": str(self.change_id),
            "institution_id": str(self.sender.institution_id),
            "recorded_at": self.at.isoformat(),
            "submission_id": str(self.submission_id),
        }


def apply_rows(person: Person, rows: Iterable[Ready], applied: Applied) -> None:
    """Make each row a version of its record, or see that it says the same as the last one."""
    for ready in rows:
        if person.closed:
            refusal = AccountClosed()
            applied.outcomes[ready.row.row_no] = RowOutcome(
                row=ready.row.row_no, outcome="refused", key=ready.row.given.key, problem=refusal.problem("zh")
            )
        else:
            _apply(person, ready, applied)


def _apply(person: Person, ready: Ready, applied: Applied) -> None:
    row, before = ready.row, person.versions.get(ready.record_id)
    if before is not None and before["act"] == "reassigned_away":
        raise TryAgain  # it was moved after its key had been looked up: the key leads elsewhere now
    live = before is not None and before["act"] not in NOT_LIVE
    if before is not None and live and before["row_index"] == row.row_index.hex():
        applied.outcomes[row.row_no] = _outcome(ready, "unchanged", before["version"])
        return
    version = 1 if before is None else before["version"] + 1
    act = "corrected" if live else "reported"
    sensitive = is_sensitive(ready)
    made = version_row(
        ready, version=version, act=act, sensitive=sensitive, key=person.keys[ready.learner_id], applied=applied
    )
    applied.versions.append(made)
    applied.acts[ready.record_id] = act
    person.versions[ready.record_id] = {
        "version": version,
        "act": act,
        "row_index": row.row_index.hex(),
        "revision": before["revision"] if before else 0,
    }
    stand(person, ready, made, sensitive=sensitive, applied=applied)
    applied.outcomes[row.row_no] = _outcome(ready, "corrected" if live else "deposited", version)


def is_sensitive(ready: Ready) -> bool:
    """Whether the score is a special mark: all of them are sealed alike, so that none tells of discipline (作弊)."""
    return ready.facts["record"].get("result", "passed") not in ("passed", "failed")


def version_row(
    ready: Ready, *, version: int, act: str, sensitive: bool, key: SealingKey, applied: Applied
) -> dict[str, Any]:
    """A version of a record as a row."""
    row, salt = ready.row, new_salt()
    private = orjson.dumps(row.private(sensitive=sensitive))
    derived = _derived(ready, key, sensitive=sensitive)
    made: dict[str, Any] = {
        "learner_id": str(ready.learner_id),
        "record_id": str(ready.record_id),
        "version": version,
        **applied.said,
        "kind": row.given.kind,
        "act": act,
        "occurred_on": row.given.occurred_on.isoformat(),
        "row_no": row.row_no,
        "row_index": "\\x" + row.row_index.hex(),
        "content": "\\x" + row.content.hex(),
        "body": row.body(sensitive=sensitive),
        "derived": derived,
        "warnings": ready.warnings,
        "reason": row.given.reason or (None if act == "reported" else "sent_again"),
    }
    digest = salted_digest(salt, made, applied.digest)
    sealed = seal(key, private, field_of(ready.learner_id, "record"))
    return {
        **made,
        "sealed": "\\x" + sealed.hex(),
        "salt": "\\x" + salt.hex(),
        "digest": "\\x" + digest.hex(),
    }


def level_of(given: Row, facts: dict[str, Any]) -> str | None:
    """The level of education a record belongs to: that of the enrolment, where there is one."""
    if given.kind == "enrolment_event":
        return given.level
    enrolled: str | None = facts.get("enrolment", {}).get("level")
    return enrolled


def stand(person: Person, ready: Ready, made: dict[str, Any], *, sensitive: bool, applied: Applied) -> None:
    """Put the new version in the place of what stood, and note which contents must be decided again."""
    row, given = ready.row, ready.row.given
    before = person.standing.get(ready.record_id)
    if before is not None:
        applied.contents.add(before.content)
    applied.contents.add(row.content)
    if given.kind == "enrolment_event":
        applied.enrolled.add(ready.learner_id)
    key = person.keys[ready.learner_id]
    person.standing[ready.record_id] = Standing(
        learner_id=ready.learner_id,
        record_id=ready.record_id,
        institution_id=applied.sender.institution_id,
        version=made["version"],
        content=row.content,
        occurred_on=given.occurred_on,
        recorded_at=applied.said["recorded_at"],
        kind=given.kind,
        level=level_of(ready.row.given, ready.facts),
        shown=shown_of(made["body"], made["derived"]),
        sealed=_shown_sealed(row, key, ready.learner_id, sensitive=sensitive),
        facts=ready.facts | {"record": {"id": str(ready.record_id), **ready.facts["record"]}},
        revision=before.revision if before else person.versions[ready.record_id]["revision"],
        steps=before.steps if before else [],
        postings=before.postings if before else [],
        changed=True,
    )


def _derived(ready: Ready, key: SealingKey, *, sensitive: bool) -> dict[str, Any]:
    """What the bank read into the row from what it knew at the time."""
    known = ready.known
    derived: dict[str, Any] = {"institution": known.institution["name"]}
    if not sensitive and ready.row.given.kind in ("course_result", "assessment"):
        derived["result"] = ready.facts["record"]["result"]
    if known.course is not None:
        derived |= {"title": known.course["name"], "category": known.course["category"]}
        derived["in_plan"] = known.course["source"] == "plan"
    if known.standard is not None:
        derived["title"] = known.standard["name"]
    if ready.row.given.kind == "enrolment_event":
        derived |= event_shown(
            ready.row.given.event,
            programme=known.programme,
            student_index=ready.row.student_index,
            student_sealed=seal(
                key, (ready.row.given.learner.student_no or "").encode(), field_of(ready.learner_id, "student_no")
            ),
        )
    return derived


def _shown_sealed(row: ReadRow, key: SealingKey, learner_id: UUID, *, sensitive: bool) -> str | None:
    """What a transcript shows to those who may see it, sealed: a certificate's number, a mark of discipline."""
    private = row.private(sensitive=sensitive)
    shown = {name: private[name] for name in ("number", "score") if name in private}
    return seal(key, orjson.dumps(shown), field_of(learner_id, "shown")).hex() if shown else None


def _outcome(ready: Ready, outcome: Any, version: int) -> RowOutcome:
    return RowOutcome(
        row=ready.row.row_no,
        outcome=outcome,
        key=ready.row.given.key,
        record_id=ready.record_id,
        version=version,
        account="opened" if ready.opened else "matched",
        warnings=[],  # given, as pydantic would copy its default for each row
    )
