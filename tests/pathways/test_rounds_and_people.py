"""What a round owes to people: new facts, second accounts, giving up, erasure, and days that move meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from creditbank.identifiers import new_id
from creditbank.identity.actor import Reach
from creditbank.learners.documents import IdentityDocument
from creditbank.learners.indexes import document_index, name_index
from creditbank.pathways import consequences
from creditbank.pathways.belonging import held_of
from creditbank.pathways.housekeeping import LOOK_AFTER
from creditbank.records.consequences import Changed
from tests.open_bank import machine, person
from tests.pathways.cohort_town import CohortTown, a_cohort_town, outcomes
from tests.recognition.college import name_of
from tests.records.town import resident


@pytest.fixture
async def town(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CohortTown]:
    async with a_cohort_town(addresses, tmp_path / "keys", monkeypatch) as place:
        yield place


def merge(town: CohortTown, learner_id: UUID, into: UUID) -> None:
    """Two accounts are one person's from now on."""
    town.as_owner(
        "INSERT INTO learner_alias (learner_id, alias_id, into_learner_id, merged_at, merged_by, reason) "
        "VALUES (%s, gen_random_uuid(), %s, now(), 'login:x', 'x')",
        learner_id, into,
    )  # fmt: skip


async def report(town: CohortTown, who: UUID, serial: int, *, on: str) -> None:
    """The school reports that somebody of the town, who is found by their document, entered on a day."""
    place = town.place
    index = document_index(place.bank.keyring, IdentityDocument("resident_id", resident(serial), None, None))
    found = name_index(place.bank.keyring, name_of(serial))
    await place.sql_do("INSERT INTO identity_key VALUES (%s, %s, now()) ON CONFLICT DO NOTHING", index, who)
    await place.sql_do("UPDATE learner_document SET number_index = %s WHERE learner_id = %s", index, who)
    await place.sql_do("UPDATE learner_name SET name_index = %s WHERE learner_id = %s", found, who)
    row = {
        "kind": "enrolment_event", "event": "entered", "occurred_on": on, "level": "secondary_vocational",
        "year_of_entry": int(on[:4]),
        "learner": {
            "name": name_of(serial), "student_no": f"S{on}",
            "document": {"kind": "resident_id", "number": resident(serial)},
        },
    }  # fmt: skip
    school = machine("records:write", institution_id=place.school)
    posted = await place.ask("POST", "/v1/records", school, json=row, status=201)
    assert (posted["outcome"], posted["account"]) == ("deposited", "matched")


# --- facts that come new --------------------------------------------------------------------------------------------


async def test_a_new_record_decides_its_learner_again_and_after_the_freeze_opens_a_review(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, None, quota=2)
    round_ = await town.decided(cohort)
    round_ = await town.act(round_, "set-asides", {"learner_ids": [str(who[1])], "reason": "未提交"})
    round_ = await town.act(round_, "notice")
    town.knows(who[1], score=95)
    await report(town, who[1], 2, on="2023-09-01")
    round_ = await town.read(round_)
    assert (round_["state"], outcomes(round_)) == ("decided", ["proposed", "proposed"])
    round_ = await town.act(round_, "notice")
    town.place.go_to(date(2026, 3, 20))
    round_ = await town.act(await town.act(round_, "filing"), "freezing", {"filing_no": "1"}, by=town.place.officer)
    town.knows(who[1], score=40)
    town.place.go_to(date(2026, 3, 25))
    await report(town, who[1], 2, on="2026-03-21")  # it happened after the freeze: no reason to look back
    assert await town.place.sql("SELECT count(*) FROM progression_review") == [(0,)]
    await report(town, who[1], 2, on="2023-09-02")
    (review,) = (await town.place.ask("GET", "/v1/progression-reviews", town.place.officer))["items"]
    assert (review["learner_id"], review["because"]) == (str(who[1]), "record_new")
    assert outcomes(await town.read(round_)) == ["taken", "taken"]


# --- one person -----------------------------------------------------------------------------------------------------


async def test_who_gives_up_is_out_under_every_account(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 70, quota=1)
    merge(town, who[1], who[0])
    round_ = await town.decided(cohort)
    assert outcomes(round_) == ["proposed", "set_aside", "beyond_quota"]
    round_ = await town.act(round_, f"candidates/{who[1]}/giving-up", by=town.learner(who[0]))
    assert outcomes(await town.read(round_)) == ["given_up", "given_up", "proposed"]
    await town.corrects(who[1], score=99)
    assert outcomes(await town.act(round_, "deciding")) == ["given_up", "given_up", "proposed"]


async def test_whom_a_round_took_is_not_taken_again_under_another_account(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 50, 55, quota=3)
    await town.frozen(cohort)
    merge(town, who[1], who[0])
    town.knows(who[1], score=95)
    town.knows(who[2], score=75)
    assert outcomes(await town.decided(cohort)) == ["set_aside", "proposed"]


async def test_two_places_that_turn_out_to_be_one_persons_go_before_people(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 85, 80, quota=3)
    round_ = await town.frozen(cohort)
    merge(town, who[1], who[0])
    tools = town.tools()

    async def merged(session: Any) -> None:
        family = tuple(sorted(who[:2]))
        await consequences.records_changed(session, [Changed(family, {new_id(): "merged"}, new_id())], tools)

    await town.place.bank.database.write(merged)
    await town.place.bank.database.write(merged)  # the same is not opened a second time
    (review,) = (await town.place.ask("GET", "/v1/progression-reviews", town.place.officer))["items"]
    assert (review["learner_id"], review["because"]) == (str(who[1]), "record_merged")
    assert review["differs"] == {"outcome": ["taken", "same_person"]}
    assert outcomes(await town.read(round_)) == ["taken", "taken", "taken"], "what is frozen stays"


async def test_a_place_in_another_cohort_of_the_year_is_the_one_place(town: CohortTown) -> None:
    first, who = await town.cohort(90, 80, quota=4)
    ((intake,),) = await town.place.sql("SELECT intake_id FROM cohort WHERE cohort_id = %s", first)
    second, others = await town.cohort(95, 85, quota=0, intake=intake)
    await town.decided(first)
    merge(town, others[0], who[0])
    assert outcomes(await town.decided(second)) == ["set_aside", "proposed"]


async def test_a_round_that_was_published_is_not_abandoned_while_somebody_waits_for_an_answer(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 70, quota=2)
    round_ = await town.act(await town.decided(cohort), "notice")
    said = {"member_no": 2, "words": "成绩有误"}
    made = await town.act(round_, "objections", said, by=town.school, status=201)
    await town.corrects(who[1], score=50)  # somebody else is taken in: the list is decided anew
    assert (await town.read(round_))["state"] == "decided"
    refused = await town.act(round_, "abandonment", {"reason": "作废"}, status=409)
    assert refused["code"] == "objections_open"
    await town.act(round_, f"objections/{made['objection_id']}/decision", {"upheld": False, "words": "已更正"})
    assert (await town.act(round_, "abandonment", {"reason": "作废"}))["state"] == "abandoned"


async def test_whom_an_objection_left_out_does_not_come_back_as_another_account(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 70, quota=2)
    merge(town, who[1], who[0])
    round_ = await town.act(await town.decided(cohort), "notice")
    said = {"member_no": 1, "words": "冒名顶替"}
    made = await town.act(round_, "objections", said, by=town.school, status=201)
    answer = {"upheld": True, "set_aside": True, "words": "属实"}
    await town.act(round_, f"objections/{made['objection_id']}/decision", answer)
    await town.corrects(who[1], score=99)
    assert outcomes(await town.read(round_)) == ["set_aside", "set_aside", "proposed"]


async def test_an_objection_brings_nobody_back_who_gave_up(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, quota=2)
    round_ = await town.act(await town.decided(cohort), "notice")
    made = await town.act(round_, "objections", {"member_no": 1, "words": "有误"}, by=town.school, status=201)
    await town.act(round_, f"candidates/{who[0]}/giving-up", by=town.learner(who[0]))
    answer = {"upheld": True, "set_aside": True, "words": "属实"}
    round_ = await town.act(round_, f"objections/{made['objection_id']}/decision", answer)
    assert outcomes(round_) == ["given_up", "proposed"]


# --- notices --------------------------------------------------------------------------------------------------------


async def test_an_objection_to_somebody_erased_is_decided_and_their_place_goes_on(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, quota=1)
    round_ = await town.act(await town.decided(cohort), "notice")
    made = await town.act(round_, "objections", {"member_no": 1, "words": "有误"}, by=town.school, status=201)
    town.as_owner("DELETE FROM learner_key WHERE learner_id = %s", who[0])
    answer = {"upheld": False, "words": "无误"}
    round_ = await town.act(round_, f"objections/{made['objection_id']}/decision", answer)
    assert [each["state"] for each in round_["objections"]] == ["dismissed"]
    town.place.later(minutes=5)
    await town.place.work()
    (looked_at,) = await town.place.sql("SELECT run_at > %s FROM job WHERE kind = %s", town.place.at, LOOK_AFTER)
    assert looked_at == (True,)
    round_ = await town.read(round_)
    assert (round_["state"], outcomes(round_)) == ("decided", ["set_aside", "proposed"])


async def test_deciding_the_last_objection_counts_the_days_again(town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    round_ = await town.act(await town.decided(cohort), "notice")
    made = await town.act(round_, "objections", {"member_no": 1, "words": "有误"}, by=town.school, status=201)
    assert round_["notice_until_on"] == "2026-03-09"
    town.as_owner("INSERT INTO working_day VALUES ('2026-03-05', false, '临时放假', '国务院办公厅')")
    town.place.go_to(date(2026, 3, 10))
    answer = {"upheld": False, "words": "无误"}
    round_ = await town.act(round_, f"objections/{made['objection_id']}/decision", answer)
    assert (round_["state"], round_["notice_until_on"]) == ("on_notice", "2026-03-10")


async def test_a_second_notice_of_the_same_day_is_objected_to_anew(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 70, quota=2)
    round_ = await town.act(await town.decided(cohort), "notice")
    anybody, said = person("provider", institution_id=town.place.body), {"member_no": 1, "words": "有误"}
    first = await town.act(round_, "objections", said, by=anybody, status=201)
    await town.act(round_, f"objections/{first['objection_id']}/decision", {"upheld": False, "words": "无误"})
    await town.corrects(who[1], score=65)
    town.place.later(minutes=1)
    round_ = await town.act(round_, "notice")
    assert round_["notice_no"] == 2
    await town.act(round_, "objections", said, by=anybody, status=201)
    await town.act(round_, "objections", said, by=anybody, status=409)


async def test_a_learner_lists_the_rounds_they_are_in_with_their_own_place_only(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, quota=1)
    round_ = await town.decided(cohort)
    path = f"/v1/learners/{who[1]}/rounds"
    found = await town.place.ask("GET", path, town.learner(who[1]))
    (one,) = found["items"]
    assert (one["round_id"], [each["learner_id"] for each in one["candidates"]]) == (round_["round_id"], [str(who[1])])
    await town.place.ask("GET", path, town.learner(who[0]), status=404)
    await town.place.ask("GET", f"/v1/learners/{new_id()}/rounds", town.learner(who[0]), status=404)


async def test_the_file_of_one_person_holds_no_rival_of_theirs_whoever_asks_for_it(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, quota=2)
    await town.decided(cohort)
    async with town.place.bank.database.session() as session:
        held = await held_of(
            session,
            (who[0],),
            actor=replace(town.place.registrar, reach=frozenset({Reach.INSTITUTION})),
            tools=town.tools(),
        )
    (round_,) = held.rounds
    assert [each.learner_id for each in round_.candidates] == [who[0]]
