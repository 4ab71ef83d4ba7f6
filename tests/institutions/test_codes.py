"""Which official identifiers of institutions can exist."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.institutions.codes import (
    CollegeCodeImpossible,
    CreditCodeImpossible,
    SchoolCodeImpossible,
    credit_code_check,
    read_college_code,
    read_credit_code,
    read_school_code,
)

QUANJUDE = "91110000101623741K"
"""中国全聚德（集团）股份有限公司, as on its business licence."""
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize("code", [QUANJUDE, "911101066976941872", "91350100M000100Y43"])
def test_the_codes_of_known_organisations_are_read(code: str) -> None:
    assert read_credit_code(code) == code


def test_small_letters_full_width_and_spaces_are_forgiven() -> None:
    assert read_credit_code(" 91110000 1016２３741k ") == QUANJUDE


def test_any_one_wrong_character_is_caught() -> None:
    for at, right in enumerate(QUANJUDE):
        for wrong in ALPHABET:
            if wrong != right:
                with pytest.raises(CreditCodeImpossible):
                    read_credit_code(QUANJUDE[:at] + wrong + QUANJUDE[at + 1 :])


@given(
    head=st.text("123456789ANY", min_size=2, max_size=2),
    region=st.text("0123456789", min_size=6, max_size=6),
    body=st.text(ALPHABET, min_size=9, max_size=9),
    at=st.integers(0, 16),
)
def test_two_exchanged_neighbours_are_caught(head: str, region: str, body: str, at: int) -> None:
    code = head + region + body
    code += credit_code_check(code)
    assert read_credit_code(code) == code
    turned = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    if turned != code:
        with pytest.raises(CreditCodeImpossible):
            read_credit_code(turned)


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_that_look_like_digits_are_not_used(letter: str) -> None:
    with pytest.raises(CreditCodeImpossible, match="I, O, S, V and Z"):
        read_credit_code(QUANJUDE[:9] + letter + QUANJUDE[10:])


@pytest.mark.parametrize("code", ["", QUANJUDE[:-1], QUANJUDE + "0", "９" * 30])
def test_a_credit_code_has_eighteen_characters(code: str) -> None:
    with pytest.raises(CreditCodeImpossible, match="18 characters"):
        read_credit_code(code)


@pytest.mark.parametrize("code", ["4111010003", "3613000123", "3413000001", "4113010798"])
def test_a_school_identifier_is_read(code: str) -> None:
    assert read_school_code(code) == code


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("411101000", "ten digits"),
        ("41110100033", "ten digits"),
        ("411101000A", "ten digits"),
        ("4011010003", "type of school"),
        ("4116010003", "province"),
        ("4111110003", "fifth digit"),
    ],
)
def test_a_school_identifier_that_cannot_be_is_refused(code: str, said: str) -> None:
    with pytest.raises(SchoolCodeImpossible, match=said):
        read_school_code(code)


def test_a_college_code_is_the_end_of_the_school_identifier() -> None:
    assert read_college_code("10003", school_code="4111010003") == "10003"
    assert read_college_code("10003", school_code="3611012345") == "10003"
    with pytest.raises(CollegeCodeImpossible, match="differs"):
        read_college_code("10004", school_code="4111010003")


@pytest.mark.parametrize("code", ["", "1000", "100033", "1000A", "00003"])
def test_a_college_code_is_five_digits(code: str) -> None:
    with pytest.raises(CollegeCodeImpossible, match="five digits"):
        read_college_code(code)
