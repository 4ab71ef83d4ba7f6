"""The people who make a bank hard, each with what they lived through and what has to be done about it by hand.

Their rows go in with everybody's. What only a person can do afterwards (withdraw, correct, reassign, resolve, merge) is
named here and done in `acts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any

from creditbank.demo.city import Programme, institution, term_of_study
from creditbank.demo.history import (
    ENDS_ON,
    History,
    Row,
    Student,
    award,
    certificate,
    course_of,
    entered,
    graduated,
    left,
    result,
    results,
    training,
)
from creditbank.demo.people import Person, Registry


@dataclass(frozen=True, slots=True)
class Story:
    """Somebody who can sign in, in one sentence."""

    person: Person
    login: str
    school: str
    """Whose client hands out the activation code."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Stories:
    """Everybody with a story, and the rows that need a person's hand."""

    people: tuple[Story, ...]
    withdrawn: Row
    corrected: Row
    misplaced: Row
    belongs_to: dict[str, Any]
    renamed: Story
    before: Person
    held: Row
    """The row of the entry in the college's roster, which waits for an officer."""
    once_resolved: list[Row]
    """What the college reports of them afterwards."""
    child: Story
    guardian: Person
    abroad: Person
    at_home: Person


def tell(history: History, registry: Registry, dice: Random) -> Stories:
    """Put everybody's rows into the history, and say what is left to do."""
    registry.reserve("林晓月", "林若溪", "周海燕", "沈知远", "吴浩然", "吴昊然", "MA XIAO", "马骁")
    child, guardian = _child(history, registry)
    abroad, at_home = _two_accounts(history, registry, dice)
    renamed, before, held, later = _renamed(history, registry, dice)
    withdrawn, certified = _withdrawn(history, registry, dice)
    corrected, careful = _corrected(history, registry, dice)
    misplaced, wrong, right = _misplaced(history, registry, dice)
    return Stories(
        people=(
            _mover(history, registry, dice),
            _soldier(history, registry, dice),
            _worker(history, registry),
            *_namesakes(history, registry, dice),
            _from_hong_kong(history, registry, dice),
            certified,
            careful,
            _resit(history, registry, dice),
            wrong,
            right,
            Story(at_home, "ma.xiao", "technician", "护照和居民身份证各开过一个账户，经业务员核实后已合并。"),
        ),
        withdrawn=withdrawn,
        corrected=corrected,
        misplaced=misplaced,
        belongs_to=right.person.known_by(),
        renamed=renamed,
        before=before,
        held=held,
        once_resolved=later,
        child=child,
        guardian=guardian,
        abroad=abroad,
        at_home=at_home,
    )


def _enrol(person: Person, key: str, code: str, year: int, number: int) -> Student:
    """A student outside the cohorts: their numbers begin at 901."""
    school = institution(key)
    programme: Programme = next(found for found in school.programmes if found.code == code)
    place = school.programmes.index(programme) + 1
    return Student(person, school, programme, year, f"{year}{place:02d}{900 + number}", ability=3.0)


def _whole(student: Student, dice: Random, *, terms: int) -> Iterator[Row]:
    yield entered(student)
    yield from results(student, range(1, terms + 1), dice)
    if terms == student.programme.terms(student.year_of_entry):
        yield graduated(student)


# --- lives --------------------------------------------------------------------------------------------------------


def _mover(history: History, registry: Registry, dice: Random) -> Story:
    person = registry.person("沈知远", "male", date(2004, 3, 18))
    school = _enrol(person, "bihai", "710201", 2019, 1)
    college = _enrol(person, "vocational", "510205", 2022, 1)
    # Placed into the third year of those who entered in 2023, as is usual after a college of three years (专升本).
    university = _enrol(person, "university", "080901", 2023, 1)
    history.add("bihai", _whole(school, dice, terms=6))
    history.add("vocational", _whole(college, dice, terms=6))
    history.add("university", [{**entered(university), "occurred_on": date(2025, 9, 1)}])
    history.add("university", results(university, (5, 6), dice))
    history.add("beichen", [certificate(college, 900001, dice)[1]])
    return Story(person, "shen.zhiyuan", "university", "中职毕业升高职，再升本科：三段学籍，三种学分，各自累计。")


def _soldier(history: History, registry: Registry, dice: Random) -> Story:
    person = registry.person("韩卫国", "male", date(2003, 7, 9))
    student = _enrol(person, "vocational", "500211", 2021, 1)
    served: Row = {
        "kind": "military_service",
        "learner": student.known_by(),
        "enlisted_on": date(2022, 9, 16),
        "occurred_on": date(2024, 9, 1),
        "honour": "优秀士兵",
    }
    history.add("vocational", [entered(student), *results(student, (1, 2), dice)])
    history.add("vocational", [left(student, "suspended", date(2022, 9, 5)), served])
    history.add("vocational", [left(student, "resumed", date(2024, 9, 9))])
    history.add("vocational", results(student, (3, 4, 5, 6), dice, late_by=2))
    history.add("vocational", [left(student, "graduated", date(2026, 6, 30))])
    return Story(person, "han.weiguo", "vocational", "大一后应征入伍，保留学籍两年，退役复学，2026 年毕业。")


def _worker(history: History, registry: Registry) -> Story:
    person = registry.person("郭大勇", "male", date(1984, 11, 2))
    courses = (
        ("安全生产培训", 16),
        ("焊接工艺提升", 48),
        ("数控设备操作", 40),
        ("班组长能力提升", 32),
        ("急救知识", 12),
    )
    for year, (title, hours) in enumerate(courses, start=2021):
        history.add("enterprise", [training(person, title, date(year, 10, 11), hours)])
    return Story(
        person, "guo.dayong", "enterprise", "没有学籍的一线工人，只有培训学时；12 学时的一次不足最少学时，不得学分。"
    )


def _namesakes(history: History, registry: Registry, dice: Random) -> tuple[Story, Story]:
    one = registry.person("周海燕", "female", date(2005, 5, 21))
    other = registry.person("周海燕", "female", date(2006, 8, 30))
    history.add("trade", _whole(_enrol(one, "trade", "530302", 2023, 1), dice, terms=6))
    history.add("yanshan", _whole(_enrol(other, "yanshan", "770101", 2022, 1), dice, terms=6))
    return (
        Story(one, "zhou.haiyan.a", "trade", "与另一位周海燕同名：会计专业，证件号码不同，从不混淆。"),
        Story(other, "zhou.haiyan.b", "yanshan", "与另一位周海燕同名：幼儿保育专业，证件号码不同，从不混淆。"),
    )


def _from_hong_kong(history: History, registry: Registry, dice: Random) -> Story:
    person = replace(
        registry.person("陈嘉朗", "male", date(2004, 1, 27)), document_kind="hk_macao_permit", number="H13990001"
    )
    history.add("university", _whole(_enrol(person, "university", "080901", 2022, 2), dice, terms=8))
    return Story(person, "chen.jialang", "university", "持港澳居民来往内地通行证，证件号码不含出生日期。")


def _resit(history: History, registry: Registry, dice: Random) -> Story:
    person = registry.person("周子墨", "male", date(2006, 2, 14))
    student = _enrol(person, "trade", "530701", 2024, 2)
    failed = course_of(student, "YS6002")
    term = term_of_study(2024, 1)
    rows = [row for row in _whole(student, dice, terms=4) if row.get("course_code") != failed.code]
    history.add("trade", rows)
    history.add("trade", [result(student, failed, term, "47"), result(student, failed, term, "66", attempt="makeup")])
    return Story(person, "zhou.zimo", "trade", "高等数学正考 47 分不给学分，补考 66 分给学分，两次考试都在档。")


# --- rows that need a hand ----------------------------------------------------------------------------------------


def _withdrawn(history: History, registry: Registry, dice: Random) -> tuple[Row, Story]:
    person = registry.person("赵明哲", "male", date(2005, 9, 3))
    student = _enrol(person, "vocational", "510205", 2023, 2)
    history.add("vocational", _whole(student, dice, terms=6))
    _, row = certificate(student, 900002, dice)
    history.add("beichen", [row])
    return row, Story(
        person, "zhao.mingzhe", "vocational", "一张证书因考务核查被发证机构撤回，学分随之冲回，经过仍可查。"
    )


def _corrected(history: History, registry: Registry, dice: Random) -> tuple[Row, Story]:
    person = registry.person("孙丽娜", "female", date(2006, 6, 11))
    student = _enrol(person, "vocational", "510205", 2024, 3)
    wrong = course_of(student, "YS5101")
    rows = [row for row in _whole(student, dice, terms=4) if row.get("course_code") != wrong.code]
    first = result(student, wrong, term_of_study(2024, 1), "58")
    history.add("vocational", [*rows, first])
    corrected = {**first, "score": "85", "reason": "登分错误，经复核更正"}
    return corrected, Story(
        person, "sun.lina", "vocational", "程序设计基础登分错误，58 分更正为 85 分，两个版本都在档。"
    )


def _misplaced(history: History, registry: Registry, dice: Random) -> tuple[Row, Story, Story]:
    wrong = registry.person("吴浩然", "male", date(2008, 4, 6))
    right = registry.person("吴昊然", "male", date(2008, 10, 19))
    one, other = _enrol(wrong, "yanshan", "700206", 2023, 1), _enrol(right, "yanshan", "700206", 2023, 2)
    for student in (one, other):
        history.add("yanshan", _whole(student, dice, terms=6))
    row = {**award(one, dice), "level": "provincial", "rank": "first"}
    history.add("yanshan", [row])
    return (
        row,
        Story(wrong, "wu.haoran.a", "yanshan", "学校曾把吴昊然的省赛一等奖误报在他名下，已改派。"),
        Story(right, "wu.haoran.b", "yanshan", "省赛一等奖曾误报给吴浩然，改派后学分回到本人账户。"),
    )


def _renamed(history: History, registry: Registry, dice: Random) -> tuple[Story, Person, Row, list[Row]]:
    before = registry.person("林晓月", "female", date(2006, 12, 1))
    history.add("bihai", _whole(_enrol(before, "bihai", "730701", 2021, 2), dice, terms=6))
    person = before.called("林若溪")
    student = _enrol(person, "trade", "530701", 2024, 3)
    held, *later = _whole(student, dice, terms=4)
    history.add("trade", [held])
    later = [row for row in later if row["occurred_on"] <= ENDS_ON]
    story = Story(
        person, "lin.ruoxi", "trade", "中职时名叫林晓月，升高职后更名；高职报的入学先待核，业务员查验后认定为同一人。"
    )
    return story, before, held, later


def _two_accounts(history: History, registry: Registry, dice: Random) -> tuple[Person, Person]:
    at_home = registry.person("马骁", "male", date(2007, 1, 15))
    abroad = Person("MA XIAO", "male", at_home.born_on, "passport", "EY1399001")
    history.add("technician", _whole(_enrol(at_home, "technician", "YS-SK", 2022, 1), dice, terms=6))
    history.add("enterprise", [training(abroad, "海外工厂实训", date(2024, 7, 15), 80)])
    return abroad, at_home


def _child(history: History, registry: Registry) -> tuple[Story, Person]:
    child = registry.person("朱小朵", "female", date(2016, 5, 20))
    guardian = registry.person("朱建军", "male", date(1988, 2, 8))
    camp = training(child, "少年机器人启蒙营", date(2025, 7, 14), 24)
    coding = training(child, "少年编程启蒙营", date(2026, 7, 13), 40)
    history.add("enterprise", [camp, {**coding, "occurred_on": coding["started_on"] + timedelta(days=5)}])
    return Story(child, "zhu.xiaoduo", "enterprise", "不满十四周岁的小学生，有两次启蒙培训，由父亲代为办理。"), guardian
