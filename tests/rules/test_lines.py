"""Lines of claims, whatever is known: order changes nothing, replays are exact, what is certain stays so."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditbank.rules import FactNotReadable, Rulebook, RulesRefused
from creditbank.rules.questions import check_facts
from tests.rules.converting import (
    ONCE,
    PASSED,
    also,
    book,
    capped,
    clause,
    decide,
    document,
    line,
    replayed,
    source,
    stood,
)
from tests.rules.writing import SAYS, named

CATEGORY = {"fact": "course.category", "is": "专业课"}
NAMES = {
    "plan-credits": named("credits", {"sum": {"fact": "course.credits"}, "over": "courses", "where": CATEGORY}),
    "records-passed": named("count", {"count": "records", "where": {"fact": "record.result", "is": "passed"}}),
    "contents": named("count", {"count": "records", "once_per": {"fact": "record.content"}}),
    "best-credits": named("credits", {"highest": {"fact": "record.credits"}, "over": "records", "if_none": "0"}),
    "of-the-best": named("credits", {"sum": {"fact": "record.credits"}, "over": "best"}),
}
SETS = {
    "best": {
        "says": SAYS,
        "cites": ["source"],
        "of": "records",
        "where": {"fact": "record.result", "is": "passed"},
        "best": [{"highest": {"fact": "record.score"}, "unstated": "unknown"}, {"lowest": {"fact": "record.id"}}],
        "per": [{"fact": "record.content"}],
    },
    "good": {"says": SAYS, "cites": ["source"], "of": "sources", "where": {"fact": "record.score", "at_least": "60"}},
}
POOL: list[dict[str, Any]] = [
    capped(
        "share",
        {"share": "50%", "of": {"named": "plan-credits"}},
        sum={"fact": "conversion.credits"},
        over="conversions",
        where=CATEGORY,
    ),
    capped("per-term", "2", count="conversions", per=[{"fact": "conversion.term"}]),
    capped(
        "per-category", "4", sum={"fact": "conversion.credits"}, over="conversions", per=[{"fact": "course.category"}]
    ),
    capped("per-content", "1", count="uses", per=[{"fact": "record.content"}]),
    capped(
        "per-content-of-good",
        "1",
        count="uses",
        where={"fact": "record.score", "at_least": "60"},
        per=[{"fact": "record.content"}],
    ),
    capped("warned", "1", count="uses", where={"fact": "conversion.same_plan", "is": "yes"}, otherwise="warn"),
    clause("each-source", each="sources", require={"fact": "record.score", "at_least": "60"}),
    clause("each-good", each="good", require={"fact": "record.result", "is": "passed"}, otherwise="refer"),
    clause(
        "each-unless",
        each="sources",
        unless={"fact": "record.score", "at_least": "85"},
        require={"fact": "record.result", "is": "passed"},
    ),
    clause("no-failure", require={"every": "records", "has": {"fact": "record.result", "is": "passed"}}),
    clause("some-pass", require={"exists": "records", "where": {"fact": "record.score", "at_least": "60"}}),
    clause(
        "not-done",
        require={
            "none": [{"exists": "conversions", "where": {"fact": "course.category", "is": {"fact": "course.category"}}}]
        },
        when=CATEGORY,
    ),
    clause("enough", require={"named": "records-passed", "at_least": "1"}),
    clause("varied", require={"named": "contents", "at_most": "2"}),
    clause("worth", require={"fact": "course.credits", "at_most": {"named": "best-credits"}}),
    clause("worth-best", require={"fact": "course.credits", "at_most": {"named": "of-the-best"}}),
]
GIVES = {
    "credits": {"fact": "course.credits"},
    "grade": {
        "choose": [{"when": CATEGORY, "take": {"fact": "record.score"}}, {"otherwise": {"fact": "record.score"}}]
    },
}


def _rules(*names: str, **version: Any) -> Rulebook:
    chosen = [each for each in POOL if each["id"] in names]
    text = json.dumps(chosen)
    names_ = {name: said for name, said in NAMES.items() if f'"{name}"' in text}
    sets = {name: said for name, said in SETS.items() if f'"{name}"' in text or f'"{name}"' in json.dumps(names_)}
    every = clause("all-passed", each="sources", require={"fact": "record.result", "is": "passed"})
    return book({"clauses": [every, ONCE, *chosen], "names": names_ or None, "sets": sets or None, **version})


FEW = min(20, settings().max_examples)
RULEBOOKS = {each["id"]: _rules(each["id"]) for each in POOL} | {"whole": _rules(*(each["id"] for each in POOL))}
RECORD = {
    "result": st.sampled_from(["passed", "passed", "failed", None]),
    "score": st.sampled_from(["59", "60", "85", None]),
    "content": st.sampled_from(["a", "b", None]),
    "credits": st.sampled_from([200, 400, None]),
}
COURSE = {
    "category": st.sampled_from(["专业课", "公共课", None]),
    "credits": st.sampled_from([100, 300, None]),
}
CONVERSION = {
    "credits": st.sampled_from([100, 200, None]),
    "term": st.sampled_from(["1", "2", None]),
    "same_plan": st.sampled_from([True, False]),
}
VALUES: dict[str, list[Any]] = {
    "result": ["passed", "failed"],
    "score": ["59", "60", "85"],
    "content": ["a", "b"],
    "category": ["专业课", "公共课"],
    "term": ["1", "2"],
}


def _some(fields: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


def _rows(subjects: dict[str, dict[str, Any]], most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(_some({subject: _some(fields) for subject, fields in subjects.items()}), max_size=most)


LINES = st.fixed_dictionaries(
    {
        "sources": st.lists(_some({"record": _some(RECORD)}), min_size=1, max_size=2),
        "course": _some(COURSE),
        "term": CONVERSION["term"],
        "conversions": st.one_of(_rows({"conversion": CONVERSION, "course": COURSE}, 3), st.none()),
        "uses": st.one_of(_rows({"conversion": CONVERSION, "record": RECORD}, 3), st.none()),
        "courses": st.one_of(_rows({"course": COURSE}, 3), st.none()),
        "records": st.one_of(_rows({"record": RECORD}, 3), st.none()),
    }
)


def _facts(said: dict[str, Any]) -> dict[str, Any]:
    """Generated rows as facts: each with an id, one use in three of the record that this line uses."""
    whole: dict[str, Any] = copy.deepcopy(said)
    for name in ("sources", "conversions", "courses", "records"):
        for place, row in enumerate(whole[name] or ()):
            row["id"] = f"{name[0]}{place}"
    for place, row in enumerate(whole["uses"] or ()):
        row["id"] = f"u{place}:x"
        row["record"]["id"] = ("s0", "other", "s1")[place % 3]
    rows = {name: whole[name] for name in ("conversions", "uses", "courses", "records") if whole[name] is not None}
    gone = {name: ... for name in ("conversions", "uses", "courses", "records") if whole[name] is None}
    claim = {"on": "2024-03-04", "term": whole["term"], "sources": len(whole["sources"])}
    return line(*whole["sources"], course=whole["course"], claim=claim, **rows, **gone)


@pytest.mark.parametrize("name", RULEBOOKS)
@settings(max_examples=FEW)
@given(said=LINES)
def test_what_a_decision_stored_of_its_facts_decides_again_to_the_same_bytes(name: str, said: dict[str, Any]) -> None:
    decided = decide(RULEBOOKS[name], _facts(said))
    assert replayed(RULEBOOKS[name], decided).canonical() == decided.canonical()


@pytest.mark.parametrize("name", RULEBOOKS)
@settings(max_examples=FEW)
@given(said=LINES, data=st.data())
def test_the_order_of_rows_changes_no_byte_of_a_decision(name: str, said: dict[str, Any], data: st.DataObject) -> None:
    facts = _facts(said)
    mixed = {
        key: data.draw(st.permutations(value)) if isinstance(value, list) else value for key, value in facts.items()
    }
    assert decide(RULEBOOKS[name], mixed).canonical() == decide(RULEBOOKS[name], facts).canonical()


@pytest.mark.parametrize("name", RULEBOOKS)
@settings(max_examples=FEW)
@given(said=LINES, data=st.data())
def test_what_is_certain_stays_so_however_the_gaps_are_filled(
    name: str, said: dict[str, Any], data: st.DataObject
) -> None:
    decided = decide(RULEBOOKS[name], _facts(said))
    if decided.verdict == "unknown":
        return

    def fill(node: Any, key: str) -> Any:
        if isinstance(node, dict):
            return {each: fill(value, each) for each, value in node.items()}
        if isinstance(node, list):
            return [fill(each, key) for each in node]
        if node is not None:
            return node
        if key in ("conversions", "uses", "courses", "records"):
            subjects = {
                "conversions": {"conversion": CONVERSION, "course": COURSE},
                "uses": {"conversion": CONVERSION, "record": RECORD},
                "courses": {"course": COURSE},
                "records": {"record": RECORD},
            }[key]
            return fill(data.draw(_rows(subjects, 2)), key)
        return data.draw(st.sampled_from(VALUES.get(key, [100, 400])))

    again = decide(RULEBOOKS[name], _facts(fill(said, "")))
    assert (again.verdict, again.clause) == (decided.verdict, decided.clause) or (
        again.verdict == decided.verdict == "not_granted"
    )
    assert again.outputs == decided.outputs


@pytest.mark.parametrize("name", RULEBOOKS)
@settings(max_examples=FEW)
@given(said=LINES)
def test_the_clause_that_decided_has_a_finding_that_says_so(name: str, said: dict[str, Any]) -> None:
    decided = decide(RULEBOOKS[name], _facts(said))
    findings = decided.findings()
    assert all(each["says_zh"] and each["says_en"] for each in findings)
    expected = {"not_granted": {"not_met"}, "unknown": {"unknown", "not_met"}, "granted": {"met"}}[decided.verdict]
    if decided.clause != "gives":
        # A cap tells every group that the line is in, also those that have room.
        assert expected & {each["verdict"] for each in findings if each["clause"] == decided.clause}
    if decided.verdict == "granted":
        unwarned = [each for each in findings if each["effect"] not in ("warn",)]
        assert {each["verdict"] for each in unwarned} <= {"met", "exempt"}
    warned = {each["clause"] for each in findings if each["effect"] == "warn" and each["verdict"] != "met"}
    assert warned == set(decided.warned)


@given(said=LINES)
def test_generated_lines_are_made_of_declared_facts(said: dict[str, Any]) -> None:
    check_facts("conversion", _facts(said))


def test_a_line_that_uses_no_record_is_refused_as_facts_and_never_granted() -> None:
    facts = line(source())
    with pytest.raises(FactNotReadable, match="at least one record"):
        decide(book(), {**facts, "sources": []})


def test_a_line_of_which_the_records_are_not_known_is_not_granted() -> None:
    decided = decide(book(), {**line(), "sources": None})
    assert (decided.verdict, decided.clause) == ("unknown", "once")


def test_with_several_sources_what_a_record_is_stands_in_the_rows_alone() -> None:
    two = line(source("r1"), source("r2"))
    decided = decide(book(), two)
    assert (decided.verdict, decided.clause) == ("unknown", "passed")
    every = clause("every", require={"every": "sources", "has": PASSED["require"]})
    assert decide(book({"clauses": [every, ONCE]}), two).verdict == "granted"
    one_failed = line(source("r1"), source("r2", result="failed"))
    assert decide(book({"clauses": [every, ONCE]}), one_failed).verdict == "not_granted"


def test_two_rows_with_one_id_are_not_facts() -> None:
    with pytest.raises(FactNotReadable, match="same id"):
        check_facts("conversion", line(conversions=[stood("a"), stood("a")]))


def test_a_clause_about_rows_says_which_row_it_is_about() -> None:
    decided = decide(RULEBOOKS["each-source"], line(source("b", score="59"), source("a", score="60")))
    assert (decided.verdict, decided.clause) == ("not_granted", "each-source")
    (found,) = [each for each in decided.findings() if each["clause"] == "each-source"]
    assert (found["row"], found["observed"], found["verdict"]) == ("b", "59", "not_met")
    assert found["says_zh"].startswith("第 2 条：成绩 59")
    assert found["says_en"].startswith("no. 2: score: 59")


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        (("59", None), "not_granted"),
        (("60", None), "unknown"),
        ((None, None), "unknown"),
        (("60", "85"), "granted"),
        (("60",), "granted"),
        (("59",), "not_granted"),
    ],
)
def test_one_row_that_fails_refuses_and_one_that_is_open_leaves_it_open(scores: Any, verdict: str) -> None:
    rows = [source(f"r{place}", score=score) for place, score in enumerate(scores)]
    assert decide(RULEBOOKS["each-source"], line(*rows)).verdict == verdict


@pytest.mark.parametrize(
    ("score", "result", "verdict"),
    [
        (None, "failed", "unknown"),
        (None, "passed", "granted"),
        ("60", "failed", "unknown"),
        ("59", "failed", "granted"),
        ("60", None, "unknown"),
    ],
)
def test_a_row_that_only_may_be_in_the_set_neither_refuses_nor_is_passed_over(
    score: str | None, result: str | None, verdict: str
) -> None:
    good = clause("good", each="good", require={"fact": "record.result", "is": "passed"})
    always = clause("always", require={"fact": "plan.level", "stated": "yes"})
    rules = book({"clauses": [always, ONCE, good], "sets": {"good": SETS["good"]}})
    wanted = "not_granted" if (score, result) == ("60", "failed") else verdict
    assert decide(rules, line(source(score=score, result=result))).verdict == wanted


def test_silence_does_not_grant_where_every_condition_is_asked_of_rows_that_may_not_be_there() -> None:
    only = clause("only", each="interruptions", require={"fact": "interruption.days", "at_most": "30"})
    with pytest.raises(RulesRefused, match="silence would grant"):
        Rulebook.load([document({"clauses": [only, ONCE]})])
    Rulebook.load([document({"clauses": [clause("all", each="sources", require=PASSED["require"]), ONCE]})])


def test_a_decision_about_a_line_keeps_only_what_its_document_reads() -> None:
    """And by which course one knows a conversion that might be given up."""
    clauses = [PASSED, ONCE, capped("per", "9", count="conversions", per=[{"fact": "record.term"}], where=CATEGORY)]
    whole = source("r1", score="77", term="2", content="secret", occurred_on="2023-01-01")
    claim = {"on": "2024-03-04", "sources": 1, "term": "1", "academic_year": "2023", "wants": "credits"}
    before = stood("k", course={"category": "公共课", "code": "c9"}, record={"term": "1", "score": "60"})
    used = {
        "id": "k:r0",
        "conversion": {"credits": 300},
        "record": {"id": "r0", "score": "60"},
        "course": {"code": "c9"},
    }
    facts = line(whole, course={"category": "专业课"}, claim=claim, conversions=[before], uses=[used])
    decided = decide(book({"clauses": clauses}), {**facts, "records": [{"id": "r1", "record": {"score": "77"}}]})
    assert decided.facts_used() == {
        "claim": {"on": "2024-03-04"},
        "course": {"category": "专业课", "credits": 300},
        "plan": {"level": "higher_vocational"},
        "record": {"result": "passed", "term": "2"},
        "sources": [{"id": "r1", "this": False, "record": {"term": "2"}}],
        "conversions": [
            {"id": "k", "this": False, "course": {"category": "公共课", "code": "c9"}, "record": {"term": "1"}}
        ],
        "uses": [{"id": "k:r0", "this": False, "record": {"id": "r0"}, "course": {"code": "c9"}}],
    }


def test_of_rows_that_are_no_conversions_not_even_the_course_is_kept() -> None:
    asked = clause("some", require={"exists": "records", "where": {"fact": "record.score", "at_least": "60"}})
    facts = line(records=[{"id": "r1", "record": {"score": "77"}, "course": {"code": "c7"}}])
    used = decide(book({"clauses": also(asked)}), facts).facts_used()
    assert used["records"] == [{"id": "r1", "this": False, "record": {"score": "77"}}]
    assert "same" not in used, "of which nothing is asked"
