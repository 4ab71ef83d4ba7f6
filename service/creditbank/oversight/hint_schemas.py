"""Hints as they are read, and closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from creditbank.oversight.tables import Hint


class HintOut(BaseModel):
    """Something that a person should look at."""

    hint_id: UUID
    kind: str
    kind_zh: str
    kind_en: str
    institution_id: UUID
    submission_id: UUID | None
    row_no: int | None
    record_id: UUID | None
    held_row_id: UUID | None
    detail: dict[str, Any]
    raised_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    finding: str | None

    @classmethod
    def of(cls, hint: Hint) -> HintOut:
        """From its row."""
        zh, en = KINDS[hint.kind]
        return cls(**hint.model_dump(exclude={"subject"}), kind_zh=zh, kind_en=en)


KINDS = {
    "certificate_of_another": ("证书编号已属他人", "a certificate number that is another person's already"),
    "impossible_hours": ("学时与起止日期不相称", "more hours than the days of a training have room for"),
    "impossible_weeks": ("周数与起止日期不相称", "more weeks than lie between the days of a practice"),
    "sudden_volume": ("单日报送量骤增", "far more rows in a day than ever before"),
}
"""What hints are about, in both languages."""


class HintsOut(BaseModel):
    """Hints, the oldest first."""

    hints: list[HintOut]
    next: str | None


class FindingIn(BaseModel):
    """What the person who looked found."""

    model_config = ConfigDict(extra="forbid")

    finding: str = Field(min_length=1, max_length=500)
