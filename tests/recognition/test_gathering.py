"""What is gathered for deciding claims: the same that one would gather by hand, and of nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.institutions.equivalence_keys import course_key
from creditbank.recognition.gathered import LazyRows
from creditbank.recognition.gathering import (
    AskedLine,
    AskedPerson,
    ClaimSaid,
    Gathered,
    Hypothetical,
    OnlyFor,
    gather,
    gather_many,
)
from creditbank.rules.questions import check_facts
from tests.recognition.gathering_people import OTHER_PLAN, convert, furnish_more, settle
from tests.recognition.gathering_reference import ByHand, Everything, everything
from tests.records.town import Town, course_row, entered

COURSES = ("C101", "C102", "C201", "C202")


def asked(random: Random, records: list[str], number: int) -> AskedLine:
    chosen = random.sample(records, min(len(records), random.choice([1, 1, 2, 3])))
    wants = random.choice([None, "credits", "exemption", "attendance"])
    return AskedLine(number, tuple(chosen), random.choice(COURSES), wants)


async def gathered(town: Town, people: list[AskedPerson]) -> list[Gathered]:
    async with town.database.session() as session:
        return await gather_many(session, people, keyring=town.keyring, at=town.at)


# --- by hand and by sets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
async def test_a_whole_class_is_gathered_as_one_would_by_hand(town: Town, seed: int) -> None:
    random = Random(seed)
    plan_id = await furnish_more(town, random)
    learners = await settle(town, 8, random)
    before = await everything(town)
    claims = {learner: await convert(town, plan_id, learner, before.family(learner), random) for learner in learners}
    known = await everything(town)
    on = random.choice([date(2024, 3, 4), date(2024, 4, 20), date(2024, 7, 30), date(2025, 3, 3)])
    people = [
        AskedPerson(
            known.family(learner), plan_id, ClaimSaid(on), without_claim=random.choice([None, *claims[learner]])
        )
        for learner in learners
    ]
    found = await gathered(town, people)
    compared = 0
    for person, one in zip(people, found, strict=True):
        compared += _compare(known, person, one, random, town)
    assert compared > 20


def _compare(known: Everything, person: AskedPerson, one: Gathered, random: Random, town: Town) -> int:
    (plan,) = known.of("plan", plan_id=person.plan_id)
    by_hand = ByHand(known, person.family, plan, person.claim.on, town.at, person.without_claim)
    records = by_hand.records()
    assert set(one.held) == set(records)
    for number in range(1, 6):
        line = asked(random, records, number)
        facts = one.facts(line)
        expected = by_hand.line([str(record) for record in line.records], line.course_code, line.wants)
        assert _in_any_order(facts) == _in_any_order(expected), (line, person.claim.on)
        check_facts("conversion", facts)
        check_facts("accumulation", one.accumulated("graduation"))
    return 5


def _in_any_order(facts: dict[str, Any]) -> dict[str, Any]:
    """Sets of rows have no order."""
    return {
        name: sorted(value, key=lambda row: str(row["id"])) if isinstance(value, list | LazyRows) else value
        for name, value in facts.items()
    }


async def test_one_by_one_and_all_together_are_the_same(town: Town) -> None:
    random = Random(7)
    plan_id = await furnish_more(town, random)
    learners = await settle(town, 4, random)
    known = await everything(town)
    people = [AskedPerson(known.family(learner), plan_id, ClaimSaid(date(2024, 4, 20))) for learner in learners]
    people.append(AskedPerson(known.family(learners[0]), OTHER_PLAN, ClaimSaid(date(2025, 3, 3))))
    together = await gathered(town, people)
    for person, one in zip(people, together, strict=True):
        (alone,) = await gathered(town, [person])
        assert alone == one


@pytest.mark.parametrize("seed", range(3))
async def test_only_for_some_lines_the_facts_of_these_are_the_same(town: Town, seed: int) -> None:
    """All but the set of every record, for which all of them have to be read: asking for one that was not fails."""
    random = Random(20 + seed)
    plan_id = await furnish_more(town, random)
    learners = await settle(town, 6, random)
    before = await everything(town)
    for learner in learners:
        await convert(town, plan_id, learner, before.family(learner), random)
    known = await everything(town)
    unread = 0
    for learner in learners:
        person = AskedPerson(known.family(learner), plan_id, ClaimSaid(date(2024, 4, 20)))
        (whole,) = await gathered(town, [person])
        lines = [asked(random, sorted(whole.held), number) for number in (1, 2)]
        records = frozenset(UUID(str(record)) for line in lines for record in line.records)
        only = OnlyFor(records, frozenset(line.course_code for line in lines))
        (narrow,) = await gathered(town, [replace(person, only_for=only)])
        for line in lines:
            assert _but_records(narrow.facts(line)) == _but_records(whole.facts(line)), line
        unread += len(whole.held) - len(narrow.held)
        with pytest.raises(AssertionError, match="not all records were read"):
            list(narrow.rows.records)
        with pytest.raises(AssertionError, match="not all records were read"):
            narrow.accumulated("graduation")
    assert unread > 0


def _but_records(facts: dict[str, Any]) -> dict[str, Any]:
    return _in_any_order({name: value for name, value in facts.items() if name != "records"})


# --- whose they are -----------------------------------------------------------------------------------------------


async def test_merged_accounts_are_gathered_as_one_person_and_nobody_elses_records_appear(town: Town) -> None:
    random = Random(11)
    plan_id = await furnish_more(town, random)
    learners = await settle(town, 6, random)
    known = await everything(town)
    assert len(known.family(learners[0])) == 2, "the first two are one person"
    owner = {str(row["record_id"]): row["learner_id"] for row in known.rows["record_current"]}
    first, second = learners[:2]
    (one, other, third) = await gathered(
        town,
        [AskedPerson(known.family(who), plan_id, ClaimSaid(date(2024, 4, 20))) for who in (first, second, learners[2])],
    )
    assert one.held == other.held
    assert {owner[record] for record in one.held} == {first, second}
    assert {owner[record] for record in third.held} <= set(known.family(learners[2]))
    theirs = next(iter(third.held))
    with pytest.raises(KeyError):
        one.facts(AskedLine(1, (theirs,), "C101"))
    async with town.database.session() as session:
        with pytest.raises(NotFound):
            await gather(
                session, family=known.family(first), plan_id=plan_id, lines=[AskedLine(1, (theirs,), "C101")],
                claim=ClaimSaid(date(2024, 4, 20)), keyring=town.keyring, at=town.at,
            )  # fmt: skip
    for number, name in enumerate(third.held):
        assert name not in str(one.facts(AskedLine(number, (next(iter(one.held)),), "C101")))


async def test_a_plan_that_is_not_there_is_not_found(town: Town) -> None:
    (outcome,) = await town.post(course_row())
    known = await everything(town)
    (row,) = known.of("record_current", record_id=outcome.record_id)
    with pytest.raises(NotFound):
        await gathered(town, [AskedPerson((row["learner_id"],), new_id(), ClaimSaid(date(2024, 4, 20)))])


# --- one line after another ---------------------------------------------------------------------------------------


async def somebody(town: Town) -> tuple[Gathered, list[str]]:
    """Enrolled, with two results of the school that the college's plan may count."""
    await town.post(entered())
    outcomes = await town.post(*(course_row(course_code=code) for code in ("C101", "C102")), by=town.school)
    known = await everything(town)
    (row,) = known.of("record_current", record_id=outcomes[0].record_id)
    plan_id = known.rows["plan"][0]["plan_id"]
    (one,) = await gathered(town, [AskedPerson((row["learner_id"],), plan_id, ClaimSaid(date(2024, 4, 20)))])
    return one, [str(outcome.record_id) for outcome in outcomes]


async def test_a_line_that_stands_is_what_the_next_one_finds(town: Town) -> None:
    one, (first, second) = await somebody(town)
    line = AskedLine(1, (first, second), "C101", "credits")
    after = one.with_line(line, 300, exemption="full", conversion_id="one")
    found = after.facts(AskedLine(2, (second,), "C102"))
    assert one.facts(line)["conversions"] == [] == one.facts(line)["uses"], "what was gathered is as it was"
    assert [row["id"] for row in found["conversions"]] == ["one"]
    assert [row["id"] for row in found["uses"]] == [f"one:{first}", f"one:{second}"]
    (conversion,) = found["conversions"]
    assert conversion["conversion"] == {"credits": 300, "on": "2024-04-20", "same_plan": True, "exemption": "full"}
    assert (conversion["course"]["code"], "record" in conversion) == ("C101", False), "of two records, no single one"
    assert after.without_lines(["one"]) == one


async def test_what_people_said_comes_before_what_the_bank_knows(town: Town) -> None:
    one, (first, second) = await somebody(town)
    said = {"match.relevance": "80", "course.registered": True, "record.verified": True}
    facts = one.facts(AskedLine(1, (first,), "C101", supplied=said))
    assert facts["match"]["relevance"] == "80"
    assert facts["course"]["registered"] is True
    assert facts["record"]["verified"] is True
    assert facts["sources"][0]["record"]["verified"] is True
    several = one.facts(AskedLine(1, (first, second), "C101", supplied_of={UUID(second): {"record.verified": True}}))
    assert "record" not in several
    assert [row["record"].get("verified") for row in several["sources"]] == [None, True]


async def test_a_hypothetical_record_is_gathered_as_if_it_were_held(town: Town) -> None:
    await town.post(entered())
    (outcome,) = await town.post(course_row(), by=town.school)
    known = await everything(town)
    (row,) = known.of("record_current", record_id=outcome.record_id)
    plan_id = known.rows["plan"][0]["plan_id"]
    school = town.school.institution_id
    imagined = Hypothetical(
        id="if-passed",
        facts={
            "record": {"kind": "course_result", "occurred_on": "2024-06-20", "result": "passed", "credits": 400},
            "institution": {"id": str(school), "kind": "secondary_vocational"},
        },
        key=course_key(school, "C102"),
        title="高等数学",
    )
    asked_for = AskedPerson((row["learner_id"],), plan_id, ClaimSaid(date(2024, 4, 20)), hypothetical=(imagined,))
    (one,) = await gathered(town, [asked_for])
    facts = one.facts(AskedLine(1, ("if-passed",), "C102"))
    assert facts["record"] == {**imagined.facts["record"], "id": "if-passed"}
    assert facts["match"] == {"listed": False, "same_name": True}
    check_facts("conversion", facts)


async def test_what_was_lost_by_cheating_is_not_mended_by_failing_again(town: Town) -> None:
    await town.post(entered())
    marks = [("作弊", "normal", "2024-01-12"), ("40", "makeup", "2024-03-01")]
    for score, attempt, on in marks:
        await town.post(course_row(score=score, attempt=attempt, occurred_on=on))
    known = await everything(town)
    learner = known.rows["record_current"][0]["learner_id"]
    question = [AskedPerson((learner,), known.rows["plan"][0]["plan_id"], ClaimSaid(date(2024, 4, 20)))]
    (one,) = await gathered(town, question)
    line = AskedLine(1, (next(iter(one.held)),), "C101")
    assert one.facts(line)["course"]["result"] == "cheated"
    await town.post(course_row(score="70", attempt="retake", occurred_on="2024-04-01"))
    (one,) = await gathered(town, question)
    assert one.facts(line)["course"]["result"] == "passed"
    assert "result" not in one.facts(AskedLine(1, line.records, "C102"))["course"], "not taken is not failed"


# --- what was earned ----------------------------------------------------------------------------------------------


async def test_what_was_earned_is_counted_once_in_the_credits_of_the_plan(town: Town) -> None:
    await town.post(entered())
    own = await town.post(course_row(), course_row(course_code="C900"))
    training = {"kind": "training", "title": "焊接", "started_on": "2024-01-02", "hours": "40"}
    training |= {"occurred_on": "2024-01-20", "learner": course_row()["learner"]}
    theirs, trained = await town.post(course_row(course_code="C102"), training, by=town.school)
    known = await everything(town)
    (other,) = known.of("record_current", record_id=trained.record_id)
    assert other["credits"] > 0, "credits of another scheme, which are never added"
    (row,) = known.of("record_current", record_id=theirs.record_id)
    plan_id = known.rows["plan"][0]["plan_id"]
    learner = row["learner_id"]
    person = AskedPerson((learner,), plan_id, ClaimSaid(date(2024, 4, 20)))
    (one,) = await gathered(town, [person])
    earned = one.accumulated("graduation")["earned"]
    assert [(each["id"], each["earned"]["credits"], each["earned"]["grade"]) for each in earned] == [
        (str(own[0].record_id), 300, "86")
    ], "a course outside the plan, and another school's, are not of it"
    assert earned[0]["course"]["code"] == "C101"
    facts = one.accumulated("graduation")
    check_facts("accumulation", facts)
    assert facts["purpose"] == {"kind": "graduation"}
    assert {row["id"] for row in facts["records"]} == set(one.held)


async def test_a_day_in_a_vacation_is_in_no_week_of_term(town: Town) -> None:
    plan_id = await furnish_more(town, Random(3))
    (outcome,) = await town.post(entered())
    known = await everything(town)
    family = known.family(known.rows["record_current"][0]["learner_id"])
    first = date(2024, 2, 26)
    days = [first - timedelta(days=1), first, first + timedelta(days=6), first + timedelta(days=7), date(2024, 7, 30)]
    found = await gathered(town, [AskedPerson(family, plan_id, ClaimSaid(day)) for day in days])
    line = AskedLine(1, (str(outcome.record_id),), "C101")
    assert [one.facts(line)["claim"].get("week_of_term") for one in found] == [None, 1, 1, 2, None]
    assert [one.plan.term for one in found] == [None, "2023-2024-2", "2023-2024-2", "2023-2024-2", None]
    assert [one.facts(line)["programme"].get("years") for one in found] == [None, None, "3", "3", "3"]
