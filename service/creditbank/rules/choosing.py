"""Sets: which rows of the same content count, whether this record is among them, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from creditbank.rules.facts import OWN_IN_ROWS
from creditbank.rules.loading import Items, Text
from creditbank.rules.problems import FactNotReadable
from creditbank.rules.terms import VERDICT_OF, Amount, Condition, Context, Leaf, Scope, Truth
from creditbank.rules.units import Type, observed, shown

_EMPTY: dict[str, None] = dict.fromkeys(OWN_IN_ROWS)


@dataclass(frozen=True)
class _Key:
    """One comparison of `best`: what, which way, and whether a row that does not state it comes last."""

    amount: Amount
    highest: bool
    last: bool


@dataclass
class _Candidate:
    row: Scope
    scope: Scope
    truth: Truth
    keys: tuple[Any, ...] = ()


def counted_in(ctx: Context, name: Text, *, negated: bool) -> Condition | None:
    """`this_is_in`: whether this record is one of the set."""
    chosen: _Chosen | None = ctx.once("sets", name, lambda: _compile(ctx, name))
    if chosen is None:
        return None
    if not negated:
        return Condition(chosen.standing, chosen.why)

    def ask(scope: Scope) -> Truth:
        truth = chosen.standing(scope)
        return None if truth is None else not truth

    return Condition(ask, lambda scope: [_turned(leaf) for leaf in chosen.why(scope)])


def _turned(leaf: Leaf) -> Leaf:
    verdict = {"met": "not_met", "not_met": "met"}.get(leaf.verdict, leaf.verdict)
    return Leaf(leaf.fact, leaf.observed, {"is_not_in": leaf.required["is_in"]}, verdict, leaf.zh, leaf.en)  # type: ignore[arg-type]


def _compile(ctx: Context, name: Text) -> _Chosen | None:
    entry = ctx.entry("sets", name)
    if entry is None:
        return None
    if ctx.in_row:
        ctx.report.add(name, name, "一组成果之内不能再问另一组", "a set cannot be asked about inside a set")
        return None
    if entry["of"] not in ctx.question.sets:
        listed = ", ".join(ctx.question.sets)
        ctx.report.add(entry["of"], "of", f"没有这组成果，可用：{listed}", f"there is no such set of rows: {listed}")
        return None
    ctx.in_row = True
    where = ctx.condition(ctx, entry["where"], False) if "where" in entry else None  # noqa: FBT003
    keys = _keys(ctx, entry["best"]) if "best" in entry else []
    ctx.in_row = False
    if ("where" in entry and where is None) or keys is None:
        return None
    said = entry["says"]
    return _Chosen(str(name), str(entry["of"]), where, tuple(keys), (str(said["zh"]), str(said["en"])))


def _keys(ctx: Context, best: Items) -> list[_Key] | None:
    keys: list[_Key] = []
    for node in best:
        word = "highest" if "highest" in node else "lowest"
        amount = ctx.amount(ctx, node[word], None)
        if amount is None:
            return None
        if not amount.type.ordered and amount.name != "record.id":
            ctx.report.add(node, word, f"{amount.zh}没有高低之分", f"{amount.en} has no higher or lower")
            return None
        if amount.may_lack and "unstated" not in node:
            zh = f"{amount.zh}可能未报送，请写 unstated: last 或 unknown"
            ctx.report.add(node, word, zh, f"{amount.en} may be missing: write `unstated: last` or `unstated: unknown`")
            return None
        keys.append(_Key(amount, word == "highest", node.get("unstated") == "last"))
    if keys[-1].amount.name != "record.id":
        zh = "还可能并列。最后一项请写 lowest: {fact: record.id}，使顺序完整。"
        ctx.report.add(best, "best", zh, "there may still be ties: end with `lowest: {fact: record.id}`")
        return None
    return keys


@dataclass(frozen=True)
class _Chosen:
    name: str
    of: str
    where: Condition | None
    keys: tuple[_Key, ...]
    said: tuple[str, str]

    def standing(self, scope: Scope) -> Truth:
        """Whether this record is in the set: unknown where a row whose standing is unknown could take its place."""
        rows = scope.get(self.of)
        if rows is None:
            return None
        if len(rows) == 1:
            row = self._this(rows)
            return True if self.where is None else self.where.ask({**scope, **_EMPTY, **row})
        candidates = self._candidates(scope, rows)
        mine = next(each for each in candidates if each.row["this"])
        if mine.truth is False or not self.keys:
            return mine.truth
        rivals = [each for each in candidates if each is not mine and each.truth is not False]
        beaten = [(each.truth, self._beats(each, mine)) for each in rivals]
        if any(sure and beats for sure, beats in beaten):
            return False
        if mine.truth is None or any(beats is not False for _, beats in beaten):
            return None
        return True

    def _this(self, rows: Sequence[Scope]) -> Scope:
        mine = [row for row in rows if row.get("this") is True]
        if len(mine) != 1 or len({row.get("id") for row in rows}) != len(rows):
            raise FactNotReadable(
                self.of,
                [row.get("id") for row in rows],
                why_zh="须有且只有一行 this 为 true，且 id 不重复",
                why_en="exactly one row must have this: true, and no id twice",
            )
        return mine[0]

    def _candidates(self, scope: Scope, rows: Sequence[Scope]) -> list[_Candidate]:
        self._this(rows)
        made: list[_Candidate] = []
        for row in rows:
            inner = {**scope, **_EMPTY, **row}
            truth: Truth = True if self.where is None else self.where.ask(inner)
            keys = () if truth is False else tuple([key.amount.ask(inner) for key in self.keys])
            made.append(_Candidate(row, inner, truth, keys))
        return made

    def _beats(self, one: _Candidate, other: _Candidate) -> Truth:
        """Whether one row comes before the other; unknown where a key that decides is not known."""
        for key, mine, theirs in zip(self.keys, one.keys, other.keys, strict=True):
            if mine is None or theirs is None:
                if mine is None and theirs is None and key.last:
                    continue
                if not key.last:
                    return None
                return theirs is None
            first, second = _comparable(key.amount.type, mine, theirs)
            if first is None:
                return None
            if first != second:
                return bool((first > second) is key.highest)
        return False

    def why(self, scope: Scope) -> list[Leaf]:
        """One leaf: how many rows there are, which counts, and what kept each of the others out."""
        truth = self.standing(scope)
        required = {"is_in": self.name}
        rows = scope.get(self.of)
        if rows is None:
            zh = f"不知道这位学习者有哪些{self.said[0]}，可由学分银行提供"
            en = f"the records of the same content are not known ({self.said[1]}); the credit bank can supply them"
            return [Leaf(self.of, None, required, "unknown", zh, en)]
        candidates = sorted(self._candidates(scope, rows), key=lambda each: str(each.row["id"]))
        mine = next(each for each in candidates if each.row["this"])
        seen = [self._row_seen(each) for each in candidates]
        zh, en = self._sentence(truth, mine, candidates)
        return [Leaf(self.of, seen, required, VERDICT_OF[truth], zh, en)]

    def _sentence(self, truth: Truth, mine: _Candidate, candidates: list[_Candidate]) -> tuple[str, str]:
        many = len(candidates)
        head_zh, head_en = (
            f"{self.said[0]}：同一内容的成果共 {many} 条",
            f"{self.said[1]}: {many} record(s) of the same content",
        )
        if mine.truth is False:
            left = self._left_out(mine)
            return (
                f"{head_zh}，本条不在其中：{'；'.join(leaf.zh for leaf in left)}",
                f"{head_en}; this one is not among them: {'; '.join(leaf.en for leaf in left)}",
            )
        if truth:
            return (
                f"{head_zh}，计入本条（{self._told(mine, 'zh')}）",
                f"{head_en}; this one counts ({self._told(mine, 'en')})",
            )
        better = [each for each in candidates if each is not mine and each.truth is not False]
        winner = next((each for each in better if not any(self._beats(rival, each) for rival in better)), mine)
        if truth is False:
            return (
                f"{head_zh}，计入另一条（{self._told(winner, 'zh')}），不再计入本条（{self._told(mine, 'zh')}）",
                f"{head_en}; another one counts ({self._told(winner, 'en')}), not this one ({self._told(mine, 'en')})",
            )
        open_ = [
            leaf for each in candidates if each.truth is None and self.where for leaf in self.where.why(each.scope)
        ]
        why_zh = "；".join(leaf.zh for leaf in open_) or "排序所需的事实不全"
        why_en = "; ".join(leaf.en for leaf in open_) or "facts that put them in order are missing"
        return f"{head_zh}，尚不能确定计入哪一条：{why_zh}", f"{head_en}; which one counts is not known yet: {why_en}"

    def _left_out(self, candidate: _Candidate) -> Sequence[Leaf]:
        return self.where.why(candidate.scope) if self.where else ()

    def _told(self, candidate: _Candidate, language: Any) -> str:
        said = []
        for key, value in zip(self.keys, candidate.keys, strict=False):
            if key.amount.name != "record.id" and value is not None:
                label = key.amount.zh if language == "zh" else key.amount.en
                said.append(f"{label} {shown(key.amount.type, value, language)}")
        return ("、" if language == "zh" else ", ").join(said)

    def _row_seen(self, candidate: _Candidate) -> dict[str, Any]:
        keys = {
            key.amount.name: None if value is None else observed(key.amount.type, value)
            for key, value in zip(self.keys, candidate.keys, strict=False)
        }
        seen: dict[str, Any] = {"id": candidate.row["id"], "fits": VERDICT_OF[candidate.truth], "by": keys}
        if candidate.truth is not True:
            seen["left_out_zh"] = [leaf.zh for leaf in self._left_out(candidate)]
            seen["left_out_en"] = [leaf.en for leaf in self._left_out(candidate)]
        return seen


def _comparable(type_: Type, one: Any, other: Any) -> tuple[Any, Any]:
    if type_.choices is None:
        return one, other
    first, second = type_.choices.rank(one), type_.choices.rank(other)
    if first is None or second is None or first[0] != second[0]:
        return None, None
    return first[1], second[1]
