"""Rounds from their opening to the frozen list: what is decided, who is taken, who is told, and what nobody may do."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from creditbank.oversight.audit import differences
from tests.open_bank import person
from tests.pathways.cohort_town import CohortTown, a_cohort_town, outcomes
from tests.recognition.college import problem_of


@pytest.fixture
async def town(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CohortTown]:
    async with a_cohort_town(addresses, tmp_path / "keys", monkeypatch) as place:
        yield place


# --- the whole way --------------------------------------------------------------------------------------------------


async def test_a_round_goes_from_its_opening_to_a_numbered_result(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 70, 50, quota=2)
    round_ = await town.open(cohort)
    assert (round_["state"], outcomes(round_)) == ("collecting", ["waiting"] * 4)
    round_ = await town.act(round_, "deciding")
    assert outcomes(round_) == ["proposed", "proposed", "beyond_quota", "not_eligible"]
    assert [each["rank"] for each in round_["candidates"]] == [1, 2, 3, None]
    assert round_["seats"] == 2
    round_ = await town.act(round_, "notice")
    assert (round_["state"], round_["notice_until_on"]) == ("on_notice", "2026-03-09")
    town.place.go_to(date(2026, 3, 10))
    assert (await town.read(round_))["state"] == "settled"
    await town.place.work()
    round_ = await town.act(round_, "filing")
    sheet = await town.place.bank.call("GET", f"/v1/rounds/{round_['round_id']}/filing.xlsx", town.place.registrar)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0).to_python()
    assert rows[0] == ["name", "document_number", "student_no", "member_no", "rank", "outcome", "process.score"]
    assert [row[0] for row in rows[1:]] == ["演示一", "演示二"]
    assert rows[1][1].startswith("139900")
    assert rows[1][2:] == ["S00001", 1.0, 1.0, "录取", "90"]
    assert sheet.headers["etag"] == f'"{round_["filing_digest"]}"'
    round_ = await town.act(round_, "freezing", {"filing_no": "冀教转1号"}, by=town.place.officer)
    assert (round_["state"], round_["result_no"]) == ("frozen", "ZD-2026-0001")
    assert outcomes(round_) == ["taken", "taken", "not_taken", "not_taken"]
    ((rows,),) = await town.place.sql("SELECT rows FROM round_result")
    assert [row["decision_id"] for row in rows] == [each["decision_id"] for each in round_["candidates"]]
    assert await town.inbox(who[0]) == ["progression_proposed", "progression_result"]
    assert await town.inbox(who[3]) == ["progression_not_proposed", "progression_result"]
    assert await differences(town.place.bank.database) == []


async def test_everybody_reads_the_reasons_that_are_theirs_to_read(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 50, quota=2)
    town.knows(who[1], score=90, fit=False)
    round_ = await town.decided(cohort)
    path = f"/v1/decisions/{round_['candidates'][1]['decision_id']}"
    own = await town.place.ask("GET", path, town.learner(who[1]))
    assert (own["kind"], own["verdict"], own["clause"]) == ("progression", "not_granted", "fit")
    assert own["facts"]["health"] == {"fit": False}
    assert own["links"]["round"] == f"/v1/rounds/{round_['round_id']}"
    for whole in (town.place.registrar, town.place.officer):
        assert (await town.place.ask("GET", path, whole))["facts"]["health"] == {"fit": False}
    school = await town.place.ask("GET", path, town.school)
    assert "health" not in school["facts"]
    assert school["facts"]["process"] == {"score": "90"}
    (finding,) = [each for each in school["findings"] if each["clause"] == "fit"]
    assert (finding["verdict"], finding["observed"]) == ("not_met", None)
    again = await town.place.ask("POST", path + "/replay", town.learner(who[1]))
    assert (again["same"], again["differences"]) == (True, [])
    for stranger in (town.learner(who[0]), person("registrar", institution_id=town.place.body)):
        await town.place.ask("GET", path, stranger, status=404)


async def test_strangers_learn_nothing_of_a_round(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, quota=1)
    round_ = await town.decided(cohort)
    other = person("registrar", institution_id=town.place.body)
    path = f"/v1/rounds/{round_['round_id']}"
    await town.place.ask("GET", path, other, status=404)
    await town.place.ask("GET", path + "/notice", other, status=404)
    await town.act(round_, "deciding", by=other, status=404)
    await town.act(round_, "deciding", by=town.school, status=404)
    await town.act(round_, "objections", {"member_no": 1, "words": "异议"}, by=other, status=404)
    mine = await town.read(round_, town.learner(who[1]))
    assert [each["learner_id"] for each in mine["candidates"]] == [str(who[1])]
    assert [each["learner_id"] for each in (await town.read(round_, town.school))["candidates"]] == list(map(str, who))


# --- opening --------------------------------------------------------------------------------------------------------


async def test_of_two_rounds_opened_at_once_one_is_opened(town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    path = f"/v1/cohorts/{cohort}/rounds"
    both = await asyncio.gather(
        *(town.place.bank.call("POST", path, town.place.registrar, json={},
                               headers={"Idempotency-Key": key}) for key in ("a", "b"))
    )  # fmt: skip
    assert sorted(each.status_code for each in both) == [201, 409]
    (refused,) = [each for each in both if each.status_code == 409]
    assert problem_of(refused) == "round_under_way"


async def test_an_abandoned_round_gives_its_number_and_its_seats_back(town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    round_ = await town.act(await town.decided(cohort), "abandonment", {"reason": "考试组织有误"})
    assert round_["state"] == "abandoned"
    again = await town.decided(cohort)
    assert (again["number"], again["seats"], outcomes(again)) == (1, 1, ["proposed"])
    published = await town.act(again, "notice")
    answer = await town.act(published, "abandonment", {"reason": "作废"}, status=409)
    assert problem_of(answer) == "round_in_another_state"


async def test_a_second_round_takes_those_who_were_not_taken_and_gave_nothing_up(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 55, quota=2)
    first = await town.settled(cohort)
    await town.act(first, f"candidates/{who[1]}/giving-up", by=town.learner(who[1]))
    first = await town.act(await town.read(first), "notice")
    town.place.later(days=9)
    await town.place.work()
    first = await town.act(first, "filing")
    assert problem_of(await town.open(cohort, status=409)) == "round_under_way"
    await town.act(first, "freezing", {"filing_no": "1"}, by=town.place.officer)
    town.knows(who[2], score=75)
    second = await town.decided(cohort)
    assert (second["number"], second["seats"]) == (2, 1)
    assert [each["learner_id"] for each in second["candidates"]] == [str(who[2])]
    town.place.go_to(date(2026, 6, 1))
    second = await town.act(second, "notice")
    town.place.later(days=20)
    await town.act(await town.act(second, "filing"), "freezing", {"filing_no": "2"}, by=town.place.officer)
    assert problem_of(await town.open(cohort, status=409)) in {"no_second_round", "nobody_to_decide"}


async def test_no_second_round_where_the_document_has_none(town: CohortTown) -> None:
    town.go_by(second="no")
    cohort, _ = await town.cohort(90, 50, quota=2)
    await town.frozen(cohort)
    assert problem_of(await town.open(cohort, status=409)) == "no_second_round"


async def test_it_is_not_decided_while_facts_are_collected(town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    assert problem_of(await town.open(cohort, collects_until="2026-03-01", status=422)) == "collecting_ends_in_the_past"
    round_ = await town.open(cohort, collects_until="2026-03-05")
    assert [each["code"] for each in round_["blocks"]] == ["collecting"]
    assert problem_of(await town.act(round_, "deciding", status=409)) == "round_still_collects"
    town.place.go_to(date(2026, 3, 5))
    assert outcomes(await town.act(round_, "deciding")) == ["proposed"]


# --- seats ----------------------------------------------------------------------------------------------------------


async def test_a_quota_of_zero_takes_nobody_and_says_so(town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, 80, quota=0)
    round_ = await town.frozen(cohort)
    assert (round_["seats"], outcomes(round_)) == (0, ["not_taken", "not_taken"])


async def test_people_tell_a_tie_across_the_last_seat_apart(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 80, 80, quota=3)
    round_ = await town.decided(cohort)
    assert outcomes(round_) == ["proposed", "tied", "tied", "tied"]
    assert problem_of(await town.act(round_, "notice", status=409)) == "tie_undecided"
    one = {"learner_ids": [str(who[1])], "reason": "技能成绩较高"}
    answer = await town.act(round_, "tie", one, status=409)
    assert problem_of(answer) == "tie_takes_all_seats"
    two = {"learner_ids": [str(who[1]), str(who[3])], "reason": "技能成绩较高"}
    round_ = await town.act(round_, "tie", two)
    assert outcomes(round_) == ["proposed", "proposed", "beyond_quota", "proposed"]
    (act,) = [each for each in round_["history"] if each["act"] == "tie_decided"]
    assert act["words"] == "技能成绩较高"
    assert (await town.act(round_, "notice"))["state"] == "on_notice"


@pytest.mark.parametrize("ties", ["all", "none"])
async def test_a_tie_is_taken_whole_or_not_at_all(town: CohortTown, ties: str) -> None:
    town.go_by(ties=ties)
    cohort, _ = await town.cohort(90, 80, 80, quota=2)
    assert outcomes(await town.decided(cohort)) == ["proposed", "beyond_quota", "beyond_quota"]
    cohort, _ = await town.cohort(90, 80, 80, quota=3)
    assert outcomes(await town.decided(cohort)) == ["proposed"] * 3


async def test_rounds_of_one_intake_share_its_places(town: CohortTown) -> None:
    first, _ = await town.cohort(90, 80, 70, quota=4)
    ((intake,),) = await town.place.sql("SELECT intake_id FROM cohort WHERE cohort_id = %s", first)
    second, _ = await town.cohort(95, 85, 75, quota=0, intake=intake)
    assert (await town.decided(first))["counts"] == {"proposed": 3}
    late = await town.decided(second)
    assert (late["seats"], late["counts"]) == (1, {"beyond_quota": 2, "proposed": 1})


async def test_no_interleaving_of_rounds_and_corrections_takes_more_than_the_quota(town: CohortTown) -> None:
    first, who = await town.cohort(90, 80, 70, 60, quota=5)
    ((intake,),) = await town.place.sql("SELECT intake_id FROM cohort WHERE cohort_id = %s", first)
    cohorts, everybody = [first], list(who)
    for scores in ((88, 78, 68), (66, 65, 64)):
        cohort, more = await town.cohort(*scores, quota=0, intake=intake)
        cohorts.append(cohort)
        everybody += more
    rounds = [await town.open(cohort) for cohort in cohorts]

    async def taken() -> int:
        rows = await town.place.sql("SELECT count(*) FROM round_candidate WHERE outcome IN ('proposed', 'taken')")
        return int(rows[0][0])

    for number in range(3):
        acts: list[Any] = [town.act(each, "deciding") for each in rounds]
        acts += [town.corrects(one, score=50 + (7 * place + 13 * number) % 50) for place, one in enumerate(everybody)]
        await asyncio.gather(*acts)
        assert await taken() <= 5
    for each in rounds:  # each is decided by what is known now, whoever came first
        found = await town.read(each)
        for candidate in found["candidates"]:
            score = int(
                town.facts[everybody[list(map(str, everybody)).index(candidate["learner_id"])]]["process"]["score"]
            )
            assert (candidate["outcome"] == "not_eligible") == (score < 60)


# --- unknown --------------------------------------------------------------------------------------------------------


async def test_unknown_is_no_refusal_and_keeps_the_list_from_being_published(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, None, quota=2)
    round_ = await town.decided(cohort)
    assert outcomes(round_) == ["proposed", "unknown"]
    (block,) = round_["blocks"]
    assert (block["code"], block["count"]) == ("candidates_unknown", 1)
    assert [each["fact"] for each in round_["candidates"][1]["missing"]] == ["process.score"]
    assert problem_of(await town.act(round_, "notice", status=409)) == "candidates_unknown"
    assert await town.inbox(who[1]) == ["progression_unknown"]
    aside = {"learner_ids": [str(who[1])], "reason": "未提交过程考核"}
    round_ = await town.act(round_, "set-asides", aside)
    assert (await town.read(round_, town.learner(who[1])))["candidates"][0]["set_aside_because"] == "未提交过程考核"
    answer = await town.act(round_, "set-asides", {"learner_ids": [str(who[0])], "reason": "x"}, status=409)
    assert problem_of(answer) == "not_unknown"
    round_ = await town.act(round_, "notice")
    await town.corrects(who[1], score=95)
    round_ = await town.read(round_)
    assert (round_["state"], outcomes(round_)) == ("decided", ["proposed", "proposed"])


# --- corrections ----------------------------------------------------------------------------------------------------


async def test_a_correction_while_collecting_decides_nothing(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, quota=1)
    round_ = await town.open(cohort)
    await town.corrects(who[0], score=50)
    round_ = await town.read(round_)
    assert (round_["state"], outcomes(round_), len(round_["history"])) == ("collecting", ["waiting"], 1)


async def test_a_correction_decides_its_learner_and_nobody_else(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 70, quota=2)
    round_ = await town.decided(cohort)
    before = {each["learner_id"]: each["decision_id"] for each in round_["candidates"]}
    await town.corrects(who[2], score=85)
    round_ = await town.read(round_)
    assert outcomes(round_) == ["proposed", "beyond_quota", "proposed"]
    after = {each["learner_id"]: each["decision_id"] for each in round_["candidates"]}
    assert {one for one in before if before[one] != after[one]} == {str(who[2])}


async def test_if_others_are_taken_the_list_is_published_anew(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 70, quota=2)
    round_ = await town.settled(cohort)
    await town.corrects(who[1], score=65)
    round_ = await town.read(round_)
    assert (round_["state"], round_["notice_until_on"]) == ("decided", None)
    assert outcomes(round_) == ["proposed", "beyond_quota", "proposed"]
    (act,) = [each for each in round_["history"] if each["act"] == "opened_again"]
    assert act["about"]["out"] == [str(who[1])]
    assert act["about"]["taken_in"] == [str(who[2])]
    round_ = await town.act(round_, "notice")
    assert (round_["notice_no"], round_["notice_until_on"]) == (2, "2026-03-18")
    await town.act(round_, "filing", status=409)


async def test_if_the_same_are_taken_the_notice_goes_on_and_a_filing_is_made_again(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 50, quota=2)
    round_ = await town.act(await town.decided(cohort), "notice")
    await town.corrects(who[2], score=55)
    assert (await town.read(round_))["state"] == "on_notice"
    town.place.later(days=9)
    round_ = await town.act(round_, "filing")
    await town.corrects(who[2], score=56)
    assert (await town.read(round_))["state"] == "filed"
    await town.corrects(who[1], score=81)
    round_ = await town.read(round_)
    assert (round_["state"], round_["filing_digest"], round_["notice_no"]) == ("settled", None, 1)
    round_ = await town.act(round_, "filing")
    assert (await town.act(round_, "freezing", {"filing_no": "1"}, by=town.place.officer))["state"] == "frozen"


async def test_nothing_frozen_changes_and_people_review_what_would_differ(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, quota=2)
    round_ = await town.frozen(cohort)
    before = await town.place.sql("SELECT rows, digest FROM round_result")
    await town.corrects(who[1], score=80)
    assert await town.place.sql("SELECT count(*) FROM progression_review") == [(0,)]
    await town.corrects(who[1], score=40)
    await town.corrects(who[1], score=40)
    assert outcomes(await town.read(round_)) == ["taken", "taken"]
    assert await town.place.sql("SELECT rows, digest FROM round_result") == before
    (review,) = (await town.place.ask("GET", "/v1/progression-reviews", town.place.registrar))["items"]
    assert review["differs"]["verdict"] == ["granted", "not_granted"]
    assert (review["member_no"], review["result_no"]) == (2, "ZD-2026-0001")
    closing = {"outcome": "acted", "reason": "已与学校核实，另行处理"}
    path = f"/v1/progression-reviews/{review['review_id']}/closing"
    await town.post(path, person("registrar", institution_id=town.place.body), closing, status=404)
    closed = await town.post(path, town.place.officer, closing)
    assert (closed["state"], closed["reason"]) == ("closed", "已与学校核实，另行处理")
    assert problem_of(await town.post(path, town.place.officer, closing, status=409)) == "review_already_closed"
    assert (await town.inbox(who[1]))[-2:] == ["progression_review_opened", "progression_review_closed"]


# --- notice and objections ------------------------------------------------------------------------------------------


async def test_the_notice_names_nobody_in_full(town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, 50, quota=2)
    round_ = await town.act(await town.decided(cohort), "notice")
    anybody = person("provider", institution_id=town.place.body)
    notice = await town.place.ask("GET", f"/v1/rounds/{round_['round_id']}/notice", anybody)
    assert notice["proposed"] == [{"member_no": 1, "name": "演*一", "rank": 1, "route": "examined"}]
    listed = await town.place.ask("GET", "/v1/round-notices", anybody)
    assert [each["round_id"] for each in listed["items"]] == [round_["round_id"]]


async def test_anybody_may_object_until_the_last_minute(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, quota=2)
    round_ = await town.act(await town.decided(cohort), "notice")
    anybody, said = person("provider", institution_id=town.place.body), {"member_no": 2, "words": "成绩有误"}
    town.place.go_to(date(2026, 3, 9), 23)
    town.place.later(minutes=59)
    made = await town.act(round_, "objections", said, by=anybody, status=201)
    assert (
        problem_of(await town.act(round_, "objections", said, by=anybody, status=409)) == "member_objected_to_already"
    )
    town.place.later(minutes=1)
    late = await town.act(round_, "objections", {**said, "member_no": 1}, by=anybody, status=409)
    assert problem_of(late) == "notice_is_over"
    await town.place.work()
    round_ = await town.read(round_)
    assert (round_["state"], [each["code"] for each in round_["blocks"]]) == (
        "on_notice",
        ["objections_open", "on_notice"],
    )
    assert problem_of(await town.act(round_, "filing", status=409)) == "objections_open"
    path = f"objections/{made['objection_id']}/decision"
    assert problem_of(await town.act(round_, path, {"upheld": True, "words": "属实"}, status=409)) == (
        "upheld_changes_nothing"
    )
    round_ = await town.act(round_, path, {"upheld": False, "words": "经核查无误"})
    assert (round_["state"], round_["objections"][0]["answer"]) == ("settled", "经核查无误")
    assert problem_of(await town.act(round_, path, {"upheld": False, "words": "x"}, status=409)) == (
        "objection_already_decided"
    )
    assert "progression_objected" in await town.inbox(who[1])


async def test_an_upheld_objection_changes_the_list_or_leaves_somebody_out(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 70, quota=2)
    round_ = await town.act(await town.decided(cohort), "notice")
    said = {"words": "成绩有误"}
    first = await town.act(round_, "objections", {**said, "member_no": 2}, by=town.learner(who[2]), status=201)
    second = await town.act(round_, "objections", {**said, "member_no": 1}, by=town.school, status=201)
    await town.corrects(who[1], score=65)
    round_ = await town.act(round_, f"objections/{first['objection_id']}/decision", {"upheld": True, "words": "已更正"})
    assert (round_["state"], outcomes(round_)) == ("decided", ["proposed", "beyond_quota", "proposed"])
    left_out = {"upheld": True, "set_aside": True, "words": "冒名顶替"}
    round_ = await town.act(round_, f"objections/{second['objection_id']}/decision", left_out, by=town.place.officer)
    assert outcomes(round_) == ["set_aside", "proposed", "proposed"]
    await town.corrects(who[0], score=99)
    assert outcomes(await town.read(round_)) == ["set_aside", "proposed", "proposed"]


async def test_nobody_decides_their_own_objection(town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    round_ = await town.act(await town.decided(cohort), "notice")
    said = {"member_no": 1, "words": "成绩有误"}
    made = await town.act(round_, "objections", said, by=town.place.officer, status=201)
    path, answer = f"objections/{made['objection_id']}/decision", {"upheld": False, "words": "无误"}
    assert problem_of(await town.act(round_, path, answer, by=town.place.officer, status=409)) == "own_objection"
    await town.act(round_, path, answer, by=town.place.second_officer)


async def test_a_notice_waits_for_holidays_that_are_not_known_and_moves_with_them(town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    town.as_owner("DELETE FROM working_day")
    round_ = await town.act(await town.decided(cohort), "notice")
    assert [each["code"] for each in round_["blocks"]] == ["working_days_unknown"]
    town.place.later(days=30)
    await town.place.work()
    assert (await town.read(round_))["state"] == "on_notice"
    await town.place.import_holidays()
    town.place.later(days=1)
    await town.place.work()
    assert (await town.read(round_))["state"] == "settled"


async def test_a_holiday_that_is_moved_makes_a_notice_longer(town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    round_ = await town.act(await town.decided(cohort), "notice")
    assert round_["notice_until_on"] == "2026-03-09"
    town.as_owner("INSERT INTO working_day VALUES ('2026-03-05', false, '临时放假', '国务院办公厅')")
    town.place.go_to(date(2026, 3, 10))
    await town.place.work()
    assert (await town.read(round_))["notice_until_on"] == "2026-03-10"
    town.place.go_to(date(2026, 3, 11))
    assert (await town.read(round_))["state"] == "settled"


async def test_a_notice_that_is_over_takes_no_place_on_a_page(town: CohortTown) -> None:
    rounds = []
    for _ in range(3):
        cohort, who = await town.cohort(90, quota=1)
        rounds.append(await town.act(await town.decided(cohort), "notice"))
    over, *others = sorted(each["round_id"] for each in rounds)
    # Published while the holidays of its year were not known: that it is over is in no column.
    town.as_owner(
        "UPDATE pathway_round SET notice_until_on = NULL, notice_from = '2026-01-05' WHERE round_id = %s", over
    )
    learner = town.learner(who[0])
    first = await town.place.ask("GET", "/v1/round-notices?limit=1", learner)
    then = await town.place.ask("GET", f"/v1/round-notices?limit=1&cursor={first['next_cursor']}", learner)
    assert [[each["round_id"] for each in said["items"]] for said in (first, then)] == [[one] for one in others]
    assert then["next_cursor"] is None


# --- giving up, filing, freezing ------------------------------------------------------------------------------------


async def test_a_place_that_is_given_up_goes_to_the_next(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 50, quota=1)
    round_ = await town.settled(cohort)
    path = f"candidates/{who[0]}/giving-up"
    await town.act(round_, path, by=town.learner(who[1]), status=404)
    round_ = await town.act(round_, path, by=town.learner(who[0]))
    assert round_["state"] == "decided"
    assert outcomes(await town.read(round_)) == ["given_up", "proposed", "not_eligible"]
    again = await town.act(round_, path, by=town.learner(who[0]), status=409)
    assert problem_of(again) == "nothing_to_give_up"


async def test_who_filed_does_not_freeze_and_what_is_frozen_stays(town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    round_ = await town.act(await town.settled(cohort), "filing")
    await town.act(round_, "freezing", {"filing_no": "1"}, status=403)
    round_ = await town.act(round_, "freezing", {"filing_no": "1"}, by=town.place.officer)
    for what, body in (("deciding", None), ("notice", None), ("filing", None), ("abandonment", {"reason": "x"})):
        assert problem_of(await town.act(round_, what, body, status=409)) == "round_already_frozen"
    for statement in ("UPDATE round_result SET result_no = 'x'", "DELETE FROM round_result"):
        with pytest.raises(Exception, match="permission denied"):
            await town.place.sql(statement)


async def test_a_sheet_that_says_something_else_is_not_frozen(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, quota=1)
    round_ = await town.act(await town.settled(cohort), "filing")
    town.as_owner("UPDATE learner_name SET ended_at = now() WHERE learner_id = %s", who[0])
    answer = await town.act(round_, "freezing", {"filing_no": "1"}, by=town.place.officer, status=409)
    assert problem_of(answer) == "filing_says_otherwise"
    round_ = await town.act(round_, "filing")
    assert (await town.act(round_, "freezing", {"filing_no": "1"}, by=town.place.officer))["state"] == "frozen"


async def test_somebody_erased_breaks_no_round(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, quota=1)
    round_ = await town.decided(cohort)
    town.as_owner("DELETE FROM learner_key WHERE learner_id = %s", who[0])
    round_ = await town.act(round_, "deciding")
    assert outcomes(round_) == ["set_aside", "proposed"]
    assert round_["candidates"][0]["name"] is None
    await town.act(round_, "notice")
    town.place.later(days=9)
    round_ = await town.act(await town.act(round_, "filing"), "freezing", {"filing_no": "1"}, by=town.place.officer)
    assert outcomes(round_) == ["set_aside", "taken"]


async def test_one_person_with_two_accounts_has_one_place(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 70, quota=2)
    town.as_owner(
        "INSERT INTO learner_alias (learner_id, alias_id, into_learner_id, merged_at, merged_by, reason) "
        "VALUES (%s, gen_random_uuid(), %s, now(), 'login:x', 'x')",
        who[1], who[0],
    )  # fmt: skip
    assert outcomes(await town.decided(cohort)) == ["proposed", "set_aside", "proposed"]


# --- speed ----------------------------------------------------------------------------------------------------------


async def test_a_cohort_of_240_is_decided_ranked_and_written_quickly(town: CohortTown) -> None:
    cohort, _ = await town.cohort(*(60 + place % 40 for place in range(240)), quota=120)
    round_ = await town.open(cohort)
    before = time.perf_counter()
    round_ = await town.act(round_, "deciding")
    took = time.perf_counter() - before
    assert sum(round_["counts"].values()) == 240
    assert took < 5, f"{took:.1f} s, where about one is expected"
