"""Impact of a conversion method: granted lines decided again by another one, from the facts of their decisions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from creditbank.publishing.impact import measure
from creditbank.publishing.standing import Against
from creditbank.rules import Rulebook, packaged_documents, read_document
from tests.recognition.college import RELEVANT, College, a_college, method, room


@pytest.fixture
async def college(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[College]:
    async with a_college(addresses, tmp_path / "keys", monkeypatch) as place:
        yield place


def book(college: College, *clauses: dict[str, Any]) -> Rulebook:
    deposits = [each for each in packaged_documents() if str(each.tree["question"]) == "deposit"]
    return Rulebook.load([*deposits, read_document(method(college.college, *clauses))])


async def by(college: College, *clauses: dict[str, Any]) -> Any:
    against = Against("conversion", book(college, *clauses), college.rulebook, college.at.date())
    return await measure(college.bank.database, against, keyring=college.bank.keyring)


async def test_a_cap_takes_what_lies_beyond_it_and_leaves_the_rest(college: College) -> None:
    college.decide_by(room("8"))
    first, second = await college.enrol(certificates=2), await college.enrol()
    await college.claim(first, *[([record], code) for record, code in zip(first.records, ("M1", "M2"), strict=True)])
    await college.claim(second, (second.records, "M1"))
    told = await by(college, room("3"))
    assert told["learners"] == {"gain": 0, "lose": 1, "gain_and_lose": 0, "unknown": 0, "stay": 1}
    assert told["credits"] == [{"scheme": "higher_vocational", "gained": "0", "lost": "3", "undecided": "0"}]
    assert told["decisions"]["compared"] == 3
    (example,) = told["examples"]
    assert (example["claim_id"] is None, example["line_no"], example["would_be"]["clause"]) == (False, 2, "room")
    (programme,) = told["by_programme"]
    assert (programme["code"], programme["learners"]["lose"]) == ("460101", 1)


async def test_the_method_in_force_beside_itself_changes_nothing(college: College) -> None:
    college.decide_by(room("8"))
    learner = await college.enrol()
    await college.claim(learner, (learner.records, "M1"))
    told = await by(college, room("8"))
    assert told["learners"] == {"gain": 0, "lose": 0, "gain_and_lose": 0, "unknown": 0, "stay": 1}
    assert told["decisions"]["same"] == 1


async def test_what_the_decision_did_not_ask_is_unknown_and_no_loss(college: College) -> None:
    college.decide_by()
    learner = await college.enrol()
    await college.claim(learner, (learner.records, "M1"))
    told = await by(college, RELEVANT)
    assert told["learners"]["unknown"] == 1
    assert told["credits"] == [{"scheme": "higher_vocational", "gained": "0", "lost": "0", "undecided": "3"}]
