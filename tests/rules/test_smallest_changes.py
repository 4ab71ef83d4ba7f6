"""What would turn a refusal: each change is proved by deciding again, and none is larger than it has to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from creditbank.rules import Decided, Rulebook, RuleDocument, read_document, read_path
from creditbank.rules.cases import case_facts
from creditbank.rules.decide import again
from creditbank.rules.flips import Change, changed, turning

RULEBOOK = Path(__file__).parents[2] / "service" / "creditbank" / "rulebook"
DOCUMENTS = [read_path(path) for path in sorted(RULEBOOK.rglob("*.yaml"))]


def refusals(document: RuleDocument) -> list[tuple[str, Decided]]:
    """Every case of a document that is refused, decided."""
    if any("gives" not in version for version in document.versions):
        return []
    book = Rulebook.load([document])
    found = []
    for version in document.versions:
        for case in version["cases"]:
            if case["expect"]["verdict"] == "not_granted":
                found.append((str(case["name"]), book.decide(document.question, case_facts(document, version, case))))
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.document)
def test_every_change_that_is_named_turns_the_refusal_and_none_of_its_parts_does(document: RuleDocument) -> None:
    for name, decided in refusals(document):
        found = turning(decided)
        assert found.caused_by, name
        for together in found.changes:
            assert again(decided, changed(decided.given, together)).verdict != "not_granted", (name, together)
            for part in range(len(together)):
                less = (*together[:part], *together[part + 1 :])
                assert again(decided, changed(decided.given, less)).verdict == "not_granted", (name, less)


def decided(document: str, case: str, *, folder: str = "casebook") -> Decided:
    """One case of a document."""
    found = read_path(RULEBOOK / folder / f"{document}.yaml")
    ((version, said),) = (
        (version, each) for version in found.versions for each in version["cases"] if str(each["name"]).startswith(case)
    )
    return Rulebook.load([found]).decide(found.question, case_facts(found, version, said))


def said(changes: tuple[tuple[Change, ...], ...]) -> list[str]:
    return ["; ".join(change.en for change in together) for together in changes]


def test_a_cap_that_is_too_full_says_what_to_give_up_and_how_much_it_would_take() -> None:
    found = turning(decided("conversion.guangdong-vocational-college", "T14"))
    assert found.caused_by == ("fifth-of-professional",)
    assert said(found.changes) == [
        "give up the earlier conversion for course row-1",
        "credits of the course: at most 2 credits instead of 3 credits",
    ]
    assert [(clause, en) for clause, _, en in found.room] == [
        ("fifth-of-professional", "1 credits less; 2 credits at most")
    ]


def test_what_a_learner_cannot_move_is_not_named() -> None:
    found = turning(decided("conversion.guangdong-vocational-college", "T16 体育课"))
    assert (found.caused_by, found.changes) == (("not-politics-or-sport",), ())


def test_a_higher_prize_is_named_and_a_lower_one_is_not() -> None:
    found = turning(decided("deposit.award", "市级三等奖", folder="qinhuangdao"))
    assert said(found.changes) == [
        "level of the contest: provincial instead of municipal",
        "prize: second prize instead of third prize",
    ]


def test_what_is_granted_or_unknown_has_nothing_to_turn() -> None:
    for case in ("T12", "成果的学分尚未认定"):
        found = turning(decided("conversion.guangdong-vocational-college", case))
        assert (found.caused_by, found.changes, found.room) == ((), (), ())


def test_nothing_repairs_what_is_final() -> None:
    document = read_path(RULEBOOK / "casebook" / "conversion.guangdong-vocational-college.yaml")
    text = document.text.replace("  - id: fifth-of-professional\n", "  - id: fifth-of-professional\n    final: yes\n")
    final = read_document(text)
    version = final.versions[0]
    (case,) = (each for each in version["cases"] if str(each["name"]).startswith("T14"))
    refused = Rulebook.load([final]).decide("conversion", case_facts(final, version, case))
    found: Any = turning(refused)
    assert (found.final, found.changes) == (("fifth-of-professional",), ())
    assert any(finding.get("final") for finding in refused.findings())
