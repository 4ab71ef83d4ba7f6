"""The one statement in which an act is written: versions, decisions, postings, entries, today's view, the outbox."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from creditbank.credits import format_credits
from creditbank.db import Transaction, run
from creditbank.learners.inbox import Notice, serve_all
from creditbank.ledger.book import Book
from creditbank.ledger.post import POSTINGS, as_rows
from creditbank.records.deposit import Decisions
from creditbank.records.lines import line_of
from creditbank.records.sending import on_its_way
from creditbank.records.standing import Standing
from creditbank.rules.writing import DECISIONS

_WRITE = f"""
WITH submitted AS (
    INSERT INTO submission (submission_id, institution_id, sent_by, received_at, rows)
    SELECT s.* FROM jsonb_to_recordset($1::jsonb -> 'submission') AS s(
        submission_id uuid, institution_id uuid, sent_by text, received_at timestamptz, rows int)
    ON CONFLICT DO NOTHING
), versioned AS (
    INSERT INTO record_version (learner_id, record_id, version, change_id, institution_id, kind, act, occurred_on,
                                recorded_at, submission_id, row_no, row_index, content, body, derived, sealed,
                                warnings, reason, salt, digest)
    SELECT v.* FROM jsonb_to_recordset($1::jsonb -> 'versions') AS v(
        learner_id uuid, record_id uuid, version int, change_id uuid, institution_id uuid, kind text, act text,
        occurred_on date, recorded_at timestamptz, submission_id uuid, row_no int, row_index bytea, content bytea,
        body jsonb, derived jsonb, sealed bytea, warnings text[], reason text, salt bytea, digest bytea)
), {DECISIONS}, {POSTINGS}, shown AS (
    INSERT INTO record_current AS c (learner_id, record_id, version, institution_id, kind, content, occurred_on,
                                recorded_at, scheme, level, credits, verdict, clause, decision_id, posting_id, shown,
                                line, sealed)
    SELECT n.* FROM jsonb_to_recordset($1::jsonb -> 'current') AS n(
        learner_id uuid, record_id uuid, version int, institution_id uuid, kind text, content bytea, occurred_on date,
        recorded_at timestamptz, scheme text, level text, credits int, verdict text, clause text, decision_id uuid,
        posting_id uuid, shown jsonb, line text, sealed bytea)
    ON CONFLICT (learner_id, record_id) DO UPDATE SET
        version = excluded.version, content = excluded.content, occurred_on = excluded.occurred_on,
        recorded_at = excluded.recorded_at, scheme = excluded.scheme, level = excluded.level,
        credits = excluded.credits, verdict = excluded.verdict, clause = excluded.clause,
        decision_id = excluded.decision_id, posting_id = excluded.posting_id, shown = excluded.shown,
        line = excluded.line, sealed = excluded.sealed
), gone AS (
    DELETE FROM record_current c USING jsonb_to_recordset($1::jsonb -> 'gone') AS g(learner_id uuid, record_id uuid)
    WHERE c.learner_id = g.learner_id AND c.record_id = g.record_id
)
INSERT INTO outbox (change_id, item, learner_id, institution_id, record_id, version, act, summary)
SELECT o.* FROM jsonb_to_recordset($1::jsonb -> 'outbox') AS o(
    change_id uuid, item int, learner_id uuid, institution_id uuid, record_id uuid, version int, act text,
    summary jsonb)
"""


@dataclass(slots=True)
class Act:
    """Everything that one act writes."""

    submission: dict[str, Any] | None
    decisions: Decisions
    book: Book
    versions: list[dict[str, Any]] = field(default_factory=list)
    current: list[dict[str, Any]] = field(default_factory=list)
    gone: list[dict[str, UUID]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    families: dict[UUID, tuple[UUID, ...]] = field(default_factory=dict)
    """All accounts of each person whose account is locked."""
    changed: dict[UUID, dict[UUID, str]] = field(default_factory=dict)
    """What became of the records of each account that were there before, in all parts of the act."""
    arrived: dict[UUID, date] = field(default_factory=dict)
    """The accounts that got new records, in all parts of the act, and the earliest day of which one of these says."""
    joined: tuple[tuple[UUID, ...], ...] = ()
    """Of a merge the accounts that were one person's each until now."""
    one_since: datetime | None = None
    """Of a parting since when they had been taken for one person."""
    told: int = 0
    """How many changes parts that are written already have told of."""

    def show(self, records: Iterable[Standing], *, acts: dict[UUID, str], gone: Collection[Standing] = ()) -> None:
        """Today's view of the records that were written or decided again, and the changes that institutions see."""
        for record in records:
            self.current.append(self._current(record))
            last = record.steps[-1]
            summary = {"kind": record.kind, "verdict": last.verdict, "credits": format_credits(last.credits)}
            summary |= {} if last.scheme is None else {"scheme": last.scheme}
            self._tell(record, acts.get(record.record_id, "redecided"), summary)
        for record in gone:
            self.gone.append({"learner_id": record.learner_id, "record_id": record.record_id})
            self._tell(record, acts[record.record_id], {"kind": record.kind})

    def _current(self, record: Standing) -> dict[str, Any]:
        last = record.steps[-1]
        decision_id, posting_id = self.decisions.holding[record.record_id]
        said: dict[str, Any] = {
            "learner_id": record.learner_id,
            "record_id": record.record_id,
            "version": record.version,
            "institution_id": record.institution_id,
            "kind": record.kind,
            "occurred_on": record.occurred_on,
            "recorded_at": record.recorded_at,
            "scheme": last.scheme,
            "level": record.level,
            "verdict": last.verdict,
            "clause": last.clause,
            "decision_id": decision_id,
            "posting_id": posting_id,
            "shown": record.shown,
        }
        return {
            **said,
            "credits": last.credits,
            "content": "\\x" + record.content.hex(),
            "line": line_of(credits=format_credits(last.credits), **said),
            "sealed": None if record.sealed is None else "\\x" + record.sealed,
        }

    def note(self, learner_id: UUID, record_id: UUID, act: str) -> None:
        """Remember what became of a record, for what follows from it; of a new one nothing does."""
        if act != "reported":
            self.changed.setdefault(learner_id, {})[record_id] = act

    def _tell(self, record: Standing, act: str, summary: dict[str, Any]) -> None:
        self.note(record.learner_id, record.record_id, act)
        if act == "reported":
            day = record.occurred_on
            self.arrived[record.learner_id] = min(day, self.arrived.get(record.learner_id, day))
        self.outbox.append(
            {
                "change_id": self.decisions.change_id,
                "item": self.told + len(self.outbox) + 1,
                "learner_id": record.learner_id,
                "institution_id": record.institution_id,
                "record_id": record.record_id,
                "version": record.version,
                "act": act,
                "summary": summary,
            }
        )


async def write_part(session: Transaction, act: Act) -> None:
    """Send what an act has come to so far, and go on with it: PostgreSQL writes while the rest is being decided."""
    await write_act(session, act)
    await on_its_way(session)
    act.submission, act.told = None, act.told + len(act.outbox)
    for written in (act.versions, act.decisions.rows, act.book.postings, act.book.entries, act.current, act.outbox):
        written.clear()


async def write_act(session: Transaction, act: Act) -> None:
    """Write an act in one statement, the learners locked and nothing read since; then serve what they are to know."""
    rows = {
        "submission": [act.submission] if act.submission else [],
        "versions": act.versions,
        "decisions": act.decisions.rows,
        **as_rows(act.book),
        "current": act.current,
        "gone": act.gone,
        "outbox": act.outbox,
    }
    await run(session, _WRITE, orjson.dumps(rows).decode())
    await serve_all(session, list(_notices(act)), at=act.decisions.at)


_SERVED = {
    "corrected": "record_corrected",
    "withdrawn": "record_withdrawn",
    "reassigned_away": "record_reassigned_away",
    "reassigned_here": "record_reassigned_here",
    "redecided": "decision_changed",
}
"""What a learner is told of, by the act: something new is no news that takes anything away."""


def _notices(act: Act) -> Iterator[Notice]:
    for item in act.outbox:
        kind = _SERVED.get(item["act"])
        if kind is not None:
            about = {name: str(item[name]) for name in ("record_id", "institution_id", "change_id")}
            yield Notice(item["learner_id"], kind, about)
