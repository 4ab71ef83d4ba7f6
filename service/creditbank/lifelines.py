"""Processes that end when their parent does, however it ends: the kernel tells them (Linux, PR_SET_PDEATHSIG)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def interrupted_when_this_process_dies() -> Callable[[], None]:
    """For `preexec_fn`: the child gets SIGINT when the thread that starts it ends, and so when this process does."""
    parent = os.getpid()

    def arrange() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:  # it died before the kernel was told
            os._exit(1)

    return arrange


def end_with_parent() -> None:
    """Have this process asked to end (SIGTERM) when the parent that CREDITBANK_END_WITH_PARENT names dies.

    `make demo` sets it, so that killing make leaves nothing behind; a service started by other means stays.
    """
    parent = os.environ.get("CREDITBANK_END_WITH_PARENT", "")
    if parent.isdecimal():
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):
            sys.exit(128 + signal.SIGTERM)
