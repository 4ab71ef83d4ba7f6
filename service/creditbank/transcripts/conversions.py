"""Which courses of which plans a person's records were converted for: the part of a transcript beside the records."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from creditbank.credits import format_credits, parse_credits


def conversions(*, known: str = "true", effective: str = "true") -> str:
    """SQL: the granted lines of a person's claims as a JSON array, null if there are none; `family` is the person.

    `known` narrows the decisions `d` to those known at an instant, `effective` to those that hold by a day. A line is
    what the last of these says: one that ended later still stood, and one that should never have been was ended from
    its first day on, and stands only where it is asked what was known before.
    """
    return f"""
    (SELECT json_agg(json_build_object(
        'learner_id', d.learner_id, 'claim_id', d.claim_id, 'line_no', d.line_no, 'decision_id', d.decision_id,
        'posting_id', (SELECT p.posting_id FROM posting p
                       WHERE p.learner_id = d.learner_id AND p.claim_id = d.claim_id AND p.line_no = d.line_no
                         AND p.decision_id = d.decision_id AND p.kind <> 'reversal'
                       ORDER BY p.posted_at DESC, p.posting_id DESC LIMIT 1),
        'scheme', d.scheme, 'level', d.level, 'credits', d.credits, 'effective_on', d.effective_on,
        'decided_at', d.decided_at, 'document', d.document, 'clause', d.clause,
        'said', d.basis -> 'conversion', 'override', d.basis -> 'override',
        'institution', (SELECT i.name FROM institution_profile i
                        WHERE i.institution_id = (d.basis -> 'conversion' ->> 'institution_id')::uuid
                          AND i.valid_from <= d.effective_on ORDER BY i.valid_from DESC LIMIT 1))
        ORDER BY d.scheme, d.level, d.effective_on, d.decision_id)
     FROM family f CROSS JOIN LATERAL (
         SELECT DISTINCT ON (d.claim_id, d.line_no)
                d.learner_id, d.claim_id, d.line_no, d.decision_id, d.kind, d.verdict, d.scheme, d.level, d.credits,
                d.effective_on, d.decided_at, d.document, d.clause, d.basis
         FROM decision d
         WHERE d.learner_id = f.learner_id AND d.claim_id IS NOT NULL AND {known} AND {effective}
         ORDER BY d.claim_id, d.line_no, d.revision DESC) d
     WHERE d.kind = 'conversion' AND d.verdict = 'granted')"""


def shown(
    found: Iterable[dict[str, Any]] | None, *, institution_id: UUID | None, records: Collection[UUID] | None
) -> list[dict[str, Any]]:
    """The lines as a transcript shows them. For an institution those of its own plans; of some records those that
    stand on nothing else.
    """
    wanted = None if records is None else {str(record) for record in records}
    lines = [_line(one) for one in found or ()]
    return [
        line
        for line in lines
        if (institution_id is None or line["institution_id"] == str(institution_id))
        and (wanted is None or wanted.issuperset(line["record_ids"]))
    ]


def _line(found: dict[str, Any]) -> dict[str, Any]:
    said, override = found["said"] or {}, found["override"]
    course = dict(said.get("course") or {})
    if isinstance(course.get("credits"), int):
        course["credits"] = format_credits(course["credits"])
    grade = said.get("grade")
    return {
        "decision_id": found["decision_id"],
        "posting_id": found["posting_id"],
        "claim_id": found["claim_id"],
        "line_no": found["line_no"],
        "learner_id": found["learner_id"],
        "effective_on": found["effective_on"],
        "decided_at": found["decided_at"],
        "scheme": found["scheme"],
        "level": found["level"],
        "credits": format_credits(found["credits"]),
        "plan_id": said.get("plan_id"),
        "institution_id": said.get("institution_id"),
        "institution": found["institution"],
        "course": course,
        "exemption": said.get("exemption") or "none",
        "grade": None if grade is None else str(grade),
        "grade_text": said.get("grade_text"),
        "record_ids": list(said.get("record_ids", ())),
        "document": found["document"],
        "clause": found["clause"],
        "override": None
        if override is None
        else {name: override.get(name) for name in ("by", "confirmed_by", "reason", "expires_on")},
    }


def totals(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Totals of each scheme (no level, no institution), and within it by level and college; in no total of deposits.

    An exemption without credits is in none.
    """
    sums: dict[tuple[str, str | None, str | None], list[int]] = {}
    for line in lines:
        credits = parse_credits(line["credits"])
        if credits != 0:
            for key in ((line["scheme"], None, None), (line["scheme"], line["level"] or "", line["institution_id"])):
                total = sums.setdefault(key, [0, 0])
                total[0] += 1
                total[1] += credits
    return [
        {
            "scheme": scheme,
            "level": level or None,
            "institution_id": institution_id,
            "courses": courses,
            "credits": format_credits(credits),
        }
        for (scheme, level, institution_id), (courses, credits) in sums.items()
    ]
