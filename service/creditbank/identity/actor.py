"""Who is asking: one value that every route is given, and how far the route lets them reach."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from creditbank.errors import NotFound, NotSignedIn


class Reach(StrEnum):
    """Whose things a caller may touch on one route; said for each scope and role in `who_may`."""

    ANY = "any"
    """Everybody's."""
    INSTITUTION = "institution"
    """What belongs to the one institution that the caller is bound to."""
    CONSENTED = "consented"
    """What the caller's institution reported itself, and what the learner consented to show it."""
    CHILD = "child"
    """The accounts of the children whose recorded guardian the caller is."""
    OWN = "own"
    """The caller's own account, merged accounts included, or the caller's own sign-in."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller whose token holds: a client of one institution, or a person who signed in.

    `name` is `client:<uuid>` or `login:<uuid>`: what decisions, log entries and idempotency keys are written under.
    `reach` is what the route grants this caller; empty outside a request.
    """

    name: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    institution_id: UUID | None = None
    learner_id: UUID | None = None
    reach: frozenset[Reach] = frozenset()

    @property
    def client_id(self) -> UUID | None:
        """The client, where a machine is asking."""
        return UUID(self.name[7:]) if self.name.startswith("client:") else None

    @property
    def login_id(self) -> UUID | None:
        """The sign-in, where a person is asking."""
        return UUID(self.name[6:]) if self.name.startswith("login:") else None

    def reaches_institution(self, institution_id: UUID | None) -> bool:
        """Whether the route lets the caller touch what belongs to an institution."""
        if Reach.ANY in self.reach:
            return True
        return (
            institution_id is not None
            and self.institution_id == institution_id
            and bool(self.reach & {Reach.INSTITUTION, Reach.CONSENTED})
        )

    def must_reach_institution(self, institution_id: UUID | None) -> None:
        """Raises NotFound, so that not there and not yours look the same."""
        if not self.reaches_institution(institution_id):
            raise NotFound

    def reaches_own(self, learner_ids: Collection[UUID]) -> bool:
        """Whether one of these accounts, one person's after a merge, is the caller's own or anybody's to see."""
        if Reach.ANY in self.reach:
            return True
        return Reach.OWN in self.reach and self.learner_id is not None and self.learner_id in learner_ids


async def asking(request: Request) -> Actor:
    """The caller, as the gate in front of the route found them. Raises NotSignedIn on a public route without one."""
    found: Actor | None = request.scope.get("creditbank.actor")
    if found is None:
        raise NotSignedIn
    return found


ActorDep = Annotated[Actor, Depends(asking)]
