"""Institutions and what they teach and certify, each with the dates between which it holds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlmodel import Field, SQLModel

from creditbank.db import as_json, instant, one_of

INSTITUTION_KINDS = (
    "secondary_vocational",
    "technician_college",
    "higher_vocational",
    "applied_university",
    "general_high_school",
    "training_provider",
    "enterprise",
    "certificate_body",
)
LEVELS = (
    "secondary_vocational",
    "technician",
    "higher_vocational",
    "vocational_bachelor",
    "undergraduate",
    "general_high_school",
)
CATALOGUES = ("vocational", "technician", "bachelor", "none")
LEARNING_FORMS = (
    "theory",
    "integrated",
    "practice",
    "internship",
    "graduation_project",
    "military",
    "community",
    "online",
    "training",
)
CERTIFICATE_KINDS = (
    "vocational_skill_level",
    "occupational_qualification",
    "skill_level",
    "computer_exam",
    "language_exam",
    "other",
)
DISCIPLINES = (
    "engineering",
    "teacher_training",
    "arts_management",
    "foreign_languages",
    "medicine",
    "agriculture",
    "arts_sports",
    "other",
)
"""What rules divide programmes by (专业门类), coarser than any national catalogue."""
SUBJECTS = (
    "politics",
    "physical_education",
    "foreign_language",
    "chinese",
    "mathematics",
    "computing",
    "military",
    "labour",
    "other",
)
"""What a course is about, as far as rules treat it apart (课程门类)."""
EQUIVALENCE_STATES = ("proposed", "in_force", "dropped")

REFERENCE = {"info": {"family": "reference", "personal": "none", "app_may": "update"}}
REPLACED = {"info": {"family": "reference", "personal": "none", "app_may": "delete"}}

_FROM_UNTIL = "daterange(valid_from, valid_until)"


def _never_twice(name: str, *, key: str, during: str = _FROM_UNTIL) -> ExcludeConstraint:
    """No two rows of one key hold on the same day, whoever writes them.

    GiST compares ranges, and compares identifiers and texts only with an extension that the owner of the schema may
    not be allowed to create. So the key is a range of one number, its hash: should two keys ever share one, a write
    that is right would be refused; none that is wrong can pass.
    """
    hashed = f"hashtextextended({key}, 0)"
    return ExcludeConstraint(
        (text(f"numrange({hashed}, {hashed}, '[]')"), "="), (text(during), "&&"), name=f"never_twice_{name}"
    )


class Institution(SQLModel, table=True):
    """A college, provider or certificate body as one lasting thing; what it is called and is, is its profile."""

    __table_args__ = (REFERENCE,)

    institution_id: UUID = Field(primary_key=True)
    created_at: datetime = instant()


class InstitutionProfile(SQLModel, table=True):
    """What an institution was called and was, from one day to another (the last day is exclusive)."""

    __tablename__ = "institution_profile"
    __table_args__ = (
        one_of("kind", INSTITUTION_KINDS),
        CheckConstraint("valid_until > valid_from", name="runs_forward"),
        Index("uq_institution_profile_uscc", "uscc", unique=True, postgresql_where=text("valid_until IS NULL")),
        Index(
            "uq_institution_profile_school_code",
            "school_code",
            unique=True,
            postgresql_where=text("valid_until IS NULL"),
        ),
        _never_twice("institution_profile", key="institution_id::text"),
        REFERENCE,
    )

    institution_id: UUID = Field(primary_key=True, foreign_key="institution.institution_id")
    valid_from: date = Field(primary_key=True)
    valid_until: date | None = None
    kind: str
    name: str
    name_en: str | None = None
    uscc: str | None = None
    """统一社会信用代码 (GB 32100-2015)."""
    school_code: str | None = None
    """学校标识码, ten digits."""
    college_code: str | None = None
    """院校代码, five digits."""
    demo: bool = False
    """An invented institution (演示)."""
    source: str | None = None


class Programme(SQLModel, table=True):
    """A programme (专业) that an institution runs, as it was from one day to another.

    The identifier stands for the institution's own code for good: who is enrolled stays enrolled when the programme
    is renamed or moves to another edition of the catalogue.
    """

    __table_args__ = (
        one_of("level", LEVELS),
        one_of("catalogue", CATALOGUES),
        one_of("discipline", DISCIPLINES, nullable=True),
        CheckConstraint("years ~ '^[1-9](\\.5)?$'", name="years_by_halves"),
        CheckConstraint("valid_until > valid_from", name="runs_forward"),
        Index("uq_programme_institution_id_code_valid_from", "institution_id", "code", "valid_from", unique=True),
        _never_twice("programme", key="institution_id::text || ' ' || code"),
        _never_twice("programme_id", key="programme_id::text"),
        REFERENCE,
    )

    programme_id: UUID = Field(primary_key=True)
    institution_id: UUID = Field(foreign_key="institution.institution_id")
    code: str
    """The institution's own code."""
    level: str
    name: str
    name_en: str | None = None
    catalogue: str = "none"
    edition: str | None = None
    catalogue_code: str | None = None
    valid_from: date = Field(primary_key=True)
    valid_until: date | None = None
    source: str | None = None
    years: str | None = None
    """Length of study (学制) in years: `3`, `2.5`."""
    discipline: str | None = None


class Plan(SQLModel, table=True):
    """A plan (人才培养方案): the courses and totals of a programme for learners of some years of entry.

    Of the plans that a year of entry has, the one published last is in force.
    """

    __table_args__ = (
        CheckConstraint("entry_until >= entry_from", name="runs_forward"),
        CheckConstraint("total_credits >= 0", name="total_credits_not_negative"),
        Index("uq_plan_programme_id_version", "programme_id", "version", unique=True),
        _never_twice(
            "plan",
            key="programme_id::text || ' ' || (published_on - date '2000-01-01')::text",
            during="int4range(entry_from, entry_until, '[]')",
        ),
        REFERENCE,
    )

    plan_id: UUID = Field(primary_key=True)
    programme_id: UUID
    institution_id: UUID = Field(foreign_key="institution.institution_id", index=True)
    version: str
    entry_from: int
    """First year of entry (入学年级) that the plan holds for."""
    entry_until: int | None = None
    published_on: date
    total_credits: int
    """Hundredths of a credit."""
    totals: dict[str, Any] = as_json()
    """Credits by category, as strings."""
    source: str | None = None
    certificates: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    """The certificates listed for the programme, and those of them that the plan itself requires."""


class PlanCourse(SQLModel, table=True):
    """A course as a plan holds it: its category, credits, hours and term."""

    __tablename__ = "plan_course"
    __table_args__ = (
        one_of("learning_form", LEARNING_FORMS),
        one_of("subject", SUBJECTS, nullable=True),
        CheckConstraint("credits >= 0", name="credits_not_negative"),
        REPLACED,
    )

    plan_id: UUID = Field(primary_key=True, foreign_key="plan.plan_id")
    course_code: str = Field(primary_key=True)
    name: str
    category: str
    compulsory: bool
    learning_form: str
    credits: int
    hours: int | None = None
    weeks: int | None = None
    term: int | None = None
    """Which term of study, from 1."""
    subject: str | None = None


class Course(SQLModel, table=True):
    """A course in an institution's own catalogue, for some time."""

    __table_args__ = (
        one_of("learning_form", LEARNING_FORMS),
        CheckConstraint("credits >= 0", name="credits_not_negative"),
        CheckConstraint("valid_until > valid_from", name="runs_forward"),
        _never_twice("course", key="institution_id::text || ' ' || code"),
        REFERENCE,
    )

    institution_id: UUID = Field(primary_key=True, foreign_key="institution.institution_id")
    code: str = Field(primary_key=True)
    valid_from: date = Field(primary_key=True)
    valid_until: date | None = None
    name: str
    name_en: str | None = None
    category: str
    learning_form: str
    credits: int
    hours: int | None = None
    weeks: int | None = None
    scale: str | None = None
    """The score scale its results are written on; the institution's default where empty."""


class ScoreScale(SQLModel, table=True):
    """A score scale: the city's own where no institution is named."""

    __tablename__ = "score_scale"
    __table_args__ = (
        Index(
            "uq_score_scale_owner",
            text("coalesce(institution_id, '00000000-0000-0000-0000-000000000000')"),
            "code",
            "valid_from",
            unique=True,
        ),
        CheckConstraint("valid_until > valid_from", name="runs_forward"),
        _never_twice("score_scale", key="coalesce(institution_id::text, 'city') || ' ' || code"),
        REFERENCE,
    )

    scale_id: UUID = Field(primary_key=True)
    institution_id: UUID | None = Field(default=None, foreign_key="institution.institution_id")
    code: str
    valid_from: date
    valid_until: date | None = None
    scale: dict[str, Any] = as_json()


class CertificateStandard(SQLModel, table=True):
    """A certificate that is issued at levels: a 1+X standard (职业技能等级标准) is one kind."""

    __tablename__ = "certificate_standard"
    __table_args__ = (
        one_of("kind", CERTIFICATE_KINDS),
        Index("uq_certificate_standard_code_valid_from", "code", "valid_from", unique=True),
        CheckConstraint("valid_until > valid_from", name="runs_forward"),
        _never_twice("certificate_standard", key="code"),
        REFERENCE,
    )

    standard_id: UUID = Field(primary_key=True)
    code: str
    kind: str
    name: str
    name_en: str | None = None
    body_name: str
    """Who issues it, as the standard names it (培训评价组织)."""
    issuer_id: UUID | None = Field(default=None, foreign_key="institution.institution_id")
    """The certificate body that may submit it here."""
    valid_from: date
    valid_until: date | None = None
    source: str | None = None


class CertificateLevel(SQLModel, table=True):
    """A level of a certificate, with the credits the national bank recognises where a source gives them."""

    __tablename__ = "certificate_level"
    __table_args__ = (
        CheckConstraint("credits >= 0", name="credits_not_negative"),
        CheckConstraint("credits IS NULL OR credits_source IS NOT NULL", name="credits_have_a_source"),
        REPLACED,
    )

    standard_id: UUID = Field(primary_key=True, foreign_key="certificate_standard.standard_id")
    level: str = Field(primary_key=True)
    rank: int
    """1 is the lowest."""
    credits: int | None = None
    credits_source: str | None = None


class Equivalence(SQLModel, table=True):
    """What one institution decided in the ordinary course of business: these records count for those courses of ours.

    One source for one course, one for several, or several together for one. What was decided is never edited: it is
    ended, and another takes its place.
    """

    __table_args__ = (
        one_of("state", EQUIVALENCE_STATES),
        CheckConstraint("valid_until > valid_from", name="runs_forward"),
        CheckConstraint("relevance BETWEEN 1 AND 100", name="relevance_in_percent"),
        CheckConstraint("cardinality(source_keys) > 0 AND cardinality(targets) > 0", name="not_empty"),
        CheckConstraint("cardinality(source_keys) = 1 OR cardinality(targets) = 1", name="one_side_is_one"),
        CheckConstraint("(state = 'in_force') = (confirmed_at IS NOT NULL) OR state = 'dropped'", name="confirmed"),
        Index("ix_equivalence_institution_id", "institution_id", "equivalence_id"),
        Index("ix_equivalence_source_keys", "source_keys", postgresql_using="gin"),
        Index("ix_equivalence_target_keys", "target_keys", postgresql_using="gin"),
        {"info": {"family": "reference", "personal": "pseudonymous", "app_may": "update"}},
    )

    equivalence_id: UUID = Field(primary_key=True)
    institution_id: UUID = Field(foreign_key="institution.institution_id")
    """Who decided it, and whose courses the targets are."""
    sources: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    source_keys: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    """Each source as one text, by which the records that meet it are found; in order."""
    targets: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    """Codes of courses, in order."""
    target_keys: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    """The same as sources of other equivalences would name them."""
    relevance: int | None = None
    """How much of the content is the same, in percent."""
    valid_from: date
    valid_until: date | None = None
    state: str
    ground: str
    """Why, in the institution's words."""
    source: str | None = None
    """Where it is published."""
    precedent_id: UUID | None = None
    """The claim of which an upheld appeal proposed it."""
    entered_by: str
    entered_at: datetime = instant()
    confirmed_by: str | None = None
    confirmed_at: datetime | None = instant(nullable=True)
    ended_by: str | None = None
    ended_at: datetime | None = instant(nullable=True)
    ended_because: str | None = None


class Term(SQLModel, table=True):
    """A term of an institution's academic calendar."""

    __table_args__ = (
        CheckConstraint("ends_on > starts_on", name="runs_forward"),
        _never_twice("term", key="institution_id::text", during="daterange(starts_on, ends_on, '[]')"),
        REFERENCE,
    )

    institution_id: UUID = Field(primary_key=True, foreign_key="institution.institution_id")
    academic_year: str = Field(primary_key=True)
    """`2023-2024`."""
    term: int = Field(primary_key=True)
    starts_on: date
    ends_on: date
    weeks: int


class WorkingDay(SQLModel, table=True):
    """A day on which the State Council's notice departs from the week: a holiday, or a working weekend."""

    __tablename__ = "working_day"
    __table_args__ = (REFERENCE,)

    on: date = Field(primary_key=True)
    working: bool
    name: str
    source: str
