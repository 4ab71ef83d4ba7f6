"""What is sent and answered about shares: by the learner who makes them, and to whoever holds a code."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

SaysWho = Literal["nobody", "name", "name_and_number"]
ShareState = Literal[
    "open", "run_out", "used_up", "closed", "tries", "account_closed", "erased", "merged", "parted", "guardian_gone"
]
MOST_OPENINGS = 100
MOST_RECORDS = 500


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShareIn(_Payload):
    """What a learner lets somebody with a code see."""

    purpose: str = Field(
        min_length=2,
        max_length=120,
        pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$",
        description="用途，核验方会看到。|For what; whoever opens it reads this.",
        examples=["应聘某公司数控车工"],
    )
    record_ids: list[UUID] | None = Field(
        None,
        min_length=1,
        max_length=MOST_RECORDS,
        description="只出示这些成果；不填为全部。|Only these records; all there are now where none is named.",
    )
    until_on: date | None = Field(
        None,
        description="最后一天，最长 180 天；不填为 30 天。|The last day, within 180 days; 30 days where none is named.",
    )
    openings: int = Field(10, ge=1, le=MOST_OPENINGS, description="可查看的次数。|How often it may be opened.")
    says_who: SaysWho = Field("name", description="是否出示姓名和部分隐去的证件号码。|Name and masked number, or not.")
    with_marks: bool = Field(
        default=True, description="是否出示成绩和证书编号。|Scores and certificate numbers, or not."
    )
    with_conversions: bool = Field(default=True, description="是否出示转换的课程。|Courses converted, or not.")
    pin: str | None = Field(
        None,
        pattern=r"^[0-9]{6}$",
        description="六位数字口令，请另行告知核验方。|Six digits, told to the verifier by another way.",
        examples=["270418"],
    )


class ShareOut(BaseModel):
    """A share as its learner sees it; code and address only while it is open."""

    share_id: UUID
    learner_id: UUID
    state: ShareState
    purpose: str | None
    """None after an erasure."""
    code: str | None
    address: str | None
    """Where a verifier opens it; what the QR code says."""
    whole: bool
    lines: int
    says_who: SaysWho
    with_marks: bool
    with_conversions: bool
    pin: bool
    wrong_pins: int
    openings_allowed: int
    openings_used: int
    until_on: date
    made_at: datetime
    as_guardian: bool
    ended_at: datetime | None


class SharesOut(BaseModel):
    """A learner's shares, newest first."""

    shares: list[ShareOut]
    next_cursor: str | None


class ShareOpeningOut(BaseModel):
    """Somebody opened the share, or tried another PIN. Nothing else is kept of who it was."""

    opening_id: UUID
    at: datetime
    channel: Literal["page", "program"]
    device: Literal["phone", "computer", "unknown"]
    outcome: Literal["shown", "wrong_pin"]


class ShareOpeningsOut(BaseModel):
    """Who looked at a share and when, newest first."""

    openings: list[ShareOpeningOut]
    next_cursor: str | None


class ShareCounts(BaseModel):
    """How many shares there are and how often they were opened; nothing of what they show, or whose they are."""

    open: int
    over: int
    openings: int
    wrong_pins: int


class ShareAsked(_Payload):
    """A code, and its PIN where it has one."""

    code: str = Field(min_length=1, max_length=40, examples=["7KMP 2XWD 9RTC"])
    pin: str | None = Field(None, max_length=20, examples=["270418"])


class SharedHolder(BaseModel):
    """Whose records they are, as far as the learner chose to say."""

    name: str | None
    document_kind: str | None
    document_number: str | None
    """Masked."""


class SharedRule(BaseModel):
    """The clause that decided, what it says, and the public sources that it cites."""

    no: int
    document: str
    version: str
    title: dict[str, str] | None
    clause: str | None
    says: dict[str, str] | None
    citations: list[dict[str, Any]]
    links: dict[str, str]


class SharedChange(BaseModel):
    """What a line said when the share was made, and what it says now."""

    field: str
    then: Any
    now: Any


class SharedLine(BaseModel):
    """One record: as it is now, and whether that is what it was when the share was made."""

    no: int
    state: Literal["current", "changed", "gone"]
    """`gone`: its institution withdrew it, or it was never this person's. It counts for nothing."""
    kind: str
    institution: str | None
    scheme: str | None
    level: str | None
    credits: str
    verdict: Literal["granted", "not_granted", "unknown"] | None
    occurred_on: date
    shown: dict[str, Any]
    private: dict[str, Any] | None
    rule: int | None
    """By its number in `rules`; none where people decided."""
    changes: list[SharedChange]


class SharedConversion(BaseModel):
    """A course of a college's plan that records were converted for."""

    no: int
    state: Literal["current", "changed", "gone"]
    institution: str | None
    course: dict[str, Any]
    scheme: str | None
    level: str | None
    credits: str
    exemption: str
    grade: str | None
    grade_text: str | None
    effective_on: date
    lines: list[int]
    """The numbers of the records it stands on."""
    by_people: bool
    """People decided it against the rules."""
    rule: int | None
    changes: list[SharedChange]


class SharedTotal(BaseModel):
    """The credits of a scheme among what is shown; totals of two schemes are never added together."""

    scheme: str
    lines: int
    credits: str


class SharedOut(BaseModel):
    """What a share shows: what the learner chose, as it is at this moment."""

    purpose: str
    made_at: datetime
    shown_at: datetime
    until_on: date
    whole: bool
    """Everything the account held when the share was made; else a choice, and nothing says how much else there is."""
    with_marks: bool
    with_conversions: bool
    unchanged: bool
    """Whether every line is as it was when the share was made."""
    holder: SharedHolder | None
    totals: list[SharedTotal]
    conversion_totals: list[SharedTotal]
    """Never to be added to `totals`: the same achievement would count twice."""
    lines: list[SharedLine]
    conversions: list[SharedConversion]
    rules: list[SharedRule]
    labels: dict[str, dict[str, str]]
