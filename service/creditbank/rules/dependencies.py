"""What a route needs of the rules: the rulebook in force, one and the same throughout a request."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from creditbank.rules import Rulebook
from creditbank.rules.in_force import RulesInForce


async def rulebook_of(request: Request) -> Rulebook:
    """The rulebook in force as the request begins: asked for once, and used to its end."""
    state = request.app.state
    rules: RulesInForce = state.rules
    return await rules.current(state.database)


RulebookDep = Annotated[Rulebook, Depends(rulebook_of)]
