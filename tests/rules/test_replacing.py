"""What gives way: the lower conversion of the same content is reversed when the higher one is granted, never added."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.converting import also, book, capped, clause, decide, line, replayed, source, stood, told, wrong
from tests.rules.writing import SAYS

GIVES_WAY = clause("higher-instead", replaces={"over": "uses", "per": [{"fact": "record.content"}]})
ONE = capped("one-of-a-content", "1", count="uses", per=[{"fact": "record.content"}])
TOTAL = capped("total", "3", sum={"fact": "conversion.credits"}, over="conversions")


def use(conversion: str, content: str | None, record: str = "old") -> dict[str, Any]:
    """A use of an earlier record."""
    said = {"id": record} | ({} if content is None else {"content": content})
    return {"id": f"{conversion}:{record}", "conversion": {"credits": 200}, "record": said}


def test_an_earlier_conversion_of_the_same_content_gives_way_with_all_of_its_rows() -> None:
    rules = book({"clauses": also(GIVES_WAY, ONE, TOTAL)})
    facts = line(source("new", content="welding"), uses=[use("k1", "welding")], conversions=[stood("k1", credits_=200)])
    decided = decide(rules, facts)
    assert (decided.verdict, decided.replaces) == ("granted", ("k1",))
    assert replayed(rules, decided).canonical() == decided.canonical()
    assert decided.given["conversions"]
    assert [row["id"] for row in decided.scope["conversions"]] == []


def test_nothing_gives_way_to_a_line_of_another_content() -> None:
    rules = book({"clauses": also(GIVES_WAY, ONE, TOTAL)})
    facts = line(source("new", content="turning"), uses=[use("k1", "welding")], conversions=[stood("k1", credits_=200)])
    assert (told(rules, facts), decide(rules, facts).replaces) == (("not_granted", "total"), ())


def test_a_refused_line_replaces_nothing() -> None:
    rules = book({"clauses": also(GIVES_WAY)})
    decided = decide(rules, line(source("new", content="welding", result="failed"), uses=[use("k1", "welding")]))
    assert (decided.verdict, decided.replaces) == ("not_granted", ())


@pytest.mark.parametrize(("mine", "theirs"), [(None, "welding"), ("welding", None), (None, None)])
def test_where_the_content_is_not_known_nothing_gives_way_and_the_cap_beside_it_leaves_it_open(
    mine: str | None, theirs: str | None
) -> None:
    rules = book({"clauses": also(GIVES_WAY, ONE)})
    facts = line(source("new", **({} if mine is None else {"content": mine})), uses=[use("k1", theirs)])
    decided = decide(rules, facts)
    assert (decided.verdict, decided.clause, decided.replaces) == ("unknown", "one-of-a-content", ())


def test_two_contents_that_are_not_known_are_not_the_same_content() -> None:
    rules = book({"clauses": also(GIVES_WAY)})
    decided = decide(rules, line(source("new"), uses=[use("k1", None)]))
    assert (decided.verdict, decided.replaces) == ("granted", ())


def test_what_is_not_known_to_stand_does_not_give_way() -> None:
    rules = book({"clauses": also(GIVES_WAY, ONE)})
    decided = decide(rules, line(source("new", content="welding"), uses=...))
    assert (decided.verdict, decided.clause, decided.replaces) == ("unknown", "once", ())


@pytest.mark.parametrize(("level", "gone"), [("national", ("k1",)), ("municipal", ()), (None, ())])
def test_it_gives_way_only_when_the_clause_applies(level: str | None, gone: tuple[str, ...]) -> None:
    when = {"fact": "record.award_level", "at_least": "provincial"}
    rules = book({"clauses": also({**GIVES_WAY, "when": when})})
    facts = line(source("new", content="welding", award_level=level), uses=[use("k1", "welding")])
    assert decide(rules, facts).replaces == gone


def test_conversions_of_one_course_may_give_way_too() -> None:
    rules = book({"clauses": also(clause("again", replaces={"over": "conversions", "per": [{"fact": "course.code"}]}))})
    rows = [stood("k1", course={"code": "c1"}), stood("k2", course={"code": "c2"})]
    uses = [use("k1", "welding", "r1"), use("k2", "welding", "r9")]
    decided = decide(rules, line(source("r1"), conversions=rows, uses=uses))
    assert (decided.verdict, decided.replaces) == ("granted", ("k1",))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"replaces": {"over": "courses", "per": [{"fact": "course.code"}]}}, "it must be conversions, uses"),
        ({"replaces": {"over": "nothing", "per": [{"fact": "course.code"}]}}, "sets has no 'nothing'"),
        ({"replaces": {"over": "uses"}}, "'per' is missing"),
        ({**GIVES_WAY, "require": {"fact": "record.result", "is": "passed"}}, "a clause of its own"),
        ({**GIVES_WAY, "each": "sources"}, "not asked row by row"),
        ({**GIVES_WAY, "otherwise": "warn"}, "needs a `require`"),
    ],
)
def test_what_cannot_give_way_does_not_load(words: dict[str, Any], said: str) -> None:
    found = wrong({"clauses": also(clause("x", **words))})
    assert any(said in each for each in found), found


def test_what_gives_way_is_one_of_all_uses_and_not_of_some_that_are_named() -> None:
    some = {"says": SAYS, "cites": ["source"], "of": "uses", "where": {"fact": "record.kind", "is": "award"}}
    over = clause("x", replaces={"over": "some", "per": [{"fact": "record.content"}]})
    assert any(
        "it must be conversions, uses" in each for each in wrong({"clauses": also(over), "sets": {"some": some}})
    )
