"""From the row of a plan to what is known about it on a day: its programme, courses, certificates, calendar; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from creditbank.recognition.known import Counts, Facts, KnownPlan, Term

_DAYS_OF_A_WEEK = 7


def plan_of(row: Mapping[str, Any], on: date) -> KnownPlan:
    """A plan as it is on the day of a claim. Equivalences that are not in force on that day are not there."""
    programme = _programme_on(row["programme"], on)
    terms = tuple(_term(term) for term in row["terms"] or ())
    today = term_of(terms, on)
    return KnownPlan(
        plan_id=row["plan_id"],
        institution_id=row["institution_id"],
        programme_id=row["programme_id"],
        level=programme["level"],
        total_credits=row["total_credits"],
        programme={name: programme[name] for name in ("code", "years", "discipline") if programme[name] is not None},
        courses={course["code"]: course for course in row["courses"] or ()},
        certificates=tuple(row["certificates"] or ()),
        counts=tuple(_counts(one) for one in row["counts"] or () if _holds(one, on)),
        terms=terms,
        today=today,
        week_of_term=None if today is None else (on - today.starts_on).days // _DAYS_OF_A_WEEK + 1,
    )


def term_of(terms: Sequence[Term], on: date) -> Term | None:
    """The term in which a day is; none on holidays between terms, or where the calendar is not on file."""
    return next((term for term in terms if term.starts_on <= on <= term.ends_on), None)


def academic_year_of(terms: Sequence[Term], on: date) -> str | None:
    """The academic year in which a day is: from the first day of its first term to the last day of its last."""
    years = {term.academic_year for term in terms if term.starts_on <= on} & {
        term.academic_year for term in terms if on <= term.ends_on
    }
    return years.pop() if len(years) == 1 else None


def listed(plan: KnownPlan, certificate: Mapping[str, Any]) -> Facts:
    """Whether the plan lists a certificate and whether it requires it: facts of the certificate.

    Nothing is said for a plan that lists none at all: nobody has said which count. A certificate above the level that
    the plan requires is one that it requires too.
    """
    if not plan.certificates:
        return {}
    found = [one for one in plan.certificates if one["standard"] == certificate.get("standard")]
    counting = [one for one in found if one["level"] is None or _reaches(certificate, one["rank"])]
    return {"for_programme": bool(counting), "required_by_plan": any(one["required"] for one in counting)}


def _reaches(certificate: Mapping[str, Any], rank: int | None) -> bool:
    has: int | None = certificate.get("level_rank")
    return rank is not None and has is not None and has >= rank


def _programme_on(periods: Sequence[Mapping[str, Any]], on: date) -> Mapping[str, Any]:
    """The programme as it is on a day; before it began as it began, after it ended as it ended."""
    begun = [period for period in periods if period["from"] <= on.isoformat()]
    return begun[-1] if begun else periods[0]


def _holds(one: Mapping[str, Any], on: date) -> bool:
    day = on.isoformat()
    return bool(one["from"] <= day and (one["until"] is None or day < one["until"]))


def _counts(one: Mapping[str, Any]) -> Counts:
    return Counts(
        equivalence_id=one["id"],
        sources=tuple(one["sources"]),
        source_keys=tuple(one["keys"]),
        targets=frozenset(one["targets"]),
        relevance=one["relevance"],
    )


def _term(term: Mapping[str, Any]) -> Term:
    return Term(
        academic_year=term["year"],
        code=term_code(term["year"], term["term"]),
        starts_on=date.fromisoformat(term["from"]),
        ends_on=date.fromisoformat(term["until"]),
    )


def term_code(academic_year: str, term: int) -> str:
    """A term with its year: `2023-2024-1`."""
    return f"{academic_year}-{term}"
