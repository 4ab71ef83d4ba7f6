"""Caps: what a clause counts over what stands and what this line adds, group by group, and what it may come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from creditbank.errors import Language
from creditbank.rules.choosing import Chosen, chosen_set
from creditbank.rules.loading import Fields
from creditbank.rules.measures import COUNT
from creditbank.rules.terms import AFTER, VERDICT_OF, Amount, Condition, Context, Leaf, Scope, Telling, Truth, lacked
from creditbank.rules.units import Type, observed, shown

Group = tuple[Any, ...]
_Seen = tuple[Scope, Truth, list[Leaf]]


@dataclass(frozen=True)
class Cap:
    """A cap. It asks only lines that it counts, and of its groups only those that the line is in.

    `rows_of` names the set, `where` what of it counts, `per` the groups, `what` the weight of a row (1 where it counts
    rows), `limit` what a group may come to.
    """

    rows_of: Chosen
    where: Condition | None
    per: tuple[Amount, ...]
    what: Amount | None
    limit: Amount
    said: tuple[str, str]

    @property
    def type(self) -> Type:
        """What it counts in."""
        return self.limit.type

    def counts(self, row: Scope) -> Truth:
        """Whether a row counts."""
        return True if self.where is None else self.where.ask(row)

    def group(self, row: Scope) -> Group:
        """The group a row is in; a None in it is not known."""
        return tuple([key.ask(row) for key in self.per])

    def weight(self, row: Scope) -> Any:
        """What a row adds; None where that is not known."""
        return 1 if self.what is None else self.what.ask(row)

    def rows(self, scope: Scope) -> list[tuple[Scope, Truth, Sequence[Leaf]]] | None:
        """The rows of the set once this line stands."""
        return self.rows_of.members({**scope, **scope.get(AFTER, {})})

    def ask(self, scope: Scope) -> Truth:
        """Whether every group that this line is in stays within the limit."""
        groups = self._groups(scope)
        if groups is None:
            return None
        truth: Truth = True
        for each in groups:
            if each.truth is False:
                return False
            if each.truth is None:
                truth = None
        return truth

    def why(self, scope: Scope) -> list[Leaf]:
        """One leaf for each group that this line is in: before, this line, after, limit, room left."""
        groups = self._groups(scope)
        if groups is None:
            zh, en = self.rows_of.said
            return [Leaf(self.rows_of.of, None, None, "unknown", f"不知道有哪些{zh}", f"not known: {en}")]
        return [self._leaf(each, scope) for each in groups]

    def silent(self, scope: Scope) -> bool:
        """Whether it counts nothing of this line."""
        seen = self._seen(scope)
        return seen is not None and not any(_is_of_line(*each) for each in seen)

    def _groups(self, scope: Scope) -> list[_Group] | None:
        """The groups of this line's rows, each as it stands after it; None where the rows are not known."""
        seen = self._seen(scope)
        if seen is None:
            return None
        keys = dict.fromkeys(self.group(row) for row, truth, why in seen if _is_of_line(row, truth, why))
        limit = self.limit.ask(scope) if keys else None
        found = [_Group(key, limit) for key in keys]
        for group in found:
            for row, truth, open_ in seen:
                if truth is not False:
                    self._add(group, row, truth=truth, open_=open_)
        return found

    def _seen(self, scope: Scope) -> list[_Seen] | None:
        """Each row of the set, whether it counts, and what leaves that open; None where the rows are not known."""
        rows = self.rows(scope)
        if rows is None:
            return None
        seen: list[_Seen] = []
        for row, member, why in rows:
            counts = False if member is False else self.counts(row)
            truth = None if member is None and counts is not False else counts
            of_where = self.where.why(row) if self.where is not None and counts is None else ()
            seen.append((row, truth, list(why if member is None else of_where)))
        return seen

    def _add(self, group: _Group, row: Scope, *, truth: Truth, open_: list[Leaf]) -> None:
        key, weight = self.group(row), self.weight(row)
        unknown_key = None in key or None in group.key
        if not unknown_key and key != group.key:
            return
        group.sure = group.sure or (row.get("this") is True and truth is True and not unknown_key)
        if truth is None or unknown_key or weight is None:
            group.open = True
            group.missing += open_
            if weight is None and self.what is not None:
                group.missing += self.what.tell(row).missing
            if unknown_key:
                group.missing += [leaf for each in self.per if each.ask(row) is None for leaf in each.tell(row).missing]
            return
        if row.get("this") is True:
            group.line += weight
        else:
            group.before += weight
        group.ids.append(str(row["id"]))

    def _leaf(self, group: _Group, scope: Scope) -> Leaf:
        name = self.rows_of.of if self.what is None else self.what.name
        told = self.limit.tell(scope)
        key_zh, key_en = "、".join(self._called(group, "zh")), ", ".join(self._called(group, "en"))
        head_zh, head_en = (f"（{key_zh}）" if key_zh else ""), (f" ({key_en})" if key_en else "")
        zh, en = self.said
        if group.truth is None:
            missing = (*group.missing, *(told.missing if group.limit is None else ()))
            why_zh = "；".join(dict.fromkeys(leaf.zh for leaf in missing)) or "所计各条不全"
            why_en = "; ".join(dict.fromkeys(leaf.en for leaf in missing)) or "what it counts is not all known"
            required = None if group.limit is None else {"at_most": observed(self.type, group.limit)}
            said = f"{zh}{head_zh}：{why_zh}", f"{en}{head_en}: {why_en}"
            return Leaf(name, None, required, "unknown", *said, missing=lacked(missing))
        after = group.before + group.line
        numbers = {word: observed(self.type, value) for word, value in (("before", group.before), ("line", group.line))}
        required = {"at_most": observed(self.type, group.limit), **numbers}
        return Leaf(
            name,
            observed(self.type, after),
            required,
            VERDICT_OF[group.truth],
            f"{zh}{head_zh}：{self._sentence(group, told, 'zh')}",
            f"{en}{head_en}: {self._sentence(group, told, 'en')}",
            rows=tuple({"id": each, "counts": "met"} for each in sorted(group.ids)),
        )

    def _called(self, group: _Group, language: Language) -> list[str]:
        """What a group is called, without what tells people nothing: ids, and the index of a content."""
        return [
            shown(amount.type, value, language)
            for amount, value in zip(self.per, group.key, strict=True)
            if value is not None and not amount.name.endswith((".id", ".content"))
        ]

    def _sentence(self, group: _Group, told: Telling, language: Language) -> str:
        def say(value: Any) -> str:
            return shown(self.type, value, language)

        after, left = group.before + group.line, group.limit - group.before - group.line
        plain = say(group.limit)
        why = told.zh if language == "zh" else told.en
        if language == "zh":
            ground = "" if why == plain else f"（{why}）"
            rest = f"余额 {say(left)}" if left >= 0 else f"超出 {say(-left)}"
            return f"此前 {say(group.before)}，本次 {say(group.line)}，合计 {say(after)}，上限 {plain}{ground}，{rest}"
        ground = "" if why == plain else f" ({why})"
        rest = f"{say(left)} left" if left >= 0 else f"{say(-left)} too much"
        return (
            f"before {say(group.before)}, this {say(group.line)}, together {say(after)}, limit {plain}{ground}, {rest}"
        )


def _is_of_line(row: Scope, truth: Truth, _: object) -> bool:
    return row.get("this") is True and truth is not False


@dataclass
class _Group:
    key: Group
    limit: Any
    before: Any = 0
    line: Any = 0
    open: bool = False
    sure: bool = False
    """Whether this line is in it whatever is open."""

    def __post_init__(self) -> None:
        self.ids: list[str] = []
        self.missing: list[Leaf] = []

    @property
    def truth(self) -> Truth:
        """Within the limit, or not, whatever is open: what is known already to be too much cannot become less.

        A line that only may be in the group is not refused for what others have used up.
        """
        if self.limit is None:
            return None
        if self.sure and self.before + self.line > self.limit:
            return False
        return None if self.open else True


def compile_cap(ctx: Context, clause: Fields) -> Cap | None:
    """The cap of a clause; None after reporting a problem."""
    node: Fields = clause["cap"]
    if "at_most" not in clause:
        ctx.report.add(clause, str(clause["id"]), "cap 须写 at_most", "a cap needs `at_most`")
        return None
    if "sum" in node and "over" not in node:
        ctx.report.add(node, "sum", "须写 over：哪一组", "`over` is missing: which rows")
        return None
    rows = chosen_set(ctx, node["count"] if "count" in node else node["over"])
    if rows is None:
        return None
    if not ctx.question.sets[rows.of].taken_on:
        listed = ", ".join(name for name, each in ctx.question.sets.items() if each.taken_on) or "—"
        zh, en = f"上限只能计 {listed}", f"a cap counts {listed} only"
        ctx.report.add(node, "cap", zh, en)
        return None
    if rows.keys:
        ctx.report.add(node, "cap", "上限所计的一组不能用 best", "the set of a cap cannot have `best`")
        return None
    with ctx.in_rows(rows.of):
        where = ctx.condition(ctx, node["where"], False) if "where" in node else None  # noqa: FBT003
        what = ctx.amount(ctx, node["sum"], None) if "sum" in node else None
        per = [ctx.amount(ctx, each, None) for each in node.get("per", ())]
    if ("where" in node and where is None) or ("sum" in node and what is None) or None in per:
        return None
    limit = ctx.amount(ctx, clause["at_most"], COUNT if what is None else what.type)
    if limit is None:
        return None
    said = str(clause["says"]["zh"]), str(clause["says"]["en"])
    return Cap(rows, where, tuple(each for each in per if each is not None), what, limit, said)
