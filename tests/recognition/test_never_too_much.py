"""First come, first served, and never more than the best choice: in any order, in several plans, all at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from creditbank.database_roles import Addresses
from creditbank.identifiers import new_id
from creditbank.recognition.allocation import allocation_of
from creditbank.recognition.gathered import AskedLine, Gathered, rows_of
from creditbank.recognition.judging import Judged, judge, judge_lines, standing
from creditbank.rules import Rulebook
from tests.recognition.allocating import LISTED, ON, claimed, every_line
from tests.recognition.college import COURSES, College, Learner, a_college, clause, room
from tests.recognition.test_allocation import CAPS, best, lines_of, people
from tests.rules.converting import book, capped
from tests.rules.writing import named

OTHER_PLAN = new_id()
TOTAL = {"total": named("credits", {"sum": {"fact": "course.credits"}, "over": "courses"})}
HELD = [cap for cap in CAPS if cap.get("otherwise", "refuse") == "refuse" and "when" not in cap]
SHUFFLED = some.randoms(use_true_random=False)
methods = some.lists(some.sampled_from(HELD), max_size=3, unique_by=lambda cap: str(cap["id"])).map(
    lambda caps: _method(*caps)
)


def _method(*caps: dict[str, Any]) -> Rulebook:
    once = capped("once", "1", count="uses", per=[{"fact": "record.id"}])
    return book({"clauses": [LISTED, once, *caps], "names": TOTAL if "'total'" in str(caps) else None})


# --- the same facts, known in another order -------------------------------------------------------------------------


def otherwise_arrived(who: Gathered, shuffled: random.Random) -> Gathered:
    """The same person, of whom everything became known in another order; the plan's courses keep that of the plan."""

    def mixed(things: Sequence[Any]) -> list[Any]:
        return shuffled.sample(things, len(things))

    held = mixed(list(who.held.values()))
    plan = replace(who.plan, counts=tuple(mixed(who.plan.counts)))
    return replace(
        who,
        plan=plan,
        held={one.id: one for one in held},
        converted=tuple(mixed(who.converted)),
        interruptions=tuple(mixed(who.interruptions)),
        rows=rows_of(plan, held),
    )


@settings(max_examples=60, deadline=None)
@given(people(), methods, SHUFFLED)
def test_the_order_in_which_facts_became_known_changes_no_decision_and_no_allocation(
    who: Gathered, method: Rulebook, shuffled: random.Random
) -> None:
    before = who
    for line in every_line(who)[:2]:  # so that several stand, in some order
        judged = judge(before, line, rulebook=method, on=ON)
        if judged.stands:
            before = standing(before, judged, conversion_id=f"stands-{line.course_code}-{'-'.join(line.records)}")
    other = otherwise_arrived(before, shuffled)
    for line in every_line(before):
        one, again = (judge(known, line, rulebook=method, on=ON) for known in (before, other))
        assert (one.verdict, one.credits, one.refusal, one.replaces) == (
            again.verdict, again.credits, again.refusal, again.replaces,
        )  # fmt: skip
        assert one.decided is not None
        assert again.decided is not None
        assert one.decided.canonical() == again.decided.canonical()
    chosen, otherwise = (best(known, method, costs=False) for known in (before, other))
    assert (lines_of(chosen), chosen.credits, chosen.proved) == (
        lines_of(otherwise), otherwise.credits, otherwise.proved,
    )  # fmt: skip


# --- first come, first served ---------------------------------------------------------------------------------------


def _told(judged: Judged) -> tuple[Any, ...]:
    said = None if judged.decided is None else judged.decided.canonical()
    return judged.verdict, judged.credits, judged.refusal, said


@settings(max_examples=60, deadline=None)
@given(people(), methods, SHUFFLED, some.data())
def test_what_comes_later_changes_nothing_of_what_came_before(
    who: Gathered, method: Rulebook, shuffled: random.Random, data: some.DataObject
) -> None:
    asked = shuffled.sample(every_line(who), min(6, len(every_line(who))))
    lines = [AskedLine(number, each.records, each.course_code, each.wants) for number, each in enumerate(asked, 1)]
    conversions = {line.line_no: new_id() for line in lines}
    whole = list(judge_lines(who, lines, rulebook=method, on=ON, conversions=conversions))
    cut = data.draw(some.integers(1, len(lines)))
    first = list(judge_lines(who, lines[:cut], rulebook=method, on=ON, conversions=conversions))
    assert [_told(one) for one in first] == [_told(one) for one in whole[:cut]]
    now = who
    for one in first:  # a second claim begins where the first one left off
        if one.stands:
            now = standing(now, one, conversion_id=str(conversions[one.line.line_no]))
    rest = list(judge_lines(now, lines[cut:], rulebook=method, on=ON, conversions=conversions))
    assert [_told(one) for one in rest] == [_told(one) for one in whole[cut:]]
    alone = judge(who, lines[0], rulebook=method, on=ON)
    assert _told(whole[0]) == _told(alone), "whoever comes first is decided as if nobody else came"


# --- two plans ------------------------------------------------------------------------------------------------------


def _in(plan_id: Any, who: Gathered, stood: Gathered) -> Gathered:
    return replace(who, plan=replace(who.plan, plan_id=plan_id), converted=stood.converted)


@settings(max_examples=60, deadline=None)
@given(people(), methods, SHUFFLED)
def test_claims_for_two_plans_in_any_order_use_no_record_twice_and_get_no_more_than_the_best_in_either(
    who: Gathered, method: Rulebook, shuffled: random.Random
) -> None:
    who = replace(who, converted=())
    plans = (who.plan.plan_id, OTHER_PLAN)
    most = {plan: best(_in(plan, who, who), method, costs=False).credits for plan in plans}
    asked = [(plan, line) for plan in plans for line in every_line(who)]
    shuffled.shuffle(asked)
    now = who
    for number, (plan, line) in enumerate(asked):
        here = _in(plan, who, now)
        judged = judge(here, line, rulebook=method, on=ON)
        if judged.verdict == "granted":
            now = standing(here, judged, conversion_id=f"c{number}")
    used = [record for one in now.converted for record in one.records]
    assert len(set(used)) == len(used)
    for plan in plans:
        assert sum(one.credits for one in now.converted if one.plan_id == plan) <= most[plan]


@settings(max_examples=40, deadline=None)
@given(people(), methods, SHUFFLED, some.data())
def test_several_claims_get_no_more_than_the_best_for_their_union(
    who: Gathered, method: Rulebook, shuffled: random.Random, data: some.DataObject
) -> None:
    """Only some records are claimed for, and some of those twice: the best for just these is the most they get."""
    records = data.draw(some.lists(some.sampled_from(sorted(who.held)), min_size=1, unique=True))
    lines = [line for line in every_line(who) if {str(one) for one in line.records} <= set(records)]
    union = allocation_of(who, rulebook=method, on=ON, records=records, costs=False)
    twice = [*lines, *lines]
    shuffled.shuffle(twice)
    assert claimed(who, twice, method) <= union.credits


# --- the bank itself ------------------------------------------------------------------------------------------------

LINE = some.tuples(some.integers(0, 3), some.sampled_from(sorted(code for code, *_ in COURSES)))
AT_ONCE = some.lists(some.lists(LINE, min_size=1, max_size=3, unique_by=lambda line: line[1]), min_size=2, max_size=6)
PER_CATEGORY = clause(
    "category",
    cap={"sum": {"fact": "conversion.credits"}, "over": "conversions", "per": [{"fact": "course.category"}]},
    at_most="5",
)


async def _best(college: College, learner: Learner) -> dict[str, Any]:
    path = f"/v1/learners/{learner.learner_id}/allocations"
    return await college.ask("POST", path, learner.actor, json={"plan_id": str(college.plan)})


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(claims=AT_ONCE)
def test_claims_made_at_once_come_to_no_more_than_the_best_allocation_and_leave_only_what_it_says(
    claims: list[list[tuple[int, str]]], bank: tuple[asyncio.Runner, College]
) -> None:
    runner, college = bank

    async def try_them() -> None:
        college.decide_by(room("7"), PER_CATEGORY)
        learner = await college.enrol(certificates=4)
        promised = await _best(college, learner)
        assert promised["proved"]
        made = await asyncio.gather(
            *(college.claim(learner, *[([learner.records[n]], code) for n, code in lines]) for lines in claims)
        )
        granted = [line for one in made for line in one["lines"] if line["state"] == "granted"]
        got = await college.converted(learner)
        assert got == sum(int(100 * float(line["credits"])) for line in granted)
        assert got <= 100 * float(promised["credits"])
        used = [record for line in granted for record in line["record_ids"]]
        assert len(set(used)) == len(used)
        left = await _best(college, learner)
        assert got + 100 * float(left["credits"]) <= 100 * float(promised["credits"])
        await college.check()

    runner.run(try_them())


@pytest.fixture(scope="module")
def bank(
    shared_addresses: Addresses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[asyncio.Runner, College]]:
    """One college for all examples: each has a learner of its own."""
    keys = tmp_path_factory.mktemp("never-too-much") / "keys"
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        opened = a_college(shared_addresses, keys, patch)
        yield runner, runner.run(opened.__aenter__())
        runner.run(opened.__aexit__(None, None, None))
