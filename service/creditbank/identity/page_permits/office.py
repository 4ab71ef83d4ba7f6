"""Who may open the officer's console."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.permit import Permit

OFFICE: Mapping[tuple[str, str], Permit] = {}
