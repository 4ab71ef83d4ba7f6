"""What a decision about a line tells the college whose plan it is: nothing of what others reported; pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

OF_ALL_RECORDS = ("same", "uses", "records")
"""Sets of facts with rows about what other institutions reported, or what other colleges converted."""

_A_RECORD = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ZH = "{rule}（还涉及其他机构报送的成果，经学习者授权后可见）"
_EN = "{rule} (it also rests on what other institutions reported, which the learner's consent would show)"


def facts_without_others(facts: dict[str, Any], *, mine: Collection[str], own: UUID | None) -> dict[str, Any]:
    """The facts of a line without the rest of the learner's life.

    `mine` are the records that the line uses, and those that the college reported itself.
    """
    kept = {name: [row for row in facts[name] if _theirs(row, mine, own)] for name in OF_ALL_RECORDS if name in facts}
    return facts | kept


def _theirs(row: dict[str, Any], mine: Collection[str], own: UUID | None) -> bool:
    named = {row.get("id"), row.get("record", {}).get("id"), _record_of(str(row.get("id")))}
    same_plan = row.get("conversion", {}).get("same_plan") is True
    return not named.isdisjoint(mine) or same_plan or row.get("institution", {}).get("id") == str(own)


def _record_of(row: str) -> str:
    """The record that a row of `uses` is about; such a row is called by its conversion and its record."""
    return row.partition(":")[2]


def records_in(facts: dict[str, Any]) -> set[UUID]:
    """All records that the facts of a line name."""
    named = {_record_of(row) or row for row in _ids(facts)}
    return {UUID(record) for record in named if _A_RECORD.fullmatch(record)}


def rows_of_others(facts: dict[str, Any], *, mine: Collection[str], own: UUID | None) -> frozenset[str]:
    """The ids of the rows that the college may not see."""
    kept = facts_without_others(facts, mine=mine, own=own)
    return frozenset(_ids(facts) - _ids(kept))


def _ids(facts: dict[str, Any]) -> set[str]:
    return {str(row.get("id")) for name in OF_ALL_RECORDS for row in facts.get(name, ())}


def findings_without_others(findings: Sequence[dict[str, Any]], hidden: Collection[str]) -> list[dict[str, Any]]:
    """Findings without the rows of others; where those made the finding, only its rule and its verdict are left."""
    return [_less(finding, hidden) for finding in findings]


def _less(finding: dict[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    rows = finding.get("rows", ())
    others = [row for row in rows if row.get("id") in hidden]
    counted = any(row.get("counts") != "not_met" for row in others) or finding.get("row") in hidden
    less = {name: value for name, value in finding.items() if name != "row" or value not in hidden}
    if others:
        less["rows"] = [row for row in rows if row.get("id") not in hidden]
    if counted:
        less |= {
            "observed": None,
            "required": None,
            "says_zh": _ZH.format(rule=finding["rule_zh"]),
            "says_en": _EN.format(rule=finding["rule_en"]),
        }
    return less


def turning_without_others(
    turning: dict[str, Any], findings: Sequence[dict[str, Any]], hidden: Collection[str]
) -> dict[str, Any]:
    """What would turn a refusal, without changes to what others reported and the room that they left."""
    if not hidden:
        return turning
    closed = {each["clause"] for each, less in zip(findings, findings_without_others(findings, hidden), strict=True)
              if less["observed"] != each["observed"]}  # fmt: skip
    changes = [
        together
        for together in turning["changes"]
        if not any(change.get("row") in hidden or change.get("give_up") in hidden for change in together)
    ]
    room = [each for each in turning["room"] if each["clause"] not in closed]
    return turning | {"changes": changes, "room": room}
