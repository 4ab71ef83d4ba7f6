"""What is sent and shown of drafts and of published versions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from creditbank.publishing.affected import MOST_AT_ONCE

Reason = Annotated[str, Field(min_length=1, max_length=500)]
Number = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}$")]


class DraftIn(BaseModel):
    """A text of a rule document, as YAML."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(
        min_length=1,
        max_length=20_000_000,
        description="规则文件全文（YAML），含已公布的各版本。"
        "|The whole document as YAML, its published versions included.",
    )
    supersedes: list[Number] = Field(
        default=[],
        max_length=50,
        description="因有误而从文中删去、由同日起的新版本取代的已公布版本。"
        "|Published versions that are left out as mistaken; a new version begins on the day of each.",
    )


class DraftWithdrawalIn(BaseModel):
    """Why a draft is given up."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class ApprovalIn(BaseModel):
    """Which text is approved: the one that was read."""

    model_config = ConfigDict(extra="forbid")

    revision: int = Field(ge=1)
    reason: Reason | None = None


class PublicationIn(BaseModel):
    """Which text is published; `because` is asked for where it changes days already past, and is published with it."""

    model_config = ConfigDict(extra="forbid")

    revision: int = Field(ge=1)
    because: Reason | None = None


class ActOut(BaseModel):
    """Something that was done to a draft."""

    act_no: int
    act: str
    revision: int
    by: str
    at: datetime
    reason: str | None


class TextOut(BaseModel):
    """Who wrote a text of a draft, and when."""

    revision: int
    text_digest: str
    written_by: str
    written_at: datetime


class ReportOut(BaseModel):
    """What a check or an impact run found."""

    made_at: datetime
    revision: int
    text_digest: str
    book_digest: str
    fresh: bool = Field(
        description="与现行规则相比是否仍然有效；否则不能据以审定。"
        "|Whether it still holds beside the rules in force; approval asks for one that does."
    )
    outcome: dict[str, Any]


class DraftLine(BaseModel):
    """A draft in a list."""

    draft_id: UUID
    document: str
    question: str
    institution_id: UUID | None
    state: str
    state_zh: str
    state_en: str
    revision: int
    created_by: str
    created_at: datetime
    changed_at: datetime


class DraftOut(DraftLine):
    """A draft with its text, how that differs from what is published, and everything that became of it."""

    text: str
    text_digest: str
    supersedes: list[str]
    texts: list[TextOut]
    acts: list[ActOut]
    difference: list[dict[str, Any]] | None = Field(
        description="与已公布文字的差异；文字尚不成规则文件时为空。"
        "|What differs from the published text; nothing while the text is no rule document yet."
    )
    check: ReportOut | None
    impact: ReportOut | None
    """Without its examples' reasons: those are read at `impact`."""


class DraftsOut(BaseModel):
    """Drafts, the newest first."""

    drafts: list[DraftLine]
    next: str | None


class ImpactOut(BaseModel):
    """An impact report with examples: what stands, what would be, and both reasons."""

    report: ReportOut
    examples: list[dict[str, Any]]


class PublicationOut(BaseModel):
    """A text that was published."""

    publication_no: int
    document: str
    versions: list[str]
    superseded: dict[str, str]
    because: str | None
    published_at: datetime
    links: dict[str, str]


class AffectedReportOut(BaseModel):
    """A search for decisions by a version that would now be others; `made_at` is empty while it runs."""

    report_id: UUID
    document: str
    document_version: str
    asked_by: str
    asked_at: datetime
    made_at: datetime | None
    book_digest: str | None
    compared: int
    affected: int


class AffectedDecisionOut(BaseModel):
    """A decision that would now be another."""

    decision_id: UUID
    institution_id: UUID
    record_id: UUID | None
    claim_id: UUID | None
    line_no: int | None
    standing: dict[str, Any]
    would_be: dict[str, Any]


class AffectedInstitution(BaseModel):
    """An institution, and how many of the affected decisions are about what it reported or decides."""

    institution_id: UUID
    decisions: int


class AffectedOut(BaseModel):
    """What a search found."""

    report: AffectedReportOut
    by_institution: list[AffectedInstitution]
    decisions: list[AffectedDecisionOut]
    next: str | None


class ReissueIn(BaseModel):
    """Which decisions of a search are made again, and why."""

    model_config = ConfigDict(extra="forbid")

    report_id: UUID
    decision_ids: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)
    reason: Reason


class ReissuedOut(BaseModel):
    """What became of one."""

    decision_id: UUID
    outcome: str
    record_id: UUID | None
    new_decision_id: UUID | None


class ReissueOut(BaseModel):
    """What became of each."""

    decisions: list[ReissuedOut]


class VersionHistory(BaseModel):
    """A published version, and what it says otherwise than the one it took over from."""

    version: str
    in_force_from: date
    in_force_until: date | None
    published_at: datetime
    seeded: bool
    superseded_by: str | None
    because: str | None = Field(description="改变已过去的日子所适用规则的理由。|Why it changed days that had passed.")
    compared_with: str | None = Field(description="与哪一版比较；首版为空。|Held against which; none for the first.")
    changes: list[dict[str, Any]]


class HistoryOut(BaseModel):
    """Every version of a document, the newest first."""

    document: str
    title: dict[str, str]
    versions: list[VersionHistory]
