"""Clauses: what each demands, of whom, what frees from it, and how it stands to a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Literal

from creditbank.rules.caps import Cap, compile_cap
from creditbank.rules.choosing import Chosen, chosen_set
from creditbank.rules.loading import Fields
from creditbank.rules.terms import Amount, Condition, Context, Leaf, Scope, Truth
from creditbank.rules.units import DATE

Effect = Literal["refuse", "refer", "warn", "state"]
Standing = Literal["silent", "exempt", "met", "not_met", "unknown"]


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a version. `ask` is True where it stands in nobody's way: met, silent or exempt."""

    id: str
    effect: Effect
    zh: str
    en: str
    cites: tuple[str, ...]
    ask: Callable[[Scope], Truth]
    when: Condition | None
    unless: Condition | None
    require: Condition | None
    cap: Cap | None = None
    each: Chosen | None = None
    replaces: Replaces | None = None
    final: bool = False
    until: Amount | None = None

    def last_day(self, scope: Scope) -> str | None:
        """The last day on which it can still be mended, where the document says one and it is known."""
        return None if self.until is None else self.until.ask(scope)

    def over(self, scope: Scope) -> bool:
        """Whether nothing repairs it any more: ever, or after its last day."""
        if self.final:
            return True
        day, on = self.last_day(scope), (scope.get("pathway") or {}).get("on")
        return day is not None and on is not None and on > day

    def standing(self, scope: Scope) -> Standing:
        """How the clause stands to the case, for its findings; of a clause about rows the gravest that a row has."""
        if self.each is None:
            return self._standing(scope)
        rows = self._rows(scope)
        if rows is None:
            return "unknown"
        found = {standing for _, standing, _ in rows}
        return next((each for each in _GRAVEST if each in found), "silent")

    def rows(self, scope: Scope) -> list[Scope] | None:
        """The rows that a clause about rows asks, each with the facts that it sees; None where they are not known."""
        rows = self._rows(scope)
        return None if rows is None or any(open_ for _, _, open_ in rows) else [row for row, _, _ in rows]

    def _rows(self, scope: Scope) -> list[tuple[Scope, Standing, Sequence[Leaf]]] | None:
        """Each row that is asked or may have to be, how the clause stands to it, and what leaves it open."""
        assert self.each is not None
        members = self.each.members(scope)
        if members is None:
            return None
        found: list[tuple[Scope, Standing, Sequence[Leaf]]] = []
        for row, member, why in members:
            if member is not False:
                standing = self._standing(row)
                open_ = member is None and standing in ("not_met", "unknown")
                found.append((row, "unknown" if open_ else standing, why if open_ else ()))
        return found

    def _standing(self, scope: Scope) -> Standing:
        asked = True if self.when is None else self.when.ask(scope)
        if asked is False:
            return "silent"
        if self.unless is not None and self.unless.ask(scope) is True:
            return "exempt"
        if asked and self.cap is not None and self.cap.silent(scope):
            return "silent"
        truth = self._asked(scope)
        return "met" if truth else "unknown" if truth is None else "not_met"

    def _asked(self, scope: Scope) -> Truth:
        return _ask(when=self.when, unless=self.unless, require=self.require, cap=self.cap)(scope)

    def leaves(self, scope: Scope, standing: Standing) -> Sequence[Leaf]:
        """The comparisons that decided it; of a clause about rows those of the rows that have that standing."""
        if self.each is None:
            return self._leaves(scope, standing)
        rows = self._rows(scope)
        if rows is None:
            zh, en = self.each.said
            return [Leaf(self.each.of, None, None, "unknown", f"不知道有哪些{zh}", f"the rows are not known: {en}")]
        several = len(rows) > 1
        return [
            _of_row(leaf, place, row) if several else leaf
            for place, (row, stands, open_) in enumerate(rows, start=1)
            if stands == standing
            for leaf in (open_ or self._leaves(row, standing))
        ]

    def _leaves(self, scope: Scope, standing: Standing) -> Sequence[Leaf]:
        if standing == "exempt":
            assert self.unless is not None
            return self.unless.why(scope)
        held = list(self.cap.why(scope)) if self.cap else [] if self.require is None else list(self.require.why(scope))
        if standing == "unknown":
            doubts = [each for each in (self.when, self.unless) if each is not None and each.ask(scope) is None]
            return [leaf for doubt in doubts for leaf in doubt.why(scope)] + [
                leaf for leaf in held if leaf.verdict == "unknown" or not doubts
            ]
        return held


_GRAVEST: tuple[Standing, ...] = ("not_met", "unknown", "met", "exempt")


def _of_row(leaf: Leaf, place: int, row: Scope) -> Leaf:
    return replace(leaf, zh=f"第 {place} 条：{leaf.zh}", en=f"no. {place}: {leaf.en}", row=str(row["id"]))


@dataclass(frozen=True, slots=True)
class Replaces:
    """Earlier rows of a set with a key of this line give way to it."""

    rows_of: str
    per: tuple[Amount, ...]


def compile_clause(ctx: Context, node: Fields) -> Clause | None:
    """A clause ready to be asked, or None after reporting what is wrong with it."""
    if not _fits_together(ctx, node):
        return None
    each = chosen_set(ctx, node["each"]) if "each" in node else None
    if "each" in node and each is None:
        return None
    if each is not None:
        ctx.beside.add(each.of)
    with ctx.in_rows(each.of) if each is not None else nullcontext():
        parts = {
            word: ctx.condition(ctx, node[word], False) if word in node else None  # noqa: FBT003
            for word in ("when", "unless", "require")
        }
    cap = compile_cap(ctx, node) if "cap" in node else None
    replaces_ = _replaces(ctx, node["replaces"]) if "replaces" in node else None
    until = _until(ctx, node) if "until" in node else None
    found: dict[str, object] = {**parts, "cap": cap, "replaces": replaces_, "until": until}
    if any(word in node and found[word] is None for word in found):
        return None
    demands = "require" in node or "cap" in node
    effect: Any = str(node.get("otherwise", "refuse")) if demands else "state"
    return Clause(
        id=str(node["id"]),
        effect=effect,
        zh=str(node["says"]["zh"]),
        en=str(node["says"]["en"]),
        cites=tuple(str(name) for name in node.get("cites", ())),
        ask=_ask_rows(each, _ask(**parts, cap=cap)),
        cap=cap,
        each=each,
        replaces=replaces_,
        final="final" in node,
        until=until,
        **parts,
    )


def _until(ctx: Context, node: Fields) -> Amount | None:
    if ctx.question.name != "progression":
        ctx.report.add(node, "until", "只有转段规则的条款才写 until", "only a clause of a progression has `until`")
        return None
    ctx.reads.add("pathway.on")
    return ctx.amount(ctx, node["until"], DATE)


_TOGETHER = (
    (("final", "until"), "final 与 until 只能有一个", "it has either `final` or `until`"),
    (("require", "cap"), "require 和 cap 只能有一个", "it has either `require` or `cap`"),
    (("require", "replaces"), "replaces 单独成条", "`replaces` is a clause of its own"),
    (("cap", "replaces"), "replaces 单独成条", "`replaces` is a clause of its own"),
    (("cap", "each"), "上限不与 each 合用", "a cap is not asked row by row: use `per`"),
    (("replaces", "each"), "replaces 不与 each 合用", "`replaces` is not asked row by row"),
)


def _fits_together(ctx: Context, node: Fields) -> bool:
    name = str(node["id"])
    for words, zh, en in _TOGETHER:
        if all(word in node for word in words):
            ctx.report.add(node, name, zh, en)
            return False
    demands = "require" in node or "cap" in node
    for word in ("unless", "otherwise", "each", "final", "until"):
        if word in node and not demands:
            zh, en = f"没有 require 或 cap，不能写 {word}", f"`{word}` needs a `require` or a `cap`"
            ctx.report.add(node, name, zh, en)
            return False
    if "at_most" in node and "cap" not in node:
        ctx.report.add(node, name, "没有 cap，不能写 at_most", "`at_most` needs a `cap`")
        return False
    return True


def _replaces(ctx: Context, node: Fields) -> Replaces | None:
    rows = chosen_set(ctx, node["over"])
    if rows is None:
        return None
    if not ctx.question.sets[rows.of].taken_on or rows.name != rows.of:
        listed = ", ".join(name for name, each in ctx.question.sets.items() if each.taken_on) or "—"
        ctx.report.add(node["over"], "over", f"只能是 {listed}", f"it must be {listed}")
        return None
    with ctx.in_rows(rows.of):
        per = [ctx.amount(ctx, each, None) for each in node["per"]]
    return None if None in per else Replaces(rows.of, tuple(each for each in per if each is not None))


def _ask_rows(each: Chosen | None, ask: Callable[[Scope], Truth]) -> Callable[[Scope], Truth]:
    if each is None:
        return ask

    def ask_rows(scope: Scope) -> Truth:
        members = each.members(scope)
        if members is None:
            return None
        truth: Truth = True
        for row, member, _ in members:
            if member is False:
                continue
            held = ask(row)
            if held is False and member:
                return False
            if not held:
                truth = None
        return truth

    return ask_rows


def _ask(
    *, when: Condition | None, unless: Condition | None, require: Condition | None, cap: Cap | None
) -> Callable[[Scope], Truth]:
    if require is None and cap is None:
        return lambda scope: True
    demand = require if require is not None else cap
    assert demand is not None
    if when is None and unless is None:
        return demand.ask
    held, asked = demand.ask, None if when is None else when.ask
    freed = None if unless is None else unless.ask

    def ask(scope: Scope) -> Truth:
        applies = True if asked is None else asked(scope)
        if applies is False:
            return True
        truth = held(scope)
        if truth is True:
            return True
        free = False if freed is None else freed(scope)
        if free is True:
            return True
        return None if applies is None or free is None else truth

    return ask
