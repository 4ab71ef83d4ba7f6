"""The sittings of a round as people type them on a page: a day and a line of subjects; pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

MOST = 4
"""Sittings that a page asks for; a round may have more, by the API."""
_BETWEEN = re.compile(r"[、，,；;\n]+")
_SUBJECT = re.compile(
    r"(?P<subject>.+?)\s*(?:[(（]?(?:满分)?\s*(?P<full>\d+(?:\.\d+)?)\s*分?[)）]?)?\s*(?P<drawn>抽考|抽|drawn)?"
)


def sittings_of(typed: Callable[[str], str | None]) -> list[dict[str, Any]]:
    """What was typed in `subjects_1`, `on_1`, `set_by_1`, `marked_by_1` … as the payload says it; not empty rows."""
    found = []
    for no in range(1, MOST + 1):
        line = typed(f"subjects_{no}")
        given = {name: typed(f"{name}_{no}") for name in ("on", "set_by", "marked_by")}
        if line is None and given["on"] is None:
            continue
        subjects = [subject_of(part) for part in _BETWEEN.split(line or "") if part.strip()]
        found.append({"no": no, "subjects": subjects, **{name: value for name, value in given.items() if value}})
    return found


def subject_of(part: str) -> dict[str, Any]:
    """One subject: `数学 120`, `语文（满分120）`, `专业理论 200 抽考`, `体育`."""
    found = _SUBJECT.fullmatch(part.strip())
    assert found is not None
    said: dict[str, Any] = {"subject": found["subject"].strip()}
    if found["full"]:
        said["full"] = found["full"]
    if found["drawn"]:
        said["drawn"] = True
    return said


def typed_of(sitting: dict[str, Any]) -> str:
    """The subjects of a sitting as they would be typed."""
    return "，".join(
        " ".join(filter(None, (each["subject"], each.get("full"), "抽考" if each.get("drawn") else None)))
        for each in sitting["subjects"]
    )
