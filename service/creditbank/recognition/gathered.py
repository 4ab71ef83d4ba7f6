"""What is known for deciding one person's lines, and the facts of each line from it; pure.

Every value is as the rules read it: amounts in hundredths, percents as text. What the bank does not know is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, overload
from uuid import UUID

from creditbank.institutions.equivalence_keys import same_name
from creditbank.recognition.known import AskedLine, ClaimSaid, Converted, Counts, Facts, Held, Hypothetical, KnownPlan
from creditbank.rules.terms import JUDGED

__all__ = ["AskedLine", "ClaimSaid", "Gathered", "Held", "Hypothetical", "KnownPlan", "course_facts", "rows_of"]

_COURSE_FACTS = ("code", "name", "category", "credits", "compulsory", "learning_form", "subject", "hours", "weeks")
_STANDS = ("passed", "exempted", "cheated")
"""How somebody stands in a course they sat several times: passed is passed, and what was lost by cheating stays so."""


class LazyRows(Sequence[Facts]):
    """Rows that are made when somebody looks: most documents look at few sets."""

    @cached_property
    def _rows(self) -> list[Facts]:
        return self._made()

    def _made(self) -> list[Facts]:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> Facts: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Facts]: ...

    def __getitem__(self, place: int | slice) -> Facts | Sequence[Facts]:
        return self._rows[place]

    def __iter__(self) -> Iterator[Facts]:
        return iter(self._rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._rows == list(other)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return repr(self._rows)


class RecordRows(LazyRows):
    """A row for each record. With None not all were read, and looking fails: nothing may be decided by some of them as
    if they were all."""

    def __init__(self, held: Sequence[Held] | None) -> None:
        self._held = held

    @property
    def held(self) -> Sequence[Held]:
        """All of them. Raises AssertionError where not all were read."""
        if self._held is None:
            raise AssertionError("not all records were read, and somebody asks for all of them")
        return self._held

    def _made(self) -> list[Facts]:
        return [{"id": one.id, **one.facts} for one in self.held]


class CourseRows(LazyRows):
    """A row for each course of a plan, with how somebody stands in it: `taken` are their results by course."""

    def __init__(self, plan: KnownPlan, taken: Mapping[str, Sequence[Held]]) -> None:
        self._plan, self._taken = plan, taken
        self._found: dict[str, Facts] = {}

    def of(self, code: str) -> Facts:
        """One course. Raises KeyError where the plan has none of this code."""
        found = self._found.get(code)
        if found is None:
            found = self._found[code] = _course(self._plan, code, self._taken.get(code, ()))
        return found

    def _made(self) -> list[Facts]:
        return [{"id": code, "course": self.of(code)} for code in self._plan.courses]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that every line sees alike, made once."""

    courses: CourseRows
    records: RecordRows


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is known about one person and one plan, on the day of a claim."""

    family: tuple[UUID, ...]
    plan: KnownPlan
    claim: ClaimSaid
    held: Mapping[str, Held]
    enrolment: Facts
    interruptions: tuple[Facts, ...]
    converted: tuple[Converted, ...]
    rows: Rows

    def course(self, code: str) -> Facts | None:
        """A course as the plan has it, with its name; None where the plan has none of this code."""
        found = self.plan.courses.get(code)
        return None if found is None else dict(found)

    def facts(self, line: AskedLine) -> Facts:
        """The facts of one line, for the question `conversion`.

        Raises KeyError for a record that is not the person's, or a course that the plan does not have.
        """
        sources = [self._source(line, str(record)) for record in line.records]
        said: Facts = {
            **self.plan.facts,
            "enrolment": self.enrolment,
            "course": self.rows.courses.of(line.course_code),
            "claim": self._claim(line),
            "match": self._match(line),
            "sources": sources,
            "same": [],
            **self.standing_rows(),
            "courses": self.rows.courses,
            "records": self.rows.records,
            "interruptions": list(self.interruptions),
        }
        if len(sources) == 1:
            said |= {subject: facts for subject, facts in sources[0].items() if subject != "id"}
            said["same"] = self._same(str(line.records[0]), sources[0])
        for name, value in line.supplied.items():
            subject, _, key = name.partition(".")
            if name == JUDGED:
                said[JUDGED] = value
            elif subject not in ("record", "certificate", "institution"):
                said[subject] = {**said.get(subject, {}), key: value}
        return said

    def standing_rows(self) -> dict[str, list[Facts]]:
        """What stands, as caps count it: a row for each conversion in the plan, and for each use of a record."""
        return {
            "conversions": [self._conversion(one) for one in self.converted if one.plan_id == self.plan.plan_id],
            "uses": [use for one in self.converted for use in self._uses(one)],
        }

    def with_line(
        self, line: AskedLine, credits: int, *, exemption: str = "none", conversion_id: str | None = None
    ) -> Gathered:
        """The same with a line standing: what the next line of the claim finds. `credits` are hundredths."""
        stands = Converted(
            conversion_id=conversion_id or f"line-{line.line_no}",
            plan_id=self.plan.plan_id,
            course=dict(self.plan.courses[line.course_code]),
            credits=credits,
            on=self.claim.on.isoformat(),
            academic_year=self.plan.academic_year,
            term=self.plan.term,
            exemption=exemption,
            records=tuple(str(record) for record in line.records),
            granted=False,
        )
        return replace(self, converted=(*self.converted, stands))

    def without_lines(self, conversion_ids: Iterable[str]) -> Gathered:
        """The same without some conversions: those that give way to another."""
        gone = set(conversion_ids)
        return replace(self, converted=tuple(one for one in self.converted if one.conversion_id not in gone))

    def accumulated(self, purpose: str) -> Facts:
        """The facts for the question `accumulation`: what was earned in the plan, and for what it is counted."""
        return {
            **self.plan.facts,
            "enrolment": self.enrolment,
            "purpose": {"kind": purpose},
            "earned": self._earned(),
            "courses": self.rows.courses,
            "records": self.rows.records,
        }

    # --- one subject each -------------------------------------------------------------------------------------------

    def _claim(self, line: AskedLine) -> Facts:
        return _known(
            on=self.claim.on.isoformat(),
            week_of_term=self.plan.week_of_term,
            academic_year=self.plan.academic_year,
            term=self.plan.term,
            wants=line.wants,
            sources=len(line.records),
        )

    def _source(self, line: AskedLine, record: str) -> Facts:
        row: Facts = {"id": record, **self.held[record].facts}
        said = {**(line.supplied if len(line.records) == 1 else {}), **_of(line.supplied_of, record)}
        for name, value in said.items():
            subject, _, key = name.partition(".")
            if subject in ("record", "certificate", "institution"):
                row[subject] = {**row.get(subject, {}), key: value}
        return row

    def _same(self, record: str, source: Facts) -> list[Facts]:
        content = self.held[record].content
        rows: list[Facts] = []
        for one in self.held.values():
            if one.id == record or (content is not None and one.content == content):
                facts = source if one.id == record else one.facts
                said = {subject: said for subject, said in facts.items() if subject in ("record", "certificate")}
                rows.append({**said, "id": one.id, "this": one.id == record})
        return rows

    def _conversion(self, one: Converted) -> Facts:
        row: Facts = {
            "id": one.conversion_id,
            "conversion": self._of_conversion(one),
            "course": course_facts(one.course),
        }
        if len(one.records) == 1:
            row |= self._facts_of(one.records[0])
        return row

    def _uses(self, one: Converted) -> list[Facts]:
        """One row for each record that it uses; each says what the whole conversion gives."""
        return [
            {
                "id": f"{one.conversion_id}:{record}",
                "conversion": self._of_conversion(one),
                "course": course_facts(one.course),
                **self._facts_of(record),
            }
            for record in one.records
        ]

    def _of_conversion(self, one: Converted) -> Facts:
        return _known(
            credits=one.credits,
            on=one.on,
            same_plan=one.plan_id == self.plan.plan_id,
            academic_year=one.academic_year,
            term=one.term,
            exemption=one.exemption,
        )

    def _facts_of(self, record: str) -> Facts:
        held = self.held.get(record)
        return dict(held.facts) if held is not None else {"record": {"id": record}}

    def _match(self, line: AskedLine) -> Facts:
        sources = [self.held[str(record)] for record in line.records]
        fitting = [one for one in self.plan.counts if line.course_code in one.targets and _all_there(one, sources)]
        used = {held.id for one in fitting for held in sources if _meets_one_of(one, held)}
        listed = bool(sources) and used == {held.id for held in sources}
        relevance = max((one.relevance for one in fitting if one.relevance is not None), default=None)
        titles = [held.title for held in sources]
        name = self.plan.courses[line.course_code]["name"]
        same = None if None in titles else all(same_name(title) == same_name(name) for title in titles if title)
        return _known(listed=listed, relevance=str(relevance) if listed and relevance else None, same_name=same)

    def _earned(self) -> list[Facts]:
        """Results deposited by the plan, conversions granted in it, and whatever else gave credits of its scheme.

        A record that a conversion uses counts as the conversion. A course that was converted and passed as well counts
        once: by whichever gives more, by the conversion where both give the same.
        """
        mine = [one for one in self.converted if one.plan_id == self.plan.plan_id and one.granted]
        used = {record for one in mine for record in one.records}
        by_conversion = {one.course["code"]: one.credits for one in mine}
        passed: dict[str, int] = {}
        rows: list[Facts] = []
        for held in self.rows.records.held:
            if held.id in used or held.scheme != self.plan.scheme or held.credits <= 0:
                continue
            row: Facts = {"id": held.id, "earned": {"credits": held.credits, "converted": False}}
            score = held.facts["record"].get("score")
            if score is not None:
                row["earned"]["grade"] = score
            if held.course_code is not None:
                if not is_of(held, held.course_code, self.plan) or held.course_code not in self.plan.courses:
                    continue
                if by_conversion.get(held.course_code, -1) >= held.credits:
                    continue
                passed[held.course_code] = held.credits
                row["course"] = self.rows.courses.of(held.course_code)
            rows.append({**row, "record": held.facts["record"]})
        for one in mine:
            if passed.get(one.course["code"], 0) > one.credits:
                continue
            earned = _known(credits=one.credits, converted=True, grade=one.grade, in_average=one.in_average)
            rows.append({"id": one.conversion_id, "earned": earned, "course": course_facts(one.course)})
        return rows


# --- rows that every line sees --------------------------------------------------------------------------------------


def rows_of(plan: KnownPlan, held: Iterable[Held], *, every: bool = True) -> Rows:
    """The courses of the plan, each with how the person stands in it, and all of the person's records, where these are
    `every` one of them.
    """
    everything, taken = list(held), dict[str, list[Held]]()
    for one in everything:
        if one.course_code is not None and is_of(one, one.course_code, plan):
            taken.setdefault(one.course_code, []).append(one)
    return Rows(CourseRows(plan, taken), RecordRows(everything if every else None))


def _course(plan: KnownPlan, code: str, taken: Sequence[Held]) -> Facts:
    result = _stands_in(taken)
    # Why a course was failed the bank is told only where it was cheating; the rest people say.
    by = "discipline" if result == "cheated" else None
    said = _known(result=result, failed_by=by, registered=True if taken else None)
    return {**course_facts(plan.courses[code]), "in_plan": True, "source": "plan", **said}


def is_of(held: Held, code: str, plan: KnownPlan) -> bool:
    """Whether a record is a result in a course of the institution whose plan it is."""
    return held.course_code == code and held.institution_id == str(plan.institution_id)


# --- leaves ---------------------------------------------------------------------------------------------------------


def course_facts(course: Mapping[str, Any]) -> Facts:
    """A course as the rules read it, from its row."""
    return {name: course[name] for name in _COURSE_FACTS if course.get(name) is not None}


def _known(**facts: Any) -> Facts:
    return {name: value for name, value in facts.items() if value is not None}


def _of(supplied: Mapping[UUID | str, Mapping[str, Any]], record: str) -> Mapping[str, Any]:
    return next((said for of, said in supplied.items() if str(of) == record), {})


def _stands_in(taken: Sequence[Held]) -> str | None:
    results = {held.facts["record"].get("result") for held in taken}
    known = next((result for result in _STANDS if result in results), None)
    if known is not None or not taken:
        return known
    last = max(taken, key=lambda held: (held.occurred_on or "", held.id))
    result: str | None = last.facts["record"].get("result")
    return result


def _all_there(one: Counts, sources: Sequence[Held]) -> bool:
    return all(any(_meets(source, key, held) for held in sources) for source, key in _pairs(one))


def _meets_one_of(one: Counts, held: Held) -> bool:
    return any(_meets(source, key, held) for source, key in _pairs(one))


def _pairs(one: Counts) -> Iterable[tuple[Mapping[str, Any], str]]:
    return zip(one.sources, one.source_keys, strict=True)


def _meets(source: Mapping[str, Any], key: str, held: Held) -> bool:
    """Whether a record is what an equivalence names: a certificate at its level or above."""
    if held.key != key:
        return False
    from_rank = source.get("from_rank")
    rank = held.facts.get("certificate", {}).get("level_rank")
    return from_rank is None or (rank is not None and rank >= from_rank)
