"""Files that are there whole or not at all, whatever ends the program while they are written."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o600
LONGEST_NAME = 255
"""Bytes of a file name on most systems: 85 Chinese characters."""


def fitting(stem: str, ending: str) -> str:
    """A file name with all of its ending and as much of the stem as there is room for."""
    room = LONGEST_NAME - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore") + ending


@contextmanager
def written_whole(path: Path, *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write into, beside `path`; it takes its place, and is on the disk, when the block ends well."""
    beside = path.with_name(f".{secrets.token_hex(8)}.part")
    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        with os.fdopen(descriptor, "w+b") as written:
            yield written
            written.flush()
            os.fsync(written.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
    _keep_the_name(path.parent)


def _keep_the_name(folder: Path) -> None:
    """A new name is on the disk once its folder is; not every system lets a folder be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
