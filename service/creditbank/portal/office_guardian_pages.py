"""The officer's console: who acts for a child, recorded, ended, and let in again after a lost password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import DatabaseDep
from creditbank.http import KeyringDep
from creditbank.identity.actor import Actor, ActorDep
from creditbank.learners import guardians, lookups
from creditbank.learners.documents import under_fourteen
from creditbank.learners.families import family_of
from creditbank.learners.personal import birth_of
from creditbank.learners.schemas import ReasonIn
from creditbank.learners.sight import allowed_to_see
from creditbank.portal.answering import Visit, sent_to
from creditbank.portal.desk import Fault, Posted, PostedDep, done_once, id_of
from creditbank.portal.guardians_typed import Marked, choices, first_password, record_typed
from creditbank.portal.office import given_once, office_page
from creditbank.portal.office_person_pages import asked_for, file_of, guardians_address, purpose_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.records.acts import Tools
from creditbank.sealing import Keyring

router = APIRouter(include_in_schema=False)

GUARDIANS = "/office/people/{learner_id}/guardians"


@router.get(GUARDIANS)
async def guardians_page(
    learner_id: str, actor: ActorDep, database: DatabaseDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """Who acts for somebody, or did; asked what for first, and logged. Raises NotFound."""
    which, purpose = id_of(learner_id), purpose_of(visited.request.query_params.get("purpose"))
    if purpose is None:
        return asked_for(visited, actor, which, address=guardians_address(which, None))
    async with database.session() as session:
        return await _guardians(session, visited, actor, which, purpose=purpose, keyring=keyring)


async def _guardians(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    learner_id: UUID,
    *,
    purpose: str,
    keyring: Keyring,
    fault: Fault | None = None,
    wrong: Mapping[str, str] | None = None,
) -> Response:
    at = visited.at
    await allowed_to_see(session, actor, learner_id, at=at, keyring=keyring, purpose=purpose)
    family = await family_of(session, learner_id)
    birth_on = await birth_of(session, family, keyring=keyring)
    return office_page(
        visited,
        "guardians.html",
        actor,
        here=guardians_address(learner_id, purpose),
        fault=fault,
        wrong=wrong or {},
        person=await lookups.show(session, learner_id, seen_by="officer", institution_id=None, keyring=keyring),
        birth_on=birth_on,
        child=None if birth_on is None else under_fourteen(birth_on, today(at)),
        guardians=await lookups.guardians_shown(session, family, whole=True, at=at, keyring=keyring),
        purpose=purpose,
        back=file_of(learner_id, purpose),
        **choices(visited.language),
    )


# --- what is done ---------------------------------------------------------------------------------------------------


async def _again(
    posted: Posted, learner_id: UUID, fault: Fault, wrong: Mapping[str, str] | None = None
) -> Response:  # fmt: skip
    """The page with a refusal: opening it once more is one more look."""
    purpose = purpose_of(posted.one("purpose"))
    if purpose is None:
        return asked_for(
            posted.visited, posted.actor, learner_id, fault, address=guardians_address(learner_id, None)
        )  # fmt: skip
    async with posted.database.session() as session:
        return await _guardians(
            session, posted.visited, posted.actor, learner_id, purpose=purpose, keyring=posted.state.keyring,
            fault=fault, wrong=wrong,
        )  # fmt: skip


def _back(posted: Posted, learner_id: UUID) -> str:
    return guardians_address(learner_id, purpose_of(posted.one("purpose")))


@router.post(GUARDIANS)
async def record_guardian(learner_id: str, posted: PostedDep) -> Response:
    """A guardian of a child; the way in that was opened for them stands in this answer and nowhere else."""
    which, marked = id_of(learner_id), Marked(posted.language)
    first = await first_password(posted)

    async def act(session: AsyncSession, tools: Tools) -> Mapping[str, Any]:
        return await record_typed(session, posted, which, first=first, tools=tools)

    async def given(made: Mapping[str, Any]) -> Response:
        back = _back(posted, which)
        if made["password"] is None:  # they have a way in from another child
            return sent_to(posted.visited, f"{back}{'&' if '?' in back else '?'}done=guardian")
        return _secret(posted, which, [("gua_login", made["login_name"]), ("gua_password", made["password"])])

    return await given_once(
        posted, "guardian", marked.of(act), given=given,
        show=lambda fault: _again(posted, which, marked.pointing(fault, "gua_see_fields"), marked.fields),
    )  # fmt: skip


@router.post(f"{GUARDIANS}/{{guardianship_id}}/end")
async def end_guardianship(learner_id: str, guardianship_id: str, posted: PostedDep) -> Response:
    """The guardian neither sees the child nor acts for it any more. Raises NotFound."""
    which, guardianship = id_of(learner_id), id_of(guardianship_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        said = ReasonIn.model_validate(posted.said("reason"))
        return await guardians.end_guardianship(
            session, actor=posted.actor, learner_id=which, guardianship_id=guardianship, reason=said.reason,
            at=tools.at,
        )  # fmt: skip

    return await done_once(
        posted, f"guardian_end-{guardianship}", act, then=_back(posted, which),
        show=lambda fault: _again(posted, which, fault), sure=True,
    )  # fmt: skip


@router.post(f"{GUARDIANS}/{{guardianship_id}}/password")
async def renew_password(learner_id: str, guardianship_id: str, posted: PostedDep) -> Response:
    """Another password for a guardian who lost theirs, in this answer and nowhere else. Raises NotFound."""
    which, guardianship = id_of(learner_id), id_of(guardianship_id)
    new = await first_password(posted)

    async def act(session: AsyncSession, tools: Tools) -> Mapping[str, Any]:
        said = ReasonIn.model_validate(posted.said("reason"))
        await guardians.renew_password(
            session, actor=posted.actor, learner_id=which, guardianship_id=guardianship, password_hash=new.hash,
            reason=said.reason, at=tools.at,
        )  # fmt: skip
        return {"password": new.password}

    async def given(made: Mapping[str, Any]) -> Response:
        return _secret(posted, which, [("gua_new_password", made["password"])])

    return await given_once(
        posted, f"guardian_password-{guardianship}", act, given=given,
        show=lambda fault: _again(posted, which, fault), sure=True,
    )  # fmt: skip


def _secret(posted: Posted, learner_id: UUID, pairs: list[tuple[str, str]]) -> Response:
    return office_page(
        posted.visited, "given.html", posted.actor, here=guardians_address(learner_id, None), pairs=pairs,
        more="gua_hand_over", back=_back(posted, learner_id),
    )  # fmt: skip
