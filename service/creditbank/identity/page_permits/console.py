"""Who may open the consoles of colleges, providers and certificate bodies."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.permit import Permit

CONSOLE: Mapping[tuple[str, str], Permit] = {}
