"""Measures as SQL: the aggregate of PostgreSQL that comes to the same as the measure does, for everybody at once.

Conditions keep their three values: SQL's own are the same (Kleene's). What SQL cannot say exactly, a division that does
not end, is not compiled, and the measure is taken in Python. Property tests hold the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from creditbank.rules.compiling import CompiledVersion
from creditbank.rules.facts import FACTS
from creditbank.rules.loading import Fields, Text
from creditbank.rules.measures import Measure
from creditbank.rules.questions import QUESTIONS
from creditbank.rules.units import NUMBER_UNITS, Type, literal, number, plain
from creditbank.rules.words import COMPARISONS, ORDER_WORDS, STEP_WORDS

Columns = Mapping[str, str]
"""For each fact of a row the SQL expression that gives it: credits in hundredths, other numbers as numeric, truths as
boolean, days and words as text, NULL where it is not known."""

_SIGNS = {"is": "=", "at_least": ">=", "at_most": "<=", "more_than": ">", "less_than": "<"}
_STEPS = {
    "plus": "({} + {})",
    "minus": "({} - {})",
    "times": "({} * {})",
    "not_below": "greatest({}, {})",
    "not_above": "least({}, {})",
}


class NotInSql(Exception):
    """SQL cannot say this exactly: the measure is taken in Python."""


@dataclass(frozen=True)
class Aggregate:
    """A measure as an expression over the rows of one learner, NULL where it is not known."""

    place: str
    rows_of: str
    sql: str
    type: Type
    of_none: int | None
    """What it is of no rows at all."""


def aggregates(version: CompiledVersion, columns: Mapping[str, Columns]) -> list[Aggregate]:
    """Of a version's measures those that SQL can say over the sets whose columns are given, by place."""
    found = []
    for place, (measure, node) in sorted(version.measures.items()):
        try:
            found.append(_aggregate(version, place, measure, node, columns))
        except NotInSql:
            continue
    return found


def _aggregate(
    version: CompiledVersion, place: str, measure: Measure, node: Fields, columns: Mapping[str, Columns]
) -> Aggregate:
    name = measure.rows_of.of
    if name not in columns or measure.rows_of.keys or measure.if_none is not None:
        raise NotInSql
    writer = _Writer(version, columns[name])
    held = [writer.condition(node["where"])] if "where" in node else []
    if measure.rows_of.where is not None:
        held.append(writer.condition(version.tree["sets"][measure.rows_of.name]["where"]))
    where = f"({' AND '.join(held)})" if held else "true"
    open_ = [f"count(*) FILTER (WHERE {where} IS NULL) > 0"] if held else []
    if measure.word == "count" and measure.what is None:
        value = f"count(*) FILTER (WHERE {where})"
    else:
        what = writer.amount(node["once_per" if measure.word == "count" else measure.word], measure.type)
        open_.append(f"count(*) FILTER (WHERE {where} AND {what} IS NULL) > 0")
        value = {
            "count": f"count(DISTINCT {what}) FILTER (WHERE {where})",
            "sum": f"coalesce(sum({what}) FILTER (WHERE {where}), 0)",
            "highest": f"max({what}) FILTER (WHERE {where})",
            "lowest": f"min({what}) FILTER (WHERE {where})",
        }[measure.word]
        if measure.word in ("highest", "lowest") and measure.type.choices is not None:
            raise NotInSql
    sql = f"CASE WHEN {' OR '.join(open_)} THEN NULL ELSE {value} END" if open_ else value
    return Aggregate(place, name, sql, measure.type, 0 if measure.word in ("count", "sum") else None)


class _Writer:
    """Writes conditions and amounts of one version over the columns of one set."""

    def __init__(self, version: CompiledVersion, columns: Columns) -> None:
        self._version, self._columns = version.tree, columns

    def condition(self, node: Fields) -> str:
        for word, joint in (("all", " AND "), ("any", " OR "), ("none", " OR ")):
            if word in node:
                inner = f"({joint.join(self.condition(each) for each in node[word])})"
                return f"(NOT {inner})" if word == "none" else inner
        if "fact" not in node and "named" not in node:
            raise NotInSql
        return self._comparison(node)

    def _comparison(self, node: Fields) -> str:
        left, type_ = self._left(node)
        word = next(word for word in COMPARISONS if word in node)
        if word == "stated":
            there = self._columns[str(node["fact"])] if "fact" in node else left
            return f"({there} IS {'NOT ' if node['stated'] == 'yes' else ''}NULL)"
        if word == "in":
            return f"({left} IN ({', '.join(_quoted(literal(type_, each), type_) for each in node['in'])}))"
        if type_.choices is not None and word in ORDER_WORDS:
            return self._ordered(left, type_, word, node[word])
        return f"({left} {_SIGNS[word]} {self.amount(node[word], type_)})"

    def _ordered(self, left: str, type_: Type, word: str, right: object) -> str:
        """Words of an order: those of its chain are listed, and a word of another chain does not compare."""
        assert type_.choices is not None
        if not isinstance(right, Text):
            raise NotInSql
        rank = type_.choices.rank(right)
        if rank is None:
            return "NULL::boolean"
        chain = type_.choices.chains[rank[0]]
        place = rank[1]
        held = {
            "at_least": chain[place:],
            "at_most": chain[: place + 1],
            "more_than": chain[place + 1 :],
            "less_than": chain[:place],
        }[word]
        listed = f"{left} IN ({', '.join(map(_text, held))})" if held else "false"
        return f"(CASE WHEN {left} IN ({', '.join(map(_text, chain))}) THEN {listed} END)"

    def _left(self, node: Fields) -> tuple[str, Type]:
        if "fact" in node:
            return self._fact(node["fact"])
        return self._named(node["named"])

    def _fact(self, name: Text) -> tuple[str, Type]:
        fact = FACTS[str(name)]
        if fact.name not in self._columns:
            raise NotInSql
        column = self._columns[fact.name]
        if fact.absent is not None:
            column = f"coalesce({column}, {_quoted(fact.absent, fact.type)})"
        return column, fact.type

    def _named(self, name: Text) -> tuple[str, Type]:
        entry = self._version["names"][name]
        type_ = _type_named(str(entry["gives"]))
        return self.amount(entry["amount"], type_), type_

    def amount(self, node: object, type_: Type) -> str:
        if isinstance(node, Text):
            return _quoted(literal(type_, node), type_)
        assert isinstance(node, Fields)
        if "fact" in node:
            return self._fact(node["fact"])[0]
        if "named" in node:
            return self._named(node["named"])[0]
        if "value" in node:
            entry = self._version["values"][node["value"]]
            unit = number(str(entry["unit"]))
            return _quoted(literal(unit, entry["is"]), unit)
        if "start" in node:
            return self._calculated(node, type_)
        if "choose" in node:
            ways = [
                f"ELSE {self.amount(way['otherwise'], type_)}"
                if "otherwise" in way
                else f"WHEN {self.condition(way['when'])} IS NULL THEN NULL "
                f"WHEN {self.condition(way['when'])} THEN {self.amount(way['take'], type_)}"
                for way in node["choose"]
            ]
            return f"(CASE {' '.join(ways)} END)"
        raise NotInSql

    def _calculated(self, node: Fields, type_: Type) -> str:
        said = self.amount(node["start"], type_)
        for step in node["then"]:
            word = next(word for word in STEP_WORDS if word in step)
            if word not in _STEPS or "when" in step:
                raise NotInSql
            operand = self.amount(step[word], number("number") if word == "times" else type_)
            if word in ("not_below", "not_above"):
                # greatest() and least() pass over NULL, and what is not known is not the other one.
                both = f"{said} IS NOT NULL AND {operand} IS NOT NULL"
                said = f"(CASE WHEN {both} THEN {_STEPS[word].format(said, operand)} END)"
            else:
                said = _STEPS[word].format(said, operand)
        return said


def _type_named(gives: str) -> Type:
    if gives in NUMBER_UNITS:
        return number(gives)
    if gives in FACTS:
        return FACTS[gives].type
    return next(question.outputs[gives] for question in QUESTIONS.values() if gives in question.outputs)


def _text(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def _quoted(value: Any, type_: Type) -> str:
    if type_.kind == "truth":
        return "true" if value else "false"
    if type_.kind != "number":
        return _text(str(value))
    exact = plain(value)
    if "/" in exact:
        raise NotInSql
    return exact if isinstance(value, int) or Fraction(value).denominator == 1 else f"{exact}::numeric"


def value_of(aggregate: Aggregate, value: Any) -> Any:
    """A value as PostgreSQL answers it, as the engine keeps it: whole numbers and fractions, never a float."""
    if value is None or aggregate.type.kind != "number":
        return value
    exact = Fraction(value)
    return exact.numerator if exact.denominator == 1 else exact
