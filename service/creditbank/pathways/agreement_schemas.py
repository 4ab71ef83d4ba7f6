"""Pathways, intakes, cohorts and members as they are sent and read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from creditbank.institutions.schemas import Code, Day, Page, Payload, Text, Year

Kind = Literal[
    "three_two",
    "three_four",
    "five_year",
    "two_two_two",
    "higher_bachelor",
    "top_up",
    "general_vocational",
    "matched_exam",
    "single_exam",
    "in_school",
]
PathwayState = Literal["proposed", "signed", "filed", "ended"]
Places = Annotated[int, Field(ge=0, le=100_000)]
Class = Annotated[int, Field(ge=1, le=1_000)]
Said = Annotated[
    dict[Annotated[str, Field(max_length=64)], bool | int | Annotated[str, Field(max_length=200)]],
    Field(
        max_length=40,
        description="各方为备案陈述的事实，如 agreement.school_students。|Facts stated for the filing, by their names.",
        examples=[{"agreement.school_students": 1800}],
    ),
]


class StageIn(Payload):
    """某一学年在哪里培养。|Where a year of study is spent."""

    year: int = Field(ge=1, le=9, description="第几学年。|Which year of study.", examples=[4])
    at: Literal["school", "college", "enterprise"] = Field(
        description="在学校、高校或企业。|At the school, the college or the enterprise.", examples=["college"]
    )


class AgreedCourseIn(Payload):
    """前段的一门课程计为后段的一门课程。|A course of the first stage that counts for one of the second."""

    school_course_code: Code = Field(description="学校课程代码。|The school's course.", examples=["Z101"])
    college_course_code: Code = Field(description="高校课程代码。|The college's course.", examples=["G101"])


class PathwayIn(Payload):
    """一条通道及其协议。|A pathway and the agreement behind it."""

    kind: Kind = Field(description="通道类型。|Its kind.", examples=["three_two"])
    name: Text = Field(description="名称。|Its name.", examples=["机械制造 3+2"])
    name_en: Text | None = Field(None, description="英文名称。|Its English name.", examples=["Machining 3+2"])
    province: Code = Field(description="适用哪省规则。|Whose rules hold.", examples=["hebei"])
    track: Text | None = Field(None, description="类别。|Its track.", examples=["机械"])
    school_id: UUID | None = Field(None, description="前段学校；入学考试类不填。|The school; none for an entrance.")
    school_programme_id: UUID | None = Field(None, description="前段专业。|The school's programme.")
    college_id: UUID = Field(description="后段高校。|The college.")
    college_programme_id: UUID | None = Field(None, description="后段专业。|The college's programme.")
    enterprise_id: UUID | None = Field(None, description="合作企业。|The enterprise.")
    stages: list[StageIn] = Field([], max_length=9, description="各学年的培养地点。|Where each year is spent.")
    class_size: Class | None = Field(None, description="班额。|Most members of a cohort.", examples=[40])
    valid_from: Day = Field(description="协议自何日起。|From which day it holds.", examples=["2026-09-01"])
    valid_until: Day | None = Field(None, description="至何日止（不含）。|Until which day, exclusive.")
    said: Said = Field(default_factory=dict)
    courses: list[AgreedCourseIn] = Field([], max_length=200, description="一体化课程。|The agreed curriculum.")
    source: Text | None = Field(None, description="出处。|Where it is published.")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise ValueError("协议须在起始日之后终止|the agreement has to end after the day from which it holds")
        if self.courses and self.school_id is None:
            raise ValueError("没有前段学校的通道不能约定一体化课程|without a school there are no courses to agree on")
        return self


class FilingIn(Payload):
    """备案号。|The number under which it is filed."""

    filing_no: Code = Field(description="备案号。|The filing number.", examples=["冀贯2026-018"])


class EndingIn(Payload):
    """何日起、为何终止。|From which day it ends, and why."""

    on: Day = Field(description="终止日期。|The day it ends.", examples=["2028-08-31"])
    because: Text = Field(description="原因。|Why.", examples=["专业停招"])


class IntakeIn(Payload):
    """一年的招生计划；再次报送即为增补，是否允许由规则判定。|A year's places; a second one is a supplement."""

    year: Year = Field(description="年份。|The year.", examples=[2026])
    quota: Places = Field(description="计划数，可以为 0。|Places; none is allowed.", examples=[40])
    progression_quota: Places | None = Field(None, description="转段计划数。|Places of the second stage.")
    notice_no: Text | None = Field(None, description="计划文号。|The number of the notice.")
    published_on: Day = Field(description="下达日期。|The day it was published.", examples=["2026-05-20"])
    source: Text | None = Field(None, description="出处。|Where it is published.")


class CohortIn(Payload):
    """按一个招生计划组班。|A cohort for the places of an intake."""

    name: Text = Field(description="班名。|Its name.", examples=["2026级机械3+2"])
    year_of_entry: Year = Field(description="入学年级。|Year of entry.", examples=[2026])
    class_size: Class | None = Field(None, description="班额。|Most members.", examples=[40])


class JoiningIn(Payload):
    """本校一名学生，学号和姓名须一致。|A pupil of the school, by student number and name together."""

    name: Text = Field(description="姓名。|The name.", examples=["张三"])
    student_no: Code = Field(description="学号。|The student number.", examples=["20260101"])
    joined_on: Day = Field(description="入班日期。|The day of joining.", examples=["2026-09-01"])


class MembersIn(Payload):
    """至多 500 人，逐人答复。|Up to 500, each with an outcome."""

    rows: list[JoiningIn] = Field(min_length=1, max_length=500)


class MemberEventIn(Payload):
    """学员的一件事。|Something that happened to a member."""

    event: Literal["suspended", "returned", "left"] = Field(
        description="休学、复学、退出。|Suspended, returned, left.", examples=["suspended"]
    )
    occurred_on: Day = Field(description="日期。|The day.", examples=["2027-03-01"])
    reason: Text | None = Field(None, description="原因，加密保存。|Why; kept sealed.", examples=["因病"])


# --- what is read ---------------------------------------------------------------------------------------------------


class SignatureOut(BaseModel):
    """谁代表哪个机构签署。|Who signed for which institution."""

    institution_id: UUID
    by: str
    at: datetime


class AgreedCourseOut(AgreedCourseIn):
    """一体化课程及其依据的认定。|An agreed course with the equivalence that it stands on."""

    equivalence_id: UUID | None = Field(None, description="认定编号。|The equivalence.")


class IntakeOut(BaseModel):
    """一份招生计划。|An intake."""

    intake_id: UUID
    pathway_id: UUID
    year: int
    no: int = Field(description="当年第几份。|Which one of the year.")
    quota: int
    progression_quota: int | None
    notice_no: str | None
    published_on: date
    source: str | None


class PathwayOut(BaseModel):
    """一条通道。|A pathway."""

    pathway_id: UUID
    kind: Kind
    name: str
    name_en: str | None
    province: str
    track: str | None
    school_id: UUID | None
    school_programme_id: UUID | None
    college_id: UUID
    college_programme_id: UUID | None
    enterprise_id: UUID | None
    stages: list[dict[str, Any]]
    class_size: int | None
    valid_from: date
    valid_until: date | None
    state: PathwayState
    signatures: list[SignatureOut]
    said: dict[str, Any]
    filing_no: str | None
    filed_on: date | None
    ended_because: str | None
    source: str | None
    courses: list[AgreedCourseOut] = []
    intakes: list[IntakeOut] = []


class PathwayPage(Page):
    """一页通道。|A page of pathways."""

    items: list[PathwayOut]


class CohortOut(BaseModel):
    """一个贯通班。|A cohort."""

    cohort_id: UUID
    pathway_id: UUID
    intake_id: UUID
    school_id: UUID | None
    college_id: UUID
    name: str
    year_of_entry: int
    class_size: int | None
    state: Literal["forming", "filed", "closed"]
    filing_no: str | None
    filed_on: date | None
    size: int = Field(description="在册人数。|Members who have not left.")


class CohortPage(Page):
    """一页贯通班。|A page of cohorts."""

    items: list[CohortOut]


class MemberOut(BaseModel):
    """一名学员。|A member."""

    learner_id: UUID
    member_no: int
    name: str | None
    joined_on: date
    status: Literal["provisional", "filed", "suspended", "left", "progressed"]


class MemberPage(Page):
    """一页学员。|A page of members."""

    items: list[MemberOut]


class JoinedOut(BaseModel):
    """一行的结果。|What became of a row."""

    row: int
    outcome: Literal["admitted", "unchanged", "refused"]
    member: MemberOut | None = None
    problem: dict[str, Any] | None = Field(None, description="不予受理的理由。|Why it was refused.")


class MembersOut(BaseModel):
    """各行的结果，按原次序。|The outcomes, in the order of the rows."""

    counts: dict[str, int]
    outcomes: list[JoinedOut]
