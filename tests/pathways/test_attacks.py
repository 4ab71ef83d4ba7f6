"""What people try who want to know about a pupil, or to move one, and may not."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.identity.permit import SCOPES
from creditbank.learners import tables as lt
from creditbank.pathways import deciding, gathering, reviews
from creditbank.pathways import tables as pt
from creditbank.pathways.statement_bodies import HealthSaid, SanctionSaid
from creditbank.rules import Rulebook, RulesRefused, read_document
from creditbank.sealing import field_of, seal, unwrap
from tests.open_bank import machine, person
from tests.pathways.cohort_town import CohortTown, a_cohort_town, law, outcomes
from tests.pathways.test_asking import a_member, gate, stated
from tests.recognition.college import problem_of
from tests.rules.writing import SAYS
from tests.submissions import files_made

CLEAN = {
    "id": "clean", "says": SAYS, "cites": ["source"],
    "require": {"none": [{"exists": "sanctions", "where": {"fact": "sanction.kind", "is": "demerit"}}]},
}  # fmt: skip


@pytest.fixture
async def town(addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CohortTown]:
    async with a_cohort_town(addresses, tmp_path / "keys", monkeypatch) as place:
        yield place


@pytest.fixture
async def gathered(town: CohortTown, monkeypatch: pytest.MonkeyPatch) -> CohortTown:
    """The same with the bank's own gathering: what is known is what was stated."""
    for module in (deciding, reviews):
        monkeypatch.setattr(module, "gather_cohort", gathering.gather_cohort)
    return town


def two_roles(first: Actor, role: str, **more: Any) -> Actor:
    """One person, one sign-in, two roles."""
    return replace(first, roles=first.roles | {role}, **more)


async def logged(town: CohortTown, act: str) -> list[str]:
    rows = await town.place.sql("SELECT actor FROM access_entry WHERE act = %s ORDER BY entry_id", act)
    return [actor for (actor,) in rows]


# --- who looks ------------------------------------------------------------------------------------------------------


async def test_a_machine_of_the_college_decides_nothing_and_is_told_nothing_sensitive(gathered: CohortTown) -> None:
    _, _, path = await a_member(gathered, score="90", fit=False)
    client = machine("records:read", institution_id=gathered.place.college)
    answer = await gathered.place.bank.call("GET", path, client)
    assert gate(answer.json(), "fit")["findings"][0]["masked"]
    assert "health" not in answer.text
    assert gate(await gathered.place.ask("GET", path, gathered.place.registrar), "fit")["evidence"]


@pytest.mark.parametrize("role", ["officer", "auditor"])
async def test_somebody_of_the_bank_who_reads_the_names_of_members_is_in_the_log(town: CohortTown, role: str) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    who = person(role)
    for reader in (who, town.school, town.place.registrar):
        found = await town.place.ask("GET", f"/v1/cohorts/{cohort}/members", reader)
        assert found["items"][0]["name"] == "演示一"
    assert await logged(town, "members_seen") == [who.name]


async def test_what_day_a_sensitive_gate_turned_is_not_found_by_asking_day_by_day(gathered: CohortTown) -> None:
    gathered.go_by(CLEAN)
    cohort, who, path = await a_member(gathered, score="90")
    demerit = SanctionSaid(topic="sanction", number="1", kind="demerit", on=date(2026, 2, 10))
    await stated(gathered, cohort, who, "school", demerit)
    client = machine("records:read", institution_id=gathered.place.school)
    for reader in (gathered.place.officer, person("auditor"), client):
        told = await gathered.place.ask("GET", path, reader)
        assert gate(told, "clean")["verdict"] == "not_met"
        for at in (path, path.rsplit("/", 1)[0]):
            refused = await gathered.place.bank.call("GET", f"{at}?on=2026-02-09", reader)
            assert (refused.status_code, problem_of(refused)) == (422, "day_out_of_reach")
            assert (await gathered.place.bank.call("GET", f"{at}?on={told['on']}", reader)).status_code == 200
    stranger = person("registrar", institution_id=gathered.place.body)
    assert (await gathered.place.bank.call("GET", f"{path}?on=2026-02-09", stranger)).status_code == 404
    for reader in (gathered.school, gathered.place.registrar, gathered.learner(who)):
        assert gate(await gathered.place.ask("GET", f"{path}?on=2026-02-09", reader), "clean")["verdict"] != "not_met"


async def test_of_the_decision_an_auditor_learns_neither_how_many_sanctions_nor_until_when(
    gathered: CohortTown,
) -> None:
    gathered.go_by({**CLEAN, "require": {"every": "sanctions", "has": {"fact": "sanction.kind", "is": "warning"}}})
    cohort, who = await gathered.cohort(0, 0, quota=2)
    for number, learner in enumerate(who, 1):
        said = [
            SanctionSaid(topic="sanction", number=str(each), kind="demerit", on=date(2026, 2, each))
            for each in range(1, number + 1)
        ]
        await stated(gathered, cohort, learner, "school", *said, HealthSaid(topic="health", fit=number == 1))
    round_ = await gathered.decided(cohort)
    told = []
    for each in round_["candidates"]:
        seen = await gathered.place.ask("GET", each["links"]["decision"], person("auditor"))
        told.append([one for one in seen["findings"] if one["clause"].endswith("clean")])
        assert not any("until" in one for one in told[-1])
        assert "sanctions" not in (seen["facts"] or {})
    assert told[0] == told[1]
    assert told[0]


async def test_of_somebody_who_left_each_side_reads_what_is_sensitive_only_where_it_said_it(
    gathered: CohortTown,
) -> None:
    cohort, (who,) = await gathered.cohort(0, quota=1)
    await stated(gathered, cohort, who, "school", HealthSaid(topic="health", fit=False))
    path = f"/v1/cohorts/{cohort}/members/{who}/statements"
    college, school = gathered.place.registrar, gathered.school
    assert [one["topic"] for one in (await gathered.place.ask("GET", path, college))["items"]] == ["health"]
    gathered.as_owner("UPDATE cohort_member SET status = 'left' WHERE learner_id = %s", who)
    assert (await gathered.place.ask("GET", path, college))["items"] == []
    for reader in (school, gathered.learner(who)):
        assert [one["topic"] for one in (await gathered.place.ask("GET", path, reader))["items"]] == ["health"]


async def test_another_cohort_s_school_does_not_find_out_what_was_stated_by_stating_it(gathered: CohortTown) -> None:
    cohort, (who,) = await gathered.cohort(0, quota=1)
    await stated(gathered, cohort, who, "school", HealthSaid(topic="health", fit=False))
    elsewhere = await a_cohort_elsewhere(gathered, cohort, who)
    other = person("registrar", institution_id=gathered.place.body)
    found = []
    for fit in (False, True):
        row = {"learner_id": str(who), "said": {"topic": "health", "fit": fit}}
        said = await gathered.place.ask(
            "POST", f"/v1/cohorts/{elsewhere}/statements", other, json={"statements": [row]}
        )
        found.append(said["outcomes"])
    assert found[0] == found[1]
    assert found[0][0]["problem"]["code"] == "statement_of_another"


async def a_cohort_elsewhere(town: CohortTown, cohort: UUID, who: UUID) -> UUID:
    """The same learner in a cohort that another institution sends to the college."""
    place, intake, pathway, made = town.place, new_id(), new_id(), new_id()
    by: dict[str, Any] = {"entered_by": "login:x", "entered_at": place.at}
    rows: tuple[Any, ...] = (
        pt.Pathway(
            pathway_id=pathway, kind="three_four", name="演示三四", province="hebei", school_id=place.body,
            college_id=place.college, stages=[], valid_from=date(2020, 1, 1), state="filed", signatures=[], said={},
            filed_on=date(2020, 1, 1), filed_by="login:x", **by,
        ),
        pt.Intake(
            intake_id=intake, pathway_id=pathway, year=2026, no=1, quota=5, published_on=date(2026, 1, 1), **by
        ),
        pt.Cohort(
            cohort_id=made, pathway_id=pathway, intake_id=intake, school_id=place.body, college_id=place.college,
            name="演示班", year_of_entry=2024, state="filed", filed_on=date(2024, 9, 1), filed_by="login:x", **by,
        ),
        pt.CohortMember(learner_id=who, cohort_id=made, member_no=1, joined_on=date(2024, 9, 1), status="filed"),
    )  # fmt: skip
    for row in rows:
        async with place.bank.database.session() as session:
            session.add(row)
    return made


@pytest.mark.parametrize("what", ["health.fit", "learner.residence"])
def test_no_document_files_a_sensitive_fact_in_a_column(what: str) -> None:
    says = {"zh": what, "en": what}
    with pytest.raises(RulesRefused) as wrong:
        Rulebook.load([read_document(law(filing=[{"column": says, "is": what}]))])
    assert "sensitive" in str(wrong.value)


# --- who moves somebody ---------------------------------------------------------------------------------------------


async def test_nobody_but_who_runs_a_round_moves_it(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 90, quota=1)
    round_ = await town.decided(cohort)
    place, some = town.place, {"learner_ids": [str(who[0])], "reason": "试试"}
    strangers = [
        town.school, place.officer, person("auditor"), person("registrar", institution_id=place.body),
        person("department_reviewer", institution_id=place.college), town.learner(who[0]), person("guardian"),
        machine(*SCOPES, institution_id=place.college),
    ]  # fmt: skip
    acts = (
        ("deciding", None), ("set-asides", some), ("tie", some), ("notice", None), ("filing", None),
        ("abandonment", {"reason": "试试"}), ("freezing", {"filing_no": "1"}),
    )  # fmt: skip
    for stranger in strangers:
        for what, body in acts:
            if what == "freezing" and stranger == place.officer:
                continue
            answer = await place.bank.call("POST", f"/v1/rounds/{round_['round_id']}/{what}", stranger, json=body)
            assert answer.status_code in (403, 404), (what, stranger)
        path = f"/v1/rounds/{round_['round_id']}/filing.xlsx"
        if stranger != place.officer:
            assert (await place.bank.call("GET", path, stranger)).status_code in (403, 404), stranger
    after = await town.read(round_)
    assert (after["state"], outcomes(after)) == ("decided", ["tied", "tied"])


async def test_whoever_made_the_list_does_not_freeze_it_in_another_role(town: CohortTown) -> None:
    cohort, who = await town.cohort(90, 90, quota=1)
    both = two_roles(person("registrar", institution_id=town.place.college), "officer")
    round_ = await town.act(await town.decided(cohort), "tie", {"learner_ids": [str(who[1])], "reason": "x"}, by=both)
    round_ = await town.act(round_, "notice")
    town.place.later(days=9)
    round_ = await town.act(round_, "filing")
    refused = await town.act(round_, "freezing", {"filing_no": "1"}, by=both, status=409)
    assert problem_of(refused) == "filer_freezes"
    await town.act(round_, "freezing", {"filing_no": "1"}, by=town.place.officer)


@pytest.mark.parametrize("role", ["registrar", "officer"])
async def test_nobody_decides_an_objection_about_their_own_child(town: CohortTown, role: str) -> None:
    cohort, who = await town.cohort(90, quota=1)
    round_ = await town.act(await town.decided(cohort), "notice")
    parent = two_roles(person(role, institution_id=town.place.college), "guardian")
    await guards(town, parent, who[0])
    said = {"member_no": 1, "words": "成绩有误"}
    made = await town.act(round_, "objections", said, by=person("learner"), status=201)
    path, answer = f"objections/{made['objection_id']}/decision", {"upheld": False, "words": "无误"}
    assert problem_of(await town.act(round_, path, answer, by=parent, status=409)) == "own_objection"
    await town.act(round_, path, answer)


async def guards(town: CohortTown, guardian: Actor, who: UUID) -> None:
    """Somebody is recorded as the guardian of a learner."""
    assert guardian.login_id is not None
    async with town.place.bank.database.session() as session:
        session.add(
            lt.Guardianship(
                learner_id=who, guardianship_id=new_id(), login_id=guardian.login_id, relation="mother",
                guardian_sealed=b"x", guardian_index=b"x", guardian_name_index=b"x", recorded_at=town.place.at,
                recorded_by="login:x",
            )
        )  # fmt: skip


async def test_a_machine_enters_an_agreement_but_signs_none(town: CohortTown) -> None:
    body = {
        "kind": "matched_exam", "name": "演示对口", "province": "hebei", "college_id": str(town.place.college),
        "valid_from": "2026-01-01",
    }  # fmt: skip
    client = machine("catalogue:write", institution_id=town.place.college)
    made = await town.post("/v1/pathways", client, body, status=201)
    assert (made["state"], made["signatures"]) == ("proposed", [])
    signed = await town.post(f"/v1/pathways/{made['pathway_id']}/signature", town.place.registrar)
    assert signed["state"] == "signed"


async def test_what_is_said_for_a_filing_is_no_place_for_a_megabyte(town: CohortTown) -> None:
    body = {
        "kind": "matched_exam", "name": "演示对口", "province": "hebei", "college_id": str(town.place.college),
        "valid_from": "2026-01-01",
    }  # fmt: skip
    for said in ({"agreement.track": "x" * 100_000}, {"x" * 100_000: True}):
        await town.post("/v1/pathways", town.place.registrar, {**body, "said": said}, status=422)


# --- keys, files, sheets --------------------------------------------------------------------------------------------


async def test_a_key_of_somebody_else_answers_nothing_of_theirs(town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    more: dict[str, Any] = {"headers": {"Idempotency-Key": "one"}, "json": {}}
    path = f"/v1/cohorts/{cohort}/rounds"
    await town.place.ask("POST", path, town.place.registrar, status=201, **more)
    for other, status in ((person("registrar", institution_id=town.place.body), 404), (town.place.officer, 403)):
        await town.place.ask("POST", path, other, status=status, **more)


async def test_a_bomb_is_no_roster(town: CohortTown) -> None:
    cohort, _ = await town.cohort(90, quota=1)
    town.as_owner("UPDATE cohort SET state = 'forming' WHERE cohort_id = %s", cohort)
    bomb = files_made.zip_bomb(mib=300, parts=files_made.parts_of_a_workbook())
    for tried in ("", "?try=true"):
        path = f"/v1/cohorts/{cohort}/roster{tried}"
        answer = await town.place.bank.call("POST", path, town.school, content=bomb)
        assert answer.status_code == 422
        assert (await town.place.bank.call("POST", path, town.place.registrar, content=bomb)).status_code in (404, 422)
    assert (await town.place.sql("SELECT count(*) FROM statement_sheet"))[0][0] == 0


async def test_a_student_number_is_no_formula_in_the_list_that_is_filed(town: CohortTown) -> None:
    cohort, (who,) = await town.cohort(90, quota=1)
    ((wrapped,),) = await town.place.sql("SELECT wrapped FROM learner_key WHERE learner_id = %s", who)
    key = unwrap(town.place.bank.keyring, who, bytes(wrapped))
    evil = seal(key, b"=HYPERLINK(0)", field_of(who, "student_no"))
    town.as_owner("UPDATE cohort_member SET student_no_sealed = %s WHERE learner_id = %s", evil, who)
    round_ = await town.act(await town.settled(cohort), "filing")
    path = f"/v1/rounds/{round_['round_id']}/filing.xlsx"
    answer = await town.place.bank.call("GET", path, town.place.registrar)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        assert "=HYPERLINK(0)" in book.read("xl/sharedStrings.xml").decode()
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
