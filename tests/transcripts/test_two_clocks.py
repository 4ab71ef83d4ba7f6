"""What did the transcript say on a day, as known at an instant? Asked again at any time, the answer is the same."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditbank.changes.numberer import number_all
from creditbank.ledger.statement import balances
from creditbank.oversight.audit import differences
from creditbank.transcripts.service import Asked, transcript
from tests.records.town import Town, course_row, entered, town

__all__ = ["town"]


async def read(town: Town, **asked: Any) -> dict[str, Any]:
    learner = UUID(str((await town.sql("SELECT learner_id FROM learner LIMIT 1"))[0][0]))
    async with town.database.session() as session:
        body = await transcript(session, learner, Asked(**asked), reported_by=None, keyring=town.keyring, at=town.at)
    return dict(json.loads(body))


def credits(body: dict[str, Any]) -> str:
    return next((each["credits"] for each in body["totals"] if each["scheme"] == "higher_vocational" and
                 each["institution_id"] is None), "0")  # fmt: skip


async def numbered(town: Town) -> datetime:
    """Number what is committed; the instant at which it was."""
    town.at += timedelta(minutes=1)
    await number_all(town.database, now=town.at)
    return town.at


async def test_a_correction_changes_what_is_known_and_not_what_was_known(town: Town) -> None:
    await town.post(entered(), course_row())
    before = await numbered(town)
    await town.post(course_row(score="40"))
    after = await numbered(town)
    assert credits(await read(town)) == "0"
    assert credits(await read(town, known_at=before)) == "3"
    assert credits(await read(town, known_at=after)) == "0"
    assert credits(await read(town, as_of=date(2024, 1, 11))) == "0"
    assert credits(await read(town, as_of=date(2024, 1, 12), known_at=before)) == "3"


async def test_a_retake_takes_the_credits_over_on_its_own_day(town: Town) -> None:
    await town.post(entered(), course_row(score="62"))
    (retake,) = await town.post(course_row(attempt="retake", occurred_on="2024-07-01", score="90"))
    await numbered(town)

    def counted(body: dict[str, Any]) -> list[tuple[str, str]]:
        return [
            (line["shown"]["attempt"], line["credits"]) for line in body["records"] if line["kind"] == "course_result"
        ]

    assert counted(await read(town, as_of=date(2024, 3, 1))) == [("normal", "3")]
    assert sorted(counted(await read(town, as_of=date(2024, 8, 1)))) == [("normal", "0"), ("retake", "3")]
    assert sorted(counted(await read(town))) == [("normal", "0"), ("retake", "3")]
    await town.withdraw(retake.record_id)
    assert counted(await read(town)) == [("normal", "3")]
    assert counted(await read(town, as_of=date(2024, 8, 1))) == [("normal", "3")]


async def test_a_known_at_beyond_the_last_number_is_answered_as_of_that_and_says_so(town: Town) -> None:
    await town.post(entered(), course_row())
    last = await numbered(town)
    await town.post(course_row(course_code="C102"))  # committed, without a number yet
    body = await read(town, known_at=last + timedelta(days=1))
    assert datetime.fromisoformat(body["known_at"]) == last
    assert credits(body) == "3"
    assert credits(await read(town)) == "7"


async def test_a_choice_of_records_says_that_it_is_partial(town: Town) -> None:
    _, one, _ = await town.post(entered(), course_row(), course_row(course_code="C102"))
    body = await read(town, records=[one.record_id])
    assert body["partial"] is True
    assert (body["records_shown"], body["records_in_all"]) == (1, 3)
    assert credits(body) == "3"
    assert (await read(town))["partial"] is False


async def test_a_mark_of_discipline_is_sealed_in_the_bank_and_shown_to_whom_it_concerns(town: Town) -> None:
    await town.post(entered(), course_row(score="作弊"))
    stored = await town.sql("SELECT line, shown::text, v.body::text FROM record_current JOIN record_version v "
                            "USING (learner_id, record_id, version) WHERE v.kind = 'course_result'")  # fmt: skip
    assert "作弊" not in str(stored)
    assert "cheat" not in str(stored)
    body = await read(town)
    line = next(line for line in body["records"] if line["kind"] == "course_result")
    assert line["private"] == {"score": "作弊"}


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["post", "post", "post", "withdraw", "number"]),
        st.sampled_from(["C101", "C102"]),
        st.sampled_from([("normal", "2024-01-12"), ("makeup", "2024-03-02"), ("retake", "2024-07-01")]),
        st.sampled_from(["40", "61", "85", "缺考"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
async def test_any_sequence_of_acts_keeps_the_books_and_both_clocks(town: Town, acts: list[Any]) -> None:
    await town.post(entered())
    known: list[tuple[datetime, str]] = []
    for verb, course, (attempt, day), score in acts:
        if verb == "post":
            await town.post(course_row(course_code=course, attempt=attempt, occurred_on=day, score=score))
        elif verb == "withdraw":
            live = await town.sql(
                "SELECT record_id FROM record_current WHERE kind = 'course_result' ORDER BY 1 LIMIT 1"
            )
            if live:
                await town.withdraw(live[0][0])
        else:
            known.append((await numbered(town), credits(await read(town))))
    await numbered(town)
    await town.check_books()
    assert await differences(town.database) == []
    for instant, said in known:
        assert credits(await read(town, known_at=instant)) == said
    learner = UUID(str((await town.sql("SELECT learner_id FROM learner LIMIT 1"))[0][0]))
    for day in (date(2024, 1, 11), date(2024, 2, 1), date(2024, 4, 1), date(2025, 1, 1)):
        async with town.database.session() as session:
            found = await balances(session, [learner], as_of=day, number=None, institution_id=None)
        ledger = next(
            (each.credits for each in found if each.institution_id is None and each.purpose == "deposit"), "0"
        )
        assert ledger == credits(await read(town, as_of=day)), "the ledger and the transcript agree on every day"
