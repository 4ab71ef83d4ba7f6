"""A line at the foot of a terminal that says how far a file has come; anywhere else it says nothing."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

from creditbank_client.showing import Language, counts, cut_to, status_word
from creditbank_client.submissions import Progress

WIDTH = 24
EVERY = 0.1
"""Seconds between two drawings, at least."""


class ProgressBar:
    """Draws each `Progress` over the one before. `close` leaves the line empty for what is printed next."""

    def __init__(self, stream: TextIO, language: Language) -> None:
        self._stream, self._language = stream, language
        self._shown = stream.isatty()
        self._drawn_at, self._stage = 0.0, ""

    def __call__(self, progress: Progress) -> None:
        """Show how far it is, if there is somebody to see it."""
        now = time.monotonic()
        whole = progress.done == progress.total
        if not self._shown or (progress.stage == self._stage and not whole and now - self._drawn_at < EVERY):
            return
        self._drawn_at, self._stage = now, progress.stage
        columns = shutil.get_terminal_size().columns
        self._write(cut_to(self._line(progress), columns - 1))

    def close(self) -> None:
        """Take the line away."""
        if self._stage:
            self._write("")
            self._stage = ""

    def _write(self, line: str) -> None:
        self._stream.write(f"\r\x1b[K{line}")
        self._stream.flush()

    def _line(self, progress: Progress) -> str:
        if progress.stage == "sending":
            figures = f"{progress.done / 1e6:.1f}/{(progress.total or 0) / 1e6:.1f} MB"
        elif progress.total is None:
            figures = ""
        else:
            figures = f"{progress.done}/{progress.total} {counts(progress.submission.counts, self._language)}"
        return f"{status_word(progress.stage, self._language)} {_bar(progress.done, progress.total)} {figures}".rstrip()


def _bar(done: int, total: int | None) -> str:
    if not total:
        return "·" * WIDTH
    full = min(WIDTH, done * WIDTH // total)
    return "█" * full + "░" * (WIDTH - full)
