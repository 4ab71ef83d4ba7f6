"""The pages of the portal, a router for each group of them, in the order in which an address is matched."""

from __future__ import annotations

from fastapi import APIRouter

from creditbank.portal import (
    agreement_pages,
    claim_pages,
    cohort_pages,
    console_routers,
    design_pages,
    fact_pages,
    home_pages,
    inbox_pages,
    notice_pages,
    office_routers,
    own_pages,
    password_pages,
    progressing_pages,
    round_pages,
    rule_pages,
    share_pages,
    sign_in_pages,
    transcript_pages,
    verify_pages,
    way_pages,
    worth_pages,
)

MOST_ASKED: tuple[APIRouter, ...] = (home_pages.router, transcript_pages.router)
"""What learners open every day; each address before one's own costs a look at every request."""
ROUTERS: tuple[APIRouter, ...] = (
    sign_in_pages.router,
    password_pages.router,
    design_pages.router,
    rule_pages.router,
    inbox_pages.router,
    own_pages.router,
    share_pages.router,
    verify_pages.router,
    worth_pages.router,
    claim_pages.router,
    way_pages.router,
    notice_pages.router,
    round_pages.router,
    cohort_pages.router,
    fact_pages.router,
    progressing_pages.router,
    agreement_pages.router,
    *console_routers.CONSOLE_ROUTERS,
    *office_routers.OFFICE_ROUTERS,
)
