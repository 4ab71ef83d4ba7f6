"""Which accounts are one person's, since accounts are merged without moving a row, and locking all of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from creditbank.db import Transaction, TryAgain, driver
from creditbank.errors import NotFound

_FAMILY = """
WITH root AS (
    SELECT coalesce((SELECT into_learner_id FROM learner_alias WHERE learner_id = %(learner)s AND ended_at IS NULL),
                    %(learner)s::uuid) AS learner_id
)
SELECT learner_id, true FROM root
UNION SELECT a.learner_id, false FROM learner_alias a JOIN root ON a.into_learner_id = root.learner_id
WHERE a.ended_at IS NULL
"""

_LOCK = "SELECT learner_id FROM learner_head WHERE learner_id = ANY (%s) ORDER BY learner_id FOR UPDATE"


@dataclass(frozen=True, slots=True)
class Person:
    """One person: the account that stands for them, and all of their accounts in the order in which they are locked."""

    root: UUID
    family: tuple[UUID, ...]


async def family_of(session: Transaction, learner_id: UUID) -> tuple[UUID, ...]:
    """All accounts of the person whose account this is, in the order in which they are locked."""
    return (await person_of(session, learner_id)).family


_FAMILIES = """
SELECT asked.learner_id, array(
    SELECT root.learner_id UNION
    SELECT a.learner_id FROM learner_alias a WHERE a.into_learner_id = root.learner_id AND a.ended_at IS NULL)
FROM unnest(%s::uuid[]) AS asked(learner_id),
LATERAL (SELECT coalesce((SELECT a.into_learner_id FROM learner_alias a
                          WHERE a.learner_id = asked.learner_id AND a.ended_at IS NULL), asked.learner_id)
) root(learner_id)
"""


async def families_of(session: Transaction, learners: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """For each of many accounts all accounts of its person, in the order in which they are locked."""
    connection = await driver(session)
    found = await (await connection.execute(_FAMILIES, [list(learners)])).fetchall()
    return {learner_id: tuple(sorted(family)) for learner_id, family in found}


async def person_of(session: Transaction, learner_id: UUID) -> Person:
    """The person whose account this is; an account that nobody has is a person of its own."""
    connection = await driver(session)
    found = await (await connection.execute(_FAMILY, {"learner": learner_id})).fetchall()
    root = next(member for member, is_root in found if is_root)
    return Person(root, tuple(sorted(member for member, _ in found)))


async def lock_families(session: Transaction, learners: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Lock every account of many persons for the rest of the transaction, all in the order of ids: their accounts.

    Raises TryAgain when accounts were merged or parted meanwhile.
    """
    families = await families_of(session, learners)
    connection = await driver(session)
    await connection.execute(_LOCK, [sorted({member for family in families.values() for member in family})])
    if await families_of(session, learners) != families:
        raise TryAgain
    return families


async def lock_person(session: Transaction, learner_id: UUID) -> Person:
    """Lock every account of a person for the rest of the transaction.

    Raises NotFound where there is no such account, TryAgain when accounts were merged or parted meanwhile.
    """
    person = await person_of(session, learner_id)
    connection = await driver(session)
    locked = await (await connection.execute(_LOCK, [list(person.family)])).fetchall()
    if learner_id not in {member for (member,) in locked}:
        raise NotFound
    if await person_of(session, learner_id) != person:
        raise TryAgain
    return person
