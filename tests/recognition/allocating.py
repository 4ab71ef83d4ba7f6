"""People with records and a plan for tests of allocation, without a database; and every way of claiming one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from creditbank.identifiers import new_id
from creditbank.recognition.gathered import AskedLine, Gathered, Held, rows_of
from creditbank.recognition.judging import Judged, judge, standing
from creditbank.recognition.known import ClaimSaid, Converted, Counts, KnownPlan, Term
from creditbank.rules import Rulebook
from tests.rules.converting import ONCE, book, capped, clause
from tests.rules.writing import SAYS, named

ON = date(2026, 3, 2)
TERM = Term("2025-2026", "2025-2026-2", date(2026, 2, 23), date(2026, 7, 10))
PLAN_ID, COLLEGE, PROGRAMME = new_id(), new_id(), new_id()

PASSED: dict[str, Any] = clause("passed", each="sources", require={"fact": "record.result", "is": "passed"})
FITS: dict[str, Any] = clause("fits", require={"fact": "match.same_name", "is": "yes"})
LISTED: dict[str, Any] = clause("listed", require={"fact": "match.listed", "is": "yes"})
TOTAL = {"total": named("credits", {"sum": {"fact": "course.credits"}, "over": "courses"})}
SHARE = capped(
    "share", {"share": "40%", "of": {"named": "total"}}, sum={"fact": "conversion.credits"}, over="conversions"
)


def course(code: str, credits_: int, **more: Any) -> dict[str, Any]:
    """A course of the plan, in hundredths."""
    return {
        "code": code,
        "course_code": code,
        "name": f"课程 {code}",
        "credits": credits_,
        "category": "专业课",
        **more,
    }


def held(record: str, *, key: str | None = None, title: str | None = None, **facts: Any) -> Held:
    """A record that was passed."""
    said = {"kind": "course_result", "result": "passed", "occurred_on": "2025-01-10", "id": record, **facts}
    return Held(
        id=record,
        kind=said["kind"],
        content=said.get("content"),
        institution_id=None,
        occurred_on=said["occurred_on"],
        title=title,
        key=key or record,
        course_code=None,
        scheme="higher_vocational",
        credits=said.get("credits", 0),
        opened=lambda: {"record": said},
    )


def counts(*keys: str, targets: Iterable[str]) -> Counts:
    """An equivalence: these together for one of those."""
    return Counts(str(new_id()), tuple({} for _ in keys), keys, frozenset(targets), None)


def person(
    courses: Sequence[dict[str, Any]],
    records: Sequence[Held],
    *,
    equivalent: Sequence[Counts] = (),
    converted: Sequence[Converted] = (),
) -> Gathered:
    """Somebody with these records, for a plan of these courses."""
    plan = KnownPlan(
        plan_id=PLAN_ID,
        institution_id=COLLEGE,
        programme_id=PROGRAMME,
        level="higher_vocational",
        total_credits=sum(each["credits"] for each in courses),
        programme={"code": "510201"},
        courses={each["code"]: each for each in courses},
        certificates=(),
        counts=tuple(equivalent),
        terms=(TERM,),
        today=TERM,
        week_of_term=2,
    )
    return Gathered(
        family=(new_id(),),
        plan=plan,
        claim=ClaimSaid(ON),
        held={each.id: each for each in records},
        enrolment={"level": "higher_vocational"},
        interruptions=(),
        converted=tuple(converted),
        rows=rows_of(plan, records),
    )


def stands(conversion: str, of: dict[str, Any], records: Sequence[str], *, plan: UUID = PLAN_ID) -> Converted:
    """A conversion that was granted before."""
    return Converted(
        conversion_id=conversion,
        plan_id=plan,
        course=of,
        credits=of["credits"],
        on="2025-09-08",
        academic_year="2025-2026",
        term="2025-2026-1",
        exemption="none",
        records=tuple(records),
        granted=True,
    )


def rules(*clauses: dict[str, Any], **version: Any) -> Rulebook:
    """A method: passed, each record once, and these clauses."""
    text = str(clauses)
    names = {name: said for name, said in TOTAL.items() if f"'{name}'" in text}
    return book({"clauses": [PASSED, ONCE, *clauses], "names": names or None, **version})


# --- one after another --------------------------------------------------------------------------------------------


def every_line(gathered: Gathered) -> list[AskedLine]:
    """Each record, and each pair of records, for each course."""
    records = sorted(gathered.held)
    used = [(one,) for one in records] + [(one, other) for one in records for other in records if one < other]
    return [AskedLine(0, each, code, "credits") for code in gathered.plan.courses for each in used]


def claimed(gathered: Gathered, lines: Iterable[AskedLine], rulebook: Rulebook) -> int:
    """What lines that are claimed one after another come to, in hundredths."""
    got, now = 0, gathered
    for number, line in enumerate(lines, start=1):
        judged = judge(now, _numbered(line, number), rulebook=rulebook, on=ON)
        if judged.verdict == "granted":
            got, now = got + _gain(now, judged), standing(now, judged)
    return got


def exhaustive(gathered: Gathered, rulebook: Rulebook) -> int:
    """The most that any lines in any order come to: every claim that can follow another is tried."""
    lines, seen, most = every_line(gathered), set[frozenset[int]](), 0

    def follow(now: Gathered, taken: frozenset[int], got: int) -> None:
        nonlocal most
        if taken in seen:
            return
        seen.add(taken)
        most = max(most, got)
        for place, judged in _next(now, lines, taken, rulebook):
            follow(standing(now, judged), taken | {place}, got + _gain(now, judged))

    follow(gathered, frozenset(), 0)
    return most


def _next(
    now: Gathered, lines: Sequence[AskedLine], taken: frozenset[int], rulebook: Rulebook
) -> Iterator[tuple[int, Judged]]:
    replaced = {one.course["code"] for one in now.converted}
    for place, line in enumerate(lines):
        if place not in taken and line.course_code not in replaced:
            judged = judge(now, _numbered(line, place + 1), rulebook=rulebook, on=ON)
            if judged.verdict == "granted":
                yield place, judged


def _numbered(line: AskedLine, number: int) -> AskedLine:
    return AskedLine(number, line.records, line.course_code, line.wants)


def _gain(now: Gathered, judged: Judged) -> int:
    gone = set(judged.replaces)
    return judged.credits - sum(one.credits for one in now.converted if one.conversion_id in gone)


__all__ = ["FITS", "LISTED", "SAYS", "SHARE", "claimed", "counts", "course", "exhaustive", "held", "person", "rules"]
