"""What institutions publish about themselves and what they teach, and how it is read back."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from creditbank.credits import Credits

Text = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")
]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x20\x7f/]+$")]
Day = Annotated[date, Field(ge=date(1900, 1, 1), lt=date(2200, 1, 1))]
Year = Annotated[int, Field(ge=1949, le=2199)]

InstitutionKind = Literal[
    "secondary_vocational",
    "technician_college",
    "higher_vocational",
    "applied_university",
    "general_high_school",
    "training_provider",
    "enterprise",
    "certificate_body",
]
Level = Literal[
    "secondary_vocational", "technician", "higher_vocational", "vocational_bachelor", "undergraduate",
    "general_high_school",
]  # fmt: skip
LearningForm = Literal[
    "theory", "integrated", "practice", "internship", "graduation_project", "military", "community", "online",
    "training",
]  # fmt: skip
CertificateKind = Literal[
    "vocational_skill_level", "occupational_qualification", "skill_level", "computer_exam", "language_exam", "other"
]
CertificateLevelName = Literal[
    "elementary", "intermediate", "advanced", "grade_5", "grade_4", "grade_3", "grade_2", "grade_1", "unlevelled"
]
Discipline = Literal[
    "engineering", "teacher_training", "arts_management", "foreign_languages", "medicine", "agriculture",
    "arts_sports", "other",
]  # fmt: skip
Subject = Literal[
    "politics", "physical_education", "foreign_language", "chinese", "mathematics", "computing", "military", "labour",
    "other",
]  # fmt: skip

CATALOGUE_CODES = {"vocational": r"\d{6}", "technician": r"\d{4}(-\d)?", "bachelor": r"\d{6}(T|K|TK)?"}
"""How codes are written: 职业教育专业目录（2021年）, 全国技工院校专业目录, 普通高等学校本科专业目录."""


class Payload(BaseModel):
    """What is sent: nothing that the bank does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Dated(Payload):
    """Something that holds from a day on."""

    valid_from: Day = Field(description="自何日起。|From which day it holds.", examples=["2023-09-01"])
    valid_until: Day | None = Field(
        None,
        description="至何日止（不含当日）；不填则到下次变更。|Until which day, exclusive; else until changed.",
        examples=[None],
    )

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise ValueError("valid_until 应晚于 valid_from|valid_until should be after valid_from")
        return self


class Page(BaseModel):
    """一页；Link 指向下一页。|A page; `Link` leads to the next."""

    next_cursor: str | None = Field(description="下一页的游标。|The cursor of the next page.", examples=[None])


class Held(BaseModel):
    """Between which days something holds."""

    valid_from: date = Field(description="自何日起。|From which day.", examples=["2023-09-01"])
    valid_until: date | None = Field(
        description="至何日止（不含当日）。|Until which day, exclusive; open where empty.", examples=[None]
    )


class Said(BaseModel):
    """Where it is from."""

    source: Text | None = Field(
        None, description="出处。|Where it is published.", examples=["教育部职业教育专业目录（2021年）"]
    )


# --- institutions ---------------------------------------------------------------------------------------------------


class ProfileContent(Said):
    """机构是什么、叫什么。|What an institution is and is called."""

    kind: InstitutionKind = Field(description="机构类型。|What kind it is.", examples=["higher_vocational"])
    name: Text = Field(description="名称。|Its name.", examples=["演示职业技术学院"])
    name_en: Text | None = Field(None, description="英文名称。|Its name in English.", examples=["Demo College"])
    uscc: Text | None = Field(
        None,
        description="统一社会信用代码（GB 32100-2015，校验末位）。|Unified social credit code, checked.",
        examples=["91350100M000100Y43"],
    )
    school_code: Text | None = Field(
        None, description="学校标识码，10 位。|School identifier, ten digits.", examples=["4113012345"]
    )
    college_code: Text | None = Field(
        None, description="院校代码，5 位。|College code, five digits.", examples=["12345"]
    )
    demo: bool = Field(
        default=False, description="演示机构，不是真实机构。|Invented for the demonstration.", examples=[False]
    )


class ProfileIn(Dated, ProfileContent):
    """机构自某日起的名称与性质。|What an institution is from a day on."""


class InstitutionOut(ProfileContent, Held):
    """机构。|An institution, as it is on the day that was asked for."""

    institution_id: UUID = Field(
        description="机构编号。|The institution.", examples=["0195532a-0000-7c11-9a51-0d3d3f5f2a10"]
    )


class InstitutionPage(Page):
    """一页机构。|A page of institutions."""

    items: list[InstitutionOut]


class InstitutionPublished(BaseModel):
    """公布结果。|What became of publishing an institution."""

    outcome: Literal["created", "unchanged", "changed", "corrected"] = Field(
        description="新建、未变、变更、更正。|What became of it.", examples=["created"]
    )
    institution: InstitutionOut


# --- programmes -----------------------------------------------------------------------------------------------------


class ProgrammeContent(Said):
    """专业。|A programme."""

    level: Level = Field(
        description="层次；代码一经使用不再改变。|Level; fixed for a code.", examples=["higher_vocational"]
    )
    name: Text = Field(description="名称。|Its name.", examples=["大数据技术"])
    name_en: Text | None = Field(None, description="英文名称。|Its name in English.", examples=["Big data technology"])
    catalogue: Literal["vocational", "technician", "bachelor", "none"] = Field(
        "none",
        description="国家专业目录：职业教育、技工院校、普通本科，或不在目录内。|The national catalogue it is in.",
        examples=["vocational"],
    )
    edition: Text | None = Field(None, description="目录版本。|Edition of the catalogue.", examples=["2021"])
    catalogue_code: Text | None = Field(None, description="目录代码。|Its code there.", examples=["510205"])
    years: str | None = Field(
        None,
        pattern=r"^[1-9](\.5)?$",
        description="学制，年；可为半年的整倍数。|Length of study in years, by halves.",
        examples=["3"],
    )
    discipline: Discipline | None = Field(
        None,
        description="专业门类，规则据此区分。|What rules divide programmes by.",
        examples=["engineering"],
    )


class ProgrammeIn(Dated, ProgrammeContent):
    """专业自某日起的名称与目录归属。|A programme from a day on."""

    code: Code = Field(description="本机构的专业代码。|The institution's own code.", examples=["BD"])

    @model_validator(mode="after")
    def _is_in_its_catalogue(self) -> Self:
        inside = self.catalogue != "none"
        if (self.edition is not None) != inside or (self.catalogue_code is not None) != inside:
            raise ValueError(
                "在目录内的专业须有 edition 和 catalogue_code，不在目录内的两者都不填"
                "|in a catalogue both edition and catalogue_code are needed; outside one, neither"
            )
        if inside and not re.fullmatch(CATALOGUE_CODES[self.catalogue], self.catalogue_code or ""):
            raise ValueError(
                "catalogue_code 不是该目录的代码格式|catalogue_code is not written as that catalogue's are"
            )
        return self


class ProgrammeOut(ProgrammeContent, Held):
    """专业。|A programme, as it is on the day that was asked for."""

    programme_id: UUID = Field(
        description="专业编号，长期不变。|The programme, for good.", examples=["0195532a-3333-7c11-9a51-0d3d3f5f2a10"]
    )
    institution_id: UUID
    code: str = Field(description="本机构的专业代码。|The institution's own code.", examples=["BD"])


class ProgrammePage(Page):
    """一页专业。|A page of programmes."""

    items: list[ProgrammeOut]


# --- courses --------------------------------------------------------------------------------------------------------


class CourseContent(BaseModel):
    """课程。|A course."""

    name: Text = Field(description="名称。|Its name.", examples=["数据库技术"])
    category: Text = Field(
        description="课程类别，按本机构的说法。|Category, in the institution's words.", examples=["专业核心课"]
    )
    learning_form: LearningForm = Field(description="学习形式。|Form of learning.", examples=["integrated"])
    credits: Credits = Field(description="学分。|Credits.", examples=["3.5"])
    hours: int | None = Field(None, ge=0, le=10_000, description="学时。|Hours.", examples=[56])
    weeks: int | None = Field(None, ge=0, le=200, description="周数。|Weeks.", examples=[None])


class CatalogueCourseContent(CourseContent):
    """课程目录中的课程。|A course of the catalogue."""

    name_en: Text | None = Field(None, description="英文名称。|Its name in English.", examples=["Databases"])
    scale: Code | None = Field(
        None,
        description="成绩制代码；不填则为百分制。|The score scale of its results; the percentage scale where empty.",
        examples=["percentage"],
    )


class CourseHeldIn(Dated, CatalogueCourseContent):
    """课程自某日起的内容。|A course from a day on."""


class CourseIn(CourseHeldIn):
    """课程自某日起的内容，带代码。|A course from a day on, with its code."""

    code: Code = Field(description="课程代码。|The course's code.", examples=["0730"])


class CourseOut(CatalogueCourseContent, Held):
    """课程目录中的课程。|A course of the catalogue, as it is on the day that was asked for."""

    institution_id: UUID
    code: str = Field(description="课程代码。|The course's code.", examples=["0730"])


class CoursePage(Page):
    """一页课程。|A page of courses."""

    items: list[CourseOut]


# --- plans ----------------------------------------------------------------------------------------------------------


class PlanCourse(CourseContent):
    """方案中的课程。|A course as a plan holds it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    course_code: Code = Field(description="课程代码。|The course's code.", examples=["0730"])
    compulsory: bool = Field(description="是否必修。|Whether it is compulsory.", examples=[True])
    term: int | None = Field(None, ge=1, le=20, description="第几学期。|Which term of study, from 1.", examples=[3])
    subject: Subject | None = Field(
        None,
        description="课程门类：规则单独对待的科目。|What it is about, as far as rules treat it apart.",
        examples=["computing"],
    )


class PlanCertificate(BaseModel):
    """方案列出的证书。|A certificate that the plan lists."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    standard: Code = Field(description="证书标准代码。|The standard's code.", examples=["X-WEB"])
    level: CertificateLevelName | None = Field(
        None,
        description="自哪一等级起；不填则各等级。|From which level on; any where empty.",
        examples=["intermediate"],
    )
    required: bool = Field(
        default=False,
        description="毕业条件已要求取得。|Whether the plan itself requires it to graduate.",
        examples=[False],
    )
    source: Text | None = Field(None, description="出处。|Where it is published.", examples=["专业教学标准"])


class PlanContent(Said):
    """人才培养方案的一个版本。|A version of a plan."""

    entry_from: Year = Field(description="适用的第一个入学年级。|First year of entry it holds for.", examples=[2023])
    entry_until: Year | None = Field(
        None,
        description="适用的最后一个入学年级；不填则继续适用。|Last year of entry; open where empty.",
        examples=[2024],
    )
    published_on: Day = Field(
        description="公布日期；同一年级以最后公布的版本为准。|When it was published; the last one is in force.",
        examples=["2023-06-30"],
    )
    total_credits: Credits = Field(description="总学分。|Total credits.", examples=["140"])
    totals: dict[Text, Credits] = Field(
        default_factory=dict,
        max_length=40,
        description="各类别学分，合计应等于总学分。|Credits by category; they add up to the total.",
        examples=[{"公共基础课": "40", "专业课": "100"}],
    )
    courses: list[PlanCourse] = Field(
        min_length=1, max_length=500, description="课程，每门一次。|The courses, each once."
    )
    certificates: list[PlanCertificate] = Field(
        default_factory=list,
        max_length=100,
        description="列入本专业目录的证书，及方案要求取得的证书。|Listed for the programme, and required by the plan.",
    )


class PlanIn(Payload, PlanContent):
    """人才培养方案的一个版本，整体提交。|A whole version of a plan."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.entry_until is not None and self.entry_until < self.entry_from:
            raise ValueError("entry_until 不应早于 entry_from|entry_until should not be before entry_from")
        codes = [course.course_code for course in self.courses]
        if len(set(codes)) < len(codes):
            raise ValueError("同一课程代码在方案中出现多次|one course code appears more than once in the plan")
        if self.totals and not {course.category for course in self.courses} <= set(self.totals):
            raise ValueError("有课程的类别不在 totals 中|a course is of a category that totals does not have")
        standards = [certificate.standard for certificate in self.certificates]
        if len(set(standards)) < len(standards):
            raise ValueError("同一证书标准在方案中出现多次|one standard appears more than once in the plan")
        return self


class PlanOut(PlanContent):
    """人才培养方案。|A plan; its ETag is needed to edit it."""

    plan_id: UUID = Field(description="方案编号。|The plan.", examples=["0195532a-4444-7c11-9a51-0d3d3f5f2a10"])
    programme_id: UUID
    institution_id: UUID
    version: str = Field(description="版本。|Version.", examples=["2023"])


class PlanPublished(BaseModel):
    """公布结果。|What became of publishing a plan."""

    outcome: Literal["created", "unchanged", "corrected"] = Field(
        description="新建、未变、更正。|What became of it.", examples=["created"]
    )
    plan: PlanOut


class PlanSummary(BaseModel):
    """方案概要。|A plan in short."""

    plan_id: UUID
    version: str = Field(examples=["2023"])
    entry_from: int = Field(examples=[2023])
    entry_until: int | None = Field(examples=[None])
    published_on: date = Field(examples=["2023-06-30"])
    total_credits: Credits = Field(examples=["140"])


class PlanPage(Page):
    """一个专业的方案。|The plans of a programme, the last published first."""

    items: list[PlanSummary]
