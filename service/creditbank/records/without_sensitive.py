"""What a decision tells somebody who does not decide by sensitive facts: discipline, health, residence; pure.

The rule, its verdict and the clause are told, so that a refusal has its ground; what was observed is not.
(个人信息保护法 第二十八条)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from creditbank.rules.facts import FACTS
from creditbank.rules.questions import QUESTIONS

SENSITIVE = frozenset(name for name, fact in FACTS.items() if fact.sensitive)
"""Facts that only those see who decide on them, and the learner."""
_SUBJECTS = frozenset(name.partition(".")[0] for name in SENSITIVE)
_SETS = frozenset(
    name for question in QUESTIONS.values() for name, rows in question.sets.items() if rows.own[0] in _SUBJECTS
)
"""Sets of which it would tell something that they are empty."""
_ZH = "{rule}（涉及敏感个人信息，仅作出决定者和学习者本人可见）"
_EN = "{rule} (it rests on sensitive facts, which only the learner and those who decide on them see)"


def facts_without_sensitive(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts without sensitive ones, neither of the case nor of its rows."""
    kept: dict[str, Any] = {}
    for name, said in facts.items():
        if isinstance(said, dict):
            left = _without(name, said)
            if left or not said:
                kept[name] = left
        elif name not in _SETS:
            kept[name] = said
    return kept


def _without(subject: str, said: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if f"{subject}.{key}" not in SENSITIVE}


def findings_without_sensitive(findings: Sequence[dict[str, Any]], facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Findings of which those that rest on sensitive facts say their rule and their verdict only.

    `facts` are those of the decision, whole: they say which rows are sensitive.
    """
    rows = {str(row["id"]) for name in _SETS for row in facts.get(name) or ()}
    return [_less(finding) if _rests_on(finding, rows) else finding for finding in findings]


def _rests_on(finding: dict[str, Any], rows: set[str]) -> bool:
    fact = str(finding.get("fact") or "")
    return (
        fact in _SETS
        or fact.partition(".")[0] in _SUBJECTS
        or not SENSITIVE.isdisjoint(finding.get("missing", ()))
        or str(finding.get("row")) in rows
        or any(str(row.get("id")) in rows for row in finding.get("rows", ()))
    )


def _less(finding: dict[str, Any]) -> dict[str, Any]:
    less = {name: value for name, value in finding.items() if name not in ("rows", "row", "missing")}
    return less | {
        "observed": None,
        "required": None,
        "says_zh": _ZH.format(rule=finding["rule_zh"]),
        "says_en": _EN.format(rule=finding["rule_en"]),
    }
