"""The words of `round` and `until`: what they mean for a ranking and its columns, and each error at its line."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from creditbank.rules import Decided, Rulebook, RulesRefused, read_document
from creditbank.rules.cases import run_cases
from creditbank.rules.flips import turning
from creditbank.rules.rounds import Round
from tests.rules.writing import SAYS, SOURCE

COLUMN = {"column": {"zh": "姓名", "en": "name"}, "is": "name"}
ROUND: dict[str, Any] = {
    "says": SAYS,
    "cites": ["source"],
    "ranking": [
        {"highest": {"fact": "process.score"}, "unstated": "unknown"},
        {"lowest": {"fact": "member.joined_on"}, "unstated": "last"},
    ],
    "ties": "refer",
    "second": "no",
    "notice": "5",
    "objection_answered": "15",
    "filing": [COLUMN, {"column": {"zh": "过程考核", "en": "process"}, "is": "process.score"}],
}
CLAUSE: dict[str, Any] = {
    "id": "passed",
    "says": SAYS,
    "cites": ["source"],
    "require": {"fact": "process.passed", "is": "yes"},
    "until": {"fact": "round.collects_until"},
}
VERSION: dict[str, Any] = {
    "version": "1",
    "from": "2020-01-01",
    "citations": {"source": SOURCE},
    "clauses": [CLAUSE],
    "gives": {"route": "direct"},
    "round": ROUND,
    "cases": [{"name": "one", "expect": {"verdict": "unknown", "clause": "passed"}}],
}
WHOLE: dict[str, Any] = {
    "document": "progression.test",
    "question": "progression",
    "title": SAYS,
    "issuer": SAYS,
    "applies": {"pathway.kind": ["three_two"]},
    "version_by": {"fact": "pathway.on", "because": SAYS},
}


def text_of(round_: dict[str, Any] | None = None, clause: dict[str, Any] | None = None, **version: Any) -> str:
    """The document with changes to its round, its clause and its version; None takes a word away."""
    said = copy.deepcopy(VERSION) | {
        "round": _changed(ROUND, round_ or {}),
        "clauses": [_changed(CLAUSE, clause or {})],
        **version,
    }
    whole = {**WHOLE, "versions": [_changed(said, {})]}
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _changed(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {word: value for word, value in (copy.deepcopy(base) | change).items() if value is not None}


def decided(text: str, **fields: Any) -> Decided:
    """The decision for somebody with these facts: `process_score` is `process.score`."""
    facts: dict[str, dict[str, Any]] = {
        "pathway": {"kind": "three_two", "step": "progression", "on": "2026-05-20"},
        "process": {"passed": True},
    }
    for name, value in fields.items():
        subject, _, key = name.partition("_")
        facts.setdefault(subject, {})[key] = value
    return Rulebook.load([read_document(text, file="test.yaml")]).decide("progression", facts)


def round_of(text: str) -> Round:
    """The round that a document declares."""
    found = decided(text).versions[0].round
    assert found is not None
    return found


def keys(text: str, **fields: Any) -> tuple[Any, ...] | None:
    """What somebody with these facts is ranked by."""
    found = decided(text, **fields)
    assert found.verdict == "granted"
    return round_of(text).keys(found.scope)


def first(text: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether one comes before the other."""
    mine, theirs = keys(text, **one), keys(text, **other)
    assert mine is not None
    assert theirs is not None
    return mine < theirs


# --- ranking --------------------------------------------------------------------------------------------------------


def test_the_highest_comes_first_and_the_lowest_where_the_document_turns_it_round() -> None:
    high, low = {"process_score": "81", "member_joined_on": "2023-09-01"}, {"process_score": "80.5"}
    low |= {"member_joined_on": "2023-09-01"}
    assert first(text_of(), high, low)
    turned = text_of({"ranking": [{"lowest": {"fact": "process.score"}, "unstated": "unknown"}]})
    assert first(turned, low, high)


def test_numbers_are_compared_as_numbers() -> None:
    assert first(text_of(), {"process_score": "100"}, {"process_score": "99.5"})


def test_the_second_key_is_asked_only_where_the_first_is_equal() -> None:
    early, late = {"member_joined_on": "2023-09-01"}, {"member_joined_on": "2023-09-02"}
    assert first(text_of(), {"process_score": "80", **early}, {"process_score": "80", **late})
    assert first(text_of(), {"process_score": "81", **late}, {"process_score": "80", **early})


def test_equal_in_every_key_is_a_tie() -> None:
    same = {"process_score": "80", "member_joined_on": "2023-09-01"}
    assert keys(text_of(), **same) == keys(text_of(), **(same | {"process_score": "80.0"}))


def test_whoever_does_not_state_a_key_is_last_or_cannot_be_ranked_as_the_document_says() -> None:
    stated = {"process_score": "80", "member_joined_on": "2026-01-01"}
    assert first(text_of(), stated, {"process_score": "80"})
    assert keys(text_of(), member_joined_on="2023-09-01") is None
    last = text_of({"ranking": [{"highest": {"fact": "process.score"}, "unstated": "last"}]})
    assert first(last, {"process_score": "0"}, {})


def test_two_who_do_not_state_the_last_key_are_tied() -> None:
    assert keys(text_of(), process_score="80") == keys(text_of(), process_score="80")


def test_a_list_with_an_order_ranks() -> None:
    text = text_of({"ranking": [{"highest": {"fact": "learner.merit"}, "unstated": "last"}]})
    assert first(text, {"learner_merit": "second"}, {"learner_merit": "third"})
    assert first(text, {"learner_merit": "none"}, {})


def test_without_a_ranking_everybody_is_equal() -> None:
    text = text_of({"ranking": None})
    assert keys(text, process_score="80") == keys(text, process_score="10") == ()


# --- what a round says -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ties", ["refer", "all", "none"])
@pytest.mark.parametrize(("said", "second"), [("yes", True), ("no", False)])
def test_a_round_says_ties_second_notice_and_answers(ties: str, said: str, second: bool) -> None:
    found = round_of(text_of({"ties": ties, "second": said, "notice": "7", "objection_answered": "3"}))
    assert (found.ties, found.second, found.notice_days, found.objection_days) == (ties, second, 7, 3)
    assert (found.zh, found.en, found.cites) == (SAYS["zh"], SAYS["en"], ("source",))


def test_the_columns_are_filed_in_the_order_of_the_document() -> None:
    columns = [COLUMN, {"column": {"zh": "计划", "en": "places"}, "is": "intake.quota"}]
    assert round_of(text_of({"filing": columns})).filing == (
        ("姓名", "name", "name"),
        ("计划", "places", "intake.quota"),
    )
    turned = [columns[1], columns[0]]
    assert [what for _, _, what in round_of(text_of({"filing": turned})).filing] == ["intake.quota", "name"]


def test_what_a_column_holds_is_read_even_where_no_clause_asks_it() -> None:
    columns = [COLUMN, {"column": {"zh": "计划", "en": "places"}, "is": "intake.quota"}]
    assert "intake.quota" not in decided(text_of()).versions[0].reads
    assert "intake.quota" in decided(text_of({"filing": columns})).versions[0].reads


def test_the_days_of_a_notice_may_be_a_value_with_its_source() -> None:
    value = {"says": SAYS, "is": "9", "unit": "working days", "cites": ["source"]}
    text = text_of({"notice": {"value": "days"}}, values={"days": value})
    assert round_of(text).notice_days == 9


# --- until -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("last", "final"), [("2026-05-21", False), ("2026-05-20", False), ("2026-05-19", True)])
def test_what_is_not_met_can_be_mended_on_the_last_day_and_not_after_it(last: str, final: bool) -> None:
    found = decided(text_of(), process_passed=False, round_collects_until=last)
    assert (found.verdict, found.clause) == ("not_granted", "passed")
    assert bool(turning(found).final) is final
    told = [(one["until"], one.get("final", False)) for one in found.findings() if one["clause"] == "passed"]
    assert told == [(last, final)]
    met = decided(text_of(), round_collects_until=last)
    assert [one.get("final", False) for one in met.findings() if one["clause"] == "passed"] == [False]


def test_where_no_last_day_is_known_nothing_is_final() -> None:
    found = decided(text_of(), process_passed=False)
    assert found.verdict == "not_granted"
    assert not turning(found).final


def test_where_nobody_says_on_which_day_it_is_asked_nothing_is_final() -> None:
    text = text_of().replace("pathway.on", "round.collects_until")
    found = decided(text, process_passed=False, round_collects_until="2020-05-20", pathway_on=None)
    assert found.verdict == "not_granted"
    assert not turning(found).final


def test_the_last_day_does_not_decide() -> None:
    assert decided(text_of(), round_collects_until="2020-01-01").verdict == "granted"


# --- errors ----------------------------------------------------------------------------------------------------------

_RECORDS = {"highest": {"fact": "record.score"}, "unstated": "last"}
WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("ties missing", {"round_": {"ties": None}}, "round", "'ties' is missing: "),
    ("ties unknown", {"round_": {"ties": "refuse"}}, "ties", "refer"),
    ("second missing", {"round_": {"second": None}}, "round", "'second' is missing: "),
    ("second not a truth", {"round_": {"second": "twice"}}, "second", "yes"),
    ("notice missing", {"round_": {"notice": None}}, "round", "'notice' is missing: "),
    ("notice with a unit", {"round_": {"notice": "5 weeks"}}, "notice", "must be a number of working days"),
    ("notice of half a day", {"round_": {"notice": "0.5"}}, "notice", "must be a number of working days"),
    ("answer missing", {"round_": {"objection_answered": None}}, "round", "'objection_answered' is missing: "),
    ("filing missing", {"round_": {"filing": None}}, "round", "'filing' is missing: "),
    ("column unknown", {"round_": {"filing": [COLUMN | {"is": "process.skore"}]}}, "is", "process.score"),
    ("column of rows", {"round_": {"filing": [COLUMN | {"is": "exam.points"}]}}, "exam.points", "several"),
    (
        "column without English",
        {"round_": {"filing": [COLUMN | {"column": {"zh": "姓名"}}]}},
        "column",
        "'en' is missing: English",
    ),
    ("ranking misspelt", {"round_": {"ranking": [{"higest": {"fact": "process.score"}}]}}, "higest", "highest"),
    (
        "ranking both ways",
        {"round_": {"ranking": [{"highest": {"fact": "process.score"}, "lowest": {"fact": "process.score"}}]}},
        "ranking",
        "exactly one of these must stand here: highest, lowest",
    ),
    ("unstated missing", {"round_": {"ranking": [{"highest": {"fact": "process.score"}}]}}, "highest", "unstated"),
    (
        "a list without order",
        {"round_": {"ranking": [{"highest": {"fact": "language.kind"}, "unstated": "last"}]}},
        "highest",
        "no single order",
    ),
    (
        "two orders",
        {"round_": {"ranking": [{"highest": {"fact": "certificate.level"}, "unstated": "last"}]}},
        "highest",
        "",
    ),
    ("source unknown", {"round_": {"cites": ["other"]}}, "cites", "citations has no 'other'"),
    ("until not a day", {"clause": {"until": {"fact": "process.score"}}}, "process.score", "date"),
    ("until and final", {"clause": {"final": "yes"}}, "passed", "either `final` or `until`"),
]


@pytest.mark.parametrize(("change", "word", "said"), [each[1:] for each in WRONG], ids=[each[0] for each in WRONG])
def test_an_error_names_its_file_line_word_and_remedy_in_both_languages(
    change: dict[str, Any], word: str, said: str
) -> None:
    text = text_of(**change)
    with pytest.raises(RulesRefused) as refused:
        Rulebook.load([read_document(text, file="test.yaml")])
    problem = refused.value.problems[0]
    assert (problem.file, problem.word) == ("test.yaml", word)
    near = "lowest" if word == "ranking" else word  # of two words one too many it is the second that is shown
    assert f'"{near}"' in "".join(text.splitlines()[problem.line - 2 : problem.line + 1])
    assert problem.zh != problem.en
    assert any("一" <= letter <= "鿿" for letter in problem.zh)
    assert said in problem.en
    assert problem.sentence("en").startswith(f"test.yaml:{problem.line}: ")


def test_a_document_without_one_has_no_round() -> None:
    assert decided(text_of(round=None)).versions[0].round is None


def test_a_document_that_only_limits_has_no_round() -> None:
    with pytest.raises(RulesRefused) as refused:
        Rulebook.load([read_document(text_of(gives=None), file="test.yaml")])
    assert "only a progression document that gives something has a round" in str(refused.value.problems)


def test_a_case_says_the_route_that_was_given() -> None:
    case = {"name": "one", "facts": {"pathway.kind": "three_two", "pathway.on": "2026-05-20", "process.passed": "yes"}}
    wrong = {}
    for route in (None, "direct", "exempt"):
        expect = {"verdict": "granted"} | ({} if route is None else {"route": route})
        text = text_of(cases=[case | {"expect": expect}])
        [outcome] = run_cases(read_document(text, file="test.yaml"))
        wrong[route] = [en for _, en in outcome.wrong]
    assert wrong["direct"] == []
    assert any("route" in each for each in wrong["exempt"])
    assert any("route" in each for each in wrong[None])
