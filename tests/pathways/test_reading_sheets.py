"""Score sheets as schools have them: title rows, two forms, several markers, words for points, and nothing guessed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter

from creditbank.errors import BankError
from creditbank.pathways import sheet_refusals as refusals
from creditbank.pathways.score_columns import Laid, has_scores, hits, lay_out
from creditbank.pathways.score_rows import ScoreRow, row_of
from creditbank.pathways.sheets import ROWS, sheets_of, tables_of
from creditbank.pathways.statement_topics import Sitting
from creditbank.submissions.files import refusals as files
from creditbank.submissions.rows import CellsUnreadable
from tests.submissions.files_made import compound_file, photo, written

ROUND = UUID(int=7)
TITLE = ["秦皇岛市中等专业学校2023级贯通班转段考试成绩汇总表"]


def sitting(subject: str, number: int = 1, full: str = "120") -> Sitting:
    return Sitting(ROUND, 1, number, subject, date(2026, 3, 21), Decimal(full), drawn=False)


SITTINGS = (sitting("语文"), sitting("数学"), sitting("专业理论", full="200"), sitting("专业技能", 2, "230"))


def laid(rows: Sequence[Sequence[Any]], sittings: Sequence[Sitting] = SITTINGS) -> Laid:
    tables, _ = tables_of(sheets_of(written(rows)), lambda keys: hits(keys, sittings), wanted=("姓名", "name"))
    (table,) = [each for each in tables if has_scores(each, sittings)]
    return lay_out(table, sittings)


def read(rows: Sequence[Sequence[Any]], sittings: Sequence[Sitting] = SITTINGS, **said: Any) -> list[Any]:
    """Each row as it was read, or the refusal that it met."""
    found: list[ScoreRow | BankError] = []
    table = laid(rows, sittings)
    for line in table.lines():
        try:
            found.append(row_of(table, line, sittings, **said))
        except BankError as refusal:
            found.append(refusal)
    return found


def scores(row: ScoreRow) -> dict[str, Any]:
    """By subject the points, the markers' points or the word."""
    return {each.subject: each.result or list(map(str, each.marks)) or str(each.points) for each in row.scores}


# --- one row a subject ----------------------------------------------------------------------------------------------


def test_a_long_sheet_is_read_below_its_titles_and_above_its_signatures() -> None:
    rows = read(
        [
            TITLE,
            ["考试日期：2026年3月21日"],
            ["序号", "学 号", "姓名", "性别", "科目", "成绩", "备注"],
            [1, 20230001, "张 三", "男", "语文", 96, None],
            [2, "２０２３０００２", "欧阳•明月", "女", "数 学", "８５．５", ""],
            [],
            ["序号", "学号", "姓名", "性别", "科目", "成绩", "备注"],
            [3, "20230003", "李四", "男", "专业理论", None, "缺考"],
            ["合计", None, None, None, None, 3],
            ["阅卷人（签字）：王五", None, None, "审核：赵六"],
        ]
    )
    assert [(row.student_no, row.name) for row in rows] == [
        ("20230001", "张 三"),
        ("20230002", "欧阳•明月"),
        ("20230003", "李四"),
    ]
    assert [scores(row) for row in rows] == [{"语文": "96"}, {"数学": "85.5"}, {"专业理论": "absent"}]
    assert [each.sitting for row in rows for each in row.scores] == [1, 1, 1]


def test_a_subject_that_no_sitting_declares_is_refused_in_its_row_and_stops_no_other() -> None:
    good, bad = read([["学号", "姓名", "科目", "成绩"], ["1001", "张三", "语文", 90], ["1001", "张三", "物理", 90]])
    assert scores(good) == {"语文": "90"}
    assert isinstance(bad, refusals.SubjectNotOfRound)
    assert "物理" in bad.sentence("zh")
    assert "语文、数学、专业理论、专业技能" in bad.sentence("en")


def test_a_subject_of_two_sittings_needs_its_sitting() -> None:
    sittings = (sitting("数学", 1), sitting("数学", 2))
    rows = [
        ["学号", "姓名", "科目", "场次", "成绩"],
        ["1", "甲某", "数学", None, 90],
        ["1", "甲某", "数学", "第2场", 91],
    ]
    unsaid, said = read(rows, sittings)
    assert isinstance(unsaid, refusals.SittingNotNamed)
    assert said.scores[0].sitting == 2
    named, _ = read(rows, sittings, sitting=1)
    assert named.scores[0].sitting == 1
    (wrong,) = read([["学号", "姓名", "科目", "成绩"], ["1", "甲某", "数学", 90]], sittings, sitting=3)
    assert isinstance(wrong, refusals.SubjectNotOfRound)
    assert "第 3 场" in wrong.sentence("zh")


@pytest.mark.parametrize(
    ("cell", "remark", "said"),
    [
        ("缺考", None, "absent"),
        ("缺 考", None, "absent"),
        (0, "缺考", "absent"),
        (None, "作弊", "cheated"),
        ("违纪", None, "cheated"),
        (None, "缓考", "deferred"),
        ("免考", None, "exempted"),
        ("不合格", None, "failed"),
        ("86分", None, "86"),
        (86.0, "请假半天", "86"),
        (85.49999999999999, None, "85.5"),
    ],
)
def test_words_stand_for_points_as_schools_write_them(cell: Any, remark: Any, said: str) -> None:
    (row,) = read([["学号", "姓名", "科目", "成绩", "备注"], ["1", "甲某", "语文", cell, remark]])
    assert scores(row) == {"语文": said}


def test_a_word_beside_points_is_a_contradiction() -> None:
    absent, cheated, passed = read(
        [
            ["学号", "姓名", "科目", "成绩", "备注"],
            ["1", "甲某", "语文", 60, "缺考"],
            ["1", "甲某", "语文", "缺考", "作弊"],
            ["1", "甲某", "语文", 60, "合格"],
        ]
    )
    assert isinstance(absent, refusals.WordAndPoints)
    assert "缺考" in absent.sentence("zh")
    assert isinstance(cheated, CellsUnreadable)
    assert [cell["cell"] for cell in cheated.cells] == ["E3"]
    assert scores(passed) == {"语文": "passed"}
    assert passed.scores[0].points == 60


@pytest.mark.parametrize("cell", ["九十", "-5", "85.555", "86/100", True, date(2026, 3, 1), "12345"])
def test_a_cell_that_is_no_score_is_named_with_its_place(cell: Any) -> None:
    (bad,) = read([TITLE, ["学号", "姓名", "科目", "成绩"], ["1", "甲某", "语文", cell]])
    assert isinstance(bad, CellsUnreadable)
    assert bad.cells == [{"cell": "D3", "header": "成绩", "field": "points"}]
    assert "D3" in bad.sentence("zh")
    assert "D3" in bad.sentence("en")


def test_a_formula_is_refused_as_in_submissions() -> None:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["学号", "姓名", "语文", "数学", "总分"])
    sheet.write_row(1, 0, ["1", "甲某", 90])
    sheet.write_formula(1, 3, "=40+50", None, 90)
    sheet.write_formula(1, 4, "=C2+D2", None, 180)
    book.close()
    tables, _ = tables_of(sheets_of(made.getvalue()), lambda keys: hits(keys, SITTINGS), wanted=("姓名", "name"))
    table = lay_out(tables[0], SITTINGS)
    (line,) = table.lines()
    with pytest.raises(CellsUnreadable) as met:
        row_of(table, line, SITTINGS)
    # The total is not looked at where it is a formula: it adds up by itself.
    assert met.value.cells == [{"cell": "D2", "header": "数学", "field": "points"}]
    assert "公式" in met.value.sentence("zh")


def test_a_row_without_a_number_or_without_a_score_says_so() -> None:
    nobody, nothing, nameless = read(
        [
            ["学号", "姓名", "科目", "成绩"],
            [None, "甲某", "语文", 90],
            ["2", "乙某", "语文", None],
            ["3", None, "语文", 90],
        ]
    )
    assert isinstance(nobody, refusals.RowNamesNobody)
    assert isinstance(nothing, refusals.RowWithoutScore)
    assert isinstance(nameless, refusals.RowNamesNobody)
    assert "姓名" in nameless.sentence("zh")


# --- one column a subject -------------------------------------------------------------------------------------------


def test_a_wide_sheet_has_a_column_a_subject_and_leaves_what_is_blank() -> None:
    first, second = read(
        [
            TITLE,
            ["学员编号", "姓名", "语文（满分120）", "数学(120分)", "专业理论", "总分", "名次"],
            ["001", "甲某", 96, 88.5, "缺考", 184.5, 1],
            ["002", "乙某", 70, None, 150, 220, 2],
        ]
    )
    assert first.member_no == "001"
    assert scores(first) == {"语文": "96", "数学": "88.5", "专业理论": "absent"}
    assert scores(second) == {"语文": "70", "专业理论": "150"}


def test_a_total_that_is_not_the_sum_tells_of_a_shifted_column() -> None:
    (bad,) = read([["学号", "姓名", "语文", "数学", "总分"], ["1", "甲某", 96, 88, 194]])
    assert isinstance(bad, refusals.MarksDisagree)
    assert "184" in bad.sentence("zh")


@pytest.mark.parametrize(
    "header",
    [
        [["学号", "姓名", "专业技能评卷一", "专业技能评卷二"]],
        [["学号", "姓名", "专业技能（评委1）", "专业技能（评委2）"]],
        [["学号", "姓名", "专业技能", None], [None, None, "一评", "二评"]],
        [["学号", "姓名", "专业技能(满分230)", None], ["学号", "姓名", "评卷人甲", "评卷人乙"]],
    ],
)
def test_several_markers_are_kept_apart(header: list[list[Any]]) -> None:
    whole, short, absent = read(
        [TITLE, *header, ["1", "甲某", 200, 201], ["2", "乙某", 180, None], ["3", "丙某", "缺考", 0]]
    )
    assert scores(whole) == {"专业技能": ["200", "201"]}
    assert whole.scores[0].counted == Decimal("200.5")
    assert isinstance(short, refusals.MarkerMissing)
    assert scores(absent) == {"专业技能": "absent"}


def test_the_result_beside_the_markers_is_their_mean() -> None:
    rows = [
        ["学号", "姓名", "科目", "评卷一", "评卷二", "成绩"],
        ["1", "甲某", "语文", 80, 85, 82.5],
        ["2", "乙某", "语文", 80, 85, 85],
    ]
    good, bad = read(rows)
    assert good.scores[0].said() == {
        "subject": "语文", "sitting": 1, "points": None, "marks": ["80", "85"], "result": None,
    }  # fmt: skip
    assert isinstance(bad, refusals.MarksDisagree)


def test_a_name_of_a_subject_counts_whole() -> None:
    sittings = (sitting("专业"), sitting("专业理论"))
    (row,) = read([["学号", "姓名", "专业理论", "专业"], ["1", "甲某", 90, 80]], sittings)
    assert scores(row) == {"专业理论": "90", "专业": "80"}


# --- the file as a whole --------------------------------------------------------------------------------------------


def test_a_column_of_scores_that_nobody_declared_stops_the_file() -> None:
    with pytest.raises(refusals.ColumnIsNoSubject) as met:
        laid([["学号", "姓名", "班级", "语文", "物理"], ["1", "甲某", "1班", 90, 80]])
    assert "第 1 个工作表第 1 行 E 列" in met.value.sentence("zh")
    assert laid([["学号", "姓名", "班级", "语文", "家长意见"], ["1", "甲某", "1班", 90, "同意"]]).is_wide


def test_full_marks_of_the_header_are_those_of_the_sitting() -> None:
    with pytest.raises(refusals.FullMarksDiffer) as met:
        laid([["学号", "姓名", "语文（满分150）"], ["1", "甲某", 90]])
    assert "150" in met.value.sentence("zh")
    assert "120" in met.value.sentence("zh")


def test_two_columns_of_one_subject_or_one_number_stop_the_file() -> None:
    with pytest.raises(refusals.ColumnIsThereTwice):
        laid([["学号", "姓名", "语文", "语文"], ["1", "甲某", 90, 91]])
    with pytest.raises(refusals.ColumnIsThereTwice):
        laid([["学号", "学号", "姓名", "语文"], ["1", "2", "甲某", 90]])
    with pytest.raises(refusals.ColumnIsThereTwice):
        laid([["学号", "姓名", "科目", "语文"], ["1", "甲某", "数学", 90]])


def test_a_missing_column_is_named() -> None:
    with pytest.raises(refusals.ColumnIsMissing) as met:
        laid([["序号", "姓名", "科目", "成绩"], [1, "甲某", "语文", 90]])
    assert "学号" in met.value.sentence("zh")
    with pytest.raises(refusals.ColumnIsMissing) as met:
        laid([["学号", "姓名", "成绩"], ["1", "甲某", 90]])
    assert "科目" in met.value.sentence("zh")


def test_a_file_without_a_header_is_refused() -> None:
    with pytest.raises(refusals.SheetWithoutHeader):
        laid([["张三", 96], ["李四", 88]])


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", files.FileEmpty),
        (b" \r\n\r\n", files.FileBlank),
        (photo(), files.FileIsPicture),
        (compound_file("Workbook"), files.OldWorkbook),
        (b'[{"name": "a"}]', refusals.SheetIsNoTable),
        (written([["学号", "姓名"], *([str(n), "甲某"] for n in range(3 * ROWS // 2))]), refusals.SheetTooLong),
        ("学号,姓名,语文\n1,甲\n".encode() + b'"2,\n', files.QuotesAstray),
    ],
)
def test_what_is_no_list_is_refused_whole(content: bytes, refusal: type[BankError]) -> None:
    with pytest.raises(refusal):
        sheets_of(content)


def test_csv_is_read_in_the_encoding_that_schools_have() -> None:
    text = "学号,姓名,语文\r\n20230001,张三,９６\r\n"
    for encoding in ("utf-8-sig", "gb18030"):
        (sheet,) = sheets_of(text.encode(encoding))
        assert sheet.name is None
        assert [line.cells for line in sheet.lines][1] == ("20230001", "张三", "９６")
