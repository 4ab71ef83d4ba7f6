"""The published examples are what the bank takes and what it says: posted to the real application, compared with it.

`CREDITBANK_TEST_WRITE_EXAMPLES=1 pytest tests/contract/test_examples.py` writes down what it says.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.contract.place import Place, officer, settled
from tests.open_bank import machine, person

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ACCOUNT = re.compile(r'("account_no": )"\d+"')
_REQUEST = re.compile(r'("instance": )"[0-9a-f]{16}"')


@pytest.fixture
async def place(addresses: Any, tmp_path: Path) -> AsyncIterator[Place]:
    async with settled(addresses, tmp_path / "keys") as found:
        yield found


def content(name: str) -> Any:
    return json.loads((EXAMPLES / name).read_text(encoding="utf-8"))


def written(answer: Any) -> str:
    """An answer with what differs from run to run in its place: identifiers in order, one instant, one account."""
    text = json.dumps(answer, ensure_ascii=False, indent=2) + "\n"
    numbers: dict[str, str] = {}
    text = _UUID.sub(
        lambda found: numbers.setdefault(found[0], f"00000000-0000-7000-8000-{len(numbers) + 1:012}"), text
    )
    text = _INSTANT.sub("2026-06-01T04:00:00+00:00", text)
    text = _ACCOUNT.sub(r'\1"870120240014"', text)
    return _REQUEST.sub(r'\1"4f1c2d9a7b3e6058"', text)


def is_the_example(name: str, answer: Any) -> None:
    path = EXAMPLES / name
    if os.environ.get("CREDITBANK_TEST_WRITE_EXAMPLES"):
        path.write_text(written(answer), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == written(answer)


async def test_the_example_of_a_batch_becomes_the_example_of_its_outcome_and_of_a_transcript(place: Place) -> None:
    answer = await place.post("/records/batch", content("records-batch.json"))
    assert answer.status_code == 200
    is_the_example("records-batch-outcome.json", answer.json())
    record = await place.get(f"/records/{answer.json()['outcomes'][1]['record_id']}")
    transcript = await place.get(f"/learners/{record.json()['learner_id']}/transcript", officer())
    assert transcript.status_code == 200
    is_the_example("transcript.json", transcript.json())


async def test_the_example_of_a_problem_is_what_a_refusal_says(place: Place) -> None:
    row = {**content("record-row.course_result.json"), "score": "101"}
    await place.post("/records", content("record-row.enrolment_event.json"))
    answer = await place.post("/records", row)
    assert answer.status_code == 422
    is_the_example("problem.json", answer.json())


async def test_the_example_of_a_share_opens_as_the_example_of_what_it_shows(place: Place) -> None:
    answer = await place.post("/records/batch", content("records-batch.json"))
    record = await place.get(f"/records/{answer.json()['outcomes'][1]['record_id']}")
    learner_id = record.json()["learner_id"]
    learner = person("learner", learner_id=UUID(learner_id))
    made = await place.post(f"/learners/{learner_id}/shares", content("share.json"), learner)
    assert made.status_code == 201, made.text
    asked = {"code": made.json()["code"], "pin": content("share.json")["pin"]}
    shown = await place.bank.call("POST", "/v1/share-openings", json=asked)
    assert shown.status_code == 200, shown.text
    is_the_example("shared.json", shown.json() | {"until_on": "2026-07-01"})


async def test_every_example_of_a_row_is_deposited(place: Place) -> None:
    """The enrolment first: the other rows name a learner by the student number that it gives."""
    body = machine("records:write", institution_id=place.body)
    names = sorted(path.name for path in EXAMPLES.glob("record-row.*.json"))
    first = "record-row.enrolment_event.json"
    for name in [first, *(each for each in names if each != first)]:
        by = body if content(name)["kind"] == "certificate" else None
        answer = await place.post("/records", content(name), by)
        assert (answer.status_code, answer.json()["outcome"]) == (201, "deposited"), (name, answer.text)
        assert answer.json()["verdict"] == "granted", (name, answer.text)
        again = await place.post("/records", content(name), by)
        assert (again.status_code, again.json()["outcome"]) == (200, "unchanged"), name
