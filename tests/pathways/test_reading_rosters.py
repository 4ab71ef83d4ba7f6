"""Rosters as schools have them: title rows, signatures, dates in any shape, and nobody taken by a name alone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
import xlsxwriter

from creditbank.pathways import sheet_refusals as refusals
from creditbank.pathways.roster import RosterRow, read_roster
from creditbank.pathways.sheets import ROWS
from creditbank.submissions.rows import CellsUnreadable
from tests.submissions.files_made import written

HEADER = ["序号", "学号", "姓名", "性别", "入班日期"]
DAY = date(2026, 9, 1)


def roster(*rows: Sequence[Any], on: date | None = None) -> Any:
    return read_roster(written(rows), joined_on=on)


def test_a_roster_is_read_below_its_titles_and_above_its_signatures() -> None:
    read = roster(
        ["秦皇岛市中等专业学校三二分段贯通班学生名单"],
        ["填表日期：2026年9月1日"],
        HEADER,
        [1, 20230001, "张 三", "男", DAY],
        [2, "２０２３０００２", "欧阳•明月", "女", "2026年9月2日"],
        [3, None, None, None, None],
        ["校长（签字）：", None, "教务处盖章"],
    )
    assert read.rows == (
        RosterRow(4, "张 三", "20230001", DAY),
        RosterRow(5, "欧阳•明月", "20230002", date(2026, 9, 2)),
    )
    assert read.refused == {}
    assert [(one.column, one.read_as) for one in read.file.columns] == [
        ("B", "student_no"), ("C", "learner_name"), ("E", "joined_on"),
    ]  # fmt: skip
    assert read.file.not_read == ("A 序号", "D 性别")


def test_a_day_for_all_rows_stands_where_a_row_names_none() -> None:
    rows = [["学号", "姓名", "入班日期"], ["1001", "甲某", None], ["1002", "乙某", "2026-9-3"]]
    assert [row.joined_on for row in roster(*rows, on=DAY).rows] == [DAY, date(2026, 9, 3)]
    undated = roster(*rows)
    assert [row.student_no for row in undated.rows] == ["1002"]
    assert isinstance(undated.refused[2], refusals.DayOfJoiningMissing)


def test_what_is_wrong_with_a_row_is_said_of_that_row() -> None:
    read = roster(
        ["学号", "姓名", "入班日期"],
        ["1001", "甲某", "2026.13.1"],
        [None, "乙某", DAY],
        ["1003", None, DAY],
        [1.3e17, "丁某", DAY],
        ["1005", "戊某、己某", DAY],
        ["1006", "庚某", DAY],
    )
    assert [row.student_no for row in read.rows] == ["1006"]
    kinds = {row_no: type(refusal) for row_no, refusal in read.refused.items()}
    assert kinds == {
        2: CellsUnreadable, 3: refusals.RowNamesNobody, 4: refusals.RowNamesNobody, 5: CellsUnreadable,
        6: CellsUnreadable,
    }  # fmt: skip
    assert "C2" in read.refused[2].sentence("zh")
    assert read.refused[5].problem("zh")["code"] == "cells_unreadable"


def test_several_sheets_are_one_roster_and_a_cover_is_said_to_be_left_out() -> None:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    book.add_worksheet("封面").write(0, 0, "2026年贯通班名单")
    for number, name in enumerate(("机电1班", "机电2班"), start=1):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["学号", "姓名"])
        sheet.write_row(1, 0, [f"100{number}", "甲某"])
    book.close()
    read = read_roster(made.getvalue(), joined_on=DAY)
    assert [row.student_no for row in read.rows] == ["1001", "1002"]
    assert "第 1 个工作表" in read.file.not_read


def test_a_list_has_two_thousand_rows_and_not_one_more() -> None:
    people = [[str(1000 + n), "甲某"] for n in range(ROWS)]
    assert len(roster(["学号", "姓名"], *people, on=DAY).rows) == ROWS
    with pytest.raises(refusals.SheetTooLong) as met:
        roster(["学号", "姓名"], *people, ["9999", "乙某"], on=DAY)
    assert "第 1 个工作表第 2002 行" in met.value.sentence("zh")


def test_a_file_without_numbers_or_people_is_refused() -> None:
    with pytest.raises(refusals.SheetWithoutHeader):
        roster(["姓名", "性别"], ["甲某", "男"], on=DAY)
    with pytest.raises(refusals.SheetWithoutRows) as met:
        roster(["学号", "姓名"], ["制表人：", "王某"], on=DAY)
    assert "第 1 个工作表" in met.value.sentence("zh")
