"""What a file, a mapping and an institution may cost the bank at most, and what is not taken for what it is not."""

from __future__ import annotations

import io
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from creditbank.db import Database
from creditbank.submissions import mappings, outcomes, receiving, report, staging
from creditbank.submissions.cells import Line
from creditbank.submissions.files.opening import open_file
from creditbank.submissions.given_back import as_sent
from creditbank.submissions.keeping import key_of, open_field
from creditbank.submissions.tables import SubmissionFile
from tests.submissions.bank import SubmittingBank, ndjson, workbook
from tests.submissions.test_bad_files import HEADER, as_csv, begin, cells, part, scored

# --- parts --------------------------------------------------------------------------------------------------------


async def test_a_file_in_crumbs_is_not_taken(bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "PARTS", 3)
    submission_id = await begin(bank)
    for number in (1, 2):
        assert (await part(bank, submission_id, number, b"x")).status_code == 200
    beyond = await part(bank, submission_id, 4, b"x")
    assert (beyond.status_code, beyond.json()["code"]) == (409, "too_many_parts")
    assert (await part(bank, submission_id, 3, b"x")).status_code == 200
    assert (await part(bank, submission_id, 2, b"x")).status_code == 200, "the same part again is no part more"


async def test_whatever_has_not_ended_counts_as_unfinished(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "UNFINISHED", 1)

    async def one_more() -> int:
        said = {"file_name": "x.csv"}
        return (await bank.bank.call("POST", "/v1/submissions", bank.client(), json=said)).status_code

    submission_id = await bank.send(as_csv(HEADER, cells(1)).encode(), name="成绩.csv")
    for status in ("reading", "needs_mapping"):
        assert (await bank.read(submission_id))["status"] == status
        assert await one_more() == 409
        await bank.work()
    found = (await bank.bank.call("GET", f"/v1/submissions/{submission_id}/preview", bank.client())).json()
    path = f"/v1/submissions/{submission_id}/mapping"
    assert (await bank.bank.call("PUT", path, bank.client(), json=found["mapping"])).status_code == 200
    assert (await bank.read(submission_id))["status"] == "queued"
    assert await one_more() == 409
    await bank.work()
    assert (await bank.read(submission_id))["status"] == "done"
    assert await one_more() == 201


# --- a mapping ----------------------------------------------------------------------------------------------------


async def test_a_mapping_without_end_is_refused(bank: SubmittingBank) -> None:
    sent = await bank.submitted(as_csv(HEADER, cells(1)).encode(), name="成绩.csv", confirm=False)
    path = f"/v1/submissions/{sent['submission_id']}"
    mapping = (await bank.bank.call("GET", f"{path}/preview", bank.client())).json()["mapping"]
    sheet = mapping["sheets"][0]
    long = mapping | {"sheets": [sheet | {"ignored": [f"{number:03d}{'列' * 190}" for number in range(200)]}]}
    refused = await bank.bank.call("PUT", f"{path}/mapping", bank.client(), json=long)
    assert (refused.status_code, refused.json()["code"]) == (409, "mapping_does_not_fit")
    assert "64 KiB" in refused.json()["detail_zh"]
    assert await bank.sql("SELECT count(*) FROM column_mapping") == [(0,)]
    assert (await bank.bank.call("PUT", f"{path}/mapping", bank.client(), json=mapping)).status_code == 200


async def test_a_list_leaves_out_what_may_be_long(bank: SubmittingBank) -> None:
    sent = await bank.submitted(as_csv(HEADER, cells(1)).encode(), name="成绩.csv")
    coming = await begin(bank)
    await part(bank, coming, 1, b"x")
    listed = (await bank.bank.call("GET", "/v1/submissions", bank.client())).json()["submissions"]
    assert {one["submission_id"]: (one["mapping"], one["received"]) for one in listed} == {
        sent["submission_id"]: (None, None),
        coming: (None, None),
    }
    assert (await bank.read(sent["submission_id"]))["mapping"]["sheets"][0]["kind"] == "course_result"
    assert (await bank.read(coming))["received"] == {"parts": [1], "bytes": 1}


# --- what is kept to propose from ---------------------------------------------------------------------------------


async def test_long_cells_are_cut_in_samples_and_nowhere_else(bank: SubmittingBank) -> None:
    long = "长" * 30_000
    rows = [HEADER, *([*cells(number), long] for number in range(1, 61))]
    sent = await bank.submitted(workbook(("成绩", rows)), name="成绩.xlsx")
    async with bank.bank.database.session() as session:
        file = await session.get_one(SubmissionFile, sent["submission_id"])
    key = key_of(bank.bank.keyring, file.submission_id, file.key_wrapped)
    layout = open_field(key, file.submission_id, "layout", file.layout_sealed or b"")
    kept = [cell for sample in layout["samples"] for _, line in sample["lines"] for cell in line]
    assert max(len(cell) for cell in kept if isinstance(cell, str)) == mappings.SAMPLED + 1
    assert len(file.layout_sealed or b"") < 200_000
    assert len(file.sheets_sealed or b"") < 200, "what every page of rows opens is short"
    (first, *_) = await bank.rows(sent["submission_id"])
    assert first["sheet"] == "成绩"
    one = await bank.bank.call("GET", f"/v1/submissions/{sent['submission_id']}/rows/2", bank.client())
    assert one.json()["cells"][-1]["content"] == long


async def test_a_row_as_it_was_sent_says_the_header_of_each_cell(bank: SubmittingBank) -> None:
    rows = [HEADER, [*cells(1), "表外"]]
    sent = await bank.submitted(workbook(("成绩", rows)), name="成绩.xlsx")
    found = await bank.bank.call("GET", f"/v1/submissions/{sent['submission_id']}/rows/2", bank.client())
    said: list[dict[str, Any]] = found.json()["cells"]
    assert said[0] == {"cell": "A2", "header": HEADER[0], "content": cells(1)[0]}
    assert said[-1]["header"] is None
    assert said[-1]["content"] == "表外"


# --- the file given back ------------------------------------------------------------------------------------------


async def test_a_report_holds_one_chunk_and_no_connection_while_it_writes(
    bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "LINES", 2)
    sent = await bank.submitted(ndjson(*(scored(number) for number in range(1, 6)), scored(9, course_code="NONE")))
    session, write_all = Database.session, report._Writer.write_all
    held, wrote = [0], []

    @asynccontextmanager
    async def counted(self: Database) -> AsyncIterator[Any]:
        async with session(self) as opened:
            held[0] += 1
            try:
                yield opened
            finally:
                held[0] -= 1

    def watched(self: Any, batch: Any) -> None:
        rows = list(batch)
        in_a_thread = threading.current_thread() is not threading.main_thread()
        wrote.append((len(rows), held[0], in_a_thread, [row.became.outcome for row in rows if row.became]))
        write_all(self, rows)

    async with bank.bank.database.session() as opened:
        file = await opened.get_one(SubmissionFile, sent["submission_id"])
    monkeypatch.setattr(Database, "session", counted)
    monkeypatch.setattr(report._Writer, "write_all", watched)
    made = await report.make_report(
        bank.bank.database, file, keyring=bank.bank.keyring, language="zh", only_attention=False
    )
    made.close()
    assert wrote == [(2, 0, True, ["deposited"] * 2)] * 2 + [(2, 0, True, ["deposited", "refused"])]


async def test_chunks_come_one_after_another(bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "LINES", 2)
    sent = await bank.submitted(ndjson(*(scored(number) for number in range(1, 6))))
    async with bank.bank.database.session() as session:
        found = [chunk async for chunk in outcomes.chunks_of(session, sent["submission_id"])]
    assert [(chunk.chunk_no, chunk.first_row, chunk.last_row) for chunk in found] == [(1, 1, 2), (2, 3, 4), (3, 5, 5)]


# --- a report sent again ------------------------------------------------------------------------------------------


def as_json_lines(*rows: list[Any]) -> bool:
    """Whether a workbook with these rows is taken for a report on lines of JSON."""
    content = workbook(("一", rows))
    opened = open_file(io.BytesIO(content), file_name="x.xlsx", size=len(content))
    taken: list[Line] = list(as_sent(opened.lines()))
    return all(line.text is not None for line in taken)


def test_one_brace_does_not_make_a_table_json() -> None:
    table = [["备注", "学号"], *([f"第{number}行", "20230001"] for number in range(1, 9))]
    assert not as_json_lines(*table)
    assert not as_json_lines(*table, ["{见附件}", "20230002"])
    assert not as_json_lines(["{模板 3.1}"], *table)
    assert not as_json_lines(["{模板 3.1}"], *table[:2])


def test_a_report_with_a_broken_line_is_json_still() -> None:
    line = str(scored(1)).replace("'", '"')
    assert as_json_lines([line, "已存入"], ["not json", "不予受理"], [line, "已存入"])
    assert as_json_lines(["not json", "不予受理"], [line, "已存入"])
    assert as_json_lines(["行"], [line, "已存入"], [line, "已存入"])
