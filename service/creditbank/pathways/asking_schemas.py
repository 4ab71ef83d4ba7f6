"""Pathways as a learner asks about them: how far they are, gate by gate, and what if; every text in their language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from creditbank.days import Day
from creditbank.institutions.schemas import Payload, Text
from creditbank.pathways.statement_bodies import ExamKind, ExamResult
from creditbank.records.schemas import Measure
from creditbank.rules.lists import AWARD_LEVEL, CERTIFICATE_KIND, CERTIFICATE_LEVEL

Verdict = Literal["met", "not_met", "unknown", "exempt"]
Answer = Literal["granted", "not_granted", "unknown"]
Credits = Annotated[Measure, Field(le=1000)]


# --- what is answered -----------------------------------------------------------------------------------------------


class GateCounts(BaseModel):
    """How many gates stand how."""

    met: int
    not_met: int
    unknown: int
    exempt: int


class WayShort(BaseModel):
    """A pathway with how far somebody is on it."""

    pathway_id: UUID
    kind: str
    name: str
    name_en: str | None
    school_id: UUID | None
    college_id: UUID
    cohort_id: UUID | None
    """Of a member; None for somebody to whom it is only open."""
    status: str | None
    """In the cohort, on the day."""
    verdict: Answer
    clause: str | None
    """The clause that decides."""
    gates: GateCounts
    attainable: bool
    """Whether it can still be had: no gate is not met that nothing mends any more."""
    next_deadline: date | None
    """The first day, from the day on, by which something that is open has to be there."""
    document: str | None
    version: str | None
    links: dict[str, str]


class WayList(BaseModel):
    """All pathways that are open to a learner on a day."""

    learner_id: UUID
    on: date
    items: list[WayShort]


class GateFinding(BaseModel):
    """What was found for a gate. `masked`: what was seen is not the caller's to read."""

    fact: str
    verdict: Verdict
    observed: Any
    required: Any
    says: str
    missing: list[str]
    masked: bool


class GateEvidence(BaseModel):
    """What a finding stands on, by its id: a record, a statement, a membership, a round's result."""

    kind: Literal["record", "statement", "membership", "round"]
    id: str
    topic: str | None


class Mender(BaseModel):
    """Who can mend it, in the caller's language."""

    hand: str
    name: str


class GateOut(BaseModel):
    """One gate (转段条件): a clause with its answer."""

    clause: str
    rule: str
    verdict: Verdict
    effect: str
    ground: str | None
    """Of an exemption: what it rests on."""
    findings: list[GateFinding]
    evidence: list[GateEvidence]
    citations: list[dict[str, Any]]
    final: bool
    mendable: bool | None
    """Whether it can still be mended; None where it need not be, or where that is not the caller's to know."""
    until: date | None
    """The last day on which it can be."""
    missing: list[str]
    by: list[Mender]


class GateChange(BaseModel):
    """One thing that would have to be otherwise."""

    says: str
    fact: str | None = None
    now: str | None = None
    then: str | None = None


class WayOut(WayShort):
    """One pathway gate by gate."""

    learner_id: UUID
    on: date
    outputs: dict[str, Any]
    """What would be given: the route, the total and what it is out of; empty unless it is granted."""
    gates_told: list[GateOut]
    """In the order of the document."""
    changes: list[list[GateChange]]
    """The smallest changes, each a list of what would have to be so together, after which nothing refuses."""
    turned: list[str] = []
    """Of what-if: the clauses that stand otherwise than they do now."""


# --- what is supposed -----------------------------------------------------------------------------------------------


class SupposedExam(Payload):
    """设想的一科成绩。|One subject of an examination."""

    kind: ExamKind = Field("stage", description="考试类别。|Kind of examination.", examples=["stage"])
    subject: Text = Field(description="科目。|The subject.", examples=["数学"])
    points: Measure | None = Field(None, description="得分。|Points.", examples=["110"])
    full: Measure | None = Field(None, description="满分。|Full marks.", examples=["150"])
    result: ExamResult | None = Field(None, description="结果。|The result.", examples=[None])


class SupposedCertificate(Payload):
    """设想的一本证书。|A certificate."""

    kind: str = Field(
        description="证书类别。|Kind of certificate.", examples=["vocational_skill_level"],
        json_schema_extra={"enum": list(CERTIFICATE_KIND.tokens())},
    )  # fmt: skip
    level: str = Field(
        description="等级。|Its level.", examples=["intermediate"],
        json_schema_extra={"enum": list(CERTIFICATE_LEVEL.tokens())},
    )  # fmt: skip
    standard: Text | None = Field(None, description="证书标准。|Its standard.", examples=[None])


class SupposedAward(Payload):
    """设想的一项竞赛获奖。|An award of a contest."""

    level: str = Field(
        description="竞赛级别。|Level of the contest.", examples=["provincial"],
        json_schema_extra={"enum": list(AWARD_LEVEL.tokens())},
    )  # fmt: skip


class SupposedCredits(Payload):
    """设想的学分。|Credits."""

    credits: Credits = Field(description="学分。|How many.", examples=["3"])
    category: Text | None = Field(None, description="课程类别。|Category of the course.", examples=["专业核心课"])

    @property
    def hundredths(self) -> int:
        """As the rules read credits."""
        return int(Decimal(self.credits) * 100)


class SupposedIn(Payload):
    """假如这样：证书、成绩、学分或其他事实。|What if: certificates, scores, credits, and other facts of the learner."""

    on: Day | None = Field(None, description="哪一天，默认今天。|On which day; today if not said.", examples=[None])
    exams: list[SupposedExam] = Field([], max_length=20, description="考试成绩。|Scores.")
    certificates: list[SupposedCertificate] = Field(
        [], max_length=10, description="证书。|Certificates.", examples=[[]]
    )
    awards: list[SupposedAward] = Field([], max_length=10, description="获奖。|Awards.", examples=[[]])
    credits: list[SupposedCredits] = Field([], max_length=20, description="学分。|Credits.", examples=[[]])
    facts: dict[str, bool | int | str] = Field(
        default_factory=dict, max_length=20, description="其他事实，按规则中的名称。|Other facts, by their names.",
        examples=[{"process.score": "85"}],
    )  # fmt: skip
