"""The procedure of a claim: hands in their order, clocks in working days, and what silence means."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from creditbank.rules import Rulebook
from tests.rules.converting import book, decide, document, line, source, wrong
from tests.rules.writing import SAYS, refused, text_of

HANDS: list[dict[str, Any]] = [
    {"id": "department", "says": SAYS, "who": "department", "does": "review", "within": "5", "silence": "refer"},
    {
        "id": "issuer",
        "says": SAYS,
        "who": "issuer",
        "does": "verify",
        "within": {"value": "days"},
        "silence": "refer",
        "when": {"fact": "record.verified", "is": "no"},
        "cites": ["source"],
    },
    {"id": "notice", "says": SAYS, "who": "registrar", "does": "notice", "within": "5", "silence": "approve"},
]
PROCEDURE: dict[str, Any] = {
    "says": {"zh": "依次办理", "en": "one after another"},
    "cites": ["source"],
    "hands": HANDS,
    "appeal": {"within": "15", "decided_within": "30"},
    "reserves_for": "60",
}
DAYS = {"days": {"is": "10", "unit": "working days", "says": SAYS, "cites": ["source"]}}


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    """The procedure with one place changed (None removes the word)."""
    whole = copy.deepcopy(PROCEDURE)
    target: Any = whole
    for step in path[:-1]:
        target = target[step]
    if value is None:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return whole


def test_a_decision_carries_the_hands_of_its_document_in_their_order() -> None:
    decided = decide(book({"procedure": PROCEDURE, "values": DAYS}), line())
    procedure = decided.procedure
    assert procedure is not None
    said = [(step.id, step.who, step.does, step.within, step.silence) for step in procedure.steps]
    assert said == [
        ("department", "department", "review", 5, "refer"),
        ("issuer", "issuer", "verify", 10, "refer"),
        ("notice", "registrar", "notice", 5, "approve"),
    ]
    assert (procedure.appeal_within, procedure.appeal_decided_within, procedure.reserves_for) == (15, 30, 60)
    assert (procedure.zh, procedure.en, procedure.cites) == ("依次办理", "one after another", ("source",))
    assert procedure.steps[1].cites == ("source",)


@pytest.mark.parametrize(("verified", "needed"), [(False, True), (True, False), (None, None)])
def test_a_hand_is_needed_as_its_condition_says_and_the_others_always(verified: Any, needed: Any) -> None:
    facts = line(source(verified=verified))
    decided = decide(book({"procedure": PROCEDURE, "values": DAYS}), facts)
    assert decided.procedure is not None
    assert [step.needed(facts) for step in decided.procedure.steps] == [True, needed, True]


def test_without_a_procedure_the_rules_alone_decide() -> None:
    assert decide(book(), line()).procedure is None
    assert decide(Rulebook.load([]), line()).procedure is None


def test_a_procedure_without_hands_keeps_appeal_and_reservation() -> None:
    procedure = decide(book({"procedure": changed(["hands"], None)}), line()).procedure
    assert procedure is not None
    assert (procedure.steps, procedure.appeal_within) == ((), 15)


def test_a_procedure_is_part_of_what_was_published() -> None:
    plain, other = document({"procedure": PROCEDURE, "values": DAYS}), changed(["hands", 0, "within"], "6")
    assert plain.digests() != document({"procedure": other, "values": DAYS}).digests()
    assert plain.digests() != document().digests()


@pytest.mark.parametrize(
    ("procedure", "said"),
    [
        (changed(["appeal"], None), "'appeal' is missing"),
        (changed(["appeal", "decided_within"], None), "'decided_within' is missing"),
        (changed(["reserves_for"], None), "'reserves_for' is missing"),
        (changed(["reserves_for"], "0"), "a number of working days"),
        (changed(["reserves_for"], "1.5"), "a number of working days"),
        (changed(["reserves_for"], "1000"), "a number of working days"),
        (changed(["reserves_for"], "2 weeks"), "a number of working days"),
        (changed(["hands", 0, "who"], "dean"), "department, registrar, issuer, bank"),
        (changed(["hands", 0, "does"], "stamp"), "review, verify, decide, notice"),
        (changed(["hands", 0, "silence"], "wait"), "approve, refuse, refer"),
        (changed(["hands", 0, "silence"], None), "'silence' is missing"),
        (changed(["hands", 1, "silence"], "approve"), "silence cannot verify"),
        (changed(["hands", 0, "within"], {"value": "nowhere"}), "values has no 'nowhere'"),
        (changed(["hands", 1, "id"], "department"), "two steps have this name"),
        (changed(["hands", 1, "when"], {"fact": "record.verifed", "is": "no"}), "did you mean 'record.verified'"),
        (changed(["hands", 1, "when"], {"fact": "record.verified", "is": "maybe"}), "yes or no"),
        (changed(["hands", 1, "cites"], ["nowhere"]), "citations has no 'nowhere'"),
        (changed(["hands"], []), "at least 1"),
    ],
)
def test_a_procedure_that_makes_no_sense_does_not_load(procedure: dict[str, Any], said: str) -> None:
    found = wrong({"procedure": procedure, "values": DAYS})
    assert any(said in each for each in found), found


def test_times_of_a_procedure_are_whole_working_days() -> None:
    weeks = {"days": DAYS["days"] | {"unit": "weeks"}}
    found = wrong({"procedure": PROCEDURE, "values": weeks})
    assert any("its unit must be working days" in each for each in found), found
    none = {"days": DAYS["days"] | {"is": "0"}}
    assert any("at least one working day" in each for each in wrong({"procedure": PROCEDURE, "values": none}))
    one = decide(book({"procedure": PROCEDURE, "values": {"days": DAYS["days"] | {"is": "1"}}}), line()).procedure
    assert one is not None
    assert [step.within for step in one.steps] == [5, 1, 5]
    half = {"days": DAYS["days"] | {"is": "2.5"}}
    assert any("a whole number" in each for each in wrong({"procedure": PROCEDURE, "values": half}))


def test_only_what_gives_has_hands() -> None:
    found = wrong({"procedure": PROCEDURE, "values": DAYS, "gives": None})
    assert any("has hands" in each for each in found), found
    deposit = text_of({"procedure": PROCEDURE, "values": DAYS})
    assert any("has hands" in each for each in refused(deposit))
