"""Score sheets through the API: matched by number and name, stated with their file and row, and never half of a row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.open_bank import person
from tests.pathways.test_progressing import Frozen, _frozen
from tests.recognition.college import a_college, name_of, problem_of
from tests.submissions.files_made import photo, written

SITTINGS = (
    '[{"no": 1, "on": "2026-03-21", "marked_by": "college", "subjects": [{"subject": "语文", "full": "120"}, '
    '{"subject": "数学", "full": "120"}, {"subject": "专业理论", "full": "200"}]}]'
)
TITLE = ["演示职业学院2026年转段考试成绩"]


class Sheets:
    """The cohort of a round that collects, and files that are sent about it."""

    def __init__(self, frozen: Frozen) -> None:
        self.frozen, self.place = frozen, frozen.place

    async def send(
        self, rows: Sequence[Sequence[Any]] | bytes, *, actor: Any = None, status: int = 200, **query: Any
    ) -> dict[str, Any]:
        """A score sheet is sent."""
        content = rows if isinstance(rows, bytes) else written(rows)
        path = f"/v1/cohorts/{self.frozen.cohort}/score-sheet"
        return await self.place.ask(
            "POST", path, actor or self.place.registrar, content=content, params=query, status=status,
            headers={"Content-Type": "application/octet-stream"},
        )  # fmt: skip

    async def stated(self) -> list[Any]:
        """What is on record: by member the file and the row."""
        return await self.place.sql(
            "SELECT m.member_no, s.key, s.sheet_id, s.row_no, s.supersedes IS NOT NULL FROM statement s "
            "JOIN cohort_member m USING (learner_id, cohort_id) ORDER BY s.stated_at, s.statement_id"
        )


@pytest.fixture
async def sheets(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sheets]:
    async with a_college(addresses, tmp_path / "keys", monkeypatch) as place:
        frozen = await _frozen(place)
        await place.sql_do("DELETE FROM round_result")
        await place.sql_do(
            "UPDATE pathway_round SET state = 'collecting', result_no = NULL, result_digest = NULL, frozen_at = NULL, "
            "frozen_by = NULL, sittings = %s::jsonb",
            SITTINGS,
        )
        yield Sheets(frozen)


def outcomes(said: dict[str, Any]) -> list[tuple[int, str, str | None]]:
    """Each row with its outcome and the code of its problem."""
    return [(one["row"], one["outcome"], (one["problem"] or {}).get("code")) for one in said["outcomes"]]


def pupil(number: int) -> tuple[str, str]:
    """The student number and the name of a member."""
    return f"S{49 + number:04d}", name_of(49 + number)


async def test_a_sheet_becomes_statements_that_know_their_row(sheets: Sheets) -> None:
    (one, name), (other, second) = pupil(1), pupil(2)
    rows = [
        TITLE,
        ["学号", "姓名", "语文", "数学"],
        [one, f"{name[:1]} {name[1:]}", 96, 88.5],
        [other, second, "缺考", None],
    ]
    tried = await sheets.send(rows, **{"try": "true"})
    assert tried["tried"] is True
    assert await sheets.stated() == []
    said = await sheets.send(rows)
    assert outcomes(said) == [(3, "stated", None), (4, "stated", None)] == outcomes(tried)
    assert [one["subject"] for one in said["outcomes"][0]["statements"]] == ["语文", "数学"]
    round_id, sheet = sheets.frozen.round_id, UUID(said["sheet_id"])
    assert await sheets.stated() == [
        (1, f"exam/stage/{round_id}/1/语文", sheet, 3, False),
        (1, f"exam/stage/{round_id}/1/数学", sheet, 3, False),
        (2, f"exam/stage/{round_id}/1/语文", sheet, 4, False),
    ]
    kept = await sheets.place.sql("SELECT kind, rows, round_id FROM statement_sheet")
    assert kept == [("scores", 2, round_id)]


async def test_the_same_file_again_changes_nothing_even_after_a_correction(sheets: Sheets) -> None:
    number, name = pupil(1)
    # The very bytes: a workbook that is written again a second later is another file.
    first = written([["学号", "姓名", "科目", "成绩"], [number, name, "语文", 90]])
    corrected = [["学号", "姓名", "科目", "成绩"], [number, name, "语文", 91]]
    await sheets.send(first)
    again = await sheets.send(first)
    assert (outcomes(again), again["sheet_id"]) == ([(2, "unchanged", None)], None)
    assert outcomes(await sheets.send(corrected)) == [(2, "stated", None)]
    # The older file once more: its row was taken before, so that the correction stands.
    assert outcomes(await sheets.send(first)) == [(2, "unchanged", None)]
    assert [row[4] for row in await sheets.stated()] == [False, True]
    assert await sheets.place.sql("SELECT count(*) FROM statement_sheet") == [(2,)]


async def test_rows_are_found_by_number_and_name_and_never_guessed(sheets: Sheets) -> None:
    (one, name), (_, second) = pupil(1), pupil(2)
    said = await sheets.send(
        [
            ["学员编号", "学号", "姓名", "科目", "成绩"],
            [1, None, name, "语文", 90],
            ["002", None, second, "语文", 91],
            [3, None, name, "语文", 92],
            [None, "S9999", name, "语文", 93],
            [2, one, name, "语文", 94],
            [None, None, name, "语文", 95],
            [99, None, name, "语文", 96],
        ]
    )
    assert outcomes(said) == [
        (2, "stated", None),
        (3, "stated", None),
        (4, "refused", "name_differs"),
        (5, "refused", "member_not_found"),
        (6, "refused", "number_of_several"),
        (7, "refused", "row_names_nobody"),
        (8, "refused", "member_not_found"),
    ]
    assert [row[0] for row in await sheets.stated()] == [1, 2]


async def test_a_row_is_taken_whole_or_not_at_all(sheets: Sheets) -> None:
    (one, name), (other, second) = pupil(1), pupil(2)
    said = await sheets.send([["学号", "姓名", "语文", "数学"], [one, name, 96, 121], [other, second, 95, 90]])
    assert outcomes(said) == [(2, "refused", "points_above_full"), (3, "stated", None)]
    assert {row[0] for row in await sheets.stated()} == {2}
    assert said["counts"] == {"refused": 1, "stated": 1}


async def test_two_rows_that_contradict_each_other_are_both_left_out(sheets: Sheets) -> None:
    (one, name), (other, second) = pupil(1), pupil(2)
    header = ["学号", "姓名", "科目", "成绩"]
    said = await sheets.send(
        [header, [one, name, "语文", 90], [other, second, "语文", 80], [one, name, "语文", 91], [one, name, "数学", 70]]
    )
    assert outcomes(said) == [
        (2, "refused", "row_comes_twice"), (3, "stated", None), (4, "refused", "row_comes_twice"), (5, "stated", None),
    ]  # fmt: skip
    assert "第 4 行" in said["outcomes"][0]["problem"]["detail_zh"]


async def test_only_the_side_that_marks_states_scores_and_strangers_learn_nothing(sheets: Sheets) -> None:
    number, name = pupil(1)
    rows = [["学号", "姓名", "科目", "成绩"], [number, name, "语文", 90]]
    school = person("registrar", institution_id=sheets.place.school)
    assert outcomes(await sheets.send(rows, actor=school)) == [(2, "refused", "not_yours_to_state")]
    stranger = person("registrar", institution_id=sheets.place.body)
    assert problem_of(await sheets.send(rows, actor=stranger, status=404)) == "not_found"
    assert problem_of(await sheets.send(b"", actor=stranger, status=404)) == "not_found"
    other = await sheets.send(rows, round_id=str(sheets.frozen.cohort), status=404)
    assert problem_of(other) == "not_found"


async def test_a_file_that_is_no_score_sheet_writes_nothing(sheets: Sheets) -> None:
    number, name = pupil(1)
    for content, code in (
        (photo(), "file_is_picture"),
        (b"", "file_empty"),
        (
            written([["学号", "姓名", "科目", "成绩"], *([f"S{n:05d}", name, "语文", 1] for n in range(3000))]),
            "sheet_too_long",
        ),
        (written([["学号", "姓名", "语文", "物理"], [number, name, 90, 80]]), "column_is_no_subject"),
        (written([["学号", "姓名", "语文(满分150)"], [number, name, 90]]), "full_marks_differ"),
    ):
        assert problem_of(await sheets.send(content, status=422)) == code
    await sheets.place.sql_do("UPDATE pathway_round SET sittings = '[]'")
    refused = await sheets.send([["学号", "姓名", "科目", "成绩"], [number, name, "语文", 90]], status=409)
    assert problem_of(refused) == "round_has_no_sittings"
    await sheets.place.sql_do("UPDATE pathway_round SET state = 'decided'")
    refused = await sheets.send([["学号", "姓名", "科目", "成绩"], [number, name, "语文", 90]], status=409)
    assert problem_of(refused) == "round_not_named"
    assert await sheets.stated() == []


# --- rosters --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def forming(sheets: Sheets) -> Sheets:
    """The cohort before anybody is in it; the year has five places."""
    for statement in (
        "DELETE FROM round_candidate",
        "DELETE FROM pathway_round",
        "DELETE FROM cohort_member",
        "UPDATE cohort SET state = 'forming', filed_on = NULL, filed_by = NULL",
    ):
        await sheets.place.sql_do(statement)
    return sheets


async def roster(
    sheets: Sheets, rows: Sequence[Sequence[Any]], *, actor: Any = None, status: int = 200, **query: Any
) -> dict[str, Any]:
    """The school sends a roster."""
    school = actor or person("registrar", institution_id=sheets.place.school)
    path = f"/v1/cohorts/{sheets.frozen.cohort}/roster"
    return await sheets.place.ask(
        "POST", path, school, content=written(rows), params={"joined_on": "2026-09-01", **query}, status=status,
        headers={"Content-Type": "application/octet-stream"},
    )  # fmt: skip


async def admitted(sheets: Sheets) -> list[tuple[int, UUID]]:
    """Who is in the cohort."""
    return await sheets.place.sql("SELECT member_no, learner_id FROM cohort_member ORDER BY member_no")


async def test_a_roster_admits_pupils_whose_names_differ_by_a_space(forming: Sheets) -> None:
    (one, name), (other, second), (third, _) = pupil(1), pupil(2), pupil(3)
    rows = [
        ["演示中专三二分段贯通班名单"],
        ["序号", "学号", "姓名", "性别"],
        [1, one, f"{name[:2]}　{name[2:]}", "男"],
        [2, other, f" {second} ", "女"],
        [3, third, second, "女"],
        [4, "S9999", name, "男"],
        ["校长（签字）：", None, None, None],
    ]
    tried = await roster(forming, rows, **{"try": "true"})
    assert (tried["tried"], tried["sheet_id"], await admitted(forming)) == (True, None, [])
    said = await roster(forming, rows)
    assert outcomes(said) == outcomes(tried)
    assert outcomes(said) == [
        (3, "admitted", None), (4, "admitted", None), (5, "refused", "name_differs"),
        (6, "refused", "pupil_not_found"),
    ]  # fmt: skip
    assert await admitted(forming) == list(enumerate(forming.frozen.pupils[:2], 1))
    again = await roster(forming, rows)
    assert [one["outcome"] for one in again["outcomes"]] == ["unchanged", "unchanged", "refused", "refused"]
    assert await forming.place.sql("SELECT kind, rows FROM statement_sheet") == [("roster", 4)]
    assert await forming.place.sql("SELECT count(*) FROM member_event") == [(2,)]


async def test_the_places_of_the_year_hold_for_a_roster_too(forming: Sheets) -> None:
    people = [pupil(number) for number in range(1, 7)]
    said = await roster(forming, [["学号", "姓名"], *people])
    assert [one["outcome"] for one in said["outcomes"]] == ["admitted"] * 5 + ["refused"]
    assert outcomes(said)[-1][2] == "cohort_full"


async def test_a_number_with_two_names_is_left_out_and_only_the_school_sends_rosters(forming: Sheets) -> None:
    (one, name), (other, second) = pupil(1), pupil(2)
    rows = [["学号", "姓名"], [one, name], [one, second], [other, second]]
    said = await roster(forming, rows)
    assert outcomes(said) == [
        (2, "refused", "row_comes_twice"), (3, "refused", "row_comes_twice"), (4, "admitted", None),
    ]  # fmt: skip
    for institution in (forming.place.college, forming.place.body):
        stranger = person("registrar", institution_id=institution)
        assert problem_of(await roster(forming, rows, actor=stranger, status=404)) == "not_found"
    await forming.place.sql_do("UPDATE cohort SET state = 'filed', filed_on = '2026-09-02', filed_by = 'login:x'")
    assert problem_of(await roster(forming, rows, status=409)) == "cohort_not_forming"
