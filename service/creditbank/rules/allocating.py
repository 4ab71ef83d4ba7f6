"""Allocating: which records replace which courses so that most credits count under all caps at once, with proof. Pure.

An optimisation over candidates (these records for that course) under caps (what they weigh must fit into the room that
is left), given to OR-Tools CP-SAT with one worker, a fixed seed and a limit in deterministic time: the same problem has
the same answer. A course once, a record within its uses, one of a group: all of them are caps too.

Of sets that are equally good, one is *the* answer, whatever the order in which the problem was written:

1. the objective: more credits (or more courses, then more credits);
2. fewer records used;
3. earlier courses: going through the plan in its order, the set that has the first course which the other has not;
4. earlier records: going through the candidates by course of the plan, then by their records' ids, then by their own
   id, the set that has the first candidate which the other has not.

Each step is a solve of its own in which the steps before are held, so no weights of different steps are mixed; in steps
3 and 4 a solve is a block of places, with weights whose sum stays small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Exact = int | Fraction
Objective = Literal["credits", "courses"]
Why = Literal["no_candidate", "adds_nothing", "cap_binds", "another_choice_was_better"]

PROOF, ORDER = 8.0, 2.0
"""How much work is done at most for the proof, and then for the order among equals, in the solver's own unit of time:
of the order of a second, and the same work on any machine."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """These records for this course. `credits` are hundredths: what counts if it is chosen; 0 for a bare exemption."""

    id: str
    records: tuple[str, ...]
    course: str
    credits: int


@dataclass(frozen=True, slots=True)
class Cap:
    """The weights of chosen candidates and what is `used` already are together at most `limit`.

    `weights` names the candidates that the cap counts, by id, with what each weighs (not negative; a candidate that
    weighs 0 is counted all the same and cannot be chosen where more than the limit is used already). `key` is the
    group: a cap per category is one of these for each category. `exclusive` marks what keeps a course or a record from
    being taken twice; it is a choice between candidates, and is not told as a cap that binds.
    """

    clause: str
    limit: Exact
    weights: Mapping[str, Exact]
    key: tuple[str, ...] = ()
    used: Exact = 0
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """What there is to choose from. `courses` are those of the plan, in its order; `records` all the learner's."""

    candidates: tuple[Candidate, ...]
    caps: tuple[Cap, ...]
    records: tuple[str, ...]
    courses: tuple[str, ...]
    objective: Objective = "credits"


@dataclass(frozen=True, slots=True)
class CapTaken:
    """How a cap stands after the choice: `taken` by it, `left` after it.

    `binds` if a candidate whose records and course are free does not fit under it (`keeps_out`). `costs` is how much
    more of the objective (hundredths, or courses) there would be if this cap alone did not hold; None if not looked at.
    """

    cap: Cap
    taken: Exact
    left: Exact
    keeps_out: tuple[Candidate, ...]
    costs: int | None = None

    @property
    def binds(self) -> bool:
        """Whether the choice would be larger or another without it, as far as was looked."""
        return bool(self.keeps_out) or bool(self.costs)


@dataclass(frozen=True, slots=True)
class Unused:
    """A record that no chosen candidate uses, and why: no candidate has it; nothing it could give counts; the `caps`
    keep it out; or its courses (or its group) were taken by the `instead` candidates."""

    record: str
    why: Why
    caps: tuple[Cap, ...] = ()
    instead: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Allocation:
    """The best choice, in the order of the plan.

    `proved`: nothing better exists; otherwise `bound` says how much better it could be at most (hundredths, or courses,
    after the objective). `settled`: the order among equals was followed to its end within the limit too. `worth` is the
    objective of the choice.
    """

    chosen: tuple[Candidate, ...]
    credits: int
    objective: Objective
    worth: int
    proved: bool
    bound: int
    settled: bool
    caps: tuple[CapTaken, ...]
    unused: tuple[Unused, ...]
    courses_left: tuple[str, ...]


class ProblemNotReadable(ValueError):
    """A problem that cannot be one: a repeated id, an unknown name, a negative or an enormous amount."""


def allocate(problem: Problem, *, proof: float = PROOF, order: float = ORDER, costs: bool = False) -> Allocation:
    """The best choice of candidates under all caps. `costs` also solves once more without each cap that could matter.

    `proof` and `order` are deterministic time; the costs have as much together as the proof. Raises ProblemNotReadable.
    """
    from creditbank.rules import solving  # noqa: PLC0415 - it brings 80 MB that only an allocation needs

    canonical = _canonical(problem)
    solved = solving.best(canonical, proof=proof, order=order)
    chosen = tuple(candidate for candidate in canonical.candidates if candidate.id in solved.chosen)
    lost = solving.costs(canonical, solved, proof) if costs and solved.proved else {}
    return Allocation(
        chosen=chosen,
        credits=sum(candidate.credits for candidate in chosen),
        objective=problem.objective,
        worth=solved.worth,
        proved=solved.proved,
        bound=solved.bound,
        settled=solved.settled,
        caps=_taken(canonical, chosen, lost, looked=costs and solved.proved),
        unused=_unused(canonical, chosen),
        courses_left=_courses_left(canonical, chosen),
    )


def greedy(problem: Problem, order: Iterable[str]) -> tuple[Candidate, ...]:
    """What is granted to candidates that come one after another, by id, each taken if it still fits."""
    by_id = {candidate.id: candidate for candidate in problem.candidates}
    room = [cap.limit - cap.used for cap in problem.caps]
    under = _caps_by_candidate(problem)
    taken = []
    for name in order:
        if all(weight <= room[place] for place, weight in under.get(name, ())):
            taken.append(by_id[name])
            for place, weight in under.get(name, ()):
                room[place] -= weight
    return tuple(taken)


def _canonical(problem: Problem) -> Problem:
    """The same problem in the one order in which it is solved: what the caller's order was is forgotten here."""
    places = {course: place for place, course in enumerate(problem.courses)}
    records = set(problem.records)
    ids = {candidate.id for candidate in problem.candidates}
    if len(places) != len(problem.courses) or len(records) != len(problem.records):
        raise ProblemNotReadable("a course or a record is there twice")
    if len(ids) != len(problem.candidates):
        raise ProblemNotReadable("two candidates have the same id")
    for candidate in problem.candidates:
        if candidate.course not in places or not records.issuperset(candidate.records) or not candidate.records:
            raise ProblemNotReadable(f"candidate {candidate.id} names no record, or what the problem does not know")
        if candidate.credits < 0:
            raise ProblemNotReadable(f"candidate {candidate.id} has less than no credits")
    for cap in problem.caps:
        if not ids.issuperset(cap.weights) or any(weight < 0 for weight in cap.weights.values()):
            raise ProblemNotReadable(f"cap {cap.clause} weighs less than nothing, or what is no candidate")
    ordered = (
        Candidate(each.id, tuple(sorted(set(each.records))), each.course, each.credits) for each in problem.candidates
    )
    return Problem(
        candidates=tuple(sorted(ordered, key=lambda each: (places[each.course], each.records, each.id))),
        caps=tuple(sorted(problem.caps, key=_order_of_caps)),
        records=tuple(sorted(problem.records)),
        courses=problem.courses,
        objective=problem.objective,
    )


def _order_of_caps(cap: Cap) -> tuple[object, ...]:
    return cap.clause, cap.key, cap.limit, cap.used, cap.exclusive, sorted(cap.weights.items())


def _caps_by_candidate(problem: Problem) -> dict[str, list[tuple[int, Exact]]]:
    under: dict[str, list[tuple[int, Exact]]] = {}
    for place, cap in enumerate(problem.caps):
        for name, weight in cap.weights.items():
            under.setdefault(name, []).append((place, weight))
    return under


def _left(problem: Problem, chosen: tuple[Candidate, ...]) -> list[Exact]:
    return [
        cap.limit - cap.used - sum(cap.weights.get(candidate.id, 0) for candidate in chosen) for cap in problem.caps
    ]


def _over(problem: Problem, left: list[Exact], under: Iterable[tuple[int, Exact]]) -> list[Cap]:
    return [problem.caps[place] for place, weight in under if weight > left[place]]


def _taken(
    problem: Problem, chosen: tuple[Candidate, ...], lost: Mapping[int, int], *, looked: bool
) -> tuple[CapTaken, ...]:
    left, under = _left(problem, chosen), _caps_by_candidate(problem)
    kept: dict[int, list[Candidate]] = {}
    for candidate in problem.candidates:
        over = [(place, weight) for place, weight in under.get(candidate.id, ()) if weight > left[place]]
        if candidate not in chosen and not any(problem.caps[place].exclusive for place, _ in over):
            for place, _ in over:
                kept.setdefault(place, []).append(candidate)
    return tuple(
        CapTaken(
            cap=cap,
            taken=cap.limit - cap.used - left[place],
            left=left[place],
            keeps_out=tuple(kept.get(place, ())),
            costs=lost.get(place, 0) if looked else None,
        )
        for place, cap in enumerate(problem.caps)
        if not cap.exclusive
    )


def _unused(problem: Problem, chosen: tuple[Candidate, ...]) -> tuple[Unused, ...]:
    used = {record for candidate in chosen for record in candidate.records}
    left, under = _left(problem, chosen), _caps_by_candidate(problem)
    of_record: dict[str, list[Candidate]] = {}
    for candidate in problem.candidates:
        for record in candidate.records:
            of_record.setdefault(record, []).append(candidate)
    return tuple(
        _why(problem, record, of_record.get(record, []), chosen, left=left, under=under)
        for record in problem.records
        if record not in used
    )


def _why(
    problem: Problem,
    record: str,
    candidates: list[Candidate],
    chosen: tuple[Candidate, ...],
    *,
    left: list[Exact],
    under: Mapping[str, list[tuple[int, Exact]]],
) -> Unused:
    """The first of these that holds for one of its candidates: it fits and adds nothing; only caps are in its way; what
    it wants was taken."""
    if not candidates:
        return Unused(record, "no_candidate")
    over = [_over(problem, left, under.get(candidate.id, ())) for candidate in candidates]
    if not all(over):
        return Unused(record, "adds_nothing")
    kept = [caps for caps in over if not any(cap.exclusive for cap in caps)]
    if kept:
        return Unused(record, "cap_binds", caps=_each_once(cap for caps in kept for cap in caps))
    wanted = [cap for caps in over for cap in caps if cap.exclusive]
    instead = tuple(each for each in chosen if any(each.id in cap.weights for cap in wanted))
    return Unused(record, "another_choice_was_better", instead=instead)


def _each_once(caps: Iterable[Cap]) -> tuple[Cap, ...]:
    return tuple({id(cap): cap for cap in caps}.values())


def _courses_left(problem: Problem, chosen: tuple[Candidate, ...]) -> tuple[str, ...]:
    replaced = {candidate.course for candidate in chosen}
    return tuple(course for course in problem.courses if course not in replaced)
