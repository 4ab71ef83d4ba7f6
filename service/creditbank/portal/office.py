"""The officer's console: which of its pages are whose, and what is said on each; what is given out once only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.identity.actor import Actor
from creditbank.identity.page_permits.office import OFFICE
from creditbank.institutions import reading
from creditbank.institutions.schemas import InstitutionOut
from creditbank.portal.answering import Visit
from creditbank.portal.desk import Fault, Posted, answered_once, desk_page
from creditbank.portal.words import named
from creditbank.records.acts import Tools

PAGE = 50
"""Rows to a page of a list."""
MOST_INSTITUTIONS = 500
"""How many a choice of institutions offers."""

TABS: Sequence[tuple[str, str]] = (
    ("/office", "off_home"),
    ("/office/held-rows", "off_held"),
    ("/office/people", "off_people"),
    ("/office/merges", "off_merges"),
    ("/office/hints", "off_hints"),
    ("/office/rules", "off_rules"),
    ("/office/drafts", "off_drafts"),
    ("/office/notices", "off_notices"),
    ("/office/institutions", "off_institutions"),
    ("/office/clients", "off_clients"),
    ("/office/logins", "off_logins"),
    ("/office/dashboard", "off_dashboard"),
    ("/office/access-log", "off_log"),
)
"""In the order in which they stand; each is shown to those whom its permit lets in."""
_BELOW = {"/office/records": "/office/people"}
"""Pages that stand under another one of the head than their address says."""


def office_page(
    visited: Visit, template: str, actor: Actor, *, here: str, fault: Fault | None = None, **said: object
) -> Response:
    """A page of the console, with the refusal of a form if one was refused."""
    return desk_page(
        visited, f"office/{template}", actor, here=here, fault=fault, tabs=tabs_of(actor, here),
        may=lambda method, path: is_open(method, path, actor),
        named=lambda choices, word: named(choices, word, visited.language), **said,
    )  # fmt: skip


def tabs_of(actor: Actor, here: str) -> list[tuple[str, str, bool]]:
    """The pages at the head of the console that are open to somebody, and which of them this one is or stands under."""
    for before, after in _BELOW.items():
        here = after + here.removeprefix(before) if here.startswith(before) else here
    open_to_them = [(address, phrase) for address, phrase in TABS if is_open("GET", address, actor)]
    below = [address for address, _ in open_to_them if here == address or here.startswith(f"{address}/")]
    nearest = max(below, key=len, default=None)
    return [(address, phrase, address == nearest) for address, phrase in open_to_them]


def is_open(method: str, path: str, actor: Actor) -> bool:
    """Whether the table of permits opens a page or a form of the console to somebody."""
    permit = OFFICE.get((method, path))
    return permit is not None and permit.reach_of(actor) is not None


def further(request: Request, cursor: str | None) -> str | None:
    """The address of the next page of a list, with whatever else was asked for; nothing where this is the last."""
    if cursor is None:
        return None
    asked = [(name, value) for name, value in request.query_params.multi_items() if name not in ("cursor", "done")]
    return f"{request.url.path}?{urlencode([*asked, ('cursor', cursor)])}"


def asked_id(written: str | None) -> UUID | None:
    """An id that a field of a list's form was given; nothing where it was left empty or is none."""
    try:
        return UUID(written) if written else None
    except ValueError:
        return None


async def every_institution(session: AsyncSession, visited: Visit) -> list[InstitutionOut]:
    """Institutions of today, to choose from and to call by their names."""
    found = await reading.institutions(
        session, on=today(visited.at), kind=None, after=None, limit=MOST_INSTITUTIONS
    )  # fmt: skip
    return sorted(found, key=lambda one: one.name)


def called(institutions: Sequence[InstitutionOut]) -> dict[UUID, str]:
    """What institutions are called, by their ids."""
    return {one.institution_id: one.name for one in institutions}


async def given_once(
    posted: Posted,
    form: str,
    act: Callable[[AsyncSession, Tools], Awaitable[Mapping[str, Any]]],
    *,
    given: Callable[[Mapping[str, Any]], Awaitable[Response]],
    show: Callable[[Fault], Awaitable[Response]],
    sure: bool = False,
) -> Response:
    """Do what makes a secret, once however often it was sent, and show it in this answer: it stands at no address."""
    answered = await answered_once(posted, form, act, show=show, sure=sure)
    return answered if isinstance(answered, Response) else await given(orjson.loads(answered))


def choices_of(institutions: Sequence[InstitutionOut]) -> list[tuple[UUID, str]]:
    """The same to choose one from."""
    return [(one.institution_id, one.name) for one in institutions]
