"""Locking people for claims, and what the claims of a person stand on: ledger, enrolments, records, conversions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg

from creditbank.db import Transaction, TryAgain, run
from creditbank.errors import NotFound
from creditbank.learners.consents import may_recognise
from creditbank.learners.families import families_of
from creditbank.learners.refusals import AlreadyErased
from creditbank.learners.tables import Consent
from creditbank.ledger.book import Account, LivePosting
from creditbank.ledger.post import lock_learners
from creditbank.recognition.tables import Conversion
from creditbank.sealing import Keyring, SealingKey, field_of, open_sealed, seal, unwrap


@dataclass(frozen=True, slots=True)
class Source:
    """A live record of the person, as far as a claim must know it without the rules."""

    record_id: UUID
    institution_id: UUID
    kind: str


class Sources(Mapping[UUID, Source]):
    """Records by id, each told when it is asked for: a claim names a few of a life's."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Sequence[tuple[str, str, str]]) -> None:
        self._rows = {record: (institution, kind) for record, institution, kind in rows}

    def __getitem__(self, record_id: UUID) -> Source:
        institution, kind = self._rows[str(record_id)]
        return Source(record_id, UUID(institution), kind)

    def __iter__(self) -> Iterator[UUID]:
        return map(UUID, self._rows)

    def __len__(self) -> int:
        return len(self._rows)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a course of a plan is taken: by which conversion, of which line, and until when if it is only reserved."""

    conversion_id: UUID
    plan_id: UUID
    course_code: str
    claim_id: UUID
    line_no: int
    state: str
    expires_at: datetime | None

    def stands(self, at: datetime) -> bool:
        """Whether it takes the place now: a reservation ends by being read after it expired."""
        return self.state == "granted" or (
            self.state == "reserved" and self.expires_at is not None and at < self.expires_at
        )


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose accounts are all locked; claims are written under `root`."""

    root: UUID
    family: tuple[UUID, ...]
    keys: Mapping[UUID, SealingKey]
    closed: bool
    last_entry: Mapping[UUID, int]
    balances: Mapping[Account, int]
    records: Mapping[UUID, Source]
    """All live records."""
    places: tuple[Place, ...]
    programmes: tuple[tuple[UUID, int | None, str], ...]
    """Enrolments: programme, year of entry, status."""
    consented: frozenset[UUID]
    """Institutions that may use all of the person's records for recognition."""

    def seal(self, content: object, *, learner_id: UUID, field: str) -> bytes:
        """Seal a JSON value under the key of one of the person's accounts, for one column."""
        return seal(self.keys[learner_id], orjson.dumps(content), field_of(learner_id, field))

    def open(self, sealed: bytes | None, *, learner_id: UUID, field: str) -> Any:
        """What was sealed for a column; None where nothing was."""
        if sealed is None:
            return None
        return orjson.loads(open_sealed(self.keys[learner_id], sealed, field_of(learner_id, field)))


_READ = """
WITH RECURSIVE asked AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS a(i int, family uuid[])
), balances AS (
    SELECT e.* FROM unnest($2::uuid[]) AS l(learner_id), LATERAL (
        SELECT learner_id, scheme, account, institution_id, balance_after FROM entry
        WHERE learner_id = l.learner_id
        ORDER BY scheme DESC, account DESC, institution_id DESC, sequence DESC LIMIT 1) e
    UNION ALL
    SELECT e.* FROM balances b, LATERAL (
        SELECT learner_id, scheme, account, institution_id, balance_after FROM entry
        WHERE learner_id = b.learner_id
          AND (scheme, account, institution_id) < (b.scheme, b.account, b.institution_id)
        ORDER BY scheme DESC, account DESC, institution_id DESC, sequence DESC LIMIT 1) e
)
SELECT asked.i, json_build_object(
    'root', r.root,
    'family', (SELECT json_agg(m) FROM (
        SELECT r.root AS m UNION SELECT a.learner_id FROM learner_alias a
        WHERE a.into_learner_id = r.root AND a.ended_at IS NULL) x),
    'keys', (SELECT json_object_agg(k.learner_id, encode(k.wrapped, 'hex')) FROM learner_key k
             WHERE k.learner_id = ANY (asked.family)),
    'closed', EXISTS (SELECT FROM learner l WHERE l.learner_id = r.root AND l.closed_at IS NOT NULL),
    'balances', (SELECT json_agg(json_build_array(b.learner_id, b.scheme, b.account, b.institution_id, b.balance_after))
                 FROM balances b WHERE b.learner_id = ANY (asked.family)),
    'records', (SELECT json_agg(json_build_array(c.record_id, c.institution_id, c.kind))
                FROM record_current c WHERE c.learner_id = ANY (asked.family)),
    'places', (SELECT json_agg(json_build_array(
                   v.conversion_id, v.plan_id, v.course_code, v.claim_id, v.line_no, v.state, v.expires_at))
               FROM conversion v WHERE v.learner_id = ANY (asked.family) AND v.state <> 'ended'),
    'programmes', (SELECT json_agg(json_build_array(e.programme_id, e.year_of_entry, e.status))
                   FROM enrolment e WHERE e.learner_id = ANY (asked.family) AND e.programme_id IS NOT NULL),
    'consents', (SELECT json_agg(to_jsonb(c) ORDER BY c.at DESC, c.consent_id DESC) FROM consent c
                 WHERE c.learner_id = ANY (asked.family) AND c.purpose = 'recognition')
)::text
FROM asked,
LATERAL (SELECT coalesce((SELECT a.into_learner_id FROM learner_alias a
         WHERE a.learner_id = asked.family[1] AND a.ended_at IS NULL), asked.family[1]) AS root) r
"""


async def lock_people(
    session: Transaction,
    learners: Sequence[UUID],
    *,
    keyring: Keyring,
    at: datetime,
    but_erased: bool = False,
) -> dict[UUID, Person]:
    """Lock everybody asked for with all of their accounts, in the order of ids, then read what stands.

    By the account that was asked for; who is not there is not in the answer. Raises TryAgain when accounts were merged
    or parted meanwhile, AlreadyErased for somebody for whom nothing can be sealed any more; with `but_erased` they are
    not in the answer either.
    """
    families = await families_of(session, set(learners))
    return await (await ask_people(session, learners, families)).people(keyring=keyring, at=at, but_erased=but_erased)


@dataclass(frozen=True, slots=True)
class PeopleAsked:
    """People who are being locked and read; on a bare connection what is sent next travels with these questions."""

    asked: tuple[UUID, ...]
    families: Mapping[UUID, tuple[UUID, ...]]
    locked: psycopg.AsyncRawCursor[Any]
    read: psycopg.AsyncRawCursor[Any]

    async def people(self, *, keyring: Keyring, at: datetime, but_erased: bool = False) -> dict[UUID, Person]:
        """The answers, as `lock_people` gives them."""
        heads = dict(await self.locked.fetchall())
        return await _people(self.read, self.asked, self.families, heads, keyring=keyring, at=at, but_erased=but_erased)


async def ask_people(
    session: Transaction, learners: Sequence[UUID], families: Mapping[UUID, tuple[UUID, ...]]
) -> PeopleAsked:
    """Begin to lock everybody and to read what stands. Statements that are sent after this see what the winner of a
    race left, for each is answered when the one before it is."""
    everybody = sorted({member for family in families.values() for member in family})
    locked = await lock_learners(session, everybody)
    asked = tuple(dict.fromkeys(learners))
    return PeopleAsked(asked, families, locked, await _asked(session, asked, families))


async def read_locked(
    session: Transaction, families: Sequence[tuple[UUID, ...]], *, keyring: Keyring, at: datetime
) -> dict[UUID, Person]:
    """The same for people whose accounts this transaction has locked already, by their first account."""
    heads = dict(await (await lock_learners(session, sorted({one for each in families for one in each}))).fetchall())
    by_first = {family[0]: family for family in families}
    read = await _asked(session, list(by_first), by_first)
    return await _people(read, list(by_first), by_first, heads, keyring=keyring, at=at)


async def see_person(session: Transaction, learner_id: UUID, *, keyring: Keyring, at: datetime) -> Person:
    """One person, nobody locked: for reading. Raises AlreadyErased, TryAgain."""
    families = await families_of(session, [learner_id])
    heads = dict.fromkeys(families[learner_id], 0)
    read = await _asked(session, [learner_id], families)
    return (await _people(read, [learner_id], families, heads, keyring=keyring, at=at))[learner_id]


async def _asked(
    session: Transaction, asked: Sequence[UUID], families: Mapping[UUID, tuple[UUID, ...]]
) -> psycopg.AsyncRawCursor[Any]:
    """Send the question; on a bare connection it travels together with whatever was sent before."""
    questions = [{"i": place, "family": list(families[learner])} for place, learner in enumerate(asked)]
    everybody = [member for learner in asked for member in families[learner]]
    return await run(session, _READ, orjson.dumps(questions).decode(), everybody)


async def _people(
    read: psycopg.AsyncRawCursor[Any],
    asked: Sequence[UUID],
    families: Mapping[UUID, tuple[UUID, ...]],
    heads: Mapping[UUID, int],
    *,
    keyring: Keyring,
    at: datetime,
    but_erased: bool = False,
) -> dict[UUID, Person]:
    """What was answered, of those who are there."""
    found: dict[UUID, Person] = {}
    for place, text in await read.fetchall():
        if asked[place] not in heads:
            continue
        try:
            found[asked[place]] = _person(orjson.loads(text), families[asked[place]], heads, keyring, at=at)
        except AlreadyErased:
            if not but_erased:
                raise
    return found


def _person(
    found: dict[str, Any], family: tuple[UUID, ...], heads: Mapping[UUID, int], keyring: Keyring, *, at: datetime
) -> Person:
    if {UUID(member) for member in found["family"]} != set(family):
        raise TryAgain
    if len(found["keys"] or ()) != len(family):
        raise AlreadyErased
    return Person(
        root=UUID(found["root"]),
        family=family,
        keys={
            UUID(learner): unwrap(keyring, UUID(learner), bytes.fromhex(wrapped))
            for learner, wrapped in found["keys"].items()
        },
        closed=found["closed"],
        last_entry={member: heads[member] for member in family},
        balances={
            (UUID(learner), scheme, account, institution and UUID(institution)): balance
            for learner, scheme, account, institution, balance in found["balances"] or ()
        },
        records=Sources(found["records"] or ()),
        places=tuple(_place(*row) for row in found["places"] or ()),
        programmes=tuple((UUID(programme), year, status) for programme, year, status in found["programmes"] or ()),
        consented=may_recognise([Consent.model_validate(row) for row in found["consents"] or ()], at=at),
    )


def _place(conversion: str, plan: str, course: str, claim: str, line: int, state: str, expires: str | None) -> Place:
    return Place(
        UUID(conversion), UUID(plan), course, UUID(claim), line, state,
        None if expires is None else datetime.fromisoformat(expires),
    )  # fmt: skip


# --- the plan -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """Whose a plan is and whom it is for."""

    plan_id: UUID
    institution_id: UUID
    programme_id: UUID
    entry_from: int
    entry_until: int | None

    def is_of(self, person: Person) -> bool:
        """Whether an enrolment of the person has this plan; a year of entry that nobody reported is taken on trust."""
        return any(
            programme == self.programme_id
            and (year is None or (self.entry_from <= year and (self.entry_until is None or year <= self.entry_until)))
            for programme, year, _ in person.programmes
        )

    def was_finished(self, person: Person) -> bool:
        """Whether somebody graduated in the plan's programme: a diploma was issued on it."""
        return any(
            programme == self.programme_id and status == "graduated" for programme, _, status in person.programmes
        )


_TARGET = "SELECT plan_id, institution_id, programme_id, entry_from, entry_until FROM plan WHERE plan_id = $1"


async def target_of(session: Transaction, plan_id: UUID) -> Target:
    """A plan, or NotFound."""
    return await target_in(await ask_target(session, plan_id))


async def ask_target(session: Transaction, plan_id: UUID) -> psycopg.AsyncRawCursor[Any]:
    """Send the question that `target_in` reads."""
    return await run(session, _TARGET, plan_id)


async def target_in(cursor: psycopg.AsyncRawCursor[Any]) -> Target:
    """The plan that was asked for, or NotFound."""
    found = await cursor.fetchone()
    if found is None:
        raise NotFound
    return Target(*found)


# --- postings -----------------------------------------------------------------------------------------------------

_POSTINGS = """
SELECT p.learner_id, p.posting_id, p.scheme, p.institution_id, p.amount, p.occurred_on, p.claim_id, p.line_no
FROM posting p
WHERE p.learner_id = ANY ($1) AND p.claim_id = ANY ($2) AND p.kind <> 'reversal'
  AND NOT EXISTS (SELECT FROM posting r WHERE r.learner_id = p.learner_id AND r.reverses = p.posting_id)
ORDER BY p.posted_at, p.posting_id
"""

Line = tuple[UUID, int]
"""A claim and the number of a line of it."""


async def postings_of(
    session: Transaction, family: Collection[UUID], claims: Collection[UUID]
) -> dict[Line, list[LivePosting]]:
    """What was granted and taken back for the lines of some claims and was never reversed."""
    found: dict[Line, list[LivePosting]] = {}
    if not claims:
        return found
    cursor = await run(session, _POSTINGS, list(family), list(claims))
    for learner, posting, scheme, institution, amount, occurred_on, claim, line in await cursor.fetchall():
        live = LivePosting(learner, posting, None, scheme, institution, amount, occurred_on, "conversion", claim, line)
        found.setdefault((claim, line), []).append(live)
    return found


_SINCE = "SELECT effective_on FROM decision WHERE learner_id = $1 AND decision_id = $2"


async def stood_since(session: Transaction, conversion: Conversion, postings: Sequence[LivePosting]) -> date:
    """The first day on which a conversion that stands was in force: that of its first posting, or of its decision."""
    if postings:
        return min(posting.occurred_on for posting in postings)
    cursor = await run(session, _SINCE, conversion.learner_id, conversion.decision_id)
    found = await cursor.fetchone()
    assert found is not None
    day: date = found[0]
    return day


_DAYS = """SELECT "on", working FROM working_day WHERE "on" >= $1::date - 7 AND "on" < $1::date + 800"""


async def working_days_from(session: Transaction, day: date) -> dict[date, bool]:
    """The departures from the week around and after a day, as `institutions.working_days` reads them.

    The 1 October that says a year is known may lie before the day, so the whole year is read.
    """
    return dict(await (await ask_working_days(session, day)).fetchall())


async def ask_working_days(session: Transaction, day: date) -> psycopg.AsyncRawCursor[Any]:
    """Send the question of `working_days_from`: its rows are the departures."""
    return await run(session, _DAYS, date(day.year, 1, 8))
