"""Findings: what a clause or an output came to in a case, with its rule, its citation, and what is missing."""

from __future__ import annotations

from typing import Any

from creditbank.rules.clauses import Clause, Standing
from creditbank.rules.compiling import CompiledVersion, Output
from creditbank.rules.terms import JUDGED, Leaf, Scope, Telling, lacked
from creditbank.rules.units import observed, shown

Finding = dict[str, Any]


def _cited(version: CompiledVersion, names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"id": name, **version.sources[name]} for name in names]


def clause_findings(version: CompiledVersion, clause: Clause, name: str, scope: Scope) -> list[Finding]:
    """What is found by a clause that is called `name` in the decision; nothing where it is silent."""
    standing = clause.standing(scope)
    if standing == "silent":
        return []
    common: dict[str, Any] = {
        "effect": clause.effect,
        "rule_zh": clause.zh,
        "rule_en": clause.en,
        "citation": _cited(version, clause.cites),
    }
    last = clause.last_day(scope)
    if last is not None:
        common["until"] = last
    if clause.final or (standing == "not_met" and clause.over(scope)):
        common["final"] = True
    if clause.effect == "refer" and name in scope.get(JUDGED, ()):
        common["judged"] = True
    if clause.require is None and clause.cap is None:
        return [_finding(name, Leaf("", None, None, "met", clause.zh, clause.en), "met", common)]
    return [_finding(name, leaf, standing, common) for leaf in clause.leaves(scope, standing)]


def _finding(clause: str, leaf: Leaf, standing: Standing, common: dict[str, Any]) -> Finding:
    verdict = "exempt" if standing == "exempt" else leaf.verdict
    behind: dict[str, Any] = {} if leaf.rows is None else {"rows": [dict(row) for row in leaf.rows]}
    if leaf.row is not None:
        behind["row"] = leaf.row
    if verdict == "unknown" and leaf.lacks():
        behind["missing"] = list(leaf.lacks())
    return {
        "clause": clause,
        "fact": leaf.fact,
        "observed": leaf.observed,
        "required": leaf.required,
        "verdict": verdict,
        "says_zh": leaf.zh,
        "says_en": leaf.en,
        **behind,
        **common,
    }


_OUTPUT_NAMES = {
    "credits": ("认定学分", "credits granted"),
    "scheme": ("学分体系", "scheme"),
    "grade": ("记载成绩", "grade recorded"),
    "grade_text": ("成绩记载为", "recorded as"),
    "in_average": ("计入绩点", "counted in the average"),
    "exemption": ("免修类别", "kind of exemption"),
    "surplus": ("剩余学分", "credits left over"),
    "surplus_to": ("剩余学分的去向", "what becomes of them"),
    "average": ("平均学分绩点", "grade point average"),
    "route": ("升学方式", "route"),
    "total": ("总分", "total"),
    "total_of": ("满分", "full marks"),
    "places": ("名额", "places"),
}


def output_finding(version: CompiledVersion, output: Output, scope: Scope) -> Finding:
    """What is given and why, or what is missing for saying so."""
    value, told = output.value(scope), output.amount.tell(scope)
    if output.when is not None and output.given(scope) is None:
        open_ = tuple(output.when.why(scope))
        told = Telling("；".join(leaf.zh for leaf in open_), "; ".join(leaf.en for leaf in open_), open_)
    zh_name, en_name = _OUTPUT_NAMES[output.name]
    if value is None:
        missing = {leaf.zh: leaf.en for leaf in told.missing} or {told.zh: told.en}
        zh, en = f"{zh_name}未定：{'；'.join(missing)}", f"{en_name} not known: {'; '.join(missing.values())}"
    else:
        zh = _because(zh_name, shown(output.amount.type, value, "zh"), told.zh, "：")
        en = _because(en_name, shown(output.amount.type, value, "en"), told.en, ": ")
    gaps = lacked(told.missing) if value is None else ()
    return {
        "clause": f"gives.{output.name}",
        "fact": told.missing[0].fact if value is None and told.missing else output.name,
        "observed": None if value is None else observed(output.amount.type, value),
        "required": None,
        "verdict": "unknown" if value is None else "met",
        **({"missing": list(gaps)} if gaps else {}),
        "effect": "give",
        "says_zh": zh,
        "says_en": en,
        "rule_zh": zh_name,
        "rule_en": en_name,
        "citation": _cited(version, output.cites),
    }


def _because(name: str, value: str, told: str, colon: str) -> str:
    if told == value:
        return f"{name}{colon}{value}"
    return f"{name}：{value}（{told}）" if colon == "：" else f"{name}: {value} ({told})"
