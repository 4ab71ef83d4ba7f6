"""Who may open the officer's console: each page by whom its route of the API is for."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.api_permits import (
    KEEP_ACCESS,
    KEEP_IDENTITY,
    KEEP_REFERENCE,
    PUBLISH_RULES,
    READ_ACCESS,
    READ_AFFECTED,
    READ_DRAFTS,
    READ_LOG,
    READ_STATISTICS,
    WRITE_RULES,
)
from creditbank.identity.permit import ANY, Permit, page_of

OFFICE_HOME = Permit({"officer": ANY, "auditor": ANY, "administrator": ANY}, by_cookie=True)
OFFICE_IDENTITY = page_of(KEEP_IDENTITY)
OFFICE_REFERENCE = page_of(KEEP_REFERENCE)
OFFICE_ACCESS = page_of(READ_ACCESS)
OFFICE_ADMINISTRATOR = page_of(KEEP_ACCESS)
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
    ("GET", "/office/rules/{document}/versions/{version}/affected"): page_of(READ_AFFECTED),
    ("POST", "/office/rules/{document}/versions/{version}/affected"): OFFICE_PUBLISHER,
    ("POST", "/office/rules/{document}/versions/{version}/reissue"): OFFICE_PUBLISHER,
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
    ("GET", "/office/people"): OFFICE_IDENTITY,
    ("POST", "/office/people"): OFFICE_IDENTITY,
    ("GET", "/office/people/{learner_id}"): OFFICE_IDENTITY,
    ("POST", "/office/people/{learner_id}/names"): OFFICE_IDENTITY,
    ("POST", "/office/people/{learner_id}/documents"): OFFICE_IDENTITY,
    ("POST", "/office/people/{learner_id}/codes"): OFFICE_IDENTITY,
    ("POST", "/office/people/{learner_id}/closing"): OFFICE_IDENTITY,
    ("POST", "/office/people/{learner_id}/reopening"): OFFICE_IDENTITY,
    ("POST", "/office/people/{learner_id}/erasure"): OFFICE_IDENTITY,
    ("GET", "/office/people/{learner_id}/guardians"): OFFICE_IDENTITY,
    ("POST", "/office/people/{learner_id}/guardians"): OFFICE_IDENTITY,
    ("POST", "/office/people/{learner_id}/guardians/{guardianship_id}/end"): OFFICE_IDENTITY,
    ("POST", "/office/people/{learner_id}/guardians/{guardianship_id}/password"): OFFICE_IDENTITY,
    ("GET", "/office/records/{record_id}/reassignment"): OFFICE_IDENTITY,
    ("POST", "/office/records/{record_id}/right-person"): OFFICE_IDENTITY,
    ("POST", "/office/records/{record_id}/reassignment"): OFFICE_IDENTITY,
    ("GET", "/office/merges"): OFFICE_IDENTITY,
    ("POST", "/office/merges"): OFFICE_IDENTITY,
    ("POST", "/office/merges/two-accounts"): OFFICE_IDENTITY,
    ("GET", "/office/merges/{alias_id}"): OFFICE_IDENTITY,
    ("POST", "/office/merges/{alias_id}/end"): OFFICE_IDENTITY,
    ("GET", "/office/hints"): OFFICE_IDENTITY,
    ("GET", "/office/hints/{hint_id}"): OFFICE_IDENTITY,
    ("POST", "/office/hints/{hint_id}/closing"): OFFICE_IDENTITY,
    ("GET", "/office/institutions"): OFFICE_HOME,
    ("POST", "/office/institutions"): OFFICE_REFERENCE,
    ("GET", "/office/institutions/new"): OFFICE_REFERENCE,
    ("GET", "/office/institutions/{institution_id}"): OFFICE_HOME,
    ("POST", "/office/institutions/{institution_id}"): OFFICE_REFERENCE,
    ("GET", "/office/clients"): OFFICE_ACCESS,
    ("POST", "/office/clients"): OFFICE_ADMINISTRATOR,
    ("GET", "/office/clients/{client_id}"): OFFICE_ACCESS,
    ("POST", "/office/clients/{client_id}/secrets"): OFFICE_ADMINISTRATOR,
    ("POST", "/office/clients/{client_id}/revocation"): OFFICE_ADMINISTRATOR,
    ("POST", "/office/clients/{client_id}/disablement"): OFFICE_ADMINISTRATOR,
    ("GET", "/office/logins"): OFFICE_ACCESS,
    ("POST", "/office/logins"): OFFICE_ADMINISTRATOR,
    ("POST", "/office/logins/{login_id}/password"): OFFICE_ADMINISTRATOR,
    ("POST", "/office/logins/{login_id}/disablement"): OFFICE_ADMINISTRATOR,
    ("GET", "/office/notices"): OFFICE_HOME,
    ("GET", "/office/access-log"): page_of(READ_LOG),
}
