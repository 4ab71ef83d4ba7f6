"""Published rule documents, and every decision that was made by one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from creditbank.db import as_json, instant, octets, one_of

VERDICTS = ("granted", "not_granted", "unknown", "withdrawn")
ABOUT_RECORDS = ("deposit", "withdrawal", "reassignment")
ABOUT_CLAIMS = ("conversion", "conversion_ended")
ABOUT_ROUNDS = ("progression",)
DECISION_KINDS = ABOUT_RECORDS + ABOUT_CLAIMS + ABOUT_ROUNDS


class RuleDocument(SQLModel, table=True):
    """A published version of a rule document: never edited, only followed by another."""

    __tablename__ = "rule_document"
    __table_args__ = ({"info": {"family": "reference", "personal": "none", "app_may": "append"}},)

    document: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    digest: str
    text: str
    published_at: datetime = instant()
    seeded: bool


class RulePublication(SQLModel, table=True):
    """A text that people published: new versions, a last day, more cases; what it supersedes is kept for replays."""

    __tablename__ = "rule_publication"
    __table_args__ = ({"info": {"family": "reference", "personal": "pseudonymous", "app_may": "append"}},)

    publication_no: int = Field(primary_key=True)
    """1, 2, 3 …: a document is what its last publication says."""
    document: str
    text: str
    versions: list[str] = as_json()
    """The versions that are new in it."""
    superseded: dict[str, str] = as_json()
    """Versions that decide nothing any more, each with the one that decides their days instead."""
    because: str | None = None
    """Why it changes days that had passed when it was published."""
    draft_id: UUID
    published_by: str
    published_at: datetime = instant()


class Decision(SQLModel, table=True):
    """What the rules, or a person, said about a record, a line of a claim or a candidate; live while its revision is
    the last."""

    __table_args__ = (
        one_of("kind", DECISION_KINDS),
        one_of("verdict", VERDICTS),
        CheckConstraint("num_nonnulls(record_id, claim_id, round_id) = 1", name="about_one_thing"),
        CheckConstraint("(record_id IS NULL) = (record_version IS NULL)", name="record_has_a_version"),
        CheckConstraint("(claim_id IS NULL) = (line_no IS NULL)", name="claim_has_a_line"),
        CheckConstraint(
            "(claim_id IS NOT NULL) = (kind IN ('conversion', 'conversion_ended'))", name="kind_fits_what_it_is_about"
        ),
        CheckConstraint("(round_id IS NOT NULL) = (kind = 'progression')", name="kind_fits_a_round"),
        Index("uq_decision_record", "learner_id", "record_id", "revision", "effective_on", unique=True),
        Index(
            "uq_decision_claim",
            "learner_id",
            "claim_id",
            "line_no",
            "revision",
            unique=True,
            postgresql_where=text("claim_id IS NOT NULL"),
        ),
        Index(
            "uq_decision_round",
            "learner_id",
            "round_id",
            "revision",
            unique=True,
            postgresql_where=text("round_id IS NOT NULL"),
        ),
        Index("ix_decision_decision_id", "decision_id"),
        {"info": {"family": "learner", "personal": "sealed", "app_may": "append"}},
    )

    learner_id: UUID = Field(primary_key=True)
    decision_id: UUID = Field(primary_key=True)
    change_id: UUID
    kind: str
    record_id: UUID | None = None
    record_version: int | None = None
    claim_id: UUID | None = None
    line_no: int | None = None
    """Which line of the claim, from 1."""
    round_id: UUID | None = None
    """The round of a pathway in which a candidate was decided."""
    revision: int
    """How often the record or the line had been decided when this was: all decisions of the last revision are live."""
    effective_on: date
    """From which day it holds: a later attempt that counts instead takes effect on its own day."""
    verdict: str
    scheme: str | None = None
    level: str | None = None
    """The level of education the record or the plan belonged to, as far as it was known then."""
    credits: int
    """Hundredths."""
    document: str | None = None
    document_version: str | None = None
    document_digest: str | None = None
    clause: str | None = None
    basis: dict[str, Any] | None = as_json(nullable=True)
    """Which date chose the version and why; all documents that took part in it; who signed, where a person did."""
    facts_sealed: bytes | None = octets(nullable=True)
    engine: str
    decided_at: datetime = instant()
    salt: bytes = octets()
    digest: bytes = octets()
