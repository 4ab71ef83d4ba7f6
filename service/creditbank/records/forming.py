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
        faults = faults_of({**error, "loc": ("body", *error["loc"])} for error in failure.errors(include_url=False))
        raise MalformedRow(faults) from None


class MalformedRow(Malformed):
    """A row that is not well formed, with all its faults."""

    def __init__(self, faults: list[dict[str, str]]) -> None:
        self.faults = faults
        super().__init__(why_zh=summary(faults, "zh"), why_en=summary(faults, "en"), field=faults[0]["pointer"])


def _is_text(given: Any) -> bool:
    """Whether everything written in a row is text that a database keeps: no NUL, no half of a character."""
    try:
        return b"\\u0000" not in orjson.dumps(given)
    except (TypeError, ValueError):
        return False
