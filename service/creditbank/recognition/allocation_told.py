"""Telling an allocation: its lines, the caps that bind, what is left unused and why, what lapses when; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from creditbank.credits import format_credits
from creditbank.recognition.allocation import Allocated
from creditbank.recognition.allocation_schemas import (
    AllocatedLineOut,
    AllocatedPairOut,
    AllocationOut,
    CapOut,
    ClauseSaidOut,
    LapseOut,
    PossibleIfOut,
    UnusedOut,
)
from creditbank.recognition.candidates import CapSaid, Possible, RefusedLine
from creditbank.recognition.forecast import lapse_of
from creditbank.recognition.gathered import AskedLine, Gathered
from creditbank.recognition.judging import Judged
from creditbank.recognition.kernel import said_of
from creditbank.recognition.schemas import LineIn
from creditbank.recognition.unknown import missing_out
from creditbank.rules import Rulebook
from creditbank.rules.allocating import Candidate, CapTaken, Unused
from creditbank.rules.decide import clauses_of
from creditbank.rules.facts import FACTS
from creditbank.rules.flips import turning
from creditbank.rules.loading import Fields
from creditbank.rules.units import observed

MOST_TURNED = 8
"""Refusals whose smallest changes are worked out; of the others only the clauses are named."""
MOST_SHOWN = 20

_WHY = {
    "refused": ("没有课程可以用它转换", "it can replace no course"),
    "open": ("尚有事实不明或须由人判断", "something about it is not known, or a person has to judge it"),
    "adds_nothing": ("使用它不增加学分或课程", "using it would add nothing"),
    "cap_binds": ("受上限限制", "a cap leaves no room for it"),
    "another_choice_was_better": ("相应课程由其他成果转换更优", "other records do better for its courses"),
}


def tell(
    allocated: Allocated, gathered: Gathered, *, rulebook: Rulebook, on: date, enrolled: bool, imagined: frozenset[str]
) -> AllocationOut:
    """The answer. `imagined` are the ids of records that are only thought of."""
    chosen, objective = allocated.allocation, allocated.allocation.objective
    unused, possible = _unused(allocated, gathered, rulebook=rulebook, on=on), _possible_if(allocated)
    return AllocationOut(
        plan_id=gathered.plan.plan_id,
        on=on,
        objective=objective,
        enrolled=enrolled,
        credits=format_credits(allocated.credits),
        courses=len(allocated.granted),
        proved=allocated.proved,
        bound=format_credits(chosen.bound) if objective == "credits" else str(chosen.bound),
        settled=chosen.settled,
        lines=[_line(each, judged, gathered, imagined, rulebook=rulebook, on=on) for each, judged in allocated.granted],
        claim=[
            LineIn(
                record_ids=[UUID(record) for record in each.candidate.records],
                course_code=each.line.course_code,
                wants=each.line.wants or "credits",
            )
            for each, _ in allocated.granted
            if imagined.isdisjoint(each.candidate.records)
        ],
        caps=[_cap(each, allocated) for each in chosen.caps if each.cap.clause in allocated.found.caps],
        unused=unused,
        possible_if=possible,
        courses_left=list(chosen.courses_left),
        clauses=_clauses(allocated, gathered, unused, possible, rulebook=rulebook, on=on),
        facts=[missing_out(name) for name in _missing(unused, possible)],
    )


def _line(
    each: Possible, judged: Judged, gathered: Gathered, imagined: frozenset[str], *, rulebook: Rulebook, on: date
) -> AllocatedLineOut:
    decided = judged.decided
    return AllocatedLineOut(
        record_ids=list(each.candidate.records),
        hypothetical=not imagined.isdisjoint(each.candidate.records),
        course_code=each.line.course_code,
        course_name=gathered.plan.courses[each.line.course_code]["name"],
        wants=each.line.wants or "credits",
        credits=format_credits(judged.credits),
        exemption=judged.exemption,
        replaces=list(each.replaces),
        document=None if decided is None else decided.document,
        version=None if decided is None else decided.version,
        lapses=_lapse(gathered, each.line, rulebook=rulebook, on=on),
    )


def _lapse(gathered: Gathered, line: AskedLine, *, rulebook: Rulebook, on: date) -> LapseOut | None:
    found = lapse_of(gathered, line, rulebook=rulebook, on=on)
    if found is None:
        return None
    return LapseOut(last_day=found.last_day, clause=found.clause, says_zh=found.says_zh, says_en=found.says_en)


# --- caps -------------------------------------------------------------------------------------------------------------


def _cap(taken: CapTaken, allocated: Allocated) -> CapOut:
    said = allocated.found.caps[taken.cap.clause]
    type_ = said.clause.cap.type if said.clause.cap is not None else None
    assert type_ is not None
    wastes = None
    if taken.costs is not None and allocated.proved:
        wastes = format_credits(taken.costs) if allocated.allocation.objective == "credits" else str(taken.costs)
    return CapOut(
        document=said.document,
        clause=taken.cap.clause,
        says_zh=said.clause.zh,
        says_en=said.clause.en,
        citations=_citations(said),
        group=list(taken.cap.key),
        unit=type_.unit,
        limit=observed(type_, taken.cap.limit),
        before=observed(type_, taken.cap.used),
        taken=observed(type_, taken.taken),
        left=observed(type_, taken.left),
        binds=taken.binds,
        wastes=wastes,
        keeps_out=_pairs(taken.keeps_out[:MOST_SHOWN]),
    )


def _citations(said: CapSaid) -> list[dict[str, Any]]:
    return [{"id": name, **_plain(said.version.citations[name])} for name in said.clause.cites]


def _plain(node: Any) -> Any:
    if isinstance(node, Fields | dict):
        return {str(key): _plain(value) for key, value in node.items()}
    return [_plain(each) for each in node] if isinstance(node, list) else str(node)


def _pairs(candidates: Iterable[Candidate]) -> list[AllocatedPairOut]:
    return [AllocatedPairOut(record_ids=list(each.records), course_code=each.course) for each in candidates]


# --- what is left ---------------------------------------------------------------------------------------------------


def _unused(allocated: Allocated, gathered: Gathered, *, rulebook: Rulebook, on: date) -> list[UnusedOut]:
    open_: dict[str, tuple[AskedLine, tuple[str, ...], tuple[str, ...]]] = {}
    for each in allocated.found.open:
        for record in each.line.records:
            open_.setdefault(str(record), (each.line, each.missing, each.judged_by))
    first = _first_of(allocated.found.problem.candidates)
    told, turned = list[UnusedOut](), 0
    for left in allocated.allocation.unused:
        candidate = first.get(left.record)
        if candidate is not None:
            line = allocated.found.possible[candidate.id].line
            told.append(_left(left, candidate, _lapse(gathered, line, rulebook=rulebook, on=on)))
        elif left.record in open_:
            line, missing, judged = open_[left.record]
            told.append(_said("open", left.record, course=line.course_code, clauses=judged, missing=missing))
        else:
            refused, turned = allocated.found.refused.get(left.record), turned + 1
            changes = [] if turned > MOST_TURNED else _changes(gathered, refused, rulebook=rulebook, on=on)
            told.append(_refused(left.record, refused, changes))
    return told


def _first_of(candidates: Sequence[Candidate]) -> Mapping[str, Candidate]:
    found: dict[str, Candidate] = {}
    for each in candidates:
        for record in each.records:
            found.setdefault(record, each)
    return found


def _left(left: Unused, candidate: Candidate, lapses: LapseOut | None) -> UnusedOut:
    why = "refused" if left.why == "no_candidate" else left.why
    return _said(
        why,
        left.record,
        course=candidate.course,
        clauses=[cap.clause for cap in left.caps],
        instead=_pairs(left.instead),
        lapses=lapses,
    )


def _changes(
    gathered: Gathered, refused: RefusedLine | None, *, rulebook: Rulebook, on: date
) -> list[list[dict[str, Any]]]:
    if refused is None:
        return []
    decided = rulebook.decide("conversion", gathered.facts(refused.line), on=on)
    return [[change.as_json() for change in together] for together in turning(decided).changes]


def _refused(record: str, refused: RefusedLine | None, changes: list[list[dict[str, Any]]]) -> UnusedOut:
    if refused is None:
        return _said("refused", record)
    return _said("refused", record, course=refused.line.course_code, clauses=refused.clauses, changes=changes)


def _said(
    why: Any,
    record: str,
    *,
    course: str | None = None,
    clauses: Iterable[str] = (),
    missing: Iterable[str] = (),
    changes: list[list[dict[str, Any]]] | None = None,
    instead: list[AllocatedPairOut] | None = None,
    lapses: LapseOut | None = None,
) -> UnusedOut:
    zh, en = _WHY[why]
    return UnusedOut(
        record_id=record,
        why=why,
        zh=zh,
        en=en,
        course_code=course,
        clauses=list(dict.fromkeys(clauses)),
        missing=list(missing),
        changes=changes or [],
        instead=instead or [],
        lapses=lapses,
    )


def _missing(unused: Sequence[UnusedOut], possible: Sequence[PossibleIfOut]) -> list[str]:
    """The facts that are not known, each once; of a set of rows nobody says a single one."""
    named = [name for left in unused for name in left.missing] + [name for each in possible for name in each.missing]
    return [name for name in dict.fromkeys(named) if name in FACTS]


def _clauses(
    allocated: Allocated,
    gathered: Gathered,
    unused: Sequence[UnusedOut],
    possible: Sequence[PossibleIfOut],
    *,
    rulebook: Rulebook,
    on: date,
) -> list[ClauseSaidOut]:
    """The clauses that the answer names, as their documents say them; lines are asked until none is left to find."""
    named = [
        *(name for each in unused for name in each.clauses),
        *(name for each in possible for name in each.judged_by),
    ]
    left = dict.fromkeys(named)
    said = dict[str, ClauseSaidOut]()
    for name in list(left):
        if name in allocated.found.caps:
            clause = allocated.found.caps[name].clause
            said[name] = ClauseSaidOut(clause=name, zh=clause.zh, en=clause.en)
        elif (rule := said_of(name)) is not None:
            said[name] = ClauseSaidOut(clause=name, zh=rule[0], en=rule[1])
    lines = [each.line for each in allocated.found.refused.values()] + [each.line for each in allocated.found.open]
    for line in lines:
        if left.keys() <= said.keys():
            break
        for _, clause, name in clauses_of(rulebook.decide("conversion", gathered.facts(line), on=on).versions):
            if name in left:
                said[name] = ClauseSaidOut(clause=name, zh=clause.zh, en=clause.en)
    return [said[name] for name in left if name in said]


def _possible_if(allocated: Allocated) -> list[PossibleIfOut]:
    """Grouped: the same records wanting the same things for several courses are said once."""
    courses: dict[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for each in allocated.found.open:
        records = tuple(str(record) for record in each.line.records)
        courses.setdefault((records, each.missing, each.judged_by), []).append(each.line.course_code)
    return [
        PossibleIfOut(record_ids=list(records), course_codes=codes, missing=list(missing), judged_by=list(judged))
        for (records, missing, judged), codes in courses.items()
    ]
