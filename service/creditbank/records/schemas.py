"""What institutions send: one shape of row for each kind of record, and the outcome each row gets."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, TypeAdapter, WithJsonSchema

from creditbank.credits import Credits
from creditbank.days import Day

Text = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")
]
OfficersReason = Annotated[str, Field(min_length=1, max_length=500)]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x20\x7f]+$")]
ACADEMIC_YEAR = r"^(19|20)[0-9]{2}-(19|20)[0-9]{2}$"
AcademicYear = Annotated[str, Field(pattern=ACADEMIC_YEAR, examples=["2023-2024"])]


def _exact(value: Any) -> Decimal:
    """A measure with at most two places; a float is read by its shortest form."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError("write a number with at most two places")  # noqa: TRY004 (pydantic reads ValueError)
    text = repr(value).removesuffix(".0") if isinstance(value, float) else str(value).strip()
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,2})?", text, flags=re.ASCII) is None or Decimal(text) > 100_000:
        raise ValueError("应为 0 至 100000、至多两位小数的数|should be a number from 0 to 100000, two places at most")
    return Decimal(text).normalize() + 0


def _plain(number: Decimal) -> str:
    return f"{number:f}"


Measure = Annotated[
    Decimal,
    BeforeValidator(_exact),
    PlainSerializer(_plain, return_type=str),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": 100000}, {"type": "string"}]}),
]
"""Hours or weeks: exact, at most two places."""

Kind = Literal[
    "course_result",
    "certificate",
    "training",
    "award",
    "practice",
    "military_service",
    "work_achievement",
    "online_course",
    "assessment",
    "enrolment_event",
]
"""What kinds of records there are."""


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReportedDocument(_Payload):
    """The identity document that a row names its learner by."""

    kind: Literal[
        "resident_id", "hk_macao_permit", "taiwan_permit", "hmt_residence", "foreign_permanent_residence", "passport"
    ] = "resident_id"
    number: str = Field(min_length=1, max_length=40)


class LearnerIn(_Payload):
    """Whose record it is. A document opens an account; a student number finds one that the institution enrolled."""

    name: str = Field(min_length=1, max_length=120)
    document: ReportedDocument | None = None
    student_no: Code | None = Field(None, description="学号 at the institution that sends the row.")


class _Row(_Payload):
    key: str | None = Field(
        None,
        min_length=1,
        max_length=120,
        description="The institution's own key. Without one, the fields that identify such a record are its key.",
    )
    learner: LearnerIn
    reason: str | None = Field(None, max_length=200, description="Why a row is sent again with other content.")


class CourseResultRow(_Row):
    """A course result (课程成绩): one attempt of one learner at one course."""

    kind: Literal["course_result"]
    course_code: Code
    course_name: Text | None = None
    academic_year: AcademicYear
    term: int = Field(ge=1, le=4)
    occurred_on: Day = Field(description="When the result was reached.")
    attempt: Literal["normal", "makeup", "retake", "deferred"] = Field("normal", description="正考 补考 重修 缓考")
    attempt_no: int = Field(1, ge=1, le=20)
    score: str = Field(min_length=1, max_length=20, description='As written on the scale: "86", "良", "缺考".')
    scale: Code | None = Field(None, description="The institution's scale, where the course does not name one.")
    credits: Credits | None = Field(None, description="What the institution's own file says; compared with the plan.")


class CertificateRow(_Row):
    """A certificate (证书) at a level of its standard."""

    kind: Literal["certificate"]
    standard: Code
    level: Literal[
        "elementary",
        "intermediate",
        "advanced",
        "grade_5",
        "grade_4",
        "grade_3",
        "grade_2",
        "grade_1",
        "unlevelled",
    ] = Field(description="初级 中级 高级；五级至一级；不分级")
    number: str = Field(min_length=4, max_length=40)
    occurred_on: Day = Field(description="Date of issue.")
    valid_until: Day | None = Field(None, description="Last day of validity; none if it never ends.")
    score: str | None = Field(None, max_length=20)


class TrainingRow(_Row):
    """A non-degree training (非学历培训)."""

    kind: Literal["training"]
    title: Text
    started_on: Day
    occurred_on: Day = Field(description="The last day.")
    hours: Measure = Field(description="学时")
    passed: bool = True


class AwardRow(_Row):
    """A competition award (竞赛获奖)."""

    kind: Literal["award"]
    event: Text
    occurred_on: Day
    level: Literal["international", "national", "provincial", "municipal", "institution"]
    rank: Literal["first", "second", "third", "excellence"] | None = None
    place: int | None = Field(None, ge=1, le=1000, description="Where the event ranks instead of giving prizes.")
    team_size: int = Field(1, ge=1, le=200)
    member_no: int = Field(1, ge=1, le=200, description="The learner's place in the list of the team.")
    organiser: Text | None = None


class PracticeRow(_Row):
    """A practice or internship (实践、岗位实习)."""

    kind: Literal["practice"]
    form: Literal["practice", "internship"]
    title: Text
    host: Text | None = None
    started_on: Day
    occurred_on: Day = Field(description="The last day.")
    weeks: Measure
    passed: bool = True


class MilitaryServiceRow(_Row):
    """Military service (服兵役)."""

    kind: Literal["military_service"]
    enlisted_on: Day
    occurred_on: Day = Field(description="Day of discharge.")
    honour: Text | None = None


class WorkAchievementRow(_Row):
    """A work achievement (工作业绩): a patent, a paper, a technical innovation."""

    kind: Literal["work_achievement"]
    category: Literal["patent", "paper", "technical_innovation", "other"]
    title: Text
    occurred_on: Day


class OnlineCourseRow(_Row):
    """An online course (在线课程)."""

    kind: Literal["online_course"]
    platform: Text
    title: Text
    occurred_on: Day
    hours: Measure
    passed: bool = True
    hours_verified: bool = Field(
        default=False, description="Whether somebody saw the learning, not only the platform's clock."
    )


class AssessmentRow(_Row):
    """An examination or assessment (考试、考核) that is no course result."""

    kind: Literal["assessment"]
    name: Text
    subject: Text | None = None
    occurred_on: Day
    score: str = Field(min_length=1, max_length=20)
    scale: Code | None = None


class EnrolmentEventRow(_Row):
    """An enrolment event (学籍异动): it opens, changes or ends an enrolment; it needs a student number."""

    kind: Literal["enrolment_event"]
    event: Literal["entered", "suspended", "resumed", "transferred", "graduated", "completed", "withdrew"]
    occurred_on: Day
    level: Literal[
        "secondary_vocational",
        "technician",
        "higher_vocational",
        "vocational_bachelor",
        "undergraduate",
        "general_high_school",
    ]
    programme_code: Code | None = None
    year_of_entry: int | None = Field(None, ge=1950, le=2100)


Row = Annotated[
    CourseResultRow
    | CertificateRow
    | TrainingRow
    | AwardRow
    | PracticeRow
    | MilitaryServiceRow
    | WorkAchievementRow
    | OnlineCourseRow
    | AssessmentRow
    | EnrolmentEventRow,
    Field(discriminator="kind"),
]
ROW: TypeAdapter[Row] = TypeAdapter(Row)

Outcome = Literal["deposited", "unchanged", "corrected", "withdrawn", "reassigned", "held", "refused"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)


class Notice(BaseModel):
    """A warning, in both languages."""

    code: str
    zh: str
    en: str


class RowOutcome(BaseModel):
    """What became of one row."""

    row: int = Field(description="Place in the call, from 1.")
    outcome: Outcome
    key: str | None = Field(None, description="The row's own key, as it was sent.")
    record_id: UUID | None = None
    version: int | None = None
    verdict: Literal["granted", "not_granted", "unknown", "withdrawn"] | None = None
    credits: Credits | None = None
    scheme: str | None = None
    decision_id: UUID | None = None
    held_row_id: UUID | None = None
    account: Literal["matched", "opened"] | None = None
    warnings: list[Notice] = []
    problem: dict[str, Any] | None = Field(None, description="Why it was held or refused.")


class BatchIn(_Payload):
    """Up to 1,000 rows, each with an outcome of its own."""

    rows: list[dict[str, Any]] = Field(min_length=1, max_length=1000, description="Rows as of `POST /v1/records`.")


class BatchOut(BaseModel):
    """The outcomes, in the order of the rows."""

    submission_id: UUID
    counts: dict[str, int]
    outcomes: list[RowOutcome]


class WithdrawalIn(_Payload):
    """Why a record is withdrawn."""

    reason: Text


class ReassignmentIn(_Payload):
    """To whom a record belongs that was posted to the wrong person, and why."""

    learner: LearnerIn
    reason: Text


class MergeIn(_Payload):
    """Two accounts of one person; new records go to the second."""

    learner_id: UUID
    into_learner_id: UUID
    reason: OfficersReason


class PartIn(_Payload):
    """Why a merge is ended."""

    reason: OfficersReason


class OfficerReassignmentIn(_Payload):
    """The account of whom a record belongs to, as an officer found out by a look with its purpose, and why."""

    learner_id: UUID
    reason: OfficersReason
    at_plan_credits: bool = Field(
        default=False,
        description="学分与此人的方案不一致时，按方案学分存入。"
        "|Where its credits differ from that learner's plan, deposit the plan's.",
    )
