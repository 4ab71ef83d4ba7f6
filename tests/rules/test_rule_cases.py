"""Checking a document: cases that fail say why, and a figure that no case holds is found by changing it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from creditbank.rules import RuleDocument, RulesRefused, packaged_documents
from creditbank.rules.cases import check, run_cases, unheld
from creditbank.rules.loading import Items
from creditbank.rules.mutation import mutants
from tests.rules.writing import SAYS, clause, document, named, text_of

GIVEN = {
    "record.kind": "course_result",
    "record.occurred_on": "2024-06-20",
    "record.result": "passed",
    "course.credits": "3",
}
EDGES: list[dict[str, Any]] = [
    {
        "name": "first day",
        "facts": {"record.occurred_on": "2020-01-01"},
        "expect": {"verdict": "granted", "credits": "3"},
    },
    {
        "name": "day before",
        "facts": {"record.occurred_on": "2019-12-31"},
        "expect": {"verdict": "unknown", "clause": "version"},
    },
    {"name": "failed", "facts": {"record.result": "failed"}, "expect": {"verdict": "not_granted", "clause": "passed"}},
    {
        "name": "exempted",
        "facts": {"record.result": "exempted"},
        "expect": {"verdict": "not_granted", "clause": "passed"},
    },
]


def _case(name: str, verdict: str, /, **facts: str) -> dict[str, Any]:
    expect = {"verdict": verdict, **({"credits": "3"} if verdict == "granted" else {"clause": "c"})}
    return {"name": name, "facts": {key.replace("__", "."): value for key, value in facts.items()}, "expect": expect}


def _pass_mark(*cases: dict[str, Any]) -> dict[str, Any]:
    asked = clause({"fact": "record.score", "at_least": "60"})
    return {"clauses": [asked], "given": GIVEN, "cases": [*cases, *EDGES[:2]]}


def test_a_boundary_needs_a_case_on_both_sides() -> None:
    passes, fails = _case("60", "granted", record__score="60"), _case("59", "not_granted", record__score="59")
    given = GIVEN | {"record.score": "70"}
    assert unheld(document(_pass_mark(passes, fails) | {"given": given})) == []
    only_above = unheld(document(_pass_mark(passes) | {"given": given}))
    assert [problem.en for problem in only_above if "59" in problem.en] == ["no case notices: 60: 59 instead"]
    far_above = unheld(document(_pass_mark(_case("70", "granted", record__score="70"), fails) | {"given": given}))
    assert [problem.en for problem in far_above] == ["no case notices: 60: 61 instead"]
    assert all(problem.line > 1 and problem.word == "c" for problem in far_above)


def test_every_row_of_a_table_has_to_be_met_by_a_case() -> None:
    table = {
        "says": SAYS,
        "cites": ["source"],
        "by": [{"fact": "record.place"}],
        "gives": {"credits": "credits"},
        "rows": [[{"from": "1", "to": "3"}, "3"], [{"from": "4"}, "1"]],
        "otherwise": ["0"],
    }
    version = {"tables": {"t": table}, "gives": {"credits": {"table": "t"}, "scheme": "training"}, "given": GIVEN}

    def cases(*places: tuple[str, str]) -> list[dict[str, Any]]:
        return [
            {"name": place, "facts": {"record.place": place}, "expect": {"verdict": "granted", "credits": credits_}}
            for place, credits_ in places
        ]

    edges = [{**edge, "facts": {**edge["facts"], "record.place": "1"}} for edge in EDGES]
    whole = cases(("0", "0"), ("1", "3"), ("3", "3"), ("4", "1"))
    assert unheld(document(version | {"cases": [*whole, *edges]})) == []
    for left_out in (0, 2, 3):
        fewer = [case for place, case in enumerate(whole) if place != left_out]
        assert unheld(document(version | {"cases": [*fewer, *edges]})), left_out


AWARD = next(each for each in packaged_documents() if each.document == "deposit.award")


@pytest.mark.parametrize("name", ["省级二等奖", "市级一等奖", "国家级第六名", "规则施行的前一天"])
def test_leaving_out_a_case_that_holds_something_is_noticed(name: str) -> None:
    whole = AWARD.tree["versions"][0]["cases"]
    fewer = copy.deepcopy(AWARD.tree)
    fewer["versions"][0]["cases"] = Items(case for case in whole if case["name"] != name)
    assert len(fewer["versions"][0]["cases"]) == len(whole) - 1
    assert unheld(RuleDocument(AWARD.file, AWARD.text, fewer))


def test_a_mutant_changes_a_copy_and_leaves_the_document_alone() -> None:
    before = AWARD.digests()
    digests = {mutant.document.digest(mutant.document.tree["versions"][0]) for mutant in mutants(AWARD)}
    assert AWARD.digests() == before
    assert len(digests) > 40
    assert before["1"] not in digests


def test_a_failing_case_says_what_it_got_and_why() -> None:
    wrong = _pass_mark(_case("58", "granted", record__score="58"))
    (outcome, *_) = run_cases(document(wrong))
    assert ("verdict must be granted, it is not_granted") in [en for _, en in outcome.wrong]


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"verdict": "granted"}, "must say its credits"),
        ({"verdict": "granted", "credits": "2.5"}, "credits must be 2.5, it is 3"),
        ({"verdict": "granted", "credits": "3", "warns": ["c"]}, "warns must be c"),
        ({"verdict": "granted", "credits": "3", "scheme": "community"}, "scheme must be community, it is training"),
        ({"verdict": "granted", "credits": "3.00", "scheme": "training"}, ""),
    ],
)
def test_a_case_is_held_to_every_word_it_expects(expect: dict[str, Any], said: str) -> None:
    found = run_cases(document({"given": GIVEN, "cases": [{"name": "one", "expect": expect}]}))
    assert [said in en for _, en in found[0].wrong] == ([True] if said else [])


@pytest.mark.parametrize("facts", [{"record.scores": "60"}, {"record.score": "sixty"}, {"record.team": "true"}])
def test_a_case_with_a_fact_that_does_not_exist_is_refused(facts: dict[str, str]) -> None:
    with pytest.raises(RulesRefused):
        run_cases(document({"cases": [{"name": "one", "facts": facts, "expect": {"verdict": "unknown"}}]}))


def test_the_check_prints_a_line_per_case_and_fails_on_what_does_not_hold(tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(text_of({"given": GIVEN, "cases": EDGES}), encoding="utf-8")
    lines, holds = check([good])
    assert holds, lines
    assert lines == [f"ok  deposit.test v1  {edge['name']}" for edge in EDGES]
    assert check([tmp_path]) == (lines, True)

    loose = tmp_path / "loose.yaml"
    loose.write_text(text_of({"given": GIVEN, "cases": EDGES[:2]}, document="deposit.loose"), encoding="utf-8")
    lines, holds = check([loose])
    assert not holds
    assert any("loose.yaml:" in line and "no case notices" in line for line in lines)

    lines, holds = check([tmp_path])
    assert not holds

    loose.write_text(text_of({"given": GIVEN, "cases": EDGES}, document="deposit.loose"), encoding="utf-8")
    lines, holds = check([tmp_path])
    assert not holds
    assert any("overlaps" in line for line in lines)

    loose.write_text("document: x\n", encoding="utf-8")
    lines, holds = check([loose])
    assert not holds
    assert any(line.startswith("FAIL  loose.yaml") for line in lines)

    loose.write_bytes("规则".encode("gb18030"))
    assert "UTF-8" in check([loose])[0][1]
    lines, holds = check([tmp_path / "none.yaml"])
    assert (holds, "no such file" in lines[1]) == (False, True)
    (tmp_path / "empty").mkdir()
    assert check([tmp_path / "empty"]) == ([], False)


def test_a_figure_in_a_named_amount_is_held_like_any_other() -> None:
    amount = {"start": {"fact": "course.credits"}, "then": [{"not_above": "2"}]}
    version = {
        "names": {"n": named("credits", amount)},
        "gives": {"credits": {"named": "n"}, "scheme": "training"},
        "given": GIVEN,
    }
    low = {"name": "1.5", "facts": {"course.credits": "1.5"}, "expect": {"verdict": "granted", "credits": "1.5"}}
    high = {"name": "3", "expect": {"verdict": "granted", "credits": "2"}}
    edges = [{**edge, "facts": {**edge["facts"], "course.credits": "1"}} for edge in EDGES]
    edges[0]["expect"] = {"verdict": "granted", "credits": "1"}
    assert unheld(document(version | {"cases": [high, *edges]})) == []
    words = {problem.en for problem in unheld(document(version | {"cases": [low, *edges]}))}
    assert "no case notices: the step `not_above` left out" in words


def test_a_document_that_only_limits_is_held_to_its_cases_alone() -> None:
    cap = {
        "id": "half",
        "says": SAYS,
        "cites": ["source"],
        "cap": {"sum": {"fact": "conversion.credits"}, "over": "conversions"},
        "at_most": "10",
    }
    given = {"plan.level": "higher_vocational", "claim.on": "2020-01-01", "conversion.credits": "2"}
    cases = [
        {"name": "8 + 2", "rows": _stands("8"), "expect": {"verdict": "granted"}},
        {"name": "8.5 + 2", "rows": _stands("8.5"), "expect": {"verdict": "not_granted", "clause": "half"}},
        {
            "name": "day before",
            "facts": {"claim.on": "2019-12-31"},
            "expect": {"verdict": "unknown", "clause": "version"},
        },
    ]
    limit = document(
        {"gives": None, "clauses": [cap], "given": given, "cases": cases},
        question="conversion",
        applies={"plan.level": ["higher_vocational"]},
        version_by={"fact": "claim.on", "because": SAYS},
    )
    assert [outcome.wrong for outcome in run_cases(limit)] == [(), (), ()]
    assert unheld(limit) == []


def _stands(credits_: str) -> dict[str, Any]:
    return {"conversions": [{"conversion.credits": credits_}]}
