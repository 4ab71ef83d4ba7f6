"""Caps: judged on what stands once the line does, group by group, and never refused for what is only possible."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.converting import ONCE, also, book, capped, clause, decide, finding, line, source, stood, told
from tests.rules.writing import SAYS, named

MAJOR = {"fact": "course.category", "is": "专业课"}
SUM = {"sum": {"fact": "conversion.credits"}, "over": "conversions"}
TEN = book({"clauses": also(capped("ten", "10", **SUM, where=MAJOR))})


def major(row_id: str, credits_: int | None, category: str | None = "专业课") -> dict[str, Any]:
    """A conversion of a professional course."""
    return stood(row_id, credits_=credits_, course={} if category is None else {"category": category})


@pytest.mark.parametrize(("before", "verdict"), [(600, "granted"), (700, "granted"), (701, "not_granted")])
def test_a_cap_is_judged_with_the_line_itself_and_its_limit_may_be_reached(before: int, verdict: str) -> None:
    assert told(TEN, line(course={"category": "专业课"}, conversions=[major("a", before)]))[0] == verdict


def test_a_cap_asks_nothing_of_a_line_that_it_does_not_count() -> None:
    decided = decide(TEN, line(course={"category": "公共课"}, conversions=[major("a", 9_900)]))
    assert decided.verdict == "granted"
    assert [each for each in decided.findings() if each["clause"] == "ten"] == []


def test_a_cap_counts_only_what_it_says_it_counts() -> None:
    rows = [major("a", 700), major("b", 9_900, "公共课")]
    assert told(TEN, line(course={"category": "专业课"}, conversions=rows))[0] == "granted"


@pytest.mark.parametrize(
    ("rows", "category", "verdict"),
    [
        ([major("a", None)], "专业课", "unknown"),  # a weight is not known
        ([major("a", 100, None)], "专业课", "unknown"),  # whether a row counts is not known
        ([major("a", None, None)], "专业课", "unknown"),
        ([major("a", 800), major("b", None)], "专业课", "not_granted"),  # too much already, whatever b is
        ([major("a", 800), major("b", 100, None)], "专业课", "not_granted"),
        ([major("a", None, "公共课")], "专业课", "granted"),  # what does not count need not be known
        ([major("a", 100)], None, "unknown"),  # whether the line counts is not known
        ([major("a", 1_100)], None, "unknown"),  # over the limit before, but the line may not count
        ([], None, "unknown"),
        (..., "专业课", "unknown"),  # what stands is not known
        (..., "公共课", "unknown"),
    ],
)
def test_what_is_not_known_leaves_a_cap_open_unless_what_is_known_is_too_much(
    rows: Any, category: str | None, verdict: str
) -> None:
    assert told(TEN, line(course={"category": category}, conversions=rows))[0] == verdict


def test_an_open_cap_names_what_is_missing_of_which_rows() -> None:
    full = {"category": "专业课"}
    for rows, missing in (
        ([major("a", None)], ["conversion.credits"]),
        ([major("a", 100, None)], ["course.category"]),
        ([major("a", 100, None), major("b", None)], ["course.category", "conversion.credits"]),
    ):
        found = finding(decide(TEN, line(course=full, conversions=rows)), "ten")
        assert (found["verdict"], found["missing"]) == ("unknown", missing)
        assert found["required"] == {"at_most": "10"}
    found = finding(decide(PER, line(course={"category": None})), "per")
    assert found["missing"] == ["course.category"]
    assert "缺少课程类别" in found["says_zh"]


def test_a_set_of_the_document_goes_before_one_of_the_question_of_the_same_name() -> None:
    mine = {"says": SAYS, "cites": ["source"], "of": "uses", "where": {"fact": "record.kind", "is": "online_course"}}
    rules = book({"clauses": also(capped("online", "0", count="uses")), "sets": {"uses": mine}})
    assert told(rules, line(source("r1", kind="online_course")))[0] == "not_granted"
    assert told(rules, line(source("r1", kind="training")))[0] == "granted"


def test_a_line_of_unknown_credits_leaves_a_cap_open_but_not_one_that_is_exceeded_without_it() -> None:
    unknown = {"category": "专业课", "credits": None}
    assert told(TEN, line(course=unknown, conversions=[major("a", 900)])) == ("unknown", "ten")
    assert told(TEN, line(course=unknown, conversions=[major("a", 1_001)])) == ("not_granted", "ten")


def test_a_limit_that_is_not_known_is_never_reached() -> None:
    clauses = also(capped("half", {"share": "50%", "of": {"fact": "plan.total_credits"}}, **SUM))
    rules = book({"clauses": clauses})
    full = [stood("a", credits_=99_999)]
    assert told(rules, line(conversions=full)) == ("unknown", "half")
    known = {"level": "higher_vocational", "total_credits": 600}
    assert told(rules, line(conversions=full, plan=known)) == ("not_granted", "half")
    found = finding(decide(rules, line(conversions=full)), "half")
    assert (found["required"], found["missing"]) == (None, ["plan.total_credits"])


PER = book({"clauses": also(capped("per", "2", count="conversions", per=[{"fact": "course.category"}]))})


@pytest.mark.parametrize(
    ("rows", "category", "verdict"),
    [
        ([("a", "专业课")], "专业课", "granted"),
        ([("a", "专业课"), ("b", "专业课")], "专业课", "not_granted"),
        ([("a", "公共课"), ("b", "公共课"), ("c", "公共课")], "专业课", "granted"),
        ([("a", None)], "专业课", "unknown"),
        ([("a", "专业课"), ("b", "专业课"), ("c", None)], "专业课", "not_granted"),
        ([("a", "专业课"), ("b", "专业课"), ("c", "专业课")], None, "unknown"),
        ([], None, "unknown"),
    ],
)
def test_groups_are_counted_apart_and_one_that_is_not_known_is_open(
    rows: list[tuple[str, str | None]], category: str | None, verdict: str
) -> None:
    stand = [stood(row_id, course={} if said is None else {"category": said}) for row_id, said in rows]
    assert told(PER, line(course={"category": category}, conversions=stand))[0] == verdict


def test_a_cap_with_groups_asks_only_those_that_the_line_is_in() -> None:
    rows = [stood(each, course={"category": "公共课"}) for each in "abcd"]
    decided = decide(PER, line(course={"category": "专业课"}, conversions=rows))
    found = finding(decided, "per")
    assert decided.verdict == "granted"
    assert (found["observed"], found["required"]) == ("1", {"at_most": "2", "before": "0", "line": "1"})


def test_a_record_is_used_once_for_each_of_the_records_of_a_line() -> None:
    use = {"id": "x:r2", "conversion": {"credits": 300}, "record": {"id": "r2"}}
    once = book()
    assert told(once, line(source("r1"), uses=[use])) == ("granted", "gives")
    assert told(once, line(source("r2"), uses=[use])) == ("not_granted", "once")
    found = decide(once, line(source("r1"), source("r2"), uses=[use])).findings()
    assert [each["verdict"] for each in found if each["clause"] == "once"] == ["met", "not_met"]
    unnamed = {"id": "x:r9", "conversion": {"credits": 300}}
    assert told(once, line(source("r1"), uses=[unnamed])) == ("granted", "gives")


def test_a_cap_says_what_was_before_what_the_line_adds_and_what_is_left() -> None:
    decided = decide(TEN, line(course={"category": "专业课"}, conversions=[major("a", 800)]))
    found = finding(decided, "ten")
    assert found["observed"] == "11"
    assert found["required"] == {"at_most": "10", "before": "8", "line": "3"}
    assert found["says_zh"].endswith("此前 8 学分，本次 3 学分，合计 11 学分，上限 10 学分，超出 1 学分")
    assert found["says_en"].endswith(
        "before 8 credits, this 3 credits, together 11 credits, limit 10 credits, 1 credits too much"
    )
    assert [row["id"] for row in found["rows"]] == ["a", "this"]
    room = finding(decide(TEN, line(course={"category": "专业课"}, conversions=[major("a", 650)])), "ten")
    assert room["says_zh"].endswith("余额 0.5 学分")


def test_a_share_of_a_measure_says_of_what() -> None:
    names = {"total": named("credits", {"sum": {"fact": "course.credits"}, "over": "courses", "where": MAJOR})}
    clauses = also(capped("fifth", {"share": "20%", "of": {"named": "total"}}, **SUM, where=MAJOR))
    rules = book({"clauses": clauses, "names": names})
    courses = [{"id": "c", "course": {"category": "专业课", "credits": 8_000}}]
    full = line(course={"category": "专业课"}, conversions=[major("a", 1_400)], courses=courses)
    found = finding(decide(rules, full), "fifth")
    assert found["verdict"] == "not_met"
    assert "上限 16 学分（条文（合计 80 学分（方案内的课程 1 条））的 20%）" in found["says_zh"]
    assert "limit 16 credits (20% of the rule (sum 80 credits (1 of: courses of the plan)))" in found["says_en"]


def test_a_cap_may_be_over_part_of_the_conversions_by_a_named_set() -> None:
    online = {"says": SAYS, "cites": ["source"], "of": "uses", "where": {"fact": "record.kind", "is": "online_course"}}
    rules = book({"clauses": also(capped("online", "1", count="online")), "sets": {"online": online}})
    use = {"id": "x:q", "conversion": {"credits": 300}, "record": {"id": "q", "kind": "online_course"}}
    assert told(rules, line(source("r1", kind="online_course"), uses=[use])) == ("not_granted", "online")
    assert told(rules, line(source("r1", kind="training"), uses=[use])) == ("granted", "gives")
    assert told(rules, line(source("r1", kind=None), uses=[use])) == ("unknown", "online")
    found = finding(decide(rules, line(source("r1", kind=None), uses=[use])), "online")
    assert found["missing"] == ["record.kind"]
    assert "缺少成果类型" in found["says_zh"]


@pytest.mark.parametrize(
    ("kind", "result", "verdict"),
    [
        ("online_course", "passed", "not_granted"),
        ("online_course", "failed", "granted"),
        (None, "failed", "granted"),  # whatever kind it is, it does not count
        ("training", None, "granted"),
        (None, "passed", "unknown"),
        ("online_course", None, "unknown"),
    ],
)
def test_a_row_counts_only_where_both_the_set_and_the_cap_say_so(kind: Any, result: Any, verdict: str) -> None:
    online = {"says": SAYS, "cites": ["source"], "of": "uses", "where": {"fact": "record.kind", "is": "online_course"}}
    cap = capped("online", "0", count="online", where={"fact": "record.result", "is": "passed"})
    always = clause("always", require={"fact": "plan.level", "stated": "yes"})
    rules = book({"clauses": [always, ONCE, cap], "sets": {"online": online}})
    assert told(rules, line(source("r1", kind=kind, result=result)))[0] == verdict


@pytest.mark.parametrize(
    ("otherwise", "verdict", "warned"),
    [("refuse", "not_granted", ()), ("refer", "unknown", ()), ("warn", "granted", ("ten",))],
)
def test_a_cap_says_itself_what_exceeding_it_means(otherwise: str, verdict: str, warned: tuple[str, ...]) -> None:
    rules = book({"clauses": also(capped("ten", "10", **SUM, otherwise=otherwise))})
    decided = decide(rules, line(conversions=[stood("a", credits_=800)]))
    assert (decided.verdict, decided.warned) == (verdict, warned)


def test_an_exemption_of_no_credits_takes_no_room_of_a_cap_on_credits() -> None:
    gives = {"credits": "0", "exemption": "full"}
    rules = book({"clauses": also(capped("ten", "10", **SUM)), "gives": gives})
    decided = decide(rules, line(conversions=[stood("a", credits_=1_000)]))
    assert (decided.verdict, decided.outputs) == ("granted", {"credits": 0, "exemption": "full"})
    kind = capped("once-exempt", "1", count="conversions", where={"fact": "conversion.exemption", "is": "full"})
    counted = book({"clauses": also(kind), "gives": gives})
    exempt = stood("a", credits_=0, conversion={"exemption": "full"})
    assert told(counted, line(conversions=[exempt])) == ("not_granted", "once-exempt")
    assert told(counted, line(conversions=[stood("a", conversion={"exemption": "none"})])) == ("granted", "gives")


@pytest.mark.parametrize(("fact", "claimed"), [("on", "2024-03-04"), ("term", "2"), ("academic_year", "2023")])
def test_the_line_itself_stands_in_the_term_year_and_day_of_its_claim(fact: str, claimed: str) -> None:
    rules = book({"clauses": also(capped("per", "1", count="conversions", per=[{"fact": f"conversion.{fact}"}]))})
    claim = {"on": "2024-03-04", "sources": 1, fact: claimed}
    there = stood("a", conversion={fact: claimed})
    elsewhere = stood("a", conversion={fact: "2001-01-01" if fact == "on" else "1"})
    assert told(rules, line(claim=claim, conversions=[there])) == ("not_granted", "per")
    assert told(rules, line(claim=claim, conversions=[elsewhere])) == ("granted", "gives")


WEIGHTS = st.lists(st.tuples(st.integers(0, 500), st.sampled_from(["专业课", "公共课"])), max_size=8)


@settings(max_examples=60)
@given(claims=WEIGHTS, order=st.randoms(use_true_random=False))
def test_no_order_of_lines_ever_exceeds_a_cap(claims: list[tuple[int, str]], order: Any) -> None:
    per = capped("per", "7", **SUM, per=[{"fact": "course.category"}])
    rules = book({"clauses": also(per, capped("all", "10", **SUM))})
    order.shuffle(claims)
    rows: list[dict[str, Any]] = []
    for place, (credits_, category) in enumerate(claims):
        course = {"credits": credits_, "category": category}
        decided = decide(rules, line(source(f"r{place}"), course=course, conversions=rows))
        fits = sum(row["conversion"]["credits"] for row in rows) + credits_ <= 1_000
        mine = [row["conversion"]["credits"] for row in rows if row["course"]["category"] == category]
        assert (decided.verdict == "granted") is (fits and sum(mine) + credits_ <= 700)
        if decided.verdict == "granted":
            rows.append(stood(f"c{place}", credits_=credits_, course={"category": category}))
