"""Changes on their way to a number, and changes that have one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index
from sqlmodel import Field, SQLModel

from creditbank.db import as_json, instant


class Outbox(SQLModel, table=True):
    """A change that has been committed and waits for its number; it leaves when it has one."""

    __table_args__ = (
        CheckConstraint("(record_id IS NULL) = (version IS NULL)", name="record_has_a_version"),
        CheckConstraint("record_id IS NOT NULL OR claim_id IS NOT NULL", name="about_something"),
        Index("uq_outbox_arrival", "arrival", unique=True),
        {"info": {"family": "local", "personal": "pseudonymous", "app_may": "delete"}},
    )

    change_id: UUID = Field(primary_key=True)
    item: int = Field(primary_key=True)
    arrival: int = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    """Given by the database: of two changes of which one waited for the other's lock, it arrived later."""
    learner_id: UUID
    institution_id: UUID
    record_id: UUID | None = None
    version: int | None = None
    claim_id: UUID | None = None
    act: str
    summary: dict[str, Any] = as_json()


class FeedItem(SQLModel, table=True):
    """A numbered change: dense, in commit order, what feeds, `known_at` and the seal stand on."""

    __tablename__ = "feed_item"
    __table_args__ = (
        CheckConstraint("(record_id IS NULL) = (version IS NULL)", name="record_has_a_version"),
        CheckConstraint("record_id IS NOT NULL OR claim_id IS NOT NULL", name="about_something"),
        Index("ix_feed_item_institution_id_number", "institution_id", "number"),
        Index("ix_feed_item_learner_id_change_id", "learner_id", "change_id"),
        Index("ix_feed_item_numbered_at", "numbered_at"),
        {"info": {"family": "local", "personal": "pseudonymous", "app_may": "append"}},
    )

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    numbered_at: datetime = instant()
    change_id: UUID
    learner_id: UUID
    institution_id: UUID
    record_id: UUID | None = None
    version: int | None = None
    claim_id: UUID | None = None
    act: str
    summary: dict[str, Any] = as_json()
