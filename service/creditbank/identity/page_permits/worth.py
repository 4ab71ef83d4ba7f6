"""Who may open the pages of what records are worth elsewhere, of claims, and of ways to go."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.permit import Permit

WORTH: Mapping[tuple[str, str], Permit] = {}
