"""Hints: raised once for people to look at, whichever way the rows came, and no record is touched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from creditbank import clock
from creditbank.changes.numberer import number_all
from creditbank.database_roles import Addresses
from creditbank.identifiers import new_id
from creditbank.jobs import Work
from creditbank.oversight import hints
from tests.open_bank import person
from tests.records.town import resident
from tests.submissions.bank import SubmittingBank, ndjson, submitting


@pytest.fixture
async def bank(addresses: Addresses, tmp_path: Path) -> AsyncIterator[SubmittingBank]:
    async with submitting(addresses, tmp_path) as opened:
        yield opened


def learner(number: int) -> dict[str, Any]:
    return {"name": "演示甲", "document": {"kind": "resident_id", "number": resident(number)}}


def training(hours: str, *, number: int = 1, days: int = 2) -> dict[str, Any]:
    return {
        "kind": "training", "learner": learner(number), "title": "焊工安全", "started_on": "2026-03-02",
        "occurred_on": f"2026-03-{1 + days:02d}", "hours": hours,
    }  # fmt: skip


def certificate(number: int) -> dict[str, Any]:
    return {
        "kind": "certificate", "learner": learner(number), "standard": "X-WEB", "level": "elementary",
        "number": "1300000000000001", "occurred_on": "2025-06-01",
    }  # fmt: skip


async def look(bank: SubmittingBank, *, later: timedelta = timedelta()) -> list[Any]:
    at = clock.now() + later
    await number_all(bank.bank.database, now=clock.now())
    await hints.look_for_hints(Work(bank.bank.database, new_id(), "k", "n", {}, 1, at))
    found = await bank.bank.call("GET", "/v1/hints", person("officer"))
    return list(found.json()["hints"])


async def test_more_hours_than_the_days_have_room_for_are_a_hint_and_nothing_else(bank: SubmittingBank) -> None:
    sent = await bank.submitted(ndjson(training("24"), training("24.5", number=2)))
    assert sent["counts"] == {"deposited": 2}, "nobody is punished by a machine"
    (hint,) = await look(bank)
    assert (hint["kind"], hint["row_no"], hint["detail"]) == ("impossible_hours", 2, {"hours": "24.5", "days": 2})
    assert len(await look(bank, later=timedelta(hours=1))) == 1, "it is raised once"


async def test_rows_that_come_by_call_are_looked_at_too(bank: SubmittingBank) -> None:
    posted = await bank.bank.call("POST", "/v1/records", bank.client(), json=training("100"))
    assert posted.status_code == 201
    assert [hint["record_id"] for hint in await look(bank)] == [posted.json()["record_id"]]


async def test_a_certificate_number_of_two_people_is_a_hint(bank: SubmittingBank) -> None:
    by = bank.client(bank.body)
    sent = await bank.submitted(ndjson(certificate(1), certificate(2)), actor=by)
    assert sent["counts"] == {"deposited": 1, "held": 1}
    (hint,) = await look(bank)
    held = (await bank.rows(sent["submission_id"], "held", actor=by))[0]
    assert (hint["kind"], hint["held_row_id"]) == ("certificate_of_another", held["held_row_id"])


async def test_a_sudden_volume_is_a_hint(bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "MANY", 20)
    college = bank.college.institution_id
    for days_ago, rows in ((40, 2), (0, 20)):
        for _ in range(rows):
            async with bank.bank.database.session() as session:
                from creditbank.db import driver

                await (await driver(session)).execute(
                    """
                    INSERT INTO feed_item (number, numbered_at, change_id, learner_id, institution_id, record_id,
                                           version, act, summary)
                    SELECT coalesce(max(number), 0) + 1, now() - %s * interval '1 day', gen_random_uuid(),
                           gen_random_uuid(), %s, gen_random_uuid(), 1, 'reported', '{}' FROM feed_item
                    """,
                    [days_ago, college],
                )
    (hint,) = await look(bank)
    assert (hint["kind"], hint["detail"]["rows"], hint["detail"]["busiest_before"]) == ("sudden_volume", 20, 2)


async def test_an_officer_closes_a_hint_with_a_finding_once(bank: SubmittingBank) -> None:
    await bank.submitted(ndjson(training("100")))
    (hint,) = await look(bank)
    officer = person("officer")
    path = f"/v1/hints/{hint['hint_id']}/closing"
    assert (await bank.bank.call("POST", path, bank.client(), json={"finding": "x"})).status_code == 403
    closed = await bank.bank.call("POST", path, officer, json={"finding": "连续培训，已核对签到表"})
    assert closed.json()["finding"] == "连续培训，已核对签到表"
    assert (await bank.bank.call("POST", path, officer, json={"finding": "x"})).json()["code"] == "hint_already_closed"
    assert await look(bank) == []
    listed = await bank.bank.call("GET", "/v1/hints", officer, params={"status": "closed"})
    assert [one["hint_id"] for one in listed.json()["hints"]] == [hint["hint_id"]]
