"""Failures that say nothing against a file or a row: a database that is away, busy or full, a disk without room."""

from __future__ import annotations

import psycopg
from sqlalchemy.exc import DBAPIError

from creditbank.db import is_worth_another_try
from creditbank.errors import TemporarilyUnavailable, TooManyRequests


def is_for_later(failure: BaseException) -> bool:
    """Whether the same work may succeed later, so that neither file nor row is blamed for it."""
    cause = failure.orig if isinstance(failure, DBAPIError) else failure
    if isinstance(cause, TooManyRequests | TemporarilyUnavailable | psycopg.OperationalError | OSError):
        return True
    return is_worth_another_try(failure)
