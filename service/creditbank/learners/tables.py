"""Learners' accounts and what identifies them; every field that could name a person is sealed under their own key."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from creditbank.db import as_json, instant, octets, one_of

DOCUMENT_KINDS = (
    "resident_id",
    "hk_macao_permit",
    "taiwan_permit",
    "hmt_residence",
    "foreign_permanent_residence",
    "passport",
)
CONSENT_PURPOSES = ("transcript", "recognition", "statistics", "notices")

FAMILY = {"family": "learner", "personal": "pseudonymous"}
SEALED = {"family": "learner", "personal": "sealed"}


class Learner(SQLModel, table=True):
    """A personal account (个人学习账户), for life."""

    __table_args__ = (
        Index("uq_learner_account_no", "account_no", unique=True),
        {"info": {**FAMILY, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    account_no: str
    opened_at: datetime = instant()
    opened_by: UUID | None = Field(default=None, foreign_key="institution.institution_id")
    activated_at: datetime | None = instant(nullable=True)
    closed_at: datetime | None = instant(nullable=True)


class LearnerHead(SQLModel, table=True):
    """The row that a write to a learner locks, and the number of the last ledger entry."""

    __tablename__ = "learner_head"
    __table_args__ = ({"info": {**FAMILY, "app_may": "update"}},)

    learner_id: UUID = Field(primary_key=True)
    last_entry: int = 0


class LearnerKey(SQLModel, table=True):
    """A learner's own key, wrapped; deleting it makes their personal data unreadable for ever."""

    __tablename__ = "learner_key"
    __table_args__ = ({"info": {**SEALED, "app_may": "delete"}},)

    learner_id: UUID = Field(primary_key=True)
    wrapped: bytes = octets()


class LearnerName(SQLModel, table=True):
    """A name that a learner has or had."""

    __tablename__ = "learner_name"
    __table_args__ = (
        Index("ix_learner_name_name_index", "name_index"),
        {"info": {**SEALED, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    name_id: UUID = Field(primary_key=True)
    name_sealed: bytes = octets()
    name_index: bytes = octets()
    """Keyed index of the normalised name."""
    given_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)
    """When another name took its place; a former name still matches a row."""
    evidence_sealed: bytes | None = octets(nullable=True)
    """What an officer saw that shows the change."""


class LearnerDocument(SQLModel, table=True):
    """An identity document that a learner has or had."""

    __tablename__ = "learner_document"
    __table_args__ = (
        one_of("kind", DOCUMENT_KINDS),
        {"info": {**SEALED, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    document_id: UUID = Field(primary_key=True)
    kind: str
    sealed: bytes = octets()
    """Number, and date of birth where it is known."""
    number_index: bytes = octets()
    recorded_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)
    """When another took its place; its number still matches a row."""
    evidence_sealed: bytes | None = octets(nullable=True)


class IdentityKey(SQLModel, table=True):
    """Which learner a document number belongs to: claimed before an account is opened, so that two rows open one."""

    __tablename__ = "identity_key"
    __table_args__ = ({"info": {"family": "reference", "personal": "pseudonymous", "app_may": "update"}},)

    number_index: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    learner_id: UUID
    claimed_at: datetime = instant()


class Enrolment(SQLModel, table=True):
    """An enrolment (学籍), as the enrolment events that an institution reported leave it."""

    __table_args__ = (
        Index("ix_enrolment_institution_id_student_index", "institution_id", "student_index"),
        Index("ix_enrolment_programme_id", "programme_id", "year_of_entry"),
        CheckConstraint("ended_on >= entered_on", name="runs_forward"),
        {"info": {**SEALED, "app_may": "delete"}},
    )

    learner_id: UUID = Field(primary_key=True)
    institution_id: UUID = Field(primary_key=True, foreign_key="institution.institution_id")
    student_index: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    """Keyed index of the student number (学号) at the institution."""
    student_sealed: bytes = octets()
    level: str
    programme_id: UUID | None = None
    year_of_entry: int | None = None
    entered_on: date
    ended_on: date | None = None
    status: str


class LearnerAlias(SQLModel, table=True):
    """Two accounts that are one person: reads use both, writes lock both; ended when that proves wrong."""

    __tablename__ = "learner_alias"
    __table_args__ = (
        Index("uq_learner_alias_live", "learner_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_learner_alias_into_learner_id", "into_learner_id"),
        CheckConstraint("learner_id <> into_learner_id", name="two_accounts"),
        {"info": {**FAMILY, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    alias_id: UUID = Field(primary_key=True)
    into_learner_id: UUID
    merged_at: datetime = instant()
    merged_by: str
    reason: str
    ended_at: datetime | None = instant(nullable=True)
    ended_by: str | None = None
    ended_reason: str | None = None


class Guardianship(SQLModel, table=True):
    """A guardian (监护人) recorded for a child, who acts for them."""

    __table_args__ = (
        Index("ix_guardianship_login_id", "login_id"),
        Index("ix_guardianship_guardian_index", "guardian_index"),
        Index(
            "uq_guardianship_live",
            "learner_id",
            "guardian_index",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        {"info": {**SEALED, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    guardianship_id: UUID = Field(primary_key=True)
    login_id: UUID
    relation: str
    guardian_sealed: bytes = octets()
    """Name and document of the guardian, and what was seen that shows who they are; under the child's key."""
    guardian_index: bytes = octets()
    """Keyed index of the guardian's document, by which a guardian of several children is one person."""
    guardian_name_index: bytes = octets()
    recorded_at: datetime = instant()
    recorded_by: str
    ended_at: datetime | None = instant(nullable=True)
    ended_by: str | None = None


class Consent(SQLModel, table=True):
    """A learner's word, given or taken back, that an institution may use their data for a purpose."""

    __table_args__ = (
        one_of("purpose", CONSENT_PURPOSES),
        {"info": {**FAMILY, "app_may": "append"}},
    )

    learner_id: UUID = Field(primary_key=True)
    consent_id: UUID = Field(primary_key=True)
    purpose: str
    institution_id: UUID | None = None
    """To whom; nobody in particular means the bank itself."""
    given: bool
    at: datetime = instant()
    until_on: date | None = None
    by: str


class InboxMessage(SQLModel, table=True):
    """A notice served on a learner: what was decided, and from when its clocks run."""

    __tablename__ = "inbox_message"
    __table_args__ = ({"info": {**FAMILY, "app_may": "update"}},)

    learner_id: UUID = Field(primary_key=True)
    message_id: UUID = Field(primary_key=True)
    kind: str
    about: dict[str, Any] = as_json()
    """Ids of what it is about, never personal data."""
    served_at: datetime = instant()
    read_at: datetime | None = instant(nullable=True)


class ActivationCode(SQLModel, table=True):
    """A one-time code that a school hands to a person, who activates (激活) their account with it."""

    __tablename__ = "activation_code"
    __table_args__ = ({"info": {**FAMILY, "app_may": "update"}},)

    learner_id: UUID = Field(primary_key=True)
    code_id: UUID = Field(primary_key=True)
    digest: bytes = octets()
    issued_at: datetime = instant()
    issued_by: str
    expires_at: datetime = instant()
    used_at: datetime | None = instant(nullable=True)
    withdrawn_at: datetime | None = instant(nullable=True)
