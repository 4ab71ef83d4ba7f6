"""Failures that say nothing against a file or a row: a database that is away, busy or full, a disk without room."""

from __future__ import annotations

import psycopg
from sqlalchemy.exc import DBAPIError

from creditbank.db import is_worth_another_try
from creditbank.errors import TemporarilyUnavailable, TooManyRequests

_OF_THE_SERVER = {"53", "55", "58"}
"""Classes of its errors: out of room, something in use, the machine itself. A limit that a row is over (54) is not."""


def is_for_later(failure: BaseException) -> bool:
    """Whether the same work may succeed later, so that neither file nor row is blamed for it."""
    cause = failure.orig if isinstance(failure, DBAPIError) else failure
    if isinstance(cause, TooManyRequests | TemporarilyUnavailable | OSError):
        return True
    if isinstance(cause, psycopg.Error) and (cause.sqlstate or "")[:2] in _OF_THE_SERVER:
        return True
    return is_worth_another_try(failure)
