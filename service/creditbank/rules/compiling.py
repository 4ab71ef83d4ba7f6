"""From a version's text to closures: clauses, outputs and named things, with everything that makes no sense refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from creditbank.rules.amounts import compile_amount
from creditbank.rules.clauses import Clause, compile_clause
from creditbank.rules.conditions import compile_condition
from creditbank.rules.document import RuleDocument
from creditbank.rules.loading import Fields, Items, Text
from creditbank.rules.measures import Measure
from creditbank.rules.procedure import Procedure, compile_procedure
from creditbank.rules.questions import QUESTIONS, Question
from creditbank.rules.rounds import Round, compile_round
from creditbank.rules.shapes import Report
from creditbank.rules.terms import Amount, Condition, Context, Scope, Truth


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
    round: Round | None = None
    beside: frozenset[str] = frozenset()
    """Sets whose rows it asks about one by one, not only by measures."""

    @property
    def citations(self) -> Fields:
        """The sources, by name."""
        found: Fields = self.tree["citations"]
        return found

    @cached_property
    def sources(self) -> Mapping[str, Mapping[str, Any]]:
        """The same as findings show them."""
        return {str(name): _plain(said) for name, said in self.citations.items()}


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    return str(node)


def compile_version(document: RuleDocument, version: Fields, report: Report, *, ends: str) -> CompiledVersion | None:
    """A version ready to decide, or None after reporting what is wrong with it."""
    question = QUESTIONS[document.question]
    ctx = Context(report, question, version, compile_amount, compile_condition)
    before = len(report.problems)
    dated_by = str(document.tree["version_by"]["fact"])
    ctx.read(dated_by)
    for name in document.tree["applies"]:
        ctx.read(str(name))
    clauses = [compile_clause(ctx, node) for node in version["clauses"]]
    outputs = _outputs(ctx, version)
    procedure = None
    if "procedure" in version:
        if question.name != "conversion" or "gives" not in version:
            zh, en = "只有给出学分的转换规则才写 procedure", "only a conversion document that gives something has hands"
            ctx.report.add(version["procedure"], "procedure", zh, en)
        elif dated_by != "claim.on":
            # The lines of one claim go through one procedure: by the day of the claim they have one version.
            zh, en = "有 procedure 的规则须按 claim.on 选版本", "a document with a procedure goes by claim.on"
            ctx.report.add(document.tree["version_by"]["fact"], "version_by", zh, en)
        else:
            procedure = compile_procedure(ctx, version["procedure"])
    round_ = _round(ctx, version)
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
        round=round_,
        measures=ctx.measures,
        beside=frozenset(ctx.beside),
    )


def _round(ctx: Context, version: Fields) -> Round | None:
    if "round" not in version:
        return None
    if ctx.question.name != "progression" or "gives" not in version:
        zh, en = "只有给出结果的转段规则才写 round", "only a progression document that gives something has a round"
        ctx.report.add(version["round"], "round", zh, en)
        return None
    return compile_round(ctx, version["round"])


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
