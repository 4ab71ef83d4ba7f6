"""The audit finds what it is there to find."""

from __future__ import annotations

import pytest

from creditbank.changes.numberer import number_all
from creditbank.database_roles import Addresses, connect
from creditbank.oversight.audit import differences
from tests.records.town import Town, course_row, entered, town

__all__ = ["town"]


async def test_a_bank_that_was_only_used_has_no_differences(town: Town) -> None:
    (_, posted) = await town.post(entered(), course_row(attempt="normal", score="50"))
    await town.post(course_row(attempt="makeup", occurred_on="2024-03-01", score="70"), course_row(score="65"))
    await town.withdraw(posted.record_id)
    await number_all(town.database, now=town.at)
    assert await differences(town.database) == []


@pytest.mark.parametrize(
    ("tampering", "word"),
    [
        ("UPDATE posting SET amount = amount + 100", "the two sides of a posting"),
        ("UPDATE entry SET balance_after = balance_after + 1", "a balance is not the sum"),
        ("UPDATE record_current SET credits = 900", "today's view differs"),
        ("UPDATE record_version SET body = body || '{\"score\": \"100\"}' WHERE kind = 'course_result'", "digested"),
        ("UPDATE decision SET clause = 'gives.else' WHERE credits > 0", "digested"),
        ("UPDATE posting SET occurred_on = occurred_on + 1", "digested"),
        ("DELETE FROM outbox; UPDATE learner_head SET last_entry = last_entry + 1", "numbered without gaps"),
    ],
)
async def test_what_the_owner_of_the_database_edits_is_found(
    town: Town, addresses: Addresses, tampering: str, word: str
) -> None:
    await town.post(entered(), course_row())
    with connect(addresses.owner) as owner:
        owner.execute(tampering.encode())
        owner.commit()
    assert any(word in line for line in await differences(town.database))
