"""HTTP for calendars, score scales, certificate standards and working days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank import clock
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import LanguageDep, PageDep, problems
from creditbank.identity.writing import WriteDep
from creditbank.institutions import reading, refusals, service, standards
from creditbank.institutions.answering import DayDep, code_key, pair_key, rows_answer
from creditbank.institutions.reference_schemas import (
    RowsPublished,
    ScaleOut,
    ScalePage,
    Scales,
    StandardPage,
    Standards,
    TermOut,
    TermPage,
    Terms,
    WorkingDayPage,
    WorkingDays,
)
from creditbank.institutions.schemas import Day
from creditbank.institutions.timeline import OverlapsALaterPeriod
from creditbank.once import Answer

router = APIRouter(prefix="/v1", tags=["institutions"])


# --- score scales ---------------------------------------------------------------------------------------------------


@router.get(
    "/institutions/{institution_id}/score-scales",
    operation_id="list_score_scales",
    summary="成绩制|Score scales",
    responses=problems(NotFound),
)
async def list_score_scales(session: SessionDep, page: PageDep, institution_id: UUID, on: DayDep = None) -> ScalePage:
    """某日可用的成绩制：本机构的与全市通用的，代码相同时以本机构的为准。

    |Those that hold on a day: the institution's own and the city's; its own comes before the city's of the same code.
    """
    found = await reading.scales(
        session,
        institution_id=institution_id,
        on=on or clock.today(),
        after=page.after(pair_key(code_key, UUID)),
        limit=page.asked,
    )
    items, following = page.cut(found, key=_scale_key)
    return ScalePage(items=items, next_cursor=following)


def _scale_key(scale: ScaleOut) -> str:
    return f"{scale.code}/{scale.scale_id}"


@router.post(
    "/institutions/{institution_id}/score-scales",
    operation_id="publish_score_scales",
    summary="公布成绩制|Publish score scales",
    response_model=RowsPublished,
    responses=problems(NotFound, refusals.ResultsStandOnIt, OverlapsALaterPeriod),
)
async def publish_score_scales(
    write: WriteDep, language: LanguageDep, institution_id: UUID, scales: Scales
) -> Response:
    """按代码公布，逐行给出结果。|By code, an outcome each; never behind results that were read by another."""
    write.actor.must_reach_institution(institution_id)

    async def act(session: AsyncSession) -> Answer:
        return rows_answer(await service.publish_scales(session, scales.rows, institution_id=institution_id), language)

    return await write.once(act)


# --- academic calendar ----------------------------------------------------------------------------------------------


@router.get(
    "/institutions/{institution_id}/terms",
    operation_id="list_terms",
    summary="校历|Academic calendar",
    responses=problems(NotFound),
)
async def list_terms(session: SessionDep, page: PageDep, institution_id: UUID) -> TermPage:
    """学年与学期。|Academic years and terms, in order."""
    found = await reading.terms(
        session, institution_id=institution_id, after=page.after(pair_key(code_key, int)), limit=page.asked
    )
    items, following = page.cut(found, key=_term_key)
    return TermPage(items=items, next_cursor=following)


def _term_key(term: TermOut) -> str:
    return f"{term.academic_year}/{term.term}"


@router.post(
    "/institutions/{institution_id}/terms",
    operation_id="publish_terms",
    summary="公布校历|Publish terms",
    response_model=RowsPublished,
    responses=problems(NotFound, refusals.TermsOverlap),
)
async def publish_terms(write: WriteDep, language: LanguageDep, institution_id: UUID, terms: Terms) -> Response:
    """按学年和学期公布，逐行给出结果。|By academic year and term, an outcome each."""
    write.actor.must_reach_institution(institution_id)

    async def act(session: AsyncSession) -> Answer:
        return rows_answer(await service.publish_terms(session, terms.rows, institution_id=institution_id), language)

    return await write.once(act)


# --- certificate standards ------------------------------------------------------------------------------------------


@router.get(
    "/certificate-standards", operation_id="list_certificate_standards", summary="证书标准|Certificate standards"
)
async def list_certificate_standards(session: SessionDep, page: PageDep, on: DayDep = None) -> StandardPage:
    """某日的证书标准及等级。|Certificate standards with their levels, as they were on a day."""
    found = await reading.standards(session, on=on or clock.today(), after=page.after(code_key), limit=page.asked)
    items, following = page.cut(found, key=lambda one: one.code)
    return StandardPage(items=items, next_cursor=following)


@router.post(
    "/certificate-standards",
    operation_id="publish_certificate_standards",
    summary="公布证书标准|Publish certificate standards",
    response_model=RowsPublished,
    responses=problems(refusals.ResultsStandOnIt, refusals.InstitutionUnknown, OverlapsALaterPeriod),
)
async def publish_certificate_standards(write: WriteDep, language: LanguageDep, given: Standards) -> Response:
    """按代码公布，逐行给出结果。|By code, an outcome each; never behind certificates that were deposited."""

    async def act(session: AsyncSession) -> Answer:
        return rows_answer(await standards.publish_standards(session, given.rows), language)

    return await write.once(act)


# --- working days ---------------------------------------------------------------------------------------------------


@router.get("/working-days", operation_id="list_working_days", summary="工作日安排|Working days")
async def list_working_days(
    session: SessionDep,
    page: PageDep,
    since: Annotated[Day, Query(description="自何日起。|From which day.", examples=["2025-01-01"])] = date(2000, 1, 1),
    until: Annotated[
        Day, Query(description="至何日止（不含当日）。|Until which day, exclusive.", examples=["2026-01-01"])
    ] = date(2199, 1, 1),
) -> WorkingDayPage:
    """与平常周历不同的日子：放假，或周末上班。|Days that depart from the week."""
    after = page.after(date.fromisoformat)
    since = since if after is None else max(since, after + timedelta(days=1))
    found = await reading.working_days(session, since=since, until=until, limit=page.asked)
    items, following = page.cut(found, key=lambda one: one.on.isoformat())
    return WorkingDayPage(items=items, next_cursor=following)


@router.post(
    "/working-days",
    operation_id="publish_working_days",
    summary="录入放假安排|Publish working days",
    response_model=RowsPublished,
)
async def publish_working_days(write: WriteDep, language: LanguageDep, days: WorkingDays) -> Response:
    """按日期录入国务院办公厅通知。|By day, from the State Council's notices."""

    async def act(session: AsyncSession) -> Answer:
        return rows_answer(await standards.publish_working_days(session, days.rows), language)

    return await write.once(act)
