"""What may be stated about a member of a cohort: each topic with its payload, who may state it, and its key; pure.

A statement (情况陈述) is a dated fact that an institution or an officer says about somebody. Two statements of one key
speak of the same thing: the later one takes the place of the earlier. Nothing that was stated is ever edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal
from uuid import UUID

from creditbank.institutions.schemas import Payload
from creditbank.pathways.statement_bodies import CheckedSaid, ExamSaid
from creditbank.pathways.statement_refusals import (
    NoPointsForResult,
    PointsAboveFull,
    ScoreWithoutSitting,
    SubjectNotOfSitting,
)

Side = Literal["school", "college", "bank"]
"""For whom somebody speaks: the school or the college of the cohort, or the credit bank (an officer)."""
Of = Literal["person", "member"]

WITHOUT_POINTS = ("absent", "cheated", "deferred")
"""Results that carry no points: whoever was not there, or was caught cheating, has none, not zero."""
_MARKED_BY_COLLEGE = ("stage", "school_test")
_OF_THE_PATHWAY = ("stage", "school_test")
"""Examinations that are part of one pathway; the others are the person's, whatever they are used for."""


# --- topics -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that may be stated.

    `of` member: it belongs to one cohort; person: to the person, whichever cohort it was stated in. `stated_by` are the
    sides that may state it, `makes` the subjects of facts or the facts that it becomes, `seen_by` who may read it where
    it is sensitive: those who decide on it.
    """

    name: str
    zh: str
    en: str
    of: Of
    stated_by: frozenset[Side]
    makes: tuple[str, ...]
    sensitive: bool = False
    seen_by: frozenset[Side] = frozenset({"school", "college", "bank"})


_SCHOOL: frozenset[Side] = frozenset({"school"})
_COLLEGE: frozenset[Side] = frozenset({"college"})
_BANK: frozenset[Side] = frozenset({"bank"})
_DECIDE = _SCHOOL | _COLLEGE

TOPICS: Mapping[str, Topic] = {
    each.name: each
    for each in (
        Topic("process", "过程考核", "process assessment", "member", _SCHOOL, ("process.score", "process.passed")),
        Topic("exam", "考试成绩", "examination", "member", _SCHOOL | _COLLEGE | _BANK, ("exam",)),
        Topic("registration", "升学考试报名", "registration for an entrance", "person", _BANK, ("registration",)),
        Topic("admission", "其他通道录取结果", "outcome of another pathway", "person", _BANK, ("admission",)),
        Topic("sanction", "纪律处分", "sanction", "person", _DECIDE, ("sanction",), sensitive=True, seen_by=_DECIDE),
        Topic("event", "学籍变更", "change of enrolment", "person", _SCHOOL, ("event",)),
        Topic("changes", "学籍类型变更次数", "changes of enrolment", "person", _SCHOOL, ("member.changes",)),
        Topic(
            "health", "身体条件", "physical conditions", "person", _DECIDE, ("health.fit",), sensitive=True,
            seen_by=_DECIDE,
        ),
        Topic("language", "外语语种", "foreign language", "person", _SCHOOL, ("language.kind",)),
        Topic(
            "residence", "户籍所在省份", "province of residence", "person", _SCHOOL | _BANK, ("learner.residence",),
            sensitive=True, seen_by=_SCHOOL | _BANK,
        ),
        Topic("informed", "书面告知家长", "parents informed", "member", _SCHOOL, ("member.informed",)),
        Topic("recommended", "学校推荐", "recommendation of the school", "member", _SCHOOL, ("member.recommended",)),
        Topic("agreed", "本人或监护人同意", "consent", "member", _SCHOOL, ("member.agreed",)),
        Topic("filed", "列入备案名单", "on the filed list", "member", _BANK, ("member.filed",)),
        Topic("graduating", "应届毕业生", "graduates this year", "person", _SCHOOL, ("member.graduating",)),
        Topic("exam_category", "对应的考试类别", "category of the entrance", "person", _BANK,
              ("programme.exam_category",)),
        Topic("merit", "服役立功", "merit in service", "person", _BANK, ("learner.merit",)),
        Topic("model_worker", "劳动模范", "model worker", "person", _BANK, ("learner.model_worker",)),
        Topic("checked", "核对完毕", "checked: there are no others", "member", _DECIDE | _BANK,
              ("sanction", "registration", "admission")),
    )
}  # fmt: skip
SEALED_TOPIC = "sealed"
"""What the table says in the place of every sensitive topic: that there is a sanction would tell of it. Which topic it
is stands in the sealed body."""
CHECKED: Mapping[str, str] = {"sanction": "sanctions", "registration": "registrations", "admission": "admissions"}
"""Topics of which it can be said that there are no others, and by which word: that of the set of their rows."""
_CHECKED_BY: Mapping[str, frozenset[Side]] = {"sanctions": _DECIDE, "registrations": _BANK, "admissions": _BANK}


def checked_by(topic: str) -> frozenset[Side]:
    """Who may say of a topic that there are no others."""
    return _CHECKED_BY[CHECKED[topic]]


SENSITIVE_SETS = frozenset({"sanctions"})
"""Sets of rows that are made of sensitive statements alone."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """One subject of a sitting as its round declares it. `marked_by` is the side that states its scores."""

    round_id: UUID
    number: int
    """Of the round."""
    sitting: int
    subject: str
    on: date | None
    full: Decimal | None
    drawn: bool | None
    marked_by: Side | None = None


def who_states(said: Payload, sitting: Sitting | None) -> frozenset[Side]:
    """The sides that may state this: of an examination by its kind, in a round as the sitting says; that something was
    checked those who state it.
    """
    if isinstance(said, CheckedSaid):
        return _CHECKED_BY[said.what]
    if not isinstance(said, ExamSaid):
        return TOPICS[said.topic].stated_by  # type: ignore[attr-defined]
    if sitting is not None and sitting.marked_by is not None:
        return frozenset({sitting.marked_by})
    return _COLLEGE if said.kind in _MARKED_BY_COLLEGE else _SCHOOL | _BANK


def of_the_member(topic: str, body: Mapping[str, Any]) -> bool:
    """Whether a statement belongs to one cohort; else it is the person's."""
    if topic == "exam":
        return body["kind"] in _OF_THE_PATHWAY or "round_id" in body
    return TOPICS[topic].of == "member"


# --- from a payload to what is kept ----------------------------------------------------------------------------------


def body_of(said: Payload, sitting: Sitting | None) -> dict[str, Any]:
    """What is kept of a statement, as JSON; of an examination in a round with what its sitting says.

    Raises ScoreWithoutSitting, SubjectNotOfSitting, PointsAboveFull, NoPointsForResult.
    """
    if isinstance(said, ExamSaid):
        return _exam(said, sitting)
    return said.model_dump(mode="json", exclude_none=True, exclude={"topic"})


def key_of(topic: str, body: Mapping[str, Any]) -> str:
    """What a statement is about: a later one of the same key takes its place."""
    match topic:
        case "exam":
            where = body.get("round_id") or f"{body.get('on') or body['year']}"
            return f"exam/{body['kind']}/{where}/{body.get('sitting', 1)}/{body['subject']}"
        case "registration":
            return f"registration/{body['entrance']}/{body['year']}"
        case "admission":
            return f"admission/{body['kind']}/{body['year']}"
        case "sanction":
            return f"sanction/{body['number']}"
        case "event":
            return f"event/{body['kind']}/{body['on']}"
        case "checked":
            return f"checked/{body['what']}"
        case _:
            return topic


def happened_on(body: Mapping[str, Any]) -> date | None:
    """The day that a statement itself names."""
    return date.fromisoformat(body["on"]) if "on" in body else None


def mean_of(marks: list[Decimal]) -> Decimal:
    """The mean of several markers' points, half up to a hundredth."""
    return (sum(marks, Decimal(0)) / len(marks)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _exam(said: ExamSaid, sitting: Sitting | None) -> dict[str, Any]:
    if said.round_id is not None or said.kind == "stage":
        if sitting is None:
            raise ScoreWithoutSitting(subject=said.subject)
        if sitting.subject != said.subject:
            raise SubjectNotOfSitting(subject=said.subject, sitting=sitting.sitting)
    elif said.on is None and said.year is None:
        raise ScoreWithoutSitting(subject=said.subject)
    points = mean_of(said.marks) if said.marks is not None else said.points
    full = said.full if sitting is None or sitting.full is None else sitting.full
    if points is not None and said.result in WITHOUT_POINTS:
        raise NoPointsForResult(subject=said.subject)
    highest = max(said.marks) if said.marks is not None else points
    if highest is not None and full is not None and highest > full:
        raise PointsAboveFull(subject=said.subject, points=_plain(highest), full=_plain(full))
    on = said.on if sitting is None else sitting.on
    year = said.year if on is None else on.year
    body: dict[str, Any] = {
        "kind": said.kind,
        "subject": said.subject,
        "round_id": None if sitting is None else str(sitting.round_id),
        "round": None if sitting is None else sitting.number,
        "sitting": said.sitting if sitting is None else sitting.sitting,
        "on": None if on is None else on.isoformat(),
        "year": year,
        "points": None if points is None else _plain(points),
        "marks": None if said.marks is None else [_plain(each) for each in said.marks],
        "full": None if full is None else _plain(full),
        "result": said.result,
        "drawn": None if sitting is None else sitting.drawn,
    }
    return {name: value for name, value in body.items() if value is not None}


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
