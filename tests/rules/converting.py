"""Conversion documents and lines of claims for tests: a small document and a line, changed by what a test is about."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from creditbank.rules import Decided, Rulebook, RuleDocument, read_document
from tests.rules.writing import SAYS, SOURCE, refused

ONCE: dict[str, Any] = {
    "id": "once",
    "says": SAYS,
    "cites": ["source"],
    "cap": {"count": "uses", "per": [{"fact": "record.id"}]},
    "at_most": "1",
}
PASSED: dict[str, Any] = {
    "id": "passed",
    "says": SAYS,
    "cites": ["source"],
    "require": {"fact": "record.result", "is": "passed"},
}
VERSION: dict[str, Any] = {
    "version": "1",
    "from": "2020-01-01",
    "citations": {"source": SOURCE},
    "clauses": [PASSED, ONCE],
    "gives": {"credits": {"fact": "course.credits"}},
    "cases": [{"name": "one", "expect": {"verdict": "unknown", "clause": "passed"}}],
}
DOCUMENT: dict[str, Any] = {
    "document": "conversion.test",
    "question": "conversion",
    "title": SAYS,
    "issuer": SAYS,
    "applies": {"plan.level": ["higher_vocational"]},
    "version_by": {"fact": "claim.on", "because": SAYS},
    "versions": [VERSION],
}


def also(*clauses: dict[str, Any]) -> list[dict[str, Any]]:
    """Clauses beside those that every method has."""
    return [PASSED, ONCE, *clauses]


def clause(name: str, /, **words: Any) -> dict[str, Any]:
    """A clause with its words."""
    return {"id": name, "says": {"zh": f"条款 {name}", "en": f"clause {name}"}, "cites": ["source"], **words}


def capped(name: str, at_most: Any, /, *, otherwise: str = "refuse", **cap: Any) -> dict[str, Any]:
    """A clause with a cap."""
    return clause(name, cap=cap, at_most=at_most, otherwise=otherwise)


def text_of(*versions: dict[str, Any], **head: Any) -> str:
    """A conversion document as text: versions are changes to the small one (None removes a word)."""
    whole = copy.deepcopy(DOCUMENT) | head
    whole["versions"] = [
        {word: value for word, value in (copy.deepcopy(VERSION) | version).items() if value is not None}
        for version in (versions or ({},))
    ]
    return json.dumps(whole, ensure_ascii=False, indent=1)


def document(*versions: dict[str, Any], **head: Any) -> RuleDocument:
    """A conversion document, read."""
    return read_document(text_of(*versions, **head), file="test.yaml")


def book(*versions: dict[str, Any], **head: Any) -> Rulebook:
    """A rulebook of one conversion document."""
    return Rulebook.load([document(*versions, **head)])


def wrong(*versions: dict[str, Any], **head: Any) -> list[str]:
    """What is wrong with such a document, in English."""
    return refused(text_of(*versions, **head))


def source(row_id: str = "r1", /, **record: Any) -> dict[str, Any]:
    """A record that a line uses."""
    return {"id": row_id, "record": {"kind": "certificate", "result": "passed", **record}}


def line(*sources: dict[str, Any], course: Mapping[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    """The facts of a line: a passed certificate for a course of three credits. `facts` stand beside or instead."""
    used = list(sources) or [source()]
    said: dict[str, Any] = {
        "plan": {"level": "higher_vocational"},
        "claim": {"on": "2024-03-04", "sources": len(used)},
        "course": {"code": "c1", "credits": 300, **(course or {})},
        "sources": used,
        "conversions": [],
        "uses": [],
        "courses": [],
        "records": [],
        "interruptions": [],
    }
    if len(used) == 1:
        said |= {subject: fields for subject, fields in used[0].items() if subject != "id"}
        said["same"] = [{**used[0], "this": True}]
    return {key: value for key, value in (said | facts).items() if value is not ...}


def stood(row_id: str, /, *, credits_: int | None = 300, **more: Any) -> dict[str, Any]:
    """A conversion that stands, as a row."""
    conversion = {"on": "2023-03-06", **({} if credits_ is None else {"credits": credits_})}
    conversion |= more.pop("conversion", {})
    return {"id": row_id, "conversion": conversion, **more}


def decide(rules: Rulebook, facts: Mapping[str, Any]) -> Decided:
    """The decision about a line."""
    return rules.decide("conversion", facts)


def told(rules: Rulebook, facts: Mapping[str, Any]) -> tuple[str, str]:
    """Verdict and deciding clause of a line."""
    decided = decide(rules, facts)
    return decided.verdict, decided.clause


def finding(decided: Decided, name: str) -> dict[str, Any]:
    """The first finding of a clause."""
    return next(each for each in decided.findings() if each["clause"] == name)


def replayed(rules: Rulebook, decided: Decided) -> Decided:
    """Decide again from what was stored of a decision, as it comes back from the database."""
    stored = json.loads(json.dumps(decided.facts_used()))
    if not decided.documents:
        return rules.decide(decided.question, stored)
    return rules.replay_together(
        decided.question, stored, [(document_, version) for document_, version, _ in decided.documents]
    )
