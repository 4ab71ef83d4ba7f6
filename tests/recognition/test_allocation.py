"""The best allocation is what claims come to: no order of claims gets more, and what it promises is granted."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from creditbank.recognition.allocation import Allocated, allocation_of
from creditbank.recognition.gathered import Gathered
from creditbank.rules import Rulebook
from tests.recognition.allocating import (
    LISTED,
    ON,
    SHARE,
    claimed,
    counts,
    course,
    every_line,
    exhaustive,
    held,
    person,
    rules,
    stands,
)
from tests.rules.converting import capped, clause

CAPS: list[dict[str, Any]] = [
    SHARE,
    capped("category", "5", sum={"fact": "conversion.credits"}, over="conversions", per=[{"fact": "course.category"}]),
    capped("courses", "2", count="conversions"),
    capped("term", "2", count="conversions", per=[{"fact": "conversion.term"}]),
    capped("content", "1", count="uses", per=[{"fact": "record.content"}]),
    capped("kind", "1", count="uses", where={"fact": "record.kind", "is": "certificate"}),
    clause(
        "small-with-certificates",
        cap={"sum": {"fact": "conversion.credits"}, "over": "conversions"},
        at_most="4",
        when={"fact": "record.kind", "is": "certificate"},
    ),
    capped(
        "limit-by-line",
        {
            "choose": [
                {"when": {"fact": "course.category", "is": "选修课"}, "take": "6"},
                {"otherwise": "3"},
            ]
        },
        sum={"fact": "conversion.credits"},
        over="conversions",
    ),
    capped("advised", "1", count="conversions", otherwise="warn"),
    capped("by-a-person", "2", count="conversions", otherwise="refer"),
]


def lines_of(found: Allocated) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.line.course_code, each.candidate.records) for each, _ in found.granted]


def best(gathered: Gathered, rulebook: Rulebook, **more: Any) -> Allocated:
    return allocation_of(gathered, rulebook=rulebook, on=ON, **more)


@some.composite
def people(draw: some.DrawFn) -> Gathered:
    """Up to three records and four courses, equivalences of one and of two records, something converted before."""
    courses = [
        course(
            f"C{number}", draw(some.sampled_from([100, 150, 200, 300])), category=draw(some.sampled_from(CATEGORIES))
        )
        for number in range(draw(some.integers(1, 4)))
    ]
    records = [
        held(
            f"r{number}",
            kind=draw(some.sampled_from(["certificate", "course_result"])),
            content=draw(some.sampled_from(["one", "other"])),
            result=draw(some.sampled_from(["passed", "passed", "passed", "failed"])),
        )
        for number in range(draw(some.integers(1, 3)))
    ]
    codes = [each["code"] for each in courses]
    keys = [each.id for each in records]
    equivalent = [
        counts(key, targets=draw(some.lists(some.sampled_from(codes), min_size=1, unique=True))) for key in keys
    ]
    if len(keys) > 1 and draw(some.booleans()):
        equivalent.append(counts(*draw(some.permutations(keys))[:2], targets=[draw(some.sampled_from(codes))]))
    before = []
    if draw(some.booleans()):
        before = [stands("earlier", draw(some.sampled_from(courses)), [draw(some.sampled_from(keys))])]
    return person(courses, records, equivalent=equivalent, converted=before)


CATEGORIES = ["专业课", "公共课", "选修课"]
FIRST = ("limit-by-line", "small-with-certificates")
"""Caps that want lines of theirs to be claimed before the others."""
several = some.lists(some.sampled_from(CAPS), max_size=4, unique_by=lambda cap: str(cap["id"]))
in_order = some.just([cap for cap in CAPS if cap["id"] in FIRST])


def _method(caps: list[dict[str, Any]]) -> Rulebook:
    return rules(LISTED, *caps)


def _agree(caps: list[dict[str, Any]]) -> bool:
    """Whether no two of them want different lines to be first: no set of lines then fits for want of an order."""
    return not {cap["id"] for cap in caps}.issuperset(FIRST)


methods = some.one_of(several, in_order).map(_method)


@settings(max_examples=150, deadline=None)
@given(people(), several.filter(_agree).map(_method))
def test_it_is_the_most_that_any_claims_in_any_order_come_to(who: Gathered, method: Rulebook) -> None:
    found = best(who, method, costs=False)
    assert found.proved
    assert found.looks == 1, "everything that lines do to one another here is said by caps"
    assert found.credits == found.allocation.credits == exhaustive(who, method)


@settings(max_examples=60, deadline=None)
@given(people(), in_order.map(_method))
def test_where_caps_want_different_lines_first_it_is_the_most_too_and_called_proved_only_at_the_first_look(
    who: Gathered, method: Rulebook
) -> None:
    """Both lines of a pair may fit one way round for each cap, and neither way for both: it is chosen once more."""
    found = best(who, method, costs=False)
    assert found.proved is (found.looks == 1)
    assert found.credits == exhaustive(who, method) <= found.allocation.bound


@settings(max_examples=60, deadline=None)
@given(people(), methods, some.randoms(use_true_random=False))
def test_it_grants_what_it_promises_and_no_order_of_claims_gets_more(
    who: Gathered, method: Rulebook, shuffled: random.Random
) -> None:
    found = best(who, method, costs=False)
    assert claimed(who, [each.line for each, _ in found.granted], method) == found.credits
    lines = every_line(who)
    shuffled.shuffle(lines)
    assert claimed(who, lines, method) <= found.credits


def test_two_small_courses_are_better_than_the_large_one_that_comes_first() -> None:
    who = person(
        [course("A", 300), course("B", 200), course("C", 200), course("D", 300)],
        [held("r1"), held("r2"), held("r3")],
        equivalent=[counts("r1", targets=["A"]), counts("r2", targets=["B"]), counts("r3", targets=["C"])],
    )
    method = rules(LISTED, SHARE)
    found = best(who, method)
    assert lines_of(found) == [("B", ("r2",)), ("C", ("r3",))]
    assert found.credits == 400, "40 % of 10 credits"
    assert claimed(who, every_line(who), method) == 300


def test_a_line_with_less_room_is_claimed_before_one_with_more() -> None:
    """Three credits in all for the line of a professional course, six for that of an elective."""
    (limit,) = [cap for cap in CAPS if cap["id"] == "limit-by-line"]
    who = person(
        [course("A", 300, category="选修课"), course("B", 200), course("C", 300)],
        [held("r1"), held("r2"), held("r3")],
        equivalent=[counts("r1", targets=["A"]), counts("r2", targets=["B"]), counts("r3", targets=["C"])],
    )
    found = best(who, rules(LISTED, limit))
    assert lines_of(found) == [("C", ("r3",)), ("A", ("r1",))]
    assert (found.credits, found.looks, found.proved) == (600, 1, True)


def test_what_a_person_would_have_to_allow_is_no_room() -> None:
    (by_a_person,) = [cap for cap in CAPS if cap["id"] == "by-a-person"]
    names = ["A", "B", "C"]
    who = person(
        [course(name, 300) for name in names],
        [held(f"r{name}") for name in names],
        equivalent=[counts(f"r{name}", targets=[name]) for name in names],
    )
    found = best(who, rules(LISTED, by_a_person))
    assert [code for code, _ in lines_of(found)] == ["A", "B"]
    assert (found.looks, found.proved) == (1, True)


def test_a_limit_that_moves_with_what_is_converted_is_looked_at_again_and_not_called_proved() -> None:
    at_most_one = clause(
        "gate",
        require={"none": [{"exists": "conversions", "where": {"fact": "course.category", "is": "公共课"}}]},
    )
    who = person(
        [course("A", 300, category="公共课"), course("B", 200, category="公共课")],
        [held("r1"), held("r2")],
        equivalent=[counts("r1", targets=["A"]), counts("r2", targets=["B"])],
    )
    found = best(who, rules(LISTED, at_most_one))
    assert lines_of(found) == [("A", ("r1",))]
    assert (found.credits, found.proved, found.looks) == (300, False, 2)
    assert found.allocation.bound == 500


def test_what_nobody_has_said_is_listed_apart_with_what_is_missing() -> None:
    relevant = clause("relevant", require={"fact": "match.relevance", "at_least": "80"})
    who = person([course("A", 300)], [held("r1")])
    found = best(who, rules(relevant))
    assert found.granted == ()
    (line,) = found.found.open
    assert (line.line.course_code, line.missing) == ("A", ("match.relevance",))


def test_what_is_refused_for_certain_names_the_nearest_refusal() -> None:
    score = clause("score", require={"fact": "record.score", "at_least": "60"})
    who = person([course("A", 300)], [held("r1", score="59", result="failed"), held("r2", score="59")])
    found = best(who, rules(score))
    assert {name: each.clauses for name, each in found.found.refused.items()} == {
        "r1": ("passed", "score"),
        "r2": ("score",),
    }


def test_several_records_together_are_a_candidate_where_an_equivalence_names_them() -> None:
    who = person([course("A", 300)], [held("r1"), held("r2")], equivalent=[counts("r1", "r2", targets=["A"])])
    assert lines_of(best(who, rules(LISTED))) == [("A", ("r1", "r2"))]


def test_a_conversion_that_gives_way_is_counted_against_what_replaces_it() -> None:
    way = clause("way", replaces={"over": "uses", "per": [{"fact": "record.content"}]})
    small, large = course("A", 200), course("B", 300)
    who = person(
        [small, large],
        [held("r1", content="one"), held("r2", content="one")],
        equivalent=[counts("r2", targets=["B"])],
        converted=[stands("earlier", small, ["r1"])],
    )
    found = best(who, rules(LISTED, way))
    assert lines_of(found) == [("B", ("r2",))]
    assert found.credits == found.allocation.credits == 100, "three credits, less the two that give way"
    assert found.proved


def test_for_courses_an_exemption_is_taken_where_credits_are_not_to_be_had() -> None:
    free = clause(
        "free", when={"fact": "claim.wants", "is": "credits"}, require={"fact": "record.score", "at_least": "60"}
    )
    who = person([course("A", 300)], [held("r1", score="50")], equivalent=[counts("r1", targets=["A"])])
    method = rules(LISTED, free)
    assert best(who, method).granted == ()
    ((line, _),) = best(who, method, objective="courses").granted
    assert line.line.wants == "exemption"
