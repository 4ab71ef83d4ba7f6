"""Solving an allocation with CP-SAT: the model, the steps of its order, what each cap costs. Pure; heavy to import."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ortools.sat.python import cp_model

from creditbank.rules.allocating import Problem, ProblemNotReadable, greedy

WEIGHT = 2**12
"""How far the weights of one solve of a lexicographic order go; a longer order is solved block by block."""
LARGEST = 2**60
"""No sum in a model is as large: CP-SAT counts in 64 bits."""

Sum = cp_model.LinearExprT
Digit = Sequence[Sum]
"""At most one of these is 1; the earlier it is, the better, and none of them is worst."""


@dataclass(frozen=True, slots=True)
class Solved:
    """The ids chosen, the objective they reach and its bound; whether that is proved, and the order among equals."""

    chosen: frozenset[str]
    worth: int
    bound: int
    proved: bool
    settled: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """A cap in whole numbers: these candidates, by place, with these weights, into this room."""

    cap: int
    weights: tuple[tuple[int, int], ...]
    room: int


class _Model:
    """The candidates as variables under the rows, with the best choice so far as the hint of the next solve."""

    def __init__(self, problem: Problem, rows: Iterable[_Row], *, seconds: float, start: Iterable[str]) -> None:
        self.problem, self.seconds, self.chosen = problem, seconds, frozenset(start)
        self.model = cp_model.CpModel()
        self.takes = [self.model.new_bool_var("") for _ in problem.candidates]
        alone: set[frozenset[int]] = set()
        for row in rows:
            if all(weight == 1 for _, weight in row.weights) and row.room == 1:
                self.model.add_at_most_one(self.takes[place] for place, _ in row.weights)
                alone.add(frozenset(place for place, _ in row.weights))
            elif row.room < 1:
                for place, _ in row.weights:
                    self.model.add(self.takes[place] == 0)
            else:
                taken = [self.takes[place] for place, _ in row.weights]
                self.model.add(_weighed(taken, [weight for _, weight in row.weights]) <= row.room)
        self.of_course = _by(problem.courses, ((each.course,) for each in problem.candidates))
        self.once = {name for name, places in self.of_course.items() if _within_one(places, alone)}
        self.courses = {name: self._any(places, once=name in self.once) for name, places in self.of_course.items()}
        of_record = _by(problem.records, (each.records for each in problem.candidates))
        self.records = [self._any(places, once=_within_one(places, alone)) for places in of_record.values()]

    def _any(self, places: Sequence[int], *, once: bool) -> Sum:
        """1 if one of them is chosen, otherwise 0."""
        taken = [self.takes[place] for place in places]
        if once or len(taken) == 1:
            return cp_model.LinearExpr.sum(taken)
        some = self.model.new_bool_var("")
        self.model.add_max_equality(some, taken)
        return some

    def maximize(self, measure: Sum) -> tuple[bool, int, int]:
        """Solve for the most of a measure: whether it is proved, how much it is, and the bound."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        # The whole relaxation: without it an order among equals under a tight cap took up to fifty times as long.
        solver.parameters.linearization_level = 2
        solver.parameters.max_deterministic_time = max(self.seconds, 0.0)
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for place, candidate in enumerate(self.problem.candidates):
            self.model.add_hint(self.takes[place], candidate.id in self.chosen)
        self.model.maximize(measure)
        status = solver.solve(self.model)
        self.seconds -= solver.response_proto.deterministic_time
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            self.chosen = frozenset(
                candidate.id
                for place, candidate in enumerate(self.problem.candidates)
                if solver.boolean_value(self.takes[place])
            )
            return status == cp_model.OPTIMAL, round(solver.objective_value), math.floor(solver.best_objective_bound)
        if status != cp_model.UNKNOWN:
            raise AssertionError(f"an allocation cannot be {solver.status_name(status)}: choosing nothing always fits")
        return False, -1, LARGEST

    def hold(self, measure: Sum, least: int) -> None:
        """From here on only choices in which a measure is at least so much."""
        self.model.add(measure >= least)


def best(problem: Problem, *, proof: float, order: float) -> Solved:
    """The best choice of a problem in its canonical order, step by step, within so much deterministic time."""
    if not problem.candidates:
        return Solved(frozenset(), worth=0, bound=0, proved=True, settled=True)
    model = _Model(problem, _rows(problem), seconds=proof, start=_start(problem))
    proved, worth, bound = model.maximize(_objective(model))
    if not proved:
        worth = _worth(problem, model.chosen)
        return Solved(model.chosen, worth, min(bound, _ceiling(problem)), proved=False, settled=False)
    model.hold(_objective(model), worth)
    model.seconds = order
    settled = _settle(model)
    return Solved(model.chosen, worth, worth, proved=True, settled=settled)


def costs(problem: Problem, solved: Solved, seconds: float) -> dict[int, int]:
    """By place of the cap: how much more of the objective there would be if it alone did not hold.

    Caps that cost nothing are left out. Where the time does not suffice it is what was found, so at least so much.
    """
    rows, found = _rows(problem), dict[int, int]()
    for row in rows:
        if problem.caps[row.cap].exclusive or sum(weight for _, weight in row.weights) <= row.room:
            continue
        others = [other for other in rows if other is not row]
        model = _Model(problem, others, seconds=seconds, start=solved.chosen)
        model.hold(_objective(model), solved.worth)
        _, worth, _ = model.maximize(_objective(model))
        seconds = model.seconds
        if worth > solved.worth:
            found[row.cap] = worth - solved.worth
    return found


def _settle(model: _Model) -> bool:
    """Follow the order among choices of the same worth to its end; False if the time did not suffice."""
    if model.problem.objective == "courses":
        measure = _credits(model)
        proved, most, _ = model.maximize(measure)
        if not proved:
            return False
        model.hold(measure, most)
    fewest = -cp_model.LinearExpr.sum(model.records)
    proved, most, _ = model.maximize(fewest)
    if not proved:
        return False
    model.hold(fewest, most)
    return _in_order(model, [[course] for course in model.courses.values()]) and _in_order(model, _digits(model))


def _digits(model: _Model) -> Iterator[Digit]:
    """The candidates of the courses that are replaced, in order."""
    chosen = {each.course for each in model.problem.candidates if each.id in model.chosen}
    for course, places in model.of_course.items():
        if course in chosen:
            taken: list[Sum] = [model.takes[place] for place in places]
            yield from [taken] if course in model.once else [[each] for each in taken]


def _in_order(model: _Model, digits: Iterable[Digit]) -> bool:
    """Make the first digit best, then the second, and so on; each block of digits is one solve."""
    for block in _blocks(digits):
        terms, weight = list[tuple[Sum, int]](), 1
        for digit in reversed(block):
            terms += [(each, (len(digit) - place) * weight) for place, each in enumerate(digit)]
            weight *= len(digit) + 1
        measure = _weighed([each for each, _ in terms], [weight for _, weight in terms])
        proved, most, _ = model.maximize(measure)
        if not proved:
            return False
        model.hold(measure, most)
    return True


def _blocks(digits: Iterable[Digit]) -> Iterator[list[Digit]]:
    block, weight = list[Digit](), 1
    for digit in digits:
        if block and weight * (len(digit) + 1) > WEIGHT:
            yield block
            block, weight = [], 1
        block.append(digit)
        weight *= len(digit) + 1
    if block:
        yield block


def _objective(model: _Model) -> Sum:
    if model.problem.objective == "courses":
        return cp_model.LinearExpr.sum(list(model.courses.values()))
    return _credits(model)


def _credits(model: _Model) -> Sum:
    return _weighed(model.takes, [each.credits for each in model.problem.candidates])


def _worth(problem: Problem, chosen: frozenset[str]) -> int:
    taken = [each for each in problem.candidates if each.id in chosen]
    if problem.objective == "courses":
        return len({each.course for each in taken})
    return sum(each.credits for each in taken)


def _ceiling(problem: Problem) -> int:
    return _worth(problem, frozenset(each.id for each in problem.candidates))


def _start(problem: Problem) -> Iterable[str]:
    largest = sorted(problem.candidates, key=lambda each: -each.credits)
    return [each.id for each in greedy(problem, (each.id for each in largest))]


def _rows(problem: Problem) -> list[_Row]:
    """The caps in whole numbers: by their common denominator, the room rounded down, then by their common divisor."""
    places = {each.id: place for place, each in enumerate(problem.candidates)}
    if _ceiling(problem) >= LARGEST:
        raise ProblemNotReadable("more credits than can be counted")
    rows = []
    for number, cap in enumerate(problem.caps):
        exact = {places[name]: Fraction(weight) for name, weight in cap.weights.items()}
        scale = math.lcm(*(weight.denominator for weight in exact.values()))
        whole = {place: int(weight * scale) for place, weight in exact.items()}
        room = math.floor(Fraction(cap.limit - cap.used) * scale)
        if sum(whole.values()) >= LARGEST:
            raise ProblemNotReadable(f"cap {cap.clause} counts more than can be counted")
        if room < 0:
            # What is counted at all cannot be chosen, even if it weighs nothing.
            rows.append(_Row(number, tuple((place, 1) for place in sorted(whole)), 0))
            continue
        common = math.gcd(*whole.values()) or 1
        weights = tuple((place, weight // common) for place, weight in sorted(whole.items()) if weight)
        if weights:
            rows.append(_Row(number, weights, min(room // common, sum(weight for _, weight in weights))))
    return rows


def _by(names: Sequence[str], named: Iterable[Iterable[str]]) -> dict[str, list[int]]:
    """Places of candidates by what they name, in the order of the names; names that nobody has are left out."""
    found: dict[str, list[int]] = {name: [] for name in names}
    for place, each in enumerate(named):
        for name in each:
            found[name].append(place)
    return {name: places for name, places in found.items() if places}


def _within_one(places: Iterable[int], alone: Iterable[frozenset[int]]) -> bool:
    return any(each.issuperset(places) for each in alone)


def _weighed(taken: Sequence[Sum], weights: Sequence[int]) -> Sum:
    return cp_model.LinearExpr.weighted_sum(taken, weights)
