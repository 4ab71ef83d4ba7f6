"""What is asked about a person's claim and what is known for answering: lines, records, the plan, conversions; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

Facts = dict[str, Any]

EDUCATION_RANKS = {
    "secondary_vocational": 1,
    "technician": 1,
    "general_high_school": 1,
    "higher_vocational": 2,
    "vocational_bachelor": 3,
    "undergraduate": 3,
}
"""职业教育法 第十五条: schools of technicians teach at the secondary level."""
SCHEMES = {
    "secondary_vocational": "secondary_vocational",
    "technician": "technician",
    "higher_vocational": "higher_vocational",
    "vocational_bachelor": "undergraduate",
    "undergraduate": "undergraduate",
    "general_high_school": "general_high_school",
}
"""Of which scheme the credits of a plan are."""


# --- what is asked --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One line of a claim: some records for one course of the plan.

    `records` are ids, of the bank or of hypothetical records. `supplied` are facts that people said about the line, by
    their full names ("match.relevance": "85"); they come before what the bank knows. Facts about a record, a
    certificate or an institution are of the line's one record; of several, `supplied_of` says whose.
    """

    line_no: int
    records: tuple[UUID | str, ...]
    course_code: str
    wants: str | None = None
    supplied: Mapping[str, Any] = field(default_factory=dict)
    supplied_of: Mapping[UUID | str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClaimSaid:
    """What a claim says of itself."""

    on: date


@dataclass(frozen=True, slots=True)
class Hypothetical:
    """A record that nobody has yet: its facts (record, certificate, institution), under an id that is no record's.

    `key` is what equivalences would find it by (`institutions/equivalence_keys.py`), `title` what it is called.
    """

    id: str
    facts: Mapping[str, Mapping[str, Any]]
    key: str | None = None
    title: str | None = None


# --- what is known --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Held:
    """A live record, or a hypothetical one. (Not frozen: there are many of them, and a frozen one takes thrice as long
    to make.)"""

    id: str
    kind: str
    content: str | None
    institution_id: str | None
    occurred_on: str | None
    title: str | None
    key: str | None
    course_code: str | None
    scheme: str | None
    credits: int
    opened: Callable[[], Facts] = field(compare=False, repr=False)
    """Unseals the facts: of most records nothing is asked, so it is called when something is."""
    deposited: Callable[[], Facts] | None = field(default=None, compare=False, repr=False)
    """Unseals the facts by which it was deposited; none of a hypothetical one."""

    @property
    def facts(self) -> Facts:
        """Subjects record, certificate, institution."""
        return self.opened()


@dataclass(frozen=True, slots=True)
class Counts:
    """An equivalence in force on the day of the claim."""

    equivalence_id: str
    sources: tuple[Mapping[str, Any], ...]
    source_keys: tuple[str, ...]
    targets: frozenset[str]
    relevance: int | None


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the calendar of the institution whose plan it is; both days are of it."""

    academic_year: str
    code: str
    """With its year, so that no two terms have one name: `2023-2024-1`."""
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class KnownPlan:
    """A plan with its programme as it is on the day of the claim."""

    plan_id: UUID
    institution_id: UUID
    programme_id: UUID
    level: str
    total_credits: int
    programme: Facts
    courses: Mapping[str, Facts]
    """By code, with the name."""
    certificates: tuple[Facts, ...]
    """Listed for the programme: standard, rank from which on it counts, whether the plan requires it."""
    counts: tuple[Counts, ...]
    terms: tuple[Term, ...]
    today: Term | None
    """The term in which the day of the claim is."""
    week_of_term: int | None

    @property
    def scheme(self) -> str:
        """Of which scheme its credits are."""
        return SCHEMES[self.level]

    @property
    def academic_year(self) -> str | None:
        """The academic year in whose term the day of the claim is."""
        return None if self.today is None else self.today.academic_year

    @property
    def term(self) -> str | None:
        """The term in which the day of the claim is, with its year."""
        return None if self.today is None else self.today.code

    @property
    def facts(self) -> dict[str, Facts]:
        """Subjects plan and programme."""
        plan = {
            "level": self.level,
            "institution": str(self.institution_id),
            "total_credits": self.total_credits,
            "education_rank": EDUCATION_RANKS[self.level],
        }
        return {"plan": plan, "programme": self.programme}


@dataclass(frozen=True, slots=True)
class Converted:
    """A conversion that stands or is reserved, in this plan or in another."""

    conversion_id: str
    plan_id: UUID
    course: Facts
    credits: int
    on: str | None
    academic_year: str | None
    term: str | None
    exemption: str
    records: tuple[str, ...]
    granted: bool
    grade: str | None = None
    in_average: bool | None = None
