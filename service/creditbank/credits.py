"""Amounts of credit: integers of a hundredth of a credit inside, strings such as "2.5" outside."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

HUNDREDTHS = 100
_WRITTEN = re.compile(r"(0|[1-9][0-9]{0,6})(?:\.([0-9]{1,2}))?")


class AmountNotExact(ValueError):
    """An amount that cannot be a number of hundredths of a credit: negative, too precise, or not a number."""


def parse_credits(written: str | int | float | Decimal) -> int:
    """Hundredths of a credit from "2.5", 2, 2.5 or Decimal("2.50").

    A float is read by its shortest decimal form, so 0.1 + 0.2 is refused (seventeen places) and 2.5 is not.

    Raises AmountNotExact for a negative amount, more than two places, an exponent, or 10,000,000 and above.
    """
    if isinstance(written, bool):
        raise AmountNotExact(f"{written!r} is not an amount of credit")
    text = written.strip() if isinstance(written, str) else _plain(written)
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise AmountNotExact(f"{written!r} is not an amount of credit: write 0 or more with at most two places")
    whole, places = match.groups()
    return int(whole) * HUNDREDTHS + int((places or "0").ljust(2, "0"))


def _plain(number: float | Decimal) -> str:
    text = repr(number) if isinstance(number, float) else str(number)
    return text.removesuffix(".0")


def format_credits(hundredths: int) -> str:
    """The shortest exact form: 250 → "2.5", 300 → "3", -50 → "-0.5"."""
    sign = "-" if hundredths < 0 else ""
    whole, rest = divmod(abs(hundredths), HUNDREDTHS)
    return f"{sign}{whole}" if rest == 0 else f"{sign}{whole}.{rest:02d}".rstrip("0")


def _read(value: Any) -> int:
    if not isinstance(value, str | int | float | Decimal):
        raise AmountNotExact(f"{value!r} is not an amount of credit")
    return parse_credits(value)


Credits = Annotated[
    int,
    BeforeValidator(_read),
    PlainSerializer(format_credits, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,6})(\.[0-9]{1,2})?$"},
                {"type": "number", "minimum": 0, "multipleOf": 0.01, "exclusiveMaximum": 10_000_000},
            ],
            "examples": ["2.5"],
            "title": "Credits",
        },
        mode="validation",
    ),
    WithJsonSchema(
        {"type": "string", "pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]{1,2})?$", "examples": ["2.5"], "title": "Credits"},
        mode="serialization",
    ),
]
"""A field of a payload that holds credits: hundredths in Python, a string in JSON (a number is accepted if exact)."""
