"""What is stated about members over HTTP: by whom, of which sitting, superseded and never edited, read by whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.pathways import deciding, gathering, reviews
from creditbank.pathways.statement_topics import SEALED_TOPIC, TOPICS
from tests.open_bank import machine, person
from tests.pathways.cohort_town import CohortTown, a_cohort_town, outcomes
from tests.recognition.college import problem_of

SITTINGS = [
    {"no": 1, "on": "2026-02-20", "subjects": [{"subject": "数学", "full": "120"}, {"subject": "语文", "full": "100"}]}
]
SANCTION = {"topic": "sanction", "number": "校处〔2025〕3号", "kind": "demerit", "on": "2025-10-08"}


@dataclass
class Desk:
    """A cohort with members, and whoever states things about them."""

    town: CohortTown
    cohort: UUID
    who: list[UUID]

    @property
    def college(self) -> Actor:
        return self.town.place.registrar

    @property
    def officer(self) -> Actor:
        return self.town.place.officer

    async def send(self, by: Actor, *rows: dict[str, Any], status: int = 200, key: str | None = None) -> dict[str, Any]:
        more = {} if key is None else {"headers": {"Idempotency-Key": key}}
        path, body = f"/v1/cohorts/{self.cohort}/statements", {"statements": list(rows)}
        return await self.town.place.ask("POST", path, by, json=body, status=status, **more)

    async def state(self, by: Actor, said: dict[str, Any], *, of: int = 0, **more: Any) -> str:
        """The outcome of one statement, or the code of its refusal."""
        answer = await self.send(by, {"learner_id": str(self.who[of]), "said": said, **more})
        (one,) = answer["outcomes"]
        return str(one["outcome"] if one["problem"] is None else one["problem"]["code"])

    async def score(self, subject: str, points: str, **more: Any) -> str:
        said = {"topic": "exam", "subject": subject, "points": points, **more}
        return await self.state(self.college, {name: value for name, value in said.items() if value is not None})

    async def read(self, by: Actor, *, of: int = 0, status: int = 200) -> list[dict[str, Any]]:
        path = f"/v1/cohorts/{self.cohort}/members/{self.who[of]}/statements"
        found = await self.town.place.ask("GET", path, by, status=status)
        return list(found.get("items", ()))

    async def round(self, *sittings: dict[str, Any]) -> dict[str, Any]:
        return await self.town.open(self.cohort, sittings=list(sittings or SITTINGS))


@pytest.fixture
async def desk(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    async with a_cohort_town(addresses, tmp_path / "keys", monkeypatch) as town:
        for module in (deciding, reviews):
            monkeypatch.setattr(module, "gather_cohort", gathering.gather_cohort)
        cohort, who = await town.cohort(0, 0, quota=1)
        yield Desk(town, cohort, who)


# --- kept -----------------------------------------------------------------------------------------------------------


async def test_what_is_stated_is_sealed_and_of_what_is_sensitive_the_table_does_not_even_say_what_it_is(
    desk: Desk,
) -> None:
    assert await desk.state(desk.town.school, SANCTION) == "stated"
    assert await desk.state(desk.town.school, {"topic": "health", "fit": False}) == "stated"
    assert await desk.state(desk.town.school, {"topic": "process", "score": "85"}) == "stated"
    rows = await desk.town.place.sql(
        "SELECT topic, key, sensitive, body_sealed, s::text FROM statement s ORDER BY topic"
    )
    assert [(topic, sensitive) for topic, _, sensitive, _, _ in rows] == [
        ("process", False), (SEALED_TOPIC, True), (SEALED_TOPIC, True),
    ]  # fmt: skip
    told = " ".join(f"{key} {bytes(body)!r} {row}" for _, key, _, body, row in rows)
    for word in ("sanction", "health", "demerit", "校处", "false}"):
        assert word not in told


def test_every_sensitive_topic_is_of_the_person() -> None:
    """Its key names no cohort."""
    assert {each.of for each in TOPICS.values() if each.sensitive} == {"person"}


async def test_a_later_statement_supersedes_and_the_earlier_is_kept_as_it_was(desk: Desk) -> None:
    school = desk.town.school
    assert await desk.state(school, {"topic": "process", "score": "85"}) == "stated"
    (before,) = await desk.town.place.sql("SELECT s::text FROM statement s")
    assert await desk.state(school, {"topic": "process", "score": "85"}) == "unchanged"
    assert await desk.state(school, {"topic": "process", "score": "58"}) == "stated"
    first, second = await desk.read(school)
    assert (first["said"], second["said"]) == ({"score": "85"}, {"score": "58"})
    assert (second["supersedes"], first["superseded_by"]) == (first["statement_id"], second["statement_id"])
    kept = await desk.town.place.sql("SELECT s::text FROM statement s WHERE statement_id = %s", first["statement_id"])
    assert kept == [before]


@pytest.mark.parametrize("act", ["UPDATE statement SET withdrawn = true", "DELETE FROM statement"])
async def test_nobody_edits_or_removes_a_statement(desk: Desk, act: str) -> None:
    await desk.state(desk.town.school, {"topic": "process", "score": "85"})
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await desk.town.place.sql(act)
    assert [one["said"] for one in await desk.read(desk.town.school)] == [{"score": "85"}]


async def test_a_withdrawal_is_a_statement_and_is_made_once(desk: Desk) -> None:
    school = desk.town.school
    await desk.state(school, {"topic": "process", "score": "85"})
    (first,) = await desk.read(school)
    row = {"learner_id": str(desk.who[0]), "withdraws": first["statement_id"]}
    said = await desk.send(school, row)
    assert said["counts"] == {"withdrawn": 1}
    said = await desk.send(school, row)
    assert said["outcomes"][0]["problem"]["code"] == "statement_not_live"
    assert [one["withdrawn"] for one in await desk.read(school)] == [False, True]
    assert await desk.state(school, {"topic": "process", "score": "85"}) == "stated"  # it may be said again


async def test_one_row_that_is_refused_stops_no_other_and_says_why_in_both_languages(desk: Desk) -> None:
    school = desk.town.school
    rows = [
        {"learner_id": str(desk.who[0]), "said": {"topic": "process", "score": "85"}},
        {"learner_id": str(new_id()), "said": {"topic": "process", "score": "85"}},
        {"learner_id": str(desk.who[1]), "said": {"topic": "filed", "filed": True}},
        {"learner_id": str(desk.who[1]), "said": {"topic": "process", "passed": True}},
    ]
    said = await desk.send(school, *rows)
    assert [one["outcome"] for one in said["outcomes"]] == ["stated", "refused", "refused", "stated"]
    assert said["counts"] == {"stated": 2, "refused": 2}
    assert [one["problem"]["code"] for one in said["outcomes"] if one["problem"]] == ["not_found", "not_yours_to_state"]
    refused = said["outcomes"][2]["problem"]
    assert "学分银行" in refused["detail_zh"]
    assert "the credit bank" in refused["detail_en"]


async def test_of_a_batch_that_says_two_things_of_one_matter_the_second_is_refused(desk: Desk) -> None:
    rows = [{"learner_id": str(desk.who[0]), "said": {"topic": "process", "score": score}} for score in ("85", "86")]
    said = await desk.send(desk.town.school, *rows)
    assert [one["outcome"] for one in said["outcomes"]] == ["stated", "refused"]
    assert said["outcomes"][1]["problem"]["code"] == "stated_twice_in_one_batch"


async def test_one_key_states_once(desk: Desk) -> None:
    row = {"learner_id": str(desk.who[0]), "said": {"topic": "process", "score": "85"}}
    school = desk.town.school
    first = await desk.send(school, row, key="one")
    await desk.state(desk.town.school, {"topic": "process", "score": "86"})
    assert await desk.send(school, row, key="one") == first
    assert [one["said"]["score"] for one in await desk.read(desk.town.school)] == ["85", "86"]


async def test_of_two_at_once_one_supersedes_the_other(desk: Desk) -> None:
    said = [{"topic": "process", "score": str(score)} for score in range(60, 66)]
    found = await asyncio.gather(*(desk.state(desk.town.school, one) for one in said))
    assert found == ["stated"] * 6
    rows = await desk.read(desk.town.school)
    assert len(rows) == 6
    assert sum(one["superseded_by"] is None for one in rows) == 1
    assert len({one["supersedes"] for one in rows}) == 6  # a chain: none of them twice, the first of all none


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"said": {"topic": "process"}},
        {"said": {"topic": "weather"}},
        {"said": {"topic": "exam", "subject": "数学", "points": "80", "marks": ["80", "81"]}},
        {"said": {"topic": "process", "score": "101"}},
        {"said": {"topic": "process", "score": "85"}, "withdraws": str(new_id())},
        {"withdraws": str(new_id()), "occurred_on": "2026-03-01"},
        {"said": {**SANCTION, "lifted_on": "2025-10-07"}},
    ],
)
async def test_what_cannot_be_read_is_refused_whole_and_nothing_is_written(desk: Desk, wrong: dict[str, Any]) -> None:
    right = {"learner_id": str(desk.who[1]), "said": {"topic": "process", "score": "85"}}
    said = await desk.send(desk.town.school, right, {"learner_id": str(desk.who[0]), **wrong}, status=422)
    assert said["faults"][0]["pointer"].startswith("/statements/1")
    assert await desk.read(desk.town.school, of=1) == []


async def test_what_has_not_happened_yet_is_not_stated(desk: Desk) -> None:
    today, tomorrow = desk.town.place.at.date(), "2026-03-03"
    assert today == date(2026, 3, 2)
    said = {"topic": "process", "score": "85"}
    assert await desk.state(desk.town.school, said, occurred_on=tomorrow) == "statement_of_the_future"
    assert await desk.state(desk.town.school, {**SANCTION, "on": tomorrow}) == "statement_of_the_future"
    assert await desk.state(desk.town.school, said, occurred_on=today.isoformat()) == "stated"


# --- of which sitting -------------------------------------------------------------------------------------------------


async def test_a_score_has_a_sitting_a_subject_of_it_and_no_more_points_than_there_are(desk: Desk) -> None:
    round_ = await desk.round()
    mine = {"round_id": round_["round_id"]}
    assert await desk.score("数学", "80") == "score_without_sitting"
    assert await desk.score("数学", "80", **mine, sitting=2) == "score_without_sitting"
    assert await desk.score("数学", "80", round_id=str(new_id()), sitting=1) == "score_without_sitting"
    assert await desk.score("英语", "80", **mine) == "subject_not_of_sitting"
    assert await desk.score("数学", "120.5", **mine) == "points_above_full"
    assert await desk.score("数学", "120", **mine) == "stated"
    assert await desk.score("语文", "80", **mine, result="absent") == "no_points_for_result"
    assert await desk.score("数学", "80", kind="culture") == "not_yours_to_state"
    said = {"topic": "exam", "kind": "culture", "subject": "数学", "points": "80"}
    assert await desk.state(desk.officer, said) == "score_without_sitting"
    assert await desk.state(desk.officer, {**said, "year": 2025}) == "stated"
    (score, _) = await desk.read(desk.college)
    assert score["said"] == {
        "kind": "stage", "subject": "数学", "round_id": round_["round_id"], "round": 1, "sitting": 1,
        "on": "2026-02-20", "year": 2026, "points": "120", "full": "120",
    }  # fmt: skip


async def test_of_several_markers_the_mean_counts_and_none_of_them_gives_more_than_there_is(desk: Desk) -> None:
    mine = {"round_id": (await desk.round())["round_id"]}
    assert await desk.score("数学", None, **mine, marks=["119", "121"]) == "points_above_full"  # type: ignore[arg-type]
    row = {"topic": "exam", "subject": "数学", **mine, "marks": ["100", "100", "101"]}
    said = await desk.send(desk.college, {"learner_id": str(desk.who[0]), "said": row})
    assert said["outcomes"][0]["points"] == "100.33"


async def test_a_sitting_that_was_withdrawn_takes_no_score_and_what_was_stated_of_it_counts_no_more(desk: Desk) -> None:
    round_ = await desk.round()
    mine = {"round_id": round_["round_id"]}
    assert await desk.score("数学", "80", **mine) == "stated"
    assert await desk.score("语文", "70", **mine) == "stated"
    path = f"/v1/rounds/{round_['round_id']}/sittings"
    left = [{**SITTINGS[0], "subjects": [{"subject": "语文", "full": "100"}]}]
    await desk.town.place.ask("PUT", path, desk.college, json={"sittings": left})
    assert await desk.score("数学", "81", **mine) == "subject_not_of_sitting"
    assert [one["exam"]["subject"] for one in await exams(desk)] == ["语文"]
    rows = await desk.read(desk.college)
    assert [one["said"]["points"] for one in rows] == ["80", "70"]  # they are kept, and can be taken back
    row = {"learner_id": str(desk.who[0]), "withdraws": rows[0]["statement_id"]}
    assert (await desk.send(desk.college, row))["counts"] == {"withdrawn": 1}


async def test_scores_of_an_abandoned_round_are_not_added_to_those_of_the_next_which_has_its_number(desk: Desk) -> None:
    first = await desk.round()
    assert await desk.score("数学", "80", round_id=first["round_id"]) == "stated"
    await desk.town.act(first, "abandonment", {"reason": "试题有误"})
    second = await desk.round()
    assert second["number"] == first["number"]
    assert await desk.score("数学", "90", round_id=first["round_id"]) == "score_without_sitting"
    assert await exams(desk) is None
    assert await desk.score("数学", "91", round_id=second["round_id"]) == "stated"
    (row,) = await exams(desk)
    assert (row["exam"]["points"], row["exam"]["latest"]) == ("91", True)


async def exams(desk: Desk) -> Any:
    """The examinations of the first member as the rules would read them; None where nothing is known of any."""
    place = desk.town.place
    async with place.bank.database.session() as session:
        (known,) = await gathering.gather_cohort(
            session, desk.cohort, [desk.who[0]], on=place.at.date(), round=None, keyring=place.bank.keyring,
            at=place.at,
        )  # fmt: skip
    return known.facts.get("exams")


# --- by whom ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "may"),
    [
        ({"topic": "process", "score": "85"}, {"school"}),
        ({"topic": "exam", "kind": "culture", "subject": "数学", "points": "80", "year": 2025}, {"school", "officer"}),
        ({"topic": "exam", "kind": "school_test", "subject": "面试", "points": "80", "year": 2025}, {"college"}),
        (SANCTION, {"school", "college"}),
        ({"topic": "health", "fit": True}, {"school", "college"}),
        ({"topic": "residence", "province": "hebei"}, {"school", "officer"}),
        ({"topic": "registration", "entrance": "matched_exam", "status": "registered", "year": 2026}, {"officer"}),
        ({"topic": "filed", "filed": True}, {"officer"}),
        ({"topic": "agreed", "agreed": True}, {"school"}),
        ({"topic": "checked", "what": "sanctions"}, {"school", "college"}),
        ({"topic": "checked", "what": "registrations"}, {"officer"}),
    ],
)
async def test_each_topic_is_stated_by_those_who_know_it(desk: Desk, said: dict[str, Any], may: set[str]) -> None:
    for number, (name, by) in enumerate(
        [("school", desk.town.school), ("college", desk.college), ("officer", desk.officer)]
    ):
        found = await desk.state(by, said, of=number % 2)
        if name not in may:
            assert found == "not_yours_to_state", name
        else:
            assert found in ("stated", "unchanged"), name


async def test_whoever_stated_something_corrects_it_or_an_officer_does(desk: Desk) -> None:
    assert await desk.state(desk.town.school, {"topic": "health", "fit": True}) == "stated"
    assert await desk.state(desk.college, {"topic": "health", "fit": False}) == "statement_of_another"
    (first,) = await desk.read(desk.college)
    row = {"learner_id": str(desk.who[0]), "withdraws": first["statement_id"]}
    said = await desk.send(desk.college, row)
    assert said["outcomes"][0]["problem"]["code"] == "statement_of_another"
    assert (await desk.send(desk.officer, row))["counts"] == {"withdrawn": 1}
    assert await desk.state(desk.college, {"topic": "health", "fit": False}) == "stated"


async def test_where_a_cohort_has_no_other_school_its_college_states_what_a_school_would(desk: Desk) -> None:
    desk.town.as_owner("UPDATE cohort SET school_id = NULL WHERE cohort_id = %s", desk.cohort)
    assert await desk.state(desk.college, {"topic": "process", "passed": True}) == "stated"
    mine = {"round_id": (await desk.round())["round_id"]}
    assert await desk.score("数学", "80", **mine) == "stated"
    assert await desk.state(desk.college, {"topic": "filed", "filed": True}) == "not_yours_to_state"
    await desk.send(desk.town.school, {"learner_id": str(desk.who[0]), "said": SANCTION}, status=404)


# --- seen by whom -----------------------------------------------------------------------------------------------------


async def test_sensitive_topics_are_there_only_for_those_who_decide_on_them_and_for_the_learner(desk: Desk) -> None:
    await desk.state(desk.town.school, SANCTION)
    await desk.state(desk.town.school, {"topic": "health", "fit": True})
    await desk.state(desk.town.school, {"topic": "residence", "province": "hebei"})
    await desk.state(desk.town.school, {"topic": "process", "score": "85"})

    async def topics(by: Actor) -> set[str]:
        return {one["topic"] for one in await desk.read(by)}

    everything = {"sanction", "health", "residence", "process"}
    assert await topics(desk.town.school) == everything
    assert await topics(desk.college) == everything - {"residence"}
    assert await topics(desk.officer) == everything - {"sanction", "health"}
    assert await topics(desk.town.learner(desk.who[0])) == everything
    both = replace(desk.officer, roles=frozenset({"officer", "learner"}), learner_id=desk.who[1])
    assert await topics(both) == everything - {"sanction", "health"}  # it is not about themselves
    told = str(await desk.read(desk.officer))
    assert "sanction" not in told
    assert "demerit" not in told


async def test_a_stranger_hears_of_a_member_what_they_hear_of_nobody(desk: Desk) -> None:
    await desk.state(desk.town.school, {"topic": "process", "score": "85"})
    stranger = person("registrar", institution_id=desk.town.place.body)
    place, member = desk.town.place, desk.who[0]

    def but_its_number(answer: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in answer.items() if name != "instance"}

    answers = []
    for cohort, learner in ((desk.cohort, member), (desk.cohort, new_id()), (new_id(), member), (new_id(), new_id())):
        path = f"/v1/cohorts/{cohort}/members/{learner}/statements"
        answers.append(but_its_number(await place.ask("GET", path, stranger, status=404)))
        body = {"statements": [{"learner_id": str(learner), "said": {"topic": "process", "score": "1"}}]}
        path = f"/v1/cohorts/{cohort}/statements"
        answers.append(but_its_number(await place.ask("POST", path, stranger, json=body, status=404)))
    assert all(one == answers[0] for one in answers)
    # One's own cohort tells nothing of pupils who are not in it either.
    other, them = await desk.town.cohort(0, quota=1)
    for learner in (them[0], new_id()):
        path = f"/v1/cohorts/{desk.cohort}/members/{learner}/statements"
        assert but_its_number(await place.ask("GET", path, desk.town.school, status=404)) == answers[0]
    rows = [{"learner_id": str(learner), "said": {"topic": "process", "score": "1"}} for learner in (them[0], new_id())]
    said = await desk.send(desk.town.school, *rows)
    assert said["outcomes"][0]["problem"] == said["outcomes"][1]["problem"]
    assert problem_of(said["outcomes"][0]["problem"]) == "not_found"
    # A learner asks of themselves alone.
    await desk.read(desk.town.learner(desk.who[1]), status=404)
    await place.ask(
        "GET", f"/v1/cohorts/{other}/members/{member}/statements", desk.town.learner(member), status=404
    )  # fmt: skip


@pytest.mark.parametrize("role", ["auditor", "appeal_reviewer", "administrator", "provider"])
async def test_who_neither_states_nor_decides_reads_none_of_it(desk: Desk, role: str) -> None:
    who = person(role, institution_id=desk.town.place.school if role == "provider" else None)
    await desk.read(who, status=403)
    await desk.send(who, {"learner_id": str(desk.who[0]), "said": SANCTION}, status=403)
    client = machine("records:read", "records:write", institution_id=desk.town.place.school)
    await desk.read(client, status=403)


async def test_who_looked_is_logged_but_not_the_learner(desk: Desk) -> None:
    school, officer = desk.town.school, desk.officer
    for by in (school, officer, desk.town.learner(desk.who[0])):
        await desk.read(by)
    rows = await desk.town.place.sql(
        "SELECT actor, learner_id FROM access_entry WHERE act = 'statements_seen' ORDER BY entry_id"
    )
    assert rows == [(school.name, desk.who[0]), (officer.name, desk.who[0])]


async def test_of_whoever_was_erased_it_is_left_that_something_was_stated(desk: Desk) -> None:
    await desk.state(desk.town.school, SANCTION)
    await desk.state(desk.town.school, {"topic": "process", "score": "85"})
    for act in ("closing", "erasure"):
        path = f"/v1/learners/{desk.who[0]}/{act}"
        await desk.town.place.ask("POST", path, desk.officer, json={"reason": "本人依法申请"})
    (left,) = await desk.read(desk.town.school)
    assert (left["topic"], left["said"]) == ("process", None)
    assert await desk.state(desk.town.school, {"topic": "process", "score": "85"}) == "already_erased"


# --- what follows -----------------------------------------------------------------------------------------------------


async def test_a_statement_decides_its_learner_again_in_the_same_act(desk: Desk) -> None:
    for number, score in enumerate(("90", "80")):
        await desk.state(desk.town.school, {"topic": "process", "score": score}, of=number)
        await desk.state(desk.town.school, {"topic": "health", "fit": True}, of=number)
    round_ = await desk.town.decided(desk.cohort)
    assert outcomes(round_) == ["proposed", "beyond_quota"]
    await desk.state(desk.town.school, {"topic": "process", "score": "59"})
    assert outcomes(await desk.town.read(round_)) == ["not_eligible", "proposed"]
