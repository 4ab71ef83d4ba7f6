"""The line `allocation` of `make bench`: 40 records, 60 courses and 8 caps, generated, solved with proof."""

from __future__ import annotations

import random
import statistics
import sys
import time
from fractions import Fraction
from typing import Any

from creditbank.recognition.allocation import allocation_of
from creditbank.recognition.gathered import Gathered
from creditbank.rules import Rulebook
from creditbank.rules.allocating import Candidate, Cap, Exact, Problem, allocate
from tests.recognition import allocating as known
from tests.recognition.allocating import LISTED, ON, counts, held, person, rules
from tests.rules.converting import capped

RECORDS, COURSES, INSTANCES = 40, 60, 20
CATEGORIES = ("公共基础课", "专业基础课", "专业核心课", "实践课", "选修课")
SOURCES = ("培训机构", "在线课程", "自学考试", "职业技能等级证书")


def generated(seed: int, *, records: int = RECORDS, courses: int = COURSES) -> Problem:
    """A learner with many records and a plan in which every record fits some courses, two of them together some more.

    Eight caps as methods of real colleges have them: shares of the plan's credits, of categories and of sources, a
    number of courses, a group of which one may be used, with something converted already; besides, a course once and a
    record once.
    """
    chance = random.Random(seed)
    plan = {
        f"course-{place:02}": (chance.choice(CATEGORIES), chance.choice((100, 150, 200, 200, 300, 350, 400, 600)))
        for place in range(courses)
    }
    source = {f"record-{place:02}": chance.choice(SOURCES) for place in range(records)}
    found: list[Candidate] = []
    for record in source:
        for course in chance.sample(sorted(plan), chance.randint(2, 14)):
            found.append(Candidate(f"{record}>{course}", (record,), course, plan[course][1]))
    for course in chance.sample(sorted(plan), courses // 4):
        pair = tuple(sorted(chance.sample(sorted(source), 2)))
        found.append(Candidate(f"{'+'.join(pair)}>{course}", pair, course, plan[course][1]))
    chance.shuffle(found)
    return Problem(
        candidates=tuple(found),
        caps=(*_caps(found, plan, source, chance), *_once(found)),
        records=tuple(source),
        courses=tuple(plan),
    )


def _caps(
    found: list[Candidate], plan: dict[str, tuple[str, int]], source: dict[str, str], chance: random.Random
) -> list[Cap]:
    def credits_of(category: str) -> int:
        return sum(amount for each, amount in plan.values() if each == category)

    total = sum(amount for _, amount in plan.values())
    whole: dict[str, Exact] = {each.id: each.credits for each in found}
    group = chance.sample(sorted(source), 6)
    caps = [Cap("total", Fraction(35, 100) * total, whole, used=chance.choice((0, 250, 800)))]
    for category, share in zip(CATEGORIES[:3], (Fraction(1, 5), Fraction(1, 3), Fraction(1, 2)), strict=True):
        inside = {name: weight for name, weight in whole.items() if plan[name.split(">")[1]][0] == category}
        caps.append(Cap("category", share * credits_of(category), inside, key=(category,)))
    for kind, share in zip(SOURCES[:2], (Fraction(1, 10), Fraction(15, 100)), strict=True):
        inside = {each.id: each.credits for each in found if any(source[record] == kind for record in each.records)}
        caps.append(Cap("source", share * total, inside, key=(kind,)))
    caps.append(Cap("courses", Fraction(30, 100) * len(plan), dict.fromkeys(whole, 1)))
    grouped = {each.id: 1 for each in found if any(record in group for record in each.records)}
    return [*caps, Cap("group", 2, grouped)]


def _once(found: list[Candidate]) -> list[Cap]:
    courses, records = dict[str, dict[str, Exact]](), dict[str, dict[str, Exact]]()
    for each in found:
        courses.setdefault(each.course, {})[each.id] = 1
        for record in each.records:
            records.setdefault(record, {})[each.id] = 1
    return [
        *(Cap("course-once", 1, weights, key=(course,), exclusive=True) for course, weights in courses.items()),
        *(Cap("record-once", 1, weights, key=(record,), exclusive=True) for record, weights in records.items()),
    ]


def somebody(seed: int) -> tuple[Gathered, Rulebook]:
    """Somebody with as many records, a plan of as many courses and a method with eight caps, as the bank knows them."""
    chance = random.Random(seed)
    courses = [
        known.course(f"C{place:02}", chance.choice((100, 150, 200, 300, 400)), category=chance.choice(CATEGORIES))
        for place in range(COURSES)
    ]
    records = [
        held(f"r{place:02}", kind=chance.choice(KINDS), content=f"k{chance.randint(0, 30)}") for place in range(RECORDS)
    ]
    codes = [each["code"] for each in courses]
    equivalent = [counts(one.id, targets=chance.sample(codes, chance.randint(2, 14))) for one in records]
    return person(courses, records, equivalent=equivalent), rules(LISTED, *METHOD)


def _share(name: str, share: str, **where: Any) -> dict[str, Any]:
    return capped(
        name,
        {"share": share, "of": {"named": "total"}},
        sum={"fact": "conversion.credits"},
        over="conversions",
        **where,
    )


KINDS = ("certificate", "course_result", "training", "online_course")
METHOD = [
    _share("total", "35%"),
    *(
        _share(f"category-{place}", share, where={"fact": "course.category", "is": category})
        for place, (category, share) in enumerate(zip(CATEGORIES, ("10%", "8%", "6%"), strict=False))
    ),
    capped("online", "4", count="uses", where={"fact": "record.kind", "is": "online_course"}),
    capped("certificates", "5", count="uses", where={"fact": "record.kind", "is": "certificate"}),
    capped("courses", "18", count="conversions"),
    capped("content", "1", count="uses", per=[{"fact": "record.content"}]),
]


def whole(instances: int = INSTANCES) -> dict[str, Any]:
    """The same from what is known of a person: 2,400 lines looked at, the choice, every line of it decided again."""
    warm, method = somebody(0)
    allocation_of(warm, rulebook=method, on=ON, costs=False)
    took, proved = [], 0
    for seed in range(1, instances + 1):
        who, method = somebody(seed)
        start = time.perf_counter()
        found = allocation_of(who, rulebook=method, on=ON, costs=False)
        took.append(time.perf_counter() - start)
        proved += found.proved
    return {"seconds": _spread(took), "proved": proved / instances}


def _spread(took: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(took), 3),
        "p95": round(statistics.quantiles(took, n=20, method="inclusive")[-1], 3),
        "most": round(max(took), 3),
    }


def line(instances: int = INSTANCES) -> dict[str, Any]:
    """Seconds for an allocation, the share that is proved, and the share whose order among equals was followed."""
    allocate(generated(0))  # imports the solver
    took, proved, settled = [], 0, 0
    for seed in range(1, instances + 1):
        problem, start = generated(seed), time.perf_counter()
        found = allocate(problem)
        took.append(time.perf_counter() - start)
        proved, settled = proved + found.proved, settled + found.settled
        if "-v" in sys.argv:
            print(seed, round(took[-1], 3), found.credits, found.proved, found.settled, len(found.chosen))
    return {
        "records": RECORDS,
        "courses": COURSES,
        "caps": 8,
        "instances": instances,
        "seconds": _spread(took),
        "proved": proved / instances,
        "settled": settled / instances,
        "whole": whole(instances),
    }


if __name__ == "__main__":
    print(line())
