"""Pathways, cohorts and members as they are read: a pathway by everybody, a cohort by its school, college and bank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.errors import NotFound
from creditbank.identity.access_log import note
from creditbank.identity.actor import Actor, Reach
from creditbank.learners.personal import keys_of, opened
from creditbank.pathways.acting import rows_of
from creditbank.pathways.agreement_schemas import CohortOut, MemberOut, PathwayOut
from creditbank.pathways.tables import CohortMember
from creditbank.sealing import Keyring

_PATHWAYS: LiteralString = """
SELECT p.*, (
    SELECT coalesce(json_agg(json_build_object(
        'school_course_code', c.school_course_code, 'college_course_code', c.college_course_code,
        'equivalence_id', c.equivalence_id) ORDER BY c.no), '[]') FROM pathway_course c
    WHERE c.pathway_id = p.pathway_id) AS courses, (
    SELECT coalesce(json_agg(to_jsonb(i) ORDER BY i.year, i.no), '[]') FROM intake i
    WHERE i.pathway_id = p.pathway_id) AS intakes
FROM pathway p
WHERE (%(one)s::uuid IS NULL OR p.pathway_id = %(one)s)
  AND (%(institution)s::uuid IS NULL OR %(institution)s IN (p.school_id, p.college_id, p.enterprise_id))
  AND (%(kind)s::text IS NULL OR p.kind = %(kind)s)
  AND (%(after)s::uuid IS NULL OR p.pathway_id > %(after)s)
ORDER BY p.pathway_id LIMIT %(limit)s
"""


async def pathways(
    session: AsyncSession,
    *,
    one: UUID | None = None,
    institution: UUID | None = None,
    kind: str | None = None,
    after: UUID | None = None,
    limit: int = 1,
) -> list[PathwayOut]:
    """Pathways with their agreed curriculum and intakes, in the order of their numbers."""
    said = {"one": one, "institution": institution, "kind": kind, "after": after, "limit": limit}
    return [PathwayOut.model_validate(row) for row in await rows_of(session, _PATHWAYS, said)]


async def one_pathway(session: AsyncSession, pathway_id: UUID) -> PathwayOut:
    """One of them. Raises NotFound."""
    found = await pathways(session, one=pathway_id)
    if not found:
        raise NotFound
    return found[0]


_COHORTS: LiteralString = """
SELECT c.*, (SELECT count(*) FROM cohort_member m WHERE m.cohort_id = c.cohort_id AND m.status <> 'left')::int AS size
FROM cohort c
WHERE (%(one)s::uuid IS NULL OR c.cohort_id = %(one)s)
  AND (%(anybody)s OR %(own)s IN (c.school_id, c.college_id))
  AND (%(after)s::uuid IS NULL OR c.cohort_id > %(after)s)
ORDER BY c.cohort_id LIMIT %(limit)s
"""


async def cohorts(
    session: AsyncSession, *, actor: Actor, one: UUID | None = None, after: UUID | None = None, limit: int = 1
) -> list[CohortOut]:
    """The cohorts that a caller may see: those of its institution, or all of them."""
    said: dict[str, Any] = {
        "one": one,
        "anybody": Reach.ANY in actor.reach,
        "own": actor.institution_id if Reach.INSTITUTION in actor.reach else None,
        "after": after,
        "limit": limit,
    }
    return [CohortOut.model_validate(row) for row in await rows_of(session, _COHORTS, said)]


async def one_cohort(session: AsyncSession, cohort_id: UUID, *, actor: Actor) -> CohortOut:
    """One of them. Raises NotFound."""
    found = await cohorts(session, actor=actor, one=cohort_id)
    if not found:
        raise NotFound
    return found[0]


_MEMBERS: LiteralString = """
SELECT * FROM cohort_member WHERE cohort_id = %s AND member_no > %s ORDER BY member_no LIMIT %s
"""
_NAMES: LiteralString = """
SELECT DISTINCT ON (learner_id) learner_id, name_sealed FROM learner_name
WHERE learner_id = ANY (%s) AND ended_at IS NULL ORDER BY learner_id, given_at DESC
"""


async def members(
    session: AsyncSession, cohort_id: UUID, *, actor: Actor, after: int, limit: int, keyring: Keyring
) -> list[MemberOut]:
    """The members of a cohort, by their numbers; that somebody of the bank looked is logged. Raises NotFound."""
    await one_cohort(session, cohort_id, actor=actor)
    if Reach.ANY in actor.reach:
        detail = {"cohort_id": str(cohort_id)}
        await note(session, actor=actor, act="members_seen", purpose="cohort", at=clock.now(), detail=detail)
    rows = [CohortMember(**row) for row in await rows_of(session, _MEMBERS, [cohort_id, after, limit])]
    return await with_names(session, rows, keyring=keyring)


async def one_member(
    session: AsyncSession, cohort_id: UUID, number: int, *, actor: Actor, keyring: Keyring
) -> MemberOut:
    """One of them, by the number. Raises NotFound."""
    found = await members(session, cohort_id, actor=actor, after=number - 1, limit=1, keyring=keyring)
    if not found or found[0].member_no != number:
        raise NotFound
    return found[0]


async def with_names(session: AsyncSession, rows: Sequence[CohortMember], *, keyring: Keyring) -> list[MemberOut]:
    """Members with the names that they have now; an erased one has none."""
    who = [row.learner_id for row in rows]
    keys = await keys_of(session, who, keyring=keyring)
    names = {
        row["learner_id"]: opened(keys.get(row["learner_id"]), row["name_sealed"], row["learner_id"], "name")
        for row in await rows_of(session, _NAMES, [who])
    }
    return [
        MemberOut(
            learner_id=row.learner_id, member_no=row.member_no, name=names.get(row.learner_id),
            joined_on=row.joined_on, status=row.status,
        )
        for row in rows
    ]  # fmt: skip
