"""Who may open each page: one table for each group of pages, joined here."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.page_permits.cohorts import COHORTS
from creditbank.identity.page_permits.console import CONSOLE
from creditbank.identity.page_permits.frame import FRAME, PUBLIC_FRAME
from creditbank.identity.page_permits.learner import LEARNER
from creditbank.identity.page_permits.office import OFFICE
from creditbank.identity.page_permits.shares import PUBLIC_SHARES, SHARES
from creditbank.identity.page_permits.worth import WORTH
from creditbank.identity.permit import Permit

PAGES: Mapping[tuple[str, str], Permit] = {**FRAME, **LEARNER, **WORTH, **SHARES, **COHORTS, **CONSOLE, **OFFICE}
PUBLIC_PAGES: Mapping[tuple[str, str], tuple[str, str]] = {**PUBLIC_FRAME, **PUBLIC_SHARES}
