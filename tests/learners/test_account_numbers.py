"""Account numbers and activation codes survive being read aloud, typed and copied, and say so when they did not."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.learners import account_numbers
from creditbank.learners.account_numbers import (
    CODE_ALPHABET,
    AccountNumberImpossible,
    ActivationCodeImpossible,
    check_digit,
    grouped,
    new_account_no,
    new_code,
    read_account_no,
    read_activation_code,
)

numbers = st.integers(10**10, 10**11 - 1).map(str).map(lambda eleven: eleven + check_digit(eleven))
codes = st.text(CODE_ALPHABET, min_size=11, max_size=11).map(
    lambda eleven: eleven + account_numbers._check_sign(eleven)
)


def test_damms_own_example_has_the_check_digit_four() -> None:
    assert check_digit("572") == "4"


def test_the_table_is_a_totally_anti_symmetric_quasigroup_so_that_no_slip_stays_unseen() -> None:
    """Damm's conditions: a Latin square with a zero diagonal in which no exchange leaves the result as it was."""
    table = [[int(cell) for cell in row] for row in account_numbers._DAMM]
    every = set(range(10))
    assert all(set(row) == every for row in table)
    assert all(set(column) == every for column in zip(*table, strict=True))
    assert all(table[d][d] == 0 for d in every)
    for c, x, y in itertools.product(every, every, every):
        if x != y:
            assert table[table[c][x]][y] != table[table[c][y]][x]


@given(number=numbers, at=st.integers(0, 11), wrong=st.sampled_from("0123456789"))
def test_a_wrong_digit_is_caught(number: str, at: int, wrong: str) -> None:
    if wrong != number[at]:
        with pytest.raises(AccountNumberImpossible):
            read_account_no(number[:at] + wrong + number[at + 1 :])


@given(number=numbers, at=st.integers(0, 10))
def test_two_exchanged_neighbours_are_caught(number: str, at: int) -> None:
    if number[at] != number[at + 1]:
        with pytest.raises(AccountNumberImpossible):
            read_account_no(number[:at] + number[at + 1] + number[at] + number[at + 2 :])


def test_new_numbers_are_read_and_differ() -> None:
    made = {new_account_no() for _ in range(500)}
    assert len(made) == 500
    assert all(read_account_no(number) == number and number[0] != "0" for number in made)


@given(number=numbers)
def test_a_number_is_read_however_it_was_grouped(number: str) -> None:
    wide = number.translate({ord("0") + d: ord("０") + d for d in range(10)})
    for written in (
        grouped(number),
        "-".join(grouped(number).split()),
        wide,
        f" {number}\n",
        number.replace("1", "1 "),
    ):
        assert read_account_no(written) == number


@pytest.mark.parametrize("written", ["", "1234", "0" * 12, "12345678901a", "1" * 13, "١" * 12, "1" * 400])
def test_what_is_no_account_number_is_refused(written: str) -> None:
    with pytest.raises(AccountNumberImpossible):
        read_account_no(written)


def test_a_number_is_printed_in_fours() -> None:
    assert grouped("409615382274") == "4096 1538 2274"


def test_the_alphabet_of_codes_has_a_prime_number_of_signs_and_none_that_looks_like_another() -> None:
    assert len(set(CODE_ALPHABET)) == len(CODE_ALPHABET) == 23
    assert not set("01OIL") & set(CODE_ALPHABET)
    for pair in ("2Z", "5S", "8B", "6G", "9Q", "UV"):
        assert len(set(pair) & set(CODE_ALPHABET)) == 1
    assert not set("AEIOU") & set(CODE_ALPHABET)


@given(code=codes, at=st.integers(0, 11), wrong=st.sampled_from(CODE_ALPHABET))
def test_a_wrong_sign_of_a_code_is_caught(code: str, at: int, wrong: str) -> None:
    if wrong != code[at]:
        with pytest.raises(ActivationCodeImpossible):
            read_activation_code(code[:at] + wrong + code[at + 1 :])


@given(code=codes, one=st.integers(0, 11), other=st.integers(0, 11))
def test_any_two_exchanged_signs_of_a_code_are_caught(code: str, one: int, other: int) -> None:
    signs = list(code)
    signs[one], signs[other] = signs[other], signs[one]
    if signs != list(code):
        with pytest.raises(ActivationCodeImpossible):
            read_activation_code("".join(signs))


@given(code=codes)
def test_a_code_is_read_in_any_case_grouping_and_with_look_alikes(code: str) -> None:
    slips = str.maketrans("25869V", "zsbgqu")
    for written in (code.lower(), grouped(code), grouped(code).replace(" ", "–"), code.translate(slips)):
        assert read_activation_code(written) == code


def test_new_codes_are_read_and_differ() -> None:
    made = {new_code() for _ in range(500)}
    assert len(made) == 500
    assert all(read_activation_code(code) == code for code in made)


@pytest.mark.parametrize("written", ["", "ABC", "0" * 12, "2" * 13, "激活码" * 4])
def test_what_is_no_code_is_refused_without_repeating_it(written: str) -> None:
    with pytest.raises(ActivationCodeImpossible) as caught:
        read_activation_code(written)
    assert not written or written not in caught.value.sentence("en")
