"""A calendar day in a payload or a query, written as one."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator


def _written_day(value: Any) -> Any:
    if (isinstance(value, str) and _DAY.fullmatch(value)) or type(value) is date:
        return value
    raise ValueError("应为日期，如 2025-09-01|should be a date such as 2025-09-01")


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Day = Annotated[date, BeforeValidator(_written_day)]
"""A calendar day, written as one: a bare `date` would also take 0 for 1 January 1970."""
