"""Five years of the city: who entered where, what they achieved, as rows of what each institution reports.

Everything comes from one seed and ends on one day: the same city every time, whenever it is thought up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from creditbank.demo.city import FIRST_YEAR, LAST_YEAR, Course, Institution, Programme, Term, city, term_of_study
from creditbank.demo.people import Person, Registry

SEED = 20211
ENDS_ON = date(2026, 8, 31)
"""The last day of the history, after the academic year of 2025: nothing is dated after it, and no day is asked for."""
NO_DATES = "yanshan"
"""The school whose sheets have no dates: its results are of the last day of their term."""
SAY_CREDITS = ("vocational", "university")
"""Whose sheets say the credits of a course."""
Row = dict[str, Any]

_ENTERED_IN = {"secondary_vocational": 15, "technician": 15, "general_high_school": 15}
"""Age at entry by level; the others enter at 18."""
_LEADS_TO = {
    ("bihai", "710201"): ("vocational", "510205"),
    ("bihai", "730701"): ("trade", "530701"),
    ("yanshan", "700206"): ("vocational", "500211"),
}
"""Where graduates of the secondary schools go on studying."""
_GO_ON = 4
"""How many of a programme's graduates do in a year."""
_CERTIFIED = {
    "710201": ("beichen", "ys-data-annotation", "elementary"),
    "510205": ("beichen", "ys-data-annotation", "intermediate"),
    "080901": ("beichen", "ys-data-annotation", "advanced"),
    "730701": ("beichen", "ys-live-commerce", "elementary"),
    "530701": ("beichen", "ys-live-commerce", "intermediate"),
    "700206": ("yunfan", "ys-vehicle-care", "grade_5"),
    "500211": ("yunfan", "ys-vehicle-care", "grade_4"),
    "770101": ("yunfan", "ys-child-care", "elementary"),
    "YS-SK": ("yunfan", "ys-lathe", "grade_4"),
}
"""Which certificate the learners of a programme take."""
_TRAININGS = (
    ("安全生产培训", 16), ("焊接工艺提升", 48), ("数控设备操作", 40), ("质量管理体系", 24), ("班组长能力提升", 32),
    ("机器人操作与维护", 56), ("设备点检与保养", 24), ("绿色制造与节能", 16), ("工业互联网基础", 40), ("应急救护", 16),
)  # fmt: skip
_ONLINE = (("Python 入门", 32), ("大学生心理健康", 16), ("电子商务法规", 24), ("人工智能通识", 32), ("汽车文化", 16))


@dataclass(frozen=True, slots=True)
class Student:
    """Somebody enrolled in a programme."""

    person: Person
    institution: Institution
    programme: Programme
    year_of_entry: int
    student_no: str
    ability: float = 0.0

    def known_by(self) -> dict[str, Any]:
        """The `learner` of an ordinary row: name and student number suffice once the enrolment was reported."""
        return self.person.known_by(self.student_no, document=False)


@dataclass(slots=True)
class History:
    """What each institution reports, by its key: enrolments, and everything else in the order it happened."""

    enrolments: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    records: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    people: list[Person] = field(default_factory=list)

    def add(self, institution: str, rows: Iterable[Row]) -> None:
        """Take rows in; those of days after the last one never happened."""
        for row in rows:
            if row["occurred_on"] <= ENDS_ON:
                shelf = self.enrolments if row["kind"] == "enrolment_event" else self.records
                shelf[institution].append(row)

    def in_order(self) -> None:
        """Sort what each institution reports by the day it happened."""
        for shelf in (self.enrolments, self.records):
            for rows in shelf.values():
                rows.sort(key=lambda row: row["occurred_on"])


def ordinary_lives(history: History, registry: Registry, dice: Random) -> None:
    """Everybody who is nobody's example: students cohort by cohort, then workers who train."""
    graduates: dict[tuple[str, str, int], list[Person]] = {}
    certificate_no = _numbers()
    for institution in city():
        for programme in institution.programmes:
            for year, size in programme.cohorts.items():
                coming = [
                    person
                    for (school, code), there in _LEADS_TO.items()
                    if there == (institution.key, programme.code)
                    for person in graduates.get((school, code, year), [])
                ]
                cohort = _cohort(institution, programme, year, size, coming, registry=registry, dice=dice)
                done = [_student_life(history, student, certificate_no, dice) for student in cohort]
                history.add(institution.key, _team(cohort, dice))
                leaving = year + (programme.terms(year) + 1) // 2
                graduates[institution.key, programme.code, leaving] = [one for one in done if one][:_GO_ON]
                history.people += [one.person for one in cohort if one.person not in coming]
    for number in range(45):
        worker = registry.somebody(born_in=1975 + number % 25)
        history.people.append(worker)
        history.add("enterprise", trainings(worker, dice, number % 2 + 1))


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


def _cohort(
    institution: Institution,
    programme: Programme,
    year: int,
    size: int,
    coming: list[Person],
    *,
    registry: Registry,
    dice: Random,
) -> list[Student]:
    place = institution.programmes.index(programme) + 1
    age = _ENTERED_IN.get(programme.level, 18)
    people = [*coming, *(registry.somebody(born_in=year - age) for _ in range(size - len(coming)))]
    return [
        Student(person, institution, programme, year, f"{year}{place:02d}{number:03d}", dice.gauss(0, 7))
        for number, person in enumerate(people, start=1)
    ]


def _student_life(history: History, student: Student, certificate_no: Iterator[int], dice: Random) -> Person | None:
    """All that becomes of a student; the person, if they graduate."""
    whole = student.programme.terms(student.year_of_entry)
    by_now = min(whole, 2 * (LAST_YEAR - student.year_of_entry + 1))
    withdraws = by_now > 2 and dice.random() < 0.015
    terms = dice.randrange(2, by_now) if withdraws else by_now
    rows = [entered(student), *results(student, range(1, terms + 1), dice), *_besides(student, terms, dice)]
    if withdraws:
        rows.append(left(student, "withdrew", term_of_study(student.year_of_entry, terms).ends_on))
    elif terms == whole:
        rows.append(graduated(student))
    history.add(student.institution.key, rows)
    if student.institution.key == "technician" and terms >= 3 and dice.random() < 0.4:
        history.add("enterprise", [at_work(student, weeks=dice.choice((2, 3, 4)))])
    if terms >= 4 and not withdraws and dice.random() < 0.6:
        body, row = certificate(student, next(certificate_no), dice)
        history.add(body, [row])
    return student.person if terms == whole and not withdraws else None


# --- enrolment events ---------------------------------------------------------------------------------------------


def entered(student: Student) -> Row:
    """The row that opens an enrolment, with the document that opens the account."""
    return {
        "kind": "enrolment_event",
        "learner": student.person.known_by(student.student_no),
        "event": "entered",
        "occurred_on": date(student.year_of_entry, 9, 1),
        "level": student.programme.level,
        "programme_code": student.programme.code,
        "year_of_entry": student.year_of_entry,
    }


def left(student: Student, event: str, on: date) -> Row:
    """The row of any later event; with the document, for an enrolment of the same call is not there to be found yet."""
    return {**entered(student), "event": event, "occurred_on": on}


def graduated(student: Student, number_of_last_term: int | None = None) -> Row:
    """The row of a graduation, on the last day of June of the last term's year."""
    last = number_of_last_term or student.programme.terms(student.year_of_entry)
    return left(student, "graduated", date(term_of_study(student.year_of_entry, last).ends_on.year, 6, 30))


# --- courses ------------------------------------------------------------------------------------------------------


def results(student: Student, numbers: Iterable[int], dice: Random, *, late_by: int = 0) -> Iterator[Row]:
    """Results of some terms of study, resits included; `late_by` years for who was away meanwhile."""
    wanted = set(numbers)
    for course in student.programme.plan_for(student.year_of_entry).courses:
        if course.term in wanted:
            yield from _sittings(student, course, term_of_study(student.year_of_entry + late_by, course.term), dice)


def _sittings(student: Student, course: Course, term: Term, dice: Random) -> Iterator[Row]:
    chance = dice.random()
    points = max(20, min(99, round(dice.gauss(77 + student.ability, 8))))
    if course.term == student.programme.terms(student.year_of_entry):  # nobody graduates before a makeup
        points, chance = max(points, 60), max(chance, 0.012)
    if course.scale == "percentage" and chance < 0.006:
        yield result(student, course, term, "缺考")
        yield result(student, course, term, str(60 + points % 15), attempt="makeup")
    elif course.scale == "percentage" and chance < 0.012:
        yield result(student, course, term, "缓考")
        yield result(student, course, term, str(max(points, 60)), attempt="deferred")
    elif course.scale == "percentage" and chance < 0.015:
        yield result(student, course, term, "免修")
    else:
        yield result(student, course, term, written(course, points))
        if points < 60 and course.scale != "two_grades" and _is_taken_again(student, course):
            later = term_of_study(student.year_of_entry, course.term + 2)
            yield result(student, course, later, written(course, 62 + points % 20), attempt="retake")
        elif points < 60 and course.scale != "two_grades":
            yield result(student, course, term, written(course, 60 + points % 13), attempt="makeup")


def _is_taken_again(student: Student, course: Course) -> bool:
    """The university has who fails in the first years take the course again a year later; the others have a makeup."""
    return student.institution.key == "university" and course.term + 2 < student.programme.terms(student.year_of_entry)


def result(student: Student, course: Course, term: Term, score: str, *, attempt: str = "normal") -> Row:
    """One sitting: in the last fortnight of its term, a makeup at the start of the following one."""
    if student.institution.key == NO_DATES:
        occurred_on = term.ends_on
    elif attempt in ("normal", "retake"):
        occurred_on = term.ends_on - timedelta(days=3 + ord(course.code[-1]) % 10)
    else:
        occurred_on = term.ends_on + timedelta(weeks=8)
    row: Row = {
        "kind": "course_result",
        "learner": student.known_by(),
        "course_code": course.code,
        "course_name": course.name,
        "academic_year": term.academic_year,
        "term": term.term,
        "occurred_on": occurred_on,
        "attempt": attempt,
        "score": score,
    }
    if student.institution.own_keys:
        row["key"] = f"{term.academic_year}-{term.term}-{course.code}-{student.student_no}-{attempt}"
    if student.institution.key in SAY_CREDITS:
        row["credits"] = course.credits
    return row


def written(course: Course, points: int) -> str:
    """Points on the scale of a course."""
    if course.scale == "percentage":
        return str(points)
    if course.scale == "two_grades":
        return "合格"
    return next(
        word for least, word in ((90, "优"), (80, "良"), (70, "中"), (60, "及格"), (0, "不及格")) if points >= least
    )


def course_of(student: Student, code: str) -> Course:
    """A course of a student's plan."""
    return next(c for c in student.programme.plan_for(student.year_of_entry).courses if c.code == code)


# --- everything else ----------------------------------------------------------------------------------------------


def _besides(student: Student, terms: int, dice: Random) -> Iterator[Row]:
    """What a student does beside the courses, as the school reports it."""
    summer = student.year_of_entry + 1
    if terms >= 3 and dice.random() < 0.3:
        yield practice(student, "暑期社会实践", date(summer, 7, 20), weeks=dice.choice((1, 2)))
    if student.programme.level == "secondary_vocational" and terms >= 4:
        exam_on = term_of_study(student.year_of_entry, 4).ends_on - timedelta(days=20)
        yield assessment(student, "中等职业学校学业水平考试（演示）", "公共基础", exam_on, str(dice.randrange(60, 98)))
    if terms >= 4 and dice.random() < 0.08:
        yield award(student, dice)
    if student.programme.level in ("higher_vocational", "undergraduate") and dice.random() < 0.2:
        title, hours = dice.choice(_ONLINE)
        yield {
            "kind": "online_course",
            "learner": student.known_by(),
            "platform": "演示慕课平台",
            "title": title,
            "occurred_on": date(summer, 5, dice.randrange(1, 29)),
            "hours": hours,
            "hours_verified": dice.random() < 0.8,
        }


def practice(student: Student, title: str, started_on: date, *, weeks: int) -> Row:
    """A practice that is no course."""
    return {
        "kind": "practice",
        "learner": student.known_by(),
        "form": "practice",
        "title": title,
        "host": "社区服务中心（演示）",
        "started_on": started_on,
        "occurred_on": started_on + timedelta(weeks=weeks, days=-3),
        "weeks": weeks,
    }


def at_work(student: Student, *, weeks: int) -> Row:
    """A practice in the summer after the first year that the enterprise reports; it knows no student numbers."""
    started_on = date(student.year_of_entry + 1, 7, 13)
    row = practice(student, "数控车间生产实践", started_on, weeks=weeks)
    return {**row, "learner": student.person.known_by(), "host": "港城装备制造有限公司（演示）"}


def assessment(student: Student, name: str, subject: str, on: date, score: str) -> Row:
    """An examination that is no course result."""
    said = {"kind": "assessment", "learner": student.known_by()}
    return {**said, "name": name, "subject": subject, "occurred_on": on, "score": score}


def _team(cohort: list[Student], dice: Random) -> Iterator[Row]:
    """Three of a cohort who won a prize together, or nobody."""
    if len(cohort) < 3 or dice.random() < 0.5:
        return
    won = award(cohort[0], dice)
    won["event"] += "（团体）"
    for member_no, member in enumerate(dice.sample(cohort, 3), start=1):
        yield {**won, "learner": member.known_by(), "team_size": 3, "member_no": member_no}


def award(student: Student, dice: Random) -> Row:
    """A prize of a competition that one takes part in alone."""
    return {
        "kind": "award",
        "learner": student.known_by(),
        "event": f"职业院校技能大赛（演示）·{student.programme.name}赛项",
        "occurred_on": date(min(student.year_of_entry + 2, LAST_YEAR + 1), 4, 20),
        "level": dice.choice(("municipal", "municipal", "provincial", "national")),
        "rank": dice.choice(("first", "second", "third")),
        "team_size": 1,
        "member_no": 1,
        "organiser": "市教育局（演示）",
    }


def certificate(student: Student, number: int, dice: Random) -> tuple[str, Row]:
    """A certificate as its body reports it, with the key of that body, and which body it is."""
    body, standard, level = _CERTIFIED.get(student.programme.code, ("beichen", "ys-live-commerce", "intermediate"))
    year = min(student.year_of_entry + 2, LAST_YEAR + 1)
    return body, {
        "kind": "certificate",
        "learner": student.person.known_by(),
        "standard": standard,
        "level": level,
        "number": f"YS{year}{number:06d}",
        "occurred_on": date(year, 5, dice.randrange(1, 29)),
    }


def trainings(person: Person, dice: Random, a_year: int) -> Iterator[Row]:
    """A worker's trainings over the five years."""
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for title, hours in dice.sample(_TRAININGS, a_year):
            started_on = date(year, dice.randrange(9, 12), dice.randrange(1, 28))
            yield training(person, title, started_on, hours)


def training(person: Person, title: str, started_on: date, hours: int) -> Row:
    """A training of an enterprise, eight hours a day."""
    return {
        "kind": "training",
        "learner": person.known_by(),
        "title": title,
        "started_on": started_on,
        "occurred_on": started_on + timedelta(days=hours // 8 - 1),
        "hours": hours,
    }
