"""HTTP for equivalences: decided by the institution whose courses they count for, read by everybody."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import PageDep, answer, problems
from creditbank.identity.writing import WriteDep
from creditbank.institutions import equivalence_refusals as refusals
from creditbank.institutions import equivalences
from creditbank.institutions.answering import DayDep
from creditbank.institutions.equivalence_schemas import (
    EquivalenceConfirmation,
    EquivalenceEnd,
    EquivalenceIn,
    EquivalenceOut,
    EquivalencePage,
)
from creditbank.institutions.schemas import Code
from creditbank.once import Answer

router = APIRouter(prefix="/v1", tags=["institutions"])

_NOT_ENTERED = (
    NotFound,
    refusals.EquivalenceOfItself,
    refusals.TargetInNoPlan,
    refusals.SourceUnknown,
    refusals.EquivalenceRepeated,
    refusals.EquivalencesMultiply,
)


@router.get(
    "/institutions/{institution_id}/equivalences",
    operation_id="list_equivalences",
    summary="认定关系|Equivalences",
    responses=problems(NotFound),
)
async def list_equivalences(
    session: SessionDep,
    page: PageDep,
    institution_id: UUID,
    on: DayDep = None,
    course: Annotated[
        Code | None, Query(description="只看认定为某门课程的。|Only those for one course.", examples=["C101"])
    ] = None,
) -> EquivalencePage:
    """某日有效的和建议的认定关系；建议的尚不作数。|In force on a day, and proposed; proposals do not count yet."""
    found = await equivalences.listed(
        session,
        institution_id=institution_id,
        on=on or clock.today(),
        course=course,
        after=page.after(UUID),
        limit=page.asked,
    )
    items, following = page.cut(found, key=lambda one: one.equivalence_id)
    return EquivalencePage(items=items, next_cursor=following)


@router.post(
    "/institutions/{institution_id}/equivalences",
    operation_id="enter_equivalence",
    summary="登记认定关系|Enter an equivalence",
    status_code=201,
    response_model=EquivalenceOut,
    responses=problems(*_NOT_ENTERED),
)
async def enter_equivalence(write: WriteDep, institution_id: UUID, given: EquivalenceIn) -> Response:
    """本校认定：这些成果可以替换本校这些课程；不修改，只终止后另行登记。

    |The institution decides that these records count for those of its courses; it is never edited, only ended.
    """
    write.actor.must_reach_institution(institution_id)

    async def act(session: AsyncSession) -> Answer:
        entered = await equivalences.enter(
            session, given, institution_id=institution_id, by=write.actor.name, at=clock.now()
        )
        return answer(201, entered)

    return await write.once(act)


@router.post(
    "/institutions/{institution_id}/equivalences/{equivalence_id}/end",
    operation_id="end_equivalence",
    summary="终止认定关系|End an equivalence",
    response_model=EquivalenceOut,
    responses=problems(NotFound, refusals.EquivalenceEnded, refusals.EndsInThePast),
)
async def end_equivalence(
    write: WriteDep, institution_id: UUID, equivalence_id: UUID, given: EquivalenceEnd
) -> Response:
    """自某日起不再适用；已作出的决定不受影响。|It holds no more from a day on; what was decided by it stands."""
    write.actor.must_reach_institution(institution_id)

    async def act(session: AsyncSession) -> Answer:
        ended = await equivalences.end(
            session,
            equivalence_id,
            institution_id=institution_id,
            until=given.until,
            reason=given.reason,
            by=write.actor.name,
            at=clock.now(),
        )
        return answer(200, ended)

    return await write.once(act)


@router.post(
    "/institutions/{institution_id}/equivalences/{equivalence_id}/confirmation",
    operation_id="confirm_equivalence",
    summary="确认建议的认定关系|Confirm a proposed equivalence",
    response_model=EquivalenceOut,
    responses=problems(*_NOT_ENTERED, refusals.EquivalenceNotProposed),
)
async def confirm_equivalence(
    write: WriteDep, institution_id: UUID, equivalence_id: UUID, given: EquivalenceConfirmation
) -> Response:
    """申诉支持而建议的认定关系，经本校确认后有效。|What an upheld appeal proposed becomes valid."""
    write.actor.must_reach_institution(institution_id)

    async def act(session: AsyncSession) -> Answer:
        confirmed = await equivalences.confirm(
            session,
            equivalence_id,
            institution_id=institution_id,
            valid_from=given.valid_from,
            by=write.actor.name,
            at=clock.now(),
        )
        return answer(200, confirmed)

    return await write.once(act)
