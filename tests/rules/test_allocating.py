"""The best choice of records for courses: equal to exhaustive search, the same in any order, told with its reasons."""

from __future__ import annotations

import random
import subprocess
import sys
from fractions import Fraction
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from creditbank.rules.allocating import Allocation, Candidate, Cap, Exact, Problem, ProblemNotReadable, allocate, greedy
from tests.load.allocation import generated

COURSES = ("c1", "c2", "c3", "c4")
RECORDS = ("r1", "r2", "r3", "r4")


def once(candidates: tuple[Candidate, ...]) -> list[Cap]:
    """A course once, a record once."""
    courses, records = dict[str, dict[str, Exact]](), dict[str, dict[str, Exact]]()
    for each in candidates:
        courses.setdefault(each.course, {})[each.id] = 1
        for record in each.records:
            records.setdefault(record, {})[each.id] = 1
    return [
        *(Cap("course-once", 1, weights, key=(key,), exclusive=True) for key, weights in courses.items()),
        *(Cap("record-once", 1, weights, key=(key,), exclusive=True) for key, weights in records.items()),
    ]


def problem(*pairs: tuple[str, str, int], caps: tuple[Cap, ...] = (), objective: str = "credits") -> Problem:
    """Pairs of records (joined by +) and a course with credits, under caps and once each."""
    candidates = tuple(
        Candidate(f"{records}>{course}", tuple(records.split("+")), course, amount) for records, course, amount in pairs
    )
    return Problem(candidates, (*caps, *once(candidates)), RECORDS, COURSES, objective)  # type: ignore[arg-type]


def pairs(found: Allocation) -> list[str]:
    return [each.id for each in found.chosen]


def fits(of: Problem, chosen: tuple[Candidate, ...]) -> bool:
    for cap in of.caps:
        counted = [cap.weights[each.id] for each in chosen if each.id in cap.weights]
        if counted and cap.used + sum(counted) > cap.limit:
            return False
    return True


def rank(of: Problem, chosen: tuple[Candidate, ...]) -> tuple[object, ...]:
    """The stated order, written down once more without a solver: the largest is the answer."""
    credits, courses = sum(each.credits for each in chosen), {each.course for each in chosen}
    worth = (credits,) if of.objective == "credits" else (len(courses), credits)
    places = {course: place for place, course in enumerate(of.courses)}
    in_order = sorted(of.candidates, key=lambda each: (places[each.course], tuple(sorted(each.records)), each.id))
    records = {record for each in chosen for record in each.records}
    return (
        *worth,
        -len(records),
        [course in courses for course in of.courses],
        [each in chosen for each in in_order],
    )


def exhaustive(of: Problem) -> tuple[Candidate, ...]:
    every = chain.from_iterable(combinations(of.candidates, size) for size in range(len(of.candidates) + 1))
    return max((chosen for chosen in every if fits(of, chosen)), key=lambda chosen: rank(of, chosen))


amounts = some.sampled_from([0, 50, 100, 150, 200, 300])


@some.composite
def problems(draw: some.DrawFn) -> Problem:
    """Up to nine candidates under up to four caps, besides what makes a course or a record usable a number of times."""
    found: list[Candidate] = []
    for number in range(draw(some.integers(0, 9))):
        records = draw(some.lists(some.sampled_from(RECORDS), min_size=1, max_size=2, unique=True))
        found.append(Candidate(f"x{number}", tuple(records), draw(some.sampled_from(COURSES)), draw(amounts)))
    caps: list[Cap] = []
    if found:
        names = some.sampled_from([each.id for each in found])
        weights = some.one_of(amounts, some.sampled_from([Fraction(1, 3), Fraction(5, 2), 1]))
        limits = some.one_of(amounts, some.sampled_from([Fraction(1120, 10), Fraction(7, 3), 1, 2]))
        for number in range(draw(some.integers(0, 4))):
            weighed = draw(some.dictionaries(names, weights, max_size=9))
            caps.append(Cap(f"cap-{number}", draw(limits), weighed, used=draw(some.sampled_from([0, 0, 50, 400]))))
        caps += [each for each in once(tuple(found)) if draw(some.integers(0, 3))]
    return Problem(tuple(found), tuple(caps), RECORDS, COURSES, draw(some.sampled_from(["credits", "courses"])))


@settings(max_examples=150, deadline=None)
@given(problems(), some.randoms(use_true_random=False))
def test_it_is_the_best_of_all_choices_and_the_order_of_the_problem_changes_nothing(
    of: Problem, shuffled: random.Random
) -> None:
    found = allocate(of)
    assert found.proved
    assert found.settled
    assert set(found.chosen) == {
        Candidate(each.id, tuple(sorted(each.records)), each.course, each.credits) for each in exhaustive(of)
    }
    candidates, caps, records = list(of.candidates), list(of.caps), list(of.records)
    for each in (candidates, caps, records):
        shuffled.shuffle(each)
    again = Problem(
        tuple(Candidate(each.id, each.records[::-1], each.course, each.credits) for each in candidates),
        tuple(caps),
        tuple(records),
        of.courses,
        of.objective,
    )
    assert allocate(again) == found


@settings(max_examples=50, deadline=None)
@given(problems(), some.randoms(use_true_random=False))
def test_no_order_of_coming_one_after_another_gets_more(of: Problem, shuffled: random.Random) -> None:
    order = [each.id for each in of.candidates]
    shuffled.shuffle(order)
    taken = greedy(of, order)
    assert fits(of, taken)
    best = allocate(of)
    one_by_one = len({each.course for each in taken}) if of.objective == "courses" else sum(e.credits for e in taken)
    assert best.worth >= one_by_one


@settings(max_examples=40, deadline=None)
@given(problems())
def test_what_a_cap_costs_is_what_would_be_won_without_it(of: Problem) -> None:
    best = allocate(of, costs=True)
    for taken in best.caps:
        without = Problem(
            of.candidates, tuple(cap for cap in of.caps if cap is not taken.cap), of.records, of.courses, of.objective
        )
        assert taken.costs == allocate(without).worth - best.worth


def test_a_large_record_that_would_shut_out_two_is_left_aside() -> None:
    of = problem(("r1", "c1", 300), ("r2", "c2", 200), ("r3", "c3", 200), caps=(share(400),))
    assert greedy(of, ["r1>c1", "r2>c2", "r3>c3"]) == (of.candidates[0],)
    assert pairs(allocate(of)) == ["r2>c2", "r3>c3"]


def share(limit: Exact, *, used: Exact = 0) -> Cap:
    """A cap on the credits of everything that tests here name."""
    return Cap("share", limit, {"r1>c1": 300, "r2>c2": 200, "r3>c3": 200}, used=used)


def test_thirty_five_per_cent_of_thirty_two_credits_is_eleven_point_two() -> None:
    limit = Fraction(35, 100) * 3200
    assert limit == 1120
    fits_exactly = Cap("share", limit, {"r1>c1": 1120})
    too_much = Cap("share", limit, {"r1>c1": 1121})
    half = Cap("share", Fraction(2241, 2), {"r1>c1": 1121})
    third = Cap("share", Fraction(1000, 3), {"r1>c1": Fraction(1000, 3)})
    assert pairs(allocate(problem(("r1", "c1", 1120), caps=(fits_exactly,)))) == ["r1>c1"]
    assert pairs(allocate(problem(("r1", "c1", 1121), caps=(too_much,)))) == []
    assert pairs(allocate(problem(("r1", "c1", 1121), caps=(half,)))) == []
    assert pairs(allocate(problem(("r1", "c1", 333), caps=(third,)))) == ["r1>c1"]


def test_what_was_used_before_takes_room_and_a_cap_that_is_exceeded_lets_in_not_even_what_weighs_nothing() -> None:
    choice = [("r1", "c1", 300), ("r2", "c2", 200), ("r3", "c3", 200)]
    assert pairs(allocate(problem(*choice, caps=(share(400, used=150),)))) == ["r2>c2"]
    exceeded = Cap("share", 400, {"r1>c1": 0}, used=401)
    assert pairs(allocate(problem(*choice, caps=(exceeded,)))) == ["r2>c2", "r3>c3"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ([("r1", "c1", 200), ("r2", "c1", 300)], ["r2>c1"]),  # more credits
        ([("r1+r2", "c1", 300), ("r3", "c1", 300)], ["r3>c1"]),  # fewer records
        ([("r1", "c3", 300), ("r1", "c2", 300)], ["r1>c2"]),  # an earlier course
        ([("r3", "c1", 300), ("r2", "c1", 300)], ["r2>c1"]),  # an earlier record
        # either way round is worth the same: the first course takes the first record
        ([("r1", "c1", 100), ("r1", "c2", 200), ("r2", "c1", 100), ("r2", "c2", 200)], ["r1>c1", "r2>c2"]),
    ],
)
def test_equals_are_told_apart_by_credits_then_records_then_courses_then_their_ids(
    choice: list[tuple[str, str, int]], expected: list[str]
) -> None:
    assert pairs(allocate(problem(*choice))) == expected
    assert pairs(allocate(problem(*reversed(choice)))) == expected


def test_for_courses_an_exemption_without_credits_counts_and_for_credits_it_is_no_reason_to_use_a_record() -> None:
    choice = [("r1", "c1", 0), ("r2", "c2", 100)]
    for_credits = allocate(problem(*choice))
    assert pairs(for_credits) == ["r2>c2"]
    assert [(each.record, each.why) for each in for_credits.unused if each.record == "r1"] == [("r1", "adds_nothing")]
    for_courses = allocate(problem(*choice, objective="courses"))
    assert (pairs(for_courses), for_courses.worth, for_courses.credits) == (["r1>c1", "r2>c2"], 2, 100)


def test_what_is_left_says_why() -> None:
    under = Cap("share", 400, {"r1>c1": 300, "r2>c1": 100, "r3>c3": 150})
    found = allocate(problem(("r1", "c1", 300), ("r2", "c1", 100), ("r3", "c3", 150), caps=(under,)), costs=True)
    assert pairs(found) == ["r1>c1"]
    why = {each.record: each for each in found.unused}
    assert why["r2"].why == "another_choice_was_better"
    assert [each.id for each in why["r2"].instead] == ["r1>c1"]
    assert why["r3"].why == "cap_binds"
    assert [cap.clause for cap in why["r3"].caps] == ["share"]
    assert why["r4"].why == "no_candidate"
    assert found.courses_left == ("c2", "c3", "c4")
    (cap,) = found.caps
    assert (cap.taken, cap.left, cap.costs, cap.binds) == (300, 100, 150, True)
    assert [each.id for each in cap.keeps_out] == ["r3>c3"]


def test_a_cap_with_room_for_all_does_not_bind() -> None:
    choice = [("r1", "c1", 300), ("r2", "c2", 200), ("r3", "c3", 200)]
    (cap,) = allocate(problem(*choice, caps=(share(700),)), costs=True).caps
    assert (cap.left, cap.costs, cap.binds) == (0, 0, False)


def test_without_time_for_a_proof_it_says_so_with_a_bound() -> None:
    of = generated(3)
    found = allocate(of, proof=0.0)
    assert (found.proved, found.settled) == (False, False)
    assert fits(of, found.chosen)
    assert found.bound >= allocate(of).worth >= found.worth > 0
    assert found.worth == sum(each.credits for each in found.chosen)


def test_without_time_for_the_order_it_is_proved_and_not_settled() -> None:
    found = allocate(generated(3), order=0.0)
    assert (found.proved, found.settled, found.bound) == (True, False, found.worth)


def test_a_learner_of_forty_records_is_allocated_with_proof_in_any_order() -> None:
    of = generated(5)
    shuffled = random.Random(1)
    candidates, caps = list(of.candidates), list(of.caps)
    shuffled.shuffle(candidates)
    shuffled.shuffle(caps)
    found = allocate(of)
    assert found.proved
    assert found.settled
    assert allocate(Problem(tuple(candidates), tuple(caps), of.records[::-1], of.courses)) == found


def test_nothing_to_choose_is_an_answer() -> None:
    found = allocate(Problem((), (), RECORDS, COURSES))
    assert (found.chosen, found.proved, found.settled) == ((), True, True)
    assert [each.why for each in found.unused] == ["no_candidate"] * 4


@pytest.mark.parametrize(
    "wrong",
    [
        Problem((Candidate("x", ("r9",), "c1", 1),), (), RECORDS, COURSES),
        Problem((Candidate("x", (), "c1", 1),), (), RECORDS, COURSES),
        Problem((Candidate("x", ("r1",), "c9", 1),), (), RECORDS, COURSES),
        Problem((Candidate("x", ("r1",), "c1", -1),), (), RECORDS, COURSES),
        Problem((Candidate("x", ("r1",), "c1", 2**61),), (), RECORDS, COURSES),
        Problem((Candidate("x", ("r1",), "c1", 1), Candidate("x", ("r1",), "c2", 1)), (), RECORDS, COURSES),
        Problem((Candidate("x", ("r1",), "c1", 1),), (Cap("cap", 1, {"y": 1}),), RECORDS, COURSES),
        Problem((Candidate("x", ("r1",), "c1", 1),), (Cap("cap", 1, {"x": -1}),), RECORDS, COURSES),
        Problem((Candidate("x", ("r1",), "c1", 1),), (Cap("cap", 1, {"x": 2**61}),), RECORDS, COURSES),
        Problem((), (), ("r1", "r1"), COURSES),
        Problem((), (), RECORDS, ("c1", "c1")),
    ],
)
def test_a_problem_that_cannot_be_one_is_refused(wrong: Problem) -> None:
    with pytest.raises(ProblemNotReadable):
        allocate(wrong)


def test_the_solver_is_loaded_only_when_something_is_allocated() -> None:
    code = "import sys; import creditbank.app, creditbank.rules.allocating; print('ortools' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
