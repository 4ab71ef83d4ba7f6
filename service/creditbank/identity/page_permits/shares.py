"""Who may open the pages of shares, and those on which anybody checks one."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.permit import Permit

SHARES: Mapping[tuple[str, str], Permit] = {}

PUBLIC_SHARES: Mapping[tuple[str, str], tuple[str, str]] = {}
