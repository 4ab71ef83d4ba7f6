"""The way to PostgreSQL: connections, one transaction per write, and what to do when it must be tried again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

import psycopg
from fastapi import Depends, Request
from sqlalchemy import CheckConstraint, Column, DateTime, LargeBinary, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.config import Settings
from creditbank.errors import TemporarilyUnavailable
from creditbank.identifiers import new_id as new_id

Result = TypeVar("Result")

SQLModel.metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

TRIES = 6
"""How often a whole transaction is tried when PostgreSQL asks for it, before the caller is asked to come back."""


# --- columns, said once -------------------------------------------------------------------------------------------


def instant(*, nullable: bool = False, **column: Any) -> Any:
    """A column that holds an instant."""
    return Field(
        default=None if nullable else ..., sa_column=Column(DateTime(timezone=True), nullable=nullable, **column)
    )


def as_json(*, nullable: bool = False) -> Any:
    """A column that holds a JSON document."""
    return Field(default=None if nullable else ..., sa_column=Column(JSONB, nullable=nullable))


def octets(*, nullable: bool = False, **column: Any) -> Any:
    """A column that holds bytes: something sealed, an index, a digest."""
    return Field(default=None if nullable else ..., sa_column=Column(LargeBinary, nullable=nullable, **column))


def one_of(name: str, values: type | tuple[str, ...], *, nullable: bool = False) -> CheckConstraint:
    """A CHECK that a text column holds a word of a closed list."""
    words = values if isinstance(values, tuple) else tuple(values)  # type: ignore[arg-type]
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{name} IN ({listed})" + (f" OR {name} IS NULL" if nullable else ""), name=f"{name}_known")


def said(**column: Any) -> Any:
    """A text column of any length."""
    return Field(sa_column=Column(String, **column))


# --- connections --------------------------------------------------------------------------------------------------


class TryAgain(Exception):
    """What the act stood on changed under it: the whole transaction is to be run again."""


class Database:
    """The connection pool of one process, as the application role."""

    def __init__(self, url: str, *, connections: int) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=False,
            connect_args={"connect_timeout": 10, "options": "-c timezone=UTC -c lock_timeout=20s"},
        )

    @classmethod
    def of(cls, settings: Settings, url: str) -> Database:
        """The database that the settings name."""
        return cls(url, connections=settings.database_connections)

    async def close(self) -> None:
        """Give every connection back to the server."""
        await self.engine.dispose()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends well, rolled back otherwise."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            try:
                yield session
            except BaseException:
                await session.rollback()
                raise
            await session.commit()

    async def write(self, act: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
        """Run an act in one transaction, the whole of it again when PostgreSQL asks for that.

        The act must not have effects outside the transaction, for it may run several times.
        Raises TemporarilyUnavailable when it still fails after TRIES times; nothing is written then.
        """
        for attempt in range(TRIES):
            try:
                async with self.session() as session:
                    return await act(session)
            except (DBAPIError, psycopg.Error, TryAgain) as failure:
                if not is_worth_another_try(failure):
                    raise
                await asyncio.sleep(random.uniform(0.5, 1.5) * 0.02 * 2**attempt)  # noqa: S311
        raise TemporarilyUnavailable


_CHANCE = {"uq_learner_account_no"}
"""Unique by chance: a number drawn twice is drawn again."""
_AGAIN = {"40001", "40P01", "55P03"}


def is_worth_another_try(failure: BaseException) -> bool:
    """Whether a database error means that the same transaction may succeed when run again.

    Serialization failures (40001), deadlocks (40P01), locks not had in time (55P03) and lost connections.
    """
    if isinstance(failure, TryAgain):
        return True
    cause = failure.orig if isinstance(failure, DBAPIError) else failure
    if isinstance(cause, psycopg.errors.UniqueViolation):
        return cause.diag.constraint_name in _CHANCE
    if isinstance(failure, DBAPIError) and failure.connection_invalidated:
        return True
    if not isinstance(cause, psycopg.Error):
        return False
    state = cause.sqlstate
    return (
        state in _AGAIN
        or (state is None and isinstance(cause, psycopg.OperationalError))
        or (state or "")[:2]
        in {
            "08",
            "57",
        }
    )


async def driver(session: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """The psycopg connection under a session, in the same transaction: for the few statements written as plain SQL."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    found = raw.driver_connection
    assert isinstance(found, psycopg.AsyncConnection)
    return found


def database(request: Request) -> Database:
    """The process's database, for routes that write."""
    found: Database = request.app.state.database
    return found


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """One transaction for a request that reads."""
    async with database(request).session() as session:
        yield session


DatabaseDep = Annotated[Database, Depends(database)]
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]
"""Ends before the response is sent (FastAPI would otherwise commit after it, and a failed commit would answer 200)."""
