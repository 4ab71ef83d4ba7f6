"""What is kept of a file, for how long, who sees it; and the file given back with nothing of it changed."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from structlog.testing import capture_logs

from creditbank.database_roles import connect
from creditbank.submissions import housekeeping
from creditbank.submissions.files.opening import Limits, open_file
from creditbank.submissions.report import COLUMNS
from tests.open_bank import machine, person
from tests.records.town import resident
from tests.submissions.bank import SubmittingBank, ndjson, workbook
from tests.submissions.test_bad_files import HEADER, as_csv, books_hold, cells, look_after, scored, somebody_else, who

TERM = {"academic_year": "2023-2024", "term": 1}


async def report_of(bank: SubmittingBank, submission_id: str, **query: Any) -> bytes:
    """The file given back."""
    found = await bank.bank.call("GET", f"/v1/submissions/{submission_id}/report.xlsx", bank.client(), params=query)
    assert found.status_code == 200, found.text
    return found.content


def lines_of(content: bytes, name: str = "x.xlsx") -> list[tuple[int, list[Any]]]:
    """Rows with their cells as the bank reads them."""
    opened = open_file(io.BytesIO(content), file_name=name, size=len(content), limits=Limits())
    return [(line.row_no, list(line.cells) if line.text is None else [line.text]) for line in opened.lines()]


def without_report(lines: list[tuple[int, list[Any]]]) -> list[tuple[int, list[Any]]]:
    """The same without what a report adds: its two columns, found by their titles in each sheet."""
    found = {row_no >> 20: row.index(title) for row_no, row in lines for title in COLUMNS["zh"][:1] if title in row}
    return [(row_no, trimmed(row[: found.get(row_no >> 20)])) for row_no, row in lines]


def trimmed(row: list[Any]) -> list[Any]:
    """A row without the blanks at its end."""
    while row and row[-1] is None:
        row = row[:-1]
    return row


# --- the file given back ------------------------------------------------------------------------------------------


def full_book() -> bytes:
    """Two sheets, a title, numbers, days, marks, a remark behind the last header, a signature."""
    into = io.BytesIO()
    book = xlsxwriter.Workbook(into, {"strings_to_numbers": False, "strings_to_formulas": False})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    first, second = book.add_worksheet("一班"), book.add_worksheet("二班")
    first.write(0, 0, "演示职业学院成绩表")
    for sheet, top, numbers in ((first, 1, (1, 2, 3)), (second, 0, (4, 5))):
        sheet.write_row(top, 0, HEADER)
        for at, number in enumerate(numbers, start=top + 1):
            sheet.write_row(at, 0, cells(number, **{"总成绩": 80.5 + number, "备注": "=1+1" if number == 2 else None}))
            sheet.write_datetime(at, 8, date(2024, 1, 12), day)
    first.write(2, 10, "表外备注")
    first.write(3, 11, "再外一列")
    first.write(4, 3, "没有这门课")
    first.write(6, 0, "教务处（盖章）")
    book.close()
    return into.getvalue()


async def test_a_workbook_comes_back_with_every_value_in_its_place(bank: SubmittingBank) -> None:
    content = full_book()
    sent = await bank.submitted(content, name="成绩.xlsx")
    assert sent["counts"] == {"deposited": 4, "refused": 1}, await bank.rows(sent["submission_id"])
    report = await report_of(bank, sent["submission_id"])
    assert without_report(lines_of(report)) == [(row_no, trimmed(row)) for row_no, row in lines_of(content)]
    again = await bank.submitted(report, name="成绩.报送结果.xlsx")
    assert again["counts"] == {"unchanged": 4, "refused": 1}, again
    refusals = [
        [(row["row"], row["problem"]["code"], row["cells"]) for row in await bank.rows(one["submission_id"], "refused")]
        for one in (sent, again)
    ]
    assert refusals[0] == refusals[1]
    twice = await report_of(bank, again["submission_id"])
    assert without_report(lines_of(twice)) == without_report(lines_of(report))
    mended = workbook(
        *(
            (name, [["C101" if cell == "没有这门课" else cell for cell in row] for row in rows])
            for name, rows in sheets_of(twice)
        )
    )
    done = await bank.submitted(mended, name="成绩.xlsx")
    assert done["counts"] == {"unchanged": 4, "deposited": 1}, await bank.rows(done["submission_id"], "refused")
    await books_hold(bank)


XML_OF_THEIR_OWN = '<r><t>x</t></r></is></c><c r="Z2"><f>HYPERLINK("https://a.example")</f></c><c r="AA2"><is><r></r>'


async def test_what_looks_like_xml_of_a_workbook_comes_back_as_text(bank: SubmittingBank) -> None:
    into = io.StringIO()
    csv.writer(into).writerows([HEADER, cells(1, **{"备注": XML_OF_THEIR_OWN})])
    sent = await bank.submitted(into.getvalue().encode(), name="成绩.csv")
    report = await report_of(bank, sent["submission_id"])
    with zipfile.ZipFile(io.BytesIO(report)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert XML_OF_THEIR_OWN in [cell.strip() for _, row in lines_of(report) for cell in row if isinstance(cell, str)]


def sheets_of(content: bytes) -> Iterator[tuple[str, list[list[Any]]]]:
    """Sheets as rows of cells, days as texts."""
    opened = open_file(io.BytesIO(content), file_name="x.xlsx", size=len(content), limits=Limits())
    for number, name in enumerate(opened.sheets):
        rows: list[list[Any]] = []
        for row_no, row in lines_of(content):
            if row_no >> 20 == number:
                place = row_no & (2**20 - 1)
                rows += [[] for _ in range(place - 1 - len(rows))]
                rows.append([cell.isoformat() if isinstance(cell, date) else cell for cell in row])
        yield name, rows


async def test_a_table_of_text_comes_back_with_every_value_in_its_place(bank: SubmittingBank) -> None:
    rows = [HEADER, cells(1), cells(2, 课程代码="没有"), [*cells(3), "表外"], cells(4, 备注="a\tb")]
    content = as_csv(*rows).encode("gb18030")
    sent = await bank.submitted(content, name="成绩.csv")
    assert sent["counts"] == {"deposited": 3, "refused": 1}, await bank.rows(sent["submission_id"], "refused")
    report = await report_of(bank, sent["submission_id"])
    assert without_report(lines_of(report)) == [(no, trimmed(row)) for no, row in lines_of(content, "成绩.csv")]
    again = await bank.submitted(report, name="成绩.报送结果.xlsx")
    assert again["counts"] == {"unchanged": 3, "refused": 1}, await bank.rows(again["submission_id"], "refused")


async def test_lines_of_json_come_back_as_they_were_sent(bank: SubmittingBank) -> None:
    content = ndjson(scored(1), scored(2, course_code="NONE"), {**scored(3), "long": "长" * 40_000})
    sent = await bank.submitted(content)
    assert sent["counts"] == {"deposited": 1, "refused": 2}
    given_back = [row for _, row in lines_of(await report_of(bank, sent["submission_id"]))]
    texts = ["".join(str(cell) for cell in joined(row)) for row in given_back]
    assert texts == content.decode().splitlines()
    report = await report_of(bank, sent["submission_id"])
    again = await bank.submitted(report, name="rows.报送结果.xlsx", confirm=False)
    assert again["counts"] == {"unchanged": 1, "refused": 2}
    refusals = [
        [(row["row"], row["problem"]["code"]) for row in await bank.rows(one["submission_id"], "refused")]
        for one in (sent, again)
    ]
    assert refusals[0] == refusals[1]
    twice = await report_of(bank, again["submission_id"])
    assert lines_of(twice)[1:] == lines_of(report)[1:]
    (sheet,) = sheets_of(twice)
    mended = [[cell.replace("NONE", "C101") if isinstance(cell, str) else cell for cell in row] for row in sheet[1]]
    done = await bank.submitted(workbook((sheet[0], mended)), name="rows.xlsx", confirm=False)
    assert done["counts"] == {"unchanged": 1, "deposited": 1, "refused": 1}


def joined(row: list[Any]) -> list[Any]:
    """A line that is too long for one cell stands in several, and the report behind the longest."""
    return [cell for cell in row[:3] if cell is not None]


async def test_only_what_needs_attention_can_be_mended_and_sent(bank: SubmittingBank) -> None:
    rows = [HEADER, *(cells(n) for n in range(1, 30)), cells(30, 课程代码="没有")]
    sent = await bank.submitted(as_csv(*rows).encode(), name="成绩.csv")
    few = await report_of(bank, sent["submission_id"], only="attention")
    assert [row[0] for _, row in lines_of(few)] == ["学号", who(30)["student_no"]]
    (sheet,) = sheets_of(few)
    mended = workbook((sheet[0], [["C101" if cell == "没有" else cell for cell in row] for row in sheet[1]]))
    done = await bank.submitted(mended, name="成绩.xlsx")
    assert done["counts"] == {"deposited": 1}


# --- retention ----------------------------------------------------------------------------------------------------


async def test_past_the_retention_date_only_numbers_and_outcomes_are_left(bank: SubmittingBank) -> None:
    await bank.submitted(ndjson(scored(1)))
    sent = await bank.submitted(ndjson(scored(1), scored(2, course_code="NONE"), somebody_else(1)))
    waiting = await bank.submitted(workbook(("成绩", [HEADER, cells(3)])), name="成绩.xlsx", confirm=False)
    assert waiting["status"] == "needs_mapping"
    submission_id = sent["submission_id"]
    days = bank.settings.retention_days
    await look_after(bank, housekeeping.erase_past_retention, hours=24 * days - 1)
    assert (await bank.read(submission_id))["file_name"] == "rows.ndjson"
    await look_after(bank, housekeeping.erase_past_retention, hours=24 * days + 1)
    found = await bank.read(submission_id)
    assert (found["status"], found["file_name"], found["counts"]) == ("done", None, sent["counts"])
    assert (await bank.read(waiting["submission_id"]))["status"] == "expired"
    rows = await bank.rows(submission_id)
    assert [(row["row"], row["outcome"], (row["problem"] or {}).get("code")) for row in rows] == [
        (1, "unchanged", None), (2, "refused", "course_unknown"), (3, "held", "identity_under_review"),
    ]  # fmt: skip
    assert all(row["cells"] == [] and row["sheet"] is None for row in rows)
    for path in ("report.xlsx", "preview", "rows/1"):
        gone = await bank.bank.call("GET", f"/v1/submissions/{submission_id}/{path}", bank.client())
        assert (gone.status_code, gone.json()["code"]) == (410, "submission_content_erased"), path
    assert await bank.sql("SELECT count(*) FROM submission_chunk") == [(0,)]
    assert await bank.sql("SELECT count(*) FROM submission_file WHERE key_wrapped IS NOT NULL") == [(0,)]
    again = await bank.submitted(ndjson(scored(1), scored(2, course_code="NONE"), somebody_else(1)))
    assert again["same_file_as"] == submission_id, "the same file is still known"
    term = await bank.bank.call("GET", "/v1/reconciliation", bank.client(), params=TERM)
    assert term.status_code == 200, term.text


# --- erasing a person ---------------------------------------------------------------------------------------------


async def erase(bank: SubmittingBank, learner_id: str) -> None:
    """Close and erase somebody, and do what follows from it."""
    for act in ("closing", "erasure"):
        done = await bank.bank.call(
            "POST", f"/v1/learners/{learner_id}/{act}", person("officer"), json={"reason": "本人依法申请删除"}
        )
        assert done.status_code == 200, done.text
    await bank.work()


async def learner_of(bank: SubmittingBank, record_id: str) -> str:
    """Whose record it is."""
    found = await bank.sql("SELECT learner_id FROM record_version WHERE record_id = %s LIMIT 1", record_id)
    return str(found[0][0])


async def test_erasing_a_person_empties_their_rows_in_files_that_are_kept(bank: SubmittingBank) -> None:
    rows = [scored(1), scored(2), scored(3), scored(1, course_code="C900")]
    lines = await bank.submitted(ndjson(*rows))
    table = await bank.submitted(as_csv(HEADER, cells(2), cells(1), cells(3)).encode(), name="成绩.csv")
    held = await bank.submitted(ndjson(somebody_else(1), scored(2, course_code="C102")))
    assert held["counts"] == {"held": 1, "deposited": 1}
    mended = await bank.submitted(ndjson({**scored(1, term=2), "score": "优秀吗"}, scored(2)))
    assert mended["counts"]["refused"] == 1
    assert (await bank.submitted(ndjson(scored(1, term=2))))["counts"] == {"deposited": 1}
    record = (await bank.rows(lines["submission_id"]))[0]["record_id"]
    seen = await bank.bank.call("GET", f"/v1/submissions/{table['submission_id']}/preview", bank.client())
    assert resident(1) in seen.text
    await erase(bank, await learner_of(bank, record))
    seen = await bank.bank.call("GET", f"/v1/submissions/{table['submission_id']}/preview", bank.client())
    assert seen.status_code == 200
    assert resident(1) not in seen.text
    assert resident(2) in seen.text
    assert not await content_of(bank, mended["submission_id"], 1)
    for submission, theirs, others in ((lines, (1, 4), (2, 3)), (table, (3,), (2, 4)), (held, (1,), (2,))):
        for row_no in theirs:
            assert not await content_of(bank, submission["submission_id"], row_no)
        for row_no in others:
            assert "演示" in await content_of(bank, submission["submission_id"], row_no)
        report = b"".join(str(row).encode() for _, row in lines_of(await report_of(bank, submission["submission_id"])))
        assert resident(1).encode() not in report
    assert not await bank.sql("SELECT kind, last_error FROM job WHERE last_error IS NOT NULL")
    await books_hold(bank)


async def content_of(bank: SubmittingBank, submission_id: str, row_no: int) -> str:
    """What a row said, as far as that is still there."""
    found = await bank.bank.call("GET", f"/v1/submissions/{submission_id}/rows/{row_no}", bank.client())
    assert found.status_code == 200, found.text
    said = found.json()
    return "".join(str(cell["content"]) for cell in said["cells"]) + (said["text"] or "")


async def test_rows_that_name_an_erased_person_cost_nobody_else_anything(bank: SubmittingBank) -> None:
    """Their number is free again, so the row opens an account; only a row that names their record cannot go on."""
    sent = await bank.submitted(ndjson({**scored(1), "key": "own-1"}, scored(2)))
    record = (await bank.rows(sent["submission_id"]))[0]["record_id"]
    await erase(bank, await learner_of(bank, record))
    again = await bank.submitted(ndjson({**scored(1, score="61"), "key": "own-1"}, scored(3), scored(1), scored(2)))
    assert again["status"] == "done"
    rows = await bank.rows(again["submission_id"])
    assert [row["outcome"] for row in rows[1:]] == ["deposited", "deposited", "unchanged"], rows
    assert rows[0]["outcome"] in ("refused", "held"), rows[0]
    named = ndjson({"record_id": record}, {"key": "own-1"}, {"record_id": rows[1]["record_id"]})
    withdrawn = await bank.submitted(named, act="withdraw", reason="核对有误")
    assert withdrawn["status"] == "done"
    assert (await bank.rows(withdrawn["submission_id"]))[2]["outcome"] == "withdrawn"
    codes = [(row["problem"] or {}).get("code") for row in await bank.rows(withdrawn["submission_id"])]
    assert "row_not_processed" not in codes, codes


# --- nothing in the open, nothing told -----------------------------------------------------------------------------

PRIVATE = {
    "name": "演示欧阳独一", "document": resident(7), "student": "XH20239977", "certificate": "ZS2024778899",
    "another name": "演示司徒无二", "another document": resident(8), "mark": "作弊", "ruined": "13990020050101009X7",
}  # fmt: skip


def private(name: str = "name", document: str = "document") -> dict[str, Any]:
    """Somebody of whom nothing may be found."""
    return {
        "name": PRIVATE[name], "document": {"kind": "resident_id", "number": PRIVATE[document]},
        "student_no": PRIVATE["student"],
    }  # fmt: skip


def whatever_may_be_sent() -> Iterator[dict[str, Any]]:
    """Rows of every fate, some with their columns shifted."""
    row = {**scored(1), "learner": private()}
    yield row
    yield {**row, "score": PRIVATE["mark"]}
    yield {**row, "credits": "99"}
    yield {**row, "learner": private("another name")}
    yield {**row, "learner": {**private("another name", "another document"), "student_no": None}}
    yield {**row, "course_code": PRIVATE["name"]}
    yield {**row, "course_code": PRIVATE["document"]}
    yield {**row, "course_code": PRIVATE["student"], "term": 9}
    yield {**row, "academic_year": PRIVATE["name"], "course_code": "C101"}
    yield {**row, "kind": PRIVATE["name"]}
    yield {**row, PRIVATE["name"]: PRIVATE["document"]}
    yield {**row, "learner": {**private(), "document": {"kind": "resident_id", "number": PRIVATE["ruined"]}}}
    yield {**row, "score": PRIVATE["name"]}
    yield {**row, "occurred_on": PRIVATE["document"]}
    yield {**row, "learner": {"name": PRIVATE["another name"], "student_no": "无此" + PRIVATE["student"]}}
    certificate = {"kind": "certificate", "standard": "X-WEB", "level": "intermediate", "occurred_on": "2024-05-01"}
    yield {**certificate, "learner": private(), "number": PRIVATE["certificate"]}
    yield {**certificate, "learner": private(), "number": PRIVATE["certificate"], "level": PRIVATE["name"]}
    yield {**certificate, "learner": private(), "number": PRIVATE["certificate"], "standard": PRIVATE["document"]}


def sheet_of_somebody() -> bytes:
    """A sheet that is named for a person, and one whose columns are shifted."""
    row = cells(1, **{"学号": PRIVATE["student"], "姓名": PRIVATE["name"], "身份证号": PRIVATE["document"]})
    shifted = [PRIVATE["name"], PRIVATE["student"], "C101", PRIVATE["document"], *row[4:]]
    wrong = cells(1, **{"学号": PRIVATE["student"], "姓名": PRIVATE["name"], "身份证号": PRIVATE["ruined"]})
    return workbook((PRIVATE["another name"], [HEADER, row, shifted, wrong]), ("名单", [[PRIVATE["name"]]]))


async def everything_that_is_done(bank: SubmittingBank) -> None:
    """Files of every fate."""
    rows = list(whatever_may_be_sent())
    sent = await bank.submitted(ndjson(*rows) + f"{{{PRIVATE['name']}\n".encode(), name=f"{PRIVATE['name']}.ndjson")
    assert set(sent["counts"]) >= {"deposited", "corrected", "held", "refused"}, sent
    await bank.submitted(ndjson(*rows), dry_run=True)
    await bank.submitted(sheet_of_somebody(), name=f"{PRIVATE['student']}.xlsx")
    await bank.submitted(as_csv(cells(1), [PRIVATE["name"]] * 10).encode(), name="无表头.csv", confirm=False)
    await bank.submitted(f"{PRIVATE['name']}\n".encode() + b"\xff\xfe\xfa", name=f"{PRIVATE['name']}.csv")
    await bank.submitted(
        ndjson(rows[0], {**rows[0], "course_code": PRIVATE["name"]}, {"record_id": PRIVATE["document"]}),
        act="withdraw", reason="核对有误",
    )  # fmt: skip
    record = (await bank.sql("SELECT record_id FROM record_key LIMIT 1"))[0][0]
    await bank.submitted(
        ndjson({"record_id": str(record), "learner": private("another name", "another document")},
               {"record_id": str(record), "learner": {"name": PRIVATE["name"]}}),
        act="reassign", reason="报错人",
    )  # fmt: skip
    assert (await bank.bank.call("GET", "/v1/reconciliation", bank.client(), params=TERM)).status_code == 200


async def test_nothing_that_names_a_person_stands_in_the_open_in_the_database_or_the_log(
    bank: SubmittingBank, capfd: pytest.CaptureFixture[str]
) -> None:
    with capture_logs() as logs:
        await everything_that_is_done(bank)
    kept: list[tuple[str, str]] = []
    with connect(bank.bank.addresses.superuser) as superuser:
        tables = superuser.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            found = superuser.execute(f'SELECT to_jsonb(t) FROM "{table}" t').fetchall()  # type: ignore[call-overload]
            kept += [(table, json.dumps(row, ensure_ascii=False)) for (row,) in found]
    filled = {table for table, _ in kept}
    assert filled >= {"submission_file", "submission_chunk", "submission_row", "held_row", "job", "column_mapping"}
    for what, secret in PRIVATE.items():
        assert secret not in str(logs), what
        for table, row in kept:
            if what == "mark" and table in {"rule_document", "score_scale"}:  # they name the marks that there are
                continue
            assert secret not in row, (what, table, row[:2000])
            assert secret.encode().hex() not in row, (what, table)
    said = capfd.readouterr()
    assert not any(secret in said.out + said.err for what, secret in PRIVATE.items() if what != "mark")


GROUNDS = ("name_differs", "student_no_of_another", "key_of_another", "certificate_of_another", "ground", "candidates")


async def test_an_institution_never_learns_why_an_identity_is_under_review(bank: SubmittingBank) -> None:
    """Two grounds look alike to who sent the rows: in rows, report, row as sent, and reconciliation."""
    await bank.submitted(ndjson(*(scored(n, key=f"own-{n}") for n in range(1, 5))))
    name_differs = {**scored(1, course_code="C900"), "learner": {**who(1), "name": "演示别人"}}
    key_of_another = scored(2, key="own-3")
    sent = await bank.submitted(ndjson(name_differs, key_of_another))
    assert sent["counts"] == {"held": 2}, sent
    grounds = await bank.sql("SELECT DISTINCT ground FROM held_row")
    assert len(grounds) == 2, "they are two grounds"
    submission_id = sent["submission_id"]
    rows = await bank.rows(submission_id)
    told = [{name: row[name] for name in ("outcome", "problem", "cells", "warnings", "since")} for row in rows]
    assert told[0] == told[1]
    report = [row[1:] for _, row in lines_of(await report_of(bank, submission_id))]
    assert report[0] == report[1]
    term = await bank.bank.call("GET", "/v1/reconciliation", bank.client(), params=TERM)
    book = await bank.bank.call("GET", "/v1/reconciliation.xlsx", bank.client(), params=TERM)
    sent_row = await bank.bank.call("GET", f"/v1/submissions/{submission_id}/rows/1", bank.client())
    texts = [str(told), str(report), term.text, str(lines_of(book.content)), sent_row.text]
    for ground in {*GROUNDS, *(each for (each,) in grounds)}:
        for text in texts:
            assert ground not in text, (ground, text[:500])
    for (learner_id,) in await bank.sql("SELECT learner_id::text FROM learner"):
        assert learner_id not in str(texts)


async def test_nobody_elses_submissions_are_there(bank: SubmittingBank) -> None:
    sent = await bank.submitted(ndjson(scored(1)))
    stranger = machine("records:write", "records:read", institution_id=bank.school.institution_id)
    path = f"/v1/submissions/{sent['submission_id']}"
    for address in (path, f"{path}/rows", f"{path}/rows/1", f"{path}/preview", f"{path}/report.xlsx"):
        assert (await bank.bank.call("GET", address, stranger)).status_code == 404, address
    assert (await bank.bank.call("POST", f"{path}/cancellation", stranger, json={})).status_code == 404
    assert (await bank.bank.call("POST", f"{path}/completion", stranger, json={"parts": 1})).status_code == 404
    part = await bank.bank.call("PUT", f"{path}/parts/1", stranger, content=b"x")
    assert part.status_code == 404
    assert (await bank.bank.call("GET", "/v1/submissions", stranger)).json()["submissions"] == []
