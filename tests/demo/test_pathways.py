"""The city's two rounds, from the agreement to the college: what became of whom and by what, as it is read."""

from __future__ import annotations

import os
import re
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook

from creditbank import clock
from creditbank.demo import DemoFile, load, shelf
from creditbank.demo.city import institution
from creditbank.demo.pathway_people import THREE_FOUR, THREE_TWO, WAYS, Way
from creditbank_client import Conflict, NotFound
from tests.demo.opened import Opened

REGISTRAR = {way.key: f"{way.college}.registrar" for way in WAYS}


def round_of(city: Opened, way: Way, login: str | None = None) -> dict[str, Any]:
    """A round with all of its candidates, as somebody reads it."""
    with city.person(login or REGISTRAR[way.key]) as (client, _):
        return client.get(f"/v1/rounds/{city.file.look_at[f'round_of_{way.key}']}", limit=200)


def became(round_: dict[str, Any]) -> list[tuple[int, str, str | None, str | None, int | None]]:
    """Of everybody by their number: the outcome, the clause that says it, the total and the rank."""
    return [
        (one["member_no"], one["outcome"], one["clause"], one["total"], one["rank"]) for one in round_["candidates"]
    ]


def happened(round_: dict[str, Any]) -> list[str]:
    return [one["act"] for one in round_["history"]]


# --- how they came to be --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.key)
def test_an_agreement_was_signed_by_both_and_filed_by_the_bank_with_one_intake(city: Opened, way: Way) -> None:
    with city.person("demo.officer") as (officer, _):
        found = officer.pathways(institution_id=institution(way.school).institution_id)
        (short,) = [one for one in found if one["name"] == way.name]
        pathway = officer.pathway(short["pathway_id"])
    assert (pathway["state"], pathway["filing_no"]) == ("filed", way.filing_no)
    assert {one["institution_id"] for one in pathway["signatures"]} == {
        str(institution(key).institution_id) for key in (way.school, way.college)
    }
    assert [(one["year"], one["quota"], one["progression_quota"]) for one in pathway["intakes"]] == [
        (2023, way.quota, way.seats)
    ]
    mapped = [(one["school_course_code"], one["college_course_code"]) for one in pathway["courses"]]
    assert mapped == list(way.courses)
    assert all(one["equivalence_id"] for one in pathway["courses"]), "each agreed course is an equivalence of theirs"
    assert len({one["by"] for one in pathway["signatures"]}) == 2


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.key)
def test_a_roster_with_a_space_in_a_name_admitted_everybody_in_its_order(city: Opened, way: Way) -> None:
    rows = CalamineWorkbook.from_path(way.roster.path).get_sheet_by_index(0).to_python()
    written = [str(row[1]) for row in rows[2:-1]]
    with city.person(f"{way.school}.registrar") as (registrar, _):
        (cohort,) = [one for one in registrar.cohorts() if one["name"] == way.cohort]
        names = [one["name"] for one in registrar.members(cohort["cohort_id"])]
    gone = 1 if way is THREE_TWO else 0
    assert (cohort["state"], cohort["filing_no"]) == ("filed", way.cohort_filing_no)
    assert cohort["size"] == len(written) - gone
    assert names == [name.replace("　", "") for name in written]
    assert len(names) == len(way.pupils)
    if way is THREE_TWO:
        assert [name for name in written if "　" in name] == ["何　颖", "周　磊"]


# --- 3+2 --------------------------------------------------------------------------------------------------------------


def test_everybody_of_3_2_has_an_outcome_and_the_clause_that_says_it(city: Opened) -> None:
    round_ = round_of(city, THREE_TWO)
    assert (round_["state"], round_["seats"], round_["document"]) == ("frozen", 6, "progression.three-two-hebei")
    assert became(round_) == [
        (1, "taken", "gives", "310", 1),
        (2, "taken", "gives", "296", 2),
        (3, "taken", "gives", "280", 5),
        (4, "not_taken", "in-the-class", None, None),
        (5, "not_taken", "gives", "244", 9),
        (6, "not_taken", "gives", "255", 6),
        (7, "taken", "gives", "255", 6),
        (8, "not_taken", "gives", "249", 8),
        (9, "taken", "gives", "281", 4),
        (10, "not_taken", "passed", None, None),
        (11, "set_aside", "passed", None, None),
        (12, "taken", "gives", "288", 3),
    ]
    (left_out,) = [one for one in round_["candidates"] if one["outcome"] == "set_aside"]
    assert (left_out["verdict"], left_out["set_aside_for"]) == ("unknown", "unknown")
    assert left_out["set_aside_because"].startswith("专业综合试卷尚在核查")
    assert [one["fact"] for one in left_out["missing"]] == ["exam.result"]


def test_the_list_of_3_2_was_mended_objected_to_tied_and_published_twice(city: Opened) -> None:
    round_ = round_of(city, THREE_TWO)
    assert happened(round_) == [
        "opened", "decided", "decided_again", "set_aside", "published",
        "objected", "objection_decided", "objected", "decided_again", "opened_again", "objection_decided",
        "decided_again", "tie_decided", "published", "settled", "filed", "frozen",
        "given_up_after_freeze", "review_opened",
    ]  # fmt: skip
    decided = round_["history"][1]["about"]["counts"]
    assert decided == {"proposed": 5, "tied": 2, "unknown": 2, "beyond_quota": 1, "not_eligible": 2}
    dismissed, upheld = round_["objections"]
    assert (dismissed["member_no"], dismissed["state"]) == (9, "dismissed")
    assert (upheld["member_no"], upheld["state"]) == (5, "upheld")
    assert "114" in upheld["answer"]
    (tie,) = [one for one in round_["history"] if one["act"] == "tie_decided"]
    by_id = {one["learner_id"]: one["member_no"] for one in round_["candidates"]}
    assert [by_id[one] for one in tie["about"]["chosen"]] == [7]
    assert [by_id[one] for one in tie["about"]["others"]] == [6]
    assert tie["words"].startswith("总分和过程考核相同")
    acts = {one["act"]: one for one in round_["history"]}
    assert acts["frozen"]["by"] not in {acts["opened"]["by"], acts["filed"]["by"]}
    assert (round_["result_no"], round_["filing_no"]) == ("ZD-2026-0001", THREE_TWO.round_filing_no)
    assert (round_["notice_no"], round_["notice_until_on"]) == (2, "2026-09-09")


def test_the_sheet_that_was_filed_has_the_columns_of_the_document_and_the_six_who_were_taken(
    city: Opened, tmp_path: Path
) -> None:
    with city.person(REGISTRAR["three_two"]) as (college, _):
        path = college.save_filing(city.file.look_at["round_of_three_two"], tmp_path / "filed.xlsx")
    header, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert header == ["姓名", "身份证号", "学籍号", "转段考试总分", "满分", "名次", "结果"]
    assert [(row[0], row[2], row[3], row[4], float(str(row[5])), row[6]) for row in rows] == [
        ("吴昊然", "202301902", "310", "350", 1, "录取"),
        ("梁子婷", "202301001", "296", "350", 2, "录取"),
        ("吴浩然", "202301901", "288", "350", 3, "录取"),
        ("孟磊龙", "202301008", "281", "350", 4, "录取"),
        ("金然文", "202301002", "280", "350", 5, "录取"),
        ("周磊", "202301006", "255", "350", 6, "录取"),
    ]
    assert {str(row[1])[:6] for row in rows} == {"139900"}
    with city.person("yanshan.registrar") as (school, _), pytest.raises(NotFound):
        school.save_filing(city.file.look_at["round_of_three_two"], tmp_path / "not-theirs.xlsx")
    assert not (tmp_path / "not-theirs.xlsx").exists()


def test_a_score_is_followed_from_the_decision_to_the_row_of_the_file(city: Opened) -> None:
    """What was corrected keeps what it said before, each with the sheet and the row that it came in."""
    cohort = city.file.look_at["cohort_of_three_two"]
    corrected = next(one for one in round_of(city, THREE_TWO)["candidates"] if one["member_no"] == 5)
    with city.person(REGISTRAR["three_two"]) as (college, _):
        said = college.statements(cohort, corrected["learner_id"])["items"]
    culture = [one for one in said if one["topic"] == "exam" and one["said"]["subject"] == "文化综合"]
    first, second = culture
    assert (first["said"]["points"], second["said"]["points"]) == ("141", "114")
    assert (first["superseded_by"], second["supersedes"]) == (second["statement_id"], first["statement_id"])
    assert first["sheet_id"] != second["sheet_id"]
    (skill,) = [one for one in said if one["topic"] == "exam" and one["said"]["subject"] == "专业综合"]
    assert (skill["said"]["marks"], skill["said"]["points"]) == (["130", "130"], "130")
    sheet = CalamineWorkbook.from_path(shelf.SCORES_OF_THREE_TWO.path).get_sheet_by_index(0).to_python()
    row = sheet[first["row_no"] - 1]
    assert (row[2], row[3]) == ("202301004", 141)


def test_whoever_missed_a_subject_sat_everything_again_and_only_that_counts(city: Opened) -> None:
    resat = next(one for one in round_of(city, THREE_TWO)["candidates"] if one["member_no"] == 9)
    with city.person(REGISTRAR["three_two"]) as (college, _):
        said = college.statements(city.file.look_at["cohort_of_three_two"], resat["learner_id"])["items"]
        decision = college.decision(resat["decision_id"])
    sat = {(one["said"]["sitting"], one["said"]["subject"]): one["said"] for one in said if one["topic"] == "exam"}
    assert set(sat) == {(1, "文化综合"), (1, "专业综合"), (2, "文化综合"), (2, "专业综合")}
    assert (sat[1, "专业综合"]["result"], "points" in sat[1, "专业综合"]) == ("absent", False)
    assert decision["verdict"] == "granted"
    assert resat["total"] == "281"


# --- after the freeze -------------------------------------------------------------------------------------------------


def test_a_place_given_up_and_a_late_fact_leave_the_frozen_list_as_it_is(city: Opened) -> None:
    round_ = round_of(city, THREE_TWO)
    assert next(one for one in round_["candidates"] if one["member_no"] == 2)["outcome"] == "taken"
    with city.person("demo.officer") as (officer, _):
        reviews = officer.get("/v1/progression-reviews")["items"]
        (review,) = [one for one in reviews if one["round_id"] == round_["round_id"]]
        members = {one["member_no"]: one["status"] for one in officer.members(round_["cohort_id"])}
    assert (review["member_no"], review["state"], review["frozen_outcome"]) == (3, "open", "taken")
    assert review["differs"]["total"] == ["280", "277"]
    assert members[2] == "left"
    assert next(one for one in round_["candidates"] if one["member_no"] == 3)["total"] == "280"


def test_whoever_was_taken_is_enrolled_and_who_consented_has_the_agreed_credits_traced_to_the_school(
    city: Opened,
) -> None:
    round_ = round_of(city, THREE_TWO)
    with city.person(REGISTRAR["three_two"]) as (college, _):
        came = {one["member_no"]: one for one in college.progressions(round_["round_id"])["learners"]}
    assert {number: one["status"] for number, one in came.items()} == {
        1: "progressed", 2: "left", 3: "progressed", 7: "progressed", 9: "progressed", 12: "progressed",
    }  # fmt: skip
    assert {number: one["credits"] for number, one in came.items() if one["credits"] != "0"} == {1: "16"}
    with city.person("wu.haoran.b") as (learner, entry):
        transcript = learner.transcript(entry["learner_id"])
        enrolled = [one for one in transcript["records"] if one["record_id"] == came[1]["record_id"]]
        assert [(one["occurred_on"], one["institution_id"]) for one in enrolled] == [
            ("2026-09-10", str(institution("vocational").institution_id))
        ]
        (version,) = learner.record(came[1]["record_id"])["versions"]
        assert version["reason"] == f"转段结果 {round_['result_no']}"
        assert version["reported"]["key"] == f"{round_['result_no']}/1"
        credits = {one["course"]["code"]: one for one in transcript["conversions"]}
        assert {code: one["credits"] for code, one in credits.items()} == {
            "YS5301": "5", "YS5304": "5", "YS5308": "6",
        }  # fmt: skip
        one = credits["YS5304"]
        decision = learner.decision(one["decision_id"])
        assert decision["verdict"] == "granted"
        (record_id,) = one["record_ids"]
        shown = learner.record(record_id)
        assert shown["institution_id"] == str(institution("yanshan").institution_id)
        reported = shown["versions"][-1]["reported"]
        assert (reported["course_code"], reported["course_name"]) == ("YS2103", "汽车机械基础")
        assert {posted["account"] for posted in learner.posting(one["posting_id"])["entries"]} == {
            "conversion", "source",
        }  # fmt: skip


def test_nothing_of_a_final_list_can_be_done_again(city: Opened) -> None:
    round_id = city.file.look_at["round_of_three_two"]
    with city.person(REGISTRAR["three_two"]) as (college, _):
        for act in ("deciding", "notice", "filing"):
            with pytest.raises(Conflict):
                college.round_act(round_id, act)
        with pytest.raises(Conflict):
            college.open_round(city.file.look_at["cohort_of_three_two"], {})  # the document allows one
    with city.person("demo.second") as (second, _), pytest.raises(Conflict):
        second.round_act(round_id, "freezing", {"filing_no": "又一号"})


# --- 3+4 --------------------------------------------------------------------------------------------------------------


def test_everybody_of_3_4_has_an_outcome_and_the_clause_that_says_it(city: Opened) -> None:
    round_ = round_of(city, THREE_FOUR)
    assert (round_["state"], round_["seats"], round_["document"]) == (
        "frozen", 2, "progression.three-four-qinhuangdao",
    )  # fmt: skip
    assert became(round_) == [
        (1, "taken", "gives", "408", 1),
        (2, "taken", "gives", "388", 2),
        (3, "not_taken", "gives", "369", 3),
        (4, "set_aside", "fit", None, None),
        (5, "not_taken", "process", None, None),
        (6, "set_aside", "gives", "398", None),
    ]
    assert happened(round_) == [
        "opened", "decided", "decided_again", "set_aside", "published",
        "objected", "objection_decided", "objected", "objection_decided", "set_aside", "opened_again",
        "published", "settled", "filed", "frozen",
    ]  # fmt: skip
    aside = {one["member_no"]: one["set_aside_for"] for one in round_["candidates"] if one["set_aside_for"]}
    assert aside == {4: "unknown", 6: "objection"}
    assert [(one["member_no"], one["state"]) for one in round_["objections"]] == [(1, "dismissed"), (6, "upheld")]


def test_a_demerit_is_seen_by_those_who_decide_and_by_nobody_else(city: Opened) -> None:
    round_ = round_of(city, THREE_FOUR)
    second = next(one for one in round_["candidates"] if one["member_no"] == 2)
    cohort, learner = city.file.look_at["cohort_of_three_four"], second["learner_id"]

    def topics(login: str) -> list[str]:
        with city.person(login) as (client, _):
            return [one["topic"] for one in client.statements(cohort, learner)["items"]]

    assert topics("university.registrar").count("sanction") == 2, "given, and lifted"
    assert "sanction" not in topics("demo.officer")
    with pytest.raises(NotFound):
        topics("vocational.registrar")


def test_without_a_consent_nobody_s_courses_are_converted(city: Opened, tmp_path: Path) -> None:
    with city.person("university.registrar") as (college, _):
        round_id = city.file.look_at["round_of_three_four"]
        came = college.progressions(round_id)["learners"]
        path = college.save_filing(round_id, tmp_path / "filed.xlsx")
    assert [(one["member_no"], one["status"], one["credits"]) for one in came] == [
        (1, "progressed", "0"), (2, "progressed", "0"),
    ]  # fmt: skip
    header, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert header == ["姓名", "身份证号", "学籍号", "过程考核", "转段考试总分", "满分", "名次", "结果"]
    assert [(row[0], row[3], row[4]) for row in rows] == [("袁萍倩", "86", "408"), ("杨凯佑", "86", "388")]
    with city.person("yuan.pingqian") as (learner, entry):
        transcript = learner.transcript(entry["learner_id"])
    assert transcript["conversions"] == []
    assert any(one["record_id"] == came[0]["record_id"] for one in transcript["records"])


def test_a_learner_reads_their_own_place_and_nobody_else_s(city: Opened) -> None:
    round_ = round_of(city, THREE_FOUR, "yuan.pingqian")
    assert [one["member_no"] for one in round_["candidates"]] == [1]
    with pytest.raises(NotFound):
        round_of(city, THREE_TWO, "yuan.pingqian")


# --- again ------------------------------------------------------------------------------------------------------------


def test_steps_that_were_done_and_not_written_down_are_not_done_again(city: Opened) -> None:
    counted = (
        "SELECT (SELECT count(*) FROM pathway), (SELECT count(*) FROM cohort), (SELECT count(*) FROM member_event), "
        "(SELECT count(*) FROM statement), (SELECT count(*) FROM round_act), (SELECT count(*) FROM round_objection), "
        "(SELECT count(*) FROM progression_review), (SELECT count(*) FROM claim), "
        "(SELECT count(*) FROM record_version)"
    )
    before, kept = city.sql(counted), city.file.path.read_text("utf-8")
    cut = DemoFile.read(city.file.path, city.bank.base_url)
    del cut.done[cut.done.index("members let in") :]
    cut.look_at = {name: value for name, value in cut.look_at.items() if "three" not in name}
    cut.complete = False
    cut.save()
    again = load(city.bank.base_url, city.bootstrap, say=lambda _: None)
    assert {name: again.look_at[name] for name in again.look_at if "three" in name} == {
        name: value for name, value in city.file.look_at.items() if "three" in name
    }
    assert city.sql(counted) == before
    city.file.path.write_text(kept, "utf-8")


# --- the page about pathways ------------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "pathways.md"
AFTER_THE_NOTICE = "## 报备、定案、转入"
RUN_ON, OVER_ON = (datetime(2026, 10, day, 9, tzinfo=clock.CITY) for day in (12, 20))
"""A Monday, and the day after the fifth working day that follows it."""


def script(text: str) -> str:
    """The commands of a part of the page."""
    return "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))


def tokens(city: Opened, **logins: str) -> dict[str, str]:
    """What people sign in with."""
    found = {}
    for name, login in logins.items():
        entry = city.file.person(login)
        assert entry is not None
        said = {"grant_type": "password", "username": login, "password": entry["password"]}
        found[name] = str(httpx.post(f"{city.bank.base_url}/v1/oauth/token", data=said).json()["access_token"])
    return found


def programme_of(city: Opened, key: str, code: str) -> str:
    with city.person("demo.officer") as (officer, _):
        found = officer.get(f"/v1/institutions/{institution(key).institution_id}/programmes", limit=200)["items"]
    return str(next(one["programme_id"] for one in found if one["code"] == code))


def ran(commands: str, said: dict[str, str], folder: Path) -> str:
    """Run commands one after another, each of which must be answered with success; what they leave is kept beside."""
    kept = folder / "variables"
    before = f". {kept}\n" if kept.exists() else ""
    whole = f"set -euo pipefail\n{before}{commands}\n(declare -p PATHWAY COHORT ROUND; declare -f) >{kept}\n"
    done = subprocess.run(["bash", "-c", whole], capture_output=True, text=True, check=False, env=said, cwd=folder)
    assert done.returncode == 0, (done.stdout[-1500:], done.stderr[-500:])
    return done.stdout


def test_the_calls_of_the_page_about_pathways_work_in_their_order(city: Opened, tmp_path: Path) -> None:
    first, after = PAGE.read_text("utf-8").split(AFTER_THE_NOTICE)
    learner = city.file.person("wu.haoran.b")
    assert learner is not None
    with city.person("demo.officer") as (officer, _):
        mine = officer.pathways(institution_id=institution("yanshan").institution_id)
        (mine_id,) = [one["pathway_id"] for one in mine if one["name"] == THREE_TWO.name]
    people = {
        "SCHOOL": "bihai.registrar", "COLLEGE": "trade.registrar", "OFFICER": "demo.officer",
        "SECOND": "demo.second", "LEARNER": "wu.haoran.b",
    }  # fmt: skip
    said = {
        "BANK": city.bank.base_url, "PATH": os.environ["PATH"],
        "SCHOOL_ID": str(institution("bihai").institution_id), "COLLEGE_ID": str(institution("trade").institution_id),
        "SCHOOL_PROGRAMME": programme_of(city, "bihai", "730701"),
        "COLLEGE_PROGRAMME": programme_of(city, "trade", "530701"),
        "LEARNER_ID": learner["learner_id"], "MY_PATHWAY": str(mine_id), "ENTERED_ON": "2026-10-20",
    }  # fmt: skip
    try:
        clock.set_to(RUN_ON)
        ran(script(first), said | tokens(city, **people), tmp_path)
        clock.set_to(OVER_ON)
        told = ran(script(after), said | tokens(city, **people), tmp_path)
    finally:
        clock.set_to(None)
    newest = max(re.findall(r'"result_no":"(ZD-2026-\d{4})"', told))
    assert told.count(newest) >= 2
    header, *rows = CalamineWorkbook.from_path(tmp_path / "filed.xlsx").get_sheet_by_index(0).to_python()
    assert header[0] == "姓名"
    assert [row[0] for row in rows] == ["潘旭豪", "孟雨琳"]
    assert told.count('"gates"') >= 3
