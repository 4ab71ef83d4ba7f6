"""Asking over HTTP: who is told what of a learner's pathways, in which language, on which day, and what if."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.pathways import deciding, gathering, reviews
from creditbank.pathways import tables as pt
from creditbank.pathways.statement_bodies import ExamSaid, HealthSaid, ProcessSaid
from creditbank.pathways.statements import OfCohort, Speaker, Wanted, state_many
from tests.open_bank import machine, person
from tests.pathways.cohort_town import CohortTown, a_cohort_town
from tests.recognition.college import problem_of
from tests.recognition.test_attacks_on_claims import a_child, guardian_of
from tests.rules.writing import SAYS

MATHS = {
    "id": "maths", "says": {"zh": "数学不低于90分", "en": "ninety in maths"}, "cites": ["source"],
    "require": {"exists": "exams", "where": {"all": [{"fact": "exam.subject", "is": "数学"},
                                                 {"fact": "exam.points", "at_least": 90}]}},
}  # fmt: skip
CERTIFIED = {
    "id": "certified", "says": SAYS, "cites": ["source"], "otherwise": "warn",
    "require": {"exists": "records", "where": {"fact": "record.kind", "is": "certificate"}},
}  # fmt: skip


@pytest.fixture
async def town(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CohortTown]:
    async with a_cohort_town(addresses, tmp_path / "keys", monkeypatch) as place:
        for module in (deciding, reviews):
            monkeypatch.setattr(module, "gather_cohort", gathering.gather_cohort)
        place.go_by(MATHS, CERTIFIED)
        yield place


async def stated(town: CohortTown, cohort: UUID, who: UUID, side: Any, *said: Any) -> None:
    """What the school or the college states about a member."""
    place = town.place
    by = Speaker(side, f"login:{side}", place.school if side == "school" else place.college)
    of, tools = OfCohort(cohort, place.school, place.college), town.tools()

    async def act(session: Any) -> list[Any]:
        return [
            each.refusal
            for each in await state_many(session, of, [Wanted(who, one) for one in said], by=by, tools=tools)
        ]

    assert await place.bank.database.write(act) == [None] * len(said)


async def a_member(town: CohortTown, *, score: str = "50", fit: bool = True) -> tuple[UUID, UUID, str]:
    """A cohort with somebody in it, its pathway, and where one asks about them."""
    cohort, (who,) = await town.cohort(0, quota=1)
    await stated(
        town, cohort, who, "school", ProcessSaid(topic="process", score=score),  # type: ignore[arg-type]
        HealthSaid(topic="health", fit=fit),
    )  # fmt: skip
    await stated(
        town, cohort, who, "college",
        ExamSaid(topic="exam", kind="school_test", subject="数学", on=date(2026, 2, 1), points="80", full="150"),  # type: ignore[arg-type]
    )  # fmt: skip
    ((pathway,),) = await town.place.sql("SELECT pathway_id FROM cohort WHERE cohort_id = %s", cohort)
    return cohort, who, f"/v1/learners/{who}/pathways/{pathway}"


def gate(told: dict[str, Any], clause: str) -> dict[str, Any]:
    (found,) = [each for each in told["gates_told"] if each["clause"].endswith(clause)]
    return dict(found)


async def rows_in(town: CohortTown) -> dict[str, int]:
    """How many rows each table has, what readers leave in the log of access included."""
    names = await town.place.sql("SELECT relname FROM pg_stat_user_tables ORDER BY relname")
    return {name: (await town.place.sql(f"SELECT count(*) FROM {name}"))[0][0] for (name,) in names}


# --- what is told ---------------------------------------------------------------------------------------------------


async def test_a_learner_is_told_gate_by_gate_in_their_own_language(town: CohortTown) -> None:
    cohort, who, path = await a_member(town)
    learner = town.learner(who)
    told = await town.place.ask("GET", path, learner)
    assert (told["verdict"], told["cohort_id"], told["status"]) == ("not_granted", str(cohort), "provisional")
    assert told["gates"] == {"met": 1, "not_met": 3, "unknown": 0, "exempt": 0}
    enough = gate(told, "enough")
    assert (enough["verdict"], enough["mendable"]) == ("not_met", True)
    assert enough["findings"][0]["observed"] == "50"
    assert enough["citations"][0]["id"] == "source"
    (evidence,) = enough["evidence"]
    ((statement,),) = await town.place.sql("SELECT statement_id FROM statement WHERE topic = 'process'")
    assert evidence == {"kind": "statement", "id": str(statement), "topic": "process"}
    assert {each["hand"] for each in enough["by"]} == {"registrar", "learner"}
    assert gate(told, "fit")["findings"][0]["observed"] is not None
    changes = {(each["fact"], each["then"]) for together in told["changes"] for each in together}
    assert ("process.score", "60") in changes
    assert gate(told, "maths")["rule"] == "数学不低于90分"
    english = await town.place.ask("GET", path, learner, headers={"Accept-Language": "en"})
    assert gate(english, "maths")["rule"] == "ninety in maths"
    assert [each["name"] for each in gate(english, "enough")["by"]] == ["the school's registrar", "the learner"]
    listed = await town.place.ask("GET", f"/v1/learners/{who}/pathways", learner)
    assert [each["pathway_id"] for each in listed["items"]] == [told["pathway_id"]]
    assert listed["items"][0] == {name: told[name] for name in listed["items"][0]}


async def test_a_learner_who_names_todays_day_is_told_the_same_byte_for_byte(town: CohortTown) -> None:
    """A day sends the request the usual way; without one it goes the short way."""
    _, who, path = await a_member(town)
    short = await town.place.bank.call("GET", path, town.learner(who))
    usual = await town.place.bank.call("GET", f"{path}?on={short.json()['on']}", town.learner(who))
    assert (short.status_code, short.content) == (200, usual.content)
    assert {name: short.headers[name] for name in ("content-type", "vary")} == {
        name: usual.headers[name] for name in ("content-type", "vary")
    }
    for gone in (f"/v1/learners/{who}/pathways/{new_id()}", f"/v1/learners/{who}/pathways/nowhere"):
        one, other = [
            await town.place.bank.call("GET", gone + day, town.learner(who)) for day in ("", "?on=2026-03-01")
        ]
        assert (one.status_code, problem_of(one)) == (other.status_code, problem_of(other))


async def test_what_is_told_is_what_a_round_would_decide(town: CohortTown) -> None:
    cohort, who, path = await a_member(town, score="90")
    await stated(
        town, cohort, who, "college",
        ExamSaid(topic="exam", kind="school_test", subject="数学", on=date(2026, 2, 1), points="95", full="150"),  # type: ignore[arg-type]
    )  # fmt: skip
    round_ = await town.decided(cohort)
    told = await town.place.ask("GET", path, town.learner(who))
    (candidate,) = round_["candidates"]
    assert (told["verdict"], told["clause"]) == (candidate["verdict"], candidate["clause"])
    assert told["links"]["round"] == f"/v1/rounds/{round_['round_id']}"


async def test_the_deadline_of_a_round_that_collects_is_the_next_one(town: CohortTown) -> None:
    cohort, who, path = await a_member(town)
    await town.open(cohort, collects_until="2026-04-10")
    assert (await town.place.ask("GET", path, town.learner(who)))["next_deadline"] == "2026-04-10"
    later = await town.place.ask("GET", f"{path}?on=2026-04-11", town.learner(who))
    assert later["next_deadline"] is None


async def test_a_day_to_come_sees_what_is_known_today_and_no_day_is_asked_for_ever(town: CohortTown) -> None:
    _, who, path = await a_member(town)
    learner = town.learner(who)
    assert (await town.place.ask("GET", f"{path}?on=2028-06-01", learner))["on"] == "2028-06-01"
    before = await town.place.ask("GET", f"{path}?on=2026-01-31", learner)
    assert gate(before, "maths")["verdict"] == "unknown"  # it was sat on the first of February
    for day in ("1999-12-31", "2099-01-01"):
        answer = await town.place.bank.call("GET", f"{path}?on={day}", learner)
        assert (answer.status_code, problem_of(answer)) == (422, "day_out_of_reach")
    wrong = await town.place.bank.call("GET", f"{path}?on=tomorrow", learner)
    assert wrong.status_code == 422


# --- who is told ----------------------------------------------------------------------------------------------------


async def test_the_school_learns_of_a_sensitive_gate_its_verdict_only_and_the_college_what_it_decides_on(
    town: CohortTown,
) -> None:
    _, _, path = await a_member(town, score="90", fit=False)
    ((health,),) = await town.place.sql("SELECT statement_id FROM statement WHERE topic NOT IN ('process', 'exam')")
    college = await town.place.ask("GET", path, town.place.registrar)
    assert gate(college, "fit")["evidence"] == [{"kind": "statement", "id": str(health), "topic": "health"}]
    for seen_by in (town.school, machine("records:read", institution_id=town.place.school), town.place.officer):
        answer = await town.place.bank.call("GET", path, seen_by)
        told = answer.json()
        fit = gate(told, "fit")
        assert (fit["verdict"], fit["evidence"], fit["missing"], fit["by"]) == ("not_met", [], [], [])
        assert fit["mendable"] is None
        (finding,) = fit["findings"]
        assert (finding["masked"], finding["observed"], finding["fact"]) == (True, None, "")
        assert str(health) not in answer.text
        assert "health" not in answer.text
        assert told["changes"] == []
        assert gate(told, "enough")["findings"][0]["observed"] == "90"


async def test_strangers_are_told_that_there_is_nothing(town: CohortTown) -> None:
    cohort, who, path = await a_member(town)
    _, (other,) = await town.cohort(0, quota=1)
    strangers = [
        town.learner(other), person("guardian"), person("registrar", institution_id=town.place.body),
        machine("records:read", institution_id=town.place.body),
    ]  # fmt: skip
    for stranger in strangers:
        for method, at, more in (
            ("GET", path, {}), ("GET", f"/v1/learners/{who}/pathways", {}),
            ("POST", f"{path}/what-if", {"json": {}}),
        ):  # fmt: skip
            answer = await town.place.bank.call(method, at, stranger, **more)
            assert answer.status_code in ((403, 404) if method == "POST" else (404,)), (at, stranger)
    nobody = await town.place.bank.call("GET", f"/v1/learners/{new_id()}/pathways", town.place.officer)
    assert nobody.status_code == 404
    pathway = path.rsplit("/", 1)[1]
    unknown = await town.place.bank.call("GET", path.replace(pathway, str(new_id())), town.learner(who))
    assert unknown.status_code == 404
    # Whoever has left a cohort is no business of its school and college any more.
    await town.place.sql("UPDATE cohort_member SET status = 'left' WHERE cohort_id = %s RETURNING 1", cohort)
    for gone in (town.school, town.place.registrar):
        assert (await town.place.bank.call("GET", path, gone)).status_code == 404


async def test_a_school_sees_the_pathways_of_its_own_cohorts_only(town: CohortTown) -> None:
    _, who, path = await a_member(town)
    _, (other,) = await town.cohort(0, quota=1)
    ((elsewhere,),) = await town.place.sql(
        "SELECT c.pathway_id FROM cohort c JOIN cohort_member m USING (cohort_id) WHERE m.learner_id = %s", other
    )
    at = f"/v1/learners/{who}/pathways/{elsewhere}"
    assert (await town.place.bank.call("GET", at, town.school)).status_code == 404
    assert (await town.place.bank.call("GET", at, town.learner(who))).status_code == 200
    listed = await town.place.ask("GET", f"/v1/learners/{who}/pathways", town.school)
    assert [each["pathway_id"] for each in listed["items"]] == [path.rsplit("/", 1)[1]]


async def test_a_guardian_asks_for_a_child_until_the_fourteenth_birthday(town: CohortTown) -> None:
    cohort, _, path = await a_member(town)
    child = await a_child(town.place, born="20120303")
    guardian = await guardian_of(town.place, child)
    async with town.place.bank.database.session() as session:
        session.add(pt.CohortMember(
            learner_id=child.learner_id, cohort_id=cohort, member_no=99, joined_on=date(2024, 9, 1), status="filed",
        ))  # fmt: skip
    pathway = path.rsplit("/", 1)[1]
    at = f"/v1/learners/{child.learner_id}/pathways/{pathway}"
    for actor in (guardian, town.learner(child.learner_id)):
        assert (await town.place.ask("GET", at, actor))["learner_id"] == str(child.learner_id)
        supposed = await town.place.ask("POST", f"{at}/what-if", actor, json={"facts": {"health.fit": True}})
        assert gate(supposed, "fit")["verdict"] == "met"
    town.place.go_to(date(2026, 3, 3))
    assert (await town.place.bank.call("GET", at, guardian)).status_code == 404
    assert (await town.place.bank.call("GET", at, town.learner(child.learner_id))).status_code == 200


async def test_whoever_of_the_bank_looks_is_in_the_log(town: CohortTown) -> None:
    _, who, path = await a_member(town)
    auditor = person("auditor")
    for actor, entries in ((town.learner(who), 0), (town.school, 0), (town.place.officer, 1), (auditor, 2)):
        await town.place.ask("GET", path, actor)
        logged = await town.place.sql("SELECT act, purpose FROM access_entry WHERE learner_id = %s", who)
        assert logged == [("learner_seen", "pathways")] * entries


# --- what if --------------------------------------------------------------------------------------------------------


async def test_what_if_turns_gates_and_writes_nothing(town: CohortTown) -> None:
    _, who, path = await a_member(town)
    learner: Actor = town.learner(who)
    before = await rows_in(town)
    supposed = {
        "exams": [{"kind": "school_test", "subject": "数学", "points": "90"}],
        "certificates": [{"kind": "vocational_skill_level", "level": "intermediate"}],
        "credits": [{"credits": "3", "category": "专业课"}],
        "facts": {"process.score": "60"},
    }
    told = await town.place.ask("POST", f"{path}/what-if", learner, json=supposed)
    assert told["verdict"] == "granted"
    assert {each.split("/")[-1] for each in told["turned"]} == {"enough", "maths", "certified"}
    assert told["outputs"] == {"route": "examined"}
    assert await rows_in(town) == before
    again = await town.place.ask("GET", path, learner)
    assert again["verdict"] == "not_granted"
    short = {**supposed, "exams": [{"kind": "school_test", "subject": "数学", "points": "89.5"}]}
    told = await town.place.ask("POST", f"{path}/what-if", learner, json=short)
    assert (told["verdict"], gate(told, "maths")["verdict"]) == ("not_granted", "not_met")


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"facts": {"process.luck": "60"}}, "supposed_fact_not_known"),
    ({"facts": {"pathway.filed": True}}, "supposed_fact_not_open"),
    ({"facts": {"member.status": "filed"}}, "supposed_fact_not_open"),
    ({"facts": {"exam.points": "60"}}, "supposed_fact_not_open"),
    ({"facts": {"process.score": "101"}}, "supposed_value_impossible"),
    ({"facts": {"process.score": "much"}}, "supposed_value_impossible"),
    ({"facts": {"health.fit": 1}}, "supposed_value_impossible"),
    ({"facts": {"member.changes": -1}}, "supposed_value_impossible"),
    ({"certificates": [{"kind": "unheard_of", "level": "intermediate"}]}, "supposed_value_impossible"),
    ({"certificates": [{"kind": "other", "level": "highest"}]}, "supposed_value_impossible"),
    ({"awards": [{"level": "cosmic"}]}, "supposed_value_impossible"),
    ({"exams": [{"subject": "数学"}]}, "supposed_value_impossible"),
    ({"exams": [{"kind": "school_test", "subject": "数学", "points": "151"}]}, "points_above_full"),
    ({"exams": [{"subject": "语文", "points": "5", "full": "4"}]}, "points_above_full"),
    ({"exams": [{"subject": "语文", "points": "5", "result": "absent"}]}, "no_points_for_result"),
    ({"credits": [{"credits": "-1"}]}, "malformed"),
    ({"wishes": []}, "malformed"),
    ({"on": "2099-01-01"}, "day_out_of_reach"),
]


async def test_what_cannot_be_is_refused_in_both_languages(town: CohortTown) -> None:
    _, who, path = await a_member(town)
    for supposed, code in IMPOSSIBLE:
        answer = await town.place.bank.call("POST", f"{path}/what-if", town.learner(who), json=supposed)
        said = answer.json()
        assert (said["code"], answer.status_code in (409, 422)) == (code, True), said
        assert any("一" <= each <= "鿿" for each in said["detail_zh"])
        assert said["detail_en"] != said["detail_zh"]


async def test_who_may_not_see_everything_may_not_find_it_out_by_supposing(town: CohortTown) -> None:
    _, _, path = await a_member(town, fit=False)
    body = {"json": {"facts": {"process.score": "90"}}}
    answer = await town.place.bank.call("POST", f"{path}/what-if", town.school, **body)
    assert (answer.status_code, problem_of(answer)) == (403, "not_yours_to_suppose")
    assert (await town.place.bank.call("POST", f"{path}/what-if", town.place.officer, **body)).status_code == 403
    told = await town.place.ask("POST", f"{path}/what-if", town.place.registrar, **body)
    assert gate(told, "enough")["verdict"] == "met"


async def test_a_college_cannot_find_out_by_supposing_what_stands_on_records_that_it_may_not_read(
    town: CohortTown,
) -> None:
    town.go_by(CERTIFIED)
    _, who, path = await a_member(town, score="90")
    learner = await town.place.enrol(certificates=1)
    await town.place.sql_do(
        "INSERT INTO cohort_member (learner_id, cohort_id, member_no, joined_on, status, events) "
        "SELECT %s, cohort_id, 2, joined_on, status, events FROM cohort_member WHERE learner_id = %s",
        learner.learner_id, who,
    )  # fmt: skip
    path = path.replace(str(who), str(learner.learner_id))
    college, own = town.place.registrar, town.learner(learner.learner_id)
    assert gate(await town.place.ask("GET", path, college), "certified")["findings"][0]["masked"]
    told = []
    for supposed in (
        {"facts": {"process.score": "90", "health.fit": True}},
        {"facts": {"process.score": "90", "health.fit": True},
         "certificates": [{"kind": "other", "level": "intermediate"}]},
        {"facts": {"process.score": "90", "health.fit": True}, "credits": [{"credits": "99"}]},
    ):  # fmt: skip
        found = await town.place.ask("POST", f"{path}/what-if", college, json=supposed)
        certified = gate(found, "certified")
        told.append((found["verdict"], found["outputs"], found["changes"], certified["verdict"], certified["evidence"]))
        assert not any(clause.endswith("certified") for clause in found["turned"])
        assert gate(found, "fit")["verdict"] == "met"
    assert told == [("unknown", {}, [], "unknown", [])] * 3
    refused = await town.place.ask("POST", f"{path}/what-if", college, json={"facts": {"process.score": "10"}})
    assert (refused["verdict"], refused["clause"].endswith("enough")) == ("not_granted", True)
    mine = await town.place.ask("POST", f"{path}/what-if", own, json={"facts": {"process.score": "90"}})
    assert gate(mine, "certified")["verdict"] == "met"


async def test_an_open_pathway_is_told_to_somebody_who_is_in_no_cohort_yet(town: CohortTown) -> None:
    await town.cohort(quota=1)
    somebody = await town.place.enrol(certificates=0)
    assert (await town.place.ask("GET", f"/v1/learners/{somebody.learner_id}/pathways", somebody.actor))["items"] == []
    async with town.place.bank.database.session() as session:
        pathway = new_id()
        session.add(pt.Pathway(
            pathway_id=pathway, kind="three_two", name="演示", province="hebei", school_id=town.place.college,
            college_id=town.place.body, stages=[], valid_from=date(2020, 1, 1), state="filed", signatures=[], said={},
            filed_on=date(2020, 1, 1), filed_by="login:x", entered_by="login:x", entered_at=town.place.at,
        ))  # fmt: skip
    listed = await town.place.ask("GET", f"/v1/learners/{somebody.learner_id}/pathways", somebody.actor)
    (way,) = listed["items"]
    assert (way["pathway_id"], way["cohort_id"], way["attainable"]) == (str(pathway), None, True)
    assert way["gates"]["unknown"] > 0
    assert date.fromisoformat(listed["on"]) == town.place.at.date() + timedelta(0)
