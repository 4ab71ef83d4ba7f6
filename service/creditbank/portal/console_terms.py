"""The console's reconciliation: a term of an institution, what was sent, what the bank holds, and what is open."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter, ValidationError

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.errors import Malformed
from creditbank.http import KeyringDep, workbook_response
from creditbank.identity.actor import Actor, ActorDep, Reach
from creditbank.institutions import reading
from creditbank.oversight.reconciliation import Period, as_workbook, period_of, reconcile
from creditbank.portal.console import console_page
from creditbank.portal.desk import id_of, names_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import speaker
from creditbank.records.schemas import AcademicYear
from creditbank.submissions.refusals import PeriodUnknown

router = APIRouter(include_in_schema=False)

YEARS = 6
SHOWN = 200
"""Rows of a list that the page shows; the workbook has all of them."""


@router.get("/console/reconciliation")
async def reconciliation_page(
    request: Request, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """A term chosen, then reconciled; one of which nothing is known is said to be so beside the form."""
    query = request.query_params
    everybody = Reach.ANY in actor.reach
    found, wrong, period = None, "", None
    if query.get("academic_year"):
        try:
            period = _period(request, actor)
            found = await reconcile(session, period, keyring=keyring, at=visited.at)
        except ValidationError:
            wrong = speaker(visited.language)("con_term_wrong")
        except (PeriodUnknown, Malformed) as unknown:
            wrong = unknown.sentence(visited.language)
    terms: list[Any] = []
    institutions: list[Any] = []
    on = today(visited.at)
    if everybody:
        institutions = await reading.institutions(session, on=on, kind=None, after=None, limit=500)
    elif actor.institution_id is not None:
        terms = (await reading.terms(session, institution_id=actor.institution_id, after=None, limit=100))[::-1]
    return console_page(
        visited,
        "reconciliation.html",
        actor,
        here="/console/reconciliation",
        found=found,
        wrong=wrong,
        asked=query,
        years=_years(on),
        terms=terms,
        institutions=institutions,
        everybody=everybody,
        name=(await names_of(session, visited, period.institution_id)).get(period.institution_id, "") if period else "",
        shown=SHOWN,
    )


def _years(on: date) -> list[str]:
    last = on.year if on.month >= 8 else on.year - 1
    return [f"{year}-{year + 1}" for year in range(last, last - YEARS, -1)]


def _period(request: Request, actor: Actor) -> Period:
    """Raises ValidationError, Malformed, NotAllowed, NotFound."""
    query = request.query_params
    year = TypeAdapter(AcademicYear).validate_python(query.get("academic_year"))
    term = TypeAdapter(int).validate_python(query.get("term") or "1")
    named: UUID | None = id_of(query["institution_id"]) if query.get("institution_id") else None
    return period_of(actor, year, term, named)


@router.get("/console/reconciliation.xlsx")
async def reconciliation_workbook(
    request: Request, actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep
) -> Response:
    """The same with all rows, as a workbook. Raises PeriodUnknown."""
    try:
        period = _period(request, actor)
    except ValidationError:
        raise PeriodUnknown from None
    found = await reconcile(session, period, keyring=keyring, at=visited.at)
    made = await asyncio.to_thread(as_workbook, found, visited.language)
    name = f"reconciliation-{period.academic_year}-{period.term}.xlsx"
    return workbook_response(made, disposition=f"attachment; filename={name}")
