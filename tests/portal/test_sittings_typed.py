"""Subjects as people type them in one line."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.portal.sittings_typed import sittings_of, subject_of, typed_of


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("语文 120", {"subject": "语文", "full": "120"}),
        ("语文120分", {"subject": "语文", "full": "120"}),
        ("语文（满分120）", {"subject": "语文", "full": "120"}),
        ("专业理论 200 抽考", {"subject": "专业理论", "full": "200", "drawn": True}),
        ("skills 97.5 drawn", {"subject": "skills", "full": "97.5", "drawn": True}),
        ("体育", {"subject": "体育"}),
    ],
)
def test_a_subject_is_read_as_it_is_written(typed: str, said: dict[str, Any]) -> None:
    assert subject_of(typed) == said


def test_what_was_typed_comes_back_the_same() -> None:
    form = {"subjects_1": "语文 120、数学 120；专业理论 200 抽考", "on_1": "2026-03-21", "on_3": "2026-03-22"}
    first, second = sittings_of(form.get)
    assert (first["no"], second["no"], second["subjects"]) == (1, 3, [])
    assert sittings_of({"subjects_1": typed_of(first), "on_1": first["on"]}.get) == [first]
