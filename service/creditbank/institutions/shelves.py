"""Shelves: tables of things that hold from one day to another, and how many of them are published in one go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

import orjson
from psycopg import sql
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import driver
from creditbank.errors import BankError
from creditbank.institutions.timeline import Outcome, Period, Step, after, publish

Row: TypeAlias = dict[str, Any]
"""A row as JSON has it: dates and identifiers are text."""


@dataclass(frozen=True)
class Shelf:
    """A table of periods: the columns by which one is found, those that say what held, and how a new one is named."""

    table: str
    key: tuple[str, ...]
    content: tuple[str, ...]
    code: str = "code"
    """The column that says what a row is about."""
    name: Callable[[Sequence[Row]], Row] = lambda rows: {}
    """The identifiers of a new period, given the rows of the same code that there are already."""

    def period(self, row: Row) -> Period:
        """What a row says, without what names it."""
        until = row["valid_until"]
        return Period(
            date.fromisoformat(row["valid_from"]),
            None if until is None else date.fromisoformat(until),
            {column: row[column] for column in self.content},
        )


@dataclass(frozen=True)
class Wanted:
    """One thing to publish."""

    code: str
    period: Period
    fault: BankError | None = None
    """Why it cannot be, whatever is there."""


@dataclass
class Placed:
    """What became of one thing to publish."""

    code: str
    outcome: Outcome | None
    row: Row | None = None
    """The row that holds it."""
    refusal: BankError | None = None


@dataclass
class Publication:
    """Everything one call publishes on one shelf: what is there, what becomes of each, and what is to be written."""

    shelf: Shelf
    rows: dict[str, list[Row]]
    """By code, in the order of their first days."""
    fixed: Row
    """Columns that are the same for everything in the call."""
    placed: list[Placed] = field(default_factory=list)
    rewritten: dict[tuple[str, ...], Row] = field(default_factory=dict)
    added: dict[tuple[str, ...], Row] = field(default_factory=dict)
    altered: dict[str, list[tuple[date, date | None]]] = field(default_factory=dict)
    """By code, the days that read otherwise afterwards."""


MayAlter: TypeAlias = Callable[[str, Step], BankError | None]


def place(
    shelf: Shelf, rows: Mapping[str, Sequence[Row]], wanted: Sequence[Wanted], *, fixed: Row, may_alter: MayAlter
) -> Publication:
    """Pure: put one thing after the other on the shelf; one that is refused leaves the others untouched."""
    done = Publication(shelf, {code: [dict(row) for row in found] for code, found in rows.items()}, fixed)
    for one in wanted:
        done.placed.append(_place(done, one, may_alter))
    return done


def _place(done: Publication, wanted: Wanted, may_alter: MayAlter) -> Placed:
    rows = done.rows.setdefault(wanted.code, [])
    periods = [done.shelf.period(row) for row in rows]
    if wanted.fault is not None:
        return Placed(wanted.code, None, refusal=wanted.fault)
    try:
        step = publish(periods, wanted.period)
    except BankError as refusal:
        return Placed(wanted.code, None, refusal=refusal)
    refusal_of_step = may_alter(wanted.code, step)
    if refusal_of_step is not None:
        return Placed(wanted.code, None, refusal=refusal_of_step)
    if step.altered is not None:
        done.altered.setdefault(wanted.code, []).append(step.altered)
    _shelve(done, wanted.code, step)
    held = next(row for row in done.rows[wanted.code] if done.shelf.period(row).holds_on(wanted.period.valid_from))
    return Placed(wanted.code, step.outcome, row=held)


def _shelve(done: Publication, code: str, step: Step) -> None:
    rows = {row["valid_from"]: row for row in done.rows[code]}
    for period in (step.rewritten, step.added):
        if period is None:
            continue
        start = period.valid_from.isoformat()
        names = rows[start] if start in rows else {**done.fixed, **done.shelf.name(done.rows[code])}
        until = None if period.valid_until is None else period.valid_until.isoformat()
        row = {**names, done.shelf.code: code, "valid_from": start, "valid_until": until, **period.content}
        key = tuple(str(row[column]) for column in done.shelf.key)
        (done.added if start not in rows or key in done.added else done.rewritten)[key] = row
        rows[start] = row
    order = after([done.shelf.period(row) for row in done.rows[code]], step)
    done.rows[code] = [rows[period.valid_from.isoformat()] for period in order]


async def write(session: AsyncSession, done: Publication) -> None:
    """Write what a publication changed: first what ends or is corrected, then what begins."""
    connection = await driver(session)
    table = sql.Identifier(done.shelf.table)
    columns = [*done.shelf.content, "valid_until"]
    if done.rewritten:
        await connection.execute(
            sql.SQL(
                "UPDATE {t} SET ({c}) = ROW({r}) FROM jsonb_populate_recordset(NULL::{t}, %s) new WHERE {k}"
            ).format(
                t=table,
                c=sql.SQL(", ").join(map(sql.Identifier, columns)),
                r=sql.SQL(", ").join(sql.Identifier("new", column) for column in columns),
                k=sql.SQL(" AND ").join(
                    sql.SQL("{} = {}").format(sql.Identifier(done.shelf.table, key), sql.Identifier("new", key))
                    for key in done.shelf.key
                ),
            ),
            [orjson.dumps(list(done.rewritten.values())).decode()],
        )
    if done.added:
        listed = sql.SQL(", ").join(map(sql.Identifier, next(iter(done.added.values()))))
        await connection.execute(
            sql.SQL("INSERT INTO {t} ({c}) SELECT {c} FROM jsonb_populate_recordset(NULL::{t}, %s)").format(
                t=table, c=listed
            ),
            [orjson.dumps(list(done.added.values())).decode()],
        )
