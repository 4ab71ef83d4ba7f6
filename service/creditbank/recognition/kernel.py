"""Pure: what no document can lift, told as findings: by the bank's own rule, in both languages, with no citation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

COURSE_REPLACED = "course_already_replaced"
RECORD_NOT_LIVE = "record_not_live"
COURSE_GONE = "course_not_in_plan"


@dataclass(frozen=True, slots=True)
class _Rule:
    fact: str
    required: str
    says_zh: str
    says_en: str
    rule_zh: str
    rule_en: str


_RULES = {
    COURSE_REPLACED: _Rule(
        "course.code",
        "0",
        "该课程已由另一项转换置换（{observed}）",
        "another conversion replaces the course already ({observed})",
        "一门课程只置换一次（学分银行自身规则）",
        "a course is replaced once (the bank's own rule)",
    ),
    RECORD_NOT_LIVE: _Rule(
        "record.id",
        "live",
        "所用成果已撤回，或不属于该学习者（{observed}）",
        "a record it uses was withdrawn, or is not the learner's ({observed})",
        "所用成果须为本人现有成果（学分银行自身规则）",
        "a line uses live records of the learner's own (the bank's own rule)",
    ),
    COURSE_GONE: _Rule(
        "course.in_plan",
        "yes",
        "培养方案中没有这门课程（{observed}）",
        "the plan has no such course ({observed})",
        "只能置换培养方案内的课程（学分银行自身规则）",
        "only courses of the plan are replaced (the bank's own rule)",
    ),
}


def said_of(code: str) -> tuple[str, str] | None:
    """The rule of a code in Chinese and English; nothing for what is a clause of a document."""
    rule = _RULES.get(code)
    return None if rule is None else (rule.rule_zh, rule.rule_en)


def finding(code: str, observed: str) -> dict[str, Any]:
    """Why something is refused that no document can grant; the words as those of the rules have them."""
    rule = _RULES[code]
    return {
        "clause": code,
        "fact": rule.fact,
        "observed": observed,
        "required": rule.required,
        "verdict": "not_met",
        "effect": "refuse",
        "says_zh": rule.says_zh.format(observed=observed),
        "says_en": rule.says_en.format(observed=observed),
        "rule_zh": rule.rule_zh,
        "rule_en": rule.rule_en,
        "citation": [],
    }
