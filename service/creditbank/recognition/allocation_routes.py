"""HTTP for the best allocation: which records should replace which courses of a plan. Nothing of it is stored."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from creditbank import clock
from creditbank.db import DatabaseDep
from creditbank.errors import NotFound, TemporarilyUnavailable
from creditbank.http import KeyringDep, problems
from creditbank.identity.actor import ActorDep
from creditbank.institutions.refusals import InstitutionUnknown
from creditbank.recognition.allocation_asked import TooMuchToAllocate
from creditbank.recognition.allocation_schemas import AllocationIn, AllocationOut
from creditbank.recognition.allocation_solving import best_of
from creditbank.records.refusals import CertificateLevelUnknown, CertificateStandardUnknown, LearnerErased
from creditbank.rules.dependencies import RulebookDep

router = APIRouter(prefix="/v1", tags=["allocations"])


@router.post(
    "/learners/{learner_id}/allocations",
    operation_id="best_allocation",
    response_model=AllocationOut,
    responses=problems(
        NotFound,
        LearnerErased,
        TooMuchToAllocate,
        TemporarilyUnavailable,
        CertificateStandardUnknown,
        CertificateLevelUnknown,
        InstitutionUnknown,
    ),
    summary="最优转换组合|The best allocation",
)
async def best_allocation(
    actor: ActorDep,
    database: DatabaseDep,
    keyring: KeyringDep,
    rulebook: RulebookDep,
    learner_id: UUID,
    payload: AllocationIn,
) -> AllocationOut:
    """在全部上限和不重复使用的前提下，用哪些成果转换哪些课程，学分最多；列明起限制作用的上限、未用的成果及原因。

    |Which records should replace which courses so that most counts under all caps at once: proved, with the caps that
    bind, what is left unused and why, what lapses when. The transaction ends before the work begins.
    """
    return await best_of(database, actor, learner_id, payload, keyring=keyring, rulebook=rulebook, at=clock.now())
