"""The dashboard: the bank, or one institution, in pictures that also read as tables, and as a workbook."""

from __future__ import annotations

import asyncio
from datetime import date

from fastapi import APIRouter, Response

from creditbank.db import SessionDep
from creditbank.errors import Malformed
from creditbank.http import workbook_response
from creditbank.identity.actor import ActorDep
from creditbank.oversight.statistics import Span, span_of, statistics
from creditbank.oversight.statistics_workbook import statistics_workbook
from creditbank.portal.answering import Visit
from creditbank.portal.office import asked_id, choices_of, every_institution, office_page
from creditbank.portal.office_figures_shown import Shown, words_of
from creditbank.portal.visiting import AtHomeDep
from creditbank.portal.words import speaker

router = APIRouter(include_in_schema=False)

HERE = "/office/dashboard"


@router.get(HERE)
async def dashboard(actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """Accounts, records, deposits, conversions, refusals, days to decide: by institution and over time."""
    span, wrong = _asked(visited)
    found = await statistics(session, span, at=visited.at)
    shown = Shown(found, visited.language)
    return office_page(
        visited, "dashboard.html", actor, here=HERE, found=found, tiles=shown.tiles(), groups=shown.pictures(),
        choices=choices_of(await every_institution(session, visited)), wrong=wrong, asked=_query(span),
    )  # fmt: skip


@router.get(f"{HERE}.xlsx")
async def dashboard_workbook(actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """The same figures, a sheet for each breakdown."""
    span, _ = _asked(visited)
    found = await statistics(session, span, at=visited.at)
    words = words_of(visited.language)
    made = await asyncio.to_thread(statistics_workbook, found, visited.language, words=words)
    name = f"statistics-{found.since:%Y-%m}-{found.until:%Y-%m}.xlsx"
    answered = workbook_response(made, disposition=f"attachment; filename={name}")
    visited.cookies.set_on(answered)
    return answered


def _asked(visited: Visit) -> tuple[Span, str | None]:
    """The months and the institution asked for; where they make no sense, the last twelve months, and why."""
    query = visited.request.query_params
    institution = asked_id(query.get("institution"))
    try:
        since, until = (date.fromisoformat(said) if (said := query.get(name)) else None for name in ("since", "until"))
        return span_of(since, until, institution, at=visited.at), None
    except ValueError:
        return span_of(None, None, institution, at=visited.at), speaker(visited.language)("off_dates_wrong")
    except Malformed as refused:
        return span_of(None, None, institution, at=visited.at), refused.sentence(visited.language)


def _query(span: Span) -> str:
    """The same question for the workbook."""
    institution = "" if span.institution_id is None else f"&institution={span.institution_id}"
    return f"since={span.since}&until={span.until}{institution}"
