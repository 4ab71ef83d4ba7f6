"""A file from its first part to its last outcome."""

from __future__ import annotations

from typing import Any

from tests.records.town import course_row, entered, resident
from tests.submissions.bank import SubmittingBank, ndjson, workbook


def person(number: int) -> dict[str, Any]:
    """Somebody whom nobody knows yet."""
    return {
        "name": f"演示{'甲乙丙丁戊己庚辛壬癸'[number % 10]}",
        "document": {"kind": "resident_id", "number": resident(number)},
        "student_no": f"2023{number:04d}",
    }


async def test_every_row_of_a_file_gets_an_outcome_of_its_own(bank: SubmittingBank) -> None:
    good = [course_row(learner=person(n)) for n in range(1, 6)]
    bad = {**course_row(learner=person(7)), "course_code": "NONE"}
    malformed = {**course_row(learner=person(8)), "term": 9}
    found = await bank.submitted(ndjson(*good, bad, malformed) + b"{not json\n")
    assert found["status"] == "done"
    assert found["counts"] == {"deposited": 5, "refused": 3}
    assert found["rows"] == found["done"] == 8
    refused = await bank.rows(found["submission_id"], "refused")
    assert [(row["row"], row["problem"]["code"]) for row in refused] == [
        (6, "course_unknown"), (7, "malformed"), (8, "malformed"),
    ]  # fmt: skip
    assert "NONE" in refused[0]["problem"]["detail_zh"]
    deposited = await bank.rows(found["submission_id"], "deposited")
    assert all(row["record_id"] and row["version"] == 1 for row in deposited)


async def test_the_same_file_again_changes_nothing_and_says_so(bank: SubmittingBank) -> None:
    content = ndjson(*(course_row(learner=person(n)) for n in range(1, 4)))
    first = await bank.submitted(content)
    versions = await bank.sql("SELECT count(*) FROM record_version")
    again = await bank.submitted(content)
    assert again["counts"] == {"unchanged": 3}
    assert again["same_file_as"] == first["submission_id"]
    assert await bank.sql("SELECT count(*) FROM record_version") == versions


async def test_a_registrars_sheet_is_mapped_once_and_then_goes_by_itself(bank: SubmittingBank) -> None:
    header = ["学号", "姓名", "身份证号", "课程代码", "课程名称", "总成绩", "学年", "学期", "考试日期", "备注"]

    def sheet(*numbers: int) -> bytes:
        rows = [
            [person(n)["student_no"], person(n)["name"], resident(n), "C101", "机械制图", 80 + n, "2023-2024", 1,
             "2024-01-12", None]
            for n in numbers
        ]  # fmt: skip
        return workbook(
            ("成绩", [["演示职业学院2023-2024学年第1学期成绩表"], header, *rows, ["制表人：张三", None, "审核人："]])
        )

    sent = await bank.submitted(sheet(1, 2, 3), name="成绩.xlsx", confirm=False)
    assert sent["status"] == "needs_mapping"
    assert await bank.sql("SELECT count(*) FROM record_version") == [(0,)], (
        "nothing is written before anybody confirmed"
    )
    done = await bank.submitted(sheet(1, 2, 3), name="成绩.xlsx")
    assert done["counts"] == {"deposited": 3}
    assert done["set_aside"] == 3
    rows = await bank.rows(done["submission_id"])
    assert [(row["sheet"], row["row"]) for row in rows] == [("成绩", 3), ("成绩", 4), ("成绩", 5)]
    by_itself = await bank.submitted(sheet(1, 2, 3, 4), name="成绩.xlsx", confirm=False)
    assert by_itself["status"] == "done"
    assert by_itself["counts"] == {"unchanged": 3, "deposited": 1}


async def test_a_roster_then_scores_by_student_number_alone(bank: SubmittingBank) -> None:
    roster = [entered(learner=person(n)) for n in range(1, 4)]
    scores = [
        course_row(learner={"name": person(n)["name"], "student_no": person(n)["student_no"]}) for n in range(1, 4)
    ]
    found = await bank.submitted(ndjson(*scores, *roster), name="both.ndjson")
    assert found["counts"] == {"deposited": 6}, "who entered goes first, whatever the order of the file"
