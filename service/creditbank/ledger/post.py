"""The only module that writes postings: named parts of the one statement in which an act is written."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg

from creditbank.db import Transaction, run
from creditbank.ledger.book import Book

POSTINGS = """
posted AS (
    INSERT INTO posting (learner_id, posting_id, change_id, decision_id, record_id, claim_id, line_no, purpose, kind,
                         reverses, scheme, institution_id, amount, occurred_on, posted_at, salt, digest)
    SELECT p.* FROM jsonb_to_recordset($1::jsonb -> 'postings') AS p(
        learner_id uuid, posting_id uuid, change_id uuid, decision_id uuid, record_id uuid, claim_id uuid, line_no int,
        purpose text, kind text, reverses uuid, scheme text, institution_id uuid, amount int, occurred_on date,
        posted_at timestamptz, salt bytea, digest bytea)
), entered AS (
    INSERT INTO entry (learner_id, sequence, posting_id, scheme, account, institution_id, amount, balance_after)
    SELECT e.* FROM jsonb_to_recordset($1::jsonb -> 'entries') AS e(
        learner_id uuid, sequence int, posting_id uuid, scheme text, account text, institution_id uuid,
        amount int, balance_after int)
), counted AS (
    UPDATE learner_head h SET last_entry = n.last_entry
    FROM jsonb_to_recordset($1::jsonb -> 'heads') AS n(learner_id uuid, last_entry int)
    WHERE h.learner_id = n.learner_id
)"""
"""Common table expressions that write a book's postings, entries and last entry numbers from its first parameter."""

LOCKED = """
locked AS (
    SELECT learner_id, last_entry FROM learner_head WHERE learner_id = ANY ($1) ORDER BY learner_id FOR UPDATE
)"""
"""Locks learners, always in the order of their ids, in a statement that may claim keys after that and reads nothing."""

_LOCK = f"WITH {LOCKED} SELECT learner_id, last_entry FROM locked"


def as_rows(book: Book) -> dict[str, list[dict[str, Any]]]:
    """What POSTINGS reads."""
    last = {entry["learner_id"]: entry["sequence"] for entry in book.entries}
    return {
        "postings": book.postings,
        "entries": book.entries,
        "heads": [{"learner_id": learner_id, "last_entry": sequence} for learner_id, sequence in last.items()],
    }


async def lock_learners(session: Transaction, learners: list[UUID]) -> psycopg.AsyncRawCursor[Any]:
    """Lock learners, always in the order of their ids, and read the number of each one's last entry.

    A statement of its own: facts gathered in the next one are those that the winner of a race left. (A lock inside
    the statement that sums is none: it sums what it saw before it waited.)
    """
    return await run(session, _LOCK, learners)
