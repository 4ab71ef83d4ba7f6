"""Rounds (轮次) of cohorts: candidates, acts, objections, frozen results, and the reviews that late facts open."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from creditbank.db import as_json, instant, octets, one_of
from creditbank.pathways.tables import APPENDED, REFERENCE, SEALED

ROUND_STATES = ("collecting", "decided", "on_notice", "settled", "filed", "frozen", "abandoned")
OUTCOMES = (
    "waiting",
    "eligible",
    "proposed",
    "beyond_quota",
    "tied",
    "not_eligible",
    "unknown",
    "set_aside",
    "given_up",
    "taken",
    "not_taken",
)
OBJECTION_STATES = ("open", "upheld", "dismissed")
REVIEW_STATES = ("open", "closed")
REVIEW_OUTCOMES = ("unchanged", "acted")


class PathwayRound(SQLModel, table=True):
    """A round (轮次) of a cohort: collected, decided and ranked, on public notice, filed, frozen."""

    __tablename__ = "pathway_round"
    __table_args__ = (
        one_of("state", ROUND_STATES),
        CheckConstraint("number >= 1", name="number_from_one"),
        CheckConstraint("seats >= 0", name="seats_not_negative"),
        CheckConstraint("notice_until_on >= notice_from", name="notice_runs_forward"),
        CheckConstraint("(state = 'frozen') = (result_no IS NOT NULL)", name="frozen_has_a_number"),
        CheckConstraint("frozen_by IS NULL OR frozen_by <> filed_by", name="two_people"),
        Index(
            "uq_pathway_round_number",
            "cohort_id",
            "number",
            unique=True,
            postgresql_where=text("state <> 'abandoned'"),
        ),
        Index(
            "uq_pathway_round_open",
            "cohort_id",
            unique=True,
            postgresql_where=text("state NOT IN ('frozen', 'abandoned')"),
        ),
        Index("uq_pathway_round_result_no", "result_no", unique=True, postgresql_where=text("result_no IS NOT NULL")),
        Index("ix_pathway_round_intake_id", "intake_id"),
        Index("ix_pathway_round_look_at", "look_at", postgresql_where=text("state = 'on_notice'")),
        {"info": REFERENCE},
    )

    round_id: UUID = Field(primary_key=True)
    cohort_id: UUID = Field(foreign_key="cohort.cohort_id")
    intake_id: UUID = Field(foreign_key="intake.intake_id")
    number: int
    state: str
    document: str | None = None
    document_version: str | None = None
    digest: str | None = None
    """Of the version by which everybody in it is decided."""
    seats: int | None = None
    """Places there were for it when it was decided."""
    collects_until: date | None = None
    sittings: list[dict[str, Any]] = as_json()
    """Sittings of the examination (考试场次): [{no, on, subjects: [{subject, full, drawn}], set_by, marked_by}]."""
    opened_by: str
    opened_at: datetime = instant()
    decided_at: datetime | None = instant(nullable=True)
    notice_no: int = 0
    notice_from: date | None = None
    notice_until_on: date | None = None
    filed_at: datetime | None = instant(nullable=True)
    filed_by: str | None = None
    filing_digest: bytes | None = octets(nullable=True)
    filing_no: str | None = None
    frozen_at: datetime | None = instant(nullable=True)
    frozen_by: str | None = None
    result_no: str | None = None
    result_digest: bytes | None = octets(nullable=True)
    acts: int = 0
    look_at: datetime | None = instant(nullable=True)
    """When a worker has something to do about it without anybody's act."""


class RoundCandidate(SQLModel, table=True):
    """A candidate (参评学员): a member in a round, and where they stand in it."""

    __tablename__ = "round_candidate"
    __table_args__ = (
        one_of("outcome", OUTCOMES),
        CheckConstraint("rank >= 1", name="rank_from_one"),
        Index("ix_round_candidate_round_id", "round_id", "outcome"),
        {"info": {**SEALED, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    round_id: UUID = Field(primary_key=True, foreign_key="pathway_round.round_id")
    cohort_id: UUID
    member_no: int
    outcome: str
    verdict: str | None = None
    clause: str | None = None
    route: str | None = None
    total: str | None = None
    total_of: str | None = None
    keys: list[Any] = as_json()
    """What they are ranked by, the smaller first."""
    rank: int | None = None
    chosen: bool | None = None
    """What people said where they were tied for the last place."""
    decision_id: UUID | None = None
    revision: int = 0
    set_aside_for: str | None = None
    set_aside_because_sealed: bytes | None = octets(nullable=True)
    changed_at: datetime = instant()


class RoundAct(SQLModel, table=True):
    """Something that happened to a round: who did it, when, and whom it was about."""

    __tablename__ = "round_act"
    __table_args__ = (
        CheckConstraint("act_no >= 1", name="act_from_one"),
        {"info": {"family": "local", "personal": "sealed", "app_may": "append"}},
    )

    round_id: UUID = Field(primary_key=True, foreign_key="pathway_round.round_id")
    act_no: int = Field(primary_key=True)
    act: str
    at: datetime = instant()
    by: str
    institution_id: UUID | None = None
    learner_id: UUID | None = None
    objection_id: UUID | None = None
    about: dict[str, Any] = as_json()
    """Ids, days, counts and codes; nothing that anybody wrote."""
    words_sealed: bytes | None = octets(nullable=True)
    """What was written of several at once, under the bank's key."""


class RoundObjection(SQLModel, table=True):
    """An objection (异议) to a candidate of a list on public notice."""

    __tablename__ = "round_objection"
    __table_args__ = (
        one_of("state", OBJECTION_STATES),
        ForeignKeyConstraint(["learner_id", "round_id"], ["round_candidate.learner_id", "round_candidate.round_id"]),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_at_an_instant"),
        Index("ix_round_objection_round_id", "round_id", "state"),
        {"info": {**SEALED, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    objection_id: UUID = Field(primary_key=True)
    round_id: UUID
    raised_by: str
    raised_at: datetime = instant()
    words_sealed: bytes = octets()
    state: str
    due_on: date | None = None
    decided_by: str | None = None
    decided_at: datetime | None = instant(nullable=True)
    answer_sealed: bytes | None = octets(nullable=True)


class RoundResult(SQLModel, table=True):
    """The frozen, numbered result of a round: who was taken, by which decision; nothing changes it any more."""

    __tablename__ = "round_result"
    __table_args__ = (
        Index("uq_round_result_result_no", "result_no", unique=True),
        {"info": APPENDED},
    )

    round_id: UUID = Field(primary_key=True, foreign_key="pathway_round.round_id")
    result_no: str
    rows: list[dict[str, Any]] = as_json()
    digest: bytes = octets()
    salt: bytes = octets()
    frozen_at: datetime = instant()


class ProgressionReview(SQLModel, table=True):
    """A review (复查) by people: a fact that arrived after the freeze would say something else of somebody."""

    __tablename__ = "progression_review"
    __table_args__ = (
        one_of("state", REVIEW_STATES),
        one_of("outcome", REVIEW_OUTCOMES, nullable=True),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_at_an_instant"),
        Index("ix_progression_review_review_id", "review_id", unique=True),
        Index("ix_progression_review_opened_at", "opened_at", "review_id", postgresql_where=text("state = 'open'")),
        Index("ix_progression_review_round_id", "round_id"),
        {"info": {**SEALED, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    review_id: UUID = Field(primary_key=True)
    round_id: UUID = Field(foreign_key="pathway_round.round_id")
    because: str
    differs: dict[str, Any] = as_json()
    """What would be said now: outcomes and codes, no facts."""
    opened_at: datetime = instant()
    state: str
    closed_by: str | None = None
    closed_at: datetime | None = instant(nullable=True)
    outcome: str | None = None
    words_sealed: bytes | None = octets(nullable=True)
