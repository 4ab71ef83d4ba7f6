"""What a document is compiled to: amounts and conditions, each a closure that answers and one that tells why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from creditbank.rules.facts import FACTS
from creditbank.rules.loading import Fields, Text
from creditbank.rules.questions import Question
from creditbank.rules.shapes import Report, nearest
from creditbank.rules.units import NUMBER_UNITS, NotOfType, Type, literal, number

Scope = Mapping[str, Any]
"""The facts of a case, by subject; inside a set, those of one row over those of the case."""
Truth = bool | None
"""Met, not met, or unknown (None): nobody has said enough."""
Verdict = Literal["met", "not_met", "unknown", "exempt"]

DEEPEST = 20
"""How far names may refer to names: what nobody can follow is not a rule."""
VERDICT_OF: dict[Truth, Verdict] = {True: "met", False: "not_met", None: "unknown"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison as it came out: what a finding is made of."""

    fact: str
    observed: Any
    required: Any
    verdict: Verdict
    zh: str
    en: str
    rows: tuple[dict[str, Any], ...] | None = None
    """For a measure: each row that was looked at, whether it counted, and what kept it out."""
    row: str | None = None
    """The row it is about, where a clause is asked once for each."""
    missing: tuple[str, ...] = ()
    """Facts that would have to be known, where they are not its own."""

    def lacks(self) -> tuple[str, ...]:
        """The facts without which it is unknown."""
        return self.missing or ((self.fact,) if self.verdict == "unknown" and self.fact in FACTS else ())


def lacked(leaves: Iterable[Leaf]) -> tuple[str, ...]:
    """The facts without which some leaves are unknown, each once."""
    return tuple(dict.fromkeys(name for leaf in leaves for name in leaf.lacks()))


@dataclass(frozen=True, slots=True)
class Telling:
    """How an amount came about, in both languages, and the leaves that say what is missing."""

    zh: str
    en: str
    missing: tuple[Leaf, ...] = ()


@dataclass(frozen=True, slots=True)
class Amount:
    """A value of a case. `ask` answers None where it is not known; `settled`: credits are whole hundredths."""

    type: Type
    ask: Callable[[Scope], Any]
    tell: Callable[[Scope], Telling]
    zh: str
    en: str
    name: str = ""
    may_lack: bool = True
    settled: bool = False
    fixed: bool = False
    stated: Callable[[Scope], bool] | None = None
    rows: Callable[[Scope], tuple[dict[str, Any], ...]] | None = None
    """The rows behind a measure."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A three-valued condition. `why` gives the leaves that decided, and needs no other evaluator than `ask`."""

    ask: Callable[[Scope], Truth]
    why: Callable[[Scope], Sequence[Leaf]]


@dataclass
class Context:
    """What is being compiled: the version, what it was found to read, and what is wrong with it."""

    report: Report
    question: Question
    version: Fields
    amount: Callable[[Context, object, Type | None], Amount | None]
    condition: Callable[[Context, object, bool], Condition | None]
    row: str = ""
    """The set whose rows are asked about at this place; empty for the case itself."""
    building: tuple[str, ...] = ()
    built: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    reads: set[str] = field(default_factory=set)
    row_reads: dict[str, set[str]] = field(default_factory=dict)
    """What is read of the rows of each set that is asked about, even where that is nothing but that they are there."""
    used: set[tuple[str, str]] = field(default_factory=set)
    beside: set[str] = field(default_factory=set)
    """Sets whose rows are asked about one by one, not only measured."""
    measures: dict[str, tuple[Any, Fields]] = field(default_factory=dict)
    """Every measure with the place where it is written: what may be computed for many at once beforehand."""

    def read(self, fact: str) -> None:
        """Note that the document asks about this fact."""
        (self.row_reads.setdefault(self.row, set()) if self.row else self.reads).add(fact)

    @contextmanager
    def in_rows(self, name: str) -> Iterator[None]:
        """What is compiled inside asks about the rows of a set."""
        self.row_reads.setdefault(name, set())
        before, self.row = self.row, name
        try:
            yield
        finally:
            self.row = before

    def entry(self, section: str, name: Text) -> Fields | None:
        """The named thing of a section, or a problem at the line that asked for it."""
        things: Fields = self.version.get(section, Fields())
        self.used.add((section, str(name)))
        found: Fields | None = things.get(name)
        if found is None:
            near = nearest(name, tuple(things))
            zh = f"{section} 中没有“{name}”{f'，是否应为“{near}”' if near else ''}"
            self.report.add(name, name, zh, f"{section} has no {name!r}{f', did you mean {near!r}?' if near else ''}")
        return found

    def once(self, section: str, name: Text, build: Callable[[], Any]) -> Any:
        """Compile a named thing once for the case and once for each set of rows; one that needs itself is a problem."""
        key = (section, str(name), self.row)
        label = f"{section}.{name}"
        if label in self.building:
            circle = " → ".join((*self.building[self.building.index(label) :], label))
            self.report.add(name, name, f"循环引用：{circle}。请拆开。", f"it needs itself: {circle}; break the circle")
            return None
        if len(self.building) >= DEEPEST:
            self.report.add(name, name, f"引用超过 {DEEPEST} 层", f"it refers to others more than {DEEPEST} deep")
            return None
        if key not in self.built:
            self.building = (*self.building, label)
            self.built[key] = build()
            self.building = self.building[:-1]
        return self.built[key]


JUDGED = "judged"
"""Beside the facts: names of the clauses of which people said that what was referred to them is as it should be."""
READY = "@ready"
"""Where a scope keeps measures that were computed for many cases at once, by the name of their place."""
AFTER = "@after"
"""Where a scope keeps the rows of the sets that a line adds to, this line's own among them: what caps are judged by."""


def row_scope(question: Question, name: str, scope: Scope, row: Scope) -> Scope:
    """The facts as a row of a set sees them: its own subjects are never taken over from the case."""
    return {**scope, **dict.fromkeys(question.sets[name].own), **row}


def literal_of(ctx: Context, node: Text, type_: Type) -> Any:
    """A literal converted by the type of what it stands beside; a problem and None where it does not fit."""
    try:
        return literal(type_, node)
    except NotOfType as wrong:
        ctx.report.add(node, node, f"{wrong.zh}（{type_.named('zh')}）", f"{wrong.en} ({type_.named('en')})")
        return None


def type_named(ctx: Context, node: Text) -> Type | None:
    """The type that a column or a named amount declares: a unit, a fact of that type, or an output."""
    if node in NUMBER_UNITS:
        return number(str(node))
    if node in FACTS:
        return FACTS[str(node)].type
    if node in ctx.question.outputs:
        return ctx.question.outputs[str(node)]
    ctx.report.add(
        node,
        node,
        f"应为单位（{'、'.join(NUMBER_UNITS)}）或事实的名字",
        f"it must be a unit ({', '.join(NUMBER_UNITS)}) or the name of a fact",
    )
    return None
