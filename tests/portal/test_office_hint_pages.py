"""A hint at the office: where the row came in and what was noticed, looked into and closed once."""

from __future__ import annotations

import pytest

from tests.open_bank import person
from tests.oversight.test_hints import bank, look, training
from tests.portal.desk_place import at, forms_of
from tests.portal.place import text_of
from tests.submissions.bank import SubmittingBank, ndjson

__all__ = ["bank"]


@pytest.mark.parametrize(("language", "row"), [("zh", "第 1 行"), ("en", "Row 1")])
async def test_a_hint_says_which_row_of_which_submission_and_is_closed(
    bank: SubmittingBank, language: str, row: str
) -> None:
    await bank.submitted(ndjson(training("24.5")))
    (hint,) = await look(bank)
    page = f"/office/hints/{hint['hint_id']}"
    async with at(bank.bank.app, person("officer")) as officer:
        assert page in await officer.read(f"/office/hints?lang={language}")
        shown = text_of(await officer.read(page))
        assert row in shown
        assert hint["submission_id"] in shown
        assert "24.5" in shown
        await officer.send(page, "hint_closing", finding="已核签到表，学时有误")
        closed = await officer.read(page)
        assert "已核签到表，学时有误" in text_of(closed)
        assert forms_of(closed) == set()
