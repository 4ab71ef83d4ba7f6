"""From what was sent to a row of its kind, or to what is wrong with it."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import ValidationError

from creditbank.errors import Malformed
from creditbank.faults import faults_of, summary
from creditbank.records.schemas import ROW, Row


def form_row(given: Any) -> Row:
    """The row that a JSON object is. Raises Malformed with every fault; what was sent is never repeated."""
    if not _is_text(given):
        raise Malformed(why_zh="含有无法保存的字符", why_en="it has characters that cannot be kept")
    try:
        return ROW.validate_python(given)
    except ValidationError as failure:
        raise malformed(failure) from None


def malformed(failure: ValidationError) -> Malformed:
    """What pydantic found, with every fault."""
    faults = faults_of({**error, "loc": ("body", *error["loc"])} for error in failure.errors(include_url=False))
    refusal = Malformed(why_zh=summary(faults, "zh"), why_en=summary(faults, "en"), field=faults[0]["pointer"])
    refusal.faults = faults
    return refusal


def _is_text(given: Any) -> bool:
    """Whether everything written in a row is text that a database keeps: no NUL, no half of a character."""
    try:
        return b"\\u0000" not in orjson.dumps(given)
    except (TypeError, ValueError):
        return False
