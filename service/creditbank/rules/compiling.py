"""From a version's text to closures: clauses, outputs and named things, with everything that makes no sense refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from creditbank.rules.amounts import compile_amount
from creditbank.rules.conditions import compile_condition
from creditbank.rules.document import RuleDocument
from creditbank.rules.facts import QUESTIONS, Question
from creditbank.rules.loading import Fields, Items, Text
from creditbank.rules.shapes import Report
from creditbank.rules.terms import Amount, Condition, Context, Leaf, Scope, Truth

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

    def standing(self, scope: Scope) -> Standing:
        """How the clause stands to the case, for its findings."""
        asked = True if self.when is None else self.when.ask(scope)
        if asked is False:
            return "silent"
        if self.unless is not None and self.unless.ask(scope) is True:
            return "exempt"
        truth = self.ask(scope)
        return "met" if truth else "unknown" if truth is None else "not_met"

    def leaves(self, scope: Scope, standing: Standing) -> Sequence[Leaf]:
        """The comparisons that decided it."""
        if standing == "exempt":
            assert self.unless is not None
            return self.unless.why(scope)
        held = [] if self.require is None else list(self.require.why(scope))
        if standing == "unknown":
            doubts = [each for each in (self.when, self.unless) if each is not None and each.ask(scope) is None]
            return [leaf for doubt in doubts for leaf in doubt.why(scope)] + [
                leaf for leaf in held if leaf.verdict == "unknown" or not doubts
            ]
        return held


@dataclass(frozen=True, slots=True)
class Output:
    """Something that is given when the case is granted."""

    name: str
    amount: Amount
    cites: tuple[str, ...]


@dataclass(frozen=True)
class CompiledVersion:
    """A version ready to decide, and exactly which facts it reads of the case and of the rows."""

    document: RuleDocument
    tree: Fields
    question: Question
    version: str
    digest: str
    begins: str
    ends: str
    dated_by: str
    because_zh: str
    because_en: str
    clauses: tuple[Clause, ...]
    outputs: tuple[Output, ...]
    reads: tuple[str, ...]
    row_reads: tuple[str, ...]

    @property
    def citations(self) -> Fields:
        """The sources, by name."""
        found: Fields = self.tree["citations"]
        return found


def compile_version(document: RuleDocument, version: Fields, report: Report, *, ends: str) -> CompiledVersion | None:
    """A version ready to decide, or None after reporting what is wrong with it."""
    question = QUESTIONS[document.question]
    ctx = Context(report, question, version, compile_amount, compile_condition)
    before = len(report.problems)
    dated_by = str(document.tree["version_by"]["fact"])
    ctx.read(dated_by)
    for name in document.tree["applies"]:
        ctx.read(str(name))
    clauses = [_clause(ctx, node) for node in version["clauses"]]
    outputs = _outputs(ctx, version)
    _check_ids(version, report)
    _check_cites(version, report)
    _check_used(ctx, version)
    _check_ground(version, report)
    if len(report.problems) > before:
        return None
    because = document.tree["version_by"]["because"]
    return CompiledVersion(
        document=document,
        tree=version,
        question=question,
        version=str(version["version"]),
        digest=document.digest(version),
        begins=str(version["from"]),
        ends=ends,
        dated_by=dated_by,
        because_zh=str(because["zh"]),
        because_en=str(because["en"]),
        clauses=tuple(clause for clause in clauses if clause is not None),
        outputs=tuple(outputs),
        reads=tuple(sorted(ctx.reads)),
        row_reads=tuple(sorted(ctx.row_reads)),
    )


def _clause(ctx: Context, node: Fields) -> Clause | None:
    parts = {
        word: ctx.condition(ctx, node[word], False) if word in node else None  # noqa: FBT003
        for word in ("when", "unless", "require")
    }
    if "require" not in node and ("unless" in node or "otherwise" in node):
        ctx.report.add(
            node, str(node["id"]), "没有 require，不能写 unless 或 otherwise", "unless and otherwise need a require"
        )
        return None
    if any(word in node and parts[word] is None for word in parts):
        return None
    effect: Any = str(node.get("otherwise", "refuse")) if "require" in node else "state"
    return Clause(
        id=str(node["id"]),
        effect=effect,
        zh=str(node["says"]["zh"]),
        en=str(node["says"]["en"]),
        cites=tuple(str(name) for name in node.get("cites", ())),
        ask=_ask(**parts),
        **parts,
    )


def _ask(*, when: Condition | None, unless: Condition | None, require: Condition | None) -> Callable[[Scope], Truth]:
    if require is None:
        return lambda scope: True
    if when is None and unless is None:
        return require.ask
    held, asked = require.ask, None if when is None else when.ask
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


def _outputs(ctx: Context, version: Fields) -> list[Output]:
    given: Fields = version["gives"]
    wanted = ctx.question.outputs
    for name in given:
        if name not in wanted:
            ctx.report.add(
                name, name, f"不是要给出的量，应为 {'、'.join(wanted)}", f"it is not given: {', '.join(wanted)} are"
            )
    outputs: list[Output] = []
    for name, type_ in wanted.items():
        if name not in given:
            ctx.report.add(given, "gives", f"缺少 {name}", f"{name} is missing")
            continue
        amount = ctx.amount(ctx, given[name], type_)
        if amount is None:
            continue
        if type_.unit == "credits" and not amount.settled:
            zh = "结果可能不是百分之一学分的整数倍，请写明取整，如 round_down_to: 0.5"
            ctx.report.add(given[name], name, zh, "the rounding is not named: end with, say, `round_down_to: 0.5`")
        outputs.append(Output(name, amount, tuple(dict.fromkeys(_sources(given[name], version))) or _ground(version)))
    return outputs


def _ground(version: Fields) -> tuple[str, ...]:
    """What an output stands on that is a plain fact: whatever its clauses stand on."""
    return tuple(dict.fromkeys(str(name) for clause in version["clauses"] for name in clause.get("cites", ())))


def _sources(node: object, version: Fields) -> Iterator[str]:
    """The citations behind everything that an amount refers to, in the order in which it does."""
    for word, section in (("value", "values"), ("table", "tables"), ("named", "names")):
        if isinstance(node, Fields) and isinstance(node.get(word), Text):
            thing = version.get(section, {}).get(node[word], {})
            yield from (str(name) for name in thing.get("cites", ()))
            yield from _sources(
                Fields({key: value for key, value in thing.items() if key in ("amount", "by")}), version
            )
    for child in node.values() if isinstance(node, Fields) else node if isinstance(node, Items) else ():
        if not isinstance(child, Text):
            yield from _sources(child, version)


def _check_ids(version: Fields, report: Report) -> None:
    seen: set[str] = set()
    for clause in version["clauses"]:
        if clause["id"] in seen or clause["id"] in ("gives", "version"):
            report.add(clause["id"], str(clause["id"]), "条款名重复或已被占用", "this clause name is taken")
        seen.add(str(clause["id"]))


def _check_cites(version: Fields, report: Report) -> None:
    """Every figure and every choice says where it comes from: a named amount, a table and a set are choices too."""
    for section in ("values", "tables", "names", "sets"):
        for name, thing in version.get(section, {}).items():
            if "cites" not in thing:
                report.add(name, name, "须写 cites：依据是什么", "it must say what it cites")
    for name, amount in version["gives"].items():
        for node in _literals(amount):
            if any(digit in node for digit in "123456789"):
                zh = "gives 中的数请放到 names、values 或 tables 里，并写依据"
                report.add(node, name, zh, "put this figure into names, values or tables, with its citation")


def _literals(node: object) -> Iterator[Text]:
    if isinstance(node, Text):
        yield node
    elif isinstance(node, Items):
        for child in node:
            yield from _literals(child)
    elif isinstance(node, Fields):
        for word, child in node.items():
            if word not in ("fact", "value", "named", "table", "column", "when"):
                yield from _literals(child)


def _check_used(ctx: Context, version: Fields) -> None:
    for section in ("values", "tables", "names", "sets"):
        for name in version.get(section, {}):
            if (section, str(name)) not in ctx.used:
                ctx.report.add(name, name, "没有用到。请使用或删去。", "it is not used: use it or remove it")


def _check_ground(version: Fields, report: Report) -> None:
    """Silence must not grant: something is always required, unless nothing is given."""
    always = any("require" in clause and "when" not in clause for clause in version["clauses"])
    given = version["gives"].get("credits")
    if not always and not (isinstance(given, Text) and given == "0"):
        zh = "每一条都可能不适用，沉默就会变成认定。至少一条 require 不要写 when。"
        report.add(
            version["clauses"],
            "clauses",
            zh,
            "every clause may be silent, and silence would grant: let one `require` stand without `when`",
        )


def last_day(version: Fields, following: Fields | None) -> str:
    """The last day of a version: as stated, or the day before the next one begins."""
    if "until" in version:
        return str(version["until"])
    if following is None:
        return "9999-12-31"
    return date.fromordinal(date.fromisoformat(following["from"]).toordinal() - 1).isoformat()
