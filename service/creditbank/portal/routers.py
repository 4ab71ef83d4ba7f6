"""The pages of the portal, a router for each group of them, in the order in which an address is matched."""

from __future__ import annotations

from fastapi import APIRouter

from creditbank.portal import (
    agreement_pages,
    cohort_pages,
    console_routers,
    office_routers,
    password_pages,
    progressing_pages,
    round_pages,
    routes,
    sign_in_pages,
)

ROUTERS: tuple[APIRouter, ...] = (
    sign_in_pages.router,
    password_pages.router,
    routes.router,
    round_pages.router,
    cohort_pages.router,
    progressing_pages.router,
    agreement_pages.router,
    *console_routers.CONSOLE_ROUTERS,
    *office_routers.OFFICE_ROUTERS,
)
