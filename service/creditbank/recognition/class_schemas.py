"""Claims for a class as they are prepared, sent and read."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from creditbank.credits import Credits
from creditbank.institutions.schemas import Page, Payload
from creditbank.recognition.schemas import EXAMPLE, LineIn, LineOut, StepOut

MOST_OF_A_CLASS = 200


class ClassLineOut(BaseModel):
    """班级申请中一名学习者的结果。|What became of one learner of a class claim."""

    row: int = Field(description="第几名，从 1 起。|Which one, from 1.", examples=[1])
    outcome: Literal["claimed", "refused"] = Field(description="是否受理。|Whether it was taken.", examples=["claimed"])
    claim_id: UUID | None = Field(None, description="申请编号。|The claim.", examples=[EXAMPLE])
    state: str | None = Field(None, description="申请的状态。|Its state.", examples=["decided"])
    problem: dict[str, Any] | None = Field(None, description="不受理的原因。|Why it was not taken.")


class ClassMemberIn(Payload):
    """班级中的一名学习者：按账户或学号。|One learner of the class, by account or by student number."""

    learner_id: UUID | None = Field(None, description="账户。|The account.", examples=[EXAMPLE])
    student_no: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        None, description="本校学号。|The student number at the college.", examples=["20230001"]
    )
    lines: list[LineIn] = Field(min_length=1, max_length=200, description="该学习者的各行。|Their lines.")


class ClassClaimIn(Payload):
    """为一个班级申请。|Claims for a class, an outcome for each learner."""

    learners: list[ClassMemberIn] = Field(
        min_length=1, max_length=MOST_OF_A_CLASS, description="每人一份。|One claim each."
    )


class ClassClaimOut(BaseModel):
    """各人的结果。|What became of each."""

    outcomes: list[ClassLineOut]


# --- before it is sent ----------------------------------------------------------------------------------------------


class ClassMemberForecast(BaseModel):
    """照此申请，一名学习者会有的结果。|What would become of one learner of the class."""

    row: int = Field(description="第几名，从 1 起。|Which one, from 1.", examples=[1])
    outcome: Literal["claimed", "refused"] = Field(description="是否受理。|Whether it would be taken.")
    lines: list[LineOut] = Field(description="各行的认定与理由。|What the rules find of each line, with the reasons.")
    steps: list[StepOut] = Field(description="将由谁经办；当即办结的为空。|Whose hands it would go through.")
    problem: dict[str, Any] | None = Field(None, description="不受理的原因。|Why it would not be taken.")


class ClassForecast(BaseModel):
    """各人会有的结果；没有保存任何内容。|What would become of each; nothing of it is kept."""

    outcomes: list[ClassMemberForecast]


class Achievement(BaseModel):
    """方案学习者共有的一项成果：某校的一门课程、某标准的证书等。|A course of a school, a certificate of a standard."""

    institution_id: UUID = Field(description="报送机构。|Who reported it.", examples=[EXAMPLE])
    kind: str = Field(description="类别。|Its kind.", examples=["course_result"])
    what: str = Field(description="课程代码、证书标准或名称。|Course code, standard or title.", examples=["S101"])
    title: str = Field(description="名称。|What it is called.", examples=["机械基础"])
    learners: int = Field(description="多少人有。|How many have it.", examples=[42])


class AchievementPage(Page):
    """多人共有的在前。|What most have comes first."""

    items: list[Achievement]


class ClassCandidate(BaseModel):
    """有该项成果的一名学习者，及可用的成果记录。|A learner who has it, and the record that would be used."""

    learner_id: UUID
    record_id: UUID
    name: str | None = Field(description="姓名；已删除的为空。|Their name; null once erased.", examples=["演示甲"])
    student_no: str | None = Field(description="本校学号。|The student number at the college.", examples=["20230001"])
    occurred_on: date = Field(description="取得日期。|When it was achieved.", examples=["2024-01-12"])
    credits: Credits = Field(description="存入的学分。|The credits that it deposited.", examples=["4"])


class ClassCandidatePage(Page):
    """一人一项：有学分的、最近的一次。|One record each: one with credits, the latest."""

    items: list[ClassCandidate]
