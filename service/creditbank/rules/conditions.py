"""Conditions: comparisons and their combinations, three-valued; negation is pushed down to the comparisons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from creditbank.errors import Language
from creditbank.rules.amounts import fact_amount, named_amount
from creditbank.rules.choosing import Chosen, chosen_set, counted_in
from creditbank.rules.loading import Fields, Items, Text
from creditbank.rules.sentences import OPPOSITE, compared, stated
from creditbank.rules.terms import VERDICT_OF, Amount, Condition, Context, Leaf, Scope, Truth, lacked, literal_of
from creditbank.rules.units import Type
from creditbank.rules.words import COMPARISONS


def compile_condition(ctx: Context, node: object, negated: bool) -> Condition | None:  # noqa: FBT001
    """A condition, or its opposite; None after reporting a problem."""
    assert isinstance(node, Fields)
    if "this_is_in" in node:
        return counted_in(ctx, node["this_is_in"], negated=negated)
    if "exists" in node:
        return _exists(ctx, node, negated=negated)
    if "every" in node:
        return _each(ctx, node, negated=negated)
    for word, joined in (("all", True), ("any", False), ("none", True)):
        if word in node:
            inner = negated != (word == "none")
            parts = [ctx.condition(ctx, part, inner) for part in node[word]]
            whole = [part for part in parts if part is not None]
            if len(whole) != len(parts):
                return None
            return _every(whole) if joined != negated else _some(whole)
    return _comparison(ctx, node, negated=negated)


def _every(parts: list[Condition]) -> Condition:
    asks = [part.ask for part in parts]

    def ask(scope: Scope) -> Truth:
        truth: Truth = True
        for part in asks:
            held = part(scope)
            if held is False:
                return False
            if held is None:
                truth = None
        return truth

    def why(scope: Scope) -> Sequence[Leaf]:
        truth = ask(scope)
        return [leaf for part in parts if part.ask(scope) is truth for leaf in part.why(scope)]

    return Condition(ask, why) if len(parts) > 1 else parts[0]


def _some(parts: list[Condition]) -> Condition:
    asks = [part.ask for part in parts]

    def ask(scope: Scope) -> Truth:
        truth: Truth = False
        for part in asks:
            held = part(scope)
            if held is True:
                return True
            if held is None:
                truth = None
        return truth

    def why(scope: Scope) -> Sequence[Leaf]:
        truth = ask(scope)
        deciding = [part.why(scope) for part in parts if part.ask(scope) is truth]
        return deciding[0] if truth or len(deciding) == 1 else [_ways(deciding, truth)]

    return Condition(ask, why) if len(parts) > 1 else parts[0]


def _ways(ways: Sequence[Sequence[Leaf]], truth: Truth) -> Leaf:
    """Alternatives that all fail are ways that were open, not so many faults; what one way takes is said together."""
    leaves = [leaf for way in ways for leaf in way]
    return Leaf(
        "any",
        {leaf.fact: leaf.observed for leaf in leaves},
        {"any": [{leaf.fact: leaf.required for leaf in way} for way in ways]},
        VERDICT_OF[truth],
        "以下满足其一即可：" + "；".join(_way(way, "zh") for way in ways),
        "any one of these would do: " + "; ".join(_way(way, "en") for way in ways),
        missing=lacked(leaves),
    )


def _way(way: Sequence[Leaf], language: Language) -> str:
    if len(way) == 1:
        return way[0].zh if language == "zh" else way[0].en
    if language == "zh":
        return f"（{'，并且 '.join(leaf.zh for leaf in way)}）"
    return f"({' and '.join(leaf.en for leaf in way)})"


def _comparison(ctx: Context, node: Fields, *, negated: bool) -> Condition | None:
    left = fact_amount(ctx, node["fact"]) if "fact" in node else named_amount(ctx, node["named"])
    if left is None:
        return None
    word = next(word for word in COMPARISONS if word in node)
    if word == "stated":
        return _stated(left, wanted=(node["stated"] == "yes") != negated)
    if word == "in":
        return _listed(ctx, left, node["in"], negated=negated)
    if word != "is" and not left.type.ordered:
        zh, en = f"{left.zh}没有高低之分，只能用 is 或 in", f"{left.en} has no higher or lower: use is or in"
        ctx.report.add(node[word], word, zh, en)
        return None
    right = ctx.amount(ctx, node[word], left.type)
    if right is None:
        return None
    return _against(left, right, OPPOSITE[word] if negated else word)


def _against(left: Amount, right: Amount, word: str) -> Condition:
    test = _test(left.type, word)
    ask_left, ask_right = left.ask, right.ask

    def ask(scope: Scope) -> Truth:
        one = ask_left(scope)
        other = ask_right(scope)
        return None if one is None or other is None else test(one, other)

    def why(scope: Scope) -> Sequence[Leaf]:
        one, other, truth = left.ask(scope), right.ask(scope), ask(scope)
        missing = _missing(scope, left, right) if truth is None else None
        leaf = _leaf(left, word, seen=one, wanted=other, truth=truth, missing=missing)
        behind = left.rows or right.rows
        return [leaf if behind is None else replace(leaf, rows=behind(scope))]

    return Condition(ask, why)


def _leaf(left: Amount, word: str, *, seen: Any, wanted: Any, truth: Truth, missing: Leaf | None) -> Leaf:
    return compared(
        name=left.name,
        zh=left.zh,
        en=left.en,
        type_=left.type,
        word=word,
        left=seen,
        right=wanted,
        truth=truth,
        missing=missing,
    )


def _missing(scope: Scope, *amounts: Amount) -> Leaf:
    for amount in amounts:
        if amount.ask(scope) is None:
            told = amount.tell(scope)
            if told.missing:
                return replace(told.missing[0], missing=lacked(told.missing))
    zh = f"{amounts[0].zh}与所要求的不在同一序列，无法比较"
    return Leaf(
        amounts[0].name, None, None, "unknown", zh, f"{amounts[0].en} is not of the same order and cannot be compared"
    )


def _test(type_: Type, word: str) -> Callable[[Any, Any], Truth]:
    choices = type_.choices
    if choices is None or word in ("is", "is_not"):
        return _TESTS[word]
    plain = _TESTS[word]

    def test(one: Any, other: Any) -> Truth:
        first, second = choices.rank(one), choices.rank(other)
        if first is None or second is None or first[0] != second[0]:
            return None
        return plain(first[1], second[1])

    return test


_TESTS: dict[str, Callable[[Any, Any], Truth]] = {
    "is": lambda one, other: bool(one == other),
    "is_not": lambda one, other: bool(one != other),
    "at_least": lambda one, other: bool(one >= other),
    "at_most": lambda one, other: bool(one <= other),
    "more_than": lambda one, other: bool(one > other),
    "less_than": lambda one, other: bool(one < other),
}


def _listed(ctx: Context, left: Amount, node: Items, *, negated: bool) -> Condition | None:
    values: list[Any] = [literal_of(ctx, item, left.type) for item in node if isinstance(item, Text)]
    if None in values:
        return None
    if len(set(values)) != len(values):
        ctx.report.add(node, "in", "列表中有重复", "the list names something twice")
        return None
    listed, word, right = frozenset(values), "not_in" if negated else "in", tuple(values)

    def ask(scope: Scope) -> Truth:
        one = left.ask(scope)
        return None if one is None else (one in listed) is not negated

    def why(scope: Scope) -> Sequence[Leaf]:
        truth = ask(scope)
        missing = _missing(scope, left) if truth is None else None
        return [_leaf(left, word, seen=left.ask(scope), wanted=right, truth=truth, missing=missing)]

    return Condition(ask, why)


def _stated(left: Amount, *, wanted: bool) -> Condition:
    def is_there(scope: Scope) -> bool:
        return left.ask(scope) is not None if left.stated is None else left.stated(scope)

    def why(scope: Scope) -> Sequence[Leaf]:
        return [stated(name=left.name, zh=left.zh, en=left.en, wanted=wanted, is_there=is_there(scope))]

    return Condition(lambda scope: is_there(scope) is wanted, why)


def _exists(ctx: Context, node: Fields, *, negated: bool) -> Condition | None:
    """A row is there for which something holds; of an empty set none is."""
    inner = _over(ctx, node, "exists", "where")
    if inner is None:
        return None
    rows_of, where = inner
    return _some_row(rows_of, where, negated=negated)


def _each(ctx: Context, node: Fields, *, negated: bool) -> Condition | None:
    """Something holds for every row, as it does where there is none: no row is there for which it does not."""
    rows_of = _over(ctx, node, "every", "has", opposite=True)
    return None if rows_of is None else _some_row(*rows_of, negated=not negated)


def _over(
    ctx: Context, node: Fields, word: str, part: str, *, opposite: bool = False
) -> tuple[Chosen, Condition | None] | None:
    if ctx.row:
        ctx.report.add(node, word, "一组之内不能再问另一组", "a set cannot be asked about inside a set")
        return None
    rows_of = chosen_set(ctx, node[word])
    if rows_of is None:
        return None
    ctx.beside.add(rows_of.of)
    with ctx.in_rows(rows_of.of):
        where = ctx.condition(ctx, node[part], opposite) if part in node else None
    if part in node and where is None:
        return None
    return rows_of, where


def _some_row(rows_of: Chosen, where: Condition | None, *, negated: bool) -> Condition:
    zh, en = rows_of.said

    def held(row: Scope, member: Truth) -> Truth:
        if member is False or where is None:
            return member
        truth = where.ask(row)
        return False if truth is False else member if truth else None

    def there(scope: Scope) -> Truth:
        members = rows_of.members(scope)
        if members is None:
            return None
        found = [held(row, member) for row, member, _ in members]
        return True if True in found else None if None in found else False

    def ask(scope: Scope) -> Truth:
        truth = there(scope)
        return None if truth is None else truth is not negated

    def why(scope: Scope) -> Sequence[Leaf]:
        members, truth = rows_of.members(scope), ask(scope)
        required = {"none" if negated else "some": rows_of.name}
        if members is None:
            said = (
                f"不知道有哪些{zh}，可由学分银行提供",
                f"the rows are not known ({en}); the credit bank can supply them",
            )
            return [Leaf(rows_of.of, None, required, "unknown", *said)]
        rows, inside, doubts = [], list[Leaf](), list[Leaf]()
        for row, member, out in members:
            truth_ = held(row, member)
            if row.get("open"):
                doubts += out if truth_ is None else ()
                continue
            leaves = list(out) if where is None or member is False else list(where.why(row))
            said_: dict[str, Any] = {"id": str(row["id"]), "counts": VERDICT_OF[truth_]}
            if truth_ is True:
                inside += leaves
            else:
                said_ |= {"because_zh": [leaf.zh for leaf in leaves], "because_en": [leaf.en for leaf in leaves]}
                doubts += leaves if truth_ is None else []
            rows.append(said_)
        rows.sort(key=lambda each: each["id"])
        many = sum(1 for each in rows if each["counts"] == "met")
        shown_ = inside if many else doubts
        tail_zh = f"（{'；'.join(dict.fromkeys(leaf.zh for leaf in shown_))}）" if shown_ else ""
        tail_en = f" ({'; '.join(dict.fromkeys(leaf.en for leaf in shown_))})" if shown_ else ""
        wanted = ("应没有", "there must be none") if negated else ("应至少有一条", "there must be at least one")
        rest = ("", "") if truth else (f"，{wanted[0]}", f"; {wanted[1]}")
        return [
            Leaf(
                rows_of.of,
                str(many),
                required,
                VERDICT_OF[truth],
                f"{zh}：符合的有 {many} 条{tail_zh}{rest[0]}",
                f"{en}: {many} fit{tail_en}{rest[1]}",
                rows=tuple(rows),
                missing=lacked(doubts) if truth is None else (),
            )
        ]

    return Condition(ask, why)
