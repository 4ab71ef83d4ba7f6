"""Every version of every record, the keys by which institutions know them, rows held for people, and today's view."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, LargeBinary, String, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from creditbank.db import as_json, instant, octets, one_of
from creditbank.records.schemas import Kind

RECORD_KINDS = get_args(Kind)
ACTS = ("reported", "corrected", "withdrawn", "reassigned_away", "reassigned_here")
HOLDS = ("identity_under_review", "credits_differ_from_plan")


class Submission(SQLModel, table=True):
    """One call with one or many rows (报送): where a record came from."""

    __table_args__ = (
        Index("ix_submission_institution_id_received_at", "institution_id", "received_at"),
        {"info": {"family": "local", "personal": "pseudonymous", "app_may": "append"}},
    )

    submission_id: UUID = Field(primary_key=True)
    institution_id: UUID
    sent_by: str
    received_at: datetime = instant()
    rows: int


class RecordVersion(SQLModel, table=True):
    """One version of a record, exactly as it was reported, corrected, withdrawn or reassigned."""

    __tablename__ = "record_version"
    __table_args__ = (
        ForeignKeyConstraint(["learner_id"], ["learner.learner_id"]),
        one_of("kind", RECORD_KINDS),
        one_of("act", ACTS),
        CheckConstraint("version >= 1", name="version_from_one"),
        Index("ix_record_version_record_id", "record_id"),
        {"info": {"family": "learner", "personal": "sealed", "app_may": "append"}},
    )

    learner_id: UUID = Field(primary_key=True)
    record_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    change_id: UUID
    institution_id: UUID
    kind: str
    act: str
    occurred_on: date
    recorded_at: datetime = instant()
    submission_id: UUID
    row_no: int
    row_index: bytes = octets()
    """Keyed index of the row as it was sent: known again when it comes again, and no plain digest of who it names."""
    content: bytes = octets()
    """What it is about, so that attempts, levels and events are found together."""
    body: dict[str, Any] = as_json()
    """What was reported, less what identifies a person or is sensitive."""
    derived: dict[str, Any] = as_json()
    """What the bank read into it at the time: the course's name, the institution's name, the result."""
    sealed: bytes | None = octets(nullable=True)
    """The rest, under the learner's key: student number, certificate number, special marks."""
    warnings: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    reason: str | None = None
    salt: bytes = octets()
    digest: bytes = octets()


class RecordKey(SQLModel, table=True):
    """An institution's own key of a record: claimed before the write, so that one key is one record."""

    __tablename__ = "record_key"
    __table_args__ = (
        Index("ix_record_key_record_id", "record_id"),
        {"info": {"family": "reference", "personal": "pseudonymous", "app_may": "update"}},
    )

    institution_id: UUID = Field(primary_key=True)
    key_index: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    learner_id: UUID
    record_id: UUID


class CertificateKey(SQLModel, table=True):
    """A certificate number: it belongs to one learner, whoever submits it."""

    __tablename__ = "certificate_key"
    __table_args__ = (
        Index("ix_certificate_key_record_id", "record_id"),
        {"info": {"family": "reference", "personal": "pseudonymous", "app_may": "update"}},
    )

    number_index: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    learner_id: UUID
    record_id: UUID


class RecordCurrent(SQLModel, table=True):
    """Today's view of a live record: rebuilt at any time from versions, decisions and postings (`creditbank audit`)."""

    __tablename__ = "record_current"
    __table_args__ = (
        Index("ix_record_current_content", "learner_id", "content"),
        Index("ix_record_current_institution_id", "institution_id", "learner_id"),
        {"info": {"family": "learner", "personal": "sealed", "app_may": "delete"}},
    )

    learner_id: UUID = Field(primary_key=True)
    record_id: UUID = Field(primary_key=True)
    version: int
    institution_id: UUID
    kind: str
    content: bytes = octets()
    """What it is about, so that attempts, levels and events are found together: the rule says which one counts."""
    occurred_on: date
    recorded_at: datetime = instant()
    scheme: str | None = None
    level: str | None = None
    credits: int
    """Hundredths that stand on it now."""
    verdict: str
    clause: str | None = None
    decision_id: UUID
    posting_id: UUID | None = None
    shown: dict[str, Any] = as_json()
    """What a transcript shows of it."""
    line: str
    """Its finished line in a transcript (`records/lines.py`), with nothing private in it."""
    sealed: bytes | None = octets(nullable=True)


class HeldRow(SQLModel, table=True):
    """A row that waits for a person: kept whole, sealed, until an officer has decided."""

    __tablename__ = "held_row"
    __table_args__ = (
        one_of("hold", HOLDS),
        CheckConstraint("status IN ('open', 'resolved', 'superseded')", name="status_known"),
        Index(
            "uq_held_row_open_key",
            "institution_id",
            "key_index",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        {"info": {"family": "local", "personal": "sealed", "app_may": "update"}},
    )

    held_row_id: UUID = Field(primary_key=True)
    institution_id: UUID
    key_index: bytes = octets()
    hold: str
    ground: str
    """Why, for officers only."""
    submission_id: UUID
    row_no: int
    row_index: bytes = octets()
    """Keyed index of the row, to know it again."""
    payload_sealed: bytes = octets()
    candidates: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    received_at: datetime = instant()
    status: str = "open"
    resolved_at: datetime | None = instant(nullable=True)
    resolved_by: str | None = None
    resolution: str | None = None
    record_id: UUID | None = None
    learner_id: UUID | None = None
