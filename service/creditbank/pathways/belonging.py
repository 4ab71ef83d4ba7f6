"""What cohorts and rounds hold about one person, for the person: memberships, statements, rounds, reviews."""

from __future__ import annotations

from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

import orjson
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import NotFound
from creditbank.identity.actor import Actor
from creditbank.learners.personal import opened
from creditbank.pathways.acting import keys_for, rows_of
from creditbank.pathways.review_reading import seen
from creditbank.pathways.round_reading import one_round
from creditbank.pathways.round_schemas import ReviewOut, RoundOut
from creditbank.pathways.statement_reading import statements_of
from creditbank.pathways.statement_schemas import MemberStatementOut
from creditbank.records.acts import Tools

MOST_REVIEWS = 1000


class MemberHappened(BaseModel):
    """在班变动。|Something that happened to a member."""

    event: str
    occurred_on: date
    at: datetime
    reason: str | None


class Membership(BaseModel):
    """一次在贯通班的经历。|A membership in a cohort, with what happened in it and what was stated."""

    cohort_id: UUID
    cohort_name: str
    pathway_id: UUID
    member_no: int
    joined_on: date
    status: str
    student_no: str | None
    events: list[MemberHappened]
    statements: list[MemberStatementOut]


class PathwaysHeld(BaseModel):
    """贯通培养中关于本人的内容。|What pathways hold about a person."""

    memberships: list[Membership]
    rounds: list[RoundOut]
    reviews: list[ReviewOut]


_MEMBERS: LiteralString = """
SELECT m.*, c.name AS cohort_name, c.pathway_id FROM cohort_member m JOIN cohort c USING (cohort_id)
WHERE m.learner_id = ANY (%s) ORDER BY m.joined_on, m.cohort_id
"""
_EVENTS: LiteralString = "SELECT * FROM member_event WHERE learner_id = ANY (%s) ORDER BY cohort_id, event_no"
_ROUNDS: LiteralString = """
SELECT DISTINCT k.round_id, r.opened_at FROM round_candidate k JOIN pathway_round r USING (round_id)
WHERE k.learner_id = ANY (%s) ORDER BY r.opened_at, k.round_id
"""


async def held_of(session: AsyncSession, family: tuple[UUID, ...], *, actor: Actor, tools: Tools) -> PathwaysHeld:
    """All of it, abandoned rounds too, as far as the caller sees the person: the learner, or a child's guardian.

    Raises NotFound.
    """
    keys = await keys_for(session, family, keyring=tools.keyring)
    events: dict[tuple[UUID, UUID], list[MemberHappened]] = {}
    for row in await rows_of(session, _EVENTS, [list(family)]):
        said = opened(keys.get(row["learner_id"]), row["reason_sealed"], row["learner_id"], "member_event")
        happened = MemberHappened(
            event=row["event"], occurred_on=row["occurred_on"], at=row["at"],
            reason=None if said is None else orjson.loads(said).get("reason"),
        )  # fmt: skip
        events.setdefault((row["learner_id"], row["cohort_id"]), []).append(happened)
    memberships = []
    for row in await rows_of(session, _MEMBERS, [list(family)]):
        who, cohort_id = row["learner_id"], row["cohort_id"]
        stated = await statements_of(session, cohort_id, who, actor=actor, tools=tools)
        kept = {name: row[name] for name in ("cohort_name", "pathway_id", "member_no", "joined_on", "status")}
        memberships.append(
            Membership(
                **kept,
                cohort_id=cohort_id,
                student_no=opened(keys.get(who), row["student_no_sealed"], who, "student_no"),
                events=events.get((who, cohort_id), []),
                statements=[each for each in stated if each.learner_id == who],
            )
        )
    rounds = []
    for row in await rows_of(session, _ROUNDS, [list(family)]):
        try:
            found = await one_round(session, row["round_id"], actor=actor, tools=tools)
        except NotFound:
            continue
        # A guardian of two children in one round sees both there; the file is of one of them.
        mine = [each for each in found.candidates if each.learner_id in family]
        rounds.append(found.model_copy(update={"candidates": mine}))
    reviews = await seen(session, actor=actor, closed_too=True, after=None, limit=MOST_REVIEWS, tools=tools)
    return PathwaysHeld(
        memberships=memberships,
        rounds=rounds,
        reviews=[each for each in reviews if each.learner_id in family],
    )
