"""What is proposed for a file, what a person is asked, and when a saved mapping still holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from creditbank.submissions.cells import Cell, Unusable
from creditbank.submissions.sheets.checking import check
from creditbank.submissions.sheets.columns import KIND_NAMES, KINDS, SPREAD, fields_of, header_forms, known_headers
from creditbank.submissions.sheets.guide import column_tables
from creditbank.submissions.sheets.mapping import Kind, Mapping
from creditbank.submissions.sheets.proposing import propose
from tests.submissions.sheets import (
    AWARDS,
    CERTIFICATES,
    KINDS_OF_SHEETS,
    QIANGZHI,
    REFERENCE,
    TRAININGS,
    TWO_LEVELS,
    ZHENGFANG,
    Rows,
    resident,
    sample_of,
    take,
)

ROOT = Path(__file__).parents[2]

GUIDE = ROOT / "docs" / "submissions.md"


def mapping_of(rows: Rows, **said: Any) -> Mapping:
    found = take(rows, **said).proposal.mapping
    assert found is not None
    return found


def faults(mapping: Mapping, *sheets: Rows, names: tuple[str | None, ...] = ()) -> dict[str, str]:
    """What the check of a later file finds, by code, with how hard."""
    named = [*names, *[None] * (len(sheets) - len(names))]
    samples = [sample_of(rows, sheet_no=at, name=named[at - 1]) for at, rows in enumerate(sheets, start=1)]
    return {fault.code: fault.severity for fault in check(mapping, samples, reference=REFERENCE)}


def with_column(rows: Rows, header: str, *values: Cell, at: int = 0) -> Rows:
    """A sheet with one more column at its end; its header stands in row `at`."""
    return [[*row, header if row is rows[at] else (values[number % len(values)] if values and number > at else None)]
            for number, row in enumerate(rows)]  # fmt: skip


# --- proposing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(KINDS_OF_SHEETS))
def test_a_real_sheet_needs_no_answer_but_the_word_of_a_person(name: str) -> None:
    kind, rows, _ = KINDS_OF_SHEETS[name]
    proposal = take(rows).proposal
    assert proposal.questions == []
    assert proposal.faults == []
    assert proposal.sheets[0].kind == kind
    assert not proposal.complete, "nothing was confirmed yet"


@pytest.mark.parametrize("name", sorted(KINDS_OF_SHEETS))
def test_what_was_confirmed_once_needs_nobody_the_next_time(name: str) -> None:
    _, rows, _ = KINDS_OF_SHEETS[name]
    saved = mapping_of(rows)
    again = take(rows, saved=[saved]).proposal
    assert again.complete
    assert (again.mapping, again.saved) == (saved, 0)


@pytest.mark.parametrize("name", sorted(KINDS_OF_SHEETS))
def test_the_kind_may_be_said_by_who_sends_the_file(name: str) -> None:
    kind, rows, count = KINDS_OF_SHEETS[name]
    assert len(take(rows, kind=kind).rows) == count


def test_a_header_in_two_lines_names_its_columns_by_their_leaves() -> None:
    sheet = take(TWO_LEVELS).proposal.sheets[0]
    assert (sheet.header_row, sheet.header_rows) == (3, 2)
    assert [column.header for column in sheet.columns] == ["学号", "姓名", "平时", "期末", "总评", "备注"]


def test_a_proposal_says_why_and_shows_values_without_identity_numbers() -> None:
    sheet = take(QIANGZHI).proposal.sheets[0]
    by_letter = {column.letter: column for column in sheet.columns}
    assert (by_letter["G"].field, by_letter["G"].why, by_letter["G"].samples) == ("score", "both", ["合格", "72", "60"])
    assert by_letter["D"].field == "document_number"
    assert resident(1)[6:14] not in sheet.model_dump_json()
    assert {
        column.field: column.why for column in take(ZHENGFANG).proposal.sheets[0].columns if column.field is None
    } == {None: "known"}


def test_two_sheets_that_are_read_alike_share_a_mapping_and_sheets_without_records_are_set_aside() -> None:
    taken = take(
        ZHENGFANG,
        [*ZHENGFANG[2:5]],
        [["填表说明"], ["一、学号须与教务系统一致。"]],
        [["代码", "名称"], ["01", "正考"]],
        [],
        names=["23级1班", "23级2班", "说明", "代码表", "Sheet5"],
    )
    assert [sheet.used for sheet in taken.proposal.sheets] == [True, True, False, False, False]
    aside = [sheet.set_aside.code for sheet in taken.proposal.sheets if sheet.set_aside is not None]
    assert aside == ["no_records", "no_records", "empty"]
    assert taken.proposal.mapping is not None
    assert [sheet.sheet for sheet in taken.proposal.mapping.sheets] == [None]
    assert len(taken.rows) == 6


def test_two_sheets_of_different_kinds_are_read_as_what_they_are() -> None:
    taken = take(QIANGZHI, CERTIFICATES, names=["成绩", "证书"])
    assert [row["kind"] for row in taken.rows] == ["course_result"] * 4 + ["certificate"] * 3


def test_a_sheet_of_examples_is_not_read_and_somebody_is_told() -> None:
    taken = take(QIANGZHI, QIANGZHI[:2], names=["成绩", "填写示例"])
    assert len(taken.rows) == 4
    assert "sheet_explains" in taken.asked()


@pytest.mark.parametrize(
    ("header", "value", "field"),
    [
        ("学期", "2023-2024-1", "academic_term"),
        ("学年", "2023-2024-1", "academic_term"),
        ("开课学期", "2023-2024学年第一学期", "academic_term"),
        ("学年学期", "2023-2024-1", "academic_term"),
    ],
)
def test_what_stands_in_a_column_says_which_of_its_meanings_a_header_has(header: str, value: str, field: str) -> None:
    rows: Rows = [["学号", "姓名", "课程代码", header, "成绩"], ["2023010101", "演示一", "B0101", value, 86]]
    taken = take(rows)
    assert taken.fields()[header] == field
    assert (taken.rows[0]["academic_year"], taken.rows[0]["term"]) == ("2023-2024", 1)


def test_required_and_elective_courses_are_not_taken_for_attempts() -> None:
    rows = with_column([row[:7] for row in QIANGZHI], "修读性质", "必修", "选修")
    taken = take(rows)
    assert "修读性质" not in taken.fields()
    assert len(taken.rows) == 4


def test_the_score_that_counts_is_taken_and_its_parts_are_not() -> None:
    head = ["学号", "姓名", "平时成绩", "期末成绩", "总评成绩", "课程代码", "学年", "学期"]
    taken = take([head, ["2023010101", "演示一", 90, 80, 84, "B0101", "2023-2024", 1]])
    assert [row["score"] for row in taken.rows] == ["84"]


def test_the_score_of_a_makeup_beside_the_first_one_is_asked_about() -> None:
    taken = take(with_column(QIANGZHI, "补考成绩", None, 61))
    assert "other_attempt_unread" in taken.asked()


def test_the_same_header_twice_is_asked_about() -> None:
    taken = take(with_column(QIANGZHI, "最终成绩", 99))
    assert "header_twice" in taken.asked()
    assert [row["score"] for row in taken.rows] == ["合格", "72", "60", "缓考"]


def test_two_tables_side_by_side_are_never_read_by_half_in_silence() -> None:
    rows = [[*row, *row] for row in QIANGZHI]
    assert "tables_side_by_side" in take(rows).asked()


def test_a_result_that_cannot_be_read_is_asked_about_before_everybody_is_taken_to_have_passed() -> None:
    rows = [row if at < 2 else [*row[:6], 40 + at] for at, row in enumerate(TRAININGS)]
    assert "passed" not in take(rows).fields().values()
    assert "optional_column_unread" in take(rows).asked()


def test_a_term_that_the_calendar_does_not_have_is_asked_about() -> None:
    rows = [[str(cell).replace("2023-2024-2", "2023-2024-3") for cell in row] for row in QIANGZHI]
    assert take(rows).asked() == {"term_not_in_calendar"}
    assert faults(mapping_of(QIANGZHI), rows) == {"term_not_in_calendar": "ask"}


def test_headers_without_end_break_nothing() -> None:
    rows = with_column(QIANGZHI, "很长的说明" * 100, "x")
    rows = [[*row, *[f"列{at}" for at in range(700)]] for row in rows]
    assert len(take(rows).rows) == 4


def test_what_is_missing_is_asked_for() -> None:
    taken = take([row[:4] + row[6:] for row in QIANGZHI], kind="course_result")
    assert {question.field for question in taken.proposal.questions if question.code == "field_missing"} == {
        "course_code"
    }
    assert taken.proposal.mapping is None
    assert taken.fields()["最终成绩"] == "score"


def test_a_column_whose_contents_are_something_else_is_asked_about() -> None:
    rows = [[*row[:10], "随便" if at else row[10]] for at, row in enumerate(QIANGZHI)]
    assert "contents_do_not_fit" in take(rows).asked()


def test_identity_numbers_under_a_strange_header_are_found_and_confirmed_by_a_person() -> None:
    rows = [["学年学期", "学号", "姓名", "ZJ码", *QIANGZHI[0][4:]], *QIANGZHI[1:]]
    taken = take(rows)
    assert taken.fields()["ZJ码"] == "document_number"
    assert "guessed_by_content" in taken.asked()


def test_a_sheet_without_a_header_is_guessed_by_its_contents_and_says_so() -> None:
    rows: Rows = [
        [f"20230101{at:02d}", f"演示{'一二三四五六七八九'[at]}", "B0101", "2023-2024-1", 60 + at, resident(at)]
        for at in range(9)
    ]
    taken = take(rows)
    assert "guessed_without_header" in taken.asked()
    assert taken.fields() == {
        "@A": "student_no",
        "@B": "learner_name",
        "@C": "course_code",
        "@D": "academic_term",
        "@E": "score",
        "@F": "document_number",
    }
    assert len(taken.rows) == 9


def test_a_file_without_anybody_in_it_says_that_nothing_was_found() -> None:
    taken = take([["说明"], ["本表用于统计"]])
    assert taken.proposal.mapping is None
    assert "no_records_found" in taken.asked()


def test_results_without_a_day_ask_for_their_term_only_if_it_does_not_tell() -> None:
    assert take(ZHENGFANG).proposal.questions == []
    future = [[cell if cell != "2023-2024" else "2024-2025" for cell in row] for row in ZHENGFANG]
    assert take(future[2:]).asked() == {"term_not_over"}


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.lists(
            st.none() | st.text(max_size=8) | st.floats() | st.sampled_from([*QIANGZHI[0], *TWO_LEVELS[1]])
            | st.sampled_from([Unusable("error", "#N/A"), date(2024, 1, 12), True]),
            max_size=8,
        ),
        max_size=8,
    ),
    st.sampled_from([None, *KINDS]),
    st.sampled_from(["report", "withdraw", "reassign"]),
)  # fmt: skip
def test_no_sheet_whatever_breaks_a_proposal(rows: list[list[Cell]], kind: str | None, act: Any) -> None:
    saved = [mapping_of(QIANGZHI), mapping_of(TWO_LEVELS)]
    proposal = propose([sample_of(rows)], kind=kind, act=act, saved=saved, reference=REFERENCE)
    assert not proposal.complete or proposal.mapping in saved


# --- a later file ------------------------------------------------------------------------------------------------


def test_a_header_that_is_gone_is_asked_about() -> None:
    saved = mapping_of(QIANGZHI)
    assert faults(saved, [row[:10] for row in QIANGZHI]) == {"header_missing": "ask"}
    assert not take([row[:10] for row in QIANGZHI], saved=[saved]).proposal.complete


def test_a_header_that_comes_twice_is_asked_about() -> None:
    assert faults(mapping_of(QIANGZHI), with_column(QIANGZHI, "最终成绩", 99)) == {"header_twice": "ask"}


def test_a_new_column_that_might_be_read_is_asked_about_once() -> None:
    more = with_column(QIANGZHI, "备注", "缺考")
    assert faults(mapping_of(QIANGZHI), more) == {"column_new": "ask"}
    assert faults(mapping_of(more), more) == {}
    assert faults(mapping_of(QIANGZHI), with_column(QIANGZHI, "辅导员", "演示某")) == {}
    ignored = mapping_of(QIANGZHI).sheets[0].model_copy(update={"ignored": ["备注"]})
    assert faults(Mapping(sheets=[ignored]), more) == {}


def test_the_score_of_another_attempt_in_a_later_file_is_asked_about() -> None:
    assert faults(mapping_of(QIANGZHI), with_column(QIANGZHI, "补考成绩", 60)) == {"column_new": "ask"}


def test_contents_of_another_kind_under_the_same_header_are_asked_about() -> None:
    later = [[*row[:10], "随便" if at else row[10]] for at, row in enumerate(QIANGZHI)]
    assert faults(mapping_of(QIANGZHI), later) == {"contents_differ": "ask"}


def test_a_column_of_ruined_identity_numbers_is_told_how_to_mend_them_without_repeating_one() -> None:
    later = [[*row[:3], 1.39900199001010e17 if at else row[3], *row[4:]] for at, row in enumerate(QIANGZHI)]
    (fault,) = check(mapping_of(QIANGZHI), [sample_of(later)], reference=REFERENCE)
    assert "文本" in fault.zh
    assert "19900101" not in fault.zh + fault.en


def test_a_few_bad_cells_are_a_matter_of_their_rows_not_of_the_mapping() -> None:
    later = [*QIANGZHI, *QIANGZHI[1:], [*QIANGZHI[1][:10], "昨天"]]
    assert faults(mapping_of(QIANGZHI), later) == {}


def test_some_formulas_are_told_and_a_column_of_them_is_asked_about() -> None:
    formula = Unusable("formula", "=F2*0.6+G2*0.4")
    some = [*QIANGZHI, *QIANGZHI[1:], [*QIANGZHI[1][:6], formula, *QIANGZHI[1][7:]]]
    many = [QIANGZHI[0], *([*row[:6], formula, *row[7:]] for row in QIANGZHI[1:])]
    assert faults(mapping_of(QIANGZHI), some) == {"formulas_or_errors": "tell"}
    assert faults(mapping_of(QIANGZHI), many) == {"formulas_or_errors": "ask"}
    assert take(some, saved=[mapping_of(QIANGZHI)]).proposal.complete


def test_formulas_of_totals_below_the_table_are_nobodys_fault() -> None:
    totals = [*QIANGZHI, ["合计", *[None] * 5, Unusable("formula", "=SUM(G2:G5)"), None, None, None, None]]
    assert faults(mapping_of(QIANGZHI), totals) == {}


def test_formulas_in_columns_that_are_not_read_do_not_matter() -> None:
    later = with_column(QIANGZHI, "绩点", Unusable("formula", "=G2/10-5"))
    assert faults(mapping_of(QIANGZHI), later) == {}
    assert len(take(later).rows) == 4


def test_a_new_sheet_with_records_is_asked_about_and_one_without_is_not() -> None:
    saved = mapping_of(QIANGZHI)
    assert faults(saved, QIANGZHI, CERTIFICATES) == {"sheet_not_mapped": "ask"}
    assert faults(saved, QIANGZHI, [["填表说明"]], []) == {}
    assert faults(saved, QIANGZHI, QIANGZHI) == {}


def test_a_sheet_that_a_mapping_names_must_be_there() -> None:
    named = mapping_of(QIANGZHI).sheets[0].model_copy(update={"sheet": "成绩"})
    assert faults(Mapping(sheets=[named]), QIANGZHI, names=("成 绩",)) == {}
    assert "sheet_missing" in faults(Mapping(sheets=[named]), QIANGZHI, names=("补考",))


def test_another_file_altogether_does_not_fit() -> None:
    assert faults(mapping_of(QIANGZHI), CERTIFICATES) == {"nothing_fits": "ask", "sheet_not_mapped": "ask"}


def test_titles_that_a_mapping_relies_on_must_be_there() -> None:
    saved = mapping_of(TWO_LEVELS)
    assert faults(saved, TWO_LEVELS) == {}
    assert "title_missing" in faults(saved, TWO_LEVELS[2:])


def test_a_year_that_was_fixed_for_one_file_is_asked_about_for_the_next() -> None:
    columns = {"学号": "student_no", "姓名": "learner_name", "课程代码": "course_code", "成绩": "score"}
    constants = {"academic_year": "2023-2024", "term": "1", "occurred_on": "term_end"}
    saved = Mapping.model_validate({"sheets": [{"kind": "course_result", "columns": columns, "constants": constants}]})
    rows: Rows = [list(columns), ["2023010101", "演示一", "B0101", 86]]
    taken = take(rows, saved=[saved])
    assert not taken.proposal.complete
    assert taken.asked() == {"constant_of_another_file"}
    assert len(taken.rows) == 1


@pytest.mark.parametrize(
    ("kind", "missing", "constants", "asked"),
    [
        ("enrolment_event", (), {"event": "毕业"}, {"event"}),
        ("course_result", (), {"attempt": "补考"}, {"attempt"}),
        ("course_result", (), {"scale": "五级制", "occurred_on": "term_end"}, set()),
        ("training", ("title", "hours"), {"title": "安全培训", "hours": "16"}, {"title", "hours"}),
        ("certificate", ("standard",), {"standard": "电工"}, {"standard"}),
        ("award", (), {"document_kind": "居民身份证", "level": "省级"}, {"document_kind", "level"}),
    ],
)
def test_whatever_was_fixed_for_one_file_is_asked_about_for_the_next(
    kind: str, missing: tuple[str, ...], constants: dict[str, str], asked: set[str]
) -> None:
    fields = {field.name: field for field in fields_of(kind)}
    wanted = ["learner_name", "student_no", *(n for n in fields if fields[n].required and n != "learner_name")]
    columns = {fields[name].zh: name for name in wanted if name not in constants and name not in missing}
    said = {"sheets": [{"kind": kind, "columns": columns, "constants": constants}]}
    saved = Mapping.model_validate(said)
    header_only: Rows = [list(columns)]
    proposal = take(header_only, saved=[saved]).proposal
    assert proposal.mapping == saved, proposal.faults
    assert {question.field for question in proposal.questions} == asked
    assert {question.code for question in proposal.questions} <= {"constant_of_another_file"}
    assert proposal.complete == (not asked)


def test_what_was_fixed_is_asked_about_in_a_file_that_has_changed_too() -> None:
    before = mapping_of(QIANGZHI).sheets[0]
    saved = Mapping(sheets=[before.model_copy(update={"constants": {**before.constants, "reason": "补报"}})])
    changed = with_column(QIANGZHI, "备注", "缺考")
    assert faults(saved, changed) == {"column_new": "ask"}
    taken = take(changed, saved=[saved])
    assert "constant_of_another_file" in taken.asked()


def test_what_a_person_said_of_a_header_stays_said_when_the_file_changes() -> None:
    odd = [["学年学期", "学号", "姓名", "证件号码", "课程编号", "课程名称", "甲", *QIANGZHI[0][7:]], *QIANGZHI[1:]]
    columns = {**mapping_of(QIANGZHI).sheets[0].columns, "甲": "score"}
    del columns["最终成绩"]
    saved = Mapping.model_validate({"sheets": [{"kind": "course_result", "columns": columns}]})
    taken = take(with_column(odd, "备注", "缺考"), saved=[saved])
    assert not taken.proposal.complete
    assert taken.fields()["甲"] == "score"
    assert {column.why for column in taken.proposal.sheets[0].columns if column.header == "甲"} == {"saved"}


def test_the_saved_mapping_that_fits_is_chosen_among_others() -> None:
    saved = [mapping_of(CERTIFICATES), mapping_of(AWARDS), mapping_of(QIANGZHI)]
    assert take(QIANGZHI, saved=saved).proposal.saved == 2
    assert take(QIANGZHI, saved=saved, act="withdraw", reason="误报").proposal.saved is None


# --- a mapping that nobody could use -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"kind": None},
        {"kind": "degree"},
        {"columns": {"学号": "student_no", "姓名": "learner_name"}},
        {"columns": {"学号": "student_no", "学号#2": "student_no"}},
        {"columns": {"学号": "colour"}},
        {"constants": {"occurred_on": "昨天"}},
        {"constants": {"score": "86"}},
        {"constants": {"colour": "red"}},
        {"columns": {}},
        {"more": 1},
    ],
)
def test_a_mapping_that_could_make_no_whole_row_is_refused(change: dict[str, Any]) -> None:
    sheet = mapping_of(QIANGZHI).sheets[0].model_dump()
    Mapping.model_validate({"sheets": [sheet]})
    with pytest.raises(ValidationError):
        Mapping.model_validate({"sheets": [sheet | change]})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learner_name", "演示一"),
        ("student_no", "2023010101"),
        ("document_number", resident(1)),
        ("number", "S000099000123"),
        ("key", "0017"),
        ("record_id", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ],
)
def test_a_mapping_holds_nothing_about_one_person_or_record(name: str, value: str) -> None:
    sheet = mapping_of(CERTIFICATES).sheets[0].model_dump()
    columns = {header: field for header, field in sheet["columns"].items() if field != name}
    said = {"act": "withdraw", "sheets": [sheet | {"columns": columns, "constants": {name: value}}]}
    with pytest.raises(ValidationError, match="不能作固定值") as refused:
        Mapping.model_validate(said)
    assert value not in str(refused.value.errors(include_input=False))


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        (None, {"编号": "record_id"}),
        (None, {"编号": "key"}),
        ("course_result", {"学号": "student_no", "课程": "course_code", "学期": "academic_term"}),
    ],
)
def test_withdrawing_needs_only_what_names_a_record(kind: str | None, columns: dict[str, str]) -> None:
    sheet = {"kind": kind, "columns": columns}
    assert Mapping.model_validate({"act": "withdraw", "sheets": [sheet]})
    with pytest.raises(ValidationError):
        Mapping.model_validate({"act": "report", "sheets": [sheet]})
    with pytest.raises(ValidationError):
        Mapping.model_validate({"act": "reassign", "sheets": [sheet]})


# --- the catalogue -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_usual_header_of_every_field_means_that_field_first(kind: str) -> None:
    known = known_headers(fields_of(kind, act="withdraw"))
    for field in fields_of(kind, act="withdraw"):
        first = min(known[header_forms(field.zh)[0]], key=lambda offer: offer[0])[1]
        assert first.name == field.name


def test_the_catalogue_has_every_field_that_a_row_has() -> None:
    from creditbank.records import schemas

    rows = {row.model_fields["kind"].annotation.__args__[0]: row for row in schemas._Row.__subclasses__()}
    assert set(rows) == set(KINDS) == set(KIND_NAMES) == set(Kind.__args__)  # type: ignore[attr-defined]
    for kind, row in rows.items():
        supplied = {name for field in fields_of(kind) for name in field.supplies}
        own = set(row.model_fields) - {"kind", "learner"}
        assert own <= supplied | {"key", "reason"}, kind
        required = {name for name, field in row.model_fields.items() if field.is_required()} - {"kind", "learner"}
        said = {field.name for field in fields_of(kind) if field.required and field.reads not in SPREAD}
        assert required <= said, kind


def test_the_guide_lists_the_columns_that_the_bank_knows() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for table in column_tables():
        assert table in text, "docs/submissions.md: python -m creditbank.submissions.sheets.guide prints the tables"
