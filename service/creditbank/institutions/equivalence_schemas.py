"""Equivalences as they are sent and read: what counts for which courses, since when, and who said so."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from creditbank.institutions.equivalence_keys import certificate_key, course_key, online_course_key, training_key
from creditbank.institutions.schemas import CertificateLevelName, Code, Dated, Day, Held, Page, Payload, Said, Text

EXAMPLE = "0195532a-0000-7c11-9a51-0d3d3f5f2a11"


class _Source(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CourseSource(_Source):
    """某机构的一门课程。|A course of an institution."""

    kind: Literal["course"]
    institution_id: UUID = Field(description="开课机构。|Whose course it is.", examples=[EXAMPLE])
    course_code: Code = Field(description="课程代码。|The course's code.", examples=["0730"])

    @property
    def key(self) -> str:
        """By which records are found."""
        return course_key(self.institution_id, self.course_code)


class CertificateSource(_Source):
    """某一证书，自某一等级起。|A certificate, from a level on."""

    kind: Literal["certificate"]
    standard: Code = Field(description="证书标准代码。|The standard's code.", examples=["X-WEB"])
    from_level: CertificateLevelName | None = Field(
        None,
        description="自哪一等级起；不填则各等级。|From which level on; any where empty.",
        examples=["intermediate"],
    )

    @property
    def key(self) -> str:
        """By which records are found."""
        return certificate_key(self.standard)


class TrainingSource(_Source):
    """某机构的一项培训，按名称。|A training of an institution, by its title."""

    kind: Literal["training"]
    institution_id: UUID = Field(description="培训机构。|Whose training it is.", examples=[EXAMPLE])
    title: Text = Field(description="培训名称。|Its title.", examples=["数控加工技能培训"])

    @property
    def key(self) -> str:
        """By which records are found."""
        return training_key(self.institution_id, self.title)


class OnlineCourseSource(_Source):
    """某平台的一门在线课程，按名称。|An online course of a platform, by its title."""

    kind: Literal["online_course"]
    platform: Text = Field(description="平台。|The platform.", examples=["国家职业教育智慧教育平台"])
    title: Text = Field(description="课程名称。|Its title.", examples=["Python 程序设计"])

    @property
    def key(self) -> str:
        """By which records are found."""
        return online_course_key(self.platform, self.title)


Source = Annotated[CourseSource | CertificateSource | TrainingSource | OnlineCourseSource, Field(discriminator="kind")]


class EquivalenceContent(Said):
    """什么成果可以认定为本校哪门课程。|What counts for which courses of the institution."""

    sources: list[Source] = Field(
        min_length=1,
        max_length=10,
        description="成果来源；多项时须齐备才能认定一门课程。|What counts; several only together, and for one course.",
        examples=[[{"kind": "certificate", "standard": "X-WEB", "from_level": "intermediate"}]],
    )
    targets: list[Code] = Field(
        min_length=1,
        max_length=20,
        description="本校课程代码；一项来源可以认定多门。|Codes of the institution's own courses.",
        examples=[["C101"]],
    )
    relevance: int | None = Field(
        None, ge=1, le=100, description="内容相关度（百分数）。|How much of the content is the same.", examples=[85]
    )
    ground: Text = Field(description="认定理由。|Why it counts.", examples=["专业建设委员会比对课程标准后认定"])


class EquivalenceIn(Dated, EquivalenceContent):
    """自某日起的认定关系。|An equivalence from a day on."""

    @model_validator(mode="after")
    def _one_side_is_one(self) -> Self:
        if len({source.key for source in self.sources}) < len(self.sources):
            raise ValueError("同一来源出现多次|one source appears more than once")
        if len(set(self.targets)) < len(self.targets):
            raise ValueError("同一课程出现多次|one course appears more than once")
        if len(self.sources) > 1 and len(self.targets) > 1:
            raise ValueError(
                "多项来源只能合并认定一门课程，请分开填写|several sources count for one course only: send them apart"
            )
        return self


class EquivalenceEnd(Payload):
    """终止一条认定关系。|Ending an equivalence."""

    until: Day | None = Field(
        None,
        description="自哪一日起不再适用；不填则为今天。|From which day it holds no more; today if left out.",
        examples=["2027-09-01"],
    )
    reason: Text = Field(description="终止的原因。|Why.", examples=["课程标准修订"])


class EquivalenceConfirmation(Payload):
    """确认一条建议的认定关系。|Confirming a proposed equivalence."""

    valid_from: Day | None = Field(
        None, description="自何日起适用；不填则为今天。|From which day it holds; today if left out.", examples=[None]
    )


class EquivalenceOut(EquivalenceContent, Held):
    """认定关系。|An equivalence."""

    equivalence_id: UUID = Field(description="认定关系编号。|The equivalence.", examples=[EXAMPLE])
    institution_id: UUID = Field(description="作出认定的机构。|Who decided it.", examples=[EXAMPLE])
    state: Literal["proposed", "in_force", "dropped"] = Field(
        description="由申诉支持而建议、有效、未采用。|Proposed by an upheld appeal, in force, or dropped.",
        examples=["in_force"],
    )
    entered_by: str = Field(description="登记人。|Who entered it.", examples=["login:1"])
    entered_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    ended_because: str | None


class EquivalencePage(Page):
    """一页认定关系。|A page of equivalences."""

    items: list[EquivalenceOut]


def out_of(row: dict[str, Any]) -> EquivalenceOut:
    """An equivalence from its row."""
    sources = [{name: value for name, value in source.items() if name != "from_rank"} for source in row["sources"]]
    named = {name: value for name, value in row.items() if name in EquivalenceOut.model_fields}
    return EquivalenceOut.model_validate({**named, "sources": sources})
