"""Who may open the officer's console: each page by whom its route of the API is for."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.api_permits import (
    KEEP_IDENTITY,
    PUBLISH_RULES,
    READ_DRAFTS,
    READ_STATISTICS,
    WRITE_RULES,
)
from creditbank.identity.permit import ANY, Permit, page_of

OFFICE_HOME = Permit({"officer": ANY, "auditor": ANY, "administrator": ANY}, by_cookie=True)
OFFICE_IDENTITY = page_of(KEEP_IDENTITY)
OFFICE_DRAFTS = page_of(READ_DRAFTS)
OFFICE_AUTHOR = page_of(WRITE_RULES)
OFFICE_PUBLISHER = page_of(PUBLISH_RULES)

OFFICE: Mapping[tuple[str, str], Permit] = {
    ("GET", "/office"): OFFICE_HOME,
    ("GET", "/office/held-rows"): OFFICE_IDENTITY,
    ("GET", "/office/held-rows/{held_row_id}"): OFFICE_IDENTITY,
    ("POST", "/office/held-rows/{held_row_id}/resolution"): OFFICE_IDENTITY,
    ("GET", "/office/rules"): OFFICE_DRAFTS,
    ("GET", "/office/rules/{document}"): OFFICE_DRAFTS,
    ("GET", "/office/drafts"): OFFICE_DRAFTS,
    ("POST", "/office/drafts"): OFFICE_AUTHOR,
    ("GET", "/office/drafts/new"): OFFICE_AUTHOR,
    ("GET", "/office/drafts/{draft_id}"): OFFICE_DRAFTS,
    ("POST", "/office/drafts/{draft_id}/text"): OFFICE_AUTHOR,
    ("POST", "/office/drafts/{draft_id}/check"): OFFICE_AUTHOR,
    ("GET", "/office/drafts/{draft_id}/impact"): OFFICE_DRAFTS,
    ("POST", "/office/drafts/{draft_id}/impact"): OFFICE_AUTHOR,
    ("POST", "/office/drafts/{draft_id}/approval"): OFFICE_PUBLISHER,
    ("POST", "/office/drafts/{draft_id}/publication"): OFFICE_PUBLISHER,
    ("POST", "/office/drafts/{draft_id}/withdrawal"): OFFICE_AUTHOR,
    ("GET", "/office/dashboard"): page_of(READ_STATISTICS),
    ("GET", "/office/dashboard.xlsx"): page_of(READ_STATISTICS),
}
