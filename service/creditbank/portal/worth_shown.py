"""What records are worth in a plan, as its page reads it: lines to claim, what limits them, what is left and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditbank.errors import Language
from creditbank.institutions.schemas import PlanOut
from creditbank.portal.records_shown import beside, fields_of, name_of, sentence
from creditbank.portal.words import named, speaker
from creditbank.portal.writing import day, days_in
from creditbank.recognition.allocation_schemas import AllocationOut, CapOut, LapseOut, UnusedOut
from creditbank.recognition.schemas import LineIn
from creditbank.rules.units import NUMBER_UNITS


@dataclass(frozen=True, slots=True)
class Named:
    """A record by what people call it; `record_id` where it has a story to open."""

    name: str
    beside: str
    record_id: str | None


Records = Mapping[str, Named]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the best choice; `value` is the line as it is claimed, empty where a record is only thought of."""

    value: str
    code: str
    course: str
    records: list[Named]
    credits: str
    exemption: str
    replaces: int
    lapses: str


@dataclass(frozen=True, slots=True)
class Cap:
    """A cap, how full it is, and how much more there would be without it."""

    says: str
    limit: str
    before: str
    taken: str
    left: str
    binds: bool
    wastes: str
    sources: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Left:
    """A record that the best choice does not use: why, and what would change that."""

    record: Named
    why: str
    said: str
    course: str
    reasons: list[str]
    missing: list[str]
    changes: list[list[str]]
    instead: list[str]
    lapses: str


@dataclass(frozen=True, slots=True)
class Perhaps:
    """What somebody would have to say or judge, and which records could count for which courses then."""

    missing: list[str]
    judged: list[str]
    lines: list[tuple[list[Named], list[str]]]


@dataclass(frozen=True, slots=True)
class Worth:
    """Everything the page says of an allocation."""

    lines: list[Line]
    caps: list[Cap]
    left: list[Left]
    perhaps: list[Perhaps]
    courses_left: list[str]


def records_named(transcript: Mapping[str, Any], language: Language, imagined: Sequence[str] = ()) -> dict[str, Named]:
    """The records of a transcript by id, those of an enrolment left out; and those that are only thought of."""
    found = {
        line["record_id"]: Named(
            name_of(line["kind"], fields_of(line), language),
            " · ".join(beside(line["kind"], fields_of(line), language)),
            line["record_id"],
        )
        for line in transcript["records"]
        if line["kind"] != "enrolment_event"
    }
    said = speaker(language)("worth_imagined")
    return found | {f"hypothetical-{place}": Named(name, said, None) for place, name in enumerate(imagined, start=1)}


def worth_shown(found: AllocationOut, plan: PlanOut, records: Records, language: Language) -> Worth:
    """The view of an allocation."""
    courses = {each.course_code: each.name for each in plan.courses}
    clauses = {each.clause: each.zh if language == "zh" else each.en for each in found.clauses}
    facts = {each.fact: _missing(each.zh if language == "zh" else each.en, each.hand, language) for each in found.facts}
    named_ = _Names(records, courses, clauses, facts, language)
    claimed = iter(found.claim)
    return Worth(
        lines=[
            Line(
                value="" if each.hypothetical else value_of_line(next(claimed)),
                code=each.course_code,
                course=each.course_name,
                records=[named_.record(one) for one in each.record_ids],
                credits=each.credits,
                exemption="" if each.exemption == "none" else named("exemption", each.exemption, language),
                replaces=len(each.replaces),
                lapses=_lapse(each.lapses, language),
            )
            for each in found.lines
        ],
        caps=[_cap(each, language) for each in sorted(found.caps, key=lambda one: not one.binds)],
        # What is open is told with what it waits for.
        left=[_left(each, named_) for each in found.unused if each.why != "open"],
        perhaps=_perhaps(found, named_),
        courses_left=[named_.course(one) for one in found.courses_left],
    )


def courses_in(said: str, courses: Mapping[str, str], language: Language) -> str:
    """A sentence of the rules that speaks of courses by code, with what the plan calls them; its days as written."""

    def told(found: re.Match[str]) -> str:
        name = courses.get(found[1])
        if name is None:
            return found[0]
        return f"《{name}》" if language == "zh" else found[0].replace(found[1], name)

    return _CODE.sub(told, days_in(said, language))


_CODE = re.compile(r" ?(?<![A-Za-z0-9.-])([A-Za-z0-9.-]+)(?![A-Za-z0-9.-]) ?")


def value_of_line(line: LineIn) -> str:
    """A line as a form carries it."""
    return line.model_dump_json()


@dataclass(frozen=True, slots=True)
class _Names:
    records: Records
    courses: Mapping[str, str]
    clauses: Mapping[str, str]
    facts: Mapping[str, str]
    language: Language

    def record(self, record_id: str) -> Named:
        return self.records.get(record_id) or Named(speaker(self.language)("record_not_shown"), "", None)

    def course(self, code: str) -> str:
        return self.courses.get(code, code)

    def clauses_of(self, names: Iterable[str]) -> list[str]:
        return [sentence(self.clauses[name], self.language) for name in names if name in self.clauses]

    def facts_of(self, names: Iterable[str]) -> list[str]:
        return [self.facts[name] for name in names if name in self.facts]


def _perhaps(found: AllocationOut, names: _Names) -> list[Perhaps]:
    """Grouped by what is missing: one thing often stands between many records and a course."""
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[tuple[list[Named], list[str]]]] = {}
    for each in found.possible_if:
        key = (tuple(names.facts_of(each.missing)), tuple(names.clauses_of(each.judged_by)))
        line = [names.record(one) for one in each.record_ids], [names.course(one) for one in each.course_codes]
        groups.setdefault(key, []).append(line)
    return [Perhaps(list(missing), list(judged), lines) for (missing, judged), lines in groups.items()]


def _missing(name: str, hand: str, language: Language) -> str:
    say = speaker(language)
    return say("worth_missing", fact=name, who=say(f"hand_{hand}"))


def _lapse(lapses: LapseOut | None, language: Language) -> str:
    if lapses is None:
        return ""
    says = lapses.says_zh if language == "zh" else lapses.says_en
    return speaker(language)("worth_until", day=day(lapses.last_day, language), why=says)


def _cap(cap: CapOut, language: Language) -> Cap:
    def amount(number: str) -> str:
        return f"{number} {NUMBER_UNITS[cap.unit][0 if language == 'zh' else 1]}".strip()

    return Cap(
        says=sentence(cap.says_zh if language == "zh" else cap.says_en, language),
        limit=amount(cap.limit),
        before=amount(cap.before),
        taken=amount(cap.taken),
        left=amount(cap.left),
        binds=cap.binds,
        wastes="" if cap.wastes in (None, "0") else amount_of(cap.wastes or "", language),
        sources=[(str(each.get("title", "")), str(each.get("clause", ""))) for each in cap.citations],
    )


def amount_of(credits: str, language: Language) -> str:
    """Credits in words."""
    return speaker(language)("worth_credits_n", n=credits)


def _left(left: UnusedOut, names: _Names) -> Left:
    language = names.language
    return Left(
        record=names.record(left.record_id),
        why=left.why,
        said=left.zh if language == "zh" else left.en,
        course="" if left.course_code is None else names.course(left.course_code),
        reasons=names.clauses_of(left.clauses),
        missing=names.facts_of(left.missing),
        changes=[
            [courses_in(str(one[language]), names.courses, language) for one in together] for together in left.changes
        ],
        instead=[
            f"{names.course(each.course_code)} ← {'、'.join(names.record(one).name for one in each.record_ids)}"
            for each in left.instead
        ],
        lapses=_lapse(left.lapses, language),
    )
