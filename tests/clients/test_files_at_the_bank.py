"""Files submitted to the real bank by the published client and its command line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from creditbank.demo.people import check_character
from creditbank_client import Client, NotReached
from tests.clients.conftest import SINCE, Line, Town, training

HEADERS = ("学号", "姓名", "证件号码", "课程代码", "课程名称", "学分", "总成绩", "学年学期", "考试日期", "备注")
COURSES = 20


@pytest.fixture(scope="module")
def college(town: Town) -> Town:
    """The college with its courses and its term."""
    course = {"category": "专业课", "learning_form": "theory", "credits": "2"}
    with town.client() as bank:
        term = {"academic_year": "2024-2025", "term": 1, "starts_on": date(2024, 9, 2), "ends_on": date(2025, 1, 19)}
        bank.publish_terms([{**term, "weeks": 20}])
        bank.publish_courses(
            {"code": f"C{number:03d}", "name": f"课程{number}", "valid_from": SINCE, **course}
            for number in range(1, COURSES + 1)
        )
    return town


def identity_number(person: int) -> str:
    """A number of the region that nobody is of."""
    seventeen = f"1399001999{person // 20000 + 1:02d}{person // 900 % 22 + 1:02d}{person % 900 + 100:03d}"
    return seventeen + check_character(seventeen)


def name_of(person: int) -> str:
    """A name of many."""
    return "演示" + "甲乙丙丁戊己庚辛壬癸"[person % 10] + "子丑寅卯辰巳午未申酉戌亥"[person // 10 % 12]


def learner(person: int) -> dict[str, Any]:
    """Somebody, as a row has them."""
    return {"name": name_of(person), "document": {"kind": "resident_id", "number": identity_number(person)}}


def result(person: int, course: int) -> list[Any]:
    """One row of a sheet of course results, as it should be."""
    number, code, name = f"2024{person:05d}", f"C{course:03d}", f"课程{course}"
    score = 60 + (person + course) % 40
    return [
        number, name_of(person), identity_number(person), code, name, 2, score, "2024-2025-1", "2025-01-10", None,
    ]  # fmt: skip


def workbook(path: Path, rows: Iterable[Sequence[Any]], *, title: str | None = "2024-2025学年第一学期成绩单") -> Path:
    """A workbook as a college has it: a title, a header, rows, a signature."""
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet("成绩")
        lines = ([[title]] if title else []) + [list(HEADERS)]
        for at, line in enumerate((*lines, *rows, *([["教务处（盖章）"]] if title else []))):
            sheet.write_row(at, 0, line)
    return path


def command(town: Town, *said: str | Path, folder: Path, **more: Any) -> subprocess.Popen[str]:
    """The command line as a program of its own."""
    client_id, secret = town.credentials[town.college]
    environ = {
        **os.environ, "CREDITBANK_BASE_URL": town.bank.base_url, "CREDITBANK_CLIENT_ID": client_id,
        "CREDITBANK_CLIENT_SECRET": secret, "LANG": "zh_CN.UTF-8", "LC_ALL": "", "XDG_CONFIG_HOME": str(folder),
        "PYTHONUTF8": "1",
    }  # fmt: skip
    program = [sys.executable, "-m", "creditbank_client", *map(str, said)]
    return subprocess.Popen(
        program, env=environ, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more
    )


def ran(town: Town, *said: str | Path, folder: Path) -> tuple[int, str, str]:
    """Its exit status and what it printed."""
    program = command(town, *said, folder=folder)
    out, err = program.communicate(timeout=300)
    return program.returncode, out, err


def state_of(sheet: Path) -> Path:
    return sheet.with_name(f".{sheet.name}.creditbank.json")


# --- mended from its own report -------------------------------------------------------------------------------------

SPOILT = {
    "score": (6, lambda value: value + 1000),
    "identity": (2, lambda value: value[:-1] + ("0" if value[-1] != "0" else "1")),
    "course": (3, lambda value: "没有这门课"),
}
"""How a cell is spoilt, by what it is."""
MENDED = {"证件号码": 2, "课程": 3, "成绩": 6}
"""Which column somebody mends who reads what the report says of a row."""


def test_twenty_thousand_rows_with_three_hundred_bad_ones_are_mended_from_their_report_and_sent_again(
    college: Town, tmp_path: Path
) -> None:
    people = 1000
    good = [result(person, course) for person in range(people) for course in range(1, COURSES + 1)]
    bad = {place: list(SPOILT)[place // 66 % 3] for place in range(0, 300 * 66, 66)}
    sent = [list(row) for row in good]
    for place, what in bad.items():
        column, spoil = SPOILT[what]
        sent[place][column] = spoil(sent[place][column])
    sheet = workbook(tmp_path / "成绩.xlsx", sent)

    status, out, err = ran(college, "submit", sheet, "--yes", "--json", folder=tmp_path)
    assert status == 1, (out, err)
    first = json.loads(out)
    assert first["submission"]["counts"] == {"deposited": 19700, "refused": 300}
    assert (len(first["attention"]), first["attention_more"]) == (20, 280)
    assert all(row["problem"]["detail_zh"] and row["problem"]["detail_en"] for row in first["attention"])
    assert all(row["cells"] for row in first["attention"])

    report = tmp_path / "成绩.报送结果.xlsx"
    assert Path(first["report"]) == report
    lines = CalamineWorkbook.from_path(report).get_sheet_by_name("成绩").to_python()
    header = lines[1]
    outcome, why = header.index("报送结果"), header.index("结果说明")
    assert Counter(line[outcome] for line in lines[2:-1]) == {"已存入": 19700, "不予受理": 300}
    mended = Counter[str]()
    for place, line in enumerate(lines[2:-1]):
        if line[outcome] == "不予受理":
            told = next(word for word in MENDED if word in line[why])
            line[MENDED[told]] = good[place][MENDED[told]]
            mended[told] += 1
    assert mended == dict.fromkeys(MENDED, 100)
    with xlsxwriter.Workbook(report, {"constant_memory": True, "strings_to_numbers": False}) as book:
        again = book.add_worksheet("成绩")
        for at, line in enumerate(lines):
            again.write_row(at, 0, [None if cell == "" else cell for cell in line])

    status, out, err = ran(college, "submit", report, "--json", folder=tmp_path)
    assert status == 0, (out, err)
    second = json.loads(out)
    assert second["submission"]["counts"] == {"deposited": 300, "unchanged": 19700}
    assert Path(second["report"]).name == "成绩.报送结果.2.xlsx"
    assert {path.name for path in tmp_path.iterdir()} == {
        "成绩.xlsx", "成绩.报送结果.xlsx", "成绩.报送结果.2.xlsx",
    }  # fmt: skip


# --- killed and cut off ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["before it is created", "while it is sent", "while it is posted"])
def test_a_command_that_is_killed_goes_on_with_the_same_submission(college: Town, tmp_path: Path, moment: str) -> None:
    offset = {"before it is created": 3000, "while it is sent": 4000, "while it is posted": 5000}[moment]
    sheet = tmp_path / "成绩.ndjson"
    with sheet.open("w", encoding="utf-8") as lines:
        for person in range(offset, offset + 1000):
            row = training(learner(person), title=f"培训（{moment}）")
            print(json.dumps(row, default=str, ensure_ascii=False), file=lines)

    def reached() -> bool:
        try:
            kept = json.loads(state_of(sheet).read_text("utf-8"))
        except FileNotFoundError:
            return False
        if moment == "before it is created":
            return True
        if kept["submission_id"] is None:
            return False
        if moment == "while it is sent":
            return True
        with college.client() as bank:
            return bank.submission(kept["submission_id"]).status in {"running", "done"}

    def how_many() -> int:
        with college.client() as bank:
            return len(list(bank.submissions()))

    before = how_many()
    program = command(college, "submit", sheet, "--json", folder=tmp_path)
    deadline = time.monotonic() + 60
    while not reached():
        assert program.poll() is None, program.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    program.send_signal(signal.SIGKILL)
    program.communicate()
    kept = json.loads(state_of(sheet).read_text("utf-8"))

    status, out, err = ran(college, "submit", sheet, "--json", folder=tmp_path)
    assert status == 0, (out, err)
    said = json.loads(out)["submission"]
    assert kept["submission_id"] in {None, said["submission_id"]}
    assert said["counts"] == {"deposited": 1000}
    assert not state_of(sheet).exists()
    assert how_many() == before + 1, "nothing was begun twice"


def test_parts_that_are_cut_off_are_sent_again_and_the_file_arrives_whole(college: Town, tmp_path: Path) -> None:
    def cut_before(request: httpx.Request, send: Any) -> httpx.Response:
        raise httpx.WriteError("cut", request=request)

    def cut_after(request: httpx.Request, send: Any) -> httpx.Response:
        send(request).read()
        raise httpx.ReadError("cut", request=request)

    sheet = workbook(tmp_path / "成绩.xlsx", (result(7000 + person, 1) for person in range(50)))
    through = [lambda request, send: send(request)]
    line = Line(cut_after, *through, cut_before, cut_after, *through, *[cut_before] * 3)
    with college.client(transport=line, attempts=3, sleep=lambda _: None) as bank, pytest.raises(NotReached):
        bank.submit(sheet, part_size=1000)
    with college.client() as bank:
        seen: list[str] = []
        outcome = bank.submit(
            sheet, part_size=1000, mapping=lambda preview: preview.proposed, progress=lambda one: seen.append(one.stage)
        )
    assert dict(outcome.submission.counts) == {"deposited": 50}
    assert len({request.headers["Idempotency-Key"] for request in line.requests if request.method == "POST"}) == 1


# --- what a registrar does ------------------------------------------------------------------------------------------


def test_a_sheet_is_tried_mapped_deposited_corrected_and_withdrawn(college: Town, tmp_path: Path) -> None:
    rows = [result(8000 + person, 2) for person in range(12)]
    sheet = workbook(tmp_path / "成绩.xlsx", rows)
    status, out, _ = ran(college, "submit", sheet, "--yes", "--dry-run", folder=tmp_path)
    assert status == 0, out
    assert "可受理 12" in out
    status, out, _ = ran(college, "submit", sheet, "--yes", folder=tmp_path)
    assert status == 0, out
    assert "存入 12" in out
    status, out, _ = ran(college, "submit", sheet, folder=tmp_path)
    assert status == 0, out
    assert "未变 12" in out
    for row in rows[:5]:
        row[6] = 61
    mended = workbook(tmp_path / "更正.xlsx", rows)
    status, out, _ = ran(college, "submit", mended, folder=tmp_path)
    assert status == 0, out
    assert "未变 7" in out
    assert "更正 5" in out
    with college.client() as bank:
        newest = next(iter(bank.submissions(status="done")))
        ids = [row.record_id for row in bank.submission_rows(newest.submission_id)]
        assert len(ids) == 12
    status, out, _ = ran(college, "withdraw", str(ids[0]), "--reason", "报错", folder=tmp_path)
    assert status == 0, out
    withdrawal = workbook(tmp_path / "撤回.xlsx", rows)
    said = ["submit", withdrawal, "--withdraw", "--reason", "重复报送", "--yes"]
    status, out, err = ran(college, *said, folder=tmp_path)
    assert (status, re.findall("撤回 11|未变 1", out)) == (0, ["未变 1", "撤回 11"]), (out, err)


def test_a_row_whose_identity_is_in_doubt_is_held_and_its_ground_is_said_to_nobody(
    college: Town, tmp_path: Path
) -> None:
    known, doubtful = result(8700, 6), result(8700, 7)
    doubtful[0], doubtful[1] = "202499999", "另一人"
    sheet = workbook(tmp_path / "成绩.xlsx", [known])
    assert ran(college, "submit", sheet, "--yes", folder=tmp_path)[0] == 0
    workbook(sheet, [known, doubtful])
    status, out, _ = ran(college, "submit", sheet, folder=tmp_path)
    assert status == 1
    assert "未变 1，待核 1" in out
    assert "第 4 行  待核  identity_under_review" in out
    (report,) = tmp_path.glob("*.2.xlsx")
    lines = CalamineWorkbook.from_path(report).get_sheet_by_index(0).to_python()
    assert lines[3][lines[1].index("报送结果")] == "待核"
    assert name_of(8700) not in json.dumps(lines[3], ensure_ascii=False)


def test_each_refused_row_names_the_cell_that_is_bad(college: Town, tmp_path: Path) -> None:
    rows = [result(8500 + person, 4) for person in range(3)]
    for row, (column, spoil) in zip(rows, SPOILT.values(), strict=True):
        row[column] = spoil(row[column])
    sheet = workbook(tmp_path / "成绩.xlsx", rows)
    with college.client() as bank:
        submission_id = bank.submit(sheet, mapping=lambda preview: preview.proposed).submission.submission_id
        refused = list(bank.submission_rows(submission_id, outcomes=["refused"]))
    assert [[cell.cell for cell in row.cells] for row in refused] == [["G3"], ["C4"], ["D5"]]


def test_a_term_is_reconciled(college: Town, tmp_path: Path) -> None:
    sheet = workbook(tmp_path / "成绩.xlsx", (result(8600 + person, 5) for person in range(3)))
    with college.client() as bank:
        bank.submit(sheet, mapping=lambda preview: preview.proposed)
    said = ["reconciliation", "--year", "2024-2025", "--term", "1"]
    status, out, err = ran(college, *said, folder=tmp_path)
    assert (status, err) == (0, ""), out
    assert CalamineWorkbook.from_path(tmp_path / "对账.2024-2025-1.xlsx").sheet_names
    status, out, err = ran(college, *said, "--json", folder=tmp_path)
    assert (status, err) == (0, ""), out
    courses = {one["course_code"]: one["records"] for one in json.loads(out)["courses"]}
    assert courses["C005"] >= 3


def test_a_photo_is_refused_as_a_whole(college: Town, tmp_path: Path) -> None:
    photo = tmp_path / "成绩.xlsx"
    photo.write_bytes(b"\xff\xd8\xff\xe0" + bytes(5000))
    status, out, err = ran(college, "submit", photo, folder=tmp_path)
    assert status == 4, (out, err)
    assert not state_of(photo).exists()


def test_what_another_institution_sent_is_not_there(college: Town, tmp_path: Path) -> None:
    sheet = workbook(tmp_path / "成绩.xlsx", (result(9000 + person, 3) for person in range(3)))
    with college.client() as bank:
        submission_id = bank.submit(sheet, mapping=lambda preview: preview.proposed).submission.submission_id
    client_id, secret = college.credentials[college.school]
    with Client(college.bank.base_url, client_id, secret) as other:
        assert [one.submission_id for one in other.submissions()] == []
    status, _, err = ran(Town(**{**vars(college), "college": college.school}), "status", submission_id, folder=tmp_path)
    assert status == 5, err
