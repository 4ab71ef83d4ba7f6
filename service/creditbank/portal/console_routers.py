"""The pages of the consoles of colleges, providers and certificate bodies."""

from __future__ import annotations

from fastapi import APIRouter

from creditbank.portal import (
    console_accounts,
    console_claims,
    console_classes,
    console_equivalences,
    console_files,
    console_home,
    console_mapping,
    console_parts,
    console_records,
    console_terms,
)

CONSOLE_ROUTERS: tuple[APIRouter, ...] = (
    console_home.router,
    console_files.router,
    console_parts.router,
    console_mapping.router,
    console_claims.router,
    console_records.router,
    console_terms.router,
    console_accounts.router,
    console_equivalences.router,
    console_classes.router,
)
