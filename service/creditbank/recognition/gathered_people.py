"""From the rows of one person to what is known about them: records, enrolment, interruptions, conversions; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from creditbank.institutions.equivalence_keys import (
    certificate_key,
    course_key,
    online_course_key,
    training_key,
)
from creditbank.recognition.certificate_numbers import level_in
from creditbank.recognition.gathered_plans import academic_year_of, listed, term_code, term_of
from creditbank.recognition.known import EDUCATION_RANKS, Converted, Facts, Held, Hypothetical, KnownPlan
from creditbank.sealing import SealingKey, field_of, open_sealed

_SUBJECTS = ("record", "certificate", "institution")
_DECIDED = ("granted", "not_granted")
_POINTS = re.compile(r"(0|[1-9][0-9]{0,4})(\.[0-9]{1,6})?")
_OTHER_SOURCES = ("training_provider", "enterprise", "certificate_body")
_STATUSES = {
    "entered": "enrolled",
    "resumed": "enrolled",
    "suspended": "suspended",
    "graduated": "graduated",
    "completed": "completed",
    "withdrew": "withdrawn",
}
"""What the last event makes of an enrolment. A transfer may be into another programme or away: unsaid."""
_STOPS, _GOES_ON = ("suspended", "withdrew"), ("resumed", "entered")


# --- records --------------------------------------------------------------------------------------------------------


def held_of(row: Mapping[str, Any], plan: KnownPlan, key: SealingKey) -> Held:
    """A live record with the facts that its deposit used, and what else is known about it for this plan."""
    sealed = _Sealed(row, plan, key)
    return Held(
        id=row["record"],
        kind=row["kind"],
        content=row["content"],
        institution_id=row["institution"],
        occurred_on=row["occurred_on"],
        title=row["title"],
        key=key_of(row),
        course_code=row["body"].get("course_code"),
        scheme=row["scheme"],
        credits=row["credits"],
        opened=sealed,
        deposited=sealed.deposited,
    )


class _Sealed:
    """The facts of a record, unsealed when they are first asked for and kept then."""

    __slots__ = ("_facts", "_key", "_plan", "_row")

    def __init__(self, row: Mapping[str, Any], plan: KnownPlan, key: SealingKey) -> None:
        self._row, self._plan, self._key = row, plan, key
        self._facts: Facts | None = None

    def __call__(self) -> Facts:
        if self._facts is None:
            self._facts = _facts_of(self._row, self._plan, self._key, self.deposited())
        return self._facts

    def deposited(self) -> Facts:
        """All facts by which the deposit was decided."""
        learner_id = UUID(self._row["learner"])
        found: Facts = orjson.loads(
            open_sealed(self._key, bytes.fromhex(self._row["facts"]), field_of(learner_id, "facts"))
        )
        return found


def _facts_of(row: Mapping[str, Any], plan: KnownPlan, key: SealingKey, used: Facts) -> Facts:
    learner_id = UUID(row["learner"])
    facts = {subject: dict(used[subject]) for subject in _SUBJECTS if subject in used}
    facts["record"] |= _of_record(row, facts, plan)
    if "certificate" in facts:
        facts["certificate"] |= listed(plan, facts["certificate"]) | _in_number(row, facts, learner_id, key)
    return facts


def imagined(one: Hypothetical, plan: KnownPlan) -> Held:
    """A hypothetical record as if it were held; whatever is not said about it is not known."""
    facts = {subject: dict(said) for subject, said in one.facts.items() if subject in _SUBJECTS}
    facts["record"] = {**facts.get("record", {}), "id": one.id}
    if "certificate" in facts:
        facts["certificate"] = {**listed(plan, facts["certificate"]), **facts["certificate"]}
    institution: str | None = facts.get("institution", {}).get("id")
    return Held(
        id=one.id,
        kind=facts["record"].get("kind", ""),
        content=facts["record"].get("content"),
        institution_id=institution,
        occurred_on=facts["record"].get("occurred_on"),
        title=one.title,
        key=one.key,
        course_code=one.key.rpartition("/")[2] if one.key is not None and one.key.startswith("course/") else None,
        scheme=None,
        credits=facts["record"].get("credits", 0),
        opened=lambda: facts,
    )


def _of_record(row: Mapping[str, Any], facts: Mapping[str, Facts], plan: KnownPlan) -> Facts:
    said: Facts = {"id": row["record"], "content": row["content"]}
    if row["verdict"] in _DECIDED:
        said["credits"] = row["credits"]
    if row["kind"] == "course_result" and row["level"] in EDUCATION_RANKS:
        said["education_rank"] = EDUCATION_RANKS[row["level"]]
    if row["issuer"] is not None and row["issuer"] == row["institution"]:
        said["verified"] = True  # the body that issued it reported it itself
    if row["kind"] in ("certificate", "assessment") and _POINTS.fullmatch(row["body"].get("score", "")):
        said["points"] = row["body"]["score"]
    said |= {name: row["body"][name] for name in ("member_no", "team_size") if name in row["body"]}
    return said | _origin(row, facts, plan) | _when(row, plan)


def _origin(row: Mapping[str, Any], facts: Mapping[str, Facts], plan: KnownPlan) -> Facts:
    """Which other colleges are partners, and what was self-study, the bank is not told: that is not guessed."""
    if row["institution"] == str(plan.institution_id):
        return {"origin": "own"}
    if row["kind"] == "online_course":
        return {"origin": "online_platform"}
    return {"origin": "other"} if facts.get("institution", {}).get("kind") in _OTHER_SOURCES else {}


def _when(row: Mapping[str, Any], plan: KnownPlan) -> Facts:
    body = row["body"]
    if "academic_year" in body:
        return {"academic_year": body["academic_year"], "term": term_code(body["academic_year"], body["term"])}
    on = date.fromisoformat(row["occurred_on"])
    year, term = academic_year_of(plan.terms, on), term_of(plan.terms, on)
    said = {} if year is None else {"academic_year": year}
    return said if term is None else {**said, "term": term.code}


def _in_number(row: Mapping[str, Any], facts: Mapping[str, Facts], learner_id: UUID, key: SealingKey) -> Facts:
    if row["sealed"] is None:
        return {}
    private = orjson.loads(open_sealed(key, bytes.fromhex(row["sealed"]), field_of(learner_id, "shown")))
    level = level_in(private.get("number", ""), kind=facts["certificate"].get("kind", ""))
    return {} if level is None else {"level_in_number": level}


def key_of(row: Mapping[str, Any]) -> str | None:
    """What equivalences would find a record by, from its kind, institution and body; none of what they cannot name."""
    body, institution = row["body"], row["institution"]
    match row["kind"]:
        case "course_result":
            return course_key(institution, body["course_code"])
        case "certificate":
            return certificate_key(body["standard"])
        case "training":
            return training_key(institution, body["title"])
        case "online_course":
            return online_course_key(body["platform"], body["title"])
        case _:
            return None


# --- the person -----------------------------------------------------------------------------------------------------


def enrolment_of(rows: Sequence[Mapping[str, Any]], plan: KnownPlan, on: date) -> Facts:
    """The enrolment that a claim on a day is made in: in the plan's programme, else at its institution."""
    begun = [row for row in rows if row["institution"] == str(plan.institution_id) and row["entered_on"] <= str(on)]
    if not begun:
        return {}
    found = max(
        begun,
        key=lambda row: (
            row["programme"] == str(plan.programme_id),
            row["ended_on"] is None or row["ended_on"] >= str(on),
            row["entered_on"],
        ),
    )
    said = {name: found[name] for name in ("level", "year_of_entry", "entered_on") if found[name] is not None}
    status = _STATUSES.get(found["status"])
    return said if status is None else {**said, "status": status}


def interruptions_of(rows: Sequence[Mapping[str, Any]], plan: KnownPlan, on: date) -> tuple[Facts, ...]:
    """When somebody did not study at the plan's institution although they had begun: suspended until they resumed, or
    gone until they entered again; whoever is suspended still, until the day of the claim."""
    events = [
        (date.fromisoformat(row["occurred_on"]), row["event"], row["record"])
        for row in rows
        if row["kind"] == "enrolment_event" and row["institution"] == str(plan.institution_id)
    ]
    service = [
        (date.fromisoformat(row["body"]["enlisted_on"]), date.fromisoformat(row["occurred_on"]))
        for row in rows
        if row["kind"] == "military_service"
    ]
    found: list[Facts] = []
    since: tuple[date, str, str] | None = None
    for day, event, record in sorted(events):
        if day > on:
            break
        if event in _STOPS and since is None:
            since = (day, event, record)
        elif event in _GOES_ON and since is not None:
            found.append(_interruption(since, day, service))
            since = None
        elif event in ("graduated", "completed"):
            since = None
    if since is not None and since[1] == "suspended":
        found.append(_interruption(since, on, service))
    return tuple(found)


def _interruption(since: tuple[date, str, str], until: date, service: Sequence[tuple[date, date]]) -> Facts:
    started, _, record = since
    said: Facts = {"from": started.isoformat(), "days": (until - started).days}
    if any(enlisted <= until and discharged >= started for enlisted, discharged in service):
        said["ground"] = "military"
    return {"id": record, "interruption": said}


def converted_of(row: Mapping[str, Any]) -> Converted:
    """A conversion that stands or is reserved."""
    outputs = row["outputs"] or {}
    return Converted(
        conversion_id=row["id"],
        plan_id=UUID(row["plan"]),
        course=row["course"],
        credits=row["credits"],
        on=row["on"],
        academic_year=row["academic_year"],
        term=row["term"],
        exemption=row["exemption"],
        records=tuple(row["records"] or ()),
        granted=row["state"] == "granted",
        grade=None if outputs.get("grade") is None else str(outputs["grade"]),
        in_average=outputs.get("in_average"),
    )
