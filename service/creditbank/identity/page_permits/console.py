"""Who may open the consoles of colleges, providers and certificate bodies: each page by whom its route is for."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.api_permits import (
    ANSWER_CLAIM,
    CLAIM_FOR_CLASS,
    DECIDE_APPEAL,
    DECIDE_OBJECTION,
    KEEP_IDENTITY,
    READ_APPEALS,
    REPORT,
    SEE_CLAIMS,
    SEE_SUBMISSION,
)
from creditbank.identity.permit import Permit, page_of

CONSOLE_HOME = page_of(Permit({**SEE_CLAIMS.grants, **SEE_SUBMISSION.grants}))
CONSOLE_SEE = page_of(SEE_SUBMISSION)
CONSOLE_SEND = page_of(REPORT)
CONSOLE_CLAIM = page_of(SEE_CLAIMS)
CONSOLE_HAND = page_of(ANSWER_CLAIM)
CONSOLE_OFFICER = page_of(KEEP_IDENTITY)

CONSOLE: Mapping[tuple[str, str], Permit] = {
    ("GET", "/console"): CONSOLE_HOME,
    # files
    ("GET", "/console/files"): CONSOLE_SEE,
    ("GET", "/console/files/new"): CONSOLE_SEND,
    ("POST", "/console/files/new"): CONSOLE_SEND,
    ("GET", "/console/files/{submission_id}"): CONSOLE_SEE,
    ("GET", "/console/files/{submission_id}/progress"): CONSOLE_SEE,
    ("GET", "/console/files/{submission_id}/mapping"): CONSOLE_SEND,
    ("POST", "/console/files/{submission_id}/mapping"): CONSOLE_SEND,
    ("GET", "/console/files/{submission_id}/report.xlsx"): CONSOLE_SEND,
    ("GET", "/console/files/{submission_id}/rows/{row_no}"): CONSOLE_SEND,
    ("POST", "/console/files/{submission_id}/cancellation"): CONSOLE_SEND,
    ("POST", "/console/files/{submission_id}/continuation"): CONSOLE_OFFICER,
    ("GET", "/console/mappings"): CONSOLE_SEND,
    ("POST", "/console/mappings/{mapping_id}/retirement"): CONSOLE_SEND,
    # claims
    ("GET", "/console/claims"): CONSOLE_CLAIM,
    ("GET", "/console/claims/{claim_id}"): CONSOLE_CLAIM,
    ("POST", "/console/claims/{claim_id}/outcome"): CONSOLE_HAND,
    ("POST", "/console/claims/{claim_id}/facts"): CONSOLE_HAND,
    ("POST", "/console/claims/{claim_id}/objections/{objection_id}"): page_of(DECIDE_OBJECTION),
    ("POST", "/console/claims/{claim_id}/withdrawal"): page_of(CLAIM_FOR_CLASS),
    ("POST", "/console/claims/{claim_id}/flag-clearing"): CONSOLE_OFFICER,
    ("POST", "/console/claims/{claim_id}/appeals/{appeal_id}"): page_of(DECIDE_APPEAL),
    ("POST", "/console/claims/{claim_id}/lines/{line_no}/override"): CONSOLE_OFFICER,
    ("GET", "/console/appeals"): page_of(READ_APPEALS),
    ("POST", "/console/overrides/{override_id}"): CONSOLE_OFFICER,
}
