"""What may be said in a statement (情况陈述): the payload of each topic; pure."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from creditbank.days import Day
from creditbank.institutions.schemas import Payload, Text, Year
from creditbank.records.schemas import Measure

ExamKind = Literal[
    "stage", "culture", "professional", "skill", "academic_level", "school_test", "secondary_entrance"
]  # fmt: skip
ExamResult = Literal["passed", "failed", "absent", "cheated", "deferred", "exempted"]
Entrance = Literal["college_entrance", "matched_exam", "single_exam", "stage_exam", "top_up"]
PathwayKind = Literal[
    "three_two", "three_four", "five_year", "two_two_two", "higher_bachelor", "top_up", "general_vocational",
    "matched_exam", "single_exam", "in_school",
]  # fmt: skip

Checked = Literal["sanctions", "registrations", "admissions"]

Percent = Annotated[Measure, Field(le=100)]
Count = Annotated[int, Field(ge=0, le=1000)]
Category = Annotated[str, Field(min_length=1, max_length=64)]
"""A category of an entrance examination, by the name under which the authority publishes it."""


class ProcessSaid(Payload):
    """过程考核。|The process assessment: a score, whether it was passed, or both."""

    topic: Literal["process"]
    score: Percent | None = Field(None, description="成绩，0–100。|Score in percent.", examples=["85"])
    passed: bool | None = Field(None, description="是否合格。|Whether it was passed.", examples=[True])

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.score is None and self.passed is None:
            raise ValueError("请填写成绩或是否合格|say the score, or whether it was passed")
        return self


class ExamSaid(Payload):
    """一科考试成绩。|How somebody did in one subject of an examination."""

    topic: Literal["exam"]
    kind: ExamKind = Field("stage", description="考试类别。|Kind of examination.", examples=["stage"])
    subject: Text = Field(description="科目。|The subject.", examples=["数学"])
    round_id: UUID | None = Field(None, description="所属轮次。|The round that it belongs to.")
    sitting: int | None = Field(
        None, ge=1, le=50, description="场次；轮次之外为第几次。|The sitting; outside a round which time it was.",
        examples=[1],
    )  # fmt: skip
    on: Day | None = Field(None, description="考试日期；轮次内按场次。|The day; in a round that of the sitting.")
    year: Year | None = Field(None, description="考试年份。|The year, where the day is not known.", examples=[2026])
    points: Measure | None = Field(None, description="得分。|Points.", examples=["110"])
    marks: list[Measure] | None = Field(
        None, min_length=2, max_length=5,
        description="各评分人的分数；得分取平均，四舍五入到 0.01。"
        "|Each marker's points: what counts is their mean, half up to 0.01.",
        examples=[None],
    )  # fmt: skip
    full: Measure | None = Field(None, description="满分；轮次内按场次。|Full marks; in a round those of the sitting.")
    result: ExamResult | None = Field(None, description="结果。|The result.", examples=["passed"])

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.points is not None and self.marks is not None:
            raise ValueError("得分和各评分人分数只填一项|give the points or the markers' points, not both")
        if self.points is None and self.marks is None and self.result is None:
            raise ValueError("请填写得分或结果|say the points or the result")
        return self


class RegistrationSaid(Payload):
    """报名参加另一升学考试。|A registration for an entrance."""

    topic: Literal["registration"]
    entrance: Entrance = Field(description="何种升学考试。|Which entrance.", examples=["matched_exam"])
    status: Literal["registered", "sat", "admitted", "withdrawn"] = Field(description="状态。|Its status.")
    year: Year = Field(description="年份。|The year.", examples=[2026])
    category: Category | None = Field(
        None, description="报考专业类别。|The category registered for.", examples=["机械"]
    )
    on: Day | None = Field(None, description="报名日期。|The day of it.")


class AdmissionSaid(Payload):
    """其他通道的录取结果。|What another pathway decided."""

    topic: Literal["admission"]
    kind: PathwayKind = Field(description="何种通道。|Kind of pathway.", examples=["single_exam"])
    outcome: Literal["taken", "not_taken", "given_up"] = Field(description="结果。|The outcome.")
    year: Year = Field(description="年份。|The year.", examples=[2026])
    on: Day | None = Field(None, description="日期。|The day of it.")


class SanctionSaid(Payload):
    """一次纪律处分。|A disciplinary sanction; lifted by stating it again with the day."""

    topic: Literal["sanction"]
    number: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        description="处分文号，同一文号为同一处分。|Its number: two statements of one number are one sanction.",
        examples=["校处〔2025〕3号"],
    )
    kind: Literal["warning", "serious_warning", "demerit", "probation", "expulsion"] = Field(description="种类。|Kind.")
    on: Day = Field(description="处分日期。|The day of it.")
    lifted_on: Day | None = Field(None, description="解除日期。|The day it was lifted.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.lifted_on is not None and self.lifted_on < self.on:
            raise ValueError("解除日期早于处分日期|it was lifted before it was given")
        return self


class EventSaid(Payload):
    """学籍类型变更或转专业。|A change of the type of enrolment, or of the programme."""

    topic: Literal["event"]
    kind: Literal["type_changed", "programme_changed"] = Field(description="变更种类。|Kind of change.")
    on: Day = Field(description="变更日期。|The day of it.")


class ChangesSaid(Payload):
    """学籍类型变更次数（含没有变更）。|How often the type of enrolment changed; 0 says that it never did."""

    topic: Literal["changes"]
    times: Count = Field(description="次数。|How many times.", examples=[0])


class HealthSaid(Payload):
    """身体条件是否符合专业要求。|Whether the physical conditions of the programme are met."""

    topic: Literal["health"]
    fit: bool = Field(description="是否符合。|Whether they are met.")


class LanguageSaid(Payload):
    """外语语种。|The foreign language that was learned."""

    topic: Literal["language"]
    kind: Literal["english", "japanese", "russian", "other"] = Field(description="语种。|The language.")


class ResidenceSaid(Payload):
    """户籍所在省份。|The province of the household registration."""

    topic: Literal["residence"]
    province: Annotated[str, Field(pattern=r"^[a-z]{2,32}$")] = Field(description="省份。|The province.")


class InformedSaid(Payload):
    """是否已书面告知家长。|Whether the parents were informed in writing."""

    topic: Literal["informed"]
    informed: bool = Field(description="是否已告知。|Whether they were.")


class RecommendedSaid(Payload):
    """学校是否推荐。|Whether the school recommends."""

    topic: Literal["recommended"]
    recommended: bool = Field(description="是否推荐。|Whether it does.")


class AgreedSaid(Payload):
    """本人或监护人是否同意。|Whether the learner, or the guardian, agreed."""

    topic: Literal["agreed"]
    agreed: bool = Field(description="是否同意。|Whether they did.")


class GraduatingSaid(Payload):
    """是否应届毕业生。|Whether they graduate this year."""

    topic: Literal["graduating"]
    graduating: bool = Field(description="是否应届。|Whether they do.")


class ExamCategorySaid(Payload):
    """所学专业对应的考试类别。|The category of the entrance examination that their programme belongs to."""

    topic: Literal["exam_category"]
    category: Category = Field(description="类别名称。|Its name.", examples=["机械"])


class MeritSaid(Payload):
    """服役期间立功等次。|A citation for merit in military service; `none` says that there is none."""

    topic: Literal["merit"]
    merit: Literal["none", "third", "second", "first"] = Field(description="等次。|The class of it.")


class ModelWorkerSaid(Payload):
    """是否县级及以上劳动模范（在职）。|Whether they are a model worker of a county or higher, in service."""

    topic: Literal["model_worker"]
    model_worker: bool = Field(description="是否。|Whether they are.")


class CheckedSaid(Payload):
    """某类情况已核对完毕：除已报送的以外没有。|A kind of thing was checked: there are none but those stated."""

    topic: Literal["checked"]
    what: Checked = Field(
        description="处分、报考或其他录取。|Sanctions, registrations, or outcomes elsewhere.", examples=["sanctions"]
    )


class FiledSaid(Payload):
    """是否列入备案名单。|Whether the learner is on the list that was filed."""

    topic: Literal["filed"]
    filed: bool = Field(description="是否列入。|Whether they are.")


StatementBody = Annotated[
    ProcessSaid
    | ExamSaid
    | RegistrationSaid
    | AdmissionSaid
    | SanctionSaid
    | EventSaid
    | ChangesSaid
    | HealthSaid
    | LanguageSaid
    | ResidenceSaid
    | InformedSaid
    | RecommendedSaid
    | AgreedSaid
    | FiledSaid
    | GraduatingSaid
    | ExamCategorySaid
    | MeritSaid
    | ModelWorkerSaid
    | CheckedSaid,
    Field(discriminator="topic"),
]
