"""The list of learners whose key was destroyed: kept beside the keys, so that no old backup brings anybody back.

One line for each erasure, `learner_id erased_at`, only ever added to. Write it, then delete the key: a line without a
deletion is finished by the next restore, a deletion without a line would be undone by it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from creditbank.postgres_programs import CannotRun

FILE = "erasures.log"
EMPTY_ROWS = "empty rows of who was erased"
"""The job that empties what submitted files, still kept, say about people on the list: `about` has their `learners`."""


class ErasureListUnreadable(CannotRun):
    """A line that is no erasure: somebody may stay unerased, so nothing goes on."""

    zh = "销毁名单 {file} 第 {line} 行无法读取。请修正该行（格式：学习者编号 时间）后重试。"
    en = "Line {line} of the erasures in {file} cannot be read. Put it right (learner id, instant) and try again."


@dataclass(frozen=True, order=True)
class Erasure:
    """One learner's key, destroyed at an instant."""

    erased_at: datetime
    learner_id: UUID


def note_erasures(keys_dir: Path, erasures: Iterable[Erasure]) -> None:
    """Add to the list of a keys folder, on disk before this returns; with none, only see that the list is there."""
    keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = "".join(f"{one.learner_id} {one.erased_at.isoformat()}\n" for one in erasures)
    descriptor = os.open(keys_dir / FILE, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, (("\n" if torn else "") + lines).encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_erasures(file: Path) -> set[Erasure]:
    """Everything on a list. Raises `ErasureListUnreadable`, and FileNotFoundError where there is none."""
    found = set()
    for number, line in enumerate(file.read_text("ascii", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            learner, at = line.split()
            found.add(Erasure(erased_at=_instant(at), learner_id=UUID(learner)))
        except ValueError:
            raise ErasureListUnreadable(file=file, line=number) from None
    return found


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at
