"""Three-valued conditions: sound however a gap is filled, exact on what is known, told in both languages."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.rules import Rulebook, load_packaged
from tests.rules.writing import SAYS, clause, facts, row, rulebook

FIELDS: dict[str, list[Any]] = {
    "team": [True, False],
    "award_level": ["municipal", "provincial", "national"],
    "score": ["59.5", "60", "85"],
}
LEAVES = st.sampled_from(
    [
        {"fact": "record.team", "is": "yes"},
        {"fact": "record.team", "is": "no"},
        {"fact": "record.award_level", "is": "provincial"},
        {"fact": "record.award_level", "at_least": "provincial"},
        {"fact": "record.award_level", "less_than": "national"},
        {"fact": "record.award_level", "in": ["municipal", "national"]},
        {"fact": "record.score", "at_least": "60"},
        {"fact": "record.score", "more_than": "60"},
        {"fact": "record.score", "at_most": "60"},
        {"fact": "record.score", "less_than": "60"},
        {"fact": "record.score", "is": "85"},
    ]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda word, parts: {word: parts},
        st.sampled_from(["all", "any", "none"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)
CASES = st.fixed_dictionaries({field: st.sampled_from([*values, None]) for field, values in FIELDS.items()})
LEVELS = ["municipal", "provincial", "national"]


def plainly(tree: dict[str, Any], case: dict[str, Any]) -> bool | None:
    """A second opinion, written in the most obvious way: strong Kleene logic over the tree."""
    if "fact" in tree:
        return _plain_leaf(tree, case[tree["fact"].removeprefix("record.")])
    (word,) = tree
    said = [plainly(part, case) for part in tree[word]]
    if word == "all":
        return False if False in said else None if None in said else True
    anyone = True if True in said else None if None in said else False
    if word == "any":
        return anyone
    return None if anyone is None else not anyone


def _plain_leaf(tree: dict[str, Any], seen: Any) -> bool | None:
    if seen is None:
        return None
    word = next(each for each in tree if each != "fact")
    wanted = tree[word]
    if tree["fact"] == "record.score":
        seen, wanted = float(seen), float(wanted)
    elif tree["fact"] == "record.team":
        wanted = wanted == "yes"
    elif word not in ("is", "in"):
        seen, wanted = LEVELS.index(seen), LEVELS.index(wanted)
    if word in ("is", "in"):
        return bool(seen == wanted if word == "is" else seen in wanted)
    if word in ("at_least", "less_than"):
        return bool(seen >= wanted) is (word == "at_least")
    return bool(seen > wanted) is (word == "more_than")


def asks(tree: dict[str, Any]) -> Rulebook:
    """A rulebook whose one clause is the condition."""
    return rulebook({"clauses": [clause(tree)]})


VERDICT = {True: "granted", False: "not_granted", None: "unknown"}


@given(tree=TREES, case=CASES)
def test_a_condition_says_what_three_valued_logic_says(tree: dict[str, Any], case: dict[str, Any]) -> None:
    assert asks(tree).decide("deposit", facts(**case)).verdict == VERDICT[plainly(tree, case)]


@given(tree=TREES, case=CASES)
def test_a_certain_verdict_holds_however_the_unknown_is_filled_in(tree: dict[str, Any], case: dict[str, Any]) -> None:
    book = asks(tree)
    verdict = book.decide("deposit", facts(**case)).verdict
    if verdict == "unknown":
        return
    gaps = [field for field, value in case.items() if value is None]
    for filled in itertools.product(*(FIELDS[gap] for gap in gaps)):
        whole = {**case, **dict(zip(gaps, filled, strict=True))}
        assert book.decide("deposit", facts(**whole)).verdict == verdict


@given(tree=TREES, case=CASES)
def test_a_clause_always_has_a_finding_and_all_of_it_has_its_verdict(
    tree: dict[str, Any], case: dict[str, Any]
) -> None:
    decided = asks(tree).decide("deposit", facts(**case))
    found = [finding for finding in decided.findings() if finding["clause"] == "c"]
    expected = {"granted": "met", "not_granted": "not_met", "unknown": "unknown"}[decided.verdict]
    assert found
    assert {finding["verdict"] for finding in found} == {expected}
    assert all(finding["says_zh"] and finding["says_en"] for finding in found)
    assert all(finding["citation"][0]["title"] == "办法" for finding in found)


@pytest.mark.parametrize(
    ("condition", "record", "zh", "en"),
    [
        (
            {"fact": "record.score", "at_least": "60"},
            {"score": "58"},
            "成绩 58，应不低于 60",
            "score: 58; it must be at least 60",
        ),
        (
            {"fact": "record.score", "at_least": "60"},
            {"score": "60"},
            "成绩为 60，符合“不低于 60”",
            "score: 60, as required (at least 60)",
        ),
        (
            {"fact": "record.hours", "more_than": "8"},
            {"hours": "8"},
            "学时 8 学时，应高于 8 学时",
            "hours: 8 hours; it must be more than 8 hours",
        ),
        (
            {"fact": "record.occurred_on", "at_least": "2025-01-01"},
            {},
            "取得日期 2024-06-20，应不早于 2025-01-01",
            "it must be not before 2025-01-01",
        ),
        (
            {"none": [{"fact": "record.result", "is": "passed"}]},
            {},
            "成绩结果 合格，应不为 合格",
            "result: passed; it must be not passed",
        ),
        ({"none": [{"fact": "record.score", "at_least": "60"}]}, {}, "成绩 78，应低于 60", "it must be less than 60"),
        (
            {"fact": "record.team", "is": "yes"},
            {"team": False},
            "集体奖项 否，应为 是",
            "team award: no; it must be yes",
        ),
        (
            {"fact": "record.award_level", "in": ["national", "international"]},
            {"award_level": "municipal"},
            "应为 国家级、国际级 之一",
            "it must be national or international",
        ),
        (
            {"fact": "record.place", "stated": "yes"},
            {},
            "缺少名次（未报送），可由报送机构提供；此项必须有",
            "the institution that reported it can supply it; it must be there",
        ),
        (
            {"fact": "record.weeks", "at_least": "1"},
            {},
            "缺少周数（未报送），可由报送机构提供；应不低于 1 周",
            "the institution that reported it can supply it",
        ),
        (
            {"fact": "course.credits", "at_least": "3.5"},
            {},
            "课程学分 3 学分，应不低于 3.5 学分",
            "credits of the course: 3 credits",
        ),
        (
            {"any": [{"fact": "record.score", "at_least": "80"}, {"fact": "record.team", "is": "yes"}]},
            {"team": False},
            "以下满足其一即可：成绩 78，应不低于 80；集体奖项 否，应为 是",
            "any one of these would do: ",
        ),
    ],
)
def test_a_finding_writes_itself_in_both_languages(condition: Any, record: dict[str, Any], zh: str, en: str) -> None:
    found = [each for each in asks(condition).decide("deposit", facts(**record)).findings() if each["clause"] == "c"]
    assert zh in found[0]["says_zh"]
    assert en in found[0]["says_en"]


@pytest.mark.parametrize(
    ("wanted", "place", "verdict"),
    [("yes", 1, "met"), ("yes", None, "not_met"), ("no", None, "met"), ("no", 1, "not_met")],
)
def test_whether_a_fact_is_stated_is_always_certain(wanted: str, place: int | None, verdict: str) -> None:
    decided = asks({"fact": "record.place", "stated": wanted}).decide("deposit", facts(place=place))
    finding = decided.findings()[0]
    assert (finding["verdict"], finding["observed"]) == (verdict, "no" if place is None else "yes")
    assert decided.verdict == ("granted" if verdict == "met" else "not_granted")


def test_a_finding_keeps_what_was_seen_and_what_is_required_as_data() -> None:
    decided = asks({"fact": "record.score", "at_least": "60"}).decide("deposit", facts(score="58.50"))
    finding = decided.findings()[0]
    assert (finding["fact"], finding["observed"], finding["required"]) == ("record.score", "58.5", {"at_least": "60"})
    decided = asks({"fact": "course.credits", "at_least": "2.5"}).decide("deposit", facts())
    assert (decided.findings()[0]["observed"], decided.findings()[0]["required"]) == ("3", {"at_least": "2.5"})


def test_levels_of_two_orders_do_not_compare() -> None:
    book = asks({"fact": "certificate.level", "at_least": "intermediate"})
    for level, verdict in (("elementary", "not_granted"), ("advanced", "granted"), ("grade_3", "unknown")):
        decided = book.decide("deposit", {**facts(), "certificate": {"level": level}})
        assert decided.verdict == verdict
        assert decided.findings()[0]["says_zh"]


@pytest.mark.parametrize(
    ("mine", "other", "verdict"),
    [
        ("advanced", "intermediate", "granted"),
        ("intermediate", "advanced", "not_granted"),
        ("advanced", "grade_1", "unknown"),
        ("grade_1", "unlevelled", "unknown"),
    ],
)
def test_the_best_of_two_orders_is_not_guessed(mine: str, other: str, verdict: str) -> None:
    best = [{"highest": {"fact": "certificate.level"}, "unstated": "unknown"}, {"lowest": {"fact": "record.id"}}]
    sets = {"best": {"says": SAYS, "cites": ["source"], "of": "same", "best": best}}
    book = rulebook({"sets": sets, "clauses": [clause({"this_is_in": "best"})]})
    rows = [row("mine", this=True) | {"certificate": {"level": mine}}, row("other") | {"certificate": {"level": other}}]
    decided = book.decide("deposit", {**facts(), "same": rows})
    assert decided.verdict == verdict
    assert all(finding["says_zh"] for finding in decided.findings())


def test_a_row_never_takes_over_the_certificate_of_the_case() -> None:
    asked = {"says": SAYS, "cites": ["source"], "of": "same", "where": {"fact": "certificate.level", "is": "advanced"}}
    book = rulebook({"sets": {"advanced": asked}, "clauses": [clause({"this_is_in": "advanced"})]})
    bare = {**facts(), "certificate": {"level": "advanced"}}
    assert book.decide("deposit", bare).verdict == "unknown"
    bare["same"] = [bare["same"][0] | {"certificate": {"level": "advanced"}}]
    assert book.decide("deposit", bare).verdict == "granted"


def test_a_declared_absence_is_a_value_and_not_a_gap() -> None:
    book = asks({"fact": "record.valid_until", "at_least": "2999-01-01"})
    assert book.decide("deposit", facts()).verdict == "granted"
    assert asks({"fact": "record.valid_until", "stated": "no"}).decide("deposit", facts()).verdict == "granted"


def test_rows_left_out_of_a_set_are_told_with_their_reason() -> None:
    decided = load_packaged().decide("deposit", facts(row("failed", result="failed"), row("gap", result=None)))
    seen = next(finding for finding in decided.findings() if finding["clause"] == "counts-once")["observed"]
    assert [(each["id"], each["fits"]) for each in seen] == [("failed", "not_met"), ("gap", "unknown"), ("this", "met")]
    assert "不合格" in seen[0]["left_out_zh"][0]
    assert "result is missing" in seen[1]["left_out_en"][0]


@pytest.mark.parametrize(
    ("mine", "theirs", "verdict"),
    [("70", "60", "not_granted"), ("60", "70", "granted"), ("60", None, "unknown"), (None, "70", "unknown")],
)
def test_not_being_in_a_set_is_the_opposite_of_being_in_it(mine: str | None, theirs: str | None, verdict: str) -> None:
    best = [{"highest": {"fact": "record.score"}, "unstated": "unknown"}, {"lowest": {"fact": "record.id"}}]
    sets = {"best": {"says": SAYS, "cites": ["source"], "of": "same", "best": best}}
    rows = facts(row("other", score=theirs), score=mine)
    opposite = {"granted": "not_granted", "not_granted": "granted", "unknown": "unknown"}
    for condition, expected in (
        ({"none": [{"this_is_in": "best"}]}, verdict),
        ({"this_is_in": "best"}, opposite[verdict]),
    ):
        decided = rulebook({"sets": sets, "clauses": [clause(condition)]}).decide("deposit", rows)
        assert decided.verdict == expected
        (found,) = [each for each in decided.findings() if each["clause"] == "c"]
        assert found["verdict"] == {"granted": "met", "not_granted": "not_met", "unknown": "unknown"}[expected]


def test_of_rows_that_are_alike_in_every_comparison_the_last_one_named_decides_and_no_two_count() -> None:
    best = [
        {"highest": {"fact": "record.score"}, "unstated": "last"},
        {"lowest": {"fact": "record.occurred_on"}},
        {"lowest": {"fact": "record.id"}},
    ]
    sets = {"best": {"says": SAYS, "cites": ["source"], "of": "same", "best": best}}
    book = rulebook({"sets": sets, "clauses": [clause({"this_is_in": "best"})]})

    def verdict(mine: dict[str, Any], other: dict[str, Any]) -> str:
        rows = [row("m", this=True, **mine), row("z", **other)]
        return book.decide("deposit", {**facts(), "record": rows[0]["record"], "same": rows}).verdict

    assert verdict({}, {}) == "granted"
    assert verdict({"occurred_on": "2024-06-21"}, {}) == "not_granted"
    assert verdict({"occurred_on": "2024-06-19"}, {}) == "granted"
    assert verdict({"score": "60"}, {}) == "granted"
    assert verdict({}, {"score": "60"}) == "not_granted"
    assert verdict({"score": "60", "occurred_on": "2025-01-01"}, {"score": "60"}) == "not_granted"
    assert verdict({"score": "61", "occurred_on": "2025-01-01"}, {"score": "60"}) == "granted"


SAID: dict[str, dict[str, Any]] = {
    "y": {"fact": "record.result", "is": "passed"},
    "Y": {"fact": "record.score", "at_least": "60"},
    "n": {"fact": "record.result", "is": "failed"},
    "N": {"fact": "record.score", "at_least": "90"},
    "?": {"fact": "record.place", "at_most": "3"},
    "!": {"fact": "record.weeks", "at_least": "2"},
}


@pytest.mark.parametrize(
    ("word", "parts", "verdict"),
    [
        *(("all", parts, "granted") for parts in ("y", "yY")),
        *(("all", parts, "not_granted") for parts in ("n", "yn", "ny", "?n", "n?")),
        *(("all", parts, "unknown") for parts in ("?", "y?", "?y", "?!")),
        *(("any", parts, "granted") for parts in ("y", "ny", "yn", "?y", "y?")),
        *(("any", parts, "not_granted") for parts in ("n", "nN")),
        *(("any", parts, "unknown") for parts in ("?", "n?", "?n", "?!")),
        *(("none", parts, "granted") for parts in ("n", "nN")),
        *(("none", parts, "not_granted") for parts in ("y", "yn", "ny", "?y", "y?")),
        *(("none", parts, "unknown") for parts in ("?", "n?", "?n", "?!")),
    ],
)
def test_what_is_unknown_counts_neither_as_met_nor_as_failed(word: str, parts: str, verdict: str) -> None:
    assert asks({word: [SAID[part] for part in parts]}).decide("deposit", facts()).verdict == verdict


@pytest.mark.parametrize(
    ("parts", "told", "missing"),
    [
        ("yY", ["record.result"], []),  # one way that holds is enough to be told
        ("nY", ["record.score"], []),
        ("n?", ["record.place"], ["record.place"]),  # what has failed opens nothing any more
        ("nN", ["any"], []),
        ("?!", ["any"], ["record.place", "record.weeks"]),
    ],
)
def test_of_alternatives_what_is_told_is_the_one_that_holds_or_all_that_are_still_open(
    parts: str, told: list[str], missing: list[str]
) -> None:
    decided = asks({"any": [SAID[part] for part in parts]}).decide("deposit", facts())
    found = [each for each in decided.findings() if each["clause"] == "c"]
    assert ([each["fact"] for each in found], found[0].get("missing", [])) == (told, missing)
