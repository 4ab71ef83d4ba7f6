"""Files and clients as nobody should be: each gets a clear answer, nothing is lost, doubled or half done."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from creditbank import clock, embedded
from creditbank.database_roles import Addresses, connect
from creditbank.errors import TemporarilyUnavailable
from creditbank.identity.actor import Actor
from creditbank.jobs import Work
from creditbank.learners import probing
from creditbank.migrate import upgrade
from creditbank.oversight.audit import differences
from creditbank.records.service import post_rows
from creditbank.sealing import Keyring
from creditbank.submissions import changing, housekeeping, posting, staging
from creditbank.submissions.cells import Line
from creditbank.submissions.keeping import LINES
from creditbank.submissions.rows import RowReader
from tests.open_bank import person
from tests.records.town import course_row, entered, resident
from tests.submissions import files_made
from tests.submissions.bank import SubmittingBank, ndjson, submitting, workbook

HEADER = ["学号", "姓名", "身份证号", "课程代码", "课程名称", "总成绩", "学年", "学期", "考试日期", "备注"]
NOTHING_WRITTEN = """
SELECT (SELECT count(*) FROM record_version) + (SELECT count(*) FROM posting) + (SELECT count(*) FROM learner)
     + (SELECT count(*) FROM held_row) + (SELECT count(*) FROM submission_row) + (SELECT count(*) FROM submission_chunk)
     + (SELECT count(*) FROM submission_part)
"""


def who(number: int) -> dict[str, Any]:
    """Somebody."""
    return {
        "name": f"演示{'甲乙丙丁戊己庚辛壬癸'[number % 10]}",
        "document": {"kind": "resident_id", "number": resident(number)},
        "student_no": f"2023{number:04d}",
    }


def scored(number: int, **changes: Any) -> dict[str, Any]:
    """A passed course of somebody."""
    return course_row(learner=who(number), **changes)


def cells(number: int, **changes: Any) -> list[Any]:
    """The same as a row of a sheet."""
    said = {
        "学号": who(number)["student_no"], "姓名": who(number)["name"], "身份证号": resident(number),
        "课程代码": "C101", "课程名称": "机械制图", "总成绩": 86, "学年": "2023-2024", "学期": 1,
        "考试日期": "2024-01-12", **changes,
    }  # fmt: skip
    return [said.get(name) for name in HEADER]


def as_csv(*rows: list[Any]) -> str:
    """Rows as CSV."""
    return "".join(",".join("" if cell is None else str(cell) for cell in row) + "\r\n" for row in rows)


async def books_hold(bank: SubmittingBank) -> None:
    """Nothing is half done: the audit finds nothing, and every row has one outcome."""
    assert await differences(bank.bank.database) == []
    assert not await bank.sql(
        """
        SELECT f.submission_id FROM submission_file f WHERE f.status = 'done' AND f.done_rows - f.set_aside <>
            (SELECT count(*) FROM submission_row r WHERE r.submission_id = f.submission_id)
        """
    )


# --- the file as a whole ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("照片.xlsx", files_made.photo(), "file_is_picture"),
        ("空.csv", b" ", "file_blank"),
        ("空行.csv", b"\r\n" * 300_000 + b",,,,\r\n" * 100_000, "file_blank"),
        ("乱码.csv", as_csv(HEADER, cells(1)).encode() + b"\xff\xfe\x80\x81\r\n", "characters_unreadable"),
        ("坏.ndjson", b'{"a":"\xe6\xbc"}\n', "characters_unreadable"),
        ("宽.csv", as_csv(HEADER, [*cells(1), *range(240)]).encode(), "too_many_columns"),
        ("长.csv", as_csv(HEADER, [*cells(1)[:-1], "长" * 4_000_000]).encode(), "row_too_large"),
        ("长.ndjson", ndjson({**scored(1), "title": "x" * 10_000_000}), "row_too_large"),
        ("炸弹.xlsx", files_made.zip_bomb(mib=700, parts=files_made.parts_of_a_workbook()), None),
        ("旧.xls", files_made.compound_file("Workbook"), "old_workbook"),
        ("截断.xlsx", workbook(("成绩", [HEADER, cells(1)]))[:-200], None),
    ],
    ids=lambda said: said if isinstance(said, str) and "." in said else "",
)
async def test_a_file_that_cannot_be_read_is_refused_as_a_whole_and_says_why(
    bank: SubmittingBank, name: str, content: bytes, code: str | None
) -> None:
    found = await bank.submitted(content, name=name)
    assert found["status"] == "failed", found
    problem = found["problem"]
    assert code is None or problem["code"] == code
    assert problem["code"] not in ("file_not_processed", "unexpected")
    assert problem["detail_zh"]
    assert problem["detail_en"]
    assert problem["status"] < 500
    assert await bank.sql(NOTHING_WRITTEN) == [(0,)]
    assert (await bank.sql("SELECT count(*) FROM job WHERE last_error IS NOT NULL OR dead_at IS NOT NULL")) == [(0,)]


async def test_a_file_without_a_byte_cannot_even_be_sent(bank: SubmittingBank) -> None:
    begun = await begin(bank)
    sent = await part(bank, begun, 1, b"")
    assert (sent.status_code, sent.json()["code"]) == (422, "part_empty")
    done = await complete(bank, begun, 1)
    assert (done.status_code, done.json()["code"]) == (409, "parts_missing")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_a_table_is_taken_in_every_encoding_that_spreadsheets_write(bank: SubmittingBank, encoding: str) -> None:
    found = await bank.submitted(as_csv(HEADER, cells(1), cells(2)).encode(encoding), name="成绩.csv")
    assert found["counts"] == {"deposited": 2}, found


async def test_full_width_digits_and_three_shapes_of_days_are_read(bank: SubmittingBank) -> None:
    wide = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    rows = [
        cells(1, **{"身份证号": resident(1).translate(wide), "总成绩": "８６", "考试日期": "2024年1月12日"}),
        cells(2, **{"考试日期": "2024/1/12"}),
        cells(3, **{"考试日期": "20240112"}),
    ]
    found = await bank.submitted(as_csv(HEADER, *rows).encode(), name="成绩.csv")
    assert found["counts"] == {"deposited": 3}, await bank.rows(found["submission_id"], "refused")
    days = await bank.sql("SELECT DISTINCT occurred_on::text FROM record_version")
    assert days == [("2024-01-12",)]


async def test_a_header_that_comes_twice_is_no_row(bank: SubmittingBank) -> None:
    found = await bank.submitted(as_csv(HEADER, cells(1), HEADER, cells(2)).encode(), name="成绩.csv")
    assert (found["counts"], found["set_aside"]) == ({"deposited": 2}, 2)


async def test_ruined_numbers_formulas_and_errors_cost_their_rows_and_name_their_cells(bank: SubmittingBank) -> None:
    into = io.BytesIO()
    book = xlsxwriter.Workbook(into, {"strings_to_formulas": False})
    sheet = book.add_worksheet("成绩")
    ruined = cells(2, **{"身份证号": 139900200501010020.0})
    for at, row in enumerate((HEADER, cells(1), ruined, cells(3), cells(4), cells(5))):
        sheet.write_row(at, 0, row)
    sheet.write_formula("F4", "=80+6", None, 86)
    sheet.write_formula("F5", "=NA()", None, "#N/A")
    book.close()
    found = await bank.submitted(into.getvalue(), name="成绩.xlsx")
    assert found["counts"] == {"deposited": 2, "refused": 3}, found
    refused = await bank.rows(found["submission_id"], "refused")
    assert [[cell["cell"] for cell in row["cells"]] for row in refused] == [["C3"], ["F4"], ["F5"]]
    assert all(row["problem"]["detail_zh"] and row["problem"]["detail_en"] for row in refused)


async def test_nul_and_halves_of_characters_in_json_cost_their_own_rows(bank: SubmittingBank) -> None:
    lines = ndjson(scored(1)) + b'{"kind":"training","title":"a\\u0000b"}\n' + b'{"kind":"\\ud800"}\n'
    lines += b"[1]\n" + b"[" * 5000 + b"\n" + b'{"kind":"course_result","score":1e999}\n' + ndjson(scored(2))
    found = await bank.submitted(lines)
    assert found["counts"] == {"deposited": 2, "refused": 5}, found
    assert {row["problem"]["code"] for row in await bank.rows(found["submission_id"], "refused")} == {"malformed"}
    await books_hold(bank)


# --- parts --------------------------------------------------------------------------------------------------------


async def begin(bank: SubmittingBank, by: Actor | None = None, **said: Any) -> str:
    begun = await bank.bank.call(
        "POST", "/v1/submissions", by or bank.client(), json={"file_name": "rows.ndjson", **said}
    )
    assert begun.status_code == 201, begun.text
    return str(begun.json()["submission_id"])


async def part(bank: SubmittingBank, submission_id: str, number: int, content: bytes, by: Actor | None = None) -> Any:
    headers = {"Content-Type": "application/octet-stream"}
    path = f"/v1/submissions/{submission_id}/parts/{number}"
    return await bank.bank.call("PUT", path, by or bank.client(), content=content, headers=headers)


async def complete(bank: SubmittingBank, submission_id: str, parts: int, **said: Any) -> Any:
    path = f"/v1/submissions/{submission_id}/completion"
    return await bank.bank.call("POST", path, bank.client(), json={"parts": parts, **said})


async def cancel(bank: SubmittingBank, submission_id: str) -> Any:
    return await bank.bank.call("POST", f"/v1/submissions/{submission_id}/cancellation", bank.client(), json={})


async def test_parts_come_out_of_order_twice_and_one_late(bank: SubmittingBank) -> None:
    content = ndjson(*(scored(n) for n in range(1, 30)))
    pieces = [content[at : at + 1000] for at in range(0, len(content), 1000)]
    submission_id = await begin(bank, size=len(content))
    for number in range(len(pieces), 1, -1):
        for _ in range(2):
            assert (await part(bank, submission_id, number, pieces[number - 1])).status_code == 200
    missing = await complete(bank, submission_id, len(pieces))
    assert (missing.status_code, missing.json()["code"]) == (409, "parts_missing")
    assert "1" in missing.json()["detail_en"]
    other = await part(bank, submission_id, 2, b"other bytes")
    assert (other.status_code, other.json()["code"]) == (409, "part_differs")
    assert (await part(bank, submission_id, 1, pieces[0])).status_code == 200
    seen = await bank.read(submission_id)
    assert seen["received"] == {"parts": list(range(1, len(pieces) + 1)), "bytes": len(content)}
    for _ in range(2):
        assert (await complete(bank, submission_id, len(pieces))).status_code == 202
    await bank.work()
    assert (await bank.read(submission_id))["counts"] == {"deposited": 29}
    assert (await complete(bank, submission_id, len(pieces))).json()["status"] == "done", "said a third time, later"
    fewer = await complete(bank, submission_id, len(pieces) - 1)
    assert (fewer.status_code, fewer.json()["code"]) == (409, "no_longer_receiving")
    late = await part(bank, submission_id, len(pieces) + 1, b"more")
    assert (late.status_code, late.json()["code"]) == (409, "no_longer_receiving")


async def test_a_part_too_many_is_said(bank: SubmittingBank) -> None:
    submission_id = await begin(bank)
    for number in (1, 2, 3):
        await part(bank, submission_id, number, ndjson(scored(number)))
    done = await complete(bank, submission_id, 2)
    assert (done.status_code, done.json()["code"]) == (409, "parts_missing")


async def test_bytes_that_are_not_those_announced_are_not_read(bank: SubmittingBank) -> None:
    content = ndjson(scored(1))
    submission_id = await begin(bank, size=len(content) + 1)
    await part(bank, submission_id, 1, content)
    done = await complete(bank, submission_id, 1)
    assert (done.status_code, done.json()["code"]) == (409, "size_differs")
    other = await bank.send(content, sha256="0" * 64)
    await bank.work()
    found = await bank.read(other)
    assert (found["status"], found["problem"]["code"]) == ("failed", "file_differs")
    assert await bank.sql("SELECT count(*) FROM record_version") == [(0,)]


async def test_two_gigabytes_are_refused_before_the_first_byte(bank: SubmittingBank) -> None:
    refused = await bank.bank.call(
        "POST", "/v1/submissions", bank.client(), json={"file_name": "大.csv", "size": 2 * 1024**3}
    )
    assert (refused.status_code, refused.json()["code"]) == (413, "file_too_large")
    assert await bank.sql("SELECT count(*) FROM submission_file") == [(0,)]


async def test_parts_beyond_the_limit_are_refused_and_a_part_beyond_a_body_too(
    addresses: Addresses, tmp_path: Path
) -> None:
    async with submitting(addresses, tmp_path, file_limit_mib=1, body_limit_mib=1) as bank:
        submission_id = await begin(bank)
        assert (await part(bank, submission_id, 1, b"x" * 700_000)).status_code == 200
        beyond = await part(bank, submission_id, 2, b"x" * 700_000)
        assert (beyond.status_code, beyond.json()["code"]) == (413, "file_too_large")
        body = await part(bank, submission_id, 2, b"x" * 1_200_000)
        assert body.status_code == 413
        assert (await bank.read(submission_id))["received"] == {"parts": [1], "bytes": 700_000}


async def test_a_client_that_vanishes_at_99_percent_is_waited_for_and_then_let_go(bank: SubmittingBank) -> None:
    content = ndjson(*(scored(n) for n in range(1, 101)))
    submission_id = await begin(bank, size=len(content))
    for at in range(99):
        share = content[len(content) * at // 100 : len(content) * (at + 1) // 100]
        assert (await part(bank, submission_id, at + 1, share)).status_code == 200
    await look_after(bank, housekeeping.expire, hours=71)
    assert (await bank.read(submission_id))["status"] == "receiving"
    await look_after(bank, housekeeping.expire, hours=73)
    found = await bank.read(submission_id)
    assert (found["status"], found["file_name"]) == ("expired", None)
    assert await bank.sql(NOTHING_WRITTEN) == [(0,)]
    last = await part(bank, submission_id, 100, content[len(content) * 99 // 100 :])
    assert (last.status_code, last.json()["code"]) == (409, "no_longer_receiving")
    done = await complete(bank, submission_id, 100)
    assert (done.status_code, done.json()["code"]) == (409, "no_longer_receiving")


async def look_after(bank: SubmittingBank, handler: Callable[[Work], Any], *, hours: float = 0, **about: Any) -> None:
    """Run a periodic handler as if it were so many hours later."""
    from creditbank.config import Settings
    from creditbank.identifiers import new_id
    from creditbank.sealing import Keyring

    things = {Settings: bank.settings, Keyring: bank.bank.keyring}
    later = clock.now() + timedelta(hours=hours)
    await handler(Work(bank.bank.database, new_id(), "test", "test", about, 1, later, things))


async def test_no_institution_begins_files_without_end(bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch) -> None:
    from creditbank.submissions import receiving

    monkeypatch.setattr(receiving, "UNFINISHED", 2)
    first = await begin(bank)
    await begin(bank)
    third = await bank.bank.call("POST", "/v1/submissions", bank.client(), json={"file_name": "x.csv"})
    assert (third.status_code, third.json()["code"]) == (409, "too_many_unfinished_submissions")
    await begin(bank, by=bank.client(bank.school))
    assert (await cancel(bank, first)).status_code == 200
    await begin(bank)


# --- several at once ----------------------------------------------------------------------------------------------


async def test_the_same_file_from_two_clients_at_once_is_written_once(bank: SubmittingBank) -> None:
    content = ndjson(*(scored(n) for n in range(1, 40)))
    one, other = bank.client(), bank.client()
    ids = await asyncio.gather(bank.send(content, actor=one, part=900), bank.send(content, actor=other, part=1700))
    await asyncio.gather(bank.work(), bank.work(), bank.work())
    await bank.work()
    found = sorted([(await bank.read(each))["counts"] for each in ids], key=str)
    assert found == [{"deposited": 39}, {"unchanged": 39}]
    assert await bank.sql("SELECT count(*), count(DISTINCT record_id) FROM record_version") == [(39, 39)]
    await books_hold(bank)


async def test_two_institutions_that_send_the_same_newcomers_at_once_open_one_account_each(
    bank: SubmittingBank,
) -> None:
    people = range(1, 120)
    college = ndjson(*(scored(n) for n in people))
    school = ndjson(*(scored(n) for n in reversed(people)))
    both = await asyncio.gather(
        bank.send(college), bank.send(school, actor=bank.client(bank.school)), return_exceptions=False
    )
    await asyncio.gather(*(bank.work() for _ in range(3)))
    await bank.work()
    actors = [bank.client(), bank.client(bank.school)]
    for submission_id, actor in zip(both, actors, strict=True):
        assert (await bank.read(submission_id, actor=actor))["counts"] == {"deposited": len(people)}
    assert await bank.sql("SELECT count(*) FROM learner") == [(len(people),)]
    assert not await bank.sql("SELECT kind, last_error FROM job WHERE last_error IS NOT NULL")
    await books_hold(bank)


async def test_what_is_ready_later_never_overtakes_what_runs(bank: SubmittingBank) -> None:
    """A file whose reading began first may be ready last; the one that runs meanwhile goes on after its worker died."""
    running = await bank.send(ndjson(scored(1)))
    await read_only(bank)
    await bank.sql("SELECT 1")
    async with bank.bank.database.session() as session:
        from creditbank.db import driver

        connection = await driver(session)
        await connection.execute(
            "UPDATE submission_file SET status = 'running', started_at = now() WHERE submission_id = %s", [running]
        )
    later = await bank.send(ndjson(scored(2)))
    await read_only(bank)
    async with bank.bank.database.session() as session:
        connection = await driver(session)
        await connection.execute(
            "UPDATE submission_file SET queued_at = queued_at - interval '1 hour' WHERE submission_id = %s", [later]
        )
    await bank.work()
    assert not await bank.sql("SELECT kind, last_error FROM job WHERE last_error IS NOT NULL")
    assert [(await bank.read(each))["status"] for each in (running, later)] == ["done", "done"]


async def read_only(bank: SubmittingBank) -> None:
    """Do the short jobs: a file is read, and not yet posted."""
    from creditbank.config import Settings
    from creditbank.jobs import run_due
    from creditbank.sealing import Keyring

    things = {Settings: bank.settings, Keyring: bank.bank.keyring}
    await run_due(bank.bank.database, worker="test", now=clock.now(), limit=20, things=things, lane="reading")


# --- stopping -----------------------------------------------------------------------------------------------------


async def test_a_submission_can_be_cancelled_whatever_it_waits_for(bank: SubmittingBank) -> None:
    receiving = await begin(bank)
    await part(bank, receiving, 1, ndjson(scored(1)))
    reading = await bank.send(ndjson(scored(2)))
    for each in (receiving, reading):
        stopped = await cancel(bank, each)
        assert (stopped.status_code, stopped.json()["status"]) == (200, "cancelled")
        assert stopped.json()["cancelled_after_row"] == 0
    await bank.work()
    mapping = await bank.submitted(workbook(("成绩", [HEADER, cells(3)])), name="成绩.xlsx", confirm=False)
    assert mapping["status"] == "needs_mapping"
    assert (await cancel(bank, mapping["submission_id"])).json()["status"] == "cancelled"
    queued = await bank.send(ndjson(scored(4)))
    await read_only(bank)
    assert (await bank.read(queued))["status"] == "queued"
    assert (await cancel(bank, queued)).json()["status"] == "cancelled"
    await bank.work()
    assert await bank.sql("SELECT count(*) FROM record_version") == [(0,)]
    assert (await cancel(bank, queued)).json()["status"] == "cancelled", "said again"
    done = await bank.submitted(ndjson(scored(5)))
    late = await cancel(bank, done["submission_id"])
    assert (late.status_code, late.json()["code"]) == (409, "submission_ended")
    assert await bank.sql("SELECT count(*) FROM submission_part") == [(0,)]
    assert not await bank.sql("SELECT kind, last_error FROM job WHERE last_error IS NOT NULL")


async def test_a_running_submission_stops_between_two_chunks_and_says_after_which_row(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 2 * LINES + 100
    submission_id = await bank.send(ndjson(*(scored(1, course_code="NONE") for _ in range(rows - 1)), scored(1)))
    stopped: list[Any] = []
    write = posting.write_outcomes

    async def then_cancel(session: Any, *said: Any, **more: Any) -> None:
        await write(session, *said, **more)
        if not stopped:
            stopped.append(asyncio.create_task(cancel(bank, submission_id)))
            await asyncio.sleep(0.2)  # it waits for this chunk's commit

    monkeypatch.setattr(posting, "write_outcomes", then_cancel)
    await bank.work()
    answer = await stopped[0]
    assert answer.status_code == 200
    found = await bank.read(submission_id)
    assert found["status"] == "cancelled"
    assert found["cancelled_after_row"] in (LINES, 2 * LINES)
    assert found["done"] == found["cancelled_after_row"]
    last = await bank.sql("SELECT max(row_no), count(*) FROM submission_row")
    assert last == [(found["cancelled_after_row"],) * 2]
    report = await bank.bank.call("GET", f"/v1/submissions/{submission_id}/report.xlsx", bank.client())
    assert report.status_code == 200, "what was not posted is given back with the rest"
    again = await bank.submitted(ndjson(scored(1)))
    assert again["counts"] == {"deposited": 1}


async def test_cancelling_while_a_file_is_read_leaves_nothing_of_it_behind(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission_id = await bank.send(ndjson(*(scored(n % 900) for n in range(3 * LINES))))
    staged = staging._stage

    async def cancelled_meanwhile(*said: Any) -> Any:
        found = await staged(*said)
        assert (await cancel(bank, submission_id)).json()["status"] == "cancelled"
        return found

    monkeypatch.setattr(staging, "_stage", cancelled_meanwhile)
    await bank.work()
    assert (await bank.read(submission_id))["status"] == "cancelled"
    assert await bank.sql("SELECT count(*) FROM submission_row") == [(0,)]
    assert await bank.sql("SELECT count(*) FROM submission_part") == [(0,)]
    assert not await bank.sql("SELECT kind, last_error FROM job WHERE last_error IS NOT NULL")


# --- the bank itself fails ----------------------------------------------------------------------------------------


async def test_a_row_that_the_bank_fails_on_costs_that_row_and_no_other(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(session: Any, rows: Any, **said: Any) -> Any:
        if any(row.learner.student_no == who(3)["student_no"] for _, row in rows):
            raise ZeroDivisionError(who(3)["name"])
        return await post_rows(session, rows, **said)

    monkeypatch.setattr(posting, "post_rows", failing)
    # The scores stand before the roster, and are given by student number alone.
    alone = {"name": who(2)["name"], "student_no": who(2)["student_no"]}
    content = ndjson(scored(1), course_row(learner=alone), scored(3), scored(4), entered(learner=who(2)))
    with capture_logs() as logs:
        found = await bank.submitted(content)
    assert found["counts"] == {"deposited": 4, "refused": 1}, await bank.rows(found["submission_id"], "refused")
    refused = await bank.rows(found["submission_id"], "refused")
    assert [(row["row"], row["problem"]["code"]) for row in refused] == [(3, "row_not_processed")]
    assert who(3)["name"] not in str(logs)
    monkeypatch.undo()
    again = await bank.submitted(content)
    assert again["counts"] == {"unchanged": 4, "deposited": 1}
    await books_hold(bank)


@pytest.mark.parametrize(
    "failure",
    [psycopg.errors.DiskFull("no space"), psycopg.errors.TooManyConnections("many"), OSError(28, "no space")],
    ids=["disk", "connections", "os"],
)
async def test_a_database_that_is_full_or_away_is_waited_for_and_blames_no_row(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    async def failing(session: Any, rows: Any, **said: Any) -> Any:
        raise failure

    monkeypatch.setattr(posting, "post_rows", failing)
    submission_id = await bank.send(ndjson(scored(1), scored(2)))
    await bank.work()
    found = await bank.read(submission_id)
    assert (found["status"], found["done"], found["counts"]) == ("running", 0, {})
    monkeypatch.undo()
    await due_now(bank)
    await bank.work()
    assert (await bank.read(submission_id))["counts"] == {"deposited": 2}


async def test_a_row_over_a_limit_of_the_database_costs_that_row(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(session: Any, rows: Any, **said: Any) -> Any:
        if any(row.learner.student_no == who(2)["student_no"] for _, row in rows):
            raise psycopg.errors.ProgramLimitExceeded("index row size")
        return await post_rows(session, rows, **said)

    monkeypatch.setattr(posting, "post_rows", failing)
    found = await bank.submitted(ndjson(*(scored(n) for n in range(1, 4))))
    assert found["counts"] == {"deposited": 2, "refused": 1}


async def due_now(bank: SubmittingBank) -> None:
    """What waits to be tried again is tried again now."""
    async with bank.bank.database.session() as session:
        from creditbank.db import driver

        await (await driver(session)).execute("UPDATE job SET run_at = now() WHERE finished_at IS NULL")


async def test_a_file_is_not_blamed_for_a_full_disk_however_long_it_lasts(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*said: Any) -> Any:
        raise psycopg.errors.DiskFull("no space")

    monkeypatch.setattr(staging, "_stage", failing)
    submission_id = await bank.send(ndjson(scored(1)))
    for _ in range(12):
        await bank.work()
        await due_now(bank)
    assert (await bank.read(submission_id))["status"] == "reading"
    assert await bank.sql("SELECT count(*) FROM job WHERE dead_at IS NOT NULL") == [(0,)]
    monkeypatch.undo()
    await bank.work()
    assert (await bank.read(submission_id))["counts"] == {"deposited": 1}


async def test_a_file_that_kills_its_workers_again_and_again_is_refused(bank: SubmittingBank) -> None:
    """A worker that dies writes nothing down; its lease ends, and the next one counts an attempt more."""
    submission_id = await bank.send(ndjson(scored(1)))
    async with bank.bank.database.session() as session:
        from creditbank.db import driver

        connection = await driver(session)
        await connection.execute(
            "UPDATE job SET attempts = %s, leased_by = 'dead', leased_until = now() - interval '1 second'"
            " WHERE kind = 'read a submission'",
            [staging.ATTEMPTS],
        )
    await bank.work()
    found = await bank.read(submission_id)
    assert (found["status"], found["problem"]["code"]) == ("failed", "file_not_processed")
    assert await bank.sql(NOTHING_WRITTEN) == [(0,)]


async def test_a_reader_that_fails_in_the_banks_own_code_refuses_the_file_in_the_end(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*said: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(staging, "_stage", failing)
    submission_id = await bank.send(ndjson(scored(1)))
    for _ in range(staging.ATTEMPTS + 1):
        await bank.work()
        await due_now(bank)
    found = await bank.read(submission_id)
    assert (found["status"], found["problem"]["code"]) == ("failed", "file_not_processed")


async def test_two_workers_that_read_one_file_leave_all_of_it(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was frozen for longer than its lease wakes up while another has just begun with the same file."""
    rows = 5 * LINES
    submission_id = await bank.send(ndjson(*(scored(1, course_code="NONE") for _ in range(rows))))
    monkeypatch.setattr(staging, "AT_ONCE", 1)
    loop = asyncio.get_running_loop()
    frozen, cleared, woken = asyncio.Event(), asyncio.Event(), asyncio.Event()
    chunks = staging._chunks

    def waiting(at_chunk: int, says: asyncio.Event, waits: asyncio.Event) -> Any:
        def some(*said: Any) -> Any:
            for at, chunk in enumerate(chunks(*said), start=1):
                if at == at_chunk:
                    loop.call_soon_threadsafe(says.set)
                    asyncio.run_coroutine_threadsafe(waits.wait(), loop).result()
                yield chunk

        return some

    about = {"submission_id": submission_id}
    monkeypatch.setattr(staging, "_chunks", waiting(4, frozen, cleared))
    first = asyncio.create_task(look_after(bank, staging.read_submission, **about))
    await frozen.wait()
    monkeypatch.setattr(staging, "_chunks", waiting(1, cleared, woken))
    second = asyncio.create_task(look_after(bank, staging.read_submission, **about))
    await asyncio.wait([first])
    woken.set()
    await asyncio.gather(first, second, return_exceptions=True)
    monkeypatch.setattr(staging, "_chunks", chunks)
    await bank.work()
    await due_now(bank)
    await bank.work()
    found = await bank.read(submission_id)
    assert (found["status"], found["rows"], found["counts"]) == ("done", rows, {"refused": rows})


async def test_a_reader_that_wakes_up_late_takes_nothing_away_from_a_file_that_runs(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission_id = await bank.send(ndjson(*(scored(1, course_code="NONE") for _ in range(2 * LINES))))
    stage = staging._stage
    waiting, late = asyncio.Event(), asyncio.Event()

    async def late_one(*said: Any) -> Any:
        waiting.set()
        await late.wait()
        monkeypatch.setattr(staging, "_chunks", dying)
        return await stage(*said)

    def dying(*said: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(staging, "_stage", late_one)
    first = asyncio.create_task(look_after(bank, staging.read_submission, submission_id=submission_id))
    await waiting.wait()
    monkeypatch.setattr(staging, "_stage", stage)
    await read_only(bank)
    assert (await bank.read(submission_id))["status"] == "queued"
    late.set()
    await asyncio.gather(first, return_exceptions=True)
    await bank.work()
    found = await bank.read(submission_id)
    assert (found["status"], found["counts"]) == ("done", {"refused": 2 * LINES})


async def test_a_file_is_not_refused_because_the_database_did_not_answer(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*said: Any) -> Any:
        raise TemporarilyUnavailable

    monkeypatch.setattr(staging, "_stage", failing)
    submission_id = await bank.send(ndjson(scored(1)))
    await bank.work()
    assert (await bank.read(submission_id))["status"] == "reading"
    monkeypatch.undo()
    await due_now(bank)
    await bank.work()
    assert (await bank.read(submission_id))["counts"] == {"deposited": 1}


async def test_a_line_that_the_bank_cannot_even_read_costs_that_line(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = RowReader.read

    def failing(self: RowReader, line: Any) -> Any:
        if line.row_no == 2:
            raise ZeroDivisionError
        return read(self, line)

    monkeypatch.setattr(RowReader, "read", failing)
    found = await bank.submitted(ndjson(*(scored(n) for n in range(1, 4))))
    assert found["counts"] == {"deposited": 2, "refused": 1}
    assert (await bank.rows(found["submission_id"], "refused"))[0]["problem"]["code"] == "row_not_processed"


@pytest.mark.parametrize("act", ["withdraw", "reassign"])
async def test_a_change_that_the_bank_fails_on_costs_that_row(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    sent = await bank.submitted(ndjson(*(scored(n) for n in range(1, 4))))
    records = [row["record_id"] for row in await bank.rows(sent["submission_id"])]
    name = "withdraw_rows" if act == "withdraw" else "reassign"
    does = getattr(changing, name)

    async def failing(session: Any, asked: Any, *said: Any, **more: Any) -> Any:
        if records[1] in str(asked):
            raise ZeroDivisionError
        return await does(session, asked, *said, **more)

    monkeypatch.setattr(changing, name, failing)
    rows = [{"record_id": record, "learner": who(7 + at)} for at, record in enumerate(records)]
    found = await bank.submitted(ndjson(*rows), act=act, reason="核对有误")
    assert found["counts"] == {"withdrawn" if act == "withdraw" else "reassigned": 2, "refused": 1}
    assert (await bank.rows(found["submission_id"], "refused"))[0]["problem"]["code"] == "row_not_processed"
    await books_hold(bank)


@pytest.mark.parametrize("act", ["withdraw", "reassign"])
async def test_trying_out_a_withdrawal_or_a_reassignment_changes_nothing(bank: SubmittingBank, act: str) -> None:
    sent = await bank.submitted(ndjson(scored(1)))
    record = (await bank.rows(sent["submission_id"]))[0]["record_id"]
    versions = await bank.sql("SELECT count(*) FROM record_version")
    rows = [{"record_id": record, "learner": who(9)}, {"record_id": "nonsense", "learner": who(9)}, {"learner": 5}]
    found = await bank.submitted(ndjson(*rows), act=act, reason="x", dry_run=True)
    assert found["counts"] == {"acceptable": 1, "refused": 2}
    assert await bank.sql("SELECT count(*) FROM record_version") == versions


@pytest.mark.parametrize("act", ["withdraw", "reassign"])
async def test_changes_that_name_nothing_are_refused_each_for_itself(bank: SubmittingBank, act: str) -> None:
    rows: list[Any] = [
        {"record_id": []}, {"record_id": None}, {"record_id": "\0"}, {"key": {}}, {"key": "\0"}, {"key": ""},
        {"kind": [], "learner": who(1)}, {"kind": "course_result", "learner": [1]},
        {"kind": "certificate", "number": {}},
        {"record_id": str(UUID(int=1)), "reason": "\0"}, {"record_id": str(UUID(int=2)), "reason": [1]},
        {**scored(1), "learner": {"name": {}}}, scored(1, academic_year=7), {},
    ]  # fmt: skip
    found = await bank.submitted(ndjson(*rows), act=act, reason="核对有误")
    assert found["counts"] == {"refused": len(rows)}
    codes = {row["problem"]["code"] for row in await bank.rows(found["submission_id"])}
    assert "row_not_processed" not in codes, await bank.rows(found["submission_id"])


_WEIRD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.just("\0"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_whatever_a_line_of_json_says_it_is_a_row_a_change_or_a_refusal(data: st.DataObject, keyring: Keyring) -> None:
    """Nothing breaks the reading, and nothing that PostgreSQL cannot keep comes out of it."""
    row = data.draw(st.sampled_from([scored(1), entered(), {"record_id": "x", "reason": "x", "key": "k"}]))
    said = {**row, data.draw(st.sampled_from([*row, "learner", "kind", "key", "title"])): data.draw(_WEIRD)}
    reader = RowReader(
        data.draw(st.sampled_from(["report", "withdraw"])), None, keyring=keyring, today=clock.today(clock.now())
    )
    read = reader.read(Line(1, (), json.dumps(said)))
    assert (read.row is not None) + (read.change is not None) + (read.became is not None) == 1
    assert read.change is None or "\0" not in str(read.change)
    if read.became is not None:
        assert read.became.outcome == "refused"
        assert "\0" not in f"{read.became.about}{read.became.term}{read.became.kind}"


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring.open(tmp_path_factory.mktemp("keys"), create=True)


# --- a full disk --------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk() -> Any:
    """A folder of few mebibytes, in memory."""
    folder = Path(tempfile.mkdtemp(prefix="cb-full-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=120m,mode=755", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip("a file system of a fixed size cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")
async def test_a_full_disk_is_said_and_waited_for(small_disk: Path, tmp_path: Path) -> None:
    with embedded.start(small_disk, throwaway=True) as server:
        with connect(server.addresses.superuser) as superuser:
            for setting, value in (("max_wal_size", "32MB"), ("min_wal_size", "32MB")):
                superuser.execute(f"ALTER SYSTEM SET {setting} = '{value}'")  # type: ignore[call-overload]
            superuser.execute("SELECT pg_reload_conf()")
        upgrade(server.addresses.owner)
        async with submitting(server.addresses, tmp_path) as bank:
            before = await bank.submitted(ndjson(*(scored(n) for n in range(1, 50))))
            assert before["counts"] == {"deposited": 49}
            waiting = await bank.send(ndjson(*(scored(n) for n in range(50, 950))))
            ballast = small_disk / "ballast"
            fill(ballast, small_disk)
            answers = []
            submission_id = None
            for number in range(1, 12):
                begun = await bank.bank.call(
                    "POST", "/v1/submissions", bank.client(), json={"file_name": "rows.ndjson"}
                )
                if begun.status_code == 201:
                    submission_id = begun.json()["submission_id"]
                    answers.append(await part(bank, submission_id, number, os.urandom(4 << 20)))
                else:
                    answers.append(begun)
                if answers[-1].status_code != 200:
                    break
            told = answers[-1]
            assert told.status_code == 503, (told.status_code, told.text)
            assert told.json()["detail_zh"]
            assert int(told.headers["retry-after"]) > 0
            await bank.work()
            found = await bank.read(waiting)
            assert found["status"] in ("reading", "queued", "running"), found
            assert found["counts"] == {}
            ballast.unlink()
            for _ in range(3):
                await due_now(bank)
                await bank.work()
            found = await bank.read(waiting)
            assert (found["status"], found["counts"]) == ("done", {"deposited": 900})
            await books_hold(bank)


def fill(ballast: Path, disk: Path) -> None:
    """Leave next to nothing on a disk."""
    with ballast.open("wb", buffering=0) as file:
        size = 1 << 20
        while size >= 4096:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 2
    assert shutil.disk_usage(disk).free < 64 * 1024


# --- holds for identity -------------------------------------------------------------------------------------------


def somebody_else(number: int) -> dict[str, Any]:
    """A row that names somebody with another's number."""
    return course_row(learner={**who(number), "name": "演示别人"}, course_code="C900")


@pytest.fixture
def few_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "MISMATCHES", 5)


@pytest.mark.usefixtures("few_holds")
async def test_too_many_holds_pause_a_file_until_an_officer_lets_it_go_on(bank: SubmittingBank) -> None:
    await bank.submitted(ndjson(*(scored(n) for n in range(1, 20))))
    content = ndjson(
        *(somebody_else(n) for n in range(1, 8)), *(scored(1, course_code="NONE") for _ in range(LINES - 7)),
        *(somebody_else(n) for n in range(8, 12)), scored(15, course_code="C900"),
    )  # fmt: skip
    submission_id = await bank.send(content)
    await bank.work()
    found = await bank.read(submission_id)
    assert (found["status"], found["problem"]["code"]) == ("paused", "too_many_identity_holds")
    assert found["done"] == LINES, "what was posted stays"
    assert found["counts"] == {"held": 7, "refused": LINES - 7}
    assert found["continue_at"] > clock.now().isoformat()
    behind = await bank.send(ndjson(scored(16, course_code="C900")))
    await bank.work()
    assert (await bank.read(behind))["status"] == "queued", "the institution's next file does not overtake it"
    path = f"/v1/submissions/{submission_id}/continuation"
    for stranger in (bank.client(), person("registrar", institution_id=bank.college.institution_id)):
        assert (await bank.bank.call("POST", path, stranger, json={})).status_code in (403, 404)
    on = await bank.bank.call("POST", path, person("officer"), json={})
    assert (on.status_code, on.json()["status"]) == (200, "queued")
    again = await bank.bank.call("POST", path, person("officer"), json={})
    assert (again.status_code, again.json()["code"]) == (409, "submission_not_paused")
    await bank.work()
    found = await bank.read(submission_id)
    assert (found["status"], found["problem"]) == ("done", None)
    assert found["counts"] == {"held": 11, "refused": LINES - 7, "deposited": 1}
    await bank.work()
    assert (await bank.read(behind))["status"] == "done"
    acts = await bank.sql("SELECT act, count(*) FROM access_entry GROUP BY act")
    assert ("submission_let_go_on", 1) in acts
    assert any(act == "record_identities_differ" for act, _ in acts)


@pytest.mark.usefixtures("few_holds")
async def test_a_paused_file_goes_on_by_itself_the_next_day(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bank.submitted(ndjson(*(scored(n) for n in range(1, 20))))
    content = ndjson(*(somebody_else(n) for n in range(1, 8)), *(scored(1, course_code="NONE") for _ in range(LINES)),
                     somebody_else(9))  # fmt: skip
    submission_id = await bank.send(content)
    await bank.work()
    assert (await bank.read(submission_id))["status"] == "paused"
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(hours=23))
    await bank.work()
    assert (await bank.read(submission_id))["status"] == "paused"
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(hours=25))
    await bank.work()
    assert (await bank.read(submission_id))["counts"] == {"held": 8, "refused": LINES}


@pytest.mark.usefixtures("few_holds")
async def test_trying_out_names_by_reassigning_is_counted_too(bank: SubmittingBank) -> None:
    sent = await bank.submitted(ndjson(*(scored(n) for n in range(1, 9))))
    records = [row["record_id"] for row in await bank.rows(sent["submission_id"])]
    to = {"name": "演示别人", "document": who(8)["document"]}
    rows = ndjson(*({"record_id": record, "learner": to} for record in records[:7]))
    first = await bank.submitted(rows, act="reassign", reason="报错人")
    assert first["counts"] == {"refused": 7}
    again = await bank.submitted(rows, act="reassign", reason="报错人")
    assert (again["status"], again["problem"]["code"]) == ("paused", "too_many_identity_holds")


@pytest.mark.usefixtures("few_holds")
async def test_a_paused_file_can_be_cancelled(bank: SubmittingBank) -> None:
    await bank.submitted(ndjson(*(scored(n) for n in range(1, 20))))
    submission_id = await bank.send(
        ndjson(*(somebody_else(n) for n in range(1, 8)), *(scored(1, course_code="NONE") for _ in range(LINES)),
               somebody_else(9))
    )  # fmt: skip
    await bank.work()
    stopped = await cancel(bank, submission_id)
    assert (stopped.json()["status"], stopped.json()["cancelled_after_row"]) == ("cancelled", LINES)


# --- trying out ---------------------------------------------------------------------------------------------------

_OF_PEOPLE = (
    "learner", "learner_head", "learner_document", "learner_name", "learner_key", "identity_key", "enrolment",
    "record_version", "record_current", "record_key", "certificate_key", "posting", "entry", "decision", "held_row",
    "submission", "outbox", "throttle", "access_entry",
)  # fmt: skip


async def test_a_dry_run_writes_nothing_but_its_own_outcomes_and_asks_after_nobody(bank: SubmittingBank) -> None:
    await bank.submitted(ndjson(scored(1)))
    there = await tables(bank)
    counts = {table: await bank.sql(f"SELECT count(*) FROM {table}") for table in _OF_PEOPLE if table in there}
    assert len(counts) > 12
    rows = [scored(1), somebody_else(1), scored(2), scored(3, course_code="NONE"), entered(learner=who(4)),
            course_row(learner={"name": "演示某", "student_no": "不存在"})]  # fmt: skip
    statements = await statements_of(bank, partial(bank.submitted, ndjson(*rows), dry_run=True))
    submission_id = (await bank.sql("SELECT submission_id FROM submission_file WHERE dry_run"))[0][0]
    found = await bank.read(str(submission_id))
    assert found["counts"] == {"acceptable": 5, "refused": 1}, found
    after = {table: await bank.sql(f"SELECT count(*) FROM {table}") for table in counts}
    assert after == counts
    touched = [one for one in statements if any(f" {table} " in f" {one} " for table in _NAMES_PEOPLE)]
    assert len(statements) > 5
    indexes = await bank.sql("SELECT encode(number_index, 'hex') FROM learner_document")
    for statement in touched:
        assert "INSERT INTO learner" not in statement
        assert not any(index in statement for (index,) in indexes)
    for row in await bank.rows(str(submission_id)):
        assert row["record_id"] is row["held_row_id"] is None
    in_earnest = await statements_of(bank, partial(bank.submitted, ndjson(*rows)))
    assert any(index in statement for (index,) in indexes for statement in in_earnest), "a look-up would be seen"


_NAMES_PEOPLE = ("learner_document", "learner_name", "identity_key", "enrolment", "record_key", "certificate_key")


async def tables(bank: SubmittingBank) -> set[str]:
    return {name for (name,) in await bank.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


async def statements_of(bank: SubmittingBank, act: Callable[[], Any]) -> list[str]:
    """What the bank's connections ran during an act, with what was looked up: as PostgreSQL logs it."""
    run: list[str] = []
    execute = psycopg.AsyncCursor.execute
    raw = psycopg.AsyncRawCursor.execute

    async def seen(self: Any, query: Any, params: Any = None, **more: Any) -> Any:
        run.append(f"{query} {said(params)}")
        return await execute(self, query, params, **more)

    async def seen_raw(self: Any, query: Any, params: Any = None, **more: Any) -> Any:
        run.append(f"{query} {said(params)}")
        return await raw(self, query, params, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.AsyncCursor, "execute", seen)
        patch.setattr(psycopg.AsyncRawCursor, "execute", seen_raw)
        await act()
    return run


def said(params: Any) -> str:
    """Parameters as text, bytes in hexadecimal."""
    if isinstance(params, dict):
        return said(list(params.values()))
    if isinstance(params, list | tuple):
        return " ".join(said(one) for one in params)
    return bytes(params).hex() if isinstance(params, bytes | bytearray | memoryview) else str(params)


# --- withdrawing and reassigning by file --------------------------------------------------------------------------


async def test_a_file_of_withdrawals_said_twice_changes_nothing_the_second_time(bank: SubmittingBank) -> None:
    rows = [scored(n) for n in range(1, 5)]
    sent = await bank.submitted(ndjson(*rows))
    records = [row["record_id"] for row in await bank.rows(sent["submission_id"])]
    by_content = {name: rows[1][name] for name in ("kind", "learner", "course_code", "academic_year", "term")}
    by_content |= {"occurred_on": rows[1]["occurred_on"], "score": rows[1]["score"]}
    content = ndjson({"record_id": records[0]}, by_content, {"record_id": records[0]}, {"record_id": str(UUID(int=7))},
                     {"record_id": "nonsense"}, {"record_id": records[3], "reason": "重复报送"})  # fmt: skip
    first = await bank.submitted(content, act="withdraw", reason="核对有误")
    assert first["counts"] == {"withdrawn": 3, "unchanged": 1, "refused": 2}, await bank.rows(first["submission_id"])
    codes = [row["problem"]["code"] for row in await bank.rows(first["submission_id"], "refused")]
    assert codes == ["record_to_withdraw_unknown", "record_to_withdraw_unknown"]
    versions = await bank.sql("SELECT count(*) FROM record_version")
    again = await bank.submitted(content, act="withdraw", reason="核对有误")
    assert again["counts"] == {"unchanged": 4, "refused": 2}
    assert await bank.sql("SELECT count(*) FROM record_version") == versions
    stranger = await bank.submitted(
        ndjson({"record_id": records[2]}), act="withdraw", reason="x", actor=bank.client(bank.school)
    )
    rows_of_stranger = await bank.rows(stranger["submission_id"], actor=bank.client(bank.school))
    assert rows_of_stranger[0]["problem"]["code"] == "record_to_withdraw_unknown"
    without = await bank.submitted(ndjson({"record_id": records[2]}), act="withdraw")
    assert (await bank.rows(without["submission_id"]))[0]["problem"]["code"] == "reason_missing"
    back = await bank.submitted(ndjson(*rows))
    assert back["counts"]["unchanged"] == 1
    await books_hold(bank)


async def test_a_file_of_reassignments_said_twice_changes_nothing_the_second_time(bank: SubmittingBank) -> None:
    sent = await bank.submitted(ndjson(*(scored(n) for n in range(1, 5)), scored(6, course_code="C900")))
    records = [row["record_id"] for row in await bank.rows(sent["submission_id"])]
    to = {name: who(6)[name] for name in ("name", "document")}
    content = ndjson(
        {"record_id": records[0], "learner": to},
        {"record_id": str(UUID(int=7)), "learner": to},
        {"record_id": records[1], "learner": {"name": "x"}},
        {"record_id": records[2], "learner": {**to, "name": "演示别人"}},
    )
    first = await bank.submitted(content, act="reassign", reason="报错人")
    rows = await bank.rows(first["submission_id"])
    assert rows[0]["outcome"] == "reassigned", rows
    assert [row["outcome"] for row in rows[1:]] == ["refused"] * 3
    assert "演示" not in str(rows[3]["problem"])
    versions = await bank.sql("SELECT count(*) FROM record_version")
    again = await bank.submitted(content, act="reassign", reason="报错人")
    assert again["counts"] == {"unchanged": 1, "refused": 3}
    assert await bank.sql("SELECT count(*) FROM record_version") == versions
    await books_hold(bank)
