"""Whose a record is: reassigned, merged, parted, resolved by an officer; nothing is lost and nothing counts twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from creditbank.identifiers import new_id
from creditbank.records.merging import AlreadyOnePerson, merge, part
from creditbank.records.reassigning import reassign
from creditbank.records.refusals import RecordAlreadyTheirs
from creditbank.records.resolving import HeldRowAlreadyResolved, ResolutionIn, resolve
from creditbank.records.schemas import ReassignmentIn
from tests.records.town import Town, course_row, entered, resident


def person(serial: int, name: str = "演示甲") -> dict[str, Any]:
    return {"name": name, "document": {"kind": "resident_id", "number": resident(serial)}, "student_no": f"S{serial}"}


async def act(town: Town, verb: Callable[..., Awaitable[Any]], *arguments: Any, **said: Any) -> Any:
    tools = town.tools()
    return await town.database.write(lambda session: verb(session, *arguments, tools=tools, **said))


async def owner(town: Town, serial: int) -> UUID:
    rows = await town.sql(
        "SELECT DISTINCT e.learner_id FROM enrolment e JOIN learner_document d USING (learner_id) ORDER BY 1"
    )
    return UUID(str(rows[serial - 1][0]))


async def two_learners(town: Town) -> tuple[UUID, UUID]:
    for serial, name in ((1, "演示甲"), (2, "演示乙")):
        await town.post(entered(learner=person(serial, name)))
    return await owner(town, 1), await owner(town, 2)


async def credits_of(town: Town, learner_id: UUID) -> int:
    rows = await town.sql(
        "SELECT coalesce(sum(amount), 0) FROM posting WHERE learner_id = %s AND scheme = 'higher_vocational'",
        learner_id,
    )
    return int(rows[0][0])


async def test_a_reassigned_record_leaves_one_and_reaches_the_other_in_one_act(town: Town) -> None:
    wrong, right = await two_learners(town)
    (posted,) = await town.post(course_row(learner=person(1)))
    said = ReassignmentIn.model_validate({"learner": person(2, "演示乙"), "reason": "录错人"})
    moved = await act(town, reassign, posted.record_id, said, sender=town.college, submission_id=new_id())
    assert (moved.outcome, moved.version, moved.credits) == ("reassigned", 3, 300)
    assert (await credits_of(town, wrong), await credits_of(town, right)) == (0, 300)
    acts = await town.sql(
        "SELECT learner_id, act FROM record_version WHERE record_id = %s ORDER BY version", posted.record_id
    )
    assert acts == [(wrong, "reported"), (wrong, "reassigned_away"), (right, "reassigned_here")]
    await town.check_books()
    with pytest.raises(RecordAlreadyTheirs):
        await act(town, reassign, posted.record_id, said, sender=town.college, submission_id=new_id())
    (again,) = await town.post(course_row(learner=person(1)))
    assert again.outcome == "held"
    (corrected,) = await town.post(course_row(learner=person(2, "演示乙")))
    assert (corrected.outcome, corrected.record_id) in {
        ("unchanged", posted.record_id),
        ("corrected", posted.record_id),
    }


async def test_what_two_accounts_of_one_person_both_hold_counts_once_and_parting_brings_it_back(town: Town) -> None:
    one, other = await two_learners(town)
    await town.post(course_row(learner=person(1)), course_row(learner=person(2, "演示乙"), score="90"))
    await town.post(course_row(learner=person(2, "演示乙"), course_code="C102"))
    assert await town.balance() == 1000
    merged = await act(town, merge, one, other, by="login:officer", reason="同一人")
    assert merged.redecided == 1
    assert await town.balance() == 700
    await town.check_books()
    with pytest.raises(AlreadyOnePerson):
        await act(town, merge, other, one, by="login:officer", reason="again")
    (late,) = await town.post(course_row(learner=person(1), course_code="C900"))
    rows = await town.sql("SELECT learner_id FROM record_version WHERE record_id = %s", late.record_id)
    assert rows == [(other,)], "new records go to the account that stands for the person"
    await act(town, part, merged.alias_id, by="login:officer", reason="并非同一人")
    assert await town.balance() == 1150
    await town.check_books()
    acts = await town.sql("SELECT DISTINCT act FROM outbox WHERE act IN ('merged', 'parted', 'redecided') ORDER BY 1")
    assert acts == [("merged",), ("parted",), ("redecided",)]


async def test_an_officer_completes_a_held_row_as_if_it_had_matched(town: Town) -> None:
    await town.post(entered(), course_row())
    renamed = {**course_row()["learner"], "name": "演示丙"}
    (held,) = await town.post(course_row(learner=renamed, course_code="C102"))
    assert held.outcome == "held"
    (learner,) = (await town.sql("SELECT learner_id FROM learner"))[0]
    said = ResolutionIn(decision="match", learner_id=learner, reason="改名，已核户口簿")
    _, outcome = await act(town, resolve, held.held_row_id, said, by="login:officer")
    assert (outcome.outcome, outcome.credits) == ("deposited", 400)
    with pytest.raises(HeldRowAlreadyResolved):
        await act(town, resolve, held.held_row_id, said, by="login:officer")
    await town.check_books()


async def test_credits_that_differ_are_deposited_at_the_plans_when_an_officer_says_so(town: Town) -> None:
    await town.post(entered())
    (held,) = await town.post(course_row(credits="9"))
    said = ResolutionIn(decision="at_plan_credits", reason="方案为准")
    _, outcome = await act(town, resolve, held.held_row_id, said, by="login:officer")
    assert outcome.credits == 300


async def test_a_refused_held_row_stays_out(town: Town) -> None:
    await town.post(entered())
    (held,) = await town.post(course_row(credits="9"))
    row, outcome = await act(town, resolve, held.held_row_id, ResolutionIn(decision="refuse", reason="x"), by="login:o")
    assert (row.status, outcome) == ("resolved", None)
    assert await town.balance() == 0
