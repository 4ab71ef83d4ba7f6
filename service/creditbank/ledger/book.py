"""Pure book-keeping: postings with their two entries, numbered and balanced, ready to be written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from creditbank.identifiers import new_id
from creditbank.sealing import DigestName, as_digested, new_salt, salted_digest

Account = tuple[UUID, str, str, UUID | None]
"""Learner, scheme, `deposit`, `conversion` or `source`, and for a source the institution."""
Purpose = Literal["deposit", "conversion"]

_About = tuple[Purpose, UUID | None, UUID | None, int | None]
"""Purpose, record, claim and line: what a posting and its reversal are about."""

_NAMES: dict[Purpose, tuple[bool, bool, bool]] = {"deposit": (True, False, False), "conversion": (False, True, True)}
"""Whether a posting of a purpose names a record, a claim and a line."""


class PostingAlreadyReversed(ValueError):
    """A posting is reversed once; what followed it is reversed instead."""


@dataclass(frozen=True, slots=True)
class LivePosting:
    """A grant or take-back that nothing has reversed: of a record that was deposited, or of a line of a claim."""

    learner_id: UUID
    posting_id: UUID
    record_id: UUID | None
    scheme: str
    institution_id: UUID
    amount: int
    occurred_on: date
    purpose: Purpose = "deposit"
    claim_id: UUID | None = None
    line_no: int | None = None


@dataclass(slots=True)
class Book:
    """What is to be written for some learners whose heads are locked: their balances as they are, then as they become.

    `last_entry` and `balances` are read under the lock; postings and entries are collected in the order they are made.
    """

    change_id: UUID
    at: datetime
    digest: DigestName
    last_entry: dict[UUID, int]
    balances: dict[Account, int]
    postings: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    reversed: set[UUID] = field(default_factory=set)
    _change: str = field(init=False)
    _posted_at: str = field(init=False)

    def __post_init__(self) -> None:
        self._change, self._posted_at = str(self.change_id), self.at.isoformat()

    def post(
        self,
        *,
        learner_id: UUID,
        decision_id: UUID,
        scheme: str,
        institution_id: UUID,
        amount: int,
        occurred_on: date,
        purpose: Purpose = "deposit",
        record_id: UUID | None = None,
        claim_id: UUID | None = None,
        line_no: int | None = None,
    ) -> UUID:
        """Grant credits (a positive amount, in hundredths) or take them back (negative) because of a decision.

        A deposit is of a record, a conversion of a line of a claim; the institution is the source of the credits: who
        reported the record, or the first record that the line uses.
        """
        about = (purpose, record_id, claim_id, line_no)
        named = (record_id is not None, claim_id is not None, line_no is not None)
        if named != _NAMES[purpose]:
            raise ValueError(f"a deposit is of a record and a conversion of a line of a claim, not {about}")
        kind = "grant" if amount > 0 else "take_back"
        return self._write(learner_id, decision_id, about, kind, None, scheme, institution_id, amount, occurred_on)

    def reverse(self, posting: LivePosting, *, decision_id: UUID) -> UUID:
        """Say that a posting never was, because of a later decision: the same amount back, on the same day.

        Raises PostingAlreadyReversed when this book has reversed it; the database refuses a second reversal for ever.
        """
        if posting.posting_id in self.reversed:
            raise PostingAlreadyReversed(posting.posting_id)
        self.reversed.add(posting.posting_id)
        return self._write(
            posting.learner_id,
            decision_id,
            (posting.purpose, posting.record_id, posting.claim_id, posting.line_no),
            "reversal",
            posting.posting_id,
            posting.scheme,
            posting.institution_id,
            -posting.amount,
            posting.occurred_on,
        )

    def _write(
        self,
        learner_id: UUID,
        decision_id: UUID,
        about: _About,
        kind: str,
        reverses: UUID | None,
        scheme: str,
        institution_id: UUID,
        amount: int,
        occurred_on: date,
    ) -> UUID:
        posting_id, salt = new_id(), new_salt()
        purpose, record_id, claim_id, line_no = about
        posting: dict[str, Any] = {
            "learner_id": str(learner_id),
            "posting_id": str(posting_id),
            "change_id": self._change,
            "decision_id": str(decision_id),
            "record_id": None if record_id is None else str(record_id),
            "claim_id": None if claim_id is None else str(claim_id),
            "line_no": line_no,
            "purpose": purpose,
            "kind": kind,
            "reverses": None if reverses is None else str(reverses),
            "scheme": scheme,
            "institution_id": str(institution_id),
            "amount": amount,
            "occurred_on": occurred_on.isoformat(),
            "posted_at": self._posted_at,
        }
        digest = salted_digest(salt, as_digested(posting), self.digest)
        self.postings.append({**posting, "salt": "\\x" + salt.hex(), "digest": "\\x" + digest.hex()})
        self._enter((learner_id, scheme, purpose, None), posting_id, amount)
        self._enter((learner_id, scheme, "source", institution_id), posting_id, -amount)
        return posting_id

    def _enter(self, account: Account, posting_id: UUID, amount: int) -> None:
        learner_id, scheme, name, institution_id = account
        sequence = self.last_entry[learner_id] = self.last_entry[learner_id] + 1
        balance = self.balances[account] = self.balances.get(account, 0) + amount
        self.entries.append(
            {
                "learner_id": learner_id,
                "sequence": sequence,
                "posting_id": posting_id,
                "scheme": scheme,
                "account": name,
                "institution_id": institution_id,
                "amount": amount,
                "balance_after": balance,
            }
        )
