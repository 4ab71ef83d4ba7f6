"""What one act on claims writes, and the one statement that writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import orjson
from sqlmodel import SQLModel

from creditbank.clock import today
from creditbank.credits import format_credits
from creditbank.db import Transaction, run
from creditbank.identifiers import new_id
from creditbank.learners.inbox import Notice, serve_all
from creditbank.ledger.book import Account, Book
from creditbank.ledger.post import POSTINGS, as_rows
from creditbank.recognition.standing import Person
from creditbank.recognition.tables import (
    Appeal,
    Claim,
    ClaimAct,
    ClaimLine,
    Conversion,
    Objection,
    Override,
    RecordUse,
)
from creditbank.records.acts import Tools
from creditbank.rules import ENGINE_VERSION, Decided
from creditbank.rules.writing import DECISIONS, digested
from creditbank.sealing import canonical, field_of, seal

Row = TypeVar("Row", bound=SQLModel)


def upsert(table: type[SQLModel], *, changing: tuple[str, ...] = ()) -> str:
    """A part of the statement that inserts rows of a table, and where they are there changes what may change.

    What is only ever appended is never there already: a second row of the same key is an error, not a repetition.
    """
    name = table.__table__.name  # type: ignore[attr-defined]
    columns = [column.name for column in table.__table__.columns]  # type: ignore[attr-defined]
    keys = [column.name for column in table.__table__.primary_key]  # type: ignore[attr-defined]
    listed = ", ".join(f'"{column}"' for column in columns)
    then = ""
    if changing:
        changed = ", ".join(f'"{column}" = excluded."{column}"' for column in changing)
        then = f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changed}"
    return f"""
    INSERT INTO "{name}" ({listed})
    SELECT {listed} FROM jsonb_populate_recordset(NULL::"{name}", $1::jsonb -> '{name}')
    {then}
    """


_CHANGING: dict[type[SQLModel], tuple[str, ...]] = {
    Claim: (
        "change_id", "state", "document", "document_version", "steps", "times", "step", "hand", "hand_institution_id",
        "does", "served_at", "due_on", "waits_for", "look_at", "expires_at", "decided_at", "appeal_until_on",
        "flagged_at", "acts",
    ),
    ClaimLine: (
        "state", "verdict", "refused_by", "refusal", "revision", "decision_id", "conversion_id", "credits",
        "supplied_sealed",
    ),
    Conversion: (
        "credits", "state", "exemption", "decision_id", "posting_id", "expires_at", "ended_at", "ended_because",
    ),
    Objection: ("state", "decided_by", "decided_at", "answer_sealed"),
    Appeal: ("state", "due_on", "decided_by", "decided_at", "answer_sealed", "override_id", "equivalence_id"),
    Override: ("state", "confirmed_by", "confirmed_at", "ended_at"),
    ClaimAct: (),
    RecordUse: (),
}  # fmt: skip

_PARTS = ", ".join(
    f'"_{table.__name__.lower()}" AS ({upsert(table, changing=changing)})' for table, changing in _CHANGING.items()
)

_WRITE: Any = f"""
WITH {DECISIONS}, {POSTINGS}, {_PARTS}
INSERT INTO outbox (change_id, item, learner_id, institution_id, claim_id, act, summary)
SELECT o.* FROM jsonb_to_recordset($1::jsonb -> 'outbox') AS o(
    change_id uuid, item int, learner_id uuid, institution_id uuid, claim_id uuid, act text, summary jsonb)
"""

_SOON_ENDED = {"ended": 0, "reserved": 1, "granted": 2}
"""Conversions are written in this order, so that a course is free before it is taken again."""


@dataclass(slots=True)
class Writing:
    """Everything that one act on claims writes. Rows are the objects themselves, as they are when it is written."""

    tools: Tools
    by: str
    """Who acts: `login:…`, `client:…`, `rules` or `clock`."""
    book: Book
    change_id: UUID
    institution_id: UUID | None = None
    """For which institution they act, if for one."""
    rows: dict[str, dict[tuple[Any, ...], SQLModel]] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        """The instant of the act."""
        return self.tools.at

    def keep(self, *rows: SQLModel) -> None:
        """Write these rows, each once and as it is at the end."""
        for row in rows:
            table = row.__table__  # type: ignore[attr-defined]
            key = tuple(getattr(row, column.name) for column in table.primary_key)
            self.rows.setdefault(str(table.name), {})[key] = row

    def kept(self, kind: type[Row]) -> list[Row]:
        """The rows of a table that this act will write."""
        return [row for row in self.rows.get(str(kind.__tablename__), {}).values() if isinstance(row, kind)]

    def note(
        self,
        claim: Claim,
        act: str,
        *,
        line_no: int | None = None,
        decision_id: UUID | None = None,
        about: Mapping[str, Any] | None = None,
        words: bytes | None = None,
        by: str | None = None,
    ) -> None:
        """Write down in the claim that something happened to it."""
        claim.acts += 1
        self.keep(
            claim,
            ClaimAct(
                learner_id=claim.learner_id,
                claim_id=claim.claim_id,
                act_no=claim.acts,
                act=act,
                at=self.at,
                by=by or self.by,
                institution_id=self.institution_id if by is None else None,
                step=claim.step,
                line_no=line_no,
                decision_id=decision_id,
                about=dict(about or {}),
                words_sealed=words,
            ),
        )

    def decide(
        self,
        person: Person,
        claim: Claim,
        line: ClaimLine,
        *,
        kind: str,
        verdict: str,
        credits: int,
        scheme: str | None,
        level: str | None,
        clause: str | None,
        basis: dict[str, Any],
        course: Mapping[str, Any] | None,
        exemption: str = "none",
        decided: Decided | None = None,
        effective_on: date | None = None,
    ) -> UUID:
        """A decision about a line: by the rules, with all that they said and the facts they used sealed, or by
        somebody, who signs in `basis`. It holds from a day on: today where none is named.
        """
        decision_id = new_id()
        given = decided if verdict == "granted" else None
        line.revision += 1
        line.decision_id = decision_id
        said: dict[str, Any] = {
            "learner_id": str(claim.learner_id),
            "decision_id": str(decision_id),
            "change_id": str(self.change_id),
            "kind": kind,
            "record_id": None,
            "record_version": None,
            "claim_id": str(claim.claim_id),
            "line_no": line.line_no,
            "revision": line.revision,
            "effective_on": (effective_on or today(self.at)).isoformat(),
            "verdict": verdict,
            "scheme": scheme,
            "level": level,
            "credits": credits,
            "document": None if decided is None else decided.document,
            "document_version": None if decided is None else decided.version,
            "document_digest": None if decided is None else decided.digest,
            "clause": clause,
            "basis": {**basis, "conversion": _about(claim, line, course, exemption, given)},
            "engine": ENGINE_VERSION,
            "decided_at": self.at.isoformat(),
            "facts_sealed": None,
        }
        if decided is not None:
            told = decided.told()
            facts = told.pop("facts")  # kept once, and what was decided by them beside them
            facts = canonical({**facts, "decided": told})
            sealed = seal(person.keys[claim.learner_id], facts, field_of(claim.learner_id, "facts"))
            said["facts_sealed"] = "\\x" + sealed.hex()
        self.decisions.append(digested(said, self.tools.keyring.digest))
        return decision_id

    def tell(self, claim: Claim, line: ClaimLine | None, act: str, *, credits: int, verdict: str | None = None) -> None:
        """Tell the college whose plan it is, through the feed of changes."""
        summary: dict[str, Any] = {"credits": format_credits(credits)}
        if verdict is not None:
            summary["verdict"] = verdict
        if line is not None:
            summary |= {"line_no": line.line_no, "course_code": line.course_code}
        self.outbox.append(
            {
                "change_id": self.change_id,
                "item": len(self.outbox) + 1,
                "learner_id": claim.learner_id,
                "institution_id": claim.institution_id,
                "claim_id": claim.claim_id,
                "act": act,
                "summary": summary,
            }
        )

    def serve(self, claim: Claim, kind: str, **about: UUID | str | int | None) -> None:
        """Serve a notice on the learner; what it is about is ids, never words."""
        said = {name: str(value) for name, value in about.items() if value is not None}
        self.notices.append(Notice(claim.learner_id, kind, {"claim_id": str(claim.claim_id), **said}))

    def beside(self, person: Person) -> Writing:
        """An empty part of this act over one person, of which nothing is written unless this act takes it in."""
        return new_writing(
            self.tools, [person], by=self.by, institution_id=self.institution_id, change_id=self.change_id
        )

    def take_in(self, part: Writing) -> None:
        """Write what a part of this act came to, whose person no other part is about."""
        for name, found in part.rows.items():
            self.rows.setdefault(name, {}).update(found)
        self.decisions += part.decisions
        self.outbox += [{**one, "item": len(self.outbox) + n} for n, one in enumerate(part.outbox, start=1)]
        self.notices += part.notices
        self.book.postings += part.book.postings
        self.book.entries += part.book.entries
        self.book.reversed |= part.book.reversed

    async def write(self, session: Transaction) -> None:
        """Write everything in one statement, the learners locked, then serve the notices."""
        rows: dict[str, Any] = {
            name: [as_json_row(row) for row in _in_order(name, found.values())] for name, found in self.rows.items()
        }
        rows |= {"decisions": self.decisions, "outbox": self.outbox, **as_rows(self.book)}
        await run(session, _WRITE, orjson.dumps(rows).decode())
        await serve_all(session, self.notices, at=self.at)


def new_writing(
    tools: Tools,
    people: Iterable[Person],
    *,
    by: str,
    institution_id: UUID | None = None,
    change_id: UUID | None = None,
) -> Writing:
    """An empty act over some locked people."""
    change_id = change_id or new_id()
    last_entry: dict[UUID, int] = {}
    balances: dict[Account, int] = {}
    for person in people:
        last_entry |= person.last_entry
        balances |= person.balances
    book = Book(change_id, tools.at, tools.keyring.digest, last_entry, balances)
    return Writing(tools, by, book, change_id, institution_id)


def _about(
    claim: Claim, line: ClaimLine, course: Mapping[str, Any] | None, exemption: str, decided: Decided | None
) -> dict[str, Any]:
    """Which course a line is for and what it gives, as transcripts tell it."""
    outputs = {} if decided is None else decided.outputs
    said = {
        "plan_id": str(claim.plan_id),
        "institution_id": str(claim.institution_id),
        "course": dict(course or {"code": line.course_code}),
        "record_ids": [str(record) for record in line.record_ids],
        "exemption": exemption,
        "grade": None if outputs.get("grade") is None else str(outputs["grade"]),
        "grade_text": outputs.get("grade_text"),
    }
    return {name: value for name, value in said.items() if value is not None}


def _in_order(name: str, rows: Iterable[SQLModel]) -> list[SQLModel]:
    if name != "conversion":
        return list(rows)
    return sorted(rows, key=lambda row: _SOON_ENDED[row.state])  # type: ignore[attr-defined]


@lru_cache
def _columns(table: type[SQLModel]) -> tuple[str, ...]:
    return tuple(str(column.name) for column in table.__table__.columns)  # type: ignore[attr-defined]


def as_json_row(row: SQLModel) -> dict[str, Any]:
    """A row as `upsert` reads it from JSON."""
    values = {name: getattr(row, name) for name in _columns(type(row))}
    return {name: "\\x" + value.hex() if isinstance(value, bytes) else value for name, value in values.items()}
