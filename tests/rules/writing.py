"""Rule documents and facts for tests: one small document, changed by what a test is about."""

from __future__ import annotations

import copy
import json
from typing import Any

from creditbank.rules import Rulebook, RuleDocument, RulesRefused, read_document

SAYS = {"zh": "条文", "en": "the rule"}
SOURCE = {"title": "办法", "issuer": "某学院", "read_on": "2026-11-24", "mark": "V", "status": "published"}
VERSION: dict[str, Any] = {
    "version": "1",
    "from": "2020-01-01",
    "citations": {"source": SOURCE},
    "clauses": [
        {"id": "passed", "says": SAYS, "cites": ["source"], "require": {"fact": "record.result", "is": "passed"}}
    ],
    "gives": {"credits": {"fact": "course.credits"}, "scheme": "training"},
    "cases": [{"name": "one", "expect": {"verdict": "unknown", "clause": "passed"}}],
}
DOCUMENT: dict[str, Any] = {
    "document": "deposit.test",
    "question": "deposit",
    "title": SAYS,
    "issuer": SAYS,
    "applies": {"record.kind": ["course_result"]},
    "version_by": {"fact": "record.occurred_on", "because": SAYS},
    "versions": [VERSION],
}


def clause(require: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A clause named c that requires something."""
    return {"id": "c", "says": SAYS, "cites": ["source"], "require": require, **more}


def named(gives: str, amount: Any) -> dict[str, Any]:
    """A named amount."""
    return {"says": SAYS, "cites": ["source"], "gives": gives, "amount": amount}


def text_of(*versions: dict[str, Any], **head: Any) -> str:
    """A document as text: versions are changes to the small one (None removes a word), `head` changes its frame."""
    whole = copy.deepcopy(DOCUMENT) | head
    whole["versions"] = [
        {word: value for word, value in (copy.deepcopy(VERSION) | version).items() if value is not None}
        for version in (versions or ({},))
    ]
    return json.dumps(whole, ensure_ascii=False, indent=1)


def document(*versions: dict[str, Any], **head: Any) -> RuleDocument:
    """A document, read."""
    return read_document(text_of(*versions, **head), file="test.yaml")


def rulebook(*versions: dict[str, Any], **head: Any) -> Rulebook:
    """A rulebook of one document."""
    return Rulebook.load([document(*versions, **head)])


def refused(text: str) -> list[str]:
    """What is wrong with a text, in English, loaded as far as it gets."""
    try:
        Rulebook.load([read_document(text, file="test.yaml")])
    except RulesRefused as error:
        return [problem.sentence("en") if problem.zh else "not said in Chinese" for problem in error.problems]
    return []


def row(row_id: str, *, this: bool = False, **record: Any) -> dict[str, Any]:
    """One row of `same`."""
    return {"id": row_id, "this": this, "record": {"kind": "course_result", "occurred_on": "2024-06-20", **record}}


def facts(*others: dict[str, Any], **record: Any) -> dict[str, Any]:
    """The facts of a course result worth three credits, with other records of the same content."""
    mine = row("this", this=True, **{"result": "passed", "score": "78", **record})
    return {
        "record": mine["record"],
        "course": {"credits": 300, "source": "plan"},
        "enrolment": {"level": "higher_vocational"},
        "certificate": None,
        "institution": {"id": "school", "kind": "higher_vocational"},
        "same": [mine, *others],
    }
