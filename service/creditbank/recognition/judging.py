"""Pure: what the rules say of the lines of a claim, one after another, under what no document can lift."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from creditbank.recognition.gathered import AskedLine, Gathered
from creditbank.recognition.kernel import COURSE_GONE, COURSE_REPLACED, RECORD_NOT_LIVE, finding
from creditbank.rules import Decided, Rulebook
from creditbank.rules.facts import FACTS

Verdict = Literal["granted", "not_granted", "unknown"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to become of one line. `credits` are hundredths: what it gives, or while unknown the room it may need."""

    line: AskedLine
    verdict: Verdict
    credits: int
    exemption: str
    refusal: str | None
    """The clause that refused it, or the code of what no document can lift."""
    decided: Decided | None
    by_kernel: bool = False
    observed: str = ""
    """What the kernel saw, where it refused."""

    @property
    def stands(self) -> bool:
        """Whether it takes its place: granted, or not refused for certain."""
        return self.verdict != "not_granted"

    @property
    def replaces(self) -> tuple[str, ...]:
        """Conversions that give way to it."""
        return () if self.decided is None else tuple(self.decided.replaces)

    def findings(self) -> list[dict[str, Any]]:
        """What was found for and against: what no document can lift first, then what the rules find."""
        found = [] if self.decided is None else self.decided.findings()
        return [*self.by_the_bank(), *found]

    def by_the_bank(self) -> list[dict[str, Any]]:
        """What no document can lift, where that refuses."""
        return [finding(self.refusal, self.observed)] if self.by_kernel and self.refusal is not None else []

    def missing(self) -> list[str]:
        """The facts that are not known, in the order in which they were asked for."""
        if self.verdict != "unknown" or self.decided is None:
            return []
        named = [
            name
            for found in self.decided.findings()
            if found["verdict"] == "unknown"
            for name in found.get("missing", [found["fact"]])
        ]
        return [name for name in dict.fromkeys(named) if name in FACTS]

    def referred(self) -> list[str]:
        """The clauses that leave it open because they are for people to judge, and nothing is missing for that."""
        if self.verdict != "unknown" or self.decided is None or self.missing():
            return []
        named = [
            found["clause"]
            for found in self.decided.findings()
            if found["effect"] == "refer" and found["verdict"] == "not_met" and "judged" not in found
        ]
        return list(dict.fromkeys(named))


def judge_lines(
    gathered: Gathered, lines: Sequence[AskedLine], *, rulebook: Rulebook, on: date, conversions: Mapping[int, UUID]
) -> Iterator[Judged]:
    """Each line in the learner's order, seeing what the ones before took.

    `conversions` are the ids under which the lines will stand, so that a later line may make an earlier one give way.
    """
    now = gathered
    for line in lines:
        judged = judge(now, line, rulebook=rulebook, on=on)
        if judged.stands:
            now = standing(now, judged, conversion_id=str(conversions[line.line_no]))
        yield judged


def standing(gathered: Gathered, judged: Judged, *, conversion_id: str | None = None) -> Gathered:
    """What is known once a line stands: the room it takes, and what gave way to it gone."""
    left = gathered.without_lines(judged.replaces) if judged.replaces else gathered
    return left.with_line(judged.line, judged.credits, exemption=judged.exemption, conversion_id=conversion_id)


def judge(gathered: Gathered, line: AskedLine, *, rulebook: Rulebook, on: date) -> Judged:
    """One line. The same facts give the same judgement.

    No document can lift that the records are the learner's own and live, that the course is one of the plan, that a
    course is replaced once, and that nothing gives more than the course's credits.
    """
    course = gathered.course(line.course_code)
    if course is None:
        return _refused(line, COURSE_GONE, line.course_code)
    gone = [str(record) for record in line.records if str(record) not in gathered.held]
    if gone:
        return _refused(line, RECORD_NOT_LIVE, ", ".join(gone))
    return placed(gathered, line, rulebook.decide("conversion", gathered.facts(line), on=on), most=course["credits"])


def placed(gathered: Gathered, line: AskedLine, decided: Decided, *, most: int) -> Judged:
    """What a decision makes of a line among what stands: a course is replaced once."""
    if decided.verdict == "not_granted":
        return judged_by(line, decided, most=most)
    giving_way = set(decided.replaces)
    taken = [
        one.conversion_id
        for one in gathered.converted
        if one.plan_id == gathered.plan.plan_id
        and one.course["code"] == line.course_code
        and one.conversion_id not in giving_way
    ]
    if taken:
        return _refused(line, COURSE_REPLACED, ", ".join(taken), decided)
    return judged_by(line, decided, most=most)


def judged_by(line: AskedLine, decided: Decided, *, most: int) -> Judged:
    """What a decision makes of a line; nothing gives more than the course's credits."""
    if decided.verdict == "not_granted":
        return Judged(line, "not_granted", 0, "none", decided.clause, decided)
    if decided.verdict == "unknown":
        return Judged(line, "unknown", most, "none", None, decided)
    gives = min(decided.outputs.get("credits") or 0, most)
    return Judged(line, "granted", gives, decided.outputs.get("exemption") or "none", None, decided)


def _refused(line: AskedLine, code: str, observed: str, decided: Decided | None = None) -> Judged:
    return Judged(line, "not_granted", 0, "none", code, decided, by_kernel=True, observed=observed)


def basis_of(judged: Judged, *, asked_on: date, **more: Any) -> dict[str, Any]:
    """What a decision by the rules says of itself: the documents that took part, the day that chose their versions."""
    decided = judged.decided
    said: dict[str, Any] = {"asked_on": asked_on.isoformat(), **more}
    if judged.by_kernel:
        said |= {"kernel": judged.refusal, "findings": judged.by_the_bank()}
    if decided is None:
        return said
    said |= {
        "dated_by": decided.dated_by,
        "dated_on": decided.dated_on,
        "because": decided.because,
        "documents": [
            {"document": document, "version": version, "digest": digest}
            for document, version, digest in decided.documents
        ],
    }
    if judged.verdict == "granted":
        said["outputs"] = dict(decided.outputs)
        if (decided.outputs.get("credits") or 0) > judged.credits:
            said["held_to_course"] = judged.credits
    return said
