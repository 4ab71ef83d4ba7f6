"""The pages of the consoles of colleges, providers and certificate bodies."""

from __future__ import annotations

from fastapi import APIRouter

from creditbank.portal import console_claims, console_files, console_home, console_mapping

CONSOLE_ROUTERS: tuple[APIRouter, ...] = (
    console_home.router,
    console_files.router,
    console_mapping.router,
    console_claims.router,
)
