"""HTTP for oversight: a term reconciled, hints for officers."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.http import KeyringDep, LanguageDep, PageDep, a_workbook, answer, problems, workbook_response
from creditbank.identity.actor import ActorDep
from creditbank.identity.writing import WriteDep
from creditbank.once import Answer
from creditbank.oversight.hint_schemas import FindingIn, HintOut, HintsOut
from creditbank.oversight.hints import HintAlreadyClosed, close, hints
from creditbank.oversight.reconciliation import Reconciliation, as_workbook, period_of, reconcile
from creditbank.records.schemas import AcademicYear
from creditbank.submissions.refusals import PeriodUnknown

router = APIRouter(prefix="/v1", tags=["oversight"])

Year = Annotated[AcademicYear, Query(description="学年。|The academic year.")]
Term = Annotated[int, Query(ge=1, le=4, description="学期。|The term.")]
Whose = Annotated[UUID | None, Query(description="业务员须指明机构。|Officers name the institution.")]


@router.get(
    "/reconciliation",
    response_model=Reconciliation,
    responses=problems(PeriodUnknown),
    summary="学期对账|A term reconciled",
)
async def read_reconciliation(
    actor: ActorDep,
    session: SessionDep,
    keyring: KeyringDep,
    academic_year: Year,
    term: Term,
    institution_id: Whose = None,
) -> Reconciliation:
    """What was sent, what the bank holds, what is held or refused and why, what changed since the last file."""
    period = period_of(actor, academic_year, term, institution_id)
    return await reconcile(session, period, keyring=keyring, at=clock.now())


@router.get(
    "/reconciliation.xlsx",
    responses={**a_workbook("The workbook."), **problems(PeriodUnknown)},
    response_class=Response,
    summary="学期对账表|A term reconciled, as a workbook",
)
async def reconciliation_workbook(
    actor: ActorDep,
    session: SessionDep,
    keyring: KeyringDep,
    language: LanguageDep,
    academic_year: Year,
    term: Term,
    institution_id: Whose = None,
) -> Response:
    """The same, with a sheet for each list."""
    period = period_of(actor, academic_year, term, institution_id)
    found = await reconcile(session, period, keyring=keyring, at=clock.now())
    made = await asyncio.to_thread(as_workbook, found, language)
    name = f"reconciliation-{academic_year}-{term}.xlsx"
    return workbook_response(made, disposition=f"attachment; filename={name}")


@router.get("/hints", response_model=HintsOut, summary="疑点提示|Hints for people")
async def list_hints(
    actor: ActorDep, session: SessionDep, page: PageDep, status: Annotated[Literal["open", "closed"], Query()] = "open"
) -> HintsOut:
    """Signs that something may be wrong, for officers; no record is touched because of one."""
    found = await hints(session, opened=status == "open", after=page.after(UUID), limit=page.asked)
    shown, following = page.cut(found, key=lambda hint: hint.hint_id)
    return HintsOut(hints=[HintOut.of(hint) for hint in shown], next=following)


@router.post(
    "/hints/{hint_id}/closing",
    response_model=HintOut,
    responses=problems(HintAlreadyClosed),
    summary="处理疑点提示|Close a hint",
)
async def close_hint(write: WriteDep, hint_id: UUID, said: Annotated[FindingIn, Body()]) -> Response:
    """With what was found; acts that follow are the officer's own."""

    async def act(session: AsyncSession) -> Answer:
        hint = await close(session, hint_id, actor=write.actor, finding=said.finding, at=clock.now())
        return answer(200, HintOut.of(hint))

    return await write.once(act)
