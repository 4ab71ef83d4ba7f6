"""What somebody supposes besides what is known, held against what facts can be; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from creditbank.pathways import asking_refusals as refusals
from creditbank.pathways.asking_schemas import SupposedExam, SupposedIn
from creditbank.pathways.known import Imagined
from creditbank.pathways.statement_refusals import NoPointsForResult, PointsAboveFull
from creditbank.pathways.statement_topics import WITHOUT_POINTS
from creditbank.recognition.known import Facts
from creditbank.rules.declaring import Fact
from creditbank.rules.facts import FACTS
from creditbank.rules.questions import QUESTIONS
from creditbank.rules.units import NotOfType, reader

_OF_THE_LEARNER = ("process", "health", "language", "learner", "member")
_FROM_EVENTS = frozenset({"member.status", "member.joined_on", "member.term_of_study"})
"""Facts that follow from what happened in the cohort: nobody supposes that."""
_ROWS = frozenset(subject for rows in QUESTIONS["progression"].sets.values() for subject in rows.own)
SUPPOSABLE: Mapping[str, Fact] = {
    name: fact for name, fact in sorted(FACTS.items())
    if name.partition(".")[0] in _OF_THE_LEARNER and name.partition(".")[0] not in _ROWS and name not in _FROM_EVENTS
}  # fmt: skip
"""Facts of the case that may be supposed of a learner; scores, certificates and credits are rows."""
_HUNDRED = 100


def imagined_of(said: SupposedIn, on: date, known: Mapping[str, Any]) -> Imagined:
    """What is supposed, as rows and facts; `known` are the facts beside which it stands.

    Raises FactNotKnown, FactNotToSuppose, SupposedImpossible, PointsAboveFull, NoPointsForResult.
    """
    facts: dict[str, Facts] = {}
    for name, value in said.facts.items():
        subject, _, key = name.partition(".")
        facts.setdefault(subject, {})[key] = _value(name, value)
    certificates = [
        _row("certificate", place, on, certificate={
            "kind": _must_be("certificate.kind", one.kind), "level": _must_be("certificate.level", one.level),
            **({} if one.standard is None else {"standard": one.standard}),
        })
        for place, one in enumerate(said.certificates, start=1)
    ]  # fmt: skip
    awards = [
        _row("award", place, on, award_level=_must_be("record.award_level", one.level))
        for place, one in enumerate(said.awards, start=1)
    ]
    return Imagined(
        exams=tuple(_exam(one, known.get("exams") or ()) for one in said.exams),
        facts=facts,
        earned=tuple(
            {"id": f"hypothetical-credits-{place}", "earned": {"credits": one.hundredths},
             "course": {} if one.category is None else {"category": one.category}}
            for place, one in enumerate(said.credits, start=1)
        ),
        records=(*certificates, *awards),
    )  # fmt: skip


def _row(kind: str, place: int, on: date, *, certificate: Facts | None = None, **record: Any) -> Facts:
    row: Facts = {
        "id": f"hypothetical-{kind}-{place}",
        "record": {"kind": kind, "occurred_on": on.isoformat(), **record},
    }
    return row if certificate is None else {**row, "certificate": certificate}


def _value(name: str, value: Any) -> Any:
    known = ", ".join(SUPPOSABLE)
    field = f"/facts/{name}"
    if name not in FACTS:
        raise refusals.FactNotKnown(field=field, fact=name, known=known)
    if name not in SUPPOSABLE:
        raise refusals.FactNotToSuppose(field=field, fact=name, known=known)
    return _must_be(name, value, field=field)


def _must_be(name: str, value: Any, *, field: str | None = None) -> Any:
    """The value, if it can be one of the fact. Raises SupposedImpossible."""
    fact = FACTS[name]
    try:
        read = reader(fact.type)(value)
    except NotOfType as wrong:
        raise refusals.SupposedImpossible(field=field, fact=name, why_zh=wrong.zh, why_en=wrong.en) from None
    if fact.type.unit == "percent" and read > _HUNDRED:
        raise refusals.SupposedImpossible(
            field=field, fact=name, why_zh="不应超过 100", why_en="it must not be more than 100"
        )
    return value


def _exam(said: SupposedExam, sat: Iterable[Mapping[str, Any]]) -> Facts:
    """One score; without full marks of its own it has those of the score that it takes the place of."""
    if said.points is None and said.result is None:
        raise refusals.SupposedImpossible(
            fact="exam.points", why_zh="请填写得分或结果", why_en="say the points or the result"
        )
    if said.points is not None and said.result in WITHOUT_POINTS:
        raise NoPointsForResult(subject=said.subject)
    body = said.model_dump(mode="json", exclude_none=True)
    there = next(
        (row["exam"].get("full") for row in sat
         if (row["exam"]["kind"], row["exam"].get("subject")) == (said.kind, said.subject)
         and row["exam"].get("latest")),
        None,
    )  # fmt: skip
    full = body.get("full", there)
    if said.points is not None and full is not None and reader(FACTS["exam.points"].type)(full) < said.points:
        raise PointsAboveFull(subject=said.subject, points=str(said.points), full=full)
    return body
