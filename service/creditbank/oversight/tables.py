"""What a person should look at, and how far the changes have been looked through for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from creditbank.db import as_json, instant, one_of

HINTS = ("certificate_of_another", "impossible_hours", "impossible_weeks", "sudden_volume")


class Hint(SQLModel, table=True):
    """Something that a person should look at (疑点提示): no row is refused and nobody is judged because of it."""

    __table_args__ = (
        one_of("kind", HINTS),
        Index("ix_hint_raised_at", "raised_at", postgresql_where=text("closed_at IS NULL")),
        Index("uq_hint_subject", "kind", "subject", unique=True),
        {"info": {"family": "local", "personal": "pseudonymous", "app_may": "update"}},
    )

    hint_id: UUID = Field(primary_key=True)
    kind: str
    subject: str
    """What it is about, so that it is raised once: a version of a record, a held row, a day of an institution."""
    institution_id: UUID
    submission_id: UUID | None = None
    row_no: int | None = None
    record_id: UUID | None = None
    held_row_id: UUID | None = None
    detail: dict[str, Any] = as_json()
    """Numbers and days only: nothing that says who somebody is."""
    raised_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)
    closed_by: str | None = None
    finding: str | None = None
    """What the person who looked found."""


class LookedThrough(SQLModel, table=True):
    """Up to which instant the changes have been looked through."""

    __tablename__ = "looked_through"
    __table_args__ = ({"info": {"family": "local", "personal": "none", "app_may": "update"}},)

    what: str = Field(primary_key=True)
    until_at: datetime = instant()
