"""A term reconciled: what was sent, what the bank holds, what is open and why, what changed since."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from creditbank import clock
from creditbank.changes.numberer import number_all
from creditbank.database_roles import Addresses
from creditbank.oversight import reconciliation, statistics_workbook
from creditbank.pathways import filing
from tests.open_bank import machine, person
from tests.records.town import course_row, entered, resident
from tests.submissions.bank import SubmittingBank, ndjson, submitting

TERM = {"academic_year": "2023-2024", "term": "1"}


@pytest.fixture
async def bank(addresses: Addresses, tmp_path: Path) -> AsyncIterator[SubmittingBank]:
    async with submitting(addresses, tmp_path) as opened:
        roster = [entered(learner=result(number)["learner"]) for number in range(1, 6)]
        await opened.submitted(ndjson(*roster), name="学籍.ndjson")
        yield opened


def result(number: int, **changes: Any) -> dict[str, Any]:
    learner = {
        "name": f"演示{'甲乙丙丁戊己庚辛壬癸'[number % 10]}",
        "document": {"kind": "resident_id", "number": resident(number)},
        "student_no": f"2023{number:04d}",
    }
    return course_row(**{"learner": learner, **changes})


async def reconciled(bank: SubmittingBank) -> Any:
    found = await bank.bank.call("GET", "/v1/reconciliation", bank.client(), params=TERM)
    assert found.status_code == 200, found.text
    return found.json()


async def number_changes(bank: SubmittingBank) -> None:
    """What the numerator does beside the worker."""
    await number_all(bank.bank.database, now=clock.now())


async def test_what_was_sent_is_what_the_bank_holds_and_what_is_open(bank: SubmittingBank) -> None:
    await bank.submitted(
        ndjson(*(result(n) for n in range(1, 4)), result(4, course_code="NONE"), result(5, score="优秀")),
        name="一.ndjson",
    )
    other_name = result(1, course_code="C102")
    other_name["learner"]["name"] = "演示别人"
    await bank.submitted(ndjson(other_name, result(2, course_code="C102")), name="二.ndjson")
    other_term = result(3, term=2)
    await bank.submitted(ndjson(other_term), name="三.ndjson")
    found = await reconciled(bank)
    assert [(file["file_name"], file["rows"], file["counts"]) for file in found["files"]] == [
        ("一.ndjson", 5, {"deposited": 3, "refused": 2}),
        ("二.ndjson", 2, {"deposited": 1, "held": 1}),
    ]
    assert found["sent"] == {"deposited": 4, "refused": 2, "held": 1}
    assert [(course["course_code"], course["records"], course["credits"]) for course in found["courses"]] == [
        ("C101", 3, "9"), ("C102", 1, "4"),
    ]  # fmt: skip
    assert (found["records"], found["held"], found["refused"]) == (4, 1, 2)
    held = next(row for row in found["open_rows"] if row["outcome"] == "held")
    assert held["code"] == "identity_under_review"
    assert "姓名" not in held["why_zh"], "the ground of a hold for identity is for officers"
    codes = {row["row"]: row["code"] for row in found["open_rows"] if row["outcome"] == "refused"}
    assert codes[4] == "course_unknown"


async def test_a_refused_row_is_answered_for_when_it_comes_again_mended(bank: SubmittingBank) -> None:
    await bank.submitted(ndjson(result(1), result(2, score="120")), name="一.ndjson")
    assert (await reconciled(bank))["refused"] == 1
    await bank.submitted(ndjson(result(1), result(2, score="121")), name="二.ndjson")
    found = await reconciled(bank)
    assert [(row["row"], row["submission_id"]) for row in found["open_rows"]] == [
        (2, found["files"][1]["submission_id"])
    ], "the last refusal of a row stands for those before it"
    await bank.submitted(ndjson(result(1), result(2, score="86")), name="三.ndjson")
    found = await reconciled(bank)
    assert (found["refused"], found["records"]) == (0, 2)


async def test_a_refused_row_that_was_mended_and_is_held_counts_once(bank: SubmittingBank) -> None:
    await bank.submitted(ndjson(result(1)), name="一.ndjson")
    other_name = result(1, course_code="C102")
    other_name["learner"]["name"] = "演示别人"
    refused = await bank.submitted(ndjson(other_name | {"score": "120"}), name="二.ndjson")
    assert refused["counts"] == {"refused": 1}
    assert (await reconciled(bank))["refused"] == 1
    held = await bank.submitted(ndjson(other_name), name="三.ndjson")
    assert held["counts"] == {"held": 1}
    found = await reconciled(bank)
    assert (found["held"], found["refused"]) == (1, 0)
    again = await bank.submitted(ndjson(other_name), name="四.ndjson")
    found = await reconciled(bank)
    assert (found["held"], found["refused"]) == (1, 0)
    assert [row["submission_id"] for row in found["open_rows"]] == [again["submission_id"]]


async def test_rows_beyond_the_list_are_counted(bank: SubmittingBank, monkeypatch: pytest.MonkeyPatch) -> None:
    from creditbank.oversight import reconciliation

    monkeypatch.setattr(reconciliation, "MOST", 2)
    await bank.submitted(ndjson(*(result(n, course_code="NONE") for n in range(1, 5))), name="一.ndjson")
    found = await reconciled(bank)
    assert (found["refused"], len(found["open_rows"]), found["cut"]) == (4, 2, True)
    assert [row["row"] for row in found["open_rows"]] == [1, 2]
    assert all("NONE" in row["why_zh"] for row in found["open_rows"])


async def test_a_resolved_row_is_no_longer_open_and_the_row_says_so(bank: SubmittingBank) -> None:
    await bank.submitted(ndjson(result(1)), name="一.ndjson")
    other_name = result(1, course_code="C102")
    other_name["learner"]["name"] = "演示别人"
    sent = await bank.submitted(ndjson(other_name), name="二.ndjson")
    (row,) = await bank.rows(sent["submission_id"])
    officer = person("officer")
    waiting = (await bank.bank.call("GET", f"/v1/held-rows/{row['held_row_id']}", officer)).json()
    assert waiting["ground"] == "name_differs"
    assert [one["name"] for one in waiting["people"]] == ["演示乙"]
    assert waiting["people"][0]["documents"][0]["number"].count("*") > 5
    listed = await bank.bank.call("GET", "/v1/held-rows", officer, params={"submission_id": sent["submission_id"]})
    assert [one["row_no"] for one in listed.json()["rows"]] == [1]
    resolved = await bank.bank.call(
        "POST", f"/v1/held-rows/{row['held_row_id']}/resolution", officer,
        json={"decision": "match", "learner_id": waiting["candidates"][0], "reason": "同一人"},
    )  # fmt: skip
    assert resolved.status_code == 200, resolved.text
    (row,) = await bank.rows(sent["submission_id"])
    assert (row["outcome"], row["since"]) == ("held", "resolved")
    assert row["record_id"] == resolved.json()["outcome"]["record_id"]
    found = await reconciled(bank)
    assert (found["held"], found["records"]) == (0, 2)


async def test_what_changed_after_the_last_file_is_said(bank: SubmittingBank) -> None:
    sent = await bank.submitted(ndjson(result(1), result(2)), name="一.ndjson")
    rows = await bank.rows(sent["submission_id"])
    withdrawn = await bank.bank.call(
        "POST", f"/v1/records/{rows[0]['record_id']}/withdrawal", bank.client(), json={"reason": "录入有误"}
    )
    assert withdrawn.status_code == 200
    corrected = await bank.bank.call("POST", "/v1/records", bank.client(), json=result(2, score="90", reason="复核"))
    assert corrected.json()["outcome"] == "corrected"
    await number_changes(bank)
    found = await reconciled(bank)
    assert [(change["act"], change["reason"]) for change in found["changed_since"]] == [
        ("withdrawn", "录入有误"), ("corrected", "复核"),
    ]  # fmt: skip
    assert (found["records"], found["by_call"]) == (1, 1)


async def test_the_workbook_says_the_same(bank: SubmittingBank) -> None:
    await bank.submitted(ndjson(result(1), result(2, course_code="NONE")), name="一.ndjson")
    found = await bank.bank.call("GET", "/v1/reconciliation.xlsx", bank.client(), params=TERM)
    assert found.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(found.content))
    assert book.sheet_names == ["汇总", "报送文件", "在库成果", "待核与不予受理", "此后变更"]
    assert book.get_sheet_by_name("在库成果").to_python()[1] == ["C101", "机械制图", 1, 1, "3"]
    assert "NONE" in str(book.get_sheet_by_name("待核与不予受理").to_python()[1])


async def test_a_term_is_its_institutions_and_the_officers(bank: SubmittingBank) -> None:
    await bank.submitted(ndjson(result(1)), name="一.ndjson")
    college = str(bank.college.institution_id)
    stranger = bank.client(bank.school)
    assert (await bank.bank.call("GET", "/v1/reconciliation", stranger, params=TERM)).status_code == 404
    named = {**TERM, "institution_id": college}
    assert (await bank.bank.call("GET", "/v1/reconciliation", stranger, params=named)).status_code == 404
    assert (await bank.bank.call("GET", "/v1/reconciliation", person("officer"), params=TERM)).status_code == 422
    seen = await bank.bank.call("GET", "/v1/reconciliation", person("officer"), params=named)
    assert seen.json()["records"] == 1
    no_scope = machine("catalogue:write", institution_id=bank.college.institution_id)
    assert (await bank.bank.call("GET", "/v1/reconciliation", no_scope, params=TERM)).status_code == 403


XML_OF_THEIR_OWN = "<r><t>x</t></r></si></sst><f>1+1</f><sst><si><r></r>"


@pytest.mark.parametrize("write", [reconciliation._write, statistics_workbook._write])
def test_what_looks_like_xml_of_a_workbook_is_text(write: Any) -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        write(book.add_worksheet(), 0, 0, XML_OF_THEIR_OWN)
    assert b"<f>" not in zipfile.ZipFile(made).read("xl/sharedStrings.xml")


def test_it_is_text_in_a_filing_sheet_too() -> None:
    made = filing._workbook(["备注"], [[XML_OF_THEIR_OWN]], made_at=clock.now())
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(made)).read("xl/sharedStrings.xml")
