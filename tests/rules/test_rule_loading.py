"""What a document may not be: each mistake is refused at its line, with the word and the remedy, in two languages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from creditbank.rules import Rulebook, RulesRefused, packaged_documents, read_document
from creditbank.rules.loading import read_yaml
from tests.rules.writing import SAYS, SOURCE, VERSION, clause, document, named, refused, text_of


def _yaml_refused(text: str) -> str:
    with pytest.raises(RulesRefused) as error:
        read_yaml(text, "test.yaml")
    (problem,) = error.value.problems
    assert problem.zh
    return problem.sentence("en")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "already stands on line 1"),
        ("a: &x 1\n", 1, "anchors"),
        ("a: 1\nb: *x\n", 2, "anchors"),
        ("a: !!python/object:os.system 1\n", 1, "tags"),
        ("a: 1\n---\nb: 2\n", 2, "one file holds one"),
        ("a: 1\nb:\nc: 2\n", 2, "has no content"),
        ("a: [1, 2\n", 2, "not well-formed"),
        ("a: 1\n b: 2\n", 2, "not well-formed"),
        ("- a\n", 1, "block of"),
        ("? [a]\n: 1\n", 1, "one word"),
        ("a: " + "[" * 60 + "]" * 60, 1, "nested deeper"),
    ],
)
def test_yaml_that_registrars_need_not_write_is_refused_at_its_line(text: str, line: int, said: str) -> None:
    sentence = _yaml_refused(text)
    assert sentence.startswith(f"test.yaml:{line}: ")
    assert said in sentence


@pytest.mark.parametrize("text", ["a: 1\n" * 100_000, "\n" * 6_001, f"a: {'x' * 300_000}"])
def test_a_document_of_a_hundred_thousand_lines_is_refused_before_it_is_read(text: str) -> None:
    assert "split it" in _yaml_refused(text)


def test_a_billion_laughs_are_not_expanded() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{chr(98 + each)}: &{chr(98 + each)} [*{chr(97 + each)}]\n" for each in range(9))
    assert "anchors" in _yaml_refused(bomb)


def test_every_scalar_stays_the_text_that_was_written() -> None:
    tree = read_yaml("country: NO\ncode: 0730\nday: 2024-07-01\nyes: yes\nfloat: 1e3\nnull: null\n", "test.yaml")
    assert dict(tree) == {
        "country": "NO",
        "code": "0730",
        "day": "2024-07-01",
        "yes": "yes",
        "float": "1e3",
        "null": "null",
    }


def test_a_document_that_is_wrong_throughout_is_told_only_the_first_hundred_mistakes() -> None:
    with pytest.raises(RulesRefused) as error:
        read_document("".join(f"wordd{each}: x\n" for each in range(5_000)), file="test.yaml")
    assert len(error.value.problems) == 100


def test_names_that_refer_to_one_another_too_deep_do_not_load() -> None:
    def chain(length: int) -> str:
        names = {f"n{each}": named("credits", {"named": f"n{each + 1}"}) for each in range(length)}
        names[f"n{length}"] = named("credits", {"fact": "course.credits"})
        return text_of({"names": names, "gives": {"credits": {"named": "n0"}, "scheme": "training"}})

    assert refused(chain(15)) == []
    assert any("deep" in sentence for sentence in refused(chain(100)))


def test_control_characters_are_refused() -> None:
    assert "does not allow" in _yaml_refused("a: \x00\n")


WRONG_FORM: list[tuple[dict[str, Any], str]] = [
    ({"clauzes": []}, "did you mean 'clauses'"),
    ({"clauses": None}, "'clauses' is missing"),
    ({"clauses": []}, "at least 1"),
    ({"cases": None}, "'cases' is missing"),
    ({"cases": []}, "at least 1"),
    ({"citations": {}}, "cite at least one"),
    ({"from": "2020-02-30"}, "no such day"),
    ({"from": "1 July"}, "a date such as"),
    ({"version": "one"}, "must be a number"),
    ({"clauses": [clause({"fact": "record.scores", "is": "1"})]}, "did you mean 'record.score'"),
    ({"clauses": [clause({"fact": "record.score"})]}, "exactly one of these"),
    ({"clauses": [clause({"fact": "record.score", "is": "1", "at_least": "2"})]}, "exactly one of these"),
    ({"clauses": [clause({"fact": "record.score", "named": "x", "is": "1"})]}, "exactly one of these"),
    ({"clauses": [clause({"is": "1"})]}, "a condition"),
    (
        {"clauses": [{"id": "c", "says": SAYS, "require": {"fact": "record.team", "is": "yes"}}]},
        "must say what it cites",
    ),
    ({"clauses": [clause({"fact": "record.team", "is": "yes"}, cites=["nowhere"])]}, "citations has no 'nowhere'"),
    ({"clauses": [clause({"fact": "record.team", "is": "yes"}, otherwise="ignore")]}, "refuse, refer, warn"),
    ({"clauses": [clause({"fact": "record.team", "is": "yes"}, says={"zh": "只有中文"})]}, "'en' is missing"),
    ({"citations": {"source": SOURCE, "other": SOURCE}}, "nothing cites it"),
    ({"citations": {"source": {**SOURCE, "mark": "W"}}}, "V, V~, O, 拟定"),
    ({"citations": {"source": {**SOURCE, "mark": "V~"}}}, "needs copy"),
    ({"citations": {"source": {**SOURCE, "mark": "拟定"}}}, "goes with the status proposal"),
    ({"citations": {"source": {**SOURCE, "mark": "拟定", "status": "proposal"}}}, "needs a note"),
    ({"citations": {"source": {**SOURCE, "quote": "原文"}}}, "only an official text"),
    ({"citations": {"source": {key: value for key, value in SOURCE.items() if key != "read_on"}}}, "needs read_on"),
    ({"citations": {"source": {**SOURCE, "address": "an address"}}}, "a web address"),
    ({"until": "2019-12-31"}, "before `from`"),
]


@pytest.mark.parametrize(("change", "said"), WRONG_FORM, ids=lambda each: each if isinstance(each, str) else "")
def test_a_document_of_the_wrong_form_does_not_load(change: dict[str, Any], said: str) -> None:
    assert any(said in sentence for sentence in refused(text_of(change))), refused(text_of(change))


def test_the_small_document_itself_loads() -> None:
    assert refused(text_of()) == []


WRONG_SENSE: list[tuple[dict[str, Any], str]] = [
    ({"clauses": [clause({"fact": "record.score", "at_least": "sixty"})]}, "a number of 0 or more"),
    ({"clauses": [clause({"fact": "record.result", "is": "fine"})]}, "must be one of passed"),
    ({"clauses": [clause({"fact": "record.result", "at_least": "passed"})]}, "no higher or lower"),
    ({"clauses": [clause({"fact": "record.team", "is": "true"})]}, "yes or no"),
    ({"clauses": [clause({"fact": "record.occurred_on", "at_least": "2024-13-01"})]}, "a date such as"),
    ({"clauses": [clause({"fact": "record.attempt_number", "at_most": "1.5"})]}, "a whole number"),
    ({"clauses": [clause({"fact": "course.credits", "at_least": "0.125"})]}, "at most two places"),
    (
        {"clauses": [clause({"fact": "record.hours", "at_least": {"fact": "record.weeks"}})]},
        "hours is needed here, not weeks",
    ),
    ({"clauses": [clause({"fact": "record.result", "in": ["passed", "passed"]})]}, "twice"),
    ({"clauses": [clause({"fact": "record.id", "is": "x"})]}, "put the rows of a set in order"),
    ({"clauses": [clause({"this_is_in": "best"})]}, "sets has no 'best'"),
    (
        {"clauses": [clause({"fact": "record.team", "is": "yes"}, when={"fact": "record.team", "is": "yes"})]},
        "silence would grant",
    ),
    ({"clauses": [clause({"fact": "record.team", "is": "yes"})] * 2}, "name is taken"),
    ({"clauses": [clause({"fact": "record.team", "is": "yes"}) | {"id": "gives"}]}, "name is taken"),
    (
        {"clauses": [{"id": "c", "says": SAYS, "cites": ["source"], "otherwise": "warn"}]},
        "needs a `require` or a `cap`",
    ),
    ({"clauses": [{"id": "c", "says": SAYS, "cites": ["source"]}]}, "silence would grant"),
    ({"gives": {"credits": {"fact": "course.credits"}}}, "scheme is missing"),
    ({"gives": {"credits": {"fact": "course.credits"}, "scheme": "training", "grade": "90"}}, "is not given"),
    ({"gives": {"credits": {"fact": "record.hours"}, "scheme": "training"}}, "credits is needed here, not hours"),
    ({"gives": {"credits": "3", "scheme": "training"}}, "put this figure into names"),
    ({"gives": {"credits": {"fact": "course.credits"}, "scheme": "bachelor"}}, "must be one of"),
    ({"gives": {"credits": {"named": "x"}, "scheme": "training"}}, "names has no 'x'"),
    ({"values": {"spare": {"is": "1", "unit": "hours", "says": SAYS, "cites": ["source"]}}}, "it is not used"),
]


@pytest.mark.parametrize(("change", "said"), WRONG_SENSE, ids=lambda each: each if isinstance(each, str) else "")
def test_a_document_that_makes_no_sense_does_not_load(change: dict[str, Any], said: str) -> None:
    assert any(said in sentence for sentence in refused(text_of(change))), refused(text_of(change))


def _worth(amount: Any, **more: Any) -> dict[str, Any]:
    return {
        "names": {"worth": named("credits", amount)},
        "gives": {"credits": {"named": "worth"}, "scheme": "training"},
        **more,
    }


WHOLE = {"fact": "course.credits"}
RATE = {"values": {"rate": {"is": "16", "unit": "hours per credit", "says": SAYS, "cites": ["source"]}}}
WRONG_SUMS: list[tuple[dict[str, Any], str]] = [
    (
        _worth({"start": {"fact": "record.hours"}, "then": [{"divided_by": {"value": "rate"}}]}, **RATE),
        "rounding is not named",
    ),
    (_worth({"start": {"fact": "course.credits"}, "then": [{"times": "0.8"}]}), "rounding is not named"),
    (
        _worth(
            {
                "start": {"fact": "course.credits"},
                "then": [{"times": "0.8"}, {"round_down_to": "0.5", "when": {"fact": "record.team", "is": "yes"}}],
            }
        ),
        "rounding is not named",
    ),
    (
        _worth({"start": {"fact": "record.weeks"}, "then": [{"divided_by": {"value": "rate"}}]}, **RATE),
        "weeks cannot be divided by hours per credit",
    ),
    (_worth({"start": {"fact": "record.hours"}, "then": [{"times": {"value": "rate"}}]}, **RATE), "cannot be times"),
    (_worth({"start": WHOLE, "then": [{"times": WHOLE}, {"round_down_to": "1"}]}), "credits cannot be times credits"),
    (_worth({"start": {"fact": "record.hours"}, "then": [{"divided_by": "16"}]}), "credits is needed here, not hours"),
    (_worth({"start": {"fact": "course.credits"}, "then": [{"divided_by": "0"}]}), "must not be 0"),
    (_worth({"start": {"fact": "course.credits"}, "then": [{"round_down_to": "0"}]}), "must not be 0"),
    (
        _worth({"start": {"fact": "course.credits"}, "then": [{"plus": {"fact": "record.hours"}}]}),
        "credits is needed here, not hours",
    ),
    (_worth({"start": {"fact": "record.result"}, "then": [{"plus": "1"}]}), "only numbers"),
    (_worth({"choose": [{"when": {"fact": "record.team", "is": "yes"}, "take": "1"}]}), "the last one is otherwise"),
    (_worth({"choose": [{"otherwise": "1"}, {"otherwise": "2"}]}), "the last one is otherwise"),
    (
        {
            "names": {"a": named("credits", {"named": "b"}), "b": named("credits", {"named": "a"})},
            "gives": {"credits": {"named": "a"}, "scheme": "training"},
        },
        "it needs itself",
    ),
    (
        {
            "names": {"worth": {"says": SAYS, "gives": "credits", "amount": "1"}},
            "gives": {"credits": {"named": "worth"}, "scheme": "training"},
        },
        "must say what it cites",
    ),
]


@pytest.mark.parametrize(("change", "said"), WRONG_SUMS, ids=lambda each: each if isinstance(each, str) else "")
def test_a_calculation_with_impossible_units_or_silent_rounding_does_not_load(
    change: dict[str, Any], said: str
) -> None:
    assert any(said in sentence for sentence in refused(text_of(change))), refused(text_of(change))


def _table(by: list[dict[str, Any]], rows: list[Any], **more: Any) -> str:
    table = {"says": SAYS, "cites": ["source"], "by": by, "gives": {"credits": "credits"}, "rows": rows, **more}
    return text_of({"tables": {"t": table}, "gives": {"credits": {"table": "t"}, "scheme": "training"}})


TEAM, PLACE, LEVEL = {"fact": "record.team"}, {"fact": "record.place"}, {"fact": "record.award_level"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_table([TEAM], [["yes", "1"]]), "has no row"),
        (_table([TEAM], [["yes", "1"], ["no", "2"], ["any", "3"]]), "matches both lines"),
        (_table([PLACE], [[{"from": "1", "to": "3"}, "2"]]), "'0' has no row"),
        (_table([PLACE], [[{"to": "3"}, "2"], [{"from": "5"}, "1"]]), "'4' has no row"),
        (_table([PLACE], [[{"to": "3"}, "2"], [{"from": "3"}, "1"]]), "matches both lines"),
        (_table([{"fact": "record.hours"}], [[{"to": "3"}, "2"], [{"from": "4"}, "1"]]), "'3.5 hours' has no row"),
        (
            _table([{"fact": "record.occurred_on"}], [[{"to": "2024-06-30"}, "2"], [{"from": "2024-07-02"}, "1"]]),
            "'2024-07-01' has no row",
        ),
        (_table([{"fact": "institution.id"}], [["a", "1"]]), "has no row"),
        (_table([TEAM], [["yes", "1"], ["no"]]), "needs 1 cells and 1 values"),
        (_table([TEAM], [["yes", "1"], ["maybe", "1"]]), "yes or no"),
        (_table([LEVEL], [[{"from": "municipal"}, "1"]], otherwise=["0"]), "of numbers or dates"),
        (_table([LEVEL], [["municipal", "one"]], otherwise=["0"]), "a number of 0 or more"),
        (_table([LEVEL], [["municipal", "1"]], otherwise=["0", "0"]), "otherwise needs 1 values"),
        (_table([PLACE], [[{}, "2"]], otherwise=["0"]), "a range is from and to (inclusive) or below (exclusive)"),
        (_table([PLACE], [[{"to": "3", "below": "4"}, "2"]], otherwise=["0"]), "or below (exclusive)"),
        (_table([TEAM], [["yes", ["1"]]], otherwise=["0"]), "a value must be one number or one word"),
        (_table([{"fact": "record.hours"}], [[{"from": "1"}, "1"], [{"below": "0.5"}, "1"]]), "has no row"),
        (_table([{"fact": "record.hours"}], [[{"to": "3"}, "2"]]), "'4 hours' has no row"),
        (_table([{"fact": "record.hours"}], [[{"from": "0.2"}, "2"]]), "'0 hours' has no row"),
        (
            text_of(
                {
                    "tables": {
                        "t": {
                            "says": SAYS,
                            "cites": ["source"],
                            "by": [TEAM],
                            "gives": {"credits": "credits"},
                            "rows": [["yes", "1"], ["no", "2"]],
                        }
                    },
                    "gives": {"credits": {"table": "t", "column": "nothing"}, "scheme": "training"},
                }
            ),
            "say which column: credits",
        ),
    ],
)
def test_a_table_that_does_not_answer_every_case_once_does_not_load(text: str, said: str) -> None:
    assert any(said in sentence for sentence in refused(text)), refused(text)


@pytest.mark.parametrize(
    "text",
    [
        _table([TEAM], [["yes", "1"]], otherwise=["0"]),
        _table([TEAM, PLACE], [["yes", {"to": "3"}, "1"], ["yes", {"from": "4"}, "2"], ["no", "any", "3"]]),
        _table([{"fact": "record.hours"}], [[{"below": "3"}, "2"], [{"from": "3"}, "1"]]),
        _table([{"fact": "record.occurred_on"}], [[{"to": "2024-06-30"}, "2"], [{"from": "2024-07-01"}, "1"]]),
        _table([{"fact": "institution.id"}], [["a", "1"]], otherwise=["0"]),
    ],
)
def test_a_table_that_answers_every_case_once_loads(text: str) -> None:
    assert refused(text) == []


def _wide(names: int, rows: int = 0) -> str:
    """A table by two facts of any name, of which so many are listed on either side."""
    listed = [[f"a{place}", "any", "1"] for place in range(rows)]
    both = [[f"n{place}" for place in range(names - rows)], [f"m{place}" for place in range(names)], "1"]
    by = [{"fact": "institution.id"}, {"fact": "record.content"}]
    return _table(by, [*listed, both], otherwise=["0"])


@pytest.mark.parametrize(
    ("text", "whole"),
    [(_wide(140), True), (_wide(141), False), (_wide(99, 98), True), (_wide(100, 99), False)],
    ids=["19,881 cases", "20,164 cases", "10,000 cases, 99 rows", "10,201 cases, 100 rows"],
)
def test_a_table_of_more_cases_than_can_be_looked_through_does_not_load(text: str, whole: bool) -> None:
    said = [sentence for sentence in refused(text) if "split it" in sentence]
    assert (said == []) is whole


def _set(best: list[dict[str, Any]], **more: Any) -> str:
    return text_of(
        {
            "sets": {"s": {"says": SAYS, "cites": ["source"], "of": "same", "best": best, **more}},
            "clauses": [clause({"this_is_in": "s"})],
        }
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_set([{"lowest": {"fact": "record.occurred_on"}}]), "there may still be ties"),
        (_set([{"highest": {"fact": "record.score"}}, {"lowest": {"fact": "record.id"}}]), "may be missing"),
        (
            _set([{"highest": {"fact": "record.result"}, "unstated": "last"}, {"lowest": {"fact": "record.id"}}]),
            "no higher or lower",
        ),
        (_set([{"lowest": {"fact": "record.id"}}], of="others"), "no such set of rows"),
        (_set([{"lowest": {"fact": "record.id"}}], where={"this_is_in": "s"}), "itself"),
    ],
)
def test_a_set_without_a_total_order_does_not_load(text: str, said: str) -> None:
    assert any(said in sentence for sentence in refused(text)), refused(text)


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        (({"until": "2023-12-31"}, {"version": "2", "from": "2024-01-02"}), "leave a gap"),
        (({"until": "2024-01-01"}, {"version": "2", "from": "2024-01-01"}), "overlap"),
        (({}, {"version": "2"}), "begin on the same day"),
        (({}, {"from": "2024-01-01"}), "the same version number twice"),
    ],
)
def test_versions_with_gaps_or_overlaps_do_not_load(versions: tuple[dict[str, Any], ...], said: str) -> None:
    assert any(said in sentence for sentence in refused(text_of(*versions))), refused(text_of(*versions))


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ({"applies": {"record.kind": ["course"]}}, "is none of course_result"),
        ({"applies": {"institution.kind": ["enterprise"]}}, "must say record.kind"),
        ({"applies": {"record.kind": ["award"], "record.score": ["60"]}}, "it may be one of record.kind"),
        ({"version_by": {"fact": "record.score", "because": SAYS}}, "it must be a date"),
        ({"question": "graduation"}, "deposit"),
        ({"document": "Deposit Course"}, "must be a name"),
    ],
)
def test_where_a_document_applies_is_checked_when_it_is_loaded(head: dict[str, Any], said: str) -> None:
    assert any(said in sentence for sentence in refused(text_of(**head))), refused(text_of(**head))


def test_a_problem_says_file_line_word_and_remedy_in_both_languages() -> None:
    text = "document: deposit.x\nquestion: deposit\ntitel: {zh: 甲, en: a}\n"
    with pytest.raises(RulesRefused) as error:
        read_document(text, file="course.yaml")
    problem = next(each for each in error.value.problems if each.word == "titel")
    assert problem.sentence("en").startswith("course.yaml:3: titel: unknown word, did you mean 'title'?")
    assert problem.sentence("zh").startswith("course.yaml:3: titel: 不认识这个词，是否应为“title”")
    assert "course.yaml:3" in error.value.problem("zh")["detail"]


def test_the_digest_covers_what_decides_and_nothing_else() -> None:
    plain = document()
    closed = document({"until": "2030-12-31"})
    more_cases = document({"cases": [*VERSION["cases"], {"name": "two", "expect": {"verdict": "granted"}}]})
    reworded = document(title={"zh": "别的标题", "en": "another title"})
    assert plain.digests() == closed.digests() == more_cases.digests() == reworded.digests()
    changes: list[dict[str, Any]] = [
        {"from": "2020-01-02"},
        {"clauses": [clause({"fact": "record.result", "is": "exempted"})]},
        {"citations": {"source": {**SOURCE, "title": "别的办法"}}},
        {"gives": {"credits": "0", "scheme": "training"}},
    ]
    assert all(document(change).digests() != plain.digests() for change in changes)
    assert document(applies={"record.kind": ["award"]}).digests() != plain.digests()


def test_a_document_reads_the_same_from_json_and_from_yaml() -> None:
    for packaged in packaged_documents():
        again = read_document(json.dumps(packaged.tree, ensure_ascii=False), file="stored.json")
        assert again.digests() == packaged.digests()
        Rulebook.load([again])
