"""What follows from a change of records is done in the same transaction, or the change was never made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest

from creditbank.db import run
from creditbank.identifiers import new_id
from creditbank.records.consequences import Changed, forget, register
from creditbank.records.merging import merge, part
from creditbank.records.reassigning import reassign
from creditbank.records.schemas import ReassignmentIn
from tests.records.test_people import act, person, two_learners
from tests.records.town import Town, course_row, entered, town

__all__ = ["town"]

EVERYTHING = """
SELECT (SELECT count(*) FROM record_version), (SELECT count(*) FROM decision), (SELECT count(*) FROM posting),
       (SELECT count(*) FROM entry), (SELECT count(*) FROM outbox), (SELECT sum(last_entry) FROM learner_head),
       (SELECT count(*) FROM learner_alias WHERE ended_at IS NULL), (SELECT count(*) FROM inbox_message),
       (SELECT json_agg(c ORDER BY record_id)::text FROM record_current c)
"""


class Broken(Exception):
    """What follows cannot be done."""


@pytest.fixture
def told() -> Iterator[list[Changed]]:
    """What a registered consequence was told, in order; it reads what the act has left."""
    heard: list[Changed] = []

    async def hear(session: Any, changed: Sequence[Changed], tools: Any) -> None:
        for one in changed:
            written = await run(session, "SELECT count(*) FROM outbox WHERE change_id = $1", one.change_id)
            row = await written.fetchone()
            assert row is not None
            assert row[0] > 0, "it runs after the act is written"
        heard.extend(changed)

    register(hear)
    register(hear)
    yield heard
    forget(hear)


def said(told: list[Changed]) -> list[dict[UUID, str]]:
    heard = [dict(one.records) for one in told]
    told.clear()
    return heard


async def test_what_is_new_has_no_consequences_and_what_changes_has(town: Town, told: list[Changed]) -> None:
    _, posted = await town.post(entered(), course_row())
    assert posted.record_id is not None
    assert said(told) == []
    await town.post(course_row())
    assert said(told) == [], "sent again, nothing changed"
    await town.post(course_row(score="40"))
    assert said(told) == [{posted.record_id: "corrected"}]
    (retake,) = await town.post(course_row(attempt="retake", occurred_on="2024-07-01", score="30"))
    assert said(told) == [], "it counts for nothing and takes nothing back"
    await town.post(course_row(score="70"))
    said(told)
    await town.post(course_row(attempt="retake", occurred_on="2024-07-01", score="95"))
    assert retake.record_id is not None
    assert said(told) == [{retake.record_id: "corrected", posted.record_id: "redecided"}]
    await town.withdraw(retake.record_id)
    assert said(told) == [{retake.record_id: "withdrawn", posted.record_id: "redecided"}]


async def test_both_people_of_a_reassignment_are_followed(town: Town, told: list[Changed]) -> None:
    wrong, right = await two_learners(town)
    (posted,) = await town.post(course_row(learner=person(1)))
    moved = ReassignmentIn.model_validate({"learner": person(2, "演示乙"), "reason": "录错人"})
    await act(town, reassign, posted.record_id, moved, sender=town.college, submission_id=new_id())
    assert {one.family: dict(one.records) for one in told} == {
        (wrong,): {posted.record_id: "reassigned_away"},
        (right,): {posted.record_id: "reassigned_here"},
    }


async def test_everybody_joined_or_divided_is_followed_with_all_their_records(town: Town, told: list[Changed]) -> None:
    one, other = await two_learners(town)
    (first,) = await town.post(course_row(learner=person(1)))
    (second,) = await town.post(course_row(learner=person(2, "演示乙"), course_code="C102"))
    merged = await act(town, merge, one, other, by="login:x", reason="同一人")
    (heard,) = told
    assert heard.family == tuple(sorted((one, other)))
    assert {first.record_id, second.record_id} <= set(heard.records)
    assert set(heard.records.values()) == {"merged"}
    told.clear()
    await act(town, part, merged.alias_id, by="login:x", reason="误并")
    assert {heard.family for heard in told} == {(one,), (other,)}
    for heard in told:
        assert {first.record_id, second.record_id} <= set(heard.records)
        assert set(heard.records.values()) == {"parted"}


async def test_an_enrolment_that_comes_late_is_followed_by_what_it_decides_again(
    town: Town, told: list[Changed]
) -> None:
    (waiting,) = await town.post(course_row(score="70"))
    await town.post(entered())
    assert waiting.record_id is not None
    assert said(told) == [{waiting.record_id: "redecided"}]


@pytest.fixture
def broken() -> Iterator[None]:
    async def fail(session: Any, changed: Sequence[Changed], tools: Any) -> None:
        raise Broken

    register(fail)
    yield
    forget(fail)


async def test_when_what_follows_fails_nothing_was_corrected_or_withdrawn(
    town: Town, request: pytest.FixtureRequest
) -> None:
    _, posted = await town.post(entered(), course_row())
    before = await town.sql(EVERYTHING)
    request.getfixturevalue("broken")
    with pytest.raises(Broken):
        await town.post(course_row(score="40"))
    assert await town.sql(EVERYTHING) == before
    with pytest.raises(Broken):
        await town.withdraw(posted.record_id)
    assert await town.sql(EVERYTHING) == before
    await town.check_books()


async def test_when_what_follows_fails_nothing_was_reassigned_or_merged(
    town: Town, request: pytest.FixtureRequest
) -> None:
    one, other = await two_learners(town)
    (posted,) = await town.post(course_row(learner=person(1)))
    before = await town.sql(EVERYTHING)
    request.getfixturevalue("broken")
    moved = ReassignmentIn.model_validate({"learner": person(2, "演示乙"), "reason": "录错人"})
    with pytest.raises(Broken):
        await act(town, reassign, posted.record_id, moved, sender=town.college, submission_id=new_id())
    assert await town.sql(EVERYTHING) == before
    with pytest.raises(Broken):
        await act(town, merge, one, other, by="login:x", reason="同一人")
    assert await town.sql(EVERYTHING) == before
