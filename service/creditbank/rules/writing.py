"""Decisions as rows: what they say with a salted digest of it, and the part of a statement that writes them."""

from __future__ import annotations

from typing import Any

from creditbank.sealing import DigestName, as_digested, new_salt, salted_digest

DECISIONS = """
decided AS (
    INSERT INTO decision (learner_id, decision_id, change_id, kind, record_id, record_version, claim_id, line_no,
                          round_id, revision, effective_on, verdict, scheme, level, credits, document, document_version,
                          document_digest, clause, basis, engine, decided_at, facts_sealed, salt, digest)
    SELECT d.* FROM jsonb_to_recordset($1::jsonb -> 'decisions') AS d(
        learner_id uuid, decision_id uuid, change_id uuid, kind text, record_id uuid, record_version int, claim_id uuid,
        line_no int, round_id uuid, revision int, effective_on date, verdict text, scheme text, level text, credits int,
        document text, document_version text, document_digest text, clause text, basis jsonb, engine text,
        decided_at timestamptz, facts_sealed bytea, salt bytea, digest bytea)
)"""
"""A common table expression that writes decisions from its first parameter."""


def digested(said: dict[str, Any], digest: DigestName) -> dict[str, Any]:
    """All that a decision says, as JSON values, with its salt and digest: a row that DECISIONS writes."""
    salt = new_salt()
    proof = salted_digest(salt, as_digested(said), digest)
    return {**said, "salt": "\\x" + salt.hex(), "digest": "\\x" + proof.hex()}
