"""Who may open the pages of those who run pathways: each by whom its route of the API is for."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.api_permits import (
    ADMIT_MEMBERS,
    DECIDE_OBJECTION,
    FREEZE_ROUND,
    KEEP_CATALOGUE,
    KEEP_REFERENCE,
    LET_PROGRESS,
    READ_FILING,
    READ_PROGRESSIONS,
    READ_ROUNDS,
    RUN_ROUND,
    SEND_ROSTER,
    SEND_SHEET,
    SIGN_AGREEMENT,
)
from creditbank.identity.permit import Permit, page_of

DESK = page_of(READ_ROUNDS)
DESK_ROUND = page_of(RUN_ROUND)
DESK_SIGNER = page_of(SIGN_AGREEMENT)
DESK_CATALOGUE = page_of(KEEP_CATALOGUE)
DESK_OFFICER = page_of(KEEP_REFERENCE)
DESK_EITHER = page_of(DECIDE_OBJECTION)
DESK_STATING = page_of(SEND_SHEET)

COHORTS: Mapping[tuple[str, str], Permit] = {
    ("GET", "/desk"): DESK,
    ("GET", "/desk/notices"): DESK,
    ("GET", "/desk/reviews"): DESK,
    ("POST", "/desk/reviews/{review_id}/closing"): DESK_EITHER,
    ("GET", "/desk/pathways"): DESK,
    ("GET", "/desk/pathways/{pathway_id}"): DESK,
    ("POST", "/desk/pathways/{pathway_id}/signature"): DESK_SIGNER,
    ("POST", "/desk/pathways/{pathway_id}/filing"): DESK_OFFICER,
    ("POST", "/desk/pathways/{pathway_id}/end"): DESK_CATALOGUE,
    ("POST", "/desk/pathways/{pathway_id}/intakes"): DESK_OFFICER,
    ("POST", "/desk/pathways/{pathway_id}/intakes/{intake_id}/cohorts"): DESK_CATALOGUE,
    ("GET", "/desk/cohorts"): DESK,
    ("GET", "/desk/cohorts/{cohort_id}"): DESK,
    ("POST", "/desk/cohorts/{cohort_id}/rounds"): DESK_ROUND,
    ("POST", "/desk/cohorts/{cohort_id}/filing"): DESK_OFFICER,
    ("POST", "/desk/cohorts/{cohort_id}/roster"): page_of(SEND_ROSTER),
    ("POST", "/desk/cohorts/{cohort_id}/score-sheet"): page_of(SEND_SHEET),
    ("GET", "/desk/cohorts/{cohort_id}/members/{member_no}"): DESK,
    ("POST", "/desk/cohorts/{cohort_id}/members/{member_no}/events"): page_of(ADMIT_MEMBERS),
    ("GET", "/desk/cohorts/{cohort_id}/facts"): DESK_STATING,
    ("GET", "/desk/cohorts/{cohort_id}/facts/{topic}"): DESK_STATING,
    ("POST", "/desk/cohorts/{cohort_id}/facts/{topic}"): DESK_STATING,
    ("GET", "/desk/cohorts/{cohort_id}/members/{member_no}/facts"): DESK_STATING,
    ("POST", "/desk/cohorts/{cohort_id}/members/{member_no}/facts/withdrawals"): DESK_STATING,
    ("GET", "/desk/rounds/{round_id}"): DESK,
    ("GET", "/desk/rounds/{round_id}/members/{member_no}"): DESK,
    ("GET", "/desk/rounds/{round_id}/filing.xlsx"): page_of(READ_FILING),
    ("POST", "/desk/rounds/{round_id}/sittings"): DESK_ROUND,
    ("POST", "/desk/rounds/{round_id}/deciding"): DESK_ROUND,
    ("POST", "/desk/rounds/{round_id}/set-asides"): DESK_ROUND,
    ("POST", "/desk/rounds/{round_id}/tie"): DESK_ROUND,
    ("POST", "/desk/rounds/{round_id}/notice"): DESK_ROUND,
    ("POST", "/desk/rounds/{round_id}/objections/{objection_id}/decision"): DESK_EITHER,
    ("POST", "/desk/rounds/{round_id}/filing"): DESK_ROUND,
    ("POST", "/desk/rounds/{round_id}/freezing"): page_of(FREEZE_ROUND),
    ("POST", "/desk/rounds/{round_id}/abandonment"): DESK_ROUND,
    ("GET", "/desk/rounds/{round_id}/progressions"): page_of(READ_PROGRESSIONS),
    ("POST", "/desk/rounds/{round_id}/progressions"): page_of(LET_PROGRESS),
}
