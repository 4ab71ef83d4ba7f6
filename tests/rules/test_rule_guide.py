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

from creditbank.rules import RuleDocument, packaged_documents, read_document, rule_document_schema
from creditbank.rules.cases import explain, run_cases, unheld
from creditbank.rules.guide import every_word, refreshed
from creditbank.rules.loading import Fields, read_yaml
from creditbank.rules.vocabulary import VERSION

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
SCHEMA = ROOT / "schemas" / "rule-document.schema.json"
FRAME = re.findall(r"^```yaml document\n(.*?)^```$", GUIDE, re.S | re.M)
PARTS = re.findall(r"^```yaml version\n(.*?)^```$", GUIDE, re.S | re.M)


def _example(part: str) -> RuleDocument:
    """The frame of the guide with the words that an example shows in place of its own."""
    tree = copy.deepcopy(read_yaml(FRAME[0], "docs/rules.md"))
    tree["versions"][0].update(read_yaml(part, "docs/rules.md"))
    return read_document(json.dumps(tree, ensure_ascii=False), file="docs/rules.md")


def test_the_whole_document_of_the_guide_holds_and_is_held() -> None:
    assert len(FRAME) == 1
    document = read_document(FRAME[0], file="docs/rules.md")
    assert [outcome.wrong for outcome in run_cases(document) if outcome.wrong] == []
    assert [problem.sentence("en") for problem in unheld(document)] == []


@pytest.mark.parametrize("part", PARTS, ids=range(len(PARTS)))
def test_every_example_of_the_guide_gets_its_decisions(part: str) -> None:
    assert [(outcome.name, outcome.wrong) for outcome in run_cases(_example(part)) if outcome.wrong] == []


def _keys(node: Any) -> set[str]:
    if isinstance(node, Fields):
        return set(node).union(*(_keys(child) for child in node.values()))
    return set().union(*(_keys(child) for child in node)) if isinstance(node, list) else set()


def test_every_word_of_the_vocabulary_is_shown_in_the_guide() -> None:
    shown = _keys(read_yaml(FRAME[0], "")).union(*(_keys(read_yaml(part, "")) for part in PARTS))
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
    texts = [document.text for document in packaged_documents()] + FRAME
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


def test_a_case_is_explained_with_verdict_reasons_sources_and_facts() -> None:
    path = ROOT / "service" / "creditbank" / "rulebook" / "qinhuangdao" / "deposit.course.yaml"
    told = explain(path, "报为合格而只有 59 分，请院校核对")
    assert told.startswith("尚不能判定 / not yet known  (score-agrees)")
    for said in ("? score-agrees" not in told, "✗ score-agrees: 成绩 59，应不低于 60" in told, "征求意见稿" in told):
        assert said
    assert "record.score: 59  (成绩 / score)" in told
    with pytest.raises(KeyError):
        explain(path, "没有这个情形")
