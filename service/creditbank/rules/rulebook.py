"""The rulebook: documents compiled once, exactly one version for each question, kind and day; decide and replay."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from creditbank.rules import units
from creditbank.rules.compiling import CompiledVersion, compile_version, last_day
from creditbank.rules.decide import Decided, Facts, NoVersion, decide_by
from creditbank.rules.document import RuleDocument
from creditbank.rules.facts import FACTS
from creditbank.rules.loading import Fields, Text
from creditbank.rules.problems import FactNotReadable, Problem, RulesRefused, RuleVersionNotLoaded
from creditbank.rules.questions import QUESTIONS, Question
from creditbank.rules.shapes import Report

_NARROWEST = ("programme.code", "plan.institution", "institution.id", "enrolment.level")
"""Of two documents that give for the same case the one narrowed by the first of these is the one that holds."""


@dataclass(frozen=True)
class _Series:
    """One document over time: its versions in order, and what narrows it besides the kind."""

    document: str
    dated_by: str
    applies: dict[str, frozenset[str]]
    narrowed: tuple[tuple[str, frozenset[str]], ...]
    begins: tuple[str, ...]
    versions: tuple[CompiledVersion, ...]

    @property
    def ends(self) -> str:
        """Its last day."""
        return self.versions[-1].ends

    @property
    def gives(self) -> bool:
        """Whether it gives something; a document that does not only limits those that do."""
        return bool(self.versions[-1].outputs) or not self.versions[-1].question.layered

    @property
    def width(self) -> tuple[int, ...]:
        """How far it reaches: less is narrower, by what comes first of a programme, an institution, a level."""
        asked = self.versions[-1].question.narrowed_by
        return tuple(0 if name in self.applies else 1 for name in _NARROWEST if name in asked)

    def on(self, day: str) -> CompiledVersion | None:
        """The version that holds on a day."""
        place = bisect_right(self.begins, day)
        if place == 0 or self.versions[place - 1].ends < day:
            return None
        return self.versions[place - 1]


class Rulebook:
    """Documents that apply together. Immutable once loaded, and safe to share between threads."""

    def __init__(self, every: Iterable[_Series], by_kind: dict[tuple[str, str], tuple[_Series, ...]]) -> None:
        self._series = tuple(every)
        self._by_kind = by_kind
        self._versions = {
            (each.document.document, each.version): each for series in self._series for each in series.versions
        }
        self._readers = {name: units.reader(fact.type) for name, fact in FACTS.items()}

    @classmethod
    def load(cls, documents: Iterable[RuleDocument]) -> Rulebook:
        """Compile the documents and hold them against one another; versions of one document may come in several.

        Raises RulesRefused with every problem: an unknown name, a wrong type, a table with a gap, two documents for
        the same thing on the same day, days without a version between two that have one.
        """
        given = list(documents)
        reports: list[Report] = []
        every = [_series(name, parts, reports) for name, parts in _grouped(given).items()]
        problems = [problem for report in reports for problem in report.problems]
        whole = [series for series in every if series is not None]
        if not problems:
            for question in QUESTIONS.values():
                problems.extend(_apart([each for each in whole if each.versions[0].question is question], question))
        if problems:
            raise RulesRefused(problems)
        return cls(whole, _index(whole))

    def decide(self, question: str, facts: Facts, *, on: date | None = None) -> Decided:
        """Decide one case by the version that applies. Pure: the same facts give the same decision.

        `facts` is {"record": {...}, "course": {...} or None, ..., "same": [{"id", "this", "record": {...}}, ...]}, JSON
        values only, credits in hundredths. `on` is the day of the decision, for documents that ask for it. Where no
        version applies the verdict is unknown and says so. Raises FactNotReadable.
        """
        asked = QUESTIONS[question]
        if on is not None and "decision" not in facts:
            facts = {**facts, "decision": {"on": on.isoformat()}}
        kind = self._value(facts, asked.chosen_by)
        every = self._by_kind.get((question, kind), ()) if kind is not None else ()
        if asked.layered:
            return self._together(asked, every, kind, facts, on)
        otherwise: Decided | None = None
        for series in every:
            if not all(self._value(facts, name) in listed for name, listed in series.narrowed):
                continue
            day = self._value(facts, series.dated_by)
            version = None if day is None else series.on(day)
            if version is not None and day is not None:
                return decide_by(version, facts, dated_on=day, on=on)
            if otherwise is None:
                otherwise = _no_day(series, asked, facts) if day is None else _no_version(series, asked, facts, day)
        return otherwise or _nothing_applies(asked, kind, facts)

    def _together(
        self, asked: Question, every: Iterable[_Series], kind: str | None, facts: Facts, on: date | None
    ) -> Decided:
        """Decide by the most narrowed document that gives, and by every one that only limits.

        A document that had begun but has no version for the day leaves the whole open: it might refuse. One that had
        not begun takes no part.
        """
        mine = [
            series for series in every if all(self._value(facts, name) in listed for name, listed in series.narrowed)
        ]
        givers = sorted((series for series in mine if series.gives), key=lambda series: series.width)
        if not givers:
            return _nothing_applies(asked, kind, facts)
        giver = next((series for series in givers if self._had_begun(series, facts)), givers[0])
        chosen_by = tuple(dict.fromkeys(series.dated_by for series in mine))
        found: list[tuple[CompiledVersion, str]] = []
        for series in (giver, *sorted((each for each in mine if not each.gives), key=lambda each: each.document)):
            day = self._value(facts, series.dated_by)
            version = None if day is None else series.on(day)
            if day is None:
                return _no_day(series, asked, facts, chosen_by)
            if version is None:
                if series.gives or series.begins[0] <= day:
                    return _no_version(series, asked, facts, day, chosen_by)
                continue  # a limit that had not begun limits nothing
            found.append((version, day))
        (owner, dated_on), *limits = found
        return decide_by(owner, facts, dated_on=dated_on, on=on, limits=tuple(version for version, _ in limits))

    def _had_begun(self, series: _Series, facts: Facts) -> bool:
        """Whether a document speaks of the case's day, or did before it; one that began later takes nothing over."""
        day = self._value(facts, series.dated_by)
        return day is None or series.begins[0] <= day

    def limit_alone(self, document: str, facts: Facts) -> Decided:
        """Hold a case to one document that only limits: granted means that it stands in nobody's way.

        What the line would give is `conversion.credits` of the case. For cases; the bank decides by all together.
        """
        series = next(series for series in self._series if series.document == document)
        question = series.versions[0].question
        if not all(self._value(facts, name) in listed for name, listed in series.applies.items()):
            return _nothing_applies(question, self._value(facts, question.chosen_by), facts)
        day = self._value(facts, series.dated_by)
        if day is None:
            return _no_day(series, question, facts)
        version = series.on(day)
        return (
            _no_version(series, question, facts, day)
            if version is None
            else decide_by(version, facts, dated_on=day, on=None)
        )

    def replay_together(
        self, question: str, facts: Facts, documents: Iterable[tuple[str, str]], *, on: date | None = None
    ) -> Decided:
        """Decide again by named versions, the one that gives first. Raises RuleVersionNotLoaded, FactNotReadable."""
        versions = []
        for document, number in documents:
            compiled = self._versions.get((document, number))
            if compiled is None or compiled.question.name != question:
                raise RuleVersionNotLoaded(document=document, version=number)
            versions.append(compiled)
        giver, *limits = versions
        day = self._value(facts, giver.dated_by)
        if day is None:
            series = next(series for series in self._series if series.document == giver.document.document)
            return _no_day(series, giver.question, facts)
        return decide_by(giver, facts, dated_on=day, on=on, limits=tuple(limits))

    def replay(self, facts: Facts, document: str, version: str, *, on: date | None = None) -> Decided:
        """Decide again by a named version, whatever day it is: the same facts give the same bytes.

        Raises RuleVersionNotLoaded, FactNotReadable.
        """
        compiled = self._versions.get((document, version))
        if compiled is None:
            raise RuleVersionNotLoaded(document=document, version=version)
        day = self._value(facts, compiled.dated_by)
        if day is None:
            series = next(series for series in self._series if series.document == document)
            return _no_day(series, compiled.question, facts)
        return decide_by(compiled, facts, dated_on=day, on=on)

    def version_for(self, question: str, facts: Facts) -> CompiledVersion | None:
        """The version that would decide a case of a question that is not layered; None where none applies."""
        kind = self._value(facts, QUESTIONS[question].chosen_by)
        for series in self._by_kind.get((question, kind), ()) if kind is not None else ():
            if all(self._value(facts, name) in listed for name, listed in series.narrowed):
                day = self._value(facts, series.dated_by)
                found = None if day is None else series.on(day)
                if found is not None:
                    return found
        return None

    def replaying(self, earlier: Iterable[Rulebook]) -> Rulebook:
        """The same rulebook, which replays the versions of earlier ones as well; it decides nothing by them."""
        book = Rulebook(self._series, self._by_kind)
        for each in earlier:
            book._versions = each._versions | book._versions
        return book

    def versions(self) -> list[CompiledVersion]:
        """Every version loaded, by document and first day."""
        return sorted(self._versions.values(), key=lambda each: (each.document.document, each.begins))

    def kinds(self, question: str) -> set[str]:
        """The kinds of record for which some document answers."""
        return {kind for asked, kind in self._by_kind if asked == question}

    def row_sets(self, question: str, kinds: Iterable[str]) -> frozenset[str]:
        """The sets of rows that some version asks about for these kinds: what nobody asks need not be gathered."""
        return frozenset(
            name
            for kind in kinds
            for series in self._by_kind.get((question, kind), ())
            for version in series.versions
            for name in version.row_reads
        )

    def reads(self, question: str, kind: str | None = None) -> dict[str, list[str]]:
        """Exactly which facts the documents of a question read: of the case, and of each row of a set; of one kind if
        it is named.
        """
        mine = (
            [each for each in self._versions.values() if each.question.name == question]
            if kind is None
            else [each for series in self._by_kind.get((question, kind), ()) for each in series.versions]
        )
        case = {name for each in mine for name in each.reads}
        rows = {name for each in mine for read in each.row_reads.values() for name in read}
        return {"case": sorted(case), "rows": sorted(rows)}

    def _value(self, facts: Facts, name: str) -> Any:
        subject, _, key = name.partition(".")
        value = (facts.get(subject) or {}).get(key)
        if value is None:
            return None
        try:
            return self._readers[name](value)
        except units.NotOfType as wrong:
            raise FactNotReadable(name, value, why_zh=wrong.zh, why_en=wrong.en) from None


def _grouped(documents: list[RuleDocument]) -> dict[str, list[RuleDocument]]:
    grouped: dict[str, list[RuleDocument]] = {}
    for document in documents:
        grouped.setdefault(document.document, []).append(document)
    return grouped


def _series(name: str, parts: list[RuleDocument], reports: list[Report]) -> _Series | None:
    """One document over time, from one file or from several that hold a version each."""
    report = Report(parts[0].file)
    reports.append(report)
    head = parts[0].tree
    for other in parts[1:]:
        for word in ("question", "applies", "version_by"):
            if other.tree[word] != head[word]:
                zh, en = f"与 {parts[0].file} 中的不同", f"it differs from {parts[0].file}"
                report.problems.append(Problem(other.file, 0, word, zh, en))
    found = sorted(((each, part) for part in parts for each in part.versions), key=lambda pair: str(pair[0]["from"]))
    followers: list[Fields | None] = [each for each, _ in found[1:]]
    versions: list[CompiledVersion] = []
    for (version, part), following in zip(found, [*followers, None], strict=True):
        own = Report(part.file)
        reports.append(own)
        compiled = compile_version(part, version, own, ends=last_day(version, following))
        if compiled is not None:
            versions.append(compiled)
    _check_sequence(versions, report)
    _check_gives(versions, report)
    if len(versions) < len(found):
        return None
    applies = {str(key): frozenset(str(value) for value in values) for key, values in head["applies"].items()}
    narrowed = tuple((key, values) for key, values in applies.items() if key != versions[0].question.chosen_by)
    begins = tuple(each.begins for each in versions)
    return _Series(name, versions[0].dated_by, applies, narrowed, begins, tuple(versions))


def _check_sequence(versions: list[CompiledVersion], report: Report) -> None:
    """The same demands as inside one file, for versions that come in several."""
    for one, other in itertools.combinations(versions, 2):
        if one.version == other.version:
            report.add(Text("", 0), one.version, "版本号重复", "the same version number twice")
    for earlier, later in itertools.pairwise(versions):
        if earlier.begins == later.begins or _next_day(earlier.ends) != later.begins:
            zh = f"第 {earlier.version} 版与第 {later.version} 版不相接"
            report.add(later.tree["from"], "from", zh, f"versions {earlier.version} and {later.version} do not meet")


def _check_gives(versions: list[CompiledVersion], report: Report) -> None:
    """A document gives or only limits, in all of its versions: the others that apply with it depend on which."""
    if versions and versions[0].question.layered:
        for other in versions[1:]:
            if bool(other.outputs) is not bool(versions[0].outputs):
                zh = "各版本须都写 gives，或都不写：只作限制的规则另立文件"
                en = "all versions have `gives`, or none has: a document that only limits is one of its own"
                report.add(other.tree, "gives", zh, en)


def _next_day(day: str) -> str:
    return day if day == "9999-12-31" else (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _index(every: list[_Series]) -> dict[tuple[str, str], tuple[_Series, ...]]:
    by_kind: dict[tuple[str, str], list[_Series]] = {}
    for series in sorted(every, key=lambda each: (each.begins[0], each.document)):
        question = series.versions[0].question
        for kind in series.applies[question.chosen_by]:
            by_kind.setdefault((question.name, kind), []).append(series)
    return {key: tuple(found) for key, found in by_kind.items()}


def _apart(every: list[_Series], question: Question) -> list[Problem]:
    """Documents that could meet in one case must not overlap; those for the same cases leave no days between them."""
    names = (question.chosen_by, *question.narrowed_by)
    problems: list[Problem] = []
    for first, second in itertools.combinations(sorted(every, key=lambda each: each.begins[0]), 2):
        both = [name for name in names if name in first.applies and name in second.applies]
        if question.layered and (first.gives is not second.gives or not first.gives or first.width != second.width):
            continue  # limits add up, and of two that give the narrower holds
        if all(first.applies[name] & second.applies[name] for name in both) and second.begins[0] <= first.ends:
            zh = f"与 {first.document} 自 {second.begins[0]} 起重叠：同一天只能有一份规则。请收窄 applies 或写 until。"
            en = f"it overlaps {first.document} from {second.begins[0]}: narrow `applies`, or write `until`"
            problems.append(_problem_of(second, zh, en))
    alike: dict[tuple[tuple[str, frozenset[str]], ...], list[_Series]] = {}
    for series in sorted(every, key=lambda each: each.begins[0]):
        if series.gives:
            alike.setdefault(tuple(sorted(series.applies.items())), []).append(series)
    for group in alike.values():
        for first, second in itertools.pairwise(group):
            if first.ends < second.begins[0] and _next_day(first.ends) != second.begins[0]:
                zh = f"与 {first.document} 之间有空档：{first.ends} 之后、{second.begins[0]} 之前没有规则。"
                en = f"the days between {first.ends}, the last of {first.document}, and {second.begins[0]} have no rule"
                problems.append(_problem_of(second, zh, en))
    return problems


def _problem_of(series: _Series, zh: str, en: str) -> Problem:
    version = series.versions[0]
    return Problem(version.document.file, version.tree.line, "applies", zh, en)


def _nothing_applies(question: Question, kind: str | None, facts: Facts) -> Decided:
    fact = FACTS[question.chosen_by]
    if kind is None:
        zh, en = f"缺少{fact.zh}，可由{fact.supplier.zh}提供", f"{fact.en} is missing; {fact.supplier.en} can supply it"
    else:
        zh = f"没有规则文件适用于{fact.zh}“{units.shown(fact.type, kind, 'zh')}”的这一情形，可由学分银行制定"
        en = f"no rule document applies to this {units.shown(fact.type, kind, 'en')}; the credit bank can issue one"
    reads = (question.chosen_by, *question.narrowed_by)
    fallback = NoVersion(fact=fact.name, seen=kind, document=None, dated_by=None, reads=reads, zh=zh, en=en)
    return Decided(
        question.name, None, facts, dated_on=None, verdict="unknown", clause="version", outputs={}, fallback=fallback
    )


def _no_day(series: _Series, question: Question, facts: Facts, chosen_by: tuple[str, ...] = ()) -> Decided:
    fact = FACTS[series.dated_by]
    zh = f"缺少{fact.zh}，无法确定适用哪一版规则，可由{fact.supplier.zh}提供"
    en = f"{fact.en} is missing, so no version can be chosen; {fact.supplier.en} can supply it"
    return _undated(series, question, facts, chosen_by=chosen_by, day=None, zh=zh, en=en)


def _no_version(
    series: _Series, question: Question, facts: Facts, day: str, chosen_by: tuple[str, ...] = ()
) -> Decided:
    fact, first, last = FACTS[series.dated_by], series.begins[0], series.ends
    if day < first:
        zh = f"早于 {series.document} 的第一版（{first} 起）"
        en = f"before the first version of {series.document} (from {first})"
    else:
        zh = f"晚于 {series.document} 的最后一版（至 {last}）"
        en = f"after the last version of {series.document} (until {last})"
    zh = f"{fact.zh} {day}，{zh}，没有可用的规则，可由学分银行判定"
    en = f"{fact.en}: {day}, {en}, so no rule holds; the credit bank can decide it"
    return _undated(series, question, facts, chosen_by=chosen_by, day=day, zh=zh, en=en)


def _undated(
    series: _Series, question: Question, facts: Facts, *, chosen_by: tuple[str, ...], day: str | None, zh: str, en: str
) -> Decided:
    layers = (question.chosen_by, *question.narrowed_by, *chosen_by) if question.layered else ()
    reads = (series.dated_by, *series.applies, *layers)
    required = {"from": series.begins[0], "until": series.ends}
    fallback = NoVersion(
        fact=series.dated_by,
        seen=day,
        document=series.document,
        dated_by=series.dated_by,
        reads=reads,
        zh=zh,
        en=en,
        required=required,
    )
    return Decided(
        question.name, None, facts, dated_on=day, verdict="unknown", clause="version", outputs={}, fallback=fallback
    )
