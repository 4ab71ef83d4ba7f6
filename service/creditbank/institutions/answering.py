"""What the routes of institutions share: the day that is asked about, keys of pages, outcomes of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Query

from creditbank.errors import Language
from creditbank.http import answer
from creditbank.institutions.reference_schemas import RowPublished, RowsPublished
from creditbank.institutions.schemas import Day
from creditbank.institutions.shelves import Placed
from creditbank.once import Answer

First = TypeVar("First")
Second = TypeVar("Second")

DayDep = Annotated[
    Day | None,
    Query(
        description="哪一天的内容；不填则为今天。|As it was on this day; today if left out.", examples=["2024-03-01"]
    ),
]

_IDENTIFIERS = ("programme_id", "scale_id", "standard_id")


def code_key(value: Any) -> str:
    """A code from a cursor. Raises ValueError."""
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError("not a code")
    return value


def pair_key(first: Callable[[str], First], second: Callable[[str], Second]) -> Callable[[Any], tuple[First, Second]]:
    """A reader of two keys that a cursor holds as one text, with a stroke between. It raises ValueError."""

    def read(value: Any) -> tuple[First, Second]:
        one, _, other = code_key(value).partition("/")
        return first(one), second(other)

    return read


def rows_answer(placed: Sequence[Placed], language: Language) -> Answer:
    """The answer to a call with many rows."""
    outcomes = [one_row(number, one, language) for number, one in enumerate(placed, start=1)]
    counts = dict(Counter(outcome.outcome for outcome in outcomes))
    return answer(200, RowsPublished(counts=counts, outcomes=outcomes))


def one_row(number: int, placed: Placed, language: Language) -> RowPublished:
    """What became of one row, in words of the contract."""
    row = placed.row or {}
    named = next((row[name] for name in _IDENTIFIERS if name in row), None)
    return RowPublished(
        row=number,
        code=placed.code,
        outcome=placed.outcome or "refused",
        id=None if named is None else UUID(named),
        valid_from=row.get("valid_from"),
        valid_until=row.get("valid_until"),
        problem=None if placed.refusal is None else placed.refusal.problem(language),
    )
