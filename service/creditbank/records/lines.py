"""A record as one finished line of JSON, made when it is written, so that reading a transcript is reading lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import orjson

NOTHING_PRIVATE = b'"private":null,"record_id":"%s"'
"""How every line begins, so that what was sealed can be put in its place. (In a JSON string a quote is escaped, so
nothing that was reported can look like this.)"""

_SHOWN = [
    "course_code",
    "academic_year",
    "term",
    "attempt",
    "attempt_no",
    "standard",
    "level",
    "valid_until",
    "title",
    "hours",
    "event",
    "rank",
    "place",
    "team_size",
    "form",
    "host",
    "weeks",
    "platform",
    "category",
    "score",
    "name",
    "subject",
    "enlisted_on",
    "started_on",
    "programme_code",
    "year_of_entry",
]
"""Which reported fields a transcript shows, in the open."""

_INNER = ("kind", "occurred_on", "student_index", "student_sealed", "programme_id")


def shown_of(body: dict[str, Any], derived: dict[str, Any]) -> dict[str, Any]:
    """What a transcript shows of a version, in the open."""
    return {name: body[name] for name in _SHOWN if name in body} | derived


def line_of(
    *,
    record_id: UUID | str,
    learner_id: UUID | str,
    kind: str,
    institution_id: UUID | str,
    scheme: str | None,
    level: str | None,
    credits: str,
    verdict: str,
    clause: str | None,
    occurred_on: date | str,
    recorded_at: str,
    version: int,
    decision_id: UUID | str,
    posting_id: UUID | str | None,
    shown: Mapping[str, Any],
) -> str:
    """The line of a record, with nothing private in it yet; `credits` as people write them."""
    said = {
        "private": None,
        "record_id": record_id,
        "learner_id": learner_id,
        "kind": kind,
        "institution_id": institution_id,
        "scheme": scheme,
        "level": level,
        "credits": credits,
        "verdict": verdict,
        "clause": clause,
        "occurred_on": occurred_on,
        "recorded_at": recorded_at,
        "version": version,
        "decision_id": decision_id,
        "posting_id": posting_id,
        "shown": {name: value for name, value in shown.items() if name not in _INNER},
    }
    return orjson.dumps(said).decode()


def with_private(line: bytes, record_id: str, private: Mapping[str, Any] | None) -> bytes:
    """The same line with what was sealed and may be seen."""
    if not private:
        return line
    place = NOTHING_PRIVATE % record_id.encode()
    return line.replace(place, b'"private":' + orjson.dumps(dict(private)) + place[len(b'"private":null') :], 1)
