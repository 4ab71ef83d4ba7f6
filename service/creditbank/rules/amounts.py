"""Amounts: facts, figures, named amounts, choices and calculations, typed once when a document is loaded."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from creditbank.credits import HUNDREDTHS
from creditbank.rules.declaring import Fact
from creditbank.rules.durations import duration_of, moved
from creditbank.rules.facts import FACTS
from creditbank.rules.loading import Fields, Text
from creditbank.rules.lookup import table_amount
from creditbank.rules.measures import measured
from creditbank.rules.problems import FactNotReadable
from creditbank.rules.sentences import lacking, seen
from creditbank.rules.terms import Amount, Condition, Context, Scope, Telling, literal_of, type_named
from creditbank.rules.units import NotOfType, Type, number, reader, shown
from creditbank.rules.words import DATE_STEPS, MEASURES, STEP_WORDS

NUMBER = number("number")
_STEP_ZH = {
    "plus": "加",
    "minus": "减",
    "times": "乘",
    "divided_by": "除以",
    "not_below": "最少为",
    "not_above": "最多为",
    "round_down_to": "向下取到",
    "round_up_to": "向上取到",
    "round_half_up_to": "四舍五入到",
    "later_by": "推后",
    "earlier_by": "提前",
}
_STEP_EN = {
    "plus": "plus",
    "minus": "minus",
    "times": "times",
    "divided_by": "divided by",
    "not_below": "at least",
    "not_above": "at most",
    "round_down_to": "rounded down to a multiple of",
    "round_up_to": "rounded up to a multiple of",
    "round_half_up_to": "rounded half up to a multiple of",
    "later_by": "later by",
    "earlier_by": "earlier by",
}


def compile_amount(ctx: Context, node: object, expected: Type | None) -> Amount | None:
    """An amount of the expected type, or of its own where none is expected; None after reporting a problem."""
    amount = _compile(ctx, node, expected)
    if amount is not None and expected is not None and not amount.type.fits(expected):
        ctx.report.add(
            node,
            amount.name or (next(map(str, node), "") if isinstance(node, Fields) else str(node)),
            f"这里应为{expected.named('zh')}，不是{amount.type.named('zh')}",
            f"{expected.named('en')} is needed here, not {amount.type.named('en')}",
        )
        return None
    return amount


def _compile(ctx: Context, node: object, expected: Type | None) -> Amount | None:
    if isinstance(node, Text):
        return _literal(ctx, node, expected)
    assert isinstance(node, Fields)
    if "fact" in node:
        return fact_amount(ctx, node["fact"])
    if "value" in node:
        return _value(ctx, node["value"])
    if "named" in node:
        return named_amount(ctx, node["named"])
    if "table" in node:
        return table_amount(ctx, node)
    if "choose" in node:
        return _choose(ctx, node, expected)
    if "share" in node:
        return _share(ctx, node)
    if any(word in node for word in MEASURES):
        return measured(ctx, node, expected)
    return _calculation(ctx, node, expected)


def _constant(type_: Type, value: Any, *, zh: str = "", en: str = "", name: str = "") -> Amount:
    said = Telling(f"{zh} {shown(type_, value, 'zh')}".strip(), f"{en} {shown(type_, value, 'en')}".strip())
    return Amount(
        type_, lambda scope: value, lambda scope: said, said.zh, said.en, name, may_lack=False, settled=True, fixed=True
    )


def _literal(ctx: Context, node: Text, expected: Type | None) -> Amount | None:
    if expected is None:
        zh = "看不出单位；请改用 values 中有单位的数值"
        ctx.report.add(node, node, zh, "its unit cannot be seen: use a figure of `values`, which has one")
        return None
    value = literal_of(ctx, node, expected)
    return None if value is None else _constant(expected, value)


def fact_amount(ctx: Context, name: Text) -> Amount:
    """The value of a fact in the case, or in the row that is looked at."""
    fact = FACTS[str(name)]
    subject, _, key = fact.name.partition(".")
    if fact.name == "record.id" and not ctx.row:
        zh, en = "只能用来给一组排序或分类", "it can only put the rows of a set in order or in groups"
        ctx.report.add(name, name, zh, en)
    sets = ctx.question.sets
    if subject in sets and (not ctx.row or subject not in sets[ctx.row].own):
        zh, en = f"只在 {subject} 的各条里有", f"only the rows of `{subject}` have it"
        ctx.report.add(name, name, zh, en)
    ctx.read(fact.name)
    ask = _reader(fact, subject, key) if fact.name != "record.id" else _row_id
    none = Telling(lacking(fact).zh, lacking(fact).en, (lacking(fact),))

    def tell(scope: Scope) -> Telling:
        value = ask(scope)
        if value is None:
            return none
        zh, en = seen(fact.name, fact.type, value, "zh"), seen(fact.name, fact.type, value, "en")
        return Telling(f"{fact.zh} {zh}", f"{fact.en} {en}")

    def is_stated(scope: Scope) -> bool:
        fields = scope.get(subject)
        return fields is not None and fields.get(key) is not None

    lacks = fact.absent is None and not fact.always
    return Amount(fact.type, ask, tell, fact.zh, fact.en, fact.name, may_lack=lacks, settled=True, stated=is_stated)


def _row_id(scope: Scope) -> Any:
    """Which record a row is, or uses."""
    return (scope.get("record") or scope).get("id") or scope["id"]


def _reader(fact: Fact, subject: str, key: str) -> Callable[[Scope], Any]:
    read, absent, name = reader(fact.type), fact.absent, fact.name

    def ask(scope: Scope) -> Any:
        fields = scope.get(subject)
        if fields is None:
            return absent
        value = fields.get(key)
        if value is None:
            return absent
        try:
            return read(value)
        except NotOfType as wrong:
            raise FactNotReadable(name, value, why_zh=wrong.zh, why_en=wrong.en) from None

    return ask


def _value(ctx: Context, name: Text) -> Amount | None:
    entry = ctx.entry("values", name)
    if entry is None:
        return None
    type_ = number(str(entry["unit"]))
    value = literal_of(ctx, entry["is"], type_)
    if value is None:
        return None
    return _constant(type_, value, zh=entry["says"]["zh"], en=entry["says"]["en"], name=str(name))


def named_amount(ctx: Context, name: Text) -> Amount | None:
    """An amount that the document names, of the type it declares."""
    entry = ctx.entry("names", name)
    if entry is None:
        return None

    def build() -> Amount | None:
        type_ = type_named(ctx, entry["gives"])
        amount = None if type_ is None else ctx.amount(ctx, entry["amount"], type_)
        if amount is None:
            return None
        zh, en, inner = str(entry["says"]["zh"]), str(entry["says"]["en"]), amount.tell

        def tell(scope: Scope) -> Telling:
            told = inner(scope)
            return Telling(f"{zh}（{told.zh}）", f"{en} ({told.en})", told.missing)

        return replace(amount, tell=tell, zh=zh, en=en, name=str(name))

    built: Amount | None = ctx.once("names", name, build)
    return built


def share_of(ctx: Context, node: object) -> Fraction | None:
    """A share as a document writes it (35%, 1/3), or the figure of `values` that it names."""
    if isinstance(node, Fields):
        entry = ctx.entry("values", node["value"])
        if entry is None:
            return None
        if entry["unit"] != "share":
            zh, en = "单位应为 share", "its unit must be share"
            ctx.report.add(node["value"], str(node["value"]), zh, en)
            return None
        node = entry["is"]
    assert isinstance(node, Text)
    return literal_of(ctx, node, number("share"))  # type: ignore[no-any-return]


def _share(ctx: Context, node: Fields) -> Amount | None:
    part, whole = share_of(ctx, node["share"]), ctx.amount(ctx, node["of"], None)
    if part is None or whole is None:
        return None
    if whole.type.kind != "number":
        ctx.report.add(node, "of", "只有数才有份额", "only a number has a share")
        return None
    share, ask_whole = part, whole.ask

    def ask(scope: Scope) -> Any:
        value = ask_whole(scope)
        return None if value is None else share * value

    def tell(scope: Scope) -> Telling:
        told, said = whole.tell(scope), shown(number("share"), share, "en")
        return Telling(f"{told.zh}的 {said}", f"{said} of {told.en}", told.missing)

    return Amount(whole.type, ask, tell, f"{whole.zh}的份额", f"a share of {whole.en}", may_lack=whole.may_lack)


def _choose(ctx: Context, node: Fields, expected: Type | None) -> Amount | None:
    ways: list[tuple[Condition | None, Amount]] = []
    for number_, way in enumerate(node["choose"]):
        last = number_ == len(node["choose"]) - 1
        if ("otherwise" in way) != last or ("when" in way) == last:
            zh = "choose 的每项是 when 和 take，最后一项是 otherwise"
            ctx.report.add(way, "choose", zh, "each item of choose is when and take, the last one is otherwise")
            return None
        amount = ctx.amount(ctx, way["otherwise" if last else "take"], expected)
        when = None if last else ctx.condition(ctx, way["when"], False)  # noqa: FBT003
        if amount is None or (when is None and not last):
            return None
        expected = expected or amount.type
        ways.append((when, amount))
    return _chosen(ways)


def _chosen(ways: list[tuple[Condition | None, Amount]]) -> Amount:
    """The first way whose condition holds; unknown as soon as a condition before it is."""
    first = ways[0][1]

    def pick(scope: Scope) -> tuple[Condition | None, Amount] | Condition:
        for when, amount in ways:
            held = True if when is None else when.ask(scope)
            if held is None:
                assert when is not None
                return when
            if held:
                return when, amount
        raise AssertionError("the last way has no condition")

    def ask(scope: Scope) -> Any:
        for when, amount in ways:
            held = True if when is None else when.ask(scope)
            if held is None:
                return None
            if held:
                return amount.ask(scope)
        raise AssertionError("the last way has no condition")

    def tell(scope: Scope) -> Telling:
        picked = pick(scope)
        if isinstance(picked, Condition):
            leaves = tuple(picked.why(scope))
            return Telling("；".join(leaf.zh for leaf in leaves), "; ".join(leaf.en for leaf in leaves), leaves)
        when, amount = picked
        told = amount.tell(scope)
        if when is None:
            return told
        ground = [leaf for leaf in when.why(scope) if "stated" not in (leaf.required or ())]
        if not ground:
            return told
        zh, en = "；".join(leaf.zh for leaf in ground), "; ".join(leaf.en for leaf in ground)
        return Telling(f"{told.zh}（{zh}）", f"{told.en} ({en})", told.missing)

    lacks = any(amount.may_lack for _, amount in ways) or len(ways) > 1
    settled = all(amount.settled for _, amount in ways)
    return Amount(first.type, ask, tell, "所取的量", "the amount taken", may_lack=lacks, settled=settled)


def _calculation(ctx: Context, node: Fields, expected: Type | None) -> Amount | None:
    steps = node["then"]
    changes_unit = any("divided_by" in step or "times" in step for step in steps)
    begin = ctx.amount(ctx, node["start"], None if changes_unit or not isinstance(node["start"], Text) else expected)
    if begin is None:
        return None
    if begin.type.kind not in ("number", "date"):
        ctx.report.add(node, "start", "只能用数或日期来计算", "only numbers and dates can be calculated with")
        return None
    type_, settled, lacks = begin.type, begin.settled, begin.may_lack
    done: list[_Step] = []
    for step in steps:
        compiled = _step(ctx, step, type_)
        if compiled is None:
            return None
        done.append(compiled)
        type_ = compiled.type
        rounds = compiled.word.startswith("round")
        inexact = compiled.word in ("times", "divided_by") or not (settled and compiled.operand.settled)
        settled = (rounds and compiled.when is None) or (settled and rounds) or not (inexact or rounds)
        lacks = lacks or compiled.operand.may_lack or compiled.when is not None
    return _calculated(begin, done, type_, settled=settled, lacks=lacks)


class _Step:
    def __init__(self, word: str, operand: Amount, when: Condition | None, type_: Type, scale: int) -> None:
        self.word, self.operand, self.when, self.type = word, operand, when, type_
        self.apply = _ARITHMETIC[word] if scale == 1 else _rate


def _rate(value: Any, per_credit: Any) -> Any:
    """Hours or weeks at so many to the credit, in hundredths."""
    return None if per_credit == 0 else Fraction(value * HUNDREDTHS) / per_credit


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "plus": lambda value, by: value + by,
    "minus": lambda value, by: value - by,
    "times": lambda value, by: value * by,
    "divided_by": lambda value, by: None if by == 0 else Fraction(value) / by,
    "not_below": max,
    "not_above": min,
    "round_down_to": lambda value, to: math.floor(Fraction(value) / to) * to,
    "round_up_to": lambda value, to: math.ceil(Fraction(value) / to) * to,
    "round_half_up_to": lambda value, to: math.floor(Fraction(value) / to + Fraction(1, 2)) * to,
    "later_by": lambda day, by: moved(day, by, forward=True),
    "earlier_by": lambda day, by: moved(day, by, forward=False),
}


def _step(ctx: Context, node: Fields, type_: Type) -> _Step | None:
    word = next(word for word in STEP_WORDS if word in node)
    operand_node = node[word]
    dated = word in DATE_STEPS
    if (type_.kind == "date") is not (dated or word in ("not_below", "not_above")) and (dated or type_.kind == "date"):
        zh, en = "日期只能用 later_by、earlier_by、not_below、not_above", "a date takes later_by and earlier_by only"
        ctx.report.add(operand_node, word, zh, en)
        return None
    if dated:
        return _dated_step(ctx, node, word, type_)
    alone = word in ("times", "divided_by")
    wanted = NUMBER if alone and isinstance(operand_node, Text) else None if alone else type_
    operand = ctx.amount(ctx, operand_node, wanted)
    when = ctx.condition(ctx, node["when"], False) if "when" in node else None  # noqa: FBT003
    if operand is None or ("when" in node and when is None):
        return None
    if operand.fixed and word in ("divided_by", "round_down_to", "round_up_to", "round_half_up_to"):
        nothing = {"start": None}
        if operand.ask(nothing) == 0:
            ctx.report.add(operand_node, word, "不能为 0", "it must not be 0")
            return None
    result, scale = type_, 1
    if alone and not operand.type.fits(NUMBER):
        if word == "divided_by" and operand.type.unit == f"{type_.unit} per credit":
            result, scale = number("credits"), HUNDREDTHS
        elif word == "divided_by" and operand.type.fits(type_):
            result = NUMBER
        else:
            ctx.report.add(
                operand_node,
                word,
                f"不能用{operand.type.named('zh')}去{_STEP_ZH[word]}{type_.named('zh')}",
                f"{type_.named('en')} cannot be {word.replace('_', ' ')} {operand.type.named('en')}",
            )
            return None
    return _Step(word, operand, when, result, scale)


def _dated_step(ctx: Context, node: Fields, word: str, type_: Type) -> _Step | None:
    by = duration_of(ctx, node[word])
    when = ctx.condition(ctx, node["when"], False) if "when" in node else None  # noqa: FBT003
    if by is None or ("when" in node and when is None):
        return None
    said = Telling(by.shown("zh"), by.shown("en"))
    operand = Amount(
        type_, lambda scope: by, lambda scope: said, said.zh, said.en, may_lack=False, settled=True, fixed=True
    )
    return _Step(word, operand, when, type_, 1)


def _calculated(begin: Amount, steps: list[_Step], type_: Type, *, settled: bool, lacks: bool) -> Amount:
    plan = [(step.apply, step.operand.ask, None if step.when is None else step.when.ask) for step in steps]

    def ask(scope: Scope) -> Any:
        value = begin.ask(scope)
        for apply, operand, when in plan:
            if value is None:
                return None
            held = True if when is None else when(scope)
            if held is None:
                return None
            if held:
                by = operand(scope)
                value = None if by is None else apply(value, by)
        return value

    def tell(scope: Scope) -> Telling:
        told = begin.tell(scope)
        zh, en, missing = [told.zh], [told.en], list(told.missing)
        for step in steps:
            held = True if step.when is None else step.when.ask(scope)
            if held is None:
                assert step.when is not None
                missing.extend(step.when.why(scope))
            elif held:
                by = step.operand.tell(scope)
                zh.append(f"{_STEP_ZH[step.word]} {by.zh}{'的倍数' if step.word.startswith('round') else ''}")
                en.append(f"{_STEP_EN[step.word]} {by.en}")
                missing.extend(by.missing)
        return Telling("，".join(zh), ", ".join(en), tuple(missing))

    return Amount(
        type_, ask, tell, "计算所得", "the calculated amount", may_lack=lacks, settled=settled, rows=begin.rows
    )
