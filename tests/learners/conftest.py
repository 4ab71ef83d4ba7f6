"""The open city, for every test of accounts."""

from __future__ import annotations

from tests.learners.people import city

__all__ = ["city"]
