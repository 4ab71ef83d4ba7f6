"""One run of the command line: who it speaks for, where it says what, and what it says when something goes wrong."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from creditbank_client import showing
from creditbank_client.client import Client
from creditbank_client.errors import (
    Conflict,
    CreditBankError,
    FileChanged,
    FileEmpty,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Problem,
    Refused,
    SignInRefused,
)
from creditbank_client.showing import Language
from creditbank_client.signed_in import NotLoggedIn, SignedIn, signed_in

ALL_TAKEN, SOME_NOT, USAGE, NEEDS_A_PERSON, FILE_REFUSED, NOT_ALLOWED, LATER, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130


class Command:
    """One run: what was asked, in which language, and where it is said."""

    def __init__(
        self,
        asked: argparse.Namespace,
        *,
        environ: Mapping[str, str],
        transport: httpx.BaseTransport | None,
        sleep: Callable[[float], None],
    ) -> None:
        self.asked, self.environ = asked, environ
        self.language: Language = asked.language
        self.transport, self.sleep = transport, sleep

    def say(self, zh: str, en: str) -> str:
        """One of two sentences."""
        return zh if self.language == "zh" else en

    def tell(self, *lines: str) -> None:
        """Say something to a person, who reads standard output unless a program does."""
        for line in lines:
            print(line, file=sys.stderr if self.asked.json else sys.stdout, flush=True)

    def warn(self, *lines: str) -> None:
        """Say something on standard error."""
        for line in lines:
            print(line, file=sys.stderr, flush=True)

    def document(self, said: Mapping[str, Any]) -> None:
        """Say something to a program."""
        if self.asked.json:
            print(json.dumps(said, ensure_ascii=False), flush=True)

    def bank(self, who: SignedIn | None = None) -> Client:
        """The bank, as who was signed in. Raises NotLoggedIn."""
        who = who or signed_in(self.environ)
        return Client(
            who.base_url, who.client_id, who.client_secret,
            language=self.language, transport=self.transport, sleep=self.sleep,
        )  # fmt: skip


def failed(command: Command, failure: Exception, *, status: int | None = None) -> int:
    """Say what went wrong, to people and to a program; the exit status that it stands for."""
    status = _status_of(command, failure) if status is None else status
    problem = failure.document if isinstance(failure, Problem) else {"detail": str(failure)}
    command.document({"error": problem, "kind": type(failure).__name__, "exit_status": status})
    command.warn(showing.plain(_sentence(command, failure)))
    if isinstance(failure, Problem):
        command.warn(*(f"  {showing.plain(line)}" for line in _details(failure, command.language)))
    if status == LATER and command.asked.command == "submit":
        command.warn(command.say("稍后再运行同一命令即可继续。", "Run the same command later: it goes on."))
    return status


def _status_of(command: Command, failure: Exception) -> int:
    if isinstance(failure, SignInRefused | NotSignedIn | NotAllowed | NotFound | NotLoggedIn):
        return NOT_ALLOWED
    submitting = command.asked.command == "submit"
    if isinstance(failure, Refused | FileEmpty):
        return FILE_REFUSED if submitting else SOME_NOT
    if isinstance(failure, Conflict):
        return LATER if submitting else SOME_NOT
    if isinstance(failure, CreditBankError):
        return LATER
    return USAGE


def _sentence(command: Command, failure: Exception) -> str:
    say = command.say
    if isinstance(failure, Problem):
        return f"{failure.code}: {showing.sentence(failure, command.language)}"
    if isinstance(failure, SignInRefused):
        return f"{failure.error}: {say(failure.detail_zh or failure.detail_en, failure.detail_en)}"
    if isinstance(failure, NotLoggedIn):
        return say(
            f"尚未登录（{failure}）。请先运行 creditbank-client login",
            f"Not signed in ({failure}): run creditbank-client login",
        )
    if isinstance(failure, FileEmpty):
        return say("文件是空的，未报送任何内容。", "The file is empty; nothing was sent.")
    if isinstance(failure, FileChanged):
        return say(
            "文件在上传时被改动，未写入任何内容。请保存并关闭文件。",
            "The file was changed while it was sent; nothing was written. Save and close it.",
        )
    if isinstance(failure, CreditBankError):
        return say(f"连不上学分银行：{failure}", f"The bank was not reached: {failure}")
    return say(f"无法进行：{failure}", f"This cannot be done: {failure}")


def _details(problem: Problem, language: Language) -> list[str]:
    """Each fault and finding, as far as it is a sentence."""
    own = "detail_zh" if language == "zh" else "detail_en"
    found = []
    for one in (*problem.faults, *problem.findings):
        text = one.get(own) or one.get(language) or one.get("detail") or one.get("en")
        if text:
            found.append(f"{one.get('pointer') or one.get('clause') or '·'}  {text}")
    return found
