"""The days that the city lives through while it is opened: public notices take working days, and nobody skips them.

The bank's clock stands on these days, in the one process that serves the demo, until the last of them is over.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from creditbank import clock
from creditbank.demo.demofile import DemoFile

OPENING = datetime(2026, 9, 2, 9, tzinfo=clock.CITY)
"""A Wednesday after the last day of the history: the files come in, and people claim."""
AFTER_NOTICES = datetime(2026, 9, 10, 9, tzinfo=clock.CITY)
"""Five working days later the notices of those claims are over."""
AFTER_CLAIMS = datetime(2026, 9, 18, 9, tzinfo=clock.CITY)
"""And five more, those of what was claimed for whoever progressed on that day."""


def begin(path: Path, base_url: str) -> None:
    """Before the bank is served: let its clock stand where the city is, on the present if that is open.

    A bank that was served without this opens the same city on the present day: what waits for working days waits.
    """
    file = DemoFile.read(path, base_url)
    if file.complete:
        return
    if file.stands_at is not None:
        clock.set_to(datetime.fromisoformat(file.stands_at))
    elif not file.clients and clock.now() > AFTER_CLAIMS:
        clock.set_to(OPENING)
        file.stands_at = OPENING.isoformat()
        file.save()


def go_on(file: DemoFile, to: datetime = AFTER_NOTICES) -> None:
    """It is the day after the notices, or another that is not past yet."""
    if file.stands_at is not None and clock.now() < to:
        clock.set_to(to)


def go_home(file: DemoFile) -> None:
    """It is today."""
    clock.set_to(None)
    file.stands_at = None
