"""What caused a refusal, and the smallest changes that would turn it: each proved by deciding again."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from creditbank.credits import HUNDREDTHS
from creditbank.errors import Language
from creditbank.rules.clauses import Clause
from creditbank.rules.decide import Decided, again, clauses_of
from creditbank.rules.declaring import Fact
from creditbank.rules.facts import FACTS
from creditbank.rules.loading import Fields, Items, Text
from creditbank.rules.taking import conversion_of
from creditbank.rules.terms import Leaf, Scope
from creditbank.rules.units import Exact, NotOfType, Type, as_json, literal, observed, plain, reader, shown

MOST_TOGETHER = 3
"""So many changes at once at the most: more of them help nobody."""
MOST_TRIALS = 1_500
"""Decisions tried for one refusal."""
MOST_SHOWN = 5
_OF_RECORDS = ("record", "certificate", "institution")


@dataclass(frozen=True)
class Change:
    """One thing that would have to be otherwise, in words; `fact` with its values, or a conversion to give up."""

    zh: str
    en: str
    fact: str | None = None
    row: str | None = None
    now: str | None = None
    then: str | None = None
    give_up: str | None = None
    of: str | None = None
    """The set of the row, where it is not one of the records that a line uses."""

    @property
    def about(self) -> tuple[str | None, str | None, str | None]:
        """What it changes: two changes of one thing are no combination."""
        return self.fact, self.row if self.of is None else f"{self.of}/{self.row}", self.give_up

    def as_json(self) -> dict[str, Any]:
        """As an answer shows it."""
        said = {"fact": self.fact, "row": self.row, "now": self.now, "then": self.then, "give_up": self.give_up}
        return {"zh": self.zh, "en": self.en, **{word: value for word, value in said.items() if value is not None}}


@dataclass(frozen=True)
class Turning:
    """What a refusal stands on and what would turn it.

    `caused_by`: every clause that refuses; each alone is enough. `final`: those that nothing repairs. `changes`: sets
    of changes, the smallest first, after which the same versions do not refuse any more. `room`: for a cap that is
    too full, how much of the line it would still take, in the unit of the cap.
    """

    caused_by: tuple[str, ...]
    final: tuple[str, ...]
    changes: tuple[tuple[Change, ...], ...]
    room: tuple[tuple[str, str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """As an answer shows it."""
        return {
            "caused_by": list(self.caused_by),
            "final": list(self.final),
            "changes": [[change.as_json() for change in together] for together in self.changes],
            "room": [{"clause": clause, "zh": zh, "en": en} for clause, zh, en in self.room],
        }


def turning(decided: Decided) -> Turning:
    """What a refusal stands on and the smallest changes that would turn it; nothing for what is not refused."""
    if decided.verdict != "not_granted" or not decided.versions:
        return Turning((), (), (), ())
    refusing = [
        (name, clause)
        for _, clause, name in clauses_of(decided.versions)
        if clause.effect == "refuse" and clause.ask(decided.scope) is False
    ]
    final = tuple(name for name, clause in refusing if clause.over(decided.scope))
    room = tuple(found for name, clause in refusing for found in _room(name, clause, decided.scope))
    changes = () if final else tuple(_smallest(decided, refusing))
    return Turning(tuple(name for name, _ in refusing), final, changes, room)


def _room(name: str, clause: Clause, scope: Scope) -> Iterator[tuple[str, str, str]]:
    if clause.cap is None:
        return
    type_ = clause.cap.type
    for leaf in clause.cap.why(scope):
        if leaf.verdict != "not_met" or not isinstance(leaf.required, Mapping):
            continue
        limit, before, line = (_number(type_, leaf.required[word]) for word in ("at_most", "before", "line"))
        left = max(limit - before, 0)
        over = {language: shown(type_, line - left, language) for language in _LANGUAGES}
        rest = {language: shown(type_, left, language) for language in _LANGUAGES}
        yield name, f"本次须减少 {over['zh']}，至多还能计 {rest['zh']}", f"{over['en']} less; {rest['en']} at most"


_LANGUAGES: tuple[Language, ...] = ("zh", "en")


def _number(type_: Type, text: str) -> Exact:
    """A number as findings write it, in the engine's unit: a limit may be no whole number (40 % of the courses)."""
    value = Fraction(text) * (HUNDREDTHS if type_.unit == "credits" else 1)
    return value.numerator if value.denominator == 1 else value


def _smallest(decided: Decided, refusing: Sequence[tuple[str, Clause]]) -> Iterator[tuple[Change, ...]]:
    """Sets of one change, or else of two, or else of three, after which nothing refuses: nearest values first."""
    candidates = list(dict.fromkeys(_candidates(decided, refusing)))
    trials = 0
    for size in range(1, MOST_TOGETHER + 1):
        turned: list[tuple[Change, ...]] = []
        for together in itertools.combinations(candidates, size):
            abouts = [change.about for change in together]
            if len(set(abouts)) < size or any([change.about for change in each] == abouts for each in turned):
                continue  # of one thing only the nearest value that turns it is said
            trials += 1
            if trials > MOST_TRIALS:
                break
            if again(decided, changed(decided.given, together)).verdict != "not_granted":
                turned.append(together)
        if turned:
            yield from turned[:MOST_SHOWN]
            return


def _candidates(decided: Decided, refusing: Sequence[tuple[str, Clause]]) -> Iterator[Change]:
    """Moves that could help: the values that refusing comparisons ask for, then those that the document speaks of."""
    for _, clause in refusing:
        for leaf in clause.leaves(decided.scope, "not_met"):
            yield from _asked_for(leaf, decided.given)
            if clause.cap is not None:
                yield from _given_up(leaf, decided.given)
    bounds, seen = _bounds(decided), list(_seen(decided, refusing))
    for name in sorted({read for version in decided.versions for read in version.reads}):
        fact = FACTS[name]
        if fact.moves:
            wanted = [*(value for type_, value in seen if type_.fits(fact.type)), *bounds.get(name, ())]
            yield from _moves(fact, None, _now(decided.given, fact, None), wanted)
    if decided.question == "progression":
        yield from _of_rows(decided, bounds, tuple(_short_of(decided, refusing)))


def _short_of(decided: Decided, refusing: Sequence[tuple[str, Clause]]) -> Iterator[tuple[Fraction, bool]]:
    """By how much what was counted or added up is below what is asked for, and whether it has to be above it."""
    for _, clause in refusing:
        for leaf in clause.leaves(decided.scope, "not_met"):
            if isinstance(leaf.required, Mapping) and isinstance(leaf.observed, str):
                for word in ("at_least", "more_than"):
                    try:
                        short = Fraction(str(leaf.required[word])) - Fraction(leaf.observed)
                    except (KeyError, ValueError):
                        continue
                    yield short, word == "more_than"


def _of_rows(
    decided: Decided, bounds: Mapping[str, tuple[Any, ...]], short: Sequence[tuple[Fraction, bool]]
) -> Iterator[Change]:
    """Moves of what stands in rows: an examination passed, points so much higher, a certificate of a higher level."""
    reads = sorted({(of, name) for each in decided.versions for of, read in each.row_reads.items() for name in read})
    for of, name in reads:
        fact, (subject, _, key) = FACTS[name], name.partition(".")
        if not fact.moves or fact.sensitive:
            continue
        for row in sorted(decided.given.get(of) or (), key=lambda each: str(each["id"])):
            value = (row.get(subject) or {}).get(key)
            if value is None:
                continue
            now = reader(fact.type)(value)
            wanted = [*bounds.get(name, ()), *(_raised(fact, now, by, above=above) for by, above in short)]
            for change in _moves(fact, str(row["id"]), now, [each for each in wanted if each is not None]):
                # Of a closed list only the words that the documents speak of: no examination is passed by cheating.
                if fact.type.choices is None or change.then in bounds.get(name, ()):
                    subject_of = str((row.get("exam") or {}).get("subject") or "")
                    zh, en = (f"{subject_of}：{change.zh}", f"{subject_of}: {change.en}") if subject_of else ("", "")
                    yield replace(change, of=of, zh=zh or change.zh, en=en or change.en)


def _raised(fact: Fact, now: Any, by: Fraction, *, above: bool) -> Any:
    if fact.type.kind != "number" or fact.moves != "up" or by < 0:
        return None
    by += Fraction(fact.step) if above else 0
    unit = HUNDREDTHS if fact.type.unit == "credits" else 1
    raised = Fraction(now) + by * unit
    return raised.numerator if raised.denominator == 1 else raised


def _seen(decided: Decided, refusing: Sequence[tuple[str, Clause]]) -> Iterator[tuple[Type, Any]]:
    """What refusing comparisons and caps came to: another fact of the same unit may have to reach it."""
    for _, clause in refusing:
        for leaf in clause.leaves(decided.scope, "not_met"):
            type_ = clause.cap.type if clause.cap else FACTS[leaf.fact].type if leaf.fact in FACTS else None
            if type_ is None or type_.kind not in ("number", "date"):
                continue
            if clause.cap and isinstance(leaf.required, Mapping):
                limit, before = (_number(type_, leaf.required[word]) for word in ("at_most", "before"))
                yield type_, max(limit - before, 0)
            elif isinstance(leaf.observed, str):
                seen = _number(type_, leaf.observed) if type_.kind == "number" else literal(type_, leaf.observed)
                yield type_, seen


def _asked_for(leaf: Leaf, given: Scope) -> Iterator[Change]:
    required = leaf.required
    if not isinstance(required, Mapping):
        return
    if "any" in required:
        for way in required["any"]:
            for name, demand in way.items():
                yield from _asked_for(Leaf(name, None, demand, "not_met", "", "", row=leaf.row), given)
        return
    fact = FACTS.get(leaf.fact)
    if fact is None or not fact.moves:
        return
    wanted = [value for word, values in required.items() for value in _values(fact, word, values)]
    yield from _moves(fact, leaf.row, _now(given, fact, leaf.row), wanted)


def _values(fact: Fact, word: str, required: Any) -> Iterator[Any]:
    """The values of a fact that just meet a comparison."""
    texts = required if isinstance(required, list) else [required]
    for text in texts:
        if text is None:
            continue
        try:
            value = literal(fact.type, text)
        except NotOfType:
            continue
        if word in ("more_than", "less_than") and fact.type.kind == "number":
            value += literal(fact.type, fact.step) * (1 if word == "more_than" else -1)
        if word in ("is_not", "not_in"):
            continue
        yield value


def _now(given: Scope, fact: Fact, row: str | None) -> Any:
    subject, _, key = fact.name.partition(".")
    fields = _row(given, row).get(subject) if row is not None else given.get(subject)
    value = (fields or {}).get(key)
    return fact.absent if value is None else reader(fact.type)(value)


def _row(given: Scope, row: str) -> Scope:
    return next((each for each in given.get("sources") or () if str(each["id"]) == row), {})


def _moves(fact: Fact, row: str | None, now: Any, wanted: Iterable[Any]) -> Iterator[Change]:
    """Changes of one fact in the way that the learner can move it, the nearest first."""
    if now is None:
        return
    type_ = fact.type
    values = [value for value in dict.fromkeys(_writable(type_, each) for each in wanted) if value != now]
    if type_.choices is not None:
        values = list(dict.fromkeys([*values, *type_.choices.tokens()]))
    elif type_.kind == "truth":
        values = [not now]
    for value in sorted(
        (each for each in values if each != now and _reachable(fact, now, each)),
        key=lambda each: _distance(type_, now, each),
    ):
        yield _change(fact, row, now, value)


def _writable(type_: Type, value: Any) -> Any:
    """A value that a fact can have: of a third of something what lies just below it."""
    if not isinstance(value, Fraction):
        return value
    if type_.unit == "credits" or type_.whole:
        return math.floor(value)
    return value if "/" not in plain(value) else Fraction(math.floor(value * 100), 100)


def _reachable(fact: Fact, now: Any, then: Any) -> bool:
    type_, way = fact.type, fact.moves
    if way == "any" or not type_.ordered:
        return True
    if type_.choices is not None:
        one, other = type_.choices.rank(now), type_.choices.rank(then)
        if one is None or other is None or one[0] != other[0]:
            return False
        return (other[1] > one[1]) is (way == "up")
    return bool((then > now) is (way in ("up", "later")))


def _distance(type_: Type, now: Any, then: Any) -> Any:
    if type_.choices is not None:
        place = {token: number for number, token in enumerate(type_.choices.tokens())}
        return abs(place[then] - place[now])
    if type_.kind == "number":
        return abs(then - now)
    if type_.kind == "date":
        return then if then > now else ""
    return 0


def _change(fact: Fact, row: str | None, now: Any, then: Any) -> Change:
    told = {language: (shown(fact.type, now, language), shown(fact.type, then, language)) for language in _LANGUAGES}
    number_ = fact.type.kind == "number" or (fact.type.kind == "date" and fact.moves in ("up", "later"))
    bound_zh, bound_en = "", ""
    if number_:
        dated = fact.type.kind == "date"
        more = fact.moves in ("up", "later") or (fact.moves == "any" and then > now)
        bound_zh = ("不早于 " if dated else "不低于 ") if more else "不高于 "
        bound_en = ("not before " if dated else "at least ") if more else "at most "
    return Change(
        f"{fact.zh}为 {bound_zh}{told['zh'][1]}（现为 {told['zh'][0]}）",
        f"{fact.en}: {bound_en}{told['en'][1]} instead of {told['en'][0]}",
        fact.name,
        row,
        observed(fact.type, now),
        observed(fact.type, then),
    )


def _given_up(leaf: Leaf, given: Scope) -> Iterator[Change]:
    """Earlier conversions that count under a cap that is too full: the learner may give one up."""
    ids = [str(each["id"]) for each in leaf.rows or () if not str(each["id"]).startswith("this")]
    courses = {
        conversion_of(row): (row.get("course") or {}).get("code")
        for name in ("conversions", "uses")
        for row in given.get(name) or ()
    }
    for conversion in sorted({each.partition(":")[0] for each in ids})[:10]:
        course = courses.get(conversion) or conversion
        yield Change(
            f"放弃此前对课程 {course} 的转换", f"give up the earlier conversion for course {course}", give_up=conversion
        )


def changed(given: Scope, together: Iterable[Change]) -> Scope:
    """The facts after some changes. What is said of the one source holds wherever it is spoken of."""
    facts: dict[str, Any] = dict(given)
    for change in together:
        if change.give_up is not None:
            for name in ("conversions", "uses"):
                if facts.get(name) is not None:
                    facts[name] = [row for row in facts[name] if conversion_of(row) != change.give_up]
            continue
        assert change.fact is not None
        assert change.then is not None
        fact = FACTS[change.fact]
        subject, _, key = fact.name.partition(".")
        value = as_json(fact.type, literal(fact.type, change.then))
        if change.of is not None:
            facts[change.of] = [
                _with(row, subject, key, value) if str(row["id"]) == change.row else row for row in facts[change.of]
            ]
            continue
        if change.row is None:
            facts[subject] = {**(facts.get(subject) or {}), key: value}
        if subject in _OF_RECORDS:
            sources = facts.get("sources") or []
            if change.row is not None or len(sources) == 1:
                facts["sources"] = [
                    _with(row, subject, key, value) if change.row in (None, str(row["id"])) else row for row in sources
                ]
            for name in ("same",):
                if facts.get(name) is not None:
                    facts[name] = [
                        _with(row, subject, key, value) if row.get("this") is True else row for row in facts[name]
                    ]
    return facts


def _with(row: Scope, subject: str, key: str, value: Any) -> Scope:
    return {**row, subject: {**(row.get(subject) or {}), key: value}}


def _bounds(decided: Decided) -> dict[str, tuple[Any, ...]]:
    """The values of each fact that the documents speak of: in comparisons and in the cells of tables."""
    found: dict[str, set[Any]] = {}
    for version in decided.versions:
        for name, text in _spoken(version.tree):
            fact = FACTS.get(name)
            if fact is None:
                continue
            try:
                found.setdefault(name, set()).add(literal(fact.type, text))
            except NotOfType:
                continue
    return {name: tuple(sorted(values, key=str)) for name, values in found.items()}


def _spoken(node: object) -> Iterator[tuple[str, str]]:
    if isinstance(node, Fields):
        if isinstance(node.get("fact"), Text):
            for word, value in node.items():
                if word != "fact":
                    yield from ((str(node["fact"]), str(each)) for each in _texts(value))
        if "by" in node and "rows" in node:
            for row in node["rows"]:
                for by, cell in zip(node["by"], row, strict=False):
                    if "fact" in by:
                        yield from ((str(by["fact"]), str(each)) for each in _texts(cell))
        for word, child in node.items():
            if word not in ("cases", "given", "citations", "rows"):
                yield from _spoken(child)
    elif isinstance(node, Items):
        for child in node:
            yield from _spoken(child)


def _texts(node: object) -> Iterator[Text]:
    if isinstance(node, Text):
        yield node
    elif isinstance(node, Items):
        yield from (each for each in node if isinstance(each, Text))
    elif isinstance(node, Fields):
        yield from (each for word, each in node.items() if word in ("from", "to", "below") and isinstance(each, Text))
