"""Pathways and what runs on them: agreements, intakes, cohorts and their members, and what is stated about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from creditbank.db import as_json, instant, octets, one_of

PATHWAY_KINDS = (
    "three_two",
    "three_four",
    "five_year",
    "two_two_two",
    "higher_bachelor",
    "top_up",
    "general_vocational",
    "matched_exam",
    "single_exam",
    "in_school",
)
PATHWAY_STATES = ("proposed", "signed", "filed", "ended")
COHORT_STATES = ("forming", "filed", "closed")
MEMBER_STATES = ("provisional", "filed", "suspended", "left", "progressed")
MEMBER_EVENTS = ("joined", "filed", "suspended", "returned", "left", "given_up", "progressed")
SHEET_KINDS = ("roster", "scores")

REFERENCE = {"family": "reference", "personal": "pseudonymous", "app_may": "update"}
APPENDED = {"family": "reference", "personal": "pseudonymous", "app_may": "append"}
FAMILY = {"family": "learner", "personal": "pseudonymous"}
SEALED = {"family": "learner", "personal": "sealed"}


class Pathway(SQLModel, table=True):
    """A way (升学与贯通通道) from a school and programme to a college and programme, and the agreement behind it.

    Without a school it is an entrance that is open to every school: 对口升学, 高职单招.
    """

    __table_args__ = (
        one_of("kind", PATHWAY_KINDS),
        one_of("state", PATHWAY_STATES),
        CheckConstraint("valid_until > valid_from", name="runs_forward"),
        CheckConstraint("class_size > 0", name="class_size_positive"),
        CheckConstraint("school_programme_id IS NULL OR school_id IS NOT NULL", name="programme_of_a_school"),
        CheckConstraint(
            "state <> 'filed' OR (filed_on IS NOT NULL AND filed_by IS NOT NULL)", name="filed_by_somebody"
        ),
        CheckConstraint("(state = 'ended') = (ended_because IS NOT NULL)", name="ended_for_a_reason"),
        Index("ix_pathway_school_id", "school_id", "school_programme_id"),
        Index("ix_pathway_college_id", "college_id"),
        {"info": REFERENCE},
    )

    pathway_id: UUID = Field(primary_key=True)
    kind: str
    name: str
    name_en: str | None = None
    province: str
    """Whose rules hold: `hebei`."""
    track: str | None = None
    """A category of the entrance, such as 机械."""
    school_id: UUID | None = Field(default=None, foreign_key="institution.institution_id")
    school_programme_id: UUID | None = None
    college_id: UUID = Field(foreign_key="institution.institution_id")
    college_programme_id: UUID | None = None
    enterprise_id: UUID | None = Field(default=None, foreign_key="institution.institution_id")
    stages: list[dict[str, Any]] = as_json()
    """Where each year of study is spent: [{year, at: school | college | enterprise}]."""
    class_size: int | None = None
    """Most members of a cohort, as the agreement says."""
    valid_from: date
    valid_until: date | None = None
    """The first day on which it holds no longer."""
    state: str
    signatures: list[dict[str, Any]] = as_json()
    """Who signed for which institution: [{institution_id, by, at}]."""
    said: dict[str, Any] = as_json()
    """Facts about the agreement that the institutions state for its filing."""
    filing_no: str | None = None
    """备案号."""
    filed_on: date | None = None
    filed_by: str | None = None
    entered_by: str
    entered_at: datetime = instant()
    ended_because: str | None = None
    source: str | None = None


class PathwayCourse(SQLModel, table=True):
    """A course of the first stage that counts for one of the second (一体化课程): the agreed curriculum."""

    __tablename__ = "pathway_course"
    __table_args__ = (
        CheckConstraint("no >= 1", name="no_from_one"),
        {"info": {**REFERENCE, "personal": "none"}},
    )

    pathway_id: UUID = Field(primary_key=True, foreign_key="pathway.pathway_id")
    no: int = Field(primary_key=True)
    school_course_code: str
    college_course_code: str
    equivalence_id: UUID | None = None
    """The equivalence of the college that says so, from the day the pathway was filed."""


class Intake(SQLModel, table=True):
    """A year's places of a pathway (招生计划); `no` above 1 is a supplement. A quota of none is a quota."""

    __table_args__ = (
        CheckConstraint("quota >= 0", name="quota_not_negative"),
        CheckConstraint("progression_quota >= 0", name="progression_quota_not_negative"),
        CheckConstraint("no >= 1", name="no_from_one"),
        Index("uq_intake_pathway_id_year_no", "pathway_id", "year", "no", unique=True),
        {"info": REFERENCE},
    )

    intake_id: UUID = Field(primary_key=True)
    pathway_id: UUID = Field(foreign_key="pathway.pathway_id")
    year: int
    no: int
    quota: int
    progression_quota: int | None = None
    """Places of the second stage, where they are not as many as of the first."""
    notice_no: str | None = None
    published_on: date
    source: str | None = None
    entered_by: str
    entered_at: datetime = instant()


class Cohort(SQLModel, table=True):
    """A cohort (贯通班): who was admitted to a pathway in a year, as it was filed."""

    __table_args__ = (
        one_of("state", COHORT_STATES),
        CheckConstraint("class_size > 0", name="class_size_positive"),
        CheckConstraint(
            "state <> 'filed' OR (filed_on IS NOT NULL AND filed_by IS NOT NULL)", name="filed_by_somebody"
        ),
        Index("ix_cohort_school_id", "school_id", "cohort_id"),
        Index("ix_cohort_college_id", "college_id", "cohort_id"),
        Index("ix_cohort_intake_id", "intake_id"),
        {"info": REFERENCE},
    )

    cohort_id: UUID = Field(primary_key=True)
    pathway_id: UUID = Field(foreign_key="pathway.pathway_id")
    intake_id: UUID = Field(foreign_key="intake.intake_id")
    school_id: UUID | None = Field(default=None, foreign_key="institution.institution_id")
    college_id: UUID = Field(foreign_key="institution.institution_id")
    name: str
    year_of_entry: int
    class_size: int | None = None
    state: str
    filing_no: str | None = None
    filed_on: date | None = None
    filed_by: str | None = None
    entered_by: str
    entered_at: datetime = instant()


class CohortMember(SQLModel, table=True):
    """A member (贯通班学员) of a cohort, as the events leave them."""

    __tablename__ = "cohort_member"
    __table_args__ = (
        one_of("status", MEMBER_STATES),
        CheckConstraint("member_no >= 1", name="member_no_from_one"),
        Index("uq_cohort_member_cohort_id_member_no", "cohort_id", "member_no", unique=True),
        {"info": {**SEALED, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    cohort_id: UUID = Field(primary_key=True, foreign_key="cohort.cohort_id")
    member_no: int
    student_no_sealed: bytes | None = octets(nullable=True)
    """The student number by which the school admitted them, under their own key."""
    joined_on: date
    status: str
    events: int = 0
    """How many events there have been."""


class MemberEvent(SQLModel, table=True):
    """Something dated that happened to a member: joined, filed, suspended, returned, left, gave up, progressed."""

    __tablename__ = "member_event"
    __table_args__ = (
        one_of("event", MEMBER_EVENTS),
        ForeignKeyConstraint(["learner_id", "cohort_id"], ["cohort_member.learner_id", "cohort_member.cohort_id"]),
        CheckConstraint("event_no >= 1", name="event_no_from_one"),
        {"info": {**SEALED, "app_may": "append"}},
    )

    learner_id: UUID = Field(primary_key=True)
    cohort_id: UUID = Field(primary_key=True)
    event_no: int = Field(primary_key=True)
    event: str
    occurred_on: date
    at: datetime = instant()
    by: str
    institution_id: UUID | None = None
    reason_sealed: bytes | None = octets(nullable=True)


class StatementSheet(SQLModel, table=True):
    """A file that a roster or statements came in; each of them knows its row."""

    __tablename__ = "statement_sheet"
    __table_args__ = (
        one_of("kind", SHEET_KINDS),
        CheckConstraint("rows >= 0", name="rows_not_negative"),
        Index("ix_statement_sheet_cohort_id", "cohort_id", "at"),
        {"info": APPENDED},
    )

    sheet_id: UUID = Field(primary_key=True)
    cohort_id: UUID = Field(foreign_key="cohort.cohort_id")
    round_id: UUID | None = None
    digest: bytes = octets()
    """A keyed digest of the file (`sealing.blind_index`): the same file is known again, and it tells nothing."""
    kind: str
    rows: int
    by: str
    at: datetime = instant()


class Statement(SQLModel, table=True):
    """A dated fact about a member that an institution or an officer states (情况陈述). A later one of its key
    supersedes it; a correction and a withdrawal are statements too."""

    __table_args__ = (
        ForeignKeyConstraint(["learner_id", "cohort_id"], ["cohort_member.learner_id", "cohort_member.cohort_id"]),
        CheckConstraint("(sheet_id IS NULL) = (row_no IS NULL)", name="row_of_a_sheet"),
        CheckConstraint("supersedes IS NULL OR supersedes <> statement_id", name="supersedes_another"),
        Index("ix_statement_cohort_id", "cohort_id", "learner_id"),
        Index(
            "uq_statement_supersedes",
            "learner_id",
            "supersedes",
            unique=True,
            postgresql_where=text("supersedes IS NOT NULL"),
        ),
        {"info": {**SEALED, "app_may": "append"}},
    )

    learner_id: UUID = Field(primary_key=True)
    statement_id: UUID = Field(primary_key=True)
    cohort_id: UUID
    topic: str
    key: str
    """What it is the statement of: of one key the last holds."""
    body_sealed: bytes = octets()
    sensitive: bool
    occurred_on: date
    stated_at: datetime = instant()
    stated_by: str
    institution_id: UUID | None = None
    supersedes: UUID | None = None
    withdrawn: bool = False
    sheet_id: UUID | None = Field(default=None, foreign_key="statement_sheet.sheet_id")
    row_no: int | None = None
