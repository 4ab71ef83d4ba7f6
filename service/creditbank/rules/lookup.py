"""Tables: exactly one row matches every case, and a table that leaves a case without a row does not load."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from creditbank.rules.loading import Fields, Items, Text, line_of
from creditbank.rules.terms import Amount, Context, Scope, Telling, literal_of, type_named
from creditbank.rules.units import Type, shown

MOST_CASES = 20_000
MOST_WORK = 1_000_000
Match = Callable[[Any], bool]


@dataclass(frozen=True)
class _Row:
    line: int
    matches: tuple[Match, ...]
    values: dict[str, Any]


@dataclass(frozen=True)
class _Table:
    by: tuple[Amount, ...]
    columns: dict[str, Type]
    rows: tuple[_Row, ...]
    otherwise: _Row | None
    index: dict[tuple[Any, ...], _Row] | None
    zh: str
    en: str

    def find(self, scope: Scope) -> _Row | None:
        key = tuple([amount.ask(scope) for amount in self.by])
        if None in key:
            return None
        if self.index is not None:
            return self.index[key]
        for row in self.rows:
            if all(match(value) for match, value in zip(row.matches, key, strict=True)):
                return row
        return self.otherwise


def table_amount(ctx: Context, node: Fields) -> Amount | None:
    """One column of a table, looked up by the facts of the case."""
    table: _Table | None = ctx.once("tables", node["table"], lambda: _compile(ctx, node["table"]))
    if table is None:
        return None
    column = str(node.get("column", next(iter(table.columns))))
    if column not in table.columns or ("column" not in node and len(table.columns) > 1):
        zh = f"请写明 column，可用：{'、'.join(table.columns)}"
        ctx.report.add(node, "column", zh, f"say which column: {', '.join(table.columns)}")
        return None
    type_ = table.columns[column]

    def ask(scope: Scope) -> Any:
        row = table.find(scope)
        return None if row is None else row.values[column]

    def tell(scope: Scope) -> Telling:
        row = table.find(scope)
        if row is None:
            missing = tuple(
                leaf for amount in table.by if amount.ask(scope) is None for leaf in amount.tell(scope).missing
            )
            return Telling("；".join(leaf.zh for leaf in missing), "; ".join(leaf.en for leaf in missing), missing)
        seen = [amount.tell(scope) for amount in table.by]
        value = row.values[column]
        zh = f"按“{table.zh}”，{'、'.join(each.zh for each in seen)}：{shown(type_, value, 'zh')}"
        en = f"by {table.en!r}, {', '.join(each.en for each in seen)}: {shown(type_, value, 'en')}"
        return Telling(zh, en)

    lacks = any(amount.may_lack for amount in table.by)
    return Amount(type_, ask, tell, table.zh, table.en, str(node["table"]), may_lack=lacks, settled=True)


def _compile(ctx: Context, name: Text) -> _Table | None:
    entry = ctx.entry("tables", name)
    if entry is None:
        return None
    by = [ctx.amount(ctx, each, None) for each in entry["by"]]
    columns = {str(column): type_named(ctx, unit) for column, unit in entry["gives"].items()}
    if None in by or None in columns.values():
        return None
    amounts = tuple(amount for amount in by if amount is not None)
    typed = {column: type_ for column, type_ in columns.items() if type_ is not None}
    rows = [_row(ctx, row, amounts, typed) for row in entry["rows"]]
    otherwise = _otherwise(ctx, entry, typed)
    if any(row is None for row in rows) or ("otherwise" in entry and otherwise is None):
        return None
    whole = tuple(row for row in rows if row is not None)
    index = _complete(ctx, entry, amounts, rows=whole, otherwise=otherwise)
    if index is None:
        return None
    listed = all(amount.type.kind in ("choice", "truth") for amount in amounts)
    return _Table(amounts, typed, whole, otherwise, index if listed else None, entry["says"]["zh"], entry["says"]["en"])


def _row(ctx: Context, row: Items, by: tuple[Amount, ...], columns: dict[str, Type]) -> _Row | None:
    if len(row) != len(by) + len(columns):
        zh = f"这一行应有 {len(by)} 格条件和 {len(columns)} 个值，实有 {len(row)} 格"
        en = f"this row needs {len(by)} cells and {len(columns)} values, it has {len(row)}"
        ctx.report.add(row, "rows", zh, en)
        return None
    matches = [_match(ctx, cell, amount.type) for cell, amount in zip(row, by, strict=False)]
    values = _literals(ctx, list(row[len(by) :]), columns)
    if values is None or any(match is None for match in matches):
        return None
    return _Row(line_of(row), tuple(match for match in matches if match is not None), values)


def _otherwise(ctx: Context, entry: Fields, columns: dict[str, Type]) -> _Row | None:
    if "otherwise" not in entry:
        return None
    if len(entry["otherwise"]) != len(columns):
        zh, en = f"otherwise 应有 {len(columns)} 个值", f"otherwise needs {len(columns)} values"
        ctx.report.add(entry["otherwise"], "otherwise", zh, en)
        return None
    values = _literals(ctx, list(entry["otherwise"]), columns)
    return None if values is None else _Row(line_of(entry["otherwise"]), (), values)


def _literals(ctx: Context, cells: list[Any], columns: dict[str, Type]) -> dict[str, Any] | None:
    values: dict[str, Any] = {}
    for cell, (column, type_) in zip(cells, columns.items(), strict=True):
        if not isinstance(cell, Text):
            ctx.report.add(cell, column, "值应为一个数或一个词", "a value must be one number or one word")
            return None
        values[column] = literal_of(ctx, cell, type_)
    return None if None in values.values() else values


def _match(ctx: Context, cell: object, type_: Type) -> Match | None:
    if isinstance(cell, Text):
        if cell == "any":
            return lambda value: True
        wanted = literal_of(ctx, cell, type_)
        return None if wanted is None else lambda value: bool(value == wanted)
    if isinstance(cell, Items):
        listed = frozenset(literal_of(ctx, each, type_) for each in cell)
        return None if None in listed else lambda value: value in listed
    assert isinstance(cell, Fields)
    if type_.kind not in ("number", "date") or not cell or ("to" in cell and "below" in cell):
        zh = "区间写 from 和 to（都包含）或 below（不含），只用于数和日期"
        ctx.report.add(cell, "from", zh, "a range is from and to (inclusive) or below (exclusive), of numbers or dates")
        return None
    bounds = {word: literal_of(ctx, bound, type_) for word, bound in cell.items()}
    if None in bounds.values():
        return None
    low, high, below = bounds.get("from"), bounds.get("to"), bounds.get("below")
    return lambda value: (
        (low is None or value >= low) and (high is None or value <= high) and (below is None or value < below)
    )


def _complete(
    ctx: Context, entry: Fields, by: tuple[Amount, ...], *, rows: tuple[_Row, ...], otherwise: _Row | None
) -> dict[tuple[Any, ...], _Row] | None:
    """Every possible case meets exactly one row; the cases of closed lists become the index."""
    axes = [_points(ctx, amount.type, [row[place] for row in entry["rows"]]) for place, amount in enumerate(by)]
    size = 1
    for axis in axes:
        size *= len(axis)
    if size > MOST_CASES or size * len(rows) > MOST_WORK:
        ctx.report.add(entry, "by", f"组合超过 {MOST_CASES} 种。请拆成几张表。", f"over {MOST_CASES} cases: split it")
        return None
    found: dict[tuple[Any, ...], _Row] = {}
    for case in itertools.product(*axes):
        hits = [row for row in rows if all(match(value) for match, value in zip(row.matches, case, strict=True))]
        said_zh = "、".join(_said(amount.type, value, "zh") for amount, value in zip(by, case, strict=True))
        said_en = ", ".join(_said(amount.type, value, "en") for amount, value in zip(by, case, strict=True))
        if len(hits) > 1:
            lines = " / ".join(str(row.line) for row in hits[:2])
            zh, en = f"“{said_zh}”同时符合第 {lines} 行", f"{said_en!r} matches both lines {lines}"
            ctx.report.add(entry, "rows", zh, en)
            return None
        if not hits and otherwise is None:
            zh = f"“{said_zh}”没有对应的行。请补一行，或写 otherwise。"
            ctx.report.add(entry, "rows", zh, f"{said_en!r} has no row: add one, or write otherwise")
            return None
        hit = hits[0] if hits else otherwise
        assert hit is not None
        found[case] = hit
    return found


_ANY_OTHER = "\N{REPLACEMENT CHARACTER}"
"""Stands for every name that a table does not list."""


def _said(type_: Type, value: Any, language: Any) -> str:
    if value == _ANY_OTHER:
        return "其他任何名称" if language == "zh" else "any other name"
    return str(value) if type_.kind == "name" else shown(type_, value, language)


def _points(ctx: Context, type_: Type, cells: list[Any]) -> list[Any]:
    """Values that stand for all: the whole of a closed list, else each bound, between bounds and beyond them."""
    if type_.choices:
        return list(type_.choices.tokens())
    if type_.kind == "truth":
        return [True, False]
    bounds = sorted({value for cell in cells for value in _bounds(ctx, cell, type_)})
    if type_.kind == "name":
        return [*bounds, _ANY_OTHER]
    if type_.kind == "date":
        return ["0001-01-01", *_date_points(bounds), "9999-12-31"]
    points: set[Any] = {0, *bounds, (bounds[-1] if bounds else 0) + 1}
    if type_.whole:
        points.update(bound + step for bound in bounds for step in (-1, 1) if bound + step >= 0)
    else:
        points.update(Fraction(low + high) / 2 for low, high in itertools.pairwise([0, *bounds]))
    return sorted(points)


def _bounds(ctx: Context, cell: object, type_: Type) -> list[Any]:
    if isinstance(cell, Text):
        return [] if cell == "any" else [literal_of(ctx, cell, type_)]
    parts = cell.values() if isinstance(cell, Fields) else cell
    assert not isinstance(parts, Text)
    return [literal_of(ctx, part, type_) for part in parts]  # type: ignore[attr-defined]


def _date_points(bounds: list[str]) -> list[str]:
    days = {date.fromisoformat(bound) for bound in bounds}
    near = {day + timedelta(days=step) for day in days for step in (-1, 0, 1)}
    return [day.isoformat() for day in sorted(near)]
