"""Which records could replace which courses, one line at a time, and the caps over them: an allocation's problem; pure.

A line is a candidate if everything but the caps lets it through, given what stands today. Every cap that asks it is
read from the structure of the documents: its group, what the line weighs there, the room that is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import Any

from creditbank.recognition.gathered import AskedLine, Gathered
from creditbank.recognition.kernel import COURSE_REPLACED
from creditbank.rules import Decided, Rulebook
from creditbank.rules.allocating import Candidate, Cap, Exact, Objective, Problem
from creditbank.rules.clauses import Clause
from creditbank.rules.compiling import CompiledVersion
from creditbank.rules.decide import clauses_of
from creditbank.rules.taking import after
from creditbank.rules.terms import Scope, Truth, lacked, row_scope

MOST_TOGETHER = 24
"""Ways in which several records together may meet one equivalence: so many are looked at."""
_BINDING = ("refuse", "refer")
_OF_ALL_LINES = ("claim", "plan", "programme", "enrolment", "decision")
"""What is the same for every line of a person's claim."""


@dataclass(frozen=True, slots=True)
class Possible:
    """A candidate as it would be claimed. `credits` are what it gives, `lost` what is lost where others give way."""

    candidate: Candidate
    line: AskedLine
    credits: int
    lost: int
    replaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line that would be possible if something were known: the facts, or the clauses that a person judges."""

    line: AskedLine
    missing: tuple[str, ...]
    judged_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """The refusal that comes nearest for a record: with the fewest clauses against it."""

    line: AskedLine
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CapSaid:
    """What a cap of the problem is in the documents."""

    document: str
    version: CompiledVersion
    clause: Clause


@dataclass(frozen=True, slots=True)
class Found:
    """The problem, with what each part of it stands for."""

    problem: Problem
    possible: Mapping[str, Possible]
    caps: Mapping[str, CapSaid]
    """By the name of the clause in a decision."""
    open: tuple[OpenLine, ...]
    refused: Mapping[str, RefusedLine]
    """By record, of those with no candidate."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One group of one cap that asks a line."""

    clause: str
    key: tuple[str, ...]
    weight: Exact
    limit: Exact
    before: Exact
    counts: bool

    @property
    def room(self) -> Exact:
        return self.limit - self.before


@dataclass
class _Finding:
    """What has been found so far."""

    possible: dict[str, Possible] = field(default_factory=dict)
    asked: dict[tuple[str, tuple[str, ...]], list[tuple[str, _Asked]]] = field(default_factory=dict)
    giving_way: dict[tuple[str, tuple[str, ...]], list[str]] = field(default_factory=dict)
    caps: dict[str, CapSaid] = field(default_factory=dict)
    open: list[OpenLine] = field(default_factory=list)
    refused: dict[str, RefusedLine] = field(default_factory=dict)
    always: tuple[CompiledVersion, ...] = ()
    """The versions that decide every line of this person, where that is certain beforehand."""


def find(
    gathered: Gathered, *, rulebook: Rulebook, on: date, objective: Objective, records: Iterable[str] | None = None
) -> Found:
    """Every candidate of a person for a plan, with the caps over them. `records` narrows to some."""
    mine = sorted(name for name in (gathered.held if records is None else set(records)) if _achieved(gathered, name))
    found = _Finding()
    for line in _lines(gathered, mine):
        _look(found, gathered, line, rulebook=rulebook, on=on, objective=objective)
    served = {record for each in found.possible.values() for record in each.candidate.records}
    problem = Problem(
        candidates=tuple(each.candidate for each in found.possible.values()),
        caps=tuple(_caps(found)),
        records=tuple(mine),
        courses=tuple(gathered.plan.courses),
        objective=objective,
    )
    refused = {record: said for record, said in found.refused.items() if record not in served}
    return Found(problem, found.possible, found.caps, tuple(found.open), refused)


def _achieved(gathered: Gathered, record: str) -> bool:
    """Whether a record is an achievement: that somebody entered or left is none."""
    return gathered.held[record].kind != "enrolment_event"


def _lines(gathered: Gathered, records: list[str]) -> Iterator[AskedLine]:
    """Each record for each course; several records for one course where an equivalence names them together."""
    number = 0
    for course in gathered.plan.courses:
        together = {
            tuple(sorted(chosen))
            for one in gathered.plan.counts
            if course in one.targets and len(one.source_keys) > 1
            for chosen in _ways(gathered, one.source_keys, records)
        }
        for used in [*((record,) for record in records), *sorted(together)]:
            number += 1
            yield AskedLine(number, used, course, "credits")


def _ways(gathered: Gathered, keys: tuple[str, ...], records: list[str]) -> Iterator[tuple[str, ...]]:
    meeting = [[record for record in records if gathered.held[record].key == key] for key in keys]
    ways = 0
    for chosen in product(*meeting):
        if len(set(chosen)) == len(chosen):
            ways += 1
            if ways > MOST_TOGETHER:
                return
            yield chosen


# --- one line ---------------------------------------------------------------------------------------------------------


def _look(
    found: _Finding, gathered: Gathered, line: AskedLine, *, rulebook: Rulebook, on: date, objective: Objective
) -> None:
    facts = gathered.facts(line)
    refusing = _refused_by(found.always, facts, on)
    if refusing and not _asks_what_is_wanted(found.always, objective):
        _note_refusal(found, line, refusing)
        return
    decided = rulebook.decide("conversion", facts, on=on)
    found.always = found.always or _same_for_all(decided)
    refusing, open_ = gates(decided)
    if refusing and _asks_what_is_wanted(decided.versions, objective):
        # Where credits are not to be had, an exemption replaces the course all the same.
        line = AskedLine(line.line_no, line.records, line.course_code, "exemption")
        decided = rulebook.decide("conversion", gathered.facts(line), on=on)
        refusing, open_ = gates(decided)
    if refusing:
        _note_refusal(found, line, refusing)
        return
    if _taken(gathered, line, decided):
        _note_refusal(found, line, (COURSE_REPLACED,))
        return
    asked = _asked_by(found, decided)
    if open_ or asked is None:
        found.open.append(_open_line(line, decided))
        return
    _note_candidate(found, gathered, line, decided, asked)


def _same_for_all(decided: Decided) -> tuple[CompiledVersion, ...]:
    """The versions, if they decide every other line of the person too and see its facts as they are given."""
    dated = all(version.dated_by.partition(".")[0] in _OF_ALL_LINES for version in decided.versions)
    ways = any(clause.replaces is not None for _, clause, _ in clauses_of(decided.versions))
    return decided.versions if dated and not ways else ()


def _refused_by(versions: tuple[CompiledVersion, ...], facts: Mapping[str, Any], on: date) -> tuple[str, ...]:
    """The clauses that refuse a line for certain, caps apart: most lines end here, before sums and caps are counted."""
    scope = {"decision": {"on": on.isoformat()}, **facts}
    return tuple(
        name
        for _, clause, name in clauses_of(versions)
        if clause.cap is None and clause.effect == "refuse" and clause.ask(scope) is False
    )


def _asks_what_is_wanted(versions: tuple[CompiledVersion, ...], objective: Objective) -> bool:
    return objective == "courses" and any("claim.wants" in version.reads for version in versions)


def gates(decided: Decided) -> tuple[tuple[str, ...], bool]:
    """The clauses that refuse a line for certain, caps apart, and whether anything but caps leaves it open."""
    if not decided.versions:
        return (), True
    refusing, open_ = [], False
    for _, clause, name in clauses_of(decided.versions):
        if clause.cap is not None or clause.effect == "warn":
            continue
        held = clause.ask(decided.scope)
        if held is False and clause.effect == "refuse":
            refusing.append(name)
        elif held is not True:
            open_ = True
    gives = decided.versions[0].outputs
    return tuple(refusing), open_ or any(output.amount.ask(decided.scope) is None for output in gives)


def _taken(gathered: Gathered, line: AskedLine, decided: Decided) -> bool:
    """Whether the course is replaced already by what does not give way to this line."""
    way = _giving_way(decided)
    return any(
        one.plan_id == gathered.plan.plan_id and one.course["code"] == line.course_code and one.conversion_id not in way
        for one in gathered.converted
    )


def _giving_way(decided: Decided) -> set[str]:
    """The conversions that would give way, whether or not a cap stands against the line."""
    before = {str(row["id"]) for row in decided.given.get("conversions") or ()}
    return before - {str(row["id"]) for row in decided.scope.get("conversions") or ()}


def _note_refusal(found: _Finding, line: AskedLine, clauses: tuple[str, ...]) -> None:
    for record in line.records:
        said = found.refused.get(str(record))
        if said is None or len(clauses) < len(said.clauses):
            found.refused[str(record)] = RefusedLine(line, clauses)


def _open_line(line: AskedLine, decided: Decided) -> OpenLine:
    missing, judged = list[str](), list[str]()
    for _, clause, name in clauses_of(decided.versions):
        if clause.effect == "warn" or clause.ask(decided.scope) is True:
            continue
        standing = clause.standing(decided.scope)
        if standing == "unknown":
            missing += lacked(clause.leaves(decided.scope, standing))
        elif clause.effect == "refer" and clause.cap is None:
            judged.append(name)
    for version in decided.versions[:1]:
        for output in version.outputs:
            if output.amount.ask(decided.scope) is None:
                missing += lacked(output.amount.tell(decided.scope).missing)
    if not decided.versions:
        missing += [str(finding["fact"]) for finding in decided.findings()]
    return OpenLine(line, tuple(dict.fromkeys(missing)), tuple(judged))


def _note_candidate(
    found: _Finding, gathered: Gathered, line: AskedLine, decided: Decided, asked: list[_Asked]
) -> None:
    records = tuple(sorted(str(record) for record in line.records))
    gives = next(output.amount.ask(decided.scope) for output in decided.versions[0].outputs if output.name == "credits")
    credits_ = min(int(gives), gathered.plan.courses[line.course_code]["credits"])
    way = _giving_way(decided)
    lost = sum(one.credits for one in gathered.converted if one.conversion_id in way)
    name = f"{line.course_code}|{'+'.join(records)}"
    candidate = Candidate(name, records, line.course_code, max(credits_ - lost, 0))
    found.possible[name] = Possible(candidate, line, credits_, lost, tuple(sorted(way)))
    for each in asked:
        found.asked.setdefault((each.clause, each.key), []).append((name, each))
    for version, clause, clause_name in clauses_of(decided.versions):
        for key in _gives_way(version, clause, decided.scope):
            found.giving_way.setdefault((clause_name, key), []).append(name)


def _gives_way(version: CompiledVersion, clause: Clause, scope: Scope) -> Iterator[tuple[str, ...]]:
    """The groups in which only the last line of a claim stays."""
    if clause.replaces is None or (clause.when is not None and clause.when.ask(scope) is not True):
        return
    name = clause.replaces.rows_of
    for row in after(scope, credits_=None).get(name) or ():
        if row.get("this") is True:
            inner = row_scope(version.question, name, scope, row)
            key = [each.ask(inner) for each in clause.replaces.per]
            if None not in key:
                yield tuple(str(each) for each in key)


# --- caps -------------------------------------------------------------------------------------------------------------


def _asked_by(found: _Finding, decided: Decided) -> list[_Asked] | None:
    """The groups of caps that ask a line; None where that, or what they say of it, is not known."""
    asked: dict[tuple[str, tuple[str, ...]], _Asked] = {}
    for version, clause, name in clauses_of(decided.versions):
        if clause.cap is None or clause.effect not in _BINDING:
            continue
        found.caps.setdefault(name, CapSaid(version.document.document, version, clause))
        scopes = [decided.scope] if clause.each is None else clause.rows(decided.scope)
        if scopes is None:
            return None
        for scope in scopes:
            groups = _groups(name, clause, scope)
            if groups is None:
                return None
            for each in groups:
                known = asked.get((each.clause, each.key))
                if known is None or each.room < known.room:
                    asked[each.clause, each.key] = each
    return list(asked.values())


def _groups(name: str, clause: Clause, scope: Scope) -> list[_Asked] | None:
    cap = clause.cap
    assert cap is not None
    when: Truth = True if clause.when is None else clause.when.ask(scope)
    if when is False or (clause.unless is not None and clause.unless.ask(scope) is True):
        return []
    held, rows, limit = cap.ask(scope), cap.rows(scope), cap.limit.ask(scope)
    if held is None or (held is False and when is None) or rows is None or limit is None:
        return None
    before: dict[tuple[Any, ...], Exact] = {}
    mine: dict[tuple[Any, ...], Exact] = {}
    for row, member, _ in rows:
        if member is False or cap.counts(row) is False:
            continue
        key, weight = cap.group(row), cap.weight(row)
        if weight is None or None in key:
            continue  # what is open was no obstacle to `ask`
        side = mine if row.get("this") is True else before
        side[key] = side.get(key, 0) + weight
    return [
        _Asked(name, tuple(str(part) for part in key), weight, limit, before.get(key, 0), counts=cap.what is None)
        for key, weight in mine.items()
    ]


def _caps(found: _Finding) -> Iterator[Cap]:
    """The caps of the problem.

    Where a limit depends on the line, lines with less room can be claimed before those with more: the lines that have
    at most so much room are together within it, for each room that there is.
    """
    for (clause, key), asked in found.asked.items():
        for room in sorted({each.room for _, each in asked}):
            within = [(name, each) for name, each in asked if each.room <= room]
            one = next(each for _, each in asked if each.room == room)
            yield Cap(
                clause=clause,
                key=key,
                limit=one.limit,
                used=one.before,
                weights={name: each.weight for name, each in within},
                exclusive=one.counts and room == 1 and one.limit == 1,
            )
    for (clause, key), names in found.giving_way.items():
        yield Cap(clause, 1, dict.fromkeys(names, 1), key=key, exclusive=True)
    courses: dict[str, list[str]] = {}
    for name, each in found.possible.items():
        courses.setdefault(each.line.course_code, []).append(name)
    for course, names in courses.items():
        yield Cap(COURSE_REPLACED, 1, dict.fromkeys(names, 1), key=(course,), exclusive=True)
