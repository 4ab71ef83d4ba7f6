"""Who may open the consoles of colleges, providers and certificate bodies: each page by whom its route is for."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.api_permits import KEEP_IDENTITY, REPORT, SEE_CLAIMS, SEE_SUBMISSION
from creditbank.identity.permit import Permit, page_of

CONSOLE_HOME = page_of(Permit({**SEE_CLAIMS.grants, **SEE_SUBMISSION.grants}))
CONSOLE_SEE = page_of(SEE_SUBMISSION)
CONSOLE_SEND = page_of(REPORT)

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
    ("POST", "/console/files/{submission_id}/continuation"): page_of(KEEP_IDENTITY),
    ("GET", "/console/mappings"): CONSOLE_SEND,
    ("POST", "/console/mappings/{mapping_id}/retirement"): CONSOLE_SEND,
}
