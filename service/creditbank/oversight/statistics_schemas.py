"""What statistics say: figures of a time, in all, by what they are of, by institution and by month."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

Waited = Literal["claims", "appeals", "held_rows"]
_HIDDEN = (
    "有数字因不足五人而为空。|Something here is null: it is of fewer than five people, or would tell such a figure."
)
_YEAR = Field(None, description="取得之年。|The year in which it happened.")


class _Hidden(BaseModel):
    hidden: bool = Field(default=False, description=_HIDDEN)


class AccountsFigure(_Hidden):
    """Accounts opened, activated and closed in a month, or in all."""

    month: date | None = Field(None, description="月份的第一天。|The first day of the month.")
    opened: int | None
    activated: int | None
    closed: int | None


class RecordsFigure(_Hidden):
    """Records that were reported for the first time, corrections and withdrawals."""

    month: date | None = None
    year: int | None = _YEAR
    institution_id: UUID | None = None
    institution: str | None = None
    kind: str | None = None
    reported: int | None
    corrected: int | None
    withdrawn: int | None


class CreditsFigure(_Hidden):
    """Credits of one scheme, net of what was reversed and taken back; schemes are never added together."""

    scheme: str
    month: date | None = None
    year: int | None = _YEAR
    institution_id: UUID | None = None
    institution: str | None = None
    credits: str | None
    postings: int | None


class RefusalsFigure(_Hidden):
    """Records and lines of claims that stand refused."""

    month: date | None = None
    institution_id: UUID | None = None
    institution: str | None = None
    about: Literal["deposit", "conversion"] | None = None
    document: str | None = None
    clause: str | None = Field(None, description="条款，或不依规则的拒绝代码。|A clause, or the code of a refusal.")
    says_zh: str | None = None
    says_en: str | None = None
    refused: int | None


class DaysFigure(_Hidden):
    """How many calendar days something took from when it was asked for to when it was decided."""

    what: Waited
    month: date | None = None
    institution_id: UUID | None = None
    institution: str | None = None
    decided: int | None
    median: int | None = Field(description="半数不超过的天数。|Half took no more.")
    ninth_tenth: int | None = Field(description="九成不超过的天数。|Nine in ten took no more.")
    longest: int | None


class AccountsFigures(BaseModel):
    """Accounts; of an institution those that hold a record of it."""

    people: int | None = Field(description="现有账户所属的人数。|People whose accounts there are now.")
    total: AccountsFigure
    by_month: list[AccountsFigure]


class RecordsFigures(BaseModel):
    """What institutions reported."""

    total: RecordsFigure
    by_kind: list[RecordsFigure]
    by_institution: list[RecordsFigure]
    by_month: list[RecordsFigure]
    by_year: list[RecordsFigure]


class CreditsFigures(BaseModel):
    """Credits posted, of each scheme apart."""

    total: list[CreditsFigure]
    by_institution: list[CreditsFigure]
    by_month: list[CreditsFigure]
    by_year: list[CreditsFigure]


class RefusalsFigures(BaseModel):
    """What stands refused, and by which clause."""

    total: RefusalsFigure
    by_clause: list[RefusalsFigure]
    by_institution: list[RefusalsFigure]
    by_month: list[RefusalsFigure]


class DaysFigures(BaseModel):
    """How long people waited."""

    total: list[DaysFigure]
    by_institution: list[DaysFigure]
    by_month: list[DaysFigure]


class StatisticsOut(BaseModel):
    """The bank, or one institution, in figures. No figure is of fewer than five people."""

    since: date
    until: date = Field(description="最后一天，含。|The last day, included.")
    institution_id: UUID | None
    made_at: datetime
    fewest: int = Field(description="少于此人数的数字不显示。|Figures of fewer people are not said.")
    accounts: AccountsFigures
    records: RecordsFigures
    deposits: CreditsFigures = Field(description="存入。|Deposited.")
    conversions: CreditsFigures = Field(
        description="转换；机构为认定的院校。|Converted; the institution is the college that recognised."
    )
    refusals: RefusalsFigures
    days: DaysFigures
