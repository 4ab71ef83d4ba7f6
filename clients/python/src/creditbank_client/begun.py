"""What was begun with a file, kept beside it until it has ended: a program that is killed goes on where it was."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from creditbank_client.whole_files import PRIVATE, fitting, written_whole


@dataclass(frozen=True, slots=True)
class Begun:
    """A submission of one file, as it was asked for. Nothing in it is secret."""

    base_url: str
    sha256: str
    size: int
    part_size: int
    asked: dict[str, Any]
    """act, dry_run, kind, reason: the same file asked for otherwise is another submission."""
    key: str
    """The Idempotency-Key of the creation: what was created under it is found again by it."""
    submission_id: str | None = None

    @classmethod
    def now(cls, *, base_url: str, sha256: str, size: int, part_size: int, asked: dict[str, Any]) -> Self:
        """A submission that nobody has heard of yet."""
        return cls(base_url, sha256, size, part_size, asked, key=str(uuid4()))

    def is_for(self, other: Begun) -> bool:
        """Whether it is the same thing: this file as it is now, for this bank, asked for like this."""
        return (self.base_url, self.sha256, self.asked) == (other.base_url, other.sha256, other.asked)

    def created(self, submission_id: str) -> Begun:
        """The same once the bank has said its number."""
        return replace(self, submission_id=submission_id)


def state_file_of(file: Path, folder: Path | None = None) -> Path:
    """Where a file's submission is kept: beside it, or in a folder that can be written."""
    return (folder or file.parent) / fitting(f".{file.name}", ".creditbank.json")


def load(path: Path) -> Begun | None:
    """What was begun, or None where nothing was or nobody can tell any more what it was."""
    try:
        begun = Begun(**json.loads(path.read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return begun if isinstance(begun.part_size, int) and begun.part_size > 0 else None


def save(path: Path, begun: Begun) -> None:
    """Keep it; when this returns it is on the disk."""
    with written_whole(path, mode=PRIVATE) as file:
        file.write(json.dumps(asdict(begun), ensure_ascii=False, indent=1).encode() + b"\n")


def forget(path: Path) -> None:
    """It has ended, or cannot go on."""
    with suppress(FileNotFoundError):
        path.unlink()
