"""Who looked somebody up and what was done to their account, as the person themselves may read it.

Neither the name of whoever looked nor the purpose they stated is told: the first is another's, the second may be about
an inquiry that is still going on. The auditor reads both.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.identity.actor import Actor
from creditbank.identity.tables import AccessEntry, Login


class AccessShown(BaseModel):
    """一次查看或办理。|Somebody looked, or did something."""

    at: datetime
    act: str = Field(description="事项。|What was done.", examples=["learner_seen"])
    by: Literal["self", "family", "institution", "bank"] = Field(
        description="本次查询者本人、本人或监护人的另一登录、机构、学分银行。"
        "|Whoever asks now, another sign-in of theirs or of a guardian, an institution, the bank."
    )
    institution_id: UUID | None


async def accesses_of(
    session: AsyncSession, family: Collection[UUID], *, actor: Actor, limit: int, skip: int = 0
) -> list[AccessShown]:
    """The last entries of the log of access about a person, the newest first; those before them from `skip` on."""
    query = (
        select(AccessEntry)
        .where(col(AccessEntry.learner_id).in_(family))
        .order_by(col(AccessEntry.at).desc(), col(AccessEntry.entry_id).desc())
        .offset(skip)
        .limit(limit)
    )
    entries = (await session.exec(query)).all()
    logins = {UUID(each.actor[6:]) for each in entries if each.actor.startswith("login:")}
    known = (await session.exec(select(Login).where(col(Login.login_id).in_(logins)))).all()
    own = {f"login:{login.login_id}" for login in known if {"learner", "guardian"} & set(login.roles)}
    return [
        AccessShown(at=each.at, act=each.act, by=_by(each, actor, own), institution_id=each.institution_id)
        for each in entries
    ]


def _by(entry: AccessEntry, actor: Actor, own: Collection[str]) -> Literal["self", "family", "institution", "bank"]:
    if entry.actor == actor.name:
        return "self"
    if entry.actor in own:
        return "family"
    return "bank" if entry.institution_id is None else "institution"
