"""One cell: a day in any shape, a score, an amount, a term, a number that a spreadsheet ruined."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.institutions.scales import CITY_SCALES
from creditbank.institutions.scales import read_score as on_scale
from creditbank.submissions.cells import Unusable
from creditbank.submissions.sheets import days_written, special_cells, values
from creditbank.submissions.sheets.columns import READERS
from creditbank.submissions.sheets.values import Unread
from creditbank.submissions.sheets.wordings import CHOICES, CHOICES_SHOWN, fold
from tests.submissions.sheets import resident

SERIAL_ZERO = date(1899, 12, 30)
CHINESE = "〇一二三四五六七八九"


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def in_chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else CHINESE[tens]) + ("十" if tens else "") + (CHINESE[ones] if ones or not tens else "")


SHAPES: list[Callable[[date], Any]] = [
    lambda day: day,
    lambda day: day.isoformat(),
    lambda day: f"{day.year}/{day.month}/{day.day}",
    lambda day: f"{day.year}.{day.month}.{day.day}",
    lambda day: f"{day.year}.{day.month:02d}.{day.day:02d}",
    lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: f"{day.year} 年 {day.month} 月 {day.day} 日",
    lambda day: f"{day:%Y%m%d}",
    lambda day: int(f"{day:%Y%m%d}"),
    lambda day: float(f"{day:%Y%m%d}"),
    lambda day: (day - SERIAL_ZERO).days,
    lambda day: float((day - SERIAL_ZERO).days) + 0.375,
    lambda day: str((day - SERIAL_ZERO).days),
    lambda day: f"{day} 00:00:00",
    lambda day: f"{day}T08:30",
    lambda day: f"{day.year}/{day.month}/{day.day} 8:30:00.000",
    lambda day: f"　{day}\u00a0\u200b",
    lambda day: f"'{day}",
    lambda day: wide(day.isoformat()),
    lambda day: wide(f"{day:%Y%m%d}"),
    lambda day: "".join(CHINESE[int(c)] for c in str(day.year)) + f"年{in_chinese(day.month)}月{in_chinese(day.day)}日",
]


@given(st.dates(date(1955, 1, 1), date(2099, 12, 31)), st.sampled_from(range(len(SHAPES))))
def test_a_day_is_the_same_day_in_whichever_shape_it_is_written(day: date, shape: int) -> None:
    assert days_written.read_day(SHAPES[shape](day)) == day.isoformat()


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("2024-01", "day_without_its_day"),
        ("2024年1月", "day_without_its_day"),
        ("1/12/2024", "day_ambiguous"),
        ("24-1-12", "day_ambiguous"),
        ("2024-02-30", "day_not_in_calendar"),
        ("20241301", "day_not_in_calendar"),
        ("20240231", "day_not_in_calendar"),
        ("昨天", "day_unreadable"),
        (2024, "day_unreadable"),
        (2024.3, "day_unreadable"),
        (float("nan"), "day_unreadable"),
        (True, "day_unreadable"),
        (Unusable("formula", "=TODAY()"), "cell_formula"),
        (Unusable("error", "#N/A"), "cell_error"),
    ],
)
def test_a_day_that_could_be_another_or_is_none_is_not_guessed(written: Any, code: str) -> None:
    with pytest.raises(Unread) as refused:
        days_written.read_day(written)
    assert refused.value.code == code


@given(st.text(max_size=40) | st.integers() | st.floats() | st.booleans() | st.none() | st.dates(date(1, 1, 1)))
def test_no_cell_whatever_breaks_a_reader(cell: Any) -> None:
    for read in READERS.values():
        with contextlib.suppress(Unread):
            read(cell)


@pytest.mark.parametrize(
    "written",
    ["2024.3.1-2024.3.5", "2024-03-01至2024-03-05", "2024年3月1日—2024年3月5日", "2024/3/1～2024/3/5",
     "20240301-20240305",
     "2024-03-01 - 2024-03-05", "2024.03.01--2024.03.05", "2024-03-01 to 2024-03-05", "2024-03-01到2024-03-05"],
)  # fmt: skip
def test_a_stretch_of_days_stands_in_one_cell(written: str) -> None:
    assert days_written.read_period(written) == {"started_on": "2024-03-01", "occurred_on": "2024-03-05"}


def test_a_single_day_is_a_stretch_of_one() -> None:
    assert days_written.read_period("2024-03-01") == {"started_on": "2024-03-01", "occurred_on": "2024-03-01"}
    assert days_written.read_period(date(2024, 3, 1)) == {"started_on": "2024-03-01", "occurred_on": "2024-03-01"}


def test_a_stretch_with_half_a_day_is_not_guessed() -> None:
    with pytest.raises(Unread):
        days_written.read_period("2024.3.1-3.5")


@pytest.mark.parametrize("written", ["长期有效", "永久", " 长期 ", "无", None, ""])
def test_what_never_ends_has_no_last_day(written: Any) -> None:
    assert days_written.read_last_day(written) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [(86.0, "86"), (86, "86"), (89.5, "89.5"), (0.1 + 0.2, "0.3"), ("86.0", "86"), ("86.50", "86.5"), ("８６", "86"),
     ("86分", "86"), (" 优 ", "优"), ("缺 考", "缺考"), ("A-", "A-"), ("100", "100"), (100.0, "100"), ("0", "0"),
     ("不及格", "不及格"), (None, None), ("", None), ("—", None), ("\u3000", None)],
)  # fmt: skip
def test_a_score_is_as_it_stands_on_its_scale(written: Any, read: str | None) -> None:
    assert values.read_score(written) == read


@given(st.decimals(0, 100, places=2))
def test_a_score_as_a_number_and_as_a_text_are_one_score(score: Any) -> None:
    read = values.read_score(str(score))
    assert read == values.read_score(float(score))
    assert read is not None
    assert on_scale(CITY_SCALES["percentage"], read).percent == score


@pytest.mark.parametrize("written", [date(2024, 1, 12), True, "=SUM(A1)", "x" * 21])
def test_what_cannot_be_a_score_is_said_to_be_none(written: Any) -> None:
    with pytest.raises(Unread):
        values.read_score(written)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2.5", "2.5"),
        (2.5, "2.5"),
        (4.0, "4"),
        ("4.00", "4"),
        ("４", "4"),
        ("3学分", "3"),
        ("0", "0"),
        ("00.50", "0.5"),
    ],
)
def test_credits_are_exact(written: Any, read: str) -> None:
    assert values.read_credits(written) == read


@pytest.mark.parametrize("written", ["-1", "2.555", "二", True, "1e3", 1e9])
def test_credits_that_are_not_exact_are_refused(written: Any) -> None:
    with pytest.raises(Unread):
        values.read_credits(written)


@pytest.mark.parametrize("written", ["32", 32.0, "32学时", "32 课时", "32.00", "３２小时"])
def test_hours_may_say_that_they_are_hours(written: Any) -> None:
    assert values.read_measure(written) == "32"


@pytest.mark.parametrize(
    "written", [139900199001010000, 1.3990019900101e17, "1.39900E+17", "1.399E17", "139900199001010000", 2**60]
)
def test_an_identity_number_that_a_spreadsheet_ruined_is_refused_with_the_way_to_mend_it(written: Any) -> None:
    with pytest.raises(Unread) as refused:
        values.read_document_number(written)
    assert refused.value.code == "number_ruined_by_spreadsheet"
    assert "文本" in refused.value.zh


@given(st.integers(0, 999))
def test_an_identity_number_is_read_in_whichever_way_it_was_typed(serial: int) -> None:
    number = resident(serial)
    for written in (
        number,
        number.lower(),
        f"'{number}",
        f"’{number}",
        wide(number),
        f" {number[:6]} {number[6:]}\u3000",
    ):
        assert values.read_document_number(written) == number


@pytest.mark.parametrize(
    ("written", "read"), [(2023010101.0, "2023010101"), (2023010101, "2023010101"), ("'0730", "0730")]
)
def test_a_student_number_is_its_digits(written: Any, read: str) -> None:
    assert values.read_student_no(written) == read


@pytest.mark.parametrize("written", [1e15, "2.0230E+15", "学号", "合计", "x" * 60 + "12345"])
def test_a_student_number_that_is_none_is_refused(written: Any) -> None:
    with pytest.raises(Unread):
        values.read_student_no(written)


@pytest.mark.parametrize("name", ["买买提·艾力", "John Smith", "张 三", "𠮷田", "O'Neill", "欧阳明月"])
def test_a_name_keeps_its_dots_and_its_letters(name: str) -> None:
    assert values.read_name(f" {name}\u200b") == name


@pytest.mark.parametrize(
    "cell", ["演示一、演示二", "演示一,演示二", "演示一\n演示二", "演示一/演示二", "演示一；演示二"]
)
def test_several_names_in_a_cell_are_refused_with_one_row_a_member(cell: str) -> None:
    with pytest.raises(Unread) as refused:
        values.read_name(cell)
    assert "一行只写一名成员" in refused.value.zh
    assert "One row a member" in refused.value.en


def test_in_a_list_of_teams_a_space_between_two_names_parts_two_people() -> None:
    with pytest.raises(Unread):
        values.read_member("演示一 演示二")
    assert values.read_member("张 三") == "张 三"
    assert values.read_name("阿卜杜拉 买买提") == "阿卜杜拉 买买提"


@pytest.mark.parametrize(
    "written",
    [
        "2023-2024",
        "2023/2024",
        "2023—2024",
        "2023~2024学年",
        "2023-2024学年度",
        "23-24",
        "2023学年",
        "２０２３－２０２４",
    ],
)
def test_an_academic_year_is_two_years_in_a_row(written: str) -> None:
    assert days_written.read_academic_year(written) == "2023-2024"


@pytest.mark.parametrize("written", ["2023", 2023, "2023-2025", "2024-2023", "一年级"])
def test_an_academic_year_is_not_guessed_from_one_year(written: Any) -> None:
    with pytest.raises(Unread):
        days_written.read_academic_year(written)


@pytest.mark.parametrize(
    ("written", "term"),
    [("第一学期", 1), ("秋", 1), ("上", 1), ("1", 1), ("一", 1), (1, 1), (1.0, 1), ("春季学期", 2),
     ("下学期", 2), ("二", 2),
     ("第二学期", 2), ("Autumn", 1), ("短学期", 3)],
)  # fmt: skip
def test_a_term_has_many_names(written: Any, term: int) -> None:
    assert days_written.read_term(written) == term


@pytest.mark.parametrize(
    "written",
    ["2023-2024-2", "2023-2024学年第二学期", "2023-2024学年2", "2023-2024(2)", "2023-2024 2",
     "2023-2024学年春季学期", "2024春", "2024年春季学期",
     "20232024 2", "2023/2024-下"],
)  # fmt: skip
def test_year_and_term_stand_in_one_cell(written: str) -> None:
    assert days_written.read_academic_term(written) == {"academic_year": "2023-2024", "term": 2}


@pytest.mark.parametrize(
    ("written", "said"),
    [("初修", {"attempt": "normal"}), ("正考", {"attempt": "normal"}), ("补考", {"attempt": "makeup"}),
     ("重修", {"attempt": "retake"}),
     ("缓考", {"attempt": "deferred"}), ("补考二", {"attempt": "makeup", "attempt_no": 2}),
     ("重修2", {"attempt": "retake", "attempt_no": 2}),
     ("第二次补考", {"attempt": "makeup", "attempt_no": 2}), ("makeup", {"attempt": "makeup"})],
)  # fmt: skip
def test_an_attempt_has_its_kind_and_its_number(written: str, said: dict[str, Any]) -> None:
    assert special_cells.read_attempt(written) == said


def test_required_or_elective_is_no_attempt() -> None:
    with pytest.raises(Unread):
        special_cells.read_attempt("必修")


@pytest.mark.parametrize(
    ("written", "said"),
    [("一等奖", {"rank": "first"}), ("优秀奖", {"rank": "excellence"}), ("第3名", {"place": 3}),
     ("第三名", {"place": 3}), ("亚军", {"place": 2}),
     ("省级二等奖", {"level": "provincial", "rank": "second"}), ("国家级第5名", {"level": "national", "place": 5}),
     ("三等奖（团体）", {"rank": "third"})],
)  # fmt: skip
def test_a_prize_is_a_rank_or_a_place(written: str, said: dict[str, Any]) -> None:
    assert special_cells.read_rank(written) == said


@pytest.mark.parametrize("written", ["特等奖", "3", "参与奖"])
def test_a_prize_that_the_bank_has_no_word_for_is_asked_about(written: str) -> None:
    with pytest.raises(Unread):
        special_cells.read_rank(written)


@pytest.mark.parametrize(
    ("written", "level"),
    [("初级", "elementary"), ("五级", "grade_5"), ("三级/高级工", "grade_3"), ("三级（高级工）", "grade_3"),
     ("高级工", "grade_3"),
     ("高级", "advanced"), ("高级技师", "grade_1"), ("1级", "grade_1"), ("不分级", "unlevelled")],
)  # fmt: skip
def test_a_level_of_a_certificate_is_one_of_its_words(written: str, level: str) -> None:
    assert READERS["certificate_level"](written) == level


def test_a_level_that_says_two_things_is_refused() -> None:
    with pytest.raises(Unread):
        READERS["certificate_level"]("三级/中级工")


@pytest.mark.parametrize("what", sorted(CHOICES))
def test_every_word_that_a_fault_asks_for_is_understood(what: str) -> None:
    for said in CHOICES_SHOWN[what]:
        for word in said.replace("、", ",").split(","):
            assert fold(word) in CHOICES[what], word


@pytest.mark.parametrize("yes", ["是", "合格", "√", "Y", "TRUE", True, 1, 1.0, "通过"])
def test_yes_is_said_in_many_ways(yes: Any) -> None:
    assert values.read_yes_no(yes) is True


@pytest.mark.parametrize("no", ["否", "不合格", "×", "N", "false", False, 0, "未通过"])
def test_no_is_said_in_many_ways(no: Any) -> None:
    assert values.read_yes_no(no) is False


def test_a_sentence_never_shows_an_identity_number_in_whichever_column_it_stands() -> None:
    number = resident(1)
    for shown in (
        values.shown(number),
        values.shown(f"见{number}"),
        values.shown(number, hide=True),
        values.shown(wide(number)),
    ):
        assert number[4:-2] not in shown
    assert values.shown("B0101") == "B0101"


def test_a_title_keeps_the_characters_in_which_it_was_written() -> None:
    assert values.read_text("  高等数学（上）\u200b ") == "高等数学（上）"
    assert values.read_text("高等数学\n（上）") == "高等数学 （上）"


def test_days_before_the_calendar_of_spreadsheets_and_after_a_century_are_no_serials() -> None:
    assert days_written.read_day(18_264) == date(1950, 1, 1).isoformat()
    for serial in (18_263, 73_051):
        with pytest.raises(Unread):
            days_written.read_day(serial)
    assert (SERIAL_ZERO + timedelta(days=73_050)).year == 2099
