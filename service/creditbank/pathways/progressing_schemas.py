"""Progressing as it is sent, and what came of it."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from creditbank.credits import Credits
from creditbank.institutions.schemas import Day, Payload
from creditbank.recognition.schemas import EXAMPLE
from creditbank.records.schemas import Code

PEOPLE = 200
"""Learners of one call."""

CourseState = Literal[
    "open", "granted", "refused", "withdrawn", "lapsed", "ended", "unclaimed", "not_held", "not_in_plan",
    "not_consented",
]  # fmt: skip


class ProgressionIn(Payload):
    """一名学员及其院校学号。|One learner and their new student number at the college."""

    learner_id: UUID | None = Field(None, description="学员账户。|The account.", examples=[EXAMPLE])
    member_no: int | None = Field(
        None, ge=1, le=100_000, description="学员编号，与账户填一项。|Or the member number.", examples=[None]
    )
    student_no: Code = Field(description="院校学号。|The student number at the college.", examples=["20260001"])

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if (self.learner_id is None) == (self.member_no is None):
            raise ValueError("请填写账户或学员编号中的一项|name the learner by account or by member number")
        return self


class ProgressionsIn(Payload):
    """定案后为录取的学员办理转入。|Let those whom a frozen result took enter the college."""

    on: Day = Field(description="入学日期，不晚于今天。|The day of entry, not after today.", examples=["2026-09-01"])
    year_of_entry: int | None = Field(
        None, ge=1950, le=2100, description="入学年份；不填则按入学日期。|Year of entry; that of the day if left out.",
        examples=[2026],
    )  # fmt: skip
    plan_id: UUID | None = Field(
        None,
        description="人才培养方案；只有一个适用时可不填。|The plan; may be left out where one fits.",
        examples=[None],
    )
    learners: list[ProgressionIn] = Field(min_length=1, max_length=PEOPLE, description="每人一行。|One line each.")


class ProgressedCourseOut(BaseModel):
    """一门约定课程办到哪里。|How far an agreed course has come."""

    school_course_codes: list[str] = Field(
        description="第一阶段课程。|Courses of the first stage.", examples=[["Z101"]]
    )
    college_course_code: str = Field(description="院校课程。|The college's course.", examples=["C101"])
    equivalence_id: UUID | None = Field(None, description="所依据的认定关系。|The equivalence it stands on.")
    state: CourseState = Field(
        description="open 办理中、granted 已认定、refused 不予、withdrawn 已撤回、lapsed 已失效、ended 已终止、"
        "unclaimed 尚未申请、not_held 没有合格的成绩、not_in_plan 方案中没有、not_consented 学员未授权。"
        "|As its claim stands; or not claimed yet, no passed result, not in the plan, no consent of the learner.",
        examples=["granted"],
    )
    record_ids: list[UUID] = Field(default_factory=list, description="所用的学习成果。|The records it uses.")
    claim_id: UUID | None = Field(None, description="申请。|The claim.")
    line_no: int | None = Field(None, description="申请的第几行。|Which line of it.")
    decision_id: UUID | None = Field(None, description="决定。|The decision.")
    credits: Credits | None = Field(None, description="认定的学分。|The credits that stand.", examples=["3"])


class ProgressedOut(BaseModel):
    """一名学员的结果。|What became of one learner."""

    row: int = Field(description="请求中的第几行。|Which line of the call.", examples=[1])
    outcome: Literal["progressed", "unchanged", "held", "refused"] = Field(
        description="progressed 已办理、unchanged 此前已办妥、held 身份待核、refused 未办理。"
        "|Done, done before, held for an officer, or not done.",
        examples=["progressed"],
    )
    learner_id: UUID | None = None
    member_no: int | None = None
    record_id: UUID | None = Field(None, description="院校学籍记录。|The enrolment record.")
    claim_id: UUID | None = Field(None, description="本次代为提出的申请。|The claim made for them now.")
    courses: list[ProgressedCourseOut] = Field(default_factory=list)
    problem: dict[str, Any] | None = Field(None, description="未办理的原因。|Why nothing was done.")
    claims_problem: dict[str, Any] | None = Field(
        None, description="学籍已建立，而约定课程未能代为申请的原因。|Enrolled, and why no course was claimed."
    )


class ProgressionsOut(BaseModel):
    """各人的结果。|What became of each."""

    result_no: str = Field(description="定案编号。|The number of the result.", examples=["ZD-2026-0001"])
    counts: dict[str, int]
    outcomes: list[ProgressedOut]


class ProgressionOut(BaseModel):
    """录取学员转入的情况。|How far somebody whom the result took has come."""

    learner_id: UUID
    member_no: int
    status: str = Field(description="在贯通班中的状态。|Status in the cohort.", examples=["progressed"])
    record_id: UUID | None = Field(None, description="院校学籍记录。|The enrolment record.")
    entered_on: date | None = Field(None, description="入学日期。|Day of entry.")
    record_key: str = Field(
        description="学籍记录的本单位编号，含定案编号。|The key of the enrolment record, with the result's number.",
        examples=["ZD-2026-0001/7"],
    )
    courses: list[ProgressedCourseOut]
    credits: Credits = Field(description="由约定课程认定的学分。|Credits of the agreed courses.", examples=["12"])


class ResultProgressionsOut(BaseModel):
    """一项定案结果之后的转入情况。|What came of a frozen result."""

    round_id: UUID
    result_no: str
    pathway_id: UUID
    filing_no: str | None = Field(description="通道备案号。|The filing number of the pathway.")
    learners: list[ProgressionOut]
