"""What a certificate number says of itself."""

from __future__ import annotations

import pytest

from creditbank.recognition.certificate_numbers import form_of, level_in

OLD = "0603002001400001"
"""2006, province 03, city 00, body type 2, body 001, level 4, serial 00001."""


@pytest.mark.parametrize(
    ("digit", "level"),
    [
        ("1", "grade_1"),
        ("2", "grade_2"),
        ("3", "grade_3"),
        ("4", "grade_4"),
        ("5", "grade_5"),
        ("0", None),
        ("6", None),
    ],
)
def test_the_eleventh_of_sixteen_digits_is_the_level(digit: str, level: str | None) -> None:
    assert level_in(OLD[:10] + digit + OLD[11:], kind="occupational_qualification") == level


def test_thirteen_digits_of_shanghai_are_read_with_three_zeros_in_front() -> None:
    shanghai = "0300200400001"
    assert form_of(shanghai) == "thirteen_digits"
    assert level_in(shanghai, kind="occupational_qualification") == "grade_4"
    assert level_in("000" + shanghai, kind="occupational_qualification") == "grade_4"


def test_a_letter_and_twenty_one_digits_say_no_level() -> None:
    newer = "Y" + "004200000001" + "214000001"
    assert form_of(newer) == "letter_and_twenty_one_digits"
    assert level_in(newer, kind="skill_level") is None


def test_a_number_is_read_as_it_was_meant_however_it_was_typed() -> None:
    assert level_in(" ０６０３００２００１－４－００００１ ", kind="skill_level") == "grade_4"


@pytest.mark.parametrize("number", ["", "060300200140000", "06030020014000011", "y00420000000121400000", "编号四"])
def test_a_number_of_no_known_form_says_nothing(number: str) -> None:
    assert form_of(number) is None
    assert level_in(number, kind="occupational_qualification") is None


@pytest.mark.parametrize("kind", ["vocational_skill_level", "language_exam", "computer_exam", "other"])
def test_numbers_of_other_kinds_are_never_read_so(kind: str) -> None:
    assert level_in(OLD, kind=kind) is None
