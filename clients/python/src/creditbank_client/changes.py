"""Following what changed, from a position that can be saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

PAGE = 500


class Changes:
    """The changes after a position, until none is waiting. Iterate again later to get those that came since.

    `position` moves on when the next change is asked for, that is, once the one before has been handled. Save it
    whenever you like, and start from it: nothing is lost; a change handled after the last save comes once more.
    """

    def __init__(self, get: Callable[..., dict[str, Any]], after: int) -> None:
        self._get = get
        self.position = after

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while True:
            page = self._get("/v1/changes", after=self.position, limit=PAGE)
            for change in page["items"]:
                yield change
                self.position = change["number"]
            if not page["more"]:
                return
