"""Hostile and broken documents: each refused in a moment, at its line, whatever its size."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from creditbank.rules import Rulebook, RulesRefused, read_document
from creditbank.rules.cases import check, run_cases
from tests.rules.converting import PASSED, also, capped, clause, document, text_of, wrong
from tests.rules.writing import SAYS, named, refused

SECONDS = 4.0
"""A generous bound on a shared machine: what is not bounded takes minutes."""


@contextmanager
def in_a_moment() -> Iterator[None]:
    """Whatever is done inside is done within the bound."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < SECONDS


def _refused(text: str) -> list[str]:
    with in_a_moment(), pytest.raises(RulesRefused) as error:
        Rulebook.load([read_document(text, file="bad.yaml")])
    return [problem.sentence("en") for problem in error.value.problems]


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + each)}: &{chr(98 + each)} [{', '.join([f'*{chr(97 + each)}'] * 9)}]\n" for each in range(9)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clauses:\n" + "- {id: c, says: x}\n" * 100_000, "split it"),
        ("x: " + "a" * 10_000_000, "split it"),
        ("#" * 299_000 + "\nx: 1\n", "missing"),
        (LAUGHS, "anchors"),
        ("a: &a\n  b: *a\n", "anchors"),
        ("a: " + "[" * 100_000 + "]" * 100_000, "nested deeper"),
        ("a: " + "{a: " * 50_000 + "1" + "}" * 50_000, "nested deeper"),
        ("".join(" " * each + "a:\n" for each in range(500)), "nested deeper"),
        ('{"a": 1, "a": 2}', "repeated"),
        ("a: 1\n" + "b: 1\n" * 5_000, "repeated"),
        ("".join(f"k{each}: x\n" for each in range(5_900)), "unknown word"),
        ("a: !!python/object/apply:os.system ['true']\n", "tags"),
        ("%YAML 1.1\n%TAG ! tag:x,2000:\n---\na: !b c\n", "tags"),
        ("a: 1\n...\n---\nb: 2\n", "one file holds one"),
        ("\ufeff\ufeffa: 1\n", "unknown word"),
        ("a: \x07\n", "does not allow"),
        ("a: '\n", "not well-formed"),
        ("\t- a\n", "not well-formed"),
        ("", "a block of"),
        ("null", "a block of"),
        ("? {a: 1}\n: 2\n", "one word"),
        ("<<: {a: 1}\n", "unknown word"),
    ],
    ids=range(22),
)
def test_what_is_not_a_rule_document_is_refused_in_a_moment(text: str, said: str) -> None:
    found = _refused(text)
    assert any(said in each for each in found), found[:3]


def test_a_document_of_many_clauses_is_read_checked_and_compiled_in_a_moment() -> None:
    clauses = [clause(f"c{each}", require={"fact": "record.score", "at_least": str(each % 90)}) for each in range(250)]
    text = text_of({"clauses": also(*clauses)})
    with in_a_moment():
        Rulebook.load([read_document(text.replace("\n", ""), file="long.yaml")])


def test_a_table_of_too_many_combinations_is_refused_before_it_is_tried() -> None:
    facts = (
        "record.kind",
        "record.result",
        "record.award_level",
        "record.award_rank",
        "record.learning_form",
        "course.subject",
    )
    table = {
        "says": SAYS,
        "cites": ["source"],
        "by": [{"fact": each} for each in facts],
        "gives": {"credits": "credits"},
        "rows": [["any"] * len(facts) + ["1"]],
    }
    found = wrong({"tables": {"t": table}, "gives": {"credits": {"table": "t"}}})
    assert any("split it" in each for each in found), found


def test_conditions_nested_to_the_last_level_that_can_be_read_are_decided() -> None:
    condition: dict[str, Any] = {"fact": "record.result", "is": "passed"}
    for _ in range(14):
        condition = {"none": [condition]}
    with in_a_moment():
        assert wrong({"clauses": also(clause("deep", require=condition))}) == []
    for _ in range(14):
        condition = {"none": [condition]}
    assert any(
        "nested deeper" in each for each in _refused(text_of({"clauses": also(clause("deep", require=condition))}))
    )


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"a": {"named": "a"}}, "names.a → names.a"),
        ({"a": {"named": "b"}, "b": {"named": "a"}}, "names.a → names.b → names.a"),
        (
            {"a": {"share": "50%", "of": {"named": "b"}}, "b": {"start": {"named": "a"}, "then": [{"plus": "1"}]}},
            "it needs itself",
        ),
        (
            {"a": {"sum": {"fact": "record.credits"}, "over": "records", "where": {"named": "a", "at_least": "1"}}},
            "it needs itself",
        ),
    ],
)
def test_a_circle_of_names_is_told_as_a_circle(names: dict[str, Any], said: str) -> None:
    said_ = {name: named("credits", amount) for name, amount in names.items()}
    found = wrong({"names": said_, "clauses": also(clause("x", require={"named": "a", "at_least": "1"}))})
    assert any(said in each or "inside a row" in each for each in found), found


def test_a_clause_without_a_citation_and_a_figure_without_one_do_not_load() -> None:
    bare = {key: value for key, value in PASSED.items() if key != "cites"}
    assert any("must say what it cites" in each for each in wrong({"clauses": [*also()[1:], bare]}))
    value = {"v": {"is": "3", "unit": "credits", "says": SAYS}}
    cap = capped("x", {"value": "v"}, sum={"fact": "conversion.credits"}, over="conversions")
    assert any("it must say what it cites" in each for each in wrong({"clauses": also(cap), "values": value}))
    empty = {key: value for key, value in PASSED.items() if key != "cites"} | {"cites": []}
    assert any("at least 1" in each for each in wrong({"clauses": [*also()[1:], empty]}))


def test_gaps_and_overlaps_are_told_with_both_versions_or_documents_and_the_day() -> None:
    first, second = {"until": "2021-12-31"}, {"version": "2", "from": "2022-01-02"}
    assert any("versions 1 and 2 leave a gap" in each for each in wrong(first, second))
    assert any("versions 1 and 2 overlap" in each for each in wrong(first, second | {"from": "2021-12-31"}))
    with pytest.raises(RulesRefused) as error:
        Rulebook.load([document(), document({"from": "2023-05-01"}, document="conversion.other")])
    (problem,) = error.value.problems
    assert "overlaps conversion.test from 2023-05-01" in problem.en
    assert "自 2023-05-01 起重叠" in problem.zh
    assert problem.line > 1


def test_a_boundary_with_a_case_on_one_side_only_fails_the_check(tmp_path: Path) -> None:
    given = {
        "plan.level": "higher_vocational",
        "claim.on": "2024-03-04",
        "course.credits": "3",
        "record.result": "passed",
    }
    asked = clause("enough", require={"fact": "record.score", "at_least": "60"})
    cases = [{"name": "90", "facts": {"record.score": "90"}, "expect": {"verdict": "granted", "credits": "3"}}]
    path = tmp_path / "one-side.yaml"
    path.write_text(text_of({"clauses": also(asked), "given": given, "cases": cases}), encoding="utf-8")
    lines, holds = check([path])
    assert not holds
    assert any("enough: no case notices: 60: 61 instead" in each for each in lines), lines
    assert any("没有情形能察觉：60 改为 59" in each for each in lines), lines


def test_a_file_that_is_no_text_and_one_that_is_not_there_are_told(tmp_path: Path) -> None:
    (tmp_path / "zip.yaml").write_bytes(b"PK\x03\x04\xff\xfe")
    lines, holds = check([tmp_path / "zip.yaml", tmp_path / "none.yaml", tmp_path])
    assert not holds
    assert sum("UTF-8" in each for each in lines) >= 2
    assert any("no such file" in each for each in lines)


def test_a_name_of_a_case_or_a_text_may_hold_anything_that_people_write() -> None:
    odd = "=cmd|' /C calc'!A0 <script> ${x} %s {0} \u202eabc"
    said = {"zh": odd, "en": odd}
    whole = document({"clauses": also(clause("odd", says=said, require={"fact": "record.score", "at_least": "60"}))})
    assert refused(json.dumps(whole.tree, ensure_ascii=False)) == []
    cases = [{"name": odd, "expect": {"verdict": "unknown", "clause": "passed"}}]
    assert run_cases(document({"cases": cases, "given": {"plan.level": "higher_vocational", "claim.on": "2024-01-01"}}))
