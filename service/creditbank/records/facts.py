"""From a row and what is known about it to the facts that rules ask about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from creditbank.institutions.scales import Score, read_score
from creditbank.records import refusals
from creditbank.records.lookup import DEFAULT_SCALE, Known
from creditbank.records.reading import ReadRow
from creditbank.records.schemas import (
    AssessmentRow,
    AwardRow,
    CertificateRow,
    CourseResultRow,
    EnrolmentEventRow,
    OnlineCourseRow,
    PracticeRow,
    Row,
    TrainingRow,
    WorkAchievementRow,
)


def facts_of(row: ReadRow, known: Known, *, institution_id: UUID) -> dict[str, Any]:
    """The facts of one record, without the records of the same content that stand beside it.

    Raises a RowRefused where the row speaks of a course, scale, standard or programme that does not exist, and the
    scale's own error for a score that is not on it.
    """
    given = row.given
    facts: dict[str, Any] = {
        "record": {"kind": given.kind, "occurred_on": given.occurred_on.isoformat(), **_said(given)},
        "institution": {"id": str(institution_id), "kind": known.institution["kind"]},
    }
    if isinstance(given, CourseResultRow):
        facts["record"] |= _result(given, known)
        facts["course"] = _course(given, known)
    elif isinstance(given, AssessmentRow):
        facts["record"] |= _result(given, known)
    elif isinstance(given, CertificateRow):
        facts["certificate"] = _certificate(given, known, institution_id)
    elif isinstance(given, EnrolmentEventRow):
        _check_programme(given, known)
    if known.enrolment is not None:
        facts["enrolment"] = {key: value for key, value in known.enrolment.items() if value is not None}
    return facts


def _said(given: Row) -> dict[str, Any]:
    match given:
        case CourseResultRow():
            said: dict[str, Any] = {"attempt_kind": given.attempt, "attempt_number": given.attempt_no}
            return said if given.credits is None else {**said, "credits_reported": given.credits}
        case TrainingRow():
            return {"learning_form": "training", "hours": str(given.hours), "result": _passed(passed=given.passed)}
        case OnlineCourseRow():
            return {
                "learning_form": "online",
                "hours": str(given.hours),
                "hours_verified": given.hours_verified,
                "result": _passed(passed=given.passed),
            }
        case PracticeRow():
            return {"learning_form": given.form, "weeks": str(given.weeks), "result": _passed(passed=given.passed)}
        case AwardRow():
            said = {"award_level": given.level, "team": given.team_size > 1}
            if given.rank is not None:
                said["award_rank"] = given.rank
            return said if given.place is None else {**said, "place": given.place}
        case CertificateRow():
            return {} if given.valid_until is None else {"valid_until": given.valid_until.isoformat()}
        case WorkAchievementRow():
            return {"achievement_kind": given.category}
        case _:
            return {}


def _passed(*, passed: bool) -> str:
    return "passed" if passed else "failed"


def _result(given: CourseResultRow | AssessmentRow, known: Known) -> dict[str, Any]:
    score = score_of(given, known)
    result: dict[str, Any] = {"result": score.result}
    return result if score.percent is None else {**result, "score": str(score.percent)}


def score_of(given: CourseResultRow | AssessmentRow, known: Known) -> Score:
    """The score as its scale reads it."""
    if known.scale is None:
        raise refusals.ScaleUnknown(scale=given.scale or DEFAULT_SCALE, field="/scale")
    return read_score(known.scale, given.score)


def _course(given: CourseResultRow, known: Known) -> dict[str, Any]:
    course = known.course
    if course is None:
        raise refusals.CourseUnknown(course=given.course_code, day=given.occurred_on, field="/course_code")
    fields = ("source", "category", "learning_form", "credits", "hours", "weeks")
    facts = {name: course[name] for name in fields if course[name] is not None}
    return {**facts, "in_plan": course["source"] == "plan"}


def _certificate(given: CertificateRow, known: Known, institution_id: UUID) -> dict[str, Any]:
    standard = known.standard
    if standard is None:
        raise refusals.CertificateStandardUnknown(standard=given.standard, day=given.occurred_on, field="/standard")
    if standard["rank"] is None:
        raise refusals.CertificateLevelUnknown(
            standard=given.standard,
            level=given.level,
            levels=", ".join(standard["levels"] or ()),
            field="/level",
        )
    if standard["issuer"] is not None and UUID(standard["issuer"]) != institution_id:
        raise refusals.CertificateOfAnotherBody(body=standard["body"], field="/standard")
    facts = {
        "standard": given.standard,
        "kind": standard["kind"],
        "level": given.level,
        "level_rank": standard["rank"],
    }
    return facts if standard["credits"] is None else {**facts, "recognised_credits": standard["credits"]}


def _check_programme(given: EnrolmentEventRow, known: Known) -> None:
    if given.programme_code is not None and known.programme is None:
        raise refusals.ProgrammeUnknown(programme=given.programme_code, day=given.occurred_on, field="/programme_code")


def warnings_of(row: ReadRow, known: Known) -> list[str]:
    """What to tell the institution although the row is deposited: codes of `refusals.Warned`."""
    given, said = row.given, list[str]()
    if isinstance(given, CourseResultRow) and known.course is not None:
        if known.course["source"] == "catalogue":
            said.append("course_outside_plan" if known.enrolment else "enrolment_unknown")
        if given.course_name is not None and given.course_name.strip() != known.course["name"]:
            said.append("course_name_differs")
    if isinstance(given, CertificateRow) and known.standard is not None and known.standard["issuer"] is None:
        said.append("issuer_not_connected")
    return said
