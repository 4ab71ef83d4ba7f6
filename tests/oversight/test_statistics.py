"""The bank in figures: what the ledger says, to the hundredth, and nothing of fewer than five people."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from creditbank import clock
from creditbank.oversight.figures import FEWEST, Figure, protected
from creditbank.oversight.statistics import whole_months
from tests.open_bank import OpenBank, opened, person
from tests.records.town import Town, course_row, entered, resident, town

__all__ = ["town"]

AUDITOR = person("auditor")
WHOLE = "since=2000-01-01"


def somebody(serial: int) -> dict[str, Any]:
    name = f"演示{'甲乙丙丁戊己庚'[serial - 1]}"
    return {"name": name, "document": {"number": resident(serial)}, "student_no": f"S{serial}"}


@pytest.fixture
async def filled(town: Town) -> Town:
    """Seven learners: six passed a course, one failed it, and one of them passed another."""
    for serial in range(1, 8):
        await town.post(entered(learner=somebody(serial)))
        await town.post(course_row(learner=somebody(serial), score="40" if serial == 7 else "80"))
    await town.post(course_row(learner=somebody(1), course_code="C102"))
    return town


async def asked(bank: OpenBank, query: str = WHOLE) -> Any:
    answer = await bank.call("GET", f"/v1/statistics?{query}", AUDITOR)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_deposits_are_what_the_ledger_says(filled: Town, addresses: Any, tmp_path: Path) -> None:
    async with opened(addresses, tmp_path / "keys") as bank:
        found = await asked(bank)
    posted = await filled.sql(
        "SELECT scheme, sum(amount), count(*) FROM posting WHERE purpose = 'deposit' GROUP BY 1 ORDER BY 1"
    )
    held = await filled.sql("SELECT scheme, sum(amount) FROM entry WHERE account = 'deposit' GROUP BY 1 ORDER BY 1")
    shown = [(one["scheme"], Decimal(one["credits"]) * 100, one["postings"]) for one in found["deposits"]["total"]]
    assert shown == [(scheme, Decimal(amount), count) for scheme, amount, count in posted]
    assert [one[:2] for one in shown] == [(scheme, Decimal(amount)) for scheme, amount in held]
    for breakdown in ("by_month", "by_year", "by_institution"):
        lines = found["deposits"][breakdown]
        assert sum(Decimal(one["credits"]) for one in lines) == sum(Decimal(amount) for _, amount in held) / 100
    assert found["records"]["total"]["reported"] == 15
    assert found["accounts"]["people"] == 7


async def test_a_figure_of_one_person_is_not_said(filled: Town, addresses: Any, tmp_path: Path) -> None:
    async with opened(addresses, tmp_path / "keys") as bank:
        found = await asked(bank)
        answer = await bank.call("GET", f"/v1/statistics.xlsx?{WHOLE}", AUDITOR)
    assert found["refusals"]["total"] == {**found["refusals"]["total"], "refused": None, "hidden": True}
    (clause,) = found["refusals"]["by_clause"]
    assert (clause["refused"], clause["clause"]) == (None, "passed")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.get_sheet_by_name("不予认定按条款").to_python()[1][-1] == f"<{FEWEST}"
    await filled.check_books()


async def test_nobody_but_the_bank_asks_and_an_institution_that_is_not_there_is_nobodys(
    filled: Town, addresses: Any, tmp_path: Path
) -> None:
    college = filled.college.institution_id
    async with opened(addresses, tmp_path / "keys") as bank:
        for actor in (person("registrar", institution_id=college), person("administrator"), person("learner")):
            assert (await bank.call("GET", "/v1/statistics", actor)).status_code == 403
        assert (await asked(bank, f"{WHOLE}&institution_id={college}"))["records"]["total"]["reported"] == 15
        for query, status in (
            ("institution_id=00000000-0000-0000-0000-000000000000", 404),
            ("since=2026-02-30", 422),
            ("since=2026-05-01&until=2026-04-01", 422),
            ("until=9999-12-31", 422),
            ("until=0001-01-01", 422),
        ):
            assert (await bank.call("GET", f"/v1/statistics?{query}", AUDITOR)).status_code == status, query


def test_a_time_is_of_whole_months() -> None:
    at = datetime(2026, 11, 26, 12, tzinfo=UTC)
    first, last = whole_months(None, None, at=at)
    assert (first.isoformat(), last.isoformat()) == ("2025-12-01", "2026-11-30")
    first, last = whole_months(clock.today(at), clock.today(at), at=at)
    assert (first.isoformat(), last.isoformat()) == ("2026-11-01", "2026-11-30")
    first, last = whole_months(None, datetime(2026, 12, 3, tzinfo=UTC).date(), at=at)
    assert (first.isoformat(), last.isoformat()) == ("2026-01-01", "2026-12-31")


@given(st.lists(st.integers(0, 12), max_size=8))
def test_what_is_hidden_cannot_be_had_from_the_total(people: list[int]) -> None:
    figures = [Figure({"kind": str(place)}, {"n": count}, {"n": count}) for place, count in enumerate(people)]
    shown = protected(figures)
    hidden = [each for each in shown if each.hidden]
    assert all(each.people["n"] == 0 or each.people["n"] >= FEWEST for each in shown if not each.hidden)
    if any(not each.hidden and each.people["n"] > 0 for each in shown):
        # The total less what is said is the sum of what is hidden, and the same person may stand in many lines.
        assert not hidden or max(each.people["n"] for each in hidden) >= FEWEST
