"""Shares (授权查询): what a learner lets somebody with a code see, and each time that somebody looked."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import Field, SQLModel

from creditbank.db import as_json, instant, octets, one_of

SAYS_WHO = ("nobody", "name", "name_and_number")
ENDED_BECAUSE = ("closed", "tries", "account_closed", "erased", "merged", "parted")
CHANNELS = ("page", "program")
DEVICES = ("phone", "computer", "unknown")
OUTCOMES = ("shown", "wrong_pin")


class Share(SQLModel, table=True):
    """A share (授权查询): which records, for what, until when, how often, and what its code is known again by."""

    __table_args__ = (
        one_of("says_who", SAYS_WHO),
        one_of("ended_because", ENDED_BECAUSE, nullable=True),
        CheckConstraint("openings_used BETWEEN 0 AND openings_allowed", name="opened_no_more_than_allowed"),
        CheckConstraint("wrong_pins >= 0", name="wrong_pins_not_negative"),
        CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="ended_for_a_reason"),
        Index("uq_share_code_index", "code_index", unique=True),
        {"info": {"family": "learner", "personal": "sealed", "app_may": "update"}},
    )

    learner_id: UUID = Field(primary_key=True)
    share_id: UUID = Field(primary_key=True)
    code_index: bytes = octets()
    """Keyed index of the code; overwritten with chance when the learner is erased."""
    code_sealed: bytes = octets()
    """The code again, for the learner alone."""
    said_sealed: bytes = octets()
    """For what it is, and the lines as they stood when it was made, with which the lines of later are compared."""
    accounts: list[str] = as_json()
    """The accounts that were one person's when it was made; when that changes, it shows nothing any more."""
    whole: bool
    """Everything there was that day, or what the learner chose."""
    lines: int
    says_who: str
    with_marks: bool
    """Scores, attempts and certificate numbers too."""
    with_conversions: bool
    pin_hash: str | None = None
    wrong_pins: int = 0
    openings_allowed: int
    openings_used: int = 0
    until_on: date
    """The last day, in the city."""
    made_at: datetime = instant()
    made_by: str
    as_guardian: bool
    """A guardian's share ends with the guardianship: one that is ended may have been false."""
    ended_at: datetime | None = instant(nullable=True)
    ended_because: str | None = None


class ShareOpening(SQLModel, table=True):
    """Somebody with the code looked, or tried another PIN: when, and by what kind of thing; nothing of who it was."""

    __tablename__ = "share_opening"
    __table_args__ = (
        ForeignKeyConstraint(["learner_id", "share_id"], ["share.learner_id", "share.share_id"]),
        one_of("channel", CHANNELS),
        one_of("device", DEVICES),
        one_of("outcome", OUTCOMES),
        Index("ix_share_opening_share", "learner_id", "share_id", "opening_id"),
        {"info": {"family": "learner", "personal": "pseudonymous", "app_may": "append"}},
    )

    learner_id: UUID = Field(primary_key=True)
    opening_id: UUID = Field(primary_key=True)
    share_id: UUID
    at: datetime = instant()
    channel: str
    device: str
    outcome: str
