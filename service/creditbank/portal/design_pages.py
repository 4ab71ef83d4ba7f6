"""The page on which the pieces that all pages are made of stand side by side, for whoever builds or judges them."""

from __future__ import annotations

from fastapi import APIRouter, Response

from creditbank.portal.answering import page
from creditbank.portal.visiting import VisitDep

router = APIRouter(include_in_schema=False)
_ROWS = (("design_row_one", "2026-01-12", "4"), ("design_row_two", "2026-05-30", "6"))


@router.get("/design")
async def design_page(visited: VisitDep) -> Response:
    """Every piece, with nobody's data in it."""
    return page(visited, "frame/design.html", rows=_ROWS, done=_done(visited.request.query_params.get("done")))


@router.get("/design/progress")
async def progress_part(visited: VisitDep) -> Response:
    """The piece that asks for itself again until it is done."""
    return page(visited, "frame/design_progress.html", done=_done(visited.request.query_params.get("done")))


def _done(asked: str | None) -> int:
    return min(int(asked), 100) if asked and asked.isascii() and asked.isdigit() and len(asked) < 4 else 20
