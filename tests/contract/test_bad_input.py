"""Bad input gets the outcome that is promised for it (refused with a reason, held, or deposited with a warning) and
leaves nothing half done. Forged and expired tokens are in tests/identity/test_tokens.py."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from creditbank import clock
from creditbank.identity.permit import SCOPES
from creditbank.oversight.audit import differences
from tests.contract.place import Place, learner, officer, settled
from tests.open_bank import machine
from tests.records.town import course_row, entered, resident

LEFT = (
    "certificate_key", "decision", "entry", "held_row", "identity_key", "learner", "outbox", "posting", "record_key",
    "record_version", "stored_response", "submission",
)  # fmt: skip
"""Whatever a write of records leaves behind."""


@pytest.fixture
async def place(addresses: Any, tmp_path: Path) -> AsyncIterator[Place]:
    async with settled(addresses, tmp_path / "keys") as found:
        yield found
        assert await differences(found.bank.database) == []


async def left(place: Place) -> dict[str, int]:
    return {table: await place.count(table) for table in LEFT}


async def nothing_left(place: Place) -> None:
    assert set((await left(place)).values()) == {0}


def is_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail_zh"]
    assert problem["detail_en"]
    return problem


async def send(place: Place, content: Any, path: str = "/v1/records", **headers: str) -> httpx.Response:
    """Bytes as they are, sent as JSON."""
    headers = {"Content-Type": "application/json", **headers}
    return await place.bank.call("POST", path, place.client, content=content, headers=headers)


# --- bodies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/records", "/v1/records/batch"])
@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"kind=course_result", b"<row/>", b"\xff\xfe\x00", b"null", b"[]", b'"row"', b"1e999", b"[" * 50_000,
        json.dumps(course_row(), ensure_ascii=False).encode("gb18030"),
        json.dumps(course_row()).encode()[:-2],
    ],
    ids=["nothing", "open", "form", "xml", "bytes", "null", "list", "text", "number", "deep", "gb18030", "cut"],
)  # fmt: skip
async def test_a_body_that_is_not_the_json_asked_for_is_malformed(place: Place, path: str, content: bytes) -> None:
    is_problem(await send(place, content, path), 422, "malformed")
    await nothing_left(place)


async def test_fifty_megabytes_of_json_are_refused_after_eight(place: Place) -> None:
    sent = 0

    async def rows() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'{"rows": ['
        row = json.dumps(course_row()).encode() + b","
        for _ in range(50 * 2**20 // len(row)):
            sent += len(row)
            yield row

    is_problem(await send(place, rows(), "/v1/records/batch"), 413, "body_too_large")
    assert 8 * 2**20 <= sent < 9 * 2**20
    await nothing_left(place)


async def test_fifty_megabytes_that_say_so_are_refused_unread(place: Place) -> None:
    read = False

    async def nobody_reads() -> AsyncIterator[bytes]:
        nonlocal read
        read = True
        yield b" "

    length = str(50 * 2**20)
    is_problem(await send(place, nobody_reads(), **{"Content-Length": length}), 413, "body_too_large")
    assert not read


async def test_a_bank_that_reads_fifty_megabytes_still_takes_a_thousand_rows_and_no_more(
    addresses: Any, tmp_path: Path
) -> None:
    async with settled(addresses, tmp_path / "keys", body_limit_mib=64) as place:
        row = course_row(reason="多" * 200)
        body = json.dumps({"rows": [row] * (50 * 2**20 // len(json.dumps(row)))}).encode()
        assert len(body) > 49 * 2**20
        problem = is_problem(await send(place, body, "/v1/records/batch"), 422, "malformed")
        assert problem["field"] == "/rows"
        await nothing_left(place)


async def asgi(place: Place, path: str, body: bytes, *, then: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Speak ASGI to the application: a body of which half comes, then whatever comes instead of the rest."""
    said: list[dict[str, Any]] = []
    coming = [{"type": "http.request", "body": body, "more_body": True}, *then]

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def hear(message: Any) -> None:
        said.append(message)

    headers = {"host": "bank", "content-type": "application/json", **place.bank.headers(place.client)}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("203.0.113.7", 1),
        "server": ("bank", 80), "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    await place.bank.app(scope, receive, hear)
    return said


@pytest.mark.parametrize("path", ["/v1/records", "/v1/records/batch"])
async def test_a_client_that_is_cut_off_half_way_leaves_nothing(place: Place, path: str) -> None:
    body = json.dumps(course_row() if path == "/v1/records" else {"rows": [course_row()]}).encode()
    for half in (0, 1, len(body) // 2, len(body)):  # even all of it, for the client never said that it was all
        said = await asgi(place, path, body[:half], then=[{"type": "http.disconnect"}])
        assert not [message for message in said if message.get("status", 500) < 300], said
    await nothing_left(place)
    assert (await place.post("/records", course_row())).status_code == 201


async def test_a_client_that_loses_the_answer_asks_again_and_is_given_it(place: Place) -> None:
    first = await place.post("/records", course_row(), key="lost")
    before = await left(place)
    again = await place.post("/records", course_row(), key="lost")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert await left(place) == before


# --- what a row says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "credits", ["-1", "-0.01", "2.555", "1e2", "", "两", "2,5", "10000000", -3, 0.1 + 0.2, True, [], {}]
)
async def test_credits_that_are_negative_too_precise_or_no_number_are_malformed(place: Place, credits: Any) -> None:
    problem = is_problem(await place.post("/records", course_row(credits=credits)), 422, "malformed")
    assert problem["field"].endswith("/credits")
    await nothing_left(place)


@pytest.mark.parametrize(("written", "credits"), [("3", "3"), ("3.00", "3"), (3, "3"), (3.0, "3")])
async def test_credits_may_be_written_in_every_exact_way(place: Place, written: Any, credits: str) -> None:
    await place.post("/records", entered())
    answer = await place.post("/records", course_row(credits=written))
    assert (answer.status_code, answer.json()["credits"]) == (201, credits)


def tomorrow() -> str:
    return (clock.today() + timedelta(days=1)).isoformat()


UNBORN = {
    "name": "演示未生",
    "document": {"kind": "resident_id", "number": resident(1, f"{clock.today().year + 1}0101")},
}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "tomorrow": ({"occurred_on": tomorrow()}, "date_in_the_future"),
    "before birth": ({"occurred_on": "2004-12-31"}, "before_birth"),
    "over the scale": ({"score": "101"}, "score_outside_scale"),
    "below the scale": ({"score": "-1"}, "score_outside_scale"),
    "another scale": ({"score": "优秀"}, "score_outside_scale"),
    "a wrong check digit": (
        {"learner": {**learner(), "document": {"kind": "resident_id", "number": resident(1)[:-1] + "0"}}},
        "identity_number_impossible",
    ),
    "a person not yet born": ({"learner": UNBORN}, "identity_number_impossible"),
    "a course nobody teaches": ({"course_code": "C404"}, "course_unknown"),
    "years that do not follow": ({"academic_year": "2023-2025"}, "academic_year_impossible"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_a_row_that_cannot_be_is_refused_with_the_reason_and_stops_no_other(place: Place, what: str) -> None:
    changes, code = REFUSED[what]
    problem = is_problem(await place.post("/records", course_row(**changes)), 422, code)
    assert resident(1)[:-1] not in json.dumps(problem)
    await nothing_left(place)
    rows = [course_row(course_code="C102"), course_row(**changes), course_row(course_code="C900")]
    answer = await place.post("/records/batch", {"rows": rows})
    outcomes = answer.json()["outcomes"]
    assert [each["outcome"] for each in outcomes] == ["deposited", "refused", "deposited"]
    assert outcomes[1]["problem"]["code"] == code
    assert answer.json()["counts"] == {"deposited": 2, "refused": 1}
    assert await place.count("record_version") == 2


@pytest.mark.parametrize(
    "day", ["2024-02-30", "2024-13-01", "24-01-12", "2024-01-12T00:00:01", "0000-00-00", "昨天", 20240112, None]
)
async def test_a_day_that_is_none_is_malformed(place: Place, day: Any) -> None:
    problem = is_problem(await place.post("/records", course_row(occurred_on=day)), 422, "malformed")
    assert problem["field"].endswith("/occurred_on")
    await nothing_left(place)


async def test_what_the_bank_does_not_know_is_malformed_and_not_quietly_dropped(place: Place) -> None:
    for row in (course_row(grade="A"), course_row(learner={**learner(), "sex": "男"}), course_row(kind="diploma")):
        is_problem(await place.post("/records", row), 422, "malformed")
    await nothing_left(place)


async def test_a_course_outside_the_plan_is_deposited_with_a_warning(place: Place) -> None:
    await place.post("/records", entered())
    answer = await place.post("/records", course_row(course_code="C900"))
    assert (answer.status_code, answer.json()["credits"]) == (201, "1.5")
    assert [warning["code"] for warning in answer.json()["warnings"]] == ["course_outside_plan"]


async def test_one_certificate_number_for_two_people_is_held_without_a_ground(place: Place) -> None:
    body = machine("records:write", institution_id=place.body)

    def certificate(serial: int) -> dict[str, Any]:
        return {
            "kind": "certificate", "learner": learner(serial), "standard": "X-WEB", "level": "intermediate",
            "number": "X2024000001", "occurred_on": "2024-05-01",
        }  # fmt: skip

    assert (await place.post("/records", certificate(1), body)).json()["outcome"] == "deposited"
    answer = await place.post("/records", certificate(2), body)
    assert (answer.status_code, answer.json()["outcome"]) == (202, "held")
    assert answer.json()["problem"]["code"] == "identity_under_review"
    assert not {"findings", "ground", "candidates"} & set(answer.json()["problem"])
    assert answer.json()["record_id"] is None
    assert await place.count("record_version") == 1


# --- keys ---------------------------------------------------------------------------------------------------------


async def test_a_key_used_again_for_another_payload_is_refused_and_nothing_is_written(place: Place) -> None:
    assert (await place.post("/records", course_row(), key="k1")).status_code == 201
    before = await left(place)
    for path, body in (
        ("/records", course_row(score="61")),
        ("/records/batch", {"rows": [course_row()]}),
        ("/records", course_row() | {"reason": "再报"}),
    ):
        is_problem(await place.post(path, body, key="k1"), 409, "idempotency_key_reused")
    assert await left(place) == before


async def test_a_refusal_is_not_kept_under_its_key(place: Place) -> None:
    is_problem(await place.post("/records", course_row(score="101"), key="k2"), 422, "score_outside_scale")
    assert (await place.post("/records", course_row(score="100"), key="k2")).status_code == 201


async def test_a_key_is_its_callers_own(place: Place) -> None:
    other = machine(*SCOPES, institution_id=place.school)
    first = await place.post("/records", course_row(), key="k3")
    second = await place.post("/records", course_row(), other, key="k3")
    assert second.status_code == 201
    assert second.json()["record_id"] != first.json()["record_id"]


@pytest.mark.parametrize("key", [" ", "two words", "键", "x" * 201])
async def test_a_key_that_is_none_is_malformed(place: Place, key: str) -> None:
    answer = await place.bank.http.post(
        "/v1/records",
        json=course_row(),
        headers=[
            (b"Authorization", place.bank.headers(place.client)["Authorization"].encode()),
            (b"Idempotency-Key", key.encode()),
        ],
    )
    is_problem(answer, 422, "malformed")
    await nothing_left(place)


# --- another institution ------------------------------------------------------------------------------------------


async def test_a_token_of_another_institution_finds_nothing_and_changes_nothing(place: Place) -> None:
    await place.post("/records", entered())
    record_id = (await place.post("/records", course_row())).json()["record_id"]
    own = (await place.get(f"/records/{record_id}")).json()
    before = await left(place)
    stranger = machine(*SCOPES, institution_id=place.school)
    learner_id = own["learner_id"]
    not_there = is_problem(await place.get(f"/records/{place.college}", stranger), 404, "not_found")
    reads = [
        f"/records/{record_id}", f"/decisions/{own['decisions'][0]['decision_id']}",
        f"/postings/{own['postings'][0]['posting_id']}", f"/learners/{learner_id}",
        f"/learners/{learner_id}/balances", f"/learners/{learner_id}/statement", f"/learners/{learner_id}/transcript",
    ]  # fmt: skip
    for path in reads:
        problem = is_problem(await place.get(path, stranger), 404, "not_found")
        assert {**problem, "instance": ""} == {**not_there, "instance": ""}, path
    writes = {
        f"/records/{record_id}/withdrawal": {"reason": "不是我们的"},
        f"/records/{record_id}/reassignment": {"learner": learner(2), "reason": "不是我们的"},
        f"/decisions/{own['decisions'][0]['decision_id']}/replay": {},
        f"/learners/{learner_id}/activation-codes": {},
        f"/institutions/{place.college}/courses": {"rows": []},
    }
    for path, body in writes.items():
        assert (await place.post(path, body, stranger)).status_code in {404, 422}, path
    assert (await place.get("/changes", stranger)).json().get("items", []) == []
    assert await left(place) == before


async def test_the_same_row_of_two_institutions_is_two_records(place: Place) -> None:
    stranger = machine(*SCOPES, institution_id=place.school)
    first, second = await place.post("/records", course_row()), await place.post("/records", course_row(), stranger)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["record_id"] != second.json()["record_id"]


# --- at once ------------------------------------------------------------------------------------------------------


async def test_the_same_row_twenty_times_at_once_is_one_record(place: Place) -> None:
    answers = await asyncio.gather(*(place.post("/records", course_row()) for _ in range(20)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
    assert len({answer.json()["record_id"] for answer in answers}) == 1
    assert await place.count("record_version") == 1
    assert await place.count("learner") == 1


async def test_the_same_key_twenty_times_at_once_is_one_write_and_one_answer(place: Place) -> None:
    answers = await asyncio.gather(*(place.post("/records", course_row(), key="once") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 19
    assert await place.count("stored_response") == 1


TERM = {"academic_year": "2023-2024", "term": 1, "starts_on": "2023-09-04", "ends_on": "2024-01-21", "weeks": 20}
COURSE = {"code": "C777", "name": "演示课", "category": "专业课", "learning_form": "theory", "credits": "2"}
COURSE |= {"valid_from": "2020-09-01"}
PERSON = {"name": "演示新", "document": {"kind": "resident_id", "number": resident(9)}}
WRITES: dict[str, tuple[str, Any]] = {
    "terms": ("/institutions/{college}/terms", {"rows": [TERM]}),
    "courses": ("/institutions/{college}/courses", {"rows": [COURSE]}),
    "an account": ("/learners", PERSON),
    "accounts": ("/learners/batch", {"people": [PERSON, {**PERSON, "document": {"number": resident(10)}}]}),
    "records": ("/records/batch", {"rows": [entered(), course_row()]}),
}


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize("key", ["one key", None], ids=["one key", "no key"])
async def test_any_write_ten_times_at_once_is_done_once(place: Place, what: str, key: str | None) -> None:
    path, body = WRITES[what]
    path = path.format(college=place.college)
    same = None if key is None else key.replace(" ", "-")
    answers = await asyncio.gather(*(place.post(path, body, key=same) for _ in range(10)))
    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]
    assert not [answer.text for answer in answers if '"refused"' in answer.text]
    if key is not None:
        assert len({answer.content for answer in answers}) == 1
        assert sum("idempotency-replayed" in answer.headers for answer in answers) == 9
    assert await place.count("term") == (1 if what == "terms" else 0)
    assert await place.count("learner") == {"an account": 1, "accounts": 2, "records": 1}.get(what, 0)


async def test_two_scores_at_once_are_two_versions_in_some_order(place: Place) -> None:
    await place.post("/records", entered())
    answers = await asyncio.gather(*(place.post("/records", course_row(score=score)) for score in ("50", "60")))
    assert sorted(answer.json()["version"] for answer in answers) == [1, 2]
    last = max((answer.json() for answer in answers), key=lambda outcome: outcome["version"])
    history = (await place.get(f"/records/{last['record_id']}")).json()
    balances = await place.get(f"/learners/{history['learner_id']}/balances", officer())
    credits = {each["scheme"]: each["credits"] for each in balances.json()["balances"]}
    assert credits.get("higher_vocational", "0") == last["credits"]


async def test_thirty_records_of_one_learner_at_once_are_all_counted(place: Place) -> None:
    await place.post("/records", entered())
    rows = [course_row(course_code="C900", academic_year=f"{year}-{year + 1}", term=term, occurred_on="2024-01-12")
            for year in range(2008, 2023) for term in (1, 2)]  # fmt: skip
    trainings = [
        {"kind": "training", "key": f"T{n}", "learner": learner(), "title": f"演示培训{n}", "started_on": "2024-05-06",
         "occurred_on": "2024-05-10", "hours": 16}
        for n in range(30)
    ]  # fmt: skip
    answers = await asyncio.gather(*(place.post("/records", row) for row in [*rows, *trainings]))
    assert {answer.status_code for answer in answers} == {201}
    history = (await place.get(f"/records/{answers[0].json()['record_id']}")).json()
    balances = await place.get(f"/learners/{history['learner_id']}/balances", officer())
    credits = {each["scheme"]: each["credits"] for each in balances.json()["balances"]}
    assert credits["training"] == "30"
