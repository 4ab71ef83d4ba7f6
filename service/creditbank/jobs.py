"""Background work: leased jobs in a table, each repeatable after a kill."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from creditbank.db import as_json, instant


class Job(SQLModel, table=True):
    """Work to be done after the transaction that asked for it has been committed."""

    __table_args__ = (
        Index("ix_job_run_at", "run_at", postgresql_where=text("finished_at IS NULL AND dead_at IS NULL")),
        Index("uq_job_name", "name", unique=True, postgresql_where=text("finished_at IS NULL AND dead_at IS NULL")),
        {"info": {"family": "local", "personal": "none", "app_may": "delete"}},
    )

    job_id: UUID = Field(primary_key=True)
    kind: str
    name: str
    """What makes it the same job: asking twice before it ran is asking once."""
    about: dict[str, Any] = as_json()
    """Ids of what it is about, never personal data."""
    run_at: datetime = instant()
    attempts: int = 0
    leased_by: str | None = None
    leased_until: datetime | None = instant(nullable=True)
    last_error: str | None = None
    finished_at: datetime | None = instant(nullable=True)
    dead_at: datetime | None = instant(nullable=True)
