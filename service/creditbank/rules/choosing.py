"""Sets: which rows of the same content count, whether this record is among them, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from creditbank.rules.loading import Items, Text
from creditbank.rules.problems import FactNotReadable
from creditbank.rules.questions import Question
from creditbank.rules.terms import VERDICT_OF, Amount, Condition, Context, Leaf, Scope, Truth, lacked, row_scope
from creditbank.rules.units import Type, observed, shown


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
    group: tuple[Any, ...] = ()


def counted_in(ctx: Context, name: Text, *, negated: bool) -> Condition | None:
    """`this_is_in`: whether this record is one of the set."""
    chosen = chosen_set(ctx, name)
    if chosen is None:
        return None
    if chosen.of != "same":
        zh, en = "this_is_in 只问 of: same 的一组", "`this_is_in` asks a set `of: same`"
        ctx.report.add(name, "this_is_in", zh, en)
        return None
    ctx.beside.add(chosen.of)
    if not negated:
        return Condition(chosen.standing, chosen.why)

    def ask(scope: Scope) -> Truth:
        truth = chosen.standing(scope)
        return None if truth is None else not truth

    return Condition(ask, lambda scope: [_turned(leaf) for leaf in chosen.why(scope)])


def _turned(leaf: Leaf) -> Leaf:
    verdict = {"met": "not_met", "not_met": "met"}.get(leaf.verdict, leaf.verdict)
    return Leaf(leaf.fact, leaf.observed, {"is_not_in": leaf.required["is_in"]}, verdict, leaf.zh, leaf.en)  # type: ignore[arg-type]


def chosen_set(ctx: Context, name: Text) -> Chosen | None:
    """A set that the document names, or one of the question as it is; None after reporting a problem."""
    if name in ctx.question.sets and name not in ctx.version.get("sets", {}):
        said = ctx.question.sets[str(name)]
        with ctx.in_rows(str(name)):
            return Chosen(ctx.question, str(name), str(name), None, (), (), (said.zh, said.en))
    found: Chosen | None = ctx.once("sets", name, lambda: _compile(ctx, name))
    return found


def _compile(ctx: Context, name: Text) -> Chosen | None:
    entry = ctx.entry("sets", name)
    if entry is None:
        return None
    if ctx.row:
        ctx.report.add(name, name, "一组之内不能再问另一组", "a set cannot be asked about inside a set")
        return None
    if entry["of"] not in ctx.question.sets:
        listed = ", ".join(ctx.question.sets)
        ctx.report.add(entry["of"], "of", f"没有这组成果，可用：{listed}", f"there is no such set of rows: {listed}")
        return None
    if "per" in entry and "best" not in entry:
        ctx.report.add(entry["per"], "per", "per 须与 best 一起使用", "`per` goes with `best`")
        return None
    with ctx.in_rows(str(entry["of"])):
        where = ctx.condition(ctx, entry["where"], False) if "where" in entry else None  # noqa: FBT003
        keys = _keys(ctx, entry["best"]) if "best" in entry else []
        per = [ctx.amount(ctx, each, None) for each in entry.get("per", ())]
    if ("where" in entry and where is None) or keys is None or None in per:
        return None
    said, groups = entry["says"], tuple(each for each in per if each is not None)
    return Chosen(
        ctx.question, str(name), str(entry["of"]), where, tuple(keys), groups, (str(said["zh"]), str(said["en"]))
    )


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
class Chosen:
    """A set of rows: those of a question that meet a condition, all of them or the best (of each group)."""

    question: Question
    name: str
    of: str
    where: Condition | None
    keys: tuple[_Key, ...]
    per: tuple[Amount, ...]
    said: tuple[str, str]

    def members(self, scope: Scope) -> list[tuple[Scope, Truth, Sequence[Leaf]]] | None:
        """Each row with the facts that it sees, whether it is in the set, and what keeps it out or leaves it open.

        None where the rows are not known at all.
        """
        rows = scope.get(self.of)
        if rows is None:
            return None
        if self.where is None and not self.keys:
            return [(row_scope(self.question, self.of, scope, row), *self._whole(row)) for row in rows]
        candidates = self._candidates(scope, rows)
        found: list[tuple[Scope, Truth, Sequence[Leaf]]] = []
        for each in candidates:
            truth = self._place(each, candidates)
            why = () if truth else self._left_out(each) if each.truth is not True else (self._beaten(truth),)
            found.append((each.scope, truth, why))
        return found

    def _whole(self, row: Scope) -> tuple[Truth, Sequence[Leaf]]:
        return (None, (self._others(),)) if row.get("open") else (True, ())

    def _others(self) -> Leaf:
        zh, en = self.said
        said = (
            f"没有人说过除已报送的以外没有别的{zh}",
            f"nobody has said that there are no others than those stated: {en}",
        )
        return Leaf(self.of, None, None, "unknown", *said)

    def _beaten(self, truth: Truth) -> Leaf:
        if truth is None:
            said = f"{self.said[0]}：先后未定", f"{self.said[1]}: the order is not known"
        else:
            said = f"{self.said[0]}：另一条在前", f"{self.said[1]}: another one comes first"
        return Leaf(self.name, None, {"is_in": self.name}, VERDICT_OF[truth], *said)

    def _place(self, mine: _Candidate, candidates: Sequence[_Candidate]) -> Truth:
        """Whether a row is in the set: unknown where a row whose standing is unknown could take its place."""
        if mine.truth is False or not self.keys:
            return mine.truth
        rivals = [(each, _alike(each.group, mine.group)) for each in candidates if each is not mine]
        beaten = [
            (each.truth is True and alike is True, self._beats(each, mine))
            for each, alike in rivals
            if each.truth is not False and alike is not False
        ]
        if any(sure and beats for sure, beats in beaten):
            return False
        if mine.truth is None or any(beats is not False for _, beats in beaten):
            return None
        return True

    def standing(self, scope: Scope) -> Truth:
        """Whether this record is in the set: unknown where a row whose standing is unknown could take its place."""
        rows = scope.get(self.of)
        if rows is None:
            return None
        if len(rows) == 1:
            row = self._this(rows)
            return True if self.where is None else self.where.ask(row_scope(self.question, self.of, scope, row))
        self._this(rows)
        candidates = self._candidates(scope, rows)
        return self._place(next(each for each in candidates if each.row.get("this") is True), candidates)

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
        made: list[_Candidate] = []
        for row in rows:
            inner = row_scope(self.question, self.of, scope, row)
            truth: Truth = True if self.where is None else self.where.ask(inner)
            if row.get("open") and truth:
                truth = None
            keys = () if truth is False else tuple([key.amount.ask(inner) for key in self.keys])
            group = () if truth is False else tuple([key.ask(inner) for key in self.per])
            made.append(_Candidate(row, inner, truth, keys, group))
        return made

    def _beats(self, one: _Candidate, other: _Candidate) -> Truth:
        """Whether one row comes before the other; unknown where a key that decides is not known."""
        if one.row.get("open") or other.row.get("open"):
            return None
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
        mine = next(each for each in candidates if each.row.get("this") is True)
        seen = [self._row_seen(each) for each in candidates]
        zh, en = self._sentence(truth, mine, candidates)
        gaps = () if truth is not None else lacked(self._doubts(candidates))
        return [Leaf(self.of, seen, required, VERDICT_OF[truth], zh, en, missing=gaps)]

    def _doubts(self, candidates: Sequence[_Candidate]) -> Iterator[Leaf]:
        """What is not known of the rows that may be in the set: whether they are, and what puts them in order."""
        for each in candidates:
            if each.truth is None:
                yield from self._left_out(each)
            for key, value in zip(self.keys, each.keys, strict=False):
                if value is None and not key.last:
                    yield from key.amount.tell(each.scope).missing

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
        open_ = [leaf for each in candidates if each.truth is None for leaf in self._left_out(each)]
        why_zh = "；".join(leaf.zh for leaf in open_) or "排序所需的事实不全"
        why_en = "; ".join(leaf.en for leaf in open_) or "facts that put them in order are missing"
        return f"{head_zh}，尚不能确定计入哪一条：{why_zh}", f"{head_en}; which one counts is not known yet: {why_en}"

    def _left_out(self, candidate: _Candidate) -> Sequence[Leaf]:
        if candidate.truth is None and candidate.row.get("open"):
            return (self._others(),)
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


def _alike(one: tuple[Any, ...], other: tuple[Any, ...]) -> Truth:
    """Whether two rows are of one group; unknown where what is known of them agrees and something is not."""
    pairs = list(zip(one, other, strict=False))
    if any(mine is not None and theirs is not None and mine != theirs for mine, theirs in pairs):
        return False
    return None if any(mine is None or theirs is None for mine, theirs in pairs) else True


def _comparable(type_: Type, one: Any, other: Any) -> tuple[Any, Any]:
    if type_.choices is None:
        return one, other
    first, second = type_.choices.rank(one), type_.choices.rank(other)
    if first is None or second is None or first[0] != second[0]:
        return None, None
    return first[1], second[1]
