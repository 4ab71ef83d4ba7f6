"""The bank's own rules: their cases hold, every figure is held, and the figures are those of their sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from creditbank.rules import Rulebook, RuleDocument, load_packaged, packaged_documents, read_path
from creditbank.rules.cases import run_cases
from creditbank.rules.lists import KIND, SCHEME
from creditbank.rules.mutation import mutants
from tests.rules.writing import facts, row

RULEBOOK = Path(__file__).parents[2] / "service" / "creditbank" / "rulebook"
DOCUMENTS = packaged_documents()
FIELDS: dict[str, Any] = {"institution": {"id": "reporter", "kind": "enterprise"}}


def deposit(kind: str, *others: dict[str, Any], enrolled: str | None = None, **record: Any) -> Any:
    """The packaged rulebook's answer: credits where granted, else the verdict with its clause."""
    mine = {"kind": kind, "occurred_on": "2024-05-10", **record}
    case = {**FIELDS, "record": mine, "same": [{"id": "m", "this": True, "record": mine}, *others]}
    if enrolled:
        case["enrolment"] = {"level": enrolled}
    decided = load_packaged().decide("deposit", case)
    return decided.outputs["credits"] if decided.verdict == "granted" else (decided.verdict, decided.clause)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.document)
def test_every_case_of_a_packaged_document_gets_its_decision(document: RuleDocument) -> None:
    wrong = [(outcome.name, outcome.wrong) for outcome in run_cases(document) if outcome.wrong]
    assert wrong == []


@pytest.mark.parametrize("path", sorted(RULEBOOK.rglob("*.yaml")), ids=lambda path: path.stem)
def test_there_is_something_in_every_document_that_its_cases_can_be_held_against(path: Path) -> None:
    """That they hold it, `make check` demands of each by `creditbank rules check`, a document to a process."""
    assert sum(1 for _ in mutants(read_path(path))) > 1


@pytest.mark.parametrize("folder", ["qinhuangdao", "casebook"])
def test_what_lies_in_one_folder_applies_together(folder: str) -> None:
    documents = [read_path(path) for path in sorted((RULEBOOK / folder).glob("*.yaml"))]
    assert len(documents) > 10
    Rulebook.load(documents)


def test_there_is_a_rule_for_every_kind_of_record() -> None:
    assert load_packaged().kinds("deposit") == set(KIND.tokens())


def test_every_scheme_that_can_be_deposited_is_reached_by_some_case() -> None:
    reached = {
        outcome.decided.outputs["scheme"]
        for document in DOCUMENTS
        if document.question == "deposit"
        for outcome in run_cases(document)
        if outcome.decided is not None and outcome.decided.verdict == "granted"
    }
    assert reached == set(SCHEME.tokens())


def test_the_draft_measures_are_always_cited_as_a_draft() -> None:
    for document in DOCUMENTS:
        for version in document.versions:
            cited = [each for each in version["citations"].values() if "措施" in each["title"]]
            assert cited, document.document
            assert all(each["status"] == "draft" and "征求意见稿" in each["title"] for each in cited)


@pytest.mark.parametrize(
    ("hours", "credits_"), [("16", 100), ("23.99", 100), ("24", 150), ("31", 150), ("32", 200), ("160", 1000)]
)
def test_sixteen_hours_of_training_are_a_credit_and_the_rest_is_rounded_down(hours: str, credits_: int) -> None:
    assert deposit("training", learning_form="training", result="passed", hours=hours) == credits_


@pytest.mark.parametrize(
    ("form", "weeks", "credits_"),
    [("internship", "24", 1200), ("practice", "3", 300), ("military", "3", 300), ("internship", "1", 50)],
)
def test_a_week_of_practice_and_two_weeks_of_internship_are_a_credit(form: str, weeks: str, credits_: int) -> None:
    said = deposit("practice", enrolled="higher_vocational", learning_form=form, result="passed", weeks=weeks)
    assert said == credits_


def test_a_provincial_third_prize_of_a_team_is_floored_at_half_a_credit() -> None:
    assert deposit("award", award_level="provincial", award_rank="third", team=True) == 50


def test_a_national_fifth_place_counts_as_a_third_prize() -> None:
    assert deposit("award", award_level="national", place=5, team=False) == 200


def test_of_a_team_and_an_individual_award_of_one_event_only_the_higher_counts() -> None:
    team: dict[str, Any] = {"award_level": "national", "award_rank": "first", "team": True}
    alone: dict[str, Any] = {"award_level": "provincial", "award_rank": "first", "team": False}
    assert deposit("award", row("b", **alone), **team) == 500
    assert deposit("award", row("b", **team), **alone) == ("not_granted", "highest-of-the-event")


def test_a_certificate_without_a_figure_is_unknown_and_says_who_can_supply_it() -> None:
    mine = {"kind": "certificate", "occurred_on": "2024-05-10"}
    certificate = {"standard": "s", "level_rank": 1}
    case = {**FIELDS, "record": mine, "certificate": certificate}
    case["same"] = [{"id": "m", "this": True, "record": mine, "certificate": certificate}]
    decided = load_packaged().decide("deposit", case)
    assert (decided.verdict, decided.clause, decided.outputs) == ("unknown", "figure-known", {})
    said = next(finding for finding in decided.findings() if finding["clause"] == "gives.credits")
    assert "学分银行提供" in said["says_zh"]
    assert "the credit bank can supply it" in said["says_en"]


def test_a_course_outside_the_plan_is_deposited_with_a_warning() -> None:
    case = facts()
    case["course"] = {"credits": 200, "source": "catalogue"}
    decided = load_packaged().decide("deposit", case)
    assert decided.outputs == {"credits": 200, "scheme": "higher_vocational", "purpose": "deposit"}
    assert decided.warned == ("in-the-plan",)
    warning = next(finding for finding in decided.findings() if finding["clause"] == "in-the-plan")
    assert (warning["effect"], warning["verdict"]) == ("warn", "not_met")


@pytest.mark.parametrize("kind", ["military_service", "assessment", "enrolment_event"])
def test_what_is_only_kept_on_record_deposits_zero_and_says_so(kind: str) -> None:
    decided = load_packaged().decide("deposit", {"record": {"kind": kind, "occurred_on": "2024-05-10"}})
    assert (decided.verdict, decided.outputs["credits"]) == ("granted", 0)
    assert decided.findings()[0]["effect"] == "state"


def test_only_one_of_several_passed_sittings_deposits_credits() -> None:
    sittings: list[dict[str, Any]] = [
        {"score": "61"},
        {"score": "88"},
        {"score": "88", "occurred_on": "2024-09-01"},
        {"result": "failed"},
    ]
    granted = []
    for mine in sittings:
        others = [
            row(f"r{place}", **{"result": "passed", **each}) for place, each in enumerate(sittings) if each is not mine
        ]
        decided = load_packaged().decide("deposit", facts(*others, **mine))
        granted += [mine] * (decided.verdict == "granted")
    assert granted == [{"score": "88"}]
