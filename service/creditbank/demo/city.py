"""The city of the demo: institutions, programmes, plans and courses of `city.yaml`, said as the API wants them.

Real colleges carry the names and codes of `institutions/reference` and nothing else that is official. Their plans,
courses and learners are invented and marked so; course codes of the demo begin with YS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import yaml

from creditbank.institutions import reference

FILE = Path(__file__).parent / "city.yaml"
SOURCE = "演示数据，非学校公布"
CREDITS_SOURCE = "演示数值，非国家学分银行认定"
CATALOGUED_FROM = date(2018, 9, 1)
"""From when the demo's institutions, courses and programmes hold: before the first of its learners entered."""
COUNTED_FROM = date(2021, 9, 1)
"""From when the demo's institutions count one another's courses and certificates."""
EDITIONS: Mapping[str, tuple[tuple[str, date], ...]] = {
    "vocational": (("2021", date(2021, 3, 12)),),
    "bachelor": (("2012", date(2012, 9, 14)), ("2024", date(2024, 3, 19))),
    "none": (),
}
"""Editions of the national catalogues and from when each holds; the bachelor's codes here are the same in both."""
FIRST_YEAR, LAST_YEAR = 2021, 2025
"""Academic years of the demo's history, by the year in which each begins."""
TERM_WEEKS = 20
_HOURS_PER_CREDIT = 16
_WEEKS_PER_CREDIT = {"practice": 1, "graduation_project": 1, "military": 1, "internship": 2}
_SCALES = {
    "practice": "five_grades",
    "graduation_project": "five_grades",
    "military": "two_grades",
    "internship": "two_grades",
}
_ELECTIVE = ("选修课", "校本选修")


@dataclass(frozen=True, slots=True)
class Course:
    """A course of a plan and of its institution's catalogue."""

    code: str
    name: str
    category: str
    form: str
    credits: Decimal
    term: int
    """Which term of study, from 1."""
    weeks: int | None
    subject: str

    @property
    def scale(self) -> str:
        """The score scale of its results."""
        return _SCALES.get(self.form, "percentage")

    def content(self) -> dict[str, Any]:
        """What catalogue and plan say alike."""
        hours = None if self.weeks is not None else int(self.credits * _HOURS_PER_CREDIT)
        measures = {"hours": hours, "weeks": self.weeks}
        return {
            "name": self.name,
            "category": self.category,
            "learning_form": self.form,
            "credits": self.credits,
            **{name: value for name, value in measures.items() if value is not None},
        }

    def in_catalogue(self) -> dict[str, Any]:
        """As a row of the catalogue."""
        return {"code": self.code, "valid_from": CATALOGUED_FROM, "scale": self.scale, **self.content()}

    def in_plan(self) -> dict[str, Any]:
        """As a course of a plan."""
        compulsory = self.category not in _ELECTIVE
        named = {"course_code": self.code, "compulsory": compulsory, "term": self.term, "subject": self.subject}
        return {**named, **self.content()}


@dataclass(frozen=True, slots=True)
class Plan:
    """A version of a plan, for years of entry from one on."""

    version: str
    entry_from: int
    total: Decimal
    totals: Mapping[str, Decimal]
    courses: tuple[Course, ...]
    certificates: tuple[Mapping[str, Any], ...]

    def payload(self) -> dict[str, Any]:
        """As it is published."""
        return {
            "entry_from": self.entry_from,
            "published_on": date(self.entry_from, 6, 30),
            "total_credits": self.total,
            "totals": dict(self.totals),
            "courses": [course.in_plan() for course in self.courses],
            "certificates": [
                {
                    "standard": one["standard"],
                    "level": one["level"],
                    "required": one.get("required") == "yes",
                    "source": SOURCE,
                }
                for one in self.certificates
            ],
            "source": SOURCE,
        }


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme with its plans, oldest first, and how many enter in each year."""

    code: str
    name: str
    level: str
    catalogue: str
    years: str
    discipline: str
    cohorts: Mapping[int, int]
    plans: tuple[Plan, ...]

    def plan_for(self, year_of_entry: int) -> Plan:
        """The plan of a year of entry: the last that was published for it."""
        return [plan for plan in self.plans if plan.entry_from <= year_of_entry][-1]

    def terms(self, year_of_entry: int) -> int:
        """How many terms its plan takes."""
        return max(course.term for course in self.plan_for(year_of_entry).courses)

    def payloads(self) -> Iterator[dict[str, Any]]:
        """As it was published, edition after edition of its catalogue."""
        named = {
            "code": self.code,
            "name": self.name,
            "level": self.level,
            "years": self.years,
            "discipline": self.discipline,
        }
        entry, citation = _entry(self.catalogue, self.level, self.code)
        editions = EDITIONS[self.catalogue]
        if entry is None or date(self.plans[0].entry_from, 9, 1) < editions[0][1]:
            yield {**named, "valid_from": CATALOGUED_FROM, "catalogue": "none", "source": SOURCE}
        if entry is None:
            return
        for edition, since in editions:
            unchanged = "" if edition == editions[-1][0] else f"；代码自{edition}年版起未变"
            yield {
                **named,
                "name_en": entry.name_en,
                "valid_from": max(since, CATALOGUED_FROM),
                "catalogue": self.catalogue,
                "edition": edition,
                "catalogue_code": entry.code,
                "source": citation + unchanged,
            }


@dataclass(frozen=True, slots=True)
class Institution:
    """An institution of the city."""

    key: str
    name: str
    name_en: str | None
    kind: str
    department: str | None
    own_keys: bool
    """Whether its rows carry keys of its own; the others are known by learner, course, year, term and attempt."""
    programmes: tuple[Programme, ...]
    standards: tuple[Mapping[str, Any], ...]
    counts: tuple[Mapping[str, Any], ...]
    """What it counts for courses of its plans."""

    @property
    def institution_id(self) -> UUID:
        """The same in every demo, so that an example that names it works everywhere."""
        return _id_of(self.key)

    @property
    def demo(self) -> bool:
        """Whether it is invented."""
        return self.name.endswith("（演示）")

    def profile(self) -> dict[str, Any]:
        """As it is entered: official identifiers for real ones only, and only those that were verified."""
        said: dict[str, Any] = {"kind": self.kind, "name": self.name, "valid_from": CATALOGUED_FROM, "demo": self.demo}
        if self.demo:
            return {**said, "name_en": self.name_en, "source": "演示机构，纯属虚构"}
        known = next(found for found in reference.institutions() if found.name == self.name)
        identifiers = {name: getattr(known, name) for name in ("name_en", "uscc", "school_code", "college_code")}
        return {**said, **identifiers, "source": known.citation.in_words()}

    def courses(self) -> list[Course]:
        """Its catalogue: each course once, as the oldest plan that has it says."""
        found: dict[str, Course] = {}
        for programme in self.programmes:
            for plan in programme.plans:
                for course in plan.courses:
                    found.setdefault(course.code, course)
        return list(found.values())

    def standards_payload(self) -> list[dict[str, Any]]:
        """Its certificate standards, as an officer publishes them; before it was connected nobody issued them here."""
        rows = []
        for standard in self.standards:
            row = {
                **{name: standard[name] for name in ("code", "kind", "name", "name_en")},
                "body_name": self.name,
                "issuer_id": self.institution_id,
                "valid_from": CATALOGUED_FROM,
                "source": SOURCE,
                "levels": [
                    {"level": level, "rank": rank, "credits": amount, "credits_source": CREDITS_SOURCE}
                    for rank, (level, amount) in enumerate(standard["levels"], start=1)
                ],
            }
            if (connected := standard.get("connected")) is not None:
                rows.append({**row, "issuer_id": None})
                row["valid_from"] = date.fromisoformat(connected)
            rows.append(row)
        return rows

    def equivalences(self) -> list[dict[str, Any]]:
        """What it counts for its courses, as it is entered."""
        return [
            {
                "sources": [_source(source) for source in one["from"]],
                "targets": one["for"],
                "relevance": int(one["relevance"]),
                "valid_from": COUNTED_FROM,
                "ground": "专业建设委员会比对课程标准后认定（演示）",
                "source": SOURCE,
            }
            for one in self.counts
        ]


def _id_of(key: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"creditbank:demo:{key}")


def _source(said: Mapping[str, Any]) -> dict[str, Any]:
    """What counts: a course, a certificate from a level on, an online course."""
    ((kind, (one, other)),) = said.items()
    if kind == "course":
        return {"kind": "course", "institution_id": _id_of(one), "course_code": other}
    if kind == "certificate":
        return {"kind": "certificate", "standard": one, "from_level": other}
    return {"kind": "online_course", "platform": one, "title": other}


@cache
def city() -> tuple[Institution, ...]:
    """Every institution of the city."""
    # BaseLoader: every scalar is text, for plain YAML reads course code 0730 as 472.
    return tuple(_institution(said) for said in yaml.load(FILE.read_text("utf-8"), Loader=yaml.BaseLoader))  # noqa: S506


def institution(key: str) -> Institution:
    """One institution by its key in `city.yaml`."""
    return next(found for found in city() if found.key == key)


def _institution(said: Mapping[str, Any]) -> Institution:
    return Institution(
        key=said["key"],
        name=said["name"],
        name_en=said.get("name_en"),
        kind=said["kind"],
        department=said.get("department"),
        own_keys=said.get("own_keys") == "yes",
        programmes=tuple(_programme(programme, _subjects(said)) for programme in said["programmes"]),
        standards=tuple(said.get("standards", ())),
        counts=tuple(said.get("equivalences", ())),
    )


def _subjects(said: Mapping[str, Any]) -> dict[str, str]:
    return {code: subject for subject, codes in said.get("subjects", {}).items() for code in codes}


def _programme(said: Mapping[str, Any], subjects: Mapping[str, str]) -> Programme:
    first = Plan(
        version=said["plan"]["version"],
        entry_from=int(said["plan"]["entry_from"]),
        total=Decimal(said["plan"]["total"]),
        totals={category: Decimal(amount) for category, amount in said["totals"].items()},
        courses=tuple(_course(row, subjects) for row in said["courses"]),
        certificates=tuple(said.get("certificates", ())),
    )
    revised = said.get("revised")
    return Programme(
        code=said["code"],
        name=said["name"],
        level=said["level"],
        catalogue=said["catalogue"],
        years=said["years"],
        discipline=said["discipline"],
        cohorts={int(year): int(size) for year, size in said["cohorts"].items()},
        plans=(first,) if revised is None else (first, _revised(first, revised, subjects)),
    )


def _revised(plan: Plan, said: Mapping[str, Any], subjects: Mapping[str, str]) -> Plan:
    new = {course.code: course for course in (_course(row, subjects) for row in said["courses"])}
    courses = tuple(new.get(course.code, course) for course in plan.courses)
    return replace(plan, version=said["version"], entry_from=int(said["entry_from"]), courses=courses)


def _course(row: list[str], subjects: Mapping[str, str]) -> Course:
    code, name, category, form, amount, term, *weeks = row
    per_credit = _WEEKS_PER_CREDIT.get(form)
    usual = None if per_credit is None else int(Decimal(amount) * per_credit)
    return Course(
        code=code,
        name=name,
        category=category,
        form=form,
        credits=Decimal(amount),
        term=int(term),
        weeks=int(weeks[0]) if weeks else usual,
        subject=subjects.get(code, "other"),
    )


def _entry(catalogue: str, level: str, code: str) -> tuple[reference.Programme | None, str]:
    """The entry of a national catalogue and its source. Raises LookupError for a code that was not verified."""
    if catalogue == "none":
        return None, ""
    for shelf in reference.catalogues():
        if (shelf.catalogue, shelf.level) == (catalogue, level) and shelf.verified:
            for entry in shelf.programmes:
                if entry.code == code:
                    return entry, shelf.citation.in_words()
    raise LookupError(f"{catalogue} {level} {code} is not among the verified programmes")


# --- the calendar -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the academic calendar."""

    year: int
    """In which its academic year begins."""
    term: int
    starts_on: date
    ends_on: date

    @property
    def academic_year(self) -> str:
        """`2023-2024`."""
        return f"{self.year}-{self.year + 1}"

    def payload(self) -> dict[str, Any]:
        """As it is published."""
        return {
            "academic_year": self.academic_year,
            "term": self.term,
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
            "weeks": TERM_WEEKS,
        }


def term_of_study(year_of_entry: int, number: int) -> Term:
    """The calendar term in which those who entered in a year study their first, second … term."""
    return calendar_term(year_of_entry + (number - 1) // 2, (number - 1) % 2 + 1)


def calendar_term(year: int, term: int) -> Term:
    """A term: twenty weeks from the Monday around 1 September, or from that around 1 March."""
    starts_on = _monday(date(year, 8, 29)) if term == 1 else _monday(date(year + 1, 2, 22))
    return Term(year, term, starts_on, starts_on + timedelta(weeks=TERM_WEEKS, days=-1))


def calendar() -> list[Term]:
    """The terms of the five years."""
    return [calendar_term(year, term) for year in range(FIRST_YEAR, LAST_YEAR + 1) for term in (1, 2)]


def _monday(on: date) -> date:
    return on + timedelta(days=-on.weekday() % 7)
