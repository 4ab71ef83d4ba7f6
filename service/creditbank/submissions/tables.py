"""Files that institutions send: their parts as they come, their lines while they are kept, an outcome for each row."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from creditbank.db import as_json, instant, octets, one_of
from creditbank.submissions.schemas import Format, Status
from creditbank.submissions.sheets.columns import Act

ENDED = ("done", "cancelled", "failed", "expired")


class SubmissionFile(SQLModel, table=True):
    """A file with many records (报送文件), from its first part to its last outcome."""

    __tablename__ = "submission_file"
    __table_args__ = (
        one_of("status", get_args(Status)),
        one_of("act", get_args(Act)),
        one_of("format", get_args(Format), nullable=True),
        CheckConstraint("done_rows >= 0 AND next_chunk >= 1", name="progress_forward"),
        Index("ix_submission_file_institution_id_created_at", "institution_id", "created_at"),
        Index("ix_submission_file_file_index", "institution_id", "file_index"),
        Index(
            "uq_submission_file_running",
            "institution_id",
            unique=True,
            postgresql_where=text("status = 'running'"),
        ),
        Index("ix_submission_file_erase_at", "erase_at", postgresql_where=text("key_wrapped IS NOT NULL")),
        {"info": {"family": "local", "personal": "sealed", "app_may": "update"}},
    )

    submission_id: UUID = Field(primary_key=True)
    institution_id: UUID
    sent_by: str
    created_at: datetime = instant()
    status: str
    act: str
    dry_run: bool
    kind: str | None = None
    """Which kind of record it holds, where the sender said so."""
    reason: str | None = None
    """Why records are withdrawn or reassigned, for rows that do not say it themselves."""
    format: str | None = None
    size: int | None = None
    """Bytes: as announced, then as received."""
    expected_parts: int | None = None
    announced_sha256: bytes | None = octets(nullable=True)
    """What the sender said the file's SHA-256 is, until the file has been compared with it."""
    file_index: bytes | None = octets(nullable=True)
    """Keyed index of the file's content: the same file is known again, and no plain digest of people's data is kept."""
    same_file_as_id: UUID | None = None
    key_wrapped: bytes | None = octets(nullable=True)
    """The key that everything below is sealed under; destroyed on the retention date."""
    file_name_sealed: bytes | None = octets(nullable=True)
    sheets_sealed: bytes | None = octets(nullable=True)
    """The names of its sheets, which every page of rows says: apart from the layout, which is long."""
    layout_sealed: bytes | None = octets(nullable=True)
    """Headers and the proposed mapping with the samples it was made from."""
    mapping: dict[str, Any] | None = as_json(nullable=True)
    """Which column is what, once somebody confirmed it: headers, no content."""
    rows: int | None = None
    """Lines that are kept, titles and signatures among them; those that are no rows are counted in `set_aside`."""
    next_chunk: int = 1
    done_rows: int = 0
    counts: dict[str, int] = as_json()
    warnings: dict[str, int] = as_json()
    set_aside: int = 0
    """Lines that are no rows: titles, headers, signatures."""
    problem: dict[str, Any] | None = as_json(nullable=True)
    """Why the file as a whole was refused, or what it waits for."""
    queued_at: datetime | None = instant(nullable=True)
    started_at: datetime | None = instant(nullable=True)
    finished_at: datetime | None = instant(nullable=True)
    cancel_asked_at: datetime | None = instant(nullable=True)
    cancelled_after_row: int | None = None
    continue_at: datetime | None = instant(nullable=True)
    holds_allowed_by: str | None = None
    """The officer who let it go on although many rows are held for identity."""
    erase_at: datetime = instant()
    """The retention date: afterwards only row numbers and outcomes are left."""


class SubmissionPart(SQLModel, table=True):
    """A part of a file, until all of it has been read."""

    __tablename__ = "submission_part"
    __table_args__ = (
        CheckConstraint("part_no >= 1", name="part_from_one"),
        {"info": {"family": "local", "personal": "sealed", "app_may": "delete"}},
    )

    submission_id: UUID = Field(primary_key=True)
    part_no: int = Field(primary_key=True)
    size: int
    part_index: bytes = octets()
    """Keyed index of the bytes: the same part sent again is known."""
    content_sealed: bytes = octets()


class SubmissionChunk(SQLModel, table=True):
    """Up to a thousand lines as they were sent, sealed under the submission's key until the retention date."""

    __tablename__ = "submission_chunk"
    __table_args__ = (
        Index("ix_submission_chunk_first_row", "submission_id", "first_row"),
        {"info": {"family": "local", "personal": "sealed", "app_may": "delete"}},
    )

    submission_id: UUID = Field(primary_key=True)
    chunk_no: int = Field(primary_key=True)
    first_row: int
    last_row: int
    lines: int
    content_sealed: bytes = octets()


class SubmissionRow(SQLModel, table=True):
    """What became of one row of a file: kept for good, with nothing of what the row said about anybody."""

    __tablename__ = "submission_row"
    __table_args__ = (
        Index("ix_submission_row_key_index", "key_index", postgresql_where=text("key_index IS NOT NULL")),
        Index("ix_submission_row_held_row_id", "held_row_id", postgresql_where=text("held_row_id IS NOT NULL")),
        Index("ix_submission_row_record_id", "record_id", postgresql_where=text("record_id IS NOT NULL")),
        {"info": {"family": "local", "personal": "pseudonymous", "app_may": "append"}},
    )

    submission_id: UUID = Field(primary_key=True)
    row_no: int = Field(primary_key=True)
    outcome: str
    record_id: UUID | None = None
    version: int | None = None
    held_row_id: UUID | None = None
    code: str | None = None
    """Why it was held or refused."""
    warnings: list[str] | None = Field(default=None, sa_column=Column(ARRAY(String), nullable=True))
    kind: str | None = None
    term: str | None = None
    """`2023-2024/1`, where the row says one."""
    about: str | None = None
    """The course, certificate standard or the like: what a reconciliation counts by."""
    key_index: bytes | None = octets(nullable=True)
    """Of a row that was refused: the key it would have had, so that its mended successor answers for it."""


class SubmissionProblem(SQLModel, table=True):
    """What was said of a row that was held or refused, with what it quotes: until the retention date, or an erasure."""

    __tablename__ = "submission_problem"
    __table_args__ = ({"info": {"family": "local", "personal": "sealed", "app_may": "delete"}},)

    submission_id: UUID = Field(primary_key=True)
    row_no: int = Field(primary_key=True)
    problem_sealed: bytes = octets()
    """The sentence and the cells, under the submission's key."""


class ColumnMapping(SQLModel, table=True):
    """Which column of an institution's sheets is what (表头对应): confirmed once by a person, used for later files."""

    __tablename__ = "column_mapping"
    __table_args__ = (
        Index("ix_column_mapping_institution_id", "institution_id", "confirmed_at"),
        {"info": {"family": "reference", "personal": "pseudonymous", "app_may": "update"}},
    )

    mapping_id: UUID = Field(primary_key=True)
    institution_id: UUID
    mapping: dict[str, Any] = as_json()
    mapping_digest: bytes = octets()
    confirmed_by: str
    confirmed_at: datetime = instant()
    retired_at: datetime | None = instant(nullable=True)
