"""What the city claims and what became of it, as those concerned read it; and one credit followed all the way."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook

from creditbank.demo.city import institution
from creditbank.demo.claimants import CLAIMANTS
from creditbank.demo.drafting import DOCUMENT, METHOD
from creditbank.demo.look_at import words
from creditbank.demo.shelf import PAST_RESULTS
from creditbank_client import NotFound
from tests.demo.opened import Opened


def claim_of(city: Opened, name: str, login: str) -> dict[str, Any]:
    """A claim as who made it reads it."""
    with city.person(login) as (client, _):
        return client.get(f"/v1/claims/{city.file.look_at[name]}")


def acts(claim: dict[str, Any]) -> list[tuple[str, str | None]]:
    """What happened to a claim, and at which step."""
    return [(one["act"], one["step"]) for one in claim["history"]]


# --- one credit, from the transcript to the cell --------------------------------------------------------------------


def test_a_converted_credit_is_followed_to_posting_decision_clause_record_and_the_row_of_the_file(city: Opened) -> None:
    with city.person("zhu.yixi") as (learner, entry):
        transcript = learner.transcript(entry["learner_id"])
        (credit,) = [one for one in transcript["conversions"] if one["course"]["code"] == "YS5101"]
        assert (credit["credits"], credit["scheme"]) == ("5", "higher_vocational")
        posting = learner.posting(credit["posting_id"])
        assert (posting["amount"], posting["decision_id"]) == ("5", credit["decision_id"])
        assert {(one["account"], one["amount"]) for one in posting["entries"]} == {
            ("conversion", "5"), ("source", "-5"),
        }  # fmt: skip
        decision = learner.decision(credit["decision_id"])
        assert learner.post(f"/v1/decisions/{credit['decision_id']}/replay")["same"] is True
        by_clause = {one["clause"]: one for one in decision["findings"]}
        listed = by_clause["counts-for-the-course"]
        assert (listed["verdict"], listed["citation"][0]["clause"]) == ("met", "（七）")
        joined = by_clause["conversion.limits-qinhuangdao/level-not-lower"]
        assert (joined["verdict"], joined["judged"]) == ("not_met", True), "whether it joins on, the registrar judged"
        rule = learner.get(f"/v1/rules/{credit['document']}", on="2026-09-02")
        assert rule["document"] == "conversion.qinhuangdao"
        (record_id,) = credit["record_ids"]
        record = learner.record(record_id)
    version = record["versions"][0]
    assert version["reported"]["course_code"] == "YS1102"
    with city.school("bihai") as school:
        sent = school.submission(version["submission_id"])
        (row,) = [one for one in school.submission_rows(sent.submission_id) if one.record_id == record_id]
    assert sent.file_name == PAST_RESULTS[0].name
    book = CalamineWorkbook.from_path(PAST_RESULTS[0].path)
    sheet = book.get_sheet_by_name(row.sheet) if row.sheet else book.get_sheet_by_index(0)
    cells = sheet.to_python(skip_empty_area=False)[row.row - 1]
    assert {CLAIMANTS["zhu.yixi"].student_no, entry["name"], "YS1102"} <= {str(cell) for cell in cells}


# --- claims -----------------------------------------------------------------------------------------------------------


def test_a_certificate_went_through_every_hand_and_was_granted_when_its_notice_was_over(city: Opened) -> None:
    claim = claim_of(city, "claim_granted", "peng.zhiyou")
    issuer = f"issuer-{institution('beichen').institution_id}"
    assert acts(claim) == [
        ("made", None), ("served", "department"), ("approved", "department"), ("served", "registrar"),
        ("approved", "registrar"), ("served", issuer), ("verified", issuer), ("served", "notice"),
        ("silence", "notice"), ("decided", "notice"),
    ]  # fmt: skip
    (line,) = claim["lines"]
    assert (line["state"], line["credits"], line["exemption"]) == ("granted", "4", "full")
    days = {one["act"]: date.fromisoformat(one["at"][:10]) for one in claim["history"]}
    assert (days["made"], days["decided"]) == (date(2026, 9, 2), date(2026, 9, 10)), "five working days between"
    with city.person("peng.zhiyou") as (client, entry):
        (shown,) = client.transcript(entry["learner_id"])["conversions"]
    assert (shown["course"]["name"], shown["grade_text"]) == ("人工智能导论", "recognised")


def test_courses_of_the_secondary_school_count_one_for_one_and_two_for_one(city: Opened) -> None:
    claim = claim_of(city, "claim_by_courses", "zhu.yixi")
    assert [(one["course_code"], len(one["record_ids"]), one["state"]) for one in claim["lines"]] == [
        ("YS5101", 1, "granted"), ("YS5003", 2, "granted"),
    ]  # fmt: skip
    (agreed, _) = [one for one in claim["history"] if one["act"] == "approved" and one["step"] == "registrar"]
    assert agreed["about"] == {"judged": ["conversion.limits-qinhuangdao/level-not-lower"]}


def test_a_cap_refuses_one_line_and_says_what_would_change_it(city: Opened) -> None:
    claim = claim_of(city, "claim_partly_granted", "jiang.chen")
    refused, granted = claim["lines"]
    assert (refused["state"], refused["refusal"], refused["refused_by"]) == (
        "refused", "half-of-the-electives", "rules",
    )  # fmt: skip
    with city.person("jiang.chen") as (client, _):
        decision = client.decision(refused["decision_id"])
    assert decision["turning"]["caused_by"] == ["half-of-the-electives"]
    assert decision["turning"]["room"] == [
        {
            "clause": "half-of-the-electives",
            "zh": "本次须减少 0.5 学分，至多还能计 3.5 学分",
            "en": "0.5 credits less; 3.5 credits at most",
        }
    ]
    assert [[change["fact"] for change in together] for together in decision["turning"]["changes"]]
    assert (granted["state"], granted["credits"]) == ("granted", "3")


def test_the_department_said_how_relevant_the_award_is_and_who_said_so_is_written_down(city: Opened) -> None:
    claim = claim_of(city, "claim_partly_granted", "jiang.chen")
    said = [one for one in claim["history"] if one["act"] == "supplied"]
    assert [(one["line_no"], one["step"], one["about"]["fact"]) for one in said] == [
        (2, "department", "match.relevance"), (2, "department", "match.not_lower"),
    ]  # fmt: skip
    with city.person("jiang.chen") as (client, _):
        facts = client.decision(claim["lines"][1]["decision_id"])["facts"]
    assert facts["match"]["relevance"] == "85"


def test_an_upheld_appeal_is_an_override_and_proposes_an_equivalence(city: Opened) -> None:
    claim = claim_of(city, "claim_appealed", "song.zhilong")
    (appeal,) = claim["appeals"]
    (override,) = claim["overrides"]
    assert (appeal["state"], appeal["override_id"]) == ("upheld", override["override_id"])
    assert (override["state"], override["credits"], override["expires_on"]) == ("in_force", "3", "2029-07-31")
    acted = {one["by"] for one in claim["history"] if one["act"] in ("made", "supplied", "approved")}
    assert override["proposed_by"] not in acted
    with city.person("song.zhilong") as (client, entry):
        (shown,) = client.transcript(entry["learner_id"])["conversions"]
    assert shown["override"]["reason"].startswith("比对课程标准")
    with city.person("vocational.registrar") as (registrar, _):
        path = f"/v1/institutions/{institution('vocational').institution_id}/equivalences"
        proposed = [one for one in registrar.get(path, limit=100)["items"] if one["state"] == "proposed"]
    assert [(one["equivalence_id"], one["targets"]) for one in proposed] == [(appeal["equivalence_id"], ["YS5201"])]


def test_a_claim_waits_in_the_inbox_of_the_department_and_in_no_other(city: Opened) -> None:
    waiting = city.file.look_at["claim_in_inbox"]
    with city.person("vocational.reviewer") as (reviewer, _):
        inbox = {one["claim_id"] for one in reviewer.get("/v1/claims", waiting_for="department")["items"]}
    assert waiting in inbox
    with city.person("trade.reviewer") as (other, _):
        assert other.get("/v1/claims", waiting_for="department")["items"] == []
        with pytest.raises(NotFound):
            other.get(f"/v1/claims/{waiting}")


def test_one_is_on_public_notice_and_names_nobody(city: Opened) -> None:
    with city.person("vocational.registrar") as (registrar, _):
        notices = registrar.get("/v1/public-notices")["items"]
    (notice,) = [one for one in notices if one["claim_id"] == city.file.look_at["claim_on_notice"]]
    assert [(one["course_code"], one["records"]) for one in notice["lines"]] == [("YS5202", ["certificate"])]
    entry = city.file.person("tang.zilin")
    assert entry is not None
    assert entry["name"] not in str(notice)


def test_a_withdrawn_certificate_reverses_its_conversion_and_the_college_is_told(city: Opened) -> None:
    claim = claim_of(city, "claim_reversed", "cui.yuxin")
    (line,) = claim["lines"]
    assert (line["state"], line["credits"]) == ("ended", "0")
    with city.person("cui.yuxin") as (client, entry):
        assert client.transcript(entry["learner_id"])["conversions"] == []
        amounts = [one["amount"] for one in client.statement(entry["learner_id"]) if one["purpose"] == "conversion"]
    assert amounts == ["4", "-4"]
    with city.school("vocational") as college:
        told = [one for one in college.changes() if one["claim_id"] == claim["claim_id"]]
    assert [one["act"] for one in told][-1] == "conversion_ended"
    assert "converted" in [one["act"] for one in told]


# --- allocation and totals ----------------------------------------------------------------------------------------


def test_the_best_allocation_was_claimed_as_it_is_and_nothing_better_is_left(city: Opened) -> None:
    claim = claim_of(city, "claim_allocated", "wu.jingxia")
    assert {(one["course_code"], one["state"]) for one in claim["lines"]} == {
        ("YS6004", "granted"), ("YS6005", "granted"), ("YS6008", "granted"),
    }  # fmt: skip
    with city.person("wu.jingxia") as (client, entry):
        found = client.post(f"/v1/learners/{entry['learner_id']}/allocations", {"plan_id": claim["plan_id"]})
    assert found["proved"] is True
    assert found["claim"] == []


def test_an_allocation_with_a_record_that_is_only_thought_of_says_what_it_would_bring(city: Opened) -> None:
    thought = {"kind": "certificate", "standard": "ys-ai-training", "level": "intermediate", "credits": "4"}
    with city.person("song.zhilong") as (client, entry):
        found = client.post(
            f"/v1/learners/{entry['learner_id']}/allocations",
            {"plan_id": city.file.look_at["plan"], "hypothetical": [thought]},
        )
    assert [(one["course_code"], one["credits"], one["hypothetical"]) for one in found["lines"]] == [
        ("YS5202", "4", True)
    ]
    assert (found["proved"], found["claim"]) == (True, []), "nobody claims what is only thought of"
    (half,) = [cap for cap in found["caps"] if cap["clause"].endswith("half-of-the-plan")]
    assert (half["limit"], half["before"], half["taken"]) == ("69", "3", "4")


def test_totals_say_of_one_and_of_the_whole_plan_who_may_graduate(city: Opened) -> None:
    plan, entry = city.file.look_at["plan"], city.file.person("peng.zhiyou")
    assert entry is not None
    with city.person("vocational.registrar") as (registrar, _):
        one = registrar.get(f"/v1/learners/{entry['learner_id']}/totals", plan_id=plan)
        everybody = registrar.get(f"/v1/plans/{plan}/totals")
    assert (one["verdict"], one["clause"]) == ("not_granted", "the-plan")
    assert one["document"] == "accumulation.graduation-qinhuangdao"
    assert one["turning"]["caused_by"] == ["the-plan"]
    assert sum(everybody["counts"].values()) == len(everybody["people"]) > 20
    (same,) = [found for found in everybody["people"] if found["learner_id"] == entry["learner_id"]]
    assert (same["verdict"], same["outputs"]) == (one["verdict"], one["outputs"])


# --- a method of one college --------------------------------------------------------------------------------------


def test_a_method_was_drafted_by_one_officer_and_published_by_another_who_saw_its_impact(city: Opened) -> None:
    with city.person("demo.officer") as (officer, _):
        draft = officer.get(f"/v1/rule-drafts/{city.file.look_at['rule_draft']}")
        impact = officer.get(f"/v1/rule-drafts/{draft['draft_id']}/impact")
        rule = officer.get(f"/v1/rules/{DOCUMENT}", on="2026-09-14")
    assert draft["state"] == "published"
    by = {one["act"]: one["by"] for one in draft["acts"]}
    assert by["published"] == by["approved"] != by["written"]
    assert draft["check"]["outcome"]["holds"] is True
    counted = impact["report"]["outcome"]["learners"]
    assert (counted["lose"], counted["gain"]) == (1, 0), "military training would no longer be replaced"
    assert impact["examples"]
    assert rule["document"] == DOCUMENT
    claim = claim_of(city, "claim_allocated", "wu.jingxia")
    assert {one["state"] for one in claim["lines"]} == {"granted"}, "what was decided before stands"


# --- printed ------------------------------------------------------------------------------------------------------


def test_the_printed_calls_about_claims_answer_what_they_say(city: Opened) -> None:
    printed = words(city.file)
    (script,) = re.findall(r"(  SIGNED=.*?)\n\n", printed, re.DOTALL)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    answers = done.stdout.strip().split("\n")
    assert len(answers) == script.count("; echo") == 8
    for answer, said in zip(
        answers,
        ("granted", "half-of-the-electives", "items", "until_on", "proved", "the-plan", "counts", DOCUMENT),
        strict=True,
    ):
        assert said in answer, answer[:300]
        assert '"type":"' not in answer[:40], "no problem"


# --- the page about claims --------------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "claims.md"


def token(city: Opened, login: str) -> str:
    """What somebody signs in with."""
    entry = city.file.person(login)
    assert entry is not None
    said = {"grant_type": "password", "username": login, "password": entry["password"]}
    return str(httpx.post(f"{city.bank.base_url}/v1/oauth/token", data=said).json()["access_token"])


def commands() -> list[str]:
    """The commands of the page, each as it stands there."""
    blocks = "".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    bare = re.sub(r"^#.*\n", "", blocks, flags=re.MULTILINE)
    return [one.strip() for one in re.split(r"^(?=curl|python3|LEARNER=)", bare, flags=re.MULTILINE) if one.strip()]


def test_the_calls_of_the_page_about_claims_work_in_their_order(city: Opened, tmp_path: Path) -> None:
    seen, entry = city.file.look_at, city.file.person("yi.qiang")
    assert entry is not None
    with city.person("yi.qiang") as (client, _):
        records = client.transcript(entry["learner_id"])["records"]
        (record,) = [one["record_id"] for one in records if one["kind"] == "certificate"]
        line = {"record_ids": [record], "course_code": "YS5202"}
        made = client.post(f"/v1/learners/{entry['learner_id']}/claims", {"plan_id": seen["plan"], "lines": [line]})
    method = tmp_path / "method.yaml"
    method.write_text(METHOD.read_text("utf-8").replace(DOCUMENT, "conversion.trade-page"), "utf-8")
    tokens = {
        "DEPARTMENT": "vocational.reviewer", "REGISTRAR": "vocational.registrar", "REVIEWER": "demo.appeals",
        "OFFICER": "demo.officer", "SECOND": "demo.second", "APPELLANT": "jiang.chen",
    }  # fmt: skip
    said = {
        "BANK": f"{city.bank.base_url}", "NAME": entry["login"], "PASSWORD": entry["password"],
        "LEARNER_ID": entry["learner_id"], "PLAN": seen["plan"], "OPEN": made["claim_id"],
        "RECORD": record,
        "PARTLY": seen["claim_partly_granted"], "REFUSED": seen["refused_by_a_cap"], "DRAFT": seen["rule_draft"],
        "METHOD": str(method), "PATH": os.environ["PATH"],
        **{name: token(city, login) for name, login in tokens.items()},
    }  # fmt: skip
    begin, *calls = commands()
    said["LEARNER"] = _ran(f"{begin}\necho $LEARNER", said)
    assert len(calls) >= 20
    for call in calls:
        answer, _, status = _ran(call.replace("curl -s", "curl -s -w '\\n%{http_code}'"), said).rpartition("\n")
        assert status in ("200", "201", "202"), (call, answer[:500])
        if '"wants": "credits"' in call:
            said["CLAIM"] = json.loads(answer)["claim_id"]
    with city.person("yi.qiang") as (client, _):
        assert client.get(f"/v1/claims/{said['CLAIM']}")["step"] == "notice"


def _ran(script: str, said: dict[str, str]) -> str:
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env=said)
    return done.stdout.strip()
