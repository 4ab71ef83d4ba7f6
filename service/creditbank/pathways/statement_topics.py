"""What may be stated about a member of a cohort: each topic with its payload, who may state it, and its key; pure.

A statement (情况陈述) is a dated fact that an institution or an officer says about somebody. Two statements of one key
speak of the same thing: the later one takes the place of the earlier. Nothing that was stated is ever edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from creditbank.days import Day
from creditbank.institutions.schemas import Payload, Text, Year
from creditbank.pathways.statement_refusals import (
    NoPointsForResult,
    PointsAboveFull,
    ScoreWithoutSitting,
    SubjectNotOfSitting,
)
from creditbank.records.schemas import Measure

Side = Literal["school", "college", "bank"]
"""For whom somebody speaks: the school or the college of the cohort, or the credit bank (an officer)."""
Of = Literal["person", "member"]

ExamKind = Literal[
    "stage", "culture", "professional", "skill", "academic_level", "school_test", "secondary_entrance"
]  # fmt: skip
ExamResult = Literal["passed", "failed", "absent", "cheated", "deferred", "exempted"]
Entrance = Literal["college_entrance", "matched_exam", "single_exam", "stage_exam", "top_up"]
PathwayKind = Literal[
    "three_two", "three_four", "five_year", "two_two_two", "higher_bachelor", "top_up", "general_vocational",
    "matched_exam", "single_exam",
]  # fmt: skip

Checked = Literal["sanctions", "registrations", "admissions"]

WITHOUT_POINTS = ("absent", "cheated", "deferred")
"""Results that carry no points: whoever was not there, or was caught cheating, has none, not zero."""
_MARKED_BY_COLLEGE = ("stage", "school_test")
_OF_THE_PATHWAY = ("stage", "school_test")
"""Examinations that are part of one pathway; the others are the person's, whatever they are used for."""

Percent = Annotated[Measure, Field(le=100)]
Count = Annotated[int, Field(ge=0, le=1000)]


# --- what is said -------------------------------------------------------------------------------------------------


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
    | CheckedSaid,
    Field(discriminator="topic"),
]


# --- topics -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that may be stated.

    `of` member: it belongs to one cohort; person: to the person, whichever cohort it was stated in. `stated_by` are the
    sides that may state it, `makes` the subjects of facts or the facts that it becomes, `seen_by` who may read it where
    it is sensitive: those who decide on it.
    """

    name: str
    zh: str
    en: str
    of: Of
    stated_by: frozenset[Side]
    makes: tuple[str, ...]
    sensitive: bool = False
    seen_by: frozenset[Side] = frozenset({"school", "college", "bank"})


_SCHOOL: frozenset[Side] = frozenset({"school"})
_COLLEGE: frozenset[Side] = frozenset({"college"})
_BANK: frozenset[Side] = frozenset({"bank"})
_DECIDE = _SCHOOL | _COLLEGE

TOPICS: Mapping[str, Topic] = {
    each.name: each
    for each in (
        Topic("process", "过程考核", "process assessment", "member", _SCHOOL, ("process.score", "process.passed")),
        Topic("exam", "考试成绩", "examination", "member", _SCHOOL | _COLLEGE | _BANK, ("exam",)),
        Topic("registration", "升学考试报名", "registration for an entrance", "person", _BANK, ("registration",)),
        Topic("admission", "其他通道录取结果", "outcome of another pathway", "person", _BANK, ("admission",)),
        Topic("sanction", "纪律处分", "sanction", "person", _DECIDE, ("sanction",), sensitive=True, seen_by=_DECIDE),
        Topic("event", "学籍变更", "change of enrolment", "person", _SCHOOL, ("event",)),
        Topic("changes", "学籍类型变更次数", "changes of enrolment", "person", _SCHOOL, ("member.changes",)),
        Topic(
            "health", "身体条件", "physical conditions", "person", _DECIDE, ("health.fit",), sensitive=True,
            seen_by=_DECIDE,
        ),
        Topic("language", "外语语种", "foreign language", "person", _SCHOOL, ("language.kind",)),
        Topic(
            "residence", "户籍所在省份", "province of residence", "person", _SCHOOL | _BANK, ("learner.residence",),
            sensitive=True, seen_by=_SCHOOL | _BANK,
        ),
        Topic("informed", "书面告知家长", "parents informed", "member", _SCHOOL, ("member.informed",)),
        Topic("recommended", "学校推荐", "recommendation of the school", "member", _SCHOOL, ("member.recommended",)),
        Topic("agreed", "本人或监护人同意", "consent", "member", _SCHOOL, ("member.agreed",)),
        Topic("filed", "列入备案名单", "on the filed list", "member", _BANK, ("member.filed",)),
        Topic("checked", "核对完毕", "checked: there are no others", "member", _DECIDE | _BANK,
              ("sanction", "registration", "admission")),
    )
}  # fmt: skip
SEALED_TOPIC = "sealed"
"""What the table says in the place of every sensitive topic: that there is a sanction would tell of it. Which topic it
is stands in the sealed body."""
_CHECKED_BY: Mapping[str, frozenset[Side]] = {"sanctions": _DECIDE, "registrations": _BANK, "admissions": _BANK}
SENSITIVE_SETS = frozenset({"sanctions"})
"""Sets of rows that are made of sensitive statements alone."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """One subject of a sitting as its round declares it. `marked_by` is the side that states its scores."""

    round_id: UUID
    number: int
    """Of the round."""
    sitting: int
    subject: str
    on: date | None
    full: Decimal | None
    drawn: bool | None
    marked_by: Side | None = None


def who_states(said: Payload, sitting: Sitting | None) -> frozenset[Side]:
    """The sides that may state this: of an examination by its kind, in a round as the sitting says; that something was
    checked those who state it.
    """
    if isinstance(said, CheckedSaid):
        return _CHECKED_BY[said.what]
    if not isinstance(said, ExamSaid):
        return TOPICS[said.topic].stated_by  # type: ignore[attr-defined]
    if sitting is not None and sitting.marked_by is not None:
        return frozenset({sitting.marked_by})
    return _COLLEGE if said.kind in _MARKED_BY_COLLEGE else _SCHOOL | _BANK


def of_the_member(topic: str, body: Mapping[str, Any]) -> bool:
    """Whether a statement belongs to one cohort; else it is the person's."""
    if topic == "exam":
        return body["kind"] in _OF_THE_PATHWAY or "round_id" in body
    return TOPICS[topic].of == "member"


# --- from a payload to what is kept ----------------------------------------------------------------------------------


def body_of(said: Payload, sitting: Sitting | None) -> dict[str, Any]:
    """What is kept of a statement, as JSON; of an examination in a round with what its sitting says.

    Raises ScoreWithoutSitting, SubjectNotOfSitting, PointsAboveFull, NoPointsForResult.
    """
    if isinstance(said, ExamSaid):
        return _exam(said, sitting)
    return said.model_dump(mode="json", exclude_none=True, exclude={"topic"})


def key_of(topic: str, body: Mapping[str, Any]) -> str:
    """What a statement is about: a later one of the same key takes its place."""
    match topic:
        case "exam":
            where = body.get("round_id") or f"{body.get('on') or body['year']}"
            return f"exam/{body['kind']}/{where}/{body.get('sitting', 1)}/{body['subject']}"
        case "registration":
            return f"registration/{body['entrance']}/{body['year']}"
        case "admission":
            return f"admission/{body['kind']}/{body['year']}"
        case "sanction":
            return f"sanction/{body['number']}"
        case "event":
            return f"event/{body['kind']}/{body['on']}"
        case "checked":
            return f"checked/{body['what']}"
        case _:
            return topic


def happened_on(body: Mapping[str, Any]) -> date | None:
    """The day that a statement itself names."""
    return date.fromisoformat(body["on"]) if "on" in body else None


def mean_of(marks: list[Decimal]) -> Decimal:
    """The mean of several markers' points, half up to a hundredth."""
    return (sum(marks, Decimal(0)) / len(marks)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _exam(said: ExamSaid, sitting: Sitting | None) -> dict[str, Any]:
    if said.round_id is not None or said.kind == "stage":
        if sitting is None:
            raise ScoreWithoutSitting(subject=said.subject)
        if sitting.subject != said.subject:
            raise SubjectNotOfSitting(subject=said.subject, sitting=sitting.sitting)
    elif said.on is None and said.year is None:
        raise ScoreWithoutSitting(subject=said.subject)
    points = mean_of(said.marks) if said.marks is not None else said.points
    full = said.full if sitting is None or sitting.full is None else sitting.full
    if points is not None and said.result in WITHOUT_POINTS:
        raise NoPointsForResult(subject=said.subject)
    highest = max(said.marks) if said.marks is not None else points
    if highest is not None and full is not None and highest > full:
        raise PointsAboveFull(subject=said.subject, points=_plain(highest), full=_plain(full))
    on = said.on if sitting is None else sitting.on
    year = said.year if on is None else on.year
    body: dict[str, Any] = {
        "kind": said.kind,
        "subject": said.subject,
        "round_id": None if sitting is None else str(sitting.round_id),
        "round": None if sitting is None else sitting.number,
        "sitting": said.sitting if sitting is None else sitting.sitting,
        "on": None if on is None else on.isoformat(),
        "year": year,
        "points": None if points is None else _plain(points),
        "marks": None if said.marks is None else [_plain(each) for each in said.marks],
        "full": None if full is None else _plain(full),
        "result": said.result,
        "drawn": None if sitting is None else sitting.drawn,
    }
    return {name: value for name, value in body.items() if value is not None}


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
