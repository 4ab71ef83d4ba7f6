"""Findings word by word: what is kept of a decision is exactly this, so no part of it may change unnoticed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.converting import also, book, capped, clause, decide, finding, line, replayed, source, told
from tests.rules.writing import SAYS, SOURCE, facts, named, rulebook
from tests.rules.writing import clause as asked

CITED = [{"id": "source", **SOURCE}]
GRADE = {"g": {"is": "90", "unit": "percent", "says": SAYS, "cites": ["source"]}}


def graded(**said: Any) -> dict[str, Any]:
    """A version that records a grade, perhaps only when something holds."""
    grade = {"take": {"value": "g"}, **said} if said else {"value": "g"}
    return {"values": GRADE, "gives": {"credits": {"fact": "course.credits"}, "grade": grade}}


def test_a_finding_of_a_clause_is_exactly_this() -> None:
    decided = rulebook({"clauses": [asked({"fact": "record.score", "at_least": "60"})]}).decide("deposit", facts())
    assert finding(decided, "c") == {
        "clause": "c",
        "fact": "record.score",
        "observed": "78",
        "required": {"at_least": "60"},
        "verdict": "met",
        "says_zh": "成绩为 78，符合“不低于 60”",
        "says_en": "score: 78, as required (at least 60)",
        "effect": "refuse",
        "rule_zh": "条文",
        "rule_en": "the rule",
        "citation": CITED,
    }
    final = {**asked({"fact": "record.score", "at_least": "60"}), "final": "yes"}
    assert finding(rulebook({"clauses": [final]}).decide("deposit", facts()), "c")["final"] is True


def test_a_finding_of_what_is_given_is_exactly_this() -> None:
    assert finding(decide(book(graded()), line()), "gives.grade") == {
        "clause": "gives.grade",
        "fact": "grade",
        "observed": "90",
        "required": None,
        "verdict": "met",
        "effect": "give",
        "says_zh": "记载成绩：90（条文 90）",
        "says_en": "grade recorded: 90 (the rule 90)",
        "rule_zh": "记载成绩",
        "rule_en": "grade recorded",
        "citation": CITED,
    }
    assert finding(decide(book(), line()), "gives.credits")["says_en"] == (
        "credits granted: 3 credits (credits of the course 3 credits)"
    )
    plain = {"gives": {"credits": {"fact": "course.credits"}, "grade_text": "exempt"}}
    assert finding(decide(book(plain), line()), "gives.grade_text")["says_zh"] == "成绩记载为：免考"


def test_a_finding_of_what_cannot_be_given_yet_says_what_is_missing() -> None:
    decided = decide(book(), line(course={"credits": None}))
    assert (decided.verdict, decided.clause) == ("unknown", "gives.credits")
    missing = "课程学分（方案和课程目录中都没有这门课程），可由院校教务部门提供"
    assert finding(decided, "gives.credits") == {
        "clause": "gives.credits",
        "fact": "course.credits",
        "observed": None,
        "required": None,
        "verdict": "unknown",
        "missing": ["course.credits"],
        "effect": "give",
        "says_zh": f"认定学分未定：缺少{missing}",
        "says_en": "credits granted not known: credits of the course is missing (the course is in no plan and no "
        "catalogue); the institution's registrar can supply it",
        "rule_zh": "认定学分",
        "rule_en": "credits granted",
        "citation": CITED,
    }


def test_what_is_given_only_when_something_holds_says_so_or_what_leaves_it_open() -> None:
    rules = book(graded(when={"fact": "record.score", "at_least": "60"}))
    decided = decide(rules, line(source(score="60")))
    assert decided.outputs == {"credits": 300, "grade": 90}
    assert finding(decided, "gives.grade")["says_en"] == "grade recorded: 90 (the rule 90)"
    less = decide(rules, line(source(score="59")))
    assert less.outputs == {"credits": 300}
    assert [each for each in less.findings() if each["clause"] == "gives.grade"] == []
    open_ = decide(rules, line())
    assert (open_.verdict, open_.clause) == ("unknown", "gives.grade")
    found = finding(open_, "gives.grade")
    assert (found["fact"], found["observed"], found["verdict"]) == ("record.score", None, "unknown")
    assert found["missing"] == ["record.score"]
    assert found["says_zh"].startswith("记载成绩未定：缺少成绩")
    assert found["says_en"].startswith("grade recorded not known: score is missing")


@pytest.mark.parametrize("otherwise", ["warn", "refuse"])
def test_people_are_said_to_have_judged_only_what_was_referred_to_them(otherwise: str) -> None:
    other = clause("m", require={"fact": "course.category", "is": "选修课"}, otherwise=otherwise)
    decided = decide(book({"clauses": also(other)}), line(course={"category": "专业课"}, judged=["m"]))
    assert "judged" not in finding(decided, "m")
    assert "final" not in finding(decided, "m")


def test_a_measure_shows_its_rows_on_whichever_side_of_a_comparison_it_stands() -> None:
    names = {"m": named("credits", {"sum": {"fact": "record.credits"}, "over": "records"})}
    rows = [{"id": "q1", "record": {"credits": 200}}]
    for condition in ({"named": "m", "at_most": "3"}, {"fact": "course.credits", "at_least": {"named": "m"}}):
        rules = book({"clauses": also(clause("m", require=condition)), "names": names})
        assert finding(decide(rules, line(records=rows)), "m")["rows"] == [{"id": "q1", "counts": "met", "value": "2"}]


def test_a_list_says_whether_it_names_what_may_be_or_what_may_not() -> None:
    listed = {"fact": "record.award_level", "in": ["national", "municipal"]}
    for condition, required in ((listed, "in"), ({"none": [listed]}, "not_in")):
        rules = rulebook({"clauses": [asked(condition)]})
        found = finding(rules.decide("deposit", facts(award_level="national")), "c")
        assert found["required"] == {required: ["national", "municipal"]}


@pytest.mark.parametrize("word", ["at_least", "at_most", "more_than", "less_than"])
def test_a_word_of_an_order_of_its_own_compares_with_nothing_on_either_side(word: str) -> None:
    rules = rulebook({"clauses": [asked({"fact": "certificate.level", word: {"fact": "certificate.level_in_number"}})]})
    for one, other in (("unlevelled", "intermediate"), ("intermediate", "unlevelled")):
        case = {**facts(), "certificate": {"level": one, "level_in_number": other}}
        assert rules.decide("deposit", case).verdict == "unknown"


def test_a_named_amount_is_stated_where_it_can_be_said() -> None:
    names = {
        "m": named("credits", {"start": {"fact": "course.credits"}, "then": [{"plus": {"fact": "record.credits"}}]})
    }
    for wanted, known, verdict in (("yes", 100, "granted"), ("yes", None, "not_granted"), ("no", None, "granted")):
        rules = book({"clauses": also(clause("m", require={"named": "m", "stated": wanted})), "names": names})
        assert told(rules, line(source(credits=known)))[0] == verdict


def test_rows_in_which_a_whole_subject_is_not_there_are_kept_as_they_were() -> None:
    level = {"fact": "certificate.level", "at_least": "intermediate"}
    rules = book({"clauses": also(clause("m", require={"exists": "records", "where": level}))})
    rows: list[dict[str, Any]] = [{"id": "q1", "certificate": None}, {"id": "q2", "certificate": {"level": "advanced"}}]
    decided = decide(rules, line(records=rows))
    assert decided.verdict == "granted"
    assert decided.facts_used()["records"] == [
        {"id": "q1", "this": False, "certificate": {}},
        {"id": "q2", "this": False, "certificate": {"level": "advanced"}},
    ]
    assert replayed(rules, decided).canonical() == decided.canonical()


def test_a_clause_that_demands_nothing_only_states_what_holds() -> None:
    decided = decide(book({"clauses": also(clause("stated"))}), line())
    found = finding(decided, "stated")
    assert (found["effect"], found["verdict"], found["fact"]) == ("state", "met", "")
    assert (found["says_zh"], found["says_en"]) == ("条款 stated", "clause stated")


def test_a_certificate_without_an_end_is_said_to_have_none() -> None:
    rules = rulebook({"clauses": [asked({"fact": "record.valid_until", "at_least": {"fact": "record.occurred_on"}})]})
    found = finding(rules.decide("deposit", facts()), "c")
    assert found["observed"] == "9999-12-31"
    assert found["says_zh"].startswith("有效期至为 长期有效，")
    assert found["says_en"].startswith("valid until: it never ends, ")


def test_what_only_the_bank_tells_apart_is_not_said_of_a_group() -> None:
    rules = book({"clauses": also(capped("per", "1", count="uses", per=[{"fact": "record.content"}]))})
    found = finding(decide(rules, line(source(content="8f3a"))), "per")
    assert "8f3a" not in found["says_zh"] + found["says_en"]


def test_what_is_given_cites_all_that_it_is_made_of_in_the_order_in_which_it_is() -> None:
    def chosen(of: Any, cites: str) -> dict[str, Any]:
        return {"says": SAYS, "gives": "credits", "amount": of, "cites": [cites]}

    passed = {"when": {"fact": "record.result", "is": "passed"}, "take": {"named": "plain"}}
    table = {"says": SAYS, "cites": ["table"], "by": [{"named": "either"}], "gives": {"credits": "credits"}}
    more = [{"plus": {"value": "more"}}, {"plus": {"table": "t"}}]
    whole: dict[str, Any] = {
        "citations": {name: {**SOURCE, "title": name} for name in ("source", *"abc", "more", "table", "kind")},
        "values": {"more": {"is": "1", "unit": "credits", "says": SAYS, "cites": ["more"]}},
        "tables": {"t": {**table, "rows": [[{"from": "0"}, "1"]]}},
        "names": {
            "worth": chosen({"start": {"named": "either"}, "then": more}, "a"),
            "either": chosen({"choose": [passed, {"otherwise": {"fact": "course.credits"}}]}, "b"),
            "plain": chosen({"fact": "course.credits"}, "c"),
        },
        "clauses": also(clause("kind", require={"fact": "record.kind", "is": "certificate"}) | {"cites": ["kind"]}),
        "gives": {"credits": {"named": "worth"}},
    }  # fmt: skip
    decided = decide(book(whole), line())
    assert decided.outputs["credits"] == 300 + 100 + 100
    cited = finding(decided, "gives.credits")["citation"]
    assert [each["id"] for each in cited] == ["a", "b", "c", "more", "table"]
    whole |= {"citations": dict.fromkeys(("source", "kind"), SOURCE), "gives": {"credits": {"fact": "course.credits"}}}
    plain = finding(decide(book({**whole, "names": None, "tables": None, "values": None}), line()), "gives.credits")
    assert [each["id"] for each in plain["citation"]] == ["source", "kind"], "what its clauses stand on"
