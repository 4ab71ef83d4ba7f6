"""Score scales: what may stand in a score column, whether it passes, and what it is in per cent where a scale says so.

A scale is plain data that an institution publishes with its dates; it is stored as JSON and read by `read_scale`. No
percentage is ever made up for a grade: a grade has one only if its scale gives one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from creditbank.errors import BankError

Result = Literal["passed", "failed", "absent", "cheated", "deferred", "exempted"]
Special = Literal["absent", "cheated", "deferred", "exempted"]

SCORE_FIELD = "/score"
_OURS: Literal["scale_impossible"] = "scale_impossible"
SPECIAL_MARKS: Mapping[str, Special] = {
    "缺考": "absent",
    "旷考": "absent",
    "作弊": "cheated",
    "违纪": "cheated",
    "缓考": "deferred",
    "免修": "exempted",
    "免考": "exempted",
}
"""Words that stand in a score column in place of a score, unless the scale lists its own."""


class ScoreOutsideScale(BankError):
    """A score that its scale does not have."""

    status = 422
    code = "score_outside_scale"
    zh = "成绩“{written}”不在{scale_zh}内。可填：{allowed_zh}。"
    en = "The score {written} is not on the scale {scale_en}. It allows: {allowed_en}."


class ScaleImpossible(BankError):
    """A scale that could not be used: unreadable, without a pass, or with one word for two things."""

    status = 422
    code = "scale_impossible"
    zh = "成绩制不成立（{where}）：{why_zh}"
    en = "The scale cannot be used ({where}): {why_en}"


@dataclass(frozen=True, slots=True)
class Score:
    """A score as its scale reads it; `written` is as it was written, in half-width characters."""

    result: Result
    percent: Decimal | None
    written: str


def _wrong(zh: str, en: str) -> PydanticCustomError:
    return PydanticCustomError(_OURS, en, {"zh": zh})


def _decimal(value: Any) -> Any:
    """A text or a whole number: a float would bring digits that nobody wrote."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise _wrong("数字请按文本填写，例如“59.5”。", 'write a number as text, such as "59.5".')
    return value


Number = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0, le=10_000, max_digits=7, decimal_places=2)]
Word = Annotated[str, Field(min_length=1, max_length=20)]


class _Scale(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Word
    name_en: Annotated[str, Field(min_length=1, max_length=60)]
    marks: dict[Word, Special] = Field(default_factory=lambda: dict(SPECIAL_MARKS))

    @cached_property
    def specials(self) -> dict[str, Special]:
        """The special marks as scores are compared with them."""
        return {_key(word): result for word, result in self.marks.items()}


class NumberScale(_Scale):
    """Numbers between two bounds with a pass mark (百分制). Per cent are known only from 0 to 100."""

    kind: Literal["number"]
    lowest: Number = Decimal(0)
    highest: Number = Decimal(100)
    places: int = Field(ge=0, le=2)
    passes_at: Number

    @model_validator(mode="after")
    def _pass_mark_is_inside(self) -> NumberScale:
        if not self.lowest < self.passes_at <= self.highest:
            raise _wrong(
                "合格线应高于最低分，且不高于最高分。",
                "the pass mark is above the lowest score and not above the highest.",
            )
        return self


class Grade(BaseModel):
    """One grade: the word, other words for it, whether it passes, and per cent if the institution says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    written: Word
    also: tuple[Word, ...] = ()
    passed: bool
    percent: Annotated[Number, Field(le=100)] | None = None


class GradeScale(_Scale):
    """Grades from the best to the worst (五级制, 二级制, or an institution's own)."""

    kind: Literal["grades"]
    grades: tuple[Grade, ...] = Field(min_length=2, max_length=40)

    @model_validator(mode="after")
    def _is_in_order(self) -> GradeScale:
        passes = [grade.passed for grade in self.grades]
        percents = [grade.percent for grade in self.grades if grade.percent is not None]
        if not any(passes) or passes != sorted(passes, reverse=True):
            raise _wrong(
                "等级应从高到低排列，且至少有一级合格。",
                "grades go from the best to the worst, and at least one passes.",
            )
        if percents != sorted(percents, reverse=True):
            raise _wrong("较高等级的百分数不能低于较低等级。", "a better grade has no lower percentage.")
        words = [_key(word) for grade in self.grades for word in (grade.written, *grade.also)]
        if len({*words, *map(_key, self.marks)}) < len(words) + len(self.marks):
            raise _wrong("同一个词表示了两种意思。", "one word stands for two things.")
        return self


Scale = Annotated[NumberScale | GradeScale, Field(discriminator="kind")]
_SCALE: TypeAdapter[NumberScale | GradeScale] = TypeAdapter(Scale)


def read_scale(data: Mapping[str, Any]) -> NumberScale | GradeScale:
    """A scale from its stored or submitted form. Raises ScaleImpossible."""
    try:
        return _SCALE.validate_python(dict(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "/" + "/".join(str(part) for part in first["loc"])
        why_zh = first["ctx"]["zh"] if first["type"] == _OURS else "该项缺失、多余或取值不符合要求。"
        raise ScaleImpossible(field=where, where=where, why_zh=why_zh, why_en=first["msg"]) from None


def read_score(
    scale: NumberScale | GradeScale | Mapping[str, Any], written: str, *, at_field: str = SCORE_FIELD
) -> Score:
    """What a score on a scale means: passed or failed, or the special mark that stands in its place.

    Raises ScoreOutsideScale, which says what the scale allows; ScaleImpossible for stored data that is no scale.
    """
    known = scale if isinstance(scale, NumberScale | GradeScale) else read_scale(scale)
    plain = unicodedata.normalize("NFKC", written).strip()
    special = known.specials.get(_key(plain))
    if special is not None:
        return Score(special, None, plain)
    score = _number(known, plain) if isinstance(known, NumberScale) else _grade(known, plain)
    if score is None:
        allowed_zh, allowed_en = _allowed(known)
        raise ScoreOutsideScale(
            field=at_field,
            written=plain[:20],
            scale_zh=known.name,
            scale_en=known.name_en,
            allowed_zh=allowed_zh,
            allowed_en=allowed_en,
        )
    return score


def _number(scale: NumberScale, plain: str) -> Score | None:
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,6})?", plain):
        return None
    value = Decimal(plain)
    if not scale.lowest <= value <= scale.highest or round(value, scale.places) != value:
        return None
    percent = value if scale.lowest == 0 and scale.highest == 100 else None
    return Score("passed" if value >= scale.passes_at else "failed", percent, plain)


def _grade(scale: GradeScale, plain: str) -> Score | None:
    key = _key(plain)
    for grade in scale.grades:
        if key in (_key(word) for word in (grade.written, *grade.also)):
            return Score("passed" if grade.passed else "failed", grade.percent, plain)
    return None


def _allowed(scale: NumberScale | GradeScale) -> tuple[str, str]:
    marks = list(scale.marks)
    if isinstance(scale, GradeScale):
        words = [grade.written for grade in scale.grades] + marks
        return "、".join(words), ", ".join(words)
    bounds = f"{scale.lowest:f}–{scale.highest:f}"
    zh = f"{bounds} 的数" + (f"（最多{scale.places}位小数）" if scale.places else "（整数）")
    en = f"{bounds}, " + (f"{scale.places} decimal place(s) at most" if scale.places else "whole numbers")
    return "、".join([zh, *marks]), ", ".join([en, *marks])


def _key(word: str) -> str:
    return "".join(unicodedata.normalize("NFKC", word).casefold().split())


CITY_SCALES: Mapping[str, Mapping[str, Any]] = {
    "percentage": {
        "kind": "number",
        "name": "百分制",
        "name_en": "percentage",
        "lowest": "0",
        "highest": "100",
        "places": 2,
        "passes_at": "60",
    },
    "five_grades": {
        "kind": "grades",
        "name": "五级制",
        "name_en": "five grades",
        "grades": [
            {"written": "优", "also": ["优秀"], "passed": True},
            {"written": "良", "also": ["良好"], "passed": True},
            {"written": "中", "also": ["中等"], "passed": True},
            {"written": "及格", "passed": True},
            {"written": "不及格", "passed": False},
        ],
    },
    "two_grades": {
        "kind": "grades",
        "name": "二级制",
        "name_en": "two grades",
        "grades": [
            {"written": "合格", "also": ["通过"], "passed": True},
            {"written": "不合格", "also": ["不通过", "未通过"], "passed": False},
        ],
    },
}
"""The scales of the city, by code: what holds where an institution has published none of its own."""
