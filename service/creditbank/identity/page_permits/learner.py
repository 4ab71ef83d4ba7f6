"""Who may open a learner's own pages."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.permit import CHILD, OWN, Permit

OWN_PAGES = Permit({"learner": OWN, "guardian": CHILD}, by_cookie=True)

LEARNER: Mapping[tuple[str, str], Permit] = {
    ("GET", "/my"): OWN_PAGES,
    ("GET", "/my/transcript"): OWN_PAGES,
    ("GET", "/my/records/{record_id}"): OWN_PAGES,
    ("GET", "/my/inbox"): OWN_PAGES,
    ("POST", "/my/inbox/read"): OWN_PAGES,
    ("GET", "/my/account"): OWN_PAGES,
    ("GET", "/my/account/personal-data.json"): OWN_PAGES,
    ("POST", "/my/account/closing"): OWN_PAGES,
    ("GET", "/my/consents"): OWN_PAGES,
    ("POST", "/my/consents"): OWN_PAGES,
    ("GET", "/my/guardians"): OWN_PAGES,
}
