"""What documents decide: each question with what it gives, the sets of rows it may ask about, and how one is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from creditbank.rules import units
from creditbank.rules.facts import FACTS, SUBJECTS
from creditbank.rules.lists import EXEMPTION, GRADE_TEXT, SCHEME, SURPLUS
from creditbank.rules.pathway_lists import ROUTE
from creditbank.rules.problems import FactNotReadable
from creditbank.rules.units import TRUTH, Type, choice, number


@dataclass(frozen=True)
class RowSet:
    """Rows that a question may ask about. In a row the `own` subjects are the row's, whatever the case says of them.

    `taken_on` marks what a granted line adds to: caps count there, this line included.
    """

    zh: str
    en: str
    own: tuple[str, ...]
    taken_on: bool = False


@dataclass(frozen=True)
class Question:
    """What documents decide. `outputs` that are not in `required` may be left out by a document.

    `layered`: documents that give nothing only add their clauses to the one that does.
    """

    name: str
    outputs: Mapping[str, Type]
    required: tuple[str, ...]
    sets: Mapping[str, RowSet]
    chosen_by: str
    narrowed_by: tuple[str, ...]
    always: Mapping[str, Any] = field(default_factory=dict)
    layered: bool = False


_RECORD = ("record", "certificate", "institution")
_CONVERTED = ("conversion", "course", *_RECORD)

QUESTIONS = {
    "deposit": Question(
        name="deposit",
        outputs={"credits": number("credits"), "scheme": choice(SCHEME)},
        required=("credits", "scheme"),
        always={"purpose": "deposit"},
        sets={"same": RowSet("同一内容的学习成果", "records of the same content", ("record", "certificate"))},
        chosen_by="record.kind",
        narrowed_by=("institution.kind", "institution.id", "enrolment.level"),
    ),
    "grade": Question(
        name="grade",
        outputs={"grade": number("percent")},
        required=("grade",),
        sets={"awards": RowSet("同一学期的获奖", "awards of the same term", ("record",))},
        chosen_by="record.kind",
        narrowed_by=("institution.id", "enrolment.level"),
    ),
    "conversion": Question(
        name="conversion",
        outputs={
            "credits": number("credits"),
            "grade": number("percent"),
            "grade_text": choice(GRADE_TEXT),
            "in_average": TRUTH,
            "exemption": choice(EXEMPTION),
            "surplus": number("credits"),
            "surplus_to": choice(SURPLUS),
        },
        required=("credits",),
        sets={
            "sources": RowSet("本行所用的成果", "records that the line uses", _RECORD),
            "same": RowSet("同一内容的学习成果", "records of the same content", ("record", "certificate")),
            "conversions": RowSet("本方案内的转换", "conversions in this plan", _CONVERTED, taken_on=True),
            "uses": RowSet("成果的使用", "uses of records", _CONVERTED, taken_on=True),
            "courses": RowSet("方案内的课程", "courses of the plan", ("course",)),
            "records": RowSet("学习者的全部成果", "all records of the learner", _RECORD),
            "interruptions": RowSet("学业中断", "interruptions of study", ("interruption",)),
        },
        chosen_by="plan.level",
        narrowed_by=("plan.institution", "programme.code", "enrolment.level"),
        layered=True,
    ),
    "accumulation": Question(
        name="accumulation",
        outputs={"credits": number("credits"), "average": number("number")},
        required=(),
        sets={
            "earned": RowSet("已得学分", "credits earned", ("earned", "course", "record")),
            "courses": RowSet("方案内的课程", "courses of the plan", ("course",)),
            "records": RowSet("学习者的全部成果", "all records of the learner", _RECORD),
        },
        chosen_by="purpose.kind",
        narrowed_by=("plan.level", "plan.institution", "programme.code", "programme.discipline"),
    ),
    "progression": Question(
        name="progression",
        outputs={"route": choice(ROUTE), "total": number("points"), "total_of": number("points")},
        required=("route",),
        sets={
            "exams": RowSet("考试", "examinations", ("exam",)),
            "registrations": RowSet("报考", "registrations for entrances", ("registration",)),
            "admissions": RowSet("录取", "admissions", ("admission",)),
            "sanctions": RowSet("处分", "sanctions", ("sanction",)),
            "events": RowSet("学籍变动", "enrolment events", ("event",)),
            "awards": RowSet("获奖", "awards", ("record",)),
            "records": RowSet("学习者的全部成果", "all records of the learner", _RECORD),
            "earned": RowSet("已得学分", "credits earned", ("earned", "course", "record")),
            "courses": RowSet("方案内的课程", "courses of the plan", ("course",)),
        },
        chosen_by="pathway.kind",
        narrowed_by=("pathway.step", "pathway.province", "pathway.track", "pathway.college", "programme.code"),
        layered=True,
    ),
    "agreement": Question(
        name="agreement",
        outputs={"places": number("count", whole=True)},
        required=(),
        sets={},
        chosen_by="pathway.kind",
        narrowed_by=("agreement.step", "pathway.province"),
    ),
}


OTHERS: Mapping[str, Any] = {"id": "others", "open": True}
"""Stands in a set beside what is known of it where nobody has said that there are no others."""


def check_facts(question: str, facts: Mapping[str, Any]) -> None:
    """Refuse what the declarations do not know: a misspelt field would otherwise be taken for an absent one.

    Deciding reads only what the document asks; this reads everything and is for tests, cases and imports.
    Raises FactNotReadable.
    """
    known_sets = QUESTIONS[question].sets
    for subject, fields in facts.items():
        if subject in known_sets:
            for row in fields:
                _check_row(subject, row)
            if len({row["id"] for row in fields}) != len(fields):
                ids = [row["id"] for row in fields]
                raise FactNotReadable(subject, ids, why_zh="id 重复", why_en="two rows have the same id")
        else:
            _check_subject(subject, fields)


def _check_row(name: str, row: Mapping[str, Any]) -> None:
    if row == OTHERS:
        return
    told = isinstance(row.get("this"), bool) or ("this" not in row and name != "same")
    if not isinstance(row.get("id"), str) or not told:
        raise FactNotReadable(name, row, why_zh="每行须有 id，this 只能是 true 或 false", why_en="each row needs an id")
    for subject, fields in row.items():
        if subject not in ("id", "this"):
            _check_subject(subject, fields)


def _check_subject(subject: str, fields: Any) -> None:
    if subject not in SUBJECTS:
        raise FactNotReadable(subject, fields, why_zh="没有这类事实", why_en="there are no such facts")
    for key, value in (fields or {}).items():
        fact = FACTS.get(f"{subject}.{key}")
        if fact is None:
            raise FactNotReadable(f"{subject}.{key}", value, why_zh="没有声明这个事实", why_en="it is not declared")
        if value is not None:
            try:
                units.reader(fact.type)(value)
            except units.NotOfType as wrong:
                raise FactNotReadable(fact.name, value, why_zh=wrong.zh, why_en=wrong.en) from None
