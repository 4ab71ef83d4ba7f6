"""Deposits and conversions in one ledger: whatever is posted and reversed, both balance and are never one sum."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditbank.changes.numberer import number_all
from creditbank.credits import format_credits
from creditbank.database_roles import Addresses, connect
from creditbank.identifiers import new_id
from creditbank.ledger.book import Book, LivePosting, PostingAlreadyReversed
from creditbank.ledger.statement import balances, lines
from creditbank.oversight.audit import differences
from tests.ledger.converting import Line, end, grant
from tests.records.town import NOON, Town, course_row, entered, town

__all__ = ["town"]


async def learner_of(town: Town) -> UUID:
    return UUID(str((await town.sql("SELECT learner_id FROM learner LIMIT 1"))[0][0]))


async def totals(town: Town, learner: UUID, **asked: Any) -> dict[tuple[str, str], str]:
    said: dict[str, Any] = {"as_of": date(2030, 1, 1), "number": None, "institution_id": None, **asked}
    async with town.database.session() as session:
        found = await balances(session, [learner], **said)
    return {(one.scheme, one.purpose): one.credits for one in found if one.institution_id is None}


async def test_a_conversion_is_a_balance_of_its_own(town: Town) -> None:
    _, posted = await town.post(entered(), course_row())
    assert posted.record_id is not None
    learner = await learner_of(town)
    line = await grant(town, Line(learner, [posted.record_id], town.college.institution_id, new_id()))
    assert await totals(town, learner) == {
        ("higher_vocational", "deposit"): "3",
        ("higher_vocational", "conversion"): "4",
    }
    entries = await town.sql(
        "SELECT account, entry.institution_id, balance_after FROM entry JOIN posting p USING (learner_id, posting_id)"
        " WHERE p.purpose = 'conversion' ORDER BY sequence"
    )
    assert entries == [("conversion", None, 400), ("source", town.college.institution_id, -700)]
    async with town.database.session() as session:
        said = await lines(
            session, [learner], as_of=date(2030, 1, 1), number=None, institution_id=None, after=None, limit=10
        )
    assert [(one.purpose, one.record_id, one.claim_id, one.line_no) for one in said] == [
        ("deposit", posted.record_id, None, None),
        ("conversion", None, line.claim_id, 1),
    ]


async def test_a_conversion_that_ends_gives_back_what_it_gave_and_leaves_the_deposit(town: Town) -> None:
    _, posted = await town.post(entered(), course_row())
    assert posted.record_id is not None
    learner = await learner_of(town)
    line = await grant(town, Line(learner, [posted.record_id], town.college.institution_id, new_id()))
    await end(town, line)
    assert await totals(town, learner) == {
        ("higher_vocational", "deposit"): "3",
        ("higher_vocational", "conversion"): "0",
    }
    await number_all(town.database, now=town.at)
    assert await differences(town.database) == []


async def test_a_statement_known_at_a_number_has_the_conversions_numbered_by_then(town: Town) -> None:
    _, posted = await town.post(entered(), course_row())
    assert posted.record_id is not None
    learner = await learner_of(town)
    before = await number_all(town.database, now=town.at)
    await grant(town, Line(learner, [posted.record_id], town.college.institution_id, new_id()))
    after = before + await number_all(town.database, now=town.at)
    assert ("higher_vocational", "conversion") not in await totals(town, learner, number=before)
    assert (await totals(town, learner, number=after))["higher_vocational", "conversion"] == "4"


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.sampled_from(["C101", "C102"]), st.sampled_from(["40", "61", "85", "缺考"])),
        st.tuples(st.just("withdraw"), st.integers(0, 3), st.none()),
        st.tuples(st.just("grant"), st.integers(0, 3), st.sampled_from([0, 50, 300, 400])),
        st.tuples(st.just("end"), st.integers(0, 3), st.none()),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
async def test_any_sequence_of_posts_and_reversals_of_both_purposes_balances_and_the_audit_agrees(
    town: Town, acts: list[Any]
) -> None:
    _, first, *_ = await town.post(entered(), course_row(course_code="C900", score="90"))
    assert first.record_id is not None
    learner = await learner_of(town)
    claim = new_id()
    standing = {
        place: Line(learner, [first.record_id], source, new_id(), course=f"T{place}", claim_id=claim, line_no=place + 1)
        for place, source in enumerate([town.college.institution_id, town.school.institution_id] * 2)
    }
    for verb, what, how in acts:
        if verb == "post":
            await town.post(course_row(course_code=what, score=how))
        elif verb == "withdraw":
            live = await town.sql(
                "SELECT record_id FROM record_current WHERE kind = 'course_result' AND record_id <> %s ORDER BY 1",
                first.record_id,
            )
            if what < len(live):
                await town.withdraw(live[what][0])
        elif verb == "grant":
            await grant(town, standing[what], credits=how)
        elif standing[what].conversion_id is not None:
            await end(town, standing[what])
    await number_all(town.database, now=town.at)
    await town.check_books()
    assert await differences(town.database) == []
    found = await totals(town, learner)
    for purpose, stands in (
        ("deposit", "FROM record_current WHERE scheme = 'higher_vocational'"),
        ("conversion", "FROM conversion WHERE state = 'granted'"),
    ):
        ((credits,),) = await town.sql(f"SELECT coalesce(sum(credits), 0)::int {stands}")
        assert found.get(("higher_vocational", purpose), "0") == format_credits(credits)


@pytest.mark.parametrize(
    ("tampering", "word"),
    [
        ("UPDATE posting SET amount = amount + 100 WHERE purpose = 'conversion'", "the two sides of a posting"),
        ("UPDATE entry SET account = 'deposit' WHERE account = 'conversion'", "the two sides of a posting"),
        ("UPDATE posting SET line_no = 2 WHERE purpose = 'conversion'", "digested"),
        ("UPDATE posting SET line_no = 2 WHERE purpose = 'conversion'", "what its decision is about"),
        ("UPDATE decision SET claim_id = gen_random_uuid() WHERE claim_id IS NOT NULL", "digested"),
        ("UPDATE decision SET credits = 100 WHERE claim_id IS NOT NULL", "live decision of a line"),
        ("UPDATE conversion SET credits = 100", "a granted conversion is not what the live decision"),
        ("UPDATE conversion SET state = 'ended', ended_at = now()", "grants what does not stand"),
        ("DELETE FROM record_current", "uses a record that does not stand"),
    ],
)
async def test_what_the_owner_of_the_database_edits_of_a_conversion_is_found(
    town: Town, addresses: Addresses, tampering: str, word: str
) -> None:
    _, posted = await town.post(entered(), course_row())
    assert posted.record_id is not None
    await grant(
        town, Line(await learner_of(town), [posted.record_id], town.college.institution_id, town.college.institution_id)
    )
    assert await differences(town.database) == []
    with connect(addresses.owner) as owner:
        owner.execute(tampering.encode())
    assert any(word in line for line in await differences(town.database))


async def test_a_record_used_twice_for_one_course_of_a_plan_by_two_accounts_of_one_person_is_found(
    town: Town, addresses: Addresses
) -> None:
    _, posted = await town.post(entered(), course_row())
    other = course_row()["learner"] | {"name": "演示乙", "document": {"kind": "passport", "number": "E00000001"}}
    await town.post(course_row(learner=other | {"student_no": "20230002"}))
    people = [row[0] for row in await town.sql("SELECT learner_id FROM learner ORDER BY learner_id")]
    assert posted.record_id is not None
    plan, college = new_id(), town.college.institution_id
    for person in people:
        await grant(town, Line(person, [posted.record_id], college, college, plan_id=plan))
    with connect(addresses.owner) as owner:
        owner.execute(
            "INSERT INTO learner_alias (learner_id, alias_id, into_learner_id, merged_at, merged_by, reason)"
            " VALUES (%s, gen_random_uuid(), %s, now(), 'login:x', 'test')",
            (people[1], people[0]),
        )
    assert any("used twice" in line for line in await differences(town.database))


# --- what the database itself refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        "UPDATE posting SET purpose = 'deposit' WHERE purpose = 'conversion'",
        "UPDATE posting SET record_id = gen_random_uuid() WHERE purpose = 'conversion'",
        "UPDATE posting SET claim_id = NULL WHERE purpose = 'conversion'",
        "UPDATE posting SET line_no = NULL WHERE purpose = 'conversion'",
        "UPDATE posting SET purpose = 'conversion' WHERE purpose = 'deposit'",
        "UPDATE decision SET record_id = gen_random_uuid(), record_version = 1 WHERE claim_id IS NOT NULL",
        "UPDATE decision SET claim_id = NULL, line_no = NULL WHERE claim_id IS NOT NULL",
        "UPDATE decision SET line_no = NULL WHERE claim_id IS NOT NULL",
        "UPDATE decision SET record_version = NULL WHERE record_id IS NOT NULL",
        "UPDATE decision SET kind = 'deposit' WHERE claim_id IS NOT NULL",
        "UPDATE decision SET kind = 'conversion' WHERE record_id IS NOT NULL",
        "UPDATE entry SET balance_after = -1 WHERE account = 'conversion'",
        "UPDATE entry SET account = 'conversion' WHERE account = 'source'",
    ],
)
async def test_the_database_refuses_what_is_neither_a_deposit_nor_a_conversion(
    town: Town, addresses: Addresses, broken: str
) -> None:
    _, posted = await town.post(entered(), course_row())
    assert posted.record_id is not None
    await grant(town, Line(await learner_of(town), [posted.record_id], town.college.institution_id, new_id()))
    with connect(addresses.owner) as owner, pytest.raises(psycopg.errors.CheckViolation):
        owner.execute(broken.encode())


# --- the book alone -----------------------------------------------------------------------------------------------


def book() -> tuple[Book, UUID]:
    learner = new_id()
    return Book(new_id(), NOON, "sha256", {learner: 0}, {}), learner


def test_a_reversal_is_about_what_it_reverses() -> None:
    one, learner = book()
    posting = LivePosting(learner, new_id(), None, "training", new_id(), 100, NOON.date(), "conversion", new_id(), 2)
    one.balances[learner, "training", "conversion", None] = 100
    one.reverse(posting, decision_id=new_id())
    (row,) = one.postings
    assert (row["purpose"], row["record_id"], row["claim_id"], row["line_no"]) == (
        "conversion", None, str(posting.claim_id), 2,
    )  # fmt: skip
    assert one.balances[learner, "training", "conversion", None] == 0
    with pytest.raises(PostingAlreadyReversed):
        one.reverse(posting, decision_id=new_id())


@pytest.mark.parametrize(
    "about",
    [
        {},
        {"purpose": "conversion"},
        {"purpose": "conversion", "record_id": new_id()},
        {"claim_id": new_id(), "line_no": 1},
        {"record_id": new_id(), "claim_id": new_id(), "line_no": 1},
        {"purpose": "conversion", "record_id": new_id(), "claim_id": new_id(), "line_no": 1},
        {"purpose": "conversion", "claim_id": new_id()},
    ],
)
def test_a_posting_is_of_a_record_or_of_a_line_of_a_claim(about: dict[str, Any]) -> None:
    one, learner = book()
    said = {"scheme": "training", "institution_id": new_id(), "amount": 100, "occurred_on": NOON.date()}
    with pytest.raises(ValueError, match="a deposit is of a record"):
        one.post(learner_id=learner, decision_id=new_id(), **said, **about)
    assert one.postings == []
