"""The console of those who report and those who answer claims: which parts of it are whose, and a page of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import Response

from creditbank.credits import format_credits
from creditbank.identity.actor import Actor
from creditbank.identity.page_permits import PAGES
from creditbank.portal.answering import Visit
from creditbank.portal.desk import Fault, desk_page

_PARTS: Sequence[tuple[str, str]] = (
    ("/console", "con_home"),
    ("/console/files", "con_files"),
    ("/console/claims", "con_claims"),
    ("/console/class-claims", "con_class"),
    ("/console/appeals", "con_appeals"),
    ("/console/equivalences", "con_equivalences"),
    ("/console/reconciliation", "con_reconciliation"),
    ("/console/accounts", "con_accounts"),
)

_BELOW: Mapping[str, str] = {
    "/console/records/": "/console/files/",
    "/console/mappings": "/console/files/",
    "/console/overrides/": "/console/appeals/",
}
"""Pages that stand under a part without being under its address."""


def may_open(actor: Actor, address: str, method: str = "GET") -> bool:
    """Whether a page of the console, by the address of its route, is for somebody."""
    permit = PAGES.get((method, address))
    return permit is not None and permit.reach_of(actor) is not None


def console_page(
    visited: Visit, template: str, actor: Actor, *, here: str, fault: Fault | None = None, **said: object
) -> Response:
    """A page of the console, with the parts of it that are open to whoever reads it."""
    path = visited.request.url.path
    for before, after in _BELOW.items():
        path = after if path.startswith(before) else path
    parts = [(address, phrase) for address, phrase in _PARTS if may_open(actor, address)]
    nearest = max((one for one, _ in parts if path == one or path.startswith(f"{one}/")), key=len, default=None)
    return desk_page(
        visited,
        f"console/{template}",
        actor,
        here=here,
        fault=fault,
        parts=[
            (address, phrase, None if address != nearest else "page" if address == path else "true")
            for address, phrase in parts
        ],
        amount=format_credits,
        may=lambda method, address: may_open(actor, address, method),
        **said,
    )
