"""What is sent and answered about learners' accounts, with an example of each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from creditbank.identity.schemas import Line, Password

DocumentKind = Literal[
    "resident_id", "hk_macao_permit", "taiwan_permit", "hmt_residence", "foreign_permanent_residence", "passport"
]
Purpose = Literal["transcript", "recognition", "statistics", "notices"]
Relation = Literal["father", "mother", "grandparent", "sibling", "appointed", "other"]
Said = Annotated[
    str,
    Field(
        min_length=2, max_length=500, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x09\x0b-\x1f\x7f]*$"
    ),
]
_NAME = Field(min_length=1, max_length=120, examples=["王小明"])
_BIRTH = Field(
    None,
    description="证件号码不含出生日期时，按证件填写。|As the document shows it, where its number does not tell it.",
    examples=["2009-05-01"],
)


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DocumentIn(_Payload):
    """An identity document: kind and number; the date of birth where the number does not tell it."""

    kind: DocumentKind = "resident_id"
    number: str = Field(min_length=1, max_length=40, examples=["139900200903150016"])
    birth_on: date | None = _BIRTH


class AccountIn(_Payload):
    """A person to open an account for."""

    name: str = _NAME
    document: DocumentIn
    student_no: str | None = Field(
        None,
        max_length=64,
        description="不用于开户，学籍请以学籍异动报送。|Not used here: report enrolments as records.",
    )


class AccountsIn(_Payload):
    """Up to 1,000 people, an outcome each."""

    people: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=1000,
        description="与 `POST /v1/learners` 相同的内容。|Each as of `POST /v1/learners`.",
        examples=[[{"name": "王小明", "document": {"kind": "resident_id", "number": "139900200903150016"}}]],
    )


class AccountOutcome(BaseModel):
    """What became of one person: opened, there already, under review, or refused."""

    row: int = Field(description="在本次请求中的序号，自 1 起。|Place in the call, from 1.", examples=[1])
    outcome: Literal["opened", "exists", "held", "refused"]
    learner_id: UUID | None = Field(None, description="仅限本机构的学习者。|For the institution's own learners only.")
    account_no: str | None = Field(None, examples=["409615382274"])
    account_no_grouped: str | None = Field(
        None, description="便于朗读和抄写。|To be read aloud and copied.", examples=["4096 1538 2274"]
    )
    problem: dict[str, Any] | None = Field(None, description="待核或不予受理的说明。|Why it is held or refused.")


class AccountsOut(BaseModel):
    """The outcomes, in the order of the people."""

    counts: dict[str, int]
    outcomes: list[AccountOutcome]


class CodeAsked(_Payload):
    """A one-time code for a learner of the institution's own."""

    birth_on: date | None = _BIRTH


class CodeGiven(BaseModel):
    """A one-time code, answered this once: the bank keeps its keyed digest only. Hand it to the person, nobody else."""

    code_id: UUID
    learner_id: UUID
    account_no: str
    code: str = Field(examples=["4F7K 9MRT 2XVC"])
    expires_at: datetime


class ActivationIn(_Payload):
    """What a person types to activate their account."""

    account_no: str = Field(min_length=1, max_length=40, examples=["4096 1538 2274"])
    name: str = _NAME
    code: str = Field(min_length=1, max_length=40, examples=["4F7K 9MRT 2XVC"])
    login_name: Annotated[str, Field(min_length=3, max_length=120, pattern=r"^\S+$", examples=["wang.xiaoming"])]
    password: Password = Field(examples=["hai-ou-fei-guo-gang"])


class ActivatedOut(BaseModel):
    """The account can be signed in to now."""

    learner_id: UUID
    account_no: str
    login_id: UUID
    replaced: bool = Field(description="是否替换了原登录方式。|Whether a login from before was replaced.")


class GuardianIn(_Payload):
    """A guardian as the school or the bank saw them."""

    name: str = _NAME
    document: DocumentIn
    relation: Relation
    evidence: Said = Field(
        description="看到了什么证明，如户口簿。加密保存。|What was seen that shows it; kept sealed.",
        examples=["户口簿，2025-09-01"],
    )
    birth_on: date | None = Field(
        None, description="孩子的出生日期，证件不含时填写。|The child's date of birth, as above."
    )


class GuardianGiven(BaseModel):
    """A recorded guardian; login name and first password are answered this once, for a new way in only."""

    guardianship_id: UUID
    learner_id: UUID
    relation: str
    recorded_at: datetime
    login_name: str | None = Field(None, examples=["g409615382274"])
    password: str | None = Field(
        None, description="首次登录后请立即修改。|To be changed at once after the first sign-in."
    )


class GuardianShown(BaseModel):
    """A guardianship, its people masked; `in_force` until it is ended or the child is fourteen."""

    guardianship_id: UUID
    learner_id: UUID
    relation: str
    name: str | None = Field(examples=["王*强"])
    document_kind: str | None
    document_number: str | None = Field(examples=["1399**********0017"])
    evidence: str | None = Field(None, description="仅限业务员。|For officers only.")
    recorded_at: datetime
    ended_at: datetime | None
    in_force: bool


class GuardiansOut(BaseModel):
    """Every guardian that a learner has or had."""

    guardians: list[GuardianShown]


class ReasonIn(_Payload):
    """Why."""

    reason: Said = Field(examples=["监护关系变更"])


class ConsentIn(_Payload):
    """Consent given or taken back, for one purpose, to an institution or to the bank itself."""

    purpose: Purpose
    institution_id: UUID | None = Field(
        None, description="查询和认定须指明机构。|Named for `transcript` and `recognition`."
    )
    given: bool = Field(description="true 授权，false 撤回。|true gives it, false takes it back.")
    until_on: date | None = Field(None, description="有效的最后一天。|The last day on which it holds.")


class ConsentWord(BaseModel):
    """One word about consent, as it was said."""

    consent_id: UUID
    purpose: str
    institution_id: UUID | None
    given: bool
    at: datetime
    until_on: date | None
    by: str


class ConsentHolds(BaseModel):
    """A consent in force."""

    purpose: str
    institution_id: UUID | None
    since_at: datetime
    until_on: date | None


class ConsentsOut(BaseModel):
    """What a learner consents to now, and every word that led to it, the last first."""

    in_force: list[ConsentHolds]
    words: list[ConsentWord]


class MessageOut(BaseModel):
    """A notice served on the learner; served means written here, from `served_at` on."""

    message_id: UUID
    learner_id: UUID
    kind: str = Field(examples=["record_corrected"])
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    about: dict[str, Any]
    links: dict[str, str]
    served_at: datetime
    read_at: datetime | None


class InboxOut(BaseModel):
    """A page of the inbox, newest first; `Link` leads to the next."""

    unread: int
    messages: list[MessageOut]
    next_cursor: str | None


class NameShown(BaseModel):
    """A name that a learner has or had; null once erased."""

    name_id: UUID
    name: str | None
    given_at: datetime
    ended_at: datetime | None


class DocumentShown(BaseModel):
    """A document that a learner has or had; the number is masked, and null once erased."""

    document_id: UUID
    kind: str
    number: str | None = Field(examples=["1399**********0016"])
    recorded_at: datetime
    ended_at: datetime | None


class EnrolmentShown(BaseModel):
    """An enrolment (学籍)."""

    institution_id: UUID
    student_no: str | None
    level: str
    programme_id: UUID | None
    year_of_entry: int | None
    entered_on: date
    ended_on: date | None
    status: str


class AccountShown(BaseModel):
    """One account of a person; more than one where accounts were merged."""

    learner_id: UUID
    account_no: str
    account_no_grouped: str
    opened_at: datetime
    activated_at: datetime | None
    closed_at: datetime | None


class LearnerOut(BaseModel):
    """A learner, as far as the caller may see: an institution sees its own enrolments, and no name or document."""

    learner_id: UUID = Field(description="代表此人的账户。|The account that stands for the person.")
    seen_by: Literal["learner", "guardian", "officer", "institution"]
    erased: bool = Field(description="个人信息已删除。|The personal data were erased.")
    name: str | None
    accounts: list[AccountShown]
    names: list[NameShown]
    documents: list[DocumentShown]
    enrolments: list[EnrolmentShown]


class LookupIn(_Payload):
    """Who is looked for, by exactly one way, and what for: it goes into the log of access."""

    purpose: Line = Field(examples=["持证件到窗口查询"])
    document: DocumentIn | None = None
    account_no: str | None = Field(None, min_length=1, max_length=40)
    name: str | None = Field(None, min_length=1, max_length=120)
    birth_on: date | None = None


class LookupOut(BaseModel):
    """The people found; nobody is an empty list."""

    learners: list[LearnerOut]


class NameIn(_Payload):
    """A new present name, and what shows the change; the names before keep matching."""

    name: str = _NAME
    evidence: Said = Field(examples=["户籍更名证明，2026-03-02 查验"])


class NewDocumentIn(_Payload):
    """Another document of a learner, and what was seen; `replaces` ends an older one, whose number keeps matching."""

    document: DocumentIn
    evidence: Said = Field(examples=["换发护照原件，2026-03-02 查验"])
    replaces: UUID | None = None


class NameGiven(BaseModel):
    """The learner has a new present name."""

    learner_id: UUID
    name_id: UUID
    given_at: datetime


class DocumentAdded(BaseModel):
    """The learner is found by another document too."""

    learner_id: UUID
    document_id: UUID
    recorded_at: datetime


class AccountState(BaseModel):
    """An account after it was closed, opened again, or erased."""

    learner_id: UUID
    closed_at: datetime | None
    erased: bool
