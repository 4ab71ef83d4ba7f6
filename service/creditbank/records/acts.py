"""Parts of every act on records: an empty one over locked people, deciding again, taking a record out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from creditbank.errors import Language
from creditbank.ledger.book import Account, Book
from creditbank.records.deposit import Decisions, decide_contents, people_decide, take_back
from creditbank.records.intake import Sender
from creditbank.records.standing import Person, Standing
from creditbank.records.versions import next_version
from creditbank.records.write import Act
from creditbank.rules import Rulebook
from creditbank.sealing import Keyring


@dataclass(frozen=True, slots=True)
class Tools:
    """What every write needs besides the session: the keys, the rules, the time, and the caller's language."""

    keyring: Keyring
    rulebook: Rulebook
    at: datetime
    language: Language = "zh"


def new_act(change_id: UUID, tools: Tools, people: Iterable[Person]) -> Act:
    """An empty act over some locked people: their ledgers as they stand."""
    families: dict[UUID, tuple[UUID, ...]] = {}
    last_entry: dict[UUID, int] = {}
    balances: dict[Account, int] = {}
    for person in people:
        last_entry |= person.last_entry
        balances |= person.balances
        families |= dict.fromkeys(person.family, person.family)
    return Act(
        submission=None,
        decisions=Decisions(change_id, tools.at, tools.keyring.digest),
        book=Book(change_id, tools.at, tools.keyring.digest, last_entry, balances),
        families=families,
    )


def redecide(
    person: Person,
    contents: Iterable[bytes],
    *,
    act: Act,
    acts: dict[UUID, str],
    rulebook: Rulebook,
    gone: Sequence[Standing] = (),
) -> None:
    """Decide a person's records of some contents again, post the difference, and show what changed."""
    touched = decide_contents(
        person.standing.values(),
        contents,
        rulebook=rulebook,
        keys=person.keys,
        book=act.book,
        decisions=act.decisions,
    )
    act.show(touched, acts=acts, gone=gone)


def remove(
    person: Person,
    record_id: UUID,
    *,
    how: str,
    kind: str,
    by: str,
    reason: str,
    act: Act,
    submission_id: UUID,
    tools: Tools,
    row_no: int = 1,
) -> Standing:
    """Take a record out of what stands: a last version here, a decision by people, its postings reversed."""
    record = person.standing.pop(record_id)
    before = person.versions[record_id]
    version = next_version(
        before, record, how=how, reason=reason, change_id=act.decisions.change_id, submission_id=submission_id,
        row_no=row_no, at=tools.at, digest=tools.keyring.digest,
    )  # fmt: skip
    act.versions.append(version)
    record.version = version["version"]
    decision_id = people_decide(record, kind=kind, by=by, reason=reason, decisions=act.decisions)
    take_back(record, decision_id=decision_id, book=act.book)
    return record


def as_submission(submission_id: UUID, sender: Sender, at: datetime, *, rows: int) -> dict[str, Any]:
    """The submission that an act on so many rows is; one that is there already stays as it is."""
    return {
        "submission_id": str(submission_id),
        "institution_id": str(sender.institution_id),
        "sent_by": sender.name,
        "received_at": at.isoformat(),
        "rows": rows,
    }
