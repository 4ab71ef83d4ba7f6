"""Rounds as they are run and read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from creditbank.days import Day
from creditbank.institutions.schemas import Payload, Text
from creditbank.recognition.schemas import Words
from creditbank.records.schemas import Measure

RoundState = Literal["collecting", "decided", "on_notice", "settled", "filed", "frozen", "abandoned"]
Outcome = Literal[
    "waiting", "eligible", "proposed", "beyond_quota", "tied", "not_eligible", "unknown", "set_aside", "given_up",
    "taken", "not_taken",
]  # fmt: skip
Side = Literal["school", "college", "bank"]

_LEARNER = "0195532a-3333-7c11-9a51-0d3d3f5f2a10"
Learners = Annotated[
    list[UUID],
    Field(min_length=1, max_length=1000, description="学习者。|The learners.", examples=[[_LEARNER]]),
]


# --- sent -----------------------------------------------------------------------------------------------------------


class SubjectIn(Payload):
    """一场考试的一个科目。|One subject of a sitting."""

    subject: Text = Field(description="科目。|The subject.", examples=["数学"])
    full: Annotated[Measure, Field(gt=0)] | None = Field(None, description="满分。|Full marks.", examples=["120"])
    drawn: bool = Field(default=False, description="是否为抽考科目。|Whether it was drawn.", examples=[False])


class SittingIn(Payload):
    """一场考试：日期、科目，由谁命题、谁报送成绩。|A sitting: its day, its subjects, who set it, who marks it."""

    no: Annotated[int, Field(ge=1, le=50)] = Field(description="第几场。|Its number.", examples=[1])
    on: Day | None = Field(None, description="考试日期。|The day.", examples=["2027-03-20"])
    subjects: Annotated[list[SubjectIn], Field(min_length=1, max_length=30)] = Field(
        description="科目。|The subjects.", examples=[[{"subject": "数学", "full": "120"}]]
    )
    set_by: Side | None = Field(None, description="命题方。|Who set it.", examples=["college"])
    marked_by: Side | None = Field(None, description="报送成绩的一方。|Who states its scores.", examples=["college"])

    @model_validator(mode="after")
    def _each_subject_once(self) -> Self:
        names = [each.subject for each in self.subjects]
        if len(set(names)) < len(names):
            raise ValueError("同一场次的科目不能重复|a subject stands once in a sitting")
        return self

    def stored(self) -> dict[str, Any]:
        """As it is kept with the round: nothing that was not said."""
        subjects = [
            {
                "subject": each.subject,
                **({} if each.full is None else {"full": plain(each.full)}),
                **({"drawn": True} if each.drawn else {}),
            }
            for each in self.subjects
        ]
        on = None if self.on is None else self.on.isoformat()
        said: dict[str, Any] = {"no": self.no, "on": on, "subjects": subjects}
        said |= {"set_by": self.set_by, "marked_by": self.marked_by}
        return {name: value for name, value in said.items() if value is not None}


def plain(number: Decimal) -> str:
    """A number as it is written: 120, 97.5."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class SittingsIn(Payload):
    """轮次的考试安排。|The sittings of a round."""

    sittings: Annotated[list[SittingIn], Field(max_length=50)] = Field(
        description="场次。|The sittings.", examples=[[]]
    )

    @model_validator(mode="after")
    def _each_number_once(self) -> Self:
        numbers = [each.no for each in self.sittings]
        if len(set(numbers)) < len(numbers):
            raise ValueError("场次编号不能重复|two sittings have the same number")
        return self


class RoundIn(SittingsIn):
    """开立轮次。|A round to be opened."""

    sittings: Annotated[list[SittingIn], Field(max_length=50)] = Field(
        default_factory=list, description="场次，也可随后声明。|The sittings; they may follow.", examples=[[]]
    )
    collects_until: Day | None = Field(
        None, description="收集材料至何日。|The last day for facts to be stated.", examples=["2027-04-10"]
    )


class RoundReasonIn(Payload):
    """理由。|A reason."""

    reason: Words = Field(description="理由。|Why.", examples=["考试组织有误，本轮次作废"])


class SetAsideIn(Payload):
    """将尚不明确的学员搁置。|Candidates who are left out because something about them is not known."""

    learner_ids: Learners
    reason: Words = Field(description="理由，学习者可见。|Why; the learner reads it.", examples=["未能提供体检结论"])


class TieIn(Payload):
    """末位同分由人决定。|Who of those tied across the last seats is taken."""

    learner_ids: Annotated[list[UUID], Field(max_length=1000)] = Field(
        description="录取其中哪些人，人数须等于剩余名额。|Who is taken: exactly as many as there are seats left.",
        examples=[[_LEARNER]],
    )
    reason: Words = Field(description="理由。|Why.", examples=["专业技能成绩较高者优先"])


class RoundObjectionIn(Payload):
    """公示期内对一名学员的异议。|An objection to what the notice says of a member."""

    member_no: int = Field(ge=1, le=100_000, description="公示中的学员编号。|The member's number.", examples=[7])
    words: Words = Field(description="异议内容。|What is objected.", examples=["该学员的考试成绩有误"])


class RoundAnswerIn(Payload):
    """对异议的处理。|What is decided on an objection."""

    upheld: bool = Field(description="是否支持。|Whether it is upheld.", examples=[False])
    set_aside: bool = Field(
        default=False, description="支持且将该学员搁置。|Upheld, and the member is left out.", examples=[False]
    )
    words: Words = Field(description="理由。|Why.", examples=["经核查试卷，成绩无误"])

    @model_validator(mode="after")
    def _only_if_upheld(self) -> Self:
        if self.set_aside and not self.upheld:
            raise ValueError("不支持的异议不能搁置学员|nobody is set aside by an objection that is dismissed")
        return self


class FreezingIn(Payload):
    """定案。|The list made final."""

    filing_no: Text = Field(description="备案文号。|The number it was filed under.", examples=["冀教转〔2027〕12号"])


class ReviewClosingIn(Payload):
    """复查结论。|How a review ends."""

    outcome: Literal["unchanged", "acted"] = Field(
        description="unchanged 维持；acted 另行处理。|Nothing is to be done, or people acted.", examples=["unchanged"]
    )
    reason: Words = Field(description="理由，学习者可见。|Why; the learner reads it.", examples=["更正不影响结果"])


# --- read -----------------------------------------------------------------------------------------------------------


class BlockOut(BaseModel):
    """What keeps a round from its next step, and who can do something about it."""

    code: str
    zh: str
    en: str
    count: int | None = None
    who: list[Literal["school", "college", "officer", "nobody"]]
    """Whose it is to do; `nobody` where only time does it."""


class NextOut(BaseModel):
    """What can be done with the round now: the act, and by whom."""

    act: str
    who: Literal["college", "officer", "learner", "anybody"]


class MissingOut(BaseModel):
    """A fact that is not known, and who can say it."""

    fact: str
    zh: str
    en: str
    supplied_by_zh: str | None = None
    supplied_by_en: str | None = None


class CandidateOut(BaseModel):
    """Somebody in a round and what became of them; the decision says why."""

    learner_id: UUID
    member_no: int
    name: str | None
    """Masked; null once erased."""
    outcome: Outcome
    verdict: str | None
    clause: str | None
    route: str | None
    total: str | None
    total_of: str | None
    rank: int | None
    decision_id: UUID | None
    revision: int
    set_aside_for: str | None
    set_aside_because: str | None
    missing: list[MissingOut]
    changed_at: datetime
    links: dict[str, str]


class RoundObjectionOut(BaseModel):
    """An objection; not who raised it."""

    objection_id: UUID
    learner_id: UUID
    member_no: int
    raised_at: datetime
    state: Literal["open", "upheld", "dismissed"]
    due_on: date | None
    overdue: bool
    words: str | None
    decided_at: datetime | None
    answer: str | None


class ObjectedOut(BaseModel):
    """That an objection was received."""

    objection_id: UUID
    round_id: UUID
    member_no: int
    raised_at: datetime
    due_on: date | None
    """By when it is to be decided; empty where the working days are not known."""


class RoundActOut(BaseModel):
    """Something that happened to the round."""

    act_no: int
    act: str
    at: datetime
    by: str
    learner_id: UUID | None
    objection_id: UUID | None
    about: dict[str, Any]
    words: str | None


class RoundShort(BaseModel):
    """A round, by what lists show of it."""

    round_id: UUID
    cohort_id: UUID
    intake_id: UUID
    number: int
    state: RoundState
    collects_until: date | None
    seats: int | None
    notice_no: int
    notice_until_on: date | None
    result_no: str | None
    opened_at: datetime
    links: dict[str, str]


class RoundOut(RoundShort):
    """A round: its state, what blocks the next step, who can do it, and a page of its candidates."""

    cohort_name: str
    document: str | None
    document_version: str | None
    digest: str | None
    sittings: list[dict[str, Any]]
    decided_at: datetime | None
    notice_from: date | None
    filed_at: datetime | None
    filing_digest: str | None
    filing_no: str | None
    frozen_at: datetime | None
    result_digest: str | None
    counts: dict[str, int]
    blocks: list[BlockOut]
    next: list[NextOut]
    candidates: list[CandidateOut]
    next_cursor: str | None
    objections: list[RoundObjectionOut]
    history: list[RoundActOut]


class RoundList(BaseModel):
    """The rounds of a cohort, the first one first."""

    items: list[RoundShort]


class RoundsOfLearner(BaseModel):
    """The rounds in which a learner is a candidate, the last one first, with the learner's own place in each."""

    learner_id: UUID
    items: list[RoundOut]


class NoticeOfOne(BaseModel):
    """Somebody who is proposed, as a public notice says it."""

    member_no: int
    name: str | None
    """Masked."""
    rank: int | None
    route: str | None


class RoundNoticeOut(BaseModel):
    """A public notice: who is proposed, and until when anybody may object."""

    round_id: UUID
    cohort_id: UUID
    cohort_name: str
    school_id: UUID | None
    college_id: UUID
    number: int
    notice_no: int
    since_on: date
    until_on: date | None
    """The last day; empty while the holidays on the way are not known."""
    proposed: list[NoticeOfOne]


class RoundNoticePage(BaseModel):
    """Rounds on public notice."""

    items: list[RoundNoticeOut]
    next_cursor: str | None


class ReviewOut(BaseModel):
    """A review: what the rules would say now of somebody in a frozen list."""

    review_id: UUID
    round_id: UUID
    cohort_id: UUID
    learner_id: UUID
    member_no: int
    result_no: str | None
    frozen_outcome: Outcome
    because: str
    differs: dict[str, list[Any]]
    """By name what was frozen and what would be said now."""
    opened_at: datetime
    state: Literal["open", "closed"]
    outcome: Literal["unchanged", "acted"] | None
    reason: str | None
    closed_by: str | None
    closed_at: datetime | None


class ReviewPage(BaseModel):
    """Reviews, the oldest first."""

    items: list[ReviewOut]
    next_cursor: str | None
