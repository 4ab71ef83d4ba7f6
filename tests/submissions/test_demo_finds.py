"""What opening the city from files brought to light."""

from __future__ import annotations

import pytest

from creditbank.submissions.sheets.mapping import Mapping
from tests.submissions.sheets import ZHENGFANG, Rows, take

HEADER = ZHENGFANG[2]
CORRECTIONS: Rows = [[*row, "更正原因" if row == HEADER else "登分错误"] for row in ZHENGFANG[2:6]]


def confirmed(rows: Rows) -> Mapping:
    found = take(rows).proposal.mapping
    assert found is not None
    return found


@pytest.mark.parametrize("newest_first", [(CORRECTIONS, ZHENGFANG), (ZHENGFANG, CORRECTIONS)])
def test_a_list_of_corrections_with_a_reason_more_does_not_make_the_usual_sheet_ask_again(
    newest_first: tuple[Rows, Rows],
) -> None:
    """Both mappings have every header of the usual sheet; one of them looks for the reason in vain."""
    saved = [confirmed(rows) for rows in newest_first]
    for rows in (ZHENGFANG, CORRECTIONS):
        again = take(rows, saved=saved).proposal
        assert again.complete
        assert again.mapping == confirmed(rows)
