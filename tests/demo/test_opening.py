"""Opening the city in a served bank: interrupted, continued, kept; and everybody's story as the API tells it."""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
from collections import Counter
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from creditbank import clock
from creditbank.changes.numberer import number_all
from creditbank.db import Database
from creditbank.demo import DemoFile, load
from creditbank.demo.bank import DemoFileLost
from creditbank.demo.blemishes import BLEMISHES, Blemish
from creditbank.demo.city import institution
from creditbank.demo.look_at import words
from creditbank.demo.pathway_people import WAYS
from creditbank.demo.shelf import EVERY_FILE, LAST_RESULTS, PAST_RESULTS, TO_LOOK_AT
from creditbank.identifiers import new_id
from creditbank.jobs import Work
from creditbank.oversight.audit import differences
from creditbank.oversight.hints import look_for_hints
from creditbank_client import Client, NotAllowed, NotFound
from tests.demo.opened import CUT_OFF, Interrupted, Opened

# --- opening --------------------------------------------------------------------------------------------------------


def test_a_second_start_goes_on_where_the_first_was_cut_off(city: Opened) -> None:
    again, *others = [step.strip() for step in city.steps[1:]]
    name, _, became = again.partition(": ")
    assert name == CUT_OFF.name
    assert became.split() == [became.split()[0], "unchanged"], "it was in already"
    assert not any(line.startswith(("institutions", PAST_RESULTS[0].name)) for line in others)


def test_each_file_was_submitted_by_its_institution_and_its_columns_confirmed_once(city: Opened) -> None:
    for file in EVERY_FILE:
        with city.school(file.institution) as school:
            sent = [one for one in school.submissions() if one.file_name == file.name]
            assert {one.status for one in sent} == {"done"}, file.name
            assert all(one.size == file.path.stat().st_size for one in sent), file.name
    confirmed = city.sql("SELECT count(*), count(DISTINCT mapping_digest) FROM column_mapping GROUP BY institution_id")
    assert all(saved == different for saved, different in confirmed)
    tables = [file for file in EVERY_FILE if file.path.suffix != ".ndjson"]
    known_before = [file for file in LAST_RESULTS if file in tables]
    assert sum(saved for saved, _ in confirmed) == len(tables) - len(known_before)


@pytest.mark.parametrize("blemish", BLEMISHES, ids=lambda one: f"{one.file.institution} {one.code}")
def test_a_mistake_in_a_file_is_answered_as_it_should_be(city: Opened, blemish: Blemish) -> None:
    with city.school(blemish.file.institution) as school:
        sent = next(one for one in school.submissions() if one.file_name == blemish.file.name)
        rows = list(school.submission_rows(sent.submission_id, outcomes=["refused", "held"]))
    found = [row for row in rows if row.sheet == (blemish.sheet or None) and row.row == blemish.line]
    if blemish.outcome == "deposited":
        assert found == []
        return
    (row,) = found
    assert row.problem is not None
    assert (row.outcome, row.problem.code) == (blemish.outcome, blemish.code)
    if row.problem.code != "identity_under_review":
        assert blemish.header in [cell.header for cell in row.cells]


def test_institutions_count_what_the_city_says_for_courses_of_their_plans(city: Opened) -> None:
    one = institution("vocational")
    with city.person("vocational.registrar") as (client, _):
        found = client.get(f"/v1/institutions/{one.institution_id}/equivalences", limit=100)["items"]
    known = [(sorted(said["targets"]), said["relevance"]) for said in one.equivalences()]
    # What the agreement of 3+2 counts and the city did not say before.
    agreed = [([target], None) for way in WAYS if way.college == "vocational" for _, target in way.courses]
    added = [each for each in agreed if each[0] not in [targets for targets, _ in known]]
    assert len(added) == 2
    assert [(row["targets"], row["relevance"]) for row in found if row["state"] == "in_force"] == [*known, *added]


def test_the_hints_are_the_two_that_the_files_are_spoiled_for(city: Opened) -> None:
    async def look() -> None:
        database = Database(city.bank.database_url, connections=2)
        try:
            await number_all(database, now=clock.now())
            await look_for_hints(Work(database, new_id(), "look for hints", "hints", {}, 1, clock.now()))
        finally:
            await database.close()

    asyncio.run(look())
    with city.person("demo.officer") as (officer, _):
        hints = officer.get("/v1/hints")["hints"]
    assert sorted(hint["kind"] for hint in hints) == ["certificate_of_another", "impossible_hours"]


def test_the_reconciliation_of_a_term_has_something_to_show(city: Opened) -> None:
    with city.school("vocational") as college:
        first, second = (college.reconciliation("2025-2026", term) for term in (1, 2))
    assert [row["outcome"] for row in first["open_rows"]] == ["held"]
    assert [row["about"] for row in second["open_rows"]] == ["YS5999"]
    for term in (first, second):
        assert TO_LOOK_AT.name in [file["file_name"] for file in term["files"]]
        assert term["records"] > 200


def test_a_start_of_a_city_that_is_open_does_nothing(city: Opened) -> None:
    before = city.sql("SELECT count(*) FROM access_entry")
    again = load(city.bank.base_url, city.bootstrap, say=pytest.fail)
    assert (again.clients, again.people) == (city.file.clients, city.file.people)
    assert city.sql("SELECT count(*) FROM access_entry") == before


def test_the_file_says_all_that_it_should_to_its_owner_only(city: Opened) -> None:
    assert stat.S_IMODE(city.file.path.stat().st_mode) == 0o600
    said = json.loads(city.file.path.read_text("utf-8"))
    assert said["base_url"] == city.bank.base_url
    assert len(said["clients"]) == 10
    for client in said["clients"]:
        assert set(client) == {"institution", "institution_id", "client_id", "client_secret", "scopes"}
    for person in said["people"]:
        assert set(person) == {"name", "role", "login", "password", "account_no", "learner_id", "story"}
        assert person["story"]
    assert {person["role"] for person in said["people"]} == {
        "learner", "guardian", "registrar", "department_reviewer", "provider", "certificate_body", "officer",
        "appeal_reviewer", "auditor", "administrator",
    }  # fmt: skip
    assert [path.name for path in city.file.path.parent.iterdir() if path.name != "keys"] == ["demo.json"]


def test_acts_that_were_done_and_not_written_down_are_not_done_again(city: Opened) -> None:
    before = city.sql("SELECT act, count(*) FROM record_version GROUP BY act ORDER BY act")
    kept = city.file.path.read_text("utf-8")
    cut = DemoFile.read(city.file.path, city.bank.base_url)
    del cut.done[cut.done.index("rows with a story") + 1 :]
    cut.complete = False
    cut.save()
    again = load(city.bank.base_url, city.bootstrap, say=lambda _: None)
    assert (again.people, again.look_at) == (city.file.people, city.file.look_at)
    assert city.sql("SELECT act, count(*) FROM record_version GROUP BY act ORDER BY act") == before
    city.file.path.write_text(kept, "utf-8")


def test_a_file_of_another_bank_is_not_believed(city: Opened, tmp_path: Path) -> None:
    other = DemoFile(path=tmp_path / "demo.json", base_url="http://127.0.0.1:1", complete=True)
    other.clients.append({**city.file.clients[0], "client_id": str(uuid4())})
    other.save()

    def cut_off(line: str) -> None:
        if "reference data" in line:
            raise Interrupted

    with pytest.raises(Interrupted):
        load(city.bank.base_url, city.bootstrap, path=other.path, say=cut_off)
    begun = DemoFile.read(other.path, city.bank.base_url)
    assert (begun.clients, begun.done, begun.complete) == ([], ["reference data"], False)


def test_a_lost_file_is_said_and_not_guessed_around(city: Opened, tmp_path: Path) -> None:
    city.sql("DELETE FROM stored_response RETURNING 1")
    with pytest.raises(DemoFileLost, match="make demo-reset"):
        load(city.bank.base_url, city.bootstrap, path=tmp_path / "demo.json", say=lambda _: None)
    kept = DemoFile.read(city.file.path, city.bank.base_url)
    entry = kept.person("demo.administrator")
    assert entry is not None
    entry["password"] = city.bootstrap.administrator()
    city.file.people = kept.people
    kept.save()


def test_another_port_is_written_down(city: Opened) -> None:
    moved = load("http://127.0.0.1:1", city.bootstrap, say=pytest.fail)
    assert json.loads(moved.path.read_text("utf-8"))["base_url"] == "http://127.0.0.1:1"
    load(city.bank.base_url, city.bootstrap, say=pytest.fail)


def test_everybody_in_the_file_can_sign_in_as_what_it_says(city: Opened) -> None:
    for person in city.file.people:
        with city.person(person["login"]) as (client, _):
            assert client.identity["roles"] == [person["role"]]
    for entry in city.file.clients:
        with Client(city.bank.base_url, entry["client_id"], entry["client_secret"]) as bank:
            assert bank.identity["scope"].split() == sorted(entry["scopes"])


def test_what_is_printed_names_addresses_people_and_calls(city: Opened) -> None:
    printed = words(city.file)
    for said in (
        f"{city.bank.base_url}/sign-in",
        "shen.zhiyuan",
        "demo.officer",
        "grant_type=client_credentials",
        "/transcript",
        "creditbank-client submit",
        TO_LOOK_AT.name,
    ):
        assert said in printed


def test_the_file_that_is_printed_can_be_submitted_again_as_it_says_and_changes_nothing(
    city: Opened, tmp_path: Path
) -> None:
    before = city.sql("SELECT count(*) FROM record_version")
    _, _, command = words(city.file).rpartition("submit it again\n")
    done = subprocess.run(
        ["bash", "-c", f"{command.strip()} --folder {tmp_path} --json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr  # a row is refused and one waits, as the first time
    counts = json.loads(done.stdout)["submission"]["counts"]
    assert counts == {"unchanged": sum(counts.values()) - 2, "held": 1, "refused": 1}
    assert [path.suffix for path in tmp_path.iterdir()] == [".xlsx"]
    assert city.sql("SELECT count(*) FROM record_version") == before
    with city.school(TO_LOOK_AT.institution) as college:
        assert college.reconciliation("2025-2026", 1)["held"] == 1, "the row that waits is the same one"


def test_the_books_are_right_and_only_what_is_misspelt_waits(city: Opened) -> None:
    async def audited() -> list[str]:
        database = Database(city.bank.database_url, connections=2)
        try:
            return await differences(database)
        finally:
            await database.close()

    assert asyncio.run(audited()) == []
    with city.person("demo.officer") as (officer, _):
        waiting = Counter(row["institution_id"] for row in officer.get("/v1/held-rows")["rows"])
    spoiled = [institution(one.file.institution) for one in BLEMISHES if one.outcome == "held"]
    assert waiting == Counter(str(one.institution_id) for one in spoiled)
    assert city.sql("SELECT count(*) FROM record_version WHERE act = 'corrected'") == [(1,)]
    (learners, records) = city.sql("SELECT (SELECT count(*) FROM learner), (SELECT count(*) FROM record_current)")[0]
    assert 560 <= learners <= 660
    assert records > 14_000


# --- stories --------------------------------------------------------------------------------------------------------


def test_the_one_who_moved_has_three_enrolments_and_three_schemes(city: Opened) -> None:
    totals = city.totals("shen.zhiyuan")
    assert totals["secondary_vocational"] == 170
    assert totals["higher_vocational"] == 138
    assert totals["undergraduate"] > 0
    with city.person("shen.zhiyuan") as (client, entry):
        enrolments = client.learner(entry["learner_id"])["enrolments"]
    assert sorted(one["level"] for one in enrolments) == [
        "higher_vocational", "secondary_vocational", "undergraduate",
    ]  # fmt: skip


def test_the_university_sees_all_by_consent_and_the_school_what_it_reported(city: Opened) -> None:
    entry = city.file.person("shen.zhiyuan")
    assert entry is not None
    with city.school("university") as university:
        whole = university.transcript(entry["learner_id"])
        assert whole["partial"] is False
    with city.school("bihai") as school:
        own = school.transcript(entry["learner_id"])
        assert own["partial"] is True
        assert {line["institution_id"] for line in own["records"]} == {str(institution("bihai").institution_id)}
    with city.school("yanshan") as stranger, pytest.raises(NotFound):
        stranger.transcript(entry["learner_id"])


def test_the_soldier_was_away_for_two_years_and_graduated_by_the_old_plan(city: Opened) -> None:
    (served_,) = city.lines("han.weiguo", "military_service")
    assert (served_["verdict"], served_["credits"]) == ("granted", "0")
    assert city.totals("han.weiguo")["higher_vocational"] == 136
    events = {line["shown"]["event"]: line["occurred_on"] for line in city.lines("han.weiguo", "enrolment_event")}
    assert events["suspended"] < events["resumed"] < events["graduated"]


def test_the_worker_has_training_credits_and_no_more(city: Opened) -> None:
    assert city.totals("guo.dayong") == {"training": Decimal("8.5")}
    short = [line for line in city.lines("guo.dayong", "training") if line["verdict"] == "not_granted"]
    assert [line["clause"] for line in short] == ["long-enough"]


def test_the_namesakes_are_two_people(city: Opened) -> None:
    one, other = city.file.person("zhou.haiyan.a"), city.file.person("zhou.haiyan.b")
    assert one is not None
    assert other is not None
    assert one["name"] == other["name"]
    assert one["learner_id"] != other["learner_id"]
    assert set(city.totals("zhou.haiyan.a")) == {"higher_vocational"}
    assert set(city.totals("zhou.haiyan.b")) == {"secondary_vocational"}


def test_the_one_whose_name_changed_has_one_account_with_both_names(city: Opened) -> None:
    with city.person("lin.ruoxi") as (client, entry):
        learner = client.learner(entry["learner_id"])
    assert {one["name"] for one in learner["names"]} == {"林晓月", "林若溪"}
    assert learner["name"] == "林若溪"
    assert {"secondary_vocational", "higher_vocational"} <= set(city.totals("lin.ruoxi"))


def test_the_one_from_hong_kong_is_known_by_a_travel_permit(city: Opened) -> None:
    with city.person("chen.jialang") as (client, entry):
        (document,) = client.learner(entry["learner_id"])["documents"]
    assert document["kind"] == "hk_macao_permit"
    assert city.totals("chen.jialang")["undergraduate"] > 150


def test_the_withdrawn_certificate_counts_for_nothing_and_stays_in_the_history(city: Opened) -> None:
    assert city.lines("zhao.mingzhe", "certificate") == []
    assert "training" not in city.totals("zhao.mingzhe")
    with city.school("beichen") as body:
        record = body.record(city.file.look_at["withdrawn_certificate"])
    assert [version["act"] for version in record["versions"]] == ["reported", "withdrawn"]


def test_the_corrected_grade_keeps_both_versions_and_gives_the_credits(city: Opened) -> None:
    with city.school("vocational") as college:
        record = college.record(city.file.look_at["corrected_grade"])
    assert [version["act"] for version in record["versions"]] == ["reported", "corrected"]
    assert record["versions"][1]["reason"] == "登分错误，经复核更正"
    (line,) = [one for one in city.lines("sun.lina", "course_result") if one["record_id"] == record["record_id"]]
    assert (line["verdict"], line["shown"]["score"]) == ("granted", "85")


def test_of_a_failed_and_a_passed_sitting_the_passed_one_counts(city: Opened) -> None:
    sittings = [one for one in city.lines("zhou.zimo", "course_result") if one["shown"]["course_code"] == "YS6002"]
    assert {(one["shown"]["attempt"], one["verdict"], one["credits"]) for one in sittings} == {
        ("normal", "not_granted", "0"), ("makeup", "granted", "4"),
    }  # fmt: skip


def test_the_award_went_from_the_wrong_one_to_the_right_one(city: Opened) -> None:
    reassigned = city.file.look_at["reassigned_award"]
    assert reassigned not in [line["record_id"] for line in city.lines("wu.haoran.a", "award")]
    (award,) = [line for line in city.lines("wu.haoran.b", "award") if line["record_id"] == reassigned]
    assert (award["verdict"], award["credits"]) == ("granted", "4")


def test_the_two_accounts_of_one_person_are_read_as_one(city: Opened) -> None:
    with city.person("ma.xiao") as (client, entry):
        learner = client.learner(entry["learner_id"])
    assert len(learner["accounts"]) == 2
    assert {"technician", "training"} <= set(city.totals("ma.xiao"))


def test_the_father_acts_for_the_child_and_sees_nobody_else(city: Opened) -> None:
    (father,) = [person for person in city.file.people if person["role"] == "guardian"]
    with city.person(father["login"]) as (client, _):
        transcript = client.transcript(father["learner_id"])
        assert {line["kind"] for line in transcript["records"]} == {"training"}
        stranger = city.file.person("sun.lina")
        assert stranger is not None
        with pytest.raises(NotFound):
            client.transcript(stranger["learner_id"])


def test_the_administrator_sees_no_learner(city: Opened) -> None:
    entry = city.file.person("shen.zhiyuan")
    assert entry is not None
    with city.person("demo.administrator") as (client, _), pytest.raises(NotAllowed):
        client.transcript(entry["learner_id"])
