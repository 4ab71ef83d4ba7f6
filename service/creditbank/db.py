"""The way to PostgreSQL: connections, one transaction per write, and what to do when it must be tried again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import lru_cache
from typing import Annotated, Any, LiteralString, TypeVar

import orjson
import psycopg
from fastapi import Depends, Request
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import CheckConstraint, Column, DateTime, LargeBinary, MetaData, String, make_url
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.config import Settings
from creditbank.errors import TemporarilyUnavailable

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


class Row(SQLModel):
    """A table of which many rows are made for one answer: their values are put in place without asking about each.

    A table validates nothing, so nothing is lost; the ORM's own way takes eight times as long.
    """

    def __init__(self, **values: Any) -> None:
        held = vars(self)
        held.update(_unsaid(type(self)))
        held.update(values)


@lru_cache
def _unsaid(table: type[SQLModel]) -> dict[str, Any]:
    """What the columns hold of which nothing is said; such a value is one for all rows, so it may not be changeable."""
    found = {name: each.get_default() for name, each in table.model_fields.items() if not each.is_required()}
    assert all(isinstance(each, Hashable) for each in found.values()), f"{table.__name__} has a default that can change"
    return found


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


# JSON columns are read on every hot path, by the parser that the rest of the bank uses.
set_json_loads(orjson.loads)


class TryAgain(Exception):
    """What the act stood on changed under it: the whole transaction is to be run again."""


Transaction = AsyncSession | psycopg.AsyncConnection[Any]
"""What a statement runs in: a session of SQLModel, or on the hot paths a bare connection."""


class Database:
    """The connections of one process, as the application role: half for SQLModel, half for the hot paths.

    The hot paths run a few long statements that are planned once and kept, and send what they can together; a session
    of the ORM alone costs more than that.
    """

    def __init__(self, url: str, *, connections: int) -> None:
        self._bare = AsyncConnectionPool(
            make_url(url).set(drivername="postgresql").render_as_string(hide_password=False),
            min_size=1,
            max_size=max(1, connections // 2),
            open=False,
            timeout=10,
            kwargs={
                "autocommit": True,
                "prepare_threshold": 1,
                # These statements go from keys to rows. A planner that does not know how few rows come in (it takes a
                # hundred for any JSON) would now and then read a whole table instead, or compile what runs once.
                "options": "-c timezone=UTC -c lock_timeout=20s -c plan_cache_mode=force_generic_plan -c jit=off "
                "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off",
            },
        )
        self._opening = asyncio.Lock()
        self._opened = False
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=max(1, connections - connections // 2),
            max_overflow=0,
            pool_timeout=10,
            hide_parameters=True,
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
        if self._opened:
            await self._bare.close()

    @asynccontextmanager
    async def bare(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A connection outside any transaction: each statement is one, for reads that are one statement."""
        if not self._opened:
            async with self._opening:
                await self._bare.open()
                self._opened = True
        async with self._bare.connection() as connection:
            yield connection

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

        async def once_through() -> Result:
            async with self.session() as session:
                return await act(session)

        return await self._again_and_again(once_through)

    async def write_bare(self, act: Callable[[psycopg.AsyncConnection[Any]], Awaitable[Result]]) -> Result:
        """The same on a bare connection: what the act does not wait for is sent together with the commit."""

        async def once_through() -> Result:
            async with self.bare() as connection, connection.pipeline(), connection.transaction():
                return await act(connection)

        return await self._again_and_again(once_through)

    async def _again_and_again(self, once_through: Callable[[], Awaitable[Result]]) -> Result:
        for attempt in range(TRIES):
            try:
                return await once_through()
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


async def driver(session: Transaction) -> psycopg.AsyncConnection[Any]:
    """The psycopg connection under a session, in the same transaction: for the few statements written as plain SQL."""
    if isinstance(session, psycopg.AsyncConnection):
        return session
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    found = raw.driver_connection
    assert isinstance(found, psycopg.AsyncConnection)
    return found


def sent_together(connection: psycopg.AsyncConnection[Any]) -> AbstractAsyncContextManager[Any]:
    """Statements in this block go to the server without waiting for one another."""
    return nullcontext() if connection.pgconn.pipeline_status else connection.pipeline()


async def run(session: Transaction, statement: LiteralString, *arguments: Any) -> psycopg.AsyncRawCursor[Any]:
    """Run a long statement with numbered parameters ($1, $2): it goes to the server as it stands, unparsed here."""
    cursor = psycopg.AsyncRawCursor(await driver(session))
    await cursor.execute(statement, arguments)
    return cursor


async def database(request: Request) -> Database:
    """The process's database, for routes that write. (Were it not async, each request would cross to a thread.)"""
    found: Database = request.app.state.database
    return found


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """One transaction for a request that reads."""
    async with (await database(request)).session() as session:
        yield session


DatabaseDep = Annotated[Database, Depends(database)]
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]
"""Ends before the response is sent (FastAPI would otherwise commit after it, and a failed commit would answer 200)."""
