"""HTTP for statistics: the bank, or one institution, in figures, and the same as a workbook."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from creditbank import clock
from creditbank.days import Day
from creditbank.db import SessionDep
from creditbank.errors import NotFound
from creditbank.http import LanguageDep, a_workbook, problems, workbook_response
from creditbank.oversight.statistics import span_of, statistics
from creditbank.oversight.statistics_schemas import StatisticsOut
from creditbank.oversight.statistics_workbook import statistics_workbook

router = APIRouter(prefix="/v1", tags=["oversight"])

Since = Annotated[
    Day | None,
    Query(description="自其月的第一天；不写为最近十二个月。|From the first of its month; twelve months if not said."),
]
Until = Annotated[
    Day | None,
    Query(description="至其所在月的最后一天；不写为本月。|To the last day of its month; this month if not said."),
]
Whose = Annotated[UUID | None, Query(description="只看一个机构。|Of one institution.")]


@router.get(
    "/statistics", response_model=StatisticsOut, responses=problems(NotFound), summary="统计|The bank in figures"
)
async def read_statistics(
    session: SessionDep, since: Since = None, until: Until = None, institution_id: Whose = None
) -> StatisticsOut:
    """账户、成果、存入、转换、不予认定、办理时长，按机构和按月；不足五人的数字不显示。

    |Accounts, records, deposits, conversions, refusals, days to decide, by institution and by month. What stands on
    fewer than five people is not said, nor what would tell it from a total.
    """
    at = clock.now()
    return await statistics(session, span_of(since, until, institution_id, at=at), at=at)


@router.get(
    "/statistics.xlsx",
    responses={**a_workbook("The workbook."), **problems(NotFound)},
    response_class=Response,
    summary="统计表|The bank in figures, as a workbook",
)
async def read_statistics_workbook(
    session: SessionDep, language: LanguageDep, since: Since = None, until: Until = None, institution_id: Whose = None
) -> Response:
    """每项一张工作表。|The same, with a sheet for each breakdown."""
    at = clock.now()
    found = await statistics(session, span_of(since, until, institution_id, at=at), at=at)
    made = await asyncio.to_thread(statistics_workbook, found, language)
    name = f"statistics-{found.since:%Y-%m}-{found.until:%Y-%m}.xlsx"
    return workbook_response(made, disposition=f"attachment; filename={name}")
