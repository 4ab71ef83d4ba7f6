"""Reading what stands, some persons at a time: live records and decided lines, opened and ready to compare."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

import orjson

from creditbank.db import Database, run
from creditbank.publishing.measuring import (
    Compared,
    LiveLine,
    LiveRecord,
    Outcome,
    Place,
    compare_line,
    compare_records,
)
from creditbank.records.standing import Standing
from creditbank.rules import Rulebook
from creditbank.sealing import Keyring, SealingKey, field_of, open_sealed, unwrap

PERSONS = 400
"""How many persons are read at a time."""
FIRST = UUID(int=0)

_NOT_MERGED = """
SELECT l.learner_id FROM learner l
WHERE l.learner_id > $1
  AND NOT EXISTS (SELECT FROM learner_alias a WHERE a.learner_id = l.learner_id AND a.ended_at IS NULL)
ORDER BY l.learner_id LIMIT $2
"""

_CLAIMED = "SELECT DISTINCT learner_id FROM claim WHERE learner_id > $1 ORDER BY learner_id LIMIT $2"
_CLAIMED_OF = "SELECT DISTINCT learner_id FROM claim WHERE institution_id = ANY ($1::uuid[]) ORDER BY learner_id"

_PERSONS_OF = """
SELECT person, EXISTS (SELECT FROM learner_alias o WHERE o.into_learner_id = person AND o.ended_at IS NULL)
FROM (SELECT DISTINCT coalesce(a.into_learner_id, p.learner_id) AS person
      FROM unnest($1::uuid[]) AS p(learner_id)
      LEFT JOIN learner_alias a ON a.learner_id = p.learner_id AND a.ended_at IS NULL) AS found
ORDER BY person
"""

_MEMBERS = """
WITH members AS (
    SELECT p.person, p.person AS learner_id FROM unnest($1::uuid[]) AS p(person)
    UNION ALL
    SELECT a.into_learner_id, a.learner_id FROM unnest($1::uuid[]) AS p(person)
    JOIN learner_alias a ON a.into_learner_id = p.person AND a.ended_at IS NULL
)
"""

_RECORDS = (
    _MEMBERS
    + """, found AS (
    SELECT m.person, c.*, max(c.occurred_on) OVER (PARTITION BY m.person, c.content) AS last_on
    FROM members m JOIN record_current c ON c.learner_id = m.learner_id
    WHERE c.kind = ANY ($2::text[])
)
SELECT f.person, f.learner_id, f.record_id, f.institution_id, f.version, f.content, f.occurred_on, f.kind,
       f.verdict, f.scheme, f.credits, f.clause, f.decision_id, d.facts_sealed, k.wrapped,
       (SELECT e.programme_id FROM members o JOIN enrolment e ON e.learner_id = o.learner_id
        WHERE o.person = f.person AND e.institution_id = f.institution_id
        ORDER BY e.entered_on DESC LIMIT 1), h.document, h.document_version
FROM found f
JOIN LATERAL (SELECT d.facts_sealed FROM decision d
              WHERE d.learner_id = f.learner_id AND d.record_id = f.record_id AND d.facts_sealed IS NOT NULL
              ORDER BY d.revision DESC, d.effective_on LIMIT 1) d ON true
JOIN decision h ON h.learner_id = f.learner_id AND h.decision_id = f.decision_id
LEFT JOIN learner_key k ON k.learner_id = f.learner_id
WHERE f.last_on >= $3
"""
)

_LINES = (
    _MEMBERS
    + """, found AS (
    SELECT m.person, l.learner_id, l.claim_id, l.line_no, l.decision_id, l.state, l.record_ids, c.institution_id,
           c.plan_id, c.claimed_on, row_number() OVER (
               PARTITION BY m.person, c.plan_id, l.course_code ORDER BY l.state = 'granted' DESC, l.decision_id DESC
           ) AS place
    FROM members m
    JOIN claim_line l ON l.learner_id = m.learner_id AND l.decision_id IS NOT NULL
    JOIN claim c ON c.learner_id = l.learner_id AND c.claim_id = l.claim_id
    WHERE ($2::uuid[] IS NULL OR c.institution_id = ANY ($2::uuid[]))
)
SELECT f.person, f.learner_id, f.claim_id, f.line_no, f.institution_id, f.decision_id, d.verdict, d.scheme, d.credits,
       d.clause, d.basis, d.facts_sealed, k.wrapped,
       (SELECT p.programme_id FROM plan p WHERE p.plan_id = f.plan_id),
       coalesce((d.basis #>> '{conversion,course,credits}')::int, d.credits)
FROM found f
JOIN decision d ON d.learner_id = f.learner_id AND d.decision_id = f.decision_id
LEFT JOIN learner_key k ON k.learner_id = f.learner_id
WHERE d.facts_sealed IS NOT NULL AND f.claimed_on >= $3 AND NOT d.basis ? 'kernel'
  AND ($4::jsonb IS NULL OR d.basis -> 'documents' @> $4::jsonb)
  AND (f.state = 'granted' OR (f.place = 1 AND NOT EXISTS (
      SELECT FROM unnest(f.record_ids) AS r(record_id)
      WHERE NOT EXISTS (SELECT FROM members o JOIN record_current c ON c.learner_id = o.learner_id
                        WHERE o.person = f.person AND c.record_id = r.record_id))))
"""
)
"""Of each course of a plan what stands; where nothing does, the last refusal, while its records are there to be claimed
again: a person gains a course once, however often they asked for it."""


@dataclass(frozen=True, slots=True)
class Against:
    """What is compared: other rules and the rules in force, for one question; which kinds of record, from which day."""

    question: str
    rules: Rulebook
    present: Rulebook
    today: date
    kinds: Collection[str] = ()
    since: date = date.min
    applies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What the document is about."""
    institutions: frozenset[str] | None = None
    """Whose plans it is, or was, about; all where it names none."""
    by: tuple[str, str] | None = None
    """Only lines in whose decision this version took part."""


async def compare_all(
    database: Database, against: Against, *, keyring: Keyring
) -> AsyncIterator[tuple[list[Compared], int]]:
    """Everything that stands, some persons at a time: what was compared, and how much was erased."""
    async for persons in _persons(database, against):
        yield await compare_persons(database, persons, against, keyring=keyring)


async def _persons(database: Database, against: Against) -> AsyncIterator[list[UUID]]:
    """The persons to look at, whole and once: all of them for records, for lines those who claimed."""
    if against.question == "deposit":
        async for learners in _pages(database, _NOT_MERGED):
            yield learners
        return
    of = against.institutions
    seen: set[UUID] = set()
    async for learners in _pages(database, _CLAIMED) if of is None else _pages_of(database, of):
        async with database.bare() as connection:
            rows = await (await run(connection, _PERSONS_OF, learners)).fetchall()
        persons = [person for person, _ in rows if person not in seen]
        seen.update(person for person, merged in rows if merged)  # whose accounts may lie on several pages
        if persons:
            yield persons


async def _pages(database: Database, query: LiteralString) -> AsyncIterator[list[UUID]]:
    last = FIRST
    while True:
        async with database.bare() as connection:
            learners = [row[0] for row in await (await run(connection, query, last, PERSONS)).fetchall()]
        if not learners:
            return
        yield learners
        last = learners[-1]


async def _pages_of(database: Database, institutions: Collection[str]) -> AsyncIterator[list[UUID]]:
    async with database.bare() as connection:
        found = await (await run(connection, _CLAIMED_OF, [UUID(each) for each in institutions])).fetchall()
    for place in range(0, len(found), PERSONS):
        yield [row[0] for row in found[place : place + PERSONS]]


async def compare_persons(
    database: Database, persons: Sequence[UUID], against: Against, *, keyring: Keyring
) -> tuple[list[Compared], int]:
    """The same for some persons, named by the accounts that stand for them."""
    async with database.bare() as connection:
        if against.question == "deposit":
            cursor = await run(connection, _RECORDS, list(persons), sorted(against.kinds), against.since)
        else:
            whose = None if against.institutions is None else [UUID(each) for each in sorted(against.institutions)]
            by = None if against.by is None else [dict(zip(("document", "version"), against.by, strict=True))]
            said = None if by is None else orjson.dumps(by).decode()
            cursor = await run(connection, _LINES, list(persons), whose, against.since, said)
        rows = await cursor.fetchall()
    compare = _compare_records if against.question == "deposit" else _compare_lines
    return await asyncio.to_thread(compare, rows, against, keyring)


def _compare_records(rows: Iterable[tuple[Any, ...]], against: Against, keyring: Keyring) -> tuple[list[Compared], int]:
    keys: dict[UUID, SealingKey] = {}
    groups: dict[tuple[UUID, bytes], list[LiveRecord]] = defaultdict(list)
    unread: set[tuple[UUID, bytes]] = set()
    erased = 0
    for row in rows:
        person, learner_id, *_ = row
        content = bytes(row[5])
        facts = _facts(learner_id, row[13], row[14], keys, keyring)
        if facts is None:
            erased += 1
            unread.add((person, content))
            continue
        groups[person, content].append(_live(row, facts))
    compared: list[Compared] = []
    for key, group in groups.items():
        if key not in unread:
            compared += compare_records(group, rules=against.rules, present=against.present, today=against.today)
    return compared, erased


def _live(row: tuple[Any, ...], facts: dict[str, Any]) -> LiveRecord:
    (person, learner_id, record_id, institution_id, version, content, occurred_on, kind, verdict, scheme, credits_,
     clause, decision_id, _, _, programme_id, document, number) = row  # fmt: skip
    facts.pop("same", None)
    record = Standing(
        learner_id=learner_id,
        record_id=record_id,
        institution_id=institution_id,
        version=version,
        content=bytes(content),
        occurred_on=occurred_on,
        recorded_at="",
        kind=kind,
        level=None,
        shown={},
        sealed=None,
        facts=facts,
    )
    by = frozenset() if document is None else frozenset({(document, number)})
    place = Place(person, learner_id, institution_id, programme_id, decision_id, record_id=record_id, by=by)
    return LiveRecord(place, record, Outcome(verdict, scheme, credits_, clause))


def _compare_lines(rows: Iterable[tuple[Any, ...]], against: Against, keyring: Keyring) -> tuple[list[Compared], int]:
    keys: dict[UUID, SealingKey] = {}
    compared, erased = [], 0
    for row in rows:
        (person, learner_id, claim_id, line_no, institution_id, decision_id, verdict, scheme, credits_, clause,
         basis, sealed, wrapped, programme_id, most) = row  # fmt: skip
        facts = _facts(learner_id, sealed, wrapped, keys, keyring)
        if facts is None:
            erased += 1
            continue
        by = frozenset((each["document"], each["version"]) for each in (basis or {}).get("documents", ()))
        place = Place(
            person, learner_id, institution_id, programme_id, decision_id, claim_id=claim_id, line_no=line_no, by=by
        )
        said = facts.pop("decided", None) or {}
        asked_on = date.fromisoformat((basis or {}).get("asked_on") or against.today.isoformat())
        line = LiveLine(place, facts, asked_on, Outcome(verdict, scheme, credits_, clause), most, said.get("outputs"))
        compared.append(compare_line(line, rules=against.rules, present=against.present))
    return compared, erased


def _facts(
    learner_id: UUID, sealed: bytes, wrapped: bytes | None, keys: dict[UUID, SealingKey], keyring: Keyring
) -> dict[str, Any] | None:
    if wrapped is None:
        return None
    key = keys.get(learner_id)
    if key is None:
        key = keys[learner_id] = unwrap(keyring, learner_id, bytes(wrapped))
    facts: dict[str, Any] = orjson.loads(open_sealed(key, bytes(sealed), field_of(learner_id, "facts")))
    return facts
