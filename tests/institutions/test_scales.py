"""What may stand in a score column, and what it means."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.institutions.scales import (
    CITY_SCALES,
    SPECIAL_MARKS,
    ScaleImpossible,
    Score,
    ScoreOutsideScale,
    read_scale,
    read_score,
)

PERCENTAGE, FIVE, TWO = (CITY_SCALES[code] for code in ("percentage", "five_grades", "two_grades"))


@pytest.mark.parametrize(
    ("written", "result", "percent"),
    [
        ("60", "passed", "60"),
        ("59.99", "failed", "59.99"),
        ("0", "failed", "0"),
        ("100", "passed", "100"),
        ("86.50", "passed", "86.5"),
        ("86.500", "passed", "86.5"),
        ("８６．５", "passed", "86.5"),
        (" 86\u3000", "passed", "86"),
    ],
)
def test_a_percentage_passes_from_the_pass_mark_on(written: str, result: str, percent: str) -> None:
    score = read_score(PERCENTAGE, written)
    assert (score.result, score.percent) == (result, Decimal(percent))


@pytest.mark.parametrize(
    "written", ["100.01", "101", "-1", "+86", "86.555", "1e2", "86,5", "八十六", "", "NaN", "١", "86 5", "86分", "优"]
)
def test_what_is_no_percentage_is_refused_and_the_range_is_named(written: str) -> None:
    with pytest.raises(ScoreOutsideScale) as caught:
        read_score(PERCENTAGE, written)
    assert caught.value.field == "/score"
    assert "0–100" in caught.value.sentence("zh")
    assert "缺考" in caught.value.sentence("en")


@given(hundredths=st.integers(0, 10_000))
def test_every_percentage_of_two_places_is_read_exactly(hundredths: int) -> None:
    score = read_score(PERCENTAGE, f"{Decimal(hundredths) / 100}")
    assert score.percent == Decimal(hundredths) / 100
    assert score.result == ("passed" if hundredths >= 6000 else "failed")


def test_whole_numbers_only_where_the_scale_says_so() -> None:
    whole = {**PERCENTAGE, "places": 0}
    assert read_score(whole, "86").percent == 86
    assert read_score(whole, "86.0").percent == 86
    with pytest.raises(ScoreOutsideScale, match="whole numbers"):
        read_score(whole, "86.5")


def test_a_scale_to_a_hundred_and_fifty_passes_and_has_no_percentage() -> None:
    scale = {**PERCENTAGE, "name": "150分制", "highest": "150", "passes_at": "90"}
    assert read_score(scale, "120") == Score("passed", None, "120")
    assert read_score(scale, "89.5") == Score("failed", None, "89.5")
    with pytest.raises(ScoreOutsideScale, match="0–150"):
        read_score(scale, "150.5")


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("优", "passed"),
        ("优秀", "passed"),
        ("良好", "passed"),
        ("中", "passed"),
        ("及格", "passed"),
        ("不及格", "failed"),
    ],
)
def test_a_grade_of_five_passes_down_to_the_fourth_and_has_no_percentage(written: str, result: str) -> None:
    assert read_score(FIVE, written) == Score(result, None, written)  # type: ignore[arg-type]


def test_a_grade_has_the_percentage_that_its_institution_gives_it() -> None:
    scale = {
        **FIVE,
        "grades": [{**grade, "percent": "95"} if grade["written"] == "优" else grade for grade in FIVE["grades"]],
    }
    assert read_score(scale, "优秀").percent == 95
    assert read_score(scale, "良").percent is None


@pytest.mark.parametrize("written", ["85", "优良", "A", "", "合格"])
def test_a_grade_that_is_not_on_the_scale_is_refused_and_the_grades_are_named(written: str) -> None:
    with pytest.raises(ScoreOutsideScale) as caught:
        read_score(FIVE, written)
    assert "优、良、中、及格、不及格" in caught.value.sentence("zh")


@pytest.mark.parametrize(
    ("written", "result"),
    [("合格", "passed"), ("通过", "passed"), ("不合格", "failed"), ("不通过", "failed"), ("不 合 格", "failed")],
)
def test_two_grades_are_pass_and_fail(written: str, result: str) -> None:
    assert read_score(TWO, written).result == result


@pytest.mark.parametrize("scale", CITY_SCALES.values(), ids=list(CITY_SCALES))
@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("缺考", "absent"),
        ("旷考", "absent"),
        ("作弊", "cheated"),
        ("违纪", "cheated"),
        ("缓考", "deferred"),
        ("免修", "exempted"),
        ("免考", "exempted"),
        ("缺 考", "absent"),
    ],
)
def test_a_special_mark_is_neither_passed_nor_failed_on_any_scale(
    scale: dict[str, Any], written: str, result: str
) -> None:
    assert read_score(scale, written) == Score(result, None, written)  # type: ignore[arg-type]


def test_a_scale_may_name_its_own_special_marks_and_then_has_no_others() -> None:
    scale = {**PERCENTAGE, "marks": {"缓": "deferred"}}
    assert read_score(scale, "缓").result == "deferred"
    with pytest.raises(ScoreOutsideScale):
        read_score(scale, "缺考")


def test_an_institutions_own_grades_are_read_in_any_case() -> None:
    letters = {
        "kind": "grades",
        "name": "等级制",
        "name_en": "letters",
        "grades": [
            {"written": "A+", "passed": True},
            {"written": "A", "passed": True},
            {"written": "F", "passed": False},
        ],
    }
    assert read_score(letters, "ａ＋").result == "passed"
    assert read_score(letters, "f").result == "failed"


@pytest.mark.parametrize("scale", CITY_SCALES.values(), ids=list(CITY_SCALES))
def test_a_scale_survives_being_stored_as_json(scale: dict[str, Any]) -> None:
    stored = json.loads(json.dumps(read_scale(scale).model_dump(mode="json")))
    assert read_scale(stored) == read_scale(scale)


GRADES = [{"written": "A", "passed": True}, {"written": "B", "passed": False}]
OWN = {"kind": "grades", "name": "x", "name_en": "x"}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "stars"},
        {**PERCENTAGE, "passes_at": "101"},
        {**PERCENTAGE, "passes_at": "0"},
        {**PERCENTAGE, "passes_at": 59.5},
        {**PERCENTAGE, "places": 3},
        {**PERCENTAGE, "highest": "-1"},
        {**PERCENTAGE, "unknown": 1},
        {**PERCENTAGE, "marks": {"缺考": "passed"}},
        {**OWN, "grades": []},
        {**OWN, "grades": [GRADES[1], GRADES[0]]},
        {**OWN, "grades": [GRADES[1], {"written": "C", "passed": False}]},
        {**OWN, "grades": [*GRADES, {"written": "a", "passed": False}]},
        {**OWN, "grades": [*GRADES, {"written": "缺考", "passed": False}]},
        {**OWN, "grades": [{**GRADES[0], "percent": "60"}, {**GRADES[1], "percent": "70"}]},
        {**OWN, "grades": [{**GRADES[0], "percent": "101"}, GRADES[1]]},
    ],
)
def test_a_scale_that_could_not_be_used_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ScaleImpossible) as caught:
        read_scale(data)
    assert caught.value.field is not None
    assert any("一" <= c <= "鿿" for c in caught.value.said["why_zh"])  # type: ignore[attr-defined]


def test_no_scale_has_a_mark_that_is_also_a_grade() -> None:
    for scale in CITY_SCALES.values():
        words = {word for grade in scale.get("grades", []) for word in (grade["written"], *grade.get("also", []))}
        assert not words & set(SPECIAL_MARKS)
