"""Reviews over HTTP: seen by the college, the bank and whom they are about, closed by people, and looks are logged."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from creditbank.identifiers import new_id
from tests.open_bank import person
from tests.pathways.cohort_town import CohortTown, a_cohort_town
from tests.portal.desk_place import Desk
from tests.portal.place import text_of
from tests.recognition.college import problem_of


@pytest.fixture
async def town(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CohortTown]:
    async with a_cohort_town(addresses, tmp_path / "keys", monkeypatch) as place:
        yield place


async def reviewed(town: CohortTown) -> tuple[str, list[UUID]]:
    """A review of the first of two, whose score was corrected after the freeze."""
    cohort, who = await town.cohort(90, 80, quota=2)
    await town.frozen(cohort)
    await town.corrects(who[0], score=40)
    (review,) = await listed(town, town.place.registrar)
    return str(review["review_id"]), who


async def listed(town: CohortTown, by: Any, query: str = "") -> list[dict[str, Any]]:
    return list((await town.place.ask("GET", f"/v1/progression-reviews{query}", by))["items"])


async def test_a_review_is_seen_by_those_who_may_close_it_by_the_auditor_and_by_whom_it_is_about(
    town: CohortTown,
) -> None:
    review, who = await reviewed(town)
    path = f"/v1/progression-reviews/{review}"
    mine, other = town.learner(who[0]), town.learner(who[1])
    auditor = person("auditor")
    for by in (town.place.registrar, town.place.officer, auditor, mine):
        found = await town.place.ask("GET", path, by)
        assert (found["learner_id"], found["differs"]["verdict"]) == (str(who[0]), ["granted", "not_granted"])
        assert [one["review_id"] for one in await listed(town, by)] == [review]
    stranger = person("registrar", institution_id=town.place.body)
    nobody = f"/v1/progression-reviews/{new_id()}"
    for by in (stranger, town.school, other):
        answers = [await town.place.ask("GET", each, by, status=404) for each in (path, nobody)]
        assert {**answers[0], "instance": ""} == {**answers[1], "instance": ""}
        assert await listed(town, by) == []
    # Whoever has two roles and whose reach by one of them is nothing sees by the other alone.
    both = replace(other, roles=frozenset({"learner", "registrar"}), institution_id=town.place.body)
    await town.place.ask("GET", path, both, status=404)


async def test_whoever_closed_it_says_why_and_the_learner_reads_it(town: CohortTown) -> None:
    review, who = await reviewed(town)
    path = f"/v1/progression-reviews/{review}"
    closing = {"outcome": "unchanged", "reason": "录入有误，原结果不变"}
    for by, status in ((town.school, 404), (town.learner(who[0]), 403), (person("auditor"), 403)):
        await town.post(f"{path}/closing", by, closing, status=status)
    assert [one["state"] for one in await listed(town, town.place.registrar)] == ["open"]
    closed = await town.post(f"{path}/closing", town.place.registrar, closing)
    assert (closed["state"], closed["outcome"]) == ("closed", "unchanged")
    again = await town.post(f"{path}/closing", town.place.officer, {**closing, "outcome": "acted"}, status=409)
    assert problem_of(again) == "review_already_closed"
    mine = await town.place.ask("GET", path, town.learner(who[0]))
    assert (mine["reason"], mine["outcome"]) == ("录入有误，原结果不变", "unchanged")
    assert await listed(town, town.place.registrar) == []
    assert [one["review_id"] for one in await listed(town, town.place.registrar, "?closed=true")] == [review]
    rows = await town.place.sql("SELECT v::text FROM progression_review v")
    assert "录入有误" not in str(rows)


async def test_a_look_of_the_bank_s_is_logged(town: CohortTown) -> None:
    review, who = await reviewed(town)
    officer = town.place.officer
    await town.place.ask("GET", f"/v1/progression-reviews/{review}", officer)
    await listed(town, officer)
    await town.place.ask("GET", f"/v1/progression-reviews/{review}", town.learner(who[0]))
    rows = await town.place.sql(
        "SELECT actor, learner_id FROM access_entry WHERE act = 'reviews_seen' ORDER BY entry_id"
    )
    assert rows == [(officer.name, who[0]), (officer.name, None)]


async def test_pages_of_reviews_leave_none_out(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 80, 70, quota=3)
    await town.frozen(cohort)
    for one in who:
        await town.corrects(one, score=40)
    found, query = [], "?limit=1"
    for _ in who:
        page = await town.place.ask("GET", f"/v1/progression-reviews{query}", town.place.registrar)
        found += [one["learner_id"] for one in page["items"]]
        query = f"?limit=1&cursor={page['next_cursor']}"
    assert found == [str(one) for one in who]
    assert page["next_cursor"] is None


async def test_whoever_left_after_they_were_taken_goes_before_people_and_the_frozen_place_stays(
    town: CohortTown,
) -> None:
    cohort, who = await town.cohort(90, 80, quota=1)
    round_ = await town.frozen(cohort)
    await town.place.sql_do(
        "INSERT INTO member_event (learner_id, cohort_id, event_no, event, occurred_on, at, by) "
        "SELECT learner_id, cohort_id, 1, 'joined', '2024-09-01', now(), 'login:x' FROM cohort_member"
    )
    await town.place.sql_do("UPDATE cohort_member SET events = 1")
    for one in who:
        body = {"event": "left", "occurred_on": town.place.at.date().isoformat(), "reason": "退学"}
        await town.place.ask("POST", f"/v1/cohorts/{cohort}/members/{one}/events", town.school, json=body)
    # Of the two only one has a place that somebody could ask about.
    (review,) = await listed(town, town.place.registrar)
    assert (review["learner_id"], review["because"]) == (str(who[0]), "member_event")
    assert review["differs"]["outcome"] == ["taken", "left"]
    assert review["frozen_outcome"] == "taken"
    given_up = f"/v1/rounds/{round_['round_id']}/candidates/{who[0]}/giving-up"
    await town.post(given_up, town.learner(who[0]))
    answer = await town.post(given_up, town.learner(who[0]), status=409)
    assert answer["code"] == "nothing_to_give_up"
    events = await town.place.sql("SELECT event FROM member_event WHERE learner_id = %s ORDER BY event_no", who[0])
    assert [event for (event,) in events] == ["joined", "left", "given_up"]
    async with Desk(town).at(town.place.registrar) as college:
        assert "录取 → 已退出" in text_of(await college.read("/desk/reviews"))
