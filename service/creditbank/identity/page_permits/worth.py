"""Who may open the pages of what records are worth elsewhere, of claims, and of ways to go."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.page_permits.learner import OWN_PAGES
from creditbank.identity.permit import Permit

WORTH: Mapping[tuple[str, str], Permit] = {
    ("GET", "/my/worth"): OWN_PAGES,
    ("GET", "/my/worth/{plan_id}"): OWN_PAGES,
    ("POST", "/my/worth/{plan_id}/claims"): OWN_PAGES,
    ("GET", "/my/claims"): OWN_PAGES,
    ("GET", "/my/claims/{claim_id}"): OWN_PAGES,
    ("GET", "/my/claims/{claim_id}/lines/{line_no}"): OWN_PAGES,
    ("POST", "/my/claims/{claim_id}/withdrawal"): OWN_PAGES,
    ("POST", "/my/claims/{claim_id}/lines/{line_no}/giving-up"): OWN_PAGES,
    ("POST", "/my/claims/{claim_id}/lines/{line_no}/evidence"): OWN_PAGES,
    ("POST", "/my/claims/{claim_id}/lines/{line_no}/appeals"): OWN_PAGES,
    ("GET", "/my/pathways"): OWN_PAGES,
    ("GET", "/my/pathways/{pathway_id}"): OWN_PAGES,
    ("GET", "/my/rounds/{round_id}"): OWN_PAGES,
    ("POST", "/my/rounds/{round_id}/giving-up"): OWN_PAGES,
    ("GET", "/my/notices"): OWN_PAGES,
    ("GET", "/my/notices/claims/{claim_id}"): OWN_PAGES,
    ("POST", "/my/notices/claims/{claim_id}/objections"): OWN_PAGES,
    ("GET", "/my/notices/rounds/{round_id}"): OWN_PAGES,
    ("POST", "/my/notices/rounds/{round_id}/objections"): OWN_PAGES,
}
