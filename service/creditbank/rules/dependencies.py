"""What a route needs of the rules: the rulebook of this process."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from creditbank.rules import Rulebook


async def _rulebook(request: Request) -> Rulebook:
    found: Rulebook = request.app.state.rulebook
    return found


RulebookDep = Annotated[Rulebook, Depends(_rulebook)]
