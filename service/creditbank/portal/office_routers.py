"""The routers of the officer's console."""

from __future__ import annotations

from fastapi import APIRouter

from creditbank.portal import (
    office_access_pages,
    office_affected_pages,
    office_dashboard_pages,
    office_draft_pages,
    office_guardian_pages,
    office_held_pages,
    office_pages,
    office_people_pages,
    office_person_pages,
    office_reassignment_pages,
    office_rule_pages,
)

OFFICE_ROUTERS: tuple[APIRouter, ...] = (
    office_pages.router,
    office_held_pages.router,
    office_rule_pages.router,
    office_affected_pages.router,
    office_draft_pages.router,
    office_dashboard_pages.router,
    office_people_pages.router,
    office_person_pages.router,
    office_guardian_pages.router,
    office_reassignment_pages.router,
    office_access_pages.router,
)
