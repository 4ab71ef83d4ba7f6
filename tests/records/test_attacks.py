"""What was tried against the books and did harm once: it does none now."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from creditbank.changes.numberer import number_all
from creditbank.db import run
from creditbank.identifiers import new_id
from creditbank.oversight.audit import differences
from creditbank.records.merging import merge
from creditbank.records.reassigning import reassign
from creditbank.records.refusals import LearnerErased
from creditbank.records.schemas import ReassignmentIn
from creditbank.records.withdrawing import Withdrawal, withdraw_rows
from tests.records.test_people import act, credits_of, person, two_learners
from tests.records.town import Town, course_row, entered

NAMES = {1: "演示甲", 2: "演示乙"}


async def moved(town: Town, record_id: Any, to: int) -> Any:
    said = ReassignmentIn.model_validate({"learner": person(to, NAMES[to]), "reason": "录错人"})
    return await act(town, reassign, record_id, said, sender=town.college, submission_id=new_id())


async def agrees(town: Town) -> None:
    await number_all(town.database, now=town.at)
    assert await differences(town.database) == []
    await town.check_books()


async def test_a_record_reassigned_there_and_back_counts_once_and_can_be_corrected(town: Town) -> None:
    one, other = await two_learners(town)
    (posted,) = await town.post(course_row(learner=person(1)))
    await moved(town, posted.record_id, 2)
    await moved(town, posted.record_id, 1)
    assert (await credits_of(town, one), await credits_of(town, other)) == (300, 0)
    await agrees(town)
    (corrected,) = await town.post(course_row(learner=person(1), score="40"))
    assert (corrected.outcome, corrected.record_id) == ("corrected", posted.record_id)
    await town.withdraw(posted.record_id)
    await agrees(town)


async def test_one_key_for_two_learners_in_one_call_is_one_record_and_one_held_row(town: Town) -> None:
    await two_learners(town)
    first, second = await town.post(
        course_row(key="K", learner=person(1)), course_row(key="K", learner=person(2, NAMES[2]))
    )
    assert (first.outcome, second.outcome) == ("deposited", "held")
    assert await town.sql("SELECT ground FROM held_row") == [("key_of_another",)]
    await agrees(town)


async def test_a_correction_racing_a_reassignment_leaves_the_record_with_one_learner(town: Town) -> None:
    await two_learners(town)
    for round_ in range(6):
        row = course_row(learner=person(1), course_code=("C101", "C102", "C900")[round_ % 3], term=1 + round_ // 3)
        (posted,) = await town.post(row)
        await asyncio.gather(
            moved(town, posted.record_id, 2), town.post({**row, "score": "70"}), return_exceptions=True
        )
        live = await town.sql("SELECT learner_id FROM record_current WHERE record_id = %s", posted.record_id)
        assert len(live) == 1
    await agrees(town)


async def test_a_course_posted_beside_its_enrolment_finds_it_whoever_comes_first(town: Town) -> None:
    for serial in range(3, 11):
        who = {**person(serial), "name": "演示丙"}
        await asyncio.gather(town.post(entered(learner=who)), town.post(course_row(learner=who)))
    assert await town.sql("SELECT count(*) FROM record_current WHERE verdict = 'unknown'") == [(0,)]
    assert await town.balance() == 8 * 300
    await agrees(town)


async def test_the_loser_among_attempts_that_waited_for_an_enrolment_is_followed_too(town: Town) -> None:
    await town.post(course_row(score="61"))
    (best,) = await town.post(course_row(attempt="retake", occurred_on="2024-07-01", score="90"))
    await town.post(entered())
    await town.withdraw(best.record_id)
    assert await town.balance() == 300
    await agrees(town)


async def test_a_corrected_enrolment_takes_its_course_results_with_it(town: Town) -> None:
    (enrolled, _) = await town.post(entered(), course_row())
    await town.post(entered(level="secondary_vocational"))
    assert (await town.balance("higher_vocational"), await town.balance("secondary_vocational")) == (0, 300)
    await agrees(town)
    await town.withdraw(enrolled.record_id)
    assert await town.sql("SELECT verdict FROM record_current WHERE kind = 'course_result'") == [("unknown",)]
    assert await town.balance("secondary_vocational") == 0
    await agrees(town)


async def test_a_result_from_before_the_learners_birth_does_not_stop_their_enrolments(town: Town) -> None:
    await town.post(entered())
    (early,) = await town.post(
        course_row(learner={"name": "演示甲", "student_no": "20230001"}, occurred_on="2004-01-12",
                   academic_year="2003-2004")
    )  # fmt: skip
    assert early.outcome == "deposited"
    (again,) = await town.post(entered(event="suspended", occurred_on="2024-09-01"))
    assert again.outcome == "deposited"


async def test_the_last_row_of_a_key_in_a_call_is_what_holds(town: Town) -> None:
    await town.post(entered(), course_row())
    await town.post(course_row(score="40"), course_row())
    assert await town.balance() == 300


async def test_two_contents_held_at_once_under_one_key_are_both_answered(town: Town) -> None:
    await town.post(entered())
    outcomes = await asyncio.gather(*(town.post(course_row(credits=str(4 + n))) for n in range(8)))
    assert all(outcome.held_row_id is not None for (outcome,) in outcomes)
    assert await town.sql("SELECT count(*) FROM held_row WHERE status = 'open'") == [(1,)]


async def test_what_is_held_waits_no_longer_than_its_record_lives(town: Town) -> None:
    _, posted = await town.post(entered(), course_row())
    await town.post(course_row(credits="9"))
    await town.post(course_row())
    assert await town.sql("SELECT status FROM held_row") == [("superseded",)]
    await town.post(course_row(credits="9"))
    await town.withdraw(posted.record_id)
    assert await town.sql("SELECT count(*) FROM held_row WHERE status = 'open'") == [(0,)]


@pytest.mark.parametrize("hours", ["1_0", "١", "1e2", "-0", "1.234", "NaN"])
def test_hours_are_written_as_plain_numbers(hours: str) -> None:
    from pydantic import ValidationError

    from creditbank.records.schemas import ROW

    row = {"kind": "training", "learner": {"name": "演示甲"}, "title": "x", "started_on": "2024-01-01",
           "occurred_on": "2024-01-02", "hours": hours}  # fmt: skip
    with pytest.raises(ValidationError):
        ROW.validate_python(row)


async def test_merging_shows_a_waiting_result_the_enrolment_of_the_other_account(town: Town) -> None:
    await town.post(entered(learner=person(2, NAMES[2])))
    (waiting,) = await town.post(course_row(learner={**person(1), "student_no": "other"}))
    assert waiting.verdict == "unknown"
    rows = await town.sql("SELECT learner_id FROM record_version WHERE record_id = %s", waiting.record_id)
    other = (await town.sql("SELECT learner_id FROM enrolment"))[0][0]
    await act(town, merge, rows[0][0], other, by="login:officer", reason="同一人")
    assert await town.balance() == 300
    await agrees(town)


async def test_of_many_withdrawn_at_once_somebody_erased_keeps_none_of_the_others(town: Town) -> None:
    one, _ = await two_learners(town)
    (erased,) = await town.post(course_row(learner=person(1)))
    (other,) = await town.post(course_row(learner=person(2, NAMES[2])))
    async with town.database.session() as session:
        await run(session, "DELETE FROM learner_key WHERE learner_id = $1", one)
    asked = [Withdrawal(1, erased.record_id, "误报"), Withdrawal(2, other.record_id, "误报")]
    outcomes = await act(town, withdraw_rows, asked, sender=town.college, submission_id=new_id())
    assert [each.outcome for each in outcomes] == ["refused", "withdrawn"]
    assert outcomes[0].problem["code"] == "learner_erased"
    with pytest.raises(LearnerErased):
        await town.withdraw(erased.record_id)
    assert (await credits_of(town, one)) == 300, "nothing about their account changes any more"
    await agrees(town)
