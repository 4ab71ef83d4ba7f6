"""What is asked of all claims and enrolments of the bank is asked by an index: a table of millions is never walked."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from creditbank import clock
from creditbank.db import driver
from creditbank.publishing.standing import _CLAIMED_OF
from creditbank.recognition.accumulating import PEOPLE_OF_PLAN
from creditbank.recognition.reading import _NOTICES
from tests.open_bank import opened

OVERDUE = "SELECT * FROM claim WHERE state = 'open' AND waits_for = 'objection' AND due_on < %(today)s"
PAGE = {
    "institution": None,
    "claim": None,
    "at": clock.now(),
    "today": clock.today(),
    "after_at": None,
    "after": None,
    "limit": 20,
}


@pytest.mark.parametrize(
    ("query", "said", "index"),
    [
        (_NOTICES, PAGE, "ix_claim_notice"),
        (OVERDUE, PAGE, "ix_claim_objection"),
        (f"WITH {PEOPLE_OF_PLAN} SELECT * FROM family", {"plan": uuid4()}, "ix_enrolment_programme_id"),
        (_CLAIMED_OF.replace("$1", "%(of)s"), {"of": [uuid4()]}, "ix_claim_institution_id"),
    ],
    ids=["notices", "objections", "followers", "claimants"],
)
async def test_lists_of_the_whole_bank_are_read_by_an_index_of_their_own(
    addresses: Any, tmp_path: Path, query: Any, said: dict[str, Any], index: str
) -> None:
    async with opened(addresses, tmp_path / "keys") as bank, bank.database.session() as session:
        connection = await driver(session)
        await connection.execute("SET LOCAL enable_seqscan = off")  # an empty table is walked for choice
        found = await (await connection.execute("EXPLAIN " + query, said)).fetchall()
    assert index in "\n".join(line for (line,) in found)
