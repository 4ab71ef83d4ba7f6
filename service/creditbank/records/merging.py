"""Merging two accounts that are one person, and parting them again: no row moves, and what that reveals is decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import TryAgain, driver
from creditbank.errors import BankError, NotFound
from creditbank.identifiers import new_id
from creditbank.learners.activation import withdraw_codes
from creditbank.learners.families import family_of, person_of
from creditbank.learners.inbox import serve
from creditbank.ledger.post import lock_learners
from creditbank.records.acts import Tools, new_act, redecide
from creditbank.records.consequences import follow
from creditbank.records.following import follow_enrolments
from creditbank.records.locking import lock_claim_and_read
from creditbank.records.standing import Asked, Person
from creditbank.records.write import Act, write_act


class AlreadyOnePerson(BankError):
    """The two accounts are one person's already."""

    status = 409
    code = "already_one_person"
    zh = "这两个账户已属于同一人。"
    en = "The two accounts belong to one person already."


class MergeAlreadyEnded(BankError):
    """It was ended before."""

    status = 409
    code = "merge_already_ended"
    zh = "该合并已解除。"
    en = "This merge was ended already."


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge or its end came to."""

    alias_id: UUID
    learner_id: UUID
    into_learner_id: UUID
    redecided: int


_EXISTS = "SELECT learner_id FROM learner WHERE learner_id = ANY (%s)"

_REPOINT = """
WITH carried AS (
    UPDATE learner_alias SET ended_at = %(at)s, ended_by = %(by)s, ended_reason = 'carried:' || %(alias)s::text
    WHERE into_learner_id = %(absorbed)s AND ended_at IS NULL RETURNING learner_id
)
INSERT INTO learner_alias (learner_id, alias_id, into_learner_id, merged_at, merged_by, reason)
SELECT c.learner_id, gen_random_uuid(), %(into)s, %(at)s, %(by)s, 'carried:' || %(alias)s::text FROM carried c
UNION ALL SELECT %(absorbed)s, %(alias)s, %(into)s, %(at)s, %(by)s, %(reason)s
"""

_END = """
WITH ended AS (
    UPDATE learner_alias SET ended_at = %(at)s, ended_by = %(by)s, ended_reason = %(reason)s
    WHERE ended_at IS NULL AND (alias_id = %(alias)s OR reason = 'carried:' || %(alias)s::text)
    RETURNING learner_id, alias_id
)
INSERT INTO learner_alias (learner_id, alias_id, into_learner_id, merged_at, merged_by, reason)
SELECT old.learner_id, gen_random_uuid(), old.into_learner_id, %(at)s, %(by)s, old.reason
FROM learner_alias old JOIN ended ON ended.learner_id = old.learner_id AND ended.alias_id <> %(alias)s
WHERE old.ended_reason = 'carried:' || %(alias)s::text
"""

_SHARED = """
SELECT content FROM record_current WHERE learner_id = ANY (%s)
GROUP BY content HAVING count(DISTINCT learner_id) > 1
"""

_RECORDS = """
SELECT learner_id, institution_id, record_id, version, kind FROM record_current WHERE learner_id = ANY (%s)
"""


async def merge(
    session: AsyncSession, learner_id: UUID, into_learner_id: UUID, *, by: str, reason: str, tools: Tools
) -> Merged:
    """Say that two accounts are one person: reads use both, writes lock both, new records go to the second.

    Results that both accounts hold are decided again as attempts of one person, so nothing counts twice.
    Raises NotFound, AlreadyOnePerson.
    """
    connection = await driver(session)
    found = await (await connection.execute(_EXISTS, [[learner_id, into_learner_id]])).fetchall()
    if len(found) != len({learner_id, into_learner_id}):
        raise NotFound
    absorbed = await person_of(session, learner_id)
    into = await person_of(session, into_learner_id)
    if absorbed.root == into.root:
        raise AlreadyOnePerson
    everybody = tuple(sorted({*absorbed.family, *into.family}))
    await lock_learners(session, list(everybody))
    if (absorbed, into) != (await person_of(session, learner_id), await person_of(session, into_learner_id)):
        raise TryAgain
    alias_id = new_id()
    said = {
        "at": tools.at,
        "by": by,
        "alias": alias_id,
        "absorbed": absorbed.root,
        "into": into.root,
        "reason": reason,
    }
    await connection.execute(_REPOINT, said)
    # A code handed out for one account would replace the sign-in of the other, now that they are one person's.
    await withdraw_codes(session, everybody, at=tools.at)
    shared = await _shared(session, everybody)
    (person,) = await lock_claim_and_read(
        session, [Asked(everybody, shared, frozenset())], claims=(), keyring=tools.keyring
    )
    act = new_act(new_id(), tools, [person])
    act.joined = (absorbed.family, into.family)
    redecided = await _decide_again(
        session, [person], shared, act, told=absorbed.family, act_name="merged", tools=tools
    )
    await _follow(session, everybody, tools)
    about = {"learner_id": absorbed.root, "into_learner_id": into.root}
    for learner in (absorbed.root, into.root):
        await serve(session, learner_id=learner, kind="accounts_merged", about=about, at=tools.at)
    return Merged(alias_id, absorbed.root, into.root, redecided)


async def part(session: AsyncSession, alias_id: UUID, *, by: str, reason: str, tools: Tools) -> Merged:
    """End a merge that proved wrong: each account stands for itself again, and what used both is decided again.

    Raises NotFound, MergeAlreadyEnded.
    """
    connection = await driver(session)
    cursor = await connection.execute(
        "SELECT learner_id, into_learner_id, merged_at, ended_at FROM learner_alias WHERE alias_id = %s", [alias_id]
    )
    found = await cursor.fetchone()
    if found is None:
        raise NotFound
    learner_id, into_learner_id, merged_at, ended_at = found
    if ended_at is not None:
        raise MergeAlreadyEnded
    everybody = await family_of(session, into_learner_id)
    await lock_learners(session, list(everybody))
    if everybody != await family_of(session, into_learner_id):
        raise TryAgain
    shared = await _shared(session, everybody)
    await connection.execute(_END, {"at": tools.at, "by": by, "alias": alias_id, "reason": reason})
    apart = [await family_of(session, learner_id), await family_of(session, into_learner_id)]
    people = await lock_claim_and_read(
        session, [Asked(family, shared, frozenset()) for family in apart], claims=(), keyring=tools.keyring
    )
    act = new_act(new_id(), tools, people)
    act.one_since = merged_at
    redecided = await _decide_again(session, people, shared, act, told=apart[0], act_name="parted", tools=tools)
    for family in apart:
        await _follow(session, family, tools)
    about = {"learner_id": learner_id, "into_learner_id": into_learner_id}
    for learner in (learner_id, into_learner_id):
        await serve(session, learner_id=learner, kind="accounts_parted", about=about, at=tools.at)
    return Merged(alias_id, learner_id, into_learner_id, redecided)


async def _follow(session: AsyncSession, family: Sequence[UUID], tools: Tools) -> None:
    """An enrolment in one account is now, or is no longer, the enrolment of what the others hold."""
    connection = await driver(session)
    cursor = await connection.execute(
        "SELECT DISTINCT institution_id FROM record_current WHERE learner_id = ANY (%s) AND kind = 'course_result'",
        [list(family)],
    )
    for (institution_id,) in await cursor.fetchall():
        await follow_enrolments(session, learners=family, institution_id=institution_id, tools=tools)


async def _shared(session: AsyncSession, family: Iterable[UUID]) -> frozenset[bytes]:
    connection = await driver(session)
    cursor = await connection.execute(_SHARED, [list(family)])
    return frozenset(bytes(content) for (content,) in await cursor.fetchall())


async def _decide_again(
    session: AsyncSession,
    people: Sequence[Person],
    contents: frozenset[bytes],
    act: Act,
    *,
    told: Iterable[UUID],
    act_name: str,
    tools: Tools,
) -> int:
    """Decide what is shared again, and tell every institution whose records changed their person."""
    for person in people:
        redecide(person, contents, act=act, acts={}, rulebook=tools.rulebook)
    redecided = len(act.current)
    connection = await driver(session)
    whose = set(told)
    cursor = await connection.execute(_RECORDS, [[learner for person in people for learner in person.family]])
    for row in await cursor.fetchall():
        for person in people:
            act.note(person.family[0], row[2], act_name)
        if row[0] in whose:
            act.outbox.append(_told(act.decisions.change_id, len(act.outbox) + 1, act_name, row))
    await write_act(session, act)
    await follow(session, act, tools)
    return redecided


def _told(change_id: UUID, item: int, act_name: str, row: tuple[Any, ...]) -> dict[str, Any]:
    learner_id, institution_id, record_id, version, kind = row
    return {
        "change_id": str(change_id),
        "item": item,
        "learner_id": str(learner_id),
        "institution_id": str(institution_id),
        "record_id": str(record_id),
        "version": version,
        "act": act_name,
        "summary": {"kind": kind},
    }
