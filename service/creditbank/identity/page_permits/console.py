"""Who may open the consoles of colleges, providers and certificate bodies: each page by whom its route is for."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.api_permits import (
    ANSWER_CLAIM,
    CLAIM_FOR_CLASS,
    DECIDE_APPEAL,
    DECIDE_OBJECTION,
    KEEP_EQUIVALENCES,
    KEEP_IDENTITY,
    OPEN_ACCOUNT,
    READ_APPEALS,
    RECONCILE,
    REPORT,
    SEE_CLAIMS,
    SEE_SUBMISSION,
)
from creditbank.identity.permit import INSTITUTION, Permit, page_of

CONSOLE_HOME = page_of(Permit({**SEE_CLAIMS.grants, **SEE_SUBMISSION.grants}))
CONSOLE_SEE = page_of(SEE_SUBMISSION)
CONSOLE_SEND = page_of(REPORT)
CONSOLE_EQUIVALENCES = page_of(KEEP_EQUIVALENCES)
CONSOLE_CLASS = page_of(CLAIM_FOR_CLASS)
CONSOLE_ACCOUNT = Permit({"registrar": INSTITUTION}, by_cookie=True)
"""A code is handed out and a guardian recorded at a counter of the person's own school; what an officer does is in the
office."""
CONSOLE_CLAIM = page_of(SEE_CLAIMS)
CONSOLE_HAND = page_of(ANSWER_CLAIM)
CONSOLE_OFFICER = page_of(KEEP_IDENTITY)

CONSOLE: Mapping[tuple[str, str], Permit] = {
    ("GET", "/console"): CONSOLE_HOME,
    # files
    ("GET", "/console/files"): CONSOLE_SEE,
    ("GET", "/console/files/new"): CONSOLE_SEND,
    ("POST", "/console/files/new"): CONSOLE_SEND,
    ("POST", "/console/files/parts"): CONSOLE_SEND,
    ("POST", "/console/files/{submission_id}/parts/{part_no}"): CONSOLE_SEND,
    ("POST", "/console/files/{submission_id}/completion"): CONSOLE_SEND,
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
    ("POST", "/console/claims/{claim_id}/withdrawal"): CONSOLE_CLASS,
    ("POST", "/console/claims/{claim_id}/flag-clearing"): CONSOLE_OFFICER,
    ("POST", "/console/claims/{claim_id}/appeals/{appeal_id}"): page_of(DECIDE_APPEAL),
    ("POST", "/console/claims/{claim_id}/lines/{line_no}/override"): CONSOLE_OFFICER,
    ("GET", "/console/appeals"): page_of(READ_APPEALS),
    ("POST", "/console/overrides/{override_id}"): CONSOLE_OFFICER,
    # records, terms, accounts
    ("GET", "/console/records/{record_id}"): CONSOLE_SEE,
    ("POST", "/console/records/{record_id}/correction"): CONSOLE_SEND,
    ("POST", "/console/records/{record_id}/withdrawal"): CONSOLE_SEND,
    ("POST", "/console/records/{record_id}/reassignment"): CONSOLE_SEND,
    ("GET", "/console/reconciliation"): page_of(RECONCILE),
    ("GET", "/console/reconciliation.xlsx"): page_of(RECONCILE),
    ("GET", "/console/accounts"): page_of(OPEN_ACCOUNT),
    ("POST", "/console/accounts"): page_of(OPEN_ACCOUNT),
    ("GET", "/console/accounts/{learner_id}"): CONSOLE_ACCOUNT,
    ("POST", "/console/accounts/{learner_id}/codes"): CONSOLE_ACCOUNT,
    ("POST", "/console/accounts/{learner_id}/guardians"): CONSOLE_ACCOUNT,
    ("POST", "/console/accounts/{learner_id}/guardian-end"): CONSOLE_ACCOUNT,
    # equivalences and class claims
    ("GET", "/console/equivalences"): CONSOLE_EQUIVALENCES,
    ("POST", "/console/equivalences"): CONSOLE_EQUIVALENCES,
    ("POST", "/console/equivalences/{equivalence_id}/confirmation"): CONSOLE_EQUIVALENCES,
    ("POST", "/console/equivalences/{equivalence_id}/end"): CONSOLE_EQUIVALENCES,
    ("GET", "/console/class-claims"): CONSOLE_CLASS,
    ("POST", "/console/class-claims"): CONSOLE_CLASS,
}
