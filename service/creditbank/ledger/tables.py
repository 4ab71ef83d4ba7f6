"""Postings and their entries."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from creditbank.db import instant, octets, one_of

SCHEMES = (
    "secondary_vocational",
    "technician",
    "higher_vocational",
    "undergraduate",
    "general_high_school",
    "training",
    "community",
)
POSTING_KINDS = ("grant", "take_back", "reversal")


class Posting(SQLModel, table=True):
    """Credits granted or taken back because of a decision."""

    __table_args__ = (
        ForeignKeyConstraint(["learner_id", "decision_id"], ["decision.learner_id", "decision.decision_id"]),
        one_of("kind", POSTING_KINDS),
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        CheckConstraint("(kind = 'reversal') = (reverses IS NOT NULL)", name="reversal_names_what_it_reverses"),
        CheckConstraint("kind <> 'grant' OR amount > 0", name="grant_gives"),
        CheckConstraint("kind <> 'take_back' OR amount < 0", name="take_back_takes"),
        Index(
            "uq_posting_reverses", "learner_id", "reverses", unique=True, postgresql_where=text("reverses IS NOT NULL")
        ),
        Index("ix_posting_record", "learner_id", "record_id"),
        Index("ix_posting_posting_id", "posting_id"),
        {"info": {"family": "learner", "personal": "pseudonymous", "app_may": "append"}},
    )

    learner_id: UUID = Field(primary_key=True)
    posting_id: UUID = Field(primary_key=True)
    change_id: UUID
    decision_id: UUID
    record_id: UUID
    kind: str
    reverses: UUID | None = None
    """A reversal says that the posting it names never was: it occurs on the same day."""
    scheme: str
    institution_id: UUID
    amount: int
    """Signed hundredths, as seen by the learner's own account."""
    occurred_on: date
    posted_at: datetime = instant()
    salt: bytes = octets()
    digest: bytes = octets()


class Entry(SQLModel, table=True):
    """One side of a posting: the learner's ledger account (分户) of a scheme, or that of the source it came from."""

    __table_args__ = (
        ForeignKeyConstraint(["learner_id", "posting_id"], ["posting.learner_id", "posting.posting_id"]),
        CheckConstraint("account IN ('deposit', 'source')", name="account_known"),
        CheckConstraint("(account = 'source') = (institution_id IS NOT NULL)", name="source_is_an_institution"),
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        CheckConstraint("account <> 'deposit' OR balance_after >= 0", name="deposit_not_below_zero"),
        Index(
            "ix_entry_account",
            "learner_id",
            "scheme",
            "account",
            "institution_id",
            "sequence",
            postgresql_include=["balance_after"],
        ),
        {"info": {"family": "learner", "personal": "pseudonymous", "app_may": "append"}},
    )

    learner_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    posting_id: UUID
    scheme: str
    account: str
    institution_id: UUID | None = None
    amount: int
    balance_after: int
