"""A claim under lock: the person's accounts are locked first, then the claim is read with all that may change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row

from creditbank.db import Transaction, driver
from creditbank.errors import NotFound
from creditbank.learners.refusals import AlreadyErased
from creditbank.recognition import refusals
from creditbank.recognition.gathering import AskedLine
from creditbank.recognition.procedures import Step
from creditbank.recognition.standing import Person, lock_people, see_person
from creditbank.recognition.tables import Claim, ClaimLine, Conversion
from creditbank.records.acts import Tools

_CLAIM: LiteralString = "SELECT * FROM claim WHERE learner_id = ANY (%s) AND claim_id = %s"
_LINES: LiteralString = "SELECT * FROM claim_line WHERE learner_id = ANY (%s) AND claim_id = %s ORDER BY line_no"
_CONVERSIONS: LiteralString = "SELECT * FROM conversion WHERE learner_id = ANY (%s) AND claim_id = %s"


@dataclass(frozen=True, slots=True)
class Opened:
    """A claim whose person is locked, with everything of it that may change."""

    person: Person
    claim: Claim
    lines: tuple[ClaimLine, ...]
    conversions: Mapping[UUID, Conversion]

    def line(self, number: int) -> ClaimLine:
        """Raises LineUnknown."""
        for line in self.lines:
            if line.line_no == number:
                return line
        raise refusals.LineUnknown(line=number)

    def conversion(self, line: ClaimLine) -> Conversion | None:
        """Where a line stands, or stood last."""
        return None if line.conversion_id is None else self.conversions.get(line.conversion_id)

    def step(self) -> Step:
        """The step that the claim is at. Raises ClaimAlreadyDecided where it is at none."""
        for step in self.claim.steps:
            if step["id"] == self.claim.step:
                return step
        raise refusals.ClaimAlreadyDecided

    def open_of(self, step: Step) -> list[ClaimLine]:
        """The lines that are still open and need a step."""
        return [line for line in self.lines if line.state == "open" and line.line_no in step["lines"]]

    @property
    def open_lines(self) -> list[ClaimLine]:
        """Those that are not decided."""
        return [line for line in self.lines if line.state == "open"]


async def whose(session: Transaction, claim_id: UUID) -> UUID:
    """Under which account a claim is. Raises NotFound."""
    cursor = await (await driver(session)).execute("SELECT learner_id FROM claim WHERE claim_id = %s", [claim_id])
    found = await cursor.fetchone()
    if found is None:
        raise NotFound
    learner_id: UUID = found[0]
    return learner_id


async def read_claim(session: Transaction, person: Person, claim_id: UUID) -> Opened:
    """A claim of a person who is locked. Raises NotFound."""
    cursor = (await driver(session)).cursor(row_factory=dict_row)
    said = [list(person.family), claim_id]
    await cursor.execute(_CLAIM, said)
    claim = await cursor.fetchone()
    if claim is None:
        raise NotFound
    await cursor.execute(_LINES, said)
    lines = tuple(ClaimLine(**row) for row in await cursor.fetchall())
    await cursor.execute(_CONVERSIONS, said)
    conversions = {row["conversion_id"]: Conversion(**row) for row in await cursor.fetchall()}
    return Opened(person, Claim(**claim), lines, conversions)


async def look_at(session: Transaction, claim_id: UUID, *, tools: Tools) -> Opened:
    """A claim as it is, nobody locked: for reading. Raises NotFound, AlreadyErased."""
    person = await see_person(session, await whose(session, claim_id), keyring=tools.keyring, at=tools.at)
    return await read_claim(session, person, claim_id)


async def open_claim(
    session: Transaction, claim_id: UUID, *, tools: Tools, concerns: Callable[[Claim], bool] = lambda _: True
) -> Opened:
    """Lock the person whose claim it is, then read it. Raises NotFound; AlreadyErased to whom the claim `concerns`."""
    learner_id = await whose(session, claim_id)
    try:
        people = await lock_people(session, [learner_id], keyring=tools.keyring, at=tools.at)
    except AlreadyErased:
        cursor = (await driver(session)).cursor(row_factory=dict_row)
        await cursor.execute(_CLAIM, [[learner_id], claim_id])
        found = await cursor.fetchone()
        if found is None or not concerns(Claim(**found)):
            raise NotFound from None
        raise
    return await read_claim(session, people[learner_id], claim_id)


def asked_line(person: Person, row: ClaimLine) -> AskedLine:
    """A line as the rules are asked about it, with the facts that hands have supplied."""
    supplied: dict[str, Any] = {}
    of: dict[UUID | str, dict[str, Any]] = {}
    for said in supplied_of(person, row):
        if said.get("record_id") is None:
            supplied[said["fact"]] = said["value"]
        else:
            of.setdefault(UUID(said["record_id"]), {})[said["fact"]] = said["value"]
    return AskedLine(row.line_no, tuple(row.record_ids), row.course_code, row.wants, supplied=supplied, supplied_of=of)


def supplied_of(person: Person, row: ClaimLine) -> list[dict[str, Any]]:
    """The facts that hands have supplied for a line: fact, value, record_id, hand, by, at."""
    found: list[dict[str, Any]] = person.open(row.supplied_sealed, learner_id=row.learner_id, field="supplied") or []
    return found
