"""The command line, from what was typed to an exit status."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import httpx

from creditbank_client.arguments import language_of, parser_in
from creditbank_client.commands import COMMANDS
from creditbank_client.errors import CreditBankError
from creditbank_client.run import INTERRUPTED, SOME_NOT, Command, failed


def main(
    argv: Sequence[str] | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Run the command line; an exit status."""
    said = list(sys.argv[1:] if argv is None else argv)
    _streams(as_json="--json" in said)
    language = language_of(said, environ)
    try:
        asked = parser_in(language).parse_args(said)
    except SystemExit as left:
        return int(left.code or 0)
    command = Command(asked, environ=environ, transport=transport, sleep=sleep)
    try:
        return COMMANDS[asked.command](command)
    except KeyboardInterrupt:
        command.document({"interrupted": True, "exit_status": INTERRUPTED})
        again = f"creditbank-client {shlex.join(said)}"
        command.warn("", command.say(f"已中断。再运行同一命令即可继续：{again}", f"Interrupted. To go on: {again}"))
        return INTERRUPTED
    except BrokenPipeError:
        # Who read standard output has left; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_NOT
    except (CreditBankError, httpx.InvalidURL, httpx.UnsupportedProtocol, OSError, ValueError) as failure:
        return failed(command, failure)


def _streams(*, as_json: bool) -> None:
    """JSON is UTF-8 everywhere; what a terminal cannot show must not end the program."""
    for stream, encoding in ((sys.stdout, "utf-8" if as_json else None), (sys.stderr, None)):
        with suppress(AttributeError):  # something that only writes, in a test or an embedding program
            stream.reconfigure(encoding=encoding, errors="replace")  # type: ignore[union-attr]
