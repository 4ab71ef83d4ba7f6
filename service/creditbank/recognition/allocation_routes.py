"""HTTP for the best allocation: which records should replace which courses of a plan. Nothing of it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TypeVar
from uuid import UUID

from fastapi import APIRouter

from creditbank import clock
from creditbank.db import DatabaseDep
from creditbank.errors import NotFound, TemporarilyUnavailable
from creditbank.http import KeyringDep, problems
from creditbank.identity.actor import ActorDep
from creditbank.institutions.refusals import InstitutionUnknown
from creditbank.recognition.allocation import allocation_of
from creditbank.recognition.allocation_asked import Asked, TooMuchToAllocate, asked_of
from creditbank.recognition.allocation_schemas import AllocationIn, AllocationOut
from creditbank.recognition.allocation_told import tell
from creditbank.records.refusals import CertificateLevelUnknown, CertificateStandardUnknown, LearnerErased
from creditbank.rules import Rulebook
from creditbank.rules.dependencies import RulebookDep

router = APIRouter(prefix="/v1", tags=["allocations"])

MOST_WAITING = 8

_SOLVER = ThreadPoolExecutor(1, thread_name_prefix="allocation")
"""One at a time: an allocation keeps a processor busy for about a second."""
_waiting = 0

Result = TypeVar("Result")


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
    at = clock.now()
    async with database.session() as session:
        asked = await asked_of(session, actor, learner_id, payload, keyring=keyring, at=at)
    return await _solve(lambda: _answer(asked, payload, rulebook, on=clock.today(at)))


def _answer(asked: Asked, payload: AllocationIn, rulebook: Rulebook, *, on: date) -> AllocationOut:
    records = None
    if payload.record_ids is not None:
        records = [*(str(record) for record in payload.record_ids), *sorted(asked.imagined)]
    found = allocation_of(asked.gathered, rulebook=rulebook, on=on, objective=payload.objective, records=records)
    return tell(found, asked.gathered, rulebook=rulebook, on=on, enrolled=asked.enrolled, imagined=asked.imagined)


async def _solve(work: Callable[[], Result]) -> Result:
    """In a thread of its own, after those that came before. Raises TemporarilyUnavailable when too many wait."""
    global _waiting  # noqa: PLW0603 - one queue in a process
    if _waiting >= MOST_WAITING:
        raise TemporarilyUnavailable(seconds=MOST_WAITING)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_SOLVER, work)
    finally:
        _waiting -= 1
