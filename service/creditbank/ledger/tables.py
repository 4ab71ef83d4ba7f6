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
PURPOSES = ("deposit", "conversion")
ACCOUNTS = (*PURPOSES, "source")


class Posting(SQLModel, table=True):
    """Credits granted or taken back because of a decision."""

    __table_args__ = (
        ForeignKeyConstraint(["learner_id", "decision_id"], ["decision.learner_id", "decision.decision_id"]),
        one_of("kind", POSTING_KINDS),
        one_of("purpose", PURPOSES),
        CheckConstraint("(purpose = 'deposit') = (record_id IS NOT NULL)", name="deposit_is_of_a_record"),
        CheckConstraint("(purpose = 'conversion') = (claim_id IS NOT NULL)", name="conversion_is_of_a_claim"),
        CheckConstraint("(claim_id IS NULL) = (line_no IS NULL)", name="claim_has_a_line"),
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        CheckConstraint("(kind = 'reversal') = (reverses IS NOT NULL)", name="reversal_names_what_it_reverses"),
        CheckConstraint("kind <> 'grant' OR amount > 0", name="grant_gives"),
        CheckConstraint("kind <> 'take_back' OR amount < 0", name="take_back_takes"),
        Index(
            "uq_posting_reverses", "learner_id", "reverses", unique=True, postgresql_where=text("reverses IS NOT NULL")
        ),
        Index("ix_posting_record", "learner_id", "record_id"),
        Index("ix_posting_claim", "learner_id", "claim_id", "line_no", postgresql_where=text("claim_id IS NOT NULL")),
        Index("ix_posting_posting_id", "posting_id"),
        {"info": {"family": "learner", "personal": "pseudonymous", "app_may": "append"}},
    )

    learner_id: UUID = Field(primary_key=True)
    posting_id: UUID = Field(primary_key=True)
    change_id: UUID
    decision_id: UUID
    record_id: UUID | None = None
    claim_id: UUID | None = None
    line_no: int | None = None
    purpose: str = "deposit"
    """Deposited (存入), or counting for a course of a plan (转换): never added together."""
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
    """One side of a posting: the learner's ledger account (分户) of a scheme and purpose, or that of its source."""

    __table_args__ = (
        ForeignKeyConstraint(["learner_id", "posting_id"], ["posting.learner_id", "posting.posting_id"]),
        one_of("account", ACCOUNTS),
        CheckConstraint("(account = 'source') = (institution_id IS NOT NULL)", name="source_is_an_institution"),
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        CheckConstraint("account = 'source' OR balance_after >= 0", name="own_account_not_below_zero"),
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
