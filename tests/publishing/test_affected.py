"""Decisions that a mistaken version made: found, listed, and made again for who asks."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from creditbank.rules.in_force import LOOK_AGAIN
from tests.open_bank import person
from tests.publishing.place import OLD, STRICT, Place, rule

ADDRESS = "/v1/rule-versions/deposit.course/2"


async def mistaken(place: Place) -> list[Any]:
    """A version 2 with a pass mark of 80 decided three results; version 3 says 60 for the same days."""
    await place.publish(rule(OLD, STRICT), because="试行")
    await asyncio.sleep(LOOK_AGAIN)
    posted = [await place.result(number, score) for number, score in ((1, 90), (2, 70), (3, 65), (4, 30))]
    await place.publish(rule(OLD, (3, "2024-01-01", 60)), supersedes=("2",), because="及格线写错")
    await asyncio.sleep(LOOK_AGAIN)
    return posted


async def found(place: Place) -> Any:
    asked = await place.call("POST", f"{ADDRESS}/affected", place.second)
    assert asked["made_at"] is None
    await place.work()
    return await place.call("GET", f"{ADDRESS}/affected", place.author)


async def test_the_decisions_that_would_now_be_others_are_listed_and_no_other(place: Place) -> None:
    posted = await mistaken(place)
    listed = await found(place)
    assert (listed["report"]["compared"], listed["report"]["affected"]) == (4, 2)
    assert {each["record_id"] for each in listed["decisions"]} == {posted[1]["record_id"], posted[2]["record_id"]}
    for each in listed["decisions"]:
        assert each["standing"]["verdict"] == "not_granted"
        assert (each["would_be"]["verdict"], each["would_be"]["credits"]) == ("granted", "3")
    assert "learner_id" not in str(listed)


async def test_what_people_choose_is_decided_again_and_the_rest_stands(place: Place) -> None:
    posted = await mistaken(place)
    listed = await found(place)
    report_id = listed["report"]["report_id"]
    by_record = {each["record_id"]: each["decision_id"] for each in listed["decisions"]}
    chosen, left = by_record[posted[1]["record_id"]], by_record[posted[2]["record_id"]]
    body = {"report_id": report_id, "decision_ids": [chosen, str(uuid4())], "reason": "及格线写错"}
    done = await place.call("POST", f"{ADDRESS}/reissue", place.second, json=body)
    assert [each["outcome"] for each in done["decisions"]] == ["reissued", "not_listed"]
    record = await place.call("GET", f"/v1/records/{posted[1]['record_id']}", place.client)
    last = record["decisions"][-1]
    assert (last["decision_id"], last["verdict"], last["document_version"]) == (
        done["decisions"][0]["new_decision_id"], "granted", "3",
    )  # fmt: skip
    assert [posting["amount"] for posting in record["postings"]] == ["3"]
    other = await place.call("GET", f"/v1/records/{posted[2]['record_id']}", place.client)
    assert other["decisions"][-1]["decision_id"] == left
    again = await place.call("POST", f"{ADDRESS}/reissue", place.second, json=body | {"decision_ids": [chosen]})
    assert [each["outcome"] for each in again["decisions"]] == ["superseded"]
    assert (await found(place))["report"]["affected"] == 1


async def test_a_record_that_was_withdrawn_meanwhile_is_not_made_again(place: Place) -> None:
    posted = await mistaken(place)
    listed = await found(place)
    decisions = [each["decision_id"] for each in listed["decisions"]]
    gone = next(each for each in listed["decisions"] if each["record_id"] == posted[1]["record_id"])
    address = f"/v1/records/{posted[1]['record_id']}/withdrawal"
    await place.call("POST", address, place.client, json={"reason": "报错了"})
    body = {"report_id": listed["report"]["report_id"], "decision_ids": decisions, "reason": "及格线写错"}
    done = await place.call("POST", f"{ADDRESS}/reissue", place.second, json=body)
    outcomes = {each["decision_id"]: each["outcome"] for each in done["decisions"]}
    assert outcomes.pop(gone["decision_id"]) == "superseded"
    assert set(outcomes.values()) == {"reissued"}


async def test_what_is_withdrawn_while_it_is_being_made_again_is_not_said_to_be_reissued(place: Place) -> None:
    posted = await mistaken(place)
    listed = await found(place)
    chosen = next(each for each in listed["decisions"] if each["record_id"] == posted[1]["record_id"])
    body = {
        "report_id": listed["report"]["report_id"],
        "decision_ids": [chosen["decision_id"]],
        "reason": "及格线写错",
    }
    address = f"/v1/records/{posted[1]['record_id']}/withdrawal"
    done, withdrawn = await asyncio.gather(
        place.call("POST", f"{ADDRESS}/reissue", place.second, json=body),
        place.call("POST", address, place.client, json={"reason": "报错了"}),
    )
    assert isinstance(withdrawn, dict), withdrawn
    record = await place.call("GET", f"/v1/records/{posted[1]['record_id']}", place.client)
    made = [each for each in record["decisions"] if each["document_version"] == "3"]
    assert (done["decisions"][0]["outcome"] == "reissued") == bool(made)


async def test_only_officers_have_decisions_made_again(place: Place) -> None:
    await mistaken(place)
    for actor in (person("registrar", institution_id=place.college.institution_id), person("auditor"), place.client):
        answer = await place.call("POST", f"{ADDRESS}/affected", actor)
        assert answer == (403, "not_allowed")


async def test_a_version_that_never_was_has_no_decisions(place: Place) -> None:
    address = "/v1/rule-versions/deposit.course/9/affected"
    for method in ("GET", "POST"):
        assert await place.call(method, address, place.author) == (404, "nothing_published_under_that")
    assert await place.call("GET", f"{ADDRESS[:-1]}1/affected", place.author) == (404, "not_found")
