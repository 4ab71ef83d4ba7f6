"""Who may open the officer's console: each page by whom its route of the API is for."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.api_permits import KEEP_IDENTITY
from creditbank.identity.permit import ANY, Permit, page_of

OFFICE_HOME = Permit({"officer": ANY, "auditor": ANY, "administrator": ANY}, by_cookie=True)
OFFICE_IDENTITY = page_of(KEEP_IDENTITY)

OFFICE: Mapping[tuple[str, str], Permit] = {
    ("GET", "/office"): OFFICE_HOME,
    ("GET", "/office/held-rows"): OFFICE_IDENTITY,
    ("GET", "/office/held-rows/{held_row_id}"): OFFICE_IDENTITY,
    ("POST", "/office/held-rows/{held_row_id}/resolution"): OFFICE_IDENTITY,
}
