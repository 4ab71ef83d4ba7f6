"""Calendars, score scales, certificate standards and working days, as they are sent and read; outcomes of many rows."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Generic, Literal, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from creditbank.credits import Credits
from creditbank.institutions.scales import Scale
from creditbank.institutions.schemas import (
    CertificateKind,
    CertificateLevelName,
    Code,
    CourseIn,
    Dated,
    Day,
    Held,
    Page,
    Payload,
    ProgrammeIn,
    Said,
    Text,
)

# --- many rows in one call ------------------------------------------------------------------------------------------

RowT = TypeVar("RowT", bound=BaseModel)


class Rows(Payload, Generic[RowT]):
    """多行，各有各的结果。|Several rows, an outcome each."""

    rows: Annotated[list[RowT], Field(min_length=1, max_length=1000, description="各行。|The rows.")]


class Courses(Rows[CourseIn]):
    """至多一千门课程。|Up to 1,000 courses."""


class Programmes(Rows[ProgrammeIn]):
    """专业。|Programmes."""


class RowPublished(BaseModel):
    """一行的结果。|What became of one row."""

    row: int = Field(description="第几行，从 1 起。|Place in the call, from 1.", examples=[1])
    code: str = Field(description="该行的代码。|The row's code.", examples=["0730"])
    outcome: Literal["created", "unchanged", "changed", "corrected", "refused"] = Field(
        description="新建、未变、自该日起变更、就地更正、不予受理。"
        "|created, unchanged, changed from its day on, corrected from the day it began, or refused.",
        examples=["created"],
    )
    id: UUID | None = Field(None, description="所生成的编号。|The identifier, where there is one.", examples=[None])
    valid_from: date | None = Field(
        None, description="现行内容自何日起。|Since when it holds.", examples=["2023-09-01"]
    )
    valid_until: date | None = Field(None, description="至何日止（不含）。|Until when, exclusive.", examples=[None])
    problem: dict[str, Any] | None = Field(
        None, description="不予受理的原因。|Why it was refused, as a problem document.", examples=[None]
    )


class RowsPublished(BaseModel):
    """按行序给出的结果。|The outcomes, in the order of the rows; a refused row stops no other."""

    counts: dict[str, int] = Field(description="各结果的行数。|How many of each outcome.", examples=[{"created": 1}])
    outcomes: list[RowPublished]


# --- score scales ---------------------------------------------------------------------------------------------------


class ScaleIn(Dated):
    """成绩制自某日起的内容。|A score scale from a day on."""

    code: Code = Field(description="成绩制代码。|Its code.", examples=["five_grades"])
    scale: Scale = Field(description="分数或等级、及格线、特殊标记。|Numbers or grades, what passes, special marks.")

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        if "\\u0000" in self.scale.model_dump_json():
            raise ValueError("含有不可存储的空字符|it holds a null character, which cannot be kept")
        return self


class Scales(Rows[ScaleIn]):
    """成绩制。|Score scales."""


class ScaleOut(Held):
    """成绩制；没有机构的是全市通用的。|A score scale; the city's own where no institution is named."""

    scale_id: UUID
    institution_id: UUID | None
    code: str = Field(examples=["percentage"])
    scale: Scale


class ScalePage(Page):
    """一页成绩制。|A page of score scales."""

    items: list[ScaleOut]


# --- academic calendar ----------------------------------------------------------------------------------------------


class TermIn(Payload):
    """校历中的学期。|A term of the academic calendar."""

    academic_year: str = Field(
        pattern=r"^(19|20|21)[0-9]{2}-(19|20|21)[0-9]{2}$", description="学年。|Academic year.", examples=["2023-2024"]
    )
    term: int = Field(ge=1, le=4, description="第几学期。|Which term.", examples=[1])
    starts_on: Day = Field(description="第一周的第一天。|First day of its first week.", examples=["2023-09-04"])
    ends_on: Day = Field(description="最后一天。|Its last day.", examples=["2024-01-19"])
    weeks: int = Field(ge=1, le=30, description="教学周数。|How many weeks.", examples=[20])

    @model_validator(mode="after")
    def _is_a_term(self) -> Self:
        first, second = (int(year) for year in self.academic_year.split("-"))
        if second != first + 1:
            raise ValueError("学年应为相邻两年，如 2023-2024|an academic year is two years in a row, such as 2023-2024")
        if self.starts_on.year not in (first, second):
            raise ValueError("学期不在该学年内|the term does not begin in that academic year")
        if self.ends_on <= self.starts_on:
            raise ValueError("ends_on 应晚于 starts_on|ends_on should be after starts_on")
        if self.weeks > -(-((self.ends_on - self.starts_on).days + 1) // 7):
            raise ValueError("周数超过起止日期之间的周数|there are not that many weeks between its dates")
        return self


class Terms(Rows[TermIn]):
    """校历。|An academic calendar."""


class TermOut(BaseModel):
    """校历中的学期。|A term of the academic calendar."""

    institution_id: UUID
    academic_year: str = Field(examples=["2023-2024"])
    term: int = Field(examples=[1])
    starts_on: date = Field(examples=["2023-09-04"])
    ends_on: date = Field(examples=["2024-01-19"])
    weeks: int = Field(examples=[20])


class TermPage(Page):
    """一页学期。|A page of terms."""

    items: list[TermOut]


# --- certificates ---------------------------------------------------------------------------------------------------


class CertificateLevel(BaseModel):
    """证书的一个等级。|A level of a certificate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: CertificateLevelName = Field(description="等级。|The level.", examples=["intermediate"])
    rank: int = Field(ge=1, le=20, description="高低，1 最低。|Its rank; 1 is the lowest.", examples=[2])
    credits: Credits | None = Field(
        None,
        description="国家学分银行认定的学分，有出处才填。|What the national bank recognises, where a source says so.",
        examples=[None],
    )
    credits_source: Text | None = Field(None, description="学分的出处。|Where that is said.", examples=[None])

    @model_validator(mode="after")
    def _credits_have_a_source(self) -> Self:
        if self.credits is not None and self.credits_source is None:
            raise ValueError("填写学分须注明出处 credits_source|credits need a source: fill credits_source")
        return self


class StandardContent(Said):
    """证书标准。|A certificate that is issued at levels."""

    kind: CertificateKind = Field(description="证书类别。|What kind it is.", examples=["vocational_skill_level"])
    name: Text = Field(description="名称。|Its name.", examples=["Web前端开发职业技能等级证书"])
    name_en: Text | None = Field(None, description="英文名称。|Its name in English.", examples=[None])
    body_name: Text = Field(
        description="颁证机构（标准所载）。|Who issues it, as the standard says.", examples=["演示评价组织"]
    )
    issuer_id: UUID | None = Field(
        None, description="可在本行报送该证书的机构。|The certificate body that may submit it here.", examples=[None]
    )
    levels: list[CertificateLevel] = Field(min_length=1, max_length=20, description="等级。|Its levels.")


class StandardIn(Dated, StandardContent):
    """证书标准自某日起的内容。|A certificate standard from a day on."""

    code: Code = Field(description="标准代码。|The code of the standard.", examples=["web-frontend"])

    @model_validator(mode="after")
    def _levels_differ(self) -> Self:
        if len({level.level for level in self.levels}) < len(self.levels):
            raise ValueError("同一等级出现多次|a level appears more than once")
        if len({level.rank for level in self.levels}) < len(self.levels):
            raise ValueError("两个等级的高低相同|two levels have the same rank")
        return self


class Standards(Rows[StandardIn]):
    """证书标准。|Certificate standards."""


class StandardOut(StandardContent, Held):
    """证书标准。|A certificate standard, as it is on the day that was asked for."""

    standard_id: UUID
    code: str = Field(examples=["web-frontend"])


class StandardPage(Page):
    """一页证书标准。|A page of certificate standards."""

    items: list[StandardOut]


# --- working days ---------------------------------------------------------------------------------------------------


class WorkingDayIn(Payload):
    """与平常周历不同的一天。|A day that departs from the week: a holiday, or a weekend that is worked."""

    on: Day = Field(description="日期。|The day.", examples=["2025-10-01"])
    working: bool = Field(description="是否上班。|Whether it is a working day.", examples=[False])
    name: Text = Field(description="节假日名称。|What for.", examples=["国庆节"])
    source: Text = Field(
        description="国务院办公厅通知。|The State Council's notice.",
        examples=["国务院办公厅关于2025年部分节假日安排的通知"],
    )


class WorkingDays(Rows[WorkingDayIn]):
    """一年的放假安排。|A year's holidays."""


class WorkingDayOut(BaseModel):
    """与平常周历不同的一天。|A day that departs from the week."""

    on: date = Field(examples=["2025-10-01"])
    working: bool = Field(examples=[False])
    name: str = Field(examples=["国庆节"])
    source: str = Field(examples=["国务院办公厅关于2025年部分节假日安排的通知"])


class WorkingDayPage(Page):
    """一页。|A page."""

    items: list[WorkingDayOut]
