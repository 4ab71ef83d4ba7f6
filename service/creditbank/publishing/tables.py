"""Drafts of rule documents: what is proposed, every text it ever had, what became of it, and what was found."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid
from sqlmodel import Column, Field, SQLModel

from creditbank.db import as_json, instant, one_of

STATES = ("draft", "checked", "impact", "approved", "published", "withdrawn")
ACTS = (
    "written",
    "check_held",
    "check_failed",
    "impact_reported",
    "approved",
    "published",
    "withdrawn",
)
REPORTS = ("check", "impact")

_PEOPLE = {"family": "reference", "personal": "pseudonymous"}


def _of_a_draft() -> Any:
    return Field(sa_column=Column(Uuid, ForeignKey("rule_draft.draft_id"), primary_key=True))


class RuleDraft(SQLModel, table=True):
    """A proposed text of one rule document, and how far it has come; the last of its texts is what counts."""

    __tablename__ = "rule_draft"
    __table_args__ = (
        one_of("state", STATES),
        CheckConstraint("revision >= 1", name="revision_from_one"),
        Index("ix_rule_draft_document", "document", "draft_id"),
        Index("ix_rule_draft_institution_id", "institution_id", "draft_id"),
        {"info": {**_PEOPLE, "app_may": "update"}},
    )

    draft_id: UUID = Field(primary_key=True)
    document: str
    question: str
    institution_id: UUID | None = None
    """Whose own document it is: of whose registrars it can be; none for a document of the bank."""
    state: str
    revision: int
    """How many texts it has had."""
    act_no: int = 0
    """How many acts it has had."""
    created_by: str
    created_at: datetime = instant()
    changed_at: datetime = instant()


class RuleDraftText(SQLModel, table=True):
    """A text that a draft had, and who wrote it."""

    __tablename__ = "rule_draft_text"
    __table_args__ = ({"info": {**_PEOPLE, "app_may": "append"}},)

    draft_id: UUID = _of_a_draft()
    revision: int = Field(primary_key=True)
    text: str
    text_digest: str
    """SHA-256 of the text and of what it supersedes."""
    supersedes: list[str] = as_json()
    """Published versions that it leaves out because they were mistaken."""
    written_by: str
    written_at: datetime = instant()


class RuleDraftAct(SQLModel, table=True):
    """Something that was done to a draft: who, when, to which of its texts, and why."""

    __tablename__ = "rule_draft_act"
    __table_args__ = (one_of("act", ACTS), {"info": {**_PEOPLE, "app_may": "append"}})

    draft_id: UUID = _of_a_draft()
    act_no: int = Field(primary_key=True)
    act: str
    revision: int
    by: str
    """`login:…`, or `rules` where the bank itself looked."""
    at: datetime = instant()
    reason: str | None = None


class RuleDraftReport(SQLModel, table=True):
    """What a check or an impact run found about one text, and which rulebook it was held against."""

    __tablename__ = "rule_draft_report"
    __table_args__ = (
        one_of("report", REPORTS),
        Index("ix_rule_draft_report_draft_id", "draft_id", "revision", "report", "made_at"),
        {"info": {"family": "reference", "personal": "pseudonymous", "app_may": "append"}},
    )

    report_id: UUID = Field(primary_key=True)
    draft_id: UUID = Field(foreign_key="rule_draft.draft_id")
    revision: int
    report: str
    text_digest: str
    book_digest: str
    """The rulebook it was compared with; another one makes the report stale."""
    engine: str
    made_at: datetime = instant()
    outcome: dict[str, Any] = as_json()
    """Counts and sums, and ids of examples: nothing that a key would have to seal."""


class AffectedReport(SQLModel, table=True):
    """A search for decisions by one published version that would now be others."""

    __tablename__ = "affected_report"
    __table_args__ = (
        Index("ix_affected_report_document", "document", "document_version", "report_id"),
        {"info": {"family": "reference", "personal": "pseudonymous", "app_may": "update"}},
    )

    report_id: UUID = Field(primary_key=True)
    document: str
    document_version: str
    asked_by: str
    asked_at: datetime = instant()
    made_at: datetime | None = instant(nullable=True)
    book_digest: str | None = None
    compared: int = 0
    affected: int = 0


class AffectedDecision(SQLModel, table=True):
    """A decision that would now be another, as it stands and as it would be."""

    __tablename__ = "affected_decision"
    __table_args__ = (
        CheckConstraint("(record_id IS NULL) = (claim_id IS NOT NULL)", name="about_a_record_or_a_claim"),
        {"info": {"family": "local", "personal": "pseudonymous", "app_may": "append"}},
    )

    report_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("affected_report.report_id"), primary_key=True))
    decision_id: UUID = Field(primary_key=True)
    learner_id: UUID
    institution_id: UUID
    record_id: UUID | None = None
    claim_id: UUID | None = None
    line_no: int | None = None
    standing: dict[str, Any] = as_json()
    """Verdict, credits in hundredths, scheme, clause."""
    would_be: dict[str, Any] = as_json()
