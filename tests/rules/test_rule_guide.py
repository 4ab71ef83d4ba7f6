"""The guide and the schema are true: every example runs, every word is shown, generated parts are up to date."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from creditbank.rules import (
    Rulebook,
    RuleDocument,
    RulesRefused,
    packaged_documents,
    read_document,
    rule_document_schema,
)
from creditbank.rules.cases import explain, run_cases, unheld
from creditbank.rules.guide import every_word, refreshed
from creditbank.rules.loading import Fields, read_yaml
from creditbank.rules.questions import QUESTIONS
from creditbank.rules.vocabulary import VERSION

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
SCHEMA = ROOT / "schemas" / "rule-document.schema.json"
WHOLE = re.findall(r"^```yaml document\n(.*?)^```$", GUIDE, re.S | re.M)
FRAMES = {
    str(document.tree["document"]): text for text in WHOLE for document in (read_document(text, file="docs/rules.md"),)
}
FRAME = [FRAMES["deposit.example"]]
PARTS = re.findall(r"^```yaml version\n(.*?)^```$", GUIDE, re.S | re.M)
ADDED = re.findall(r"^```yaml version conversion\n(.*?)^```$", GUIDE, re.S | re.M)
REFERS = {"values": "value", "tables": "table", "names": "named", "sets": "of"}


def _example(part: str) -> RuleDocument:
    """The deposit of the guide with the words that an example shows in place of its own."""
    tree = copy.deepcopy(read_yaml(FRAME[0], "docs/rules.md"))
    tree["versions"][0].update(read_yaml(part, "docs/rules.md"))
    return read_document(json.dumps(tree, ensure_ascii=False), file="docs/rules.md")


def _with(part: str) -> RuleDocument:
    """The method of the guide with what an example adds: clauses of its name give way, what nothing uses goes."""
    tree = copy.deepcopy(read_yaml(FRAMES["conversion.guide"], "docs/rules.md"))
    version, added = tree["versions"][0], read_yaml(part, "docs/rules.md")
    ids = {clause["id"] for clause in added.get("clauses", ())}
    clauses = [clause for clause in version["clauses"] if clause["id"] not in ids] + list(added.pop("clauses", ()))
    for word in ("citations", "values", "names", "given", "rows"):
        version.setdefault(word, {}).update(added.pop(word, {}))
    version.update(added)
    version["clauses"] = clauses
    for _ in range(2):
        text = json.dumps({key: value for key, value in version.items() if key not in ("given", "rows", "cases")})
        for section in ("values", "names"):
            for name in list(version[section]):
                if f'"{REFERS[section]}": "{name}"' not in text:
                    del version[section][name]
    if not version["values"]:
        del version["values"]
    return read_document(json.dumps(tree, ensure_ascii=False), file="docs/rules.md")


@pytest.mark.parametrize("name", FRAMES)
def test_the_whole_documents_of_the_guide_hold_and_are_held(name: str) -> None:
    document = read_document(FRAMES[name], file="docs/rules.md")
    assert [(outcome.name, outcome.wrong) for outcome in run_cases(document) if outcome.wrong] == []
    assert [problem.sentence("en") for problem in unheld(document)] == []


def test_the_whole_documents_of_the_guide_apply_together() -> None:
    Rulebook.load([read_document(text, file="docs/rules.md") for text in WHOLE])
    assert {document.question for document in map(read_document, WHOLE)} == set(QUESTIONS)


@pytest.mark.parametrize("part", PARTS, ids=range(len(PARTS)))
def test_every_example_of_the_guide_gets_its_decisions(part: str) -> None:
    assert [(outcome.name, outcome.wrong) for outcome in run_cases(_example(part)) if outcome.wrong] == []


@pytest.mark.parametrize("part", ADDED, ids=range(len(ADDED)))
def test_every_example_of_a_conversion_gets_its_decisions(part: str) -> None:
    assert [(outcome.name, outcome.wrong) for outcome in run_cases(_with(part)) if outcome.wrong] == []


def test_every_example_in_the_guide_is_one_that_is_run() -> None:
    fences = re.findall(r"^```yaml(.*)$", GUIDE, re.M)
    assert len(fences) == len(WHOLE) + len(PARTS) + len(ADDED)
    assert len(ADDED) > 10


def _keys(node: Any) -> set[str]:
    if isinstance(node, Fields):
        return set(node).union(*(_keys(child) for child in node.values()))
    return set().union(*(_keys(child) for child in node)) if isinstance(node, list) else set()


def test_every_word_of_the_vocabulary_is_shown_in_the_guide() -> None:
    shown = set[str]().union(*(_keys(read_yaml(text, "")) for text in (*WHOLE, *PARTS, *ADDED)))
    words = {word for _, word in every_word()}
    assert len(words) > 60
    assert sorted(words - shown) == []


def test_every_section_of_a_version_is_named_in_the_guide() -> None:
    assert all(f"`{word}`" in GUIDE for word in VERSION.words if word != "given")


def test_the_generated_parts_of_the_guide_are_what_the_code_says() -> None:
    assert refreshed(GUIDE) == GUIDE


def test_the_published_schema_is_what_the_code_says() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == rule_document_schema()
    jsonschema.Draft202012Validator.check_schema(rule_document_schema())


def test_the_schema_accepts_what_the_bank_publishes_as_editors_read_it() -> None:
    """Editors read YAML 1.2 with numbers and truths; the documents must pass with them and as plain text."""
    validator = jsonschema.Draft202012Validator(rule_document_schema())
    casebook = sorted((ROOT / "service" / "creditbank" / "rulebook" / "casebook").glob("*.yaml"))
    assert casebook
    texts = [document.text for document in packaged_documents()] + WHOLE
    texts += [path.read_text(encoding="utf-8") for path in casebook]
    for text in texts:
        assert [error.message for error in validator.iter_errors(yaml.load(text, yaml.BaseLoader))] == []
        assert [error.message for error in validator.iter_errors(_as_editors_do(text))] == []


def _as_editors_do(text: str) -> Any:
    def read(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: read(value) for key, value in node.items()}
        if isinstance(node, list):
            return [read(value) for value in node]
        if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", node):
            return float(node) if "." in node else int(node)
        return node

    return read(yaml.load(text, yaml.BaseLoader))


@pytest.mark.parametrize(
    "change",
    [
        {"clauzes": []},
        {"cases": []},
        {"from": "soon"},
        {"clauses": [{"id": "c", "says": {"zh": "一", "en": "one"}, "require": {"fact": "record.scores", "is": "1"}}]},
        {"clauses": [{"id": "c", "says": {"zh": "一", "en": "one"}, "require": {"fact": "record.score"}}]},
        {"clauses": [{"id": "c", "says": {"zh": "一"}}]},
        {"gives": {"credits": {"start": {"fact": "course.credits"}, "then": [{"plus": "1", "minus": "1"}]}}},
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(change: dict[str, Any]) -> None:
    tree = yaml.load(FRAME[0], yaml.BaseLoader)
    tree["versions"][0].update(change)
    assert list(jsonschema.Draft202012Validator(rule_document_schema()).iter_errors(tree))
    with pytest.raises(Exception, match="change"):
        read_document(json.dumps(tree), file="t.yaml")


BROKEN: list[dict[str, Any]] = [
    {
        "clauses": [
            {"id": "c", "says": {"zh": "一", "en": "one"}, "cap": {"per": [{"fact": "record.id"}]}, "at_most": "1"}
        ]
    },
    {"clauses": [{"id": "c", "says": {"zh": "一", "en": "one"}, "replaces": {"over": "uses"}}]},
    {"clauses": [{"id": "c", "says": {"zh": "一", "en": "one"}, "final": "no"}]},
    {
        "names": {
            "n": {"says": {"zh": "一", "en": "one"}, "gives": "credits", "amount": {"sum": {"fact": "course.credits"}}}
        }
    },
    {"names": {"n": {"says": {"zh": "一", "en": "one"}, "gives": "credits", "amount": {"share": "half", "of": "1"}}}},
    {"procedure": {"says": {"zh": "一", "en": "one"}, "reserves_for": "60"}},
    {
        "procedure": {
            "says": {"zh": "一", "en": "one"},
            "appeal": {"within": "soon", "decided_within": "3"},
            "reserves_for": "6",
        }
    },
    {"rows": {"courses": [{"course": {"credits": 3}}]}},
    {"gives": {"credits": {"when": {"fact": "record.score", "stated": "yes"}}}},
]


@pytest.mark.parametrize("change", BROKEN, ids=range(len(BROKEN)))
def test_the_schema_refuses_broken_rows_caps_and_procedures_as_the_loader_does(change: dict[str, Any]) -> None:
    tree = yaml.load(FRAMES["conversion.guide"], yaml.BaseLoader)
    tree["versions"][0].update(change)
    assert list(jsonschema.Draft202012Validator(rule_document_schema()).iter_errors(tree))
    with pytest.raises(RulesRefused):
        read_document(json.dumps(tree), file="t.yaml")


def test_a_case_is_explained_with_verdict_reasons_sources_and_facts() -> None:
    path = ROOT / "service" / "creditbank" / "rulebook" / "qinhuangdao" / "deposit.course.yaml"
    told = explain(path, "报为合格而只有 59 分，请院校核对")
    assert told.startswith("尚不能判定 / not yet known  (score-agrees)")
    for said in ("? score-agrees" not in told, "✗ score-agrees: 成绩 59，应不低于 60" in told, "征求意见稿" in told):
        assert said
    assert "record.score: 59  (成绩 / score)" in told
    with pytest.raises(KeyError):
        explain(path, "没有这个情形")
