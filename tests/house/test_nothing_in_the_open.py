"""What names a person stands nowhere in the database in the open: not in a column, not in JSON, not as bytes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from creditbank.database_roles import Addresses, connect
from tests.contract.place import Place, officer, settled
from tests.open_bank import machine
from tests.records.town import resident

PRIVATE = {
    "name": "演示欧阳独一",
    "document": resident(7),
    "student": "XH20239977",
    "certificate": "ZS2024778899",
    "another name": "演示司徒无二",
    "another document": resident(8),
    "cheating": "作弊",
}


@pytest.fixture
async def place(addresses: Addresses, tmp_path: Path) -> AsyncIterator[Place]:
    async with settled(addresses, tmp_path / "keys") as found:
        yield found


def who(name: str = "name", document: str = "document") -> dict[str, Any]:
    return {
        "name": PRIVATE[name],
        "document": {"kind": "resident_id", "number": PRIVATE[document]},
        "student_no": PRIVATE["student"],
    }


def rows() -> Iterator[dict[str, Any]]:
    yield {
        "kind": "enrolment_event", "learner": who(), "event": "entered", "occurred_on": "2023-09-01",
        "level": "higher_vocational", "programme_code": "460101", "year_of_entry": 2023,
    }  # fmt: skip
    course = {"kind": "course_result", "learner": who(), "academic_year": "2023-2024", "term": 1}
    course |= {"occurred_on": "2024-01-12", "course_code": "C101"}
    yield {**course, "score": PRIVATE["cheating"]}
    yield {**course, "course_code": "C102", "score": "86", "credits": "3.5"}  # held: the plan says 4
    yield {**course, "course_code": "C900", "score": "86", "learner": who(name="another name")}  # held: another name
    yield {**course, "course_code": "C900", "score": "77", "learner": who("another name", "another document")}


async def everything_that_is_done(place: Place) -> str:
    """Report, hold, correct, withdraw, reassign, ask again and look: whatever leaves rows behind."""
    batch = {"rows": list(rows())}
    outcomes = (await place.post("/records/batch", batch, key="k")).json()["outcomes"]
    assert [each["outcome"] for each in outcomes[:4]] == ["deposited", "deposited", "held", "held"], outcomes
    assert (await place.post("/records/batch", batch, key="k")).headers["idempotency-replayed"] == "true"
    body = machine("records:write", institution_id=place.body)
    certificate = {
        "kind": "certificate", "learner": {**who(), "student_no": None}, "standard": "X-WEB", "level": "intermediate",
        "number": PRIVATE["certificate"], "occurred_on": "2024-05-01",
    }  # fmt: skip
    assert (await place.post("/records", certificate, body)).status_code == 201
    await place.post("/records", {**list(rows())[1], "score": "61"})
    record = outcomes[1]["record_id"]
    other = {"learner": {**who("another name", "another document"), "student_no": None}, "reason": "报错人"}
    assert (await place.post(f"/records/{record}/reassignment", other)).status_code == 200
    await place.post(f"/records/{record}/withdrawal", {"reason": "核对有误"})
    for held in (await place.get("/held-rows", officer())).json()["rows"]:
        await place.get(f"/held-rows/{held['held_row_id']}", officer())
    found = await place.get(f"/records/{outcomes[0]['record_id']}")
    return str(found.json()["learner_id"])


def everything_that_is_kept(addresses: Addresses) -> Iterator[tuple[str, str]]:
    """Every row of every table as text, with bytes in hexadecimal."""
    with connect(addresses.superuser) as superuser:
        tables = superuser.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            for (row,) in superuser.execute(f'SELECT to_jsonb(t) FROM "{table}" t').fetchall():
                yield table, json.dumps(row, ensure_ascii=False)


async def test_no_name_number_or_mark_of_discipline_is_kept_in_the_open(place: Place, addresses: Addresses) -> None:
    learner_id = await everything_that_is_done(place)
    transcript = await place.get(f"/learners/{learner_id}/transcript", officer())
    assert PRIVATE["name"] in transcript.text, "those who may see it still do"
    kept = list(everything_that_is_kept(addresses))
    assert {table for table, _ in kept} >= {"record_version", "held_row", "stored_response", "outbox", "access_entry"}
    for what, secret in PRIVATE.items():
        for table, row in kept:
            if what == "cheating" and table in {"rule_document", "score_scale"}:  # they name the marks that there are
                continue
            assert secret not in row, (what, table)
            assert secret.encode().hex() not in row, (what, table)
            assert secret.encode("utf-16-le").hex() not in row, (what, table)


async def test_what_is_searched_for_would_be_found(place: Place, addresses: Addresses) -> None:
    """The search above sees text, JSON and bytes: a score that anybody may see, and the name of an institution."""
    await everything_that_is_done(place)
    kept = [row for _, row in everything_that_is_kept(addresses)]
    assert any("演示职业学院" in row for row in kept)
    assert any('"C101"' in row for row in kept)
    with connect(addresses.superuser) as superuser:
        superuser.execute("CREATE TABLE bytes AS SELECT %s::bytea AS x", [PRIVATE["name"].encode()])
    assert any(PRIVATE["name"].encode().hex() in row for _, row in everything_that_is_kept(addresses))
