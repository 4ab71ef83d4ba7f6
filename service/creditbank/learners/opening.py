"""Opening accounts for people whom an institution names: opened, there already, under review, or refused.

What a stranger learns by asking: whether this name and this number together have an account. Whose it is, its number
and whether it is in use stay unsaid unless the learner is the institution's own (enrolled there, a record from there,
or an account that it opened itself). A number with another name is under review and nothing else; every such row and
every stranger's is written down, and their count is limited (`probing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import TryAgain, driver
from creditbank.errors import BankError, Language
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, Reach
from creditbank.learners import probing, refusals
from creditbank.learners.account_numbers import grouped
from creditbank.learners.accounts import Newcomer, open_accounts
from creditbank.learners.documents import IdentityDocument, read_document
from creditbank.learners.indexes import document_index, name_index
from creditbank.learners.names import read_name
from creditbank.learners.personal import must_be_a_birth
from creditbank.learners.schemas import AccountIn, AccountOutcome, DocumentIn
from creditbank.sealing import Keyring

_KNOWN = """
WITH asked AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(i int, doc bytea, name bytea)
)
SELECT asked.i, p.root, l.account_no,
       EXISTS (SELECT FROM learner_name n WHERE n.learner_id = ANY (p.family) AND n.name_index = asked.name),
       EXISTS (SELECT FROM learner o WHERE o.learner_id = ANY (p.family) AND o.opened_by = %(institution)s)
       OR EXISTS (SELECT FROM enrolment e
                  WHERE e.learner_id = ANY (p.family) AND e.institution_id = %(institution)s)
       OR EXISTS (SELECT FROM record_current c
                  WHERE c.learner_id = ANY (p.family) AND c.institution_id = %(institution)s)
FROM asked JOIN identity_key k ON k.number_index = asked.doc,
LATERAL (SELECT coalesce((SELECT a.into_learner_id FROM learner_alias a
                          WHERE a.learner_id = k.learner_id AND a.ended_at IS NULL), k.learner_id) AS root) r,
LATERAL (SELECT r.root, array(
    SELECT r.root UNION ALL
    SELECT a.learner_id FROM learner_alias a WHERE a.into_learner_id = r.root AND a.ended_at IS NULL) AS family) p
JOIN learner l ON l.learner_id = p.root
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    row: int
    newcomer: Newcomer


@dataclass(frozen=True, slots=True)
class _Found:
    learner_id: UUID
    account_no: str
    named: bool
    own: bool


@dataclass(slots=True)
class Opened:
    """The outcomes, in the order of the rows, and how many rows were about strangers' learners."""

    outcomes: list[AccountOutcome] = field(default_factory=list)
    probes: int = 0


async def open_counted(
    session: AsyncSession,
    people: Sequence[tuple[int, AccountIn]],
    *,
    actor: Actor,
    at: datetime,
    keyring: Keyring,
    language: Language,
) -> Opened:
    """The same where `probing.take` counted the people before: whoever is no stranger is given back."""
    done = await open_for(session, people, actor=actor, at=at, keyring=keyring, language=language)
    if Reach.ANY not in actor.reach and actor.institution_id is not None:
        innocent = len(people) - done.probes
        await probing.give_back(session, keyring, institution_id=actor.institution_id, rows=innocent)
    return done


async def open_for(
    session: AsyncSession,
    people: Sequence[tuple[int, AccountIn]],
    *,
    actor: Actor,
    at: datetime,
    keyring: Keyring,
    language: Language,
) -> Opened:
    """An account for each person who has none; every row has an outcome, and none stops another."""
    done = Opened()
    asked = _read(people, done, at=at, keyring=keyring, language=language)
    known = await _look_up(session, asked, actor=actor)
    newcomers = [one for one in asked if one.row not in known]
    first = {one.newcomer.document_index: one for one in reversed(newcomers)}
    opened = await open_accounts(
        session, [one.newcomer for one in first.values()], keyring=keyring, opened_by=actor.institution_id, at=at
    )
    if len(opened) < len(first):
        raise TryAgain
    known |= await _look_up(session, newcomers, actor=actor)
    for one in asked:
        is_first = first.get(one.newcomer.document_index) is one
        await _answer(session, one, known[one.row], done, opened=is_first, actor=actor, at=at, language=language)
    done.outcomes.sort(key=lambda outcome: outcome.row)
    return done


def read_person_document(given: DocumentIn, *, at: datetime, at_field: str = "/document") -> IdentityDocument:
    """A document as it was written down, with its date of birth where it does not tell that itself.

    Raises IdentityNumberImpossible, BirthDateImpossible.
    """
    today = clock.today(at)
    document = read_document(given.kind, given.number, on=today, at_field=f"{at_field}/number")
    if given.birth_on is None:
        return document
    must_be_a_birth(given.birth_on, on=today, at_field=f"{at_field}/birth_on")
    if document.birth_on not in (None, given.birth_on):
        raise refusals.BirthDateImpossible(field=f"{at_field}/birth_on")
    return replace(document, birth_on=given.birth_on)


def _read(
    people: Sequence[tuple[int, AccountIn]], done: Opened, *, at: datetime, keyring: Keyring, language: Language
) -> list[_Asked]:
    asked = []
    for row, given in people:
        try:
            name = read_name(given.name, at_field="/name")
            document = read_person_document(given.document, at=at)
        except BankError as refusal:
            done.outcomes.append(refused(row, refusal, language))
            continue
        newcomer = Newcomer(name, name_index(keyring, name), document, document_index(keyring, document))
        asked.append(_Asked(row, newcomer))
    return asked


def refused(row: int, refusal: BankError, language: Language) -> AccountOutcome:
    """The outcome of a row that cannot be: nothing was opened."""
    return AccountOutcome(row=row, outcome="refused", problem=refusal.problem(language))


async def _look_up(session: AsyncSession, asked: Sequence[_Asked], *, actor: Actor) -> dict[int, _Found]:
    if not asked:
        return {}
    rows: list[dict[str, Any]] = [
        {
            "i": one.row,
            "doc": "\\x" + one.newcomer.document_index.hex(),
            "name": "\\x" + one.newcomer.name_index.hex(),
        }
        for one in asked
    ]
    connection = await driver(session)
    cursor = await connection.execute(
        _KNOWN, {"rows": orjson.dumps(rows).decode(), "institution": actor.institution_id}
    )
    everybodys = Reach.ANY in actor.reach
    return {
        row: _Found(learner_id, account_no, named, own or everybodys)
        for row, learner_id, account_no, named, own in await cursor.fetchall()
    }


async def _answer(
    session: AsyncSession,
    one: _Asked,
    found: _Found,
    done: Opened,
    *,
    opened: bool,
    actor: Actor,
    at: datetime,
    language: Language,
) -> None:
    if not found.named:
        problem = refusals.IdentityUnderReview().problem(language)
        done.outcomes.append(AccountOutcome(row=one.row, outcome="held", problem=problem))
    elif not found.own:
        done.outcomes.append(AccountOutcome(row=one.row, outcome="exists"))
    else:
        done.outcomes.append(
            AccountOutcome(
                row=one.row,
                outcome="opened" if opened else "exists",
                learner_id=found.learner_id,
                account_no=found.account_no,
                account_no_grouped=grouped(found.account_no),
            )
        )
    if found.named and found.own:
        return
    done.probes += 1
    act = "account_asked_for" if found.named else "account_identity_differs"
    await note(session, actor=actor, act=act, purpose="account_opening", at=at, learner_id=found.learner_id)
