"""From the lines of real sheets to rows, faults that say what to mend, and lines that are no records."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditbank.submissions.cells import Cell, Line, Unusable, row_no_of
from creditbank.submissions.sheets.assembling import Assembled, Assembler, SetAside, Unreadable
from creditbank.submissions.sheets.mapping import Mapping, Reference, lay_out
from tests.submissions.sheets import (
    AWARDS,
    CERTIFICATES,
    ENGLISH,
    KINDS_OF_SHEETS,
    QIANGZHI,
    REFERENCE,
    ROSTER,
    SERVICE,
    TODAY,
    TRAININGS,
    TWO_LEVELS,
    ZHENGFANG,
    Rows,
    lines_of,
    resident,
    sample_of,
    take,
    well_formed,
)

SCORES: Rows = [
    ["学号", "姓名", "课程代码", "学年", "学期", "总成绩", "考试日期"],
    ["2023010101", "演示一", "B0101", "2023-2024", 1, 86, "2024-01-12"],
]


def scores(*more: list[Cell]) -> Rows:
    return [*SCORES, *more]


def line_with(**cells: Cell) -> list[Cell]:
    """A good line of scores with some cells of other content."""
    good = dict(zip(["no", "name", "course", "year", "term", "score", "day"], SCORES[1], strict=True))
    return list((good | cells).values())


@pytest.mark.parametrize("name", sorted(KINDS_OF_SHEETS))
def test_every_record_of_a_real_sheet_becomes_a_well_formed_row(name: str) -> None:
    kind, rows, count = KINDS_OF_SHEETS[name]
    taken = take(rows)
    assert taken.unreadable == {}
    assert len(taken.rows) == count
    assert all(row["kind"] == kind and well_formed(row) for row in taken.rows)


def test_scores_are_read_from_numbers_and_grades_and_marks_among_the_remarks() -> None:
    assert [row["score"] for row in take(ZHENGFANG).rows] == ["86", "89.5", "缺考", "良"]


def test_a_zero_beside_the_mark_of_an_absence_is_an_absence_and_another_zero_is_a_zero() -> None:
    rows: Rows = [
        [*SCORES[0], "备注"],
        [*line_with(score=0), "缺考"],
        [*line_with(score=0), "作弊"],
        [*line_with(score=0), None],
        [*line_with(score=0), "免修"],
        [*line_with(score=45), "缺考"],
        [*line_with(score=45), "学生已转专业"],
    ]
    assert [row["score"] for row in take(rows).rows] == ["缺考", "作弊", "0", "0", "45", "45"]


def test_titles_header_again_blank_lines_totals_signatures_and_notes_are_set_aside_and_nothing_else() -> None:
    assert take(ZHENGFANG).aside == {
        1: "above_header",
        2: "above_header",
        3: "above_header",
        7: "blank",
        8: "header_again",
        10: "signature_total_or_note",
        11: "signature_total_or_note",
        12: "signature_total_or_note",
    }


def test_what_the_lines_above_the_header_say_holds_for_every_row() -> None:
    for row in take(TWO_LEVELS).rows:
        assert (row["course_code"], row["course_name"], row["credits"]) == ("B0101", "高等数学", "4")
        assert (row["academic_year"], row["term"], row["occurred_on"]) == ("2023-2024", 1, "2024-01-19")


def test_the_examination_says_which_attempt_it_was_and_a_normal_one_leaves_a_retake_a_retake() -> None:
    assert [row["attempt"] for row in take(QIANGZHI).rows] == ["normal", "retake", "makeup", "deferred"]


def test_an_identity_number_with_a_small_x_is_the_same_number() -> None:
    lower = next(number for serial in range(99) if (number := resident(serial)).endswith("X")).lower()
    rows: Rows = [["姓名", "身份证号", *SCORES[0][2:]], ["演示一", lower, *SCORES[1][2:]]]
    (row,) = take(rows).rows
    assert row["learner"]["document"] == {"kind": "resident_id", "number": lower.upper()}


def test_certificates_are_found_by_code_by_name_and_by_the_name_with_its_level() -> None:
    rows = take(CERTIFICATES).rows
    assert [row["standard"] for row in rows] == ["1x-web-frontend", "electrician", "1x-web-frontend"]
    assert [row["level"] for row in rows] == ["intermediate", "grade_3", "elementary"]
    assert [row.get("valid_until") for row in rows] == [None, "2027-05-05", None]
    assert rows[1]["occurred_on"] == "2024-05-06"


def test_a_certificate_whose_name_nobody_registered_says_so_at_its_cell() -> None:
    taken = take([*CERTIFICATES, ["演示四", resident(4), "演示工", "初级", "D1399000004", "2024-05-06", None]])
    (fault,) = taken.unreadable[5].faults
    assert (fault.letter, fault.code) == ("C", "certificate_name_unknown")


def test_a_training_has_its_days_in_one_cell() -> None:
    rows = take(TRAININGS).rows
    assert {(row["started_on"], row["occurred_on"], row["hours"]) for row in rows} == {
        ("2024-03-01", "2024-03-05", "32")
    }
    assert [row["passed"] for row in rows] == [True, False, True]


def test_service_without_an_honour_has_none() -> None:
    assert [row.get("honour") for row in take(SERVICE).rows] == [None, "优秀士兵"]


def test_a_roster_is_of_those_who_entered() -> None:
    (first, _) = take(ROSTER).rows
    assert first == {
        "kind": "enrolment_event",
        "event": "entered",
        "occurred_on": "2023-09-04",
        "level": "higher_vocational",
        "programme_code": "460301",
        "year_of_entry": 2023,
        "learner": {
            "name": "演示一",
            "student_no": "2023010101",
            "document": {"kind": "resident_id", "number": resident(1)},
        },
    }


def test_headers_may_be_english() -> None:
    (row,) = take(ENGLISH).rows
    assert (row["course_code"], row["term"], row["occurred_on"]) == ("B0101", 1, "2024-01-12")


# --- teams -------------------------------------------------------------------------------------------------------


def test_members_of_a_team_are_counted_in_the_order_of_their_rows() -> None:
    places = [(row.get("team_size"), row.get("member_no")) for row in take(AWARDS).rows]
    assert places == [(2, 1), (2, 2), (1, 1), (None, None)]


def test_teams_are_the_same_whichever_way_the_lines_arrive_and_however_often() -> None:
    taken = take(AWARDS)
    assert taken.proposal.mapping is not None
    again = Assembler(taken.proposal.mapping, lay_out(taken.proposal.mapping, [sample_of(AWARDS)]), reference=REFERENCE)
    lines = lines_of(AWARDS)
    for part in (lines[:3], lines[3:], lines[1:4]):
        again.arrange(part)
    assert [said.payload for line in reversed(lines) if isinstance(said := again.row(line), Assembled)] == taken.rows[
        ::-1
    ]


def test_a_member_whose_row_cannot_be_read_still_counts_for_the_team() -> None:
    bad = ["2023010105", "演示五", "职业院校技能大赛工业网络", "不知", "一等奖", "2024-04-20", "海港队"]
    taken = take([*AWARDS[:3], bad])
    assert [(row["team_size"], row["member_no"]) for row in taken.rows] == [(3, 1), (3, 2)]
    assert set(taken.unreadable) == {4}


def test_somebody_listed_twice_is_one_member() -> None:
    taken = take([*AWARDS[:3], AWARDS[1]])
    assert [(row["team_size"], row["member_no"]) for row in taken.rows] == [(2, 1), (2, 2), (2, 1)]


def test_a_team_that_says_its_size_and_places_is_taken_at_its_word() -> None:
    rows: Rows = [[*AWARDS[0], "团队人数", "成员序号"], [*AWARDS[1], 5, 4]]
    (row,) = take(rows).rows
    assert (row["team_size"], row["member_no"]) == (5, 4)


def test_a_team_in_one_cell_is_refused_with_one_row_a_member() -> None:
    taken = take([*AWARDS, ["2023010106", "演示六、演示七", *AWARDS[1][2:]]])
    (fault,) = taken.unreadable[6].faults
    assert fault.letter == "B"
    assert "一行只写一名成员" in fault.zh


# --- faults ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "letter", "code"),
    [
        ({"no": None}, "A", "value_missing"),
        ({"name": None}, "B", "value_missing"),
        ({"course": None}, "C", "value_missing"),
        ({"year": "2023"}, "D", "academic_year_unreadable"),
        ({"term": "七"}, "E", "term_unreadable"),
        ({"score": None}, "F", "value_missing"),
        ({"score": "—"}, "F", "value_missing"),
        ({"score": Unusable("formula", "=SUM(A1:A3)")}, "F", "cell_formula"),
        ({"score": Unusable("error", "#N/A")}, "F", "cell_error"),
        ({"day": "1/12/2024"}, "G", "day_ambiguous"),
        ({"no": 2.0230101e15}, "A", "number_ruined_by_spreadsheet"),
        ({"course": date(2024, 1, 2)}, "C", "cell_turned_into_a_day"),
    ],
)
def test_a_fault_names_its_cell_in_both_languages(cells: dict[str, Cell], letter: str, code: str) -> None:
    (fault,) = take(scores(line_with(**cells))).unreadable[3].faults
    assert (fault.letter, fault.code) == (letter, code)
    assert fault.zh.startswith(f"{letter}3（{fault.header}）")
    assert fault.en.startswith(f"{letter}3 ({fault.header})")
    assert fault.zh.endswith("。")
    assert fault.en.endswith(".")


def test_every_fault_of_a_line_is_said_at_once() -> None:
    faults = take(scores(line_with(score=None, day="昨天", term="七"))).unreadable[3].faults
    assert {fault.letter for fault in faults} == {"E", "F", "G"}


def test_no_fault_repeats_an_identity_number_even_if_it_stands_in_the_wrong_column() -> None:
    number = resident(7)
    head = ["姓名", "身份证号", *SCORES[0][2:]]
    good = ["演示一", resident(1), *SCORES[1][2:]]
    wrong: list[list[Cell]] = [
        ["演示一", number + number, *SCORES[1][2:]],
        ["演示一", number[:17], *SCORES[1][2:]],
        [number, resident(1), *SCORES[1][2:]],
        ["演示一", resident(1), *line_with(term=number)[2:]],
        ["演示一", int(number[:17]), *SCORES[1][2:]],
        ["演示一", number[:15] + "000", *SCORES[1][2:]],
    ]
    taken = take([head, *[good] * 10, *wrong])
    assert set(taken.unreadable) == set(range(12, 18))
    for one in taken.unreadable.values():
        for fault in one.faults:
            assert number[6:14] not in fault.zh + fault.en


def test_two_columns_that_contradict_each_other_are_both_looked_at() -> None:
    rows: Rows = [[*SCORES[0], "学年学期"], [*SCORES[1], "2023-2024-1"], [*SCORES[1], "2023-2024-2"]]
    taken = take(rows)
    assert len(taken.rows) == 1
    assert [fault.code for fault in taken.unreadable[3].faults] == ["columns_disagree"]


def test_a_document_of_another_kind_needs_its_kind() -> None:
    head = ["姓名", "证件号码", "证件类型", *SCORES[0][2:]]
    rows: Rows = [
        head,
        ["演示一", "H12345678", "港澳居民来往内地通行证", *SCORES[1][2:]],
        ["演示二", resident(2), None, *SCORES[1][2:]],
        ["演示三", "H12345678", None, *SCORES[1][2:]],
    ]
    taken = take(rows)
    assert [row["learner"]["document"]["kind"] for row in taken.rows] == ["hk_macao_permit", "resident_id"]
    assert [fault.code for fault in taken.unreadable[4].faults] == ["document_kind_missing"]


def test_a_course_is_found_by_its_name_where_there_is_no_code_and_only_if_one_has_it() -> None:
    rows: Rows = [
        ["学号", "姓名", "课程名称", "学年", "学期", "总成绩"],
        ["2023010101", "演示一", "大学英语（一）", "2023-2024", 1, 86],
        ["2023010101", "演示一", "不存在的课", "2023-2024", 1, 86],
    ]
    taken = take(rows)
    assert [row["course_code"] for row in taken.rows] == ["B0102"]
    assert [(fault.letter, fault.code) for fault in taken.unreadable[3].faults] == [("C", "course_name_unknown")]


def test_a_course_may_have_its_code_before_its_name_in_one_cell() -> None:
    rows: Rows = [
        ["学年学期", "课程/环节", "学号", "姓名", "学分", "类别", "修读性质", "考核方式", "取得方式", "成绩", "备注"],
        [
            "2023-2024学年第一学期",
            "[B0109]机械制图",
            "2023010101",
            "演示一",
            "3.0",
            "必修",
            "初修",
            "考试",
            "考取",
            "86.0",
            "",
        ],
    ]
    (row,) = take(rows).rows
    assert (row["course_code"], row["course_name"], row["score"]) == ("B0109", "机械制图", "86")


def test_results_without_a_day_are_of_the_last_day_of_their_term_if_it_is_known_and_over() -> None:
    rows: Rows = [
        SCORES[0][:6],
        ["2023010101", "演示一", "B0101", "2023-2024", 2, 86],
        ["2023010101", "演示一", "B0101", "2019-2020", 1, 86],
        ["2023010101", "演示一", "B0101", "2024-2025", 1, 86],
    ]
    columns = dict(
        zip(SCORES[0][:6], ["student_no", "learner_name", "course_code", "academic_year", "term", "score"], strict=True)
    )
    mapping = Mapping.model_validate(
        {"sheets": [{"kind": "course_result", "columns": columns, "constants": {"occurred_on": "term_end"}}]}
    )
    taken = take(rows, mapping=mapping)
    assert [row["occurred_on"] for row in taken.rows] == ["2024-07-05"]
    assert [fault.code for fault in taken.unreadable[3].faults] == ["term_not_published"]
    assert [fault.code for fault in taken.unreadable[4].faults] == ["term_not_over"]
    assert taken.asked() == {"term_not_published", "term_not_over"}


def test_a_constant_holds_for_every_row() -> None:
    columns = {"学号": "student_no", "姓名": "learner_name", "课程代码": "course_code", "总成绩": "score"}
    constants = {"occurred_on": "2024年1月12日", "academic_year": "2023-2024", "term": "秋", "attempt": "重修"}
    mapping = Mapping.model_validate(
        {"sheets": [{"kind": "course_result", "columns": columns, "constants": constants}]}
    )
    (row,) = take(SCORES, mapping=mapping).rows
    assert (row["occurred_on"], row["term"], row["attempt"]) == ("2024-01-12", 1, "retake")


# --- lines that are no records -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        ["制表人：演示某"],
        ["制表人", "演示某"],
        [None, None, None, "审核：", None, "日期："],
        ["合计", None, None, None, None, Unusable("formula", "=SUM(F2:F3)")],
        ["平均分", None, None, None, None, 77.5],
        ["教务处（盖章）"],
        ["任课教师（签字）：演示师", None, None, "2024年1月20日"],
        ["注：成绩以教务系统为准。"],
        [None, "以下空白"],
        ["第1页 共3页"],
        ["秦皇岛示例学院成绩单"],
    ],
)
def test_a_signature_a_total_or_a_note_is_no_record(line: list[Cell]) -> None:
    taken = take(scores(line))
    assert taken.aside[3] == "signature_total_or_note"
    assert len(taken.rows) == 1


@pytest.mark.parametrize(
    "line",
    [
        ["2023010109", "合计", None, None, None, None],
        ["2023010109", "演示九", None, None, None, None, "注：休学"],
        [None, "演示九", "B0101", "2023-2024", 1, 77],
        [None, "演示九"],
        ["随便写的一句话"],
        [None, None, "B0101", "2023-2024", 1, 77, "2024-01-12"],
        ["2023010109", "审核员演示", "B0101", "2023-2024", 1, None, "2024-01-12"],
    ],
)
def test_a_line_that_might_be_a_record_is_never_lost_in_silence(line: list[Cell]) -> None:
    assert 3 in take(scores(line)).unreadable


def test_a_running_number_alone_is_a_blank_line() -> None:
    rows: Rows = [["序号", *SCORES[0]], [1, *SCORES[1]], [2, *[None] * 7], ["", *[None] * 7]]
    assert take(rows).aside == {1: "above_header", 3: "blank", 4: "blank"}


def test_the_lower_line_of_a_header_in_two_lines_is_known_when_it_comes_again() -> None:
    taken = take([*TWO_LEVELS[:6], TWO_LEVELS[2], TWO_LEVELS[3], TWO_LEVELS[4]])
    assert [taken.aside[row] for row in (7, 8)] == ["header_again", "header_again"]
    assert len(taken.rows) == 3


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.none() | st.text(max_size=12) | st.integers(0, 10**18) | st.floats() | st.booleans()
            | st.sampled_from(["合计", "2023010101", "制表人：", "86", Unusable("error", "#N/A"), date(2024, 1, 12)]),
            max_size=9,
        ),
        max_size=12,
    )
)  # fmt: skip
def test_every_line_is_a_row_or_set_aside_or_says_its_faults_and_a_row_is_always_well_formed(
    lines: list[list[Cell]],
) -> None:
    taken = take(scores(*lines), kind="course_result")
    for (_, row), said in taken.lines.items():
        if isinstance(said, Assembled):
            assert said.payload["learner"]["student_no"]
        elif isinstance(said, Unreadable):
            assert said.faults
        else:
            assert isinstance(said, SetAside)
            assert row <= 1 or said.code != "above_header"


# --- any order of columns ----------------------------------------------------------------------------------------


def ordered(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "learner": dict(row["learner"])}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(set(KINDS_OF_SHEETS) - {"zhengfang", "two levels", "trainings", "roster"})), st.randoms())
def test_columns_in_any_order_give_the_same_rows(name: str, random: Any) -> None:
    _, rows, _ = KINDS_OF_SHEETS[name]
    order = list(range(len(rows[0])))
    random.shuffle(order)
    shuffled = [[row[at] for at in order] for row in rows]
    straight = take(rows)
    assert [ordered(row) for row in take(shuffled).rows] == [ordered(row) for row in straight.rows]
    saved = straight.proposal.mapping
    assert saved is not None
    later = take(shuffled, saved=[saved])
    assert later.proposal.complete
    assert [ordered(row) for row in later.rows] == [ordered(row) for row in straight.rows]


# --- withdrawing and reassigning ---------------------------------------------------------------------------------

RECORD = "0192f5a0-7c1e-7000-8000-000000000001"


def test_a_withdrawal_names_a_record_by_its_number_or_its_key_and_says_why() -> None:
    rows: Rows = [
        ["学习成果编号", "本单位编号", "撤回原因"],
        [RECORD, None, "重复报送"],
        [None, "2023-1-0001", "误报"],
        [None, None, "误报"],
        ["不是编号", None, "误报"],
    ]
    taken = take(rows, act="withdraw")
    assert taken.rows == [
        {"record_id": RECORD, "reason": "重复报送"},
        {"key": "2023-1-0001", "reason": "误报"},
    ]
    assert set(taken.unreadable) == {4, 5}


def test_a_withdrawal_may_be_the_sheet_that_was_reported_with_a_reason() -> None:
    rows: Rows = [[*SCORES[0], "原因"], [*SCORES[1], "成绩复核"], [*line_with(score=None, day="昨天"), "成绩复核"]]
    taken = take(rows, act="withdraw")
    said = {
        "kind": "course_result",
        "learner": {"name": "演示一", "student_no": "2023010101"},
        "course_code": "B0101",
        "academic_year": "2023-2024",
        "term": 1,
        "attempt": "normal",
        "attempt_no": 1,
        "reason": "成绩复核",
    }
    assert taken.rows == [said, said]


def test_without_a_reason_in_the_row_the_submission_gives_it_or_the_row_says_that_it_lacks_one() -> None:
    rows: Rows = [["学习成果编号", "姓名"], [RECORD, "演示一"]]
    assert take(rows, act="withdraw", reason="整批误报").rows == [{"record_id": RECORD, "reason": "整批误报"}]
    assert [fault.field for fault in take(rows, act="withdraw").unreadable[2].faults] == ["reason"]


def test_a_reassignment_says_which_record_whose_it_is_and_why() -> None:
    rows: Rows = [
        ["学习成果编号", "姓名", "学号", "证件号码", "原因"],
        [RECORD, "演示二", "2023010102", resident(2), "张冠李戴"],
        [None, "演示二", "2023010102", resident(2), "张冠李戴"],
        [RECORD, None, None, None, "张冠李戴"],
    ]
    taken = take(rows, act="reassign")
    assert taken.rows == [
        {
            "record_id": RECORD,
            "learner": {
                "name": "演示二",
                "student_no": "2023010102",
                "document": {"kind": "resident_id", "number": resident(2)},
            },
            "reason": "张冠李戴",
        }
    ]
    assert set(taken.unreadable) == {3, 4}


# --- back to the cell --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pointer", "letter"),
    [
        ("/learner/student_no", "B"),
        ("/learner/name", "C"),
        ("/learner/document/number", "D"),
        ("/learner", "D"),
        ("/score", "G"),
        ("/course_code", "E"),
        ("/academic_year", "A"),
        ("/term", "A"),
        ("/attempt", "H"),
        ("/credits", "J"),
        ("/occurred_on", "K"),
    ],
)
def test_a_fault_of_the_bank_is_led_back_to_its_cell(pointer: str, letter: str) -> None:
    assembler = take(QIANGZHI).assembler
    assert assembler is not None
    found = assembler.cell_of(pointer, row_no_of(1, 3))
    assert found is not None
    assert found.letter == letter


def test_what_no_column_says_has_no_cell() -> None:
    assembler = take(QIANGZHI).assembler
    assert assembler is not None
    assert assembler.cell_of("/scale", row_no_of(1, 3)) is None
    assert assembler.cell_of("/score", row_no_of(2, 3)) is None


def test_the_day_of_a_result_that_is_the_end_of_its_term_is_led_back_to_the_term() -> None:
    assembler = take(ZHENGFANG).assembler
    assert assembler is not None
    found = assembler.cell_of("/occurred_on", row_no_of(1, 4))
    assert found is not None
    assert found.header == "学期"


def test_a_line_of_a_sheet_that_is_not_read_is_set_aside_and_says_so() -> None:
    taken = take(SCORES, [["代码", "含义"], ["01", "正考"]], names=["成绩", "代码表"])
    assert {
        code
        for (sheet, _), said in taken.lines.items()
        if sheet == 2 and isinstance(said, SetAside)
        for code in [said.code]
    } == {"sheet_not_read"}
    assert len(taken.rows) == 1


def test_a_line_with_far_more_cells_than_the_header_is_read_by_the_columns_that_are_known() -> None:
    taken = take(scores([*line_with(), *["x"] * 200]))
    assert len(taken.rows) == 2


def test_reading_is_the_same_for_whoever_starts_in_the_middle_of_a_file() -> None:
    taken = take(ZHENGFANG)
    mapping = taken.proposal.mapping
    assert mapping is not None
    layouts = [type(one).model_validate_json(one.model_dump_json()) for one in lay_out(mapping, [sample_of(ZHENGFANG)])]
    kept = Mapping.model_validate_json(mapping.model_dump_json())
    late = Assembler(kept, layouts, reference=Reference(today=TODAY, terms=REFERENCE.terms))
    assert late.row(Line(row_no_of(1, 9), tuple(ZHENGFANG[8]))) == taken.lines[1, 9]
