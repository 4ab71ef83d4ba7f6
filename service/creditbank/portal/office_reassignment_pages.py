"""The officer's console: a record that was posted to the wrong person, given to the right one after a look."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.db import DatabaseDep
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.learners import lookups
from creditbank.learners.schemas import LearnerOut
from creditbank.learners.sight import allowed_to_see
from creditbank.portal.answering import Visit
from creditbank.portal.desk import Fault, Posted, PostedDep, done_once, id_of, tools_of
from creditbank.portal.office import called, every_institution, office_page
from creditbank.portal.office_looking_up import KINDS, looked_up
from creditbank.portal.story_shown import told
from creditbank.portal.visiting import AtHomeDep
from creditbank.records import identity_work
from creditbank.records.acts import Tools
from creditbank.records.history import course_name_of, record_with_history
from creditbank.records.schemas import OfficerReassignmentIn

router = APIRouter(include_in_schema=False)

RECORD = "/office/records/{record_id}"


@router.get(f"{RECORD}/reassignment")
async def reassignment_page(
    record_id: str, actor: ActorDep, database: DatabaseDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """Which record it is and whose it is now, and the ways to look up whose it should be. Raises NotFound."""
    async with database.session() as session:
        return await _shown(session, visited, actor, id_of(record_id), tools=await tools_of(visited, keyring))


async def _shown(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    record_id: UUID,
    *,
    tools: Tools,
    found: Sequence[LearnerOut] | None = None,
    purpose: str = "",
    fault: Fault | None = None,
) -> Response:
    record = await record_with_history(
        session, record_id, actor=actor, keyring=tools.keyring, rulebook=tools.rulebook, at=tools.at
    )
    names = called(await every_institution(session, visited))
    return office_page(
        visited,
        "reassignment.html",
        actor,
        here=f"/office/records/{record_id}/reassignment",
        fault=fault,
        record=record,
        story=told(
            record,
            None,
            called=await course_name_of(session, record),
            institution=names.get(record.institution_id, ""),
            rulebook=tools.rulebook,
            language=visited.language,
        ),
        # Reading the record has been logged as a look at them.
        owner=await lookups.show(
            session, record.learner_id, seen_by="officer", institution_id=None, keyring=tools.keyring
        ),
        found=found,
        purpose=purpose,
        kinds=KINDS,
        names=names,
    )


@router.post(f"{RECORD}/right-person")
async def look_up(record_id: str, posted: PostedDep) -> Response:
    """Those who were found, beside the one whose it is now. Raises NotFound."""
    which, tools = id_of(record_id), await posted.tools()
    looked = await looked_up(posted)
    async with posted.database.session() as session:
        if isinstance(looked, Fault):
            return await _shown(session, posted.visited, posted.actor, which, tools=tools, fault=looked)
        return await _shown(
            session, posted.visited, posted.actor, which, tools=tools, found=looked,
            purpose=posted.one("purpose") or "",
        )  # fmt: skip


@router.post(f"{RECORD}/reassignment")
async def reassign(record_id: str, posted: PostedDep) -> Response:
    """Taken from the one and given to the other in one act; on to the record. Raises NotFound."""
    which = id_of(record_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = OfficerReassignmentIn.model_validate(
            {
                **posted.said("learner_id", "reason"),
                "at_plan_credits": posted.one("at_plan_credits") is not None,
            }
        )
        return await identity_work.reassign_record(session, which, said, actor=posted.actor, tools=tools)

    async def show(fault: Fault) -> Response:
        tools, purpose = await posted.tools(), posted.one("purpose") or ""
        async with posted.database.session() as session:
            found: list[LearnerOut] | None = None  # nobody is looked at again without a purpose
            if purpose:
                found = [await _seen(session, posted, id_of(one), purpose=purpose) for one in posted.many("found")]
            return await _shown(
                session, posted.visited, posted.actor, which, tools=tools, found=found, purpose=purpose, fault=fault
            )  # fmt: skip

    return await done_once(
        posted, "off_reassign", act, then=f"/console/records/{which}", show=show, sure=True
    )  # fmt: skip


async def _seen(session: AsyncSession, posted: Posted, learner_id: UUID, *, purpose: str) -> LearnerOut:
    """Somebody who was found before, shown once more with the refusal: that is one more look."""
    keyring = posted.state.keyring
    await allowed_to_see(
        session, posted.actor, learner_id, at=posted.visited.at, keyring=keyring, purpose=purpose
    )  # fmt: skip
    return await lookups.show(session, learner_id, seen_by="officer", institution_id=None, keyring=keyring)
