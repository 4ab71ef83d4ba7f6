"""Claims as they are sent and read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from creditbank.credits import Credits
from creditbank.institutions.schemas import Code, Day, Page, Payload

EXAMPLE = "0195532a-2222-7c11-9a51-0d3d3f5f2a10"

Words = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
LineNo = Annotated[int, Field(ge=1, le=200)]
LineNos = Annotated[list[LineNo], Field(min_length=1, max_length=200)]
Exemption = Literal["none", "full", "attendance"]
Wants = Literal["credits", "exemption", "attendance"]
Hand = Literal["department", "registrar", "issuer", "bank"]


# --- sent ---------------------------------------------------------------------------------------------------------


class LineIn(Payload):
    """申请的一行：用哪些成果换哪门课程。|One line: some records for one course."""

    record_ids: list[UUID] = Field(
        min_length=1,
        max_length=20,
        description="所用的学习成果，通常一项。|The records it uses, usually one.",
        examples=[["0195532a-1111-7c11-9a51-0d3d3f5f2a10"]],
    )
    course_code: Code = Field(description="方案中的课程代码。|The course's code in the plan.", examples=["C101"])
    wants: Wants = Field(
        "credits",
        description="credits 转换学分、exemption 免修免考、attendance 免听（免修不免考）。"
        "|Credits, exemption from the course, or from attending it only.",
        examples=["credits"],
    )


class ClaimIn(Payload):
    """一份申请。|A claim: lines in the order in which they are to be decided."""

    plan_id: UUID = Field(description="人才培养方案。|The plan.", examples=[EXAMPLE])
    lines: list[LineIn] = Field(
        min_length=1,
        max_length=200,
        description="按填写顺序逐行认定，前面的行先占用学分余额。|Decided in this order; earlier lines come first.",
    )


class WithdrawalOfLinesIn(Payload):
    """撤回整份或若干行。|Take back all open lines, or some."""

    lines: LineNos | None = Field(
        None, description="不填则撤回全部未办结的行。|All open ones if left out.", examples=[[1]]
    )


class OutcomeIn(Payload):
    """经办者的意见。|What a hand says."""

    outcome: Literal["approved", "refused", "verified", "verification_failed"] = Field(
        description="审核：approved 同意、refused 不同意；核验：verified 属实、verification_failed 不属实。"
        "|Of a review, and of a verification.",
        examples=["approved"],
    )
    lines: LineNos | None = Field(
        None, description="不填则为本步骤全部待办的行。|All that wait if left out.", examples=[[1]]
    )
    reason: Words | None = Field(None, description="不同意的理由。|Why it is refused.", examples=["课程内容不符"])


class FactIn(Payload):
    """补充一项未知的事实。|One fact that is not known yet."""

    line_no: LineNo = Field(description="第几行。|Which line.", examples=[1])
    fact: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        description="事实的名称，见规则说明。|Its name, as the rules know it.", examples=["match.relevance"]
    )
    value: str | bool | int = Field(description="取值。|What it is.", examples=["85"])
    record_id: UUID | None = Field(
        None,
        description="该行使用多项成果时，指哪一项。|Of which record, where the line uses several.",
        examples=[None],
    )


class FactsIn(Payload):
    """补充的事实。|Facts that this hand is to say."""

    facts: list[FactIn] = Field(min_length=1, max_length=100)


class EvidenceIn(Payload):
    """对核验不通过举证。|Evidence against a failed verification."""

    evidence: Words = Field(
        description="说明与证据。|What shows that the record is right.", examples=["证书原件照片编号 3"]
    )


class ObjectionIn(Payload):
    """公示期内的异议。|An objection to a claim on public notice."""

    line_no: LineNo | None = Field(
        None, description="针对哪一行；不填则针对整份。|Which line; all if left out.", examples=[1]
    )
    words: Words = Field(description="异议内容。|What is objected.", examples=["该证书并非本人取得"])


class AnswerIn(Payload):
    """对异议的处理。|What is decided on an objection."""

    upheld: bool = Field(description="是否支持。|Whether it is upheld.", examples=[False])
    words: Words = Field(description="理由。|Why.", examples=["经核实，证书属实"])


class AppealIn(Payload):
    """申诉或人工复核。|An appeal, or the review by a person of what the rules alone refused."""

    kind: Literal["appeal", "human_review"] = Field(
        "appeal", description="申诉或人工复核。|Which.", examples=["appeal"]
    )
    words: Words = Field(description="理由。|On what grounds.", examples=["课程内容相同，请复核"])


class AppealAnswerIn(Payload):
    """复核结论。|What the second reviewer decides."""

    upheld: bool = Field(description="是否支持。|Whether it is upheld.", examples=[True])
    words: Words = Field(
        description="理由，支持的将载入档案。|Why; it shows in the transcript.", examples=["课程标准一致"]
    )
    credits: Credits | None = Field(
        None,
        description="支持时授予的学分；不填则为课程学分。|Credits granted; the course's own if left out.",
        examples=["3"],
    )
    exemption: Exemption | None = Field(None, description="免修类别。|The kind of exemption.", examples=["none"])
    expires_on: Day | None = Field(
        None, description="支持时必填：例外决定的最后一日。|The last day on which it holds.", examples=["2030-07-31"]
    )


class OverrideIn(Payload):
    """例外决定。|A decision of a person against the rules."""

    credits: Credits = Field(description="该行应得学分。|The credits the line is to have.", examples=["2"])
    exemption: Exemption = Field("none", description="免修类别。|The kind of exemption.", examples=["none"])
    reason: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="理由，将载入档案。|Why; it shows in the transcript.", examples=["学校更名，原课程即本课程"]
    )
    expires_on: Day = Field(description="最后一日。|The last day on which it holds.", examples=["2030-07-31"])


class ConfirmationIn(Payload):
    """第二人的意见。|Whether the second person agrees."""

    agreed: bool = Field(description="是否同意。|Whether they agree.", examples=[True])


class FlagClearingIn(Payload):
    """复查的结论。|What was found."""

    words: Words = Field(description="结论。|What was found.", examples=["更正不影响毕业条件，维持原结果"])


# --- read ---------------------------------------------------------------------------------------------------------


class Missing(BaseModel):
    """一项未知的事实，及谁能提供。|A fact that is not known, and who can say it."""

    fact: str = Field(description="名称。|Its name.", examples=["match.relevance"])
    zh: str
    en: str
    hand: str = Field(description="谁能提供。|Who can say it.", examples=["department"])


class LineOut(BaseModel):
    """申请的一行。|A line of a claim."""

    line_no: int = Field(description="第几行。|Which line.", examples=[1])
    record_ids: list[UUID]
    course_code: str
    wants: str
    state: str = Field(
        description="open 办理中、granted 已授予、refused 不予、withdrawn 已撤回、lapsed 已失效、ended 已终止。"
        "|Open, granted, refused, withdrawn, lapsed or ended.",
        examples=["granted"],
    )
    verdict: str = Field(description="规则的判定。|What the rules said last.", examples=["granted"])
    credits: Credits = Field(
        description="已得学分；办理中为拟得或预留。|What it has; while open, what is held for it.", examples=["3"]
    )
    exemption: str | None = Field(None, description="免修类别。|The kind of exemption.", examples=["none"])
    refused_by: str | None = Field(None, description="由谁不予。|Who refused it.", examples=[None])
    refusal: str | None = Field(
        None, description="条款或原因代码。|The clause, or the code of the reason.", examples=[None]
    )
    decision_id: UUID | None = Field(None, description="决定。|The last decision.", examples=[None])
    conversion_id: UUID | None = Field(None, description="转换编号。|The conversion.", examples=[None])
    reason: str | None = Field(
        None, description="经办者不同意的理由；存于密封栏。|Why a hand refused it, in its words, which are kept sealed."
    )
    findings: list[dict[str, Any]] | None = Field(
        None, description="办理中或刚决定的认定理由；其后见决定。|What the rules find; later see the decision."
    )
    missing: list[Missing] = Field(default_factory=list, description="未知的事实。|What is not known.")


class StepOut(BaseModel):
    """申请经过的一步。|A step of the claim."""

    id: str
    hand: str
    does: str
    within: int = Field(description="工作日数。|Working days.", examples=[5])
    silence: str
    says_zh: str
    says_en: str
    lines: list[int]
    institution_id: UUID | None


class ClaimActOut(BaseModel):
    """经过。|Something that happened to the claim."""

    act: str
    at: datetime
    by: str
    step: str | None
    line_no: int | None
    decision_id: UUID | None
    about: dict[str, Any]
    words: dict[str, Any] | None = Field(None, description="所写的理由或证据。|What was written.")


class ObjectionOut(BaseModel):
    """异议。|An objection, without who raised it."""

    objection_id: UUID
    claim_id: UUID
    line_no: int | None
    raised_at: datetime
    words: str | None
    state: str
    decided_at: datetime | None
    answer: str | None


class AppealOut(BaseModel):
    """申诉或人工复核。|An appeal or review."""

    appeal_id: UUID
    claim_id: UUID
    learner_id: UUID
    line_no: int
    kind: str
    raised_at: datetime
    words: str | None
    due_on: date | None
    overdue: bool
    state: str
    decided_at: datetime | None
    answer: str | None
    override_id: UUID | None
    equivalence_id: UUID | None


class OverrideOut(BaseModel):
    """例外决定。|An override."""

    override_id: UUID
    claim_id: UUID
    learner_id: UUID
    line_no: int
    appeal_id: UUID | None
    credits: Credits
    exemption: str
    reason: str
    expires_on: date
    state: str
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    ended_at: datetime | None


class ClaimShort(BaseModel):
    """申请概要。|A claim in a list."""

    claim_id: UUID
    learner_id: UUID
    plan_id: UUID
    institution_id: UUID
    made_for_id: UUID | None
    made_at: datetime
    claimed_on: date
    state: str
    step: str | None
    hand: str | None
    does: str | None
    served_at: datetime | None
    due_on: date | None = Field(
        description="本步骤最后一日；因异议暂停时为空。|The last day of the step; none while stopped."
    )
    waits_for: str | None
    objection_due_on: date | None = Field(
        description="异议最迟何日处理。|By when the objection that stops it is to be decided."
    )
    overdue: bool = Field(
        description="学分银行或异议处理已逾期，列在最前。|The bank's answer, or that to an objection, is overdue."
    )
    expires_at: datetime | None
    decided_at: datetime | None
    appeal_until_on: date | None
    flagged_at: datetime | None


class ClaimOut(ClaimShort):
    """一份申请。|A claim, its lines, its steps and what happened to it."""

    document: str | None
    document_version: str | None
    lines: list[LineOut]
    steps: list[StepOut]
    history: list[ClaimActOut]
    objections: list[ObjectionOut]
    appeals: list[AppealOut]
    overrides: list[OverrideOut]
    links: dict[str, str]


class ClaimPage(Page):
    """一页申请。|A page of claims."""

    items: list[ClaimShort]


class AppealPage(Page):
    """一页申诉。|A page of appeals."""

    items: list[AppealOut]


class OverridePage(Page):
    """一页例外决定。|A page of overrides."""

    items: list[OverrideOut]


class NoticeLine(BaseModel):
    """公示的一行。|A line on public notice."""

    line_no: int
    course_code: str
    course_name: str
    credits: Credits
    records: list[str] = Field(
        description="所用成果的类型。|The kinds of the records used.", examples=[["certificate"]]
    )


class PublicNotice(BaseModel):
    """一份公示，不含个人信息。|A claim on public notice, naming nobody."""

    claim_id: UUID
    institution_id: UUID
    plan_id: UUID
    since_at: datetime
    until_on: date | None = Field(
        description="公示的最后一日；暂停或尚不能确定时为空。|The last day; empty while stopped, or not known yet."
    )
    waits_for: str | None = Field(
        description="没有最后一日的原因：objection 有异议待处理，working_days_unknown 节假日安排尚未公布。"
        "|Why there is no last day: an objection is pending, or the holidays on the way are not published."
    )
    lines: list[NoticeLine]


class NoticePage(Page):
    """一页公示。|A page of public notices."""

    items: list[PublicNotice]
