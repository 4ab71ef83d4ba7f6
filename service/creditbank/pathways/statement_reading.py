"""Statements as they are read back: by the sides of the cohort what they may see, by the learner all of it."""

from __future__ import annotations

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
from creditbank.pathways.statement_topics import TOPICS, Side
from creditbank.pathways.statements import cohort_for
from creditbank.records.acts import Tools
from creditbank.sealing import field_of, open_sealed

_NO_SIDE: frozenset[Side] = frozenset()
_MEMBER: LiteralString = "SELECT status FROM cohort_member WHERE cohort_id = %s AND learner_id = ANY (%s)"
_READ: LiteralString = """
SELECT s.* FROM statement s WHERE s.learner_id = ANY (%s) AND s.cohort_id = %s ORDER BY s.stated_at, s.statement_id
"""


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
    kept = {*MemberStatementOut.model_fields} - {"said", "topic", "superseded_by"}
    found = []
    for row in rows:
        said: dict[str, Any] | None = None
        if row["learner_id"] in keys:
            place = field_of(row["learner_id"], "statement")
            said = orjson.loads(open_sealed(keys[row["learner_id"]], bytes(row["body_sealed"]), place))
        # Of what is sensitive the sealed body says what it is about.
        topic: str | None = (said or {}).pop("topic", None if row["sensitive"] else row["topic"])
        theirs = said_by is not None and row["institution_id"] == said_by
        hidden = topic is None or (TOPICS[topic].seen_by.isdisjoint(sides or ()) and not theirs)
        if sides is not None and row["sensitive"] and hidden:
            continue
        shown = {name: row[name] for name in kept}
        by = replaced.get((row["learner_id"], row["statement_id"]))
        found.append(MemberStatementOut(**shown, topic=topic, said=said, superseded_by=by))
    return found
