"""The reference data that come with the bank are whole, unique and cited."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from creditbank.institutions import reference
from creditbank.institutions.reference import Citation, ReferenceUnreadable


def every_citation() -> list[Citation]:
    return [
        *(notice.citation for notice in reference.holiday_notices().values()),
        *(catalogue.citation for catalogue in reference.catalogues()),
        *(institution.citation for institution in reference.institutions()),
        *(certificate.citation for certificate in reference.certificates()),
    ]


def test_every_fact_cites_an_issuer_and_the_day_it_was_read() -> None:
    citations = every_citation()
    assert len(citations) > 20
    assert all(c.title and c.issuer and c.read_on >= date(2026, 1, 1) for c in citations)


def test_what_is_verified_says_where_it_was_read() -> None:
    facts = [
        *((f.verified, f.citation) for f in reference.catalogues()),
        *((f.verified, f.citation) for f in reference.institutions()),
        *((f.verified, f.citation) for f in reference.certificates()),
    ]
    assert all(citation.read_at or citation.note for verified, citation in facts if verified)
    assert all(citation.note for verified, citation in facts if not verified)


# How many days are off and how many weekends are worked, counted by another party from the same notices.
@pytest.mark.parametrize(
    ("year", "off", "worked"),
    [(2021, 31, 7), (2022, 31, 7), (2023, 27, 7), (2024, 28, 8), (2025, 28, 5), (2026, 33, 6)],
)
def test_a_year_has_as_many_days_off_as_its_notice_gives(year: int, off: int, worked: int) -> None:
    festivals = reference.holiday_notices()[year].festivals
    assert sum(len(festival.days_off()) for festival in festivals) == off
    assert sum(len(festival.worked) for festival in festivals) == worked


def test_a_notice_has_a_number_a_date_and_the_address_of_the_government() -> None:
    for year, notice in reference.holiday_notices().items():
        cited = notice.citation
        assert cited.title == f"国务院办公厅关于{year}年部分节假日安排的通知"
        assert cited.number is not None
        assert cited.number.startswith("国办发明电〔")
        assert cited.issued_on is not None
        assert cited.issued_on.year == year - 1
        assert cited.address is not None
        assert cited.address.startswith("https://www.gov.cn/")


def test_only_weekends_are_worked_and_no_day_is_named_twice() -> None:
    rows = reference.working_day_rows()
    assert all(row["on"].weekday() >= 5 for row in rows if row["working"])
    assert max(Counter(row["on"] for row in rows).values()) == 1
    assert {row["on"]: row["working"] for row in rows} == reference.departures()


def test_every_year_has_its_fixed_holidays() -> None:
    days = reference.departures()
    for year in reference.holiday_notices():
        for month, day in ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3)):
            assert days[date(year, month, day)] is False


def test_a_programme_code_is_unique_in_its_catalogue_and_begins_as_its_level_does() -> None:
    first_digits = {"secondary_vocational": "67", "higher_vocational": "45", "vocational_bachelor": "23"}
    seen: set[tuple[str, str, str]] = set()
    for catalogue in reference.catalogues():
        for programme in catalogue.programmes:
            key = (catalogue.catalogue, catalogue.edition, programme.code)
            assert key not in seen
            seen.add(key)
            if catalogue.catalogue == "vocational":
                assert programme.code[0] in first_digits[catalogue.level]
    assert Counter(catalogue.level for catalogue in reference.catalogues()) == {
        "secondary_vocational": 1,
        "higher_vocational": 1,
        "vocational_bachelor": 1,
        "undergraduate": 1,
    }


def test_a_real_institution_has_no_identifier_that_was_not_verified() -> None:
    institutions = reference.institutions()
    assert len({i.name for i in institutions}) == len(institutions)
    codes = [code for i in institutions for code in (i.uscc, i.school_code, i.college_code) if code]
    assert len(set(codes)) == len(codes)
    for institution in institutions:
        if not institution.verified:
            assert institution.uscc is institution.school_code is institution.college_code is None
        if institution.college_code and institution.school_code:
            assert institution.school_code.endswith(institution.college_code)


def test_a_certificate_has_its_levels_in_order_and_no_credits_without_a_source() -> None:
    certificates = reference.certificates()
    assert len(certificates) >= 10
    assert len({c.code for c in certificates}) == len({c.name for c in certificates}) == len(certificates)
    for certificate in certificates:
        assert [level.rank for level in certificate.levels] == list(range(1, len(certificate.levels) + 1))
        assert all((level.credits is None) == (level.credits_source is None) for level in certificate.levels)


@pytest.mark.parametrize(
    "text",
    [
        "- name: x",
        "- {name: x, kind: school}",
        "a: 1\na: 2",
        "[",
        "- {name: x, kind: enterprise, named_by_policy: no, verified: no, school_code: '4113012773', citation: "
        "{title: t, issuer: i, read_on: 2026-01-01}}",
        "- {name: x, kind: enterprise, named_by_policy: no, verified: yes, school_code: '4013012773', citation: "
        "{title: t, issuer: i, read_on: 2026-01-01}}",
    ],
)
def test_a_file_that_is_not_whole_is_not_loaded(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "institutions.yaml").write_text(text, "utf-8")
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    with pytest.raises(ReferenceUnreadable):
        reference.institutions.__wrapped__()
