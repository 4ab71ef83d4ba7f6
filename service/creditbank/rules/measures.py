"""Measures: counts, sums and extremes over the rows of a set, three-valued, with every row that counted or did not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from creditbank.rules.choosing import Chosen, chosen_set
from creditbank.rules.loading import Fields, Text
from creditbank.rules.terms import READY, VERDICT_OF, Amount, Condition, Context, Leaf, Scope, Telling, Truth
from creditbank.rules.units import Type, number, observed, shown
from creditbank.rules.words import MEASURES

COUNT = number("count", whole=True)
_WHAT_ZH = {"count": "条数", "sum": "合计", "highest": "最高", "lowest": "最低"}
_WHAT_EN = {"count": "number", "sum": "sum", "highest": "highest", "lowest": "lowest"}


@dataclass(frozen=True)
class Measure:
    """One measure as a document writes it: which rows, what of each, taken together how."""

    word: str
    rows_of: Chosen
    where: Condition | None
    what: Amount | None
    """What is added up or compared; for a count, what is counted once."""
    if_none: Amount | None
    type: Type

    def counted(self, scope: Scope) -> list[tuple[Scope, Truth, Sequence[Leaf]]] | None:
        """Each row, whether it counts, and what keeps it out or leaves it open; None where the rows are not known."""
        members = self.rows_of.members(scope)
        if members is None or self.where is None:
            return members
        found = []
        for row, member, why in members:
            truth = member
            leaves = why
            if member is not False:
                held = self.where.ask(row)
                truth = False if held is False else member if held else None
                leaves = why if held or (held is None and row.get("open")) else self.where.why(row)
            found.append((row, truth, leaves))
        return found

    def _rows(self, scope: Scope) -> list[Scope] | None:
        """The rows that count, without a reason for those that do not; None where that is not known of all."""
        members = self.rows_of.members(scope)
        if members is None:
            return None
        rows, open_ = list[Scope](), False
        for row, member, _ in members:
            held = member if member is False or self.where is None else self.where.ask(row)
            if held is None or (held and member is None):
                open_ = True
            elif held:
                rows.append(row)
        return None if open_ else rows

    def value(self, scope: Scope) -> Any:
        """The measure; None where a row that might count is open, or what is measured of one is not known."""
        rows = self._rows(scope)
        if rows is None:
            return None
        if self.what is None:
            return len(rows)
        values = [self.what.ask(row) for row in rows]
        if any(value is None for value in values):
            return None
        if self.word == "count":
            return len(set(values))
        if self.word == "sum":
            return sum(values)
        if not values:
            return None if self.if_none is None else self.if_none.ask(scope)
        return extreme(self.type, values, highest=self.word == "highest")

    def told(self, scope: Scope) -> Telling:
        """How many rows counted, or what is missing."""
        counted = self.counted(scope)
        zh, en = self.rows_of.said
        if counted is None:
            leaf = Leaf(self.rows_of.of, None, None, "unknown", f"不知道有哪些{zh}", f"the rows are not known: {en}")
            return Telling(leaf.zh, leaf.en, (leaf,))
        many = sum(1 for _, truth, _ in counted if truth)
        missing = [leaf for _, truth, why in counted if truth is None for leaf in why]
        if self.what is not None:
            for row, truth, _ in counted:
                if truth and self.what.ask(row) is None:
                    missing.extend(self.what.tell(row).missing)
        if not missing and not many and self.if_none is None and self.word in ("highest", "lowest"):
            missing = [Leaf(self.rows_of.of, None, None, "unknown", f"没有{zh}可计", f"no row counts: {en}")]
        return Telling(f"{zh} {many} 条", f"{many} of: {en}", tuple(missing))

    def seen(self, scope: Scope) -> tuple[dict[str, Any], ...]:
        """Each row: whether it counted, how much, and what kept it out. In the order of their ids."""
        rows = []
        for row, truth, why in self.counted(scope) or ():
            if row.get("open"):
                continue
            said: dict[str, Any] = {"id": str(row["id"]), "counts": VERDICT_OF[truth]}
            value = None if self.what is None or truth is False else self.what.ask(row)
            if value is not None:
                assert self.what is not None
                said["value"] = observed(self.what.type, value)
            if truth is not True:
                said |= {"because_zh": [leaf.zh for leaf in why], "because_en": [leaf.en for leaf in why]}
            rows.append(said)
        return tuple(sorted(rows, key=lambda each: str(each["id"])))


def measured(ctx: Context, node: Fields, expected: Type | None) -> Amount | None:
    """The amount that a count, a sum or an extreme comes to."""
    if ctx.row:
        zh, en = "一组之内不能再数另一组", "a measure cannot be taken inside a row"
        ctx.report.add(node, next(word for word in MEASURES if word in node), zh, en)
        return None
    if not any(label.startswith("names.") for label in ctx.building):
        zh, en = (
            "请放到 names 里，用中英文说清数的是什么",
            "put it into `names`, where it says in words what it measures",
        )
        ctx.report.add(node, next(word for word in MEASURES if word in node), zh, en)
        return None
    measure = compile_measure(ctx, node, expected)
    if measure is None:
        return None
    label = ctx.building[-1]
    place = f"{label}.{sum(1 for each in ctx.measures if each.startswith(f'{label}.'))}"
    ctx.measures[place] = (measure, node)
    return _amount_of(measure, place)


def _amount_of(measure: Measure, place: str) -> Amount:
    zh, en = measure.rows_of.said
    word, value_of = measure.word, measure.value

    def ask(scope: Scope) -> Any:
        ready = scope.get(READY)
        return value_of(scope) if ready is None or place not in ready else ready[place]

    def tell(scope: Scope) -> Telling:
        value, told = ask(scope), measure.told(scope)
        if value is None:
            return told
        return Telling(
            f"{_WHAT_ZH[word]} {shown(measure.type, value, 'zh')}（{told.zh}）",
            f"{_WHAT_EN[word]} {shown(measure.type, value, 'en')} ({told.en})",
        )

    comes_from = () if word == "count" else (measure.what, measure.if_none)
    settled = all(each is None or each.settled for each in comes_from)
    return Amount(
        measure.type,
        ask,
        tell,
        f"{zh}的{_WHAT_ZH[word]}",
        f"{_WHAT_EN[word]} of {en}",
        may_lack=True,
        settled=settled,
        rows=measure.seen,
    )


def compile_measure(ctx: Context, node: Fields, expected: Type | None = None) -> Measure | None:
    """A measure as a document writes it; None after reporting a problem."""
    word = next(word for word in MEASURES if word in node)
    rows = _rows_of(ctx, node, word)
    if rows is None:
        return None
    with ctx.in_rows(rows.of):
        where = ctx.condition(ctx, node["where"], False) if "where" in node else None  # noqa: FBT003
        what_node = node.get("once_per") if word == "count" else node[word]
        what = None if what_node is None else ctx.amount(ctx, what_node, expected if word != "count" else None)
    if_none = ctx.amount(ctx, node["if_none"], what.type) if "if_none" in node and what is not None else None
    missing = [("where", where), ("if_none", if_none)]
    if any(part in node and found is None for part, found in missing) or (what_node is not None and what is None):
        return None
    if word != "count":
        assert what is not None
        if word == "sum" and what.type.kind != "number":
            ctx.report.add(node, word, "只有数才能相加", "only numbers can be added up")
            return None
        if not what.type.ordered:
            ctx.report.add(node, word, f"{what.zh}没有高低之分", f"{what.en} has no higher or lower")
            return None
    return Measure(word, rows, where, what, if_none, COUNT if word == "count" or what is None else what.type)


def _rows_of(ctx: Context, node: Fields, word: str) -> Chosen | None:
    if word == "count":
        name: Text = node["count"]
    elif "over" in node:
        name = node["over"]
    else:
        ctx.report.add(node, word, "须写 over：哪一组", "`over` is missing: which rows")
        return None
    return chosen_set(ctx, name)


def extreme(type_: Type, values: Sequence[Any], *, highest: bool) -> Any:
    """The highest or lowest of some values; None where they lie in different orders and cannot be compared."""
    if type_.choices is None:
        return max(values) if highest else min(values)
    ranks = {value: type_.choices.rank(value) for value in values}
    if any(rank is None for rank in ranks.values()) or len({rank[0] for rank in ranks.values() if rank}) > 1:
        return None
    place: Callable[[Any], int] = lambda value: ranks[value][1]  # type: ignore[index]  # noqa: E731
    return max(values, key=place) if highest else min(values, key=place)
