"""What the pages ask of a request before anything else: whose visit it is, and that a form is the bank's own."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from creditbank.db import SessionDep
from creditbank.identity.actor import ActorDep
from creditbank.portal import session as sessions
from creditbank.portal.answering import Visit, visit
from creditbank.portal.forms import must_be_ours


async def _visiting(request: Request) -> Visit:
    return visit(request)


async def _at_home(request: Request, actor: ActorDep, session: SessionDep) -> Visit:
    """A visit of a page of one's own: whoever it is was let in by the gate, and their session goes on."""
    visited = visit(request)
    await sessions.prolong(request, session, visited.cookies, actor, at=visited.at)
    return visited


VisitDep = Annotated[Visit, Depends(_visiting)]
AtHomeDep = Annotated[Visit, Depends(_at_home)]
OURS = [Depends(must_be_ours)]
