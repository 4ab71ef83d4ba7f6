"""What a document is compiled to: amounts and conditions, each a closure that answers and one that tells why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from creditbank.rules.facts import FACTS, Question
from creditbank.rules.loading import Fields, Text
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
    in_row: bool = False
    building: tuple[str, ...] = ()
    built: dict[tuple[str, str, bool], Any] = field(default_factory=dict)
    reads: set[str] = field(default_factory=set)
    row_reads: set[str] = field(default_factory=set)
    used: set[tuple[str, str]] = field(default_factory=set)

    def read(self, fact: str) -> None:
        """Note that the document asks about this fact."""
        (self.row_reads if self.in_row else self.reads).add(fact)

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
        """Compile a named thing once for the case and once for rows; a thing that needs itself is a problem."""
        key = (section, str(name), self.in_row)
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
