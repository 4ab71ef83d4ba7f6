"""Many writers at once: balances equal the entries, and no deadlock surfaces."""

from __future__ import annotations

import asyncio

from creditbank.records.merging import merge
from creditbank.records.schemas import RowOutcome
from tests.records.test_people import act, person, two_learners
from tests.records.town import Town, course_row, entered


async def test_a_hundred_parallel_writes_to_one_learner_leave_balanced_books(town: Town) -> None:
    await town.post(entered())
    codes = ["C101", "C102", "C900"]
    at_once = asyncio.Semaphore(8)  # twice the connections: whoever waits longer for one is told to come again

    async def post(n: int) -> list[RowOutcome]:
        async with at_once:
            return await town.post(
                course_row(course_code=codes[n % 3], attempt="retake", attempt_no=1 + n // 6, term=1 + n % 2,
                           score=str(60 + n % 40))
            )  # fmt: skip

    outcomes = await asyncio.gather(*(post(n) for n in range(100)))
    assert {outcome.outcome for (outcome,) in outcomes} <= {"deposited", "corrected", "unchanged"}
    assert await town.balance() == 850, "each course counts once, however often it was passed"
    await town.check_books()


async def test_the_same_row_sent_by_many_at_once_is_one_record(town: Town) -> None:
    outcomes = await asyncio.gather(*(town.post(entered(), course_row()) for _ in range(20)))
    assert sum(course.outcome == "deposited" for _, course in outcomes) == 1
    assert {course.record_id for _, course in outcomes} == {outcomes[0][1].record_id}
    assert await town.sql("SELECT count(*) FROM learner") == [(1,)]
    await town.check_books()


async def test_writes_across_merged_learners_and_the_merge_itself_do_not_deadlock(town: Town) -> None:
    one, other = await two_learners(town)

    async def posts(serial: int, name: str) -> None:
        for n in range(12):
            await town.post(
                course_row(learner=person(serial, name), course_code=("C101", "C102", "C900")[n % 3], attempt="retake",
                           attempt_no=1 + n // 3)
            )  # fmt: skip

    await asyncio.gather(
        posts(1, "演示甲"), posts(2, "演示乙"), act(town, merge, one, other, by="login:officer", reason="同一人")
    )
    assert await town.balance() == 850
    await town.check_books()
