"""Where the words about rows, caps and several documents may not stand: each refused at its line, with its remedy."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.rules import Rulebook, RulesRefused, read_document
from tests.rules.converting import (
    DOCUMENT,
    ONCE,
    PASSED,
    VERSION,
    also,
    book,
    capped,
    clause,
    decide,
    line,
    source,
    text_of,
    wrong,
)
from tests.rules.writing import SAYS, named, refused
from tests.rules.writing import clause as deposit_clause
from tests.rules.writing import text_of as deposit

SUM = {"sum": {"fact": "conversion.credits"}, "over": "conversions"}
ENOUGH = {"fact": "record.score", "at_least": "60"}


def _set(**words: Any) -> dict[str, Any]:
    return {"says": SAYS, "cites": ["source"], "of": "records", **words}


def _measured(amount: Any, gives: str = "credits", **more: Any) -> dict[str, Any]:
    asked = clause("m", require={"named": "m", "stated": "yes"})
    return {"clauses": also(asked), "names": {"m": named(gives, amount)}, **more}


def _gives(credits_: Any, **more: Any) -> dict[str, Any]:
    return {"gives": {"credits": credits_, **more}}


INSIDE = _measured(
    {"sum": {"named": "n"}, "over": "records"},
)
INSIDE["names"]["n"] = named("credits", {"highest": {"fact": "course.credits"}, "over": "courses"})
WRONG: list[tuple[dict[str, Any], str]] = [
    (_gives({"sum": {"fact": "course.credits"}, "over": "courses"}), "put it into `names`"),
    (
        {"clauses": also(clause("x", require={"fact": "course.credits", "at_most": {"count": "records"}}))},
        "put it into",
    ),
    (INSIDE, "a measure cannot be taken inside a row"),
    (_measured({"sum": {"fact": "course.credits"}}), "'over' is missing"),
    (_measured({"sum": {"fact": "course.credits"}, "over": "lessons"}), "sets has no 'lessons'"),
    (_measured({"sum": {"fact": "course.credits"}, "over": "earned"}), "sets has no 'earned'"),
    (_measured({"count": "records", "once": {"fact": "record.id"}}, "count"), "unknown word"),
    (_measured({"count": "records"}), "credits is needed here, not count"),
    (_measured({"sum": {"fact": "record.result"}, "over": "records"}, "record.result"), "only numbers can be added"),
    (_measured({"highest": {"fact": "record.result"}, "over": "records"}, "record.result"), "no higher or lower"),
    (_measured({"sum": {"fact": "record.hours"}, "over": "records"}), "credits is needed here, not hours"),
    (
        _measured({"highest": {"fact": "record.credits"}, "over": "records", "if_none": {"fact": "record.hours"}}),
        "credits is needed here, not hours",
    ),
    (_measured({"count": "records", "where": {"exists": "courses"}}, "count"), "asked about inside a set"),
    (_measured({"count": "best"}, "count", sets={"best": _set(per=[{"fact": "record.content"}])}), "goes with `best`"),
    (
        _measured({"count": "a"}, "count", sets={"a": _set(of="b"), "b": _set()}),
        "there is no such set of rows",
    ),
    ({"clauses": also(clause("x", require={"this_is_in": "a"})), "sets": {"a": _set()}}, "`of: same`"),
    (
        {
            "clauses": also(clause("x", require={"exists": "a", "where": {"every": "courses", "has": ENOUGH}})),
            "sets": {"a": _set()},
        },
        "inside a set",
    ),
    ({"clauses": also(clause("x", each="courses", require={"exists": "records"}))}, "asked about inside a set"),
    ({"clauses": also(clause("x", each="lessons", require=ENOUGH))}, "sets has no 'lessons'"),
    ({"clauses": also(clause("x", each="records"))}, "`each` needs a `require`"),
    ({"clauses": also(clause("x", each="sources", cap={"count": "uses"}, at_most="1"))}, "use `per`"),
    ({"clauses": also(clause("x", require=ENOUGH, cap={"count": "uses"}, at_most="1"))}, "either `require` or `cap`"),
    ({"clauses": also(clause("x", cap={"count": "uses"}))}, "a cap needs `at_most`"),
    ({"clauses": also(clause("x", require=ENOUGH, at_most="1"))}, "`at_most` needs a `cap`"),
    ({"clauses": also(clause("x", unless=ENOUGH))}, "`unless` needs a `require`"),
    ({"clauses": also(clause("x", final="yes"))}, "`final` needs a `require`"),
    ({"clauses": also(clause("x", require=ENOUGH, final="no"))}, "it may be yes"),
    ({"clauses": also(capped("x", "1", count="courses"))}, "a cap counts conversions, uses only"),
    ({"clauses": also(capped("x", "1", count="records"))}, "a cap counts conversions, uses only"),
    ({"clauses": also(capped("x", "1", sum={"fact": "conversion.credits"}))}, "`over` is missing"),
    ({"clauses": also(capped("x", "1", count="uses", sum={"fact": "conversion.credits"}))}, "exactly one of these"),
    ({"clauses": also(capped("x", "1", where=ENOUGH))}, "exactly one of these"),
    ({"clauses": also(capped("x", "lots", **SUM))}, "a number of 0 or more"),
    ({"clauses": also(capped("x", {"fact": "record.hours"}, **SUM))}, "credits is needed here, not hours"),
    ({"clauses": also(capped("x", {"fact": "course.credits"}, count="uses"))}, "count is needed here, not credits"),
    ({"clauses": also(capped("x", "1", count="uses", per=[{"fact": "record.contents"}]))}, "did you mean"),
    ({"clauses": also(capped("x", "1", count="uses", per=[]))}, "at least 1"),
    (
        {
            "clauses": also(capped("x", "1", count="best")),
            "sets": {"best": _set(of="uses", best=[{"lowest": {"fact": "record.id"}}])},
        },
        "cannot have `best`",
    ),
    (_gives({"fact": "course.credits"}, scheme="training"), "it is not given"),
    (_gives({"fact": "course.credits"}, grades="90"), "it is not given"),
    (_gives({"fact": "course.credits"}, grade={"fact": "record.hours"}), "percent is needed here, not hours"),
    (_gives({"fact": "course.credits"}, grade="90"), "put this figure into"),
    (_gives({"fact": "course.credits"}, surplus_to="kept"), "must be one of lost"),
    (_gives({"fact": "course.credits"}, in_average="maybe"), "yes or no"),
    ({"gives": {"grade": {"fact": "record.score"}}}, "credits is missing"),
    (_gives({"start": {"fact": "course.credits"}, "then": [{"plus": "1"}]}), "put this figure into"),
    (_gives({"choose": [{"when": ENOUGH, "take": "1"}, {"otherwise": {"fact": "course.credits"}}]}), "put this figure"),
    ({"clauses": [PASSED, capped("x", "1", count="conversions", per=[{"fact": "record.id"}])]}, "how often a record"),
    ({"clauses": [PASSED]}, "how often a record may be used"),
    ({"clauses": [PASSED, {**ONCE, "when": ENOUGH}]}, "how often a record may be used"),
    ({"clauses": [PASSED, {**ONCE, "otherwise": "warn"}]}, "how often a record may be used"),
    ({"clauses": [PASSED, capped("x", "1", count="uses", per=[{"fact": "record.content"}])]}, "how often a record may"),
    ({"clauses": [PASSED, capped("x", "1", count="uses", where=ENOUGH, per=[{"fact": "record.id"}])]}, "how often a"),
    ({"clauses": [ONCE]}, "silence would grant"),
    ({"clauses": [{**PASSED, "when": ENOUGH}, ONCE]}, "silence would grant"),
    ({"values": {"v": {"is": "1", "unit": "furlongs", "says": SAYS, "cites": ["source"]}}}, "furlongs"),
]


@pytest.mark.parametrize(("change", "said"), WRONG, ids=range(len(WRONG)))
def test_a_word_that_stands_where_it_means_nothing_is_refused(change: dict[str, Any], said: str) -> None:
    found = wrong(change)
    assert any(said in each for each in found), found


@pytest.mark.parametrize(("change", "said"), WRONG, ids=range(len(WRONG)))
def test_every_refusal_says_file_line_word_and_remedy_in_both_languages(change: dict[str, Any], said: str) -> None:
    text = text_of(change)
    with pytest.raises(RulesRefused) as error:
        Rulebook.load([read_document(text, file="method.yaml")])
    for problem in error.value.problems:
        assert problem.file == "method.yaml"
        assert 1 <= problem.line <= text.count("\n") + 1, problem
        assert problem.word, problem
        assert any("\u4e00" <= letter <= "\u9fff" for letter in problem.zh), problem
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in problem.en.replace("拟定", "")), problem
    assert said


def test_the_small_conversion_document_itself_loads() -> None:
    assert wrong() == []
    assert VERSION["clauses"] == [PASSED, ONCE]
    assert DOCUMENT["question"] == "conversion"


def test_rows_and_caps_of_a_conversion_are_not_asked_by_a_deposit() -> None:
    cap = {"id": "x", "says": SAYS, "cites": ["source"], "cap": {"count": "same"}, "at_most": "1"}
    always = deposit_clause({"fact": "record.result", "is": "passed"})
    assert any("a cap counts — only" in each for each in refused(deposit({"clauses": [always, cap]})))
    uses = {**cap, "cap": {"count": "uses"}}
    assert any("sets has no 'uses'" in each for each in refused(deposit({"clauses": [always, uses]})))
    assert any("`gives` is missing" in each for each in refused(deposit({"gives": None})))


def test_a_conversion_document_names_the_level_it_is_for() -> None:
    assert any("must say plan.level" in each for each in wrong(applies={"plan.institution": ["a"]}))
    assert any(
        "it may be one of" in each for each in wrong(applies={"plan.level": ["technician"], "record.kind": ["award"]})
    )
    assert wrong(applies={"plan.level": ["technician"], "plan.institution": ["a"], "programme.code": ["b"]}) == []


def test_a_named_set_may_be_asked_about_more_than_once() -> None:
    sets = {"passed": _set(where={"fact": "record.result", "is": "passed"})}
    names = {
        "many": named("count", {"count": "passed"}),
        "worth": named("credits", {"sum": {"fact": "record.credits"}, "over": "passed"}),
    }
    asked = clause("x", require={"all": [{"named": "many", "at_least": "1"}, {"named": "worth", "at_least": "1"}]})
    there = clause("y", require={"exists": "passed", "where": ENOUGH})
    assert wrong({"clauses": also(asked, there), "names": names, "sets": sets}) == []


def test_what_only_the_rows_of_a_set_have_is_not_asked_of_the_case() -> None:
    head = {"question": "accumulation", "applies": {"purpose.kind": ["graduation"]}}
    version = {
        "gives": None,
        "names": {"total": named("credits", {"sum": {"fact": "earned.credits"}, "over": "earned"})},
    }
    asked = clause("total", require={"named": "total", "at_least": "170"})
    assert wrong(version | {"clauses": [asked]}, **head) == []
    bare = clause("bare", require={"fact": "earned.credits", "at_least": "1"})
    assert any("only the rows of `earned`" in each for each in wrong(version | {"clauses": [asked, bare]}, **head))
    other = clause("other", each="courses", require={"fact": "earned.credits", "at_least": "1"})
    assert any("only the rows of `earned`" in each for each in wrong(version | {"clauses": [asked, other]}, **head))


def test_what_is_asked_in_giving_is_no_figure_that_is_given() -> None:
    ways = [{"when": ENOUGH, "take": {"fact": "record.credits"}}, {"otherwise": {"fact": "course.credits"}}]
    rules = book(_gives({"choose": ways}))
    assert decide(rules, line(source(score=70, credits=100))).outputs["credits"] == 100
    assert decide(rules, line(source(score=50, credits=100))).outputs["credits"] == 300
