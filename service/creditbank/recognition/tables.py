"""Claims and what becomes of them: lines, acts, conversions and the records they use, objections, appeals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from creditbank.db import Row, as_json, instant, octets, one_of

WAITS_FOR = ("working_days_unknown", "objection", "evidence")
WANTS = ("credits", "exemption", "attendance")
CLAIM_STATES = ("open", "decided", "withdrawn", "lapsed")
LINE_STATES = ("open", "granted", "refused", "withdrawn", "lapsed", "ended")
CLAIM_ACTS = (
    "made",
    "served",
    "waits",
    "approved",
    "refused",
    "supplied",
    "verified",
    "verification_failed",
    "contested",
    "silence",
    "referred",
    "objected",
    "objection_decided",
    "line_withdrawn",
    "given_up",
    "withdrawn",
    "decided",
    "lapsed",
    "appealed",
    "review_asked",
    "appeal_decided",
    "override_proposed",
    "override_declined",
    "overridden",
    "override_ended",
    "decided_again",
    "flagged",
    "unflagged",
)
HANDS = ("department", "registrar", "issuer", "bank")
DOES = ("review", "verify", "decide", "notice")
CONVERSION_STATES = ("reserved", "granted", "ended")
EXEMPTIONS = ("none", "full", "attendance")
OBJECTION_STATES = ("open", "upheld", "dismissed")
APPEAL_KINDS = ("appeal", "human_review")
APPEAL_STATES = ("open", "upheld", "dismissed")
OVERRIDE_STATES = ("proposed", "in_force", "declined", "ended")

FAMILY = {"family": "learner", "personal": "pseudonymous"}
SEALED = {"family": "learner", "personal": "sealed"}

_OPEN = text("state = 'open'")
_ON_NOTICE = text("state = 'open' AND does = 'notice'")
_OBJECTED = text("state = 'open' AND waits_for = 'objection'")


def _of_a_claim() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["learner_id", "claim_id"], ["claim.learner_id", "claim.claim_id"])


class Claim(Row, table=True):
    """A claim (申请): these records for those courses of that plan, and which hand it lies in."""

    __table_args__ = (
        one_of("state", CLAIM_STATES),
        one_of("hand", HANDS, nullable=True),
        one_of("does", DOES, nullable=True),
        one_of("waits_for", WAITS_FOR, nullable=True),
        CheckConstraint("(step IS NULL) = (hand IS NULL)", name="step_has_a_hand"),
        CheckConstraint("step IS NULL OR state = 'open'", name="only_open_claims_wait"),
        Index("ix_claim_claim_id", "claim_id", unique=True),
        Index("ix_claim_hand", "hand", "hand_institution_id", "served_at", "claim_id", postgresql_where=_OPEN),
        Index("ix_claim_look_at", "look_at", postgresql_where=_OPEN),
        Index("ix_claim_notice", "served_at", "claim_id", postgresql_where=_ON_NOTICE),
        Index("ix_claim_objection", "due_on", "claim_id", postgresql_where=_OBJECTED),
        Index("ix_claim_institution_id", "institution_id", "claim_id"),
        Index("ix_claim_flagged_at", "flagged_at", "claim_id", postgresql_where=text("flagged_at IS NOT NULL")),
        {"info": {**FAMILY, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    claim_id: UUID = Field(primary_key=True)
    change_id: UUID
    plan_id: UUID
    institution_id: UUID
    """Whose plan it is: the college that is to convert."""
    made_by: str
    made_for_id: UUID | None = None
    """The college that claimed for a class of its own; empty where the learner, or a guardian, claimed."""
    made_at: datetime = instant()
    claimed_on: date
    academic_year: str | None = None
    term: str | None = None
    state: str
    document: str | None = None
    document_version: str | None = None
    """The version whose procedure the claim goes by, to its end."""
    steps: list[dict[str, Any]] = as_json()
    """The hands of the procedure that this claim needs, in their order, as they were when it was made."""
    times: dict[str, Any] = as_json()
    """Working days of the procedure: appeal_within, appeal_decided_within, reserves_for."""
    step: str | None = None
    """The step it is at."""
    hand: str | None = None
    hand_institution_id: UUID | None = None
    """Whose hand it is, where that is one institution's."""
    does: str | None = None
    served_at: datetime | None = instant(nullable=True)
    due_on: date | None = None
    """The last working day of the step, or while an objection stops it that to decide the objection; empty where it
    cannot be counted yet."""
    waits_for: str | None = None
    """Why the hand cannot go on: `working_days_unknown`, `objection`, or `evidence` the learner may still bring."""
    look_at: datetime | None = instant(nullable=True)
    """When a worker has something to do about it without anybody's act."""
    expires_at: datetime | None = instant(nullable=True)
    """Until when an open claim holds uses and room."""
    decided_at: datetime | None = instant(nullable=True)
    appeal_until_on: date | None = None
    flagged_at: datetime | None = instant(nullable=True)
    """Since when people should look at it: what it was granted on changed after the diploma was issued."""
    acts: int = 0
    """How many acts there have been."""


class ClaimLine(Row, table=True):
    """One line of a claim: some records for one course."""

    __tablename__ = "claim_line"
    __table_args__ = (
        _of_a_claim(),
        one_of("wants", WANTS),
        one_of("state", LINE_STATES),
        CheckConstraint("line_no >= 1", name="line_from_one"),
        CheckConstraint("credits >= 0", name="credits_not_negative"),
        CheckConstraint("cardinality(record_ids) >= 1", name="uses_a_record"),
        {"info": {**SEALED, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    claim_id: UUID = Field(primary_key=True)
    line_no: int = Field(primary_key=True)
    record_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    course_code: str
    wants: str
    state: str
    verdict: str
    """What the rules said last: granted, not_granted or unknown."""
    refused_by: str | None = None
    """`rules`, or the hand that refused it, `kernel` for what no document can lift, or `clock` where it lapsed."""
    refusal: str | None = None
    """The code of a kernel's refusal, or the clause that refused."""
    revision: int = 0
    decision_id: UUID | None = None
    """The last decision about it; none while it is open."""
    conversion_id: UUID | None = None
    """Where it stands, or stood last."""
    credits: int = 0
    """Hundredths that stand, or that the rules would grant while it is open."""
    supplied_sealed: bytes | None = octets(nullable=True)
    """Facts that hands supplied, each with who and when, under the learner's key."""


class ClaimAct(Row, table=True):
    """Something that happened to a claim: who did it, when, and what came of it."""

    __tablename__ = "claim_act"
    __table_args__ = (
        _of_a_claim(),
        one_of("act", CLAIM_ACTS),
        CheckConstraint("act_no >= 1", name="act_from_one"),
        {"info": {**SEALED, "app_may": "append"}},
    )

    learner_id: UUID = Field(primary_key=True)
    claim_id: UUID = Field(primary_key=True)
    act_no: int = Field(primary_key=True)
    act: str
    at: datetime = instant()
    by: str
    """`login:…`, `client:…`, `rules`, or `clock` where silence acted."""
    institution_id: UUID | None = None
    step: str | None = None
    line_no: int | None = None
    decision_id: UUID | None = None
    about: dict[str, Any] = as_json()
    """Days, codes and ids; nothing that anybody wrote."""
    words_sealed: bytes | None = octets(nullable=True)
    """Reasons, evidence and grounds as people wrote them, under the learner's key."""


class Conversion(Row, table=True):
    """A course of a plan that records replace: reserved by an open claim, granted, or ended."""

    __table_args__ = (
        _of_a_claim(),
        one_of("state", CONVERSION_STATES),
        one_of("exemption", EXEMPTIONS),
        CheckConstraint("credits >= 0", name="credits_not_negative"),
        CheckConstraint("state <> 'granted' OR decision_id IS NOT NULL", name="granted_by_a_decision"),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_at_an_instant"),
        CheckConstraint("state <> 'reserved' OR expires_at IS NOT NULL", name="reservations_expire"),
        Index("ix_conversion_claim", "learner_id", "claim_id", "line_no"),
        Index(
            "uq_conversion_granted",
            "learner_id",
            "plan_id",
            "course_code",
            unique=True,
            postgresql_where=text("state = 'granted'"),
        ),
        {"info": {**FAMILY, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    conversion_id: UUID = Field(primary_key=True)
    claim_id: UUID
    line_no: int
    plan_id: UUID
    institution_id: UUID
    """Whose plan it is."""
    course_code: str
    course: dict[str, Any] = as_json()
    """The course as the plan had it: code, name, category, credits in hundredths, compulsory, learning_form, …"""
    credits: int
    """Hundredths of the target scheme: what counts under caps, and what is posted once it is granted."""
    scheme: str
    state: str
    on: date
    """The day it counts from."""
    academic_year: str | None = None
    term: str | None = None
    exemption: str
    decision_id: UUID | None = None
    posting_id: UUID | None = None
    expires_at: datetime | None = instant(nullable=True)
    """A reservation ends by being read after this instant; housekeeping only writes that down."""
    ended_at: datetime | None = instant(nullable=True)
    ended_because: str | None = None
    created_at: datetime = instant()


class RecordUse(Row, table=True):
    """A record that a conversion uses; the use stands while the conversion does."""

    __tablename__ = "record_use"
    __table_args__ = (
        ForeignKeyConstraint(["learner_id", "conversion_id"], ["conversion.learner_id", "conversion.conversion_id"]),
        Index("ix_record_use_record", "learner_id", "record_id"),
        {"info": {**FAMILY, "app_may": "append"}},
    )

    learner_id: UUID = Field(primary_key=True)
    """Whose conversion it is; of merged accounts the record may be the other's."""
    conversion_id: UUID = Field(primary_key=True)
    record_id: UUID = Field(primary_key=True)
    plan_id: UUID


class Objection(Row, table=True):
    """An objection (异议) raised while a claim was on public notice; it stops the clock until it is decided."""

    __table_args__ = (
        _of_a_claim(),
        one_of("state", OBJECTION_STATES),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_at_an_instant"),
        Index("ix_objection_claim", "learner_id", "claim_id"),
        {"info": {**SEALED, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    objection_id: UUID = Field(primary_key=True)
    claim_id: UUID
    line_no: int | None = None
    """The line objected to; none means the claim."""
    raised_by: str
    raised_at: datetime = instant()
    words_sealed: bytes = octets()
    state: str
    decided_by: str | None = None
    decided_at: datetime | None = instant(nullable=True)
    answer_sealed: bytes | None = octets(nullable=True)


class Appeal(Row, table=True):
    """An appeal (申诉) against the decision of a line, or the review by a person of what the rules alone refused."""

    __table_args__ = (
        _of_a_claim(),
        one_of("kind", APPEAL_KINDS),
        one_of("state", APPEAL_STATES),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_at_an_instant"),
        Index("ix_appeal_appeal_id", "appeal_id", unique=True),
        Index("ix_appeal_raised_at", "raised_at", "appeal_id", postgresql_where=_OPEN),
        Index("uq_appeal_open", "learner_id", "claim_id", "line_no", unique=True, postgresql_where=_OPEN),
        {"info": {**SEALED, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    appeal_id: UUID = Field(primary_key=True)
    claim_id: UUID
    line_no: int
    kind: str
    decision_id: UUID
    """The decision appealed against."""
    raised_by: str
    raised_at: datetime = instant()
    words_sealed: bytes = octets()
    due_on: date | None = None
    """By when it is to be decided; empty where the working days are not known."""
    state: str
    decided_by: str | None = None
    decided_at: datetime | None = instant(nullable=True)
    answer_sealed: bytes | None = octets(nullable=True)
    override_id: UUID | None = None
    equivalence_id: UUID | None = None
    """The equivalence that an upheld appeal proposed."""


class Override(Row, table=True):
    """A decision of a person against the rules: author, reason and expiry; in force once whoever must has agreed."""

    __table_args__ = (
        _of_a_claim(),
        one_of("state", OVERRIDE_STATES),
        one_of("exemption", EXEMPTIONS),
        CheckConstraint("credits >= 0", name="credits_not_negative"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_people"),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_at_an_instant"),
        Index("ix_override_override_id", "override_id", unique=True),
        Index("ix_override_expires_on", "expires_on", postgresql_where=text("state = 'in_force'")),
        Index("ix_override_proposed_at", "proposed_at", postgresql_where=text("state = 'proposed'")),
        {"info": {**FAMILY, "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    override_id: UUID = Field(primary_key=True)
    claim_id: UUID
    line_no: int
    appeal_id: UUID | None = None
    """The appeal that it upholds, if one does."""
    credits: int
    """Hundredths that the line is to have; none at all refuses it."""
    exemption: str
    reason: str
    expires_on: date
    """The last day on which it holds."""
    state: str
    proposed_by: str
    proposed_at: datetime = instant()
    confirmed_by: str | None = None
    """The second person, without whom no override raises credits."""
    confirmed_at: datetime | None = instant(nullable=True)
    ended_at: datetime | None = instant(nullable=True)
