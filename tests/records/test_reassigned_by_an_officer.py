"""A record that an officer gives to the right person: what a match would leave in doubt the officer has settled."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from creditbank.errors import NotFound
from creditbank.identifiers import new_id
from creditbank.learners.refusals import AlreadyErased
from creditbank.records.reassigning import (
    KeyIsAnotherRecord,
    ReassignmentDoesNotComplete,
    ReassignmentNeedsAnOfficer,
    reassign,
    reassign_to,
)
from creditbank.records.refusals import AccountClosed, RecordAlreadyTheirs, RecordAlreadyWithdrawn
from creditbank.records.schemas import OfficerReassignmentIn, ReassignmentIn
from tests.records.test_people import act, credits_of, person, two_learners
from tests.records.town import Town, course_row, entered

OFFICER = "login:officer"


async def give(town: Town, record_id: UUID | None, learner_id: UUID, *, at_plan_credits: bool = False) -> Any:
    said = OfficerReassignmentIn(learner_id=learner_id, reason="已核户口簿", at_plan_credits=at_plan_credits)
    return await act(town, reassign_to, record_id, said, by=OFFICER, submission_id=new_id())


async def test_an_officer_moves_what_the_institution_was_told_to_bring_to_one(town: Town) -> None:
    wrong, right = await two_learners(town)
    (posted,) = await town.post(course_row(learner=person(1)))
    doubtful = ReassignmentIn.model_validate({"learner": person(2, "演示丙"), "reason": "录错人"})
    with pytest.raises(ReassignmentNeedsAnOfficer):
        await act(town, reassign, posted.record_id, doubtful, sender=town.college, submission_id=new_id())
    moved = await give(town, posted.record_id, right)
    assert (moved.outcome, moved.version, moved.credits) == ("reassigned", 3, 300)
    assert (await credits_of(town, wrong), await credits_of(town, right)) == (0, 300)
    said = await town.sql(
        """SELECT v.learner_id, v.act, v.institution_id, v.reason, s.sent_by
           FROM record_version v JOIN submission s USING (submission_id) WHERE record_id = %s ORDER BY version""",
        posted.record_id,
    )
    college, bank = town.college.institution_id, f"bank:{OFFICER}"
    assert said == [
        (wrong, "reported", college, None, "client:college"),
        (wrong, "reassigned_away", college, "已核户口簿", bank),
        (right, "reassigned_here", college, "已核户口簿", bank),
    ], "it stays the college's record, and the bank says that it was the bank"
    told = await town.sql("SELECT act, institution_id FROM outbox WHERE act LIKE 'reassigned%%' ORDER BY act")
    assert told == [("reassigned_away", college), ("reassigned_here", college)], "the college's feed tells of it"
    await town.check_books()
    # The row names the right learner as the college does: sent again by the number it is the same record.
    (again,) = await town.post(course_row(learner={"name": "演示乙", "student_no": "S2"}))
    assert again.record_id == posted.record_id
    (old,) = await town.post(course_row(learner=person(1)))
    assert old.outcome == "held"
    with pytest.raises(RecordAlreadyTheirs):
        await give(town, posted.record_id, right)


async def test_an_enrolment_takes_its_number_with_it(town: Town) -> None:
    (enrolled,) = await town.post(entered(learner=person(1)))
    await town.post(
        course_row(learner={key: value for key, value in person(2, "演示乙").items() if key != "student_no"})
    )
    ((right,),) = await town.sql("SELECT learner_id FROM record_current WHERE kind = 'course_result'")
    await give(town, enrolled.record_id, right)
    assert await town.sql("SELECT learner_id FROM enrolment") == [(right,)]
    (known,) = await town.post(course_row(learner={"name": "演示乙", "student_no": "S1"}, course_code="C102"))
    assert known.outcome == "deposited"
    await town.check_books()


async def test_what_differs_from_the_plan_is_moved_only_at_the_plans_credits(town: Town) -> None:
    _, right = await two_learners(town)
    (posted,) = await town.post(course_row(learner=person(1), credits="3"))
    await town.sql("UPDATE plan_course SET credits = 400 WHERE course_code = 'C101' RETURNING 1")
    with pytest.raises(ReassignmentDoesNotComplete, match="4"):
        await give(town, posted.record_id, right)
    assert await credits_of(town, right) == 0
    moved = await give(town, posted.record_id, right, at_plan_credits=True)
    assert (moved.credits, await credits_of(town, right)) == (400, 400)
    await town.check_books()


async def test_what_cannot_be_moved_says_why_and_writes_nothing(town: Town) -> None:
    wrong, right = await two_learners(town)
    (posted, theirs) = await town.post(
        course_row(learner=person(1)), course_row(learner=person(2, "演示乙"), score="70")
    )
    with pytest.raises(KeyIsAnotherRecord):
        await give(town, posted.record_id, right)
    with pytest.raises(NotFound):
        await give(town, new_id(), right)
    with pytest.raises(NotFound):
        await give(town, posted.record_id, new_id())
    await town.withdraw(theirs.record_id)
    with pytest.raises(RecordAlreadyWithdrawn):
        await give(town, theirs.record_id, wrong)
    (other,) = await town.post(course_row(learner=person(1), course_code="C102"))
    await town.sql("UPDATE learner SET closed_at = now() WHERE learner_id = %s RETURNING 1", right)
    with pytest.raises(AccountClosed):
        await give(town, other.record_id, right)
    await town.sql("DELETE FROM learner_key WHERE learner_id = %s RETURNING 1", right)
    with pytest.raises(AlreadyErased):
        await give(town, other.record_id, right)
    (gone,) = await town.post(course_row(learner=person(3, "演示丙"), course_code="C900"))
    ((erased,),) = await town.sql("SELECT learner_id FROM record_current WHERE record_id = %s", gone.record_id)
    await town.sql("DELETE FROM learner_key WHERE learner_id = %s RETURNING 1", erased)
    with pytest.raises(AlreadyErased):
        await give(town, gone.record_id, wrong)
    assert await town.sql("SELECT count(*) FROM record_version WHERE act LIKE 'reassigned%%'") == [(0,)]
    await town.check_books()


async def test_a_correction_that_comes_with_it_is_not_lost_and_of_two_officers_the_later_word_holds(town: Town) -> None:
    wrong, right = await two_learners(town)
    await town.post(entered(learner=person(3, "演示丙")))
    ((third,),) = await town.sql("SELECT learner_id FROM enrolment WHERE learner_id <> ALL (%s)", [wrong, right])
    for number in range(3):
        row = course_row(learner=person(1), course_code=f"C10{number + 1}" if number < 2 else "C900")
        (posted,) = await town.post(row)
        done = await asyncio.gather(
            town.post({**row, "score": "61"}),
            give(town, posted.record_id, right),
            give(town, posted.record_id, third),
            return_exceptions=True,
        )
        assert not [each for each in done[1:] if isinstance(each, Exception)], "as if they came one after the other"
        later = await town.sql(
            """SELECT DISTINCT v.body ->> 'score' FROM record_version v WHERE v.record_id = %s AND v.version >= (
                   SELECT version FROM record_version c WHERE c.record_id = v.record_id AND c.act = 'corrected')""",
            posted.record_id,
        )
        assert later in ([("61",)], []), "after a correction nothing says what was said before it"
        ((holder,),) = await town.sql("SELECT learner_id FROM record_current WHERE record_id = %s", posted.record_id)
        assert holder in (right, third)
        twice = [give(town, posted.record_id, wrong) for _ in range(2)]
        done = await asyncio.gather(*twice, return_exceptions=True)
        (refused,) = [type(each) for each in done if isinstance(each, Exception)]
        assert refused is RecordAlreadyTheirs, "nobody is told that a record was withdrawn which was moved"
        await give(town, posted.record_id, holder)
    await town.check_books()
