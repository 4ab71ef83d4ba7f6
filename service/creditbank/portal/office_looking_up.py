"""Somebody looked up for a stated purpose: the one way to a learner at the office, wherever a page asks for one."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import BankError
from creditbank.learners import lookups
from creditbank.learners.schemas import DocumentKind, LearnerOut, LookupIn
from creditbank.portal.desk import Fault, Posted

KINDS: tuple[str, ...] = get_args(DocumentKind)
_FORMS = {"document": "look_document", "account": "look_account", "name": "look_name"}


async def looked_up(posted: Posted) -> list[LearnerOut] | Fault:
    """Whom a form names; the look is logged with its purpose. No answer is kept, and looking twice is two looks."""
    try:
        asked = LookupIn.model_validate(_asked(posted))

        async def look(session: AsyncSession) -> list[LearnerOut]:
            return await lookups.look_up(
                session, asked, actor=posted.actor, at=posted.visited.at, keyring=posted.state.keyring
            )  # fmt: skip

        return await posted.database.write(look)
    except (BankError, ValidationError) as refused:
        return posted.refused(_FORMS.get(posted.one("by") or "", "look_document"), refused)


def _asked(posted: Posted) -> dict[str, Any]:
    """The one way that was filled in."""
    by = posted.one("by")
    said = posted.said("purpose")
    if by == "account":
        return said | posted.said("account_no")
    if by == "name":
        return said | posted.said("name", "birth_on")
    return said | {"document": {"number": "", **posted.said("kind", "number", "birth_on")}}
