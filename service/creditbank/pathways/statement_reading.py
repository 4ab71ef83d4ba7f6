"""Statements as they are read back: by the sides of the cohort what they may see, by the learner all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, LiteralString
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import NotFound
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, Reach
from creditbank.learners.families import family_of
from creditbank.learners.sight import ALL, sight_of
from creditbank.pathways.acting import keys_for, rows_of
from creditbank.pathways.statement_schemas import MemberStatementOut
from creditbank.pathways.statement_topics import CHECKED, TOPICS, Side, Topic
from creditbank.pathways.statements import cohort_for
from creditbank.records.acts import Tools
from creditbank.rules import Rulebook
from creditbank.sealing import SealingKey, field_of, open_sealed

_NO_SIDE: frozenset[Side] = frozenset()
_MEMBER: LiteralString = "SELECT status FROM cohort_member WHERE cohort_id = %s AND learner_id = ANY (%s)"
_READ: LiteralString = """
SELECT s.* FROM statement s WHERE s.learner_id = ANY (%s) AND s.cohort_id = %s ORDER BY s.stated_at, s.statement_id
"""
_STANDING: LiteralString = """
SELECT s.* FROM statement s JOIN cohort_member m USING (learner_id, cohort_id)
WHERE s.cohort_id = %s AND s.learner_id = ANY (%s) AND m.status <> 'left' AND NOT s.withdrawn
  AND (s.sensitive OR s.topic = ANY (%s))
  AND NOT EXISTS (SELECT FROM statement n WHERE n.learner_id = s.learner_id AND n.supersedes = s.statement_id)
ORDER BY s.stated_at, s.statement_id
"""


def topics_read(rulebook: Rulebook, kind: str) -> frozenset[str]:
    """The topics that the documents for pathways of a kind read something of."""
    reads = {name for some in rulebook.reads("progression", kind).values() for name in some}
    reads |= {name.partition(".")[0] for name in reads}
    return frozenset(topic.name for topic in TOPICS.values() if not reads.isdisjoint(topic.makes))


def may_see(topic: Topic, sides: frozenset[Side]) -> bool:
    """Whether these sides are told of a topic: of what is sensitive only those who decide on it."""
    return not topic.sensitive or not topic.seen_by.isdisjoint(sides)


async def standing_of(
    session: AsyncSession, cohort_id: UUID, learners: Sequence[UUID], topic: Topic, *, actor: Actor, tools: Tools
) -> dict[UUID, list[MemberStatementOut]]:
    """What stands about members of a cohort in one topic, and that it was checked; of whoever left nothing.

    That somebody looked is logged with each of them. Raises NotFound for another's cohort, and for a topic that is not
    theirs to see.
    """
    sides = (await cohort_for(session, cohort_id, actor))[1].sides
    if not may_see(topic, sides):
        raise NotFound
    for learner_id in learners:
        await note(
            session, actor=actor, act="statements_seen", purpose="statements", at=tools.at, learner_id=learner_id,
            detail={"cohort_id": str(cohort_id)},
        )  # fmt: skip
    rows = await rows_of(session, _STANDING, [cohort_id, list(learners), [topic.name, "checked"]])
    keys = await keys_for(session, learners, keyring=tools.keyring)
    found: dict[UUID, list[MemberStatementOut]] = {}
    for row in rows:
        said = _opened(row, keys)
        if said is None:
            continue
        name = said.pop("topic", row["topic"])
        if name == topic.name or (name == "checked" and said["what"] == CHECKED.get(topic.name)):
            found.setdefault(row["learner_id"], []).append(_out(row, name, said, superseded_by=None))
    return found


async def statements_of(
    session: AsyncSession, cohort_id: UUID, learner_id: UUID, *, actor: Actor, tools: Tools
) -> list[MemberStatementOut]:
    """Everything that was stated about a member of a cohort, in the order in which it was, whatever replaced it.

    The cohort's school and college and the bank see what they may, which is logged; the learner and their guardian all
    of it. Sensitive topics are there only for the sides that decide on them: for others not even that there is one, and
    once somebody has left only for who stated them. Of whoever was erased only that something was stated is left.
    Raises NotFound.
    """
    family = await family_of(session, learner_id)
    # As the learner or the guardian first: somebody who is that sees all of it, whatever else they are.
    themselves = replace(actor, reach=actor.reach & {Reach.OWN, Reach.CHILD})
    sight = await sight_of(session, themselves, learner_id, at=tools.at, keyring=tools.keyring)
    sides: frozenset[Side] | None = None
    said_by: UUID | None = None
    if sight != ALL:
        sides = (await cohort_for(session, cohort_id, actor))[1].sides
    members = await rows_of(session, _MEMBER, [cohort_id, list(family)])
    if not members:
        raise NotFound
    if sides is not None and all(row["status"] == "left" for row in members):
        # Nothing is decided on whoever left: what is sensitive is left to who said it, to correct.
        sides, said_by = _NO_SIDE, actor.institution_id
    if sides is not None:
        detail = {"cohort_id": str(cohort_id)}
        await note(
            session, actor=actor, act="statements_seen", purpose="statements", at=tools.at, learner_id=learner_id,
            detail=detail,
        )  # fmt: skip
    return await _told(session, family, cohort_id, sides, said_by, tools)


async def _told(
    session: AsyncSession,
    family: tuple[UUID, ...],
    cohort_id: UUID,
    sides: frozenset[Side] | None,
    said_by: UUID | None,
    tools: Tools,
) -> list[MemberStatementOut]:
    rows = await rows_of(session, _READ, [list(family), cohort_id])
    keys = await keys_for(session, family, keyring=tools.keyring)
    replaced = {(row["learner_id"], row["supersedes"]): row["statement_id"] for row in rows if row["supersedes"]}
    found = []
    for row in rows:
        said = _opened(row, keys)
        # Of what is sensitive the sealed body says what it is about.
        topic: str | None = (said or {}).pop("topic", None if row["sensitive"] else row["topic"])
        theirs = said_by is not None and row["institution_id"] == said_by
        hidden = topic is None or (TOPICS[topic].seen_by.isdisjoint(sides or ()) and not theirs)
        if sides is not None and row["sensitive"] and hidden:
            continue
        by = replaced.get((row["learner_id"], row["statement_id"]))
        found.append(_out(row, topic, said, superseded_by=by))
    return found


def _opened(row: Mapping[str, Any], keys: Mapping[UUID, SealingKey]) -> dict[str, Any] | None:
    """What was said; nothing once the key is destroyed."""
    if row["learner_id"] not in keys:
        return None
    place = field_of(row["learner_id"], "statement")
    said: dict[str, Any] = orjson.loads(open_sealed(keys[row["learner_id"]], bytes(row["body_sealed"]), place))
    return said


def _out(
    row: Mapping[str, Any], topic: str | None, said: dict[str, Any] | None, *, superseded_by: UUID | None
) -> MemberStatementOut:
    kept = {*MemberStatementOut.model_fields} - {"said", "topic", "superseded_by"}
    return MemberStatementOut(**{name: row[name] for name in kept}, topic=topic, said=said, superseded_by=superseded_by)
