"""The best allocation as it is asked for and answered."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from creditbank.credits import Credits
from creditbank.institutions.schemas import CertificateLevelName, Code, Day, Payload, Text
from creditbank.recognition.schemas import EXAMPLE, LineIn, Missing, Wants

Objective = Literal["credits", "courses"]
Hours = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,4})(\.[0-9]{1,2})?$")]
Percent = Annotated[str, Field(pattern=r"^(100|[1-9]?[0-9])(\.[0-9]{1,2})?$")]


# --- asked ----------------------------------------------------------------------------------------------------------


class HypotheticalIn(Payload):
    """假设取得的一项成果。|A record that the learner does not have yet, as far as it is thought out."""

    kind: Literal[
        "course_result", "certificate", "training", "award", "practice", "military_service", "work_achievement",
        "online_course", "assessment",
    ] = Field(description="成果类型。|What kind of record.", examples=["certificate"])  # fmt: skip
    title: Text | None = Field(
        None, description="名称，用于与课程同名比较和认定关系。|What it is called.", examples=["Web 前端开发"]
    )
    standard: Code | None = Field(None, description="证书标准代码。|The certificate's standard.", examples=["X-WEB"])
    level: CertificateLevelName | None = Field(None, description="证书等级。|Its level.", examples=["intermediate"])
    institution_id: UUID | None = Field(
        None, description="由哪个机构报送。|Which institution would report it.", examples=[EXAMPLE]
    )
    course_code: Code | None = Field(None, description="该机构的课程代码。|Its course.", examples=["C101"])
    platform: Text | None = Field(None, description="在线课程平台。|The platform of an online course.", examples=[None])
    credits: Credits | None = Field(None, description="成果学分。|What the record gives.", examples=["3"])
    hours: Hours | None = Field(None, description="学时。|Hours.", examples=["48"])
    weeks: Hours | None = Field(None, description="周数。|Weeks.", examples=[None])
    score: Percent | None = Field(None, description="百分制成绩。|Score in percent.", examples=["85"])
    occurred_on: Day | None = Field(None, description="取得日期，默认今天。|When; today if not said.", examples=[None])
    valid_until: Day | None = Field(None, description="有效期至。|Valid until.", examples=[None])

    @model_validator(mode="after")
    def _names_its_standard(self) -> Self:
        if (self.kind == "certificate") is not (self.standard is not None and self.level is not None):
            raise ValueError(
                "证书须填 standard 和 level，其他成果不填|a certificate has `standard` and `level`, no other record has"
            )
        return self


class AllocationIn(Payload):
    """求一份方案的最优转换组合。|Which records should replace which courses of a plan; nothing of it is stored."""

    plan_id: UUID = Field(description="人才培养方案。|The plan.", examples=[EXAMPLE])
    objective: Objective = Field(
        "credits",
        description="credits 转换学分最多；courses 替代课程门数最多（含免修），其次学分最多。"
        "|Most credits; or most courses, exemptions included, then most credits.",
        examples=["credits"],
    )
    record_ids: list[UUID] | None = Field(
        None,
        max_length=500,
        description="只考虑这些成果；不填则全部。|Only these records; all of them where left out.",
        examples=[None],
    )
    hypothetical: list[HypotheticalIn] = Field(
        [], max_length=20, description="另加的假设成果。|Records to be thought of besides.", examples=[[]]
    )


# --- answered ---------------------------------------------------------------------------------------------------------


class LapseOut(BaseModel):
    """何时失效。|Until when it can be claimed, and the clause that refuses it from then on."""

    last_day: date = Field(description="最后一天。|The last day.")
    clause: str
    says_zh: str
    says_en: str


class AllocatedLineOut(BaseModel):
    """组合中的一行。|One line of the best allocation."""

    record_ids: list[str] = Field(description="所用成果。|The records it uses; hypothetical-1 … for those thought of.")
    hypothetical: bool = Field(description="含假设成果。|Whether one of them is only thought of.")
    course_code: str
    course_name: str
    wants: Wants
    credits: str
    exemption: str
    replaces: list[str] = Field(description="因此让位的转换。|Conversions that give way to it.")
    document: str | None
    version: str | None
    lapses: LapseOut | None = Field(description="何时不能再申请；十年内不失效则空。|None within ten years.")


class CapOut(BaseModel):
    """一项上限。|How a cap stands: before, by this allocation, and after it."""

    document: str | None
    clause: str
    says_zh: str
    says_en: str
    citations: list[dict[str, Any]]
    group: list[str] = Field(description="计哪一组。|Which group it counts.")
    unit: str
    limit: str
    before: str
    taken: str
    left: str = Field(description="余额；本组合用不上。|What is left; this allocation has no use for it.")
    binds: bool = Field(description="是否限制了本组合。|Whether it limits this allocation.")
    wastes: str | None = Field(
        description="没有这项上限时还可多得多少（学分或门数）。|How much more there would be without it."
    )
    keeps_out: list[AllocatedPairOut] = Field(description="因此不能转换的。|What does not fit under it.")


class AllocatedPairOut(BaseModel):
    """Some records for a course."""

    record_ids: list[str]
    course_code: str


class UnusedOut(BaseModel):
    """一项未用的成果及原因。|A record that is left unused, why, and what would change that."""

    record_id: str
    why: Literal["refused", "open", "adds_nothing", "cap_binds", "another_choice_was_better"]
    zh: str
    en: str
    course_code: str | None = Field(description="就最接近的一门课程而言。|The course it comes nearest to.")
    clauses: list[str] = Field(description="不予转换的条款，或限制它的上限。|The clauses that stand against it.")
    missing: list[str] = Field(description="尚不知道的事实。|Facts that are not known.")
    changes: list[list[dict[str, Any]]] = Field(description="最小的改变。|The smallest changes that would turn it.")
    instead: list[AllocatedPairOut]
    lapses: LapseOut | None


class ClauseSaidOut(BaseModel):
    """答复中提到的一项条款。|A clause that the answer names, as its document says it."""

    clause: str
    zh: str
    en: str


class PossibleIfOut(BaseModel):
    """缺少事实、尚不能判定的转换。|What would be possible if something were known or judged by a person."""

    record_ids: list[str]
    course_codes: list[str]
    missing: list[str]
    judged_by: list[str]


class AllocationOut(BaseModel):
    """最优转换组合。|The best allocation, with what limits it and what it leaves; a calculation of this moment."""

    plan_id: UUID
    on: date
    objective: Objective
    enrolled: bool = Field(description="学籍适用该方案，可以申请。|Whether the learner follows the plan and may claim.")
    credits: str
    courses: int
    proved: bool = Field(description="已证明没有更优的组合。|Whether it is proved that nothing better exists.")
    bound: str = Field(description="至多可达（学分或门数）。|How much it could be at most: credits, or courses.")
    settled: bool = Field(description="同优时的先后已排定。|Whether the order among equals was followed to its end.")
    lines: list[AllocatedLineOut]
    claim: list[LineIn] = Field(
        description="可直接提交的申请各行。|The lines, as they are claimed, without what is only thought of."
    )
    caps: list[CapOut]
    unused: list[UnusedOut]
    possible_if: list[PossibleIfOut]
    courses_left: list[str]
    clauses: list[ClauseSaidOut] = Field(description="以上提到的条款。|The clauses that are named above, each once.")
    facts: list[Missing] = Field(
        description="以上提到的尚不知道的事实，及谁能提供。|The facts that are not known, and who can say each."
    )
