"""Following what changed, from a position that can be saved."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from creditbank_client.whole_files import written_whole

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


class PositionFile:
    """A position kept in a file, which after a crash or a cut of power says the old position or the new one.

    Of a file that holds no position `load` raises ValueError: to begin at 0 again, remove it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def load(self) -> int:
        """The position that was saved last; 0, the very beginning, where there is no file yet."""
        try:
            said = json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return 0
        except ValueError:
            said = None
        position = said.get("position") if isinstance(said, dict) else None
        if isinstance(position, bool) or not isinstance(position, int) or position < 0:
            raise ValueError(f"{self.path} holds no position; remove it to begin again")
        return position

    def save(self, position: int) -> None:
        """Keep a position; when this returns it is on the disk."""
        with written_whole(self.path) as file:
            file.write(json.dumps({"position": position}).encode() + b"\n")
