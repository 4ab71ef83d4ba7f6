"""Which identity numbers can exist, what they say, and that nothing repeats them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.errors import Malformed
from creditbank.learners import documents
from creditbank.learners.documents import IdentityDocument, IdentityNumberImpossible, mask, read_document

ON = date(2026, 3, 1)
STANDARDS_OWN = "11010519491231002X"
"""The example of GB 11643-1999 itself."""


def with_check(seventeen: str) -> str:
    return seventeen + documents.check_character(seventeen)


def refusal(kind: str, number: str, *, on: date = ON) -> IdentityNumberImpossible:
    with pytest.raises(IdentityNumberImpossible) as caught:
        read_document(kind, number, on=on)
    return caught.value


def test_the_example_of_the_standard_is_read() -> None:
    assert read_document("resident_id", STANDARDS_OWN, on=ON) == IdentityDocument(
        "resident_id", STANDARDS_OWN, date(1949, 12, 31), "female"
    )


@pytest.mark.parametrize(
    ("number", "birth_on", "sex"),
    [("932682198501010017", date(1985, 1, 1), "male"), ("911124198108030024", date(1981, 8, 3), "female")],
)
def test_the_specimens_of_the_2023_permanent_residence_card_are_read(number: str, birth_on: date, sex: str) -> None:
    read = read_document("foreign_permanent_residence", number, on=ON)
    assert (read.birth_on, read.sex, read.warnings) == (birth_on, sex, ())


def test_a_permanent_residence_card_from_before_2023_says_nothing_of_birth_or_sex() -> None:
    read = read_document("foreign_permanent_residence", "KAZ110090123105", on=ON)
    assert (read.number, read.birth_on, read.sex) == ("KAZ110090123105", None, None)


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        " 110105 19491231 002X\u3000",
        "\ufeff110105\u200b19491231002X",
    ],
)
def test_full_width_lower_case_spaces_and_invisible_characters_are_forgiven(written: str) -> None:
    assert read_document("resident_id", written, on=ON).number == STANDARDS_OWN


@pytest.mark.parametrize(
    "written", ["١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", "1.10105194912310E+17", "1101051949123100XX", "'11010519491231002X"]
)
def test_other_characters_than_seventeen_digits_and_one_more_are_refused(written: str) -> None:
    refusal("resident_id", written)


def test_any_one_wrong_character_is_caught() -> None:
    for at, right in enumerate(STANDARDS_OWN):
        for wrong in "0123456789X":
            if wrong != right:
                refusal("resident_id", STANDARDS_OWN[:at] + wrong + STANDARDS_OWN[at + 1 :])


@given(serial=st.integers(0, 999), days=st.integers(0, 30_000), at=st.integers(0, 16))
def test_two_exchanged_neighbours_are_caught(serial: int, days: int, at: int) -> None:
    birth_on = ON - timedelta(days=days)
    number = with_check(f"130302{birth_on:%Y%m%d}{serial:03d}")
    turned = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    assert read_document("resident_id", number, on=ON).birth_on == birth_on
    if turned != number:
        refusal("resident_id", turned)


@pytest.mark.parametrize("length", [1, 14, 16, 17, 19, 40])
def test_a_number_of_another_length_is_refused_and_says_how_long_it_is(length: int) -> None:
    said = refusal("resident_id", "1" * length)
    assert f"{length}位" in said.sentence("zh")
    assert f"has {length}" in said.sentence("en")


def test_an_old_number_of_fifteen_digits_is_refused_with_advice() -> None:
    said = refusal("resident_id", "130302491231002")
    assert "18位" in said.sentence("zh")
    assert "18 characters" in said.sentence("en")


@pytest.mark.parametrize("birth", ["20010229", "20010431", "20011301", "20010100", "00000101"])
def test_a_date_that_is_not_in_the_calendar_is_refused(birth: str) -> None:
    assert "not in the calendar" in refusal("resident_id", with_check(f"130302{birth}001")).sentence("en")


def test_a_leap_day_is_a_date_of_birth() -> None:
    assert read_document("resident_id", with_check("13030220000229001"), on=ON).birth_on == date(2000, 2, 29)


def test_nobody_is_born_after_the_day_that_is_asked_about() -> None:
    number = with_check("13030220260301001")
    assert read_document("resident_id", number, on=date(2026, 3, 1)).birth_on == date(2026, 3, 1)
    assert "2026-02-28" in refusal("resident_id", number, on=date(2026, 2, 28)).sentence("zh")


def test_nobody_is_older_than_a_hundred_and_thirty_years() -> None:
    number = with_check("13030218960302001")
    assert read_document("resident_id", number, on=date(2026, 3, 1)).birth_on == date(1896, 3, 2)
    refusal("resident_id", number, on=date(2027, 3, 2))


def test_a_number_that_a_spreadsheet_has_rounded_says_so() -> None:
    rounded = next(n for n in (f"13030220000101{d}000" for d in range(10)) if n != with_check(n[:17]))
    assert "电子表格" in refusal("resident_id", rounded).sentence("zh")


@pytest.mark.parametrize("region", ["130302", "139001", "110101", "500101", "542126", "710101", "659001"])
def test_a_region_that_can_be_is_no_warning(region: str) -> None:
    assert read_document("resident_id", with_check(f"{region}20000101001"), on=ON).warnings == ()


@pytest.mark.parametrize("region", ["139900", "160101", "990101", "000000", "130300", "138001", "240101"])
def test_a_region_that_is_assigned_to_nobody_is_a_warning_and_no_refusal(region: str) -> None:
    if region[0] == "9":
        refusal("resident_id", with_check(f"{region}20000101001"))
        return
    read = read_document("resident_id", with_check(f"{region}20000101001"), on=ON)
    assert read.warnings == ("identity_region_unassigned",)


@pytest.mark.parametrize("region", ["810000", "820000", "830000"])
def test_a_residence_permit_is_read_under_its_own_kind_only(region: str) -> None:
    number = with_check(f"{region}19940823002")
    read = read_document("hmt_residence", number, on=ON)
    assert (read.birth_on, read.sex, read.warnings) == (date(1994, 8, 23), "female", ())
    assert "hmt_residence" in refusal("resident_id", number).sentence("zh")
    refusal("foreign_permanent_residence", number)


def test_other_kinds_of_card_are_not_read_as_a_residence_permit() -> None:
    refusal("hmt_residence", STANDARDS_OWN)
    refusal("foreign_permanent_residence", STANDARDS_OWN)
    assert "foreign_permanent_residence" in refusal("resident_id", "932682198501010017").sentence("en")
    assert read_document("hmt_residence", with_check("81010119940823002"), on=ON).warnings


def test_a_hong_kong_permit_is_the_same_person_after_renewal() -> None:
    """公安部 2010-03-10: the first nine characters stay, the two after them count the renewals."""
    numbers = {read_document("hk_macao_permit", w, on=ON).number for w in ("H12345678", "H1234567800", "h12345678 02")}
    assert numbers == {"H12345678"}


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("hk_macao_permit", "C12345678"),
        ("hk_macao_permit", "H1234567"),
        ("hk_macao_permit", "H123456789"),
        ("hk_macao_permit", "12345678"),
        ("taiwan_permit", "1234567"),
        ("taiwan_permit", "123456789"),
        ("taiwan_permit", "A1234567"),
        ("taiwan_permit", "1234567890(B)"),
        ("taiwan_permit", "1234567890"),
        ("passport", "1234"),
        ("passport", "ABCDEFGH"),
        ("passport", "E1234-5678"),
        ("passport", "E" + "1" * 15),
        ("foreign_permanent_residence", "KA1110090123105"),
        ("foreign_permanent_residence", "KAZ11009012310"),
        ("hmt_residence", "81000019940823"),
        ("resident_id", ""),
    ],
)
def test_a_number_of_another_shape_is_refused(kind: str, number: str) -> None:
    refusal(kind, number)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("hk_macao_permit", "M12345678"),
        ("taiwan_permit", "12345678"),
        ("passport", "E12345678"),
        ("passport", "EA1234567"),
    ],
)
def test_a_permit_or_passport_is_taken_as_it_is(kind: str, number: str) -> None:
    assert read_document(kind, number, on=ON) == IdentityDocument(kind, number, None, None)


def test_a_kind_that_is_none_is_malformed() -> None:
    with pytest.raises(Malformed):
        read_document("driving_licence", "1", on=ON)


@given(
    kind=st.sampled_from(sorted(documents._READERS)),
    number=st.text(alphabet="0123456789XHMKAZ（)e+. ", min_size=6, max_size=24),
)
def test_no_sentence_repeats_a_number(kind: str, number: str) -> None:
    plain = documents._plain(number)
    try:
        read_document(kind, number, on=ON)
    except IdentityNumberImpossible as caught:
        impossible = caught
    else:
        return
    problem = str(impossible.problem("zh")) + str(impossible.problem("en")) + repr(impossible) + str(impossible)
    assert len(plain) < 5 or plain not in problem
    assert impossible.field == "/learner/document/number"


def test_a_document_in_a_log_shows_neither_number_nor_birth() -> None:
    said = repr(read_document("resident_id", STANDARDS_OWN, on=ON))
    assert "1949" not in said
    assert "002X" not in said


@pytest.mark.parametrize(
    ("kind", "number", "shown"),
    [
        ("resident_id", "130302200001011233", "1303**********1233"),
        ("foreign_permanent_residence", "KAZ110090123105", "KAZ1*******3105"),
        ("hk_macao_permit", "H12345678", "H12****78"),
        ("taiwan_permit", "12345678", "12****78"),
        ("passport", "E1234", "*****"),
        ("passport", "E12345678", "E1*****78"),
        ("resident_id", "123456", "******"),
    ],
)
def test_a_number_is_shown_by_its_ends(kind: str, number: str, shown: str) -> None:
    assert mask(kind, number) == shown


@pytest.mark.parametrize(
    ("birth_on", "on", "age"),
    [
        (date(2012, 3, 1), date(2026, 2, 28), 13),
        (date(2012, 3, 1), date(2026, 3, 1), 14),
        (date(2012, 2, 29), date(2026, 2, 28), 13),
        (date(2012, 2, 29), date(2026, 3, 1), 14),
        (date(2026, 3, 1), date(2026, 3, 1), 0),
    ],
)
def test_a_person_is_older_from_their_birthday(birth_on: date, on: date, age: int) -> None:
    assert documents.age_on(birth_on, on) == age
    assert documents.under_fourteen(birth_on, on) is (age < 14)
