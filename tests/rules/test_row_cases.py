"""Cases that speak of rows, and their mutation: what no case holds is found in caps, measures, sets and periods too."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.rules import RulesRefused
from creditbank.rules.cases import case_facts, run_cases, unheld
from creditbank.rules.questions import check_facts
from tests.rules.converting import also, capped, clause, document
from tests.rules.writing import named

GIVEN = {
    "plan.level": "higher_vocational",
    "claim.on": "2024-03-04",
    "record.result": "passed",
    "record.content": "welding",
    "course.credits": "3",
    "course.category": "专业课",
}
EDGES: list[dict[str, Any]] = [
    {"name": "first day", "facts": {"claim.on": "2020-01-01"}, "expect": {"verdict": "granted", "credits": "3"}},
    {"name": "before", "facts": {"claim.on": "2019-12-31"}, "expect": {"verdict": "unknown", "clause": "version"}},
    {"name": "failed", "facts": {"record.result": "failed"}, "expect": {"verdict": "not_granted", "clause": "passed"}},
    {"name": "none", "facts": {"record.result": "none"}, "expect": {"verdict": "not_granted", "clause": "passed"}},
    {
        "name": "exempted",
        "facts": {"record.result": "exempted"},
        "expect": {"verdict": "not_granted", "clause": "passed"},
    },
    {
        "name": "twice",
        "rows": {"uses": [{"record.id": "this"}]},
        "expect": {"verdict": "not_granted", "clause": "once"},
    },
]


def case(name: str, clause_: str = "", /, **words: Any) -> dict[str, Any]:
    """A case that is granted three credits, or refused by a clause."""
    expect = {"verdict": "not_granted", "clause": clause_} if clause_ else {"verdict": "granted", "credits": "3"}
    return {"name": name, "expect": expect, **words}


def loose(*cases: dict[str, Any], **version: Any) -> set[str]:
    """What no case holds, in English; every case must come out as it says."""
    whole = document({"given": GIVEN, **version, "cases": [*EDGES, *cases]})
    assert [(outcome.name, outcome.wrong) for outcome in run_cases(whole) if outcome.wrong] == []
    return {problem.en.removeprefix("no case notices: ") for problem in unheld(whole)}


SUM = {
    "sum": {"fact": "conversion.credits"},
    "over": "conversions",
    "where": {"fact": "course.category", "is": "专业课"},
}
OTHER = {"conversion.credits": "9", "course.category": "公共课"}


def stand(credits_: str, *more: dict[str, str]) -> dict[str, Any]:
    """Rows of conversions."""
    return {"rows": {"conversions": [{"conversion.credits": credits_, "course.category": "专业课"}, *more]}}


def test_a_cap_needs_cases_on_both_sides_of_its_limit_and_of_what_it_counts() -> None:
    clauses = also(capped("ten", "10", **SUM))
    full, room = case("full", "ten", **stand("7.5")), case("room", **stand("7", OTHER))
    assert loose(full, room, clauses=clauses) == set()
    assert loose(room, clauses=clauses) >= {"the clause left out", "10: 10.5 instead"}
    assert loose(full, clauses=clauses) >= {"10: 9.5 instead", "`where` left out"}


def test_a_share_needs_cases_on_both_sides() -> None:
    names = {"total": named("credits", {"sum": {"fact": "course.credits"}, "over": "courses"})}
    clauses = also(capped("share", {"share": "20%", "of": {"named": "total"}}, **SUM))
    courses = {"courses": [{"course.credits": "50"}]}
    over = case("over", "share", rows={**courses, **stand("7.5")["rows"]})
    just = case("just", rows={**courses, **stand("7", OTHER)["rows"]})
    edges = {"rows": courses}
    assert loose(over, just, clauses=clauses, names=names, **edges) == set()
    assert loose(over, clauses=clauses, names=names, **edges) >= {"20%: 19% instead"}
    assert loose(just, clauses=clauses, names=names, **edges) >= {"20%: 21% instead"}


def test_the_groups_of_a_cap_need_a_case_that_tells_them_apart() -> None:
    per = [{"fact": "course.category"}, {"fact": "conversion.term"}]
    clauses = also(capped("per", "1", count="conversions", per=per))
    given = GIVEN | {"claim.term": "1"}
    same = {"course.category": "专业课", "conversion.term": "1"}
    over = case("over", "per", rows={"conversions": [same]})
    term = case("term", rows={"conversions": [same | {"conversion.term": "2"}]})
    category = case("category", rows={"conversions": [same | {"course.category": "公共课"}]})
    version = {"clauses": clauses, "given": given}
    assert loose(over, term, category, **version) == set()
    assert "conversion.term left out of `per`" in loose(over, category, **version)
    assert "course.category left out of `per`" in loose(over, term, **version)


def test_a_period_needs_cases_on_both_days() -> None:
    names = {"first": named("record.occurred_on", {"start": {"fact": "claim.on"}, "then": [{"earlier_by": "6 years"}]})}
    clauses = also(clause("window", require={"fact": "record.occurred_on", "at_least": {"named": "first"}}))
    day = {"record.occurred_on": "2018-03-04"}
    inside, outside = case("inside", facts=day), case("outside", "window", facts={"record.occurred_on": "2018-03-03"})
    edges = GIVEN | {"record.occurred_on": "2019-12-31"}
    version = {"clauses": clauses, "names": names, "given": edges}
    assert loose(inside, outside, **version) == set()
    assert loose(inside, **version) >= {"6 years: 7 years instead", "`otherwise` warn instead of refuse"}
    assert loose(outside, **version) >= {"6 years: 5 years instead"}


def test_what_gives_way_needs_a_case_in_which_it_does() -> None:
    clauses = also(
        clause("instead", replaces={"over": "uses", "per": [{"fact": "record.content"}]}),
        capped("one", "1", count="uses", per=[{"fact": "record.content"}]),
    )
    use = {"uses": [{"id": "k1", "record.id": "old", "record.content": "welding"}]}
    gone = {"name": "gone", "rows": use, "expect": {"verdict": "granted", "credits": "3", "replaces": ["k1"]}}
    two = {"uses": [{"record.content": "turning", "record.id": "a"}, {"record.content": "turning", "record.id": "b"}]}
    assert "the clause left out" in loose(case("two", rows=two), clauses=clauses)
    assert "the clause left out" not in {
        each for each in loose(gone, case("two", rows=two), clauses=clauses) if "instead" in each
    }
    whole = document({"given": GIVEN, "clauses": clauses, "cases": [gone]})
    gone["expect"] = {"verdict": "granted", "credits": "3"}
    missing = document({"given": GIVEN, "clauses": clauses, "cases": [gone]})
    assert [outcome.wrong for outcome in run_cases(whole)] == [()]
    ((said,),) = [outcome.wrong for outcome in run_cases(missing)]
    assert said[1] == "replaces must be , it is k1"


def test_every_output_of_a_granted_case_is_said() -> None:
    gives = {"credits": {"fact": "course.credits"}, "in_average": "no", "grade_text": "exempt"}
    whole = document({"given": GIVEN, "gives": gives, "cases": [case("one")]})
    (outcome,) = run_cases(whole)
    assert [en for _, en in outcome.wrong] == [
        "a granted case must say its grade_text",
        "a granted case must say its in_average",
    ]
    said = {"verdict": "granted", "credits": "3", "grade_text": "exempt", "in_average": "no"}
    assert (
        run_cases(document({"given": GIVEN, "gives": gives, "cases": [{"name": "x", "expect": said}]}))[0].wrong == ()
    )
    said = said | {"in_average": "yes"}
    (outcome,) = run_cases(document({"given": GIVEN, "gives": gives, "cases": [{"name": "x", "expect": said}]}))
    assert [en for _, en in outcome.wrong] == ["in_average must be yes, it is no"]


def _facts(**case_: Any) -> dict[str, Any]:
    whole = document({"given": GIVEN, "cases": [case("x", **case_)]})
    version = whole.versions[0]
    facts = case_facts(whole, version, version["cases"][0])
    check_facts("conversion", facts)
    return facts


def test_a_set_that_a_case_does_not_list_is_empty_and_one_that_it_leaves_out_is_unknown() -> None:
    facts = _facts()
    assert [facts[name] for name in ("conversions", "uses", "courses", "records", "interruptions")] == [[]] * 5
    assert facts["sources"] == [{"id": "this", "record": {"result": "passed", "content": "welding"}}]
    assert facts["claim"] == {"on": "2024-03-04", "sources": 1}
    assert "courses" not in _facts(without=["courses"])
    assert "content" not in _facts(without=["record.content"])["record"]


def test_several_sources_of_a_case_leave_no_record_beside_them() -> None:
    facts = _facts(rows={"sources": [{"id": "a", "record.result": "passed"}, {"record.result": "failed"}]})
    assert [row["id"] for row in facts["sources"]] == ["a", "row-2"]
    assert facts["claim"]["sources"] == 2
    assert "record" not in facts
    assert "same" not in facts
    one = _facts(rows={"sources": [{"id": "a", "record.result": "failed"}]})
    assert (one["record"], one["claim"]["sources"]) == ({"result": "failed"}, 1)


def test_credits_of_rows_are_written_in_credits_and_a_truth_as_yes_or_no() -> None:
    facts = _facts(rows={"conversions": [{"conversion.credits": "2.5", "conversion.same_plan": "yes"}]})
    assert facts["conversions"] == [{"id": "row-1", "conversion": {"credits": 250, "same_plan": True}}]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"rows": {"lessons": [{"course.credits": "1"}]}}, "there is no such set: sources"),
        ({"rows": {"courses": [{"record.result": "passed"}]}}, "its rows have course only"),
        ({"rows": {"courses": [{"course.credit": "1"}]}}, "did you mean 'course.credits'"),
        ({"rows": {"courses": [{"course.credits": "0.125"}]}}, "at most two places"),
        ({"facts": {"course.credits": "three"}}, "a number of 0 or more"),
        ({"facts": {"course.subject": "sport"}}, "must be one of politics"),
    ],
)
def test_a_case_that_makes_no_sense_is_refused_at_its_line(words: dict[str, Any], said: str) -> None:
    with pytest.raises(RulesRefused) as error:
        run_cases(document({"given": GIVEN, "cases": [case("x", **words)]}))
    (problem,) = error.value.problems
    assert said in problem.en
    assert problem.line > 1
    assert problem.zh
