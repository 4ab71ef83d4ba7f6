"""Stating facts about members of a cohort, and what follows: one transaction, an outcome for each row.

Whoever is stated about is locked first, so that of two statements of one key one supersedes the other, whatever their
clocks say. What is stated is sealed under the learner's own key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg.rows import dict_row

from creditbank import clock
from creditbank.db import Transaction, driver, run
from creditbank.errors import BankError, NotFound
from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor, Reach
from creditbank.institutions.schemas import Payload
from creditbank.learners.families import lock_families
from creditbank.learners.refusals import AlreadyErased
from creditbank.pathways import statement_refusals as refusals
from creditbank.pathways.acting import keys_for
from creditbank.pathways.following import follow
from creditbank.pathways.statement_bodies import ExamSaid
from creditbank.pathways.statement_topics import (
    SEALED_TOPIC,
    TOPICS,
    Side,
    Sitting,
    body_of,
    happened_on,
    key_of,
    of_the_member,
    who_states,
)
from creditbank.records.acts import Tools
from creditbank.sealing import SealingKey, blind_index, canonical, field_of, open_sealed, seal

_WHO = {
    "school": ("中职学校", "the school"),
    "college": ("高校", "the college"),
    "bank": ("学分银行", "the credit bank"),
}


_SCHOOL: frozenset[Side] = frozenset({"school"})


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who states something: for which side of the cohort, under which name; `also` where it has no other school."""

    side: Side
    name: str
    institution_id: UUID | None
    also: frozenset[Side] = frozenset()

    @property
    def sides(self) -> frozenset[Side]:
        """Every side for which they speak."""
        return self.also | {self.side}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row: something about a member, or the statement that is taken back. `row_no` is that of a sheet."""

    learner_id: UUID
    said: Payload | None = None
    withdraws: UUID | None = None
    occurred_on: date | None = None
    row_no: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: stated, unchanged (it was said before), withdrawn, or a refusal."""

    outcome: str
    statement_id: UUID | None = None
    points: str | None = None
    refusal: BankError | None = None


@dataclass(frozen=True, slots=True)
class OfCohort:
    """A cohort as statements need it."""

    cohort_id: UUID
    school_id: UUID | None
    college_id: UUID


# --- who speaks ---------------------------------------------------------------------------------------------------


async def cohort_for(session: Transaction, cohort_id: UUID, actor: Actor) -> tuple[OfCohort, Speaker]:
    """A cohort and for whom the caller speaks of it. Raises NotFound for a cohort that is not theirs."""
    found = await (
        await (await driver(session)).execute(
            "SELECT cohort_id, school_id, college_id FROM cohort WHERE cohort_id = %s", [cohort_id]
        )
    ).fetchone()
    if found is None:
        raise NotFound
    cohort = OfCohort(*found)
    if Reach.ANY in actor.reach:
        return cohort, Speaker("bank", actor.name, None)
    if Reach.INSTITUTION in actor.reach and actor.institution_id is not None:
        if actor.institution_id == cohort.college_id:
            # Five years at one college: nobody else could say what a school says.
            alone = cohort.school_id in (None, cohort.college_id)
            return cohort, Speaker("college", actor.name, actor.institution_id, _SCHOOL if alone else frozenset())
        if actor.institution_id == cohort.school_id:
            return cohort, Speaker("school", actor.name, actor.institution_id)
    raise NotFound


_SITTINGS: LiteralString = """
SELECT round_id, number, sittings FROM pathway_round WHERE cohort_id = %s AND state <> 'abandoned'
"""


async def sittings_of(session: Transaction, cohort_id: UUID) -> dict[tuple[UUID, int, str], Sitting]:
    """Every subject of every sitting that rounds of a cohort declare, by round, sitting and subject."""
    rows = await (await (await driver(session)).execute(_SITTINGS, [cohort_id])).fetchall()
    return {
        (each.round_id, each.sitting, each.subject): each
        for round_id, number, declared in rows
        for each in declared_in(round_id, number, declared)
    }


def declared_in(round_id: UUID, number: int, declared: Sequence[Mapping[str, Any]]) -> list[Sitting]:
    """The subjects of a round's sittings, one by one."""
    return [
        Sitting(
            round_id=round_id,
            number=number,
            sitting=int(one["no"]),
            subject=str(subject["subject"]),
            on=None if one.get("on") is None else date.fromisoformat(one["on"]),
            full=None if subject.get("full") is None else Decimal(str(subject["full"])),
            drawn=subject.get("drawn"),
            marked_by=one["marked_by"] if one.get("marked_by") in ("school", "college", "bank") else None,
        )
        for one in declared or ()
        for subject in one.get("subjects") or ()
    ]


# --- stating ------------------------------------------------------------------------------------------------------

_MEMBERS: LiteralString = """
SELECT learner_id FROM cohort_member WHERE cohort_id = %s AND learner_id = ANY (%s)
"""
_STATED: LiteralString = """
SELECT s.* FROM statement s
WHERE s.learner_id = ANY (%s)
  AND NOT EXISTS (SELECT FROM statement n WHERE n.learner_id = s.learner_id AND n.supersedes = s.statement_id)
"""
_WRITE: LiteralString = """
INSERT INTO statement (learner_id, statement_id, cohort_id, topic, key, body_sealed, sensitive, occurred_on, stated_at,
                       stated_by, institution_id, supersedes, withdrawn, sheet_id, row_no)
SELECT r.* FROM jsonb_to_recordset($1::jsonb) AS r(
    learner_id uuid, statement_id uuid, cohort_id uuid, topic text, key text, body_sealed bytea, sensitive boolean,
    occurred_on date, stated_at timestamptz, stated_by text, institution_id uuid, supersedes uuid, withdrawn boolean,
    sheet_id uuid, row_no int)
"""


async def state_many(
    session: Transaction,
    cohort: OfCohort,
    rows: Sequence[Wanted],
    *,
    by: Speaker,
    tools: Tools,
    sheet_id: UUID | None = None,
) -> list[Outcome]:
    """State things about members, each row for itself: what is wrong with one stops no other.

    What was said before in the same words is unchanged, and nothing is written of it. What follows (rounds that are
    open decide again whom it touches, frozen ones open a review) is done in the same transaction.
    """
    batch = await _begin(session, cohort, rows, by=by, tools=tools, sheet_id=sheet_id)
    outcomes = []
    for row in rows:
        try:
            outcomes.append(batch.state(row))
        except BankError as refusal:
            outcomes.append(Outcome("refused", refusal=refusal))
    if batch.written:
        await run(session, _WRITE, orjson.dumps(batch.written).decode())
        await follow(
            session,
            cohort.cohort_id,
            sorted({UUID(row["learner_id"]) for row in batch.written}),
            tools=tools,
            because="statement",
        )
    return outcomes


async def _begin(
    session: Transaction, cohort: OfCohort, rows: Sequence[Wanted], *, by: Speaker, tools: Tools, sheet_id: UUID | None
) -> _Batch:
    """Lock whoever is stated about, then read what stands."""
    connection = await driver(session)
    named = sorted({row.learner_id for row in rows})
    found = await (await connection.execute(_MEMBERS, [cohort.cohort_id, named])).fetchall()
    members = [learner_id for (learner_id,) in found]
    await lock_families(session, members)
    # Only now: whoever is erased meanwhile has no key any more.
    keys = await keys_for(session, members, keyring=tools.keyring)
    sittings = await sittings_of(session, cohort.cohort_id)
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_STATED, [members])
    standing = {
        (row["learner_id"], *_scope(row["topic"], row["key"], row["cohort_id"])): row for row in await cursor.fetchall()
    }
    return _Batch(cohort, by, tools, sheet_id, set(members), keys, sittings, standing)


def _scope(topic: str, key: str, cohort_id: UUID) -> tuple[str, UUID | None]:
    """What a chain of statements is about: of a member also in which cohort. Sensitive topics are the person's."""
    if topic == SEALED_TOPIC:
        return key, None
    kind = {"kind": key.split("/")[1]} if topic == "exam" else {}
    mine = of_the_member(topic, kind) or (topic == "exam" and _in_a_round(key))
    return key, cohort_id if mine else None


def _in_a_round(key: str) -> bool:
    where = key.split("/")[2]
    return len(where) == 36


class _Batch:
    """The rows of one call as they are taken in, one after another."""

    def __init__(
        self,
        cohort: OfCohort,
        by: Speaker,
        tools: Tools,
        sheet_id: UUID | None,
        members: set[UUID],
        keys: Mapping[UUID, SealingKey],
        sittings: Mapping[tuple[UUID, int, str], Sitting],
        standing: dict[tuple[Any, ...], dict[str, Any]],
    ) -> None:
        self.cohort, self.by, self.tools, self.sheet_id = cohort, by, tools, sheet_id
        self.members, self.keys, self.sittings, self.standing = members, keys, sittings, standing
        self.written: list[dict[str, Any]] = []
        self._said: dict[tuple[Any, ...], dict[str, Any]] = {}

    def state(self, row: Wanted) -> Outcome:
        """Take one row in. Raises a BankError, and then nothing of it is written."""
        if row.learner_id not in self.members:
            raise NotFound
        if row.learner_id not in self.keys:
            raise AlreadyErased
        if row.withdraws is not None:
            return self._withdraw(row)
        assert row.said is not None
        topic: str = row.said.topic  # type: ignore[attr-defined]
        sitting = self._sitting(row.said)
        may = who_states(row.said, sitting)
        if may.isdisjoint(self.by.sides):
            raise _not_theirs(topic, may)
        body = body_of(row.said, sitting)
        on = row.occurred_on or happened_on(body) or clock.today(self.tools.at)
        if on > clock.today(self.tools.at):
            raise refusals.StatementOfTheFuture(on=on.isoformat())
        kept, key, body = self._kept(topic, body, row.learner_id)
        name = (row.learner_id, *_scope(kept, key, self.cohort.cohort_id))
        if name in self._said and self._said[name] != body:
            raise refusals.StatedTwiceInOneBatch
        before = self.standing.get(name)
        if before is not None and kept == SEALED_TOPIC and before["cohort_id"] != self.cohort.cohort_id:
            # Before it is compared: that it is unchanged would tell another cohort's school what was said.
            self._must_be_theirs(before)
        if before is not None and self._same(before, body, on):
            return Outcome("unchanged", before["statement_id"], body.get("points"))
        if before is not None and not before["withdrawn"]:
            self._must_be_theirs(before)
        self._said[name] = body
        return Outcome("stated", self._write(row, kept, key, body, on, before), body.get("points"))

    def _kept(self, topic: str, body: dict[str, Any], learner_id: UUID) -> tuple[str, str, dict[str, Any]]:
        """Topic, key and body as they are kept: of something sensitive the body alone says what it is."""
        key = key_of(topic, body)
        if not TOPICS[topic].sensitive:
            return topic, key, body
        blind = blind_index(self.tools.keyring, "statement-key", f"{learner_id}/{key}").hex()[:32]
        return SEALED_TOPIC, f"{SEALED_TOPIC}/{blind}", {**body, "topic": topic}

    def _sitting(self, said: Payload) -> Sitting | None:
        if not isinstance(said, ExamSaid) or said.round_id is None:
            return None
        number = said.sitting or 1
        found = self.sittings.get((said.round_id, number, said.subject))
        if found is None:
            if any(each[:2] == (said.round_id, number) for each in self.sittings):
                raise refusals.SubjectNotOfSitting(subject=said.subject, sitting=number)
            raise refusals.ScoreWithoutSitting(subject=said.subject)
        return found

    def _withdraw(self, row: Wanted) -> Outcome:
        found = next(
            (one for one in self.standing.values()
             if one["learner_id"] == row.learner_id and one["statement_id"] == row.withdraws), None
        )  # fmt: skip
        if found is None or found["withdrawn"] or found["cohort_id"] != self.cohort.cohort_id:
            raise refusals.StatementNotLive
        self._must_be_theirs(found)
        body = self._opened(found)
        made = self._write(row, found["topic"], found["key"], body, found["occurred_on"], found, withdrawn=True)
        return Outcome("withdrawn", made)

    def _must_be_theirs(self, before: Mapping[str, Any]) -> None:
        if self.by.side != "bank" and before["institution_id"] != self.by.institution_id:
            raise refusals.StatementOfAnother

    def _same(self, before: Mapping[str, Any], body: Mapping[str, Any], on: date) -> bool:
        return not before["withdrawn"] and before["occurred_on"] == on and self._opened(before) == body

    def _opened(self, row: Mapping[str, Any]) -> dict[str, Any]:
        learner = row["learner_id"]
        blob = row["body_sealed"]
        sealed = bytes.fromhex(blob[2:]) if isinstance(blob, str) else bytes(blob)
        said: dict[str, Any] = orjson.loads(open_sealed(self.keys[learner], sealed, field_of(learner, "statement")))
        return said

    def _write(
        self,
        row: Wanted,
        topic: str,
        key: str,
        body: dict[str, Any],
        on: date,
        before: Mapping[str, Any] | None,
        *,
        withdrawn: bool = False,
    ) -> UUID:
        statement_id = new_id()
        sealed = seal(self.keys[row.learner_id], canonical(body), field_of(row.learner_id, "statement"))
        said = {
            "learner_id": row.learner_id,
            "statement_id": statement_id,
            "cohort_id": self.cohort.cohort_id,
            "topic": topic,
            "key": key,
            "body_sealed": "\\x" + sealed.hex(),
            "sensitive": topic == SEALED_TOPIC,
            "occurred_on": on,
            "stated_at": self.tools.at,
            "stated_by": self.by.name,
            "institution_id": self.by.institution_id,
            "supersedes": None if before is None else before["statement_id"],
            "withdrawn": withdrawn,
            "sheet_id": self.sheet_id,
            "row_no": row.row_no if self.sheet_id is not None else None,
        }
        self.standing[row.learner_id, *_scope(topic, key, self.cohort.cohort_id)] = said
        named = ("learner_id", "statement_id", "cohort_id", "occurred_on")
        plain: dict[str, str | None] = {name: str(said[name]) for name in named}
        optional = ("institution_id", "supersedes", "sheet_id")
        plain |= {name: None if said[name] is None else str(said[name]) for name in optional}
        self.written.append({**said, **plain, "stated_at": self.tools.at.isoformat()})
        return statement_id


def _not_theirs(topic: str, may: frozenset[Side]) -> BankError:
    known = TOPICS[topic]
    return refusals.NotYoursToState(
        topic_zh=known.zh,
        topic_en=known.en,
        who_zh="、".join(_WHO[side][0] for side in sorted(may)),
        who_en=" or ".join(_WHO[side][1] for side in sorted(may)),
    )
