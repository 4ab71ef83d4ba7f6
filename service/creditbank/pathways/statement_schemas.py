"""What is stated about members of a cohort over HTTP, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from creditbank.days import Day
from creditbank.institutions.schemas import Payload
from creditbank.pathways.statement_bodies import StatementBody
from creditbank.recognition.schemas import EXAMPLE


class StatementIn(Payload):
    """对一名学员的一项陈述，或撤回此前的一项。|A statement about a member, or one that is taken back."""

    learner_id: UUID = Field(description="学员账户。|The member's account.", examples=[EXAMPLE])
    said: StatementBody | None = Field(
        None, description="所陈述的内容。|What is stated.", examples=[{"topic": "process", "score": "85"}]
    )
    withdraws: UUID | None = Field(
        None, description="撤回的陈述编号。|The statement that is taken back.", examples=[None]
    )  # fmt: skip
    occurred_on: Day | None = Field(
        None,
        description="事实发生之日；不填则为内容所载日期，没有则为今天。更正此前的错误请填写原日期。"
        "|The day since when it is so; else that which it names itself, else today. To correct a mistake name the day "
        "of what was wrong.",
        examples=["2026-05-20"],
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.said is None) == (self.withdraws is None):
            raise ValueError(
                "请填写陈述内容或撤回的编号，只填一项|say what is stated, or what is withdrawn: one of both"
            )
        if self.withdraws is not None and self.occurred_on is not None:
            raise ValueError(
                "撤回不填日期：自原日期起撤回|a withdrawal has no day: it takes back from the day it was of"
            )
        return self


class StatementsIn(Payload):
    """一批陈述。|A batch of statements."""

    statements: Annotated[list[StatementIn], Field(min_length=1, max_length=2000)] = Field(
        description="至多 2,000 项，逐项受理。|2,000 at most, each for itself.",
        examples=[[{"learner_id": EXAMPLE, "said": {"topic": "process", "score": "85"}}]],
    )


class StatedOut(BaseModel):
    """一项的结果。|What became of one of them."""

    row: int = Field(description="第几项。|Its place, from 1.", examples=[1])
    learner_id: UUID
    outcome: Literal["stated", "unchanged", "withdrawn", "refused"]
    statement_id: UUID | None = None
    points: str | None = Field(None, description="计入的得分。|The points that count.", examples=["87.5"])
    problem: dict[str, Any] | None = Field(None, description="不予受理的理由。|Why it was refused.")


class StatementsOut(BaseModel):
    """各项的结果，按原次序。|The outcomes, in the order of the rows."""

    counts: dict[str, int]
    outcomes: list[StatedOut]


class MemberStatementOut(BaseModel):
    """一项陈述，原样保存。|A statement, as it was made."""

    statement_id: UUID
    learner_id: UUID
    topic: str | None = Field(
        description="事项；已清除账户的敏感事项为空。|The topic; none of a sensitive one once erased."
    )
    said: dict[str, Any] | None = Field(description="内容；账户已清除的为空。|What was said; none once erased.")
    sensitive: bool
    occurred_on: date
    stated_at: datetime
    institution_id: UUID | None = Field(description="报送机构；学分银行为空。|Who stated it; none is the bank.")
    supersedes: UUID | None
    superseded_by: UUID | None
    withdrawn: bool = Field(description="是否为撤回。|Whether it takes back what it supersedes.")
    sheet_id: UUID | None = Field(description="来自的表格。|The file that it came in.")
    row_no: int | None = Field(description="表格中的行。|Its row there.")


class StatementList(BaseModel):
    """一名学员的全部陈述。|Everything that was stated about a member."""

    items: list[MemberStatementOut]
