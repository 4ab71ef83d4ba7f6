"""Pathways through the client, as a college, a school and an officer use it, against the bank as it is served."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from creditbank.demo.bootstrap import ADMINISTRATOR, Bootstrap
from creditbank_client import Client, Conflict, FileEmpty, NotAllowed, NotFound, Refused
from tests.clients.conftest import SINCE, Town, somebody
from tests.submissions.files_made import photo, written

ENTERED = date(2024, 9, 1)


@dataclass
class Way:
    """A pathway between the two, with a cohort that is being formed and pupils who may join it."""

    college: Client
    school: Client
    officer: Client
    pathway: str
    cohort: str
    pupils: list[dict[str, Any]]


def _registrar(town: Town, administrator: Client, name: str, institution: Any) -> Client:
    login = {"login_name": name, "display_name": "教务员", "roles": ["registrar"], "institution_id": str(institution)}
    given = administrator.post("/v1/logins", login)
    return Client.of_person(town.bank.base_url, name, given["password"])


@pytest.fixture(scope="module")
def way(town: Town) -> Iterator[Way]:
    password = Bootstrap(town.bank.settings, town.bank.database_url).administrator()
    with Client.of_person(town.bank.base_url, ADMINISTRATOR, password) as administrator:
        college = _registrar(town, administrator, "college-registrar", town.college)
        school = _registrar(town, administrator, "school-registrar", town.school)
    pupils = [somebody(f"S{number:04d}") for number in range(3)]
    for number, pupil in enumerate(pupils):
        pupil["name"] = "演示" + "甲乙丙"[number]
    with town.client(town.school) as reporting:
        entered = [
            {
                "kind": "enrolment_event", "event": "entered", "learner": pupil, "occurred_on": ENTERED,
                "level": "secondary_vocational", "year_of_entry": 2024,
            }
            for pupil in pupils
        ]  # fmt: skip
        assert [one.outcome for one in reporting.post_records(entered)] == ["deposited"] * 3
    said = {
        "kind": "top_up", "name": "演示通道", "province": "elsewhere", "school_id": str(town.school),
        "college_id": str(town.college), "valid_from": SINCE,
    }  # fmt: skip
    pathway = college.post("/v1/pathways", said)["pathway_id"]
    school.post(f"/v1/pathways/{pathway}/signature")
    town.officer.post(f"/v1/pathways/{pathway}/filing", {"filing_no": "备1"})
    intake = town.officer.post(
        f"/v1/pathways/{pathway}/intakes", {"year": 2024, "quota": 2, "published_on": date(2024, 5, 1)}
    )["intake_id"]
    cohort = college.post(f"/v1/intakes/{intake}/cohorts", {"name": "演示班", "year_of_entry": 2024})["cohort_id"]
    with college, school:
        yield Way(college, school, town.officer, pathway, cohort, pupils)


def test_a_roster_is_tried_and_then_sent(way: Way, tmp_path: Path) -> None:
    file = tmp_path / "名单.xlsx"
    rows = [["演示名单"], ["学号", "姓名"]]
    rows += [[pupil["student_no"], " ".join(pupil["name"])] for pupil in way.pupils]
    file.write_bytes(written([*rows, ["S9999", "演示丁"]]))
    tried = way.school.send_roster(way.cohort, file, tried=True, joined_on=ENTERED)
    assert (tried.tried, tried.sheet_id, list(way.school.members(way.cohort))) == (True, None, [])
    sent = way.school.send_roster(way.cohort, file, joined_on=ENTERED)
    assert [(row.row, row.outcome) for row in sent.rows] == [
        (3, "admitted"), (4, "admitted"), (5, "refused"), (6, "refused"),
    ]  # fmt: skip
    assert [row.problem.code for row in sent.rows if row.problem] == ["cohort_full", "pupil_not_found"]
    assert sent.counts == tried.counts == {"admitted": 2, "refused": 2}
    assert [member["member_no"] for member in way.school.members(way.cohort)] == [1, 2]
    again = way.school.send_roster(way.cohort, file, joined_on=ENTERED)
    assert [row.outcome for row in again.rows] == ["unchanged", "unchanged", "refused", "refused"]
    assert again.rows[2].refused


def test_what_is_no_roster_is_refused_whole(way: Way, tmp_path: Path) -> None:
    file = tmp_path / "名单.xlsx"
    file.write_bytes(photo())
    with pytest.raises(Refused) as met:
        way.school.send_roster(way.cohort, file)
    assert met.value.code == "file_is_picture"
    file.write_bytes(b"")
    with pytest.raises(FileEmpty):
        way.school.send_roster(way.cohort, file)


def test_a_score_needs_a_round_and_a_stranger_finds_nothing(way: Way, town: Town, tmp_path: Path) -> None:
    file = tmp_path / "成绩.csv"
    file.write_text("学号,姓名,科目,成绩\nS0000,演示甲,语文,90\n", encoding="gb18030")
    with pytest.raises(Conflict) as met:
        way.college.send_score_sheet(way.cohort, file)
    assert met.value.code == "round_not_named"
    with pytest.raises(NotFound):
        way.college.send_score_sheet("0195532a-2222-7c11-9a51-0d3d3f5f2a10", file, tried=True)
    with pytest.raises(NotFound):
        way.college.progressions("0195532a-2222-7c11-9a51-0d3d3f5f2a10")


def test_pathways_and_cohorts_are_listed(way: Way) -> None:
    assert way.pathway in {one["pathway_id"] for one in way.college.pathways(kind="top_up")}
    assert way.college.pathway(way.pathway)["filing_no"] == "备1"
    assert [one["cohort_id"] for one in way.school.cohorts()] == [way.cohort]
    assert way.school.cohort(way.cohort)["name"] == "演示班"


def test_what_is_said_of_a_round_has_the_shape_that_the_bank_reads(way: Way) -> None:
    """A body of another shape is refused before anybody looks for the round."""
    with pytest.raises(Conflict) as met:
        way.college.open_round(way.cohort, {"sittings": [], "collects_until": None})
    assert met.value.code in {"nobody_to_decide", "no_round_in_document"}, "by whether the roster was sent before"
    assert way.college.rounds(way.cohort) == list(way.school.round_notices()) == []
    nowhere = "0195532a-2222-7c11-9a51-0d3d3f5f2a10"
    for asked in (
        lambda: way.school.round_notice(nowhere),
        lambda: way.school.object_to_round(nowhere, member_no=1, words="成绩有误"),
        lambda: way.college.decide_round_objection(nowhere, nowhere, upheld=True, set_aside=True, words="属实"),
    ):
        with pytest.raises(NotFound):
            asked()
    with pytest.raises(NotAllowed):
        way.school.give_up_place(nowhere, nowhere)
