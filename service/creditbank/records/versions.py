"""Versions that repeat what a record said, because something was done to it: withdrawn, reassigned away."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from creditbank.records.standing import Standing
from creditbank.sealing import DigestName, new_salt, salted_digest


def next_version(
    before: dict[str, Any],
    record: Standing,
    *,
    how: str,
    reason: str,
    change_id: UUID,
    submission_id: UUID,
    row_no: int,
    at: datetime,
    digest: DigestName,
) -> dict[str, Any]:
    """The version after `before`, with the same content and another act."""
    salt = new_salt()
    made: dict[str, Any] = {
        "learner_id": str(record.learner_id),
        "record_id": str(record.record_id),
        "version": before["version"] + 1,
        "change_id": str(change_id),
        "institution_id": before["institution"],
        "kind": before["kind"],
        "act": how,
        "occurred_on": before["occurred_on"],
        "recorded_at": at.isoformat(),
        "submission_id": str(submission_id),
        "row_no": row_no,
        "row_index": "\\x" + before["row_index"],
        "content": "\\x" + before["content"],
        "body": before["body"],
        "derived": before["derived"],
        "warnings": before["warnings"],
        "reason": reason,
    }
    proof = salted_digest(salt, made, digest)
    return {
        **made,
        "sealed": None if before["sealed"] is None else "\\x" + before["sealed"],
        "salt": "\\x" + salt.hex(),
        "digest": "\\x" + proof.hex(),
    }
