"""From a version's text to closures: clauses, outputs and named things, with everything that makes no sense refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from creditbank.rules.amounts import compile_amount
from creditbank.rules.caps import Cap, compile_cap
from creditbank.rules.choosing import Chosen, chosen_set
from creditbank.rules.conditions import compile_condition
from creditbank.rules.document import RuleDocument
from creditbank.rules.loading import Fields, Items, Text
from creditbank.rules.measures import Measure
from creditbank.rules.procedure import Procedure, compile_procedure
from creditbank.rules.questions import QUESTIONS, Question
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
    cap: Cap | None = None
    each: Chosen | None = None
    replaces: Replaces | None = None
    final: bool = False

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


@dataclass(frozen=True, slots=True)
class Output:
    """Something that is given when the case is granted, always or only `when` something holds."""

    name: str
    amount: Amount
    cites: tuple[str, ...]
    when: Condition | None = None

    def given(self, scope: Scope) -> Truth:
        """Whether it is given at all."""
        return True if self.when is None else self.when.ask(scope)

    def value(self, scope: Scope) -> Any:
        """What is given; None where that is not known, or nothing is."""
        return self.amount.ask(scope) if self.given(scope) else None


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
    row_reads: Mapping[str, tuple[str, ...]]
    """Of the rows of each set that it asks about."""
    procedure: Procedure | None = None
    measures: Mapping[str, tuple[Measure, Fields]] = field(default_factory=dict)
    """Its measures by place, with the node that writes each."""
    beside: frozenset[str] = frozenset()
    """Sets whose rows it asks about one by one, not only by measures."""

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
    procedure = None
    if "procedure" in version:
        if question.name != "conversion" or "gives" not in version:
            zh, en = "只有给出学分的转换规则才写 procedure", "only a conversion document that gives something has hands"
            ctx.report.add(version["procedure"], "procedure", zh, en)
        else:
            procedure = compile_procedure(ctx, version["procedure"])
    _check_ids(version, report)
    _check_cites(version, report)
    _check_used(ctx, version)
    _check_ground(version, question, report)
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
        row_reads={name: tuple(sorted(read)) for name, read in sorted(ctx.row_reads.items())},
        procedure=procedure,
        measures=ctx.measures,
        beside=frozenset(ctx.beside),
    )


def _clause(ctx: Context, node: Fields) -> Clause | None:
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
    found: dict[str, object] = {**parts, "cap": cap, "replaces": replaces_}
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
        **parts,
    )


_TOGETHER = (
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
    for word in ("unless", "otherwise", "each", "final"):
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


def _outputs(ctx: Context, version: Fields) -> list[Output]:
    given: Fields = version.get("gives", Fields())
    wanted = ctx.question.outputs
    if "gives" not in version and not ctx.question.layered and ctx.question.required:
        ctx.report.add(version, "gives", "缺少 gives：认定时给出什么", "`gives` is missing: what is given")
        return []
    for name in given:
        if name not in wanted:
            ctx.report.add(
                name, name, f"不是要给出的量，应为 {'、'.join(wanted)}", f"it is not given: {', '.join(wanted)} are"
            )
    outputs: list[Output] = []
    for name, type_ in wanted.items():
        if name not in given:
            if name in ctx.question.required and "gives" in version:
                ctx.report.add(given, "gives", f"缺少 {name}", f"{name} is missing")
            continue
        node, when = given[name], None
        if isinstance(node, Fields) and "take" in node:
            if name in ctx.question.required:
                ctx.report.add(node, name, f"{name} 总要给出，不能写 when", f"{name} is always given: no `when`")
                continue
            when = ctx.condition(ctx, node["when"], False)  # noqa: FBT003
            if when is None:
                continue
            node = node["take"]
        amount = ctx.amount(ctx, node, type_)
        if amount is None:
            continue
        if type_.kind == "number" and not amount.settled:
            zh = "结果可能除不尽或不是百分之一学分的整数倍，请写明取整，如 round_down_to: 0.5"
            ctx.report.add(given[name], name, zh, "the rounding is not named: end with, say, `round_down_to: 0.5`")
        sources = tuple(dict.fromkeys(_sources(given[name], version))) or _ground(version)
        outputs.append(Output(name, amount, sources, when))
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
    for name, amount in version.get("gives", {}).items():
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
            if word not in ("fact", "value", "named", "table", "column", "when", "over", "count"):
                yield from _literals(child)


def _check_used(ctx: Context, version: Fields) -> None:
    for section in ("values", "tables", "names", "sets"):
        for name in version.get(section, {}):
            if (section, str(name)) not in ctx.used:
                ctx.report.add(name, name, "没有用到。请使用或删去。", "it is not used: use it or remove it")


def _check_ground(version: Fields, question: Question, report: Report) -> None:
    """Silence must not grant: something is always required, unless nothing is given."""
    always = any(
        "require" in clause and "when" not in clause and clause.get("each", "sources") == "sources"
        for clause in version["clauses"]
    )
    given = version.get("gives", {}).get("credits")
    nothing = isinstance(given, Text) and given == "0"
    if not always and "gives" in version and not nothing and question.required:
        zh = "每一条都可能不适用，沉默就会变成认定。至少一条 require 不要写 when 和 each。"
        report.add(
            version["clauses"],
            "clauses",
            zh,
            "every clause may be silent, and silence would grant: let one `require` stand without `when` and `each`",
        )
    if question.name == "conversion" and "gives" in version and not any(map(_holds_records, version["clauses"])):
        zh = "没有说一项成果能用几次：请加一条 cap，对 uses 按 record.id 分别计"
        en = "it does not say how often a record may be used: add a cap over `uses` per record.id, without `when`"
        report.add(version["clauses"], "clauses", zh, en)


def _holds_records(clause: Fields) -> bool:
    """Whether a clause limits the use of every record: silence must not let one count for everything."""
    cap: Fields = clause.get("cap", Fields())
    over = cap.get("count", cap.get("over"))
    keys = [str(each["fact"]) for each in cap.get("per", ())]
    whole = keys == ["record.id"] and "where" not in cap
    return over == "uses" and whole and "when" not in clause and clause.get("otherwise") != "warn"


def last_day(version: Fields, following: Fields | None) -> str:
    """The last day of a version: as stated, or the day before the next one begins."""
    if "until" in version:
        return str(version["until"])
    if following is None:
        return "9999-12-31"
    return date.fromordinal(date.fromisoformat(following["from"]).toordinal() - 1).isoformat()
