"""What a submission is told and what it says of itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from creditbank.records.schemas import Kind, Notice, Text
from creditbank.submissions.sheets.columns import Act

Status = Literal[
    "receiving",
    "reading",
    "needs_mapping",
    "queued",
    "running",
    "paused",
    "done",
    "cancelled",
    "failed",
    "expired",
]
RowResult = Literal[
    "deposited", "unchanged", "corrected", "held", "refused", "withdrawn", "reassigned", "acceptable"
]  # fmt: skip
Format = Literal["xlsx", "csv", "ndjson", "json"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256, in lower-case hexadecimal.")]
FileName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[^\x00-\x1f\x7f/\\]*[^\x00-\x20\x7f/\\.][^\x00-\x1f\x7f/\\]*$",
        description="文件名，不含路径。|The file's name, without a path.",
        examples=["2024-2025-1 成绩.xlsx"],
    ),
]


class SubmissionIn(BaseModel):
    """A file that is about to come."""

    model_config = ConfigDict(extra="forbid")

    file_name: FileName
    size: int | None = Field(None, ge=1, description="字节数。|Bytes.")
    sha256: Sha256 | None = None
    act: Act = Field(
        "report",
        description="report 报送或更正；withdraw 撤回所列成果；reassign 把所列成果改派给正确的人。"
        "|report or correct; withdraw the records listed; reassign them to the right person.",
    )
    dry_run: bool = Field(
        default=False,
        description="只检查、不写入；不做身份匹配。|Check and write nothing; identities are not consulted.",
    )
    kind: Kind | None = Field(None, description="成果类别；不填则由表头判断。|The kind, if not by the headers.")
    reason: Text | None = Field(
        None, description="撤回或改派的原因，行内未写时适用。|Why, for rows that do not say it themselves."
    )


class CompletionIn(BaseModel):
    """Every part has been sent."""

    model_config = ConfigDict(extra="forbid")

    parts: int = Field(ge=1, le=10_000)
    sha256: Sha256 | None = None


class PartOut(BaseModel):
    """A part that was received."""

    part_no: int
    size: int
    sha256: str


class ReceivedOut(BaseModel):
    """What has come of the file: who lost the connection sends what is missing."""

    parts: list[int]
    bytes: int


class SubmissionOut(BaseModel):
    """A submission as it stands."""

    submission_id: UUID
    institution_id: UUID
    file_name: str | None = Field(description="保留期后为空。|Nothing after the retention date.")
    format: Format | None
    act: Act
    dry_run: bool
    kind: str | None
    status: Status
    size: int | None
    received: ReceivedOut | None = Field(
        description="接收阶段已收到的部分；列表中为空。|While it is being received; null in a list."
    )
    rows: int | None = Field(description="应处理的行数。|Lines to be looked at, once the file has been read.")
    done: int = Field(description="已处理的行数。|Lines that are done.")
    set_aside: int = Field(description="不是成果的行：标题、表头、签字。|Lines that are no rows: titles, signatures.")
    counts: dict[str, int] = Field(description="各结果的行数。|How many rows of each outcome.")
    warnings: dict[str, int] = Field(description="各提示的行数。|How many rows of each warning.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    continue_at: datetime | None
    retain_until: datetime = Field(
        description="此后内容销毁，只留行号与结果。|Then the content is destroyed; row numbers and outcomes stay."
    )
    same_file_as: UUID | None = Field(description="此前报送过同一文件。|The same file was sent before, as this.")
    mapping: dict[str, Any] | None = Field(description="已确认的表头对应；列表中为空。|As confirmed; null in a list.")
    problem: dict[str, Any] | None
    cancelled_after_row: int | None


class SubmissionsOut(BaseModel):
    """Submissions, the newest first."""

    submissions: list[SubmissionOut]
    next: str | None


class CellOut(BaseModel):
    """A cell at fault."""

    cell: str | None = Field(description='"F7"')
    header: str | None
    field: str | None


class RowOut(BaseModel):
    """What became of one row."""

    row: int = Field(description="工作表中的行，或文件中的第几行。|The row of its sheet, or the line of the file.")
    sheet: str | None
    row_no: int = Field(description="全文件唯一的行号。|Its one number in the file: that of records and held rows.")
    outcome: RowResult
    record_id: UUID | None
    version: int | None
    held_row_id: UUID | None
    since: Literal["open", "resolved", "superseded"] | None = Field(
        description="待核行此后的情况。|What became of a row that was held."
    )
    warnings: list[Notice]
    problem: dict[str, Any] | None
    cells: list[CellOut]


class RowsOut(BaseModel):
    """Rows of a submission, in the order of the file."""

    rows: list[RowOut]
    next: str | None


class PreviewRow(BaseModel):
    """A line as it would be read."""

    row: int
    sheet: str | None
    reads: Literal["row", "set_aside", "fault"]
    payload: dict[str, Any] | None = None
    why: Notice | None = None
    faults: list[dict[str, Any]] = []


class PreviewOut(BaseModel):
    """How the file would be read: what to look at before anything is written."""

    proposal: dict[str, Any] | None
    mapping: dict[str, Any] | None
    rows: list[PreviewRow]


class SentRowOut(BaseModel):
    """A row as it was sent, as long as it is kept."""

    row: int
    sheet: str | None
    row_no: int
    cells: list[dict[str, Any]] = Field(
        description="单元格 cell、表头 header（无则为空）与内容 content。|Cell, header (null if none) and content."
    )
    text: str | None
    outcome: RowOut | None


class MappingOut(BaseModel):
    """A saved mapping."""

    mapping_id: UUID
    mapping: dict[str, Any]
    confirmed_by: str
    confirmed_at: datetime


class MappingsOut(BaseModel):
    """Saved mappings, the newest first."""

    mappings: list[MappingOut]
