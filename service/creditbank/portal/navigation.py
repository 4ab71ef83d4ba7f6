"""The ways that stand at the head of every page: those that the table of permits opens to whoever is signed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from creditbank.identity.actor import Actor
from creditbank.identity.page_permits import PAGES

_WAYS: Sequence[tuple[str, str]] = (
    ("/my", "nav_home"),
    ("/my/transcript", "nav_transcript"),
    ("/my/worth", "nav_worth"),
    ("/my/claims", "nav_claims"),
    ("/my/pathways", "nav_pathways"),
    ("/my/inbox", "nav_inbox"),
    ("/my/shares", "nav_shares"),
    ("/my/account", "nav_account"),
    ("/console", "nav_console"),
    ("/desk", "nav_desk"),
    ("/office", "nav_office"),
    ("/office/rules", "nav_rules"),
    ("/office/dashboard", "nav_dashboard"),
    ("/my/password", "nav_password"),
)
"""In the order in which they stand; one that no page answers, or that is not theirs, is not shown."""

_BELOW: Mapping[str, str] = {
    "/my/records": "/my/transcript",
    "/office/drafts": "/office/rules",
    "/my/consents": "/my/account",
    "/my/guardians": "/my/account",
    "/my/password": "/my/account",
    "/my/rounds": "/my/pathways",
    "/my/notices": "/my/pathways",
}
"""Pages that stand under a way without being under its address."""


@dataclass(frozen=True, slots=True)
class Way:
    """One of the ways: where to, what it is called, and whether the page is there or below it."""

    address: str
    phrase: str
    current: str | None
    """What `aria-current` says: `page` for the page itself, `true` for one below it."""


def ways_of(actor: Actor | None, path: str, *, learner: str | None = None) -> list[Way]:
    """The ways of somebody who reads the page at a path; `learner` is the child a guardian looks at, which stays."""
    if actor is None:
        return []
    open_to_them = [(address, phrase) for address, phrase in _WAYS if _is_open(address, actor)]
    if any(address == "/my/account" for address, _ in open_to_them):
        # Those who have an account of their own find the password there.
        open_to_them = [each for each in open_to_them if each[0] != "/my/password"]
    if any(address == "/office" for address, _ in open_to_them):
        # It leads to the rules; a registrar, who drafts too, has no other way to them.
        open_to_them = [each for each in open_to_them if each[0] != "/office/rules"]
    nearest = _nearest(path, [address for address, _ in open_to_them])
    child = _child(learner)
    return [
        Way(
            address + (child if address.startswith("/my") and address != "/my/password" else ""),
            phrase,
            None if address != nearest else "page" if address == path else "true",
        )
        for address, phrase in open_to_them
    ]


def _is_open(address: str, actor: Actor) -> bool:
    permit = PAGES.get(("GET", address))
    return permit is not None and permit.reach_of(actor) is not None


def _nearest(path: str, addresses: Sequence[str]) -> str | None:
    """The longest of the addresses that the path is at or below."""
    for before, after in _BELOW.items():
        if before not in addresses and (path == before or path.startswith(f"{before}/")):
            path = after
    return max((one for one in addresses if path == one or path.startswith(f"{one}/")), key=len, default=None)


def _child(learner: str | None) -> str:
    """The rest of an address that is about a child; nothing where what was asked is no id."""
    try:
        return f"?learner={UUID(learner)}" if learner else ""
    except ValueError:
        return ""
