"""What the change feed says."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class ChangeSummary(BaseModel):
    """变更后的样子。|What the record or the line came to by the change; read the record or the claim for all of it."""

    model_config = ConfigDict(extra="allow")

    key: str | None = Field(
        None,
        description="机构自己的键。|The institution's own key, where it gave one.",
        examples=["2024-1-0730-20230115"],
    )
    kind: str | None = Field(None, description="成果类型。|The kind of learning outcome.", examples=["course_result"])
    verdict: str | None = Field(
        None, description="认定结论；撤回后为空。|What was decided; empty when nothing stands.", examples=["granted"]
    )
    credits: str | None = Field(None, description="现有学分。|The credits that stand on it now.", examples=["2.5"])
    scheme: str | None = Field(
        None, description="学分体系。|The scheme of the credits.", examples=["higher_vocational"]
    )


class Change(BaseModel):
    """一项变更。|One change of one record or one claim, as it concerns one institution."""

    number: int = Field(description="变更编号，连续递增。|Its number: dense, in the order of commits.", examples=[4207])
    at: datetime = Field(
        description="编号时刻，可用作 known_at。|When it was numbered; usable as `known_at`.",
        examples=["2026-03-02T04:00:00.120000Z"],
    )
    change_id: UUID = Field(
        description="同一次操作的各项变更相同。|The same for everything that one act changed.",
        examples=["0195532a-5f3e-7c11-9a51-0d3d3f5f2a10"],
    )
    act: str = Field(
        description="发生了什么：reported 报送、corrected 更正、withdrawn 撤回、reassigned_away 转出、"
        "reassigned_here 转入、merged 合并、parted 解除合并、redecided 重新认定、converted 转换、"
        "conversion_ended 转换终止；以后可能增加。"
        "|What happened; more words may be added.",
        examples=["corrected"],
    )
    institution_id: UUID = Field(
        description="报送机构；转换则为认定的院校。|Whose record it is, or whose plan it was converted for.",
        examples=["0195532a-0000-7c11-9a51-0d3d3f5f2a10"],
    )
    record_id: UUID | None = Field(
        description="学习成果编号；关于申请的变更为空。|The record; empty when the change is about a claim.",
        examples=["0195532a-1111-7c11-9a51-0d3d3f5f2a10"],
    )
    version: int | None = Field(description="成果的版本。|The version of the record.", examples=[2])
    claim_id: UUID | None = Field(
        description="申请编号；关于成果的变更为空。|The claim; empty when the change is about a record.",
        examples=["0195532a-2222-7c11-9a51-0d3d3f5f2a10"],
    )
    summary: ChangeSummary = Field(description="变更后的样子。|What the record or the line of the claim came to.")

    @classmethod
    def of(cls, row: dict[str, Any]) -> Change:
        """From a row of the feed."""
        return cls(at=row["numbered_at"], **{name: row[name] for name in cls.model_fields if name != "at"})


class ChangePage(BaseModel):
    """一页变更。|A page of changes, and from where to go on: save `next` once the page has been handled."""

    items: list[Change] = Field(description="按编号排列。|In the order of their numbers.")
    next: int = Field(
        description="下次请求的 after；没有新变更时也给出。"
        "|What to send as `after` next time; given even when nothing is new.",
        examples=[4207],
    )
    more: bool = Field(
        description="是否还有下一页。|Whether more is waiting now; if not, ask again later.", examples=[False]
    )
